//! What goes over the wire, byte for byte: creates, changes in both dialects, and names that are hard to spell.
//! Source: `spec/WIRE.md` §1, §3, §4, §6.

use super::{
    lines::*,
    world::{Setup, World},
};
use scimulator::mapping::embedded;
use serde_json::{Value, json};

const COMPLIANT: &str = "?aadOptscim062020";
/// An extension that an application made up.
const CUSTOM: &str = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";

/// The embedded mapping of the application that is in no gallery.
fn with_scim(alter: impl FnOnce(&mut Setup)) -> World {
    World::with(|setup| {
        setup.mapping = embedded::find("scim").unwrap().1.into();
        setup.job = "application = \"app\"\n".into();
        alter(setup);
    })
}

/// A user with a value for everything that the mapping reads.
fn everything() -> Value {
    json!({
        "displayName": "Ann Lee",
        "jobTitle": "Clerk",
        "mail": "ann@mail.example",
        "preferredLanguage": "en-GB",
        "givenName": "Ann",
        "surname": "Lee",
        "officeLocation": "C 1",
        "streetAddress": "1 Main St",
        "city": "New York",
        "state": "NY",
        "postalCode": "00501",
        "country": "US",
        "businessPhones": ["+1 2"],
        "mobilePhone": "+1 3",
        "faxNumber": "+1 4",
        "mailNickname": "ann",
        "employeeId": "755",
        "department": "Sales",
    })
}

/// A world in which ann, who has everything, is provisioned through the embedded mapping.
async fn with_ann(query: &'static str) -> World {
    let mut world = with_scim(|setup| setup.query = query);
    world.user("ann", &everything());
    world.assign("ann");
    world.sync().await;
    world
}

/// The operations that a change of ann causes in the legacy and in the compliant dialect.
async fn patches(change: &Value) -> [String; 2] {
    let mut found = Vec::new();
    for query in ["", COMPLIANT] {
        let mut world = with_ann(query).await;
        world.change("ann", change);
        let requests = world.requests().await;
        let [read, patch] = requests.as_slice() else { panic!("one read and one change, not {requests:?}") };
        assert_eq!(*read, read_user("ann"));
        found.push(patch.strip_prefix("PATCH /Users/{ann} ").unwrap().to_owned());
        assert_eq!(world.sync().await.requests, [probe()]);
    }
    found.try_into().unwrap()
}

#[tokio::test]
async fn a_full_user_is_created_with_every_attribute_in_its_place_in_either_dialect() {
    for query in ["", COMPLIANT] {
        let mut world = with_scim(|setup| setup.query = query);
        world.user("ann", &everything());
        world.assign("ann");
        assert_eq!(
            world.requests().await,
            [
                find_user("ann"),
                "POST /Users {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\
                 \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],\
                 \"userName\":\"ann@contoso.example\",\"active\":true,\"displayName\":\"Ann Lee\",\"title\":\"Clerk\",\
                 \"emails\":[{\"type\":\"work\",\"primary\":true,\"value\":\"ann@mail.example\"}],\
                 \"preferredLanguage\":\"en-GB\",\
                 \"name\":{\"givenName\":\"Ann\",\"familyName\":\"Lee\",\"formatted\":\"Ann Lee\"},\
                 \"addresses\":[{\"type\":\"work\",\"formatted\":\"C 1\",\"streetAddress\":\"1 Main St\",\
                 \"locality\":\"New York\",\"region\":\"NY\",\"postalCode\":\"00501\",\"country\":\"US\"}],\
                 \"phoneNumbers\":[{\"type\":\"work\",\"value\":\"+1 2\"},{\"type\":\"mobile\",\"value\":\"+1 3\"},\
                 {\"type\":\"fax\",\"value\":\"+1 4\"}],\"externalId\":\"ann\",\
                 \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"employeeNumber\":\"755\",\
                 \"department\":\"Sales\"},\"meta\":{\"resourceType\":\"User\"}}"
                    .to_owned(),
            ]
        );
    }
}

#[tokio::test]
async fn what_has_no_value_is_not_in_the_create() {
    let mut world = with_scim(|_| {});
    world.user("ann", &json!({"mail": null, "jobTitle": "", "businessPhones": [], "employeeId": null}));
    world.assign("ann");
    world.sync().await;
    let account = world.account("ann");
    let names: Vec<_> = account.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["schemas", "id", "userName", "active", "displayName", "meta"]);
}

