//! What PATCH means in either dialect (RFC 7644 §3.5.2).

use super::{ENTERPRISE, Sandbox, USER, refused};
use crate::sandbox::{PatchAnswer, Response, Settings};
use serde_json::{Value, json};

#[test]
fn a_request_is_carried_out_as_a_whole_or_not_at_all() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Miss"}));
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x"},
    ]);
    assert_eq!(sandbox.patch_refused(&id, &operations).0, 400);
}

#[test]
fn a_list_grows_by_what_is_not_in_it() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"roles": [{"value": "a"}]}));
    let operations = json!([{"op": "add", "path": "roles", "value": [{"value": "a"}, {"value": "b"}]}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"roles": [{"value": "a"}, {"value": "b"}]}));
}

#[test]
fn a_list_loses_the_values_that_a_removal_brings() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"roles": [{"value": "a", "display": "A"}, {"value": "b"}, {"value": "c"}]}));
    let by_value = json!([{"op": "Remove", "path": "roles", "value": [{"value": "a"}]}]);
    assert_eq!(sandbox.patched(&id, &by_value), json!({"roles": [{"value": "b"}, {"value": "c"}]}));
    let by_selector = json!([{"op": "remove", "path": "roles[value eq \"b\"]"}]);
    assert_eq!(sandbox.patched(&id, &by_selector), json!({"roles": [{"value": "c"}]}));
    assert_eq!(sandbox.patched(&id, &json!([{"op": "remove", "path": "roles"}])), json!({}));
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"roles": [{"value": "a"}]}));
    let operations = json!([
        {"op": "remove", "path": "title"},
        {"op": "remove", "path": "name.givenName"},
        {"op": "remove", "path": "emails[type eq \"work\"].value"},
        {"op": "remove", "path": "roles", "value": [{"value": "z"}]},
    ]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"roles": [{"value": "a"}]}));
}

#[test]
fn an_entry_without_its_last_value_goes() {
    let sandbox = Sandbox::open();
    let emails = json!([{"type": "work", "value": "x", "primary": true}, {"type": "home", "value": "y"}]);
    let id = sandbox.user("ada", &json!({"emails": emails, "name": {"givenName": "Ada"}}));
    let operations = json!([
        {"op": "remove", "path": "emails[type eq \"work\"].value"},
        {"op": "replace", "path": "name.givenName", "value": null},
    ]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"emails": [{"type": "home", "value": "y"}]}));
}

#[test]
fn a_new_primary_entry_takes_the_mark_from_the_old_one() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"emails": [{"type": "work", "value": "x", "primary": true}]}));
    let add = json!([{"op": "add", "path": "emails", "value": [{"type": "home", "value": "y", "primary": true}]}]);
    let expected = json!({"emails": [
        {"type": "work", "value": "x", "primary": false},
        {"type": "home", "value": "y", "primary": true},
    ]});
    assert_eq!(sandbox.patched(&id, &add), expected);
    let back = json!([{"op": "replace", "path": "emails[type eq \"work\"].primary", "value": true}]);
    let expected = json!({"emails": [
        {"type": "work", "value": "x", "primary": true},
        {"type": "home", "value": "y", "primary": false},
    ]});
    assert_eq!(sandbox.patched(&id, &back), expected);
}

#[test]
fn two_entries_cannot_both_be_the_primary_one() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"emails": [{"type": "work", "value": "x"}, {"type": "work", "value": "y"}]}));
    for path in ["emails.primary", "emails[type eq \"work\"].primary"] {
        let operations = json!([{"op": "add", "path": path, "value": true}]);
        let detail = format!("the value of `{path}` is refused: only one entry can be the primary one");
        assert_eq!(sandbox.patch_refused(&id, &operations), refused(400, "invalidValue", &detail));
    }
}

#[test]
fn a_replaced_entry_keeps_what_its_selector_says() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"emails": [{"type": "work", "value": "x", "display": "X"}]}));
    let replace = json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "y"}}]);
    assert_eq!(sandbox.patched(&id, &replace), json!({"emails": [{"type": "work", "value": "y"}]}));
    let add = json!([{"op": "add", "path": "emails[type eq \"work\"]", "value": {"display": "Y"}}]);
    assert_eq!(sandbox.patched(&id, &add), json!({"emails": [{"type": "work", "value": "y", "display": "Y"}]}));
}

