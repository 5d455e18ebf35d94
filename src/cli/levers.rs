//! `jobs start`, `pause`, `restart` and `allow-deletes`: the levers, through the daemon if one runs.

use super::{
    arguments::LeverCommand,
    control_client::Daemon,
    exit::{CommandError, Exit},
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    engine::Reset,
    service::{Lever, Service},
};
use std::sync::Arc;

pub(super) async fn pull(settings: Settings, command: &LeverCommand) -> Result<Exit, CommandError> {
    let (job, lever, word) = match command {
        LeverCommand::Link(command) => return super::link::run(settings, command).await,
        LeverCommand::Start { job } => (job, Lever::Start, "start"),
        LeverCommand::Pause { job } => (job, Lever::Pause, "pause"),
        LeverCommand::AllowDeletes { job } => (job, Lever::AllowDeletes, "allow-deletes"),
        LeverCommand::Restart { job, reset, keep_links } => {
            let resets = if reset.is_empty() {
                Reset::DEFAULT.to_vec()
            } else {
                reset
                    .iter()
                    .map(|word| word.parse())
                    .collect::<Result<_, crate::engine::LeverError>>()
                    .map_err(|error| CommandError::usage(error.to_string()))?
            };
            if *keep_links {
                (job, Lever::RestartKeepingLinks(resets), "restart-keeping-links")
            } else {
                (job, Lever::Restart(resets), "restart")
            }
        }
    };
    let is_off = settings.job(job).is_some_and(|job| !job.enabled);
    if let Some(daemon) = Daemon::find(&settings).await {
        let words = |resets: &[Reset]| resets.iter().map(|reset| format!("{reset:?}")).collect::<Vec<_>>().join(",");
        let body = match &lever {
            Lever::Restart(resets) => words(resets),
            // Where the tenant URL leads says the configuration: the daemon must have read the same.
            Lever::RestartKeepingLinks(resets) => format!("{}\n{}", words(resets), settings.fingerprint),
            Lever::Start | Lever::Pause | Lever::AllowDeletes | Lever::Unlink(_) => String::new(),
        };
        daemon.pull(job, word, body).await?;
    } else {
        let chance = Arc::new(Chance::from_system());
        Service::open(settings, "scimulator jobs", Arc::new(SystemClock), chance)?.pull(job, &lever).await?;
    }
    match lever {
        Lever::Pause => say!("{job}: paused; a running cycle finishes first"),
        Lever::AllowDeletes => say!("{job}: the next cycle sends what is held back"),
        Lever::RestartKeepingLinks(_) => say!("{job}: restarted; its connections belong to the present target"),
        Lever::Start | Lever::Restart(_) | Lever::Unlink(_) => say!("{job}: {word}ed"),
    }
    if is_off && !matches!(lever, Lever::Pause) {
        complain!(
            "`{job}` has `enabled = false` in the configuration: it does not run by itself, but by `sync now {job}`"
        );
    }
    Ok(Exit::Success)
}
