//! Test cases for expressions, as files of JSON hold them: an expression, a source object, and what must come out.
//!
//! A case that could reasonably come out otherwise carries a tag that names the question; it is judged like the others and
//! reported with its tag.
//!
//! Source: `spec/EXPRESSIONS.md` §11.

use super::{
    Expression,
    expectation::{Expectation, UnknownExpectation},
    surroundings::Surroundings,
    value::Value,
};
use crate::chance::Chance;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// A test case.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// What the case is called.
    pub id: String,
    /// The function that it is about, or `Syntax`.
    #[serde(default)]
    pub function: String,
    /// The expression.
    pub expression: String,
    /// The source object: attributes with their values.
    #[serde(default)]
    pub source_attributes: Map<String, Json>,
    /// What must come out, as written; [`judge`](Self::judge) reads it.
    pub expected: Json,
    /// Where the case comes from.
    #[serde(default)]
    pub provenance: String,
    /// Anything else about it.
    #[serde(default)]
    pub note: String,
    /// The circumstances it needs.
    #[serde(default)]
    pub context: Option<Context>,
    /// The question that a reasonable engine could answer otherwise.
    #[serde(default)]
    pub ambiguity: Option<String>,
}

/// The circumstances of a case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// What `Now()` gives.
    #[serde(default)]
    pub now: Option<Timestamp>,
    /// The values that the target has already.
    #[serde(default)]
    pub unique_taken: Vec<String>,
}

/// Whether a case came out as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It did.
    Passed,
    /// It did not.
    Failed {
        /// What was expected, in words.
        expected: String,
        /// What came out, in words.
        actual: String,
    },
}

impl Judgement {
    /// Whether the case came out as expected.
    pub fn is_passed(&self) -> bool {
        *self == Self::Passed
    }
}

impl Case {
    /// The names of the fields.
    pub const FIELDS: &[&str] = &[
        "id",
        "function",
        "expression",
        "source_attributes",
        "expected",
        "provenance",
        "note",
        "context",
        "ambiguity",
    ];

