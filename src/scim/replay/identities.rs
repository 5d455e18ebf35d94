//! Which id of the recorded target is which id of the live one, and where ids stand in a request.
//!
//! An id is replaced where it is a whole text, or a whole text in quotation marks within another one (a filter, a path with
//! a filter), never as a part of a word. A target may give ids like `7`, which may also be somebody's number: an id of
//! less than eight characters is replaced only where a reference is due, in paths, filters on ids and references, members
//! and managers.

use crate::scim::query::escape;
use serde_json::Value;
use std::{borrow::Cow, collections::HashMap};
use url::form_urlencoded;

/// How many characters an id must have to be taken for one wherever it stands.
const TELLING: usize = 8;

/// The attributes that hold references.
const REFERENCES: [&str; 3] = ["groups", "manager", "members"];

/// The ids that are known of both targets.
#[derive(Debug, Default)]
pub struct Identities(HashMap<String, String>);

impl Identities {
    /// Takes note of what an id has become.
    pub(super) fn learn(&mut self, recorded: &str, live: &str) {
        self.0.insert(recorded.to_owned(), live.to_owned());
    }

    /// What a recorded id is now.
    pub(super) fn of(&self, recorded: &str) -> Option<&str> {
        self.0.get(recorded).map(String::as_str)
    }

    /// A query string with the live ids in its filter; the spelling stays.
    pub(super) fn in_query(&self, query: &str) -> String {
        let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, encoded)) if name.eq_ignore_ascii_case("filter") => {
                let pair = format!("filter={encoded}");
                let filter =
                    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, filter)| filter).unwrap_or_default();
                match self.in_quotes(&filter, is_about_references(&filter)) {
                    Cow::Borrowed(_) => Cow::Borrowed(parameter),
                    Cow::Owned(rewritten) => Cow::Owned(format!("{name}={}", escape(&rewritten, "+"))),
                }
            }
            _ => Cow::Borrowed(parameter),
        });
        parameters.collect::<Vec<_>>().join("&")
    }

    /// A body with the live ids.
    pub(super) fn in_body(&self, body: &Value) -> Value {
        self.in_value(body, false)
    }

    /// `reference`: the value is of an attribute that holds references.
    fn in_value(&self, value: &Value, reference: bool) -> Value {
        match value {
            Value::String(text) => Value::String(self.in_text(text, reference).into_owned()),
            Value::Array(values) => values.iter().map(|value| self.in_value(value, reference)).collect(),
            Value::Object(members) => {
                // An operation names its attribute in `path`, everything else by the member's own name.
                let path = members.get("path").and_then(Value::as_str).unwrap_or_default();
                let of_path = reference || is_reference(path);
                let members = members.iter().map(|(name, member)| {
                    let reference =
                        if name.eq_ignore_ascii_case("value") { of_path } else { reference || is_reference(name) };
                    let reference = reference || (name == "path" && of_path);
                    (name.clone(), self.in_value(member, reference))
                });
                Value::Object(members.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn in_text<'a>(&self, text: &'a str, reference: bool) -> Cow<'a, str> {
        if let Some(live) = self.known(text, reference) {
            return Cow::Owned(live.to_owned());
        }
        if text.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str::<Value>(text)
        {
            let rewritten = self.in_value(&json, reference);
            return if rewritten == json { Cow::Borrowed(text) } else { Cow::Owned(rewritten.to_string()) };
        }
        self.in_quotes(text, reference)
    }

    /// Replaces what stands in quotation marks and is an id.
    fn in_quotes<'a>(&self, text: &'a str, reference: bool) -> Cow<'a, str> {
        let mut rewritten = String::new();
        let mut copied = 0;
        let mut from = 0;
        while let Some(open) = text[from..].find('"').map(|at| from + at) {
            let Some(length) = quoted_length(&text[open..]) else { break };
            let quoted = &text[open..open + length];
            let id = serde_json::from_str::<String>(quoted).ok();
            if let Some(live) = id.and_then(|id| self.known(&id, reference)) {
                rewritten.push_str(&text[copied..open]);
                rewritten.push_str(&Value::from(live).to_string());
                copied = open + length;
            }
            from = open + length;
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        rewritten.push_str(&text[copied..]);
        Cow::Owned(rewritten)
    }

    fn known(&self, text: &str, reference: bool) -> Option<&str> {
        self.of(text).filter(|_| reference || text.chars().count() >= TELLING)
    }
}

