//! `directory`: what was read, what an import would change, the recycle bin, and a made-up directory.

pub(super) mod arguments;
mod diff;
mod generate;
mod purge;
mod status;

use super::{
    exit::{CommandError, Exit},
    load,
};
use crate::counted::counted;
use arguments::{DirectoryCommand, DirectorySubcommand};
use jiff::Timestamp;
use std::path::Path;

pub(super) async fn run(file: &Path, command: &DirectoryCommand) -> Result<Exit, CommandError> {
    match &command.command {
        None => status::run(load(file)?, command.json).await,
        Some(DirectorySubcommand::Status { json }) => status::run(load(file)?, *json).await,
        Some(DirectorySubcommand::Diff(command)) => diff::run(load(file)?, command).await,
        Some(DirectorySubcommand::Purge(command)) => purge::run(load(file)?, command).await,
        Some(DirectorySubcommand::Generate(command)) => generate::run(command).await,
    }
}

/// A moment for people; `-` where there is none.
fn moment(moment: Option<Timestamp>) -> String {
    moment.map_or_else(|| "-".to_owned(), |moment| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
