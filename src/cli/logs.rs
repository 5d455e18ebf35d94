//! `logs`: the provisioning log, as a table or in Graph's shape.

use super::{
    arguments::{LogsCommand, LogsSubcommand},
    exit::{CommandError, Exit},
    terminal::{coloured, is_heard, print_table},
};
use crate::{
    clock::{Clock, SystemClock},
    config::Settings,
    graph::{Identifiers, provisioning_object_summary},
    log::{ModifiedProperty, SCOPE_EVALUATION_RESULT, Step},
    store::{LogQuery, LogRow, Store, StoreError, Tables},
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::{collections::HashMap, io::IsTerminal as _, time::Duration};

/// How often `--follow` looks for new records.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);

pub(super) async fn run(settings: Settings, command: &LogsCommand) -> Result<Exit, CommandError> {
    let store = match Store::open_to_read(&settings.state.path) {
        Err(error @ StoreError::Missing(_)) if command.show.is_none() => {
            complain!("{error}");
            return Ok(Exit::Success);
        }
        opened => opened?,
    };
    let shapes = Shapes::read(&store, &settings).await?;
    if let Some(LogsSubcommand::Show { id, json }) = &command.show {
        let wanted = id.clone();
        let found = store.read(move |tables| tables.record(&wanted)).await?;
        let Some(row) = found else {
            return Err(CommandError::usage(format!("no record has the id `{id}`, or several begin with it")));
        };
        if *json {
            let text = serde_json::to_string_pretty(&shapes.graph(&row)).unwrap_or_default();
            say!("{text}");
        } else {
            print_record(&row);
        }
        return Ok(Exit::Success);
    }
    let mut query = LogQuery {
        job: command.job.clone(),
        status: command.status.clone(),
        action: command.action.clone(),
        object: command.user.clone(),
        since: command.since.as_deref().map(since).transpose()?,
        cycle: command.cycle.clone(),
        after: None,
        limit: Some(command.limit),
    };
    check_word("--status", command.status.as_deref(), &["success", "failure", "skipped", "warning"])?;
    let actions = ["create", "update", "disable", "delete", "stagedDelete", "other"];
    check_word("--action", command.action.as_deref(), &actions)?;
    if let Some(job) = &command.job
        && settings.job(job).is_none()
        && !shapes.jobs.keys().any(|known| known.eq_ignore_ascii_case(job))
    {
        return Err(CommandError::usage(format!("there is no job `{job}`, and there was none")));
    }
    let rows = records(&store, &query).await?;
    query.after = Some(rows.last().map_or(0, |row| row.number));
    print(&shapes, rows, command.json, true);
    if command.follow {
        query.limit = None;
        if query.after == Some(0) {
            let all = LogQuery { limit: Some(1), ..LogQuery::default() };
            query.after = records(&store, &all).await?.last().map(|row| row.number);
        }
        loop {
            tokio::select! {
                () = SystemClock.sleep(FOLLOW_EVERY) => {}
                _ = tokio::signal::ctrl_c() => break,
            }
            if !is_heard() {
                break;
            }
            let rows = records(&store, &query).await?;
            if let Some(last) = rows.last() {
                query.after = Some(last.number);
                print(&shapes, rows, command.json, false);
            }
        }
    }
    Ok(Exit::Success)
}

async fn records(store: &Store, query: &LogQuery) -> Result<Vec<LogRow>, CommandError> {
    let query = query.clone();
    Ok(store.read(move |tables| tables.records(&query)).await?)
}

fn check_word(option: &str, word: Option<&str>, known: &[&str]) -> Result<(), CommandError> {
    match word {
        Some(word) if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) => {
            Err(CommandError::usage(format!("`{option}` must be one of {}, not `{word}`", known.join(", "))))
        }
        _ => Ok(()),
    }
}

/// A moment, or an age.
fn since(text: &str) -> Result<Timestamp, CommandError> {
    if let Ok(age) = humantime::parse_duration(text) {
        return Ok(SystemClock.now().checked_sub(age).unwrap_or(Timestamp::MIN));
    }
    let date = |text: &str| text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().or_else(|_| date(text).map(|date| date.timestamp()).ok_or(())).map_err(|()| {
        CommandError::usage(format!(
            "`--since` must be a time (2026-01-31T08:00:00Z), a day or an age (2h), not `{text}`"
        ))
    })
}

/// What Graph's records name besides what the log has.
struct Shapes {
    jobs: HashMap<String, (Identifiers, String)>,
    tenant: uuid::Uuid,
}

