//! The body of a PATCH: a list of operations (RFC 7644 §3.5.2).
//!
//! Operation names count in any letter case, for the legacy dialect writes `Add`, `Replace` and `Remove`
//! (`spec/WIRE.md` §4).

use super::error::Refusal;
use crate::scim::path::member;
use serde_json::Value;

/// The schema that the body must name.
const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operation {
    pub(crate) verb: Verb,
    pub(crate) path: Option<String>,
    pub(crate) value: Option<Value>,
}

/// Reads the operations of a PATCH body.
pub(crate) fn parse(body: &Value) -> Result<Vec<Operation>, Refusal> {
    let syntax = |problem: &str| Refusal::InvalidSyntax(problem.to_owned());
    let declared = member(body, "schemas").and_then(Value::as_array);
    let is_patch = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_SCHEMA));
    if !declared.is_some_and(|urns| urns.iter().any(is_patch)) {
        return Err(Refusal::InvalidSyntax(format!("`schemas` of a PATCH must hold `{PATCH_SCHEMA}`")));
    }
    let operations = member(body, "Operations").and_then(Value::as_array);
    match operations {
        Some(operations) if !operations.is_empty() => operations.iter().map(operation).collect(),
        _ => Err(syntax("`Operations` must be a list with at least one operation")),
    }
}

fn operation(operation: &Value) -> Result<Operation, Refusal> {
    let name = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    let verb = match name.to_ascii_lowercase().as_str() {
        "add" => Verb::Add,
        "replace" => Verb::Replace,
        "remove" => Verb::Remove,
        _ => {
            return Err(Refusal::InvalidSyntax(format!("`op` must be `add`, `replace` or `remove`, not `{name}`")));
        }
    };
    let path = match member(operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path.clone()),
        Some(_) => return Err(Refusal::InvalidSyntax("`path` must be a text".to_owned())),
    };
    let value = member(operation, "value").cloned();
    if verb != Verb::Remove && value.is_none() {
        return Err(Refusal::InvalidSyntax(format!("`{name}` needs a `value`")));
    }
    Ok(Operation { verb, path, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(body: &Value) -> String {
        parse(body).unwrap_err().to_string()
    }

    #[test]
    fn capital_letters_do_not_matter() {
        let body = json!({"schemas": [PATCH_SCHEMA], "operations": [{"op": "Remove", "path": "title"}]});
        let expected = Operation { verb: Verb::Remove, path: Some("title".to_owned()), value: None };
        assert_eq!(parse(&body), Ok(vec![expected]));
    }

    #[test]
    fn a_body_that_is_no_patch_is_refused_with_its_reason() {
        let with = |operations: Value| json!({"schemas": [PATCH_SCHEMA], "Operations": operations});
        assert_eq!(
            refusal(&json!({"Operations": []})),
            "`schemas` of a PATCH must hold `urn:ietf:params:scim:api:messages:2.0:PatchOp`"
        );
        assert_eq!(refusal(&with(json!([]))), "`Operations` must be a list with at least one operation");
        assert_eq!(refusal(&with(json!([{"op": "move"}]))), "`op` must be `add`, `replace` or `remove`, not `move`");
        assert_eq!(refusal(&with(json!([{"op": "Add", "path": "title"}]))), "`Add` needs a `value`");
        assert_eq!(refusal(&with(json!([{"op": "add", "path": 5, "value": 1}]))), "`path` must be a text");
    }
}
