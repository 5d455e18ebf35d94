//! The timeline: everything that happens, with its moment. What it looks like is for who is told.

use super::scenario::Hand;
use crate::{
    clock::{Clock, VirtualClock},
    engine::{CycleKind, CycleResult, CycleState},
    health::quarantine::Quarantine,
    notify::Notice,
    service::{ServiceError, witness::Witness},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The job that it concerns.
    pub job: Option<String>,
    /// What.
    pub happening: Happening,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A cycle ended.
    Cycle {
        /// How.
        result: Box<CycleResult>,
        /// The quarantine in which the job was before.
        before: Option<Box<Quarantine>>,
    },
    /// Cycles that had nothing to do.
    Quiet {
        /// How many.
        cycles: u64,
        /// When the last of them was.
        until: Timestamp,
    },
    /// The job's schedule is `Paused` or `Disabled` from now on.
    Schedule(String),
    /// A cycle could not begin, and none can until something changes.
    Refused(String),
    /// A mail was sent.
    Mail {
        /// What it tells: the names of the state file.
        news: &'static str,
        /// To whom.
        to: Vec<String>,
        /// Its subject.
        subject: String,
    },
    /// A mail could not be sent.
    MailKept(String),
    /// Objects or assignments changed at the source.
    Source {
        /// How.
        change: SourceChange,
        /// The names of those who are concerned.
        names: Vec<String>,
    },
    /// The sandbox fails from now on: the rule as it is written.
    FaultBegan(String),
    /// This rule of the sandbox has had its time.
    FaultEnded(String),
    /// The sandbox has no fault any more.
    Mended,
    /// An administrator moved a lever.
    Pulled {
        /// Which.
        hand: Hand,
        /// How much was put back at the source, where that belongs to it.
        put_back: usize,
        /// Why it did not move.
        refusal: Option<String>,
    },
    /// The simulation is over.
    End(Box<Ending>),
}

/// How the source changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// These attributes changed.
    Attributes(Vec<String>),
    /// New users or groups.
    Added,
    /// New users or groups, assigned too.
    AddedAndAssigned,
    /// Users or groups are gone.
    Removed,
    /// Accounts are disabled.
    Disabled,
    /// Accounts are enabled.
    Enabled,
    /// Assigned.
    Assigned,
    /// Assignments ended.
    Unassigned,
}

/// How things stand with a job in the end.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The state of its schedule: `Active`, `Paused`, `Disabled`.
    pub schedule: String,
    /// Its quarantine.
    pub quarantine: Option<Quarantine>,
    /// How many cycles there were.
    pub cycles: u64,
    /// How many requests.
    pub requests: u64,
    /// How many users the sandbox has.
    pub users: usize,
    /// How many groups.
    pub groups: usize,
}

/// Keeps the order of what happens, and tells it.
pub(super) struct Timeline {
    clock: VirtualClock,
    tell: Box<dyn Fn(&Entry) + Send + Sync>,
    jobs: Mutex<HashMap<String, Known>>,
}

/// What is known of a job.
#[derive(Clone, Debug, Default)]
struct Known {
    quarantine: Option<Quarantine>,
    quiet: Option<Quiet>,
    refused: Option<String>,
    cycles: u64,
    requests: u64,
}

#[derive(Clone, Copy, Debug)]
struct Quiet {
    first: Timestamp,
    last: Timestamp,
    cycles: u64,
}

impl Timeline {
    pub(super) fn new(clock: VirtualClock, tell: Box<dyn Fn(&Entry) + Send + Sync>) -> Self {
        Self { clock, tell, jobs: Mutex::default() }
    }

    /// Notes what happens now, after the quiet cycles before it.
    pub(super) fn note(&self, job: Option<&str>, happening: Happening) {
        let mut quiet: Vec<_> = self
            .jobs()
            .iter_mut()
            .filter_map(|(name, known)| known.quiet.take().map(|quiet| (quiet, name.clone())))
            .collect();
        quiet.sort_unstable_by(|(left, name), (right, other)| (left.first, name).cmp(&(right.first, other)));
        for (Quiet { first, last, cycles }, name) in quiet {
            (self.tell)(&Entry { at: first, job: Some(name), happening: Happening::Quiet { cycles, until: last } });
        }
        (self.tell)(&Entry { at: self.clock.now(), job: job.map(str::to_owned), happening });
    }

    /// How many cycles a job has had, and how many requests they sent.
    pub(super) fn figures(&self, job: &str) -> (u64, u64) {
        self.jobs().get(job).map(|known| (known.cycles, known.requests)).unwrap_or_default()
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Timeline {
    fn cycle_ended(&self, result: &CycleResult) {
        let now = self.clock.now();
        let before = {
            let mut jobs = self.jobs();
            let known = jobs.entry(result.job.clone()).or_default();
            known.cycles += 1;
            known.requests += result.requests;
            known.refused = None;
            let before = std::mem::replace(&mut known.quarantine, result.quarantine.clone());
            if before.is_none() && is_quiet(result) {
                let quiet = known.quiet.get_or_insert(Quiet { first: now, last: now, cycles: 0 });
                quiet.last = now;
                quiet.cycles += 1;
                return;
            }
            before
        };
        let happening = Happening::Cycle { result: Box::new(result.clone()), before: before.map(Box::new) };
        self.note(Some(&result.job), happening);
        if let Some(schedule) = &result.schedule {
            self.note(Some(&result.job), Happening::Schedule(schedule.clone()));
        }
    }

    fn cycle_refused(&self, job: &str, error: &ServiceError) {
        let message = error.to_string();
        let before = self.jobs().entry(job.to_owned()).or_default().refused.replace(message.clone());
        // It is asked again every minute; it is told once.
        if before.as_ref() != Some(&message) {
            self.note(Some(job), Happening::Refused(message));
        }
    }

    fn mail_sent(&self, notice: &Notice, subject: &str) {
        let happening =
            Happening::Mail { news: notice.news.name(), to: notice.to.clone(), subject: subject.to_owned() };
        self.note(Some(&notice.job), happening);
    }

    fn mail_kept(&self, notice: &Notice, error: &str) {
        self.note(Some(&notice.job), Happening::MailKept(error.to_owned()));
    }
}

/// Whether a cycle is one of those of which there is nothing to tell.
fn is_quiet(result: &CycleResult) -> bool {
    result.kind == CycleKind::Incremental
        && result.state == CycleState::Succeeded
        && result.counts.is_nothing()
        && result.schedule.is_none()
}
