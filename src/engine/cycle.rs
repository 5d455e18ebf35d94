//! A cycle: from the probe to the watermark.
//!
//! 1. *Probe*: a query that nothing should pass. Bad credentials or an endpoint that is no SCIM stop here, in quarantine.
//! 2. *Open*: resume the cycle that was interrupted, or begin one: initial if the job has no watermark or an old one, if its
//!    mappings or filters changed, or if it is asked for; else incremental. Its candidates are gathered in the work table.
//! 3. *Judge* the candidates' scope, which sends each to its phase (`candidates`).
//! 4. *Guard*: too many disables and deletes are held back (`guard`).
//! 5. *Walk* the phases, page by page. Before creates leave, a page's attempts are on the disk.
//! 6. *End*: the watermark becomes the change number at which the cycle began, in one transaction with the end.
//!
//! The objects in hand are finished before a stop is heeded; so nothing is in the air when the process ends. One for which a
//! server asked to wait is not: what it waits with was not sent, and it is walked when the cycle is resumed.
//! Source: `spec/ENGINE.md` §3, §5, §7, §10.

use super::{
    announcement::{initial_reason, is_narrowing, is_resumable},
    conclusion::Ended,
    counts::Tally,
    job::Job,
    progress::Observer,
    result::{CycleKind, CycleResult, CycleState},
    walk::{SLICE, Stop, Walk},
};
use crate::{
    chance::Chance,
    clock::{SharedClock, elapsed},
    expression::Surroundings,
    health::{HealthRules, quarantine::Quarantine},
    mapping::ObjectMapping,
    scim::{failure::Failure, filter::Filter, query::Resource, trace::Trace},
    store::{CycleRow, JobRow, ObjectKind, Phase, Store, StoreError, Tables},
};
use std::sync::{Arc, Mutex, atomic::AtomicBool};
use tokio_util::sync::CancellationToken;

/// How often a request of the connection test is repeated at most.
const TEST_REPEATS: u32 = 1;

/// What all jobs share.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The state.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Random ids.
    pub chance: Arc<Chance>,
    /// The numbers of health.
    pub rules: HealthRules,
    /// How long records are kept, in days.
    pub log_retention_days: u32,
}

/// What is asked of a cycle.
#[derive(Clone, Default)]
pub struct CycleRequest {
    /// Begin anew with everybody.
    pub initial: bool,
    /// Where the requests are traced.
    pub trace: Trace,
    /// Whose turn it is between two pages.
    pub turns: PageTurns,
}

/// The turns that a job's cycle and its runs on demand take: a cycle holds one for a page of objects.
#[derive(Clone, Debug, Default)]
pub struct PageTurns(Arc<tokio::sync::Mutex<()>>);

impl PageTurns {
    /// Waits for its turn; those who wait get theirs in the order in which they came.
    pub(super) async fn next(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.lock().await
    }
}

