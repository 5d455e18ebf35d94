//! Reads dates in one given format, as .NET's `ParseExact` does.
//!
//! Each part of the format takes what it needs from the text; in the end nothing may be left. A part of the date that the
//! format lacks is the current one for the year (for the whole date, if there is none at all) and the first for month and
//! day; missing parts of the time are zero.
//!
//! Source: `spec/EXPRESSIONS.md` §5.1 and §5.2.

use super::{
    super::{evaluation_error::Reason, excerpt::excerpt},
    Kind, Styles,
    output::english,
    specifier::{Format, Specifier},
    ticks,
};
use jiff::civil::{Date, DateTime, Time, Weekday};

/// Reads `text`, which is in `format`. `now` gives the parts of the date that the format lacks.
pub fn parse_exact(text: &str, format: &str, styles: Styles, now: DateTime) -> Result<(DateTime, Kind), Reason> {
    let format_read = Format::read(format)?;
    let misfit = || Reason::NotInFormat { text: excerpt(text), format: excerpt(format) };
    let fields = Fields::read(text, &format_read.parts, styles).ok_or_else(misfit)?;
    let moment = fields.moment(styles, now).ok_or_else(misfit)?;
    match fields.offset {
        Some(offset) => {
            let moment = ticks::to_moment(ticks::from_moment(moment) - offset * ticks::PER_SECOND)?;
            let stays_universal = fields.zulu && styles.roundtrip_kind;
            Ok((moment, if stays_universal || styles.adjust_to_universal { Kind::Utc } else { Kind::Local }))
        }
        None if format_read.universal => Ok((moment, Kind::Utc)),
        None if styles.assume_universal && styles.adjust_to_universal => Ok((moment, Kind::Utc)),
        None if styles.assume_local && styles.adjust_to_universal => Ok((moment, Kind::Utc)),
        None if styles.assume_universal || styles.assume_local => Ok((moment, Kind::Local)),
        None => Ok((moment, Kind::Unspecified)),
    }
}

/// What the parts of a format have found.
#[derive(Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    weekday: Option<i64>,
    /// The hour as written, on the clock face.
    hour12: Option<i64>,
    hour24: Option<i64>,
    /// 0 before noon, 1 after.
    half: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    nanosecond: Option<i64>,
    /// In seconds.
    offset: Option<i64>,
    /// Whether the offset was written `Z`.
    zulu: bool,
}

impl Fields {
    fn read(text: &str, parts: &[Specifier], styles: Styles) -> Option<Self> {
        let text = if styles.leading_white { text.trim_start() } else { text };
        let mut cursor = Cursor::new(if styles.trailing_white { text.trim_end() } else { text });
        let mut fields = Self::default();
        let mut parts = parts.iter().copied().peekable();
        while let Some(part) = parts.next() {
            if styles.inner_white {
                cursor.skip_white();
                if matches!(part, Specifier::Literal(character) if character.is_whitespace()) {
                    continue;
                }
            }
            let point_left_out = part == Specifier::Literal('.')
                && !cursor.rest().starts_with('.')
                && parts.next_if(|next| matches!(next, Specifier::TrimmedFraction(_))).is_some();
            if !point_left_out {
                fields.take(part, &mut cursor)?;
            }
        }
        if styles.inner_white {
            cursor.skip_white();
        }
        cursor.is_at_end().then_some(fields)
    }

