//! Whether and how a value flows to the target.

use super::{
    Function, REDACT, SELECT_UNIQUE_VALUE, example,
    signature::{Kind, Signature, required},
};
use crate::expression::{
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    value::Value,
};

pub(super) static FUNCTIONS: [Function; 3] = [
    Function::new(
        "IgnoreFlowIfNullOrEmpty",
        Signature::of(&[required("expression", Kind::Any)]),
        "Gives a value, or drops the mapping for this object if it is null or empty",
        &[example("IgnoreFlowIfNullOrEmpty([department])", &[("department", "Sales")], "Sales")],
        ignore_flow_if_null_or_empty,
    ),
    Function::new(
        REDACT,
        Signature::of(&[required("value", Kind::Any)]),
        "Gives a value that logs do not show",
        &[example("Redact([initialPassword])", &[("initialPassword", "x")], "x")],
        redact,
    ),
    Function::new(
        SELECT_UNIQUE_VALUE,
        Signature::of(&[]).then(&[required("rule", Kind::Text)], 2),
        "Gives the first value that the target does not have yet",
        &[example(
            "SelectUniqueValue(Join(\".\", [givenName], [surname]), Join(\".\", Left([givenName], 1), [surname]))",
            &[("givenName", "John"), ("surname", "Smith")],
            "John.Smith",
        )],
        select_unique_value,
    ),
];

fn ignore_flow_if_null_or_empty<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let value = arguments.value(0)?;
    if value.is_empty() { Err(Stop::IgnoreFlow) } else { Ok(value) }
}

fn redact<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    arguments.redact();
    arguments.value(0)
}

/// A rule that gives nothing, or an empty text, is passed over; if all do, there is nothing to flow.
fn select_unique_value<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let mut taken = 0;
    for position in arguments.from(0) {
        match arguments.text(position)? {
            Some(candidate) if !candidate.is_empty() => {
                if !(arguments.surroundings().unique_taken)(&candidate) {
                    return Ok(Value::Text(candidate));
                }
                taken += 1;
            }
            _ => {}
        }
    }
    if taken == 0 { Ok(Value::Null) } else { Err(Reason::AllValuesTaken(arguments.count()).into()) }
}

#[cfg(test)]
mod tests {
    use crate::{
        chance::Chance,
        expression::{
            Expression, Surroundings, Value,
            functions::testing::{assert_values, evaluate},
        },
    };
    use std::collections::HashMap;

    #[test]
    fn what_is_empty_drops_the_mapping_wherever_it_comes_up() {
        assert_values(&[
            ("IgnoreFlowIfNullOrEmpty([a])", "value"),
            ("IgnoreFlowIfNullOrEmpty([none])", "ignore the flow"),
            ("IgnoreFlowIfNullOrEmpty([empty])", "ignore the flow"),
            ("IgnoreFlowIfNullOrEmpty([emptyList])", "ignore the flow"),
            ("Append(IgnoreFlowIfNullOrEmpty([none]), \"x\")", "ignore the flow"),
            ("IIF([a]=\"value\", \"x\", IgnoreFlowIfNullOrEmpty([none]))", "x"),
            ("IIF([a]=\"value\", IgnoreAttributeFlow, \"x\")", "ignore the flow"),
            ("IgnoreAttributeFlow", "ignore the flow"),
            ("Coalesce([none], IgnoreObjectFlow)", "ignore the object"),
        ]);
    }

    #[test]
    fn a_redacted_value_flows_and_is_marked() {
        let (object, chance) = (HashMap::from([("p".to_owned(), Value::text("secret"))]), Chance::seeded(1));
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        let redacted = |text: &str| {
            let expression = Expression::parse(text).expect(text);
            let outcome = expression.evaluate(&object, &surroundings).expect(text);
            (outcome.value.into_owned(), outcome.redacted, expression.redacts())
        };
        assert_eq!(redacted("Redact([p])"), (Value::text("secret"), true, true));
        assert_eq!(redacted("IIF([p]=\"x\", Redact([p]), \"open\")"), (Value::text("open"), false, true));
        assert_eq!(redacted("[p]"), (Value::text("secret"), false, false));
    }

    #[test]
    fn an_error_beside_redacted_values_does_not_show_them() {
        let error = evaluate("DateAdd(\"d\", Redact([a]), Now())").expect_err("no number");
        assert_eq!(
            error.to_string(),
            "An error occured while evaluating this function: 'DateAdd.' The reason is not shown because the expression \
             has `Redact`"
        );
    }

    #[test]
    fn the_first_free_value_is_taken() {
        let (object, chance) = (HashMap::from([("a".to_owned(), Value::text("one"))]), Chance::seeded(1));
        let taken = |value: &str| ["one", "two"].contains(&value);
        let surroundings =
            Surroundings { unique_taken: &taken, ..Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance) };
        let evaluate = |text: &str| {
            let expression = Expression::parse(text).expect(text);
            expression.evaluate(&object, &surroundings).map(|outcome| outcome.value.into_owned())
        };
        assert_eq!(evaluate("SelectUniqueValue([a], \"two\", [none], \"three\")"), Ok(Value::text("three")));
        assert_eq!(evaluate("SelectUniqueValue([none], [none])"), Ok(Value::Null));
        assert_eq!(
            evaluate("SelectUniqueValue([a], \"two\")").map_err(|error| error.reason.to_string()),
            Err("None of the 2 rules gave a value that is unique in the target".to_owned())
        );
    }
}
