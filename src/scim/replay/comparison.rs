//! What differs between a recorded answer and a live one.
//!
//! The status counts, and the shape and the values of what came. What no two runs have in common is passed over: `id`,
//! `meta`, `$ref`, `location`, the paging of a list, the words of an error, and any moment against any other moment. The
//! order of a list says nothing: its entries are paired by what they are called. What a trace hides (`[Redact]`,
//! `[hidden]`) is like everything.

use crate::scim::mask::{HIDDEN, REDACTED};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// The members of an answer that differ from run to run.
const VOLATILE: [&str; 6] = ["$ref", "id", "itemsPerPage", "location", "meta", "startIndex"];

/// The members of an error that say the same in other words.
const WORDS: [&str; 2] = ["detail", "status"];

/// What the schema of an error begins with.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The members that an entry of a list is called by, the first that it has.
const LABELS: [&str; 5] = ["userName", "displayName", "type", "value", "display"];

/// How many characters of a value are shown.
const SHOWN: usize = 80;

/// One thing in which two answers differ. Paths are of JSON members, with dots; an entry of a list goes by what it is
/// called: `emails[work].value`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Difference {
    /// Another value.
    Changed {
        /// Where.
        path: String,
        /// The value that was recorded.
        recorded: Value,
        /// The value now.
        live: Value,
    },
    /// It was recorded, and is not there now.
    Missing {
        /// What.
        path: String,
    },
    /// Another HTTP status.
    Status {
        /// The status that was recorded.
        recorded: u16,
        /// The status now.
        live: u16,
    },
    /// It is there now, and was not recorded.
    Unexpected {
        /// What.
        path: String,
    },
}

/// What differs between two answers, each a status and a body (JSON, a text, or null). With another status the bodies are
/// of different kinds, and only the status is told.
pub fn differences(recorded: (u16, &Value), live: (u16, &Value)) -> Vec<Difference> {
    let mut found = Vec::new();
    if recorded.0 == live.0 {
        compare("", recorded.1, live.1, &mut found);
    } else {
        found.push(Difference::Status { recorded: recorded.0, live: live.0 });
    }
    found
}

/// What an entry of a list is called.
pub(super) fn label(entry: &Value) -> Option<&str> {
    LABELS.iter().find_map(|name| entry.get(name)?.as_str())
}

fn compare(path: &str, recorded: &Value, live: &Value, found: &mut Vec<Difference>) {
    match (recorded, live) {
        (Value::Object(recorded), Value::Object(live)) => compare_objects(path, recorded, live, found),
        (Value::Array(recorded), Value::Array(live)) => compare_lists(path, recorded, live, found),
        _ if is_same(recorded, live) => {}
        _ => {
            let path = if path.is_empty() { "the body" } else { path }.to_owned();
            found.push(Difference::Changed { path, recorded: recorded.clone(), live: live.clone() });
        }
    }
}

fn compare_objects(path: &str, recorded: &Map<String, Value>, live: &Map<String, Value>, found: &mut Vec<Difference>) {
    let is_error = |object: &Map<String, Value>| {
        let schemas = object.get("schemas").and_then(Value::as_array);
        schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema == ERROR))
    };
    let errors = is_error(recorded) && is_error(live);
    let counts = |name: &str| !(VOLATILE.contains(&name) || errors && WORDS.contains(&name));
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, recorded) in recorded.iter().filter(|(name, _)| counts(name)) {
        match live.get(name) {
            Some(live) => compare(&within(name), recorded, live, found),
            None => found.push(Difference::Missing { path: within(name) }),
        }
    }
    for name in live.keys().filter(|name| counts(name) && !recorded.contains_key(*name)) {
        found.push(Difference::Unexpected { path: within(name) });
    }
}

/// Entries are paired by what they are called; those that share it, in their order.
fn compare_lists(path: &str, recorded: &[Value], live: &[Value], found: &mut Vec<Difference>) {
    let mut left: Vec<&Value> = live.iter().collect();
    let mut unpaired = Vec::new();
    for entry in recorded {
        let is_its_like = |other: &&Value| match label(entry) {
            Some(name) => label(other) == Some(name),
            None => is_same(entry, other),
        };
        match left.iter().position(is_its_like) {
            Some(at) => compare(&entry_path(path, entry), entry, left.remove(at), found),
            None => unpaired.push(entry),
        }
    }
    if let ([entry], [other]) = (unpaired.as_slice(), left.as_slice()) {
        return compare(&entry_path(path, entry), entry, other, found);
    }
    found.extend(unpaired.into_iter().map(|entry| Difference::Missing { path: entry_path(path, entry) }));
    found.extend(left.into_iter().map(|entry| Difference::Unexpected { path: entry_path(path, entry) }));
}

