//! Evaluating one mapping for one source object.
//!
//! What comes out is a value, nothing (null and the empty text alike: `spec/MAPPINGS.md` §5.4), or the decision of the
//! expression to leave the attribute alone. Whether a default value stands in, and whether anything is sent, depends on
//! what is done with the object and is decided by the plan.

use super::{
    conversion::{ConversionError, convert},
    object_mapping::{AttributeMapping, TargetAttribute},
    role_function::RoleFlow,
};
use crate::expression::{Attributes, EvaluationError, Surroundings, Value, Warning};

/// What a mapping yields for an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// A value.
    Value(FlowValue),
    /// The source has no value.
    Nothing,
    /// The mapping is dropped for this object; not even a default value flows.
    Ignored,
}

/// A value on its way to the target.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowValue {
    /// The value in the attribute's type; a list where the attribute is one.
    pub value: serde_json::Value,
    /// The text that the mapping produced: what the log shows, and what the legacy dialect sends for a boolean.
    pub text: String,
    /// Whether no log may show it (`Redact`).
    pub redacted: bool,
    /// The roles that the value is of, where the target takes roles; their forms on the wire are not those of `value`.
    pub roles: Option<RoleFlow>,
}

/// Why a mapping yields nothing at all: the object fails.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FlowError {
    /// The expression failed.
    #[error("the mapping of `{target}` cannot be evaluated: {error}")]
    Evaluation {
        /// The target attribute.
        target: String,
        /// What happened.
        error: EvaluationError,
    },
    /// The value does not fit the attribute.
    #[error("the value for `{target}` does not fit: {error}")]
    Conversion {
        /// The target attribute.
        target: String,
        /// What is wrong with it.
        error: ConversionError,
    },
}

impl FlowValue {
    /// What stands in on creation where `mapping` gives nothing, if anything does.
    pub fn creation_default(mapping: &AttributeMapping) -> Result<Option<Self>, FlowError> {
        let Some(default) = mapping.creation_default() else { return Ok(None) };
        let roles = mapping.default_role(default);
        let value = Self::of(&mapping.target, default.to_owned(), mapping.redacts())?;
        Ok(Some(Self { roles, ..value }))
    }

    /// `text` as a value for `target`.
    pub fn of(target: &TargetAttribute, text: String, redacted: bool) -> Result<Self, FlowError> {
        let value = converted(target, &text, redacted)?;
        let value = if target.is_whole_list() { vec![value].into() } else { value };
        Ok(Self { value, text, redacted, roles: None })
    }
}

/// Evaluates `mapping` for the object with these `attributes`. Beside the flow, what may work otherwise in the service.
pub fn evaluate(
    mapping: &AttributeMapping,
    attributes: &dyn Attributes,
    surroundings: &Surroundings<'_>,
) -> Result<(Flow, Vec<Warning>), FlowError> {
    let Some(source) = &mapping.source else {
        return Ok((Flow::Nothing, Vec::new()));
    };
    let outcome = source
        .evaluate(attributes, surroundings)
        .map_err(|error| FlowError::Evaluation { target: mapping.target.path.to_string(), error })?;
    let redacted = outcome.redacted;
    let roles = mapping.roles_in(&outcome.value, attributes);
    let flow = match outcome.value {
        Value::Null => Flow::Nothing,
        Value::IgnoreFlow | Value::IgnoreObject => Flow::Ignored,
        value @ (Value::List(_) | Value::Roles(_)) => several(mapping, &value, redacted)?,
        value => match value.into_string_form() {
            Some(text) if !text.is_empty() => Flow::Value(FlowValue::of(&mapping.target, text.into_owned(), redacted)?),
            _ => Flow::Nothing,
        },
    };
    let flow = match flow {
        Flow::Value(value) => Flow::Value(FlowValue { roles, ..value }),
        nothing => nothing,
    };
    Ok((flow, outcome.warnings))
}

/// Several values, for an attribute that takes several.
fn several(mapping: &AttributeMapping, value: &Value<'_>, redacted: bool) -> Result<Flow, FlowError> {
    let texts = value.texts();
    if texts.is_empty() {
        return Ok(Flow::Nothing);
    }
    if !mapping.target.multivalued {
        let error = ConversionError::Several(texts.len());
        return Err(FlowError::Conversion { target: mapping.target.path.to_string(), error });
    }
    let mut values = Vec::with_capacity(texts.len());
    for text in &texts {
        values.push(converted(&mapping.target, text, redacted)?);
    }
    Ok(Flow::Value(FlowValue { value: values.into(), text: texts.join(";"), redacted, roles: None }))
}

fn converted(target: &TargetAttribute, text: &str, redacted: bool) -> Result<serde_json::Value, FlowError> {
    convert(target, text).map_err(|error| FlowError::Conversion {
        target: target.path.to_string(),
        error: if redacted { error.concealed() } else { error },
    })
}
