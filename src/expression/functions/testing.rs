//! Tables of expressions with what they give, for one object.

use crate::{
    chance::Chance,
    expression::{EvaluationError, Expression, RoleAssignment, Surroundings, Value},
};
use std::collections::HashMap;

/// The object that the tables are evaluated for.
fn object() -> HashMap<String, Value<'static>> {
    let role = |value: &str, name: &str| RoleAssignment {
        id: "1".to_owned(),
        value: value.to_owned(),
        display_name: name.to_owned(),
    };
    let list = |elements: &[&str]| Value::List(elements.iter().map(|&element| element.to_owned()).collect());
    [
        ("a", Value::text("value")),
        ("empty", Value::text("")),
        ("yes", Value::Boolean(true)),
        ("no", Value::Boolean(false)),
        ("five", Value::Integer(5)),
        ("list", list(&["a", "b", "a"])),
        ("emptyList", list(&[])),
        ("role", Value::Roles(vec![role("admin", "Administrator")].into())),
        ("nameless", Value::Roles(vec![role("", "Administrator")].into())),
        ("roles", Value::Roles(vec![role("admin", "Administrator"), role("user", "User")].into())),
        ("noRoles", Value::Roles(vec![].into())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// What `expression` gives on 2 July 2021: `null`, `ignore the flow`, a list in brackets, or the string form.
pub(crate) fn evaluate(expression: &str) -> Result<String, EvaluationError> {
    let (object, chance) = (object(), Chance::seeded(1));
    let surroundings = Surroundings::new("2021-07-02T15:33:38Z".parse().expect("a timestamp"), &chance);
    let expression = Expression::parse(expression).map_err(|error| error.diagnostic()).expect("an expression");
    let outcome = expression.evaluate(&object, &surroundings)?;
    Ok(match &outcome.value {
        Value::Null => "null".to_owned(),
        Value::IgnoreFlow => "ignore the flow".to_owned(),
        Value::IgnoreObject => "ignore the object".to_owned(),
        list if list.is_list() => format!("[{}]", list.texts().join("; ")),
        single => single.string_form().unwrap_or_default().into_owned(),
    })
}

/// Each expression gives what stands beside it.
pub(crate) fn assert_values(table: &[(&str, &str)]) {
    for &(expression, expected) in table {
        match evaluate(expression) {
            Ok(value) => assert_eq!(value, expected, "{expression}"),
            Err(error) => panic!("{expression}: {error}"),
        }
    }
}

/// Each expression is read, and fails when it is evaluated.
pub(crate) fn assert_errors(expressions: &[&str]) {
    for &expression in expressions {
        assert!(evaluate(expression).is_err(), "{expression}: {:?}", evaluate(expression));
    }
}

/// Each expression fails with the reason that stands beside it.
pub(crate) fn assert_reasons(table: &[(&str, &str)]) {
    for &(expression, expected) in table {
        let reason = evaluate(expression).map_err(|error| error.reason.to_string());
        assert_eq!(reason, Err(expected.to_owned()), "{expression}");
    }
}
