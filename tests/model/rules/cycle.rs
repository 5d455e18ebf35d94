//! A cycle: leavers, users, groups, memberships, references; in each, the order of first import.
//! Source: `spec/ENGINE.md` §3 to §5, `spec/WIRE.md` §5, §7.

use super::{
    Answer, Covered, Failed, Link, Model, State,
    finding::Found,
    source::{Ground, RETENTION, Work},
};
use crate::{company::Object, history::Fault};

impl Model {
    /// Runs a cycle in which writes fail as `fault` has it. Returns how many objects it looked at.
    pub(crate) fn cycle(&mut self, fault: Option<Fault>) -> usize {
        self.fault = fault;
        // What changed while a job rested longer than the recycle bin keeps anybody may be forgotten.
        let begins_anew = self.initial;
        self.initial |= self.now.duration_since(self.last) > RETENTION;
        self.last = self.now;
        self.initial |= match (self.covered, self.everybody) {
            (Some(Covered::Assigned | Covered::Narrowing), true) => true,
            (Some(Covered::Everybody | Covered::Narrowing), false) => self.configuration.narrows_at_once,
            _ => false,
        };
        self.narrowing = !self.initial && self.is_narrowing();
        let mut objects = std::mem::take(&mut self.work.objects);
        objects.extend(self.held_back.keys());
        let entitlements = std::mem::take(&mut self.work.entitlements);
        // Where everybody is entitled, assignments mean nothing.
        objects.extend(entitlements.into_iter().filter(|_| !self.everybody));
        for (object, what) in self.due() {
            match (what, object) {
                (Failed::Object, _) => _ = objects.insert(object),
                (Failed::References, Object::Group(_)) => _ = self.work.memberships.insert(object),
                (Failed::References, Object::User(_)) => _ = self.work.references.insert(object),
            }
        }
        if self.initial {
            objects
                .extend(self.source.objects().chain(self.links.keys().copied()).chain(self.attempts.keys().copied()));
            self.work.memberships.extend(self.source.objects().filter(|object| matches!(object, Object::Group(_))));
        }
        let (mut arrivals, mut leavers): (Vec<_>, Vec<_>) =
            objects.iter().copied().partition(|object| self.is_in_scope(*object));
        for object in &objects {
            self.note_scope(*object);
        }
        arrivals.sort_by_key(|object| (matches!(object, Object::Group(_)), self.source.rank_of(*object)));
        self.guard(&mut leavers);
        // What earlier attempts made belongs to its object before anybody else looks for an account.
        leavers.extend(arrivals.iter().filter(|object| self.attempts.contains_key(object)));
        leavers.sort_by_key(|object| self.source.rank_of(*object));
        for object in leavers {
            if self.is_in_scope(object) {
                self.recover(object);
            } else {
                self.leave(object);
            }
        }
        let changed = std::mem::take(&mut self.work.changed);
        for object in arrivals {
            // References that failed have a time of their own, which nothing but a change brings forward.
            let rests = self.rests(object, Failed::References) && !begins_anew && !changed.contains(&object);
            if self.arrive(object) && matches!(object, Object::User(_)) && !rests {
                self.work.references.insert(object);
            }
        }
        self.work.memberships.extend(self.arrived.iter().filter(|object| matches!(object, Object::Group(_))));
        self.wake();
        let memberships = std::mem::take(&mut self.work.memberships);
        let references = std::mem::take(&mut self.work.references);
        let looked_at = objects.len() + memberships.len() + references.len();
        for group in memberships {
            self.send_members(group, None);
        }
        for user in references {
            self.refer(user);
        }
        self.arrived.clear();
        self.quarantined = self.held_back.values().any(|allowed| !allowed);
        self.covered = Some(match (self.everybody, self.narrowing) {
            (true, _) => Covered::Everybody,
            (false, true) => Covered::Narrowing,
            (false, false) => Covered::Assigned,
        });
        (self.initial, self.narrowing, self.fault) = (false, false, None);
        looked_at
    }

