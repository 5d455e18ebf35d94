//! The attribute-mapping expression language of Entra provisioning.
//!
//! A mapping says how a target attribute gets its value: `[mail]`, `"constant"`, or a function such as
//! `Join(" ", [givenName], [surname])`. This folder reads such a text, checks it, and evaluates it for one source object.
//! It knows nothing of users, SCIM or mappings: attributes come in by name, values go out.
//!
//! The steps, a file or folder each:
//!
//! 1. `lexer` and `parser` turn the text into a [`tree`]; every part knows its place in the text.
//! 2. `check` looks at each call: does it have its parameters, does it stand where it may, is its regular expression valid?
//!    Whatever can be found wrong without a source object is found here, as a [`SyntaxError`] that shows the place.
//! 3. `evaluator` walks the tree. Functions are rows of a table ([`functions`]): name, parameters, help, examples, and what
//!    they do. Arguments are evaluated when a function asks for them, so that `IIF`, `Switch` and `Coalesce` leave alone what
//!    they do not choose. What goes wrong is an [`EvaluationError`] and fails the object for this cycle.
//!
//! Beside them: [`dates`] has .NET's date formats, [`pattern`] its regular expressions, [`characters`] its idea of letter
//! case and of positions in a text. [`cases`] judges test cases, [`case_file`] reads files of them.
//!
//! Limits: 10,000 characters, functions nested 200 deep. Every function takes time in proportion to its values; together they
//! work through 64 MiB of text at most and make texts of 16 MiB at most. Regular expressions have a budget of steps. What goes
//! beyond is an error, within about a second.
//!
//! Source: `spec/EXPRESSIONS.md`; the sections are named where they apply.

mod allowance;
mod arguments;
mod attributes;
pub mod case_file;
pub mod cases;
pub mod characters;
mod check;
pub mod comparison;
pub mod dates;
mod diagnostic;
mod evaluation_error;
mod evaluator;
mod excerpt;
mod expectation;
mod explanation;
pub mod functions;
mod impossible;
mod lexer;
mod null_condition;
mod parser;
pub mod pattern;
mod print;
mod surroundings;
mod syntax_error;
pub mod tree;
mod value;

pub use self::{
    attributes::Attributes,
    diagnostic::{render as diagnostic, underlined},
    evaluation_error::{EvaluationError, Reason},
    evaluator::{Outcome, Warning},
    excerpt::excerpt,
    expectation::UnknownExpectation,
    explanation::{Explanation, Step, StepResult},
    impossible::ImpossibleCall,
    null_condition::NullCondition,
    surroundings::Surroundings,
    syntax_error::{SyntaxError, SyntaxErrorKind},
    value::{RoleAssignment, Value},
};

use self::{
    evaluator::Evaluator,
    tree::{Node, NodeKind, Span, Word},
};
use std::{fmt, str::FromStr};

/// How many characters an expression may have (§1).
pub const MAXIMUM_LENGTH: usize = 10_000;

/// How deep calls may nest. No limit is documented; this one keeps evaluation within a small stack.
pub const MAXIMUM_DEPTH: usize = 200;

/// An expression that was read and checked. Prints in its canonical form, which reads as the same expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    root: Node,
    redacts: bool,
}

