//! *Plan*: comparing what a mapping gives with what the target holds, as last read.
//!
//! Texts that differ only in letter case are the same unless the attribute is case-exact, several values are compared as
//! sets, and a number may come as a text. Roles are found in whatever shape the target has them in. An empty text and an
//! empty list are no value. Source: `spec/MAPPINGS.md` §7, §8.

use super::{decision::Held, roles::wire_role};
use crate::{
    mapping::{AttributeMapping, FlowValue, RoleFlow, RoleFunction, TargetAttribute},
    scim::{
        path::{Path, member, scalar_eq},
        resource,
        role::{self, Role},
    },
};
use serde_json::Value;

/// How what the target holds compares with what a mapping gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    /// In a word.
    pub(super) held: Held,
    /// Which of the values, or of the roles, that the mapping gives the target lacks; counted from 0.
    pub(super) missing: Vec<usize>,
}

/// Compares `wanted` with the `current` state of the target. Where nothing is wanted, all that there is differs.
pub(super) fn compare(line: &AttributeMapping, wanted: Option<&FlowValue>, current: &Value) -> Comparison {
    let Some(found) = value_at(current, &held_path(line, wanted)) else {
        return Comparison { held: Held::Nothing, missing: (0..wanted.map_or(0, count)).collect() };
    };
    let Some(wanted) = wanted else {
        return Comparison { held: Held::Other, missing: Vec::new() };
    };
    match &wanted.roles {
        Some(roles) => compare_roles(line, roles, found),
        None => compare_values(&line.target, &wanted.value, found),
    }
}

/// Where the target holds what `wanted` is compared with: a single role may be in any entry.
fn held_path(line: &AttributeMapping, wanted: Option<&FlowValue>) -> Path {
    match wanted.and_then(|wanted| wanted.roles.as_ref()) {
        Some(RoleFlow { function: RoleFunction::Single, .. }) => line.target.path.whole(),
        _ => line.target.path.clone(),
    }
}

/// What the target holds at `path`, unless that comes to nothing.
fn value_at<'a>(current: &'a Value, path: &Path) -> Option<&'a Value> {
    resource::read(current, path).filter(|found| match found {
        Value::String(text) => !text.is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        _ => true,
    })
}

fn count(wanted: &FlowValue) -> usize {
    match (&wanted.roles, &wanted.value) {
        (Some(flow), _) => flow.roles.len(),
        (None, Value::Array(values)) => values.len(),
        (None, _) => 1,
    }
}

fn compare_values(target: &TargetAttribute, wanted: &Value, found: &Value) -> Comparison {
    let (Value::Array(wanted), true) = (wanted, target.multivalued) else {
        let held = if same(target, wanted, found) { Held::Same } else { Held::Other };
        return Comparison { held, missing: Vec::new() };
    };
    let entries = match found {
        Value::Array(entries) => entries.as_slice(),
        single => std::slice::from_ref(single),
    };
    let found: Vec<_> = entries.iter().map(|entry| member(entry, "value").unwrap_or(entry)).collect();
    let missing = absent(wanted, |value| found.iter().any(|entry| same(target, value, entry)));
    let more = found.iter().any(|entry| !wanted.iter().any(|value| same(target, value, entry)));
    Comparison { held: verdict(&missing, more), missing }
}

fn compare_roles(line: &AttributeMapping, flow: &RoleFlow, found: &Value) -> Comparison {
    let case_exact = line.target.case_exact;
    let wanted: Vec<Role> = flow.roles.iter().map(wire_role).collect();
    let held = role::held(found);
    match flow.function {
        RoleFunction::Single => {
            let selector = line.target.path.selector.as_ref();
            let missing = absent(&wanted, |wanted| {
                selector.is_some_and(|selector| role::holds_selected(found, selector, wanted, case_exact))
            });
            Comparison { held: verdict(&missing, false), missing }
        }
        RoleFunction::Complex => {
            let shares_name = |role: &Role| wanted.iter().filter(|other| role.is_called(other, case_exact)).count() > 1;
            let same = |role: &Role, held: &Role| {
                if shares_name(role) { role.is_same(held, case_exact) } else { role.is_called(held, case_exact) }
            };
            let missing = absent(&wanted, |role| held.iter().any(|held| same(role, held)));
            Comparison { held: verdict(&missing, held.len() > wanted.len()), missing }
        }
        RoleFunction::Assertive => {
            let missing = absent(&wanted, |role| held.iter().any(|held| role.is_same(held, case_exact)));
            let known = |held: &Role| wanted.iter().any(|role| role.is_same(held, case_exact));
            let more = held.len() < role::entries(found).len() || !held.iter().all(known);
            Comparison { held: verdict(&missing, more), missing }
        }
    }
}

fn absent<T>(wanted: &[T], is_held: impl Fn(&T) -> bool) -> Vec<usize> {
    wanted.iter().enumerate().filter(|(_, value)| !is_held(value)).map(|(index, _)| index).collect()
}

fn verdict(missing: &[usize], more: bool) -> Held {
    match (missing.is_empty(), more) {
        (true, false) => Held::Same,
        (true, true) => Held::More,
        (false, _) => Held::Other,
    }
}

/// Whether the target holds the value already.
fn same(target: &TargetAttribute, wanted: &Value, held: &Value) -> bool {
    match (wanted, held) {
        (Value::String(wanted), Value::String(held)) if target.case_exact => wanted == held,
        (Value::Number(wanted), Value::String(held)) => wanted.to_string() == held.trim(),
        (Value::String(wanted), Value::Number(held)) => wanted.trim() == held.to_string(),
        _ => scalar_eq(wanted, held),
    }
}
