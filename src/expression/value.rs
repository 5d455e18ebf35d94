//! What source attributes hold and what expressions yield.
//!
//! A value borrows where it can: a direct mapping hands the attribute's own text through without copying it. Where a
//! function wants a text, the *string form* is used; null, lists and the two flow instructions have none.
//!
//! Source: `spec/EXPRESSIONS.md` §2.

use super::{dates, evaluation_error::Reason};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// How many bytes a text or a list that a function makes may have. Attributes are far shorter; a few nested calls of `Replace` could
/// otherwise make more than fits into memory.
pub(super) const MAXIMUM_TEXT: usize = 16 << 20;

/// Refuses a text of so many bytes before it is made, if it would be too long.
pub(super) fn check_length(bytes: usize) -> Result<(), Reason> {
    if bytes > MAXIMUM_TEXT { Err(Reason::TooLong) } else { Ok(()) }
}

/// A value of the mapping language.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: an attribute without a value, an argument that was left out, a function that yields nothing.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// A truth value; its string form is `True` or `False`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A date and time in UTC; its string form is `M/d/yyyy h:mm:ss tt`.
    DateTime(DateTime),
    /// The values of a multi-valued attribute, or what a list function yields.
    List(Cow<'a, [String]>),
    /// The application roles a user holds.
    Roles(Cow<'a, [RoleAssignment]>),
    /// The mapping is dropped for this object: neither a value nor a default value flows (§7.4).
    IgnoreFlow,
    /// The whole object is skipped (§7.4). Only inbound provisioning knows what to do with it.
    IgnoreObject,
}

/// An application role that a user holds. Its fields stand in the order in which the service writes them (§4,
/// `AppRoleAssignmentsComplex`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// The role's identifier, a GUID.
    #[serde(default)]
    pub id: String,
    /// The role's value: its name for programs; may be empty.
    #[serde(default)]
    pub value: String,
    /// The role's name for people.
    #[serde(default, rename = "displayName")]
    pub display_name: String,
}

impl RoleAssignment {
    /// What the role is called by one text: its value, or its name for people where it has none.
    pub fn name(&self) -> &str {
        if self.value.is_empty() { &self.display_name } else { &self.value }
    }

    /// The role as the raw element of a list: compact JSON with `id`, `value` and `displayName`.
    pub fn to_json(&self) -> String {
        let [id, value, name] =
            [&self.id, &self.value, &self.display_name].map(|text| serde_json::Value::from(&**text));
        format!("{{\"id\":{id},\"value\":{value},\"displayName\":{name}}}")
    }
}