#[test]
fn paths_are_read_in_any_letter_case_and_with_the_core_urn() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Miss"}));
    let operations = json!([
        {"op": "replace", "path": "TITLE", "value": "Countess"},
        {"op": "add", "path": format!("{USER}:nickName"), "value": "A."},
        {"op": "add", "path": "Name.GivenName", "value": "Ada"},
    ]);
    let expected = json!({"title": "Countess", "nickName": "A.", "name": {"givenName": "Ada"}});
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn refusals_say_what_is_wrong() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Miss"}));
    let refusal = |operation: Value| sandbox.patch_refused(&id, &json!([operation]));
    assert_eq!(refusal(json!({"op": "remove"})), refused(400, "noTarget", "a removal needs a `path`"));
    assert_eq!(
        refusal(json!({"op": "add", "value": "x"})),
        refused(400, "invalidSyntax", "an operation without a `path` needs an object as its `value`")
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "emails[type", "value": "x"})),
        refused(400, "invalidPath", "the path `emails[type` cannot be used: `[` is opened and never closed")
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "title.value", "value": "x"})),
        refused(
            400,
            "invalidPath",
            "the path `title.value` cannot be used: the attribute is a simple value without parts"
        )
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "name[type eq \"x\"].givenName", "value": "x"})),
        refused(
            400,
            "invalidPath",
            "the path `name[type eq \"x\"].givenName` cannot be used: the attribute is no list"
        )
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "emails.value", "value": "x"})),
        refused(400, "noTarget", "`emails.value` fits nothing that the resource has")
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "manager", "value": [{"value": "1"}, {"value": "2"}]})),
        refused(
            400,
            "invalidValue",
            &format!("the value of `{ENTERPRISE}:manager` is refused: it is one value, not a list")
        )
    );
    assert_eq!(
        refusal(json!({"op": "replace", "path": "id", "value": "x"})),
        refused(400, "mutability", "`id` cannot be changed so: the application keeps it itself")
    );
    assert_eq!(
        refusal(json!({"op": "remove", "path": "userName"})),
        refused(400, "mutability", "`userName` cannot be changed so: it is required")
    );
}

#[test]
fn the_same_id_and_the_schemas_in_a_folded_value_do_no_harm() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([{"op": "replace", "value": {"schemas": [USER], "id": id, "title": "Countess"}}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"title": "Countess"}));
}

#[test]
fn only_a_real_change_moves_the_time_of_the_last_one() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Miss"}));
    let modified = || sandbox.get(&format!("/Users/{id}"))["meta"]["lastModified"].as_str().unwrap().to_owned();
    sandbox.advance();
    sandbox.patched(&id, &json!([{"op": "replace", "path": "title", "value": "Miss"}]));
    assert_eq!(modified(), "2026-01-02T03:04:05.000Z");
    sandbox.patched(&id, &json!([{"op": "replace", "path": "title", "value": "Countess"}]));
    assert_eq!(modified(), "2026-01-02T03:05:05.000Z");
}

#[test]
fn the_settings_choose_how_a_patch_is_answered() {
    let title = json!([{"op": "add", "path": "title", "value": "x"}]);
    let name = json!([{"op": "replace", "path": "displayName", "value": "x"}]);
    let usual = Sandbox::open();
    let (user, group) = (usual.user("ada", &json!({})), usual.group("Engineers", &[]));
    assert_eq!(usual.patch(&format!("/Users/{user}"), &title).status, 200);
    assert_eq!(usual.patch(&format!("/Groups/{group}"), &name), Response::empty(204));
    let reversed = Sandbox::with(Settings {
        user_patch_answer: PatchAnswer::NoContent,
        group_patch_answer: PatchAnswer::Resource,
        ..Settings::default()
    });
    let (user, group) = (reversed.user("ada", &json!({})), reversed.group("Engineers", &[]));
    assert_eq!(reversed.patch(&format!("/Users/{user}"), &title), Response::empty(204));
    let answer = reversed.patch(&format!("/Groups/{group}"), &name);
    assert_eq!((answer.status, answer.json().unwrap()["displayName"].as_str()), (200, Some("x")));
}
