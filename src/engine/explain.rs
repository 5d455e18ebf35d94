//! *Explain*: what one job makes of one user or group, from the state as it is and without asking the target.
//!
//! In or out of scope and why, what it is connected to, what the mappings give, what was done last, and what is tried
//! again when. The decisions are those of the journey; nothing is sent and nothing is stored. Source: `spec/ENGINE.md` §6.

use super::{
    cycle::Engine,
    facts::Facts,
    job::{Job, SOURCE_NAME},
    lifecycle::{Intent, Rules, intent},
    plan::{self, Mapped},
    scope::{self, Scope},
};
use crate::{
    log::StepTexts,
    store::{ConnectionRow, ConnectionState, EscrowKind, EscrowRow, LogQuery, LogRow, ObjectRow, StoreError, WorkRow},
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// What one job makes of one object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The job.
    pub job: String,
    /// Whether the object is in scope; none: that cannot be told.
    pub in_scope: Option<bool>,
    /// Why it is out, or why it cannot be told.
    pub reason: Option<String>,
    /// On what grounds it is assigned: `directly`, `through the group Sales`, with the role where there is one.
    pub assigned: Vec<String>,
    /// What was looked at, as the log's scoping step has it.
    pub scoping: IndexMap<String, String>,
    /// What it is connected to.
    pub connection: Option<Connected>,
    /// What the next cycle that looks at it does.
    pub intent: &'static str,
    /// What the mappings give.
    pub values: Vec<MappedValue>,
    /// Why the mappings give nothing.
    pub mapping_error: Option<String>,
    /// The manager: the name, and the id at the target if linked.
    pub manager: Option<(String, Option<String>)>,
    /// Of a group: how many direct members it has, and how many of them the target was told of.
    pub members: Option<(u64, u64)>,
    /// The last record of the log about it.
    pub last: Option<LastRecord>,
    /// What failed and is tried again.
    pub retries: Vec<Retry>,
    /// Whether a create may have happened whose answer is not known.
    pub unanswered_create: bool,
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// The id at the target.
    pub target_id: String,
    /// `linked`, `suspended` or `released`.
    pub state: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// What one mapping gives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MappedValue {
    /// The target attribute.
    pub target: String,
    /// Where it comes from: an expression; none for the mapping type *None*.
    pub source: Option<String>,
    /// The value; none: nothing flows.
    pub value: Option<String>,
    /// Whether it is a matching attribute.
    pub matching: bool,
}

/// The last record about an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastRecord {
    /// Its id.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// What was done.
    pub action: String,
    /// How it went.
    pub status: String,
    /// Code and reason, unless it went well.
    pub reason: Option<String>,
}

/// What failed, and when it is tried again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// `object` or `reference`.
    pub kind: &'static str,
    /// Entra's code.
    pub code: String,
    /// What happened.
    pub reason: String,
    /// When it failed first.
    pub first_failure: Timestamp,
    /// How often it was tried again since.
    pub attempts: u32,
    /// When it is due.
    pub next_attempt: Timestamp,
}

/// What the state holds of an object for one job.
struct Held {
    facts: Facts,
    last: Option<LogRow>,
    manager: Option<(String, Option<String>)>,
    members: Option<(u64, u64)>,
}

impl Engine {
    /// Explains one object. None: the job does not provision objects of its kind.
    pub async fn explain(&self, job: &Arc<Job>, object: &ObjectRow) -> Result<Option<Explanation>, StoreError> {
        let Some(mapping) = job.mapping(object.kind) else { return Ok(None) };
        let Some(held) = self.held(job, object).await? else { return Ok(None) };
        let Held { mut facts, last, manager, members } = held;
        let texts = StepTexts {
            kind: object.kind.name(),
            name: object.name.clone(),
            source: SOURCE_NAME,
            target: job.template.title.clone(),
        };
        let scope = scope::decide(job, &facts);
        if let Ok(scope) = &scope {
            facts.attributes.set_soft_deleted(scope.is_soft_deleted());
        }
        let rules = Rules {
            mapping,
            soft_delete: job.template.soft_delete,
            skip_out_of_scope_deletions: job.settings.skip_out_of_scope_deletions,
        };
        let state = facts.connection.as_ref().map(|held| held.state);
        let intended = scope.as_ref().ok().map(|scope| intent(rules, object.kind, scope.ground_of(state), state));
        let mapped = plan::map(mapping, &facts, self.clock.now(), &self.chance, |_| true);
        Ok(Some(Explanation {
            job: job.name().to_owned(),
            in_scope: scope.as_ref().ok().map(|scope| scope.ground.is_none()),
            reason: match &scope {
                Ok(Scope { ground, .. }) => ground.map(|ground| ground.reason(&texts)),
                Err(error) => Some(error.to_string()),
            },
            assigned: assigned(&facts),
            scoping: scope.as_ref().map(|scope| scope.step(&texts).details).unwrap_or_default(),
            intent: intent_text(intended, state.is_some()),
            values: mapped.as_ref().map(values).unwrap_or_default(),
            mapping_error: mapped.err().map(|error| error.to_string()),
            manager,
            members,
            last: last.map(last_record),
            retries: [(EscrowKind::Object, &facts.escrow), (EscrowKind::Reference, &facts.reference_escrow)]
                .into_iter()
                .filter_map(|(kind, escrow)| Some(retry(kind, escrow.as_ref()?)))
                .collect(),
            unanswered_create: facts.attempt.is_some() && facts.connection.is_none(),
            connection: facts.connection.map(connected),
        }))
    }

