//! *Plan*, for roles: which request parts they become.
//!
//! A list of roles is one attribute, whose elements have forms of their own. A single role is an entry of `roles` to whose
//! parts several mappings may contribute: those through `SingleAppRoleAssignment` are one role and one operation, and any
//! other (a constant `type`, say) goes along with it, and never makes an entry that has no role.
//! Source: `spec/MAPPINGS.md` §7, `spec/WIRE.md` §3, §4.

use super::plan::Mapped;
use crate::{
    expression::RoleAssignment,
    mapping::{AttributeMapping, Flow, FlowError, FlowValue, RoleFlow, RoleFunction},
    scim::{
        patch::Change,
        path::Path,
        resource::{self, NewResource},
        role::{Role, RoleForm, elements},
    },
};
use serde_json::Value;

/// The role as the wire knows it.
pub(super) fn wire_role(RoleAssignment { id, value, display_name }: &RoleAssignment) -> Role {
    Role { id: id.clone(), value: value.clone(), display_name: display_name.clone() }
}

/// Puts a value into a new resource: roles in the form that they have there.
pub(super) fn put(new: &mut NewResource, path: &Path, value: &FlowValue) {
    match &value.roles {
        None => new.set(path, value.value.clone()),
        Some(RoleFlow { function: RoleFunction::Single, .. }) => new.set_role(path, value.value.clone()),
        Some(RoleFlow { function, roles }) => {
            let form = if *function == RoleFunction::Complex { RoleForm::Added } else { RoleForm::Asserted };
            new.set(path, elements(form, &roles.iter().map(wire_role).collect::<Vec<_>>()));
        }
    }
}

impl Mapped<'_> {
    /// The change that writes these roles into the attribute of `line`.
    pub(super) fn role_change(&self, line: &AttributeMapping, flow: &RoleFlow) -> Result<Change, FlowError> {
        let path = &line.target.path;
        let roles: Vec<_> = flow.roles.iter().map(wire_role).collect();
        Ok(match flow.function {
            RoleFunction::Assertive => Change::asserted_roles(path, &roles),
            RoleFunction::Complex => Change::added_roles(path, elements(RoleForm::Added, &roles), roles),
            RoleFunction::Single => Change::added_roles(&path.whole(), self.role_entry(line)?, roles),
        })
    }

    /// The list with the one entry that the mappings to it make, as a create has it.
    fn role_entry(&self, line: &AttributeMapping) -> Result<Value, FlowError> {
        let mut new = NewResource::default();
        for (part, flow) in self.lines().filter(|(part, _)| shares_entry(part, line)) {
            let value = match flow {
                Flow::Value(value) => Some(value.clone()),
                Flow::Nothing => FlowValue::creation_default(part)?,
                Flow::Ignored => None,
            };
            if let Some(value) = value {
                put(&mut new, &part.target.path, &value);
            }
        }
        Ok(new.into_attribute(&line.target.path).unwrap_or_default())
    }

    /// Whether `line` only goes along with a role that others map, and that role is not there: neither given, nor held in
    /// the `current` entry that the path selects. An entry of another role must not get its parts.
    pub(super) fn lacks_its_role(&self, line: &AttributeMapping, current: Option<&Value>) -> Result<bool, FlowError> {
        if line.role_function().is_some() {
            return Ok(false);
        }
        let maps_role = |part: &AttributeMapping| part.role_function() == Some(RoleFunction::Single);
        let Some((role, flow)) = self.lines().find(|(part, _)| shares_entry(part, line) && maps_role(part)) else {
            return Ok(false);
        };
        let given = match (flow, current) {
            (Flow::Value(value), _) => Some(value.text.clone()),
            (Flow::Nothing, None) => FlowValue::creation_default(role)?.map(|default| default.text),
            (Flow::Nothing | Flow::Ignored, _) => None,
        };
        let (Some(given), Some(current)) = (&given, current) else { return Ok(given.is_none()) };
        let entry = resource::read(current, &line.target.path.entry());
        let given = Role { value: given.clone(), ..Role::default() };
        let holds = entry.and_then(Role::read).is_some_and(|held| held.is_called(&given, role.target.case_exact));
        Ok(!holds)
    }
}

/// Whether two mappings fill the same entry of `roles`.
fn shares_entry(left: &AttributeMapping, right: &AttributeMapping) -> bool {
    right.target.path.selector.is_some() && left.target.path.entry().means(&right.target.path.entry())
}
