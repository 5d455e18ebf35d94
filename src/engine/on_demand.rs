//! Provision on demand: one user, or one group with a few of its members, at once.
//!
//! It is the same journey with five differences, all of them Entra's: it always speaks the legacy dialect and leaves roles
//! out ([`Job::on_demand`]); it matches by query even where a connection is stored, and works on from that answer; it
//! disables nobody who is disabled or deleted at the source, and restores nobody; it sends those members of a group only
//! that are named; and it leaves the watermark, the quarantine and the cycle alone. What it finds out is stored like a
//! cycle's: connection, escrow, a record in the log.
//!
//! A cycle that runs meanwhile goes on after it: both take turns, a page of objects at a time. A matching query that finds
//! nobody does not make a second account of a connected object: then the stored id is asked for, as in a cycle.
//!
//! Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §4.2, `spec/WIRE.md` §2.

use super::{
    counts::Tally,
    cycle::{Engine, PageTurns},
    facts::Facts,
    job::Job,
    journey::{End, Journey},
    outcome::{self, Effect, Outcome},
    progress::Unobserved,
    result::{CycleError, CycleKind},
    scope::{Ground, Scope},
    verdict,
    walk::{Walk, resource_of},
};
use crate::{
    log::{Status, StepType},
    scim::{answer::resource_id, filter::Filter, path::Path, trace::Trace},
    store::{
        ConnectionState, EscrowKind, MemberChange, MemberRow, ObjectKind, ObjectRow, ObjectState, Phase, StoreError,
        Tables, WorkRow,
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
        let mut members = Vec::new();
        for name in &request.members {
            members.push(self.named(ObjectKind::User, name).await?);
        }
        let job = Arc::new(job.on_demand());
        let run = self.chance.uuid().to_string();
        let watermark = self.job_state(&job).await?.watermark;
        let stop = CancellationToken::new();
        let walk = Walk {
            engine: self,
            job: &job,
            client: job.client.traced(request.trace.of_job(job.name()).of_cycle(&run)),
            cycle: run,
            kind: CycleKind::Incremental,
            watermark,
            every_escrow: true,
            tally: Mutex::new(Tally::default()),
            earlier_requests: 0,
            claimed: Mutex::default(),
            halted: AtomicBool::new(false),
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
        let _turn = walk.turns.next().await;
        let mut records = walk.provision_one(object.key).await?;
        if request.kind == ObjectKind::Group {
            records.extend(walk.send_named_members(object.key, &members, &mut result.notes).await?);
        }
        result.outcome = outcome_of(records.iter().map(|(_, status)| *status));
        result.records = records.into_iter().map(|(id, _)| id).collect();
        Ok(result)
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
type Recorded = Vec<(String, Status)>;

impl Walk<'_> {
    async fn facts(&self, work: WorkRow, escrow: EscrowKind) -> Result<Option<Facts>, StoreError> {
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
        for facts in self.begin_attempts(vec![facts]).await?.into_iter().flatten() {
            let Some(journey) = Journey::begin(self, facts) else { continue };
            let mut outcome = journey.travel().await?;
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
        let state = facts.connection.as_ref().map(|held| held.state);
        let Some(reason) = refusal_text(&scope, state) else { return Ok(None) };
        journey.import();
        journey.draft.steps.push(scope.step_on_demand(&journey.texts));
        let described = format!("{} '{}' {reason}", journey.texts.kind, journey.texts.name);
        let step = journey.texts.skip(StepType::Scoping, "EntrySynchronizationSkipped", described, None);
        journey.draft.steps.push(step);
        let mut outcome = journey.skipped("EntrySynchronizationSkipped");
        outcome.effects.clear();
        Ok(Some(outcome))
    }

    /// Stores an outcome that leaves open what a cycle has to do about the object.
    async fn store_aside(&self, object: i64, kind: ObjectKind, outcome: Outcome) -> Result<Recorded, StoreError> {
        let recorded = statuses(&outcome).collect();
        let job = self.job.clone();
        let write = move |tables: &Tables| {
            outcome::store(tables, job.name(), object, kind, &outcome, &|text| job.mask.text(text).into_owned())
        };
        self.engine.store.write(write).await?;
        Ok(recorded)
    }

    /// Brings the named members of a group into step, and no others.
    async fn send_named_members(
        &self,
        group: i64,
        members: &[ObjectRow],
        notes: &mut Vec<String>,
    ) -> Result<Recorded, StoreError> {
        let mut recorded = Vec::new();
        let Some(facts) = self.facts(WorkRow { object: group, known: None }, EscrowKind::Reference).await? else {
            return Ok(recorded);
        };
        let linked = facts.connection.as_ref().filter(|held| held.state == ConnectionState::Linked);
        let mapping = self.job.template.enabled_groups().filter(|mapping| mapping.actions.update);
        let (Some(target_id), Some(line)) =
            (linked.map(|held| held.target_id.clone()), mapping.and_then(|mapping| mapping.members()))
        else {
            return Ok(recorded);
        };
        let job = self.job.name().to_owned();
        let (to_remove, to_add) = self
            .engine
            .store
            .read(move |tables| Ok((tables.members_to_remove(&job, group)?, tables.members_to_add(&job, group)?)))
            .await?;
        let path = line.target.path.to_string();
        let named = |rows: Vec<MemberRow>| -> Vec<MemberRow> {
            rows.into_iter().filter(|row| members.iter().any(|member| member.key == row.member)).collect()
        };
        let mut left: Vec<&ObjectRow> = members.iter().collect();
        for (change, batch) in [(MemberChange::Removed, named(to_remove)), (MemberChange::Added, named(to_add))] {
            if batch.is_empty() {
                continue;
            }
            left.retain(|member| batch.iter().all(|row| row.member != member.key));
            let mut outcome = Outcome::default();
            let sent = self.send_members(&facts, &target_id, &path, change, &batch, &mut outcome).await;
            recorded.extend(self.store_aside(group, ObjectKind::Group, outcome).await?);
            if sent.is_err() {
                break;
            }
        }
        for member in left {
            notes.push(self.why_left_out(group, member).await?);
        }
        Ok(recorded)
    }

    async fn why_left_out(&self, group: i64, member: &ObjectRow) -> Result<String, StoreError> {
        let (job, key) = (self.job.name().to_owned(), member.key);
        let (in_group, linked) = self
            .engine
            .store
            .read(move |tables| {
                let held = tables.connection(&job, key)?;
                Ok((tables.is_member(group, key)?, held.is_some_and(|held| held.state == ConnectionState::Linked)))
            })
            .await?;
        let name = &member.name;
        Ok(match (in_group, linked) {
            (false, _) => format!("`{name}` is not a direct member of the group, and was not one at the target"),
            (true, false) => format!("`{name}` is not provisioned yet and was left out; provision the user first"),
            (true, true) => format!("`{name}` is a member at the target already"),
        })
    }
}

impl Journey<'_> {
    /// The connected object, found by the matching attributes instead of its id.
    pub(super) async fn found_again(&mut self, target_id: &str) -> Result<Option<Value>, End> {
        for (path, value) in self.matching_values()? {
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

/// Why a run on demand does nothing for an object with this scope and connection.
fn refusal_text(scope: &Scope, state: Option<ConnectionState>) -> Option<&'static str> {
    match (scope.ground, state) {
        (Some(Ground::Deleted | Ground::Purged), _) => Some(
            "is deleted in the source directory; a run on demand neither disables nor deletes it, the next cycle does",
        ),
        (Some(Ground::Disabled), _) => {
            Some("is not active in the source directory; a run on demand does not disable it, the next cycle does")
        }
        (None, Some(ConnectionState::Suspended | ConnectionState::Released)) => {
            Some("was disabled at the target before; a run on demand does not restore it, the next cycle does")
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
