//! `check`: everything that can be found wrong before a request is sent, all at once, each with its place.

use super::job::{JobError, connect, template_text};
use crate::{
    clock::SharedClock,
    config::{
        JobSettings, ScopeSetting, Settings,
        problem::{Place, Problem, Problems, Severity, did_you_mean},
        secret::SecretSource,
    },
    directory::{ImportError, attribute, import},
    expression::Expression,
    mapping::{ObjectMapping, Template, embedded, read, scoping::ScopingFilter},
    store::{Store, StoreError, Tables},
};
use std::collections::{BTreeSet, HashMap};

/// Checks mappings, target URLs, secrets and the directory. `scratch` is an empty state that the directory is read into.
pub async fn check(settings: &Settings, scratch: &Store, clock: SharedClock) -> Result<Vec<Problem>, StoreError> {
    let problems = Problems::default();
    check_directory(settings, scratch, &clock, &problems).await?;
    let mut base_urls: HashMap<String, String> = HashMap::new();
    let assigned = scratch.read(Tables::assigned_applications).await?;
    for job in &settings.jobs {
        match template_text(job, &settings.folder) {
            Ok((origin, text)) => {
                let (template, found) = read::parse_all(&origin, &text);
                problems.extend(found);
                if let Some(template) = template {
                    unknown_attributes(job, &template, scratch, &settings.directory.attributes, &problems).await?;
                    check_scope(job, &template, &assigned, &problems);
                }
            }
            Err(error) => note(&problems, &job.mapping_place, error),
        }
        match connect(job, clock.clone(), None) {
            Ok((client, _)) => {
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
                if wrong_url && let Some(Err(error)) = job.secret_token.as_ref().map(SecretSource::resolve) {
                    problems.error(&job.place, format!("job `{}`: {error}", job.name), None);
                }
            }
        }
    }
    Ok(problems.into_sorted())
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

/// Source attributes that a mapping or filter names and that nobody knows: neither Entra's lists, nor the configuration, nor
/// any record of the last import.
pub(super) async fn unknown_attributes(
    job: &JobSettings,
    template: &Template,
    store: &Store,
    extra: &[String],
    problems: &Problems,
) -> Result<(), StoreError> {
    for mapping in [Some(&template.users), template.enabled_groups()].into_iter().flatten() {
        for (place, target, name) in named_attributes(mapping) {
            if attribute::is_known(&name) || extra.contains(&name) {
                continue;
            }
            let wanted = name.clone();
            if store.read(move |tables| tables.knows_attribute(&wanted)).await? {
                continue;
            }
            let help = attribute::nearest(&name).map_or_else(
                || format!("correct it, or add it to `[directory] attributes` if records will have it: attributes = [\"{name}\"]"),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            let elsewhere = || Place::origin(format!("{} (mapping `{}`)", job.mapping_place, job.mapping));
            let place = place.cloned().unwrap_or_else(elsewhere);
            problems.extend([Problem {
                severity: Severity::Error,
                place,
                message: format!("{target} names the source attribute `{name}`, which does not exist"),
                help: Some(help),
            }]);
        }
    }
    Ok(())
}

/// The source attributes that a mapping reads, each with what reads it, and where that is written.
fn named_attributes(mapping: &ObjectMapping) -> Vec<(Option<&Place>, String, String)> {
    let mut named = Vec::new();
    for line in &mapping.mappings {
        for (name, _) in line.source.iter().flat_map(|source| source.attributes()) {
            named.push((Some(&line.place), format!("the mapping of `{}`", line.target.path), name.to_owned()));
        }
    }
    for name in mapping.scoping_filter.iter().flat_map(ScopingFilter::attributes) {
        named.push((None, "a scoping filter".to_owned(), name.to_owned()));
    }
    named
}
