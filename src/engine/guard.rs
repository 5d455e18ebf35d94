//! The deletion guard at work: between the judging of the candidates and the phase of leavers.
//!
//! 1. *Judging* sends whoever is to be disabled or deleted to the phase of leavers as *counted*; retries of what was admitted
//!    before, and what was allowed, as *admitted*; and leaves alone what is held back already.
//! 2. *The verdict* is for the cycle as a whole: the counted ones against the job's threshold. It is stored with the cycle, so
//!    that one which is interrupted goes on with the same.
//! 3. *Holding back*: each counted one becomes a staged row and a record `stagedDelete`, instead of a request.
//!
//! One departure of many must not be counted in two cycles, each below the threshold. What an import changed while the
//! candidates were judged is therefore judged before the verdict is given, and the cycle ends at that import's number; what one
//! that is still being merged changed is for the next cycle.
//!
//! A cycle sends no disable or delete that was not judged so: whoever leaves while the cycle runs is for the next one, which
//! counts them. An attempt whose answer was lost is no new departure, and not counted.
//! Source: `spec/ENGINE.md` §7.

use super::{
    facts::Facts,
    journey::{End, Journey},
    outcome::{Effect, Outcome},
    walk::{SLICE, Stop, Walk, reach},
};
use crate::{
    counted::counted,
    health::{
        guard::{GuardVerdict, judge},
        quarantine::Reason,
    },
    log::{Action, Status, StepType},
    store::{CycleRow, EscrowKind, EscrowRow, Phase, StagedCounts, StagedRow, StoreError, Tables, WorkRow},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many leavers are held back between two looks at the world.
const PAGE: usize = 256;
/// How many of those held back a message names.
const NAMED: usize = 3;

/// What is to be done with a leaver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Departure {
    /// It is disabled.
    Disable,
    /// It is deleted.
    Delete,
}

impl Departure {
    fn action(self) -> Action {
        match self {
            Self::Disable => Action::Disable,
            Self::Delete => Action::Delete,
        }
    }

    fn passive(self) -> &'static str {
        match self {
            Self::Disable => "disabled",
            Self::Delete => "deleted",
        }
    }
}

/// What the guard knows of somebody in the phase of leavers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Admission {
    /// It counts against the threshold.
    Counted(Departure),
    /// It was admitted earlier, or allowed: it leaves, whatever the verdict.
    Admitted,
}

impl Admission {
    fn of(facts: &Facts) -> Option<Self> {
        facts.known.as_deref().and_then(|known| serde_json::from_str(known).ok())
    }
}

/// Where somebody goes who is to be disabled or deleted: to the leavers, or nowhere, because that is held back already.
pub(super) fn leaving(journey: &mut Journey<'_>, departure: Departure) -> Result<Outcome, StoreError> {
    let mut effects = std::mem::take(&mut journey.effects);
    let facts = &journey.facts;
    let object = facts.object.key;
    let admission = match &facts.staged {
        Some(staged) if !staged.allowed => {
            let row = StagedRow { action: departure.action().name().to_owned(), ..staged.clone() };
            effects.push(Effect::PutStaged(row));
            return Ok(Outcome { effects, ..Outcome::default() });
        }
        Some(_) => Admission::Admitted,
        None if facts.escrow.as_ref().is_some_and(EscrowRow::is_of_a_leaver) => Admission::Admitted,
        None => Admission::Counted(departure),
    };
    let known = Some(serde_json::to_string(&admission)?);
    effects.push(Effect::AddWork(Phase::Leavers, WorkRow { object, known }));
    Ok(Outcome { effects, ..Outcome::default() })
}

