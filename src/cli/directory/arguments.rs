//! The arguments of `directory`. Their doc comments are the help.

use crate::directory::generate::MOST_USERS;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct DirectoryCommand {
    #[command(subcommand)]
    pub(super) command: Option<DirectorySubcommand>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DirectorySubcommand {
    /// Show what was last read (the same as `directory` alone)
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what an import would change, without changing anything
    Diff(DiffCommand),
    /// Delete soft-deleted users for good
    Purge(PurgeCommand),
    /// Make up a company of any size: users, groups, application roles, assignments
    Generate(GenerateCommand),
}

#[derive(Debug, Args)]
pub(super) struct DiffCommand {
    /// Show at most so many differences of each sort; 20 unless it is JSON
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Print an object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct PurgeCommand {
    /// The soft-deleted user: id or user principal name
    #[arg(required_unless_present = "all")]
    pub(super) user: Option<String>,
    /// Everybody in the recycle bin
    #[arg(long, conflicts_with = "user")]
    pub(super) all: bool,
    /// Do it, after `--all` alone has said how many users that are
    #[arg(long, requires = "all")]
    pub(super) yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArgument {
    /// A record a line
    Ndjson,
    /// A list
    Json,
}

#[derive(Debug, Args)]
pub(super) struct GenerateCommand {
    /// How many users
    #[arg(long, value_name = "N", required_unless_present = "mutate", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_USERS)))]
    pub(super) users: Option<u32>,
    /// Tells companies apart; the same seed gives the same bytes [default: 1]
    #[arg(long, value_name = "S")]
    pub(super) seed: Option<u64>,
    /// The folder to write to: a new one, or one that holds a made-up company
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// How the files are written
    #[arg(long, value_enum, default_value = "ndjson", conflicts_with = "mutate")]
    pub(super) format: FormatArgument,
    /// An application that people are assigned to; several with several options [default: the embedded ones]
    #[arg(long = "app", value_name = "NAME", conflicts_with = "mutate")]
    pub(super) apps: Vec<String>,
    /// The company's first day; the deleted users then carry dates
    #[arg(long, value_name = "DATE", conflicts_with = "mutate")]
    pub(super) date: Option<Date>,
    /// Write the next day of the company in the folder, on which about this share of its people change (0.01: one in 100)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(super) mutate: Option<f64>,
}

/// A share of 1.
fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "a number from 0 to 1 is expected, such as 0.01".to_owned())?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err("the rate must be from 0 to 1; 0.01 is one in 100".to_owned())
    }
}
