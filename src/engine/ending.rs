//! How journeys end: done, skipped for a reason, failed and put into escrow, or with nothing left to do.

use super::{
    journey::{End, Journey},
    outcome::{Effect, Outcome, Trouble},
    scope::{Ground, Scope},
};
use crate::{
    log::{Action, ErrorCategory, ErrorInformation, Status, StepTexts, StepType},
    scim::failure::Failure,
    store::{EscrowKind, ObjectKind},
};

impl Journey<'_> {
    pub(super) fn end(&mut self, action: Action, status: Status, error: Option<ErrorInformation>) -> Outcome {
        let record = self.draft.clone().finish(self.walk, &self.facts, action, status, error);
        Outcome { records: vec![record], effects: std::mem::take(&mut self.effects), halt: None }
    }

    pub(super) fn succeeded(&mut self, action: Action) -> Outcome {
        self.effects.push(Effect::RemoveEscrow(EscrowKind::Object));
        self.end(action, Status::Success, None)
    }

    /// Nothing to do, or nothing that may be done; no failure.
    pub(super) fn skipped(&mut self, code: &str) -> Outcome {
        self.effects.push(Effect::RemoveEscrow(EscrowKind::Object));
        let reason = self.draft.steps.last().map(|step| step.description.clone()).unwrap_or_default();
        let error = ErrorInformation {
            code: code.to_owned(),
            category: ErrorCategory::NonServiceFailure,
            reason,
            recommended_action: None,
        };
        self.end(Action::Other, Status::Skipped, Some(error))
    }

    pub(super) fn skipped_for(&mut self, scope: &Scope) -> Outcome {
        let Some(ground) = scope.ground else {
            return self.skipped("EntrySynchronizationSkipped");
        };
        let step = self.texts.skip(StepType::Scoping, ground.code(), ground.reason(&self.texts), None);
        self.draft.steps.push(step);
        self.skipped(ground.code())
    }

    /// Somebody who is connected and out of scope, and is spared by a setting.
    pub(super) fn left_alone(&mut self, scope: &Scope) -> Outcome {
        let ground = scope.ground.map(|ground| ground.reason(&self.texts)).unwrap_or_default();
        let out_of_scope = scope.ground.is_some_and(Ground::is_out_of_scope);
        let spared_by = if out_of_scope && self.walk.job.settings.skip_out_of_scope_deletions {
            "`skip_out_of_scope_deletions` is set"
        } else if self.facts.object.kind == ObjectKind::Group {
            "the target object action Delete is switched off"
        } else {
            "the target object action Update (or Delete, where the application cannot disable) is switched off"
        };
        let description = format!("{ground}; it is left as it is, for {spared_by}");
        let step = self.texts.skip(StepType::Processing, "EntrySynchronizationSkipped", description, None);
        self.draft.steps.push(step);
        self.skipped("EntrySynchronizationSkipped")
    }

    pub(super) fn import_skipped(&mut self) -> Outcome {
        let names: Vec<_> = self.mapping.matching().iter().map(|line| line.target.path.to_string()).collect();
        let StepTexts { kind, name, .. } = &self.texts;
        let description = format!(
            "{kind} '{name}' has no value for any matching attribute ({}); scope was not evaluated",
            names.join(", ")
        );
        let step = self.texts.skip(StepType::Import, "ImportSkipped", description, Some(names.join(", ")));
        self.draft.steps.push(step);
        self.skipped("ImportSkipped")
    }

    pub(super) fn required_missing(&mut self, missing: &[String]) -> Outcome {
        self.draft.steps.push(self.texts.attribute_missing(missing));
        self.draft.modified.clear();
        self.skipped("AttributeValidationFailed")
    }

    pub(super) fn switched_off(&mut self, action: &str) -> Outcome {
        let description = format!("The target object action {action} is switched off in the mapping");
        let step = self.texts.skip(StepType::Processing, "EntrySynchronizationSkipped", description, None);
        self.draft.steps.push(step);
        self.draft.modified.clear();
        self.skipped("EntrySynchronizationSkipped")
    }

    /// A failure that is put into escrow.
    pub(super) fn failed(&mut self, action: Action, trouble: Trouble) -> Outcome {
        let (effect, error) = self.walk.escrow(&self.facts, EscrowKind::Object, action, trouble);
        self.effects.push(effect);
        self.end(action, Status::Failure, Some(error))
    }

    /// A request that failed; bad credentials stop the cycle, as does who was asked to.
    pub(super) fn request_failed(&mut self, action: Action, failure: Failure) -> Outcome {
        let outcome = self.failed(action, Trouble::from(&failure));
        let halt = failure.stops_cycle().then_some(failure);
        Outcome { halt, ..outcome }
    }

    /// Asking the target failed.
    pub(super) fn unanswered(&mut self, action: Action, failure: &Failure) -> End {
        self.draft.steps.push(self.texts.matching_failed(&failure.to_string()));
        End::Done(Box::new(self.request_failed(action, failure.clone())))
    }

    /// The connected object is no longer at the target.
    pub(super) fn vanished(&mut self, action: Action, failure: &Failure) -> End {
        let trouble = Trouble::new(
            "InvalidAnchor",
            format!("the object `{}` no longer exists at the target: {failure}", self.draft.target_id),
            Some(
                "restart the job with `--reset ConnectorDataStore` to match it anew, or set `recreate_missing = true`",
            ),
        );
        self.draft.steps.push(self.texts.matching_failed(&trouble.reason));
        End::Done(Box::new(self.failed(action, trouble)))
    }

    /// Whom we were to disable is not there any more: as good as disabled.
    pub(super) fn already_gone(&mut self, failure: &Failure) -> Outcome {
        self.attempt_stands = false;
        self.effects.push(Effect::RemoveConnection);
        self.effects.push(Effect::RemoveEscrow(EscrowKind::Object));
        let error = ErrorInformation {
            code: "InvalidAnchor".to_owned(),
            category: ErrorCategory::NonServiceFailure,
            reason: format!("the object to be disabled no longer exists at the target: {failure}"),
            recommended_action: None,
        };
        self.draft.modified.clear();
        self.end(Action::Disable, Status::Warning, Some(error))
    }
}
