//! Announcing an initial cycle before it begins: why it is one, how large it is about, and how fast it goes about.
//!
//! Its candidates are gathered as the cycle gathers them and judged by scope as the cycle judges them, a page at a time;
//! nothing is asked of the target, and nothing is stored. Reads are an estimate: a connected object is read once, and
//! anybody else is taken to be found or missed by one query. Writes are a bound: whoever is in scope may need one, each
//! manager another, and each group as many more as its members make batches. The pace is that of an earlier cycle, or
//! else what Entra asks an application to bear. Source: `spec/ENGINE.md` §3, §5.

use super::{
    cycle::Engine,
    facts::Facts,
    job::Job,
    lifecycle::{Intent, Rules, intent},
    result::CycleState,
    scope,
    walk::reach,
};
use crate::{
    config::{ScopeChange, ScopeSetting},
    store::{ConnectionState, CoveredScope, CycleRow, EscrowKind, JobRow, ObjectKind, StoreError, Tables, WorkRow},
};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// How many candidates are judged in one read of the state.
const PAGE: usize = 256;
/// How many earlier cycles are looked at for their pace.
const EARLIER_CYCLES: usize = 20;
/// A cycle of fewer requests says nothing about the pace: its start and end weigh too much.
const TELLING_REQUESTS: u64 = 20;
/// The pace that is assumed of a job that has none yet, in requests a second.
const ENTRA_PACE: f64 = 25.0;

/// Why a cycle looks at everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum InitialReason {
    /// No cycle of the job has come to its end yet.
    First,
    /// Its mappings or filters are others than those of the last cycle.
    MappingsChanged,
    /// Its watermark was forgotten.
    Restarted,
    /// Its last good cycle is so long ago that the directory no longer has all that changed since.
    Expired,
    /// Everybody is in its scope now, and was not before.
    ScopeWidened,
    /// Only the assigned are in its scope now, and the job wants that at once.
    ScopeNarrowed,
}

/// How fast requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedPace {
    /// Requests a second.
    pub requests_per_second: f64,
    /// Whether an earlier cycle of the job was that fast.
    pub measured: bool,
}

/// What is to be expected of an initial cycle.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// Why it is initial.
    pub reason: InitialReason,
    /// How many requests read, about: the probe among them.
    pub reads: u64,
    /// How many requests write, at most.
    pub writes_at_most: u64,
    /// How fast.
    pub pace: ExpectedPace,
}

impl Announcement {
    /// How long the cycle takes, about, in seconds.
    pub fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
        let requests = (self.reads + self.writes_at_most) as f64;
        requests / self.pace.requests_per_second
    }
}

/// Why the job's next cycle must look at everybody; none: its watermark holds.
pub(super) fn initial_reason(job: &Job, state: &JobRow, now: Timestamp) -> Option<InitialReason> {
    match (&state.watermark, &state.fingerprint) {
        (None, None) => Some(InitialReason::First),
        (None, Some(_)) => Some(InitialReason::Restarted),
        (Some(_), known) if known.as_ref() != Some(&job.fingerprint) => Some(InitialReason::MappingsChanged),
        (Some(_), _) if state.watermark_at.is_none_or(|at| at < job.kept_since(now)) => Some(InitialReason::Expired),
        (Some(_), _) => scope_reason(job, state.scope),
    }
}

fn scope_reason(job: &Job, covered: Option<CoveredScope>) -> Option<InitialReason> {
    match (covered?, job.settings.scope) {
        (CoveredScope::All, ScopeSetting::All) | (CoveredScope::Assigned, ScopeSetting::Assigned) => None,
        (CoveredScope::Assigned | CoveredScope::Narrowing, ScopeSetting::All) => Some(InitialReason::ScopeWidened),
        (CoveredScope::All | CoveredScope::Narrowing, ScopeSetting::Assigned) => {
            (job.settings.scope_change == ScopeChange::Restart).then_some(InitialReason::ScopeNarrowed)
        }
    }
}

/// Whether only the assigned are in the job's scope now, and its cycles so far were for everybody.
pub(super) fn is_narrowing(job: &Job, state: &JobRow) -> bool {
    let wider = matches!(state.scope, Some(CoveredScope::All | CoveredScope::Narrowing));
    wider && job.settings.scope == ScopeSetting::Assigned
}

/// Whether a cycle that was interrupted goes on. `fresh`: everybody is to be looked at.
pub(super) fn is_resumable(job: &Job, open: &CycleRow, fresh: bool) -> bool {
    open.fingerprint == job.cycle_fingerprint() && (open.kind == "initial" || !fresh)
}