    fn take(&mut self, part: Specifier, cursor: &mut Cursor<'_>) -> Option<()> {
        match part {
            Specifier::Day(width) => note(&mut self.day, cursor.digits(width, 2)?),
            Specifier::Month(width) => note(&mut self.month, cursor.digits(width, 2)?),
            Specifier::Year(width @ (1 | 2)) => {
                let year = cursor.digits(width, 2)?;
                note(&mut self.year, if year < 50 { 2000 + year } else { 1900 + year })
            }
            Specifier::Year(width) => note(&mut self.year, cursor.digits(width, width)?),
            Specifier::Hour12(width) => note(&mut self.hour12, cursor.digits(width, 2)?),
            Specifier::Hour24(width) => note(&mut self.hour24, cursor.digits(width, 2)?),
            Specifier::Minute(width) => note(&mut self.minute, cursor.digits(width, 2)?),
            Specifier::Second(width) => note(&mut self.second, cursor.digits(width, 2)?),
            Specifier::Weekday(full) => note(&mut self.weekday, cursor.name(&english::WEEKDAYS, full)?),
            Specifier::MonthName(full) => note(&mut self.month, cursor.name(&english::MONTHS, full)? + 1),
            Specifier::Fraction(digits) => note(&mut self.nanosecond, cursor.fraction(digits, digits)?),
            Specifier::TrimmedFraction(digits) => note(&mut self.nanosecond, cursor.fraction(0, digits)?),
            Specifier::Half(both) => note(&mut self.half, cursor.word(if both { &["AM", "PM"] } else { &["A", "P"] })?),
            Specifier::Offset(width) => note(&mut self.offset, cursor.offset(width)?),
            Specifier::Zone if cursor.rest().starts_with(['+', '-']) => note(&mut self.offset, cursor.offset(3)?),
            Specifier::Zone if !cursor.rest().starts_with('Z') => Some(()),
            Specifier::Zulu | Specifier::Zone => {
                cursor.expect('Z')?;
                self.zulu = true;
                note(&mut self.offset, 0)
            }
            Specifier::Era => cursor.word(&["A.D.", "AD"]).map(|_| ()),
            Specifier::Literal(character) => cursor.expect(character),
        }
    }

    fn moment(&self, styles: Styles, now: DateTime) -> Option<DateTime> {
        let today = || (i64::from(now.year()), i64::from(now.month()), i64::from(now.day()));
        let (year, month, day) = match (self.year, self.month, self.day) {
            (None, None, None) if styles.no_current_date => (1, 1, 1),
            (None, None, None) => today(),
            (year, month, day) => (year.unwrap_or(today().0), month.unwrap_or(1), day.unwrap_or(1)),
        };
        let date = date(year, month, day)?;
        if self.weekday.is_some_and(|weekday| weekday != i64::from(date.weekday().since(Weekday::Sunday))) {
            return None;
        }
        let time =
            time(self.hour()?, self.minute.unwrap_or(0), self.second.unwrap_or(0), self.nanosecond.unwrap_or(0))?;
        Some(date.to_datetime(time))
    }

    fn hour(&self) -> Option<i64> {
        match (self.hour24, self.hour12) {
            (Some(hour), _) if self.half.is_some_and(|half| (half == 1) != (hour >= 12)) => None,
            (Some(hour), Some(face)) if face % 12 != hour % 12 => None,
            (Some(hour), _) => Some(hour),
            (None, Some(face)) => hour_of_half(face, self.half == Some(1)).map(i64::from),
            (None, None) => Some(if self.half == Some(1) { 12 } else { 0 }),
        }
    }
}

/// Keeps what a part has found; a second part may not find something else.
fn note(field: &mut Option<i64>, found: i64) -> Option<()> {
    match field.replace(found) {
        Some(earlier) if earlier != found => None,
        _ => Some(()),
    }
}

/// A date between the years 1 and 9999.
pub(super) fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|&year| year > 0)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A time of day. There are no leap seconds.
pub(super) fn time(hour: i64, minute: i64, second: i64, nanosecond: i64) -> Option<Time> {
    let [hour, minute, second] = [hour, minute, second].map(i8::try_from);
    Time::new(hour.ok()?, minute.ok()?, second.ok()?, i32::try_from(nanosecond).ok()?).ok()
}

/// The hour from 0 to 23 of an hour on the clock face, which must be from 1 to 12.
pub(super) fn hour_of_half(face: i64, afternoon: bool) -> Option<i8> {
    let hour = i8::try_from(face).ok().filter(|hour| (1..=12).contains(hour))?;
    Some(hour % 12 + if afternoon { 12 } else { 0 })
}

/// An offset from UTC in seconds, at most 14 hours.
pub(super) fn offset(sign: i64, hours: i64, minutes: i64) -> Option<i64> {
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 14 * 60).then_some(sign * total * 60)
}

