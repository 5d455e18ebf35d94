//! What a test case expects.
//!
//! Source: `spec/EXPRESSIONS.md` §11.

use super::{
    pattern::{Budget, Pattern},
    value::Value,
};
use serde::Deserialize;
use serde_json::Value as Json;
use std::fmt;

/// What must come out.
#[derive(Clone, Debug)]
pub(super) enum Expectation {
    /// Exactly this value: null, a text, or a list of texts.
    Value(Value<'static>),
    /// An error, when the expression is read or evaluated.
    Error,
    /// The mapping is dropped.
    IgnoreFlow,
    /// A text that the pattern matches; with the pattern as written.
    Matching(String, Box<Pattern>),
    /// A random text.
    Random(RandomText),
}

/// The demands on a random text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RandomText {
    length: usize,
    #[serde(default)]
    min_digits: usize,
    #[serde(default)]
    min_special: usize,
    #[serde(default)]
    min_upper: usize,
    #[serde(default)]
    min_lower: usize,
    #[serde(default)]
    avoid: String,
}

/// The expectation of a case has no known form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no expectation; write a text, a list of texts, null, or an object with `error`, `ignore_flow`, `regex` or \
     `random_string`"
)]
pub struct UnknownExpectation(pub String);

impl Expectation {
    pub(super) fn read(json: &Json) -> Result<Self, UnknownExpectation> {
        Self::recognise(json).ok_or_else(|| UnknownExpectation(json.to_string()))
    }

    fn recognise(json: &Json) -> Option<Self> {
        match json {
            Json::Null => Some(Self::Value(Value::Null)),
            Json::String(text) => Some(Self::Value(Value::text(text.clone()))),
            Json::Array(elements) => {
                let texts = elements.iter().map(|element| element.as_str().map(str::to_owned));
                Some(Self::Value(Value::List(texts.collect::<Option<_>>()?)))
            }
            Json::Object(fields) if fields.len() == 1 => {
                let (key, demand) = fields.iter().next()?;
                match (key.as_str(), demand) {
                    ("error", Json::Bool(true)) => Some(Self::Error),
                    ("ignore_flow", Json::Bool(true)) => Some(Self::IgnoreFlow),
                    ("regex", Json::String(pattern)) => {
                        Some(Self::Matching(pattern.clone(), Box::new(Pattern::new(pattern).ok()?)))
                    }
                    ("random_string", demands) => RandomText::deserialize(demands).ok().map(Self::Random),
                    _ => None,
                }
            }
            Json::Object(_) | Json::Bool(_) | Json::Number(_) => None,
        }
    }

    /// Whether a value, or an error where there is none, is what was expected.
    pub(super) fn is_met(&self, actual: Option<&Value<'_>>) -> bool {
        let Some(actual) = actual else {
            return matches!(self, Self::Error);
        };
        let text = actual.string_form();
        match self {
            Self::Error => false,
            Self::IgnoreFlow => *actual == Value::IgnoreFlow,
            Self::Value(Value::List(elements)) => {
                actual.is_list() && actual.texts().iter().eq(elements.iter().map(String::as_str))
            }
            Self::Value(Value::Null) => *actual == Value::Null,
            Self::Value(expected) => text.is_some() && text == expected.string_form(),
            Self::Matching(_, pattern) => {
                text.is_some_and(|text| pattern.is_match(&text, &mut Budget::default()) == Ok(true))
            }
            Self::Random(demands) => text.is_some_and(|text| demands.are_met_by(&text)),
        }
    }
}

impl RandomText {
    fn are_met_by(&self, text: &str) -> bool {
        let count = |belongs: fn(&char) -> bool| text.chars().filter(belongs).count();
        text.chars().count() == self.length
            && count(char::is_ascii_digit) >= self.min_digits
            && count(char::is_ascii_punctuation) >= self.min_special
            && count(char::is_ascii_uppercase) >= self.min_upper
            && count(char::is_ascii_lowercase) >= self.min_lower
            && !text.chars().any(|character| self.avoid.contains(character))
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(formatter),
            Self::Error => formatter.write_str("an error"),
            Self::IgnoreFlow => Value::IgnoreFlow.fmt(formatter),
            Self::Matching(pattern, _) => write!(formatter, "a text that `{pattern}` matches"),
            Self::Random(demands) => write!(
                formatter,
                "a random text: length {}, at least {} digits, {} special, {} upper, {} lower, avoiding `{}`",
                demands.length,
                demands.min_digits,
                demands.min_special,
                demands.min_upper,
                demands.min_lower,
                demands.avoid
            ),
        }
    }
}