impl Expression {
    /// Reads and checks `text`. Constant regular expressions are compiled here, once.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let length = text.chars().count();
        if length > MAXIMUM_LENGTH {
            let end = text.char_indices().nth(MAXIMUM_LENGTH).map_or(text.len(), |(position, _)| position);
            return Err(SyntaxError::new(text, SyntaxErrorKind::TooLong(length), end..text.len()));
        }
        parser::parse(text)
            .and_then(|mut root| check::check(&mut root).map(|()| Self::from_checked(root)))
            .map_err(|(kind, span)| SyntaxError::new(text, kind, span))
    }

    fn from_checked(root: Node) -> Self {
        let mut expression = Self { root, redacts: false };
        expression.redacts = expression.calls(functions::REDACT);
        expression
    }

    /// The tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Every source attribute named, in the order of the text, with its place; an attribute named twice appears twice.
    pub fn attributes(&self) -> Vec<(&str, &Span)> {
        let mut attributes = Vec::new();
        self.root.walk(&mut |node| {
            if let NodeKind::Attribute(name) = &node.kind {
                attributes.push((name.as_str(), &node.span));
            }
        });
        attributes
    }

    /// The names of the functions called, in the order of the text; a function called twice appears twice.
    pub fn functions(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.root.walk(&mut |node| {
            if let NodeKind::Call(call) = &node.kind {
                names.push(call.function.name);
            }
        });
        names
    }

    /// Whether the function called `name` occurs.
    pub fn calls(&self, name: &str) -> bool {
        self.functions().contains(&name)
    }

    /// The attribute, if the expression is nothing but one: a direct mapping (§1.9).
    pub fn direct_attribute(&self) -> Option<&str> {
        match &self.root.kind {
            NodeKind::Attribute(name) => Some(name),
            _ => None,
        }
    }

    /// The text, if the expression is nothing but a constant (§1.9).
    pub fn constant(&self) -> Option<&str> {
        self.root.constant()
    }

    /// Whether the value must be unique in the target: the expression is a `SelectUniqueValue`.
    pub fn selects_unique_value(&self) -> bool {
        self.is_call_of(functions::SELECT_UNIQUE_VALUE)
    }

    /// Whether the expression is a call of the function `name`, and not just has one somewhere.
    pub fn is_call_of(&self, name: &str) -> bool {
        matches!(&self.root.kind, NodeKind::Call(call) if call.function.name == name)
    }

    /// Whether logs must not show what comes out: `Redact` occurs somewhere.
    pub fn redacts(&self) -> bool {
        self.redacts
    }

    /// The role functions that occur. They need the scope "assigned only" (`spec/MAPPINGS.md` §7).
    pub fn role_functions(&self) -> Vec<&'static str> {
        self.functions().into_iter().filter(|name| functions::ROLE_FUNCTIONS.contains(name)).collect()
    }

    /// The role functions that occur, each with the attribute that it is called on; none where it is called on something
    /// else.
    pub fn role_arguments(&self) -> Vec<(&'static str, Option<&str>)> {
        let mut calls = Vec::new();
        self.root.walk(&mut |node| {
            if let NodeKind::Call(call) = &node.kind
                && functions::ROLE_FUNCTIONS.contains(&call.function.name)
            {
                let attribute = call.argument(0).and_then(|argument| match &argument.kind {
                    NodeKind::Attribute(name) => Some(name.as_str()),
                    _ => None,
                });
                calls.push((call.function.name, attribute));
            }
        });
        calls
    }

    /// The conditions of `IIF` that ask whether an attribute is null or empty (§3).
    pub fn null_conditions(&self) -> Vec<NullCondition<'_>> {
        null_condition::find(&self.root)
    }

    /// The calls that can never give a value, because of the constants in them.
    pub fn impossible_calls(&self) -> Vec<ImpossibleCall<'_>> {
        impossible::calls(&self.root)
    }

    /// The comparisons by size of which one side is a date: its string form is compared, which begins with the month (§2, §3).
    pub fn date_comparisons(&self) -> Vec<&Span> {
        impossible::date_comparisons(&self.root)
    }

    /// The bare words `IgnoreAttributeFlow` and `IgnoreObjectFlow`, where they occur. Only inbound provisioning supports
    /// them (§7.4).
    pub fn flow_words(&self) -> Vec<(Word, &Span)> {
        let mut words = Vec::new();
        self.root.walk(&mut |node| {
            if let NodeKind::Word(word @ (Word::IgnoreAttributeFlow | Word::IgnoreObjectFlow)) = node.kind {
                words.push((word, &node.span));
            }
        });
        words
    }

    /// The value for the source object with these `attributes`.
    pub fn evaluate<'a>(
        &'a self,
        attributes: &'a dyn Attributes,
        surroundings: &Surroundings<'_>,
    ) -> Result<Outcome<'a>, EvaluationError> {
        Evaluator::new(attributes, surroundings, self.redacts).run(&self.root)
    }

    /// Evaluates like [`evaluate`](Self::evaluate) and notes the result of every part that was evaluated.
    pub fn explain<'a>(&'a self, attributes: &'a dyn Attributes, surroundings: &Surroundings<'_>) -> Explanation<'a> {
        Evaluator::new(attributes, surroundings, self.redacts).explain(&self.root)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}

