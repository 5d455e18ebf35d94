//! When a failed operation is tried again. Source: `spec/HEALTH.md` §1.

use super::{Failed, Model};
use crate::company::Object;
use jiff::{SignedDuration, Timestamp};

/// A failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Escrow {
    first: Timestamp,
    attempts: u32,
    pub(super) next: Timestamp,
    /// Whether it was to disable or delete.
    pub(super) of_a_leaver: bool,
}

impl Model {
    /// Notes a failure; after four weeks it is given up. A try that a change brought forward leaves the plan as it is.
    pub(super) fn fail(&mut self, object: Object, what: Failed, of_a_leaver: bool) {
        let now = self.now;
        let all_are_due = self.on_demand || self.quarantined;
        if let Some(escrow) = self.escrows.get_mut(&(object, what))
            && !all_are_due
            && escrow.next > now
        {
            escrow.of_a_leaver = of_a_leaver;
            return;
        }
        let (first, attempts) =
            self.escrows.remove(&(object, what)).map_or((now, 1), |escrow| (escrow.first, escrow.attempts + 1));
        let after = |hours| first + SignedDuration::from_hours(hours);
        let next = match attempts {
            1 => now,
            2 => now + SignedDuration::from_hours(6),
            _ if now < after(12) => after(12),
            _ => after((now.duration_since(first).as_hours() / 24 + 1) * 24),
        };
        if attempts == 1 || now < after(28 * 24) {
            let next = next.min(after(28 * 24));
            self.escrows.insert((object, what), Escrow { first, attempts, next, of_a_leaver });
        }
    }

    /// Notes that nothing is left to be tried again.
    pub(super) fn succeed(&mut self, object: Object, what: Failed) {
        self.escrows.remove(&(object, what));
    }

    /// What is due now: in quarantine, all.
    pub(super) fn due(&self) -> Vec<(Object, Failed)> {
        self.escrows.keys().copied().filter(|(object, what)| !self.rests(*object, *what)).collect()
    }

    /// Whether something failed and is not due yet.
    pub(super) fn rests(&self, object: Object, what: Failed) -> bool {
        !self.quarantined && self.escrows.get(&(object, what)).is_some_and(|escrow| escrow.next > self.now)
    }
}
