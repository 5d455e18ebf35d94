//! Whether a job belongs into quarantine, and when one in quarantine is tried again.
//!
//! A bad connection (credentials, an endpoint that is no SCIM) leads there at once; too many failures at the end of an
//! incremental cycle. In quarantine a job is tried again 5 minutes after it began, then 6, 12 and 24 hours after it began,
//! then daily; after four weeks there is a last try, which disables it. A try that succeeds lifts it. Source: `spec/HEALTH.md`
//! §2; the last try at that very moment is chosen.

use super::{
    HealthRules,
    escrow::{next_on_grid, saturating_add},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a job is in quarantine; the names are Graph's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// More than 40,000 escrows, references not counted.
    EncounteredBaseEscrowThreshold,
    /// At least 5,000 failures, and more than 40 % of the cycle's operations.
    EncounteredEscrowProportionThreshold,
    /// The target cannot be worked with: credentials, connection, no SCIM.
    EncounteredQuarantineException,
    /// More than 60,000 escrows, references counted.
    EncounteredTotalEscrowThreshold,
    /// The deletion guard held back too many disables and deletes.
    TooManyDeletes,
}

impl Reason {
    /// Graph's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EncounteredBaseEscrowThreshold => "EncounteredBaseEscrowThreshold",
            Self::EncounteredEscrowProportionThreshold => "EncounteredEscrowProportionThreshold",
            Self::EncounteredQuarantineException => "EncounteredQuarantineException",
            Self::EncounteredTotalEscrowThreshold => "EncounteredTotalEscrowThreshold",
            Self::TooManyDeletes => "TooManyDeletes",
        }
    }
}

/// A quarantine, in Graph's terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantine {
    /// When it was last imposed or found to hold still.
    pub current_began: Timestamp,
    /// When it is tried again.
    pub next_attempt: Timestamp,
    /// Why.
    pub reason: Reason,
    /// When it was first imposed.
    pub series_began: Timestamp,
    /// How often it was imposed or found to hold still.
    pub series_count: u64,
    /// Entra's code of the error behind it.
    pub error_code: String,
    /// What happened, in words; without any secret.
    pub error_message: String,
}

/// The counts at the end of a cycle that decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CycleFigures {
    /// Operations that were tried, references not counted.
    pub operations: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Outstanding escrows, references not counted.
    pub escrows: u64,
    /// Outstanding escrows of references.
    pub reference_escrows: u64,
}

