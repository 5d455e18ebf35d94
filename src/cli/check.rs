//! `check`: configuration, mappings and directory, every problem at once with its place.

use super::{
    arguments::CheckCommand,
    exit::{CommandError, Exit},
};
use crate::{
    clock::SystemClock,
    config::{
        self, Settings,
        problem::{Place, Problem, Severity},
    },
    engine::check::check,
    store::Store,
};
use std::{path::Path, sync::Arc};

pub(super) async fn run(file: &Path, command: &CheckCommand) -> Result<Exit, CommandError> {
    let (settings, mut problems) = config::inspect(file).map_err(|error| CommandError::usage(error.to_string()))?;
    if let Some(settings) = &settings {
        // A job that cannot be read has its errors already.
        let no_job = settings.jobs.is_empty() && problems.is_empty();
        problems.extend(check_world(settings).await?);
        if no_job {
            problems.push(Problem {
                severity: Severity::Warning,
                place: Place::origin(file.display().to_string()),
                message: "there is no job: nothing is provisioned".to_owned(),
                help: Some("add a `[[jobs]]` table; `scimulator init` writes an example".to_owned()),
            });
        }
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    for problem in &problems {
        if command.json {
            say!("{}", problem.as_json());
        } else {
            say!("{problem}");
        }
    }
    if !command.json {
        match (errors, &settings) {
            (0, Some(settings)) => say!("{}", summary(settings)),
            (1, _) => say!("1 error"),
            (errors, _) => say!("{errors} errors"),
        }
    }
    Ok(if errors == 0 { Exit::Success } else { Exit::Usage })
}

/// Reads the directory into a state of its own, so that a check changes nothing.
async fn check_world(settings: &Settings) -> Result<Vec<Problem>, CommandError> {
    let scratch = tempfile::tempdir().map_err(|error| CommandError::failed(format!("no temporary folder: {error}")))?;
    let store = Store::open(&scratch.path().join("check.db"), "scimulator check")?;
    Ok(check(settings, &store, Arc::new(SystemClock)).await?)
}

fn summary(settings: &Settings) -> String {
    let jobs: Vec<_> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    if jobs.is_empty() {
        return "no errors".to_owned();
    }
    format!("no errors: {} is ready to provision {}", settings.directory.path.display(), jobs.join(", "))
}
