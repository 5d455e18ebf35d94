//! One object's journey: import, scope, map, match, plan, export; what comes of it is recorded by the caller.
//!
//! Every user and every group goes this one way. The decisions (`scope`, `lifecycle`, `plan`) are plain functions; here
//! their answers are carried out, one request after another, and written into the draft of the record.

use super::{
    attempt::Learnt,
    changes::Changes,
    facts::Facts,
    lifecycle::{Intent, Rules, intent},
    outcome::{Draft, Effect, Outcome, Trouble},
    plan::{self, Mapped, written},
    redaction::redaction_of,
    reference::KnownReference,
    scope::{self, Scope},
    walk::{Walk, resource_of},
};
use crate::{
    log::{Action, Step, StepTexts},
    mapping::{ConversionError, FlowError, ObjectMapping},
    scim::{
        answer::holds_members,
        failure::{Failure, FailureKind},
        patch,
        redaction::Redaction,
        resource,
    },
    store::{ConnectionState, EscrowKind, ObjectKind, Phase, StoreError, WorkRow},
};
use serde_json::Value;

/// A journey on its way.
pub(super) struct Journey<'w> {
    pub(super) walk: &'w Walk<'w>,
    pub(super) facts: Facts,
    pub(super) mapping: &'w ObjectMapping,
    pub(super) texts: StepTexts,
    pub(super) draft: Draft,
    pub(super) effects: Vec<Effect>,
    /// Whether it began with an attempt beside no connection: what that made, if anything, is no new departure.
    pub(super) recovering: bool,
    /// Whether it began with an attempt beside a connection of one whom we disabled: they may be active without our knowing.
    pub(super) reopened: bool,
    /// Whether it would be in scope if it were active, once that is decided.
    pub(super) entitled: bool,
    /// Whether something may have happened whose answer is not known: only then the attempt outlives the journey.
    pub(super) attempt_stands: bool,
    /// Matching paths and values that the target was asked for already, and had nothing.
    pub(super) in_vain: Vec<(String, String)>,
    /// What the target holds, where an attempt was just found there.
    pub(super) recovered: Option<Value>,
    /// What no request of the journey may show.
    pub(super) redaction: Redaction,
}

/// How a journey ends early.
pub(super) enum End {
    /// With this outcome.
    Done(Box<Outcome>),
    /// The state file failed.
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<'w> Journey<'w> {
    /// Begins with what is known of the object. `None`: its kind is not provisioned by the job, and is left alone.
    pub(super) fn begin(walk: &'w Walk<'w>, facts: Facts) -> Option<Self> {
        let mapping = walk.job.mapping(facts.object.kind)?;
        let draft = Draft::begin(walk, &facts);
        let attempt_stands = facts.attempt.is_some();
        let (recovered, in_vain) = Learnt::of(&facts).parted();
        let linked = facts.connection.is_some();
        let is_disabled = facts.connection.as_ref().is_some_and(|held| held.state != ConnectionState::Linked);
        Some(Self {
            recovering: attempt_stands && !linked,
            reopened: attempt_stands && is_disabled,
            walk,
            mapping,
            redaction: redaction_of(mapping),
            texts: walk.texts(&facts),
            facts,
            draft,
            effects: Vec::new(),
            entitled: true,
            attempt_stands,
            in_vain,
            recovered: recovered.filter(|_| linked),
        })
    }

    /// Goes the whole way.
    pub(super) async fn travel(mut self, phase: Phase) -> Result<Outcome, StoreError> {
        let mut outcome = match self.stages(phase).await {
            Ok(outcome) => outcome,
            Err(End::Done(outcome)) => *outcome,
            Err(End::Store(error)) => return Err(error),
        };
        if !self.attempt_stands {
            outcome.effects.push(Effect::RemoveAttempt);
        }
        Ok(outcome)
    }

    async fn stages(&mut self, phase: Phase) -> Result<Outcome, End> {
        self.import();
        if self.facts.connection.is_none() {
            self.recover_attempt().await?;
        }
        let scope = self.scope()?;
        if self.facts.connection.is_none() && self.matching_values()?.is_empty() {
            return Ok(self.import_skipped());
        }
        let scoping = if self.walk.on_demand { scope.step_on_demand(&self.texts) } else { scope.step(&self.texts) };
        self.draft.steps.push(scoping);
        let state = self.facts.connection_state();
        match intent(self.rules(), self.facts.object.kind, scope.ground_of(state), state) {
            Intent::Provision if phase == Phase::Leavers => Ok(self.passed_on()),
            Intent::Provision => self.provision().await,
            Intent::Disable(_) | Intent::Delete if !self.may_leave(phase) => Ok(self.left_to_the_guard()),
            Intent::Disable(state) => self.disable(state).await,
            Intent::Delete => self.delete().await,
            Intent::Remember(state) => {
                self.set_connection_state(state);
                self.attempt_stands = false;
                Ok(self.skipped_for(&scope))
            }
            Intent::Forget => {
                self.effects.push(Effect::ForgetConnection);
                self.attempt_stands = false;
                Ok(self.skipped_for(&scope))
            }
            Intent::Skip if state.is_some() => Ok(self.left_alone(&scope)),
            Intent::Skip => Ok(self.skipped_for(&scope)),
            // Whoever asks is told why nothing is done.
            Intent::Nothing if self.walk.on_demand => Ok(self.skipped_for(&scope)),
            Intent::Nothing => {
                self.effects.push(Effect::RemoveEscrow(EscrowKind::Object));
                Ok(Outcome { effects: std::mem::take(&mut self.effects), ..Outcome::default() })
            }
        }
    }

    /// The settings that the lifecycle's table depends on.
    pub(super) fn rules(&self) -> Rules<'w> {
        let job = self.walk.job;
        Rules {
            mapping: self.mapping,
            soft_delete: job.template.soft_delete,
            skip_out_of_scope_deletions: job.settings.skip_out_of_scope_deletions,
        }
    }