/// The reason, if the counts are bad.
pub fn judge(rules: &HealthRules, figures: CycleFigures) -> Option<Reason> {
    if figures.escrows + figures.reference_escrows > rules.escrows_with_references {
        return Some(Reason::EncounteredTotalEscrowThreshold);
    }
    if figures.escrows > rules.escrows {
        return Some(Reason::EncounteredBaseEscrowThreshold);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of objects are far below 2^52")]
    let share = figures.failures as f64 / figures.operations.max(1) as f64;
    (figures.failures >= rules.failures_floor && share > rules.failures_share)
        .then_some(Reason::EncounteredEscrowProportionThreshold)
}

impl Quarantine {
    /// Imposes quarantine at `now`, or notes that it holds still.
    pub fn impose(
        rules: &HealthRules,
        before: Option<&Self>,
        reason: Reason,
        error: (String, String),
        now: Timestamp,
    ) -> Self {
        let (series_began, series_count) = match before {
            Some(before) => (before.series_began, before.series_count + 1),
            None => (now, 1),
        };
        Self {
            current_began: now,
            next_attempt: next_try(rules, series_began, now),
            reason,
            series_began,
            series_count,
            error_code: error.0,
            error_message: error.1,
        }
    }

    /// When the next try is due: as it was set, and at the latest when the job's time in quarantine ends by these numbers.
    pub fn due(&self, rules: &HealthRules) -> Timestamp {
        self.next_attempt.min(self.ends(rules))
    }

    /// When the job is disabled, unless it recovers before: by the last try.
    pub fn ends(&self, rules: &HealthRules) -> Timestamp {
        saturating_add(self.series_began, rules.quarantine_life)
    }

    /// Whether it has lasted so long that the job is disabled.
    pub fn is_over(&self, rules: &HealthRules, now: Timestamp) -> bool {
        now.duration_since(self.series_began) >= rules.quarantine_life
    }
}

fn next_try(rules: &HealthRules, began: Timestamp, now: Timestamp) -> Timestamp {
    let tries = rules.quarantine_tries.iter().map(|after| saturating_add(began, *after));
    let next = tries.into_iter().filter(|moment| *moment > now).min();
    let next = next.unwrap_or_else(|| next_on_grid(began, rules.later_tries, now));
    let end = saturating_add(began, rules.quarantine_life);
    if end > now { next.min(end) } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn figures(operations: u64, failures: u64, reference_escrows: u64) -> Option<Reason> {
        let figures = CycleFigures { operations, failures, escrows: failures, reference_escrows };
        judge(&HealthRules::default(), figures)
    }

    #[test]
    fn the_documented_cases() {
        assert_eq!(figures(4_000, 4_000, 0), None);
        assert_eq!(figures(45_000, 45_000, 0), Some(Reason::EncounteredBaseEscrowThreshold));
        assert_eq!(figures(35_000, 30_000, 0), Some(Reason::EncounteredEscrowProportionThreshold));
        assert_eq!(figures(120_000, 20_000, 0), None);
        assert_eq!(figures(100_000, 40_000, 21_000), Some(Reason::EncounteredTotalEscrowThreshold));
    }

    #[test]
    fn tries_come_after_5_minutes_6_12_24_hours_and_then_daily() {
        let error = || ("code".to_owned(), "text".to_owned());
        let mut quarantine =
            Quarantine::impose(&HealthRules::default(), None, Reason::EncounteredQuarantineException, error(), at(0));
        let mut tries = vec![quarantine.next_attempt];
        for _ in 0..5 {
            let now = quarantine.next_attempt;
            quarantine =
                Quarantine::impose(&HealthRules::default(), Some(&quarantine), quarantine.reason, error(), now);
            tries.push(quarantine.next_attempt);
        }
        assert_eq!(tries, [at(5), at(360), at(720), at(1440), at(2880), at(4320)]);
        assert_eq!(quarantine.series_count, 6);
        assert_eq!(quarantine.series_began, at(0));
    }

    #[test]
    fn the_last_try_is_when_the_time_in_quarantine_ends_even_between_two_others() {
        let error = || ("code".to_owned(), "text".to_owned());
        let impose = |life: i64, before: Option<&Quarantine>, now: i64| {
            let quarantine_life = SignedDuration::from_mins(life);
            let rules = HealthRules { quarantine_life, ..HealthRules::default() };
            Quarantine::impose(&rules, before, Reason::EncounteredQuarantineException, error(), at(now))
        };
        assert_eq!(impose(3, None, 0).next_attempt, at(3), "before the first of the usual tries");
        let held = impose(400, None, 0);
        assert_eq!(held.next_attempt, at(5));
        assert_eq!(impose(400, Some(&held), 5).next_attempt, at(360));
        let last = impose(400, Some(&held), 360);
        assert_eq!(last.next_attempt, at(400));
        let shorter = HealthRules { quarantine_life: SignedDuration::from_mins(380), ..HealthRules::default() };
        assert_eq!((last.due(&shorter), last.due(&HealthRules::default())), (at(380), at(400)));
    }

    #[test]
    fn four_weeks_are_enough() {
        let error = ("code".to_owned(), "text".to_owned());
        let quarantine = Quarantine::impose(&HealthRules::default(), None, Reason::TooManyDeletes, error, at(0));
        assert!(!quarantine.is_over(&HealthRules::default(), at(28 * 24 * 60 - 1)));
        assert!(quarantine.is_over(&HealthRules::default(), at(28 * 24 * 60)));
    }
}
