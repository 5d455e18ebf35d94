//! What of an object's journey stays hidden: what mappings with `Redact` give, and what the target holds of it.
//!
//! The target's paths are known from the mappings, values as soon as a mapping has given them, a stored value is asked for, or
//! the target has shown an earlier one. From then on every request of the journey hides them in the trace and in what is told of
//! a failure; the record's own steps hide the source attributes that such a mapping reads.
//!
//! Known limits: the name by which an object is reported (user principal name, or a group's display name) is always told; and
//! the state file keeps source attributes, and the matching values of creates whose answer is not known, as they are.
//! Source: `spec/EXPRESSIONS.md` §4 (`Redact`), `spec/ENGINE.md` §8.

use super::{journey::Journey, plan::Mapped, walk::Walk};
use crate::{
    log::REDACTED,
    mapping::{AttributeMapping, Flow, FlowValue, ObjectMapping},
    scim::{client::Client, path::Path, redaction::Redaction},
    store::ObjectKind,
};
use serde_json::{Value, json};

/// Hides what the target holds of the attributes that `mapping` redacts.
pub(super) fn redaction_of(mapping: &ObjectMapping) -> Redaction {
    let redacted = mapping.mappings.iter().filter(|line| line.redacts());
    let path = |line: &AttributeMapping| match line.role_function() {
        Some(_) => line.target.path.whole(),
        None => line.target.path.clone(),
    };
    Redaction::at(redacted.map(path).collect())
}

/// Whether a mapping with `Redact` reads the source attribute `name`.
pub(super) fn is_redacted(mapping: &ObjectMapping, name: &str) -> bool {
    mapping.mappings.iter().any(|line| line.redacts() && line.reads(name))
}

impl Walk<'_> {
    /// The client for requests about an object of this kind whose values are not at hand: members and managers.
    pub(super) fn client_for(&self, kind: ObjectKind) -> Client {
        match self.job.mapping(kind).map(redaction_of) {
            Some(redaction) if !redaction.is_nothing() => self.client.redacting(redaction),
            Some(_) | None => self.client.clone(),
        }
    }
}

impl Journey<'_> {
    /// The client for this object's requests.
    pub(super) fn client(&self) -> Client {
        if self.redaction.is_nothing() {
            self.walk.client.clone()
        } else {
            self.walk.client.redacting(self.redaction.clone())
        }
    }

    /// Hides from here on what redacting mappings gave, or what stands in for it.
    pub(super) fn hide_given(&mut self, mapped: &Mapped<'_>) {
        for (line, flow) in mapped.lines().filter(|(line, _)| line.redacts()) {
            match flow {
                Flow::Value(value) if value.redacted => self.hide(value),
                Flow::Nothing => self.redaction.hide(&json!(line.creation_default())),
                Flow::Value(_) | Flow::Ignored => {}
            }
        }
    }

    fn hide(&mut self, value: &FlowValue) {
        self.redaction.hide(&value.value);
        if !value.value.is_boolean() {
            self.redaction.hide(&json!(value.text));
        }
        for role in value.roles.iter().flat_map(|flow| &flow.roles) {
            self.redaction.hide(&json!(role));
        }
    }

    /// Hides from here on a matching value that is about to be asked for, if its mapping redacts it. Returns it as messages may
    /// show it.
    pub(super) fn hide_asked(&mut self, path: &Path, value: &str) -> String {
        if !self.redaction.covers(path) {
            return value.to_owned();
        }
        self.redaction.hide(&json!(value));
        REDACTED.to_owned()
    }

    /// Hides from here on what the target holds of redacted attributes.
    pub(super) fn hide_held(&mut self, current: &Value) {
        self.redaction.learn(current);
    }
}
