//! Regular expressions: those that mappings have, with values of 250 kB and of 1 MB, and those that are made to be slow, which a
//! budget of steps for the whole evaluation ends with an error.

use crate::report::{Report, Sizes, median};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::{Expression, Surroundings, Value},
    mapping::{
        scoping::{FilterGroup, ScopingFilter},
        scoping_clause::{Clause, RegexAnchoring},
    },
};
use std::{collections::HashMap, hint::black_box};

/// The bytes of the values. Of longer ones the budget of steps ends some.
const SIZES: Sizes = Sizes { unit: "bytes", all: &[250_000, 1_000_000, 4_000_000], are_moved: true };

/// The bytes of the value for the slow ones.
const BYTES: usize = 1_000_000;

type Object = HashMap<String, Value<'static>>;

pub(crate) fn measure(report: &mut Report) {
    Report::heading("Replace with a pattern on values of 250 kB, and of 1 MB");
    for (call, part) in [
        (r#"Replace([long],,"[()\s-]+",,"")"#, "+1 (999) 888-7777 "),
        (r#"Replace([long],,"(?<n>^\d*)","n","x")"#, "545 Tremont Street "),
        (r#"Replace([long],,"\p{Lu}\w*",,"<$0>")"#, "Ada é "),
        (r#"Replace([long],,"[^\p{L}]",,"")"#, "\u{1F600}a"),
    ] {
        if report.wants(call) {
            let expression = Expression::parse(call).expect(call);
            report.line(call, SIZES, |bytes| {
                let object = object(part, bytes);
                let gives_a_value = evaluate(&expression, &object).ends_with("bytes");
                gives_a_value.then(|| median(|| drop(black_box(evaluate(&expression, &object)))))
            });
        }
    }
    Report::heading("Replace with a pattern made to be slow, on a value of 1 MB");
    for (call, part) in [
        (r#"Replace([long],,"(a|aa)+b",,"")"#, "a"),
        (r#"Replace([long],,"(a*)*b",,"")"#, "a"),
        (r#"Replace([long],,"a*a*a*b",,"")"#, "a"),
        (r#"Replace([long],,"(?i)[\w-[\d]]*!",,"")"#, "é"),
        (r#"Replace([long],,"[^\p{L}\p{Nd}]*x",,"")"#, "\u{1F600}"),
        (r#"Replace([long],,"(?:\p{Cn}|\p{So}|\p{Sk})*x",,"")"#, "\u{1F600}"),
        (r#"Replace([long],,"(.+)\1\1x",,"")"#, "ab"),
        (r#"Replace([long],,"(?<=a*)b",,"")"#, "a"),
        (r#"Replace([long],,"(?=(a+))\b",,"")"#, "a"),
        (r#"Replace([long],,"()a",,[references])"#, "a"),
        (r#"Replace([long],,"a",,"$_")"#, "a"),
        (r#"Replace([long],,[classes],,"x")"#, "é"),
        (r#"Replace([long],,[groups],,"x")"#, "a"),
    ] {
        let expression = Expression::parse(call).expect(call);
        let object = object(part, BYTES);
        report.alone(call, || evaluate(&expression, &object));
    }
    Report::heading("A scoping filter of 200 clauses with such a pattern");
    for (pattern, part) in [("(a|aa)+b", "a"), ("([^\\p{L}]*)*x", "\u{1F600}")] {
        let values = [pattern.to_owned()];
        let clause = Clause::new("long", "REGEX MATCH", &values, None, RegexAnchoring::Partial).expect("a clause");
        let filter = ScopingFilter::new(vec![FilterGroup::new("A", vec![clause; 200]).expect("a group")]);
        let object = object(part, BYTES);
        report.alone(&format!("REGEX MATCH '{pattern}'"), || match filter.evaluate(&object) {
            Ok(verdict) => verdict.passed.to_string(),
            Err(error) => error.to_string(),
        });
    }
}

fn evaluate(expression: &Expression, object: &Object) -> String {
    let chance = Chance::seeded(1);
    match expression.evaluate(object, &Surroundings::new(Timestamp::UNIX_EPOCH, &chance)) {
        Ok(outcome) => format!("{} bytes", outcome.value.string_form().map_or(0, |text| text.len())),
        Err(error) => error.reason.to_string(),
    }
}

fn object(part: &str, bytes: usize) -> Object {
    [
        ("long", part.repeat(bytes / part.len())),
        ("references", "$1".repeat(500_000)),
        ("classes", "[a-zé\\d]?".repeat(9_000)),
        ("groups", "(a)?".repeat(20_000)),
    ]
    .map(|(name, value)| (name.to_owned(), Value::text(value)))
    .into()
}
