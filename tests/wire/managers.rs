//! Managers who are there, who are removed, and who leave. Source: `spec/WIRE.md` §4, `spec/MAPPINGS.md` §5.

use super::{
    mapping::MANAGER,
    references::{READ_ANN, both, patch, people},
    stage::Stage,
};
use scimulator::engine::Reset;
use serde_json::json;

/// Somebody at the application makes cid ann's manager.
fn set_by_hand(stage: &Stage) {
    let operations = json!([{"op": "add", "path": MANAGER, "value": "t-cid"}]);
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    stage.application.ask("PATCH", "/Users/t-ann", &json!({"schemas": schemas, "Operations": operations}));
}

/// Takes ann's manager away.
fn remove_manager() -> [String; 2] {
    let [legacy, compliant] =
        ["Replace", "replace"].map(|op| format!(r#"{{"op":"{op}","path":"{MANAGER}","value":""}}"#));
    patch("Users/t-ann", [&legacy, &compliant])
}

/// Gives ann, who has none, a title.
fn title() -> [String; 2] {
    let [legacy, compliant] = ["Add", "add"].map(|op| format!(r#"{{"op":"{op}","path":"title","value":"Clerk"}}"#));
    patch("Users/t-ann", [&legacy, &compliant])
}

#[tokio::test]
async fn a_manager_whom_the_application_has_stays_where_the_source_never_had_one() {
    people("")
        .when(|stage| {
            let account = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "ann@contoso.example", "active": true, "displayName": "Ann",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "t-zoe"}},
            });
            stage.application.ask("POST", "/Users", &account);
            stage.users(&["ann"]);
        })
        .sends_in_both("GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22\n")
        .when(|stage| stage.change("ann", &json!({"jobTitle": "Clerk"})))
        .sends_parts(&[both(READ_ANN), title()])
        .restarted(&Reset::DEFAULT)
        .sends_in_both(READ_ANN)
        .holds()
        .await;
}

#[tokio::test]
async fn a_manager_who_is_removed_at_the_source_is_cleared_and_whoever_is_set_by_hand_then_stays() {
    people("")
        .given(|stage| {
            stage.user("ann", &json!({"manager": "id-bob"}));
            stage.users(&["bob", "cid"]);
        })
        .when(|stage| stage.change("ann", &json!({"manager": null})))
        .sends_parts(&[both(READ_ANN), remove_manager()])
        .when(|stage| {
            set_by_hand(stage);
            stage.change("ann", &json!({"jobTitle": "Clerk"}));
        })
        .sends_parts(&[both(READ_ANN), title()])
        .holds()
        .await;
}

#[tokio::test]
async fn a_manager_who_is_removed_together_with_another_change_is_cleared_in_a_request_of_its_own() {
    people("")
        .given(|stage| {
            stage.user("ann", &json!({"manager": "id-bob"}));
            stage.users(&["bob"]);
        })
        .when(|stage| stage.change("ann", &json!({"manager": null, "jobTitle": "Clerk"})))
        .sends_parts(&[both(READ_ANN), title(), remove_manager()])
        .sends_in_both("")
        .holds()
        .await;
}

/// The source had a manager, who was never in scope; the application has another one.
#[tokio::test]
async fn a_manager_who_was_never_written_is_cleared_all_the_same_once_the_source_removes_them() {
    people("")
        .given(|stage| {
            stage.user("ann", &json!({"manager": "id-bob"}));
            stage.user("bob", &json!({"accountEnabled": false}));
            stage.users(&["cid"]);
        })
        .when(|stage| {
            set_by_hand(stage);
            stage.change("ann", &json!({"jobTitle": "Clerk"}));
        })
        .sends_parts(&[both(READ_ANN), title()])
        .when(|stage| stage.change("ann", &json!({"manager": null})))
        .sends_parts(&[both(READ_ANN), remove_manager()])
        .holds()
        .await;
}

/// Soft-deleted, and unassigned.
#[tokio::test]
async fn a_manager_who_leaves_stays_the_manager_until_the_source_names_nobody() {
    let leave: [fn(&mut Stage); 2] = [|stage| stage.remove("bob"), |stage| stage.unassign("bob")];
    for leaves in leave {
        let disabled = patch(
            "Users/t-bob",
            [
                r#"{"op":"Replace","path":"active","value":"False"}"#,
                r#"{"op":"replace","path":"active","value":false}"#,
            ],
        );
        people("")
            .given(|stage| {
                stage.user("ann", &json!({"manager": "id-bob"}));
                stage.users(&["bob"]);
            })
            .when(leaves)
            .sends_parts(&[both("GET /scim/Users/t-bob\n"), disabled])
            .when(|stage| stage.change("ann", &json!({"jobTitle": "Clerk"})))
            .sends_parts(&[both(READ_ANN), title()])
            .when(|stage| stage.change("ann", &json!({"manager": null})))
            .sends_parts(&[both(READ_ANN), remove_manager()])
            .sends_in_both("")
            .holds()
            .await;
    }
}
