//! How an expression came to its value: its tree, with what each part gave, and with what was never evaluated.
//!
//! Constants are listed only where they were passed over, for what they give is what they are. Of a branch that was not taken
//! only the top is listed.

use super::{
    evaluation_error::{EvaluationError, Stop},
    evaluator::Outcome,
    excerpt::beginning,
    functions::Kind,
    print,
    tree::{Node, NodeKind, Span},
    value::Value,
};
use serde_json::Value as Json;
use std::{borrow::Cow, collections::HashMap, fmt};
use unicode_width::UnicodeWidthChar as _;

/// How many columns of a part are printed.
const PRINTED: usize = 100;
/// How many characters of a part are kept. Parts contain one another: whole, they would grow with the square of the depth.
const KEPT_OF_PART: usize = 2 * PRINTED;
/// How many characters of a value are kept. Each part has one, and together they could be more than fits into memory.
const KEPT: usize = 1_000;

/// An evaluation with the results of its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'a> {
    /// What the whole expression gives.
    pub outcome: Result<Outcome<'a>, EvaluationError>,
    /// The parts in the order of the text, the whole expression first.
    pub steps: Vec<Step>,
}

/// A part of an expression and what it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part in canonical form. Of a long one the beginning, with an ellipsis behind it.
    pub part: String,
    /// The bytes of the expression that it stands in.
    pub span: Span,
    /// How deep it stands: 0 for the whole expression.
    pub depth: usize,
    /// What it gave.
    pub result: StepResult,
}

/// What a part of an expression gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// A value: a text in string form, a list of texts, or null. Of a long one the beginning, with an ellipsis behind it.
    Value(Json),
    /// It dropped the mapping for this object.
    IgnoreFlow,
    /// It skipped the object.
    IgnoreObject,
    /// It could not give a value, for this reason.
    Failed(String),
    /// A part of it could not give a value.
    Stopped,
    /// It was evaluated, but the expression has `Redact`.
    Hidden,
    /// It was not chosen, or never reached.
    NotEvaluated,
}

/// What the parts gave that were evaluated, by their place.
#[derive(Debug, Default)]
pub(super) struct Results(HashMap<(usize, usize), StepResult>);

impl Results {
    /// Notes what `node` gave.
    pub(super) fn note(&mut self, node: &Node, result: &Result<Value<'_>, Stop>, concealed: bool) {
        let result = match result {
            _ if concealed => StepResult::Hidden,
            Ok(value) => StepResult::of(value),
            Err(Stop::IgnoreFlow) => StepResult::IgnoreFlow,
            Err(Stop::IgnoreObject) => StepResult::IgnoreObject,
            Err(Stop::Failed(error)) if error.span == node.span => StepResult::Failed(error.reason.to_string()),
            Err(Stop::Failed(_)) => StepResult::Stopped,
            Err(Stop::Because(reason)) => StepResult::Failed(reason.to_string()),
        };
        self.0.insert((node.span.start, node.span.end), result);
    }

    /// The steps of the tree below `root`.
    pub(super) fn into_steps(mut self, root: &Node) -> Vec<Step> {
        let mut steps = Vec::new();
        self.collect(root, 0, &mut steps);
        steps
    }

    fn collect(&mut self, node: &Node, depth: usize, steps: &mut Vec<Step>) {
        let result = self.0.remove(&(node.span.start, node.span.end)).unwrap_or(StepResult::NotEvaluated);
        let evaluated = result != StepResult::NotEvaluated;
        let constant = matches!(node.kind, NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Word(_));
        if depth == 0 || !constant || !matches!(result, StepResult::Value(_) | StepResult::Hidden) {
            steps.push(Step { part: print::beginning(node, KEPT_OF_PART), span: node.span.clone(), depth, result });
        }
        if evaluated {
            let compiled = compiled_pattern(node);
            for child in node.children().into_iter().filter(|child| Some(&child.span) != compiled) {
                self.collect(child, depth + 1, steps);
            }
        }
    }
}

