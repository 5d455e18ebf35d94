//! Every function with attribute values of 256 kB and of 1 MB.
//!
//! The long value stands in each parameter by itself, then in all of them, then with one half as long in the others: not quite
//! like it, or of a letter that it does not have. The values are of several kinds, for what is quick with one may be slow with another. Each function has the line
//! of its slowest combination; each other combination that looks worse than linear is judged, too.

use crate::report::{Report, Sizes, median};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::{
        Expression, RoleAssignment, Surroundings, Value,
        functions::{self, Function, Kind, Signature},
    },
};
use std::{collections::HashMap, hint::black_box, time::Duration};

/// The bytes of the values. Of the longest some functions make texts that are too long.
pub(crate) const SIZES: Sizes =
    Sizes { unit: "bytes", all: &[250_000, 1_000_000, 4_000_000, 16_000_000], are_moved: true };

/// What the values are made of.
const PARTS: [&str; 7] = ["aé,b ", "a", "1", " ", "\u{1F600}", "a\u{301}\u{1D167}", "\\'\"%"];

type Object = HashMap<String, Value<'static>>;

pub(crate) fn measure(report: &mut Report) {
    Report::heading("Attribute values of 250 kB, and of 1 MB");
    report.copies(SIZES);
    let objects: Vec<[Object; 2]> =
        PARTS.iter().map(|part| [SIZES.all[0], SIZES.all[1]].map(|bytes| object(part, bytes))).collect();
    for function in functions::all() {
        if !report.wants(function.name) {
            continue;
        }
        let calls = calls(function);
        if calls.is_empty() {
            println!("{:<58} takes no value", function.name);
        }
        let mut measured = Vec::new();
        for text in calls {
            let expression = Expression::parse(&text).unwrap_or_else(|error| panic!("{}", error.diagnostic()));
            for (&part, pair) in PARTS.iter().zip(&objects) {
                let times = [&pair[0], &pair[1]].map(|object| time(&expression, object).0);
                measured.push((times, part, expression.clone(), text.clone()));
            }
        }
        measured.sort_by_key(|([_, many], ..)| std::cmp::Reverse(*many));
        for (place, (times, part, expression, text)) in measured.iter().enumerate() {
            let name = format!("{text} of {part:?}");
            match place {
                0 => report.judge(&name, SIZES, *times, at_any_size(expression, part)),
                _ if Report::is_steep(*times) => report.also(&name, SIZES, at_any_size(expression, part)),
                _ => {}
            }
        }
    }
    println!("\nThe rules behind them: comparisons, and lists of 25,000 and of 100,000 values\n");
    for text in [
        "[long] = [copy]",
        "[long] < [other]",
        "Join(\",\", [list]) = Join(\",\", [list])",
        "Count(RemoveDuplicates(Split([long], \"a\")))",
    ] {
        if report.wants(text) {
            let expression = Expression::parse(text).expect(text);
            report.line(text, SIZES, at_any_size(&expression, PARTS[0]));
        }
    }
}

/// How long an expression takes with a value of so many bytes; none from where on it fails and did not with a shorter one, for
/// then it ends early.
fn at_any_size(expression: &Expression, part: &'static str) -> impl FnMut(usize) -> Option<Duration> {
    let mut succeeded = None;
    move |bytes| {
        let (time, succeeds) = time(expression, &object(part, bytes));
        (*succeeded.get_or_insert(succeeds) == succeeds).then_some(time)
    }
}

/// How long an evaluation takes, and whether it gives a value.
fn time(expression: &Expression, object: &Object) -> (Duration, bool) {
    let chance = Chance::seeded(1);
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    let evaluate = || expression.evaluate(black_box(object), &surroundings);
    (median(|| drop(black_box(evaluate()))), evaluate().is_ok())
}

fn object(part: &str, bytes: usize) -> Object {
    let long = part.repeat(bytes / part.len());
    let half = format!("{}!", part.repeat(bytes / part.len() / 2));
    let count = bytes / 10;
    let list: Vec<String> = (0..count).map(|number| format!("{part}{number}")).collect();
    let role = |number: usize| RoleAssignment {
        id: number.to_string(),
        value: format!("{part}{number}"),
        display_name: "a role".to_owned(),
    };
    [
        ("copy", Value::text(long.clone())),
        ("other", Value::text(format!("{long}!"))),
        ("long", Value::text(long)),
        ("half", Value::text(half)),
        ("strange", Value::text("z".repeat(bytes / 2))),
        ("list", Value::List(list.into())),
        ("roles", Value::Roles((0..count / 10).map(role).collect())),
        ("short", Value::text("a")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Calls of the function in which a long value stands in one parameter or in several.
fn calls(function: &'static Function) -> Vec<String> {
    let mut calls = Vec::new();
    for signature in std::iter::once(&function.signature).chain(&function.older) {
        let slots = slots(signature);
        let all = |value: &str| slots.iter().map(|&kind| long(kind, value)).collect::<Vec<_>>();
        let harmless: Vec<String> = slots.iter().map(|&kind| harmless(kind)).collect();
        for place in 0..slots.len() {
            let with = |others: &[String], value: String| {
                let mut arguments = others.to_vec();
                arguments[place] = value;
                arguments
            };
            calls.push(with(&harmless, long(slots[place], "[long]")));
            calls.push(with(&all("[half]"), long(slots[place], "[long]")));
            calls.push(with(&all("[strange]"), long(slots[place], "[long]")));
        }
        calls.push(all("[long]"));
    }
    if function.name == "Replace" {
        // Without a pattern; those with one have a budget, and lines of their own.
        calls = [
            "[long],\"a\",,,\"bc\"",
            "[long],[half],,,[short]",
            "[short],\"a\",,,,,[long]",
            "[long],[half],,,,,[long]",
            "[half],[copy],,,,,[long]",
        ]
        .map(|arguments| vec![arguments.to_owned()])
        .into();
    }
    if slots(&function.signature).is_empty() {
        calls.clear();
    }
    let mut calls: Vec<String> =
        calls.iter().map(|arguments| format!("{}({})", function.name, arguments.join(","))).collect();
    calls.dedup();
    calls
}

fn slots(signature: &Signature) -> Vec<Kind> {
    let repeated = signature.repeated.iter().cycle().take(signature.repeated.len() * signature.at_least.max(2));
    signature.fixed.iter().chain(repeated).map(|parameter| parameter.kind).collect()
}

/// A long value for a parameter of this kind.
fn long(kind: Kind, value: &str) -> String {
    match kind {
        Kind::List => "[list]".to_owned(),
        Kind::Roles => "[roles]".to_owned(),
        Kind::Integer => "7".to_owned(),
        Kind::Condition => format!("{value}=[copy]"),
        Kind::Any | Kind::DateTime | Kind::Pattern | Kind::Text => value.to_owned(),
    }
}

/// A value for a parameter of this kind that is no matter.
fn harmless(kind: Kind) -> String {
    match kind {
        Kind::List | Kind::Roles => "[none]",
        Kind::Integer => "7",
        Kind::Condition => "True",
        Kind::DateTime => "\"2021-07-02T15:33:38Z\"",
        Kind::Any | Kind::Pattern | Kind::Text => "[short]",
    }
    .to_owned()
}