#[tokio::test]
async fn a_group_is_created_without_its_members() {
    let mut world = with_scim(|_| {});
    world.assigned_users(&["ann"]);
    world.group("Sales & Co", &["ann"]);
    world.assign("Sales & Co");
    assert_eq!(
        world.requests().await[2..],
        [
            "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22Sales+%26+Co%22",
            "POST /Groups {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\
             \"displayName\":\"Sales & Co\",\"externalId\":\"id-sales & co\",\"meta\":{\"resourceType\":\"Group\"}}",
            "PATCH /Groups/{Sales & Co} [{\"op\":\"Add\",\"path\":\"members\",\"value\":[{\"value\":\"{ann}\"}]}]",
        ]
    );
}

#[tokio::test]
async fn one_plain_attribute_is_one_operation_with_a_path_in_either_dialect() {
    assert_eq!(
        patches(&json!({"jobTitle": "Manager"})).await,
        [
            r#"[{"op":"Replace","path":"title","value":"Manager"}]"#,
            r#"[{"op":"replace","path":"title","value":"Manager"}]"#,
        ]
    );
}

#[tokio::test]
async fn disabling_is_a_text_or_a_real_boolean() {
    assert_eq!(
        patches(&json!({"accountEnabled": false})).await,
        [
            r#"[{"op":"Replace","path":"active","value":"False"}]"#,
            r#"[{"op":"replace","path":"active","value":false}]"#,
        ]
    );
}

#[tokio::test]
async fn several_plain_attributes_are_an_operation_each_or_fold_into_one_without_a_path() {
    assert_eq!(
        patches(&json!({"surname": "Ray", "jobTitle": "Manager", "mail": "ray@mail.example", "department": "Legal"}))
            .await,
        [
            "[{\"op\":\"Replace\",\"path\":\"title\",\"value\":\"Manager\"},\
             {\"op\":\"Replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"ray@mail.example\"},\
             {\"op\":\"Replace\",\"path\":\"name.familyName\",\"value\":\"Ray\"},\
             {\"op\":\"Replace\",\"path\":\"name.formatted\",\"value\":\"Ann Ray\"},\
             {\"op\":\"Replace\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\",\
             \"value\":\"Legal\"}]",
            "[{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"ray@mail.example\"},\
             {\"op\":\"replace\",\"value\":{\"title\":\"Manager\",\"name.familyName\":\"Ray\",\
             \"name.formatted\":\"Ann Ray\",\
             \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\":\"Legal\"}}]",
        ]
    );
}

#[tokio::test]
async fn an_entry_of_a_type_that_is_there_is_replaced() {
    assert_eq!(
        patches(&json!({"faxNumber": "+1 5", "city": "Albany"})).await,
        [
            "[{\"op\":\"Replace\",\"path\":\"addresses[type eq \\\"work\\\"].locality\",\"value\":\"Albany\"},\
             {\"op\":\"Replace\",\"path\":\"phoneNumbers[type eq \\\"fax\\\"].value\",\"value\":\"+1 5\"}]",
            "[{\"op\":\"replace\",\"path\":\"addresses[type eq \\\"work\\\"].locality\",\"value\":\"Albany\"},\
             {\"op\":\"replace\",\"path\":\"phoneNumbers[type eq \\\"fax\\\"].value\",\"value\":\"+1 5\"}]",
        ]
    );
}

#[tokio::test]
async fn an_extension_attribute_has_its_full_name_and_folds_also_when_alone() {
    assert_eq!(
        patches(&json!({"employeeId": "756"})).await,
        [
            "[{\"op\":\"Replace\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\",\
             \"value\":\"756\"}]",
            "[{\"op\":\"replace\",\"value\":\
             {\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\":\"756\"}}]",
        ]
    );
}

