//! PATCH in the legacy dialect: capitalised operations, one an attribute, booleans as text (`spec/WIRE.md` §4).

use super::{ENTERPRISE, Sandbox, refused};
use serde_json::json;

#[test]
fn the_documented_sample_with_several_attributes_is_carried_out() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"emails": [{"type": "work", "value": "old@contoso.example"}]}));
    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Pvlo"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "TestBcwqnm@test.microsoft.com"},
        {"op": "Replace", "path": "name.givenName", "value": "Gtfd"},
        {"op": "Replace", "path": "name.familyName", "value": "Pkqf"},
        {"op": "Replace", "path": "externalId", "value": "Eqpj"},
        {"op": "Replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "Eqpj"},
    ]);
    let expected = json!({
        "emails": [{"type": "work", "value": "TestBcwqnm@test.microsoft.com"}],
        "displayName": "Pvlo",
        "name": {"givenName": "Gtfd", "familyName": "Pkqf"},
        "externalId": "Eqpj",
        ENTERPRISE: {"employeeNumber": "Eqpj"},
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn a_text_disables_and_enables_a_user() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"active": true}));
    for (text, active) in [("False", false), ("True", true), ("FALSE", false), ("true", true)] {
        let operations = json!([{"op": "Replace", "path": "active", "value": text}]);
        assert_eq!(sandbox.patched(&id, &operations), json!({"active": active}));
    }
}

#[test]
fn a_typed_entry_that_is_missing_is_made() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"phoneNumbers": [{"type": "work", "value": "1"}]}));
    let operations = json!([
        {"op": "Add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "2"},
        {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "12 Dorset Square"},
        {"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "London"},
    ]);
    let expected = json!({
        "phoneNumbers": [{"type": "work", "value": "1"}, {"type": "fax", "value": "2"}],
        "addresses": [{"type": "work", "streetAddress": "12 Dorset Square", "locality": "London"}],
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn a_quoted_true_in_a_selector_makes_a_primary_entry() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([
        {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
        {"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Administrator"},
    ]);
    let expected = json!({"roles": [{"primary": true, "value": "Admin", "display": "Administrator"}]});
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn the_parts_of_a_typed_entry_may_come_in_any_order() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([
        {"op": "Add", "path": "roles[primary eq \"True\"].type", "value": "Directory"},
        {"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Administrator"},
        {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
    ]);
    let role = json!({"primary": true, "type": "Directory", "display": "Administrator", "value": "Admin"});
    assert_eq!(sandbox.patched(&id, &operations), json!({"roles": [role]}));
}

#[test]
fn a_bare_text_sets_the_manager_and_an_empty_one_removes_it() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let path = format!("{ENTERPRISE}:manager");
    let set = json!([{"op": "Add", "path": path, "value": "42"}]);
    assert_eq!(sandbox.patched(&id, &set), json!({ENTERPRISE: {"manager": {"value": "42"}}}));
    let another = json!([{"op": "Add", "path": path, "value": "43"}]);
    assert_eq!(sandbox.patched(&id, &another), json!({ENTERPRISE: {"manager": {"value": "43"}}}));
    assert_eq!(sandbox.patched(&id, &json!([{"op": "Replace", "path": path, "value": ""}])), json!({}));
    sandbox.patched(&id, &set);
    assert_eq!(sandbox.patched(&id, &json!([{"op": "Remove", "path": path}])), json!({}));
}

#[test]
fn the_old_form_of_a_manager_is_understood() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([{"op": "Add", "path": "manager", "value": [{"$ref": null, "value": "42"}]}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({ENTERPRISE: {"manager": {"value": "42"}}}));
}

#[test]
fn a_role_may_be_json_inside_a_text() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let role = r#"{"id":"1","value":"25","displayName":"Role1234"}"#;
    let operations = json!([{"op": "Add", "path": "roles", "value": [{"value": role}]}]);
    let expected = json!({"roles": [{"value": role}]});
    assert_eq!(sandbox.patched(&id, &operations), expected);
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn a_replaced_entry_that_is_missing_is_an_error() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x"}]);
    let detail = "`emails[type eq \"work\"].value` fits nothing that the resource has";
    assert_eq!(sandbox.patch_refused(&id, &operations), refused(400, "noTarget", detail));
}

#[test]
fn add_and_replace_stand_in_one_request() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Miss"}));
    let operations = json!([
        {"op": "Replace", "path": "title", "value": "Countess"},
        {"op": "Add", "path": "displayName", "value": "Ada"},
    ]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"title": "Countess", "displayName": "Ada"}));
}
