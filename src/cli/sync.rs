//! `sync now`: a cycle of each job, through the daemon if one runs, else by itself.

use super::{
    arguments::{SyncCommand, SyncNow},
    control_client::Daemon,
    exit::{CommandError, Exit},
    progress::Shown,
    requests::PrintUnsent,
    terminal::{coloured, error_text},
    test_connection::open_trace,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    config::Settings,
    counted::counted,
    engine::{Counts, CycleResult},
    health::quarantine::Reason,
    scim::trace::Trace,
    service::{
        Delivered, Service, SyncOrder,
        control::{Event, SyncCall},
    },
    store::{LogQuery, LogRow, Store},
};
use serde_json::json;
use std::sync::Arc;
use tokio::signal::unix::SignalKind;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(settings: Settings, command: &SyncCommand) -> Result<Exit, CommandError> {
    let SyncCommand::Now(command) = command;
    let trace = open_trace(command.trace.as_deref())?;
    let jobs = match command.jobs.len() {
        0 => settings.jobs.iter().filter(|job| job.enabled).count(),
        named => named,
    };
    let unsent = PrintUnsent { json: command.json, named: jobs > 1 };
    let trace = if command.dry_run { trace.beside(Arc::new(unsent)) } else { trace };
    let daemon = if command.dry_run { None } else { Daemon::find(&settings).await };
    let exit = match daemon {
        Some(daemon) => through(&daemon, &settings, command, &trace).await?,
        None => by_itself(settings, command, &trace).await?,
    };
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(exit)
}

async fn by_itself(settings: Settings, command: &SyncNow, trace: &Trace) -> Result<Exit, CommandError> {
    let chance = Arc::new(Chance::from_system());
    let service = if command.dry_run {
        Service::rehearsal(settings, Arc::new(SystemClock), chance)?
    } else {
        Service::open(settings, "scimulator sync now", Arc::new(SystemClock), chance)?
    };
    let names = service.chosen(&command.jobs)?;
    if names.is_empty() {
        return Err(CommandError::usage("no job is enabled; name one, or set `enabled = true`"));
    }
    let shown = Shown::new(command.json);
    let imported = service.import(command.accept_shrink).await?;
    for warning in &imported.warnings {
        complain!("{warning}");
    }
    let stop = CancellationToken::new();
    let watch = tokio::spawn(stop_on_signal(stop.clone(), |text| complain!("{text}")));
    let cycles = names.iter().map(|name| {
        let order = SyncOrder { initial: command.initial, trace: trace.clone() };
        service.cycle(name, order, &shown, &stop)
    });
    let ended = futures_util::future::join_all(cycles).await;
    shown.end();
    let mut exit = Exit::Success;
    for (name, outcome) in names.iter().zip(ended) {
        exit = exit.worse(match outcome {
            Ok(result) if command.dry_run => {
                let failures = failures(&service.engine.store, &result).await?;
                print_rehearsal(&result, &failures, command.json)
            }
            Ok(result) => print_result(&result, command.json),
            Err(error) => {
                let refused = CommandError::from(error);
                complain!("{}", error_text(&about(name, &refused.message)));
                refused.exit
            }
        });
    }
    let delivered = tokio::select! {
        delivered = service.deliver_mail() => delivered?,
        () = stop.cancelled() => Delivered::default(),
    };
    watch.abort();
    for problem in delivered.problems {
        complain!("warning: a mail could not be sent: {problem}; it is kept, and tried again by the next run");
    }
    Ok(exit)
}

