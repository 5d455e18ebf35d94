//! How an expression came to its value: the result of every attribute, call and comparison that was evaluated.

use super::{
    evaluation_error::{EvaluationError, Stop},
    evaluator::Outcome,
    excerpt::beginning,
    tree::{Node, Span},
    value::Value,
};
use std::fmt;

/// How many characters of a result are shown.
const SHOWN: usize = 1000;

/// An evaluation with the results of its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'a> {
    /// What the whole expression gives.
    pub outcome: Result<Outcome<'a>, EvaluationError>,
    /// The parts that were evaluated, in the order of the text. What was not chosen is not among them.
    pub steps: Vec<Step>,
}

/// A part of an expression and what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part in canonical form.
    pub part: String,
    /// The bytes of the expression that it stands in.
    pub span: Span,
    /// How deep it stands: 0 for the whole expression.
    pub depth: usize,
    /// What it gave, as a line of text: JSON for values, of long ones the beginning, `[Redact]` if the expression redacts, else why it gave none.
    pub result: String,
}

impl Step {
    pub(super) fn new(node: &Node, depth: usize, result: &Result<Value<'_>, Stop>, concealed: bool) -> Self {
        let result = match result {
            _ if concealed => "[Redact]".to_owned(),
            Ok(Value::Text(text)) => Value::text(beginning(text, SHOWN)).to_string(),
            Ok(value) => beginning(&value.to_string(), SHOWN).into_owned(),
            Err(Stop::IgnoreFlow) => Value::IgnoreFlow.to_string(),
            Err(Stop::IgnoreObject) => Value::IgnoreObject.to_string(),
            Err(Stop::Failed(error)) => error.to_string(),
            Err(Stop::Because(reason)) => reason.to_string(),
        };
        Self { part: node.to_string(), span: node.span.clone(), depth, result }
    }
}

impl fmt::Display for Explanation<'_> {
    /// A line for each part, indented by its depth.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let indent = 2 * step.depth;
            writeln!(formatter, "{:indent$}{} -> {}", "", step.part, step.result)?;
        }
        Ok(())
    }
}
