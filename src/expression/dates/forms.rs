//! The forms of dates that `CDate` understands without being told a format.
//!
//! | form | then |
//! | --- | --- |
//! | `yyyy-MM-dd` | an offset, or nothing |
//! | `yyyy-MM-dd`, `T` or a blank, `HH:mm[:ss[.fffffff]]` | an offset, or nothing |
//! | `M/d/yyyy` | nothing |
//! | `M/d/yyyy h:mm[:ss]` | a blank and `AM` or `PM`, or nothing |
//!
//! An offset is `Z`, `±hh`, `±hhmm` or `±hh:mm`, and is applied; without one the text is taken as UTC.
//!
//! Source: `spec/EXPRESSIONS.md` §5.3.

use super::{
    super::{evaluation_error::Reason, excerpt::excerpt},
    exact::{self, Cursor},
    ticks,
};
use jiff::civil::{Date, DateTime, Time};

/// Reads a date, with or without time.
pub fn parse(text: &str) -> Result<DateTime, Reason> {
    let mut cursor = Cursor::new(text.trim());
    let read = iso(&mut cursor).or_else(|| {
        cursor = Cursor::new(text.trim());
        american(&mut cursor)
    });
    match read {
        Some((moment, offset)) if cursor.is_at_end() => {
            let shifted = ticks::from_moment(moment) - offset * ticks::PER_SECOND;
            ticks::to_moment(shifted)
        }
        _ => Err(Reason::NotDate(excerpt(text))),
    }
}

/// `2020-03-16T07:00:00.5-07:00`, with the offset in seconds.
fn iso(cursor: &mut Cursor<'_>) -> Option<(DateTime, i64)> {
    let year = cursor.digits(4, 4)?;
    cursor.expect('-')?;
    let month = cursor.digits(2, 2)?;
    cursor.expect('-')?;
    let day = cursor.digits(2, 2)?;
    let time = if cursor.expect('T').or_else(|| cursor.expect(' ')).is_some() {
        let hour = cursor.digits(2, 2)?;
        clock(cursor, hour, true)?
    } else {
        Time::midnight()
    };
    let offset = if cursor.is_at_end() { 0 } else { offset(cursor)? };
    Some((exact::date(year, month, day)?.to_datetime(time), offset))
}

/// `3/16/2020 7:00:00 AM`.
fn american(cursor: &mut Cursor<'_>) -> Option<(DateTime, i64)> {
    let month = cursor.digits(1, 2)?;
    cursor.expect('/')?;
    let day = cursor.digits(1, 2)?;
    cursor.expect('/')?;
    let year = cursor.digits(4, 4)?;
    let date: Date = exact::date(year, month, day)?;
    if cursor.expect(' ').is_none() {
        return Some((date.to_datetime(Time::midnight()), 0));
    }
    let hour = cursor.digits(1, 2)?;
    let time = clock(cursor, hour, false)?;
    let hour = match cursor.expect(' ').and_then(|()| cursor.word(&["AM", "PM"])) {
        Some(half) => exact::hour_of_half(hour, half == 1)?,
        None => time.hour(),
    };
    Some((date.to_datetime(time.with().hour(hour).build().ok()?), 0))
}

/// What follows the hour: `:mm[:ss[.fffffff]]`, with or without the fraction.
fn clock(cursor: &mut Cursor<'_>, hour: i64, with_fraction: bool) -> Option<Time> {
    cursor.expect(':')?;
    let minute = cursor.digits(2, 2)?;
    let (mut second, mut nanosecond) = (0, 0);
    if cursor.expect(':').is_some() {
        second = cursor.digits(2, 2)?;
        if with_fraction && cursor.expect('.').is_some() {
            nanosecond = cursor.fraction(1, 7)?;
        }
    }
    exact::time(hour, minute, second, nanosecond)
}

fn offset(cursor: &mut Cursor<'_>) -> Option<i64> {
    if cursor.expect('Z').is_some() {
        return Some(0);
    }
    let sign = cursor.sign()?;
    let hours = cursor.digits(2, 2)?;
    let minutes = match cursor.expect(':') {
        Some(()) => cursor.digits(2, 2)?,
        None => cursor.digits(2, 2).unwrap_or(0),
    };
    exact::offset(sign, hours, minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::dates::string_form;

    #[test]
    fn the_documented_forms_are_read() {
        for (text, moment) in [
            ("2020-03-16-07:00", "3/16/2020 7:00:00 AM"),
            ("2021-06-30+08:00", "6/29/2021 4:00:00 PM"),
            ("2009-06-15T01:45:30-07:00", "6/15/2009 8:45:30 AM"),
            ("2020-01-01T12:00:00Z", "1/1/2020 12:00:00 PM"),
            ("2020-01-01T12:00:00.1234567Z", "1/1/2020 12:00:00 PM"),
            ("2020-12-31 23:59:59-08:00", "1/1/2021 7:59:59 AM"),
            ("2020-12-31 23:59", "12/31/2020 11:59:00 PM"),
            ("2020-12-31 23:59+0530", "12/31/2020 6:29:00 PM"),
            ("2020-12-31T23:59-08", "1/1/2021 7:59:00 AM"),
            ("2021-08-24", "8/24/2021 12:00:00 AM"),
            ("2021-08-24Z", "8/24/2021 12:00:00 AM"),
            ("8/25/2021 5:41:18 PM", "8/25/2021 5:41:18 PM"),
            ("8/25/2021 12:00:00 AM", "8/25/2021 12:00:00 AM"),
            ("08/25/2021 12:01 pm", "8/25/2021 12:01:00 PM"),
            ("8/25/2021 17:41", "8/25/2021 5:41:00 PM"),
            ("8/5/2021", "8/5/2021 12:00:00 AM"),
            (" 2021-08-24 ", "8/24/2021 12:00:00 AM"),
            ("9999-12-31", "12/31/9999 12:00:00 AM"),
            ("0001-01-01", "1/1/0001 12:00:00 AM"),
        ] {
            assert_eq!(parse(text).map(string_form).as_deref(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_date() {
        for text in [
            "",
            "x",
            "2021",
            "2021-8-24",
            "2021-02-29",
            "2021-13-01",
            "0000-01-01",
            "24/8/2021",
            "8/25/21",
            "2021-08-24T",
            "2021-08-24T5:00",
            "2021-08-24T24:00",
            "2021-08-24T23:60",
            "2021-08-24T23:00:60",
            "2021-08-24T23:00:00.",
            "2021-08-24T23:00:00.12345678",
            "8/25/2021 5:41:18.5 PM",
            "2021-08-24+",
            "2021-08-24+1",
            "2021-08-24+15:00",
            "2021-08-24+01:60",
            "8/25/2021 13:00 PM",
            "8/25/2021 0:00 AM",
            "8/25/2021 5:41:18 XM",
            "2021-08-24x",
            "٢٠٢١-08-24",
        ] {
            assert_eq!(parse(text), Err(Reason::NotDate(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn offsets_do_not_lead_beyond_the_calendar() {
        assert_eq!(parse("9999-12-31T23:59:59-08:00"), Err(Reason::DateOutOfRange));
        assert_eq!(parse("0001-01-01+08:00"), Err(Reason::DateOutOfRange));
    }
}
