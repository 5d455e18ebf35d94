//! Choosing between values. What is not chosen is not evaluated (`spec/EXPRESSIONS.md` §2.5).

use super::{
    Function, example,
    signature::{Kind, Signature, optional, required},
};
use crate::expression::{
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    excerpt::excerpt,
    value::Value,
};

pub(super) static FUNCTIONS: [Function; 3] = [
    Function::new(
        "Coalesce",
        Signature::of(&[]).then(&[required("source", Kind::Any)], 1),
        "Gives the first value that is neither null nor empty, else the last one as it is",
        &[example(
            "Coalesce([mail],[userPrincipalName])",
            &[("userPrincipalName", "John.Doe@contoso.com")],
            "John.Doe@contoso.com",
        )],
        coalesce,
    ),
    Function::new(
        "IIF",
        Signature::of(&[
            required("condition", Kind::Condition),
            required("valueIfTrue", Kind::Any),
            required("valueIfFalse", Kind::Any),
        ]),
        "Gives one value if a condition holds, else another",
        &[example(
            "IIF([country]=\"USA\",[country],[department])",
            &[("country", "CAN"), ("department", "Sales")],
            "Sales",
        )],
        iif,
    ),
    Function::new(
        "Switch",
        Signature::of(&[required("source", Kind::Text), optional("defaultValue", Kind::Any)]).then(
            &[required("key", Kind::Text).keyed("switchValue"), required("value", Kind::Any).keyed("switchValue")],
            1,
        ),
        "Gives the value whose key equals the source, else the default value",
        &[example(
            "Switch([state], \"Australia/Sydney\", \"NSW\", \"Australia/Sydney\",\"QLD\", \"Australia/Brisbane\")",
            &[("state", "QLD")],
            "Australia/Brisbane",
        )],
        switch,
    ),
];

fn coalesce<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let mut last = Value::Null;
    for position in arguments.from(0) {
        last = arguments.value(position)?;
        if !last.is_empty() {
            break;
        }
    }
    Ok(last)
}

fn iif<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let condition = arguments.condition(0)?;
    let holds = match condition {
        Value::Boolean(holds) => holds,
        Value::Text(text) if text == "True" => true,
        Value::Text(text) if text == "False" => false,
        other => {
            let found = other.string_form().map_or_else(|| other.kind().to_owned(), |text| excerpt(&text));
            return Err(Reason::NotBoolean(found).into());
        }
    };
    arguments.value(if holds { 1 } else { 2 })
}

fn switch<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let source = arguments.text(0)?.unwrap_or_default();
    for position in arguments.from(2).step_by(2) {
        if arguments.text(position)?.unwrap_or_default() == source {
            return arguments.value(position + 1);
        }
    }
    arguments.value(1)
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values};

    #[test]
    fn coalesce_takes_the_first_that_has_something() {
        assert_values(&[
            ("Coalesce([none], [empty], [a], \"x\")", "value"),
            ("Coalesce([none], [empty], \"none\")", "none"),
            ("Coalesce([none], \"\")", ""),
            ("Coalesce([empty], [none])", "null"),
            ("Coalesce([list], \"x\")", "[a; b; a]"),
            ("Coalesce([emptyList], \"x\")", "x"),
            ("Coalesce([no], \"x\")", "False"),
            ("Coalesce([a], Item([list], 9))", "value"),
        ]);
    }

    #[test]
    fn iif_evaluates_the_chosen_branch_only() {
        assert_values(&[
            ("IIF([a]=\"value\", \"yes\", Item([list], 9))", "yes"),
            ("IIF([a]<>\"value\", Item([list], 9), \"no\")", "no"),
            ("IIF([yes], \"yes\", \"no\")", "yes"),
            ("IIF(\"False\", \"yes\", \"no\")", "no"),
            ("IIF(False, \"yes\", \"no\")", "no"),
            ("IIF([none]=\"\", \"yes\", \"no\")", "yes"),
            ("IIF(IsPresent([none]), [none], \"no\")", "no"),
            ("IIF([five] > 10, \"yes\", \"no\")", "no"),
            ("IIF([yes]=\"True\", [list], \"no\")", "[a; b; a]"),
            ("IIF([a]=\"value\", [none], \"no\")", "null"),
        ]);
        assert_errors(&[
            "IIF([a], \"yes\", \"no\")",
            "IIF([none], \"yes\", \"no\")",
            "IIF(\"true\", \"yes\", \"no\")",
            "IIF(1, \"yes\", \"no\")",
            "IIF([list]=\"a\", \"yes\", \"no\")",
        ]);
    }

    #[test]
    fn switch_takes_the_first_key_that_equals_the_source() {
        assert_values(&[
            ("Switch([a], \"d\", \"x\", \"1\", \"value\", \"2\", \"value\", \"3\")", "2"),
            ("Switch([a], \"d\", \"VALUE\", \"1\")", "d"),
            ("Switch([a], , \"x\", \"1\")", "null"),
            ("Switch([none], \"d\", \"\", \"1\")", "1"),
            ("Switch([none], \"d\", [none], \"1\")", "1"),
            ("Switch([yes], , \"True\", \"1\")", "1"),
            ("Switch([five], , 5, \"1\")", "1"),
            ("Switch([five], , \"5.0\", \"1\")", "null"),
            ("Switch([a], Item([list], 9), \"value\", \"1\", Item([list], 9), \"2\")", "1"),
            ("Switch([a], [list], \"x\", \"1\")", "[a; b; a]"),
        ]);
        assert_errors(&["Switch([list], , \"a\", \"1\")", "Switch([a], , [list], \"1\")"]);
    }
}
