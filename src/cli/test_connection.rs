//! `test-connection`: the credentials probe.

use super::{
    arguments::TestConnectionCommand,
    exit::{CommandError, Exit},
    sync::signalled,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    engine::{Engine, Job},
    scim::trace::Trace,
    store::{Scratch, Store},
};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn run(settings: Settings, command: &TestConnectionCommand) -> Result<Exit, CommandError> {
    let job = settings.job(&command.job).ok_or_else(|| {
        let known: Vec<_> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
        CommandError::usage(format!("there is no job `{}`; there are: {}", command.job, known.join(", ")))
    })?;
    let clock = Arc::new(SystemClock);
    let job = Job::open(job, &settings, clock.clone(), None).map_err(|error| CommandError::usage(error.to_string()))?;
    let trace = open_trace(command.trace.as_deref())?;
    let scratch = Scratch::new().map_err(|error| CommandError::failed(format!("no temporary folder: {error}")))?;
    let engine = Engine {
        store: Store::open(&scratch.path().join("probe.db"), "scimulator test-connection")?,
        clock,
        chance: Arc::new(Chance::from_system()),
        rules: settings.health.clone(),
        log_retention_days: settings.state.log_retention_days,
    };
    let outcome = tokio::select! {
        outcome = engine.test_connection(&job, trace.clone()) => outcome,
        // Nothing that is asked changes anything, so that nothing has to be waited for.
        () = signalled() => {
            let target = job.client.target().identity();
            return Err(CommandError::failed(format!("stopped before {target} has answered")));
        }
    };
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    let target = job.client.target().identity();
    match outcome {
        Ok(requests) if command.json => {
            say!("{}", json!({"job": job.name(), "target": target, "succeeded": true, "requests": requests}));
            Ok(Exit::Success)
        }
        Ok(_) => {
            say!("{target} answers as SCIM demands");
            Ok(Exit::Success)
        }
        Err(failure) => {
            let message = job.mask.text(&failure.to_string()).into_owned();
            if command.json {
                let error = json!({"code": failure.error_code(), "message": message, "advice": failure.advice()});
                say!("{}", json!({"job": job.name(), "target": target, "succeeded": false, "error": error}));
                return Ok(Exit::Failed);
            }
            let advice = failure.advice().map(|advice| format!("\n  help: {advice}")).unwrap_or_default();
            Err(CommandError::failed(format!("{target} does not answer as SCIM demands\n  {message}{advice}")))
        }
    }
}

/// Opens the trace that `--trace` names, or none.
pub(super) fn open_trace(file: Option<&std::path::Path>) -> Result<Trace, CommandError> {
    match file {
        Some(file) => Trace::file(file).map_err(|error| CommandError::usage(error.to_string())),
        None => Ok(Trace::off()),
    }
}
