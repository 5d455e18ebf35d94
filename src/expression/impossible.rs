//! Calls that can never give a value, because a function refuses a constant in them.
//!
//! For an object such a call is an error when it is evaluated, and so it stays: a branch that is never taken does no harm.
//! Where a mapping is saved it is better told at once. A call that has nothing but constants is tried; of any other, the
//! constants are looked at by themselves.
//!
//! Source: `spec/EXPRESSIONS.md` §2.1 and the functions' own sections in §4.

use super::{
    arguments::integer,
    dates,
    evaluation_error::Reason,
    evaluator::Evaluator,
    excerpt::excerpt,
    functions::Kind,
    surroundings::Surroundings,
    tree::{Call, Node, NodeKind, Operator, Span, Word},
    value::Value,
};
use crate::chance::Chance;
use jiff::Timestamp;
use std::collections::HashMap;

/// The functions that give dates.
const DATES: [&str; 4] = ["CDate", "DateAdd", "DateFromNum", "Now"];

/// The time at which a call is tried: in a leap year, in which there is every date.
const TRIED_AT: Timestamp = Timestamp::constant(1_704_067_200, 0);

/// A call that can never give a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpossibleCall<'a> {
    /// The function called.
    pub function: &'static str,
    /// Where the call stands.
    pub span: &'a Span,
    /// Why it gives none.
    pub reason: Reason,
}

/// Every such call of the tree, in the order of the text.
pub(super) fn calls(root: &Node) -> Vec<ImpossibleCall<'_>> {
    let mut found = Vec::new();
    root.walk(&mut |node| {
        if let NodeKind::Call(call) = &node.kind
            && let Err(reason) = check(node, call)
        {
            found.push(ImpossibleCall { function: call.function.name, span: &node.span, reason });
        }
    });
    found
}

/// Every comparison by size of which one side is a date, in the order of the text.
pub(super) fn date_comparisons(root: &Node) -> Vec<&Span> {
    let mut found = Vec::new();
    root.walk(&mut |node| {
        if let NodeKind::Comparison(comparison) = &node.kind
            && !matches!(comparison.operator, Operator::Equal | Operator::NotEqual)
            && (is_date(&comparison.left) || is_date(&comparison.right))
        {
            found.push(&node.span);
        }
    });
    found
}

/// Whether the node is a call of a function that gives a date.
fn is_date(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Call(call) if DATES.contains(&call.function.name))
}

/// The constant in a slot, as a whole number; none where there is none, or another thing.
pub(super) fn constant_integer(call: &Call, position: usize) -> Option<i64> {
    call.argument(position)?.constant().and_then(|text| integer(&Value::text(text)))
}

fn check(node: &Node, call: &Call) -> Result<(), Reason> {
    let is_constant = |argument: &Node| {
        argument.constant().is_some()
            || matches!(argument.kind, NodeKind::Word(Word::BinaryCompare | Word::TextCompare))
    };
    // Regular expressions may take long, and are checked when they are read.
    if call.function.name != "Replace" && call.arguments.iter().flatten().all(is_constant) {
        return try_out(node);
    }
    for (parameter, argument) in call.given() {
        let Some(constant) = argument.constant() else { continue };
        match parameter.kind {
            Kind::Integer if integer(&Value::text(constant)).is_none() => {
                return Err(Reason::NotInteger { parameter: parameter.name, found: excerpt(constant) });
            }
            // `FormatDateTime` reads its source in a format of its own.
            Kind::DateTime if call.function.name != "FormatDateTime" => drop(dates::parse(constant)?),
            _ => {}
        }
    }
    call.function.constants.map_or(Ok(()), |check| check(call))
}

