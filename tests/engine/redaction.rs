//! What `Redact` hides: in the log, in what is told of a failure, and in trace files of both forms; and that the target gets
//! it all the same. Source: `spec/EXPRESSIONS.md` §4 (`Redact`), `spec/ENGINE.md` §8.

use super::{
    lines::*,
    wiretap::Fault,
    world::{JOB, Setup, Synced, World, refusal},
};
use scimulator::{
    scim::trace::Trace,
    store::{EscrowKind, LogQuery},
};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

/// A value that must be seen nowhere but at the target.
const SECRET: &str = "sword fish/7";
/// Another one.
const OTHER: &str = "flying-carpet";

/// A world whose cycles are traced, in one of the forms.
struct Traced {
    world: World,
    folder: TempDir,
    form: &'static str,
    trace: Trace,
    results: Vec<String>,
}

/// Each form of a trace file.
const FORMS: [&str; 2] = ["ndjson", "har"];

impl Traced {
    fn new(form: &'static str, alter: impl FnOnce(&mut Setup)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trace = Trace::file(&folder.path().join(format!("trace.{form}"))).unwrap();
        Self { world: World::with(alter), folder, form, trace, results: Vec::new() }
    }

    /// A world with ann, whose nick name is hidden.
    fn with_nick_name(form: &'static str) -> Self {
        let mut traced = Self::new(form, |setup| {
            setup.map("nickName", "{}", "{ expression = 'Redact([extensionAttribute1])' }");
        });
        traced.world.user("ann", &json!({"extensionAttribute1": SECRET}));
        traced.world.assign("ann");
        traced
    }

    async fn sync(&mut self) -> Synced {
        let synced = self.world.sync_traced(&self.trace).await;
        self.results.push(serde_json::to_string(&synced.result).unwrap());
        synced
    }

    fn trace(&self) -> String {
        fs::read_to_string(self.folder.path().join(format!("trace.{}", self.form))).unwrap()
    }

    /// The bodies sent, as the trace has them.
    fn bodies(&self) -> Vec<Value> {
        let trace = self.trace();
        if self.form == "ndjson" {
            let entries = trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            return entries.map(|entry| entry["requestBody"].clone()).filter(|body| !body.is_null()).collect();
        }
        let har: Value = serde_json::from_str(&trace).unwrap();
        let entries = har["log"]["entries"].as_array().unwrap();
        let texts = entries.iter().filter_map(|entry| entry["request"]["postData"]["text"].as_str());
        texts.map(|text| serde_json::from_str(text).unwrap()).collect()
    }

    /// Everything that people can read of what happened: the trace, the log, the escrows, and how the cycles ended.
    async fn told(&self) -> String {
        let records = self.world.read(|tables| tables.records(&LogQuery::default())).await;
        let mut told = vec![self.trace(), format!("{records:?}")];
        for kind in [EscrowKind::Object, EscrowKind::Reference] {
            told.push(format!("{:?}", self.world.escrow("ann", kind).await));
        }
        let state = self.world.read(|tables| tables.job(JOB)).await;
        told.push(format!("{state:?}"));
        told.extend(self.results.clone());
        told.join("\n")
    }
}

/// Expects that what is told says none of these, in no spelling, and that something is hidden in it.
#[track_caller]
fn hidden_in(told: &str, secrets: &[&str]) {
    for secret in secrets {
        let json = json!(secret).to_string();
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for spelling in [secret, json.trim_matches('"'), &encoded, &encoded.to_lowercase()] {
            assert!(!told.contains(spelling), "`{spelling}` in {told}");
        }
    }
    assert!(told.contains("[Redact]"), "{told}");
}

#[tokio::test]
async fn a_redacted_value_reaches_the_target_and_is_seen_nowhere_else() {
    for form in FORMS {
        let mut traced = Traced::with_nick_name(form);
        let created = traced.sync().await;
        assert!(created.requests[2].contains(&format!("\"nickName\":\"{SECRET}\"")), "{}", created.requests[2]);
        traced.world.change("ann", &json!({"extensionAttribute1": OTHER, "displayName": "Annie"}));
        let operations = json!([
            {"op": "Replace", "path": "displayName", "value": "Annie"},
            {"op": "Replace", "path": "nickName", "value": OTHER},
        ]);
        assert_eq!(traced.sync().await.after_probe(), [read_user("ann"), patch_user("ann", &operations)]);
        assert_eq!(traced.world.account("ann")["nickName"], OTHER);
        hidden_in(&traced.told().await, &[SECRET, OTHER]);
        let [create, patch] = &traced.bodies()[..] else { panic!("one create and one change") };
        assert_eq!((&create["nickName"], &create["userName"]), (&json!("[Redact]"), &json!("ann@contoso.example")));
        assert_eq!(
            patch["Operations"],
            json!([
                {"op": "Replace", "path": "displayName", "value": "Annie"},
                {"op": "Replace", "path": "nickName", "value": "[Redact]"},
            ])
        );
    }
}