#[tokio::test]
async fn what_is_missing_is_added_and_what_differs_is_replaced_in_one_request() {
    let change = json!({"faxNumber": "+1 5", "jobTitle": "Clerk", "displayName": "Annie", "employeeId": "7"});
    for (query, patch) in [
        (
            "",
            "PATCH /Users/{ann} [{\"op\":\"Replace\",\"path\":\"displayName\",\"value\":\"Annie\"},\
             {\"op\":\"Add\",\"path\":\"title\",\"value\":\"Clerk\"},\
             {\"op\":\"Add\",\"path\":\"phoneNumbers[type eq \\\"fax\\\"].value\",\"value\":\"+1 5\"},\
             {\"op\":\"Add\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\",\
             \"value\":\"7\"}]",
        ),
        (
            COMPLIANT,
            "PATCH /Users/{ann} [{\"op\":\"add\",\"path\":\"phoneNumbers[type eq \\\"fax\\\"].value\",\
             \"value\":\"+1 5\"},{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Annie\"},\
             {\"op\":\"add\",\"value\":{\"title\":\"Clerk\",\
             \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\":\"7\"}}]",
        ),
    ] {
        let mut world = with_scim(|setup| setup.query = query);
        world.assigned_users(&["ann"]);
        world.sync().await;
        world.change("ann", &change);
        assert_eq!(world.requests().await, [read_user("ann"), patch.to_owned()]);
        let account = world.account("ann");
        assert_eq!(account["phoneNumbers"], json!([{"type": "fax", "value": "+1 5"}]));
        assert_eq!(account[ENTERPRISE], json!({"employeeNumber": "7"}));
    }
}

#[tokio::test]
async fn a_value_that_becomes_empty_is_not_sent() {
    for query in ["", COMPLIANT] {
        let mut world = with_ann(query).await;
        let before = world.account("ann");
        world.change("ann", &json!({"jobTitle": null, "mail": "", "faxNumber": null, "department": null}));
        let emptied = world.sync().await;
        assert_eq!(emptied.after_probe(), [read_user("ann")]);
        assert_eq!(world.log(&emptied).await, ["ann other skipped RedundantExport"]);
        assert_eq!(world.account("ann"), before);
    }
}

#[tokio::test]
async fn a_custom_extension_is_declared_only_where_the_job_says_so() {
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for (setting, schemas) in
        [("", vec![core, ENTERPRISE]), ("declare_extensions = true", vec![core, ENTERPRISE, CUSTOM])]
    {
        let mut world = World::with(|setup| {
            setup.job = setting.to_owned();
            setup.mapping = setup
                .mapping
                .replacen(
                    "[users.mappings]",
                    &format!("\"{CUSTOM}:tag\" = {{ type = \"String\" }}\n[users.mappings]"),
                    1,
                )
                .replacen("[groups]", &format!("\"{CUSTOM}:tag\" = {{ direct = \"department\" }}\n[groups]"), 1);
        });
        world.user("ann", &json!({"department": "Sales"}));
        world.assign("ann");
        let body = json!({
            "schemas": schemas,
            "userName": "ann@contoso.example",
            "active": true,
            "displayName": "Ann",
            CUSTOM: {"tag": "Sales"},
            "meta": {"resourceType": "User"},
        });
        assert_eq!(world.requests().await, [find_user("ann"), format!("POST /Users {body}")]);
        world.change("ann", &json!({"department": "Legal"}));
        assert_eq!(world.requests().await, [read_user("ann"), replace("ann", &format!("{CUSTOM}:tag"), "Legal")]);
    }
}

#[tokio::test]
async fn the_second_schema_of_groups_is_sent_where_the_job_says_so_and_never_under_the_flag() {
    let legacy = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let core = "urn:ietf:params:scim:schemas:core:2.0:Group";
    for (query, setting, schemas) in [
        ("", "", vec![core]),
        ("", "legacy_group_schema = true", vec![core, legacy]),
        (COMPLIANT, "legacy_group_schema = true", vec![core]),
    ] {
        let mut world = World::with(|setup| (setup.query, setup.job) = (query, setting.to_owned()));
        world.users(&[]);
        world.group("Team", &[]);
        world.assign("Team");
        let body = json!({
            "schemas": schemas,
            "displayName": "Team",
            "externalId": "id-team",
            "meta": {"resourceType": "Group"},
        });
        assert_eq!(world.requests().await, [find_group("Team"), format!("POST /Groups {body}")]);
    }
}

