//! What a journey makes of the object's connection; it is stored with the outcome.

use super::{journey::Journey, outcome::Effect, scope::Scope};
use crate::{
    config::LateReferences,
    store::{ConnectionRow, ConnectionState, EscrowKind, EscrowRow, ObjectKind, Phase, WorkRow},
};

impl Journey<'_> {
    /// The object belongs to this target object from now on.
    pub(super) fn link(&mut self, target_id: &str) {
        target_id.clone_into(&mut self.draft.target_id);
        let held = self.facts.connection.as_ref();
        let names_manager = held.is_some_and(|held| held.target_id == target_id && held.names_manager);
        let row = ConnectionRow {
            object: self.facts.object.key,
            kind: self.facts.object.kind,
            target_id: target_id.to_owned(),
            state: ConnectionState::Linked,
            since: self.walk.engine.clock.now(),
            names_manager,
            out_of_scope: false,
            entitled: true,
        };
        let before = self.facts.connection.as_ref().map(|held| held.target_id == target_id);
        if before == Some(false) {
            self.effects.push(Effect::PartConnection);
        }
        self.effects.push(Effect::PutConnection(row.clone()));
        if self.facts.escrow.is_some() {
            self.effects.push(Effect::WakeReferences);
        }
        self.follow_references();
        self.facts.connection = Some(row);
        self.facts.attempt = None;
        // A group that on demand was found to be what it was has missed nothing.
        if std::mem::take(&mut self.attempt_stands) || before != Some(true) {
            self.walk_members();
        }
    }

    /// The connection is in this state from now on.
    pub(super) fn set_connection_state(&mut self, state: ConnectionState) {
        let Some(held) = &mut self.facts.connection else { return };
        let entitled = state != ConnectionState::Suspended || self.entitled;
        let changed = (held.state, held.entitled) != (state, entitled);
        let before = std::mem::replace(&mut held.state, state);
        held.entitled = entitled;
        if before != state {
            held.since = self.walk.engine.clock.now();
        }
        if changed {
            self.effects.push(Effect::PutConnection(held.clone()));
        }
        // A leaver who could not be disabled was linked all along, and left out all the same.
        let stays_after_all = self.facts.escrow.as_ref().is_some_and(EscrowRow::is_of_a_leaver);
        if state == ConnectionState::Linked && (before != state || stays_after_all) {
            self.effects.push(Effect::WakeReferences);
            self.follow_references();
        }
    }

    /// Notes what was found of the object's scope. Whoever was left out of references though linked all along, and is so no more,
    /// is followed like one who is linked.
    pub(super) fn note_scope(&mut self, scope: &Scope) {
        let (out, entitled) = (scope.ground.is_some(), scope.is_entitled());
        self.entitled = entitled;
        let Some(held) = &mut self.facts.connection else { return };
        if held.state == ConnectionState::Suspended && entitled && !held.entitled {
            held.entitled = true;
            self.effects.push(Effect::PutConnection(held.clone()));
        }
        if std::mem::replace(&mut held.out_of_scope, out) != out {
            let is_back = !out && held.state == ConnectionState::Linked;
            self.effects.push(Effect::NoteScope { out });
            if is_back {
                self.follow_references();
            }
        }
    }

    /// Beyond Entra: whoever left the object out of a reference is walked in the cycle that links it.
    fn follow_references(&mut self) {
        if self.walk.job.settings.late_references == LateReferences::Follow {
            self.effects.push(Effect::WakeLateReferences);
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