    /// Reads the text of a file: a JSON array of cases.
    pub fn read_all(json: &str) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Evaluates the expression and compares. `now` is the moment for cases that name none.
    pub fn judge(&self, now: Timestamp, chance: &Chance) -> Result<Judgement, UnknownExpectation> {
        let expectation = Expectation::read(&self.expected)?;
        let context = self.context.clone().unwrap_or_default();
        let is_taken = |value: &str| context.unique_taken.iter().any(|taken| taken == value);
        let surroundings =
            Surroundings { unique_taken: &is_taken, ..Surroundings::new(context.now.unwrap_or(now), chance) };
        let mut redacted = false;
        let actual = match Expression::parse(&self.expression) {
            Err(error) => Err(error.to_string()),
            Ok(expression) => match expression.evaluate(&self.source_attributes, &surroundings) {
                Err(error) => Err(error.to_string()),
                Ok(outcome) => {
                    redacted = outcome.redacted;
                    Ok(outcome.value.into_owned())
                }
            },
        };
        Ok(if expectation.is_met(actual.as_ref().ok()) {
            Judgement::Passed
        } else {
            let shown = |value: Value<'_>| if redacted { "[Redact]".to_owned() } else { value.to_string() };
            let actual = actual.map_or_else(|error| format!("the error `{error}`"), shown);
            Judgement::Failed { expected: expectation.to_string(), actual }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(json: &str) -> Judgement {
        let case: Case = serde_json::from_str(json).expect("a case");
        case.judge(Timestamp::UNIX_EPOCH, &Chance::seeded(1)).expect("a known expectation")
    }

    fn failed(expected: &str, actual: &str) -> Judgement {
        Judgement::Failed { expected: expected.to_owned(), actual: actual.to_owned() }
    }

    #[test]
    fn what_comes_out_as_expected_passes() {
        for json in [
            r#"{"id": "1", "expression": "[a]", "source_attributes": {"a": "x"}, "expected": "x"}"#,
            r#"{"id": "2", "expression": "[a]", "expected": null}"#,
            r#"{"id": "3", "expression": "[a]", "source_attributes": {"a": true}, "expected": "True"}"#,
            r#"{"id": "4", "expression": "Split([a], \",\")", "source_attributes": {"a": "x,y"}, "expected": ["x", "y"]}"#,
            r#"{"id": "5", "expression": "Append([a])", "expected": {"error": true}}"#,
            r#"{"id": "6", "expression": "CDate([a])", "expected": {"error": true}}"#,
            r#"{"id": "7", "expression": "IgnoreFlowIfNullOrEmpty([a])", "expected": {"ignore_flow": true}}"#,
            r#"{"id": "8", "expression": "Guid()", "expected": {"regex": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}}"#,
            r#"{"id": "9", "expression": "Now()", "context": {"now": "2021-07-02T15:33:38Z"}, "expected": "7/2/2021 3:33:38 PM"}"#,
            r#"{"id": "10", "expression": "SelectUniqueValue(\"a\", \"b\")", "context": {"unique_taken": ["a"]}, "expected": "b"}"#,
            r#"{"id": "11", "expression": "RandomString(6,3,0,0,3)", "expected": {"random_string":
                {"length": 6, "min_digits": 3, "min_special": 0, "min_upper": 0, "min_lower": 3, "avoid": ""}}}"#,
        ] {
            assert_eq!(judge(json), Judgement::Passed, "{json}");
        }
    }

    #[test]
    fn what_is_redacted_is_not_shown_in_a_verdict_either() {
        let case =
            r#"{"id": "1", "expression": "Redact([p])", "source_attributes": {"p": "hunter2"}, "expected": "x"}"#;
        assert_eq!(judge(case), failed("\"x\"", "[Redact]"));
    }

    #[test]
    fn what_comes_out_otherwise_fails_with_both() {
        for (json, judgement) in [
            (r#"{"id": "1", "expression": "\"x\"", "expected": "y"}"#, failed("\"y\"", "\"x\"")),
            (r#"{"id": "2", "expression": "\"\"", "expected": null}"#, failed("null", "\"\"")),
            (r#"{"id": "3", "expression": "[a]", "expected": ""}"#, failed("\"\"", "null")),
            (r#"{"id": "4", "expression": "Split(\"x\", \",\")", "expected": "x"}"#, failed("\"x\"", "[\"x\"]")),
            (r#"{"id": "5", "expression": "\"x\"", "expected": ["x"]}"#, failed("[\"x\"]", "\"x\"")),
            (
                r#"{"id": "6", "expression": "Split(\"x,y\", \",\")", "expected": ["y", "x"]}"#,
                failed("[\"y\",\"x\"]", "[\"x\",\"y\"]"),
            ),
            (r#"{"id": "7", "expression": "\"x\"", "expected": {"error": true}}"#, failed("an error", "\"x\"")),
            (
                r#"{"id": "8", "expression": "Nope()", "expected": "x"}"#,
                failed("\"x\"", "the error `there is no function `Nope` (character 1)`"),
            ),
            (
                r#"{"id": "9", "expression": "[a]", "expected": {"ignore_flow": true}}"#,
                failed("ignore the flow", "null"),
            ),
            (
                r#"{"id": "10", "expression": "IgnoreAttributeFlow", "expected": null}"#,
                failed("null", "ignore the flow"),
            ),
            (r#"{"id": "11", "expression": "Guid()", "expected": {"regex": "^x"}}"#, {
                let Judgement::Failed { actual, .. } = judge(r#"{"id": "", "expression": "Guid()", "expected": ""}"#)
                else {
                    panic!("a GUID is not empty")
                };
                failed("a text that `^x` matches", &actual)
            }),
            (
                r#"{"id": "12", "expression": "\"abc\"", "expected": {"random_string": {"length": 3, "min_digits": 1}}}"#,
                failed(
                    "a random text: length 3, at least 1 digits, 0 special, 0 upper, 0 lower, avoiding ``",
                    "\"abc\"",
                ),
            ),
            (
                r#"{"id": "13", "expression": "\"abc\"", "expected": {"random_string": {"length": 3, "avoid": "xb"}}}"#,
                failed(
                    "a random text: length 3, at least 0 digits, 0 special, 0 upper, 0 lower, avoiding `xb`",
                    "\"abc\"",
                ),
            ),
        ] {
            assert_eq!(judge(json), judgement, "{json}");
        }
    }

    #[test]
    fn an_expectation_that_means_nothing_is_an_error() {
        for expected in [
            "{}",
            "1",
            "true",
            "{\"eror\": true}",
            "{\"error\": false}",
            "[1]",
            "{\"regex\": \"(\"}",
            "{\"random_string\": {}}",
        ] {
            let case: Case =
                serde_json::from_str(&format!("{{\"id\": \"1\", \"expression\": \"[a]\", \"expected\": {expected}}}"))
                    .expect("a case");
            let judged = case.judge(Timestamp::UNIX_EPOCH, &Chance::seeded(1));
            assert!(judged.is_err(), "{expected}: {judged:?}");
        }
        assert!(serde_json::from_str::<Case>("{\"id\": \"1\", \"expression\": \"[a]\"}").is_err());
    }
}
