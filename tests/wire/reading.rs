//! Reads: the probe, the search for a match, the current state, and runs on demand. Source: `spec/WIRE.md` §2.

use super::{
    application::{Instead, bytes, refusal},
    mapping::{self, Line, MANAGER},
    stage::Stage,
    story::{Story, story, story_of},
};
use scimulator::{engine::Reset, store::ObjectKind};
use serde_json::{Value, json};

const USER_NAME: Line = ("userName", "{ filterable = true }", "{ direct = \"userPrincipalName\", matching = 1 }");
const ACTIVE: Line = (
    "active",
    "{ type = \"Boolean\" }",
    "{ expression = 'Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")' }",
);
const EMAIL: Line = ("emails[type eq \"work\"].value", "{ filterable = true }", "{ direct = \"mail\", matching = 1 }");
const NUMBER: Line = (
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
    "{ filterable = true }",
    "{ direct = \"employeeId\", matching = 2 }",
);

#[tokio::test]
async fn a_cycle_begins_with_a_query_for_a_random_value_of_the_first_matching_attribute() {
    let probe = |filter: &str| {
        format!(
            "GET /scim/Users?filter={filter}+eq+%22{{random}}%22 HTTP/1.1\nHost: HOST\nAuthorization: Bearer sesame\n\
             Accept: */*\n"
        )
    };
    story().sends_whole_in_both(&probe("userName")).sends_whole_in_both(&probe("userName")).holds().await;
    let (name, mail) = (("userName", USER_NAME.1, "{ direct = \"userPrincipalName\", matching = 2 }"), EMAIL);
    story_of(&mapping::of(&[name, mail]))
        .sends_whole_in_both(&probe("emails%5btype+eq+%22work%22%5d.value"))
        .holds()
        .await;
    let number = (NUMBER.0, NUMBER.1, "{ direct = \"employeeId\", matching = 1 }");
    story_of(&mapping::of(&[(name.0, name.1, "{ direct = \"userPrincipalName\" }"), number]))
        .sends_whole_in_both(&probe(
            "urn%3aietf%3aparams%3ascim%3aschemas%3aextension%3aenterprise%3a2.0%3aUser%3aemployeeNumber",
        ))
        .holds()
        .await;
}

#[tokio::test]
async fn a_connection_test_asks_for_a_user_and_a_group_where_groups_are_mapped() {
    story()
        .tests_connection(
            "GET /scim/Users?filter=userName+eq+%22{random}%22\n\
             GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22{random}%22",
        )
        .holds()
        .await;
    let without_groups =
        mapping::small(&[]).replacen("[groups.attributes]", "[groups]\nenabled = false\n[groups.attributes]", 1);
    story_of(&without_groups).tests_connection("GET /scim/Users?filter=userName+eq+%22{random}%22").holds().await;
}

#[tokio::test]
async fn a_probe_that_is_refused_ends_the_cycle_before_anybody_is_looked_for() {
    let ignores_filters = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
        "Resources": [{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "7"}]});
    let mut told = story().when(|stage| stage.users(&["ann"]));
    for instead in [400, 401, 403, 404, 500, 503].map(|status| refusal(status, None, "no")).into_iter().chain([
        Instead::Answer(bytes(200, "Content-Type: text/html\r\n", "<html>")),
        Instead::Answer(bytes(200, "", ignores_filters.to_string())),
    ]) {
        told = told
            .when(move |stage| stage.application.instead("GET /scim/Users?filter", 1, instead.clone()))
            .sends_in_both("");
    }
    told.sends_in_both(
        r#"
        GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
        POST /scim/Users
          {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example","active":true,
           "displayName":"Ann","meta":{"resourceType":"User"}}
        "#,
    )
    .holds()
    .await;
}

/// Somebody whom the application knows beforehand.
fn known(attributes: Value) -> impl Fn(&mut Stage) + 'static {
    move |stage| {
        let mut account = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]});
        account.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        stage.application.ask("POST", "/Users", &account);
    }
}

fn by_mail_number_and_name() -> Story {
    let name = ("userName", USER_NAME.1, "{ direct = \"userPrincipalName\", matching = 3 }");
    story_of(&mapping::of(&[name, ACTIVE, EMAIL, NUMBER]))
}

const BY_MAIL: &str = "GET /scim/Users?filter=emails%5btype+eq+%22work%22%5d.value+eq+%22ann%40mail.example%22";
const BY_NUMBER: &str = "GET /scim/Users?filter=urn%3aietf%3aparams%3ascim%3aschemas%3aextension%3aenterprise%3a2.0\
                         %3aUser%3aemployeeNumber+eq+%22755%22";
const BY_NAME: &str = "GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22";

#[tokio::test]
async fn matching_attributes_are_asked_one_by_one_in_their_precedence_and_never_together() {
    let create = r#"
    POST /scim/Users
      {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"ann@contoso.example","active":true,
      "emails":[{"type":"work","primary":true,"value":"ann@mail.example"}],
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"755"},
      "meta":{"resourceType":"User"}}"#;
    by_mail_number_and_name()
        .when(|stage| stage.user("ann", &json!({"mail": "ann@mail.example", "employeeId": "755"})))
        .sends_in_both(&format!("    {BY_MAIL}\n    {BY_NUMBER}\n    {BY_NAME}{create}"))
        .holds()
        .await;
}

