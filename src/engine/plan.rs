//! *Map* and *plan*: what the mappings give for an object, and what of it the target lacks. Plain functions.
//!
//! The decision table of `spec/MAPPINGS.md` §5.4: a value flows; nothing flows as the default value on creation and not at
//! all on update; the empty text counts as nothing; a mapping of type *None* fills an empty attribute with its default.

use super::{
    facts::{Facts, flow_text},
    job::Job,
};
use crate::{
    chance::Chance,
    expression::Surroundings,
    log::{ModifiedProperty, REDACTED},
    mapping::{AttributeMapping, Flow, FlowError, FlowType, FlowValue, ObjectMapping, TargetAttribute, evaluate},
    scim::{
        dialect::Dialect,
        patch::{Change, OperationKind},
        path::{ENTERPRISE_USER, member, scalar_eq},
        resource::{self, CORE_GROUP, CORE_USER, LEGACY_GROUP, NewResource},
    },
    store::ObjectKind,
};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

/// What the mappings give for one object, references aside.
pub(super) struct Mapped<'j>(Vec<(&'j AttributeMapping, Flow)>);

/// What is to be written, and how the log tells it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The changes of a PATCH.
    pub(super) changes: Vec<Change>,
    /// The same for the log.
    pub(super) modified: Vec<ModifiedProperty>,
}

/// Evaluates the mappings that `wanted` picks, references aside.
pub(super) fn map<'j>(
    mapping: &'j ObjectMapping,
    facts: &Facts,
    now: Timestamp,
    chance: &Chance,
    wanted: impl Fn(&AttributeMapping) -> bool,
) -> Result<Mapped<'j>, FlowError> {
    let surroundings = Surroundings::new(now, chance);
    mapping
        .mappings
        .iter()
        .filter(|line| !line.is_reference() && wanted(line))
        .map(|line| Ok((line, evaluate(line, &facts.attributes, &surroundings)?)))
        .collect::<Result<_, _>>()
        .map(Mapped)
}

impl Mapped<'_> {
    /// The value of each matching attribute that has one, in precedence order: path and text.
    pub(super) fn matching_values(&self, mapping: &ObjectMapping) -> Vec<(String, String)> {
        let value = |wanted: &AttributeMapping| {
            let (_, flow) = self.0.iter().find(|(line, _)| line.target.path == wanted.target.path)?;
            Some((wanted.target.path.to_string(), flow_text(flow)?.to_owned()))
        };
        mapping.matching().into_iter().filter_map(value).collect()
    }

    /// Each mapping with the value that it gives, as a log may show it.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&AttributeMapping, Option<String>)> {
        self.0.iter().map(|(line, flow)| {
            let value = match flow {
                Flow::Value(value) if value.redacted => Some(REDACTED.to_owned()),
                flow => flow_text(flow).map(str::to_owned),
            };
            (*line, value)
        })
    }

    /// The required attributes that would have no value.
    pub(super) fn missing_required(&self, creating: bool) -> Vec<String> {
        let lacks = |line: &AttributeMapping, flow: &Flow| match flow {
            Flow::Value(_) => false,
            Flow::Nothing if creating => line.default.is_none(),
            Flow::Nothing => line.default.is_none() && line.flow_type == FlowType::Always,
            Flow::Ignored => true,
        };
        self.0
            .iter()
            .filter(|(line, flow)| line.target.required && lacks(line, flow))
            .map(|(line, _)| line.target.path.to_string())
            .collect()
    }

    /// The body of a create.
    pub(super) fn create(&self, job: &Job, kind: ObjectKind) -> Result<(Value, Vec<ModifiedProperty>), FlowError> {
        let mut new = NewResource::of(schemas(job, kind));
        let mut modified = Vec::new();
        for (line, flow) in &self.0 {
            let value = match flow {
                Flow::Value(value) => value.clone(),
                Flow::Nothing => match &line.default {
                    Some(default) => FlowValue::of(line, default.clone(), false)?,
                    None => continue,
                },
                Flow::Ignored => continue,
            };
            new.set(&line.target.path, value.value.clone());
            modified.push(modified_property(line, None, Some(&value)));
        }
        Ok((new.into_body(kind.name()), modified))
    }

    /// What the target's `current` state lacks.
    pub(super) fn update(&self, current: &Value) -> Result<Changes, FlowError> {
        let mut found = Changes::default();
        for (line, flow) in &self.0 {
            let held = resource::read(current, &line.target.path);
            let value = match (flow, &line.default) {
                (Flow::Value(value), _) if line.flow_type == FlowType::Always => value.clone(),
                (Flow::Nothing, Some(default)) if line.source.is_none() && held.is_none() => {
                    FlowValue::of(line, default.clone(), false)?
                }
                _ => continue,
            };
            if held.is_some_and(|held| same(&line.target, &value.value, held)) {
                continue;
            }
            let kind = if held.is_some() || line.target.path.is("active") {
                OperationKind::Replace
            } else {
                OperationKind::Add
            };
            found.modified.push(modified_property(line, held, Some(&value)));
            found.changes.push(Change {
                kind,
                path: line.target.path.clone(),
                value: value.value,
                text: Some(value.text),
            });
        }
        Ok(found)
    }
}

