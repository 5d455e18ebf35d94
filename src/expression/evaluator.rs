//! Walks the tree of an expression and gives its value.
//!
//! A function gets its arguments unevaluated and asks for those it needs, so nothing is evaluated that is not chosen
//! (`spec/EXPRESSIONS.md` §2.5). "Ignore the flow" ends the evaluation wherever it comes up: an expression any part of which
//! says so has no value to flow (§7.4).

use super::{
    allowance::Allowance,
    arguments::Arguments,
    attributes::Attributes,
    comparison,
    evaluation_error::{EvaluationError, Reason, Stop},
    explanation::{Explanation, Results},
    pattern::Budget,
    surroundings::Surroundings,
    tree::{Call, Comparison, Node, NodeKind, Span, Word},
    value::{Value, check_length},
};
use indexmap::IndexSet;
use std::{
    borrow::Cow,
    cell::{Cell, RefCell, RefMut},
    fmt,
};

/// What an evaluation gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Whether logs must show `[Redact]` instead of the value: `Redact` was evaluated on the way to it.
    pub redacted: bool,
    /// What worked, but may work otherwise in the service.
    pub warnings: Vec<Warning>,
}

/// Something that worked, but may work otherwise in the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// An attribute in a condition of `IIF` is null or empty; the reference says that the condition then fails
    /// (`spec/EXPRESSIONS.md` §3).
    IifNullCondition {
        /// The attribute.
        attribute: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IifNullCondition { attribute } => write!(
                formatter,
                "iif-null-condition: the attribute `{attribute}` in a condition of IIF is null or empty; the service may \
                 refuse that"
            ),
        }
    }
}

/// Evaluates one expression for one object.
pub(super) struct Evaluator<'a, 's> {
    attributes: &'a dyn Attributes,
    surroundings: &'s Surroundings<'s>,
    /// The steps that regular expressions may still take.
    budget: RefCell<Budget>,
    /// The text that may still be worked through.
    allowance: Allowance,
    /// Whether reasons of errors and sub-results stay hidden.
    concealed: bool,
    redacted: Cell<bool>,
    /// How many conditions of `IIF` the node being evaluated stands in.
    conditions: Cell<usize>,
    /// The attributes that were null or empty in a condition, in the order in which they came up.
    empty: RefCell<IndexSet<&'a str>>,
    /// The results of all parts, if they are asked for.
    results: Option<RefCell<Results>>,
}

impl<'a, 's> Evaluator<'a, 's> {
    pub(super) fn new(attributes: &'a dyn Attributes, surroundings: &'s Surroundings<'s>, concealed: bool) -> Self {
        Self {
            attributes,
            surroundings,
            budget: RefCell::default(),
            allowance: Allowance::default(),
            concealed,
            redacted: Cell::new(false),
            conditions: Cell::new(0),
            empty: RefCell::default(),
            results: None,
        }
    }

