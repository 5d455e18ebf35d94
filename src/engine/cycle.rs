//! A cycle: from the probe to the watermark.
//!
//! 1. *Probe*: a query that nothing should pass. Bad credentials or an endpoint that is no SCIM stop here, in quarantine.
//! 2. *Open*: resume the cycle that was interrupted, or begin one: initial if the job has no watermark, if its mappings or
//!    filters changed, or if it is asked for; else incremental. Its candidates are gathered in the work table.
//! 3. *Judge* the candidates' scope, which sends each to its phase (`candidates`).
//! 4. *Walk* the phases, page by page. Before creates leave, a page's attempts are on the disk.
//! 5. *End*: the watermark becomes the change number at which the cycle began, in one transaction with the end.
//!
//! A page is finished before a stop is heeded; so nothing is in the air when the process ends. Source: `spec/ENGINE.md` §3,
//! §5, §10.

use super::{
    counts::Counts,
    facts::Facts,
    job::{Job, SOURCE_NAME},
    journey::Journey,
    outcome::{self, Outcome},
    progress::{Observer, Progress},
    result::{CycleError, CycleKind, CycleResult, CycleState},
    verdict::{self, Verdict},
};
use crate::{
    chance::Chance,
    clock::{SharedClock, elapsed},
    health::{
        HealthRules,
        quarantine::{CycleFigures, Quarantine, Reason, judge},
    },
    log::StepTexts,
    scim::{client::Client, failure::Failure, filter::Filter, query::Resource, trace::Trace},
    store::{AttemptRow, CycleRow, EscrowKind, JobRow, ObjectKind, Phase, Reach, Store, StoreError, Tables, WorkRow},
};
use futures_util::{StreamExt as _, stream};
use indexmap::IndexMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// How many objects are walked between two looks at the world.
const PAGE: usize = 256;
/// How many old records one slice of the pruning removes.
const PRUNED_AT_ONCE: usize = 5_000;

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
}

/// A cycle on its way.
pub(super) struct Walk<'w> {
    pub(super) engine: &'w Engine,
    pub(super) job: &'w Arc<Job>,
    pub(super) client: Client,
    pub(super) cycle: String,
    pub(super) kind: CycleKind,
    /// Whether escrows are due whatever their time: a try out of quarantine.
    pub(super) every_escrow: bool,
    pub(super) counts: Mutex<Counts>,
    observer: &'w dyn Observer,
    stop: &'w CancellationToken,
}

