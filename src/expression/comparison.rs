//! Comparing two texts as conditions do: as numbers if both are written as numbers, else character by character.
//!
//! Numbers may be longer than any number type holds, so they are compared by their digits.
//!
//! Source: `spec/EXPRESSIONS.md` §3.

use super::tree::Operator;
use std::cmp::Ordering;

/// Whether `left operator right` is true.
pub fn holds(left: &str, operator: Operator, right: &str) -> bool {
    let ordering = match (Decimal::read(left), Decimal::read(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.encode_utf16().cmp(right.encode_utf16()),
    };
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
    }
}

/// Whether a text is written as a number, and if so, whether that number is zero.
pub(super) fn is_zero(text: &str) -> Option<bool> {
    Decimal::read(text).map(|number| number.whole.is_empty() && number.fraction.is_empty())
}

/// A number as written, without sign and without zeros that mean nothing.
#[derive(Debug, PartialEq, Eq)]
struct Decimal<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Decimal<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: unsigned.len() < text.len() && !zero, whole, fraction })
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = || {
            let length = self.whole.len().cmp(&other.whole.len());
            length.then_with(|| self.whole.cmp(other.whole)).then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_all_else_as_texts() {
        for (left, symbol, right) in [
            ("10", ">", "9"),
            ("-10", "<", "-9"),
            ("-1", "<", "0"),
            ("1", "=", "1.0"),
            ("007", "=", "7"),
            ("-0", "=", "0"),
            ("1.5", ">", "1.25"),
            ("0.5", "<", "1"),
            ("99999999999999999999", ">", "9223372036854775807"),
            ("10", "<", "9a"),
            ("a", ">", "B"),
            ("usa", "<>", "USA"),
            ("", "=", ""),
            ("", "<", "0"),
            ("", "<>", "0"),
            ("1.", "<>", "1"),
            ("+1", "<>", "1"),
            (" 1", "<>", "1"),
            ("x", ">=", "x"),
            ("x", "<=", "x"),
            ("\u{1F600}", "<", "\u{FFFD}"),
        ] {
            let operator = Operator::ALL.into_iter().find(|operator| operator.symbol() == symbol).expect(symbol);
            assert!(holds(left, operator, right), "{left} {symbol} {right}");
        }
    }

    #[test]
    fn zero_is_zero_however_it_is_written() {
        for (text, zero) in
            [("0", Some(true)), ("-0.00", Some(true)), ("5", Some(false)), ("0.1", Some(false)), ("x", None)]
        {
            assert_eq!(is_zero(text), zero, "{text}");
        }
    }
}
