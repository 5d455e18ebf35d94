//! Does the time grow with the length, and no faster?
//!
//! Everything that reads or works through a text is measured with a text of one length and with one four times as long: every
//! function of the function table with long values in each of its parameters, expressions of every function up to their
//! longest, and the readers of paths, filters and mapping files. A line each, with both medians and their ratio; four is
//! linear. Of the regular expressions that are made to be slow the time is shown until the budget of steps ends them.
//!
//! Ends with 1 if something is wildly worse: a ratio above twelve, or more than a second for anything at all.
//! `cargo bench --bench linearity -- WORD..` measures the lines with one of the words only.

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