    /// Lets references follow that failed, and wait for whom a cycle or a run on demand linked.
    pub(super) fn wake(&mut self) {
        let awaited = std::mem::take(&mut self.awaited);
        let waiting: Vec<_> = self.escrows.keys().filter(|(_, what)| *what == Failed::References).copied().collect();
        for (object, _) in waiting {
            let named = match object {
                Object::Group(_) => self.source.members(object),
                Object::User(number) => {
                    let manager = self.source.knows(object).then(|| self.source.user(number).record.manager);
                    manager.flatten().map(Object::User).into_iter().collect()
                }
            };
            let Work { memberships, references, .. } = &mut self.work;
            if !named.is_disjoint(&awaited) {
                if matches!(object, Object::Group(_)) { memberships } else { references }.insert(object);
            }
        }
    }

    /// An object that is out of scope.
    pub(super) fn leave(&mut self, object: Object) {
        if !self.links.contains_key(&object) {
            // What was tried without an answer belongs to the object, if it is there, whatever comes of the leaving.
            self.recover(object);
        }
        let link = self.links.get(&object).copied();
        if link.is_some_and(|link| self.is_spared(object, link)) {
            return self.succeed(object, Failed::Object);
        }
        let answer = match (link, object) {
            (None, _) => Answer::Done,
            (Some(link), Object::User(_)) => self.leave_user(object, link),
            (Some(link), Object::Group(_)) => self.delete(object, link.at),
        };
        match answer {
            Answer::Done => {
                self.attempts.remove(&object);
                self.succeed(object, Failed::Object);
                self.succeed(object, Failed::References);
            }
            failed => {
                if let Some(link) = self.links.get_mut(&object) {
                    link.unsure |= failed == Answer::Unclear && link.state == State::Linked;
                }
                self.fail(object, Failed::Object, true);
            }
        }
    }

    /// Whether an object that is out of scope is left as it is all the same.
    pub(super) fn is_spared(&self, object: Object, link: Link) -> bool {
        let out_of_scope = self.source.ground(object, self.everybody) == Some(Ground::UnassignedOrFiltered);
        self.configuration.spares && out_of_scope && (link.state == State::Linked || link.unsure)
    }

    fn leave_user(&mut self, object: Object, link: Link) -> Answer {
        let ground = self.source.ground(object, self.everybody).expect("out of scope");
        let managed = link.state != State::Released || link.unsure;
        let state = match ground {
            Ground::Purged if managed => return self.delete(object, link.at),
            Ground::Purged => {
                self.part(object);
                return Answer::Done;
            }
            Ground::DeletedOrDisabled => State::Suspended,
            Ground::UnassignedOrFiltered => State::Released,
        };
        if link.state == State::Linked || link.unsure {
            if !self.target.has(object, link.at) {
                self.part(object);
                return Answer::Done;
            }
            if self.target.accounts[&link.at].active {
                let disabled = self.write(self.target.source_id(link.at).as_deref(), |target| {
                    target.accounts.get_mut(&link.at).expect("an account").active = false;
                    true
                });
                if disabled != Answer::Done {
                    return disabled;
                }
            }
            self.link(object, link.at, state);
        } else if link.state == State::Suspended
            && self.source.is_left_out(object, self.everybody)
            && (link.entitled || ground == Ground::UnassignedOrFiltered)
            && !self.configuration.spares
        {
            self.link(object, link.at, State::Released);
        }
        Answer::Done
    }

    fn delete(&mut self, object: Object, at: usize) -> Answer {
        let answer = self.write(self.target.source_id(at).as_deref(), |target| {
            target.delete(at);
            true
        });
        if answer == Answer::Done {
            self.part(object);
        }
        answer
    }

    /// An object that is in scope. Returns whether it is in step now.
    pub(super) fn arrive(&mut self, object: Object) -> bool {
        let found = match self.links.get(&object).copied() {
            Some(link) if self.target.has(object, link.at) => Found::At(link.at),
            Some(link) if link.state == State::Released || link.unsure => {
                self.part(object);
                self.find_named(object)
            }
            Some(_) => Found::Conflict,
            None => self.find_named(object),
        };
        self.bring_into_step(object, found)
    }

