//! What a journey makes of the object's connection; it is stored with the outcome.

use super::{journey::Journey, outcome::Effect};
use crate::store::{ConnectionRow, ConnectionState, EscrowKind, ObjectKind, Phase, WorkRow};

impl Journey<'_> {
    /// The object belongs to this target object from now on.
    pub(super) fn link(&mut self, target_id: &str) {
        target_id.clone_into(&mut self.draft.target_id);
        let row = ConnectionRow {
            object: self.facts.object.key,
            kind: self.facts.object.kind,
            target_id: target_id.to_owned(),
            state: ConnectionState::Linked,
            since: self.walk.engine.clock.now(),
        };
        if self.facts.connection.as_ref().is_some_and(|held| held.target_id != target_id) {
            self.effects.push(Effect::PartConnection);
        }
        self.effects.push(Effect::PutConnection(row.clone()));
        if self.facts.escrow.is_some() {
            self.effects.push(Effect::WakeReferences);
        }
        self.facts.connection = Some(row);
        self.facts.attempt = None;
        self.attempt_stands = false;
        self.walk_members();
    }

    /// The connection is in this state from now on.
    pub(super) fn set_connection_state(&mut self, state: ConnectionState) {
        if let Some(held) = &mut self.facts.connection
            && held.state != state
        {
            held.state = state;
            held.since = self.walk.engine.clock.now();
            self.effects.push(Effect::PutConnection(held.clone()));
            if state == ConnectionState::Linked {
                self.effects.push(Effect::WakeReferences);
            }
        }
    }

    /// The account is not active any more, and its memberships may have gone with that.
    pub(super) fn disabled(&mut self, state: ConnectionState) {
        self.effects.push(Effect::RemoveEscrow(EscrowKind::Reference));
        self.set_connection_state(state);
        self.effects.push(Effect::MarkStale);
        self.attempt_stands = false;
    }

    /// The object is there, and in step. Where that was not sure, a group may have missed changes of its members.
    pub(super) fn settle_attempt(&mut self) {
        if std::mem::take(&mut self.attempt_stands) {
            self.walk_members();
        }
    }

    fn walk_members(&mut self) {
        if self.facts.object.kind == ObjectKind::Group {
            let work = WorkRow { object: self.facts.object.key, known: None };
            self.effects.push(Effect::AddWork(Phase::Memberships, work));
        }
    }
}