impl Shapes {
    async fn read(store: &Store, settings: &Settings) -> Result<Self, CommandError> {
        let tenant = settings.tenant.id;
        let rows = store.read(Tables::jobs).await?;
        let jobs = rows
            .into_iter()
            .map(|row| (row.identity.name.clone(), (Identifiers::of(tenant, &row.identity.name), row.identity.title)))
            .collect();
        Ok(Self { jobs, tenant })
    }

    fn graph(&self, row: &LogRow) -> serde_json::Value {
        match self.jobs.get(&row.job) {
            Some((identifiers, title)) => provisioning_object_summary(row, identifiers, title),
            None => provisioning_object_summary(row, &Identifiers::of(self.tenant, &row.job), &row.job),
        }
    }
}

fn print(shapes: &Shapes, rows: Vec<LogRow>, json: bool, headings: bool) {
    if json {
        for row in &rows {
            say!("{}", shapes.graph(row));
        }
        return;
    }
    let lines: Vec<_> = rows.into_iter().map(line).collect();
    if headings {
        print_table(&["time", "job", "action", "status", "object", "what", "id"], lines);
    } else {
        for line in lines {
            say!("{}", line.join("\t"));
        }
    }
}

fn line(row: LogRow) -> Vec<String> {
    let what = match (row.status.as_str(), &row.error_code) {
        ("failure" | "warning", Some(code)) => {
            let reason = row.reason.as_deref().unwrap_or_default();
            format!("{code}: {}", reason.lines().next().unwrap_or_default())
        }
        ("skipped", Some(code)) => code.clone(),
        _ => properties(&row),
    };
    let id = if std::io::stdout().is_terminal() { row.id.chars().take(8).collect() } else { row.id };
    vec![
        row.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        row.job,
        row.action,
        coloured(&row.status),
        row.source_name,
        what,
        id,
    ]
}

/// The names of the modified properties; one that stands several times, as `members` does, with its number.
fn properties(row: &LogRow) -> String {
    let mut counted: IndexMap<String, usize> = IndexMap::new();
    for property in modified(row) {
        *counted.entry(property.display_name).or_default() += 1;
    }
    let name = |(name, count): (String, usize)| if count == 1 { name } else { format!("{name} ({count})") };
    counted.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

fn modified(row: &LogRow) -> Vec<ModifiedProperty> {
    serde_json::from_str(&row.modified).unwrap_or_default()
}

/// A detail of a step. The clauses of the scoping filters, which the log keeps as JSON, stand in a line each.
fn print_detail(name: &str, value: &str) {
    let clauses: Option<Map<String, Value>> =
        (name == SCOPE_EVALUATION_RESULT).then(|| serde_json::from_str(value).ok()).flatten();
    match clauses {
        Some(clauses) if !clauses.is_empty() => {
            say!("       {name}");
            for (clause, holds) in clauses {
                let holds = if holds == Value::Bool(true) { "True" } else { "False" };
                say!("         {} = {holds}", clause.strip_prefix('.').unwrap_or(&clause));
            }
        }
        _ => say!("       {name} = {value}"),
    }
}

fn print_record(row: &LogRow) {
    let LogRow { action, status, source_type, source_name, job, cycle, .. } = row;
    say!("{action} {}: {source_type} {source_name}", coloured(status));
    say!("  record     {}", row.id);
    say!("  job        {job}, cycle {cycle}");
    say!("  time       {}, {} ms", row.time.strftime("%Y-%m-%d %H:%M:%S UTC"), row.duration_ms);
    say!("  source     {} ({})", row.source_id, row.source_display_name);
    say!("  target     {}", if row.target_id.is_empty() { "-" } else { &row.target_id });
    if let Some(code) = &row.error_code {
        say!("  {}  {code}", if status == "skipped" { "reason   " } else { "error    " });
        for line in row.reason.as_deref().unwrap_or_default().lines() {
            say!("             {line}");
        }
        if let Some(action) = &row.recommended_action {
            say!("  help       {action}");
        }
    }
    let steps: Vec<Step> = serde_json::from_str(&row.steps).unwrap_or_default();
    say!("steps");
    for (number, step) in (1..).zip(&steps) {
        say!("  {number}. {} ({})", step.name, coloured(step.status.name()));
        say!("     {}", step.description.replace("\r\n", "\n").replace('\n', "\n     "));
        for (name, value) in &step.details {
            print_detail(name, value);
        }
    }
    let modified = modified(row);
    if !modified.is_empty() {
        say!("modified properties");
        for property in modified {
            let old = property.old_value.as_deref().unwrap_or("-");
            let new = property.new_value.as_deref().unwrap_or("-");
            say!("  {}: {old} -> {new}", property.display_name);
        }
    }
}
