//! The timeline as a story: a line an event.

use crate::{
    cli::sync::counts_text,
    engine::{CycleResult, CycleState},
    health::quarantine::{Quarantine, Reason},
    simulate::{Ending, Entry, Happening, SourceChange, scenario::Hand},
};
use jiff::Timestamp;
use std::time::Duration;

/// How many objects a line names.
const NAMED: usize = 3;
/// How wide the column of the jobs is; longer names push the rest of their line.
const JOB: usize = 10;

/// A moment as the story has it. Most fall on a minute.
pub(super) fn moment(at: Timestamp) -> String {
    let whole = at.as_second() % 60 == 0;
    at.strftime(if whole { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d %H:%M:%S" }).to_string()
}

/// The line of an entry.
pub(super) fn line(entry: &Entry) -> String {
    let job = entry.job.as_deref().unwrap_or("-");
    format!("{}  {job:<JOB$}  {}", moment(entry.at), text(entry).replace('\n', "\n    "))
}

/// What happened, in words.
pub(super) fn text(entry: &Entry) -> String {
    match &entry.happening {
        Happening::Cycle { result, before } => cycle(result, before.as_deref()),
        Happening::Quiet { cycles: 1, .. } => "1 cycle, nothing to do".to_owned(),
        Happening::Quiet { cycles, until } => format!("{cycles} cycles until {}, nothing to do", moment(*until)),
        Happening::Alike { cycles: 1, .. } => "1 more cycle fails alike".to_owned(),
        Happening::Alike { cycles, until } => format!("{cycles} more cycles until {} fail alike", moment(*until)),
        Happening::Schedule(state) if state == "Paused" => {
            "paused: the initial cycle had too many failures, which are forgotten: `jobs start` goes on without them, \
             `jobs restart` before it tries everybody again"
                .to_owned()
        }
        Happening::Schedule(state) => {
            format!("{}: it was in quarantine for too long; nothing runs until `jobs start`", state.to_lowercase())
        }
        Happening::Refused { message, .. } => format!("no cycle: {message}"),
        Happening::Mail { to, subject, .. } => format!("mail to {}: {subject}", to.join(", ")),
        Happening::MailKept(error) => format!("a mail could not be sent, and is kept: {error}"),
        Happening::Source { change, names } => source(change, names),
        Happening::FaultBegan(rule) => format!("the sandbox begins to fail ({rule})"),
        Happening::FaultEnded(rule) => format!("the sandbox no longer fails ({rule})"),
        Happening::Mended => "the sandbox is well again".to_owned(),
        Happening::Pulled { hand, put_back, refusal, lifted } => {
            pulled(*hand, *put_back, refusal.as_deref()) + if *lifted { "; quarantine is lifted" } else { "" }
        }
        Happening::End(ending) => end(ending),
    }
}

fn cycle(result: &CycleResult, before: Option<&Quarantine>) -> String {
    let kind = result.kind.name();
    let done =
        if result.counts.is_nothing() && result.error.is_some() { None } else { Some(counts_text(result.counts)) };
    let done = done.map(|done| match result.given_up {
        0 => done,
        given_up => format!("{done}, {given_up} of them for the last time"),
    });
    let of = |text: Option<String>| text.map(|text| format!(": {text}")).unwrap_or_default();
    let error = result.error.as_ref().map(|error| error.message.as_str());
    let took = match result.duration_ms {
        ..1_000 => String::new(),
        milliseconds => {
            let took = Duration::from_secs((milliseconds + 500) / 1_000);
            format!(" in {}", humantime::format_duration(took))
        }
    };
    match (before, &result.quarantine) {
        (None, None) => match (result.state, error) {
            (CycleState::Failed, Some(error)) => format!("{kind} cycle failed{took}{}: {error}", of(done)),
            _ => format!("{kind} cycle{took}{}", of(done)),
        },
        (Some(_), None) => format!("quarantine is lifted; {kind} cycle{took}{}", of(done)),
        (None, Some(quarantine)) => format!(
            "{kind} cycle{took}{}; quarantine begins ({}): {}; {}",
            of(done),
            quarantine.reason.name(),
            quarantine.error_message,
            next(quarantine)
        ),
        (Some(before), Some(quarantine)) => {
            let tries = quarantine.series_count.saturating_sub(1);
            let again = before.reason == quarantine.reason && before.error_code == quarantine.error_code;
            let other = result.error.as_ref().filter(|error| error.code != quarantine.error_code);
            let why = match other {
                _ if !again => format!(" ({}): {}", quarantine.reason.name(), quarantine.error_message),
                Some(other) => format!(": {}", other.message),
                None => String::new(),
            };
            let done = done.filter(|_| !result.counts.is_nothing());
            let next = if result.schedule.is_some() { String::new() } else { format!("; {}", next(quarantine)) };
            format!("try {tries} in quarantine fails{}{why}{next}", of(done))
        }
    }
}

fn next(quarantine: &Quarantine) -> String {
    let next = moment(quarantine.next_attempt);
    match quarantine.reason {
        Reason::TooManyDeletes => format!("looked at again at {next}"),
        _ => format!("tried again at {next}"),
    }
}

fn source(change: &SourceChange, names: &[String]) -> String {
    let what = match change {
        SourceChange::Attributes(attributes) => format!("changed ({})", attributes.join(", ")),
        SourceChange::Added => "new".to_owned(),
        SourceChange::AddedAndAssigned => "new and assigned".to_owned(),
        SourceChange::Removed => "gone".to_owned(),
        SourceChange::Disabled => "disabled".to_owned(),
        SourceChange::Enabled => "enabled".to_owned(),
        SourceChange::Assigned => "assigned".to_owned(),
        SourceChange::Unassigned => "unassigned".to_owned(),
    };
    if names.is_empty() {
        return format!("at the source: nobody {what}");
    }
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let first = &names[..names.len().min(NAMED)];
    format!("at the source: {} {what}: {}{more}", names.len(), first.join(", "))
}

/// What a lever is called on the command line.
pub(super) fn lever(hand: Hand) -> &'static str {
    match hand {
        Hand::AllowDeletes => "allow-deletes",
        Hand::RejectDeletes => "reject-deletes",
        Hand::Start => "start",
        Hand::Pause => "pause",
        Hand::Restart => "restart",
        Hand::AcceptShrink => "accept-shrink",
    }
}

fn pulled(hand: Hand, put_back: usize, refusal: Option<&str>) -> String {
    let what = match hand {
        Hand::AllowDeletes => "lets go what is held back (`jobs allow-deletes`)".to_owned(),
        Hand::RejectDeletes => {
            format!("rejects the deletes: {put_back} put back at the source, then `jobs restart`")
        }
        Hand::Start => "starts the job (`jobs start`)".to_owned(),
        Hand::Pause => "pauses the job (`jobs pause`)".to_owned(),
        Hand::Restart => "restarts the job (`jobs restart`)".to_owned(),
        Hand::AcceptShrink => "accepts that the directory shrinks (`--accept-shrink`)".to_owned(),
    };
    match refusal {
        None => format!("the administrator {what}"),
        Some(refusal) => format!("the administrator {what}, in vain: {refusal}"),
    }
}

fn end(ending: &Ending) -> String {
    let count = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let health = match &ending.quarantine {
        None => "not in quarantine".to_owned(),
        Some(quarantine) => {
            format!("in quarantine ({}) since {}", quarantine.reason.name(), moment(quarantine.series_began))
        }
    };
    format!(
        "the end: {}, {health}; {}, {}; the sandbox has {} and {}",
        ending.schedule,
        count(ending.cycles, "cycle"),
        count(ending.requests, "request"),
        count(size(ending.users), "user"),
        count(size(ending.groups), "group"),
    )
}
