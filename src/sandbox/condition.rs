//! One comparison of a filter, ready to be held against resources.

use super::{error::Refusal, resource::Resource, roster, target::Target, vocabulary::Vocabulary};
use crate::scim::{
    filter::{Comparison, Filter},
    path::scalar_eq,
};
use serde_json::Value;

/// A comparison by `eq` with its place resolved.
#[derive(Debug)]
pub(crate) struct Condition {
    /// Where the value is looked for.
    pub(crate) target: Target,
    /// What is looked for.
    pub(crate) value: Value,
    /// Whether upper and lower case differ.
    case_exact: bool,
}

/// Reads a filter: comparisons by `eq`, joined by `and`.
pub(crate) fn parse(text: &str, vocabulary: &Vocabulary) -> Result<Vec<Condition>, Refusal> {
    let filter: Filter = text.parse().map_err(|error| Refusal::InvalidFilter(format!("{error}")))?;
    let about_one = filter.0.iter().any(|comparison| vocabulary.target(&comparison.path).is_core("id"));
    filter.0.into_iter().map(|comparison| Condition::new(comparison, about_one, vocabulary)).collect()
}

impl Condition {
    /// Reads a comparison. An application with a schema refuses what its rules do not call filterable, other than `id`; of
    /// one resource, which the filter names by its `id` (`about_one`), it also says to whom it refers.
    fn new(comparison: Comparison, about_one: bool, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let Comparison { path, value } = comparison;
        let target = vocabulary.target(&path);
        let rule = vocabulary.rules().into_iter().flatten().find(|rule| rule.target.same_values(&target));
        let filterable = vocabulary.rules().is_none() || rule.is_some_and(|rule| rule.row.filterable);
        let refers = about_one && vocabulary.refers(&target) && vocabulary.permits(&target);
        if !filterable && !refers && !target.is_core("id") {
            return Err(Refusal::InvalidFilter(format!("this application cannot filter on `{path}`")));
        }
        let case_exact = match rule {
            Some(rule) => rule.row.case_exact,
            None if Vocabulary::keeps(&target) => true,
            None => vocabulary.defined(&target).is_some_and(|definition| definition.case_exact),
        };
        Ok(Self { target, value, case_exact })
    }

    /// Whether a resource holds the value.
    pub(crate) fn holds(&self, resource: &Resource, vocabulary: &Vocabulary) -> bool {
        if self.asks_for_member() {
            return self.value.as_str().is_some_and(|id| resource.roster.contains(id));
        }
        resource.values(&self.target, vocabulary).iter().any(|found| self.equals(found))
    }

    /// Whether this asks for a member of a group by its id, which a roster answers without a search.
    fn asks_for_member(&self) -> bool {
        self.target.is_core("members")
            && self.target.selector.is_none()
            && self.target.part.as_deref().is_none_or(|part| part == roster::ID)
    }

    fn equals(&self, found: &Value) -> bool {
        match (found, &self.value) {
            (Value::String(found), Value::String(wanted)) if self.case_exact => found == wanted,
            (found, wanted) => scalar_eq(found, wanted),
        }
    }
}