/// The length of a text in quotation marks, which begins here, with both of them.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Whether a path or name is that of an attribute that holds references.
fn is_reference(path: &str) -> bool {
    let attribute = path.split('[').next().unwrap_or_default();
    let attribute = attribute.rsplit(':').next().unwrap_or_default();
    let attribute = attribute.split('.').next().unwrap_or_default();
    REFERENCES.iter().any(|reference| attribute.eq_ignore_ascii_case(reference))
}

/// Whether a filter asks for an id, or for somebody's manager or members.
fn is_about_references(filter: &str) -> bool {
    let attribute = filter.split_whitespace().next().unwrap_or_default();
    attribute.eq_ignore_ascii_case("id") || is_reference(attribute)
}

#[cfg(test)]
mod tests {
    use super::Identities;
    use serde_json::json;

    fn identities() -> Identities {
        let mut identities = Identities::default();
        identities.learn("7", "701");
        identities.learn("recorded-id", "live \"id\"");
        identities
    }

    #[test]
    fn a_short_id_is_replaced_only_where_a_reference_is_due() {
        let body = json!({"Operations": [
            {"op": "Add", "path": "members", "value": [{"value": "7"}]},
            {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "7"},
            {"op": "remove", "path": "members[value eq \"7\"]"},
            {"op": "Replace", "path": "title", "value": "7"},
            {"op": "Replace", "path": "emails[type eq \"7\"].value", "value": "7"},
        ], "employeeNumber": "7", "manager": {"value": "7"}});
        let expected = json!({"Operations": [
            {"op": "Add", "path": "members", "value": [{"value": "701"}]},
            {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "701"},
            {"op": "remove", "path": "members[value eq \"701\"]"},
            {"op": "Replace", "path": "title", "value": "7"},
            {"op": "Replace", "path": "emails[type eq \"7\"].value", "value": "7"},
        ], "employeeNumber": "7", "manager": {"value": "701"}});
        assert_eq!(identities().in_body(&body), expected);
        assert_eq!(identities().in_query("filter=employeeNumber+eq+%227%22"), "filter=employeeNumber+eq+%227%22");
        let both = "filter=id+eq+%227%22+and+manager+eq+%227%22&count=1";
        assert_eq!(identities().in_query(both), "filter=id+eq+%22701%22+and+manager+eq+%22701%22&count=1");
    }

    #[test]
    fn an_id_is_never_replaced_within_a_word() {
        let body = json!(["recorded-id", "recorded-id-2", "not recorded-id"]);
        assert_eq!(identities().in_body(&body), json!(["live \"id\"", "recorded-id-2", "not recorded-id"]));
    }

    #[test]
    fn a_quotation_mark_in_an_id_is_escaped_within_a_filter() {
        let body = json!({"path": "members[value eq \"recorded-id\"]"});
        assert_eq!(identities().in_body(&body), json!({"path": "members[value eq \"live \\\"id\\\"\"]"}));
        assert_eq!(identities().in_body(&json!("a \" that is not closed")), json!("a \" that is not closed"));
    }

    #[test]
    fn a_query_without_ids_keeps_its_spelling() {
        let query = "excludedAttributes=members&filter=displayName+eq+%22a+%5c%22b%5c%22%22&startIndex=1";
        assert_eq!(identities().in_query(query), query);
        assert_eq!(identities().in_query(""), "");
    }
}
