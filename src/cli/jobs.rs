//! `jobs`: state, progress, quarantine and statistics.

use super::{
    announcement,
    arguments::JobsCommand,
    control_client::Daemon,
    exit::{CommandError, Exit},
    sync::counts_text,
    terminal::{coloured, print_table},
};
use crate::{
    clock::{Clock, SystemClock},
    config::Settings,
    counted::counted,
    engine::{Announcement, Counts, target},
    health::quarantine::Quarantine,
    service::DirectoryRefusal,
    store::{CycleRow, EscrowCounts, JobRow, ObjectKind, Phase, StagedCounts, Store, StoreError, Tables, WaitingMail},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};

/// The state of a job that the configuration keeps from running on its schedule.
const SWITCHED_OFF: &str = "switched off";
/// How long the daemon is waited for that is asked about the directory.
const DAEMON_PATIENCE: Duration = Duration::from_secs(5);
/// How many cycles `jobs JOB` shows.
const SHOWN_CYCLES: usize = 5;

/// What is shown of one job.
struct Report {
    row: JobRow,
    cycles: Vec<CycleRow>,
    users: u64,
    groups: u64,
    escrows: EscrowCounts,
    staged: StagedCounts,
    mail: WaitingMail,
    next_escrow: Option<Timestamp>,
    quarantine: Option<Quarantine>,
    left: u64,
    configured: bool,
    /// Whether the configuration lets it run on its schedule.
    enabled: bool,
    /// Why no cycle begins, where the daemon refused the directory.
    refusal: Option<DirectoryRefusal>,
    /// Whether a process works with the state now: an open cycle is then under way, else interrupted.
    in_use: bool,
}