#[tokio::test]
async fn the_first_hit_ends_the_search() {
    let holds = json!({"userName": "ann@contoso.example", "active": true,
        "emails": [{"type": "work", "value": "ann@mail.example"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "755"}});
    let ann = |stage: &mut Stage| stage.user("ann", &json!({"mail": "ann@mail.example", "employeeId": "755"}));
    by_mail_number_and_name().when(known(holds.clone())).when(ann).sends_in_both(BY_MAIL).holds().await;
    let mut other_mail = holds;
    other_mail["emails"] = json!([{"type": "work", "value": "a@mail.example"}]);
    let patch = |op: &str| {
        format!(
            "{BY_MAIL}\n{BY_NUMBER}\nPATCH /scim/Users/t-ann\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"{op}\",\
             \"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"ann@mail.example\"}}]}}"
        )
    };
    by_mail_number_and_name()
        .when(known(other_mail))
        .when(ann)
        .sends(&patch("Replace"), &patch("replace"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_matching_attribute_without_a_value_is_passed_over() {
    by_mail_number_and_name()
        .when(known(json!({"userName": "ann@contoso.example", "active": true})))
        .when(|stage| stage.user("ann", &json!({"mail": ""})))
        .sends_in_both(BY_NAME)
        .holds()
        .await;
}

#[tokio::test]
async fn the_value_of_an_expression_is_looked_for_as_it_comes_out() {
    let name =
        ("userName", USER_NAME.1, "{ expression = 'Join(\"+\", ToUpper([mailNickname]), \"x\")', matching = 1 }");
    story_of(&mapping::of(&[name, ACTIVE]))
        .when(known(json!({"userName": "ANN+x", "active": true})))
        .when(|stage| stage.user("ann", &json!({"mailNickname": "ann"})))
        .sends_in_both("GET /scim/Users?filter=userName+eq+%22ANN%2bx%22")
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_has_no_value_to_match_by_is_not_looked_for_and_a_group_like_that_gets_no_members() {
    story_of(
        &mapping::of(&[USER_NAME, ACTIVE, ("externalId", "{ filterable = true }", "{ direct = \"mail\" }")])
            .replacen(
                "displayName = { direct = \"displayName\", matching = 1 }",
                "displayName = { direct = \"displayName\" }",
                1,
            )
            .replacen("externalId = { direct = \"objectId\" }", "externalId = { direct = \"mail\", matching = 1 }", 1),
    )
    .given(|stage| {
        stage.user("ann", &json!({}));
    })
    .when(|stage| stage.group("Team", &["ann"]))
    .sends_in_both("GET /scim/Users/t-ann")
    .when(|stage| stage.change_group("Team", &json!({"mail": "team@mail.example"})))
    .sends(
        r#"
        GET /scim/Groups?excludedAttributes=members&filter=externalId+eq+%22team%40mail.example%22
        POST /scim/Groups
          {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Team",
          "externalId":"team@mail.example","meta":{"resourceType":"Group"}}
        PATCH /scim/Groups/t-Team
          {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
          {"op":"Add","path":"members","value":[{"value":"t-ann"}]}]}
        "#,
        r#"
        GET /scim/Groups?excludedAttributes=members&filter=externalId+eq+%22team%40mail.example%22
        POST /scim/Groups
          {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Team",
          "externalId":"team@mail.example","meta":{"resourceType":"Group"}}
        PATCH /scim/Groups/t-Team
          {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
          {"op":"add","path":"members","value":[{"value":"t-ann"}]}]}
        "#,
    )
    .holds()
    .await;
}

#[tokio::test]
async fn several_hits_are_an_error_and_nobody_is_written_to() {
    let account = |name: &str| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": name});
    let several = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 2,
        "Resources": [account("1"), account("2")]});
    story()
        .when(move |stage| {
            stage.users(&["ann"]);
            let answer = Instead::Answer(bytes(200, "", several.to_string()));
            stage.application.instead("GET /scim/Users?filter=userName+eq+%22ann", 1, answer);
        })
        .sends_in_both(BY_NAME)
        .holds()
        .await;
}

#[tokio::test]
async fn an_account_of_somebody_in_scope_is_not_taken_over_and_one_of_somebody_gone_is() {
    let name = ("userName", USER_NAME.1, "{ direct = \"mailNickname\", matching = 1 }");
    let find = "GET /scim/Users?filter=userName+eq+%22shared%22";
    let disable = |op: &str, value: &str| {
        format!(
            "GET /scim/Users/t-shared\nPATCH /scim/Users/t-shared\n  {{\"schemas\":[\
             \"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"{op}\",\"path\":\"active\",\
             \"value\":{value}}}]}}\n"
        )
    };
    let enable =
        |op: &str, value: &str| disable(op, value).replacen("GET /scim/Users/t-shared\n", &format!("{find}\n"), 1);
    story_of(&mapping::of(&[name, ACTIVE]))
        .given(|stage| stage.user("ann", &json!({"mailNickname": "shared"})))
        .when(|stage| stage.user("eve", &json!({"mailNickname": "shared"})))
        .sends_in_both(find)
        .given(|stage| stage.unassign("eve"))
        .when(|stage| stage.unassign("ann"))
        .sends(&disable("Replace", "\"False\""), &disable("replace", "false"))
        .when(|stage| {
            stage.assign("eve");
            stage.later(24);
        })
        .sends(&enable("Replace", "\"True\""), &enable("replace", "true"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_connected_object_is_read_by_its_id_and_a_group_without_its_members() {
    story()
        .given(|stage| {
            stage.users(&["ann"]);
            stage.group("Team", &["ann"]);
        })
        .restarted(&Reset::DEFAULT)
        .sends_in_both("GET /scim/Users/t-ann\nGET /scim/Groups/t-Team?excludedAttributes=members")
        .holds()
        .await;
}

#[tokio::test]
async fn a_group_is_looked_for_without_its_members() {
    story()
        .when(|stage| {
            let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "R&D \"+\" 50%",
                "externalId": "id-r&d \"+\" 50%"});
            stage.application.ask("POST", "/Groups", &group);
            stage.group("R&D \"+\" 50%", &[]);
        })
        .sends_in_both("GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22R%26D+%5c%22%2b%5c%22+50%25%22")
        .holds()
        .await;
}

#[tokio::test]
async fn on_demand_a_connected_user_is_matched_by_query_and_changed_from_that_answer_in_the_legacy_dialect() {
    let lines: [Line; 1] = [(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")];
    let two = |stage: &mut Stage| {
        stage.user("ann", &json!({"jobTitle": "Clerk"}));
        stage.users(&["bob"]);
        stage.group("Team", &["bob"]);
    };
    story_of(&mapping::small(&lines))
        .given(two)
        .when(|stage| {
            stage.change("ann", &json!({"jobTitle": "Manager", "displayName": "Annie", "manager": "id-bob"}));
            stage.members("Team", &["ann"]);
        })
        .on_demand(
            ObjectKind::User,
            "ann",
            &[],
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            PATCH /scim/Users/t-ann
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {"op":"Replace","path":"displayName","value":"Annie"},
              {"op":"Replace","path":"title","value":"Manager"}]}
            PATCH /scim/Users/t-ann
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"t-bob"}]}
            "#,
        )
        .on_demand(
            ObjectKind::Group,
            "Team",
            &["ann", "bob"],
            r#"
            GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Team%22
            PATCH /scim/Groups/t-Team
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {"op":"Remove","path":"members","value":[{"value":"t-bob"}]}]}
            PATCH /scim/Groups/t-Team
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {"op":"Add","path":"members","value":[{"value":"t-ann"}]}]}
            "#,
        )
        .when(|stage| {
            stage.unassign("ann");
            stage.members("Team", &[]);
        })
        .on_demand(
            ObjectKind::User,
            "ann",
            &[],
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            PATCH /scim/Users/t-ann
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {"op":"Replace","path":"active","value":"False"}]}
            "#,
        )
        .holds()
        .await;
}

