//! *Explain*: what one job makes of one user or group, from the state as it is and without asking the target.
//!
//! In or out of scope and why, what it is connected to, what the mappings give, what was done last, and what is tried
//! again when. The decisions are those of the journey; nothing is sent and nothing is stored. Each mapping is evaluated by
//! itself, so that one that fails hides no other. Source: `spec/ENGINE.md` §6.

use super::{
    cycle::Engine,
    explanation::{Connected, Explanation, LastRecord, MappedValue, Moved, Rest, Retry},
    facts::Facts,
    job::{Job, SOURCE_NAME},
    lifecycle::{Intent, Rules, intent},
    plan::{self, Mapped},
    scope::{self, Scope},
};
use crate::{
    health::quarantine::Quarantine,
    log::StepTexts,
    mapping::{AttributeMapping, ObjectMapping},
    store::{
        ConnectionRow, ConnectionState, EscrowKind, EscrowRow, JobRow, LogQuery, LogRow, ObjectKind, ObjectRow,
        StoreError, WorkRow,
    },
};
use std::sync::Arc;

/// What the state holds of an object for one job.
struct Held {
    facts: Facts,
    job: Option<JobRow>,
    /// Whether the job has any connection.
    connected: bool,
    last: Option<LogRow>,
    manager: Option<(String, Option<String>)>,
    members: Option<(u64, u64)>,
}

