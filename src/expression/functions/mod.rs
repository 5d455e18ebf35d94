//! The functions of the language, as a table.
//!
//! A row holds what a function is called, its parameters, a line of help, examples, and what it does. Everything else comes
//! from the rows: checking calls, "did you mean", help, the keys of the parsed form. The rows are grouped in files by
//! subject.
//!
//! Source: `spec/EXPRESSIONS.md` §4.

mod choice;
mod conversion;
mod dates;
mod flow;
mod letters;
mod lists;
mod presence;
mod random;
mod replace;
mod roles;
mod signature;
mod suggestion;
#[cfg(test)]
mod testing;
mod text;

pub use self::{
    signature::{Kind, Parameter, Signature},
    suggestion::{sibling_dialect, suggestion},
};

use super::{
    Expression,
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    surroundings::Surroundings,
    syntax_error::SyntaxErrorKind,
    tree::{Call, Span},
    value::{RoleAssignment, Value},
};
use indexmap::IndexMap;
use std::{collections::HashMap, fmt};

/// The function that may only stand at the top of an expression.
pub const SELECT_UNIQUE_VALUE: &str = "SelectUniqueValue";

/// The function whose value logs do not show.
pub const REDACT: &str = "Redact";

/// The functions that turn role assignments into values.
pub const ROLE_FUNCTIONS: [&str; 3] =
    ["AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex", "SingleAppRoleAssignment"];

/// What a function does: arguments in, value out.
type Evaluate = for<'e, 'a> fn(&Arguments<'e, 'a>) -> Result<Value<'a>, Stop>;

/// What a function has to say about a call before it is ever evaluated, beyond the number of its parameters.
type Check = fn(&mut Call) -> Result<(), (SyntaxErrorKind, Span)>;

/// What a function refuses of the constants in a call, whatever the other arguments are.
type ConstantCheck = fn(&Call) -> Result<(), Reason>;

/// A function of the language.
pub struct Function {
    /// Its name, spelled exactly so.
    pub name: &'static str,
    /// Its parameters.
    pub signature: Signature,
    /// Its parameters in an older form that is still accepted, told apart by the number of arguments.
    pub older: Option<Signature>,
    /// What it does, in a line.
    pub help: &'static str,
    /// How it is used.
    pub examples: &'static [Example],
    pub(super) check: Option<Check>,
    pub(super) constants: Option<ConstantCheck>,
    pub(super) evaluate: Evaluate,
}

/// An expression and what it gives.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The expression.
    pub expression: &'static str,
    /// Attributes of the source object, each with its value.
    pub given: &'static [(&'static str, &'static str)],
    /// The roles that the source object holds: id, value and display name of each.
    pub roles: &'static [[&'static str; 3]],
    /// What it gives, in string form, the elements of a list joined by `;`; none if that is another value each time.
    pub result: Option<&'static str>,
}

const fn example(
    expression: &'static str,
    given: &'static [(&'static str, &'static str)],
    result: &'static str,
) -> Example {
    Example { expression, given, roles: &[], result: Some(result) }
}

const fn example_of_roles(
    expression: &'static str,
    roles: &'static [[&'static str; 3]],
    result: &'static str,
) -> Example {
    Example { expression, given: &[], roles, result: Some(result) }
}

const fn illustration(expression: &'static str) -> Example {
    Example { expression, given: &[], roles: &[], result: None }
}

impl Example {
    /// The source object: its attributes with their values.
    pub fn object(&self) -> IndexMap<&'static str, Value<'static>> {
        let role = |[id, value, name]: &[&str; 3]| RoleAssignment {
            id: (*id).to_owned(),
            value: (*value).to_owned(),
            display_name: (*name).to_owned(),
        };
        let mut object: IndexMap<_, _> = self.given.iter().map(|&(name, value)| (name, Value::text(value))).collect();
        if !self.roles.is_empty() {
            object.insert("appRoleAssignments", Value::Roles(self.roles.iter().map(role).collect()));
        }
        object
    }

    /// What the expression gives for the object; in words, why it gives nothing.
    pub fn evaluate(&self, surroundings: &Surroundings<'_>) -> Result<Value<'static>, String> {
        let object: HashMap<_, _> = self.object().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let expression = Expression::parse(self.expression).map_err(|error| error.to_string())?;
        let outcome = expression.evaluate(&object, surroundings).map_err(|error| error.to_string())?;
        Ok(outcome.value.into_owned())
    }
}

impl Function {
    const fn new(
        name: &'static str,
        signature: Signature,
        help: &'static str,
        examples: &'static [Example],
        evaluate: Evaluate,
    ) -> Self {
        Self { name, signature, older: None, help, examples, check: None, constants: None, evaluate }
    }

    const fn with_older_form(mut self, signature: Signature) -> Self {
        self.older = Some(signature);
        self
    }

    const fn with_check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    const fn with_constants(mut self, check: ConstantCheck) -> Self {
        self.constants = Some(check);
        self
    }

