//! `directory generate`: a made-up company, or its next day.

use super::{
    super::exit::{CommandError, Exit},
    arguments::{FormatArgument, GenerateCommand},
    counted,
};
use crate::{
    directory::generate::{
        CompanyFormat, CompanyOrder, DayChanges, ExpectedCompany, GenerateError, MadeCompany, generate, mutate,
    },
    mapping::embedded,
};

/// The seed where none is given.
const SEED: u64 = 1;

pub(super) async fn run(command: &GenerateCommand) -> Result<Exit, CommandError> {
    let folder = command.out.clone();
    let made = if let Some(rate) = command.mutate {
        let expected = ExpectedCompany { users: command.users, seed: command.seed };
        tokio::task::spawn_blocking(move || mutate(&folder, rate, &expected)).await
    } else {
        let order = order(command);
        tokio::task::spawn_blocking(move || generate(&folder, order)).await
    };
    let made = made.map_err(|error| CommandError::failed(format!("the company was broken off: {error}")))?;
    let made = made.map_err(|error| match error {
        GenerateError::Unusable { .. } => CommandError::failed(error.to_string()),
        _ => CommandError::usage(error.to_string()),
    })?;
    let MadeCompany { day, users, deleted_users, groups, memberships, assignments, changes } = made;
    say!(
        "{}: {}, {} with {}, {}; {} in the recycle bin",
        command.out.display(),
        counted(users, "user"),
        counted(groups, "group"),
        counted(memberships, "membership"),
        counted(assignments, "assignment"),
        deleted_users
    );
    if command.mutate.is_some() {
        say!("day {day}: {}", changes_text(changes));
    }
    Ok(Exit::Success)
}

fn order(command: &GenerateCommand) -> CompanyOrder {
    let embedded = || embedded::MAPPINGS.iter().map(|(name, _)| (*name).to_owned()).collect();
    CompanyOrder {
        users: command.users.unwrap_or_default(),
        seed: command.seed.unwrap_or(SEED),
        format: match command.format {
            FormatArgument::Ndjson => CompanyFormat::Ndjson,
            FormatArgument::Json => CompanyFormat::Json,
        },
        apps: if command.apps.is_empty() { embedded() } else { command.apps.clone() },
        first_day: command.date,
    }
}

fn changes_text(changes: DayChanges) -> String {
    let said: Vec<_> = [
        (changes.joined, "joined"),
        (changes.returned, "returned"),
        (changes.left, "left"),
        (changes.moved, "moved"),
        (changes.renamed, "renamed"),
        (changes.switched, "disabled or enabled"),
        (changes.regrouped, "in other projects"),
        (changes.reassigned, "direct assignments changed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if said.is_empty() { "nothing happened".to_owned() } else { said.join(", ") }
}