    /// Decides about scope, which also settles what `IsSoftDeleted` reads; what comes of it is noted with the connection.
    /// A filter that cannot be evaluated fails the object: it may neither be let in nor taken away.
    pub(super) fn scope(&mut self) -> Result<Scope, End> {
        match scope::decide(self.walk.job, &self.facts) {
            Ok(scope) => {
                self.facts.attributes.set_soft_deleted(scope.is_soft_deleted());
                self.note_scope(&scope);
                Ok(scope)
            }
            Err(error) => {
                let advice = "change the scoping filter, or the value in the source directory";
                let trouble = Trouble::new("ScopingFilterFailed", error.to_string(), Some(advice));
                self.draft.steps.push(self.texts.mapping_failed(&trouble.reason));
                Err(End::Done(Box::new(self.failed(Action::Other, trouble))))
            }
        }
    }

    /// The values of the matching attributes. An expression that fails there fails the object.
    pub(super) fn matching_values(&mut self) -> Result<Vec<(String, String)>, End> {
        let mapped = self.map(|line| line.matching.is_some())?;
        Ok(mapped.matching_values())
    }

    fn map(&mut self, wanted: impl Fn(&crate::mapping::AttributeMapping) -> bool) -> Result<Mapped<'w>, End> {
        let engine = self.walk.engine;
        let surroundings = engine.surroundings(self.walk.job);
        let mapped =
            plan::map(self.mapping, &self.facts, &surroundings, wanted).map_err(|error| self.unmappable(&error))?;
        self.hide_given(&mapped);
        Ok(mapped)
    }

    fn unmappable(&mut self, error: &FlowError) -> End {
        let reason = error.to_string();
        self.draft.steps.push(self.texts.mapping_failed(&reason));
        let code = match error {
            FlowError::Conversion { error: ConversionError::Several(_), .. } => "SchemaPropertyCanOnlyAcceptValue",
            FlowError::Conversion { .. } | FlowError::Evaluation { .. } => "AttributeMappingFailed",
        };
        let advice = "change the mapping, or the value in the source directory";
        End::Done(Box::new(self.failed(Action::Other, Trouble::new(code, reason, Some(advice)))))
    }

    async fn provision(&mut self) -> Result<Outcome, End> {
        let mapped = self.map(|_| true)?;
        self.draft.steps.extend(self.texts.mapping_warnings(mapped.warnings()));
        match self.current_state().await? {
            Some(current) => self.update(&mapped, &current).await,
            None => self.create(&mapped).await,
        }
    }

    /// What the target holds of the object; none: it is to be created.
    async fn current_state(&mut self) -> Result<Option<Value>, End> {
        if let Some(current) = self.recovered.take() {
            return Ok(Some(current));
        }
        if self.walk.on_demand && self.facts.connection.is_some() {
            let values = self.matching_values()?;
            if let Some(current) = self.find(&values).await? {
                return Ok(Some(current));
            }
        }
        if let Some(held) = self.facts.connection.clone() {
            match self.client().read(resource_of(held.kind), &held.target_id).await {
                Ok(current) => {
                    self.hide_held(&current);
                    return Ok(Some(current));
                }
                Err(failure) if failure.kind == FailureKind::NotFound => {
                    let anew = held.state == ConnectionState::Released
                        || self.facts.attempt.is_some()
                        || self.walk.job.settings.recreate_missing;
                    if !anew {
                        return Err(self.vanished(Action::Update, &failure));
                    }
                    // Whoever is made anew for having vanished belongs into its groups as before.
                    let vanished = held.state == ConnectionState::Linked && self.walk.job.settings.recreate_missing;
                    self.effects.push(if vanished { Effect::PartConnection } else { Effect::RemoveConnection });
                    self.facts.connection = None;
                    self.draft.target_id.clear();
                    self.recover_attempt().await?;
                    if let Some(current) = self.recovered.take() {
                        return Ok(Some(current));
                    }
                }
                Err(failure) => return Err(self.unanswered(Action::Update, &failure)),
            }
        }
        let values = self.matching_values()?;
        self.find(&values).await
    }

    async fn create(&mut self, mapped: &Mapped<'_>) -> Result<Outcome, End> {
        let missing = mapped.missing_required(true);
        if !missing.is_empty() {
            return Ok(self.required_missing(&missing));
        }
        if !self.mapping.actions.create {
            return Ok(self.switched_off("Create"));
        }
        let kind = self.facts.object.kind;
        let (body, modified) = mapped.create(self.walk.job, kind).map_err(|error| self.unmappable(&error))?;
        self.draft.steps.push(self.texts.will_be_created());
        self.draft.modified = modified;
        match self.client().create(resource_of(kind), &body).await {
            Ok(created) => {
                if let Some(holder) = self.claim(&created.id, true).await? {
                    return Err(self.held_by(&holder));
                }
                self.link(&created.id);
                self.exported("EntryExportAdd", "created", false);
                self.remember_references(None);
                Ok(self.succeeded(Action::Create))
            }
            Err(failure) => {
                self.attempt_stands = failure.outcome_unknown();
                self.exported("EntryExportAdd", "created", true);
                Ok(self.request_failed(Action::Create, failure))
            }
        }
    }

    async fn update(&mut self, mapped: &Mapped<'_>, current: &Value) -> Result<Outcome, End> {
        self.draft.steps.push(self.target_step(current));
        if self.facts.object.kind == ObjectKind::Group && holds_members(current) {
            self.draft.steps.push(self.texts.excluded_members());
        }
        let missing = mapped.missing_required(false);
        if !missing.is_empty() {
            self.remember_references(Some(current));
            return Ok(self.required_missing(&missing));
        }
        let Changes { changes, modified } = mapped.update(current).map_err(|error| self.unmappable(&error))?;
        self.draft.modified = modified;
        if changes.is_empty() {
            self.set_connection_state(ConnectionState::Linked);
            self.settle_attempt();
            if self.leaves_record_to_references(current).await? {
                self.effects.push(Effect::RemoveEscrow(EscrowKind::Object));
                return Ok(Outcome { effects: std::mem::take(&mut self.effects), ..Outcome::default() });
            }
            self.remember_references(Some(current));
            self.draft.steps.push(self.texts.redundant());
            return Ok(self.skipped("RedundantExport"));
        }
        if !self.mapping.actions.update {
            self.remember_references(Some(current));
            return Ok(self.switched_off("Update"));
        }
        match self.send_patch(&changes).await {
            Ok(()) => {
                self.exported("EntryExportUpdate", "updated", false);
                self.set_connection_state(ConnectionState::Linked);
                self.settle_attempt();
                self.remember_references(Some(current));
                Ok(self.succeeded(Action::Update))
            }
            Err(failure) if failure.kind == FailureKind::NotFound => Err(self.vanished(Action::Update, &failure)),
            Err(failure) => {
                let linked = self.facts.connection.as_ref().is_some_and(|held| held.state == ConnectionState::Linked);
                self.attempt_stands |= !linked && failure.outcome_unknown();
                self.exported("EntryExportUpdate", "updated", true);
                Ok(self.request_failed(Action::Update, failure))
            }
        }
    }

    async fn disable(&mut self, state: ConnectionState) -> Result<Outcome, End> {
        let mapped = self.map(crate::mapping::AttributeMapping::reads_soft_deleted)?;
        self.draft.steps.extend(self.texts.mapping_warnings(mapped.warnings()));
        let target_id = self.draft.target_id.clone();
        let seen = if self.walk.on_demand { self.found_again(&target_id).await? } else { self.recovered.take() };
        let current = match seen {
            Some(current) => current,
            None => match self.client().read(resource_of(self.facts.object.kind), &target_id).await {
                Ok(current) => current,
                Err(failure) if failure.kind == FailureKind::NotFound => return Ok(self.already_gone(&failure)),
                Err(failure) => return Err(self.unanswered(Action::Disable, &failure)),
            },
        };
        self.hide_held(&current);
        self.draft.steps.push(self.target_step(&current));
        let Changes { changes, modified } = mapped.update(&current).map_err(|error| self.unmappable(&error))?;
        self.draft.modified = modified;
        if changes.is_empty() {
            self.disabled(state);
            self.draft.steps.push(self.texts.redundant());
            return Ok(self.skipped("RedundantExport"));
        }
        match self.send_patch(&changes).await {
            Ok(()) => {
                self.disabled(state);
                self.exported("EntryExportUpdateSoftDelete", "disabled", false);
                Ok(self.succeeded(Action::Disable))
            }
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(self.already_gone(&failure)),
            Err(failure) => {
                if failure.outcome_unknown() {
                    self.effects.push(Effect::MarkStale);
                }
                self.exported("EntryExportUpdateSoftDelete", "disabled", true);
                Ok(self.request_failed(Action::Disable, failure))
            }
        }
    }

    async fn delete(&mut self) -> Result<Outcome, End> {
        let resource = resource_of(self.facts.object.kind);
        match self.client().delete(resource, &self.draft.target_id).await {
            Ok(_) => {
                self.attempt_stands = false;
                self.effects.push(Effect::RemoveConnection);
                self.effects.push(Effect::RemoveEscrow(EscrowKind::Reference));
                self.exported("EntryExportDelete", "deleted", false);
                Ok(self.succeeded(Action::Delete))
            }
            Err(failure) => {
                self.attempt_stands |= failure.outcome_unknown();
                self.exported("EntryExportDelete", "deleted", true);
                Ok(self.request_failed(Action::Delete, failure))
            }
        }
    }

    async fn send_patch(&self, changes: &[patch::Change]) -> Result<(), Failure> {
        let body = patch::body(self.walk.job.dialect(), changes);
        let resource = resource_of(self.facts.object.kind);
        self.client().patch(resource, &self.draft.target_id, &body).await.map(drop)
    }

    /// Leaves the manager to the phase of references, with what the target holds of it now.
    fn remember_references(&mut self, current: Option<&Value>) {
        if let Some(known) = self.known_reference(current) {
            self.leave_to_references(&known);
        }
    }

    /// Where nothing but the manager may change, leaves the whole record to the phase of references.
    async fn leaves_record_to_references(&mut self, current: &Value) -> Result<bool, End> {
        let Some(known) = self.known_reference(Some(current)) else { return Ok(false) };
        if !self.walk.may_change_manager(&self.facts, known.held.as_deref()).await? {
            return Ok(false);
        }
        // They wait in the state file, where no secret may be.
        let mask = |text: &str| self.walk.job.mask.text(text).into_owned();
        let journey = std::mem::take(&mut self.draft.steps).into_iter().map(|step| Step {
            description: mask(&step.description),
            details: step.details.into_iter().map(|(name, value)| (name, mask(&value))).collect(),
            ..step
        });
        let journey = journey.collect();
        self.leave_to_references(&KnownReference { journey, ..known });
        Ok(true)
    }

    fn leave_to_references(&mut self, known: &KnownReference) {
        let known = serde_json::to_string(known).ok();
        self.effects.push(Effect::AddWork(Phase::References, WorkRow { object: self.facts.object.key, known }));
    }

    /// What the target holds of the manager; none: the phase of references has nothing to do with the object now.
    fn known_reference(&mut self, current: Option<&Value>) -> Option<KnownReference> {
        let manager = self.mapping.manager()?;
        let held = current.and_then(|current| resource::read_reference(current, &manager.target.path));
        let (names, before) = (self.facts.object.names_manager, self.facts.named_manager());
        if names != before && (names || held.is_none()) {
            self.effects.push(Effect::NoteManager(names));
        }
        let idle = if names { self.facts.object.manager.is_none() } else { !before || held.is_none() };
        let escrow = self.facts.reference_escrow.as_ref();
        if escrow.is_some_and(|before| !self.walk.is_due(&self.facts, before)) {
            return None;
        }
        if idle {
            let failed_before = escrow.is_some();
            self.effects.extend(failed_before.then_some(Effect::RemoveEscrow(EscrowKind::Reference)));
            return None;
        }
        Some(KnownReference { held: held.map(str::to_owned), journey: Vec::new() })
    }

    fn exported(&mut self, step: &str, done: &str, failed: bool) {
        let step = self.texts.export(step, done, failed, written(&self.draft.modified));
        self.draft.steps.push(step);
    }
}
