//! A clause of a scoping filter: an attribute, an operator, a value.
//!
//! A clause is checked when it is made, so that evaluating it can hardly fail. Without a value in the attribute every
//! operator is false except IS NULL, the negative ones included (`spec/SCOPING.md` §2).
//!
//! Source: `spec/SCOPING.md` §2 to §5.

use super::{
    scoping_attribute,
    scoping_error::{ClauseError, ScopingError},
    scoping_operator::{Arity, AttributeKind, Operator},
};
use crate::{
    config::problem::Place,
    expression::{
        Attributes, Value, comparison,
        pattern::{Budget, Pattern},
        tree::Operator as Comparison,
    },
};
use std::{borrow::Cow, fmt};

/// How regular expressions are matched. The documents do not say; all their examples presuppose the first (§4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegexAnchoring {
    /// The value as a whole must match.
    #[default]
    Whole,
    /// A part of the value must match.
    Partial,
}

/// A clause, checked and ready for use.
#[derive(Clone, Debug)]
pub struct Clause {
    place: Option<Place>,
    attribute: String,
    operator: Operator,
    value: Option<String>,
    anchoring: RegexAnchoring,
    test: Test,
}

/// The operator with what it compares with.
#[derive(Clone, Debug)]
enum Test {
    Presence { wanted: bool },
    Truth { wanted: bool },
    Number { compare: Comparison },
    Pattern { pattern: Box<Pattern>, wanted: bool },
    Text { compare: fn(&str, &str) -> bool, wanted: bool },
}

impl Clause {
    /// Makes a clause from its parts as they are written. `kind` is the attribute's kind where the source's schema tells;
    /// for the attributes that every directory has it need not be given.
    pub fn new(
        attribute: &str,
        operator: &str,
        values: &[String],
        kind: Option<AttributeKind>,
        anchoring: RegexAnchoring,
    ) -> Result<Self, ClauseError> {
        if attribute.trim().is_empty() {
            return Err(ClauseError::NoAttribute);
        }
        if let Some(reason) = scoping_attribute::refusal(attribute) {
            return Err(ClauseError::Attribute(reason));
        }
        let named = Operator::named(operator).ok_or_else(|| ClauseError::UnknownOperator(operator.to_owned()))?;
        if let Some(kind) = kind.or_else(|| scoping_attribute::known_kind(attribute)) {
            scoping_attribute::check_kind(named, kind)?;
        }
        let value = the_value(named, values)?;
        let test = Test::new(named, value.unwrap_or_default(), anchoring)?;
        let (attribute, value) = (attribute.to_owned(), value.map(str::to_owned));
        Ok(Self { place: None, attribute, operator: named, value, anchoring, test })
    }