/// The first Ctrl-C or SIGTERM stops after the objects in hand; a second one does not wait for them. `announce` says so: on
/// the terminal, or in the daemon's log.
pub(super) async fn stop_on_signal(stop: CancellationToken, announce: fn(&str)) {
    signalled().await;
    announce(
        "stopping: the objects in hand are finished first; once more ends at once, and the next cycle sorts it out",
    );
    stop.cancel();
    signalled().await;
    std::process::exit(i32::from(Exit::Failed.code()));
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn signalled() {
    let Ok(mut terminate) = tokio::signal::unix::signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

async fn through(daemon: &Daemon, settings: &Settings, command: &SyncNow, trace: &Trace) -> Result<Exit, CommandError> {
    let call = SyncCall {
        configuration: settings.fingerprint.clone(),
        jobs: command.jobs.clone(),
        initial: command.initial,
        accept_shrink: command.accept_shrink,
        trace: command.trace.is_some(),
    };
    let shown = Shown::new(command.json);
    let mut exit = Exit::Success;
    let mut results = 0;
    let events = daemon.sync(&call, |event| match event {
        Event::Progress { job, phase, done, total } => shown.show(&job, &phase, done, total),
        Event::Trace(entry) => trace.record(&entry),
        Event::Result(result) => {
            results += 1;
            exit = exit.worse(print_result(&result, command.json));
        }
        Event::Provisioned(_) => {}
        Event::Refused { job, message, refusal } => {
            results += 1;
            complain!("{}", error_text(&job.map_or(message.clone(), |job| about(&job, &message))));
            exit = exit.worse(if refusal { Exit::Usage } else { Exit::Failed });
        }
    });
    tokio::select! {
        ended = events => ended?,
        _ = tokio::signal::ctrl_c() => {
            shown.end();
            complain!("detached; the daemon goes on. See `scimulator jobs`");
            return Ok(Exit::Failed);
        }
    }
    shown.end();
    if results == 0 {
        return Err(CommandError::failed("the daemon ended before it answered"));
    }
    Ok(exit)
}

/// A refusal, with the job that it concerns unless it names it or is a list of problems that have places of their own.
fn about(job: &str, message: &str) -> String {
    if message.starts_with("error:") || message.contains(&format!("job `{job}`")) {
        message.to_owned()
    } else {
        format!("job `{job}`: {message}")
    }
}

/// Prints how a cycle ended, and returns the exit code that it calls for.
fn print_result(result: &CycleResult, json: bool) -> Exit {
    if json {
        say!("{}", serde_json::to_string(result).unwrap_or_default());
    } else {
        say!("{}", result_text(result));
    }
    Exit::of(result)
}

/// What failed in a dry run: its log goes with it.
async fn failures(store: &Store, result: &CycleResult) -> Result<Vec<LogRow>, CommandError> {
    let query =
        LogQuery { cycle: Some(result.cycle_id.clone()), status: Some("failure".to_owned()), ..LogQuery::default() };
    Ok(store.read(move |tables| tables.records(&query)).await?)
}

/// Prints how a dry run ended, and what failed in it.
fn print_rehearsal(result: &CycleResult, failures: &[LogRow], json: bool) -> Exit {
    // What follows from a failure follows from a real one only.
    let why = |row: &LogRow| {
        let line = row.reason.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
        line.split_once(". This operation was retried").map_or(line, |(before, _)| before).to_owned()
    };
    if json {
        let told = |row: &LogRow| json!({"object": row.source_name, "code": row.error_code, "reason": why(row)});
        let mut data = serde_json::to_value(result).unwrap_or_default();
        data["dryRun"] = true.into();
        data["failures"] = failures.iter().map(told).collect();
        say!("{data}");
        return Exit::of(result);
    }
    say!("a dry run, nothing was written; this is what would have been:\n{}", headline(result));
    for row in failures {
        let code = row.error_code.as_deref().unwrap_or_default();
        say!("  would fail: {} {}: {code}: {}", row.source_type, row.source_name, why(row));
    }
    if let Some(quarantine) = &result.quarantine {
        say!("  would be in quarantine ({})", quarantine.reason.name());
    }
    Exit::of(result)
}

/// How a cycle ended, in words, and what follows.
pub(super) fn result_text(result: &CycleResult) -> String {
    let CycleResult { job, counts, .. } = result;
    let mut text = headline(result);
    let mut add = |line: String| text.extend(["\n  ", &line]);
    if let Some(quarantine) = &result.quarantine {
        let next = quarantine.next_attempt.strftime("%Y-%m-%d %H:%M:%S UTC");
        let reason = quarantine.reason.name();
        if result.error.is_none() {
            add(quarantine.error_message.clone());
        }
        add(match quarantine.reason {
            // Another try alone changes nothing: somebody has to decide.
            Reason::TooManyDeletes => format!("in quarantine ({reason}); looked at again at {next}"),
            _ => format!("in quarantine ({reason}); tried again at {next}, or with `scimulator sync now {job}`"),
        });
    }
    if result.interrupted {
        add("the next cycle goes on where this one stopped".to_owned());
    }
    if counts.failure > 0 {
        add(format!("see what failed: scimulator logs --status failure --job {job}"));
    }
    text
}

/// How a cycle ended, and why it failed if it did.
fn headline(result: &CycleResult) -> String {
    let CycleResult { job, kind, state, counts, requests, duration_ms, .. } = result;
    // A cycle that could not begin did nothing, but not because there was nothing to do.
    let idle = counts.is_nothing() && result.error.is_some();
    let mut text = format!(
        "{job}: {} cycle {}{}; {} in {}",
        kind.name(),
        if result.interrupted { "interrupted".to_owned() } else { coloured(state.name()) },
        if idle { String::new() } else { format!(": {}", counts_text(*counts)) },
        counted(*requests, "request"),
        if result.resumed {
            format!("all, the last part in {}", duration_text(*duration_ms))
        } else {
            duration_text(*duration_ms)
        }
    );
    if let Some(error) = &result.error {
        text.extend(["\n  ", &error.message.replace('\n', "\n  ")]);
        if let Some(advice) = &error.advice {
            text.extend(["\n  help: ", advice]);
        }
    }
    text
}

/// What a cycle did, in words.
pub(super) fn counts_text(counts: Counts) -> String {
    let said: Vec<_> = [
        (counts.create, "created"),
        (counts.update, "updated"),
        (counts.disable, "disabled"),
        (counts.delete, "deleted"),
        (counts.skip, "skipped"),
        (counts.staged, "held back"),
        (counts.failure, "failed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if said.is_empty() { "nothing to do".to_owned() } else { said.join(", ") }
}

fn duration_text(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        return format!("{milliseconds} ms");
    }
    #[expect(clippy::cast_precision_loss, reason = "tenths of a second for people")]
    let seconds = milliseconds as f64 / 1_000.0;
    format!("{seconds:.1} s")
}
