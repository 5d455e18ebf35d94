//! Changes of users, operation by operation, in either dialect. Source: `spec/WIRE.md` §4.

use super::{
    mapping::{self, Line, MANAGER},
    stage::Stage,
    story::{Story, story, story_of},
};
use serde_json::{Value, json};

/// Ann is read, and changed by one request with these operations.
fn patch(operations: &str) -> String {
    patch_of("ann", operations)
}

fn patch_of(name: &str, operations: &str) -> String {
    format!(
        "GET /scim/Users/t-{name}\nPATCH /scim/Users/t-{name}\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operations}]}}"
    )
}

/// Ann, who has `attributes`, changes.
fn changed(story: Story, attributes: Value, change: Value) -> Story {
    story.given(move |stage: &mut Stage| stage.user("ann", &attributes)).when(move |stage| stage.change("ann", &change))
}

#[tokio::test]
async fn a_single_plain_attribute_has_a_path_in_either_dialect() {
    changed(story(), json!({"jobTitle": "Clerk"}), json!({"jobTitle": "Manager"}))
        .sends(
            &patch(r#"{"op":"Replace","path":"title","value":"Manager"}"#),
            &patch(r#"{"op":"replace","path":"title","value":"Manager"}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn what_the_last_read_does_not_show_is_added() {
    changed(story(), json!({}), json!({"jobTitle": "Manager"}))
        .sends(
            &patch(r#"{"op":"Add","path":"title","value":"Manager"}"#),
            &patch(r#"{"op":"add","path":"title","value":"Manager"}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn several_attributes_are_an_operation_each_or_fold_by_kind_after_those_with_a_selector() {
    let before = json!({"displayName": "Ann", "mail": "a@mail.example", "surname": "Lee", "givenName": "Ann"});
    let change = json!({"displayName": "Annie", "jobTitle": "Clerk", "mail": "b@mail.example", "givenName": "Annie",
        "surname": "Ray", "city": "York", "department": "Sales"});
    changed(story_of(&mapping::embedded()), before, change)
        .sends(
            &patch(
                r#"{"op":"Replace","path":"displayName","value":"Annie"},
                {"op":"Add","path":"title","value":"Clerk"},
                {"op":"Replace","path":"emails[type eq \"work\"].value","value":"b@mail.example"},
                {"op":"Replace","path":"name.givenName","value":"Annie"},
                {"op":"Replace","path":"name.familyName","value":"Ray"},
                {"op":"Replace","path":"name.formatted","value":"Annie Ray"},
                {"op":"Add","path":"addresses[type eq \"work\"].locality","value":"York"},
                {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Sales"}"#,
            ),
            &patch(
                r#"{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@mail.example"},
                {"op":"add","path":"addresses[type eq \"work\"].locality","value":"York"},
                {"op":"replace","value":{"displayName":"Annie","name.givenName":"Annie","name.familyName":"Ray",
                "name.formatted":"Annie Ray"}},
                {"op":"add","value":{"title":"Clerk",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Sales"}}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn attributes_with_a_selector_keep_an_operation_each() {
    let before = json!({"mobilePhone": "+1 2", "faxNumber": "+1 3"});
    changed(story_of(&mapping::embedded()), before, json!({"mobilePhone": "+1 4", "faxNumber": "+1 5"}))
        .sends(
            &patch(
                r#"{"op":"Replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 4"},
                {"op":"Replace","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 5"}"#,
            ),
            &patch(
                r#"{"op":"replace","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 4"},
                {"op":"replace","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 5"}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn one_plain_attribute_beside_one_with_a_selector_does_not_fold() {
    let before = json!({"jobTitle": "Clerk", "mail": "a@mail.example"});
    changed(story_of(&mapping::embedded()), before, json!({"jobTitle": "Manager", "mail": "b@mail.example"}))
        .sends(
            &patch(
                r#"{"op":"Replace","path":"title","value":"Manager"},
                {"op":"Replace","path":"emails[type eq \"work\"].value","value":"b@mail.example"}"#,
            ),
            &patch(
                r#"{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@mail.example"},
                {"op":"replace","path":"title","value":"Manager"}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_typed_entry_that_is_missing_is_added_on_its_path() {
    changed(story_of(&mapping::embedded()), json!({"mobilePhone": "+1 2"}), json!({"faxNumber": "+1 5"}))
        .sends(
            &patch(r#"{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 5"}"#),
            &patch(r#"{"op":"add","path":"phoneNumbers[type eq \"fax\"].value","value":"+1 5"}"#),
        )
        .holds()
        .await;
}

/// The extension that an application made up.
const TAG: Line = (
    "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag",
    "{}",
    "{ direct = \"extensionAttribute1\" }",
);

#[tokio::test]
async fn an_extension_attribute_has_its_urn_and_a_colon_and_folds_also_when_alone() {
    changed(story_of(&mapping::embedded()), json!({"employeeId": "7"}), json!({"employeeId": "8"}))
        .sends(
            &patch(
                r#"{"op":"Replace","path":
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"8"}"#,
            ),
            &patch(
                r#"{"op":"replace","value":{
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"8"}}"#,
            ),
        )
        .holds()
        .await;
    changed(story_of(&mapping::small(&[TAG])), json!({}), json!({"extensionAttribute1": "701984"}))
        .sends(
            &patch(
                r#"{"op":"Add","path":
                "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag","value":"701984"}"#,
            ),
            &patch(
                r#"{"op":"add","value":{
                "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag":"701984"}}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_core_attribute_is_plain_also_where_the_mapping_writes_its_urn() {
    let nick_name: Line =
        ("urn:ietf:params:scim:schemas:core:2.0:User:nickName", "{}", "{ direct = \"mailNickname\" }");
    changed(story_of(&mapping::small(&[nick_name])), json!({}), json!({"mailNickname": "Babs"}))
        .sends(
            &patch(r#"{"op":"Add","path":"urn:ietf:params:scim:schemas:core:2.0:User:nickName","value":"Babs"}"#),
            &patch(r#"{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:nickName","value":"Babs"}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn booleans_are_texts_in_the_letter_case_of_the_mapping_or_real_ones() {
    let flags: [Line; 2] = [
        (
            "active",
            "{ type = \"Boolean\" }",
            "{ expression = 'Switch([IsSoftDeleted], , \"False\", \"true\", \"True\", \"FALSE\")' }",
        ),
        (
            "urn:ietf:params:scim:schemas:extension:acme:2.0:User:vip",
            "{ type = \"Boolean\" }",
            "{ direct = \"extensionAttribute1\" }",
        ),
    ];
    let users: Vec<Line> = [("userName", "{ filterable = true }", "{ direct = \"userPrincipalName\", matching = 1 }")]
        .into_iter()
        .chain(flags)
        .collect();
    changed(story_of(&mapping::of(&users)), json!({}), json!({"accountEnabled": false}))
        .sends(
            &patch(r#"{"op":"Replace","path":"active","value":"FALSE"}"#),
            &patch(r#"{"op":"replace","path":"active","value":false}"#),
        )
        .when(|stage| stage.change("ann", &json!({"accountEnabled": true, "extensionAttribute1": "TRUE"})))
        .sends(
            &patch(
                r#"{"op":"Replace","path":"active","value":"true"},
                {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:acme:2.0:User:vip","value":"TRUE"}"#,
            ),
            &patch(
                r#"{"op":"replace","path":"active","value":true},
                {"op":"add","value":{"urn:ietf:params:scim:schemas:extension:acme:2.0:User:vip":true}}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn active_is_replaced_also_where_the_application_shows_none() {
    let found = |operations: &str| {
        patch(operations).replacen(
            "GET /scim/Users/t-ann",
            "GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22",
            1,
        )
    };
    story()
        .when(|stage| {
            let account = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "ann@contoso.example", "displayName": "Ann"});
            stage.application.ask("POST", "/Users", &account);
            stage.users(&["ann"]);
        })
        .sends(
            &found(r#"{"op":"Replace","path":"active","value":"True"}"#),
            &found(r#"{"op":"replace","path":"active","value":true}"#),
        )
        .holds()
        .await;
}

/// What a single operation on the manager sends, without a read before it.
fn of_manager(operation: &str) -> String {
    patch(&operation.replace("MANAGER", MANAGER))
}

fn with_manager() -> Story {
    story_of(&mapping::small(&[(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")])).given(|stage| {
        stage.user("ann", &json!({}));
        stage.users(&["bob", "cid"]);
    })
}

#[tokio::test]
async fn a_manager_is_always_added_as_a_bare_text_and_removed_by_an_empty_one() {
    with_manager()
        .when(|stage| stage.change("ann", &json!({"manager": "id-bob"})))
        .sends(
            &of_manager(r#"{"op":"Add","path":"MANAGER","value":"t-bob"}"#),
            &of_manager(r#"{"op":"add","path":"MANAGER","value":"t-bob"}"#),
        )
        .when(|stage| stage.change("ann", &json!({"manager": "id-cid"})))
        .sends(
            &of_manager(r#"{"op":"Add","path":"MANAGER","value":"t-cid"}"#),
            &of_manager(r#"{"op":"add","path":"MANAGER","value":"t-cid"}"#),
        )
        .when(|stage| stage.change("ann", &json!({"manager": null})))
        .sends(
            &of_manager(r#"{"op":"Replace","path":"MANAGER","value":""}"#),
            &of_manager(r#"{"op":"replace","path":"MANAGER","value":""}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_manager_never_folds_with_other_attributes_and_follows_in_a_request_of_its_own() {
    let both = |title: &str, manager: &str| {
        let manager = patch(&manager.replace("MANAGER", MANAGER)).replace("GET /scim/Users/t-ann\n", "");
        format!("{}\n{manager}", patch(title))
    };
    with_manager()
        .when(|stage| stage.change("ann", &json!({"manager": "id-bob", "jobTitle": "Clerk"})))
        .sends(
            &both(r#"{"op":"Add","path":"title","value":"Clerk"}"#, r#"{"op":"Add","path":"MANAGER","value":"t-bob"}"#),
            &both(r#"{"op":"add","path":"title","value":"Clerk"}"#, r#"{"op":"add","path":"MANAGER","value":"t-bob"}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_manager_is_removed_by_a_removal_or_not_at_all_where_the_job_says_so() {
    let removed = |setting: &str| {
        with_manager()
            .with(setting)
            .given(|stage| stage.change("ann", &json!({"manager": "id-bob"})))
            .when(|stage| stage.change("ann", &json!({"manager": null})))
    };
    removed("manager_removal = \"empty\"")
        .sends(
            &of_manager(r#"{"op":"Replace","path":"MANAGER","value":""}"#),
            &of_manager(r#"{"op":"replace","path":"MANAGER","value":""}"#),
        )
        .holds()
        .await;
    removed("manager_removal = \"remove\"")
        .sends(&of_manager(r#"{"op":"Remove","path":"MANAGER"}"#), &of_manager(r#"{"op":"remove","path":"MANAGER"}"#))
        .holds()
        .await;
    removed("manager_removal = \"none\"").sends_in_both("GET /scim/Users/t-ann").holds().await;
}

#[tokio::test]
async fn a_value_that_becomes_empty_sends_nothing() {
    let before = json!({"jobTitle": "Clerk", "mail": "a@mail.example", "employeeId": "7", "faxNumber": "+1 5"});
    for empty in [json!(null), json!("")] {
        let change = json!({"jobTitle": empty, "mail": empty, "employeeId": empty, "faxNumber": empty});
        changed(story_of(&mapping::embedded()), before.clone(), change)
            .sends_in_both("GET /scim/Users/t-ann")
            .holds()
            .await;
    }
}

#[tokio::test]
async fn where_a_mapping_lets_null_flow_it_is_a_removal() {
    let lines: [Line; 3] = [
        ("nickName", "{}", "{ direct = \"mailNickname\", flow_null_values = true }"),
        ("emails[type eq \"work\"].value", "{}", "{ direct = \"mail\", flow_null_values = true }"),
        (
            "urn:ietf:params:scim:schemas:extension:acme:2.0:User:tag",
            "{}",
            "{ direct = \"department\", flow_null_values = true }",
        ),
    ];
    let before = json!({"mailNickname": "Babs", "mail": "a@mail.example", "department": "Sales"});
    let change = json!({"mailNickname": null, "mail": null, "department": "", "jobTitle": "Clerk"});
    changed(story_of(&mapping::small(&lines)), before, change)
        .sends(
            &patch(
                r#"{"op":"Add","path":"title","value":"Clerk"},
                {"op":"Remove","path":"nickName"},
                {"op":"Remove","path":"emails[type eq \"work\"].value"},
                {"op":"Remove","path":"urn:ietf:params:scim:schemas:extension:acme:2.0:User:tag"}"#,
            ),
            &patch(
                r#"{"op":"remove","path":"emails[type eq \"work\"].value"},
                {"op":"add","path":"title","value":"Clerk"},
                {"op":"remove","path":"nickName"},
                {"op":"remove","path":"urn:ietf:params:scim:schemas:extension:acme:2.0:User:tag"}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn nothing_is_sent_where_the_application_has_everything_already() {
    changed(story(), json!({"jobTitle": "Clerk"}), json!({"department": "Sales"}))
        .sends_in_both("GET /scim/Users/t-ann")
        .when(|stage| stage.change("ann", &json!({"jobTitle": "CLERK"})))
        .sends_in_both("GET /scim/Users/t-ann")
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn what_was_changed_at_the_application_meanwhile_is_judged_by_the_last_read() {
    let replace = |op: &str| {
        let operation = r#"{"op":"OP","path":"title","value":"Manager"}"#;
        patch(&operation.replace("OP", op))
    };
    let operations = |kind: &str| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": kind, "path": "title"}]})
    };
    changed(story(), json!({"jobTitle": "Clerk"}), json!({"jobTitle": "Manager"}))
        .when(move |stage| stage.application.ask("PATCH", "/Users/t-ann", &operations("remove")))
        .sends(&replace("Add"), &replace("add"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_groups_own_attributes_are_changed_like_a_users() {
    let group = |operations: &str| {
        format!(
            "GET /scim/Groups/t-Team?excludedAttributes=members\nPATCH /scim/Groups/t-Team\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operations}]}}"
        )
    };
    story()
        .given(|stage| stage.group("Team", &[]))
        .when(|stage| stage.change_group("Team", &json!({"displayName": "Crew"})))
        .sends(
            &group(r#"{"op":"Replace","path":"displayName","value":"Crew"}"#),
            &group(r#"{"op":"replace","path":"displayName","value":"Crew"}"#),
        )
        .holds()
        .await;
}
