//! The source as last imported, who is in scope, and what a change affects. Source: `spec/ENGINE.md` §1 to §3.

use crate::company::{Company, GROUPS, Object, PEOPLE, Record, Standing};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long the recycle bin keeps anybody.
pub(super) const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// Users and groups.
    pub(super) objects: BTreeSet<Object>,
    /// Those of them who changed themselves.
    pub(super) changed: BTreeSet<Object>,
    /// Those whose entitlement may have changed, which matters where it does.
    pub(super) entitlements: BTreeSet<Object>,
    /// Groups whose members are.
    pub(super) memberships: BTreeSet<Object>,
    /// Users whose manager is.
    pub(super) references: BTreeSet<Object>,
}

/// A user who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) record: Record,
    deleted: Option<Deleted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deleted {
    at: Timestamp,
    /// Whether the files' own recycle bin has the user.
    binned: bool,
}

/// Why a user is out of scope, the weightiest reason of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    Purged,
    DeletedOrDisabled,
    UnassignedOrFiltered,
}

/// What was imported last.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    users: BTreeMap<usize, User>,
    /// Name and `securityEnabled`.
    groups: BTreeMap<usize, (usize, bool)>,
    members: BTreeSet<(usize, Object)>,
    assigned: BTreeSet<Object>,
    /// The order of first import.
    ranks: BTreeMap<Object, usize>,
    next_rank: usize,
}

impl Source {
    /// Takes the source as its files have it now. Objects in `kept` keep their place in the order even when they are gone.
    pub(super) fn import(&mut self, company: &Company, now: Timestamp, kept: &BTreeSet<Object>, work: &mut Work) {
        let before = self.clone();
        for (number, person) in company.people.iter().enumerate() {
            let known = self.users.remove(&number);
            let deleted_at = |at, binned| Some(Deleted { at, binned });
            let next = match (person.standing, known) {
                (Standing::There, _) => Some(User { record: person.record, deleted: None }),
                (Standing::Binned(at), _) => Some(User { record: person.record, deleted: deleted_at(at, true) }),
                (Standing::Nowhere, Some(User { deleted: Some(Deleted { binned: true, .. }), .. }) | None) => None,
                (Standing::Nowhere, Some(User { record, deleted })) => {
                    Some(User { record, deleted: deleted.or(deleted_at(now, false)) })
                }
            };
            let is_over = |at: Timestamp| now >= at + RETENTION;
            let next = next.filter(|user| !user.deleted.is_some_and(|deleted| is_over(deleted.at)));
            self.users.extend(next.map(|user| (number, user)));
        }
        let there = (0..GROUPS).filter(|number| company.groups[*number].there);
        self.groups = there
            .map(|number| (number, (company.groups[number].name, company.groups[number].security_enabled)))
            .collect();
        let edges = self
            .groups
            .keys()
            .flat_map(|group| company.groups[*group].members.iter().map(move |member| (*group, *member)));
        let of_deleted =
            before.members.iter().filter(|(group, member)| self.groups.contains_key(group) && self.is_deleted(*member));
        self.members = edges.filter(|(_, member)| self.knows(*member)).chain(of_deleted.copied()).collect();
        let people = (0..PEOPLE).filter(|number| company.people[*number].assigned).map(Object::User);
        let groups = (0..GROUPS).filter(|number| company.groups[*number].assigned).map(Object::Group);
        self.assigned = people.chain(groups).filter(|principal| self.knows(*principal)).collect();
        self.rank(kept);
        self.affects(&before, work);
    }

    /// Deletes a soft-deleted user for good.
    pub(super) fn purge(&mut self, person: usize, work: &mut Work) -> bool {
        let before = self.clone();
        let deleted = self.is_deleted(Object::User(person));
        if deleted {
            self.users.remove(&person);
            self.members.retain(|(_, member)| *member != Object::User(person));
            self.assigned.remove(&Object::User(person));
            self.affects(&before, work);
        }
        deleted
    }

    /// Whether somebody is soft-deleted. Such members stay members, whatever the files say.
    fn is_deleted(&self, object: Object) -> bool {
        let Object::User(number) = object else { return false };
        self.users.get(&number).is_some_and(|user| user.deleted.is_some())
    }

