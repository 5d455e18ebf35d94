//! `explain`: what every job makes of one user or group, and why.

use super::{
    arguments::ExplainCommand,
    exit::{CommandError, Exit},
    terminal::coloured,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    directory::import,
    engine::{Engine, Explanation, Job, Moved, Rest},
    service::ServiceError,
    store::{ObjectRow, ObjectState, Scratch, Store, StoreError, Tables},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn run(settings: Settings, command: &ExplainCommand) -> Result<Exit, CommandError> {
    let (engine, _scratch) = open(&settings).await?;
    let name = command.name.clone();
    let (objects, read_at) =
        engine.store.read(move |tables| Ok((tables.objects_named(&name)?, tables.imported_at()?))).await?;
    if objects.is_empty() {
        return Err(CommandError::usage(format!(
            "the directory has no user and no group `{}`; give an id, a user principal name or a group's name",
            command.name
        )));
    }
    let (jobs, mut exit) = open_jobs(&settings, &engine);
    for object in &objects {
        let mut explained = Vec::new();
        for job in &jobs {
            explained.push((job.name(), engine.explain(job, object).await?));
        }
        if explained.iter().any(|(_, explanation)| explanation.as_ref().is_some_and(|told| told.failing)) {
            exit = exit.worse(Exit::Failed);
        }
        if command.json {
            say!("{}", as_json(object, read_at, &explained));
        } else {
            print(object, read_at, &explained);
        }
    }
    Ok(exit)
}

/// The state as it is; where the directory was never read into one, a state made of the directory alone.
async fn open(settings: &Settings) -> Result<(Engine, Option<Scratch>), CommandError> {
    let clock = Arc::new(SystemClock);
    let known = match Store::open_to_read(&settings.state.path) {
        Ok(store) => store.read(Tables::imported_at).await?.map(|_| store),
        Err(StoreError::Missing(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let (store, scratch) = match known {
        Some(store) => (store, None),
        None => {
            let failed = |error| CommandError::failed(format!("no temporary folder: {error}"));
            let scratch = Scratch::new().map_err(failed)?;
            let store = Store::open(&scratch.path().join("explain.db"), "scimulator explain")?;
            let imported = import(&store, &settings.directory, true, clock.as_ref()).await;
            imported.map_err(|error| CommandError::usage(error.to_string()))?;
            (store, Some(scratch))
        }
    };
    let engine = Engine {
        store,
        clock,
        chance: Arc::new(Chance::from_system()),
        rules: settings.health.clone(),
        log_retention_days: settings.state.log_retention_days,
    };
    Ok((engine, scratch))
}

/// The jobs that can decide; what is wrong with the others is told.
fn open_jobs(settings: &Settings, engine: &Engine) -> (Vec<Arc<Job>>, Exit) {
    let mut exit = Exit::Success;
    let mut jobs = Vec::new();
    for job in &settings.jobs {
        match Job::offline(job, settings, engine.clock.clone()) {
            Ok(job) => jobs.push(Arc::new(job)),
            Err(error) => {
                complain!("{}", super::terminal::error_text(&error.to_string()));
                exit = exit.worse(Exit::Usage);
            }
        }
    }
    (jobs, exit)
}

fn as_json(object: &ObjectRow, read_at: Option<Timestamp>, explained: &[(&str, Option<Explanation>)]) -> Value {
    let jobs: Vec<_> = explained
        .iter()
        .map(|(job, explanation)| match explanation {
            Some(explanation) => json!(explanation),
            None => json!({"job": job, "inScope": false, "reason": not_provisioned(object)}),
        })
        .collect();
    json!({
        "id": object.id,
        "kind": object.kind.name(),
        "name": object.name,
        "state": object.state.name(),
        "enabled": object.enabled,
        "readAt": read_at,
        "jobs": jobs,
    })
}

fn not_provisioned(object: &ObjectRow) -> String {
    format!("the job does not provision {}s", object.kind.name().to_lowercase())
}

fn print(object: &ObjectRow, read_at: Option<Timestamp>, explained: &[(&str, Option<Explanation>)]) {
    let ObjectRow { kind, id, name, state, enabled, .. } = object;
    let state = match state {
        ObjectState::Live if *enabled => "",
        ObjectState::Live => ", disabled",
        ObjectState::Deleted => ", soft-deleted",
        ObjectState::Purged => ", deleted for good",
    };
    let read = read_at.map(|time| format!("; as read at {}", shown(time))).unwrap_or_default();
    say!("{} {name} ({id}){state}{read}", kind.name());
    for (job, explanation) in explained {
        say!("{job}");
        match explanation {
            Some(explanation) => print_explanation(explanation),
            None => say!("  out of scope: {}", not_provisioned(object)),
        }
    }
}

fn print_explanation(explanation: &Explanation) {
    if let Some(Moved { before, now }) = explanation.moved.clone() {
        let refusal = ServiceError::TargetMoved { job: explanation.job.clone(), before, now };
        say!("  the job refuses to run: {refusal}");
    }
    if let Some(Rest { state, next_attempt }) = &explanation.rest {
        let next = match next_attempt {
            Some(next) => format!("everything that failed is tried again at {}", shown(*next)),
            None if state == "SwitchedOff" => "no cycle runs by itself while it has `enabled = false`".to_owned(),
            None => format!("no cycle runs by itself until `scimulator jobs start {}`", explanation.job),
        };
        say!("  the job is in the state {}: {next}", coloured(state));
    }
    let reason = explanation.reason.as_deref().unwrap_or_default();
    match explanation.in_scope {
        Some(true) => say!("  in scope"),
        Some(false) => say!("  out of scope: {reason}"),
        None => say!("  scope cannot be told: {reason}"),
    }
    match explanation.assigned.as_slice() {
        [] if explanation.everybody => say!("  assigned: no, and nobody needs to be: the job's scope is `all`"),
        [] => say!("  assigned: no"),
        grounds => say!("  assigned: {}", grounds.join("; ")),
    }
    if let Some(clauses) = explanation.scoping.get("ScopeEvaluationResult").filter(|clauses| *clauses != "{}") {
        for (clause, holds) in serde_json::from_str::<serde_json::Map<String, Value>>(clauses).unwrap_or_default() {
            say!("  filter: {clause}: {}", if holds == Value::Bool(true) { "holds" } else { "does not hold" });
        }
    }
    match &explanation.connection {
        Some(held) => say!("  connected: to {}, {} since {}", held.target_id, held.state, shown(held.since)),
        None => say!("  connected: no"),
    }
    if explanation.unanswered_create {
        let before = if explanation.in_scope == Some(false) { "" } else { " before it creates again" };
        say!("  a create of this object had no clear answer; the next cycle asks for it{before}");
    }
    if let Some((manager, target_id)) = &explanation.manager {
        let target =
            target_id.as_deref().map_or("not linked, so it is left out".to_owned(), |id| format!("{id} there"));
        say!("  manager: {manager}, {target}");
    }
    if let Some((members, told)) = explanation.members {
        say!("  members: {members} in the directory, {told} at the target");
    }
    say!("  when a cycle looks at it, {}", explanation.intent);
    for value in &explanation.values {
        let source = value.source.as_deref().unwrap_or("(none)");
        let mark = if value.matching { ", matching" } else { "" };
        let given = match (&value.value, &value.default, &value.error) {
            (Some(given), ..) => given.clone(),
            (None, _, Some(error)) => format!("(error: {error})"),
            (None, Some(default), None) if value.source.is_none() => {
                format!("(`{default}` where the target has nothing)")
            }
            (None, Some(default), None) => format!("(nothing; `{default}` on creation)"),
            (None, None, None) => "(nothing)".to_owned(),
        };
        say!("    {} = {given}   <- {source}{mark}", value.target);
    }
    if let Some(last) = &explanation.last {
        let reason = last.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        say!("  last: {} {} {}{reason} (record {})", shown(last.time), last.action, coloured(&last.status), last.id);
    }
    for retry in &explanation.retries {
        let what = if retry.kind == "reference" { "its references" } else { "it" };
        say!(
            "  again: {what} at {} (failed first at {}, retried since: {})",
            shown(retry.next_attempt),
            shown(retry.first_failure),
            retry.attempts
        );
        say!("    {}: {}", retry.code, retry.reason);
    }
}

fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
