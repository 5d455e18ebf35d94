//! The source object as expressions and scoping filters see it: names with values.

use super::value::{RoleAssignment, Value};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, collections::HashMap, hash::BuildHasher};

/// The attributes of one source object.
///
/// Names are case-sensitive (`spec/EXPRESSIONS.md` §1.1). Whether a name exists at all is a question of configuration,
/// settled when a mapping is saved; here a name without a value is simply null.
pub trait Attributes {
    /// The value of the attribute called `name`; null if the object has none.
    fn get(&self, name: &str) -> Value<'_>;
}

impl<S: BuildHasher> Attributes for HashMap<String, Value<'_>, S> {
    fn get(&self, name: &str) -> Value<'_> {
        HashMap::get(self, name).map_or(Value::Null, Value::borrowed)
    }
}

/// An object in the shape of the test cases: a JSON text, boolean, number, list or null for each attribute; a list of
/// objects with `id`, `value` and `displayName` holds role assignments (`spec/EXPRESSIONS.md` §11).
impl Attributes for Map<String, Json> {
    fn get(&self, name: &str) -> Value<'_> {
        Map::get(self, name).map_or(Value::Null, Value::from)
    }
}

impl<'a> From<&'a Json> for Value<'a> {
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Boolean(*truth),
            Json::Number(number) => number.as_i64().map_or_else(|| Value::text(number.to_string()), Value::Integer),
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(elements) if elements.first().is_some_and(Json::is_object) => {
                Value::Roles(elements.iter().map(role_from_json).collect())
            }
            Json::Array(elements) => Value::List(elements.iter().filter_map(element_from_json).collect()),
            Json::Object(_) => Value::text(json.to_string()),
        }
    }
}

fn element_from_json(json: &Json) -> Option<String> {
    Value::from(json).into_string_form().map(Cow::into_owned)
}

fn role_from_json(json: &Json) -> RoleAssignment {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    RoleAssignment { id: text("id"), value: text("value"), display_name: text("displayName") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_values_become_values_of_the_language() {
        let object = json!({
            "text": "x", "truth": true, "number": 42, "decimal": 1.5, "nothing": null, "list": ["a", 1, null],
            "roles": [{"id": "1", "value": "Admin", "displayName": null}]
        });
        let object = object.as_object().expect("an object");
        for (name, value) in [
            ("text", Value::text("x")),
            ("truth", Value::Boolean(true)),
            ("number", Value::Integer(42)),
            ("decimal", Value::text("1.5")),
            ("nothing", Value::Null),
            ("missing", Value::Null),
            ("Text", Value::Null),
            ("list", Value::List(vec!["a".to_owned(), "1".to_owned()].into())),
            (
                "roles",
                Value::Roles(
                    vec![RoleAssignment { id: "1".into(), value: "Admin".into(), display_name: String::new() }].into(),
                ),
            ),
        ] {
            assert_eq!(Attributes::get(object, name), value, "{name}");
        }
    }
}