    fn rank(&mut self, kept: &BTreeSet<Object>) {
        let mut known: Vec<_> = self.objects().collect();
        // The users' files are read before the recycle bin's, and that before the groups'.
        known.sort_by_key(|object| (matches!(object, Object::Group(_)), self.is_deleted(*object)));
        self.ranks.retain(|object, _| known.contains(object) || kept.contains(object));
        for object in known {
            self.ranks.entry(object).or_insert_with(|| {
                self.next_rank += 1;
                self.next_rank
            });
        }
    }

    /// What the difference from `before` affects.
    fn affects(&self, before: &Self, work: &mut Work) {
        let users = (0..PEOPLE).filter(|number| self.users.get(number) != before.users.get(number)).map(Object::User);
        let groups =
            (0..GROUPS).filter(|number| self.groups.get(number) != before.groups.get(number)).map(Object::Group);
        let changed: BTreeSet<_> = users.chain(groups).collect();
        work.objects.extend(&changed);
        work.changed.extend(changed);
        work.entitlements.extend(self.assigned.symmetric_difference(&before.assigned));
        let edges: BTreeSet<_> = self.members.union(&before.members).copied().collect();
        let changed: BTreeSet<_> = self.members.symmetric_difference(&before.members).copied().collect();
        for edge @ (group, member) in edges {
            let entitled = [self, before].map(|source| source.entitles(group));
            let assigned = [self, before].map(|source| source.assigned.contains(&Object::Group(group)));
            let is_changed = changed.contains(&edge);
            if entitled[0] != entitled[1] || assigned[0] != assigned[1] || is_changed && assigned.contains(&true) {
                work.entitlements.extend(Some(member).filter(|member| matches!(member, Object::User(_))));
            }
            if is_changed {
                work.memberships.insert(Object::Group(group));
            }
        }
    }

    /// All who are known: users, then groups.
    pub(super) fn objects(&self) -> impl Iterator<Item = Object> {
        self.users
            .keys()
            .map(|number| Object::User(*number))
            .chain(self.groups.keys().map(|number| Object::Group(*number)))
    }

    /// The place in the order of first import.
    pub(super) fn rank_of(&self, object: Object) -> usize {
        self.ranks.get(&object).copied().unwrap_or_default()
    }

    pub(super) fn knows(&self, object: Object) -> bool {
        match object {
            Object::User(number) => self.users.contains_key(&number),
            Object::Group(number) => self.groups.contains_key(&number),
        }
    }

    pub(super) fn user(&self, number: usize) -> &User {
        &self.users[&number]
    }

    /// The number of a group's display name.
    pub(super) fn group(&self, number: usize) -> usize {
        self.groups[&number].0
    }

    /// The members of a group.
    pub(super) fn members(&self, group: Object) -> BTreeSet<Object> {
        self.members.iter().filter(|(of, _)| Object::Group(*of) == group).map(|(_, member)| *member).collect()
    }

    pub(super) fn is_assigned(&self, principal: Object) -> bool {
        self.assigned.contains(&principal)
    }

    /// Whether a group gives its members the application.
    fn entitles(&self, group: usize) -> bool {
        self.assigned.contains(&Object::Group(group)) && self.groups.get(&group).is_some_and(|(_, secure)| *secure)
    }

    /// Whether somebody is unassigned or filtered out, whatever else.
    pub(super) fn is_left_out(&self, object: Object, everybody: bool) -> bool {
        let Object::User(number) = object else { return !everybody && !self.is_assigned(object) };
        let by_group = self.members.iter().any(|(group, member)| *member == object && self.entitles(*group));
        let entitled = everybody || self.assigned.contains(&object) || by_group;
        !entitled || self.users[&number].record.filtered
    }

    /// Why somebody is out of scope.
    pub(super) fn ground(&self, object: Object, everybody: bool) -> Option<Ground> {
        let is_active = match object {
            Object::User(number) => self.users.get(&number).map(|user| user.deleted.is_none() && user.record.enabled),
            Object::Group(number) => self.groups.get(&number).map(|(_, secure)| *secure || everybody),
        };
        match is_active {
            None => Some(Ground::Purged),
            Some(false) => Some(Ground::DeletedOrDisabled),
            Some(true) => self.is_left_out(object, everybody).then_some(Ground::UnassignedOrFiltered),
        }
    }
}
