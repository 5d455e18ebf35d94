//! Evaluating one mapping for one source object.
//!
//! What comes out is a value, nothing (null and the empty text alike: `spec/MAPPINGS.md` §5.4), or the decision of the
//! expression to leave the attribute alone. Whether a default value stands in, and whether anything is sent, depends on
//! what is done with the object and is decided by the plan.

use super::{
    conversion::{ConversionError, convert},
    object_mapping::AttributeMapping,
};
use crate::expression::{Attributes, EvaluationError, Surroundings, Value};

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
    /// The value in the attribute's type.
    pub value: serde_json::Value,
    /// The text that the mapping produced: what the log shows, and what the legacy dialect sends for a boolean.
    pub text: String,
    /// Whether no log may show it (`Redact`).
    pub redacted: bool,
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
    /// `text` as a value for the target of `mapping`.
    pub fn of(mapping: &AttributeMapping, text: String, redacted: bool) -> Result<Self, FlowError> {
        let value = convert(&mapping.target, &text)
            .map_err(|error| FlowError::Conversion { target: mapping.target.path.to_string(), error })?;
        Ok(Self { value, text, redacted })
    }
}

/// Evaluates `mapping` for the object with these `attributes`.
pub fn evaluate(
    mapping: &AttributeMapping,
    attributes: &dyn Attributes,
    surroundings: &Surroundings<'_>,
) -> Result<Flow, FlowError> {
    let Some(source) = &mapping.source else {
        return Ok(Flow::Nothing);
    };
    let outcome = source
        .evaluate(attributes, surroundings)
        .map_err(|error| FlowError::Evaluation { target: mapping.target.path.to_string(), error })?;
    let redacted = outcome.redacted;
    match outcome.value {
        Value::Null => Ok(Flow::Nothing),
        Value::IgnoreFlow | Value::IgnoreObject => Ok(Flow::Ignored),
        value @ (Value::List(_) | Value::Roles(_)) => several(mapping, &value, redacted),
        value => match value.into_string_form() {
            Some(text) if !text.is_empty() => FlowValue::of(mapping, text.into_owned(), redacted).map(Flow::Value),
            _ => Ok(Flow::Nothing),
        },
    }
}

/// Several values, for an attribute that takes several; or the only one of a list.
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
        values.push(FlowValue::of(mapping, text.clone().into_owned(), redacted)?.value);
    }
    Ok(Flow::Value(FlowValue { value: values.into(), text: texts.join(";"), redacted }))
}
