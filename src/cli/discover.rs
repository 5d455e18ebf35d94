//! `discover`: the accounts that a target has already, held against the directory.

use super::{
    arguments::DiscoverCommand,
    exit::{CommandError, Exit},
    terminal::print_table,
    test_connection::open_trace,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    counted::counted,
    engine::{DiscoveredAccount, DiscoveryError, Listing, Standing},
    service::Service,
};
use std::sync::Arc;

/// Works on a copy of the state, so that nothing is changed and a daemon is not disturbed.
pub(super) async fn run(settings: Settings, command: &DiscoverCommand) -> Result<Exit, CommandError> {
    let trace = open_trace(command.trace.as_deref())?;
    let service = Service::rehearsal(settings, Arc::new(SystemClock), Arc::new(Chance::from_system()))?;
    service.import(false).await?;
    let job = service.job(&command.job).await?;
    let mut found: Vec<DiscoveredAccount> = Vec::new();
    let outcome = service.engine.discover(&job, trace.clone(), |account| found.push(account)).await;
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    let listing = outcome.map_err(|error| {
        let message = job.mask.text(&error.to_string()).into_owned();
        let refused = matches!(error, DiscoveryError::NotDirect(_));
        if refused { CommandError::usage(message) } else { CommandError::failed(message) }
    })?;
    if command.json {
        for account in &found {
            say!("{}", serde_json::to_string(account).unwrap_or_default());
        }
    } else {
        print(found);
    }
    let Listing { listed, total } = listing;
    if listed < total {
        let message = format!(
            "the application says that it has {}, and gave {listed} of them page by page; what it gives must \
             follow `startIndex` and `count`",
            counted(total, "user")
        );
        return Err(CommandError::failed(message));
    }
    Ok(Exit::Success)
}

fn print(mut found: Vec<DiscoveredAccount>) {
    found.sort_by(|one, other| (one.standing, &one.value).cmp(&(other.standing, &other.value)));
    let count = |standing| found.iter().filter(|account| account.standing == standing).count();
    let (local, unassigned, assigned) =
        (count(Standing::Local), count(Standing::Unassigned), count(Standing::Assigned));
    let deleted = match count(Standing::Deleted) {
        0 => String::new(),
        deleted => format!(", {deleted} deleted"),
    };
    let rows = found.into_iter().map(row).collect();
    print_table(&["account", "is", "user", "connected", "id"], rows);
    say!("{local} local{deleted}, {unassigned} unassigned, {assigned} assigned");
}

fn row(account: DiscoveredAccount) -> Vec<String> {
    let standing = match account.standing {
        Standing::Local => "local",
        Standing::Deleted => "deleted",
        Standing::Unassigned => "unassigned",
        Standing::Assigned => "assigned",
    };
    vec![
        account.value.unwrap_or_else(|| "-".to_owned()),
        standing.to_owned(),
        account.user.unwrap_or_else(|| "-".to_owned()),
        if account.connected { "yes" } else { "no" }.to_owned(),
        account.target_id,
    ]
}
