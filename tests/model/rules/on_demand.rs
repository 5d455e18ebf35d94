//! Provisioning on demand. References that wait for whom it links follow in the next cycle.
//! Source: `spec/ENGINE.md` §6, `spec/WIRE.md` §2, `spec/HEALTH.md` §1.

use super::{Model, State, finding::Found, source::Ground};
use crate::company::Object;
use std::collections::BTreeSet;

impl Model {
    /// Provisions somebody: matches anew, and leaves the watermark alone. Nobody is brought back.
    pub(crate) fn demand(&mut self, person: usize) {
        let user = Object::User(person);
        (self.on_demand, self.narrowing) = (true, self.is_narrowing());
        let ground = self.source.ground(user, self.everybody);
        let link = self.links.get(&user).copied();
        match (ground, link) {
            (Some(_), _) if self.is_held_back(user) => {}
            (Some(Ground::UnassignedOrFiltered), _) => {
                self.note_scope(user);
                self.leave(user);
            }
            (None, Some(link)) if link.state != State::Linked => {}
            (None, _) => {
                self.note_scope(user);
                let found = self.rematch(user);
                if self.bring_into_step(user, found) {
                    self.refer(user);
                }
            }
            (Some(_), _) => {}
        }
        self.wake();
        self.arrived.clear();
        (self.on_demand, self.narrowing) = (false, false);
    }

    /// Provisions a group with some of its members.
    pub(crate) fn demand_group(&mut self, group: usize, members: &[usize]) {
        let group = Object::Group(group);
        (self.on_demand, self.narrowing) = (true, self.is_narrowing());
        let ground = self.source.ground(group, self.everybody);
        if ground == Some(Ground::UnassignedOrFiltered) && !self.is_held_back(group) {
            self.note_scope(group);
            self.leave(group);
        } else if ground.is_none() {
            self.note_scope(group);
            let was_linked = self.links.contains_key(&group);
            let found = self.rematch(group);
            if self.bring_into_step(group, found) {
                let named: BTreeSet<_> = members.iter().copied().map(Object::User).collect();
                self.send_members(group, Some(&named));
                if !was_linked {
                    self.work.memberships.insert(group);
                }
            }
        }
        self.wake();
        self.arrived.clear();
        (self.on_demand, self.narrowing) = (false, false);
    }

    /// What an earlier attempt made, else what the target has under the present name, else what is linked.
    fn rematch(&mut self, object: Object) -> Found {
        if let Some(at) = self.recover(object) {
            return Found::At(at);
        }
        match (self.links.get(&object), self.find_named(object)) {
            (Some(link), Found::Nothing) => Found::At(link.at),
            (_, found) => found,
        }
    }
}
