//! Test cases for scoping filters, as files of JSON hold them: a filter in Graph's shape, a source object, and whether it
//! passes.
//!
//! Source: `spec/SCOPING.md` §8; the filter's shape, §1.3.

use super::{
    scoping::{FilterGroup, ScopingFilter},
    scoping_clause::{Clause, RegexAnchoring},
    scoping_error::FilterError,
};
use crate::expression::{cases::Judgement, excerpt};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

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
#[serde(try_from = "Json")]
pub enum Expected {
    /// The object passes, or does not.
    Passes(bool),
    /// The filter is refused, or cannot be evaluated for the object.
    Error,
}

impl TryFrom<Json> for Expected {
    type Error = String;

    fn try_from(written: Json) -> Result<Self, String> {
        match written {
            Json::Bool(passes) => Ok(Self::Passes(passes)),
            written if written == json!({"error": true}) => Ok(Self::Error),
            written => Err(format!(
                "`expected` must be true, false or {{\"error\": true}}, not {}",
                excerpt(&written.to_string())
            )),
        }
    }
}

/// A filter as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WrittenFilter {
    /// The groups. A filter without any lets everybody pass, so that must be said.
    pub groups: Vec<WrittenGroup>,
    /// Groups that objects have to pass before they are looked at: experimental, and refused unless there are none.
    #[serde(default)]
    pub input_filter_groups: NoGroups,
    /// Groups that say whether an object belongs to the mapping: experimental, and refused unless there are none.
    #[serde(default)]
    pub category_filter_groups: NoGroups,
}

/// An empty list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Json>")]
pub struct NoGroups;

impl TryFrom<Vec<Json>> for NoGroups {
    type Error = &'static str;

    fn try_from(groups: Vec<Json>) -> Result<Self, Self::Error> {
        if groups.is_empty() {
            Ok(Self)
        } else {
            Err("only `groups` are evaluated; the experimental ones must be empty")
        }
    }
}

/// A group of clauses as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
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
            (Expected::Error, Err(_)) => Judgement::Passed,
            _ => Judgement::Failed {
                expected: match self.expected {
                    Expected::Passes(passes) => describe(passes).to_owned(),
                    Expected::Error => "an error".to_owned(),
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
            let json = format!(r#"[{{"id": "1", "filter": {{"groups": []}}, "expected": {expected}}}]"#);
            let error = ScopingCase::read_all(&json).expect_err(expected).to_string();
            assert!(error.starts_with("`expected` must be true, false or {\"error\": true}, not "), "{error}");
        }
    }

    #[test]
    fn a_filter_with_a_misspelt_or_an_unused_part_lets_nobody_pass_unseen() {
        for (filter, said) in [
            (r"{}", "missing field `groups`"),
            (r#"{"grups": []}"#, "unknown field `grups`, expected one of `groups`, "),
            (r#"{"groups": [{"clause": []}]}"#, "unknown field `clause`, expected `name` or `clauses`"),
            (
                r#"{"groups": [], "inputFilterGroups": [{}]}"#,
                "only `groups` are evaluated; the experimental ones must be empty",
            ),
        ] {
            let json = format!(r#"[{{"id": "1", "filter": {filter}, "expected": true}}]"#);
            let error = ScopingCase::read_all(&json).expect_err(filter).to_string();
            assert!(error.starts_with(said), "{error}");
        }
        let whole = r#"[{"id": "1", "filter": {"groups": [], "inputFilterGroups": [], "categoryFilterGroups": []},
            "expected": true}]"#;
        assert!(ScopingCase::read_all(whole).is_ok());
    }
}