impl FromStr for Expression {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).expect(text)
    }

    #[test]
    fn an_expression_tells_what_it_is_made_of() {
        let expression = parse("Join(\" \", [givenName], ToLower([surname]), [givenName])");
        assert_eq!(
            expression.attributes(),
            [("givenName", &(10..21)), ("surname", &(31..40)), ("givenName", &(43..54))]
        );
        assert_eq!(expression.functions(), ["Join", "ToLower"]);
        assert!(expression.calls("ToLower") && !expression.calls("ToUpper"));
    }

    #[test]
    fn direct_and_constant_mappings_are_told_apart() {
        for (text, attribute, constant) in [
            ("[mail]", Some("mail"), None),
            (" \"United States\" ", None, Some("United States")),
            ("42", None, Some("42")),
            ("True", None, Some("True")),
            ("ToLower([mail])", None, None),
            ("IgnoreAttributeFlow", None, None),
        ] {
            assert_eq!((parse(text).direct_attribute(), parse(text).constant()), (attribute, constant), "{text}");
        }
    }

    #[test]
    fn functions_that_mappings_must_know_of_are_found() {
        assert!(parse("SelectUniqueValue([a], [b])").selects_unique_value());
        assert!(!parse("Append([a], [b])").selects_unique_value());
        assert!(parse("Append(Redact([a]), [b])").redacts());
        assert_eq!(
            parse("IIF([a]=\"x\", SingleAppRoleAssignment([r]), AppRoleAssignmentsComplex([r]))").role_functions(),
            ["SingleAppRoleAssignment", "AppRoleAssignmentsComplex"]
        );
        assert_eq!(
            parse("IIF([a]=\"x\", SingleAppRoleAssignment([r]), AppRoleAssignmentsComplex(Split([a], \",\")))")
                .role_arguments(),
            [("SingleAppRoleAssignment", Some("r")), ("AppRoleAssignmentsComplex", None)]
        );
        assert_eq!(parse("IIF([a]=\"x\", IgnoreObjectFlow, True)").flow_words(), [(Word::IgnoreObjectFlow, &(13..29))]);
    }

    #[test]
    fn ten_thousand_characters_are_the_limit() {
        let expression = |characters: usize| format!("Left(\"{}\", 1)", "é".repeat(characters - 11));
        assert!(Expression::parse(&expression(MAXIMUM_LENGTH)).is_ok());
        let error = Expression::parse(&expression(MAXIMUM_LENGTH + 1)).expect_err("too long");
        assert_eq!(error.kind, SyntaxErrorKind::TooLong(10_001));
    }

    #[test]
    fn calls_nest_up_to_the_limit() {
        let nested = |depth: usize| format!("{}[a]{}", "Not(".repeat(depth), ")".repeat(depth));
        let deepest = parse(&nested(MAXIMUM_DEPTH));
        let chance = crate::chance::Chance::seeded(1);
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        let object = std::collections::HashMap::<String, Value<'_>>::new();
        assert_eq!(deepest.evaluate(&object, &surroundings).map(|outcome| outcome.value), Ok(Value::Boolean(false)));
        assert_eq!(deepest.explain(&object, &surroundings).steps.len(), MAXIMUM_DEPTH + 1);
        let error = Expression::parse(&nested(MAXIMUM_DEPTH + 1)).expect_err("too deep");
        assert_eq!(error.kind, SyntaxErrorKind::TooDeep);
    }
}