    async fn held(&self, job: &Arc<Job>, object: &ObjectRow) -> Result<Option<Held>, StoreError> {
        let (job, object) = (job.clone(), object.clone());
        self.store
            .read(move |tables| {
                let page = vec![WorkRow { object: object.key, known: None }];
                let Some(facts) = Facts::read(tables, &job, page, EscrowKind::Object)?.into_iter().next() else {
                    return Ok(None);
                };
                let query = LogQuery {
                    job: Some(job.name().to_owned()),
                    object: Some(object.id.clone()),
                    limit: Some(1),
                    ..LogQuery::default()
                };
                let last = tables.records(&query)?.pop();
                let group = object.kind == crate::store::ObjectKind::Group;
                let members = group.then(|| tables.count_members(job.name(), object.key)).transpose()?;
                let manager = match facts.object.manager {
                    Some(key) => {
                        let linked = tables.connection(job.name(), key)?;
                        let linked = linked.filter(|held| held.state == ConnectionState::Linked);
                        tables.object(key)?.map(|manager| (manager.name, linked.map(|held| held.target_id)))
                    }
                    None => None,
                };
                Ok(Some(Held { facts, last, manager, members }))
            })
            .await
    }
}

fn assigned(facts: &Facts) -> Vec<String> {
    let ground = |entitlement: &crate::store::EntitlementRow| {
        let way = match &entitlement.group {
            Some(group) => format!("through the group {group}"),
            None => "directly".to_owned(),
        };
        if entitlement.role.is_empty() { way } else { format!("{way}, role {}", entitlement.role) }
    };
    facts.entitlements.iter().map(ground).collect()
}

/// What an intent means to a person.
fn intent_text(intent: Option<Intent>, connected: bool) -> &'static str {
    match intent {
        None => "it fails until that is mended",
        Some(Intent::Provision) if connected => "it is updated where the target differs",
        Some(Intent::Provision) => "it is matched, and created if the target has nothing that matches",
        Some(Intent::Disable(_)) => "it is disabled at the target",
        Some(Intent::Delete) => "it is deleted at the target",
        Some(Intent::Remember(_) | Intent::Forget) => "nothing is sent; it is no longer managed",
        Some(Intent::Skip | Intent::Nothing) => "nothing is sent",
    }
}

fn values(mapped: &Mapped<'_>) -> Vec<MappedValue> {
    mapped
        .shown()
        .map(|(line, value)| MappedValue {
            target: line.target.path.to_string(),
            source: line.source.as_ref().map(ToString::to_string),
            value,
            matching: line.matching.is_some(),
        })
        .collect()
}

fn last_record(row: LogRow) -> LastRecord {
    let reason = match (row.error_code, row.reason) {
        (Some(code), Some(reason)) => Some(format!("{code}: {}", reason.lines().next().unwrap_or_default())),
        (code, _) => code,
    };
    LastRecord { id: row.id, time: row.time, action: row.action, status: row.status, reason }
}

fn retry(kind: EscrowKind, escrow: &EscrowRow) -> Retry {
    Retry {
        kind: kind.name(),
        code: escrow.error_code.clone(),
        reason: escrow.error_text.lines().next().unwrap_or_default().to_owned(),
        first_failure: escrow.first_failure,
        attempts: escrow.attempts,
        next_attempt: escrow.next_attempt,
    }
}

fn connected(row: ConnectionRow) -> Connected {
    Connected { target_id: row.target_id, state: row.state.name(), since: row.since }
}
