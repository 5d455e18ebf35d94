//! Moments as numbers of ticks, a tick being 100 nanoseconds.

use super::super::evaluation_error::Reason;
use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{DateTime, Time, date},
    tz::Offset,
};

/// Ticks in a second.
pub(super) const PER_SECOND: i64 = 10_000_000;

/// Ticks in a day.
pub(super) const PER_DAY: i64 = 24 * 60 * 60 * PER_SECOND;

/// The ticks from the beginning of the year 1 to that of the year 1601, in which directory time begins.
const TO_1601: i64 = 584_388 * PER_DAY;

/// The last tick of the year 9999.
const LAST: i64 = 3_652_059 * PER_DAY - 1;

/// The ticks from the beginning of the year 1 to `moment`.
pub(super) fn from_moment(moment: DateTime) -> i64 {
    let since = moment.duration_since(date(1, 1, 1).at(0, 0, 0, 0));
    since.as_secs() * PER_SECOND + i64::from(since.subsec_nanos()) / 100
}

/// The moment that lies `ticks` after the beginning of the year 1, if that is before the year 10000.
pub(super) fn to_moment(ticks: i64) -> Result<DateTime, Reason> {
    if !(0..=LAST).contains(&ticks) {
        return Err(Reason::DateOutOfRange);
    }
    let date = date(1, 1, 1).checked_add(Span::new().days(ticks / PER_DAY)).map_err(|_| Reason::DateOutOfRange)?;
    let midnight = date.to_datetime(Time::midnight());
    midnight.checked_add(SignedDuration::from_nanos(ticks % PER_DAY * 100)).map_err(|_| Reason::DateOutOfRange)
}

/// Active Directory's time, ticks since 1601, as a moment.
pub fn from_directory_time(number: i64) -> Result<DateTime, Reason> {
    if number < 0 {
        return Err(Reason::DateOutOfRange);
    }
    number.checked_add(TO_1601).ok_or(Reason::DateOutOfRange).and_then(to_moment)
}

/// A moment as Active Directory's time, ticks since 1601.
pub fn to_directory_time(moment: DateTime) -> Result<i64, Reason> {
    let number = from_moment(moment) - TO_1601;
    if number < 0 { Err(Reason::DateOutOfRange) } else { Ok(number) }
}

/// A timestamp as a moment, cut to whole ticks.
pub fn from_timestamp(timestamp: Timestamp) -> Result<DateTime, Reason> {
    to_moment(from_moment(Offset::UTC.to_datetime(timestamp)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_time_counts_from_1601() {
        for (number, moment) in [
            (0, date(1601, 1, 1).at(0, 0, 0, 0)),
            (129_699_324_000_000_000, date(2012, 1, 1).at(23, 0, 0, 0)),
            (134_117_279_990_000_001, date(2026, 1, 1).at(7, 59, 59, 100)),
            (2_650_467_743_999_999_999, date(9999, 12, 31).at(23, 59, 59, 999_999_900)),
        ] {
            assert_eq!(from_directory_time(number), Ok(moment));
            assert_eq!(to_directory_time(moment), Ok(number));
        }
        assert_eq!(from_directory_time(-1), Err(Reason::DateOutOfRange));
        assert_eq!(from_directory_time(i64::MAX), Err(Reason::DateOutOfRange));
        assert_eq!(from_directory_time(2_650_467_744_000_000_000), Err(Reason::DateOutOfRange));
        assert_eq!(to_directory_time(date(1600, 12, 31).at(23, 59, 59, 0)), Err(Reason::DateOutOfRange));
    }

    #[test]
    fn timestamps_are_cut_to_ticks() {
        let timestamp = "2021-07-02T15:33:38.123456789Z".parse().expect("a timestamp");
        assert_eq!(from_timestamp(timestamp), Ok(date(2021, 7, 2).at(15, 33, 38, 123_456_700)));
    }
}
