//! Filters: `eq` and `and`, on every kind of path.

use super::{ENTERPRISE, Sandbox, USER, encoded, refusal, refused};
use serde_json::json;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::open();
    sandbox.user(
        "ada",
        &json!({
            "externalId": "Ada1",
            "active": true,
            "name": {"familyName": "Lovelace"},
            "emails": [{"type": "work", "value": "ada@contoso.example"}, {"type": "home", "value": "ada@home.example"}],
            ENTERPRISE: {"department": "Engines", "manager": {"value": "42"}},
        }),
    );
    sandbox.user("bob", &json!({"active": false, "emails": [{"type": "work", "value": "ada@home.example"}]}));
    sandbox
}

#[test]
fn names_and_texts_compare_ignoring_letter_case() {
    assert_eq!(sandbox().found(r#"USERNAME Eq "ADA""#), ["ada"]);
    assert_eq!(sandbox().found(r#"name.familyname eq "LOVELACE""#), ["ada"]);
}

#[test]
fn case_exact_attributes_tell_upper_from_lower_case() {
    assert_eq!(sandbox().found(r#"externalId eq "Ada1""#), ["ada"]);
    assert_eq!(sandbox().found(r#"externalId eq "ada1""#), <[&str; 0]>::default());
}

#[test]
fn a_typed_path_looks_at_entries_of_that_type_only() {
    assert_eq!(sandbox().found(r#"emails[type eq "work"].value eq "ada@home.example""#), ["bob"]);
    assert_eq!(sandbox().found(r#"emails[type eq "HOME"].value eq "ADA@home.example""#), ["ada"]);
}

#[test]
fn a_list_without_a_part_means_its_values() {
    assert_eq!(sandbox().found(r#"emails eq "ada@home.example""#), ["ada", "bob"]);
    assert_eq!(sandbox().found(r#"emails.value eq "ada@home.example""#), ["ada", "bob"]);
    assert_eq!(sandbox().found(r#"emails.type eq "home""#), ["ada"]);
}

#[test]
fn extensions_are_found_by_their_urn() {
    assert_eq!(sandbox().found(&format!(r#"{ENTERPRISE}:department eq "engines""#)), ["ada"]);
    assert_eq!(sandbox().found(&format!(r#"{ENTERPRISE}:manager eq "42""#)), ["ada"]);
    assert_eq!(sandbox().found(r#"manager eq "42""#), ["ada"]);
    assert_eq!(sandbox().found(&format!(r#"{USER}:userName eq "ada""#)), ["ada"]);
}

#[test]
fn booleans_are_found_as_such_and_as_text() {
    assert_eq!(sandbox().found("active eq true"), ["ada"]);
    assert_eq!(sandbox().found(r#"active eq "False""#), ["bob"]);
}

#[test]
fn all_of_several_comparisons_must_hold() {
    assert_eq!(sandbox().found(r#"userName eq "ada" and active eq true"#), ["ada"]);
    assert_eq!(sandbox().found(r#"userName eq "ada" and active eq false"#), <[&str; 0]>::default());
    assert_eq!(sandbox().found(r#"active eq true AND emails eq "ada@home.example""#), ["ada"]);
}

#[test]
fn an_id_is_exact_and_can_be_combined() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({ENTERPRISE: {"manager": "42"}}));
    assert_eq!(sandbox.found(&format!(r#"id eq "{id}" and manager eq "42""#)), ["ada"]);
    assert_eq!(sandbox.found(&format!(r#"manager eq "43" and id eq "{id}""#)), <[&str; 0]>::default());
    assert_eq!(sandbox.found(&format!(r#"id eq "{}""#, id.to_uppercase())), <[&str; 0]>::default());
}

#[test]
fn a_value_with_quotes_and_backslashes_is_found() {
    let sandbox = Sandbox::open();
    sandbox.user(r#"a"b\c d"#, &json!({}));
    assert_eq!(sandbox.found(r#"userName eq "a\"b\\c d""#), [r#"a"b\c d"#]);
}

#[test]
fn an_attribute_that_nobody_has_finds_nobody() {
    assert_eq!(sandbox().found(r#"shoeSize eq "42""#), <[&str; 0]>::default());
    assert_eq!(sandbox().found(r#"phoneNumbers[type eq "fax"].value eq "1""#), <[&str; 0]>::default());
}

#[test]
fn what_the_application_adds_can_be_asked_for() {
    assert_eq!(sandbox().found(r#"meta.resourceType eq "User""#), ["ada", "bob"]);
    assert_eq!(sandbox().found(r#"meta.resourceType eq "user""#), <[&str; 0]>::default());
    assert_eq!(sandbox().found(&format!(r#"schemas eq "{ENTERPRISE}""#)), ["ada"]);
}

#[test]
fn a_search_keeps_up_with_changes() {
    let sandbox = sandbox();
    let home = r#"emails[type eq "home"].value eq "ada@home.example""#;
    assert_eq!(sandbox.found(home), ["ada"]);
    let clara = sandbox.user("clara", &json!({"emails": [{"type": "home", "value": "ada@home.example"}]}));
    assert_eq!(sandbox.found(home), ["ada", "clara"]);
    sandbox.patched(&clara, &json!([{"op": "Replace", "path": "emails[type eq \"home\"].value", "value": "c"}]));
    assert_eq!(sandbox.found(home), ["ada"]);
    assert_eq!(sandbox.found(r#"emails[type eq "home"].value eq "C""#), ["clara"]);
    sandbox.send("DELETE", &format!("/Users/{clara}"), None);
    assert_eq!(sandbox.found(r#"emails[type eq "home"].value eq "C""#), <[&str; 0]>::default());
}

#[test]
fn many_different_filters_find_as_well_as_few() {
    let sandbox = Sandbox::open();
    let custom = "urn:ietf:params:scim:schemas:extension:Custom:2.0:User";
    let fields: serde_json::Map<_, _> = (0..30).map(|number| (format!("field{number}"), json!("x"))).collect();
    sandbox.user("ada", &json!({custom: fields}));
    for number in 0..30 {
        assert_eq!(sandbox.found(&format!(r#"{custom}:field{number} eq "x""#)), ["ada"]);
    }
}

#[test]
fn other_filters_are_refused() {
    let sandbox = sandbox();
    let refusal = |filter: &str| refusal(&sandbox.send("GET", &format!("/Users?filter={}", encoded(filter)), None));
    assert_eq!(
        refusal(r#"userName sw "a""#),
        refused(400, "invalidFilter", "`userName sw \"a\"` is not a filter of the form: path eq \"value\" [and ..]")
    );
    assert_eq!(
        refusal("userName"),
        refused(400, "invalidFilter", "`userName` is not a filter of the form: path eq \"value\" [and ..]")
    );
    assert_eq!(refusal(r#"user name eq "a""#).1, "invalidFilter");
}
