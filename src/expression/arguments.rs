//! The arguments of a call as its function sees them: evaluated when asked for, converted to what is wanted.
//!
//! Parameters are counted from 0, in the order of the function's table row. An argument that was left out is null.
//!
//! Source: `spec/EXPRESSIONS.md` §2.1 to §2.3.

use super::{
    dates,
    evaluation_error::{Reason, Stop},
    evaluator::Evaluator,
    excerpt::excerpt,
    pattern::Budget,
    surroundings::Surroundings,
    tree::{Call, Node},
    value::{RoleAssignment, Value},
};
use jiff::civil::DateTime;
use std::{borrow::Cow, cell::RefMut, ops::Range};

/// The arguments of one call.
pub(super) struct Arguments<'e, 'a> {
    evaluator: &'e Evaluator<'a, 'e>,
    call: &'a Call,
}

impl<'e, 'a> Arguments<'e, 'a> {
    pub(super) fn new(evaluator: &'e Evaluator<'a, 'e>, call: &'a Call) -> Self {
        Self { evaluator, call }
    }

    /// The call itself.
    pub(super) fn call(&self) -> &'a Call {
        self.call
    }

    /// What the evaluation needs from outside.
    pub(super) fn surroundings(&self) -> &'e Surroundings<'e> {
        self.evaluator.surroundings()
    }

    /// The steps that regular expressions may still take. Arguments must be evaluated before this is asked for.
    pub(super) fn budget(&self) -> RefMut<'e, Budget> {
        self.evaluator.budget()
    }

    /// How many slots the call has.
    pub(super) fn count(&self) -> usize {
        self.call.arguments.len()
    }

    /// The slots from `first` on.
    pub(super) fn from(&self, first: usize) -> Range<usize> {
        first..self.count().max(first)
    }

    /// Notes that the value must not be shown in logs.
    pub(super) fn redact(&self) {
        self.evaluator.redact();
    }

    /// The argument's value.
    pub(super) fn value(&self, position: usize) -> Result<Value<'a>, Stop> {
        self.node(position).map_or(Ok(Value::Null), |node| self.evaluator.node(node))
    }

    /// The argument's value, as the condition of an `IIF`.
    pub(super) fn condition(&self, position: usize) -> Result<Value<'a>, Stop> {
        self.node(position).map_or(Ok(Value::Null), |node| self.evaluator.condition(node))
    }

    /// The argument's string form; none for null. A list is an error.
    pub(super) fn text(&self, position: usize) -> Result<Option<Cow<'a, str>>, Stop> {
        self.text_of(position, self.value(position)?)
    }

    /// The string form of a value that the argument gave; none for null. A list is an error.
    pub(super) fn text_of(&self, position: usize, value: Value<'a>) -> Result<Option<Cow<'a, str>>, Stop> {
        if value.is_list() {
            return Err(Reason::NotSingle { parameter: self.name(position), found: value.kind() }.into());
        }
        let text = value.into_string_form();
        self.spend(text.as_ref().map_or(0, |text| text.len()))?;
        Ok(text)
    }

    /// Counts `bytes` of text that the function works through, where it takes values as they are.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Reason> {
        self.evaluator.spend(bytes)
    }

    /// The argument as a whole number. Null and everything that is not written as one is an error.
    pub(super) fn integer(&self, position: usize) -> Result<i64, Stop> {
        let value = self.value(position)?;
        match integer(&value) {
            Some(number) => Ok(number),
            None => Err(self.not_integer(position, &value)),
        }
    }

    /// The argument as a whole number; none for null.
    pub(super) fn optional_integer(&self, position: usize) -> Result<Option<i64>, Stop> {
        match self.value(position)? {
            Value::Null => Ok(None),
            value => integer(&value).map(Some).ok_or_else(|| self.not_integer(position, &value)),
        }
    }

    /// The argument as a date: a date, or a text that `CDate` understands.
    pub(super) fn date(&self, position: usize) -> Result<DateTime, Stop> {
        match self.value(position)? {
            Value::DateTime(moment) => Ok(moment),
            value => Ok(dates::parse(&self.text_of(position, value)?.unwrap_or_default())?),
        }
    }

    /// The argument as role assignments; null is none of them.
    pub(super) fn roles(&self, position: usize) -> Result<Cow<'a, [RoleAssignment]>, Stop> {
        match self.value(position)? {
            Value::Roles(roles) => Ok(roles),
            empty if empty.is_empty() => Ok(Cow::Borrowed(&[])),
            other => Err(Reason::NotRoles { parameter: self.name(position), found: other.kind() }.into()),
        }
    }

    /// The name of the parameter, for messages.
    pub(super) fn name(&self, position: usize) -> &'static str {
        let signature = self.call.function.signature_for(self.count());
        signature.parameter(position).map_or("parameter", |parameter| parameter.name)
    }

    fn node(&self, position: usize) -> Option<&'a Node> {
        self.call.argument(position)
    }

    fn not_integer(&self, position: usize, found: &Value<'_>) -> Stop {
        let found = found.string_form().map_or_else(|| found.kind().to_owned(), |text| excerpt(&text));
        Reason::NotInteger { parameter: self.name(position), found }.into()
    }
}

/// The number that a value is, or is written as: digits, with a minus sign before them if it is negative.
pub(super) fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let written = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            written.then(|| text.parse().ok()).flatten()
        }
        _ => None,
    }
}
