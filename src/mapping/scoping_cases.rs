//! Test cases for scoping filters, as files of JSON hold them: a filter in Graph's shape, a source object, and whether it
//! passes.
//!
//! Source: `spec/SCOPING.md` §8; the filter's shape, §1.3.

use super::{
    scoping::{FilterGroup, ScopingFilter},
    scoping_clause::{Clause, RegexAnchoring},
    scoping_error::FilterError,
};
use crate::expression::cases::Judgement;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// A test case.
#[derive(Clone, Debug, Deserialize)]
pub struct ScopingCase {
    /// What the case is called.
    pub id: String,
    /// What kind of object is judged: `User` or `Group`.
    #[serde(default)]
    pub object: String,
    /// The filter.
    pub filter: WrittenFilter,
    /// The source object: attributes with their values.
    #[serde(default)]
    pub source: Map<String, Json>,
    /// Whether the object passes.
    pub expected: Expected,
    /// Where the case comes from.
    #[serde(default)]
    pub provenance: String,
    /// Anything else about it.
    #[serde(default)]
    pub note: String,
    /// The question that a reasonable engine could answer otherwise.
    #[serde(default)]
    pub ambiguity: Option<String>,
}

/// What a case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Expected {
    /// The object passes, or does not.
    Passes(bool),
    /// The filter is refused, or cannot be evaluated for the object.
    Error {
        /// Always true.
        error: True,
    },
}

/// The one value that `error` can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(truth: bool) -> Result<Self, Self::Error> {
        if truth { Ok(Self) } else { Err("`error` can only be true") }
    }
}

/// A filter as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WrittenFilter {
    /// The groups.
    #[serde(default)]
    pub groups: Vec<WrittenGroup>,
}

/// A group of clauses as it is written.
#[derive(Clone, Debug, Deserialize)]
pub struct WrittenGroup {
    /// The title.
    #[serde(default)]
    pub name: String,
    /// The clauses.
    #[serde(default)]
    pub clauses: Vec<WrittenClause>,
}

/// A clause as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenClause {
    /// The attribute.
    pub source_operand_name: String,
    /// The operator.
    pub operator_name: String,
    /// What to compare with.
    #[serde(default)]
    pub target_operand: Option<WrittenOperand>,
}

/// What a clause compares with, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WrittenOperand {
    /// The values: one for a binary operator, none for a unary one.
    #[serde(default)]
    pub values: Vec<String>,
}

impl WrittenFilter {
    /// Checks the filter and makes it ready for use.
    pub fn check(&self, anchoring: RegexAnchoring) -> Result<ScopingFilter, FilterError> {
        let groups = self.groups.iter().map(|group| {
            let clauses = group.clauses.iter().map(|clause| clause.check(anchoring));
            FilterGroup::new(&group.name, clauses.collect::<Result<_, _>>()?)
        });
        Ok(ScopingFilter::new(groups.collect::<Result<_, _>>()?))
    }
}

impl WrittenClause {
    fn check(&self, anchoring: RegexAnchoring) -> Result<Clause, FilterError> {
        let values = self.target_operand.as_ref().map_or(&[][..], |operand| &operand.values);
        Clause::new(&self.source_operand_name, &self.operator_name, values, None, anchoring)
            .map_err(|kind| FilterError::Clause { attribute: self.source_operand_name.clone(), kind })
    }
}

impl ScopingCase {
    /// The names of the fields.
    pub const FIELDS: &[&str] = &["id", "object", "filter", "source", "expected", "provenance", "note", "ambiguity"];

    /// Reads the text of a file: a JSON array of cases.
    pub fn read_all(json: &str) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Evaluates the filter and compares.
    pub fn judge(&self, anchoring: RegexAnchoring) -> Judgement {
        let actual = self.filter.check(anchoring).map_err(|error| error.to_string()).and_then(|filter| {
            let verdict = filter.evaluate(&self.source).map_err(|error| error.to_string())?;
            Ok(verdict.passed)
        });
        match (self.expected, &actual) {
            (Expected::Passes(expected), Ok(passed)) if expected == *passed => Judgement::Passed,
            (Expected::Error { .. }, Err(_)) => Judgement::Passed,
            _ => Judgement::Failed {
                expected: match self.expected {
                    Expected::Passes(passes) => describe(passes).to_owned(),
                    Expected::Error { .. } => "an error".to_owned(),
                },
                actual: actual
                    .map_or_else(|error| format!("the error `{error}`"), |passed| describe(passed).to_owned()),
            },
        }
    }
}

fn describe(passed: bool) -> &'static str {
    if passed { "in scope" } else { "out of scope" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(operator: &str, values: &str, source: &str, expected: &str) -> Judgement {
        let json = format!(
            r#"{{"id": "1", "filter": {{"groups": [{{"name": "", "clauses": [{{"sourceOperandName": "a",
            "operatorName": "{operator}", "targetOperand": {values}}}]}}]}}, "source": {source}, "expected": {expected}}}"#
        );
        let case: ScopingCase = serde_json::from_str(&json).expect("a case");
        case.judge(RegexAnchoring::Whole)
    }

    fn failed(expected: &str, actual: &str) -> Judgement {
        Judgement::Failed { expected: expected.to_owned(), actual: actual.to_owned() }
    }

    #[test]
    fn right_expectations_pass_and_wrong_ones_fail() {
        let sales = r#"{"values": ["sales"]}"#;
        assert_eq!(judge("EQUALS", sales, r#"{"a": "sales"}"#, "true"), Judgement::Passed);
        assert_eq!(judge("EQUALS", sales, r#"{"a": "it"}"#, "false"), Judgement::Passed);
        assert_eq!(judge("IS NULL", "null", "{}", "true"), Judgement::Passed);
        assert_eq!(judge("SAME AS", sales, "{}", r#"{"error": true}"#), Judgement::Passed);
        assert_eq!(judge("EQUALS", sales, r#"{"a": "sales"}"#, "false"), failed("out of scope", "in scope"));
        assert_eq!(judge("EQUALS", sales, r#"{"a": "it"}"#, "true"), failed("in scope", "out of scope"));
        assert_eq!(judge("EQUALS", sales, "{}", r#"{"error": true}"#), failed("an error", "out of scope"));
        assert_eq!(
            judge("SAME AS", sales, "{}", "false"),
            failed("out of scope", "the error `the clause on `a` is refused: there is no operator `SAME AS``")
        );
    }

    #[test]
    fn an_expectation_that_means_nothing_is_an_error() {
        for expected in ["1", "null", "\"true\"", "{}", "{\"error\": false}", "{\"eror\": true}"] {
            let json = format!(r#"[{{"id": "1", "filter": {{}}, "expected": {expected}}}]"#);
            assert!(ScopingCase::read_all(&json).is_err(), "{expected}");
        }
    }
}
