//! Matching: what the target has of an object. Source: `spec/WIRE.md` §2, `spec/ENGINE.md` §10.

use super::{Link, Model, State};
use crate::company::{self, Object};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This account or group.
    At(usize),
    Nothing,
    /// Somebody else's, or several.
    Conflict,
}

impl Model {
    /// The matching value of a known object.
    pub(super) fn name(&self, object: Object) -> String {
        match object {
            Object::User(number) => company::principal_name(self.source.user(number).record.name),
            Object::Group(number) => company::group_name(self.source.group(number)),
        }
    }

    /// Who else has a link to an account or group.
    fn holder(&self, object: Object, at: usize) -> Option<Object> {
        self.links.iter().find(|(other, link)| link.at == at && **other != object).map(|(other, _)| *other)
    }

    /// Looks for what was created, or found, without a clear answer.
    pub(super) fn find_attempted(&self, object: Object) -> Option<usize> {
        let names = self.attempts.get(&object).into_iter().flatten();
        let mut found = names.flat_map(|name| self.target.named(object, name));
        found.find(|at| self.holder(object, *at).is_none())
    }

    /// Sees to what was tried before for an object in scope, and is linked to nothing: what that made belongs to it. An attempt
    /// that made nothing is over.
    pub(super) fn recover(&mut self, object: Object) -> Option<usize> {
        let found = self.find_attempted(object);
        self.attempts.remove(&object);
        if let Some(at) = found {
            self.link(object, at, State::Linked);
        }
        found
    }

    /// Looks for an object by its present name. What an object that is out of scope has is handed over.
    pub(super) fn find_named(&self, object: Object) -> Found {
        let name = self.name(object);
        let at = match self.target.named(object, &name).as_slice() {
            [] => return Found::Nothing,
            [at] => *at,
            _ => return Found::Conflict,
        };
        let attempted = |other: &Object| *other != object && self.attempts[other].contains(&name);
        let owner = self.holder(object, at).or(self.attempts.keys().find(|other| attempted(other)).copied());
        if owner.is_some_and(|owner| self.is_in_scope(owner)) { Found::Conflict } else { Found::At(at) }
    }

    /// Links an object, after a clear answer.
    pub(super) fn link(&mut self, object: Object, at: usize, state: State) {
        if self.links.get(&object).is_some_and(|link| link.at != at) {
            self.part(object);
        }
        if state == State::Linked && self.state(object) != Some(State::Linked) {
            self.arrived.insert(object);
            if self.links.contains_key(&object) || self.is_awaited(object) {
                self.awaited.insert(object);
            }
        }
        let names_manager = self.links.get(&object).is_some_and(|link| link.at == at && link.names_manager);
        let out = !self.is_in_scope(object);
        let entitled = state != State::Suspended || self.is_entitled(object);
        self.links.insert(object, Link { at, state, unsure: false, names_manager, out, entitled });
        self.attempts.remove(&object);
    }

    /// What was found and is somebody else's, who is out of scope, moves with its memberships, whatever comes of the update.
    pub(super) fn take_over(&mut self, object: Object, at: usize) {
        let Some(other) = self.holder(object, at) else { return };
        self.part(object);
        self.links.remove(&other);
        let linked = Link { at, state: State::Linked, unsure: false, names_manager: false, out: false, entitled: true };
        self.links.insert(object, linked);
        self.arrived.insert(object);
        self.awaited.insert(object);
        self.attempts.remove(&other);
        self.held_back.remove(&other);
        self.escrows.retain(|(failed, _), _| *failed != other);
        let moved = |(group, member): &(Object, Object)| *group == other || *member == other;
        let moved: Vec<_> = self.rows.iter().filter(|(key, _)| moved(key)).map(|(key, row)| (*key, *row)).collect();
        for ((group, member), row) in moved {
            self.rows.remove(&(group, member));
            let [group, member] = [group, member].map(|moves| if moves == other { object } else { moves });
            self.rows.insert((group, member), row);
            self.work.memberships.insert(group);
        }
    }
}
