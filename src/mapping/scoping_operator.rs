//! The operators of scoping filters.
//!
//! Source: `spec/SCOPING.md` §3.

use std::fmt;

/// What a clause asks of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The value is this one, letter case included.
    Equals,
    /// The value is another one.
    NotEquals,
    /// The value is true.
    IsTrue,
    /// The value is false.
    IsFalse,
    /// There is no value, or an empty one.
    IsNull,
    /// There is a value.
    IsNotNull,
    /// The value matches a regular expression.
    RegexMatch,
    /// The value does not match a regular expression.
    NotRegexMatch,
    /// The value is a larger number.
    GreaterThan,
    /// The value is a larger number, or the same.
    GreaterThanOrEquals,
    /// The value contains a text.
    Includes,
    /// The value ends with a text.
    EndsWith,
    /// The value is contained in a text.
    ContainedIn,
    /// The value is not contained in a text.
    NotContainedIn,
}

/// Whether an operator needs a value to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// It does not.
    Unary,
    /// It needs one.
    Binary,
}

/// The kinds of attributes, as far as operators tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// Bytes.
    Binary,
    /// True or false.
    Boolean,
    /// A date, with or without time.
    DateTime,
    /// A whole number.
    Integer,
    /// Another object.
    Reference,
    /// A text.
    String,
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl Operator {
    /// All operators, in the order of the specification.
    pub const ALL: [Self; 14] = [
        Self::Equals,
        Self::NotEquals,
        Self::IsTrue,
        Self::IsFalse,
        Self::IsNull,
        Self::IsNotNull,
        Self::RegexMatch,
        Self::NotRegexMatch,
        Self::GreaterThan,
        Self::GreaterThanOrEquals,
        Self::Includes,
        Self::EndsWith,
        Self::ContainedIn,
        Self::NotContainedIn,
    ];

    /// The operator's name as the portal prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::NotEquals => "NOT EQUALS",
            Self::IsTrue => "IS TRUE",
            Self::IsFalse => "IS FALSE",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
            Self::RegexMatch => "REGEX MATCH",
            Self::NotRegexMatch => "NOT REGEX MATCH",
            Self::GreaterThan => "GREATER_THAN",
            Self::GreaterThanOrEquals => "GREATER_THAN_OR_EQUALS",
            Self::Includes => "INCLUDES",
            Self::EndsWith => "ENDS_WITH",
            Self::ContainedIn => "&",
            Self::NotContainedIn => "!&",
        }
    }

    /// The operator called `name`, ignoring letter case and taking `_` for a blank.
    pub fn named(name: &str) -> Option<Self> {
        let plain = |name: &str| name.trim().replace('_', " ").to_ascii_uppercase();
        let wanted = plain(name);
        Self::ALL.into_iter().find(|operator| plain(operator.name()) == wanted)
    }

    /// Whether the operator needs a value to compare with.
    pub const fn arity(self) -> Arity {
        match self {
            Self::IsTrue | Self::IsFalse | Self::IsNull | Self::IsNotNull => Arity::Unary,
            _ => Arity::Binary,
        }
    }

    /// The kinds of attributes that the operator can be asked of.
    pub const fn kinds(self) -> &'static [AttributeKind] {
        use AttributeKind::{Binary, Boolean, Integer, String};
        match self {
            Self::Equals | Self::NotEquals | Self::RegexMatch | Self::NotRegexMatch => &[String, Integer],
            Self::IsTrue | Self::IsFalse => &[Boolean],
            Self::IsNull | Self::IsNotNull => &[Integer, String, Binary, Boolean],
            Self::GreaterThan | Self::GreaterThanOrEquals => &[Integer],
            Self::Includes | Self::EndsWith | Self::ContainedIn | Self::NotContainedIn => &[String],
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_found_by_name_in_any_spelling() {
        for (name, operator) in [
            ("EQUALS", Some(Operator::Equals)),
            ("Equals", Some(Operator::Equals)),
            ("NOT_EQUALS", Some(Operator::NotEquals)),
            ("is not null", Some(Operator::IsNotNull)),
            ("Greater_Than_OR_EQUALS", Some(Operator::GreaterThanOrEquals)),
            ("GREATER THAN", Some(Operator::GreaterThan)),
            ("ENDS WITH", Some(Operator::EndsWith)),
            ("&", Some(Operator::ContainedIn)),
            ("!&", Some(Operator::NotContainedIn)),
            ("NOTEQUALS", None),
            ("", None),
        ] {
            assert_eq!(Operator::named(name), operator, "{name}");
        }
        for operator in Operator::ALL {
            assert_eq!(Operator::named(operator.name()), Some(operator));
        }
    }
}
