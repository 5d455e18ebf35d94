//! Pages of a list, and which attributes it shows.

use super::{ENTERPRISE, Sandbox, USER, refusal, refused};
use crate::sandbox::Settings;
use serde_json::{Value, json};

fn five_users() -> Sandbox {
    let sandbox = Sandbox::with(Settings { page_limit: 3, ..Settings::default() });
    for name in ["a", "b", "c", "d", "e"] {
        sandbox.user(name, &json!({}));
    }
    sandbox
}

/// `totalResults`, `startIndex`, `itemsPerPage` and the names.
fn page(sandbox: &Sandbox, query: &str) -> (u64, u64, u64, String) {
    let list = sandbox.get(&format!("/Users{query}"));
    let number = |name: &str| list[name].as_u64().unwrap();
    let names = list["Resources"].as_array().unwrap().iter().map(|user| user["userName"].as_str().unwrap());
    (number("totalResults"), number("startIndex"), number("itemsPerPage"), names.collect())
}

fn shown(sandbox: &Sandbox, query: &str) -> Value {
    let list = sandbox.get(&format!("/Users{query}"));
    let mut user = list["Resources"][0].clone();
    assert!(user.as_object_mut().unwrap().shift_remove("id").is_some());
    user
}

#[test]
fn an_empty_list_is_a_list() {
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    });
    assert_eq!(Sandbox::open().get("/Users?filter=userName+eq+%22nobody%22").to_string(), expected.to_string());
}

#[test]
fn pages_follow_one_another_and_the_total_counts_all() {
    let sandbox = five_users();
    assert_eq!(page(&sandbox, ""), (5, 1, 3, "abc".to_owned()));
    assert_eq!(page(&sandbox, "?count=100"), (5, 1, 3, "abc".to_owned()));
    assert_eq!(page(&sandbox, "?startIndex=2&count=2"), (5, 2, 2, "bc".to_owned()));
    assert_eq!(page(&sandbox, "?startindex=4&COUNT=100"), (5, 4, 2, "de".to_owned()));
    assert_eq!(page(&sandbox, "?startIndex=9"), (5, 9, 0, String::new()));
}

#[test]
fn numbers_outside_their_range_are_brought_into_it() {
    let sandbox = five_users();
    assert_eq!(page(&sandbox, "?startIndex=-1&count=1"), (5, 1, 1, "a".to_owned()));
    assert_eq!(page(&sandbox, "?count=0"), (5, 1, 0, String::new()));
    assert_eq!(page(&sandbox, "?count=-7"), (5, 1, 0, String::new()));
    let response = sandbox.send("GET", "/Users?count=ten", None);
    assert_eq!(refusal(&response), refused(400, "invalidValue", "the value of `count` is refused: `ten` is no number"));
}

#[test]
fn an_answer_shows_the_attributes_that_are_wanted() {
    let sandbox = Sandbox::open();
    let attributes = json!({
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "x"}],
        ENTERPRISE: {"department": "Engines", "manager": {"value": "42", "displayName": "Babbage"}},
    });
    sandbox.user("ada", &attributes);
    let schemas = json!([USER, ENTERPRISE]);
    assert_eq!(shown(&sandbox, "?attributes=id"), json!({"schemas": schemas}));
    assert_eq!(
        shown(&sandbox, "?attributes=USERNAME,name.givenName,emails.value"),
        json!({"schemas": schemas, "userName": "ada", "name": {"givenName": "Ada"}, "emails": [{"value": "x"}]})
    );
    assert_eq!(
        shown(&sandbox, &format!("?attributes={ENTERPRISE}:department")),
        json!({"schemas": schemas, ENTERPRISE: {"department": "Engines"}})
    );
    assert_eq!(
        shown(&sandbox, &format!("?attributes={ENTERPRISE}")),
        json!({"schemas": schemas, ENTERPRISE: attributes[ENTERPRISE]})
    );
    assert_eq!(
        shown(&sandbox, "?attributes=manager.value"),
        json!({"schemas": schemas, ENTERPRISE: {"manager": {"value": "42"}}})
    );
}

#[test]
fn an_answer_leaves_out_what_is_excluded() {
    let sandbox = Sandbox::open();
    let attributes = json!({
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "x"}],
        ENTERPRISE: {"department": "Engines", "manager": {"value": "42"}},
    });
    sandbox.user("ada", &attributes);
    let schemas = json!([USER, ENTERPRISE]);
    let query = format!("?excludedAttributes=meta,id,name.givenName,emails.type,{ENTERPRISE}:manager");
    assert_eq!(
        shown(&sandbox, &query),
        json!({
            "schemas": schemas,
            "userName": "ada",
            "name": {"familyName": "Lovelace"},
            "emails": [{"value": "x"}],
            ENTERPRISE: {"department": "Engines"},
        })
    );
    assert_eq!(
        shown(&sandbox, &format!("?excludedAttributes=meta,name,emails,{ENTERPRISE}")),
        json!({"schemas": schemas, "userName": "ada"})
    );
}