impl Walk<'_> {
    /// Takes what imports changed since the cycle began into it, before its guard gives a verdict: some of that was seen by the
    /// judging already, and all of it is to be counted together.
    pub(super) async fn catch_up(&self, row: &mut CycleRow) -> Result<(), Stop> {
        if self.job.settings.deletion_threshold.is_none() || row.guard.is_some() {
            return Ok(());
        }
        let store = &self.engine.store;
        loop {
            let high = store.read(Tables::sequence).await?;
            if high == row.high {
                (row.phase, row.position) = (Phase::Leavers, 0);
                return Ok(());
            }
            let (reach, after) = (reach(self.job, high), row.high);
            // No escrow is due that was not gathered when the cycle began.
            let due = Timestamp::UNIX_EPOCH;
            let changed = store.read(move |tables| tables.incremental_work(&reach, after, due, false)).await?;
            for slice in changed.chunks(SLICE) {
                let (job, slice) = (row.job.clone(), slice.to_vec());
                store.write(move |tables| tables.judge_again(&job, &slice)).await?;
            }
            (row.high, row.phase, row.position) = (high, Phase::Candidates, 0);
            self.walk_phase(row, Phase::Candidates).await?;
        }
    }

    /// Whether an object was changed by an import that has not come to its end: it is the next cycle's, which counts it
    /// together with all that the import changes.
    pub(super) fn is_ahead(&self, facts: &Facts, high: i64) -> bool {
        self.job.settings.deletion_threshold.is_some() && facts.object.sequence > high
    }

    /// Gives the verdict on the cycle's disables and deletes, unless it has one, and holds back those that may not leave.
    pub(super) async fn guard(&self, row: &mut CycleRow) -> Result<(), Stop> {
        let verdict = match row.guard.as_deref().and_then(GuardVerdict::parse) {
            Some(verdict) => verdict,
            None => {
                let counted = match self.job.settings.deletion_threshold {
                    Some(_) => self.counted_leavers().await?,
                    None => 0,
                };
                let verdict = judge(self.job.settings.deletion_threshold, counted);
                if verdict == GuardVerdict::HeldBack {
                    tracing::warn!(counted, "the deletion guard holds back this cycle's disables and deletes");
                }
                row.guard = Some(verdict.name().to_owned());
                let stored = row.clone();
                self.engine.store.write_durably(move |tables| tables.put_cycle(&stored)).await?;
                verdict
            }
        };
        match verdict {
            GuardVerdict::Admitted => Ok(()),
            GuardVerdict::HeldBack => self.hold_back().await,
        }
    }

    async fn counted_leavers(&self) -> Result<u64, StoreError> {
        let mut counted = 0;
        let mut position = i64::MIN;
        loop {
            let page = self.leavers_after(position).await?;
            let Some(last) = page.last() else { return Ok(counted) };
            position = last.object;
            counted += page.iter().filter(|work| is_counted(work)).count() as u64;
        }
    }

    async fn leavers_after(&self, position: i64) -> Result<Vec<WorkRow>, StoreError> {
        let job = self.job.name().to_owned();
        self.engine.store.read(move |tables| tables.work_page(&job, Phase::Leavers, position, PAGE)).await
    }

    /// Stages every counted leaver, one page after another.
    async fn hold_back(&self) -> Result<(), Stop> {
        let mut position = i64::MIN;
        loop {
            if self.stop.is_cancelled() {
                return Err(Stop::Asked);
            }
            let _turn = self.turns.next().await;
            let page = self.leavers_after(position).await?;
            let Some(last) = page.last() else { return Ok(()) };
            position = last.object;
            let counted = page.into_iter().filter(is_counted).collect();
            let job = self.job.clone();
            let read = move |tables: &Tables| Facts::read(tables, &job, counted, EscrowKind::Object);
            for facts in self.engine.store.read(read).await? {
                let (object, kind) = (facts.object.key, facts.object.kind);
                if let Some(outcome) = self.held_back(facts)? {
                    self.record(Phase::Leavers, object, kind, outcome).await?;
                }
            }
        }
    }

    /// What is stored and told of one leaver who is held back. Who came back meanwhile stays in the phase of leavers, which
    /// sends them on, and counts no more.
    fn held_back(&self, facts: Facts) -> Result<Option<Outcome>, StoreError> {
        let Some(Admission::Counted(departure)) = Admission::of(&facts) else { return Ok(None) };
        let now = self.engine.clock.now();
        let Some(mut journey) = Journey::begin(self, facts) else { return Ok(None) };
        journey.import();
        let scope = match journey.scope() {
            Ok(scope) => scope,
            Err(End::Done(outcome)) => return Ok(Some(*outcome)),
            Err(End::Store(error)) => return Err(error),
        };
        if scope.ground.is_none() {
            let uncounted = WorkRow { object: journey.facts.object.key, known: None };
            return Ok(Some(Outcome {
                effects: vec![Effect::AddWork(Phase::Leavers, uncounted)],
                ..Outcome::default()
            }));
        }
        journey.draft.steps.push(scope.step(&journey.texts));
        let ground = scope.ground.map(|ground| ground.reason(&journey.texts)).unwrap_or_default();
        let description = format!(
            "{ground}; it was to be {}, and is held back, for this cycle's disables and deletes reach the threshold of {}",
            departure.passive(),
            self.job.settings.deletion_threshold.unwrap_or_default()
        );
        let step = journey.texts.skip(StepType::Processing, Reason::TooManyDeletes.name(), description, None);
        journey.draft.steps.push(step);
        let row = StagedRow { action: departure.action().name().to_owned(), since: now, allowed: false };
        journey.effects.push(Effect::PutStaged(row));
        Ok(Some(journey.end(Action::StagedDelete, Status::Success, None)))
    }

    /// What the job's health is told at the end of a cycle: why it is in quarantine, if anything is held back.
    pub(super) async fn held_back_text(&self, staged: StagedCounts) -> Result<String, StoreError> {
        let job = self.job.name().to_owned();
        let names = self.engine.store.read(move |tables| tables.staged_names(&job, NAMED)).await?;
        let more = staged.undecided().saturating_sub(names.len() as u64);
        let others = if more > 0 { format!(" and {}", counted(more, "other")) } else { String::new() };
        let why = match self.job.settings.deletion_threshold {
            // Some of them came back since.
            Some(threshold) if staged.undecided() < threshold => {
                "are still held back by the deletion guard, of those that reached the threshold".to_owned()
            }
            Some(threshold) => {
                format!("are held back by the deletion guard, for they reach the threshold of {threshold}")
            }
            None => "are held back by the deletion guard, for they reach the threshold".to_owned(),
        };
        Ok(format!(
            "{} and {} {why}: {}{others}. If they are meant, run `scimulator jobs allow-deletes {}`; if not, bring the users \
             and groups back into scope, and run `scimulator jobs restart {}`",
            counted(staged.disables, "disable"),
            counted(staged.deletes, "delete"),
            names.join(", "),
            self.job.name(),
            self.job.name(),
        ))
    }
}

impl Journey<'_> {
    /// Whether a disable or delete may leave now. In a cycle with a guard it must have been judged by it; one that comes up
    /// while the cycle runs has a change number past it, and is for the next cycle. Nothing that is held back ever may.
    pub(super) fn may_leave(&self, phase: Phase) -> bool {
        if self.facts.staged.as_ref().is_some_and(|staged| !staged.allowed) {
            return false;
        }
        let guarded = self.walk.job.settings.deletion_threshold.is_some() || self.facts.staged.is_some();
        let judged = self.recovering || Admission::of(&self.facts).is_some();
        !guarded || self.walk.on_demand || self.reopened || (phase == Phase::Leavers && judged)
    }

    /// Left to the next cycle, which counts it.
    pub(super) fn left_to_the_guard(&mut self) -> Outcome {
        Outcome { effects: std::mem::take(&mut self.effects), ..Outcome::default() }
    }
}

fn is_counted(work: &WorkRow) -> bool {
    let admission = work.known.as_deref().map(serde_json::from_str);
    matches!(admission, Some(Ok(Admission::Counted(_))))
}
