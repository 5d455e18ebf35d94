//! The source at work: what the events of a scenario do to the copy of the directory. Who is meant by a share or a count is
//! chosen by the seed, the event and how often it has happened: so whoever plays the same events sees the same.

use super::{
    company::{Chosen, Company, CopyError},
    scenario::{Action, Event, Selection},
    stage::StagedJob,
    timeline::SourceChange,
};
use crate::chance::Chance;
use jiff::Timestamp;
use std::{collections::BTreeMap, path::Path};

/// The directory, and what its assignments call the applications of the jobs.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) company: Company,
    seed: u64,
    jobs: Vec<Application>,
    /// How many objects each event has added.
    added: BTreeMap<usize, u64>,
}

/// A job and its application.
#[derive(Clone, Debug)]
struct Application {
    job: String,
    application: String,
}

/// What an event did: how the source changed, to whom, and for which job, where it is for one alone.
pub(super) struct Altered {
    pub(super) change: SourceChange,
    pub(super) chosen: Vec<Chosen>,
    pub(super) names: Vec<String>,
    pub(super) job: Option<String>,
}

impl Source {
    pub(super) fn of(company: Company, jobs: &[StagedJob], seed: u64) -> Self {
        let jobs = jobs.iter().map(|job| Application { job: job.name.clone(), application: job.application.clone() });
        Self { company, seed, jobs: jobs.collect(), added: BTreeMap::new() }
    }

    /// The jobs that an event concerns, by their places.
    pub(super) fn meant(&self, event: &Event) -> Vec<usize> {
        let is_meant =
            |job: &Application| event.job.as_ref().is_none_or(|(name, _)| job.job.eq_ignore_ascii_case(name));
        (0..self.jobs.len()).filter(|index| is_meant(&self.jobs[*index])).collect()
    }

    /// The names by which assignments may mean the application of a job, in small letters.
    pub(super) fn names_of(&self, job: usize) -> [String; 2] {
        let Application { job, application } = &self.jobs[job];
        [application.to_lowercase(), job.to_lowercase()]
    }

    /// Writes what changed since the last time, as files of the moment `now`.
    pub(super) fn write(&mut self, folder: &Path, now: Timestamp) -> Result<(), CopyError> {
        self.company.write(folder, now)
    }

    /// What the event at `index` does at the source when it happens for the `number`th time, counted from 0; nothing: it
    /// happens elsewhere.
    pub(super) fn alter(&mut self, event: &Event, index: usize, number: u64) -> Option<Altered> {
        let meant = self.meant(event);
        let seeded = Chance::of(self.seed, &format!("event {index}"), number);
        let applications: Vec<String> = meant.iter().flat_map(|job| self.names_of(*job)).collect();
        let choose = |company: &Company, who: &Selection| company.chosen(who, &applications, &seeded);
        let (change, chosen, names) = match &event.action {
            Action::Change { who, set, clear } => {
                let (chosen, names) = self.named(choose(&self.company, who));
                self.company.change(&chosen, set, clear, number + 1);
                (SourceChange::Attributes(set.keys().chain(clear).cloned().collect()), chosen, names)
            }
            Action::Add { kind, record, count, assign } => {
                let first = *self.added.get(&index).unwrap_or(&0) + 1;
                self.added.insert(index, first + count - 1);
                let added = self.company.add(*kind, record, first..first + count);
                if *assign {
                    self.assign(&added, None, &meant);
                }
                let change = if *assign { SourceChange::AddedAndAssigned } else { SourceChange::Added };
                let (added, names) = self.named(added);
                (change, added, names)
            }
            Action::Remove(who) => {
                let (chosen, names) = self.named(choose(&self.company, who));
                self.company.remove(&chosen);
                (SourceChange::Removed, chosen, names)
            }
            Action::Disable(who) | Action::Enable(who) => {
                let enabled = matches!(event.action, Action::Enable(_));
                let (chosen, names) = self.named(choose(&self.company, who));
                self.company.enable(&chosen, enabled);
                (if enabled { SourceChange::Enabled } else { SourceChange::Disabled }, chosen, names)
            }
            Action::Assign { who, role } => {
                let chosen = choose(&self.company, who);
                let assigned = self.assign(&chosen, role.as_deref(), &meant);
                let (assigned, names) = self.named(assigned);
                (SourceChange::Assigned, assigned, names)
            }
            Action::Unassign(who) => {
                let (chosen, names) = self.named(self.company.assignments(who.kind, &applications, who, &seeded));
                self.company.remove(&chosen);
                (SourceChange::Unassigned, chosen, names)
            }
            Action::Fail(_) | Action::Mend | Action::Pull(_) => return None,
        };
        let job = match meant.as_slice() {
            [one] if matches!(change, SourceChange::Assigned | SourceChange::Unassigned) => {
                Some(self.jobs[*one].job.clone())
            }
            _ => None,
        };
        Some(Altered { change, chosen, names, job })
    }

    fn named(&self, chosen: Vec<Chosen>) -> (Vec<Chosen>, Vec<String>) {
        let names = chosen.iter().map(|chosen| self.company.name(*chosen)).collect();
        (chosen, names)
    }

    /// Assigns objects to the applications of these jobs; returns who was new to one of them.
    fn assign(&mut self, chosen: &[Chosen], role: Option<&str>, meant: &[usize]) -> Vec<Chosen> {
        let mut assigned: Vec<Chosen> = Vec::new();
        for job in meant {
            let new = self.company.assign(chosen, &self.jobs[*job].application, role);
            assigned.extend(new.into_iter().filter(|one| !assigned.contains(one)).collect::<Vec<_>>());
        }
        assigned
    }
}
