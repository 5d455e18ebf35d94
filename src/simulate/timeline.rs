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
    path::Path,
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
    /// Cycles that failed as the one did that was told before them.
    Alike {
        /// How many.
        cycles: u64,
        /// When the last of them was.
        until: Timestamp,
    },
    /// The job's schedule is `Paused` or `Disabled` from now on.
    Schedule(String),
    /// A cycle could not begin, and none can until something changes.
    Refused {
        /// Why.
        message: String,
        /// Whether configuration or directory must be mended first.
        refusal: bool,
    },
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
        /// Whether it lifted the job's quarantine.
        lifted: bool,
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

/// The folder that the jobs read, and the one that it is a copy of: people know that one.
pub(super) struct Copied {
    copy: String,
    original: String,
}

impl Copied {
    pub(super) fn new(copy: &Path, original: &Path) -> Self {
        Self { copy: copy.display().to_string(), original: original.display().to_string() }
    }

    /// What was refused of the copy, in words that name the original. The files of the copy have lines of their own, so that a
    /// place in one stays a place in the copy.
    pub(super) fn told(&self, text: &str) -> String {
        let within = format!("the copy of {}/", self.original);
        text.replace(&format!("{}/", self.copy), &within).replace(&self.copy, &self.original)
    }
}

/// Keeps the order of what happens, and tells it.
pub(super) struct Timeline {
    clock: VirtualClock,
    tell: Box<dyn Fn(&Entry) + Send + Sync>,
    pub(super) copied: Copied,
    jobs: Mutex<HashMap<String, Known>>,
}

/// What is known of a job.
#[derive(Clone, Debug, Default)]
struct Known {
    quarantine: Option<Quarantine>,
    /// The failed cycle that was told last, unless the job had another one since.
    failed: Option<CycleResult>,
    /// Cycles that are not told one by one, since the last entry.
    folded: Option<Folded>,
    refused: Option<String>,
    cycles: u64,
    requests: u64,
}

#[derive(Clone, Copy, Debug)]
struct Folded {
    first: Timestamp,
    last: Timestamp,
    cycles: u64,
    folds: Folds,
}

/// Why cycles are not told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folds {
    /// They had nothing to do.
    Quiet,
    /// They failed as the one did that was told before them.
    Alike,
}

/// How many characters a UUID has.
const UUID: usize = 36;

impl Timeline {
    pub(super) fn new(clock: VirtualClock, tell: Box<dyn Fn(&Entry) + Send + Sync>, copied: Copied) -> Self {
        Self { clock, tell, copied, jobs: Mutex::default() }
    }

    /// Notes what happens now, after the cycles before it that are not told one by one.
    pub(super) fn note(&self, job: Option<&str>, happening: Happening) {
        self.unfold();
        (self.tell)(&Entry { at: self.clock.now(), job: job.map(str::to_owned), happening });
    }

    /// Counts a cycle instead of telling it.
    fn fold(&self, job: &str, folds: Folds) {
        let now = self.clock.now();
        let is_other = |known: &Known| known.folded.is_some_and(|folded| folded.folds != folds);
        if self.jobs().get(job).is_some_and(is_other) {
            self.unfold();
        }
        let mut jobs = self.jobs();
        let known = jobs.entry(job.to_owned()).or_default();
        let folded = known.folded.get_or_insert(Folded { first: now, last: now, cycles: 0, folds });
        folded.last = now;
        folded.cycles += 1;
    }

    /// Tells how many cycles were not told one by one.
    fn unfold(&self) {
        let mut folded: Vec<_> = self
            .jobs()
            .iter_mut()
            .filter_map(|(name, known)| known.folded.take().map(|folded| (folded, name.clone())))
            .collect();
        folded.sort_unstable_by(|(left, name), (right, other)| (left.first, name).cmp(&(right.first, other)));
        for (Folded { first, last, cycles, folds }, name) in folded {
            let happening = match folds {
                Folds::Quiet => Happening::Quiet { cycles, until: last },
                Folds::Alike => Happening::Alike { cycles, until: last },
            };
            (self.tell)(&Entry { at: first, job: Some(name), happening });
        }
    }

