//! `directory purge`: soft-deleted users are deleted for good, through the daemon if one runs.

use super::{
    super::{
        control_client::Daemon,
        exit::{CommandError, Exit},
    },
    arguments::PurgeCommand,
    counted,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    directory::{PurgeOrder, Purged},
    service::Service,
    store::{Store, Tables},
};
use std::sync::Arc;

pub(super) async fn run(settings: Settings, command: &PurgeCommand) -> Result<Exit, CommandError> {
    // A state that no import has made holds nobody: it is not made here.
    let state = Store::open_to_read(&settings.state.path)?;
    let order = match &command.user {
        Some(user) => PurgeOrder::User(user.clone()),
        None => {
            let count = state.read(Tables::inventory).await?.soft_deleted;
            if count == 0 {
                say!("the recycle bin is empty");
                return Ok(Exit::Success);
            }
            if !command.yes {
                let message = format!("the recycle bin holds {}; add `--yes` to delete", counted(count, "user"));
                return Err(CommandError::usage(message + " all of them for good"));
            }
            PurgeOrder::Everybody
        }
    };
    drop(state);
    let purged = match Daemon::find(&settings).await {
        Some(daemon) => daemon.purge(&order).await?,
        None => {
            let chance = Arc::new(Chance::from_system());
            let service = Service::open(settings, "scimulator directory purge", Arc::new(SystemClock), chance)?;
            service.purge(&order).await?
        }
    };
    match (&order, purged.as_slice()) {
        (PurgeOrder::User(_), [Purged { id, name, file }]) => {
            say!(
                "{name} ({id}) is deleted for good; applications that manage the account delete it in their next cycle"
            );
            if let Some(file) = file {
                say!("`{file}` goes on naming this user, and nothing comes of it any more");
            }
        }
        _ => {
            let count = u64::try_from(purged.len()).unwrap_or(u64::MAX);
            say!("{} deleted for good; applications delete the accounts in their next cycle", counted(count, "user"));
        }
    }
    Ok(Exit::Success)
}