    /// Creates or updates an object. Returns whether it is in step now.
    pub(super) fn bring_into_step(&mut self, object: Object, found: Found) -> bool {
        let name = self.name(object);
        let (answer, at) = match found {
            Found::Conflict => (Answer::Refused, None),
            Found::Nothing => self.create(object, &name),
            Found::At(at) => {
                self.take_over(object, at);
                // It belongs to the object from the match on, whatever comes of the update.
                if self.links.get(&object).is_none_or(|link| link.at != at) {
                    self.link(object, at, State::Linked);
                }
                (self.update(object, at, &name), Some(at))
            }
        };
        match (answer, at) {
            (Answer::Done, Some(at)) => {
                self.link(object, at, State::Linked);
                self.succeed(object, Failed::Object);
            }
            _ => {
                if answer == Answer::Unclear && !self.links.contains_key(&object) {
                    self.attempts.entry(object).or_default().insert(name);
                } else if let Some(link) = self.links.get_mut(&object).filter(|link| link.state != State::Linked) {
                    link.unsure |= answer == Answer::Unclear;
                }
                self.fail(object, Failed::Object, false);
            }
        }
        answer == Answer::Done
    }

    fn create(&mut self, object: Object, name: &str) -> (Answer, Option<usize>) {
        let mut at = None;
        let answer = match object {
            Object::User(number) => {
                let record = self.source.user(number).record;
                self.write(Some(&object.id()), |target| {
                    at = target.create_account(object, &record);
                    at.is_some()
                })
            }
            Object::Group(_) => self.write(Some(&object.id()), |target| {
                at = Some(target.create_group(object, name.to_owned()));
                true
            }),
        };
        (answer, at)
    }

    fn update(&mut self, object: Object, at: usize, name: &str) -> Answer {
        let of = self.target.source_id(at);
        match object {
            Object::User(number) => {
                let updated = self.target.updated(at, object, &self.source.user(number).record);
                if updated == self.target.accounts[&at] {
                    return Answer::Done;
                }
                self.write(of.as_deref(), |target| target.put(object, at, updated))
            }
            Object::Group(_) => {
                let group = &self.target.groups[&at];
                if group.name.eq_ignore_ascii_case(name) && group.source == Some(object.id()) {
                    return Answer::Done;
                }
                self.write(of.as_deref(), |target| {
                    let group = target.groups.get_mut(&at).expect("a group");
                    (group.name, group.source) = (name.to_owned(), Some(object.id()));
                    true
                })
            }
        }
    }

    /// The manager of a user. Who is out of scope, or whom nobody has tried to create, is left out, and stays where set; who
    /// failed is waited for. Nobody is a null and does not flow, unless there was somebody before.
    pub(super) fn refer(&mut self, user: Object) {
        let Object::User(number) = user else { return };
        let link = self.links.get(&user).filter(|link| link.state == State::Linked).copied();
        let Some(link) = link.filter(|_| self.may_be_referred_to(user)) else {
            return self.succeed(user, Failed::References);
        };
        let manager = self.source.user(number).record.manager.map(Object::User);
        let present = self.target.manager(link.at);
        self.note_manager(user, link.names_manager || manager.is_some());
        let wanted = match manager {
            None if link.names_manager => None,
            Some(manager) if !self.may_be_referred_to(manager) => present,
            Some(manager) if self.state(manager) == Some(State::Linked) => Some(self.links[&manager].at),
            Some(manager) if self.is_awaited(manager) => return self.fail(user, Failed::References, false),
            None | Some(_) => present,
        };
        let of = self.target.source_id(link.at);
        let answer = if wanted == present {
            Answer::Done
        } else {
            self.write(of.as_deref(), |target| {
                target.set_manager(link.at, wanted);
                true
            })
        };
        if answer == Answer::Done {
            self.note_manager(user, manager.is_some());
            self.succeed(user, Failed::References);
        } else {
            self.fail(user, Failed::References, false);
        }
    }

    fn note_manager(&mut self, user: Object, named: bool) {
        self.links.get_mut(&user).expect("a link").names_manager = named;
    }
}
