//! What can be wrong with a record's content.

use serde_json::Value;
use std::fmt;

/// One thing that is wrong with a record. Prints as `` `accountEnabled` must be true or false, not "maybe" ``; the
/// caller puts the record's [`Place`](crate::directory::Place) before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordProblem {
    /// The field as the record spells it, where one field is concerned. An element of a list is `members[2]`, the first
    /// being 0.
    pub field: Option<String>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a record or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Two names of one attribute, or one name twice, with different values.
    Conflict {
        /// The name that stands first in the record.
        first: String,
    },
    /// The field needs a value and has none.
    Missing {
        /// A field of the record that has no meaning and was probably meant for this one.
        misspelt: Option<String>,
    },
    /// The record comes from a Graph delta query, which gives changes and not the present state.
    NotAState,
    /// The record is some other JSON value than an object.
    NotAnObject {
        /// The value, shortened.
        found: String,
    },
    /// Graph gave a part of a list only and says so.
    Partial,
    /// The record is no JSON.
    Syntax {
        /// The line of the file, counted from 1.
        line: u64,
        /// The column in characters, counted from 1.
        column: u64,
        /// What the parser says.
        message: String,
    },
    /// The value is something else than the field holds.
    Unfit {
        /// What it holds.
        expected: Expected,
        /// The value as JSON, shortened.
        found: String,
    },
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Expected {
    /// A truth value, also as text.
    #[error("true or false")]
    Boolean,
    /// A whole number, also as text.
    #[error("a whole number")]
    Integer,
    /// RFC 3339.
    #[error("a date and time as in `2026-01-31T08:00:00Z`")]
    Moment,
    /// A JSON object.
    #[error("an object")]
    Object,
    /// A list of JSON objects.
    #[error("a list of objects")]
    Objects,
    /// What kind of object an assignment is for.
    #[error("`User`, `Group` or `ServicePrincipal`")]
    PrincipalKind,
    /// Another object of the directory.
    #[error("an id, a user principal name or an object with an `id`")]
    Reference,
    /// Several other objects.
    #[error("a list of ids, user principal names or objects with an `id`")]
    References,
    /// A text or a whole number.
    #[error("a text in quotation marks")]
    Text,
    /// Several texts.
    #[error("a list of texts")]
    Texts,
}

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

impl RecordProblem {
    pub(super) fn of_field(field: &str, kind: ProblemKind) -> Self {
        Self { field: Some(field.to_owned()), kind }
    }

    pub(super) fn of_record(kind: ProblemKind) -> Self {
        Self { field: None, kind }
    }

    /// What to do about it, if that can be said.
    pub fn suggestion(&self) -> Option<String> {
        match &self.kind {
            ProblemKind::Missing { misspelt: Some(misspelt) } => Some(format!("is `{misspelt}` meant for it?")),
            _ => None,
        }
    }

    /// The same problem of an object that stands in the field `outer`.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.field = Some(self.field.map_or_else(|| outer.to_owned(), |field| format!("{outer}.{field}")));
        self
    }

    pub(super) fn unfit(field: &str, expected: Expected, found: &Value) -> Self {
        Self::of_field(field, ProblemKind::Unfit { expected, found: shortened(found) })
    }
}

impl fmt::Display for RecordProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.field.as_ref().map_or_else(|| "the record".to_owned(), |field| format!("`{field}`"));
        match &self.kind {
            ProblemKind::Conflict { first } if Some(first) == self.field.as_ref() => {
                write!(formatter, "{subject} stands twice, with different values")
            }
            ProblemKind::Conflict { first } => {
                write!(formatter, "{subject} and `{first}` are the same attribute and have different values")
            }
            ProblemKind::Missing { .. } => write!(formatter, "{subject} is missing"),
            ProblemKind::NotAState => write!(
                formatter,
                "{subject} belongs to the answer of a delta query, which lists changes; use the full list instead"
            ),
            ProblemKind::NotAnObject { found } => write!(formatter, "{subject} must be a JSON object, not {found}"),
            ProblemKind::Partial => {
                write!(formatter, "{subject} says that the list goes on elsewhere; put the whole list into the record")
            }
            ProblemKind::Syntax { line, column, message } => {
                write!(formatter, "{subject} is not JSON: {message} in line {line}, column {column}")
            }
            ProblemKind::Unfit { expected, found } => write!(formatter, "{subject} must be {expected}, not {found}"),
        }
    }
}

impl std::error::Error for RecordProblem {}

/// A value as JSON, cut to what a message can show.
pub(super) fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_value_is_shortened_between_characters() {
        assert_eq!(shortened(&json!("é".repeat(50))), format!("\"{}...", "é".repeat(39)));
        assert_eq!(shortened(&json!({"a": 1})), r#"{"a":1}"#);
    }
}
