//! Members and managers where the job says more about them: the check before they are written, those who come into scope
//! late, and groups that are answered with their excluded members. Source: `spec/WIRE.md` §2.5, §6.

use super::{
    application::{Instead, bytes},
    mapping::{self, MANAGER},
    story::{Story, story, story_of},
};
use serde_json::json;

pub(super) const READ_ANN: &str = "GET /scim/Users/t-ann\n";
const READ_TEAM: &str = "GET /scim/Groups/t-Team?excludedAttributes=members\n";

/// A change with this operation in the one and in the other dialect.
pub(super) fn patch(path: &str, operations: [&str; 2]) -> [String; 2] {
    operations.map(|operation| {
        format!(
            "PATCH /scim/{path}\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operation}]}}\n"
        )
    })
}

/// Sets ann's manager.
fn set_manager(id: &str) -> [String; 2] {
    let [legacy, compliant] = ["Add", "add"].map(|op| format!(r#"{{"op":"{op}","path":"{MANAGER}","value":"{id}"}}"#));
    patch("Users/t-ann", [&legacy, &compliant])
}

/// Adds a member to the team.
fn add_member(id: &str) -> [String; 2] {
    let [legacy, compliant] =
        ["Add", "add"].map(|op| format!(r#"{{"op":"{op}","path":"members","value":[{{"value":"{id}"}}]}}"#));
    patch("Groups/t-Team", [&legacy, &compliant])
}

/// Removes a member from the team.
fn remove_member(id: &str) -> [String; 2] {
    patch(
        "Groups/t-Team",
        [
            &format!(r#"{{"op":"Remove","path":"members","value":[{{"value":"{id}"}}]}}"#),
            &format!(r#"{{"op":"remove","path":"members[value eq \"{id}\"]"}}"#),
        ],
    )
}

/// Whether ann has this manager already.
fn asks_for_manager(id: &str) -> String {
    format!("GET /scim/Users?attributes=id&filter=id+eq+%22t-ann%22+and+manager+eq+%22{id}%22\n")
}

/// Whether the team has this member already.
fn asks_for_member(id: &str) -> String {
    format!("GET /scim/Groups?attributes=id&filter=id+eq+%22t-Team%22+and+members+eq+%22{id}%22\n")
}

fn create(name: &str, display_name: &str) -> String {
    format!(
        "GET /scim/Users?filter=userName+eq+%22{name}%40contoso.example%22\nPOST /scim/Users\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\
         \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],\
         \"userName\":\"{name}@contoso.example\",\"active\":true,\"displayName\":\"{display_name}\",\
         \"meta\":{{\"resourceType\":\"User\"}}}}\n"
    )
}

impl Story {
    /// A cycle sends the requests of these parts, one part after another.
    pub(super) fn sends_parts(self, parts: &[[String; 2]]) -> Self {
        let dialect = |which: usize| parts.iter().map(|part| part[which].as_str()).collect::<String>();
        self.sends(&dialect(0), &dialect(1))
    }
}

/// The same in both dialects.
pub(super) fn both(text: impl Into<String>) -> [String; 2] {
    let text = text.into();
    [text.clone(), text]
}

/// Ann and others, with managers and a team.
pub(super) fn people(settings: &str) -> Story {
    story_of(&mapping::small(&[(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")])).with(settings)
}

#[tokio::test]
async fn a_manager_is_asked_for_before_being_written_where_the_job_says_so() {
    people("reference_check = true")
        .given(|stage| stage.users(&["ann", "bob", "cid"]))
        .when(|stage| stage.change("ann", &json!({"manager": "id-bob"})))
        .sends_parts(&[both(READ_ANN), both(asks_for_manager("t-bob")), set_manager("t-bob")])
        // Who is removed is not asked for.
        .when(|stage| stage.change("ann", &json!({"manager": null})))
        .sends_parts(&[
            both(READ_ANN),
            patch(
                "Users/t-ann",
                [
                    &format!(r#"{{"op":"Replace","path":"{MANAGER}","value":""}}"#),
                    &format!(r#"{{"op":"replace","path":"{MANAGER}","value":""}}"#),
                ],
            ),
        ])
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn a_manager_whom_the_application_has_already_is_not_written() {
    let found = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
        "Resources": [{"id": "t-ann"}]});
    people("reference_check = true")
        .given(|stage| stage.users(&["ann", "bob"]))
        .when(move |stage| {
            stage.change("ann", &json!({"manager": "id-bob"}));
            let answer = Instead::Answer(bytes(200, "", found.to_string()));
            stage.application.instead("GET /scim/Users?attributes=id", 1, answer);
        })
        .sends_parts(&[both(READ_ANN), both(asks_for_manager("t-bob"))])
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn each_member_is_asked_for_before_being_written_or_removed_where_the_job_says_so() {
    people("reference_check = true")
        .given(|stage| {
            stage.users(&["ann", "bob", "cid"]);
            stage.group("Team", &["ann"]);
        })
        .when(|stage| stage.members("Team", &["bob"]))
        .sends_parts(&[
            both(format!("{READ_ANN}GET /scim/Users/t-bob\n")),
            both(asks_for_member("t-ann")),
            remove_member("t-ann"),
            both(asks_for_member("t-bob")),
            add_member("t-bob"),
        ])
        // Somebody else took bob away, and added cid.
        .when(|stage| {
            let operations = json!([
                {"op": "remove", "path": "members[value eq \"t-bob\"]"},
                {"op": "add", "path": "members", "value": [{"value": "t-cid"}]},
            ]);
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
            let body = json!({"schemas": schemas, "Operations": operations});
            stage.application.ask("PATCH", "/Groups/t-Team", &body);
            stage.members("Team", &["cid"]);
        })
        .sends_parts(&[
            both("GET /scim/Users/t-bob\nGET /scim/Users/t-cid\n"),
            both(asks_for_member("t-bob")),
            both(asks_for_member("t-cid")),
        ])
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn a_group_that_is_answered_with_excluded_members_is_not_written_upon_where_the_job_is_strict() {
    let shown = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "t-Team", "displayName": "Team",
        "externalId": "id-team", "members": [{"value": "somebody else"}]});
    let renamed = patch(
        "Groups/t-Team",
        [
            r#"{"op":"Replace","path":"displayName","value":"Crew"}"#,
            r#"{"op":"replace","path":"displayName","value":"Crew"}"#,
        ],
    );
    let told = |settings: &str| {
        let shown = shown.clone();
        story()
            .with(settings)
            .given(|stage| {
                stage.users(&["ann"]);
                stage.group("Team", &["ann"]);
            })
            .when(move |stage| {
                stage.change_group("Team", &json!({"displayName": "Crew"}));
                let answer = Instead::Answer(bytes(200, "", shown.to_string()));
                stage.application.instead("GET /scim/Groups/t-Team", 1, answer);
            })
    };
    let read_and_renamed = [both(READ_TEAM), renamed];
    told("").sends_parts(&read_and_renamed).sends_in_both("").holds().await;
    told("strict_excluded = true")
        .sends_in_both(READ_TEAM)
        .sends_parts(&read_and_renamed)
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_comes_into_scope_late_becomes_a_member_and_a_manager_at_once_where_the_job_follows() {
    let late = |settings: &str| {
        people(settings)
            .given(|stage| {
                stage.user("ann", &json!({"manager": "id-bob"}));
                stage.user("bob", &json!({"accountEnabled": false}));
                stage.group("Team", &["ann", "bob"]);
            })
            .when(|stage| stage.change("bob", &json!({"accountEnabled": true})))
    };
    late("late_references = \"follow\"")
        .sends_parts(&[both(create("bob", "Bob")), add_member("t-bob"), both(READ_ANN), set_manager("t-bob")])
        .sends_in_both("")
        .holds()
        .await;
    for entra in ["", "late_references = \"restart\""] {
        late(entra).sends_in_both(&create("bob", "Bob")).sends_in_both("").holds().await;
    }
}
