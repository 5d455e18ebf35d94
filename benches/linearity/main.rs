//! Does the time grow with the length, and no faster?
//!
//! Everything that reads or works through a text is measured with a text of one length and with one four times as long: every
//! function of the function table with long values in each of its parameters, expressions of every function up to their
//! longest, and the readers of paths, filters and mapping files. A line each, with both medians and their ratio; four is
//! linear. What has a ratio above six and takes ten microseconds or more is measured at longer lengths, too, beside plain
//! copies of the value; [`report`] tells how it is judged. Of the regular expressions that are made to be slow the time is
//! shown until the budget of steps ends them.
//!
//! Ends with 1 if something is worse than linear, or takes more than a second. A machine that is busy with other things spoils
//! it. `cargo bench --bench linearity -- WORD..` measures the lines with one of the words only.

mod expressions;
mod patterns;
mod readers;
mod report;
mod values;

use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut report = Report::of(std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect());
    values::measure(&mut report);
    expressions::measure(&mut report);
    readers::measure(&mut report);
    patterns::measure(&mut report);
    report.conclude()
}