impl Engine {
    /// Runs one cycle of `job`. A failing target is a result; an error is a state file that failed.
    pub async fn run_cycle(
        &self,
        job: &Arc<Job>,
        request: CycleRequest,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<CycleResult, StoreError> {
        self.finish_forgetting(job.name()).await?;
        let began = self.clock.now();
        let mut state = self.job_state(job).await?;
        if state.anchor.is_none() {
            state.anchor = Some(began);
        }
        let mut quarantine: Option<Quarantine> = state.quarantine.as_deref().map(serde_json::from_str).transpose()?;
        let mut row = self.open_cycle(job, &state, request.initial).await?;
        let trace = request.trace.of_job(job.name()).of_cycle(&row.id);
        let walk = Walk {
            engine: self,
            job,
            client: job.client.traced(trace).until(stop),
            cycle: row.id.clone(),
            kind: CycleKind::parse(&row.kind),
            watermark: state.watermark,
            every_escrow: quarantine.is_some(),
            tally: Mutex::new(serde_json::from_str(&row.counts).unwrap_or_default()),
            earlier_requests: row.requests,
            claimed: Mutex::default(),
            halted: AtomicBool::new(false),
            listening: tokio::sync::Mutex::default(),
            narrowing: row.kind != CycleKind::Initial.name() && is_narrowing(job, &state),
            on_demand: false,
            turns: request.turns,
            observer,
            stop,
        };
        let span = tracing::info_span!("cycle", job = job.name(), id = %row.id, kind = walk.kind.name());
        let ended = tracing::Instrument::instrument(walk.run(&mut row, &state), span).await;
        row.requests = walk.earlier_requests + walk.client.requests();
        let mut tally = walk.tally();
        if matches!(ended, Err(Stop::Target(_))) {
            // What failed since the last page is walked again, and counted then: each try would count it once more.
            tally.take_back_failures(&serde_json::from_str(&row.counts).unwrap_or_default());
        }
        row.counts = serde_json::to_string(&tally)?;
        // A lever that lifted the quarantine meanwhile keeps its effect: what may follow is the first of a new one.
        if quarantine.is_some() && self.job_state(job).await?.quarantine.is_none() {
            (quarantine, state.quarantine) = (None, None);
        }
        let outcome = match ended {
            Ok(()) => self.complete(&walk, row, state, quarantine.as_ref()).await?,
            Err(Stop::Target(failure)) => self.fail(&walk, row, state, quarantine.as_ref(), &failure).await?,
            Err(Stop::Asked) => {
                // One that was not gathered yet is no cycle to be resumed: it would be resumed without its work.
                if self.is_gathered(&row).await? {
                    let stored = row.clone();
                    self.store
                        .write(move |tables| tables.put_cycle(&stored).and_then(|()| tables.keep_job(&state)))
                        .await?;
                }
                Ended { row, state: CycleState::Failed, error: None, quarantine, schedule: None, interrupted: true }
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        Ok(CycleResult {
            job: job.name().to_owned(),
            cycle_id: outcome.row.id,
            kind: walk.kind,
            state: outcome.state,
            counts: walk.counts(),
            given_up: walk.tally().given_up,
            requests: outcome.row.requests,
            duration_ms: u64::try_from(elapsed(self.clock.as_ref(), began).as_millis()).unwrap_or(u64::MAX),
            resumed: walk.earlier_requests > 0,
            error: outcome.error,
            quarantine: outcome.quarantine,
            schedule: outcome.schedule.map(str::to_owned),
            interrupted: outcome.interrupted,
        })
    }

    /// The stored state of a job; a new one if it has never run.
    pub async fn job_state(&self, job: &Job) -> Result<JobRow, StoreError> {
        let name = job.name().to_owned();
        let identity = job.identity();
        let stored = self.store.read(move |tables| tables.job(&name)).await?;
        Ok(match stored {
            Some(stored) => JobRow { identity, ..stored },
            None => JobRow {
                identity,
                fingerprint: None,
                scope: None,
                watermark: None,
                watermark_at: None,
                schedule_state: "Active".to_owned(),
                anchor: None,
                successive_failures: 0,
                escrows_pruned: false,
                quarantine: None,
                steady_first: None,
                steady_last: None,
            },
        })
    }

    /// Whether a cycle has its work, and is the one to be resumed if it does not come to its end.
    pub(super) async fn is_gathered(&self, row: &CycleRow) -> Result<bool, StoreError> {
        let (job, id) = (row.job.clone(), row.id.clone());
        self.store.read(move |tables| Ok(tables.open_cycle(&job)?.is_some_and(|open| open.id == id))).await
    }

    /// Asks whether the target answers as it should: the connection test. Where groups are provisioned they are asked for
    /// too. Somebody waits for the answer: what a server asks to wait for is waited for once.
    pub async fn test_connection(&self, job: &Job, trace: Trace) -> Result<u64, Failure> {
        let client = job.client.traced(trace.of_job(job.name())).repeating_at_most(TEST_REPEATS);
        for (kind, resource) in [(ObjectKind::User, Resource::Users), (ObjectKind::Group, Resource::Groups)] {
            if let Some(filter) = job.mapping(kind).and_then(|mapping| self.probe_filter(mapping)) {
                client.probe(resource, &filter).await?;
            }
        }
        Ok(client.requests())
    }

    /// What the expressions of a job see besides the object: the time, chance, and whether conditions are strict.
    pub(super) fn surroundings(&self, job: &Job) -> Surroundings<'_> {
        let strict_conditions = job.template.strict_conditions;
        Surroundings { strict_conditions, ..Surroundings::new(self.clock.now(), &self.chance) }
    }

    pub(super) fn probe_filter(&self, mapping: &ObjectMapping) -> Option<Filter> {
        let matching = mapping.matching();
        Some(Filter::equals(&matching.first()?.target.path, &self.chance.uuid().to_string()))
    }

    /// Closes the open cycle of a job, if there is one, slice by slice: it will not be resumed. What its guard was about to hold
    /// back is held back, and what was not walked to its end is judged anew by the next cycle. Only where it is still `meant`.
    pub(super) async fn abandon_cycle(
        &self,
        job: &str,
        meant: impl FnOnce(&Tables) -> Result<bool, StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (store, now, job) = (&self.store, self.clock.now(), job.to_owned());
        let name = job.clone();
        if !store.write(move |tables| Ok(meant(tables)? && tables.give_up_cycle(&name)?)).await? {
            return Ok(());
        }
        let name = job.clone();
        store.in_slices(move |tables| tables.take_back_work(&name, now, SLICE), SLICE).await?;
        let name = job.clone();
        let known = store.read(move |tables| tables.work_with_knowledge(&name)).await?;
        for slice in known.chunks(SLICE) {
            let (job, slice) = (job.clone(), slice.to_vec());
            store.write(move |tables| tables.forget_knowledge(&job, &slice)).await?;
        }
        store.write(move |tables| tables.close_cycle(&job, now)).await
    }

    /// The cycle that was interrupted, or a new one.
    async fn open_cycle(&self, job: &Job, state: &JobRow, initial: bool) -> Result<CycleRow, StoreError> {
        let name = job.name().to_owned();
        let open = self.store.read(move |tables| tables.open_cycle(&name)).await?;
        let fresh = initial || initial_reason(job, state, self.clock.now()).is_some();
        if let Some(open) = open {
            if is_resumable(job, &open, fresh) {
                return Ok(open);
            }
            self.abandon_cycle(job.name(), |_| Ok(true)).await?;
        }
        let kind = if fresh { CycleKind::Initial } else { CycleKind::Incremental };
        Ok(CycleRow {
            id: self.chance.uuid().to_string(),
            job: job.name().to_owned(),
            kind: kind.name().to_owned(),
            high: self.store.read(Tables::sequence).await?,
            fingerprint: job.cycle_fingerprint(),
            phase: Phase::Candidates,
            position: 0,
            guard: None,
            began: self.clock.now(),
            ended: None,
            state: None,
            counts: serde_json::to_string(&Tally::default())?,
            requests: 0,
            error: None,
        })
    }
}
