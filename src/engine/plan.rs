//! *Map* and *plan*: what the mappings give for an object, and what of it the target lacks. Plain functions.
//!
//! Whether an attribute is sent says the table of `decision`. Here the decisions become the body of a create; in `changes`,
//! with what `comparison` finds the target to hold, the changes of an update.

use super::{
    decision::{Decision, on_creation},
    facts::{Facts, flow_text},
    job::Job,
    roles,
};
use crate::{
    expression::Surroundings,
    log::{ModifiedProperty, REDACTED},
    mapping::{AttributeMapping, Flow, FlowError, FlowType, FlowValue, ObjectMapping, evaluate},
    scim::{
        path::ENTERPRISE_USER,
        resource::{self, CORE_GROUP, CORE_USER, NewResource},
    },
    store::ObjectKind,
};
use indexmap::IndexMap;
use serde_json::Value;

/// What the mappings give for one object, references aside.
pub(super) struct Mapped<'j> {
    mapping: &'j ObjectMapping,
    lines: Vec<(&'j AttributeMapping, Flow)>,
    /// What went wrong with mappings that take part in a create only.
    creation_error: Option<FlowError>,
    /// What may work otherwise in the service, each with its mapping.
    warnings: Vec<String>,
}

/// Evaluates the mappings that `wanted` picks, references aside. One that takes part in a create only can fail nothing but
/// a create.
pub(super) fn map<'j>(
    mapping: &'j ObjectMapping,
    facts: &Facts,
    surroundings: &Surroundings<'_>,
    wanted: impl Fn(&AttributeMapping) -> bool,
) -> Result<Mapped<'j>, FlowError> {
    let mut mapped = Mapped { mapping, lines: Vec::new(), creation_error: None, warnings: Vec::new() };
    for line in mapping.mappings.iter().filter(|line| !line.is_reference() && wanted(line)) {
        match evaluate(line, &facts.attributes, surroundings) {
            Ok((flow, warnings)) => {
                let path = &line.target.path;
                mapped.warnings.extend(warnings.iter().map(|warning| format!("the mapping of `{path}`: {warning}")));
                mapped.lines.push((line, flow));
            }
            Err(error) if line.flow_type == FlowType::ObjectAddOnly && line.matching.is_none() => {
                mapped.creation_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(mapped)
}

impl<'j> Mapped<'j> {
    /// Each mapping with what it gives.
    pub(super) fn lines(&self) -> impl Iterator<Item = &(&'j AttributeMapping, Flow)> {
        self.lines.iter()
    }

    /// What may work otherwise in the service, each with its mapping.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The value of each matching attribute that has one, in precedence order: path and text.
    pub(super) fn matching_values(&self) -> Vec<(String, String)> {
        let value = |wanted: &AttributeMapping| {
            let (_, flow) = self.lines().find(|(line, _)| line.target.path == wanted.target.path)?;
            Some((wanted.target.path.to_string(), flow_text(flow)?.to_owned()))
        };
        self.mapping.matching().into_iter().filter_map(value).collect()
    }

    /// Each mapping with the value that it gives, as a log may show it.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&AttributeMapping, Option<String>)> {
        self.lines().map(|(line, flow)| {
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
            _ if !creating && line.flow_type == FlowType::ObjectAddOnly => false,
            Flow::Nothing => line.creation_default().is_none(),
            Flow::Ignored => true,
        };
        let mapped = self.lines().filter(|(line, flow)| line.target.required && lacks(line, flow));
        let unmapped = self.mapping.unmapped_required().filter(|attribute| attribute.default.is_none());
        mapped.map(|(line, _)| &line.target).chain(unmapped).map(|target| target.path.to_string()).collect()
    }

    /// The body of a create.
    pub(super) fn create(&self, job: &Job, kind: ObjectKind) -> Result<(Value, Vec<ModifiedProperty>), FlowError> {
        if let Some(error) = &self.creation_error {
            return Err(error.clone());
        }
        let mut new = NewResource::of(schemas(job, kind));
        let mut modified = Vec::new();
        for (line, flow) in self.lines() {
            let value = match (on_creation(line, flow), flow) {
                (Decision::Send, Flow::Value(value)) => Some(value.clone()),
                (Decision::SendDefault, _) => FlowValue::creation_default(line)?,
                _ => None,
            };
            if let Some(value) = value
                && !self.lacks_its_role(line, None)?
            {
                roles::put(&mut new, &line.target.path, &value);
                modified.push(modified_property(line, None, Some(&value)));
            }
        }
        for attribute in self.mapping.unmapped_required() {
            if let Some(default) = &attribute.default {
                let value = FlowValue::of(attribute, default.clone(), false)?;
                new.set(&attribute.path, value.value);
                modified.push(ModifiedProperty {
                    display_name: attribute.path.to_string(),
                    old_value: None,
                    new_value: Some(value.text),
                });
            }
        }
        Ok((new.into_body(kind.name()), modified))
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
    if kind == ObjectKind::Group && job.settings.legacy_group_schema {
        schemas.extend(job.dialect().second_group_schema().map(str::to_owned));
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

/// What the log tells of a value that is sent; none: of a removal.
pub(super) fn modified_property(
    line: &AttributeMapping,
    held: Option<&Value>,
    value: Option<&FlowValue>,
) -> ModifiedProperty {
    let hide = |hidden: bool, text: String| if hidden { REDACTED.to_owned() } else { text };
    ModifiedProperty {
        display_name: line.target.path.to_string(),
        old_value: held.map(|held| hide(line.redacts(), value_text(held))),
        new_value: value.map(|value| hide(value.redacted, value.text.clone())),
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
