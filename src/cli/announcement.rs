//! How large a job's next cycle will be, in words and as data: `jobs JOB` and `check` announce an initial one.

use crate::{
    chance::Chance,
    clock::SystemClock,
    config::{JobSettings, Settings},
    engine::{Announcement, Engine, ExpectedPace, InitialReason, Job},
    store::{Store, StoreError},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What the job's next cycle will be like, if it is an initial one. None also for a job that cannot be read: `check` and the
/// cycle itself say why.
pub(super) async fn of(
    settings: &Settings,
    store: &Store,
    job: &JobSettings,
) -> Result<Option<Announcement>, StoreError> {
    let clock = Arc::new(SystemClock);
    let Ok(job) = Job::offline(job, settings, clock.clone()) else { return Ok(None) };
    let engine = Engine {
        store: store.clone(),
        clock,
        chance: Arc::new(Chance::from_system()),
        rules: settings.health.clone(),
        log_retention_days: settings.state.log_retention_days,
    };
    engine.announce(&Arc::new(job)).await
}

/// `initial, because the mappings or filters changed: about 1,200 reads and at most 300 writes; about 2 minutes at ..`.
pub(super) fn text(announcement: &Announcement) -> String {
    let Announcement { reason, reads, writes_at_most, pace } = announcement;
    let reason = match reason {
        InitialReason::First => "no cycle has ended yet",
        InitialReason::MappingsChanged => "the mappings or filters changed",
        InitialReason::Restarted => "the job was restarted",
        InitialReason::Expired => "its last good cycle is longer ago than the directory keeps what was deleted",
        InitialReason::ScopeWidened => "everybody is in scope now",
        InitialReason::ScopeNarrowed => "only the assigned are in scope now",
    };
    let ExpectedPace { requests_per_second, measured } = pace;
    let whose = if *measured { ", the pace of an earlier cycle" } else { "" };
    format!(
        "initial, because {reason}: about {} and at most {}; about {} at {} a second{whose}",
        counted(*reads, "read"),
        counted(*writes_at_most, "write"),
        duration(announcement.seconds()),
        counted(rounded(*requests_per_second), "request"),
    )
}

/// The same as data.
pub(super) fn as_json(announcement: &Announcement) -> Value {
    let Announcement { reason, reads, writes_at_most, pace } = announcement;
    json!({
        "kind": "initial",
        "reason": reason,
        "reads": reads,
        "writesAtMost": writes_at_most,
        "seconds": rounded(announcement.seconds()),
        "requestsPerSecond": pace.requests_per_second,
        "measured": pace.measured,
    })
}

/// A number with its noun: `1,200 reads`.
fn counted(number: u64, noun: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A length of time in the unit that a person would choose.
fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3_600.0;
    match seconds {
        ..1.0 => "a second".to_owned(),
        ..MINUTE => counted(rounded(seconds), "second"),
        ..HOUR => counted(rounded(seconds / MINUTE), "minute"),
        _ => counted(rounded(seconds / HOUR), "hour"),
    }
}

/// Upwards, so that nothing is nothing alone.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate above zero")]
fn rounded(number: f64) -> u64 {
    number.ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(reason: InitialReason, reads: u64, writes_at_most: u64, pace: (f64, bool)) -> String {
        let pace = ExpectedPace { requests_per_second: pace.0, measured: pace.1 };
        text(&Announcement { reason, reads, writes_at_most, pace })
    }

    #[test]
    fn numbers_and_times_are_as_people_write_them() {
        assert_eq!(
            announced(InitialReason::MappingsChanged, 1_200, 1_300, (25.0, false)),
            "initial, because the mappings or filters changed: about 1,200 reads and at most 1,300 writes; about 2 minutes \
             at 25 requests a second"
        );
        assert_eq!(
            announced(InitialReason::First, 1, 0, (25.0, false)),
            "initial, because no cycle has ended yet: about 1 read and at most 0 writes; about a second at 25 \
             requests a second"
        );
        assert_eq!(
            announced(InitialReason::Restarted, 1_000_001, 1, (80.2, true)),
            "initial, because the job was restarted: about 1,000,001 reads and at most 1 write; about 4 hours at 81 \
             requests a second, the pace of an earlier cycle"
        );
        assert_eq!(
            announced(InitialReason::ScopeWidened, 30, 9, (1.0, false)),
            "initial, because everybody is in scope now: about 30 reads and at most 9 writes; about 39 seconds at 1 \
             request a second"
        );
    }
}
