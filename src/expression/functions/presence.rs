//! Questions about values, answered by true or false.

use super::{
    Function, example,
    signature::{Kind, Signature, required},
};
use crate::expression::{arguments::Arguments, evaluation_error::Stop, value::Value};

pub(super) static FUNCTIONS: [Function; 5] = [
    Function::new(
        "IsNull",
        Signature::of(&[required("expression", Kind::Any)]),
        "Tells whether there is no value; an empty text is one",
        &[example("IsNull([displayName])", &[], "True")],
        is_null,
    ),
    Function::new(
        "IsNullOrEmpty",
        Signature::of(&[required("expression", Kind::Any)]),
        "Tells whether there is no value, or an empty one",
        &[example("IsNullOrEmpty([displayName])", &[("displayName", "")], "True")],
        is_null_or_empty,
    ),
    Function::new(
        "IsPresent",
        Signature::of(&[required("expression", Kind::Any)]),
        "Tells whether there is a value that is not empty",
        &[example("IsPresent([displayName])", &[("displayName", "John")], "True")],
        is_present,
    ),
    Function::new(
        "IsString",
        Signature::of(&[required("expression", Kind::Any)]),
        "Tells whether the value can be written as a text",
        &[example("IsString([displayName])", &[("displayName", "John")], "True")],
        is_string,
    ),
    Function::new(
        "Not",
        Signature::of(&[required("source", Kind::Any)]),
        "Gives False for True, and True for everything else",
        &[example("Not([IsSoftDeleted])", &[("IsSoftDeleted", "True")], "False")],
        not,
    ),
];

fn is_null<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Boolean(arguments.value(0)? == Value::Null))
}

fn is_null_or_empty<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Boolean(arguments.value(0)?.is_empty()))
}

fn is_present<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Boolean(!arguments.value(0)?.is_empty()))
}

fn is_string<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Boolean(arguments.value(0)?.string_form().is_some()))
}

fn not<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Boolean(arguments.value(0)?.string_form().as_deref() != Some("True")))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::assert_values;

    #[test]
    fn values_are_told_apart() {
        for (value, null, empty, string) in [
            ("[none]", "True", "True", "False"),
            ("[empty]", "False", "True", "True"),
            ("[a]", "False", "False", "True"),
            ("[no]", "False", "False", "True"),
            ("[five]", "False", "False", "True"),
            ("Now()", "False", "False", "True"),
            ("[list]", "False", "False", "False"),
            ("[emptyList]", "False", "True", "False"),
        ] {
            let present = if empty == "True" { "False" } else { "True" };
            assert_values(&[
                (&format!("IsNull({value})"), null),
                (&format!("IsNullOrEmpty({value})"), empty),
                (&format!("IsPresent({value})"), present),
                (&format!("IsString({value})"), string),
            ]);
        }
    }

    #[test]
    fn only_true_is_negated_to_false() {
        assert_values(&[
            ("Not(\"True\")", "False"),
            ("Not([yes])", "False"),
            ("Not([no])", "True"),
            ("Not(\"true\")", "True"),
            ("Not([a])", "True"),
            ("Not([none])", "True"),
            ("Not([list])", "True"),
            ("Not(IsNull([none]))", "False"),
        ]);
    }
}
