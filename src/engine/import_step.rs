//! What a record tells of the object as it came in, and of what the target was found to hold.

use super::{journey::Journey, plan::value_text, redaction::is_redacted, scope};
use crate::{
    log::{ImportKind, REDACTED, Step, StepTexts},
    scim::path::member,
    store::{EscrowRow, ObjectKind, ObjectState},
};
use indexmap::IndexMap;
use serde_json::Value;

/// What stands in place of a directory extension that has several values.
const UNDELIVERED: &str = "(several values: not delivered)";

impl Journey<'_> {
    /// The step of the import, after that of the escrow that the object comes out of.
    pub(super) fn import(&mut self) {
        self.draft.steps.extend(self.facts.escrow.as_ref().map(|before| retry_step(&self.texts, before)));
        let kind = match (&self.facts.connection, self.facts.object.state) {
            (_, ObjectState::Purged) => ImportKind::Delete,
            (None, _) => ImportKind::Add,
            (Some(_), _) => ImportKind::Update,
        };
        let mut details = self.imported();
        for (name, value) in &mut details {
            if is_redacted(self.mapping, name) {
                REDACTED.clone_into(value);
            }
        }
        let on_demand = self.walk.on_demand;
        let step = if on_demand { self.texts.retrieved(details) } else { self.texts.import(kind, details) };
        self.draft.steps.push(step);
    }

    /// The source attributes that the mappings read, and those computed for the job.
    fn imported(&self) -> IndexMap<String, String> {
        let truth = |value: bool| if value { "True" } else { "False" }.to_owned();
        let is_user = self.facts.object.kind == ObjectKind::User;
        let attributes = &self.facts.attributes;
        let mut details = IndexMap::from([("objectId".to_owned(), self.facts.object.id.clone())]);
        if is_user {
            details.insert("accountEnabled".to_owned(), truth(self.facts.object.enabled));
        }
        for (name, value) in attributes.values() {
            if self.mapping.mappings.iter().any(|line| line.reads(name)) {
                let undelivered = attributes.is_undelivered(name);
                let shown = if undelivered { UNDELIVERED.to_owned() } else { value_text(value) };
                details.insert(name.clone(), shown);
            }
        }
        if is_user && let Ok(scope) = scope::decide(self.walk.job, &self.facts) {
            details.insert("IsSoftDeleted".to_owned(), truth(scope.is_soft_deleted()));
        }
        let roles = attributes.role_names().join(";");
        if !roles.is_empty() {
            details.insert("appRoleAssignments".to_owned(), roles);
        }
        details
    }

    /// The step that tells what the target holds of the object.
    pub(super) fn target_step(&self, current: &Value) -> Step {
        let mut details = IndexMap::new();
        details.insert("id".to_owned(), self.draft.target_id.clone());
        for name in ["userName", "displayName", "externalId", "active"] {
            if let Some(value) = member(current, name).filter(|value| !value.is_null()) {
                let redacts = self.mapping.mappings.iter().any(|line| line.redacts() && line.target.path.is(name));
                let shown = if redacts { REDACTED.to_owned() } else { value_text(value) };
                details.insert(name.to_owned(), shown);
            }
        }
        self.texts.target_found(details)
    }
}

/// What the log says of an operation that failed before.
pub(super) fn retry_step(texts: &StepTexts, before: &EscrowRow) -> Step {
    let moment = |moment: jiff::Timestamp| moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    texts.escrow_retry(before.attempts, &moment(before.first_failure), &moment(before.next_attempt))
}