/// The place of the constant regular expression of a call. It was compiled beforehand, and so is never evaluated.
fn compiled_pattern(node: &Node) -> Option<&Span> {
    let NodeKind::Call(call) = &node.kind else { return None };
    call.pattern.as_ref()?;
    call.given().find(|(parameter, _)| parameter.kind == Kind::Pattern).map(|(_, pattern)| &pattern.span)
}

impl StepResult {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::IgnoreFlow => Self::IgnoreFlow,
            Value::IgnoreObject => Self::IgnoreObject,
            value if value.is_list() => Self::Value(beginning_of_list(&value.texts())),
            value => Self::Value(value.string_form().map(|text| beginning(&text, KEPT).into_owned()).into()),
        }
    }
}

fn beginning_of_list(texts: &[Cow<'_, str>]) -> Json {
    let mut left = KEPT;
    let mut kept = Vec::new();
    for text in texts {
        if left == 0 {
            kept.push("…".to_owned());
            break;
        }
        kept.push(beginning(text, left).into_owned());
        left = left.saturating_sub(text.len().max(1));
    }
    kept.into()
}

impl fmt::Display for StepResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(formatter, "-> {value}"),
            Self::IgnoreFlow => write!(formatter, "-> {}", Value::IgnoreFlow),
            Self::IgnoreObject => write!(formatter, "-> {}", Value::IgnoreObject),
            Self::Failed(reason) => write!(formatter, "-> error: {reason}"),
            Self::Stopped => formatter.write_str("-> error"),
            Self::Hidden => formatter.write_str("-> [Redact]"),
            Self::NotEvaluated => formatter.write_str("(not evaluated)"),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    /// A line for each part, indented by its depth. Padding by the formatter goes blank by blank, which of deep trees is most of
    /// the time.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            formatter.write_str(&"  ".repeat(step.depth))?;
            writeln!(formatter, "{} {}", printed(&step.part), step.result)?;
        }
        Ok(())
    }
}