/// The schemas that a create declares: the core one; the enterprise one where one of its attributes is mapped; custom ones
/// only on request (`spec/WIRE.md` §3).
fn schemas(job: &Job, kind: ObjectKind) -> Vec<String> {
    let core = match kind {
        ObjectKind::User => CORE_USER,
        ObjectKind::Group => CORE_GROUP,
    };
    let mut schemas = vec![core.to_owned()];
    if kind == ObjectKind::Group && job.settings.legacy_group_schema && job.dialect() == Dialect::Legacy {
        schemas.push(LEGACY_GROUP.to_owned());
    }
    for line in job.mapping(kind).iter().flat_map(|mapping| &mapping.mappings) {
        let Some(urn) = resource::extension(&line.target.path) else { continue };
        let declared = if resource::is_enterprise(urn) { ENTERPRISE_USER } else { urn };
        let wanted = resource::is_enterprise(urn) || job.settings.declare_extensions;
        if wanted && !schemas.iter().any(|known| known.eq_ignore_ascii_case(declared)) {
            schemas.push(declared.to_owned());
        }
    }
    schemas
}

/// Whether the target holds the value already. Texts that differ only in letter case are the same unless the attribute is
/// case-exact; several values are compared as sets.
fn same(attribute: &TargetAttribute, wanted: &Value, held: &Value) -> bool {
    match (wanted, held) {
        (Value::Array(wanted), Value::Array(held)) => {
            let held: Vec<_> = held.iter().map(|entry| member(entry, "value").unwrap_or(entry)).collect();
            wanted.len() == held.len()
                && wanted.iter().all(|value| held.iter().any(|entry| same(attribute, value, entry)))
        }
        (Value::String(wanted), Value::String(held)) if attribute.case_exact => wanted == held,
        (Value::Number(wanted), Value::String(held)) => wanted.to_string() == held.trim(),
        (Value::String(wanted), Value::Number(held)) => wanted.trim() == held.to_string(),
        _ => scalar_eq(wanted, held),
    }
}

fn modified_property(line: &AttributeMapping, held: Option<&Value>, value: Option<&FlowValue>) -> ModifiedProperty {
    let redacted = value.is_some_and(|value| value.redacted);
    let hide = |text: String| if redacted { REDACTED.to_owned() } else { text };
    ModifiedProperty {
        display_name: line.target.path.to_string(),
        old_value: held.map(|held| hide(value_text(held))),
        new_value: value.map(|value| hide(value.text.clone())),
    }
}

/// A target value as the log shows it.
pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

/// What was written, as the details of an export step have it.
pub(super) fn written(modified: &[ModifiedProperty]) -> IndexMap<String, String> {
    modified
        .iter()
        .map(|property| (property.display_name.clone(), property.new_value.clone().unwrap_or_default()))
        .collect()
}
