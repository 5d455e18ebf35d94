//! Expressions of 2,500 characters and of 10,000: read, printed, evaluated, explained, or refused.

use crate::report::{GROWTH, Report, Sizes, median};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::{
        Expression, MAXIMUM_DEPTH, MAXIMUM_LENGTH, Surroundings, Value,
        functions::{self, Function, Kind},
    },
};
use std::{collections::HashMap, hint::black_box, time::Duration};

/// The characters of the expressions. There are no longer ones.
const LENGTHS: Sizes = Sizes { unit: "characters", all: &[MAXIMUM_LENGTH / GROWTH, MAXIMUM_LENGTH], are_moved: false };

/// How deep the functions nest. They nest no deeper.
const DEPTHS: Sizes = Sizes { unit: "deep", all: &[MAXIMUM_DEPTH / GROWTH, MAXIMUM_DEPTH], are_moved: false };

pub(crate) fn measure(report: &mut Report) {
    Report::heading("Expressions of 2,500 characters, and of 10,000: read, printed, evaluated and explained");
    for function in functions::all().filter(|function| function.name != functions::SELECT_UNIQUE_VALUE) {
        let one = call(function, "[a]");
        repeated(report, "Join(\"\"", &format!(",{one}"), ")");
        if let [parameter, ..] = function.signature.repeated {
            let group = format!(",{}", argument(parameter.kind)).repeat(function.signature.repeated.len());
            repeated(report, &format!("{}([a],[a]", function.name), &group, ")");
        }
    }
    Report::heading("Functions nested 50 deep, and 200");
    for function in functions::all().filter(|function| function.name != functions::SELECT_UNIQUE_VALUE) {
        let nested = |depth| (0..depth).fold("[a]".to_owned(), |inner, _| call(function, &inner));
        let name = format!("{} …", call(function, "…"));
        if report.wants(&name) && call(function, "[a]").contains("[a]") && nested(MAXIMUM_DEPTH).len() <= MAXIMUM_LENGTH
        {
            report.line(&name, DEPTHS, |depth| Some(time(&nested(depth))));
        }
    }
    Report::heading("Texts of 2,500 characters, and of 10,000, that are expressions or are none");
    for (head, part, tail) in [
        ("SelectUniqueValue([a]", ",[a]", ")"),
        ("IIF(IsNull([b])", ",IsNull([b])", ",1)"),
        ("IIF(Join(\"\"", ",IsNull([b])", ")=\"\",1,2)"),
        ("\"", "a", "\""),
        ("\"", "\\\\", "\""),
        ("", " ", "[a]"),
        ("[", "a", "]"),
        ("[a", "[\"]\"]", "]"),
        ("Left(\"a\",", "1", ")"),
        ("Replace([a],,\"", "(a)", "\",,\"$1\")"),
        ("Replace([a],,\"", "[a-z]", "\",,\"$1\")"),
        ("Replace([a],,\"", "a|", "\",,\"$1\")"),
        ("Replace([a],,\"", "a?", "\",,\"$1\")"),
        ("Replace([a],,\"a\",,\"", "$1", "\")"),
        ("Join(\"\"", ",Join(\"\",[a])", ",Jion([a]))"),
        ("Join(\"\"", ",[a]", ",-"),
        ("", "é", ""),
        ("[a", "é[", ""),
        ("\"", "é", ""),
        ("Jo", "in", "([a])"),
        ("", "\n", "\u{301}"),
    ] {
        repeated(report, head, part, tail);
    }
}

/// Compares the longest text of this shape with one of a quarter of its length.
fn repeated(report: &mut Report, head: &str, part: &str, tail: &str) {
    let text = |length: usize| {
        let room = length - head.chars().count() - tail.chars().count();
        format!("{head}{}{tail}", part.repeat(room / part.chars().count()))
    };
    let name = format!("{head}{part}…{tail}").escape_debug().to_string();
    if report.wants(&name) {
        report.line(&name, LENGTHS, |length| Some(time(&text(length))));
    }
}

/// How long everything takes that is ever done with an expression.
fn time(text: &str) -> Duration {
    let (object, chance) = (HashMap::from([("a".to_owned(), Value::text("a"))]), Chance::seeded(1));
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    median(|| match Expression::parse(black_box(text)) {
        Ok(expression) => {
            black_box((expression.to_string(), expression.null_conditions(), expression.role_arguments()));
            drop(black_box(expression.evaluate(&object, &surroundings)));
            black_box(expression.explain(&object, &surroundings).to_string());
        }
        Err(error) => drop(black_box(error.diagnostic())),
    })
}

/// A call with `inner` in its first place.
fn call(function: &Function, inner: &str) -> String {
    let arguments = function.signature.needed().enumerate().map(|(place, parameter)| match parameter.name {
        _ if place == 0 => inner,
        "regexPattern" | "replacementValue" => "\"a\"",
        _ if !parameter.required => "",
        _ => argument(parameter.kind),
    });
    format!("{}({})", function.name, arguments.collect::<Vec<_>>().join(","))
}

fn argument(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "1",
        Kind::Condition => "True",
        Kind::DateTime => "\"2021-07-02\"",
        Kind::Any | Kind::List | Kind::Pattern | Kind::Roles | Kind::Text => "[b]",
    }
}
