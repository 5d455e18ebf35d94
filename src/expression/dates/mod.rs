//! Dates and times as .NET and Visual Basic know them.
//!
//! A moment is a calendar date and time in UTC, between the years 1 and 9999, in steps of 100 nanoseconds ("ticks"). Texts
//! become moments in two ways: [`parse`] understands the usual forms, `exact` one given format. Offsets in texts are applied;
//! a text without offset is taken as UTC, and so is local time.
//!
//! Source: `spec/EXPRESSIONS.md` §5, and the date functions in §4.

mod exact;
mod forms;
mod interval;
mod output;
mod specifier;
mod styles;
mod ticks;

pub use self::{
    exact::parse_exact,
    forms::parse,
    interval::Interval,
    output::format,
    styles::Styles,
    ticks::{from_directory_time, from_timestamp, to_directory_time},
};

use self::output::english;
use super::evaluation_error::Reason;
use jiff::civil::DateTime;

/// Which clock a moment was read from. It decides only what the specifier `K` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing was said.
    Unspecified,
    /// UTC.
    Utc,
    /// Local time, which is UTC too.
    Local,
}

/// Refuses what is no date format.
pub fn check_format(format: &str) -> Result<(), Reason> {
    specifier::Format::read(format).map(drop)
}

/// The string form of a moment: `M/d/yyyy h:mm:ss tt`, such as `3/16/2020 7:00:00 AM`.
pub fn string_form(moment: DateTime) -> String {
    let (hour, half) = english::twelve_hours(moment.hour());
    format!(
        "{}/{}/{:04} {hour}:{:02}:{:02} {half}",
        moment.month(),
        moment.day(),
        moment.year(),
        moment.minute(),
        moment.second()
    )
}