    /// The parameters of a call with `slots` slots.
    pub fn signature_for(&self, slots: usize) -> &Signature {
        match &self.older {
            Some(older) if older.fixed.len() == slots => older,
            _ => &self.signature,
        }
    }

    /// How to write a call: `Mid(source, start, length)`.
    pub fn usage(&self) -> String {
        format!("{}({})", self.name, self.signature)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// All functions, by subject.
static TABLE: [&[Function]; 11] = [
    &text::FUNCTIONS,
    &letters::FUNCTIONS,
    &replace::FUNCTIONS,
    &lists::FUNCTIONS,
    &choice::FUNCTIONS,
    &presence::FUNCTIONS,
    &conversion::FUNCTIONS,
    &dates::FUNCTIONS,
    &random::FUNCTIONS,
    &roles::FUNCTIONS,
    &flow::FUNCTIONS,
];

/// All functions, by subject.
pub fn all() -> impl Iterator<Item = &'static Function> {
    TABLE.iter().flat_map(|subject| subject.iter())
}

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.name)
}

/// The function called exactly `name`.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_has_every_documented_function_once() {
        assert_eq!(all().count(), 44);
        assert_eq!(names().collect::<BTreeSet<_>>().len(), 44);
        assert!(find("IsNullOrEmpty").is_some());
        assert!(find("IsNullorEmpty").is_none());
    }

    #[test]
    fn every_function_has_help_and_examples_that_are_true() {
        let chance = Chance::seeded(1);
        let surroundings = Surroundings::new("2021-07-02T15:33:38Z".parse().expect("a timestamp"), &chance);
        for function in all() {
            assert!(!function.help.is_empty(), "{function:?}");
            assert!(!function.examples.is_empty(), "{function:?}");
            for example in function.examples {
                let expression = Expression::parse(example.expression).expect(example.expression);
                assert!(expression.calls(function.name), "{}", example.expression);
                let value = example.evaluate(&surroundings).expect(example.expression);
                assert!(!value.is_empty(), "{}", example.expression);
                if let Some(result) = example.result {
                    assert_eq!(value.texts().join(";"), result, "{}", example.expression);
                }
            }
        }
    }

    #[test]
    fn values_of_a_megabyte_are_no_trouble() {
        let chance = Chance::seeded(1);
        let surroundings = Surroundings::new("2021-07-02T15:33:38Z".parse().expect("a timestamp"), &chance);
        let long = "aé,b ".repeat(200_000);
        let object: HashMap<_, _> =
            [("long".to_owned(), Value::text(&long)), ("a".to_owned(), Value::text("a"))].into();
        for (expression, length) in [
            ("Append([long], [long])", 2_400_000),
            ("Coalesce([long], [a])", 1_200_000),
            ("ConvertToBase64([long])", 2_666_668),
            ("ConvertToUTF8Hex([long])", 2_400_000),
            ("CStr([long])", 1_200_000),
            ("Count(RemoveDuplicates(Split([long], \",\")))", 1),
            ("IIF([long] = [long], [long], [a])", 1_200_000),
            ("InStr([long], [long])", 1),
            ("InStr([long], \"b aé,b b\", 1, vbTextCompare)", 1),
            ("Join([a], [long], [long])", 2_400_001),
            ("Left([long], 999999)", 1_199_999),
            ("Mid([long], 999998, 2)", 2),
            ("NormalizeDiacritics([long])", 1_000_000),
            ("PCase([long])", 1_200_000),
            ("PCase([long], [long])", 1_200_000),
            ("Replace([long], \"a\", , , \"\")", 1_000_000),
            ("Replace([a], \"a\", , , , , [long])", 1_200_000),
            ("Replace([long], , \"[, ]+\", , \"\")", 800_000),
            ("StripSpaces([long])", 1_000_000),
            ("Switch([long], [a], [long], \"x\")", 1),
            ("ToUpper([long])", 1_200_000),
            ("Word([long], 200000, \" \")", 5),
            ("Word([long], 1, [long])", 0),
        ] {
            let parsed = Expression::parse(expression).expect(expression);
            let outcome = parsed.evaluate(&object, &surroundings).expect(expression);
            assert_eq!(outcome.value.string_form().map(|text| text.len()), Some(length), "{expression}");
        }
    }

    #[test]
    fn a_result_that_would_not_fit_into_memory_is_refused() {
        let chance = Chance::seeded(1);
        let surroundings = Surroundings::new("2021-07-02T15:33:38Z".parse().expect("a timestamp"), &chance);
        let object: HashMap<_, _> = [("long".to_owned(), Value::text("a".repeat(1_000_000)))].into();
        for expression in [
            "Replace([long], \"a\", , , [long])",
            "Replace([long], , \"a\", , [long])",
            &format!("Join(\"\"{})", ", [long]".repeat(17)),
        ] {
            let parsed = Expression::parse(expression).expect(expression);
            assert!(parsed.evaluate(&object, &surroundings).is_err(), "{expression}");
        }
    }
}