#[tokio::test]
async fn a_null_reference_stands_beside_each_member_where_the_job_says_so() {
    let remove_compliant = r#"[{"op":"remove","path":"members[value eq \"{ann}\"]"}]"#;
    for (query, add, remove) in [
        (
            "",
            r#"[{"op":"Add","path":"members","value":[{"$ref":null,"value":"{ann}"},{"$ref":null,"value":"{bob}"}]}]"#,
            r#"[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"{ann}"}]}]"#,
        ),
        (
            COMPLIANT,
            r#"[{"op":"add","path":"members","value":[{"$ref":null,"value":"{ann}"},{"$ref":null,"value":"{bob}"}]}]"#,
            remove_compliant,
        ),
    ] {
        let mut world = World::with(|setup| (setup.query, setup.job) = (query, "member_ref_null = true".to_owned()));
        world.assigned_users(&["ann", "bob"]);
        world.group("Team", &["ann", "bob"]);
        world.assign("Team");
        assert_eq!(world.requests().await.last().unwrap(), &format!("PATCH /Groups/{{Team}} {add}"));
        assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
        world.members("Team", &["bob"]);
        assert_eq!(world.requests().await, [read_user("ann"), format!("PATCH /Groups/{{Team}} {remove}")]);
        assert_eq!(world.members_of("Team"), ["{bob}"]);
    }
}

/// A name with everything that a query string, a filter or JSON could take for its own.
const HARD: &str = "\"q\\ +&%#'=;/?:,<>{}[]|~^` 😀 שלום مرحبا";
/// The query for it.
const FIND_HARD: &str = "GET /Users?filter=userName+eq+%22%5c%22q%5c%5c+%2b%26%25%23%27%3d%3b%2f%3f%3a%2c%3c%3e%7b%7d%5b%5d\
    %7c%7e%5e%60+%f0%9f%98%80+%d7%a9%d7%9c%d7%95%d7%9d+%d9%85%d8%b1%d8%ad%d8%a8%d8%a7%40contoso.example%22";

fn hard_user() -> Value {
    json!({"userPrincipalName": format!("{HARD}@contoso.example"), "displayName": "Hard"})
}

#[tokio::test]
async fn a_name_that_is_hard_to_spell_is_created_updated_disabled_and_matched_in_either_dialect() {
    for query in ["", COMPLIANT] {
        let mut world = World::with(|setup| setup.query = query);
        world.user("hard", &hard_user());
        world.assign("hard");
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": format!("{HARD}@contoso.example"),
            "active": true,
            "displayName": "Hard",
            "meta": {"resourceType": "User"},
        });
        assert_eq!(world.requests().await, [FIND_HARD.to_owned(), format!("POST /Users {body}")]);
        world.change("hard", &json!({"displayName": HARD}));
        world.requests().await;
        assert_eq!(world.account(HARD)["displayName"], HARD);
        world.unassign("hard");
        world.requests().await;
        assert_eq!(world.account(HARD)["active"], false);
        world.assign("hard");
        world.restart(&[scimulator::engine::Reset::Full]).await;
        let matched = world.sync().await;
        assert_eq!(matched.after_probe()[0], FIND_HARD);
        assert_eq!(world.application.user_count(), 1);
        assert_eq!(world.account(HARD)["active"], true);
    }
}

#[tokio::test]
async fn an_account_with_a_name_that_is_hard_to_spell_is_matched_and_then_disabled() {
    let mut world = World::new();
    world.wiretap.create("/Users", &crate::directory::account(HARD).into());
    world.user("hard", &hard_user());
    world.assign("hard");
    let operations = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Add", "path": "displayName", "value": "Hard"},
    ]);
    assert_eq!(world.requests().await, [FIND_HARD.to_owned(), patch_user(HARD, &operations)]);
    world.change("hard", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user(HARD), disable(HARD)]);
    assert_eq!(world.account(HARD)["active"], false);
}

#[tokio::test]
async fn a_group_with_a_name_that_is_hard_to_spell_is_found_again() {
    let mut world = World::new();
    world.wiretap.create(
        "/Groups",
        &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "R&D \"+\" 50%"}),
    );
    world.users(&[]);
    world.group("R&D \"+\" 50%", &[]);
    world.assign("R&D \"+\" 50%");
    assert_eq!(
        world.requests().await[0],
        "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22R%26D+%5c%22%2b%5c%22+50%25%22"
    );
    assert_eq!(world.application.group_count(), 1);
}
