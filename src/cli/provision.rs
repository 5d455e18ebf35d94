//! `provision`: one user or group on demand, step by step, with what each step saw.

use super::{
    arguments::ProvisionCommand,
    control_client::Daemon,
    exit::{CommandError, Exit},
    requests::{Written, is_for_a_token, written},
    terminal::{coloured, error_text},
    test_connection::open_trace,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    engine::{DemandOutcome, DemandResult},
    graph::{Identifiers, Verdict, on_demand_answer},
    log::{ModifiedProperty, Status, Step, StepType},
    scim::trace::{Recording, TraceEntry},
    service::{
        DemandOrder, Service,
        control::{DemandCall, Event},
    },
    store::{LogRow, ObjectKind, Store},
};
use serde_json::Value;
use std::sync::Arc;

/// The number of the last stage.
const PERFORM_ACTION: u8 = 5;

pub(super) async fn run(settings: Settings, command: &ProvisionCommand) -> Result<Exit, CommandError> {
    let file = open_trace(command.trace.as_deref())?;
    let recording = Arc::new(Recording::default());
    let trace = file.beside(recording.clone());
    let (kind, name) = match (&command.user, &command.group) {
        (Some(user), _) => (ObjectKind::User, user.clone()),
        (None, group) => (ObjectKind::Group, group.clone().unwrap_or_default()),
    };
    let members = command.members.clone();
    let order = DemandOrder { job: command.job.clone(), kind, name, members, trace: trace.clone() };
    let daemon = if command.dry_run { None } else { Daemon::find(&settings).await };
    let (result, rows) = match daemon {
        Some(daemon) => through(&daemon, &settings, order).await?,
        None => by_itself(settings.clone(), order, command.dry_run).await?,
    };
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    let mut requests = recording.entries();
    requests.sort_by_key(|entry| entry.seq);
    if command.json {
        print_json(&settings, &result, &rows, &requests);
    } else {
        Shown { result: &result, rows: &rows, requests: &requests, dry_run: command.dry_run }.print();
    }
    Ok(if result.outcome == DemandOutcome::Failure { Exit::Failed } else { Exit::Success })
}

async fn by_itself(
    settings: Settings,
    order: DemandOrder,
    dry_run: bool,
) -> Result<(DemandResult, Vec<LogRow>), CommandError> {
    let (clock, chance) = (Arc::new(SystemClock), Arc::new(Chance::from_system()));
    let service = if dry_run {
        Service::rehearsal(settings, clock, chance)?
    } else {
        Service::open(settings, "scimulator provision", clock, chance)?
    };
    service.check_job(&order.job)?;
    for warning in service.import(false).await?.warnings {
        complain!("{warning}");
    }
    let result = service.provision(order).await?;
    let rows = records(&service.engine.store, &result).await?;
    Ok((result, rows))
}

async fn through(
    daemon: &Daemon,
    settings: &Settings,
    order: DemandOrder,
) -> Result<(DemandResult, Vec<LogRow>), CommandError> {
    let call = DemandCall {
        configuration: settings.fingerprint.clone(),
        job: order.job,
        group: order.kind == ObjectKind::Group,
        name: order.name,
        members: order.members,
    };
    let mut done = Err(CommandError::failed("the daemon ended before it answered"));
    daemon
        .provision(&call, |event| match event {
            Event::Trace(entry) => order.trace.record(&entry),
            Event::Provisioned(result) => done = Ok(*result),
            Event::Refused { message, refusal: true, .. } => done = Err(CommandError::usage(message)),
            Event::Refused { message, .. } => done = Err(CommandError::failed(message)),
            Event::Progress { .. } | Event::Result(_) => {}
        })
        .await?;
    let result = done?;
    let rows = records(&Store::open_to_read(&settings.state.path)?, &result).await?;
    Ok((result, rows))
}

async fn records(store: &Store, result: &DemandResult) -> Result<Vec<LogRow>, CommandError> {
    let ids = result.records.clone();
    let found = store.read(move |tables| ids.iter().map(|id| tables.record(id)).collect::<Result<Vec<_>, _>>()).await?;
    Ok(found.into_iter().flatten().collect())
}

fn print_json(settings: &Settings, result: &DemandResult, rows: &[LogRow], requests: &[TraceEntry]) {
    let outcome = outcome_name(result.outcome);
    let error = match (&result.connection, deciding(result.outcome, rows)) {
        (Some(error), _) => Some((error.code.as_str(), error.message.as_str())),
        (None, Some(row)) => row.error_code.as_deref().map(|code| (code, row.reason.as_deref().unwrap_or_default())),
        (None, None) => None,
    };
    let identifiers = Identifiers::of(settings.tenant.id, &result.job);
    let error = error.filter(|_| result.outcome != DemandOutcome::Success);
    let mut answer = on_demand_answer(Verdict { result: outcome, error }, rows, &identifiers, &result.title);
    answer.insert("notes".to_owned(), result.notes.clone().into());
    answer.insert("requests".to_owned(), requests.iter().map(Written::json).collect());
    say!("{}", Value::Object(answer));
}

fn outcome_name(outcome: DemandOutcome) -> &'static str {
    match outcome {
        DemandOutcome::Success => "Success",
        DemandOutcome::Skipped => "Skipped",
        DemandOutcome::Failure => "Failure",
    }
}

