//! A cycle on its way: probe, candidates, and the phases page by page.

use super::{
    counts::{Counts, Tally},
    cycle::{Engine, PageTurns},
    facts::Facts,
    job::{Job, SOURCE_NAME},
    journey::Journey,
    outcome::{self, Effect, Outcome},
    progress::{Observer, Progress},
    result::CycleKind,
};
use crate::{
    counted::counted,
    log::{Status, StepTexts},
    scim::{
        client::Client,
        failure::{Failure, FailureKind},
        query::Resource,
    },
    store::{CycleRow, EscrowKind, EscrowRow, JobRow, ObjectKind, Phase, Reach, StoreError, WorkRow},
};
use futures_util::{StreamExt as _, stream};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// How many objects are walked between two looks at the world.
const PAGE: usize = 256;

/// How many rows one write adds or takes out where there may be many: others write in between.
pub(super) const SLICE: usize = 1_000;

/// A cycle on its way.
pub(super) struct Walk<'w> {
    pub(super) engine: &'w Engine,
    pub(super) job: &'w Arc<Job>,
    pub(super) client: Client,
    pub(super) cycle: String,
    pub(super) kind: CycleKind,
    /// The last change number that the job had processed before.
    pub(super) watermark: Option<i64>,
    /// Whether escrows are due whatever their time: a try out of quarantine.
    pub(super) every_escrow: bool,
    pub(super) tally: Mutex<Tally>,
    /// Requests of the same cycle before it was interrupted.
    pub(super) earlier_requests: u64,
    /// Target objects that were linked since the page began, and whose: what is not in the state yet.
    pub(super) claimed: Mutex<HashMap<(ObjectKind, String), i64>>,
    /// Whether the target or the state file stopped the cycle: no further object is begun.
    pub(super) halted: AtomicBool,
    /// Held by who asks whether the target is still there.
    pub(super) listening: tokio::sync::Mutex<()>,
    /// Whether the job's scope was narrowed, and those who did not change since are still in it.
    pub(super) narrowing: bool,
    /// Whether it is one object on demand, and no cycle.
    pub(super) on_demand: bool,
    pub(super) turns: PageTurns,
    pub(super) observer: &'w dyn Observer,
    pub(super) stop: &'w CancellationToken,
}

/// The endpoint of a kind of object.
pub(super) fn resource_of(kind: ObjectKind) -> Resource {
    match kind {
        ObjectKind::User => Resource::Users,
        ObjectKind::Group => Resource::Groups,
    }
}

/// What a cycle of the job looks at that ends at the change number `high`.
pub(super) fn reach(job: &Job, high: i64) -> Reach {
    Reach {
        job: job.name().to_owned(),
        application: job.application.to_lowercase(),
        everybody: job.everybody(),
        groups: job.template.enabled_groups().is_some(),
        high,
    }
}

