//! The parts of a date format of .NET.
//!
//! A format of one character is a *standard* format and stands for a longer one; everything else is a *custom* format, made of
//! runs of the same letter and of literals.
//!
//! Source: `spec/EXPRESSIONS.md` §5.1.

use super::super::{evaluation_error::Reason, excerpt::excerpt};

/// A part of a format. The number is how often the letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Specifier {
    /// `d`, `dd`: the day of the month.
    Day(usize),
    /// `ddd`, `dddd`: the name of the weekday; true for the full name.
    Weekday(bool),
    /// `M`, `MM`: the month.
    Month(usize),
    /// `MMM`, `MMMM`: the name of the month; true for the full name.
    MonthName(bool),
    /// `y` and more.
    Year(usize),
    /// `h`, `hh`: the hour from 1 to 12.
    Hour12(usize),
    /// `H`, `HH`: the hour from 0 to 23.
    Hour24(usize),
    /// `m`, `mm`
    Minute(usize),
    /// `s`, `ss`
    Second(usize),
    /// `f` to `fffffff`: so many digits of the fraction.
    Fraction(usize),
    /// `F` to `FFFFFFF`: up to so many digits, without zeros at the end.
    TrimmedFraction(usize),
    /// `t`, `tt`: the half of the day; true for both letters.
    Half(bool),
    /// `z`, `zz`, `zzz`: the offset from UTC.
    Offset(usize),
    /// `K`: the offset, if one is known.
    Zone,
    /// `g`: the era.
    Era,
    /// A bare `Z`: a literal that says UTC when it is read.
    Zulu,
    /// Anything else, as it is.
    Literal(char),
}

/// How many digits a year may be written with. More than five mean only zeros.
const LONGEST_YEAR: usize = 20;

/// How many bytes a format may have: no expression is longer, and a format made of an attribute is far shorter. Its parts take
/// many times its own memory.
const LONGEST_FORMAT: usize = 10_000;

/// A format, cut into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) parts: Vec<Specifier>,
    /// Whether the format itself says UTC: `r` and `u` do.
    pub(super) universal: bool,
}

impl Format {
    /// Reads a format.
    pub(super) fn read(format: &str) -> Result<Self, Reason> {
        let mut characters = format.chars();
        let custom = match (characters.next(), characters.next()) {
            (Some(letter), None) => standard(letter),
            (None, _) => None,
            _ => Some(format).filter(|format| format.len() <= LONGEST_FORMAT),
        };
        let invalid = || Reason::InvalidDateFormat(excerpt(format));
        let parts = custom.and_then(parts).ok_or_else(invalid)?;
        Ok(Self { parts, universal: matches!(format, "r" | "R" | "u") })
    }
}

/// The custom format that a standard format stands for, in the invariant culture.
fn standard(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' | 'U' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'o' | 'O' => "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
        'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        's' => "yyyy-MM-dd'T'HH:mm:ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => "yyyy-MM-dd HH:mm:ss'Z'",
        'y' | 'Y' => "yyyy MMMM",
        _ => return None,
    })
}

fn parts(format: &str) -> Option<Vec<Specifier>> {
    let mut parts = Vec::new();
    let mut characters = format.chars().peekable();
    while let Some(letter) = characters.next() {
        match letter {
            '\'' | '"' => loop {
                match characters.next()? {
                    end if end == letter => break,
                    '\\' => parts.push(Specifier::Literal(characters.next()?)),
                    other => parts.push(Specifier::Literal(other)),
                }
            },
            '\\' => parts.push(Specifier::Literal(characters.next()?)),
            '%' => match characters.next()? {
                '%' => return None,
                single => parts.push(specifier(single, 1)?),
            },
            _ => {
                let mut count = 1;
                while is_specifier(letter) && characters.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                parts.push(specifier(letter, count)?);
            }
        }
    }
    Some(parts)
}

fn is_specifier(letter: char) -> bool {
    "dMyhHmsfFtzKg".contains(letter)
}

fn specifier(letter: char, count: usize) -> Option<Specifier> {
    Some(match letter {
        'd' if count <= 2 => Specifier::Day(count),
        'd' => Specifier::Weekday(count > 3),
        'M' if count <= 2 => Specifier::Month(count),
        'M' => Specifier::MonthName(count > 3),
        'y' if count <= LONGEST_YEAR => Specifier::Year(count),
        'h' => Specifier::Hour12(count.min(2)),
        'H' => Specifier::Hour24(count.min(2)),
        'm' => Specifier::Minute(count.min(2)),
        's' => Specifier::Second(count.min(2)),
        'f' if count <= 7 => Specifier::Fraction(count),
        'F' if count <= 7 => Specifier::TrimmedFraction(count),
        'y' | 'f' | 'F' => return None,
        't' => Specifier::Half(count > 1),
        'z' => Specifier::Offset(count.min(3)),
        'K' => Specifier::Zone,
        'g' => Specifier::Era,
        'Z' => Specifier::Zulu,
        other => Specifier::Literal(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_format_falls_into_runs_and_literals() {
        use Specifier::{Day, Fraction, Literal, Month, Weekday, Year, Zulu};
        for (format, parts) in [
            ("yyyyMMdd", vec![Year(4), Month(2), Day(2)]),
            ("ddd, d", vec![Weekday(false), Literal(','), Literal(' '), Day(1)]),
            ("%d", vec![Day(1)]),
            ("'d'\"M\"\\y", vec![Literal('d'), Literal('M'), Literal('y')]),
            (".fZ", vec![Literal('.'), Fraction(1), Zulu]),
        ] {
            assert_eq!(Format::read(format).map(|format| format.parts), Ok(parts), "{format}");
        }
    }

    #[test]
    fn broken_formats_are_refused() {
        assert!(Format::read(&"y".repeat(100_000)).is_err());
        assert!(Format::read(&"-".repeat(LONGEST_FORMAT)).is_ok());
        assert!(Format::read(&"-".repeat(LONGEST_FORMAT + 1)).is_err());
        for format in ["", "x", "d\\", "'d", "d%", "%%", "ffffffff", "%", "\\"] {
            assert_eq!(Format::read(format), Err(Reason::InvalidDateFormat(format.to_owned())), "{format}");
        }
    }
}
