//! `run`: the daemon.

use super::{
    arguments::RunCommand,
    exit::{CommandError, Exit},
    sync::stop_on_signal,
    test_connection::open_trace,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    service::{Service, control, daemon},
};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(settings: Settings, command: &RunCommand) -> Result<Exit, CommandError> {
    let trace = open_trace(command.trace.as_deref())?;
    let jobs: Vec<_> = settings.jobs.iter().filter(|job| job.enabled).map(|job| job.name.clone()).collect();
    if jobs.is_empty() {
        return Err(CommandError::usage("no job is enabled; there is nothing to run"));
    }
    let purpose = "the daemon, scimulator run";
    let service = Arc::new(Service::open(settings, purpose, Arc::new(SystemClock), Arc::new(Chance::from_system()))?);
    for job in &jobs {
        service.check_job(job)?;
    }
    let (stop, woken) = (CancellationToken::new(), Arc::new(Notify::new()));
    let listener = control::listen(service.settings.state_folder()).map_err(|error| {
        CommandError::failed(format!("the control socket cannot be opened in the state folder: {error}"))
    })?;
    let socket = tokio::spawn(control::serve(listener, service.clone(), stop.clone(), woken.clone()));
    tokio::spawn(stop_on_signal(stop.clone(), |text| tracing::info!("{text}")));
    tracing::info!(jobs = jobs.join(", "), state = %service.settings.state.path.display(), "running");
    daemon::run(&service, &trace, &stop, &woken).await;
    match socket.await {
        Ok(Err(error)) => tracing::warn!("the control socket failed: {error}"),
        Err(error) => tracing::warn!("the control socket failed: {error}"),
        Ok(Ok(())) => {}
    }
    tracing::info!("stopped");
    Ok(Exit::Success)
}
