//! What can be wrong with a scoping filter: found when it is saved, or when it meets an object.

use super::scoping_operator::{AttributeKind, Operator};
use crate::{config::problem::did_you_mean, expression::pattern::PatternError};

/// Why a scoping filter is refused when it is saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A clause is refused.
    #[error("the clause on `{attribute}` is refused: {kind}")]
    Clause {
        /// The attribute that the clause is about.
        attribute: String,
        /// Why.
        kind: ClauseError,
    },
    /// A filter without clauses, which everything would pass.
    #[error("the scoping filter `{title}` has no clauses: everybody would pass")]
    EmptyGroup {
        /// The filter's title.
        title: String,
    },
}

/// Why a clause is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClauseError {
    /// The service cannot filter on this attribute.
    #[error("the service cannot filter on {0}")]
    Attribute(&'static str),
    /// The attribute has no name.
    #[error("it names no attribute")]
    NoAttribute,
    /// The value to compare with is an empty text.
    #[error("{0} with an empty value says nothing: without a value in the attribute only IS NULL is true")]
    EmptyValue(Operator),
    /// The operator does not go with attributes of this kind.
    #[error("{operator} cannot be asked of {kind} attributes")]
    Kind {
        /// The operator.
        operator: Operator,
        /// The attribute's kind.
        kind: AttributeKind,
    },
    /// The value to compare with is missing.
    #[error("{0} needs a value to compare with")]
    MissingValue(Operator),
    /// The value to compare with must be a number.
    #[error("{operator} needs a whole number, not `{value}`")]
    NotInteger {
        /// The operator.
        operator: Operator,
        /// The value given.
        value: String,
    },
    /// The regular expression is invalid.
    #[error("the regular expression `{value}` is invalid: {error}")]
    Pattern {
        /// The regular expression.
        value: String,
        /// What is wrong with it.
        error: PatternError,
    },
    /// More than one value to compare with.
    #[error("{operator} takes one value, not {found}")]
    SeveralValues {
        /// The operator.
        operator: Operator,
        /// How many there are.
        found: usize,
    },
    /// An operator that takes no value has one.
    #[error("{0} takes no value")]
    SurplusValue(Operator),
    /// There is no such operator.
    #[error("there is no operator `{0}`")]
    UnknownOperator(String),
}

impl FilterError {
    /// What to do about it.
    pub fn suggestion(&self) -> String {
        match self {
            Self::Clause { kind, .. } => kind.suggestion(),
            Self::EmptyGroup { .. } => "add a clause, or remove the filter".to_owned(),
        }
    }
}

impl ClauseError {
    /// What to do about it.
    pub fn suggestion(&self) -> String {
        match self {
            Self::Attribute(_) => "filter on another attribute, or decide by whom you assign".to_owned(),
            Self::NoAttribute => "write `attribute = \"department\"`, say".to_owned(),
            Self::Kind { kind, .. } => {
                let operators = Operator::ALL.into_iter().filter(|operator| operator.kinds().contains(kind));
                format!("use {}", operators.map(Operator::name).collect::<Vec<_>>().join(", "))
            }
            Self::EmptyValue(_) => "write what to compare with, or use IS NULL or IS NOT NULL".to_owned(),
            Self::MissingValue(_) => "write `value = \"..\"`; IS NULL and IS NOT NULL need none".to_owned(),
            Self::NotInteger { .. } => "write it in digits, 0 or more; of texts REGEX MATCH can be asked".to_owned(),
            Self::Pattern { .. } => {
                "write a regular expression of .NET, which Entra uses; in TOML, in single quotes".to_owned()
            }
            Self::SeveralValues { .. } => "add a scoping filter for each value, or use REGEX MATCH".to_owned(),
            Self::SurplusValue(_) => "take the value out, or use an operator such as EQUALS".to_owned(),
            Self::UnknownOperator(name) => about_operator(name),
        }
    }
}

fn about_operator(name: &str) -> String {
    match name.to_ascii_uppercase().replace(' ', "_").as_str() {
        "ISMEMBEROF" | "IS_MEMBER_OF" => {
            "scoping filters know nothing of groups: assign the group to the application".to_owned()
        }
        "CONTAINS" | "LIKE" => "use INCLUDES, or REGEX MATCH for more than a part of the value".to_owned(),
        "LESS_THAN"
        | "LESS_THAN_OR_EQUALS"
        | "STARTS_WITH"
        | "BEGINS_WITH"
        | "IN"
        | "<"
        | "<="
        | "REGEX"
        | "MATCHES" => "use REGEX MATCH".to_owned(),
        "=" | "==" | "EQ" => "use EQUALS".to_owned(),
        "!=" | "<>" | "NE" | "!EQUALS" | "NOTEQUALS" => "use NOT EQUALS".to_owned(),
        ">" => "use GREATER_THAN".to_owned(),
        ">=" => "use GREATER_THAN_OR_EQUALS".to_owned(),
        "PRESENT" | "IS_PRESENT" | "PR" | "NOT_NULL" | "NOT_EMPTY" | "IS_NOT_EMPTY" => "use IS NOT NULL".to_owned(),
        "EMPTY" | "IS_EMPTY" | "NOT_PRESENT" | "IS_NOT_PRESENT" => "use IS NULL".to_owned(),
        // The nearest name would be that of the opposite: it would let in exactly those who are to be kept out.
        name if name.starts_with("NOT") || name.starts_with('!') => {
            "use NOT REGEX MATCH, or NOT EQUALS for whole values".to_owned()
        }
        _ => did_you_mean(name, Operator::ALL.map(Operator::name).into_iter().filter(|known| known.len() > 2))
            .unwrap_or_else(|| format!("there are {}", Operator::ALL.map(Operator::name).join(", "))),
    }
}

/// Why a scoping filter cannot be evaluated for an object. The object fails, for it may neither be let in nor taken away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopingError {
    /// The regular expression took more steps than it may.
    #[error("the regular expression `{pattern}` takes too many steps on the value of `{attribute}`; simplify it")]
    PatternTooCostly {
        /// The attribute.
        attribute: String,
        /// The regular expression.
        pattern: String,
    },
    /// The attribute holds a kind of value that the operator cannot be asked of.
    #[error("{operator} cannot be asked of `{attribute}`, which holds {found}")]
    UnsupportedValue {
        /// The attribute.
        attribute: String,
        /// The operator.
        operator: Operator,
        /// The kind of value that was found.
        found: &'static str,
    },
}