/// Ann as the application shows her, once she has moved to another department.
fn shown(department: &'static str, account: &Value) -> impl Fn(&mut Stage) + 'static {
    let answer = Instead::Answer(bytes(200, "", account.to_string()));
    move |stage| {
        stage.change("ann", &json!({"department": department}));
        stage.application.instead("GET /scim/Users/t-ann", 1, answer.clone());
    }
}

#[tokio::test]
async fn answers_are_read_in_any_letter_case_with_booleans_as_texts_and_a_manager_as_a_bare_text() {
    let lines: [Line; 1] = [(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")];
    story_of(&mapping::small(&lines))
        .given(|stage| {
            stage.users(&["bob"]);
            stage.user("ann", &json!({"manager": "id-bob"}));
        })
        .when(shown(
            "Sales",
            &json!({"SCHEMAS": ["urn:ietf:params:scim:schemas:core:2.0:User"], "ID": "t-ann",
            "USERNAME": "Ann@Contoso.Example", "Active": "True", "displayname": "ANN",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"Manager": "t-bob"}}),
        ))
        .sends_in_both("GET /scim/Users/t-ann")
        .when(shown(
            "Legal",
            &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "t-ann",
            "userName": "ann@contoso.example", "active": true, "displayName": "Ann",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "t-bob"}}}),
        ))
        .sends_in_both("GET /scim/Users/t-ann")
        .holds()
        .await;
}

#[tokio::test]
async fn an_answer_that_is_no_resource_is_not_written_upon() {
    let mut told = story().given(|stage| stage.users(&["ann"]));
    for (department, answer) in [
        ("1", json!({"id": "t-ann"})),
        ("2", json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@contoso.example"})),
        ("3", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0})),
        ("4", json!([])),
    ] {
        told = told.when(shown(department, &answer)).sends_in_both("GET /scim/Users/t-ann");
    }
    told.holds().await;
}