#[tokio::test]
async fn the_compliant_dialect_hides_it_where_changes_are_folded() {
    for form in FORMS {
        let mut traced = Traced::with_nick_name(form);
        traced.world.setup.query = "?aadOptscim062020";
        traced.sync().await;
        traced.world.change("ann", &json!({"extensionAttribute1": OTHER, "displayName": "Annie"}));
        traced.sync().await;
        hidden_in(&traced.told().await, &[SECRET, OTHER]);
        assert_eq!(
            traced.bodies()[1]["Operations"],
            json!([{"op": "replace", "value": {"displayName": "Annie", "nickName": "[Redact]"}}])
        );
    }
}

#[tokio::test]
async fn a_redacted_matching_value_is_in_no_address_and_no_message() {
    for form in FORMS {
        let mut traced = Traced::new(form, |setup| {
            setup.map("externalId", "{ filterable = true }", "{ expression = 'Redact([employeeId])', matching = 2 }");
        });
        for name in ["one", "two"] {
            let mut account = super::directory::account(name);
            account.insert("externalId".to_owned(), SECRET.into());
            traced.world.wiretap.create("/Users", &account.into());
        }
        traced.world.user("ann", &json!({"employeeId": SECRET}));
        traced.world.assign("ann");
        let first = traced.sync().await;
        assert_eq!(
            first.after_probe(),
            [find_user("ann"), "GET /Users?filter=externalId+eq+%22sword+fish%2f7%22".to_owned()]
        );
        let reason = "2 objects at the target have `externalId` \"[Redact]\", where one at most may";
        assert_eq!(traced.world.escrow("ann", EscrowKind::Object).await.unwrap().error_text, reason);
        hidden_in(&traced.told().await, &[SECRET]);
        assert!(traced.trace().contains("filter=externalId+eq+%22[Redact]%22"), "{}", traced.trace());
    }
}

