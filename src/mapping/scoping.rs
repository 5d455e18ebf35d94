//! Scoping filters: which objects take part, judged by their source attributes.
//!
//! A filter has groups, which the portal calls scoping filters, and groups have clauses. A group holds if all its clauses do;
//! the filter, if any of its groups does, or if it has none. Each object is judged by itself, before anything is mapped.
//! Assignment is another matter; the engine joins the two.
//!
//! All clauses are evaluated, even where the result is clear already: the provisioning log lists every one of them.
//!
//! Source: `spec/SCOPING.md` §1 and §6.4; the log's keys, `spec/GRAPH.md` (`ScopeEvaluationResult`).

use super::{
    scoping_clause::Clause,
    scoping_error::{FilterError, ScopingError},
};
use crate::expression::{Attributes, pattern::Budget};

/// A scoping filter.
#[derive(Clone, Debug, Default)]
pub struct ScopingFilter {
    groups: Vec<FilterGroup>,
}

/// A group of clauses, all of which must hold.
#[derive(Clone, Debug)]
pub struct FilterGroup {
    title: String,
    clauses: Vec<Clause>,
}

/// What a scoping filter says about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the object passes.
    pub passed: bool,
    /// The clauses with their results, group by group.
    pub clauses: Vec<ClauseResult>,
}

/// A clause and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseResult {
    /// The clause as the provisioning log names it: `Staff only.department EQUALS 'Sales'`.
    pub key: String,
    /// Whether it holds.
    pub holds: bool,
}

impl FilterGroup {
    /// A group with at least one clause.
    pub fn new(title: impl Into<String>, clauses: Vec<Clause>) -> Result<Self, FilterError> {
        let title = title.into();
        if clauses.is_empty() { Err(FilterError::EmptyGroup { title }) } else { Ok(Self { title, clauses }) }
    }

    /// The group's title; may be empty.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The clauses.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }
}

impl ScopingFilter {
    /// A filter of these groups; without any, everything passes.
    pub fn new(groups: Vec<FilterGroup>) -> Self {
        Self { groups }
    }

    /// The groups.
    pub fn groups(&self) -> &[FilterGroup] {
        &self.groups
    }

    /// Every clause, in order.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.groups.iter().flat_map(FilterGroup::clauses)
    }

    /// Judges the object with these attributes. All regular expressions of the filter share one budget of steps.
    pub fn evaluate(&self, attributes: &dyn Attributes) -> Result<Verdict, ScopingError> {
        let mut budget = Budget::default();
        let mut verdict = Verdict { passed: self.groups.is_empty(), clauses: Vec::new() };
        for group in &self.groups {
            let mut all_hold = true;
            for clause in &group.clauses {
                let holds = clause.holds(attributes, &mut budget)?;
                all_hold &= holds;
                verdict.clauses.push(ClauseResult { key: format!("{}.{clause}", group.title), holds });
            }
            verdict.passed |= all_hold;
        }
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scoping_clause::RegexAnchoring, *};
    use crate::expression::Value;
    use std::collections::HashMap;

    fn group(title: &str, clauses: &[(&str, &str, &str)]) -> FilterGroup {
        let clauses = clauses.iter().map(|&(attribute, operator, value)| {
            let values: Vec<String> = if value.is_empty() { vec![] } else { vec![value.to_owned()] };
            Clause::new(attribute, operator, &values, None, RegexAnchoring::Whole).expect("a clause")
        });
        FilterGroup::new(title, clauses.collect()).expect("a group")
    }

    fn object(attributes: &[(&str, &'static str)]) -> HashMap<String, Value<'static>> {
        attributes.iter().map(|&(name, value)| (name.to_owned(), Value::text(value))).collect()
    }

    #[test]
    fn clauses_are_joined_by_and_groups_by_or() {
        let filter = ScopingFilter::new(vec![
            group("A", &[("department", "EQUALS", "Sales"), ("state", "EQUALS", "CA")]),
            group("B", &[("jobTitle", "IS NOT NULL", "")]),
        ]);
        for (attributes, passed) in [
            (&[("department", "Sales"), ("state", "CA")][..], true),
            (&[("department", "Sales"), ("state", "NY")], false),
            (&[("department", "Sales"), ("jobTitle", "Engineer")], true),
            (&[], false),
        ] {
            assert_eq!(
                filter.evaluate(&object(attributes)).map(|verdict| verdict.passed),
                Ok(passed),
                "{attributes:?}"
            );
        }
        assert_eq!(filter.clauses().map(Clause::attribute).collect::<Vec<_>>(), ["department", "state", "jobTitle"]);
    }

    #[test]
    fn every_clause_is_listed_with_its_result() {
        let filter = ScopingFilter::new(vec![
            group("Staff only", &[("department", "equals", "Sales"), ("mail", "IS NOT NULL", "")]),
            group("", &[("level", "GREATER THAN", "3")]),
        ]);
        let verdict = filter.evaluate(&object(&[("department", "IT"), ("mail", "x"), ("level", "4")]));
        let result = |key: &str, holds| ClauseResult { key: key.to_owned(), holds };
        assert_eq!(
            verdict,
            Ok(Verdict {
                passed: true,
                clauses: vec![
                    result("Staff only.department EQUALS 'Sales'", false),
                    result("Staff only.mail IS NOT NULL", true),
                    result(".level GREATER_THAN '3'", true),
                ]
            })
        );
    }

    #[test]
    fn the_regular_expressions_of_a_filter_share_one_budget() {
        let value = "a".repeat(25);
        let object = HashMap::from([("mail".to_owned(), Value::text(&value))]);
        let judge = |clauses: usize| {
            let filter = ScopingFilter::new(vec![group("A", &vec![("mail", "REGEX MATCH", "(a|aa)+b"); clauses])]);
            filter.evaluate(&object).map(|verdict| verdict.passed)
        };
        assert_eq!(judge(1), Ok(false));
        let error = ScopingError::PatternTooCostly { attribute: "mail".into(), pattern: "(a|aa)+b".into() };
        assert_eq!(judge(20), Err(error));
    }

    #[test]
    fn no_groups_let_everything_pass_and_an_empty_group_is_refused() {
        let verdict = ScopingFilter::default().evaluate(&object(&[]));
        assert_eq!(verdict, Ok(Verdict { passed: true, clauses: vec![] }));
        let error = FilterGroup::new("Nobody", vec![]).map(|_| ()).expect_err("no clauses");
        assert_eq!(error.to_string(), "the scoping filter `Nobody` has no clauses: everybody would pass");
        assert_eq!(error.suggestion(), "add a clause, or remove the filter");
    }
}
