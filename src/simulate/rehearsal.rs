//! What the events make of the directory, looked at before anything is played: two users of one name would have every import
//! refused from then on.
//!
//! Who is chosen by a share or a count depends on the seed and on all events before; so the events at the source are played on
//! a copy. *Limit*: of a scenario with very many of them, only the first [`MOST`] are.

use super::{
    record::text,
    scenario::{Action, Event, Hand, Kind, Scenario},
    source::Source,
};
use crate::{config::problem::Problems, directory::attribute};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// How many events are looked at.
const MOST: usize = 10_000;

/// Plays what happens at the source from `start` to `end`, and notes where it gives two users one user principal name.
pub(super) fn rehearse(scenario: &Scenario, source: Source, start: Timestamp, end: Timestamp, problems: &Problems) {
    if !scenario.events.iter().any(names_users) {
        return;
    }
    let mut rehearsal = Rehearsal { names: Names::of(&source), source };
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
        if let Some(name) = rehearsal.happen(event, index, number)
            && told.insert(index)
        {
            let message = format!("at {moment} there would be two users `{name}`");
            let help = "user principal names differ: write `{number}` where they do, or remove the other one before";
            problems.error(&event.place, message, Some(help.to_owned()));
        }
    }
}

/// Whether an event gives users names.
fn names_users(event: &Event) -> bool {
    match &event.action {
        Action::Add { kind, .. } => *kind == Kind::Users,
        Action::Change { who, set, .. } => {
            who.kind == Some(Kind::Users) && set.keys().any(|name| attribute::canonical(name) == NAME)
        }
        _ => false,
    }
}

const NAME: &str = "userPrincipalName";

struct Rehearsal {
    source: Source,
    names: Names,
}

/// How many users have each name, in small letters.
struct Names(HashMap<String, usize>);

impl Names {
    fn of(source: &Source) -> Self {
        let mut names = HashMap::new();
        for name in source.company.users().iter().filter_map(|user| text(user, NAME)) {
            *names.entry(name.to_lowercase()).or_default() += 1;
        }
        Self(names)
    }

    fn is_shared(&self, name: &str) -> bool {
        self.0.get(&name.to_lowercase()).is_some_and(|count| *count > 1)
    }
}

impl Rehearsal {
    /// Lets an event happen; returns a name that two users have then because of it.
    fn happen(&mut self, event: &Event, index: usize, number: u64) -> Option<String> {
        if let Action::Pull(hand) = event.action {
            if hand == Hand::RejectDeletes {
                self.source.company.put_back();
                self.names = Names::of(&self.source);
            }
            return None;
        }
        let altered = self.source.alter(event, index, number)?;
        match event.action {
            Action::Add { kind: Kind::Users, .. } => {
                for name in &altered.names {
                    *self.names.0.entry(name.to_lowercase()).or_default() += 1;
                }
                altered.names.into_iter().find(|name| self.names.is_shared(name))
            }
            Action::Change { .. } if names_users(event) => {
                self.names = Names::of(&self.source);
                let mut names = altered.chosen.iter().map(|chosen| self.source.company.name(*chosen));
                names.find(|name| self.names.is_shared(name))
            }
            Action::Remove(ref who) if who.kind == Some(Kind::Users) => {
                for name in &altered.names {
                    self.names.0.entry(name.to_lowercase()).and_modify(|count| *count = count.saturating_sub(1));
                }
                None
            }
            _ => None,
        }
    }
}