impl Engine {
    /// Explains one object. None: the job does not provision objects of its kind.
    pub async fn explain(&self, job: &Arc<Job>, object: &ObjectRow) -> Result<Option<Explanation>, StoreError> {
        let Some(mapping) = job.mapping(object.kind) else { return Ok(None) };
        let Some(held) = self.held(job, object).await? else { return Ok(None) };
        let Held { mut facts, job: row, connected: any_connected, last, manager, members } = held;
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
        let values = self.values(job, mapping, &facts);
        let fails = match intended {
            None => true,
            Some(Intent::Provision) => values.iter().any(|value| value.error.is_some()),
            Some(_) => false,
        };
        Ok(Some(Explanation {
            job: job.name().to_owned(),
            rest: rest(job, row.as_ref())?,
            moved: row.as_ref().filter(|_| any_connected).and_then(|row| moved(job, row)),
            in_scope: scope.as_ref().ok().map(|scope| scope.ground.is_none()),
            reason: match &scope {
                Ok(Scope { ground, .. }) => ground.map(|ground| ground.reason(&texts)),
                Err(error) => Some(error.to_string()),
            },
            assigned: assigned(&facts),
            everybody: job.everybody(),
            scoping: scope.as_ref().map(|scope| scope.step(&texts).details).unwrap_or_default(),
            intent: match intended {
                Some(Intent::Skip | Intent::Nothing) if is_unanswered(&facts) => {
                    let linked = ConnectionState::Linked;
                    let ground = scope.as_ref().ok().and_then(|scope| scope.ground_of(Some(linked)));
                    recovery_text(intent(rules, object.kind, ground, Some(linked)))
                }
                Some(intended) if !fails => self.intent_text(job, intended, mapping, &facts),
                _ => "it fails until that is mended".to_owned(),
            },
            failing: fails || facts.escrow.is_some() || facts.reference_escrow.is_some(),
            values,
            manager,
            members,
            last: last.map(last_record),
            retries: [(EscrowKind::Object, &facts.escrow), (EscrowKind::Reference, &facts.reference_escrow)]
                .into_iter()
                .filter_map(|(kind, escrow)| Some(retry(kind, escrow.as_ref()?)))
                .collect(),
            unanswered_create: is_unanswered(&facts),
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
                let group = object.kind == ObjectKind::Group;
                let members = group.then(|| tables.count_members(job.name(), object.key)).transpose()?;
                let manager = match facts.object.manager {
                    Some(key) => {
                        let linked = tables.connection(job.name(), key)?;
                        let linked = linked.filter(|held| held.state == ConnectionState::Linked);
                        tables.object(key)?.map(|manager| (manager.name, linked.map(|held| held.target_id)))
                    }
                    None => None,
                };
                let (row, connected) = (tables.job(job.name())?, tables.has_connections(job.name())?);
                Ok(Some(Held { facts, job: row, connected, last, manager, members }))
            })
            .await
    }

    /// What each mapping gives, references aside.
    fn values(&self, job: &Job, mapping: &ObjectMapping, facts: &Facts) -> Vec<MappedValue> {
        let one = |line: &AttributeMapping| {
            let (value, error) = match self.map(job, mapping, facts, |other| other.target.path == line.target.path) {
                Ok(mapped) => (mapped.shown().next().and_then(|(_, value)| value), None),
                Err(error) => (None, Some(error.to_string())),
            };
            MappedValue {
                target: line.target.path.to_string(),
                source: line.source.as_ref().map(ToString::to_string),
                default: line.default.clone().filter(|_| value.is_none() && error.is_none()),
                value,
                error,
                matching: line.matching.is_some(),
            }
        };
        mapping.mappings.iter().filter(|line| !line.is_reference()).map(one).collect()
    }

    fn map<'m>(
        &self,
        job: &Job,
        mapping: &'m ObjectMapping,
        facts: &Facts,
        wanted: impl Fn(&AttributeMapping) -> bool,
    ) -> Result<Mapped<'m>, crate::mapping::FlowError> {
        plan::map(mapping, facts, &self.surroundings(job), wanted)
    }

    /// What an intent means to a person.
    fn intent_text(&self, job: &Job, intent: Intent, mapping: &ObjectMapping, facts: &Facts) -> String {
        let held_back = facts.staged.as_ref().is_some_and(|staged| !staged.allowed);
        if held_back && matches!(intent, Intent::Disable(_) | Intent::Delete) {
            let done = if intent == Intent::Delete { "deleted" } else { "disabled" };
            let name = job.name();
            return format!(
                "it is to be {done} at the target, which the deletion guard holds back until `jobs allow-deletes {name}`"
            );
        }
        let text = match intent {
            Intent::Provision => return self.provision_text(job, mapping, facts),
            Intent::Disable(_) => "it is disabled at the target",
            Intent::Delete => "it is deleted at the target",
            Intent::Remember(_) | Intent::Forget => "nothing is sent; it is no longer managed",
            Intent::Skip | Intent::Nothing => "nothing is sent",
        };
        text.to_owned()
    }

    /// How far an object in scope comes.
    fn provision_text(&self, job: &Job, mapping: &ObjectMapping, facts: &Facts) -> String {
        let Ok(mapped) = self.map(job, mapping, facts, |_| true) else { return String::new() };
        let actions = mapping.actions;
        let connected = facts.connection.is_some();
        let missing = mapped.missing_required(!connected);
        let asked = if connected { "read" } else { "matched" };
        if !connected && mapped.matching_values().is_empty() {
            let names: Vec<_> = mapping.matching().iter().map(|line| line.target.path.to_string()).collect();
            return format!("it is skipped, for no matching attribute has a value: {}", names.join(", "));
        }
        if !missing.is_empty() {
            return format!("it is {asked} and skipped, for what is required has no value: {}", missing.join(", "));
        }
        let text = match (connected, actions.create, actions.update) {
            (true, _, true) => "it is updated where the target differs",
            (true, _, false) => "it is read and left as it is: the target object action Update is switched off",
            (false, true, _) => "it is matched, and created if the target has nothing that matches",
            (false, false, _) => "it is matched, and not created: the target object action Create is switched off",
        };
        text.to_owned()
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

/// Whether a create may have happened whose answer is not known.
fn is_unanswered(facts: &Facts) -> bool {
    facts.attempt.is_some() && facts.connection.is_none()
}

/// What becomes of somebody out of scope whose create had no clear answer; `found` is the intent where it is at the target.
fn recovery_text(found: Intent) -> String {
    let then = match found {
        Intent::Disable(_) => "disabled",
        Intent::Delete => "deleted",
        Intent::Provision | Intent::Remember(_) | Intent::Forget | Intent::Skip | Intent::Nothing => "left as it is",
    };
    format!("it is looked for at the target: if it is there, it is linked and {then}; else nothing is sent")
}

/// Where the job's tenant URL leads, if that is not where its connections belong.
fn moved(job: &Job, row: &JobRow) -> Option<Moved> {
    let (before, now) = (&row.identity.target, job.client.target().identity());
    (before != now).then(|| Moved { before: before.clone(), now: now.to_owned() })
}

/// Why the job does not run on its schedule, if so.
fn rest(job: &Job, row: Option<&JobRow>) -> Result<Option<Rest>, StoreError> {
    let switched_off = (!job.settings.enabled).then(|| Rest { state: "SwitchedOff".to_owned(), next_attempt: None });
    let Some(row) = row else { return Ok(switched_off) };
    if row.schedule_state != "Active" {
        return Ok(Some(Rest { state: row.schedule_state.clone(), next_attempt: None }));
    }
    let quarantine: Option<Quarantine> = row.quarantine.as_deref().map(serde_json::from_str).transpose()?;
    let in_quarantine =
        |quarantine: Quarantine| Rest { state: "Quarantine".to_owned(), next_attempt: Some(quarantine.next_attempt) };
    Ok(switched_off.or(quarantine.map(in_quarantine)))
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