impl<'a> Value<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The string form; none for null, lists, roles and flow instructions.
    pub fn string_form(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Boolean(true) => Some(Cow::Borrowed("True")),
            Self::Boolean(false) => Some(Cow::Borrowed("False")),
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::DateTime(moment) => Some(Cow::Owned(dates::string_form(*moment))),
            Self::Null | Self::List(_) | Self::Roles(_) | Self::IgnoreFlow | Self::IgnoreObject => None,
        }
    }

    /// The string form, taken out of the value.
    pub fn into_string_form(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            other => other.string_form().map(|text| Cow::Owned(text.into_owned())),
        }
    }

    /// Every text the value holds: the elements of a list, a role's JSON each, one text for a single value, none for null.
    pub fn texts(&self) -> Vec<Cow<'_, str>> {
        match self {
            Self::List(elements) => elements.iter().map(|element| Cow::Borrowed(element.as_str())).collect(),
            Self::Roles(roles) => roles.iter().map(|role| Cow::Owned(role.to_json())).collect(),
            single => single.string_form().into_iter().collect(),
        }
    }

    /// Whether there is nothing to flow: null, an empty text, an empty list.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(elements) => elements.is_empty(),
            Self::Roles(roles) => roles.is_empty(),
            Self::Boolean(_) | Self::Integer(_) | Self::DateTime(_) | Self::IgnoreFlow | Self::IgnoreObject => false,
        }
    }

    /// Whether the value holds several values, or could: a list or roles.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::Roles(_))
    }

    /// The value as JSON: a text in string form, a list of texts, else null.
    pub fn to_json(&self) -> serde_json::Value {
        if self.is_list() { self.texts().into() } else { self.string_form().into() }
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "no value",
            Self::Text(_) => "a text",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "a number",
            Self::DateTime(_) => "a date",
            Self::List(_) => "a list of values",
            Self::Roles(_) => "role assignments",
            Self::IgnoreFlow | Self::IgnoreObject => "a flow instruction",
        }
    }

    /// How many bytes of the value are a copy of what it came from: its texts, and what it needs to hold each of a list.
    pub(super) fn copied(&self) -> usize {
        match self {
            Self::Text(Cow::Owned(text)) => text.len(),
            Self::List(Cow::Owned(elements)) => {
                elements.iter().map(|element| size_of::<String>() + element.len()).sum()
            }
            Self::Roles(Cow::Owned(roles)) => {
                let texts = |role: &RoleAssignment| role.id.len() + role.value.len() + role.display_name.len();
                roles.iter().map(|role| size_of::<RoleAssignment>() + texts(role)).sum()
            }
            _ => 0,
        }
    }

    /// The same value, borrowing from this one.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::Integer(number) => Value::Integer(*number),
            Self::DateTime(moment) => Value::DateTime(*moment),
            Self::List(elements) => Value::List(Cow::Borrowed(elements)),
            Self::Roles(roles) => Value::Roles(Cow::Borrowed(roles)),
            Self::IgnoreFlow => Value::IgnoreFlow,
            Self::IgnoreObject => Value::IgnoreObject,
        }
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Boolean(truth) => Value::Boolean(truth),
            Self::Integer(number) => Value::Integer(number),
            Self::DateTime(moment) => Value::DateTime(moment),
            Self::List(elements) => Value::List(Cow::Owned(elements.into_owned())),
            Self::Roles(roles) => Value::Roles(Cow::Owned(roles.into_owned())),
            Self::IgnoreFlow => Value::IgnoreFlow,
            Self::IgnoreObject => Value::IgnoreObject,
        }
    }
}

impl fmt::Display for Value<'_> {
    /// The value as it is shown to people: as JSON, in string form; in words for the flow instructions.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::IgnoreFlow => formatter.write_str("ignore the flow"),
            Self::IgnoreObject => formatter.write_str("ignore the object"),
            value => value.to_json().fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_kind_has_its_string_form() {
        for (value, form) in [
            (Value::Null, None),
            (Value::text("Doe"), Some("Doe")),
            (Value::Boolean(true), Some("True")),
            (Value::Boolean(false), Some("False")),
            (Value::Integer(-42), Some("-42")),
            (Value::DateTime(date(2020, 3, 16).at(7, 0, 0, 0)), Some("3/16/2020 7:00:00 AM")),
            (Value::List(Cow::Owned(vec!["a".into()])), None),
            (Value::Roles(Cow::Owned(vec![RoleAssignment::default()])), None),
            (Value::IgnoreFlow, None),
        ] {
            assert_eq!(value.string_form().as_deref(), form, "{value:?}");
            assert_eq!(value.clone().into_string_form().as_deref(), form, "{value:?}");
        }
    }

    #[test]
    fn null_empty_texts_and_empty_lists_are_empty() {
        assert!(Value::Null.is_empty());
        assert!(Value::text("").is_empty());
        assert!(Value::List(Cow::Owned(vec![])).is_empty());
        assert!(!Value::text(" ").is_empty());
        assert!(!Value::Boolean(false).is_empty());
        assert!(!Value::Integer(0).is_empty());
    }

    #[test]
    fn a_role_prints_its_fields_in_the_order_of_the_service() {
        let role = RoleAssignment { id: "1".into(), value: "a\"b".into(), display_name: "Admin".into() };
        assert_eq!(role.to_json(), r#"{"id":"1","value":"a\"b","displayName":"Admin"}"#);
    }
}
