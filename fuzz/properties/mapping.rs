//! A mapping file.
//!
//! * Whatever it says, reading it ends with a mapping or with problems, each of which has a message and a line of the file.
//! * A mapping without mistakes judges and maps a user and a group, and reads the same each time.
//!
//! The input: the file's text.

use super::parts;
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::Surroundings,
    mapping::{ObjectMapping, evaluate, read},
};
use serde_json::{Map, Value, json};

/// Panics unless what is said above holds of `input`.
pub fn hold(input: &[u8]) {
    let Some([text]) = parts(input) else { return };
    let (template, problems) = read::parse_all("mapping.toml", text);
    for problem in &problems {
        let shown = problem.to_string();
        assert!(shown.contains(": mapping.toml"), "{shown}");
        let line = problem.place.line.unwrap_or(1);
        assert!(line >= 1 && line <= text.split('\n').count(), "{shown}");
    }
    assert!(template.is_some() || !problems.is_empty(), "neither a mapping nor a problem");
    let Ok((template, _)) = read::parse("mapping.toml", text) else { return };
    let again = read::parse("mapping.toml", text).map(|(template, _)| template.fingerprint());
    assert_eq!(again, Ok(template.fingerprint()));
    journey(&template.users, &user());
    template.groups.iter().for_each(|groups| journey(groups, &group()));
}

/// Judges and maps the object.
fn journey(mapping: &ObjectMapping, object: &Map<String, Value>) {
    let chance = Chance::seeded(1);
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    if let Some(Err(error)) = mapping.scoping_filter.as_ref().map(|filter| filter.evaluate(object)) {
        assert!(!error.to_string().is_empty());
    }
    for mapping in &mapping.mappings {
        if let Err(error) = evaluate(mapping, object, &surroundings) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn user() -> Map<String, Value> {
    object(json!({
        "objectId": "0d5c4b3a-6b1f-4c0e-9c57-1f2e3d4c5b6a", "userPrincipalName": "grace@contoso.example",
        "displayName": "Grace Whitfield", "givenName": "Grace", "surname": "Whitfield", "mail": "grace@contoso.example",
        "accountEnabled": true, "IsSoftDeleted": false, "employeeId": "1007", "department": "Forschung & Entwicklung",
        "otherMails": ["grace@fabrikam.example", "g@contoso.example"], "employeeHireDate": "2021-03-04T00:00:00Z",
        "appRoleAssignments": [{"id": "18d14569-c3bd-439b-9a66-3a2aee01d14f", "value": "admin", "displayName": "Admin"}],
    }))
}

fn group() -> Map<String, Value> {
    object(
        json!({"objectId": "7f0f6a57-6a3d-4e5b-8f3a-5d1b2c3d4e5f", "displayName": "Straße \u{1f6e0}", "members": ["a"]}),
    )
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