impl Engine {
    /// What the job's next cycle will be like, if it is an initial one on the directory as last imported. None also where a
    /// cycle is under way, and where the job refuses to run because its target has moved.
    pub async fn announce(&self, job: &Arc<Job>) -> Result<Option<Announcement>, StoreError> {
        let state = self.job_state(job).await?;
        let Some(reason) = initial_reason(job, &state, self.clock.now()) else { return Ok(None) };
        let (name, now) = (job.name().to_owned(), job.client.target().identity().to_owned());
        let looked_at = job.clone();
        let (candidates, cycles) = self
            .store
            .read(move |tables| {
                let moved = tables.job(&name)?.is_some_and(|row| row.identity.target != now);
                let open = tables.open_cycle(&name)?;
                if open.is_some_and(|open| is_resumable(&looked_at, &open, true))
                    || (moved && tables.has_connections(&name)?)
                {
                    return Ok((None, Vec::new()));
                }
                let reach = reach(&looked_at, tables.sequence()?);
                Ok((Some(tables.initial_candidates(&reach)?), tables.cycles(&name, EARLIER_CYCLES)?))
            })
            .await?;
        let Some(candidates) = candidates else { return Ok(None) };
        let mut announcement = Announcement { reason, reads: 1, writes_at_most: 0, pace: pace(job, &cycles) };
        for page in candidates.chunks(PAGE) {
            let page = page.iter().map(|object| WorkRow { object: *object, known: None }).collect();
            let job = job.clone();
            let (reads, writes) = self.store.read(move |tables| expected(tables, &job, page)).await?;
            announcement.reads += reads;
            announcement.writes_at_most += writes;
        }
        Ok(Some(announcement))
    }
}

/// The requests for a page of candidates: reads, and writes at most.
fn expected(tables: &Tables, job: &Job, page: Vec<WorkRow>) -> Result<(u64, u64), StoreError> {
    let (mut reads, mut writes) = (0, 0);
    for facts in Facts::read(tables, job, page, EscrowKind::Object)? {
        let (read, write) = expected_of(tables, job, &facts)?;
        reads += read;
        writes += write;
    }
    Ok((reads, writes))
}

fn expected_of(tables: &Tables, job: &Job, facts: &Facts) -> Result<(u64, u64), StoreError> {
    let (Some(mapping), Ok(scope)) = (job.mapping(facts.object.kind), scope::decide(job, facts)) else {
        return Ok((0, 0));
    };
    let rules = Rules {
        mapping,
        soft_delete: job.template.soft_delete,
        skip_out_of_scope_deletions: job.settings.skip_out_of_scope_deletions,
    };
    let state: Option<ConnectionState> = facts.connection.as_ref().map(|held| held.state);
    Ok(match intent(rules, facts.object.kind, scope.ground_of(state), state) {
        Intent::Provision => (1, 1 + expected_references(tables, job, facts)?),
        Intent::Disable(_) => (1, 1),
        Intent::Delete => (0, 1),
        // It may have been created without our knowing: it is looked for, and disabled if it is there.
        _ if state.is_none() && facts.attempt.is_some() => (1, 1),
        Intent::Remember(_) | Intent::Forget | Intent::Skip | Intent::Nothing => (0, 0),
    })
}

/// The requests for a user's manager or for a group's members, at most.
fn expected_references(tables: &Tables, job: &Job, facts: &Facts) -> Result<u64, StoreError> {
    let Some(mapping) = job.mapping(facts.object.kind).filter(|mapping| mapping.actions.update) else { return Ok(0) };
    Ok(match facts.object.kind {
        ObjectKind::User => u64::from(mapping.manager().is_some() && facts.object.manager.is_some()),
        ObjectKind::Group if mapping.members().is_some() => {
            let batch = u64::try_from(job.settings.member_batch).unwrap_or(u64::MAX).max(1);
            let (added, removed) = tables.count_members_to_send(job.name(), facts.object.key)?;
            added.div_ceil(batch) + removed.div_ceil(batch)
        }
        ObjectKind::Group => 0,
    })
}

/// The pace of the last cycle that was large enough to tell, within the job's limit.
fn pace(job: &Job, cycles: &[CycleRow]) -> ExpectedPace {
    let limit = job.settings.requests_per_second;
    let ended = [CycleState::Succeeded, CycleState::EntryLevelErrors].map(CycleState::name);
    let mut telling = cycles.iter().filter(|cycle| {
        cycle.requests >= TELLING_REQUESTS && cycle.state.as_deref().is_some_and(|state| ended.contains(&state))
    });
    let measured = telling.find_map(requests_per_second);
    let requests_per_second = measured.or(limit).unwrap_or(ENTRA_PACE);
    ExpectedPace {
        requests_per_second: limit.map_or(requests_per_second, |limit| requests_per_second.min(limit)),
        measured: measured.is_some(),
    }
}

fn requests_per_second(cycle: &CycleRow) -> Option<f64> {
    let seconds = cycle.ended?.duration_since(cycle.began).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    let requests = cycle.requests as f64;
    (seconds > 0.0).then(|| requests / seconds)
}