    /// The same clause, written at `place`.
    #[must_use]
    pub fn written_at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Where it is written, if that is known.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Refuses a clause that can be evaluated, but that nobody passes: one that asks for an empty value. What asks for anything
    /// else than that is what everybody with a value passes.
    pub(super) fn check_meaning(&self) -> Result<(), ClauseError> {
        const NOBODY: [Operator; 3] = [Operator::Equals, Operator::RegexMatch, Operator::ContainedIn];
        match &self.value {
            Some(value) if value.is_empty() && NOBODY.contains(&self.operator) => {
                Err(ClauseError::EmptyValue(self.operator))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a clause that cannot be asked of attributes of this kind: for those who learn the kind later.
    pub fn check_kind(&self, kind: AttributeKind) -> Result<(), ClauseError> {
        scoping_attribute::check_kind(self.operator, kind)
    }

    /// The attribute.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The value to compare with; none for unary operators.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// How much of the value a regular expression must match.
    pub fn anchoring(&self) -> RegexAnchoring {
        self.anchoring
    }

    /// Whether the clause holds for the object with these attributes. A regular expression takes its steps out of `budget`.
    pub fn holds(&self, attributes: &dyn Attributes, budget: &mut Budget) -> Result<bool, ScopingError> {
        let value = attributes.get(&self.attribute);
        if value.is_empty() {
            return Ok(self.operator == Operator::IsNull);
        }
        let unsupported = || ScopingError::UnsupportedValue {
            attribute: self.attribute.clone(),
            operator: self.operator,
            found: value.kind(),
        };
        let text = || match &value {
            Value::Text(text) => Ok(Cow::Borrowed(&**text)),
            Value::Integer(number) => Ok(Cow::Owned(number.to_string())),
            _ => Err(unsupported()),
        };
        Ok(match &self.test {
            Test::Presence { wanted } => *wanted,
            Test::Truth { wanted } => match &value {
                Value::Boolean(truth) => truth == wanted,
                Value::Text(text) => text == if *wanted { "True" } else { "False" },
                _ => return Err(unsupported()),
            },
            Test::Number { compare } => {
                let number = text()?;
                is_integer(&number) && comparison::holds(&number, *compare, self.value.as_deref().unwrap_or_default())
            }
            Test::Pattern { pattern, wanted } => match pattern.is_match(&text()?, budget) {
                Ok(matches) => matches == *wanted,
                Err(_) => return Err(self.too_costly()),
            },
            Test::Text { compare, wanted } => compare(&text()?, self.value.as_deref().unwrap_or_default()) == *wanted,
        })
    }

    fn too_costly(&self) -> ScopingError {
        ScopingError::PatternTooCostly {
            attribute: self.attribute.clone(),
            pattern: self.value.clone().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Clause {
    /// `department EQUALS 'sales'`, as the provisioning log has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.attribute, self.operator)?;
        match &self.value {
            Some(value) => write!(formatter, " '{value}'"),
            None => Ok(()),
        }
    }
}

impl Test {
    fn new(operator: Operator, value: &str, anchoring: RegexAnchoring) -> Result<Self, ClauseError> {
        let text = |compare, wanted| Ok(Self::Text { compare, wanted });
        let pattern = |wanted| {
            let read = match anchoring {
                RegexAnchoring::Whole => Pattern::whole(value),
                RegexAnchoring::Partial => Pattern::new(value),
            };
            let refused = |error| ClauseError::Pattern { value: value.to_owned(), error };
            Ok(Self::Pattern { pattern: Box::new(read.map_err(refused)?), wanted })
        };
        let number = |compare| {
            let refused = || ClauseError::NotInteger { operator, value: value.to_owned() };
            is_integer(value).then_some(Self::Number { compare }).ok_or_else(refused)
        };
        match operator {
            Operator::Equals => text(|attribute, value| attribute == value, true),
            Operator::NotEquals => text(|attribute, value| attribute == value, false),
            Operator::Includes => text(|attribute, value| attribute.contains(value), true),
            Operator::EndsWith => text(|attribute, value| attribute.ends_with(value), true),
            Operator::ContainedIn => text(|attribute, value| value.contains(attribute), true),
            Operator::NotContainedIn => text(|attribute, value| value.contains(attribute), false),
            Operator::RegexMatch => pattern(true),
            Operator::NotRegexMatch => pattern(false),
            Operator::GreaterThan => number(Comparison::Greater),
            Operator::GreaterThanOrEquals => number(Comparison::GreaterOrEqual),
            Operator::IsTrue => Ok(Self::Truth { wanted: true }),
            Operator::IsFalse => Ok(Self::Truth { wanted: false }),
            Operator::IsNull => Ok(Self::Presence { wanted: false }),
            Operator::IsNotNull => Ok(Self::Presence { wanted: true }),
        }
    }
}

/// The one value of a binary operator; none for a unary one.
fn the_value(operator: Operator, values: &[String]) -> Result<Option<&str>, ClauseError> {
    match (operator.arity(), values) {
        (Arity::Unary, values) if values.iter().all(String::is_empty) => Ok(None),
        (Arity::Unary, _) => Err(ClauseError::SurplusValue(operator)),
        (Arity::Binary, []) => Err(ClauseError::MissingValue(operator)),
        (Arity::Binary, [value]) => Ok(Some(value)),
        (Arity::Binary, several) => Err(ClauseError::SeveralValues { operator, found: several.len() }),
    }
}

/// Whether a text is a whole number such as filters compare: 0 or more, of any length.
fn is_integer(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn clause(attribute: &str, operator: &str, value: &str) -> Clause {
        let values: Vec<String> = if value.is_empty() { vec![] } else { vec![value.to_owned()] };
        Clause::new(attribute, operator, &values, None, RegexAnchoring::Whole).expect("a clause")
    }

    fn holds(value: Value<'_>, operator: &str, wanted: &str) -> Result<bool, ScopingError> {
        clause("a", operator, wanted).holds(&HashMap::from([("a".to_owned(), value)]), &mut Budget::default())
    }

    fn refused(attribute: &str, operator: &str, values: &[&str]) -> (String, String) {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        let error = Clause::new(attribute, operator, &values, None, RegexAnchoring::Whole).expect_err("a refusal");
        (error.to_string(), error.suggestion())
    }

    #[test]
    fn values_are_compared_as_the_operator_says() {
        for (value, operator, wanted, expected) in [
            (Value::text("sales"), "EQUALS", "sales", true),
            (Value::text("Sales"), "EQUALS", "sales", false),
            (Value::Integer(10), "EQUALS", "10", true),
            (Value::Integer(10), "EQUALS", "010", false),
            (Value::text("Sales"), "NOT EQUALS", "sales", true),
            (Value::Integer(10), "NOT EQUALS", "10", false),
            (Value::Boolean(true), "IS TRUE", "", true),
            (Value::Boolean(true), "IS FALSE", "", false),
            (Value::text("True"), "IS TRUE", "", true),
            (Value::text("False"), "IS FALSE", "", true),
            (Value::text("yes"), "IS TRUE", "", false),
            (Value::text(" "), "IS NULL", "", false),
            (Value::Boolean(false), "IS NOT NULL", "", true),
            (Value::Integer(0), "IS NOT NULL", "", true),
            (Value::text("99"), "REGEX MATCH", "([1-9][0-9])", true),
            (Value::text("199"), "REGEX MATCH", "([1-9][0-9])", false),
            (Value::Integer(99), "REGEX MATCH", "([1-9][0-9])", true),
            (Value::text("x\n"), "REGEX MATCH", "x$", false),
            (Value::text("x"), "NOT REGEX MATCH", "y", true),
            (Value::Integer(10), "GREATER_THAN", "9", true),
            (Value::Integer(9), "GREATER_THAN", "9", false),
            (Value::text("10"), "GREATER_THAN", "9", true),
            (Value::text("99999999999999999999"), "GREATER_THAN", "9", true),
            (Value::text("x"), "GREATER_THAN", "9", false),
            (Value::text("1.5"), "GREATER_THAN", "1", false),
            (Value::Integer(9), "GREATER_THAN_OR_EQUALS", "9", true),
            (Value::Integer(-1), "GREATER_THAN_OR_EQUALS", "0", false),
            (Value::text("Engineering"), "INCLUDES", "gin", true),
            (Value::text("Engineering"), "INCLUDES", "eng", false),
            (Value::text("jane@contoso.com"), "ENDS_WITH", "@contoso.com", true),
            (Value::text("jane@contoso.com"), "ENDS_WITH", "@Contoso.com", false),
            (Value::text("Sales"), "&", "Sales,Marketing", true),
            (Value::text("Legal"), "&", "Sales,Marketing", false),
            (Value::text("Legal"), "!&", "Sales,Marketing", true),
            (Value::text("Sales"), "!&", "Sales,Marketing", false),
        ] {
            assert_eq!(holds(value.clone(), operator, wanted), Ok(expected), "{value:?} {operator} {wanted}");
        }
    }

    #[test]
    fn without_a_value_nothing_holds_but_is_null() {
        for value in [Value::Null, Value::text("")] {
            for operator in Operator::ALL {
                let wanted = match operator {
                    Operator::GreaterThan | Operator::GreaterThanOrEquals => "0",
                    _ if operator.arity() == Arity::Binary => "x",
                    _ => "",
                };
                let expected = operator == Operator::IsNull;
                assert_eq!(holds(value.clone(), operator.name(), wanted), Ok(expected), "{operator}");
            }
        }
    }

    #[test]
    fn a_regular_expression_can_be_matched_in_part() {
        let object = HashMap::from([("a".to_owned(), Value::text("199"))]);
        let clause = Clause::new("a", "REGEX MATCH", &["[1-9][0-9]".to_owned()], None, RegexAnchoring::Partial);
        assert_eq!(clause.expect("a clause").holds(&object, &mut Budget::default()), Ok(true));
    }

    #[test]
    fn values_that_an_operator_cannot_be_asked_of_are_errors() {
        let list = Value::List(vec!["a".to_owned()].into());
        let found = holds(list, "INCLUDES", "a").map_err(|error| error.to_string());
        assert_eq!(found, Err("INCLUDES cannot be asked of `a`, which holds a list of values".to_owned()));
        assert!(holds(Value::Boolean(true), "EQUALS", "True").is_err());
        assert!(holds(Value::Integer(1), "IS TRUE", "").is_err());
        assert_eq!(
            holds(Value::text("a".repeat(60)), "REGEX MATCH", "(a|aa)+b"),
            Err(ScopingError::PatternTooCostly { attribute: "a".into(), pattern: "(a|aa)+b".into() })
        );
    }

    #[test]
    fn what_cannot_be_is_refused_when_it_is_saved() {
        let opposite = "use NOT REGEX MATCH, or NOT EQUALS for whole values";
        let value = "write `value = \"..\"`; IS NULL and IS NOT NULL need none";
        let digits = "write it in digits, 0 or more; of texts REGEX MATCH can be asked";
        for (attribute, operator, values, message, suggestion) in [
            ("", "IS NULL", &[][..], "it names no attribute", "write `attribute = \"department\"`, say"),
            ("a", "EQUAL", &["x"], "there is no operator `EQUAL`", "did you mean `EQUALS`?"),
            (
                "a",
                "Contains",
                &["x"],
                "there is no operator `Contains`",
                "use INCLUDES, or REGEX MATCH for more than a part of the value",
            ),
            ("a", "LESS_THAN", &["1"], "there is no operator `LESS_THAN`", "use REGEX MATCH"),
            (
                "a",
                "IsMemberOf",
                &["g"],
                "there is no operator `IsMemberOf`",
                "scoping filters know nothing of groups: assign the group to the application",
            ),
            ("a", "Present", &[], "there is no operator `Present`", "use IS NOT NULL"),
            ("a", "NOT INCLUDES", &["x"], "there is no operator `NOT INCLUDES`", opposite),
            ("a", "NOT_ENDS_WITH", &["x"], "there is no operator `NOT_ENDS_WITH`", opposite),
            ("a", "!=", &["x"], "there is no operator `!=`", "use NOT EQUALS"),
            ("a", "INCLUDE", &["x"], "there is no operator `INCLUDE`", "did you mean `INCLUDES`?"),
            (
                "a",
                "SOUNDS",
                &[],
                "there is no operator `SOUNDS`",
                "there are EQUALS, NOT EQUALS, IS TRUE, IS FALSE, IS NULL, IS NOT NULL, REGEX MATCH, NOT REGEX MATCH, \
                 GREATER_THAN, GREATER_THAN_OR_EQUALS, INCLUDES, ENDS_WITH, &, !&",
            ),
            ("a", "EQUALS", &[], "EQUALS needs a value to compare with", value),
            (
                "a",
                "EQUALS",
                &["x", "y"],
                "EQUALS takes one value, not 2",
                "add a scoping filter for each value, or use REGEX MATCH",
            ),
            ("a", "IS NULL", &["x"], "IS NULL takes no value", "take the value out, or use an operator such as EQUALS"),
            ("a", "GREATER_THAN", &["x"], "GREATER_THAN needs a whole number, not `x`", digits),
            ("a", "GREATER_THAN", &["1.5"], "GREATER_THAN needs a whole number, not `1.5`", digits),
            ("a", "GREATER_THAN", &["-5"], "GREATER_THAN needs a whole number, not `-5`", digits),
            ("a", "GREATER_THAN_OR_EQUALS", &[""], "GREATER_THAN_OR_EQUALS needs a whole number, not ``", digits),
            (
                "a",
                "REGEX MATCH",
                &["(x"],
                "the regular expression `(x` is invalid: `(` is never closed at character 1",
                "write a regular expression of .NET, which Entra uses; in TOML, in single quotes",
            ),
            (
                "accountEnabled",
                "EQUALS",
                &["True"],
                "EQUALS cannot be asked of Boolean attributes",
                "use IS TRUE, IS FALSE, IS NULL, IS NOT NULL",
            ),
        ] {
            let expected = (message.to_owned(), suggestion.to_owned());
            assert_eq!(refused(attribute, operator, values), expected, "{attribute} {operator}");
        }
    }

    #[test]
    fn attributes_that_the_service_cannot_filter_on_are_refused() {
        for (attribute, what) in [
            ("manager", "the manager"),
            ("userType", "the user type"),
            ("appRoleAssignments", "role assignments"),
            ("members", "the members of a group"),
            ("proxyAddresses", "attributes with several values"),
            ("otherMails", "attributes with several values"),
            ("StatusHireDate", "dates"),
            ("startDate", "dates"),
            ("endDate", "dates"),
            ("StatusTerminationDate", "dates"),
            ("StatusTerminationLastDayOfWork", "dates"),
            ("createdDateTime", "dates"),
            ("accountExpires", "dates"),
        ] {
            let message = format!("the service cannot filter on {what}");
            let suggestion = "filter on another attribute, or decide by whom you assign".to_owned();
            for (operator, values) in [("EQUALS", &["x"][..]), ("IS NOT NULL", &[])] {
                let expected = (message.clone(), suggestion.clone());
                assert_eq!(refused(attribute, operator, values), expected, "{attribute} {operator}");
            }
        }
    }

    #[test]
    fn a_kind_that_the_schema_tells_is_heeded() {
        let make = |operator, kind| Clause::new("x", operator, &["1".to_owned()], Some(kind), RegexAnchoring::Whole);
        assert_eq!(
            make("INCLUDES", AttributeKind::Integer).map(|clause| clause.to_string()),
            Err(ClauseError::Kind { operator: Operator::Includes, kind: AttributeKind::Integer })
        );
        assert_eq!(
            make("EQUALS", AttributeKind::DateTime).map(|clause| clause.to_string()),
            Err(ClauseError::Attribute("dates"))
        );
        assert_eq!(
            make("GREATER_THAN", AttributeKind::Integer).map(|clause| clause.to_string()),
            Ok("x GREATER_THAN '1'".into())
        );
        assert_eq!(
            make("GREATER_THAN", AttributeKind::String).map(|clause| clause.to_string()),
            Ok("x GREATER_THAN '1'".into())
        );
    }
}
