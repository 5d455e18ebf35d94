//! `check`: everything that can be found wrong before a request is sent, all at once, each with its place.

use super::{
    job::{JobError, connect, template_text},
    source_attributes::check_source_attributes,
};
use crate::{
    clock::SharedClock,
    config::{
        JobSettings, ScopeSetting, Settings,
        problem::{Place, Problem, Problems, did_you_mean},
    },
    directory::{ImportError, import},
    expression::Expression,
    mapping::{Template, embedded, read},
    scim::mask::Mask,
    store::{Store, StoreError, Tables},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Checks mappings, target URLs, secrets and the directory. `scratch` is an empty state that the directory is read into.
pub async fn check(settings: &Settings, scratch: &Store, clock: SharedClock) -> Result<Vec<Problem>, StoreError> {
    let problems = Problems::default();
    check_directory(settings, scratch, &clock, &problems).await?;
    let mut base_urls: HashMap<String, String> = HashMap::new();
    let assigned = scratch.read(Tables::assigned_applications).await?;
    for job in &settings.jobs {
        let template = match template_text(job, &settings.folder) {
            Ok((origin, text)) => {
                let (template, found) = read::parse_all(&origin, &text);
                problems.extend(found);
                template
            }
            Err(error) => {
                note(&problems, &job.mapping_place, error);
                None
            }
        };
        if let Some(template) = &template {
            check_source_attributes(job, template, scratch, &settings.directory.attributes, &problems).await?;
            check_scope(job, template, &assigned, &problems);
        }
        match connect(job, clock.clone(), None) {
            Ok((client, mask)) => {
                check_secret(job, template.as_ref(), &mask, &problems);
                let identity = client.target().identity().to_owned();
                if let Some(other) = base_urls.insert(identity.clone(), job.name.clone()) {
                    let help = "their scopes must not overlap, or each undoes what the other does".to_owned();
                    let message = format!("the jobs `{other}` and `{}` both provision `{identity}`", job.name);
                    problems.warn(&job.url_place, message, Some(help));
                }
            }
            Err(error) => {
                let wrong_url = matches!(error, JobError::Target { .. });
                note(&problems, if wrong_url { &job.url_place } else { &job.place }, error);
                if wrong_url && let Some(Err(error)) = job.secret() {
                    problems.error(&job.place, format!("job `{}`: {error}", job.name), None);
                }
            }
        }
    }
    let mut found = problems.into_sorted();
    // Two jobs may have one mapping file.
    let mut told = HashSet::new();
    found.retain(|problem| told.insert(problem.to_string()));
    Ok(found)
}

/// Notes a job's error; one that carries problems of its own passes them on.
fn note(problems: &Problems, place: &Place, error: JobError) {
    match error {
        JobError::Mapping(found) => problems.extend(found),
        JobError::Target { job, error, .. } => problems.error(place, format!("job `{job}`: {error}"), None),
        JobError::Secret { job, error, .. } => problems.error(place, format!("job `{job}`: {error}"), None),
        JobError::Authorization { job, error, .. } => problems.error(place, format!("job `{job}`: {error}"), None),
        JobError::Transport { job, error, .. } => problems.error(place, format!("job `{job}`: {error}"), None),
        JobError::MappingFile { name, error, .. } => {
            let names = embedded::MAPPINGS.iter().map(|(name, _)| *name);
            let help = did_you_mean(&name, names)
                .unwrap_or_else(|| format!("name a file, or one of the embedded mappings {}", embedded::names()));
            problems.error(place, format!("the mapping `{name}` cannot be read: {error}"), Some(help));
        }
        JobError::Store(error) => problems.error(place, error.to_string(), None),
    }
}

async fn check_directory(
    settings: &Settings,
    scratch: &Store,
    clock: &SharedClock,
    problems: &Problems,
) -> Result<(), StoreError> {
    match import(scratch, &settings.directory, true, clock.as_ref()).await {
        Ok(imported) => problems.extend(imported.warnings),
        Err(ImportError::Invalid(found)) => problems.extend(found),
        Err(ImportError::Store(error)) => return Err(error),
        Err(error @ (ImportError::Directory(_) | ImportError::Shrinks { .. })) => {
            let place = Place::origin(settings.directory.path.display().to_string());
            problems.error(&place, error.to_string(), None);
        }
    }
    Ok(())
}

/// A secret that is a word of the job's own requests, which nobody could read any more: it is hidden wherever it stands. Which
/// word it is must not be told.
fn check_secret(job: &JobSettings, template: Option<&Template>, mask: &Mask, problems: &Problems) {
    const OF_EVERY_REQUEST: [&str; 18] = [
        "Add",
        "Bearer",
        "Groups",
        "Operations",
        "Remove",
        "Replace",
        "Resources",
        "Users",
        "active",
        "filter",
        "http",
        "id",
        "members",
        "op",
        "path",
        "schemas",
        "scim",
        "value",
    ];
    let mappings = template.into_iter().flat_map(|template| [Some(&template.users), template.enabled_groups()]);
    let mapped = mappings.flatten().flat_map(|mapping| &mapping.mappings).map(|line| line.target.path.to_string());
    let is_hidden = |word: &str| mask.text(word) != word;
    if OF_EVERY_REQUEST.into_iter().any(is_hidden) || mapped.into_iter().any(|path| is_hidden(&path)) {
        let message = format!("the secret of job `{}` is a word that its requests are full of", job.name);
        let help = "traces and logs show `[hidden]` wherever it stands; use a secret that is no such word".to_owned();
        problems.warn(&job.place, message, Some(help));
    }
}

/// Role functions where everybody is in scope: roles come with assignments, and whoever has none would have no role.
pub(super) fn roles_without_assignments(job: &JobSettings, template: &Template, problems: &Problems) {
    if job.scope != ScopeSetting::All {
        return;
    }
    let mappings = [Some(&template.users), template.enabled_groups()].into_iter().flatten();
    let sources = mappings.flat_map(|mapping| &mapping.mappings).filter_map(|line| line.source.as_ref());
    for function in sources.flat_map(Expression::role_functions).collect::<BTreeSet<_>>() {
        let help = Some("set `scope = \"assigned\"`, or take the function out of the mapping".to_owned());
        let message = format!("`{function}` does not go with `scope = \"all\"`: roles come with assignments");
        problems.error(&job.place, message, help);
    }
}

/// Settings that contradict the mapping, or that no assignment speaks of.
fn check_scope(job: &JobSettings, template: &Template, assigned: &[String], problems: &Problems) {
    roles_without_assignments(job, template, problems);
    let application = job.application.as_deref().unwrap_or(&template.application);
    if job.scope == ScopeSetting::Assigned
        && !assigned.is_empty()
        && !assigned.iter().any(|name| *name == application.to_lowercase() || *name == job.name.to_lowercase())
    {
        let help = did_you_mean(application, assigned.iter().map(String::as_str)).unwrap_or_else(|| {
            format!("assignments name {}; set `application` of the job to the name they use", assigned.join(", "))
        });
        let message =
            format!("no assignment names the application `{application}`: nobody is in scope of `{}`", job.name);
        problems.warn(&job.place, message, Some(help));
    }
}