    pub(super) fn run(self, root: &'a Node) -> Result<Outcome<'a>, EvaluationError> {
        let result = self.node(root);
        self.finish(root, result)
    }

    pub(super) fn explain(mut self, root: &'a Node) -> Explanation<'a> {
        self.results = Some(RefCell::default());
        let result = self.node(root);
        let results = self.results.take().map(RefCell::into_inner).unwrap_or_default();
        Explanation { outcome: self.finish(root, result), steps: results.into_steps(root) }
    }

    fn finish(self, root: &Node, result: Result<Value<'a>, Stop>) -> Result<Outcome<'a>, EvaluationError> {
        let value = match result {
            Ok(value) => value,
            Err(Stop::IgnoreFlow) => Value::IgnoreFlow,
            Err(Stop::IgnoreObject) => Value::IgnoreObject,
            Err(Stop::Failed(error)) => return Err(*error),
            Err(Stop::Because(reason)) => {
                return Err(EvaluationError { function: "expression", span: root.span.clone(), reason });
            }
        };
        let warnings = self.empty.into_inner().into_iter();
        let warnings = warnings.map(|name| Warning::IifNullCondition { attribute: name.to_owned() }).collect();
        Ok(Outcome { value, redacted: self.redacted.get(), warnings })
    }

    /// The value of `node`.
    pub(super) fn node(&self, node: &'a Node) -> Result<Value<'a>, Stop> {
        let result = match &node.kind {
            NodeKind::Text(text) => Ok(Value::text(text.as_str())),
            NodeKind::Number(number) => Ok(Value::text(number.value.as_str())),
            NodeKind::Word(Word::IgnoreAttributeFlow) => Err(Stop::IgnoreFlow),
            NodeKind::Word(Word::IgnoreObjectFlow) => Err(Stop::IgnoreObject),
            NodeKind::Word(word) => Ok(Value::text(word.name())),
            NodeKind::Attribute(name) => self.attribute(name, &node.span),
            NodeKind::Call(call) => self.call(call, &node.span),
            NodeKind::Comparison(comparison) => self.comparison(comparison, &node.span),
        };
        if let Some(results) = &self.results {
            results.borrow_mut().note(node, &result, self.concealed);
        }
        result
    }

    /// The value of a condition: null and empty attributes in it are worth a warning.
    pub(super) fn condition(&self, node: &'a Node) -> Result<Value<'a>, Stop> {
        self.conditions.set(self.conditions.get() + 1);
        let value = self.node(node);
        self.conditions.set(self.conditions.get() - 1);
        value
    }

    pub(super) fn surroundings(&self) -> &'s Surroundings<'s> {
        self.surroundings
    }

    pub(super) fn budget(&self) -> RefMut<'_, Budget> {
        self.budget.borrow_mut()
    }

    /// Counts `bytes` of text that are worked through.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Reason> {
        self.allowance.spend(bytes)
    }

    /// Notes that the value must not be shown.
    pub(super) fn redact(&self) {
        self.redacted.set(true);
    }

    fn attribute(&self, name: &'a str, span: &Span) -> Result<Value<'a>, Stop> {
        let value = self.attributes.get(name);
        self.spend(value.copied())?;
        if self.conditions.get() > 0 && value.is_empty() {
            if self.surroundings.strict_conditions {
                let reason = Reason::EmptyCondition(name.to_owned());
                return Err(Stop::Because(reason).within("IIF", span, self.concealed));
            }
            self.empty.borrow_mut().insert(name);
        }
        Ok(value)
    }

    fn call(&self, call: &'a Call, span: &Span) -> Result<Value<'a>, Stop> {
        let arguments = Arguments::new(self, call);
        let value = (call.function.evaluate)(&arguments).and_then(|value| match &value {
            Value::Text(Cow::Owned(made)) => check_length(made.len()).map(|()| value).map_err(Stop::from),
            _ => Ok(value),
        });
        value.map_err(|stop| stop.within(call.function.name, span, self.concealed))
    }

    fn comparison(&self, comparison: &'a Comparison, span: &Span) -> Result<Value<'a>, Stop> {
        let holds = || {
            let left = self.operand(&comparison.left)?;
            let right = self.operand(&comparison.right)?;
            Ok(Value::Boolean(comparison::holds(&left, comparison.operator, &right)))
        };
        holds().map_err(|stop: Stop| stop.within(comparison.operator.symbol(), span, self.concealed))
    }

    /// One side of a comparison, as a text; null counts as empty.
    fn operand(&self, node: &'a Node) -> Result<Cow<'a, str>, Stop> {
        let value = self.node(node)?;
        if value.is_list() {
            return Err(Reason::NotSingle { parameter: "operand", found: value.kind() }.into());
        }
        let text = value.into_string_form().unwrap_or_default();
        self.spend(text.len())?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        chance::Chance,
        expression::{EvaluationError, Expression, Reason, Surroundings, Value, Warning},
    };
    use std::collections::HashMap;

    fn object() -> HashMap<String, Value<'static>> {
        let list = Value::List(vec!["a".to_owned()].into());
        [("a", Value::text("x")), ("empty", Value::text("")), ("list", list)]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// The attributes that are warned of.
    fn evaluate(text: &str, strict_conditions: bool) -> Result<Vec<String>, EvaluationError> {
        let (object, chance) = (object(), Chance::seeded(1));
        let surroundings =
            Surroundings { strict_conditions, ..Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance) };
        let expression = Expression::parse(text).expect(text);
        let outcome = expression.evaluate(&object, &surroundings)?;
        Ok(outcome.warnings.into_iter().map(|Warning::IifNullCondition { attribute }| attribute).collect())
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn empty_attributes_in_conditions_are_worth_a_warning() {
        for (text, attributes) in [
            ("IIF([none]=\"\", \"1\", \"2\")", &["none"][..]),
            ("IIF(IsNullOrEmpty([empty]), \"1\", [none])", &["empty"]),
            ("IIF(Join(\"\", [none], [empty], [none])=\"\", \"1\", \"2\")", &["none", "empty"]),
            ("IIF([a]=\"x\", [none], \"2\")", &[]),
            ("IIF([a]=\"x\", IIF([none]=\"y\", \"1\", \"2\"), \"3\")", &["none"]),
            ("Switch([none], \"1\", \"\", \"2\")", &[]),
            ("CBool([none]=\"\")", &[]),
        ] {
            assert_eq!(evaluate(text, false).as_deref(), Ok(&owned(attributes)[..]), "{text}");
        }
    }

    #[test]
    fn strict_conditions_refuse_empty_attributes() {
        let refused = |text: &str| evaluate(text, true).expect_err(text);
        let because =
            |span| EvaluationError { function: "IIF", span, reason: Reason::EmptyCondition("none".to_owned()) };
        assert_eq!(refused("IIF([none]=\"\", \"1\", \"2\")"), because(4..10));
        assert_eq!(refused("IIF(IsNullOrEmpty([none]), \"1\", \"2\")"), because(18..24));
        assert_eq!(evaluate("IIF([a]=\"x\", [none], \"2\")", true), Ok(vec![]));
    }

    #[test]
    fn an_error_names_the_innermost_function_and_its_place() {
        let (object, chance) = (object(), Chance::seeded(1));
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        let error = |text: &str| {
            let expression = Expression::parse(text).expect(text);
            expression.evaluate(&object, &surroundings).expect_err(text)
        };
        assert_eq!(
            error("ToLower(Mid([a], 0, 1))"),
            EvaluationError {
                function: "Mid",
                span: 8..22,
                reason: Reason::OutOfRange { parameter: "start", found: 0, allowed: "at least 1" }
            }
        );
        assert_eq!(
            error("[list] = \"a\"").to_string(),
            "An error occured while evaluating this function: '=.' The parameter `operand` needs a single value, not a list \
             of values"
        );
        assert_eq!(error("IIF([list] = \"a\", \"1\", \"2\")").function, "=");
    }
}
