//! What the requests about one object must not show.
//!
//! A mapping may hide its value from everybody but the target. Requests carry such a value all the same: in bodies, in the
//! filter of a query, and answers say it back. A [`Redaction`] knows the values that are sent or asked for, and the paths
//! at which the target holds values of the kind. The client makes a [`Mask`] of them for each exchange, together with what
//! the answer has at those paths (which may be an earlier value, or one in another spelling), and hides all of it in the
//! trace, in messages and in failures. Nothing of it stays beyond the object.
//!
//! Known limit: a truth value is not hidden, for then every other one would be.

use super::{json_body, mask::Mask, path::Path, resource::extension};
use secrecy::SecretString;
use serde_json::Value;

/// The values to hide, and where the target holds others. Empty, it hides nothing.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    paths: Vec<Path>,
    values: Vec<SecretString>,
}

impl Redaction {
    /// Hides what resources hold at these paths.
    pub fn at(paths: Vec<Path>) -> Self {
        Self { paths, values: Vec::new() }
    }

    /// Whether there is no path whose value is to be hidden.
    pub fn is_nothing(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether the value at `path` is to be hidden.
    pub fn covers(&self, path: &Path) -> bool {
        self.paths.iter().any(|hidden| hidden.means(path))
    }

    /// Hides a value.
    pub fn hide(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.values.push(number.to_string().into()),
            Value::String(text) => self.values.push(text.as_str().into()),
            Value::Array(values) => values.iter().for_each(|value| self.hide(value)),
            Value::Object(members) => members.values().for_each(|value| self.hide(value)),
        }
    }

    /// Hides what `resource` holds at the paths.
    pub fn learn(&mut self, resource: &Value) {
        for path in self.paths.clone() {
            for value in held(resource, &path) {
                self.hide(value);
            }
        }
    }

    /// The mask of the values that are known.
    pub(crate) fn mask(&self) -> Mask {
        Mask::redacting(&self.values)
    }

    /// The mask of the values that are known and of those in the body of an answer: a resource, or a list of them.
    pub(crate) fn mask_with(&self, body: &[u8]) -> Mask {
        let mut all = self.clone();
        if self.is_nothing() {
            return self.mask();
        }
        let Ok(answer) = json_body::read(body) else {
            return self.mask_from_name_on(&String::from_utf8_lossy(body));
        };
        all.learn(&answer);
        members(&answer, "Resources").flat_map(entries).for_each(|resource| all.learn(resource));
        all.mask()
    }

    /// The mask for a body that cannot be read: where it comes to the name of an attribute whose value is to be hidden, its
    /// rest is hidden.
    fn mask_from_name_on(&self, body: &str) -> Mask {
        let lower = body.to_ascii_lowercase();
        let named = |path: &Path| lower.find(&format!("\"{}\"", path.attribute.to_ascii_lowercase()));
        match self.paths.iter().filter_map(named).min() {
            Some(at) => self.mask().with(&Mask::redacting_part(&body[at..])),
            None => self.mask(),
        }
    }
}

/// All that a resource holds at a path. Where a reader takes the first of several, the others are no less to be hidden: in
/// further entries that the path means, and under a name that stands there twice, in other letter cases.
fn held<'a>(resource: &'a Value, path: &Path) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = match extension(path) {
        Some(urn) => members(resource, urn).collect(),
        None => vec![resource],
    };
    found = found.into_iter().flat_map(|container| members(container, &path.attribute)).collect();
    if let Some(selector) = &path.selector {
        found = found.into_iter().flat_map(entries).filter(|entry| selector.matches(entry)).collect();
    }
    if let Some(name) = &path.sub_attribute {
        found = found.into_iter().flat_map(entries).flat_map(|entry| members(entry, name)).collect();
    }
    found
}

/// The members of an object that have this name, ignoring letter case.
fn members<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let members = object.as_object().into_iter().flatten();
    members.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The entries of a list; what is no list counts as its only one.
