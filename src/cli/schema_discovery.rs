//! `check --discover`: each job's mapping held against what its application says at `/Schemas`.

use super::{
    exit::{CommandError, Exit},
    test_connection::open_trace,
};
use crate::{
    clock::SystemClock,
    config::{
        JobSettings, Settings,
        problem::{Problem, Severity},
    },
    engine::{Job, SchemaComparison, compare_with_schemas},
    scim::{
        failure::{Failure, FailureKind},
        trace::Trace,
    },
};
use serde_json::json;
use std::{path::Path, sync::Arc};

/// What to do about an application that does not say what attributes it has: nothing.
const NEED_NOT: &str = "it need not: provisioning never asks for /Schemas";

/// Asks the applications of all jobs, one after another, and prints what each says. Nothing is written anywhere.
pub(super) async fn run(settings: &Settings, as_json: bool, trace: Option<&Path>) -> Result<Exit, CommandError> {
    let trace = open_trace(trace)?;
    let mut exit = Exit::Success;
    for job in &settings.jobs {
        exit = exit.worse(ask(settings, job, as_json, &trace).await?);
    }
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(exit)
}

async fn ask(
    settings: &Settings,
    job_settings: &JobSettings,
    as_json: bool,
    trace: &Trace,
) -> Result<Exit, CommandError> {
    let job = Job::open(job_settings, settings, Arc::new(SystemClock), None)
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let print = |problem: &Problem| {
        if as_json {
            say!("{}", problem.as_json());
        } else {
            say!("{problem}");
        }
    };
    let no_word = |silent: bool, reason: &str, advice: Option<&str>| Problem {
        severity: if silent { Severity::Warning } else { Severity::Error },
        place: job_settings.url_place.clone(),
        message: format!("the application of `{}` does not say what attributes it has: {reason}", job.name()),
        help: if silent { Some(NEED_NOT) } else { advice }.map(str::to_owned),
    };
    match compare_with_schemas(&job, trace.clone()).await {
        Ok(comparison) if comparison.says_nothing => {
            print(&no_word(true, "the list at /Schemas is empty", None));
            Ok(Exit::Success)
        }
        Ok(comparison) => {
            comparison.problems.iter().for_each(print);
            if as_json {
                say!("{}", json!({"job": job.name(), "unmapped": comparison.unmapped}));
            } else {
                say!("{}: {}", job.name(), summary(&comparison));
            }
            Ok(Exit::Success)
        }
        Err(failure) => {
            let silent = says_nothing(&failure);
            let reason = job.mask.text(&failure.to_string()).into_owned();
            print(&no_word(silent, &reason, failure.advice()));
            Ok(if silent { Exit::Success } else { Exit::Failed })
        }
    }
}

/// Whether the application just has no `/Schemas`.
fn says_nothing(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::NotFound | FailureKind::MethodNotAllowed | FailureKind::NotImplemented)
}

fn summary(comparison: &SchemaComparison) -> String {
    let agreement = match comparison.problems.len() {
        0 => "the mapping agrees with /Schemas".to_owned(),
        1 => "the mapping differs from /Schemas in one place".to_owned(),
        several => format!("the mapping differs from /Schemas in {several} places"),
    };
    if comparison.unmapped.is_empty() {
        return agreement;
    }
    format!("{agreement}; nothing is mapped to {}", comparison.unmapped.join(", "))
}
