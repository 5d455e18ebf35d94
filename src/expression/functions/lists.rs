//! Multi-valued attributes: counting, choosing, joining and making them.

use super::{
    Function, example,
    signature::{Kind, Signature, required},
    text::beyond,
};
use crate::expression::{
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    impossible::constant_integer,
    tree::Node,
    value::{Value, check_length},
};
use std::{borrow::Cow, collections::HashSet};

pub(super) static FUNCTIONS: [Function; 5] = [
    Function::new(
        "Count",
        Signature::of(&[required("attribute", Kind::List)]),
        "Counts the values of a multi-valued attribute",
        &[example("Count(Split([x], \",\"))", &[("x", "a,b,c,d")], "4")],
        count,
    ),
    Function::new(
        "Item",
        Signature::of(&[required("attribute", Kind::List), required("index", Kind::Integer)]),
        "Gives a value of a multi-valued attribute by its number, counted from 1",
        &[example("Item(Split([x], \",\"), 2)", &[("x", "a,b,c")], "b")],
        item,
    )
    .with_constants(|call| constant_integer(call, 1).map_or(Ok(()), |index| beyond("index", 1, index).map(drop))),
    Function::new(
        "Join",
        Signature::of(&[required("separator", Kind::Text)]).then(&[required("source", Kind::Any)], 1),
        "Joins texts with a separator, leaving out empty ones; a multi-valued attribute contributes each of its values",
        &[example(
            "Join(\", \", \"\", [surname], [givenName])",
            &[("surname", "Doe"), ("givenName", "John")],
            "Doe, John",
        )],
        join,
    ),
    Function::new(
        "RemoveDuplicates",
        Signature::of(&[required("attribute", Kind::List)]),
        "Keeps each value of a multi-valued attribute once",
        &[example("RemoveDuplicates(Split([x], \",\"))", &[("x", "a,b,a")], "a;b")],
        remove_duplicates,
    ),
    Function::new(
        "Split",
        Signature::of(&[required("source", Kind::Text), required("delimiter", Kind::Text)]),
        "Splits a text at a delimiter into several values",
        &[example(
            "Split([extensionAttribute5], \",\")",
            &[("extensionAttribute5", "PermissionSetOne, PermissionSetTwo")],
            "PermissionSetOne;PermissionSetTwo",
        )],
        split,
    )
    .with_constants(|call| check_delimiter(call.argument(1).and_then(Node::constant))),
];

fn count<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let count = match arguments.value(0)? {
        Value::Null => 0,
        Value::List(elements) => elements.len(),
        Value::Roles(roles) => roles.len(),
        _ => 1,
    };
    Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn item<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let value = arguments.value(0)?;
    if matches!(value, Value::Null) {
        return Ok(Value::Null);
    }
    let index = arguments.integer(1)?;
    let offset = index.checked_sub(1).and_then(|offset| usize::try_from(offset).ok());
    let (element, count) = match &value {
        Value::List(elements) => (offset.and_then(|offset| elements.get(offset).cloned()), elements.len()),
        Value::Roles(roles) => (offset.and_then(|offset| Some(roles.get(offset)?.to_json())), roles.len()),
        single => {
            let text = single.string_form().map(Cow::into_owned);
            let count = text.iter().count();
            (text.filter(|_| offset == Some(0)), count)
        }
    };
    element.map(Value::text).ok_or_else(|| Reason::NoSuchElement { index, count }.into())
}

/// Memory for the text is asked for once, when all its parts are known. Parts that are too long together end it before they
/// pile up.
fn join<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let separator = arguments.text(0)?.unwrap_or_default();
    let mut values = Vec::with_capacity(arguments.from(1).len());
    let mut length = 0;
    for position in arguments.from(1) {
        let value = arguments.value(position)?;
        for part in parts(&value) {
            arguments.spend(part.len())?;
            length += if length == 0 { part.len() } else { separator.len() + part.len() };
            check_length(length)?;
        }
        values.push(value);
    }
    let mut joined = String::with_capacity(length);
    for part in values.iter().flat_map(parts) {
        joined.push_str(if joined.is_empty() { "" } else { &separator });
        joined.push_str(&part);
    }
    Ok(Value::text(joined))
}

