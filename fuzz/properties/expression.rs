//! An expression, and the source object that it is evaluated for.
//!
//! * What is refused has a message that shows the place.
//! * What is read prints as a text that reads as the same expression, and prints so again.
//! * Evaluation ends with a value or an error, the same each time, and the explanation comes to the same.
//!
//! The input: the expression, and after a zero the source attributes as a JSON object. What is no JSON object is the value of
//! every attribute.

use super::parts;
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::{Attributes, Expression, MAXIMUM_LENGTH, Reason, Surroundings, Value},
};
use serde_json::{Map, Value as Json};

/// A source object.
enum Object<'t> {
    Json(Map<String, Json>),
    AllTheSame(&'t str),
}

impl Attributes for Object<'_> {
    fn get(&self, name: &str) -> Value<'_> {
        match self {
            Self::Json(attributes) => Attributes::get(attributes, name),
            Self::AllTheSame(text) => Value::text(*text),
        }
    }
}

/// Panics unless what is said above holds of `input`.
pub fn hold(input: &[u8]) {
    let Some([text, attributes]) = parts(input) else { return };
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return assert!(error.diagnostic().starts_with("error: "), "{}", error.diagnostic()),
    };
    let printed = expression.to_string();
    if printed.chars().count() <= MAXIMUM_LENGTH {
        let again = Expression::parse(&printed);
        assert_eq!(again.as_ref(), Ok(&expression), "{printed}");
        assert_eq!(again.map(|again| again.to_string()), Ok(printed));
    }
    let object = match serde_json::from_str(attributes) {
        Ok(Json::Object(attributes)) => Object::Json(attributes),
        _ => Object::AllTheSame(attributes),
    };
    let costly = |reason: &Reason| matches!(reason, Reason::PatternTooCostly | Reason::TooMuchText | Reason::TooLong);
    let (first, second, third) = (Chance::seeded(1), Chance::seeded(1), Chance::seeded(1));
    let surroundings = |chance| Surroundings::new(Timestamp::UNIX_EPOCH, chance);
    let outcome = expression.evaluate(&object, &surroundings(&first));
    if outcome.as_ref().is_err_and(|error| costly(&error.reason)) {
        return;
    }
    assert_eq!(expression.evaluate(&object, &surroundings(&second)), outcome, "evaluated again");
    let explanation = expression.explain(&object, &surroundings(&third));
    assert_eq!(explanation.outcome, outcome, "explained");
    assert!(!explanation.to_string().is_empty());
    if let Err(error) = outcome {
        assert!(!error.to_string().is_empty());
    }
}