pub(super) async fn run(settings: Settings, command: &JobsCommand) -> Result<Exit, CommandError> {
    if let Some(lever) = &command.lever {
        return super::levers::pull(settings, lever).await;
    }
    let store = match Store::open_to_read(&settings.state.path) {
        Ok(store) => Some(store),
        Err(StoreError::Missing(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let refusal = directory_refusal(&settings).await;
    let reports = match &store {
        Some(store) => read(store, &settings, refusal.as_ref()).await?,
        None => Vec::new(),
    };
    if let Some(name) = &command.job {
        return show(&settings, store.as_ref(), &reports, name, command.json).await;
    }
    if command.json {
        for report in &reports {
            say!("{}", report.json(&settings));
        }
        for job in not_yet_run(&settings, &reports) {
            say!("{}", json!({"job": job, "code": "NotRun"}));
        }
    } else {
        let mut rows: Vec<_> = reports.iter().map(|report| report.line(&settings)).collect();
        rows.extend(not_yet_run(&settings, &reports).map(|job| {
            let state = if is_enabled(&settings, job) { "NotRun" } else { SWITCHED_OFF };
            let mut row = vec![job.to_owned(), state.to_owned()];
            row.resize(7, String::new());
            row
        }));
        print_table(&["job", "state", "last cycle", "did", "users", "groups", "next"], rows);
        if let Some(refusal) = &refusal {
            say!("no cycle begins: {}", refusal_text(refusal));
        }
    }
    Ok(reports.iter().fold(Exit::Success, |exit, report| exit.worse(report.exit())))
}

/// Shows one job, with what is to be expected of its next cycle if that looks at everybody.
async fn show(
    settings: &Settings,
    store: Option<&Store>,
    reports: &[Report],
    name: &str,
    json: bool,
) -> Result<Exit, CommandError> {
    let configured = settings.job(name);
    let next = match (store, configured) {
        (Some(store), Some(job)) if store.read(Tables::imported_at).await?.is_some() => {
            announcement::of(settings, store, job).await?
        }
        _ => None,
    };
    let report = reports.iter().find(|report| report.row.identity.name.eq_ignore_ascii_case(name));
    match (report, configured) {
        (Some(report), _) if json => {
            let mut data = report.json(settings);
            data["nextCycle"] = next.as_ref().map_or(Value::Null, announcement::as_json);
            say!("{data}");
        }
        (Some(report), _) => report.print(settings, next.as_ref()),
        (None, Some(job)) if json => {
            let next = next.as_ref().map_or(Value::Null, announcement::as_json);
            say!("{}", json!({"job": job.name, "code": "NotRun", "nextCycle": next}));
        }
        (None, Some(job)) => {
            say!("{}: NotRun", job.name);
            let next = next.as_ref().map(announcement::text);
            let unread = || "initial; `scimulator check` reads the directory and says how large it is".to_owned();
            say!("  next cycle      {}", next.unwrap_or_else(unread));
        }
        (None, None) => {
            let known: Vec<_> = settings.jobs.iter().map(|job| job.name.as_str()).collect();
            return Err(CommandError::usage(format!("there is no job `{name}`; there are: {}", known.join(", "))));
        }
    }
    Ok(report.map_or(Exit::Success, Report::exit))
}

fn not_yet_run<'a>(settings: &'a Settings, reports: &'a [Report]) -> impl Iterator<Item = &'a str> {
    let known = |name: &str| reports.iter().any(|report| report.row.identity.name == name);
    settings.jobs.iter().map(|job| job.name.as_str()).filter(move |name| !known(name))
}

fn is_enabled(settings: &Settings, name: &str) -> bool {
    settings.job(name).is_some_and(|job| job.enabled)
}

async fn read(
    store: &Store,
    settings: &Settings,
    refusal: Option<&DirectoryRefusal>,
) -> Result<Vec<Report>, StoreError> {
    let in_use = store.is_in_use();
    let configured: HashMap<_, _> = settings.jobs.iter().map(|job| (job.name.clone(), job.enabled)).collect();
    let refusal = refusal.cloned();
    store
        .read(move |tables| {
            let mut reports = Vec::new();
            for row in tables.jobs()? {
                let name = row.identity.name.clone();
                let cycles = tables.cycles(&name, SHOWN_CYCLES)?;
                let left = match cycles.first().filter(|cycle| cycle.ended.is_none()) {
                    Some(open) => remaining(tables, open)?,
                    None => 0,
                };
                reports.push(Report {
                    users: tables.count_connections(&name, ObjectKind::User)?,
                    groups: tables.count_connections(&name, ObjectKind::Group)?,
                    escrows: tables.count_escrows(&name)?,
                    staged: tables.count_staged(&name)?,
                    mail: tables.waiting_mail(&name)?,
                    next_escrow: tables.next_escrow(&name)?,
                    quarantine: row.quarantine.as_deref().and_then(|text| serde_json::from_str(text).ok()),
                    configured: configured.contains_key(&name),
                    enabled: configured.get(&name).copied().unwrap_or_default(),
                    refusal: refusal.clone().filter(|_| configured.get(&name) == Some(&true)),
                    cycles,
                    in_use,
                    left,
                    row,
                });
            }
            Ok(reports)
        })
        .await
}

/// How many objects an open cycle has still to walk, as far as it is known.
fn remaining(tables: &Tables, open: &CycleRow) -> Result<u64, StoreError> {
    let mut left = tables.count_work(&open.job, open.phase, open.position)?;
    for phase in Phase::ALL.into_iter().filter(|phase| *phase > open.phase) {
        left += tables.count_work(&open.job, phase, 0)?;
    }
    Ok(left)
}

impl Report {
    /// Graph's word for the job's state.
    fn code(&self) -> &'static str {
        match (self.row.schedule_state.as_str(), &self.quarantine) {
            ("Paused", _) => "Paused",
            ("Disabled", _) => "Disabled",
            (_, Some(_)) => "Quarantine",
            _ if self.row.watermark.is_none() && self.cycles.is_empty() => "NotRun",
            _ => "Active",
        }
    }

    /// The same, unless the configuration no longer has the job, or has `enabled = false`: then it does not run by itself.
    fn standing(&self) -> &'static str {
        match self.code() {
            _ if !self.configured => "not configured",
            "Active" | "NotRun" if !self.enabled => SWITCHED_OFF,
            code => code,
        }
    }

    fn exit(&self) -> Exit {
        if self.configured && self.quarantine.is_some() { Exit::Quarantine } else { Exit::Success }
    }

    fn next(&self, settings: &Settings) -> Option<Timestamp> {
        if self.row.schedule_state != "Active" || !self.configured {
            return None;
        }
        if let Some(quarantine) = &self.quarantine {
            return Some(quarantine.next_attempt);
        }
        let job = settings.job(&self.row.identity.name).filter(|job| job.enabled)?;
        job.schedule.next(self.row.anchor?, SystemClock.now())
    }

    /// Where the tenant URL leads now, if that is not where the connections belong.
    fn moved_to(&self, settings: &Settings) -> Option<String> {
        let target = target(settings.job(&self.row.identity.name)?).ok()?;
        let moved = self.users + self.groups > 0 && target.identity() != self.row.identity.target;
        moved.then(|| target.identity().to_owned())
    }

    fn line(&self, settings: &Settings) -> Vec<String> {
        let last = self.cycles.first();
        vec![
            self.row.identity.name.clone(),
            coloured(self.standing()),
            last.map(|cycle| format!("{} {}", cycle.kind, self.state_text(cycle))).unwrap_or_default(),
            last.map(did).unwrap_or_default(),
            self.users.to_string(),
            self.groups.to_string(),
            self.next(settings).map(moment).unwrap_or_default(),
        ]
    }

    fn state_text(&self, cycle: &CycleRow) -> String {
        match (&cycle.state, cycle.ended) {
            (Some(state), Some(_)) => coloured(state),
            _ if self.in_use && cycle.error.is_none() => format!("under way ({})", cycle.phase.name()),
            _ => format!("interrupted ({})", cycle.phase.name()),
        }
    }

    fn print(&self, settings: &Settings, announced: Option<&Announcement>) {
        let identity = &self.row.identity;
        say!("{} ({}): {}", identity.name, identity.title, coloured(self.standing()));
        say!("  target          {}", identity.target);
        if let Some(now) = self.moved_to(settings) {
            say!("                  the tenant URL leads to {now}: the job does not run before");
            say!(
                "                  `scimulator jobs restart {}`, with `--keep-links` or `--reset Full`",
                identity.name
            );
        }
        if self.configured && !self.enabled {
            say!("                  `enabled = false` in the configuration: no cycle runs by itself");
        }
        say!("  job id          {}", identity.id);
        say!("  connected       {}, {}", counted(self.users, "user"), counted(self.groups, "group"));
        let EscrowCounts { objects, references } = self.escrows;
        say!("  escrows         {}, {}", counted(objects, "object"), counted(references, "reference"));
        if self.staged.all() > 0 {
            let StagedCounts { disables, deletes, allowed } = self.staged;
            let allowed = if allowed > 0 { format!("; {allowed} allowed, for the next cycle") } else { String::new() };
            say!("  held back       {}, {}{allowed}", counted(disables, "disable"), counted(deletes, "delete"));
        }
        if let Some(next) = self.next_escrow {
            say!("  next retry      {}", moment(next));
        }
        if let Some(quarantine) = &self.quarantine {
            say!("  quarantine      {} since {}", quarantine.reason.name(), moment(quarantine.series_began));
            say!("                  {}", quarantine.error_message.replace('\n', "\n                  "));
            if self.row.schedule_state == "Active" {
                say!("                  tried again at {}", moment(quarantine.next_attempt));
            }
        }
        if self.mail.count > 0 {
            let WaitingMail { count, next_attempt, last_error, .. } = &self.mail;
            let again = next_attempt.map(|next| format!("; tried again at {}", moment(next))).unwrap_or_default();
            let why = last_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            say!("  mail            {count} not sent yet{again}{why}");
        }
        if let Some(refused) = &self.mail.refused {
            say!("  mail refused    the last one did not reach {refused}");
        }
        if let Some(refusal) = &self.refusal {
            say!("  no cycle        {}", refusal_text(refusal));
        }
        let next = self.next(settings).map(moment);
        for (index, line) in next.into_iter().chain(announced.map(announcement::text)).enumerate() {
            say!("  {:<15} {line}", if index == 0 { "next cycle" } else { "" });
        }
        if self.left > 0 {
            say!("  to go           {}", counted(self.left, "object"));
        }
        for cycle in &self.cycles {
            say!(
                "  {}  {:<11} {}: {}; {}",
                moment(cycle.began),
                cycle.kind,
                self.state_text(cycle),
                did(cycle),
                counted(cycle.requests, "request")
            );
        }
    }

    fn json(&self, settings: &Settings) -> Value {
        let identity = &self.row.identity;
        let cycles: Vec<_> = self
            .cycles
            .iter()
            .map(|cycle| {
                json!({
                    "cycleId": cycle.id,
                    "kind": cycle.kind,
                    "state": cycle.state,
                    "began": cycle.began,
                    "ended": cycle.ended,
                    "counts": counts(cycle),
                    "requests": cycle.requests,
                    "error": cycle.error.as_ref().map(|(code, message)| json!({"code": code, "message": message})),
                })
            })
            .collect();
        let open = self.cycles.first().filter(|cycle| cycle.ended.is_none());
        json!({
            "job": identity.name,
            "id": identity.id,
            "title": identity.title,
            "target": identity.target,
            "configured": self.configured,
            "enabled": self.enabled,
            "directoryRefused": self.refusal,
            "code": self.code(),
            "schedule": {"state": self.row.schedule_state, "next": self.next(settings)},
            "quarantine": self.quarantine,
            "escrows": {"objects": self.escrows.objects, "references": self.escrows.references, "next": self.next_escrow},
            "staged": {
                "disables": self.staged.disables,
                "deletes": self.staged.deletes,
                "allowed": self.staged.allowed,
            },
            "mail": {
                "waiting": self.mail.count,
                "next": self.mail.next_attempt,
                "error": self.mail.last_error,
                "refused": self.mail.refused,
            },
            "escrowsPruned": self.row.escrows_pruned,
            "countSuccessiveCompleteFailures": self.row.successive_failures,
            "synchronizedEntryCountByType": [
                {"key": "User to User", "value": self.users},
                {"key": "Group to Group", "value": self.groups},
            ],
            "steadyStateFirstAchievedTime": self.row.steady_first,
            "steadyStateLastAchievedTime": self.row.steady_last,
            "progress": open.map(|cycle| json!({"phase": cycle.phase.name(), "left": self.left})),
            "cycles": cycles,
        })
    }
}

/// Why the daemon refused the directory, if one runs and did. A daemon that hangs keeps nobody from looking.
async fn directory_refusal(settings: &Settings) -> Option<DirectoryRefusal> {
    let asked = async { Daemon::find(settings).await?.directory_refusal().await };
    tokio::select! {
        refusal = asked => refusal,
        () = SystemClock.sleep(DAEMON_PATIENCE) => None,
    }
}

/// Since when the directory is refused, and why.
fn refusal_text(refusal: &DirectoryRefusal) -> String {
    let DirectoryRefusal { since, last, reason } = refusal;
    let again = if last == since { String::new() } else { format!(", last at {}", moment(*last)) };
    format!("refused since {}{again}: {reason}", moment(*since))
}

/// What a cycle did. One that failed before it did anything did not find nothing to do.
fn did(cycle: &CycleRow) -> String {
    match &cycle.error {
        Some((code, _)) if counts(cycle).is_nothing() => code.clone(),
        _ => counts_text(counts(cycle)),
    }
}

fn counts(cycle: &CycleRow) -> Counts {
    serde_json::from_str(&cycle.counts).unwrap_or_default()
}

fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