/// A part in one line that is not too long.
fn printed(part: &str) -> String {
    let mut columns = 0;
    let mut line = String::new();
    for character in part.chars() {
        columns += character.width().unwrap_or(0);
        if columns > PRINTED {
            line.push('…');
            break;
        }
        line.push(if character.is_control() { ' ' } else { character });
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::{
        chance::Chance,
        expression::{Expression, Surroundings, Value},
    };
    use std::collections::HashMap;

    fn explain(text: &str) -> String {
        let list = Value::List(vec!["a".to_owned()].into());
        let object = HashMap::from([("a".to_owned(), Value::text("x")), ("list".to_owned(), list)]);
        let chance = Chance::seeded(1);
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        Expression::parse(text).expect(text).explain(&object, &surroundings).to_string()
    }

    #[test]
    fn every_part_that_was_evaluated_is_shown_with_its_value() {
        assert_eq!(
            explain("IIF([a]=\"x\", Join(\"-\", [none], \"y\"), [list])"),
            "IIF([a] = \"x\", Join(\"-\", [none], \"y\"), [list]) -> \"y\"\n\
             \x20 [a] = \"x\" -> \"True\"\n\
             \x20   [a] -> \"x\"\n\
             \x20 Join(\"-\", [none], \"y\") -> \"y\"\n\
             \x20   [none] -> null\n\
             \x20 [list] (not evaluated)\n"
        );
        assert_eq!(explain("[list]"), "[list] -> [\"a\"]\n");
        assert_eq!(explain("\"x\""), "\"x\" -> \"x\"\n");
    }

    #[test]
    fn of_branches_that_were_not_taken_the_top_is_shown() {
        assert_eq!(
            explain("Switch([a], ToLower([a]), \"w\", \"1\", \"x\", \"2\", \"y\", Item([list], 9))"),
            "Switch([a], ToLower([a]), \"w\", \"1\", \"x\", \"2\", \"y\", Item([list], 9)) -> \"2\"\n\
             \x20 [a] -> \"x\"\n\
             \x20 ToLower([a]) (not evaluated)\n\
             \x20 \"1\" (not evaluated)\n\
             \x20 \"y\" (not evaluated)\n\
             \x20 Item([list], 9) (not evaluated)\n"
        );
    }

    #[test]
    fn a_regular_expression_that_was_used_is_not_said_to_be_unused() {
        assert_eq!(
            explain("Replace([a], , \"x\", , \"y\", , )"),
            "Replace([a], , \"x\", , \"y\", , ) -> \"y\"\n  [a] -> \"x\"\n"
        );
    }

    #[test]
    fn the_part_that_failed_says_why_and_what_follows_is_not_evaluated() {
        assert_eq!(
            explain("Append(Append(Item([list], 9), [a]), [a])"),
            "Append(Append(Item([list], 9), [a]), [a]) -> error\n\
             \x20 Append(Item([list], 9), [a]) -> error\n\
             \x20   Item([list], 9) -> error: There is no element 9: the attribute has 1 value, counted from 1\n\
             \x20     [list] -> [\"a\"]\n\
             \x20   [a] (not evaluated)\n\
             \x20 [a] (not evaluated)\n"
        );
    }

    #[test]
    fn what_redact_conceals_is_not_shown() {
        assert_eq!(explain("Redact([a])"), "Redact([a]) -> [Redact]\n  [a] -> [Redact]\n");
        assert_eq!(
            explain("IIF([a]=\"x\", Item([list], 9), Redact([a]))"),
            "IIF([a] = \"x\", Item([list], 9), Redact([a])) -> [Redact]\n\
             \x20 [a] = \"x\" -> [Redact]\n\
             \x20   [a] -> [Redact]\n\
             \x20 Item([list], 9) -> [Redact]\n\
             \x20   [list] -> [Redact]\n\
             \x20 Redact([a]) (not evaluated)\n"
        );
    }

    #[test]
    fn a_dropped_mapping_is_told_where_it_was_decided() {
        assert_eq!(
            explain("Append(IgnoreFlowIfNullOrEmpty([none]), [a])"),
            "Append(IgnoreFlowIfNullOrEmpty([none]), [a]) -> ignore the flow\n\
             \x20 IgnoreFlowIfNullOrEmpty([none]) -> ignore the flow\n\
             \x20   [none] -> null\n\
             \x20 [a] (not evaluated)\n"
        );
        assert_eq!(
            explain("IIF([a]=\"x\", IgnoreAttributeFlow, \"y\")").lines().nth(3),
            Some("  IgnoreAttributeFlow -> ignore the flow")
        );
    }

    #[test]
    fn of_long_values_the_beginning_is_kept() {
        let long = |separator: &str| format!("Split(\"{}\", \",\")", vec!["é".repeat(600); 4].join(separator));
        let value =
            |text: &str| explain(text).lines().next().and_then(|line| line.split(" -> ").nth(1)).unwrap().to_owned();
        let (whole, cut) = ("é".repeat(600), "é".repeat(1_000));
        assert_eq!(value(&long(";")), format!("[\"{}…\"]", "é".repeat(600) + ";" + &"é".repeat(399)));
        assert_eq!(value(&long(",")), format!("[\"{whole}\",\"…\"]"));
        assert_eq!(value(&format!("ToLower(\"{cut}\")")), format!("\"{cut}\""));
        assert_eq!(value(&format!("ToLower(\"{cut}x\")")), format!("\"{cut}…\""));
    }

    #[test]
    fn of_long_parts_the_beginning_is_kept() {
        let (object, chance) = (HashMap::from([("a".to_owned(), Value::text("x"))]), Chance::seeded(1));
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        let (whole, cut) = ("é".repeat(200 - "Append([a], \"\")".len()), "é".repeat(200));
        for (text, part) in [
            (format!("Append([a], \"{whole}\")"), format!("Append([a], \"{whole}\")")),
            (
                format!("Append([a], \"{cut}\")"),
                format!("Append([a], \"{}…", &cut[..2 * (200 - "Append([a], \"".len())]),
            ),
        ] {
            assert_eq!(Expression::parse(&text).expect("valid").explain(&object, &surroundings).steps[0].part, part);
        }
    }

    #[test]
    fn long_parts_are_cut_to_one_line() {
        let text = format!("Append([a], \"{}\\n\n\")", "東".repeat(60));
        let shown = explain(&text);
        let line = shown.lines().next().unwrap();
        assert!(line.starts_with(&format!("Append([a], \"{}… -> \"x", "東".repeat(43))), "{line}");
    }
}
