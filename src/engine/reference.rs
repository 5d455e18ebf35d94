//! The phase of references: managers, once both ends exist.
//!
//! The target's value comes from the last read of the user; where that is not known (after an interruption, or for a retry)
//! the user is read again. A manager who is out of scope is left out, and stays so until a restart, unless the job follows
//! late references; one whose own create failed makes an escrow of kind *reference*.
//!
//! No manager is a null, and nulls do not flow: whom the target has, though the source never had anybody, stays. Cleared is
//! only a manager who was removed at the source since the job looked at the user before (noted with the connection).
//! Source: `spec/WIRE.md` §4, §6, `spec/MAPPINGS.md` §5, `spec/HEALTH.md` §1.
//!
//! A user of whom nothing but the manager may change has one record, and it is written here: the journey so far comes with
//! the work ([`KnownReference`]), and ends in an update, a failure, or the skip that it would have been without a manager.

use super::{
    facts::Facts,
    outcome::{Draft, Effect, Outcome, Trouble},
    walk::{Walk, resource_of},
};
use crate::{
    config::ManagerRemoval,
    log::{Action, ErrorCategory, ErrorInformation, ModifiedProperty, Record, Status, Step},
    mapping::AttributeMapping,
    scim::{
        failure::{Failure, FailureKind},
        patch::{self, Change, OperationKind},
        resource,
    },
    store::{ConnectionState, EscrowKind, Phase, StoreError, WorkRow},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an earlier phase learnt of a user's manager at the target, kept with the work as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct KnownReference {
    /// The id that the target holds.
    pub(super) held: Option<String>,
    /// The steps of a journey on which nothing else flowed, and whose record is still to be written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) journey: Vec<Step>,
}

impl KnownReference {
    fn of(facts: &Facts) -> Option<Self> {
        facts.known.as_deref().and_then(|known| serde_json::from_str(known).ok())
    }
}

/// What the manager shall be at the target.
enum Wanted {
    /// This target object.
    Linked(String),
    /// Nobody any more.
    Nobody,
    /// As it is: there never was a manager, or there is one who is not at the target, or whom the directory does not know.
    LeftAlone,
    /// As it is for now: an import took the manager out of scope since the cycle looked.
    Unseen,
    /// Somebody whose own create failed.
    Failed(String),
}

