//! When a job's next cycle is due.
//!
//! `every` is a grid: ticks lie at whole multiples of the interval from the start of the job's first cycle, and a tick that
//! passes while a cycle runs is skipped, never piled up. `cron` is the alternative, in UTC or the job's time zone; it is
//! asked about a moment that the caller gives, never about "now". Source: `spec/ENGINE.md` §5.

use chrono::{DateTime, Datelike, TimeZone as _, Timelike, Utc};
use jiff::{Timestamp, civil, tz::TimeZone};
use std::{str::FromStr, time::Duration};

/// The interval of Entra's provisioning service (`PT40M`).
pub const ENTRA_INTERVAL: Duration = Duration::from_secs(40 * 60);

/// When cycles start.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// A fixed interval.
    Every(Duration),
    /// A cron expression.
    Cron {
        /// The parsed expression.
        expression: Box<cron::Schedule>,
        /// The zone whose wall clock it speaks of.
        zone: TimeZone,
    },
}

/// Why a text is no schedule.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not five or six fields, or a field that is out of range.
    #[error("`{expression}` is no cron expression: {reason}")]
    Cron {
        /// What was written.
        expression: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No such time zone.
    #[error("`{0}` is no time zone; write a name such as `Europe/Oslo`")]
    Zone(String),
}

impl Schedule {
    /// Reads a cron expression of six fields (seconds first), or of five (seconds are then 0). Days of the week are best
    /// written as names: in this dialect `1` is Sunday.
    pub fn cron(expression: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
        let fields = expression.split_whitespace().count();
        let full = if fields == 5 { format!("0 {expression}") } else { expression.to_owned() };
        let refuse =
            |reason: &str| ScheduleError::Cron { expression: expression.to_owned(), reason: reason.to_owned() };
        if !(5..=7).contains(&fields) {
            return Err(refuse(&format!(
                "it has {fields} fields; it needs minute, hour, day, month and weekday, with seconds before them if wanted"
            )));
        }
        let parsed = cron::Schedule::from_str(&full)
            .map_err(|_| refuse("a field is out of range or not understood; an example is `0 0 6 * * MON-FRI`"))?;
        let zone = match zone {
            Some(name) => TimeZone::get(name).map_err(|_| ScheduleError::Zone(name.to_owned()))?,
            None => TimeZone::UTC,
        };
        Ok(Self::Cron { expression: Box::new(parsed), zone })
    }

    /// The first tick after `now`, on the grid that begins at `anchor` (the start of the job's first cycle). `None` when a
    /// cron expression names no further moment.
    pub fn next(&self, anchor: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => {
                let step = i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX).max(1);
                let passed = now.as_nanosecond() - anchor.as_nanosecond();
                if passed < 0 {
                    return Some(anchor);
                }
                Timestamp::from_nanosecond(anchor.as_nanosecond() + (passed / step + 1) * step).ok()
            }
            Self::Cron { expression, zone } => {
                let wall_clock = to_chrono(now.to_zoned(zone.clone()).datetime())?;
                expression.after(&wall_clock).take(3).find_map(|found| {
                    let moment = to_civil(&found)?.to_zoned(zone.clone()).ok()?.timestamp();
                    (moment > now).then_some(moment)
                })
            }
        }
    }
}

/// A wall-clock reading, dressed as UTC so that the cron crate takes it as it is.
fn to_chrono(moment: civil::DateTime) -> Option<DateTime<Utc>> {
    Utc.with_ymd_and_hms(
        i32::from(moment.year()),
        u32::try_from(moment.month()).ok()?,
        u32::try_from(moment.day()).ok()?,
        u32::try_from(moment.hour()).ok()?,
        u32::try_from(moment.minute()).ok()?,
        u32::try_from(moment.second()).ok()?,
    )
    .single()
}

fn to_civil(moment: &DateTime<Utc>) -> Option<civil::DateTime> {
    civil::DateTime::new(
        i16::try_from(moment.year()).ok()?,
        i8::try_from(moment.month()).ok()?,
        i8::try_from(moment.day()).ok()?,
        i8::try_from(moment.hour()).ok()?,
        i8::try_from(moment.minute()).ok()?,
        i8::try_from(moment.second()).ok()?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ticks_that_passed_are_skipped() {
        let every = Schedule::Every(ENTRA_INTERVAL);
        let anchor = at("2026-01-01T00:00:00Z");
        assert_eq!(every.next(anchor, anchor), Some(at("2026-01-01T00:40:00Z")));
        assert_eq!(every.next(anchor, at("2026-01-01T02:05:00Z")), Some(at("2026-01-01T02:40:00Z")));
    }

    #[test]
    fn five_fields_get_seconds_and_a_zone_moves_the_hour() {
        let now = at("2026-06-01T00:00:00Z");
        let utc = Schedule::cron("0 6 * * *", None).unwrap();
        assert_eq!(utc.next(now, now), Some(at("2026-06-01T06:00:00Z")));
        let oslo = Schedule::cron("0 0 6 * * *", Some("Europe/Oslo")).unwrap();
        assert_eq!(oslo.next(now, now), Some(at("2026-06-01T04:00:00Z")));
    }

    #[test]
    fn what_is_no_cron_expression_says_why() {
        let error = Schedule::cron("every day", None).unwrap_err().to_string();
        assert!(error.starts_with("`every day` is no cron expression: it has 2 fields"), "{error}");
        assert!(matches!(Schedule::cron("0 61 * * * *", None), Err(ScheduleError::Cron { .. })));
        assert_eq!(Schedule::cron("0 6 * * *", Some("Mars")).unwrap_err(), ScheduleError::Zone("Mars".into()));
    }
}
