//! The arguments of `directory`. Their doc comments are the help.

use clap::{Args, Subcommand};

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
