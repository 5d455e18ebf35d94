//! Members of groups, in both dialects.

use super::{Sandbox, refusal, refused};
use crate::sandbox::Response;
use serde_json::{Value, json};

fn patched(sandbox: &Sandbox, group: &str, operations: &Value) -> Vec<String> {
    assert_eq!(sandbox.patch(&format!("/Groups/{group}"), operations), Response::empty(204));
    sandbox.members(group)
}

#[test]
fn members_are_added_once_each() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1"]);
    let legacy = json!([{"op": "Add", "path": "members", "value": [{"value": "2"}, {"value": "1"}]}]);
    assert_eq!(patched(&sandbox, &group, &legacy), ["1", "2"]);
    let with_null = json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "3"}]}]);
    assert_eq!(patched(&sandbox, &group, &with_null), ["1", "2", "3"]);
    let folded = json!([{"op": "add", "value": {"members": [{"value": "4"}]}}]);
    assert_eq!(patched(&sandbox, &group, &folded), ["1", "2", "3", "4"]);
    assert_eq!(sandbox.get(&format!("/Groups/{group}"))["members"][2], json!({"value": "3"}));
}

#[test]
fn a_list_of_values_removes_only_those_members() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2", "3"]);
    let operations = json!([{"op": "Remove", "path": "members", "value": [{"value": "1"}, {"value": "9"}]}]);
    assert_eq!(patched(&sandbox, &group, &operations), ["2", "3"]);
}

#[test]
fn a_selector_removes_one_member() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2", "3"]);
    let operations = json!([
        {"op": "remove", "path": "members[value eq \"1\"]"},
        {"op": "remove", "path": "members[value eq \"3\"]"},
        {"op": "remove", "path": "members[value eq \"9\"]"},
    ]);
    assert_eq!(patched(&sandbox, &group, &operations), ["2"]);
}

#[test]
fn a_removal_that_names_nobody_removes_everybody() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2"]);
    assert_eq!(patched(&sandbox, &group, &json!([{"op": "remove", "path": "members"}])), <[&str; 0]>::default());
}

#[test]
fn replacing_members_leaves_only_the_new_ones() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2"]);
    let operations = json!([{"op": "replace", "path": "members", "value": [{"value": "3"}, {"value": "2"}]}]);
    assert_eq!(patched(&sandbox, &group, &operations), ["3", "2"]);
}

#[test]
fn operations_on_members_follow_one_another() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1"]);
    let operations = json!([
        {"op": "Remove", "path": "members", "value": [{"value": "1"}]},
        {"op": "Add", "path": "members", "value": [{"value": "2"}]},
        {"op": "Remove", "path": "members", "value": [{"value": "2"}]},
        {"op": "Add", "path": "members", "value": [{"value": "3"}]},
        {"op": "Replace", "path": "displayName", "value": "Builders"},
    ]);
    assert_eq!(patched(&sandbox, &group, &operations), ["3"]);
    assert_eq!(sandbox.get(&format!("/Groups/{group}"))["displayName"], "Builders");
}

#[test]
fn nothing_comes_of_a_request_with_a_member_without_an_id() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1"]);
    let operations = json!([
        {"op": "Remove", "path": "members", "value": [{"value": "1"}]},
        {"op": "Add", "path": "members", "value": [{"display": "Ada"}]},
    ]);
    let detail = "the value of `members.value` is refused: every member needs the id of a resource";
    assert_eq!(refusal(&sandbox.patch(&format!("/Groups/{group}"), &operations)), refused(400, "invalidValue", detail));
    assert_eq!(sandbox.members(&group), ["1"]);
}

#[test]
fn members_are_selected_by_id_only() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1"]);
    let refusal = |operation: Value| refusal(&sandbox.patch(&format!("/Groups/{group}"), &json!([operation])));
    assert_eq!(
        refusal(json!({"op": "remove", "path": "members[display eq \"Ada\"]"})),
        refused(
            400,
            "invalidPath",
            "the path `members[display eq \"Ada\"]` cannot be used: members are selected by `[value eq \"id\"]` only"
        )
    );
    assert_eq!(
        refusal(json!({"op": "add", "path": "members[value eq \"1\"]", "value": {"display": "Ada"}})),
        refused(
            400,
            "invalidPath",
            "the path `members[value eq \"1\"]` cannot be used: a member is added with the path `members`"
        )
    );
}

#[test]
fn a_change_of_members_moves_the_time_of_the_last_change() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1"]);
    let modified = || sandbox.get(&format!("/Groups/{group}"))["meta"]["lastModified"].as_str().unwrap().to_owned();
    sandbox.advance();
    for value in [json!([{"value": "1"}]), json!([])] {
        patched(&sandbox, &group, &json!([{"op": "Add", "path": "members", "value": value}]));
    }
    patched(&sandbox, &group, &json!([{"op": "remove", "path": "members[value eq \"2\"]"}]));
    let there_and_back = json!([
        {"op": "Remove", "path": "members", "value": [{"value": "1"}]},
        {"op": "Add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
        {"op": "Remove", "path": "members", "value": [{"value": "2"}]},
    ]);
    patched(&sandbox, &group, &there_and_back);
    assert_eq!(modified(), "2026-01-02T03:04:05.000Z");
    patched(&sandbox, &group, &json!([{"op": "Add", "path": "members", "value": [{"value": "2"}]}]));
    assert_eq!(modified(), "2026-01-02T03:05:05.000Z");
}

#[test]
fn members_can_be_left_out_and_asked_for() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2"]);
    let shown = sandbox.get(&format!("/Groups/{group}?excludedAttributes=members"));
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["schemas", "id", "displayName", "meta"]);
    for filter in [r#"members eq "2""#, r#"members.value eq "2""#, r#"members[value eq "2"].value eq "2""#] {
        let path = format!("/Groups?attributes=id&filter={}", super::encoded(filter));
        let list = sandbox.get(&path);
        assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &json!(group)), "{filter}");
        assert_eq!(list["Resources"][0].as_object().unwrap().len(), 2);
    }
    let filter = format!(r#"id eq "{group}" and members eq "3""#);
    assert_eq!(sandbox.get(&format!("/Groups?filter={}", super::encoded(&filter)))["totalResults"], 0);
}