/// Why a cycle does not go on.
pub(super) enum Stop {
    /// The target cannot be worked with.
    Target(Box<Failure>),
    /// It was asked to stop.
    Asked,
    /// The state file failed.
    Store(StoreError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            FailureKind::Interrupted => Self::Asked,
            _ => Self::Target(Box::new(failure)),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Walk<'_> {
    /// The names that an object's steps speak of.
    pub(super) fn texts(&self, facts: &Facts) -> StepTexts {
        StepTexts {
            kind: facts.object.kind.name(),
            name: facts.object.name.clone(),
            source: SOURCE_NAME,
            target: self.job.template.title.clone(),
        }
    }

    /// Whether what failed before is to be tried now: its time has come, or the object has changed since.
    pub(super) fn is_due(&self, facts: &Facts, before: &EscrowRow) -> bool {
        self.every_escrow
            || before.next_attempt <= self.engine.clock.now()
            || self.watermark.is_none_or(|watermark| facts.object.sequence > watermark)
    }

    /// What was done so far.
    pub(super) fn counts(&self) -> Counts {
        self.tally().all
    }

    /// The same, with what is about references apart.
    pub(super) fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn run(&self, row: &mut CycleRow, state: &JobRow) -> Result<(), Stop> {
        self.probe().await?;
        self.gather(row, state).await?;
        let first = row.phase;
        for phase in Phase::ALL.into_iter().filter(|phase| *phase >= first) {
            if phase != row.phase {
                (row.phase, row.position) = (phase, 0);
            }
            if phase == Phase::Leavers {
                self.catch_up(row).await?;
                self.guard(row).await?;
            }
            self.walk_phase(row, phase).await?;
        }
        Ok(())
    }

    pub(super) async fn probe(&self) -> Result<(), Stop> {
        let filter = self.engine.probe_filter(&self.job.template.users);
        let Some(filter) = filter else { return Ok(()) };
        Ok(self.client.probe(Resource::Users, &filter).await?)
    }

    /// Repeats the probe where too many requests in a row had no answer: a target that died must not cost a time-out an
    /// object. If it answers as it should, the walk goes on. Source: `spec/HEALTH.md` §2.
    async fn listen_again(&self) -> Result<(), Stop> {
        let limit = self.engine.rules.unanswered;
        if self.client.unanswered() < limit {
            return Ok(());
        }
        let _one_at_a_time = self.listening.lock().await;
        if self.client.unanswered() < limit || self.halted.load(Ordering::Relaxed) {
            return Ok(());
        }
        let requests = counted(limit, "request");
        tracing::warn!("{requests} in a row had no answer; asking whether the target is still there");
        let heard = self.probe().await;
        heard.inspect_err(|_| self.halted.store(true, Ordering::Relaxed))
    }

    /// Gathers the candidates of a new cycle; a resumed one has its work already.
    async fn gather(&self, row: &CycleRow, state: &JobRow) -> Result<(), StoreError> {
        let job = self.job.name().to_owned();
        let resumed = self.engine.store.read(move |tables| tables.open_cycle(&job)).await?;
        if resumed.is_some_and(|open| open.id == row.id) {
            return Ok(());
        }
        let reach = reach(self.job, row.high);
        let store = &self.engine.store;
        let (job, watermark) = (self.job.name().to_owned(), state.watermark);
        let (now, every_escrow) = (row.began, self.every_escrow);
        let candidates = match (self.kind, watermark) {
            (CycleKind::Incremental, Some(watermark)) => {
                let job = job.clone();
                store.in_slices(move |tables| tables.clear_judged_work(&job, SLICE), SLICE).await?;
                store.read(move |tables| tables.incremental_work(&reach, watermark, now, every_escrow)).await?
            }
            _ => {
                let job = job.clone();
                store.in_slices(move |tables| tables.clear_work(&job, SLICE), SLICE).await?;
                store.read(move |tables| tables.initial_work(&reach, now, every_escrow)).await?
            }
        };
        for slice in candidates.chunks(SLICE) {
            let (job, slice) = (job.clone(), slice.to_vec());
            store.write(move |tables| tables.add_work(&job, &slice)).await?;
        }
        if self.kind == CycleKind::Initial && watermark.is_none() {
            self.send_stale_members_again().await?;
        }
        // Only now is there a cycle to be resumed: one that ends before it is gathered anew.
        let (row, state) = (row.clone(), state.clone());
        store
            .write(move |tables| {
                tables.put_cycle(&row)?;
                tables.keep_job(&state)
            })
            .await
    }

    /// Lets the members of whom what was sent is stale be sent again, if they are back.
    async fn send_stale_members_again(&self) -> Result<(), StoreError> {
        let (store, job) = (&self.engine.store, self.job.name().to_owned());
        let restarted = job.clone();
        let stale = store.read(move |tables| tables.stale_members(&restarted)).await?;
        for slice in stale.chunks(SLICE) {
            let (job, slice) = (job.clone(), slice.to_vec());
            store.write(move |tables| tables.send_again(&job, &slice)).await?;
        }
        Ok(())
    }

    pub(super) async fn walk_phase(&self, row: &mut CycleRow, phase: Phase) -> Result<(), Stop> {
        let stored = row.clone();
        self.engine.store.write(move |tables| tables.put_cycle(&stored)).await?;
        let count = {
            let (job, position) = (row.job.clone(), row.position);
            self.engine.store.read(move |tables| tables.count_work(&job, phase, position)).await?
        };
        let mut done = 0;
        self.tell(phase, done, count);
        loop {
            if self.stop.is_cancelled() {
                return Err(Stop::Asked);
            }
            let _turn = self.turns.next().await;
            let (job, position) = (row.job.clone(), row.position);
            let page = self.engine.store.read(move |tables| tables.work_page(&job, phase, position, PAGE)).await?;
            let Some(last) = page.last().map(|work| work.object) else { break };
            let size = u64::try_from(page.len()).unwrap_or(u64::MAX);
            self.walk_page(row.high, phase, page).await?;
            row.position = last;
            row.requests = self.earlier_requests + self.client.requests();
            row.counts = serde_json::to_string(&self.tally()).map_err(StoreError::from)?;
            let stored = row.clone();
            self.engine.store.write(move |tables| tables.put_cycle(&stored)).await?;
            done += size;
            self.tell(phase, done, count.max(done));
        }
        Ok(())
    }

    fn tell(&self, phase: Phase, done: u64, total: u64) {
        let counts = self.counts();
        self.observer.progress(&Progress {
            job: self.job.name().to_owned(),
            kind: self.kind,
            phase,
            done,
            total,
            counts,
        });
    }

    async fn walk_page(&self, high: i64, phase: Phase, page: Vec<WorkRow>) -> Result<(), Stop> {
        let escrow = match phase {
            Phase::Memberships | Phase::References => EscrowKind::Reference,
            Phase::Candidates | Phase::Leavers | Phase::Users | Phase::Groups => EscrowKind::Object,
        };
        let job = self.job.clone();
        let facts = self.engine.store.read(move |tables| Facts::read(tables, &job, page, escrow)).await?;
        if phase == Phase::Candidates {
            return self.judge_candidates(facts, high).await.map_err(Stop::Store);
        }
        let lanes = match phase {
            Phase::Leavers | Phase::Users | Phase::Groups => self.begin_attempts(phase, facts).await?,
            Phase::Candidates | Phase::Memberships | Phase::References => {
                facts.into_iter().map(|facts| vec![facts]).collect()
            }
        };
        let ended: Vec<Result<(), Stop>> = stream::iter(lanes)
            .map(|lane| async move {
                for facts in lane {
                    if self.stop.is_cancelled() {
                        return Err(Stop::Asked);
                    }
                    if self.halted.load(Ordering::Relaxed) {
                        break;
                    }
                    let walked = match self.walk_one(phase, facts).await {
                        Ok(()) => self.listen_again().await,
                        stopped => stopped,
                    };
                    // Neither a target that stopped the cycle nor a state that cannot be written hears of a further object.
                    walked.inspect_err(|_| self.halted.store(true, Ordering::Relaxed))?;
                }
                Ok(())
            })
            .buffer_unordered(self.job.settings.max_in_flight)
            .collect()
            .await;
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        ended.into_iter().collect()
    }

    pub(super) async fn walk_one(&self, phase: Phase, facts: Facts) -> Result<(), Stop> {
        let (object, kind) = (facts.object.key, facts.object.kind);
        let staged = facts.staged.is_some();
        let mut outcome = match phase {
            Phase::Memberships => self.walk_members(facts).await?,
            Phase::References => self.walk_reference(facts).await?,
            Phase::Candidates | Phase::Leavers | Phase::Users | Phase::Groups => match Journey::begin(self, facts) {
                Some(journey) => journey.travel(phase).await?,
                None => return Ok(()),
            },
        };
        // What was allowed has been carried out, or failed and is tried again.
        outcome.effects.extend((phase == Phase::Leavers && staged).then_some(Effect::RemoveStaged));
        match self.record(phase, object, kind, outcome).await? {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }

    /// *Record*: connection, escrow, provisioning records and counts, in one transaction with the end of the object's work. What
    /// stops the cycle is no failure of the object: it is not put into escrow, and walked again when the cycle goes on.
    pub(super) async fn record(
        &self,
        phase: Phase,
        object: i64,
        kind: ObjectKind,
        mut outcome: Outcome,
    ) -> Result<Option<Failure>, StoreError> {
        let about_references = matches!(phase, Phase::Memberships | Phase::References);
        let halt = outcome.halt.take();
        let done = halt.is_none();
        let of_failure =
            |effect: &Effect| matches!(effect, Effect::PutEscrow(..) | Effect::GiveUp(_) | Effect::RemoveStaged);
        outcome.effects.retain(|effect| done || !of_failure(effect));
        // Whose request was not sent has not failed: the log tells of the object when it is walked again.
        let interrupted = halt.as_ref().is_some_and(|failure| failure.kind == FailureKind::Interrupted);
        outcome.records.retain(|record| !interrupted || record.status != Status::Failure);
        let given_up = outcome.effects.iter().filter(|effect| matches!(effect, Effect::GiveUp(_))).count();
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).given_up += given_up as u64;
        for record in &outcome.records {
            self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(record, about_references);
            tracing::debug!(
                object = record.source.name,
                action = record.action.name(),
                status = record.status.name(),
                error = record.error.as_ref().map(|error| error.code.as_str()),
                "recorded"
            );
        }
        let job = self.job.clone();
        let (cycle, requests) = (self.cycle.clone(), self.earlier_requests + self.client.requests());
        let counts = serde_json::to_string(&self.tally())?;
        self.engine
            .store
            .write(move |tables| {
                tables.count_in_cycle(&cycle, &counts, requests)?;
                let mask = |text: &str| job.mask.text(text).into_owned();
                if done {
                    tables.remove_work(job.name(), phase, object)?;
                }
                outcome::store(tables, job.name(), object, kind, &outcome, &mask)
            })
            .await?;
        Ok(halt)
    }
}