fn entries(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redaction() -> Redaction {
        Redaction::at(vec!["nickName".parse().unwrap(), r#"emails[type eq "work"].value"#.parse().unwrap()])
    }

    #[test]
    fn what_an_answer_holds_at_the_paths_is_hidden_wherever_it_says_it() {
        let user = json!({"id": "1", "NickName": "swordfish", "emails": [
            {"type": "home", "value": "home@mail.example"}, {"type": "work", "value": "work@mail.example"}
        ]});
        let list = json!({"Resources": [user]});
        for answer in [user.to_string(), list.to_string(), format!("\u{feff}{list}")] {
            assert_eq!(
                redaction().mask_with(answer.as_bytes()).text("swordfish, work@mail.example, home@mail.example, 1"),
                "[Redact], [Redact], home@mail.example, 1"
            );
        }
        assert_eq!(redaction().mask_with(b"<html>swordfish").text("swordfish"), "swordfish");
    }

    #[test]
    fn every_entry_that_a_path_means_is_hidden() {
        let user = json!({"emails": [
            {"type": "work", "value": "first@mail.example"},
            {"type": "home", "value": "home@mail.example"},
            {"Type": "Work", "Value": ["second@mail.example", "third@mail.example"], "VALUE": "fourth@mail.example"},
        ]});
        let shown = |path: &str, user: &Value| {
            let mut shown = user.clone();
            Redaction::at(vec![path.parse().unwrap()]).mask_with(user.to_string().as_bytes()).json(&mut shown);
            shown
        };
        let hidden = |home: &str| {
            json!({"emails": [
                {"type": "work", "value": "[Redact]"},
                {"type": "home", "value": home},
                {"Type": "Work", "Value": ["[Redact]", "[Redact]"], "VALUE": "[Redact]"},
            ]})
        };
        assert_eq!(shown(r#"emails[type eq "work"].value"#, &user), hidden("home@mail.example"));
        assert_eq!(shown("emails.value", &user), hidden("[Redact]"));
        let extended = |user: Value| json!({"urn:example:1.0:User": user});
        assert_eq!(shown("urn:example:1.0:user:emails.value", &extended(user)), extended(hidden("[Redact]")));
        let single = json!({"emails": {"type": "work", "value": "first@mail.example"}});
        assert_eq!(
            shown(r#"emails[type eq "work"].value"#, &single),
            json!({"emails": {"type": "work", "value": "[Redact]"}})
        );
    }

    #[test]
    fn both_lists_of_an_answer_that_names_them_twice_are_hidden() {
        let answer = r#"{"Resources": [{"nickName": "swordfish"}], "resources": [{"nickName": "goldfish"}]}"#;
        let mask = redaction().mask_with(answer.as_bytes());
        assert_eq!(mask.text("swordfish, goldfish"), "[Redact], [Redact]");
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_hidden_from_the_name_of_the_attribute_on() {
        for broken in [r#"{"id":"1","NickName":"swordf"#, r#"{"id":"1","EMAILS":[{"type":"work","value":"x"}]}}"#] {
            let shown = redaction().mask_with(broken.as_bytes()).text(broken).into_owned();
            assert_eq!(shown, r#"{"id":"1",[Redact]"#);
        }
    }

    #[test]
    fn texts_numbers_and_their_lists_are_hidden_and_truth_values_are_not() {
        let mut redaction = redaction();
        redaction.hide(&json!(["swordfish", 4711, true, null, {"value": "password1"}]));
        assert_eq!(redaction.mask().text("swordfish 4711 true null password1"), "[Redact] [Redact] true null [Redact]");
    }

    #[test]
    fn a_path_is_covered_however_it_is_written() {
        assert!(redaction().covers(&"urn:ietf:params:scim:schemas:core:2.0:User:NICKNAME".parse().unwrap()));
        assert!(!redaction().covers(&"displayName".parse().unwrap()));
        assert!(Redaction::default().is_nothing());
    }
}
