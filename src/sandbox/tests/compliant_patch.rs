//! PATCH in the compliant dialect: folded operations without a path, real booleans (`spec/WIRE.md` §4).

use super::{ENTERPRISE, Sandbox, refused};
use serde_json::json;

#[test]
fn the_documented_sample_with_several_attributes_is_carried_out() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"emails": [{"type": "work", "value": "old@contoso.example"}]}));
    let employee_number = format!("{ENTERPRISE}:employeeNumber");
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "TestMhvaes@test.microsoft.com"},
        {"op": "replace", "value": {
            "displayName": "Bjfe",
            "name.givenName": "Kkom",
            "name.familyName": "Unua",
            employee_number: "Aklq",
        }},
    ]);
    let expected = json!({
        "emails": [{"type": "work", "value": "TestMhvaes@test.microsoft.com"}],
        "displayName": "Bjfe",
        "name": {"givenName": "Kkom", "familyName": "Unua"},
        ENTERPRISE: {"employeeNumber": "Aklq"},
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn a_real_boolean_disables_a_user() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"active": true}));
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"active": false}));
}

#[test]
fn an_extension_may_be_folded_as_an_object_under_its_urn() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({ENTERPRISE: {"department": "Engines", "division": "North"}}));
    let custom = "urn:ietf:params:scim:schemas:extension:SpokeCustom:2.0:User";
    let operations = json!([{"op": "add", "value": {
        ENTERPRISE: {"department": "Looms", "manager": "42"},
        custom: {"startDate": "1835-07-08"},
    }}]);
    let expected = json!({
        ENTERPRISE: {"department": "Looms", "division": "North", "manager": {"value": "42"}},
        custom: {"startDate": "1835-07-08"},
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
    let remove = json!([{"op": "remove", "path": ENTERPRISE}]);
    assert_eq!(sandbox.patched(&id, &remove), json!({custom: {"startDate": "1835-07-08"}}));
}

#[test]
fn an_object_is_merged_into_what_is_there() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"name": {"givenName": "Ada", "familyName": "Byron", "middleName": "A."}}));
    let operations = json!([{"op": "replace", "value": {"name": {"familyName": "Lovelace", "middleName": null}}}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"name": {"givenName": "Ada", "familyName": "Lovelace"}}));
}

#[test]
fn replacing_a_list_leaves_only_the_new_one() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"roles": [{"value": "a"}, {"value": "b"}]}));
    let operations = json!([{"op": "replace", "path": "roles", "value": [{"value": "c", "primary": "False"}]}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"roles": [{"value": "c", "primary": false}]}));
    let none = json!([{"op": "replace", "path": "roles", "value": []}]);
    assert_eq!(sandbox.patched(&id, &none), json!({}));
}

#[test]
fn a_folded_value_of_the_wrong_type_is_refused_as_a_whole() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    let operations = json!([{"op": "replace", "value": {"title": "Countess", "active": "perhaps"}}]);
    let detail = "the value of `active` is refused: `\"perhaps\"` is no Boolean";
    assert_eq!(sandbox.patch_refused(&id, &operations), refused(400, "invalidValue", detail));
}
