//! What the events make of the directory, looked at before anything is played: two users of one name, or two objects of one
//! id, would have every import refused from then on.
//!
//! Who is chosen by a share or a count depends on the seed and on all events before; so the events at the source are played on
//! a copy. *Limit*: of a scenario with very many of them, only the first [`MOST`] are.

use super::{
    company::Chosen,
    record::{Record, field, text},
    scenario::{Action, Event, Hand, Scenario, Selection},
    source::Source,
};
use crate::{
    config::problem::Problems,
    directory::{FileKind, attribute, derived_group_id},
};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// How many events are looked at.
const MOST: usize = 10_000;

/// Plays what happens at the source from `start` to `end`, and notes where it gives two objects what only one can have.
pub(super) fn rehearse(scenario: &Scenario, source: Source, start: Timestamp, end: Timestamp, problems: &Problems) {
    if !scenario.events.iter().any(names_objects) {
        return;
    }
    let mut rehearsal = Rehearsal { claims: Claims::of(&source), source };
    let mut told = BTreeSet::new();
    let first = |(index, event): (usize, &Event)| event.when.moment(0, start).map(|moment| (moment, index, 0));
    let mut agenda: BTreeSet<_> = scenario.events.iter().enumerate().filter_map(first).collect();
    for _ in 0..MOST {
        let Some((moment, index, number)) = agenda.pop_first() else { return };
        if moment >= end {
            return;
        }
        let event = &scenario.events[index];
        agenda.extend(event.when.moment(number + 1, start).map(|next| (next, index, number + 1)));
        if let Some(claim) = rehearsal.happen(event, index, number)
            && told.insert(index)
        {
            let (what, help) = claim.told();
            problems.error(&event.place, format!("at {moment} there would be {what}"), Some(help.to_owned()));
        }
    }
}

/// Whether an event gives objects names, and ids with them.
fn names_objects(event: &Event) -> bool {
    match &event.action {
        Action::Add { .. } => true,
        Action::Change { who: Selection { kind: Some(kind), .. }, set, .. } => {
            set.keys().any(|name| attribute::canonical(name) == kind.naming_attribute())
        }
        _ => false,
    }
}

/// What only one object can have.
#[derive(Clone, Debug)]
enum Claim {
    /// A user principal name, of those who are not deleted.
    UserName(String),
    /// An id that a record has.
    Id(String),
    /// The name of a group whose record has no id: it stands for one.
    GroupName(String),
}

impl Claim {
    /// What a record claims.
    fn all_of(kind: FileKind, record: &Record) -> Vec<Self> {
        let id = match field(record, "objectId") {
            Some(Value::String(id)) if !id.trim().is_empty() => Some(Self::Id(id.trim().to_owned())),
            Some(Value::Number(id)) => Some(Self::Id(id.to_string())),
            _ => None,
        };
        match kind {
            // A user without an id has one of the name.
            FileKind::Users => text(record, "userPrincipalName")
                .map(|name| Self::UserName(name.to_owned()))
                .into_iter()
                .chain(id)
                .collect(),
            FileKind::Groups => {
                let name = || text(record, "displayName").map(|name| Self::GroupName(name.to_owned()));
                id.or_else(name).into_iter().collect()
            }
            FileKind::DeletedUsers | FileKind::DeletedGroups => id.into_iter().collect(),
            FileKind::AppRoles | FileKind::Assignments => Vec::new(),
        }
    }

    fn key(&self) -> (bool, String) {
        match self {
            Self::UserName(name) => (true, name.to_lowercase()),
            Self::Id(id) => (false, id.to_lowercase()),
            Self::GroupName(name) => (false, derived_group_id(name)),
        }
    }

    /// What there would be, and what to do about it.
    fn told(&self) -> (String, &'static str) {
        match self {
            Self::UserName(name) => (
                format!("two users `{name}`"),
                "user principal names differ: write `{number}` where they do, or remove the other one before",
            ),
            Self::Id(id) => (
                format!("two objects with the id `{id}`"),
                "ids differ: write `{number}` where they do, or leave `id` out",
            ),
            Self::GroupName(name) => (
                format!("two groups `{name}` without an id"),
                "give them ids, or names that differ: write `{number}` where they do",
            ),
        }
    }
}

struct Rehearsal {
    source: Source,
    claims: Claims,
}

/// How many objects have what only one can have.
struct Claims(HashMap<(bool, String), usize>);

impl Claims {
    fn of(source: &Source) -> Self {
        let mut claims = Self(HashMap::new());
        for kind in [FileKind::Users, FileKind::Groups, FileKind::DeletedUsers, FileKind::DeletedGroups] {
            for record in source.company.of(kind) {
                claims.add(&Claim::all_of(kind, record));
            }
        }
        claims
    }

    fn add(&mut self, claims: &[Claim]) {
        for claim in claims {
            *self.0.entry(claim.key()).or_default() += 1;
        }
    }

    fn take_away(&mut self, claims: &[Claim]) {
        for claim in claims {
            self.0.entry(claim.key()).and_modify(|count| *count = count.saturating_sub(1));
        }
    }

    fn is_shared(&self, claim: &Claim) -> bool {
        self.0.get(&claim.key()).is_some_and(|count| *count > 1)
    }
}

impl Rehearsal {
    /// Lets an event happen; returns what two objects have then because of it.
    fn happen(&mut self, event: &Event, index: usize, number: u64) -> Option<Claim> {
        if let Action::Pull(hand) = event.action {
            if hand == Hand::RejectDeletes {
                self.source.company.put_back();
                self.claims = Claims::of(&self.source);
            }
            return None;
        }
        let altered = self.source.alter(event, index, number)?;
        match event.action {
            Action::Add { .. } => {
                let claims = self.claims_of(&altered.chosen);
                self.claims.add(&claims);
                self.shared(claims)
            }
            Action::Change { .. } if names_objects(event) => {
                self.claims = Claims::of(&self.source);
                self.shared(self.claims_of(&altered.chosen))
            }
            Action::Remove(_) => {
                for (kind, record) in self.source.company.last_taken(altered.chosen.len()) {
                    self.claims.take_away(&Claim::all_of(*kind, record));
                }
                None
            }
            _ => None,
        }
    }

    fn claims_of(&self, chosen: &[Chosen]) -> Vec<Claim> {
        let company = &self.source.company;
        chosen.iter().flat_map(|one| Claim::all_of(one.kind, &company.of(one.kind)[one.index])).collect()
    }

    fn shared(&self, claims: Vec<Claim>) -> Option<Claim> {
        claims.into_iter().find(|claim| self.claims.is_shared(claim))
    }
}