    /// Notes that an administrator moved a lever of a job; why it did not move, if it did not.
    pub(super) fn pulled(&self, job: &str, hand: Hand, put_back: usize, refusal: Option<String>) {
        let lifts = refusal.is_none() && matches!(hand, Hand::RejectDeletes | Hand::Restart | Hand::Start);
        let lifted = lifts && self.jobs().get_mut(job).and_then(|known| known.quarantine.take()).is_some();
        self.note(Some(job), Happening::Pulled { hand, put_back, refusal, lifted });
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
        let (before, folds) = {
            let mut jobs = self.jobs();
            let known = jobs.entry(result.job.clone()).or_default();
            known.cycles += 1;
            known.requests += result.requests;
            known.refused = None;
            let before = std::mem::replace(&mut known.quarantine, result.quarantine.clone());
            let folds = before.is_none().then(|| known.folds(result)).flatten();
            (before, folds)
        };
        match folds {
            Some(folds) => self.fold(&result.job, folds),
            None => {
                let happening = Happening::Cycle { result: Box::new(result.clone()), before: before.map(Box::new) };
                self.note(Some(&result.job), happening);
            }
        }
        if let Some(schedule) = &result.schedule {
            self.note(Some(&result.job), Happening::Schedule(schedule.clone()));
        }
    }

    fn cycle_refused(&self, job: &str, error: &ServiceError) {
        let message = self.copied.told(&error.to_string());
        let before = self.jobs().entry(job.to_owned()).or_default().refused.replace(message.clone());
        // It is asked again every minute; it is told once.
        if before.as_ref() != Some(&message) {
            self.note(Some(job), Happening::Refused { message, refusal: error.is_refusal() });
        }
    }

    fn job_disabled(&self, job: &str) {
        self.note(Some(job), Happening::Schedule("Disabled".to_owned()));
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

impl Known {
    /// Why a cycle is not told by itself, if it is not; notes the failed one that the next may be like.
    fn folds(&mut self, result: &CycleResult) -> Option<Folds> {
        if is_quiet(result) {
            self.failed = None;
            return Some(Folds::Quiet);
        }
        if self.failed.as_ref().is_some_and(|told| is_alike(told, result)) {
            return Some(Folds::Alike);
        }
        self.failed = is_failure(result).then(|| result.clone());
        None
    }
}

/// Whether a cycle is one of those of which there is nothing to tell.
fn is_quiet(result: &CycleResult) -> bool {
    result.kind == CycleKind::Incremental
        && result.state == CycleState::Succeeded
        && result.counts.is_nothing()
        && result.schedule.is_none()
}

/// Whether a cycle failed, wholly or in part, and nothing else came of it.
fn is_failure(result: &CycleResult) -> bool {
    matches!(result.state, CycleState::EntryLevelErrors | CycleState::Failed)
        && result.given_up == 0
        && result.quarantine.is_none()
        && result.schedule.is_none()
}

/// Whether two failed cycles tell the same. What differs in each request for itself, a made-up id, does not count.
fn is_alike(told: &CycleResult, result: &CycleResult) -> bool {
    let error =
        |result: &CycleResult| result.error.as_ref().map(|error| (error.code.clone(), without_ids(&error.message)));
    let told_of = |result: &CycleResult| (result.kind, result.state, result.counts, error(result));
    is_failure(result) && told_of(told) == told_of(result)
}

/// A text without the UUIDs in it.
fn without_ids(text: &str) -> String {
    let is_id = |character: char| character.is_ascii_hexdigit() || character == '-';
    text.split_inclusive(|character| !is_id(character))
        .map(|part| {
            let id = part.trim_end_matches(|character| !is_id(character));
            // An escape of a URL may stand before it.
            let uuid = id.get(id.len().saturating_sub(UUID)..).filter(|tail| uuid::Uuid::try_parse(tail).is_ok());
            uuid.map_or_else(|| part.to_owned(), |uuid| part.replacen(uuid, "", 1))
        })
        .collect()
}
