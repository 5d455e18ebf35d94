//! `run`: the daemon.

use super::{
    arguments::RunCommand,
    exit::{CommandError, Exit},
    test_connection::open_trace,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    service::{Service, control, daemon},
};
use std::sync::Arc;
use tokio::{signal::unix::SignalKind, sync::Notify};
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
    let socket = tokio::spawn(control::serve(service.clone(), stop.clone(), woken.clone()));
    tokio::spawn(end_on_signal(stop.clone()));
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

/// Ctrl-C and SIGTERM end the daemon: the objects in hand are finished first.
async fn end_on_signal(stop: CancellationToken) {
    let Ok(mut terminate) = tokio::signal::unix::signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: the objects in hand are finished first");
    stop.cancel();
}