#[tokio::test]
async fn a_target_that_says_it_back_in_an_error_tells_nobody() {
    let echo = |status| {
        let detail =
            format!("{SECRET} is too weak, {} too, {}", json!(SECRET), SECRET.replace(' ', "+").replace('/', "%2F"));
        refusal(status, &detail)
    };
    for form in FORMS {
        for status in [400, 401, 409, 500] {
            let mut traced = Traced::with_nick_name(form);
            traced.world.always(&["POST /Users"], echo(status));
            traced.sync().await;
            hidden_in(&traced.told().await, &[SECRET]);
        }
        let mut traced = Traced::with_nick_name(form);
        traced.sync().await;
        traced.world.change("ann", &json!({"extensionAttribute1": OTHER}));
        traced.world.once(&["PATCH"], echo(400));
        traced.sync().await;
        let text = traced.world.escrow("ann", EscrowKind::Object).await.unwrap().error_text;
        assert!(text.starts_with("PATCH /scim/Users/"), "{text}");
        assert!(text.contains(": 400 Bad Request: [Redact] is too weak, "), "{text}");
        hidden_in(&traced.told().await, &[SECRET, OTHER]);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_scim_does_not_give_it_away() {
    for form in FORMS {
        let mut traced = Traced::with_nick_name(form);
        traced.world.always(&["POST"], Fault::Answer(200, format!("{SECRET} is stored")));
        traced.sync().await;
        hidden_in(&traced.told().await, &[SECRET]);
        let text = traced.world.escrow("ann", EscrowKind::Object).await.unwrap().error_text;
        assert!(text.contains("the body is no JSON (`[Redact] is stored`)"), "{text}");
    }
}

#[tokio::test]
async fn what_the_target_holds_is_hidden_from_leavers_members_and_managers_too() {
    for form in FORMS {
        let mut traced = Traced::with_nick_name(form);
        traced.world.assigned_users(&["bob"]);
        traced.world.change("bob", &json!({"manager": "id-ann"}));
        traced.world.change("ann", &json!({"manager": "id-bob"}));
        traced.world.group("Team", &["ann"]);
        traced.world.assign("Team");
        let first = traced.sync().await;
        assert!(first.requests.contains(&set_manager("ann", "bob")), "{:?}", first.requests);
        traced.world.change("ann", &json!({"extensionAttribute1": null, "manager": null}));
        traced.sync().await;
        traced.world.change("ann", &json!({"accountEnabled": false}));
        assert_eq!(traced.sync().await.after_probe(), [read_user("ann"), disable("ann")]);
        hidden_in(&traced.told().await, &[SECRET]);
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_not_quoted() {
    let mut traced = Traced::new("ndjson", |setup| {
        setup.map("nickName", "{ type = \"Integer\" }", "{ expression = 'Redact([extensionAttribute1])' }");
    });
    traced.world.user("ann", &json!({"extensionAttribute1": SECRET}));
    traced.world.assign("ann");
    traced.sync().await;
    assert_eq!(
        traced.world.escrow("ann", EscrowKind::Object).await.unwrap().error_text,
        "the value for `nickName` does not fit: it is not shown because the expression has `Redact`; the attribute takes a \
         whole number"
    );
    hidden_in(&traced.told().await, &[SECRET]);
}

#[tokio::test]
async fn every_source_attribute_that_is_redacted_is_hidden_in_the_import_and_in_what_was_found() {
    let mut traced = Traced::new("ndjson", |setup| {
        setup.mapping = setup.mapping.replacen(
            "displayName = { direct = \"displayName\" }",
            "displayName = { expression = 'Redact(Append([displayName], [department]))' }",
            1,
        );
    });
    traced.world.user("ann", &json!({"displayName": SECRET, "department": OTHER}));
    traced.world.assign("ann");
    traced.sync().await;
    traced.world.change("ann", &json!({"userPrincipalName": "anna@contoso.example"}));
    traced.sync().await;
    let records = traced.world.read(|tables| tables.records(&LogQuery::default())).await;
    let steps: Value = serde_json::from_str(&records[0].steps).unwrap();
    assert_eq!(
        steps[0]["details"],
        json!({
            "objectId": "id-ann",
            "accountEnabled": "True",
            "userPrincipalName": "ann@contoso.example",
            "displayName": "[Redact]",
            "department": "[Redact]",
            "IsSoftDeleted": "False",
        })
    );
    let steps: Value = serde_json::from_str(&records[1].steps).unwrap();
    assert_eq!(steps[1]["details"]["displayName"], "[Redact]");
    assert_eq!(records[0].source_display_name, "[Redact]");
    hidden_in(&traced.told().await, &[SECRET, OTHER]);
}

#[tokio::test]
async fn a_random_password_is_hidden_though_no_one_knew_it_before() {
    for form in FORMS {
        let mut traced = Traced::new(form, |setup| {
            setup.map(
                "password",
                "{}",
                "{ expression = 'Redact(RandomString(12, 3, 0, 3, 3, ))', apply = \"creation\" }",
            );
        });
        traced.world.assigned_users(&["ann"]);
        let first = traced.sync().await;
        let body: Value = serde_json::from_str(first.requests[2].strip_prefix("POST /Users ").unwrap()).unwrap();
        let password = body["password"].as_str().unwrap();
        assert_eq!(password.len(), 12);
        hidden_in(&traced.told().await, &[password]);
    }
}

#[tokio::test]
async fn redacted_roles_are_hidden_in_every_form_that_they_have_on_the_wire() {
    for function in ["SingleAppRoleAssignment", "AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"] {
        let mut traced = Traced::new("ndjson", |setup| {
            let mapping = format!("{{ expression = 'Redact({function}([appRoleAssignments]))' }}");
            if function.starts_with("Single") {
                setup.map("'roles[primary eq \"True\"].value'", "{}", &mapping);
            } else {
                setup.map("roles", "{ multivalued = true }", &mapping);
            }
        });
        let role =
            |id: &str, value: &str, name: &str| json!({"app": "app", "id": id, "value": value, "displayName": name});
        let roles = json!([role("role-id-one", SECRET, "Secret role"), role("role-id-two", OTHER, "Other role")]);
        traced.world.file("appRoles.json", &roles.to_string());
        traced.world.users(&["ann"]);
        for role in [SECRET, OTHER] {
            traced.world.assign_role("ann", role);
            traced.sync().await;
            traced.world.unassign("ann");
        }
        let held = traced.world.account("ann")["roles"].to_string();
        assert!(held.contains(OTHER), "{held}");
        hidden_in(&traced.told().await, &[SECRET, OTHER, "Secret role", "Other role", "role-id-one", "role-id-two"]);
    }
}

#[tokio::test]
async fn a_default_that_stands_in_for_a_redacted_value_is_hidden_too() {
    let mut traced = Traced::new("har", |setup| {
        let mapping = format!("{{ expression = 'Redact([extensionAttribute1])', default = \"{SECRET}\" }}");
        setup.map("nickName", "{}", &mapping);
    });
    traced.world.assigned_users(&["ann"]);
    traced.sync().await;
    assert_eq!(traced.world.account("ann")["nickName"], SECRET);
    hidden_in(&traced.told().await, &[SECRET]);
}

#[tokio::test]
async fn what_nobody_redacts_is_in_the_trace_as_it_was_sent() {
    for form in FORMS {
        let mut traced = Traced::new(form, |setup| {
            setup.map("nickName", "{}", "{ direct = \"extensionAttribute1\" }");
        });
        traced.world.user("ann", &json!({"extensionAttribute1": SECRET}));
        traced.world.assign("ann");
        traced.sync().await;
        assert_eq!(traced.bodies()[0]["nickName"], SECRET);
        assert!(!traced.told().await.contains("[Redact]"));
    }
}
