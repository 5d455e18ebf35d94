//! When a failed operation is tried again.
//!
//! It is due in the next cycle; failing then, six hours after that failure; after that at the first of 12 hours, 24 hours
//! and every further 24 hours *from the first failure* that is still to come; 28 days after the first failure it is given
//! up. Source: `spec/HEALTH.md` §1.

use super::HealthRules;
use jiff::{SignedDuration, Timestamp};

/// Retries after the first one in the next cycle: so long after the failure of that one.
const SECOND_RETRY: SignedDuration = SignedDuration::from_hours(6);
/// Later retries lie at this point after the first failure, and at whole days.
const HALF_DAY: SignedDuration = SignedDuration::from_hours(12);
/// The step of the retries after that.
const DAY_HOURS: i64 = 24;

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
        1 => saturating_add(now, SECOND_RETRY),
        _ => {
            let half_day = saturating_add(first_failure, HALF_DAY);
            if half_day > now {
                half_day
            } else {
                let days = now.duration_since(first_failure).as_hours() / DAY_HOURS + 1;
                saturating_add(first_failure, SignedDuration::from_hours(days * DAY_HOURS))
            }
        }
    };
    Retry::At(next.min(end))
}

fn saturating_add(moment: Timestamp, duration: SignedDuration) -> Timestamp {
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
