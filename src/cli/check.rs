//! `check`: configuration, mappings and directory, every problem at once with its place; and how large the cycles will be
//! that look at everybody. What a cycle would refuse for what the state holds is a problem as well. Sends nothing, unless
//! `--discover` asks for schemas.

use super::{
    announcement,
    arguments::CheckCommand,
    exit::{CommandError, Exit},
    schema_discovery,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::{
        self, Settings,
        problem::{Place, Problem, Severity},
    },
    counted::counted,
    directory::{ImportError, spared},
    engine::{Announcement, check::check},
    notify::Postman,
    service::{Service, ServiceError},
    store::{Scratch, Store},
};
use serde_json::json;
use std::{path::Path, sync::Arc};

pub(super) async fn run(file: &Path, command: &CheckCommand) -> Result<Exit, CommandError> {
    let (settings, mut problems) = config::inspect(file).map_err(|error| CommandError::usage(error.to_string()))?;
    if let Some(settings) = &settings {
        // A job that cannot be read has its errors already.
        let no_job = settings.jobs.is_empty() && problems.is_empty();
        problems.extend(check_world(settings).await?);
        problems.extend(check_mail(settings));
        if no_job {
            problems.push(Problem {
                severity: Severity::Warning,
                place: Place::origin(file.display().to_string()),
                message: "there is no job: nothing is provisioned".to_owned(),
                help: Some("add a `[[jobs]]` table; `scimulator init` writes an example".to_owned()),
            });
        }
    }
    let mut errors = tell(&problems, command.json);
    let mut announced = Vec::new();
    if let Some(settings) = settings.as_ref().filter(|settings| errors == 0 && !settings.jobs.is_empty()) {
        let service = Service::rehearsal(settings.clone(), Arc::new(SystemClock), Arc::new(Chance::from_system()))?;
        errors = tell(&refusals(&service).await?, command.json);
        if errors == 0 {
            announced = announcements(&service).await?;
        }
    }
    if command.json {
        for (job, announcement) in &announced {
            say!("{}", json!({"job": job, "nextCycle": announcement::as_json(announcement)}));
        }
    } else {
        match (errors, &settings) {
            (0, Some(settings)) => say!("{}", summary(settings)),
            (errors, _) => say!("{}", counted(errors, "error")),
        }
        for (job, announcement) in &announced {
            say!("{job}: the next cycle is {}", announcement::text(announcement));
        }
    }
    match &settings {
        _ if errors > 0 => Ok(Exit::Usage),
        Some(settings) if command.discover => {
            schema_discovery::run(settings, command.json, command.trace.as_deref()).await
        }
        _ => Ok(Exit::Success),
    }
}

/// Prints problems, and returns how many of them are errors.
fn tell(problems: &[Problem], json: bool) -> usize {
    for problem in problems {
        if json {
            say!("{}", problem.as_json());
        } else {
            say!("{problem}");
        }
    }
    problems.iter().filter(|problem| problem.severity == Severity::Error).count()
}

/// Reads the directory into a state of its own, so that a check changes nothing.
async fn check_world(settings: &Settings) -> Result<Vec<Problem>, CommandError> {
    let scratch = Scratch::new().map_err(|error| CommandError::failed(format!("no temporary folder: {error}")))?;
    let store = Store::open(&scratch.path().join("check.db"), "scimulator check")?;
    Ok(check(settings, &store, Arc::new(SystemClock)).await?)
}

/// Tries the templates out, and looks for password and certificates; connects to nobody.
fn check_mail(settings: &Settings) -> Option<Problem> {
    let told = settings.jobs.iter().any(|job| job.notify_on_failure || job.notify_on_recovery);
    if !told {
        return None;
    }
    let error = Postman::new(&settings.mail, &settings.tenant.name).err()?;
    Some(Problem {
        severity: Severity::Error,
        place: settings.mail.place.clone(),
        message: error.to_string(),
        help: Some("mend it, or nobody is told of trouble".to_owned()),
    })
}

/// Why cycles would be refused, though configuration and directory are sound in themselves: found on a copy of the state,
/// into which the directory is read as it is now. What of that stays only because of records that were left out is told, too.
async fn refusals(service: &Service) -> Result<Vec<Problem>, CommandError> {
    let error = |place: &Place, error: &ServiceError| Problem {
        severity: Severity::Error,
        place: place.clone(),
        message: error.to_string(),
        help: None,
    };
    let mut refusals = Vec::new();
    match service.import(false).await {
        Ok(imported) => refusals.extend(spared(&service.settings.directory, imported.spared)),
        Err(shrinks @ ServiceError::Import(ImportError::Shrinks { .. })) => {
            refusals.push(error(&Place::origin(service.settings.directory.path.display().to_string()), &shrinks));
        }
        Err(other) => return Err(other.into()),
    }
    for job in &service.settings.jobs {
        match service.check_target(&job.name).await {
            Ok(()) => {}
            Err(moved @ ServiceError::TargetMoved { .. }) => refusals.push(error(&job.url_place, &moved)),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(refusals)
}

/// What is to be expected of the jobs whose next cycle looks at everybody.
async fn announcements(service: &Service) -> Result<Vec<(String, Announcement)>, CommandError> {
    let mut announced = Vec::new();
    for job in &service.settings.jobs {
        let found = announcement::of(&service.settings, &service.engine.store, job).await?;
        announced.extend(found.map(|announcement| (job.name.clone(), announcement)));
    }
    Ok(announced)
}

fn summary(settings: &Settings) -> String {
    let jobs: Vec<_> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
    if jobs.is_empty() {
        return "no errors".to_owned();
    }
    format!("no errors: {} is ready to provision {}", settings.directory.path.display(), jobs.join(", "))
}