fn entry_path(path: &str, entry: &Value) -> String {
    match label(entry) {
        Some(name) => format!("{path}[{name}]"),
        None if entry.is_object() || entry.is_array() => format!("{path}[]"),
        None => format!("{path}[{}]", shown(entry)),
    }
}

/// Whether two values that are not both objects or both lists say the same.
fn is_same(recorded: &Value, live: &Value) -> bool {
    match (recorded.as_str(), live.as_str()) {
        (Some(text), _) if text.contains(REDACTED) || text.contains(HIDDEN) => true,
        (Some(one), Some(other)) => one == other || (is_moment(one) && is_moment(other)),
        _ => recorded == live,
    }
}

fn is_moment(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// The value as a person reads it, cut if it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}..", &text[..at]),
        None => text,
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { path, recorded, live } => {
                write!(formatter, "{path}: {} -> {}", shown(recorded), shown(live))
            }
            Self::Missing { path } => write!(formatter, "{path}: is missing"),
            Self::Status { recorded, live } => write!(formatter, "status: {recorded} -> {live}"),
            Self::Unexpected { path } => write!(formatter, "{path}: was not there"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::{Value, json};

    /// What is told of two answers with the same status.
    #[expect(clippy::needless_pass_by_value, reason = "it is called with `json!`")]
    fn told(recorded: Value, live: Value) -> Vec<String> {
        differences((200, &recorded), (200, &live)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_differs_from_run_to_run_is_passed_over() {
        let answer = |id: &str, moment: &str| {
            json!({"id": id, "meta": {"created": moment, "version": id}, "lastLogin": moment, "userName": "ada",
                   "manager": {"value": "7", "$ref": id}})
        };
        assert!(told(answer("1", "2026-01-05T08:00:00Z"), answer("2", "2026-11-20T09:30:00.5+01:00")).is_empty());
        assert_eq!(
            told(json!({"a": "2026-01-05T08:00:00Z"}), json!({"a": "soon"})),
            ["a: 2026-01-05T08:00:00Z -> soon"]
        );
    }

    #[test]
    fn attributes_that_are_missing_new_or_changed_are_told_with_their_place() {
        let recorded =
            json!({"title": "Engineer", "name": {"givenName": "Ada", "familyName": "Byron"}, "active": true});
        let live = json!({"name": {"givenName": "Ada", "familyName": "Lee"}, "active": "True", "nickName": "A"});
        assert_eq!(
            told(recorded, live),
            ["title: is missing", "name.familyName: Byron -> Lee", "active: true -> True", "nickName: was not there"]
        );
    }

    #[test]
    fn entries_of_a_list_are_paired_by_what_they_are_called() {
        let entry = |kind: &str, value: &str| json!({"type": kind, "value": value});
        let recorded = json!({"emails": [entry("work", "a@x"), entry("home", "b@x"), entry("other", "c@x")]});
        let live = json!({"emails": [entry("home", "b@x"), entry("work", "z@x")]});
        assert_eq!(told(recorded, live), ["emails[work].value: a@x -> z@x", "emails[other]: is missing"]);
        assert!(told(json!({"schemas": ["a", "b"]}), json!({"schemas": ["b", "a"]})).is_empty());
        assert_eq!(told(json!({"schemas": ["a", "b"]}), json!({"schemas": ["b"]})), ["schemas[a]: is missing"]);
        assert_eq!(told(json!({"x": ["a"]}), json!({"x": ["b"]})), ["x[a]: a -> b"]);
    }

    #[test]
    fn the_words_of_an_error_say_nothing_and_its_type_does() {
        let error = |kind: &str, detail: &str| json!({"schemas": [super::ERROR], "scimType": kind, "detail": detail});
        assert!(told(error("noTarget", "nobody"), error("noTarget", "no such user")).is_empty());
        assert_eq!(told(error("noTarget", ""), error("invalidPath", "")), ["scimType: noTarget -> invalidPath"]);
    }

    #[test]
    fn what_the_trace_hides_is_like_everything() {
        assert!(
            told(json!({"title": "[Redact]", "x": "Bearer [hidden]"}), json!({"title": "Dr", "x": "y"})).is_empty()
        );
    }

    #[test]
    fn a_body_of_another_kind_is_told_as_a_whole() {
        assert_eq!(told(json!({"a": 1}), Value::Null), [r#"the body: {"a":1} -> nothing"#]);
        let page = "x".repeat(100);
        assert_eq!(told(json!(null), json!(page)), [format!("the body: nothing -> {}..", "x".repeat(80))]);
    }

    #[test]
    fn with_another_status_only_the_status_is_told() {
        let found = differences((201, &json!({"a": 1})), (409, &json!({"b": 1})));
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["status: 201 -> 409"]);
    }
}
