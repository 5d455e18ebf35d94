//! Provision on demand: one user, or one group with a few of its members, at once.
//!
//! It is the same journey with five differences, all of them Entra's: it always speaks the legacy dialect and leaves roles
//! out ([`Job::on_demand`]); it matches by query even where a connection is stored, and works on from that answer; it
//! disables nobody who is disabled or deleted at the source, and restores nobody; it sends those members of a group only
//! that are named; and it leaves the watermark, the quarantine and the cycle alone. What it finds out is stored like a
//! cycle's: connection, escrow, a record in the log.
//!
//! The members of a group are in `named_members`.
//!
//! A cycle that runs meanwhile goes on after it: both take turns, a page of objects at a time. A matching query that finds
//! nobody does not make a second account of a connected object: then the stored id is asked for, as in a cycle.
//!
//! Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §4.2, `spec/WIRE.md` §2.

use super::{
    announcement::is_narrowing,
    counts::Tally,
    cycle::{Engine, PageTurns},
    facts::Facts,
    job::Job,
    journey::{End, Journey},
    outcome::{self, Effect, Outcome},
    plan,
    progress::Unobserved,
    result::{CycleError, CycleKind},
    scope::{Ground, Scope},
    verdict,
    walk::{Walk, resource_of},
};
use crate::{
    log::{Status, StepTexts, StepType},
    mapping::AttributeMapping,
    scim::{answer::resource_id, filter::Filter, path::Path, trace::Trace},
    store::{
        ConnectionState, EscrowKind, JobRow, ObjectKind, ObjectRow, ObjectState, Phase, StoreError, Tables, WorkRow,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Arc, Mutex, atomic::AtomicBool};
use tokio_util::sync::CancellationToken;

/// How many members of a group one run takes.
pub const MOST_MEMBERS: usize = 5;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct DemandRequest {
    /// A user or a group.
    pub kind: ObjectKind,
    /// Its id or name.
    pub name: String,
    /// The members of the group that are meant: ids or names.
    pub members: Vec<String>,
    /// Where the requests are traced.
    pub trace: Trace,
    /// The turns that it takes with the job's cycles.
    pub turns: PageTurns,
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum DemandError {
    /// The directory has no such object.
    #[error("the directory has no {} `{name}`; give its id or its name as the files have it", kind.name().to_lowercase())]
    Unknown {
        /// User or group.
        kind: ObjectKind,
        /// What was asked for.
        name: String,
    },
    /// Several objects go by the name.
    #[error("{count} {}s are called `{name}`; give the id of the one that is meant", kind.name().to_lowercase())]
    Ambiguous {
        /// User or group.
        kind: ObjectKind,
        /// What was asked for.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// Too many members are named.
    #[error(
        "a run on demand takes {MOST_MEMBERS} members at most, and {0} are named; leave the others to the next cycle"
    )]
    TooManyMembers(usize),
    /// The job does not provision groups.
    #[error("the mapping of job `{0}` does not provision groups; switch its `[groups]` on, or ask for a user")]
    NoGroups(String),
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a run on demand ended, in the word that Graph has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DemandOutcome {
    /// What was to be done is done.
    Success,
    /// There was a reason to do nothing.
    Skipped,
    /// Something failed.
    Failure,
}

/// What came of a run on demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemandResult {
    /// The job.
    pub job: String,
    /// What people call its application.
    pub title: String,
    /// The user principal name, or the group's display name.
    pub name: String,
    /// How it ended.
    pub outcome: DemandOutcome,
    /// Why the target could not even be asked.
    pub connection: Option<CycleError>,
    /// The ids of its records in the log: about the object, then about its references.
    pub records: Vec<String>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl Engine {
    /// Provisions one object on demand. A failing target is a result; an error is something that was not tried at all.
    pub async fn provision_on_demand(&self, job: &Job, request: DemandRequest) -> Result<DemandResult, DemandError> {
        if request.members.len() > MOST_MEMBERS {
            return Err(DemandError::TooManyMembers(request.members.len()));
        }
        if job.mapping(request.kind).is_none() {
            return Err(DemandError::NoGroups(job.name().to_owned()));
        }
        let object = self.named(request.kind, &request.name).await?;
        let mut members: Vec<ObjectRow> = Vec::new();
        for name in &request.members {
            let member = self.named(ObjectKind::User, name).await?;
            if members.iter().all(|known| known.key != member.key) {
                members.push(member);
            }
        }
        let job = Arc::new(job.on_demand());
        self.finish_forgetting(job.name()).await?;
        let run = self.chance.uuid().to_string();
        let state = self.job_state(&job).await?;
        let stop = CancellationToken::new();
        let walk = Walk {
            engine: self,
            job: &job,
            client: job.client.traced(request.trace.of_job(job.name()).of_cycle(&run)),
            cycle: run,
            kind: CycleKind::Incremental,
            watermark: state.watermark,
            every_escrow: true,
            tally: Mutex::new(Tally::default()),
            earlier_requests: 0,
            claimed: Mutex::default(),
            halted: AtomicBool::new(false),
            listening: tokio::sync::Mutex::default(),
            narrowing: is_narrowing(&job, &state),
            on_demand: true,
            turns: request.turns,
            observer: &Unobserved,
            stop: &stop,
        };
        let mut result = DemandResult {
            job: job.name().to_owned(),
            title: job.template.title.clone(),
            name: object.name.clone(),
            outcome: DemandOutcome::Success,
            connection: None,
            records: Vec::new(),
            notes: Vec::new(),
        };
        if let Err(super::walk::Stop::Target(failure)) = walk.probe().await {
            let mut error = verdict::cycle_error(&failure);
            error.message = job.mask.text(&error.message).into_owned();
            result.outcome = DemandOutcome::Failure;
            result.connection = Some(error);
            return Ok(result);
        }
        self.remember_job(state).await?;
        let _turn = walk.turns.next().await;
        let mut records = walk.provision_one(object.key).await?;
        if request.kind == ObjectKind::Group {
            records.extend(walk.send_named_members(object.key, &members, &mut result.notes).await?);
        }
        result.outcome = outcome_of(records.iter().map(|(_, status)| *status));
        result.records = records.into_iter().map(|(id, _)| id).collect();
        Ok(result)
    }

    /// Keeps the names of a job that may never have run, or not with this tenant URL: what is about to be connected belongs
    /// to the target that it has now. What a cycle decides stays as it is.
    async fn remember_job(&self, state: JobRow) -> Result<(), StoreError> {
        let remember = move |tables: &Tables| {
            let row = match tables.job(&state.identity.name)? {
                Some(stored) => JobRow { identity: state.identity, ..stored },
                None => state,
            };
            tables.put_job(&row)
        };
        self.store.write(remember).await
    }

    async fn named(&self, kind: ObjectKind, name: &str) -> Result<ObjectRow, DemandError> {
        let wanted = name.to_owned();
        let found = self.store.read(move |tables| tables.objects_named(&wanted)).await?;
        let mut found: Vec<_> = found.into_iter().filter(|object| object.kind == kind).collect();
        let live = found.iter().filter(|object| object.state == ObjectState::Live).count();
        match (found.len(), live) {
            (0, _) => Err(DemandError::Unknown { kind, name: name.to_owned() }),
            // Live objects come first.
            (1, _) | (_, 1) => Ok(found.swap_remove(0)),
            (count, _) => Err(DemandError::Ambiguous { kind, name: name.to_owned(), count }),
        }
    }
}

/// What became of the records that a run made: the id and the status of each.
pub(super) type Recorded = Vec<(String, Status)>;

impl Walk<'_> {
    pub(super) async fn facts(&self, work: WorkRow, escrow: EscrowKind) -> Result<Option<Facts>, StoreError> {
        let job = self.job.clone();
        let page = self.engine.store.read(move |tables| Facts::read(tables, &job, vec![work], escrow)).await?;
        Ok(page.into_iter().next())
    }

    /// Sends one object on its journey, and a user's manager after it.
    async fn provision_one(&self, object: i64) -> Result<Recorded, StoreError> {
        let mut recorded = Vec::new();
        let Some(facts) = self.facts(WorkRow { object, known: None }, EscrowKind::Object).await? else {
            return Ok(recorded);
        };
        let kind = facts.object.kind;
        if let Some(refusal) = self.refusal(&facts)? {
            return self.store_aside(object, kind, refusal).await;
        }
        let phase = match kind {
            ObjectKind::User => Phase::Users,
            ObjectKind::Group => Phase::Groups,
        };
        let mut reference = None;
        for facts in self.begin_attempts(phase, vec![facts]).await?.into_iter().flatten() {
            let Some(journey) = Journey::begin(self, facts) else { continue };
            let mut outcome = journey.travel(phase).await?;
            outcome.effects.retain(|effect| match effect {
                Effect::AddWork(Phase::References, work) => {
                    reference = Some(work.clone());
                    false
                }
                _ => true,
            });
            recorded.extend(statuses(&outcome));
            self.record(phase, object, kind, outcome).await?;
        }
        if let Some(work) = reference
            && let Some(facts) = self.facts(work, EscrowKind::Reference).await?
        {
            let outcome = self.walk_reference(facts).await?;
            recorded.extend(statuses(&outcome));
            self.record(Phase::References, object, kind, outcome).await?;
        }
        Ok(recorded)
    }

    /// What a run on demand does not do: disable those who are disabled or deleted at the source, and restore anybody.
    fn refusal(&self, facts: &Facts) -> Result<Option<Outcome>, StoreError> {
        let Some(mut journey) = Journey::begin(self, facts.clone()) else { return Ok(None) };
        let scope = match journey.scope() {
            Ok(scope) => scope,
            Err(End::Store(error)) => return Err(error),
            Err(End::Done(_)) => return Ok(None),
        };
        let Some(reason) = refusal_text(&scope, facts, &journey.texts) else { return Ok(None) };
        journey.import();
        journey.draft.steps.push(scope.step_on_demand(&journey.texts));
        let step = journey.texts.skip(StepType::Scoping, "EntrySynchronizationSkipped", reason, None);
        journey.draft.steps.push(step);
        let mut outcome = journey.skipped("EntrySynchronizationSkipped");
        outcome.effects.clear();
        Ok(Some(outcome))
    }

    /// Stores an outcome that leaves open what a cycle has to do about the object.
    pub(super) async fn store_aside(
        &self,
        object: i64,
        kind: ObjectKind,
        outcome: Outcome,
    ) -> Result<Recorded, StoreError> {
        let recorded = statuses(&outcome).collect();
        let job = self.job.clone();
        let write = move |tables: &Tables| {
            outcome::store(tables, job.name(), object, kind, &outcome, &|text| job.mask.text(text).into_owned())
        };
        self.engine.store.write(write).await?;
        Ok(recorded)
    }
}

impl Journey<'_> {
    /// The connected object, found by the matching attributes instead of its id. None: no query finds it, or its matching
    /// values cannot be made, which keeps nobody active.
    pub(super) async fn found_again(&mut self, target_id: &str) -> Result<Option<Value>, End> {
        let engine = self.walk.engine;
        let matching = |line: &AttributeMapping| line.matching.is_some();
        let Ok(mapped) = plan::map(self.mapping, &self.facts, &engine.surroundings(self.walk.job), matching) else {
            return Ok(None);
        };
        for (path, value) in mapped.matching_values() {
            let Ok(path) = path.parse::<Path>() else { continue };
            let filter = Filter::equals(&path, &value);
            let found = self.client().find(resource_of(self.facts.object.kind), &filter).await;
            let list = found.map_err(|failure| self.unanswered(crate::log::Action::Disable, &failure))?;
            if let Some(found) = list.resources.into_iter().find(|found| resource_id(found) == Some(target_id)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// Why a run on demand leaves the object to the next cycle, if it does.
fn refusal_text(scope: &Scope, facts: &Facts, texts: &StepTexts) -> Option<String> {
    let StepTexts { kind, name, .. } = texts;
    if let (Some(ground), Some(staged)) = (scope.ground, &facts.staged)
        && !staged.allowed
    {
        let reason = ground.reason(texts);
        return Some(format!("{reason}; the {} is held back by the deletion guard until it is allowed", staged.action));
    }
    match (scope.ground, facts.connection.as_ref().map(|held| held.state)) {
        (None, Some(ConnectionState::Suspended | ConnectionState::Released)) => Some(format!(
            "{kind} '{name}' was disabled at the target before; a run on demand restores nobody, the next cycle does"
        )),
        (Some(ground), state) if !ground.is_out_of_scope() => {
            // Whoever is not at the target, or disabled there already, has nothing to be done about.
            let is_active_there = match state {
                Some(state) => state == ConnectionState::Linked || ground == Ground::Purged,
                None => facts.attempt.is_some(),
            };
            let reason = ground.reason(texts);
            is_active_there.then(|| {
                format!(
                    "{reason}; a run on demand neither disables nor deletes for that, and leaves it to the next cycle"
                )
            })
        }
        _ => None,
    }
}

fn statuses(outcome: &Outcome) -> impl Iterator<Item = (String, Status)> + '_ {
    outcome.records.iter().map(|record| (record.id.clone(), record.status))
}

/// The whole run failed if anything did, and did something if anything was done.
fn outcome_of(statuses: impl Iterator<Item = Status>) -> DemandOutcome {
    let mut outcome = DemandOutcome::Skipped;
    for status in statuses {
        match status {
            Status::Failure => return DemandOutcome::Failure,
            Status::Success | Status::Warning => outcome = DemandOutcome::Success,
            Status::Skipped => {}
        }
    }
    outcome
}
