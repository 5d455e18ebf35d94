//! When a failed operation is tried again.
//!
//! It is due in the next cycle; failing then, six hours after that failure; after that at the first of 12 hours, 24 hours
//! and every further 24 hours *from the first failure* that is still to come; 28 days after the first failure it is given
//! up. Source: `spec/HEALTH.md` §1.

use super::HealthRules;
use jiff::{SignedDuration, Timestamp};

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Again at this moment, or in the first cycle after it.
    At(Timestamp),
    /// Never again: its time is over.
    GiveUp,
}

/// Decides what follows from a failure at `now` of an operation that failed first at `first_failure` and was tried again
/// `attempts` times since (0: this is the first failure).
pub fn after_failure(rules: &HealthRules, first_failure: Timestamp, attempts: u32, now: Timestamp) -> Retry {
    let end = saturating_add(first_failure, rules.escrow_life);
    if attempts > 0 && now >= end {
        return Retry::GiveUp;
    }
    let next = match attempts {
        0 => now,
        1 => saturating_add(now, rules.second_retry),
        _ => {
            let third = saturating_add(first_failure, rules.third_retry);
            if third > now { third } else { next_on_grid(first_failure, rules.later_retries, now) }
        }
    };
    Retry::At(next.min(end))
}

/// The first moment after `now` that lies a whole number of `step`s after `start`.
pub(super) fn next_on_grid(start: Timestamp, step: SignedDuration, now: Timestamp) -> Timestamp {
    let step = step.as_nanos().max(1);
    let passed = now.duration_since(start).as_nanos().max(0) / step;
    saturating_add(start, SignedDuration::from_nanos_i128(step.saturating_mul(passed + 1)))
}

pub(super) fn saturating_add(moment: Timestamp, duration: SignedDuration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn next(attempts: u32, now: i64) -> Retry {
        after_failure(&HealthRules::default(), hours(0), attempts, hours(now))
    }

    #[test]
    fn the_first_failure_is_due_in_the_next_cycle_and_the_second_six_hours_later() {
        assert_eq!(next(0, 0), Retry::At(hours(0)));
        assert_eq!(next(1, 1), Retry::At(hours(7)));
    }

    #[test]
    fn later_retries_are_counted_from_the_first_failure() {
        assert_eq!(next(2, 7), Retry::At(hours(12)));
        assert_eq!(next(3, 12), Retry::At(hours(24)));
        assert_eq!(next(4, 24), Retry::At(hours(48)));
        assert_eq!(next(5, 100), Retry::At(hours(120)));
    }

    #[test]
    fn after_28_days_it_is_given_up() {
        assert_eq!(next(30, 27 * 24 + 1), Retry::At(hours(28 * 24)));
        assert_eq!(next(31, 28 * 24), Retry::GiveUp);
    }
}