/// The record that tells why a run ended as it did.
fn deciding(outcome: DemandOutcome, rows: &[LogRow]) -> Option<&LogRow> {
    let status = match outcome {
        DemandOutcome::Success => "success",
        DemandOutcome::Skipped => "skipped",
        DemandOutcome::Failure => "failure",
    };
    rows.iter().find(|row| row.status == status)
}

/// A run on demand, as a person reads it.
struct Shown<'a> {
    result: &'a DemandResult,
    rows: &'a [LogRow],
    requests: &'a [TraceEntry],
    dry_run: bool,
}

impl Shown<'_> {
    fn print(&self) {
        let DemandResult { job, name, connection, .. } = self.result;
        // The random value that it asks for makes the probe's URL its own, however often it was repeated.
        let probe = self.requests.iter().find(|entry| !is_for_a_token(entry));
        let is_of_connection =
            |entry: &&TraceEntry| is_for_a_token(entry) || probe.is_some_and(|probe| probe.url == entry.url);
        let (connection_requests, others): (Vec<_>, Vec<_>) = self.requests.iter().partition(is_of_connection);
        let (reads, writes): (Vec<_>, Vec<_>) = others.into_iter().partition(|entry| entry.method == "GET");
        say!("{job}: {name} on demand{}", if self.dry_run { ", as a dry run: nothing is written" } else { "" });
        print_heading(1, "Test connection", Some(if connection.is_some() { Status::Failure } else { Status::Success }));
        print_requests(connection_requests.into_iter(), false);
        if let Some(error) = connection {
            say!("   {}: {}", error.code, error.message.replace('\n', "\n   "));
            if let Some(advice) = &error.advice {
                say!("   help: {advice}");
            }
        }
        let steps: Vec<Step> = self
            .rows
            .iter()
            .flat_map(|row| serde_json::from_str::<Vec<Step>>(&row.steps).unwrap_or_default())
            .collect();
        self.stage(&steps, 2, "Import", &[StepType::Import], || {});
        self.stage(&steps, 3, "Determine scope", &[StepType::Scoping], || {});
        self.stage(&steps, 4, "Match", &[StepType::Matching], || print_requests(reads.into_iter(), false));
        let action = [StepType::Processing, StepType::ReferenceResolution, StepType::Export];
        self.stage(&steps, PERFORM_ACTION, "Perform action", &action, || print_requests(writes.into_iter(), true));
        for note in &self.result.notes {
            say!("note: {note}");
        }
        self.print_end();
    }

    fn stage(&self, steps: &[Step], number: u8, title: &str, types: &[StepType], print_requests: impl FnOnce()) {
        let steps: Vec<_> = steps.iter().filter(|step| types.contains(&step.provisioning_step_type)).collect();
        print_heading(number, title, steps.iter().map(|step| step.status).max_by_key(|status| weight(number, *status)));
        print_requests();
        for step in steps {
            let mut described = step.description.replace("\r\n", "\n").replace('\n', "\n   ");
            if self.dry_run && step.provisioning_step_type == StepType::Export {
                described = described.replacen("' was ", "' would be ", 1);
            }
            say!("   {described}");
            for (name, value) in &step.details {
                say!("     {name} = {value}");
            }
        }
    }

    fn print_end(&self) {
        for property in self.rows.iter().flat_map(modified) {
            let old = property.old_value.as_deref().unwrap_or("-");
            let new = property.new_value.as_deref().unwrap_or("-");
            say!("{}: {old} -> {new}", property.display_name);
        }
        let outcome = self.result.outcome;
        let why = deciding(outcome, self.rows).filter(|_| outcome != DemandOutcome::Success);
        let code = why.and_then(|row| row.error_code.as_deref()).map(|code| format!(": {code}")).unwrap_or_default();
        say!("result: {}{code}", outcome_name(outcome));
        if let Some(row) = why.filter(|_| outcome == DemandOutcome::Failure) {
            say!("{}", error_text(row.reason.as_deref().unwrap_or_default()));
            if let Some(advice) = &row.recommended_action {
                say!("  help: {advice}");
            }
        }
        if !self.dry_run
            && let Some(row) = self.rows.first()
        {
            say!("see it again: scimulator logs show {}", row.id);
        }
    }
}

fn print_heading(number: u8, title: &str, status: Option<Status>) {
    let status = status.map_or_else(|| "not reached".to_owned(), |status| coloured(status.name()));
    say!("{number}. {title}: {status}");
}

fn modified(row: &LogRow) -> Vec<ModifiedProperty> {
    serde_json::from_str(&row.modified).unwrap_or_default()
}

/// Of the steps of a stage, the status with the greatest weight tells how the stage went. The last one did something if any
/// of its steps did; before it, a step that skips ends the way.
fn weight(stage: u8, status: Status) -> u8 {
    match status {
        Status::Skipped if stage == PERFORM_ACTION => 0,
        Status::Success => 1,
        Status::Warning => 2,
        Status::Skipped => 3,
        Status::Failure => 4,
    }
}

fn print_requests<'a>(entries: impl Iterator<Item = &'a TraceEntry>, with_body: bool) {
    for entry in entries {
        let line = written(entry);
        let status = entry.status.map_or_else(|| entry.error.clone().unwrap_or_default(), |status| status.to_string());
        say!("   {} {} -> {}", entry.method, line.url, if line.rehearsed { "not sent" } else { &status });
        if with_body && !entry.request_body.is_null() {
            say!("     {}", entry.request_body);
        }
    }
}
