//! *Plan*: the changes of an update, from what the mappings give and what the target holds.

use super::{
    comparison::compare,
    decision::{Decision, on_update},
    plan::{Mapped, modified_property, value_text},
};
use crate::{
    expression::RoleAssignment,
    log::ModifiedProperty,
    mapping::{AttributeMapping, Flow, FlowError, FlowValue, RoleFlow, RoleFunction},
    scim::{
        patch::{Change, OperationKind},
        resource,
    },
};
use serde_json::Value;

/// What is to be written, and how the log tells it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The changes of a PATCH.
    pub(super) changes: Vec<Change>,
    /// The same for the log.
    pub(super) modified: Vec<ModifiedProperty>,
}

/// One change, and the value that it sends; none: it takes one away.
type Planned = (Change, Option<FlowValue>);

impl Mapped<'_> {
    /// What the target's `current` state lacks.
    pub(super) fn update(&self, current: &Value) -> Result<Changes, FlowError> {
        let mut found = Changes::default();
        for (line, flow) in self.lines() {
            if let Some((change, sent)) = self.planned(line, flow, current)? {
                let held = resource::read(current, &change.path);
                found.modified.push(modified_property(line, held, sent.as_ref()));
                found.add(change);
            }
        }
        Ok(found)
    }

    fn planned(&self, line: &AttributeMapping, flow: &Flow, current: &Value) -> Result<Option<Planned>, FlowError> {
        if self.lacks_its_role(line, Some(current))? {
            return Ok(None);
        }
        let wanted = match flow {
            Flow::Value(value) => Some(value.clone()),
            Flow::Nothing => FlowValue::creation_default(line)?,
            Flow::Ignored => None,
        };
        let compared = compare(line, wanted.as_ref(), current);
        let decision = on_update(line, flow, compared.held);
        let sent = match (decision, wanted) {
            (Decision::Leave, _) => return Ok(None),
            (Decision::AddMissing, Some(wanted)) => Some(only(wanted, &compared.missing)),
            (Decision::AddAll | Decision::Send | Decision::SendDefault, wanted) => wanted,
            (Decision::AddMissing | Decision::Remove, _) => None,
        };
        let change = match &sent {
            Some(FlowValue { roles: Some(flow), .. }) => self.role_change(line, flow)?,
            Some(value) => value_change(line, value, decision, current),
            None => self.removal(line)?,
        };
        Ok(Some((change, sent)))
    }

    fn removal(&self, line: &AttributeMapping) -> Result<Change, FlowError> {
        if line.role_function() == Some(RoleFunction::Assertive) {
            return self.role_change(line, &RoleFlow { function: RoleFunction::Assertive, roles: Vec::new() });
        }
        Ok(Change::removal(&line.target.path))
    }
}

impl Changes {
    /// Adds a change. Several mappings may tell of one role, which is sent once.
    fn add(&mut self, change: Change) {
        let is_known = |other: &Change| !other.roles.is_empty() && other.path == change.path;
        if !self.changes.iter().any(is_known) {
            self.changes.push(change);
        }
    }
}

fn value_change(line: &AttributeMapping, value: &FlowValue, decision: Decision, current: &Value) -> Change {
    let path = &line.target.path;
    let shows_value =
        resource::read(current, path).is_some_and(|held| held.as_array().is_none_or(|all| !all.is_empty()));
    let adds = matches!(decision, Decision::AddAll | Decision::AddMissing);
    let kind = if !adds && (shows_value || path.is("active")) { OperationKind::Replace } else { OperationKind::Add };
    Change { text: Some(value.text.clone()), ..Change::new(kind, path, value.value.clone()) }
}

/// Of several values or roles only those at these places.
fn only(value: FlowValue, places: &[usize]) -> FlowValue {
    if let Some(RoleFlow { function: function @ RoleFunction::Complex, roles }) = &value.roles {
        let roles: Vec<_> = places.iter().filter_map(|place| roles.get(*place).cloned()).collect();
        let text = roles.iter().map(RoleAssignment::to_json).collect::<Vec<_>>().join(";");
        return FlowValue { roles: Some(RoleFlow { function: *function, roles }), text, ..value };
    }
    let Value::Array(values) = value.value else { return value };
    let values: Vec<_> = places.iter().filter_map(|place| values.get(*place).cloned()).collect();
    let text = values.iter().map(value_text).collect::<Vec<_>>().join(";");
    FlowValue { value: values.into(), text, ..value }
}