/// Why a cycle does not go on.
enum Stop {
    /// The target cannot be worked with.
    Target(Box<Failure>),
    /// It was asked to stop.
    Asked,
    /// The state file failed.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
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
        let began = self.clock.now();
        let mut state = self.job_state(job).await?;
        if state.anchor.is_none() {
            state.anchor = Some(began);
        }
        let quarantine: Option<Quarantine> = state.quarantine.as_deref().map(serde_json::from_str).transpose()?;
        let mut row = self.open_cycle(job, &state, request.initial).await?;
        let trace = request.trace.of_job(job.name()).of_cycle(&row.id);
        let walk = Walk {
            engine: self,
            job,
            client: job.client.traced(trace),
            cycle: row.id.clone(),
            kind: CycleKind::parse(&row.kind),
            every_escrow: quarantine.is_some(),
            counts: Mutex::new(serde_json::from_str(&row.counts).unwrap_or_default()),
            observer,
            stop,
        };
        let earlier_requests = row.requests;
        let span = tracing::info_span!("cycle", job = job.name(), id = %row.id, kind = walk.kind.name());
        let ended = tracing::Instrument::instrument(walk.run(&mut row, &state), span).await;
        row.requests = earlier_requests + walk.client.requests();
        row.counts = serde_json::to_string(&walk.counts())?;
        let outcome = match ended {
            Ok(()) => self.complete(&walk, row, state, quarantine.as_ref()).await?,
            Err(Stop::Target(failure)) => self.fail(&walk, row, state, quarantine.as_ref(), &failure).await?,
            Err(Stop::Asked) => {
                let stored = row.clone();
                self.store.write(move |tables| tables.put_cycle(&stored).and_then(|()| tables.put_job(&state))).await?;
                Ended { row, state: CycleState::Failed, error: None, quarantine, interrupted: true }
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        Ok(CycleResult {
            job: job.name().to_owned(),
            cycle_id: outcome.row.id,
            kind: walk.kind,
            state: outcome.state,
            counts: walk.counts(),
            requests: outcome.row.requests,
            duration_ms: u64::try_from(elapsed(self.clock.as_ref(), began).as_millis()).unwrap_or(u64::MAX),
            error: outcome.error,
            quarantine: outcome.quarantine,
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

    /// Asks whether the target answers as it should: the connection test. Where groups are provisioned they are asked for
    /// too.
    pub async fn test_connection(&self, job: &Job, trace: Trace) -> Result<u64, Failure> {
        let client = job.client.traced(trace.of_job(job.name()));
        for (kind, resource) in [(ObjectKind::User, Resource::Users), (ObjectKind::Group, Resource::Groups)] {
            if let Some(filter) = job.mapping(kind).and_then(|mapping| self.probe_filter(mapping)) {
                client.probe(resource, &filter).await?;
            }
        }
        Ok(client.requests())
    }

    fn probe_filter(&self, mapping: &crate::mapping::ObjectMapping) -> Option<Filter> {
        let matching = mapping.matching();
        Some(Filter::equals(&matching.first()?.target.path, &self.chance.uuid().to_string()))
    }

    /// The cycle that was interrupted, or a new one.
    async fn open_cycle(&self, job: &Job, state: &JobRow, initial: bool) -> Result<CycleRow, StoreError> {
        let name = job.name().to_owned();
        let open = self.store.read(move |tables| tables.open_cycle(&name)).await?;
        let widened = state.scope.as_deref() == Some("assigned") && job.everybody();
        let fresh =
            initial || state.watermark.is_none() || widened || state.fingerprint.as_ref() != Some(&job.fingerprint);
        if let Some(open) = open {
            let resumable = open.fingerprint == job.fingerprint && (open.kind == "initial" || !fresh);
            if resumable {
                return Ok(open);
            }
            self.abandon(open).await?;
        }
        let kind = if fresh { CycleKind::Initial } else { CycleKind::Incremental };
        Ok(CycleRow {
            id: self.chance.uuid().to_string(),
            job: job.name().to_owned(),
            kind: kind.name().to_owned(),
            high: self.store.read(Tables::sequence).await?,
            fingerprint: job.fingerprint.clone(),
            phase: Phase::Candidates,
            position: 0,
            began: self.clock.now(),
            ended: None,
            state: None,
            counts: serde_json::to_string(&Counts::default())?,
            requests: 0,
            error: None,
        })
    }

    /// Closes a cycle that will not be resumed: the mappings changed meanwhile, or a restart was asked for.
    async fn abandon(&self, mut row: CycleRow) -> Result<(), StoreError> {
        row.ended = Some(self.clock.now());
        row.state = Some("Abandoned".to_owned());
        self.store
            .write(move |tables| {
                tables.clear_work(&row.job)?;
                tables.put_cycle(&row)
            })
            .await
    }

    /// Stores the good end of a cycle, and judges the job's health by its figures.
    async fn complete(
        &self,
        walk: &Walk<'_>,
        mut row: CycleRow,
        mut state: JobRow,
        before: Option<&Quarantine>,
    ) -> Result<Ended, StoreError> {
        let now = self.clock.now();
        let counts = walk.counts();
        let job = walk.job.name().to_owned();
        let escrows = {
            let job = job.clone();
            self.store.read(move |tables| tables.count_escrows(&job)).await?
        };
        let figures = CycleFigures {
            operations: counts.operations(),
            failures: counts.failure,
            escrows: escrows.objects,
            reference_escrows: escrows.references,
        };
        let reason = judge(&self.rules, figures);
        let initial = walk.kind == CycleKind::Initial;
        let mut prune = false;
        let (cycle_state, quarantine) = match reason {
            Some(reason) if !initial => {
                let message = format!(
                    "{} of {} operations failed in this cycle, and {} escrows are outstanding",
                    counts.failure,
                    counts.operations(),
                    escrows.objects + escrows.references
                );
                let error = (reason.name().to_owned(), message);
                (CycleState::Quarantine, Some(Quarantine::impose(before, reason, error, now)))
            }
            pruned => {
                prune = pruned.is_some();
                let failed = counts.failure > 0;
                (if failed { CycleState::EntryLevelErrors } else { CycleState::Succeeded }, None)
            }
        };
        if prune {
            state.escrows_pruned = true;
            "Paused".clone_into(&mut state.schedule_state);
        }
        if counts.is_nothing() && escrows.objects + escrows.references == 0 {
            state.steady_last = Some(now);
            state.steady_first = state.steady_first.or(Some(now));
        }
        state.watermark = Some(row.high);
        state.fingerprint = Some(row.fingerprint.clone());
        if initial || state.scope.is_none() {
            state.scope = Some(walk.job.settings.scope.name().to_owned());
        }
        state.successive_failures = 0;
        state.quarantine = quarantine.as_ref().map(serde_json::to_string).transpose()?;
        row.ended = Some(now);
        row.state = Some(cycle_state.name().to_owned());
        let stored = row.clone();
        self.store
            .write_durably(move |tables| {
                tables.clear_work(&job)?;
                if prune {
                    tables.clear_escrows(&job)?;
                }
                tables.put_cycle(&stored)?;
                tables.put_job(&state)?;
                tables.forget_removed_edges()?;
                tables.forget_purged().map(drop)
            })
            .await?;
        self.prune_log().await?;
        Ok(Ended { row, state: cycle_state, error: None, quarantine, interrupted: false })
    }

    /// Stores a cycle that the target stopped. Where its work had begun it stays open, to be taken up again.
    async fn fail(
        &self,
        walk: &Walk<'_>,
        mut row: CycleRow,
        mut state: JobRow,
        before: Option<&Quarantine>,
        failure: &Failure,
    ) -> Result<Ended, StoreError> {
        let now = self.clock.now();
        let mut error = verdict::cycle_error(failure);
        error.message = walk.job.mask.text(&error.message).into_owned();
        let quarantine = match verdict::of(failure) {
            Verdict::Quarantine => {
                let told = (error.code.clone(), error.message.clone());
                Some(Quarantine::impose(before, Reason::EncounteredQuarantineException, told, now))
            }
            Verdict::Fail => before.cloned(),
        };
        if let Some(quarantine) = &quarantine
            && quarantine.is_over(&self.rules, now)
        {
            "Disabled".clone_into(&mut state.schedule_state);
        }
        state.successive_failures += 1;
        state.quarantine = quarantine.as_ref().map(serde_json::to_string).transpose()?;
        let ended = if quarantine.is_some() { CycleState::Quarantine } else { CycleState::Failed };
        row.error = Some((error.code.clone(), error.message.clone()));
        let begun = row.phase != Phase::Candidates || row.position > 0;
        if !begun {
            row.ended = Some(now);
            row.state = Some(ended.name().to_owned());
        }
        let stored = row.clone();
        self.store
            .write(move |tables| {
                tables.put_cycle(&stored)?;
                tables.put_job(&state)
            })
            .await?;
        Ok(Ended { row, state: ended, error: Some(error), quarantine, interrupted: false })
    }

    /// Removes records past their retention, slice by slice, so that no write waits long.
    async fn prune_log(&self) -> Result<(), StoreError> {
        let life = jiff::SignedDuration::from_hours(i64::from(self.log_retention_days) * 24);
        let before = self.clock.now().checked_sub(life).unwrap_or(jiff::Timestamp::MIN);
        while self.store.write(move |tables| tables.prune_records(before, PRUNED_AT_ONCE)).await? == PRUNED_AT_ONCE {}
        self.store.write(move |tables| tables.prune_cycles(before)).await.map(drop)
    }
}

struct Ended {
    row: CycleRow,
    state: CycleState,
    error: Option<CycleError>,
    quarantine: Option<Quarantine>,
    interrupted: bool,
}

impl Walk<'_> {
    /// The endpoint of a kind of object.
    #[expect(clippy::unused_self, reason = "reads as a property of the walk where it is used")]
    pub(super) fn resource(&self, kind: ObjectKind) -> Resource {
        match kind {
            ObjectKind::User => Resource::Users,
            ObjectKind::Group => Resource::Groups,
        }
    }

    /// The names that an object's steps speak of.
    pub(super) fn texts(&self, facts: &Facts) -> StepTexts {
        StepTexts {
            kind: facts.object.kind.name(),
            name: facts.object.name.clone(),
            source: SOURCE_NAME,
            target: self.job.template.title.clone(),
        }
    }

    /// What was done so far.
    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, row: &mut CycleRow, state: &JobRow) -> Result<(), Stop> {
        self.probe().await?;
        self.gather(row, state).await?;
        let first = row.phase;
        for phase in Phase::ALL.into_iter().filter(|phase| *phase >= first) {
            if phase != row.phase {
                (row.phase, row.position) = (phase, 0);
            }
            self.walk_phase(row, phase).await?;
        }
        Ok(())
    }

    async fn probe(&self) -> Result<(), Stop> {
        let filter = self.engine.probe_filter(&self.job.template.users);
        let Some(filter) = filter else { return Ok(()) };
        self.client.probe(Resource::Users, &filter).await.map_err(|failure| Stop::Target(Box::new(failure)))
    }

    /// Gathers the candidates of a new cycle; a resumed one has its work already.
    async fn gather(&self, row: &CycleRow, state: &JobRow) -> Result<(), StoreError> {
        let job = self.job.name().to_owned();
        let resumed = self.engine.store.read(move |tables| tables.open_cycle(&job)).await?;
        if resumed.is_some_and(|open| open.id == row.id) {
            return Ok(());
        }
        let reach = Reach {
            job: self.job.name().to_owned(),
            application: self.job.application.to_lowercase(),
            everybody: self.job.everybody(),
            groups: self.job.template.enabled_groups().is_some(),
            high: row.high,
        };
        let (row, state) = (row.clone(), state.clone());
        let (kind, now, every_escrow) = (self.kind, row.began, self.every_escrow);
        self.engine
            .store
            .write(move |tables| {
                match (kind, state.watermark) {
                    (CycleKind::Incremental, Some(watermark)) => {
                        tables.gather_incremental(&reach, watermark, now, every_escrow)?;
                    }
                    _ => {
                        if state.watermark.is_none() {
                            tables.forget_stale_members(&reach.job)?;
                        }
                        tables.gather_initial(&reach)?;
                    }
                }
                tables.put_cycle(&row)?;
                tables.put_job(&state)
            })
            .await
    }

    async fn walk_phase(&self, row: &mut CycleRow, phase: Phase) -> Result<(), Stop> {
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
            let (job, position) = (row.job.clone(), row.position);
            let page = self.engine.store.read(move |tables| tables.work_page(&job, phase, position, PAGE)).await?;
            let Some(last) = page.last().map(|work| work.object) else { break };
            let size = u64::try_from(page.len()).unwrap_or(u64::MAX);
            self.walk_page(phase, page).await?;
            row.position = last;
            row.requests = row.requests.max(self.client.requests());
            row.counts = serde_json::to_string(&self.counts()).map_err(StoreError::from)?;
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

    async fn walk_page(&self, phase: Phase, page: Vec<WorkRow>) -> Result<(), Stop> {
        let escrow = match phase {
            Phase::Memberships | Phase::References => EscrowKind::Reference,
            Phase::Candidates | Phase::Leavers | Phase::Users | Phase::Groups => EscrowKind::Object,
        };
        let job = self.job.clone();
        let facts = self.engine.store.read(move |tables| Facts::read(tables, &job, page, escrow)).await?;
        if phase == Phase::Candidates {
            return self.judge_candidates(facts).await.map_err(Stop::Store);
        }
        let lanes = match phase {
            Phase::Users | Phase::Groups => self.begin_attempts(facts).await?,
            _ => facts.into_iter().map(|facts| vec![facts]).collect(),
        };
        let ended: Vec<Result<(), Stop>> = stream::iter(lanes)
            .map(|lane| async move {
                for facts in lane {
                    self.walk_one(phase, facts).await?;
                }
                Ok(())
            })
            .buffer_unordered(self.job.settings.max_in_flight)
            .collect()
            .await;
        ended.into_iter().collect()
    }

    /// Puts on the disk what is about to be created, and sorts the page into lanes: objects with the same first matching
    /// value go one after another.
    async fn begin_attempts(&self, page: Vec<Facts>) -> Result<Vec<Vec<Facts>>, StoreError> {
        let mut lanes: IndexMap<String, Vec<Facts>> = IndexMap::new();
        let mut attempts: Vec<(ObjectKind, AttemptRow)> = Vec::new();
        for facts in page {
            let key = facts.object.key;
            let mut lane = format!("object {key}");
            if facts.connection.is_none()
                && let Some(mut journey) = Journey::begin(self, facts.clone())
                && journey.scope().is_ok()
            {
                let values = journey.matching_values().unwrap_or_default();
                if let Some((_, value)) = values.first() {
                    lane = format!("value {}", value.to_lowercase());
                }
                if facts.attempt.is_none() && !values.is_empty() {
                    let matching = serde_json::to_string(&values)?;
                    attempts.push((facts.object.kind, AttemptRow { object: key, matching }));
                }
            }
            lanes.entry(lane).or_default().push(facts);
        }
        if !attempts.is_empty() {
            let (job, now) = (self.job.name().to_owned(), self.engine.clock.now());
            self.engine
                .store
                .write_durably(move |tables| {
                    attempts.iter().try_for_each(|(kind, attempt)| tables.put_attempt(&job, *kind, attempt, now))
                })
                .await?;
        }
        Ok(lanes.into_values().collect())
    }

    async fn walk_one(&self, phase: Phase, facts: Facts) -> Result<(), Stop> {
        let (object, kind) = (facts.object.key, facts.object.kind);
        let outcome = match phase {
            Phase::Memberships => self.walk_members(facts).await?,
            Phase::References => self.walk_reference(facts).await?,
            Phase::Candidates | Phase::Leavers | Phase::Users | Phase::Groups => match Journey::begin(self, facts) {
                Some(journey) => journey.travel().await?,
                None => return Ok(()),
            },
        };
        let halt = self.record(object, kind, outcome).await?;
        match halt {
            Some(failure) => Err(Stop::Target(Box::new(failure))),
            None => Ok(()),
        }
    }

    /// *Record*: connection, escrow and provisioning records, in one transaction.
    pub(super) async fn record(
        &self,
        object: i64,
        kind: ObjectKind,
        outcome: Outcome,
    ) -> Result<Option<Failure>, StoreError> {
        for record in &outcome.records {
            self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(record);
            tracing::debug!(
                object = record.source.name,
                action = record.action.name(),
                status = record.status.name(),
                error = record.error.as_ref().map(|error| error.code.as_str()),
                "recorded"
            );
        }
        let job = self.job.clone();
        let (outcome, halt) = (Outcome { halt: None, ..outcome }, outcome.halt);
        self.engine
            .store
            .write(move |tables| {
                let mask = |text: &str| job.mask.text(text).into_owned();
                outcome::store(tables, job.name(), object, kind, &outcome, &mask)
            })
            .await?;
        Ok(halt)
    }
}