impl Walk<'_> {
    /// Brings one user's manager into step.
    pub(super) async fn walk_reference(&self, facts: Facts) -> Result<Outcome, StoreError> {
        let known = KnownReference::of(&facts);
        let mut outcome = self.send_reference(&facts, known.as_ref()).await?;
        if let Some(known) = known.filter(|known| outcome.records.is_empty() && !known.journey.is_empty()) {
            outcome.records.push(self.nothing_flowed(&facts, known.journey));
        }
        Ok(outcome)
    }

    /// The record of a user for whom nothing at all was to be sent.
    fn nothing_flowed(&self, facts: &Facts, journey: Vec<Step>) -> Record {
        let mut draft = Draft::begin(self, facts);
        let redundant = self.texts(facts).redundant();
        let error = ErrorInformation {
            code: "RedundantExport".to_owned(),
            category: ErrorCategory::NonServiceFailure,
            reason: redundant.description.clone(),
            recommended_action: None,
        };
        draft.steps.extend(journey);
        draft.steps.push(redundant);
        draft.finish(self, facts, Action::Other, Status::Skipped, Some(error))
    }

    /// Whether the phase of references may find another manager to be written than the target's `held`, as far as is known
    /// now: it will, or who is wanted there has not had their turn yet.
    pub(super) async fn may_change_manager(&self, facts: &Facts, held: Option<&str>) -> Result<bool, StoreError> {
        Ok(match (self.wanted_manager(facts).await?, facts.object.manager) {
            (Wanted::Linked(manager), _) => held != Some(manager.as_str()),
            (Wanted::Nobody, _) => held.is_some(),
            (Wanted::Failed(_), _) => true,
            (Wanted::LeftAlone, Some(manager)) => {
                let job = self.job.name().to_owned();
                let awaits_turn =
                    self.engine.store.read(move |tables| tables.has_work(&job, Phase::Users, manager)).await?;
                // A turn that ended between the two looks has linked them, or failed.
                awaits_turn || matches!(self.wanted_manager(facts).await?, Wanted::Linked(_) | Wanted::Failed(_))
            }
            (Wanted::LeftAlone, None) | (Wanted::Unseen, _) => false,
        })
    }

    async fn send_reference(&self, facts: &Facts, known: Option<&KnownReference>) -> Result<Outcome, StoreError> {
        let settled = || Outcome { effects: vec![Effect::RemoveEscrow(EscrowKind::Reference)], ..Outcome::default() };
        let settled_without = || {
            let mut outcome = settled();
            outcome.effects.push(Effect::NoteManager(false));
            outcome
        };
        let Some(line) = self.job.template.users.manager() else { return Ok(settled()) };
        let linked = facts.connection.as_ref().filter(|held| held.state == ConnectionState::Linked);
        let Some(target_id) = linked.map(|held| held.target_id.clone()) else { return Ok(settled()) };
        if !self.job.template.users.actions.update {
            return Ok(settled());
        }
        if self.is_left_out(facts.object.key).await? {
            return Ok(settled());
        }
        let mut draft = self.reference_draft(facts);
        draft.steps.extend(known.iter().flat_map(|known| known.journey.clone()));
        let wanted = self.wanted_manager(facts).await?;
        match wanted {
            Wanted::LeftAlone => return Ok(settled()),
            Wanted::Unseen => {
                let again = WorkRow { object: facts.object.key, known: None };
                return Ok(Outcome { effects: vec![Effect::AddWork(Phase::References, again)], ..settled() });
            }
            Wanted::Linked(_) | Wanted::Nobody | Wanted::Failed(_) => {}
        }
        let held = match self.held_reference(facts, known, line, &target_id).await {
            Ok(held) => held,
            Err(failure) => return Ok(self.reference_failed(facts, draft, failure)),
        };
        let change = match &wanted {
            Wanted::LeftAlone | Wanted::Unseen => return Ok(settled()),
            Wanted::Failed(name) => return Ok(self.unresolved(facts, draft, "manager", std::slice::from_ref(name))),
            Wanted::Linked(manager) if held.as_deref() == Some(manager.as_str()) => return Ok(settled()),
            Wanted::Nobody if held.is_none() => return Ok(settled_without()),
            Wanted::Linked(manager) => manager_change(line, OperationKind::Add, manager),
            Wanted::Nobody => match self.job.settings.manager_removal {
                ManagerRemoval::None => return Ok(settled()),
                ManagerRemoval::Remove => manager_change(line, OperationKind::Remove, ""),
                ManagerRemoval::Empty => manager_change(line, OperationKind::Replace, ""),
            },
        };
        if let Wanted::Linked(manager) = &wanted {
            match self.holds_manager(facts, &target_id, manager).await {
                Ok(true) => return Ok(settled()),
                Ok(false) => {}
                Err(failure) => return Ok(self.reference_unchecked(facts, draft, failure)),
            }
        }
        draft.modified = vec![ModifiedProperty {
            display_name: line.target.path.to_string(),
            old_value: held,
            new_value: change.value.as_str().map(str::to_owned),
        }];
        let body = patch::body(self.job.dialect(), &[change]);
        match self.client_for(facts.object.kind).patch(resource_of(facts.object.kind), &target_id, &body).await {
            Ok(_) => {
                let texts = self.texts(facts);
                draft.steps.push(texts.export(
                    "EntryExportUpdate",
                    "updated",
                    false,
                    super::plan::written(&draft.modified),
                ));
                let record = draft.finish(self, facts, Action::Update, Status::Success, None);
                let settled = if matches!(wanted, Wanted::Nobody) { settled_without() } else { settled() };
                Ok(Outcome { records: vec![record], ..settled })
            }
            Err(failure) => Ok(self.reference_failed(facts, draft, failure)),
        }
    }

    /// The draft of a record about references; a retry says so first.
    pub(super) fn reference_draft(&self, facts: &Facts) -> Draft {
        let mut draft = Draft::begin(self, facts);
        draft
            .steps
            .extend(facts.escrow.as_ref().map(|before| super::import_step::retry_step(&self.texts(facts), before)));
        draft
    }

    /// The target's present manager: what the last read said, or a read now.
    async fn held_reference(
        &self,
        facts: &Facts,
        known: Option<&KnownReference>,
        line: &AttributeMapping,
        target_id: &str,
    ) -> Result<Option<String>, Failure> {
        if let Some(known) = known {
            return Ok(known.held.clone());
        }
        let current = self.client_for(facts.object.kind).read(resource_of(facts.object.kind), target_id).await?;
        Ok(resource::read_reference(&current, &line.target.path).map(str::to_owned))
    }

    async fn wanted_manager(&self, facts: &Facts) -> Result<Wanted, StoreError> {
        let Some(manager) = facts.object.manager else {
            let removed = facts.named_manager() && !facts.object.names_manager;
            return Ok(if removed { Wanted::Nobody } else { Wanted::LeftAlone });
        };
        let job = self.job.name().to_owned();
        let (connection, object, failed) = self
            .engine
            .store
            .read(move |tables| {
                Ok((
                    tables.connection(&job, manager)?,
                    tables.object(manager)?,
                    tables.escrow(&job, manager, EscrowKind::Object)?.is_some(),
                ))
            })
            .await?;
        let name = object.map(|object| object.name).unwrap_or_default();
        Ok(match connection.filter(|held| held.state == ConnectionState::Linked) {
            _ if self.is_unseen_leaver(manager).await? => Wanted::Unseen,
            _ if self.is_left_out(manager).await? => Wanted::LeftAlone,
            Some(held) => Wanted::Linked(held.target_id),
            None if failed => Wanted::Failed(name),
            None => Wanted::LeftAlone,
        })
    }

    /// A request about a reference failed.
    pub(super) fn reference_failed(&self, facts: &Facts, draft: Draft, failure: Failure) -> Outcome {
        let mut trouble = Trouble::from(&failure);
        if failure.kind == FailureKind::NotFound {
            "InvalidAnchor".clone_into(&mut trouble.code);
        }
        self.reference_in_trouble(facts, draft, trouble, failure)
    }

    /// The target could not say whether it holds a reference. That it knows no such address says nothing of the object.
    pub(super) fn reference_unchecked(&self, facts: &Facts, draft: Draft, failure: Failure) -> Outcome {
        self.reference_in_trouble(facts, draft, Trouble::from(&failure), failure)
    }

    fn reference_in_trouble(&self, facts: &Facts, mut draft: Draft, trouble: Trouble, failure: Failure) -> Outcome {
        let texts = self.texts(facts);
        draft.steps.push(texts.export("EntryExportUpdate", "updated", true, super::plan::written(&draft.modified)));
        let (effect, error) = self.escrow(facts, EscrowKind::Reference, Action::Update, trouble);
        let record = draft.finish(self, facts, Action::Update, Status::Failure, Some(error));
        let halt = failure.stops_cycle().then_some(failure);
        Outcome { records: vec![record], effects: vec![effect], halt }
    }

    /// Somebody who is referred to could not be created yet.
    pub(super) fn unresolved(&self, facts: &Facts, mut draft: Draft, reference: &str, names: &[String]) -> Outcome {
        let texts = self.texts(facts);
        draft.steps.push(texts.unresolved(reference, names));
        let trouble = Trouble::new(
            "UnableToResolveReferenceAttributeValue",
            format!(
                "{} could not be created at the target yet, so it cannot be the {reference} of '{}'",
                names.join(", "),
                facts.object.name
            ),
            Some("see the failure of the object that is referred to; this follows as soon as it is linked"),
        );
        let (effect, error) = self.escrow(facts, EscrowKind::Reference, Action::Update, trouble);
        let record = draft.finish(self, facts, Action::Update, Status::Failure, Some(error));
        Outcome { records: vec![record], effects: vec![effect], halt: None }
    }
}

fn manager_change(line: &AttributeMapping, kind: OperationKind, target_id: &str) -> Change {
    let value = if kind == OperationKind::Remove { Value::Null } else { Value::from(target_id) };
    Change::new(kind, &line.target.path, value)
}
