//! The parameters of functions.

use std::fmt;

/// What a function can be given.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The parameters that stand once, in order. One that may be left out can stand before others: its slot is then empty.
    pub fixed: &'static [Parameter],
    /// The parameters that repeat after them, as a group: one for `Join`, a pair for `Switch`.
    pub repeated: &'static [Parameter],
    /// How often the group must be given at least.
    pub at_least: usize,
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the functions reference.
    pub name: &'static str,
    /// Its key in the parsed form (`spec/EXPRESSIONS.md` §1.11).
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whatever there is.
    Any,
    /// A comparison, or something that is true or false.
    Condition,
    /// A date.
    DateTime,
    /// A whole number, or a text of digits.
    Integer,
    /// A multi-valued attribute.
    List,
    /// A regular expression.
    Pattern,
    /// The attribute `appRoleAssignments`.
    Roles,
    /// Something that has a string form.
    Text,
}

impl Kind {
    /// What it takes, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Condition => "condition",
            Self::DateTime => "date",
            Self::Integer => "whole number",
            Self::List => "several values",
            Self::Pattern => "regular expression",
            Self::Roles => "role assignments",
            Self::Text => "text",
        }
    }
}

impl Parameter {
    /// The same parameter with another key in the parsed form.
    pub(super) const fn keyed(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }
}

/// A parameter that must be given.
pub(super) const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, key: name, kind, required: true }
}

/// A parameter that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, key: name, kind, required: false }
}

impl Signature {
    /// Parameters that stand once each.
    pub(super) const fn of(fixed: &'static [Parameter]) -> Self {
        Self { fixed, repeated: &[], at_least: 0 }
    }

    /// The same parameters, followed by `repeated` at least `at_least` times.
    pub(super) const fn then(mut self, repeated: &'static [Parameter], at_least: usize) -> Self {
        self.repeated = repeated;
        self.at_least = at_least;
        self
    }

    /// The parameter that slot `position`, counted from 0, is for; none beyond the last.
    pub fn parameter(&self, position: usize) -> Option<&'static Parameter> {
        match position.checked_sub(self.fixed.len()) {
            None => self.fixed.get(position),
            Some(beyond) => self.repeated.get(beyond.checked_rem(self.repeated.len())?),
        }
    }

    /// The parameters that every call has slots for: the fixed ones and the first rounds of the repeated ones.
    pub fn needed(&self) -> impl Iterator<Item = &'static Parameter> {
        self.fixed.iter().chain(std::iter::repeat_n(self.repeated, self.at_least).flatten())
    }
}

impl fmt::Display for Signature {
    /// `separator, source, …`: optional parameters in brackets, an ellipsis where they repeat.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, parameter) in self.fixed.iter().chain(self.repeated).enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            let (open, close) = if parameter.required { ("", "") } else { ("[", "]") };
            write!(formatter, "{comma}{open}{}{close}", parameter.name)?;
        }
        formatter.write_str(if self.repeated.is_empty() { "" } else { ", …" })
    }
}