/// Evaluates a call that depends on nothing but the time and chance.
fn try_out(node: &Node) -> Result<(), Reason> {
    let (nothing, chance) = (HashMap::<String, Value<'_>>::new(), Chance::seeded(0));
    let surroundings = Surroundings::new(TRIED_AT, &chance);
    Evaluator::new(&nothing, &surroundings, false).run(node).map(drop).map_err(|error| error.reason)
}

#[cfg(test)]
mod tests {
    use crate::expression::Expression;

    fn found(text: &str) -> Vec<String> {
        let expression = Expression::parse(text).expect(text);
        expression.impossible_calls().into_iter().map(|call| format!("{}: {}", call.function, call.reason)).collect()
    }

    #[test]
    fn constants_that_a_function_refuses_make_a_call_impossible() {
        for (text, told) in [
            ("Mid([a], 0, 1)", "Mid: The parameter `start` must be at least 1, not 0"),
            ("Mid([a], [b], -1)", "Mid: The parameter `length` must be at least 0, not -1"),
            ("Left([a], \"x\")", "Left: The parameter `numChars` needs a whole number, not `x`"),
            ("Item([a], 0)", "Item: The parameter `index` must be at least 1, not 0"),
            ("InStr([a], \"b\", 0)", "InStr: The parameter `start` must be at least 1, not 0"),
            (
                "InStr([a], \"b\", 1, \"text\")",
                "InStr: `text` is no compareType; it must be one of vbBinaryCompare, vbTextCompare",
            ),
            ("Split([a], \"\")", "Split: The parameter `delimiter` must not be empty"),
            ("RandomString(300, 1, 1, 1, 1)", "RandomString: The parameter `length` must be from 0 to 256, not 300"),
            (
                "RandomString([n], 300, 1, 1, 1)",
                "RandomString: The parameter `minNumbers` must be from 0 to 256, not 300",
            ),
            (
                "RandomString(3, 2, 1, 1, 0)",
                "RandomString: A length of 3 cannot hold the 4 characters that are asked for",
            ),
            ("DateAdd(\"q\", 1, [d])", "DateAdd: `q` is no interval; it must be one of yyyy, m, ww, d, h, n, s"),
            ("DateAdd(\"d\", 1, \"soon\")", "DateAdd: `soon` is no date"),
            (
                "DateDiff(\"days\", Now(), [d])",
                "DateDiff: `days` is no interval; it must be one of yyyy, m, ww, d, h, n, s",
            ),
            ("CDate(\"1/2/2026 00:30 AM\")", "CDate: `1/2/2026 00:30 AM` is no date"),
            ("CBool(\"maybe\")", "CBool: `maybe` is neither True nor False"),
            ("FormatDateTime([d], , \"x\", \"yyyy\")", "FormatDateTime: `x` is no date format"),
            ("FormatDateTime([d], , \"yyyy\", \"x\")", "FormatDateTime: `x` is no date format"),
            ("FormatDateTime([d], \"yyyy\", \"x\")", "FormatDateTime: `x` is no date format"),
            ("FormatDateTime(Now(), , \"anything\", \"x\")", "FormatDateTime: `x` is no date format"),
            (
                "FormatDateTime([d], \"RoundtripKind,AssumeLocal\", \"yyyy\", \"yyyy\")",
                "FormatDateTime: The date style RoundtripKind cannot be combined with AdjustToUniversal, AssumeLocal or \
                 AssumeUniversal, nor those two with each other",
            ),
        ] {
            assert_eq!(found(text), [told], "{text}");
            assert_eq!(found(&format!("IIF([x]=\"a\", {text}, [y])")), [told], "{text} within another");
        }
        assert!(
            found("FormatDateTime([d], \"Sloppy\", \"yyyy\", \"yyyy\")")[0].contains("`Sloppy` is no dateTimeStyles")
        );
    }

    #[test]
    fn what_can_give_a_value_for_some_object_is_possible() {
        for text in [
            "Mid([a], 1, 20)",
            "Mid([a], [b], [c])",
            "Item([a], 5)",
            "Left([a], -1)",
            "Word([a], 0, \" \")",
            "InStr([a], \"b\", , vbTextCompare)",
            "InStr(\"a\", \"b\", 1, vbBinaryCompare)",
            "RandomString(8, 1, 1, 1, 1)",
            "Guid()",
            "DateAdd(\"d\", [n], Now())",
            "FormatDateTime([d], , \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
            "FormatDateTime([d], \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
            "FormatDateTime(Now(), , \"anything\", \"yyyy\")",
            "FormatDateTime([d], [style], [in], [out])",
            "FormatDateTime([d], , \"yyyy-MM-dd\", \"\")",
            "FormatDateTime(Coalesce([d], Now()), \"\", \"\", \"yyyy-MM-dd\")",
            "Replace([a], \"b\", , , \"\")",
            "Switch([a], , \"k\", \"v\")",
            "\"constant\"",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
