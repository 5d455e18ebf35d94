//! Adding intervals to moments, and counting intervals between them, as Visual Basic does.
//!
//! Years and months are counted on the calendar, everything else in elapsed time. Weeks are counted between the Sundays
//! before the two dates.
//!
//! Source: `spec/EXPRESSIONS.md` §4, `DateAdd` and `DateDiff`.

use super::{super::evaluation_error::Reason, ticks};
use jiff::civil::{Date, DateTime, Weekday};

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// `yyyy`
    Year,
    /// `m`
    Month,
    /// `ww`
    Week,
    /// `d`
    Day,
    /// `h`
    Hour,
    /// `n`
    Minute,
    /// `s`
    Second,
}

impl Interval {
    /// The names of all intervals, for messages.
    pub const NAMES: &'static str = "yyyy, m, ww, d, h, n, s";

    /// The interval called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "yyyy" => Self::Year,
            "m" => Self::Month,
            "ww" => Self::Week,
            "d" => Self::Day,
            "h" => Self::Hour,
            "n" => Self::Minute,
            "s" => Self::Second,
            _ => return None,
        })
    }

    /// The moment `count` intervals after `moment`. Adding months and years keeps the day, or takes the month's last.
    pub fn add(self, count: i64, moment: DateTime) -> Result<DateTime, Reason> {
        let months = match self {
            Self::Year => count.checked_mul(12),
            Self::Month => Some(count),
            _ => {
                let added = count.checked_mul(self.ticks());
                let sum = added.and_then(|added| ticks::from_moment(moment).checked_add(added));
                return sum.ok_or(Reason::DateOutOfRange).and_then(ticks::to_moment);
            }
        };
        months.and_then(|months| add_months(months, moment)).ok_or(Reason::DateOutOfRange)
    }

    /// How many intervals `later` is after `earlier`; negative if it is before.
    pub fn between(self, earlier: DateTime, later: DateTime) -> i64 {
        let years = i64::from(later.year()) - i64::from(earlier.year());
        let months = 12 * years + i64::from(later.month()) - i64::from(earlier.month());
        let elapsed = ticks::from_moment(later) - ticks::from_moment(earlier);
        match self {
            Self::Year => years,
            Self::Month => months,
            Self::Week => {
                let shift = days_into_week(later) - days_into_week(earlier);
                (elapsed - shift * ticks::PER_DAY) / ticks::PER_DAY / 7
            }
            Self::Day | Self::Hour | Self::Minute | Self::Second => elapsed / self.ticks(),
        }
    }

    fn ticks(self) -> i64 {
        match self {
            Self::Year | Self::Month => 0,
            Self::Week => 7 * ticks::PER_DAY,
            Self::Day => ticks::PER_DAY,
            Self::Hour => 3600 * ticks::PER_SECOND,
            Self::Minute => 60 * ticks::PER_SECOND,
            Self::Second => ticks::PER_SECOND,
        }
    }
}

fn add_months(count: i64, moment: DateTime) -> Option<DateTime> {
    let months = (12 * i64::from(moment.year()) + i64::from(moment.month()) - 1).checked_add(count)?;
    let year = i16::try_from(months.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
    let first = Date::new(year, i8::try_from(months.rem_euclid(12) + 1).ok()?, 1).ok()?;
    let day = moment.day().min(first.days_in_month());
    Some(Date::new(year, first.month(), day).ok()?.to_datetime(moment.time()))
}

/// The number of the day in its week: Sunday is 1.
fn days_into_week(moment: DateTime) -> i64 {
    i64::from(moment.weekday().since(Weekday::Sunday)) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::dates::{parse, string_form};

    fn moment(text: &str) -> DateTime {
        parse(text).expect(text)
    }

    #[test]
    fn intervals_are_added() {
        for (interval, count, to, sum) in [
            ("d", 7, "2012-03-16-07:00", "3/23/2012 7:00:00 AM"),
            ("d", -10, "2012-03-16-07:00", "3/6/2012 7:00:00 AM"),
            ("ww", 2, "2012-03-16-07:00", "3/30/2012 7:00:00 AM"),
            ("m", 10, "2012-03-16-07:00", "1/16/2013 7:00:00 AM"),
            ("yyyy", 2, "2012-03-16-07:00", "3/16/2014 7:00:00 AM"),
            ("h", -8, "2012-03-16-07:00", "3/15/2012 11:00:00 PM"),
            ("n", 90, "2012-03-16-07:00", "3/16/2012 8:30:00 AM"),
            ("s", -1, "2012-03-16-07:00", "3/16/2012 6:59:59 AM"),
            ("m", 1, "2021-01-31", "2/28/2021 12:00:00 AM"),
            ("m", -1, "2024-03-31", "2/29/2024 12:00:00 AM"),
            ("m", -13, "2021-01-31", "12/31/2019 12:00:00 AM"),
            ("yyyy", 1, "2024-02-29", "2/28/2025 12:00:00 AM"),
            ("d", 1, "9999-12-30", "12/31/9999 12:00:00 AM"),
        ] {
            let interval = Interval::named(interval).expect(interval);
            assert_eq!(interval.add(count, moment(to)).map(string_form).as_deref(), Ok(sum));
        }
        for (interval, count) in
            [("d", 1), ("m", 1), ("yyyy", i64::MAX), ("m", i64::MAX), ("s", i64::MAX), ("yyyy", -9999)]
        {
            let interval = Interval::named(interval).expect(interval);
            assert_eq!(interval.add(count, moment("9999-12-31")), Err(Reason::DateOutOfRange));
        }
    }

    #[test]
    fn intervals_are_counted_as_visual_basic_counts_them() {
        for (interval, earlier, later, count) in [
            ("d", "2021-08-18+08:00", "2021-08-31+08:00", 13),
            ("d", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", -3449),
            ("ww", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", -493),
            ("m", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", -113),
            ("yyyy", "8/25/2021 5:41:18 PM", "2012-03-16-07:00", -9),
            ("h", "2021-08-24", "2021-08-25", 24),
            ("n", "2021-08-24", "2021-08-25", 1440),
            ("s", "2021-08-24", "2021-08-25", 86400),
            ("s", "2021-08-24", "2021-08-24", 0),
            ("d", "2021-08-24 23:00:00", "2021-08-25 01:00:00", 0),
            ("m", "2021-01-31", "2021-02-01", 1),
            ("yyyy", "2020-12-31", "2021-01-01", 1),
            ("ww", "2021-08-21", "2021-08-22", 1),
            ("ww", "2021-08-22", "2021-08-28", 0),
            ("ww", "0001-01-01", "0001-01-08", 1),
        ] {
            let unit = Interval::named(interval).expect(interval);
            assert_eq!(unit.between(moment(earlier), moment(later)), count, "{interval} {earlier} {later}");
        }
    }

    #[test]
    fn other_intervals_do_not_exist() {
        for name in ["", "D", "q", "y", "w", "mm", "year"] {
            assert_eq!(Interval::named(name), None, "{name}");
        }
    }
}
