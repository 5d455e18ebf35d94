//! The deletion guard. Source: `spec/ENGINE.md` §7.

use super::{Failed, Model, State, source::Ground};
use crate::company::Object;

impl Model {
    /// Whether a leaver costs a disable or a delete, by scope alone.
    fn departs(&self, object: Object) -> bool {
        let Some(link) = self.links.get(&object) else { return false };
        let is_active = link.state == State::Linked || link.unsure;
        match self.source.ground(object, self.everybody) {
            None => false,
            Some(Ground::Purged) => link.state != State::Released || link.unsure,
            Some(_) => is_active && !self.is_spared(object, *link),
        }
    }

    /// Whether somebody is to be disabled or deleted, and was not yet, for all that is remembered.
    fn is_known_leaver(&self, object: Object) -> bool {
        self.held_back.contains_key(&object) || self.failed_to_leave(object)
    }

    pub(super) fn failed_to_leave(&self, object: Object) -> bool {
        self.escrows.get(&(object, Failed::Object)).is_some_and(|escrow| escrow.of_a_leaver)
    }

    pub(super) fn is_held_back(&self, object: Object) -> bool {
        self.held_back.get(&object) == Some(&false)
    }

    /// Takes those out of a cycle's leavers who are held back. Too many new ones are; earlier ones are until they are allowed, or
    /// leave no more.
    pub(super) fn guard(&mut self, leavers: &mut Vec<Object>) {
        let departing: Vec<_> = leavers.iter().copied().filter(|leaver| self.departs(*leaver)).collect();
        self.held_back.retain(|object, _| departing.contains(object));
        let new: Vec<_> = departing.into_iter().filter(|leaver| !self.is_known_leaver(*leaver)).collect();
        if self.configuration.threshold.is_some_and(|threshold| new.len() as u64 >= threshold) {
            // What failed of them before is not tried any more: they leave.
            for leaver in &new {
                self.succeed(*leaver, Failed::Object);
            }
            self.held_back.extend(new.into_iter().map(|leaver| (leaver, false)));
        }
        leavers.retain(|leaver| !self.is_held_back(*leaver));
        self.held_back.retain(|_, allowed| !*allowed);
    }
}
