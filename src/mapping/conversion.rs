//! From what an expression yields to what the target's attribute takes. Source: `spec/MAPPINGS.md` §6.3,
//! `spec/EXPRESSIONS.md` §7.

use super::object_mapping::{AttributeType, TargetAttribute};
use crate::expression::excerpt;
use serde_json::Value;

/// Why a value does not fit its attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// A text that is no truth value.
    #[error("`{0}` is neither true nor false")]
    Boolean(String),
    /// A text that must not be shown, for `Redact` gave it.
    #[error("it is not shown because the expression has `Redact`; the attribute takes {0}")]
    Concealed(&'static str),
    /// A text that is no whole number.
    #[error("`{0}` is not a whole number")]
    Integer(String),
    /// Several values for an attribute that takes one.
    #[error("the attribute takes one value, and the source has {0}")]
    Several(usize),
}

impl ConversionError {
    /// The same error, without the text that does not fit.
    pub(super) fn concealed(self) -> Self {
        match self {
            Self::Boolean(_) => Self::Concealed("true or false"),
            Self::Integer(_) => Self::Concealed("a whole number"),
            Self::Concealed(_) | Self::Several(_) => self,
        }
    }
}

/// The value that `text` is for `attribute`.
pub(super) fn convert(attribute: &TargetAttribute, text: &str) -> Result<Value, ConversionError> {
    match attribute.kind {
        AttributeType::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(ConversionError::Boolean(excerpt(text))),
        },
        AttributeType::Integer => {
            let number: i64 = text.trim().parse().map_err(|_| ConversionError::Integer(excerpt(text)))?;
            Ok(Value::from(number))
        }
        AttributeType::String | AttributeType::Reference | AttributeType::Binary | AttributeType::DateTime => {
            Ok(Value::from(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attribute(kind: AttributeType) -> TargetAttribute {
        TargetAttribute {
            path: "x".parse().unwrap(),
            kind,
            required: false,
            filterable: false,
            multivalued: false,
            case_exact: false,
            default: None,
        }
    }

    #[test]
    fn texts_become_what_the_attribute_takes() {
        assert_eq!(convert(&attribute(AttributeType::Boolean), "True"), Ok(json!(true)));
        assert_eq!(convert(&attribute(AttributeType::Boolean), "0"), Ok(json!(false)));
        assert_eq!(convert(&attribute(AttributeType::Integer), "0042"), Ok(json!(42)));
        assert_eq!(convert(&attribute(AttributeType::String), "0042"), Ok(json!("0042")));
    }

    #[test]
    fn what_does_not_fit_says_so() {
        assert_eq!(convert(&attribute(AttributeType::Boolean), "yes"), Err(ConversionError::Boolean("yes".into())));
        assert_eq!(convert(&attribute(AttributeType::Integer), "4.2"), Err(ConversionError::Integer("4.2".into())));
        assert_eq!(
            ConversionError::Integer("4.2".into()).concealed().to_string(),
            "it is not shown because the expression has `Redact`; the attribute takes a whole number"
        );
    }
}
