//! Writes moments in a date format of .NET, in the invariant culture.
//!
//! Source: `spec/EXPRESSIONS.md` §5.1.

use super::{
    super::evaluation_error::Reason,
    Kind,
    specifier::{Format, Specifier},
};
use jiff::civil::DateTime;
use std::fmt::Write as _;

/// The invariant culture's names.
pub(super) mod english {
    use jiff::civil::Weekday;

    pub(in super::super) const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];

    pub(in super::super) const WEEKDAYS: [&str; 7] =
        ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// The name of a weekday.
    pub(in super::super) fn weekday(weekday: Weekday) -> &'static str {
        WEEKDAYS[usize::from(weekday.to_sunday_zero_offset().unsigned_abs())]
    }

    /// The abbreviation of a month's or weekday's name.
    pub(in super::super) fn short(name: &str) -> &str {
        &name[..3]
    }

    /// An hour on the clock face, and the half of the day.
    pub(in super::super) fn twelve_hours(hour: i8) -> (i8, &'static str) {
        ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" })
    }
}

/// Writes `moment` in `format`.
pub fn format(moment: DateTime, kind: Kind, format: &str) -> Result<String, Reason> {
    let mut text = String::new();
    for part in Format::read(if format.is_empty() { "G" } else { format })?.parts {
        write_part(part, moment, kind, &mut text);
    }
    Ok(text)
}

fn write_part(part: Specifier, moment: DateTime, kind: Kind, text: &mut String) {
    let month = english::MONTHS[usize::from(moment.month().unsigned_abs() - 1) % 12];
    let weekday = english::weekday(moment.weekday());
    let (hour, half) = english::twelve_hours(moment.hour());
    match part {
        Specifier::Day(width) => write_number(moment.day(), width, text),
        Specifier::Month(width) => write_number(moment.month(), width, text),
        Specifier::Year(width @ (1 | 2)) => write_number(moment.year() % 100, width, text),
        Specifier::Year(width) => write_number(moment.year(), width, text),
        Specifier::Hour12(width) => write_number(hour, width, text),
        Specifier::Hour24(width) => write_number(moment.hour(), width, text),
        Specifier::Minute(width) => write_number(moment.minute(), width, text),
        Specifier::Second(width) => write_number(moment.second(), width, text),
        Specifier::Weekday(full) => text.push_str(if full { weekday } else { english::short(weekday) }),
        Specifier::MonthName(full) => text.push_str(if full { month } else { english::short(month) }),
        Specifier::Fraction(digits) => text.push_str(&fraction(moment, digits)),
        Specifier::TrimmedFraction(digits) => match fraction(moment, digits).trim_end_matches('0') {
            "" if text.ends_with('.') => text.truncate(text.len() - 1),
            digits => text.push_str(digits),
        },
        Specifier::Half(both) => text.push_str(if both { half } else { &half[..1] }),
        Specifier::Offset(1) => text.push_str("+0"),
        Specifier::Offset(2) => text.push_str("+00"),
        Specifier::Offset(_) => text.push_str("+00:00"),
        Specifier::Zone => text.push_str(match kind {
            Kind::Unspecified => "",
            Kind::Utc => "Z",
            Kind::Local => "+00:00",
        }),
        Specifier::Era => text.push_str("A.D."),
        Specifier::Zulu => text.push('Z'),
        Specifier::Literal(character) => text.push(character),
    }
}

fn write_number(number: impl Into<i32>, width: usize, text: &mut String) {
    let _ = write!(text, "{:0width$}", number.into());
}

/// The first digits of the fraction of a second.
fn fraction(moment: DateTime, digits: usize) -> String {
    let mut nanoseconds = format!("{:09}", moment.subsec_nanosecond());
    nanoseconds.truncate(digits);
    nanoseconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_specifier_prints_its_part() {
        let moment = date(2015, 1, 3).at(15, 4, 5, 120_000_000);
        for (pattern, text) in [
            ("%d", "3"),
            ("dd ddd dddd", "03 Sat Saturday"),
            ("%M", "1"),
            ("MM MMM MMMM", "01 Jan January"),
            ("%y", "15"),
            ("yy yyy yyyy yyyyy", "15 2015 2015 02015"),
            ("%h", "3"),
            ("hh H HH", "03 15 15"),
            ("m mm s ss", "4 04 5 05"),
            ("f ff fff fffffff", "1 12 120 1200000"),
            ("F FF FFF FFFFFFF", "1 12 12 12"),
            ("%t", "P"),
            ("t tt", "P PM"),
            ("%z", "+0"),
            ("zz zzz", "+00 +00:00"),
            ("%K", "Z"),
            ("%g", "A.D."),
            ("yyyy-MM-ddTHH:mm:ssZ", "2015-01-03T15:04:05Z"),
            ("'day' d \\d \"d\"", "day 3 d d"),
            ("d", "01/03/2015"),
            ("D", "Saturday, 03 January 2015"),
            ("f", "Saturday, 03 January 2015 15:04"),
            ("F", "Saturday, 03 January 2015 15:04:05"),
            ("g", "01/03/2015 15:04"),
            ("G", "01/03/2015 15:04:05"),
            ("M", "January 03"),
            ("o", "2015-01-03T15:04:05.1200000Z"),
            ("R", "Sat, 03 Jan 2015 15:04:05 GMT"),
            ("s", "2015-01-03T15:04:05"),
            ("t", "15:04"),
            ("T", "15:04:05"),
            ("u", "2015-01-03 15:04:05Z"),
            ("U", "Saturday, 03 January 2015 15:04:05"),
            ("Y", "2015 January"),
            ("", "01/03/2015 15:04:05"),
        ] {
            assert_eq!(format(moment, Kind::Utc, pattern).as_deref(), Ok(text), "{pattern}");
        }
    }

    #[test]
    fn a_point_goes_with_the_fraction_that_is_left_out() {
        let whole = date(2015, 1, 3).at(0, 0, 0, 0);
        assert_eq!(format(whole, Kind::Utc, "ss.FFF").as_deref(), Ok("00"));
        assert_eq!(format(whole, Kind::Utc, "ss.f").as_deref(), Ok("00.0"));
        assert_eq!(format(whole, Kind::Unspecified, "hh tK").as_deref(), Ok("12 A"));
        assert_eq!(format(whole, Kind::Local, "HH K").as_deref(), Ok("00 +00:00"));
    }
}