/// A text being read from its beginning.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t>(&'t str);

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self(text)
    }

    pub(super) fn rest(&self) -> &'t str {
        self.0
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes `character`.
    pub(super) fn expect(&mut self, character: char) -> Option<()> {
        self.0 = self.0.strip_prefix(character)?;
        Some(())
    }

    /// Takes a number of at least `minimum` and at most `maximum` digits.
    pub(super) fn digits(&mut self, minimum: usize, maximum: usize) -> Option<i64> {
        let digits = self.take_digits(minimum, maximum)?;
        digits.parse().ok()
    }

    /// Takes the digits of a fraction, giving nanoseconds.
    pub(super) fn fraction(&mut self, minimum: usize, maximum: usize) -> Option<i64> {
        let digits = self.take_digits(minimum, maximum)?;
        format!("{digits:0<9}").parse().ok()
    }

    fn take_digits(&mut self, minimum: usize, maximum: usize) -> Option<&'t str> {
        let length = self.0.bytes().take(maximum).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        (length >= minimum).then_some(digits)
    }

    /// Takes one of `words`, ignoring letter case, and gives its number.
    pub(super) fn word(&mut self, words: &[&str]) -> Option<i64> {
        let is_next = |word: &&str| self.0.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let number = words.iter().position(is_next)?;
        self.0 = &self.0[words[number].len()..];
        i64::try_from(number).ok()
    }

    fn name(&mut self, names: &[&str], full: bool) -> Option<i64> {
        let short: Vec<&str> = names.iter().map(|name| english::short(name)).collect();
        self.word(if full { names } else { &short })
    }

    /// Takes a sign.
    pub(super) fn sign(&mut self) -> Option<i64> {
        if self.expect('-').is_some() { Some(-1) } else { self.expect('+').map(|()| 1) }
    }

    fn offset(&mut self, width: usize) -> Option<i64> {
        let sign = self.sign()?;
        let hours = self.digits(width.min(2), 2)?;
        let minutes = if width == 3 {
            self.expect(':')?;
            self.digits(2, 2)?
        } else {
            0
        };
        offset(sign, hours, minutes)
    }

    fn skip_white(&mut self) {
        self.0 = self.0.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::dates::format;
    use jiff::civil::date;

    fn read(text: &str, pattern: &str, styles: &str) -> Option<String> {
        let now = date(2021, 7, 2).at(15, 33, 38, 0);
        let styles = Styles::read(styles).expect(styles);
        let (moment, kind) = parse_exact(text, pattern, styles, now).ok()?;
        Some(format(moment, kind, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK").expect("a valid format"))
    }

    #[test]
    fn texts_in_the_format_are_read() {
        for (text, pattern, moment) in [
            ("20150123105347.1Z", "yyyyMMddHHmmss.fZ", "2015-01-23T10:53:47.1Z"),
            ("12/31/2025 12:00:00 AM", "M/d/yyyy hh:mm:ss tt", "2025-12-31T00:00:00"),
            ("3/23/2012 7:00:00 pm", "M/d/yyyy h:mm:ss tt", "2012-03-23T19:00:00"),
            ("05 Mar 2024", "dd MMM yyyy", "2024-03-05T00:00:00"),
            ("5 mARCH 24", "d MMMM yy", "2024-03-05T00:00:00"),
            ("1/2/49", "M/d/y", "2049-01-02T00:00:00"),
            ("1/2/50", "M/d/yy", "1950-01-02T00:00:00"),
            ("Fri, 23 Jan 2015", "ddd, dd MMM yyyy", "2015-01-23T00:00:00"),
            ("Friday 23 Jan 2015", "dddd dd MMM yyyy", "2015-01-23T00:00:00"),
            ("2020-12-31-08:00", "yyyy-MM-ddzzz", "2020-12-31T08:00:00+00:00"),
            ("2020-12-31+1", "yyyy-MM-ddz", "2020-12-30T23:00:00+00:00"),
            ("2020-12-31+01", "yyyy-MM-ddzz", "2020-12-30T23:00:00+00:00"),
            ("2020-12-31T10:00:00Z", "yyyy-MM-ddTHH:mm:ssK", "2020-12-31T10:00:00Z"),
            ("2020-12-31T10:00:00", "yyyy-MM-ddTHH:mm:ssK", "2020-12-31T10:00:00"),
            ("2020-12-31T10:00:00+02:00", "yyyy-MM-ddTHH:mm:ssK", "2020-12-31T08:00:00+00:00"),
            ("10:00.5", "HH:mm.FFF", "2021-07-02T10:00:00.5"),
            ("00:10.25", "mm:ss.FFF", "2021-07-02T00:00:10.25"),
            ("00:10", "mm:ss.FFF", "2021-07-02T00:00:10"),
            ("  2024-02-29  ", "yyyy-MM-dd", "2024-02-29T00:00:00"),
            ("2024", "yyyy", "2024-01-01T00:00:00"),
            ("12-25", "MM-dd", "2021-12-25T00:00:00"),
            ("9 A", "h t", "2021-07-02T09:00:00"),
            ("12", "hh", "2021-07-02T00:00:00"),
            ("A.D. 2024", "g yyyy", "2024-01-01T00:00:00"),
            ("day 5 2024", "'day' d yyyy", "2024-01-05T00:00:00"),
            ("2024-02-29T01:02:03", "s", "2024-02-29T01:02:03"),
            ("02/29/2024", "d", "2024-02-29T00:00:00"),
            ("2024-02-29 01:02:03Z", "u", "2024-02-29T01:02:03Z"),
            ("Thu, 29 Feb 2024 01:02:03 GMT", "r", "2024-02-29T01:02:03Z"),
            ("2024-02-29T01:02:03.1234567Z", "o", "2024-02-29T01:02:03.1234567Z"),
        ] {
            assert_eq!(read(text, pattern, "").as_deref(), Some(moment), "{text} {pattern}");
        }
    }

    #[test]
    fn texts_in_another_format_are_refused() {
        for (text, pattern) in [
            ("05/03/2024", "yyyy-MM-dd"),
            ("2023-02-29", "yyyy-MM-dd"),
            ("2023-2-9", "yyyy-MM-dd"),
            ("3/23/2012 7:00:00 AM", "M/d/yyyy hh:mm:ss tt"),
            ("2024-01-01x", "yyyy-MM-dd"),
            ("2024-01", "yyyy-MM-dd"),
            ("Thu, 23 Jan 2015", "ddd, dd MMM yyyy"),
            ("2024 2023", "yyyy yyyy"),
            ("13 PM", "hh tt"),
            ("0 AM", "h tt"),
            ("13 AM", "HH tt"),
            ("24", "HH"),
            ("2020-12-31-15:00", "yyyy-MM-ddzzz"),
            ("2020-12-31-0800", "yyyy-MM-ddzzz"),
            ("20150123105347.12Z", "yyyyMMddHHmmss.fZ"),
            ("2024-01 - 01", "yyyy-MM-dd"),
        ] {
            assert_eq!(read(text, pattern, ""), None, "{text} {pattern}");
        }
    }

    #[test]
    fn styles_decide_about_blanks_and_clocks() {
        for (text, pattern, styles, moment) in [
            (" 2024-01-01", "yyyy-MM-dd", "None", None),
            ("2024-01-01 ", "yyyy-MM-dd", "AllowLeadingWhite", None),
            ("2024 - 01 -01", "yyyy-MM-dd", "AllowInnerWhite", Some("2024-01-01T00:00:00")),
            ("10:00", "HH:mm", "NoCurrentDateDefault", Some("0001-01-01T10:00:00")),
            ("2024-01-01", "yyyy-MM-dd", "AssumeLocal", Some("2024-01-01T00:00:00+00:00")),
            ("2024-01-01", "yyyy-MM-dd", "AssumeUniversal", Some("2024-01-01T00:00:00+00:00")),
            ("2024-01-01", "yyyy-MM-dd", "AssumeUniversal,AdjustToUniversal", Some("2024-01-01T00:00:00Z")),
            ("2024-01-01+01:00", "yyyy-MM-ddzzz", "AdjustToUniversal", Some("2023-12-31T23:00:00Z")),
            ("2024-01-01Z", "yyyy-MM-ddZ", "None", Some("2024-01-01T00:00:00+00:00")),
            ("2024-01-01Z", "yyyy-MM-ddZ", "RoundtripKind", Some("2024-01-01T00:00:00Z")),
        ] {
            assert_eq!(read(text, pattern, styles).as_deref(), moment, "{text} {styles}");
        }
    }
}