/// What a value adds to a joined text. Of a single text, nothing is copied or set aside.
fn parts<'v>(value: &'v Value<'_>) -> impl Iterator<Item = Cow<'v, str>> {
    let (single, several) = match value {
        Value::Text(text) => (Some(Cow::Borrowed(&**text)), Vec::new()),
        other => (None, other.texts()),
    };
    single.into_iter().chain(several).filter(|part| !part.is_empty())
}

fn remove_duplicates<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    match arguments.value(0)? {
        Value::Null => Ok(Value::Null),
        value => {
            let texts = value.texts();
            arguments.spend(texts.iter().map(|text| text.len()).sum())?;
            let mut seen = HashSet::new();
            let kept = texts.into_iter().filter(|text| seen.insert(text.clone())).map(Cow::into_owned);
            Ok(Value::List(kept.collect()))
        }
    }
}

fn check_delimiter(delimiter: Option<&str>) -> Result<(), Reason> {
    if delimiter == Some("") { Err(Reason::EmptyParameter("delimiter")) } else { Ok(()) }
}

fn split<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    let delimiter = arguments.text(1)?.unwrap_or_default();
    check_delimiter(Some(&delimiter))?;
    let parts = || text.split(&*delimiter).map(|part| part.trim_matches(' ')).filter(|part| !part.is_empty());
    check_length(parts().map(|part| size_of::<String>() + part.len()).sum())?;
    Ok(Value::List(parts().map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values};

    #[test]
    fn count_counts_values() {
        assert_values(&[
            ("Count([list])", "3"),
            ("Count([roles])", "2"),
            ("Count([a])", "1"),
            ("Count([none])", "0"),
            ("Count([emptyList])", "0"),
        ]);
    }

    #[test]
    fn item_counts_from_one() {
        assert_values(&[("Item([list], 2)", "b"), ("Item([a], 1)", "value"), ("Item([none], 1)", "null")]);
        assert_errors(&[
            "Item([list], 0)",
            "Item([list], -1)",
            "Item([list], 4)",
            "Item([a], 2)",
            "Item([list], \"x\")",
        ]);
    }

    #[test]
    fn join_leaves_out_what_is_empty() {
        assert_values(&[
            ("Join(\", \", \"\", [a], [none], [empty], \"x\")", "value, x"),
            ("Join(\";\", \"x\", [list], \"y\")", "x;a;b;a;y"),
            ("Join(\"\", 1000, \"5\", [five], [yes])", "100055True"),
            ("Join(\"-\", \"a\", \" \", \"b\")", "a- -b"),
            ("Join(\"-\", [none], [empty])", ""),
            ("Join(\"-\", \"a\", , \"b\")", "a-b"),
            ("Join([none], \"a\", \"b\")", "ab"),
            ("Join(\"-\", [emptyList], \"b\")", "b"),
        ]);
        assert_errors(&["Join([list], \"a\", \"b\")"]);
    }

    #[test]
    fn remove_duplicates_keeps_the_first_of_each() {
        assert_values(&[
            ("RemoveDuplicates([list])", "[a; b]"),
            ("RemoveDuplicates(Split(\"a,A,a\", \",\"))", "[a; A]"),
            ("RemoveDuplicates([a])", "[value]"),
            ("RemoveDuplicates([none])", "null"),
        ]);
    }

    #[test]
    fn split_trims_blanks_and_drops_what_is_empty() {
        assert_values(&[
            ("Split(\"One, Two,,  ,Three \", \",\")", "[One; Two; Three]"),
            ("Split(\"single\", \",\")", "[single]"),
            ("Split(\"a--b-c\", \"--\")", "[a; b-c]"),
            ("Split(\"\", \",\")", "[]"),
            ("Split([none], \",\")", "null"),
        ]);
        assert_errors(&["Split([a], \"\")", "Split([a], [none])", "Split([list], \",\")"]);
    }
}
