//! How a record names another object: an id, a user principal name, a Graph object, a Graph address.

use super::problem::{Expected, RecordProblem};
use serde_json::Value;

/// The id or name that `value` refers by: a text as it stands, the `id` or `userPrincipalName` of an object, the last
/// part of an address such as `https://graph.microsoft.com/v1.0/users/{id}`.
pub(super) fn reference(field: &str, value: &Value) -> Result<String, RecordProblem> {
    let member = |object: &serde_json::Map<String, Value>, name: &str| {
        let found = object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_str()).and_then(from_text)
    };
    let found = match value {
        Value::String(text) => from_text(text),
        Value::Object(object) => {
            ["id", "objectId", "userPrincipalName", "@odata.id"].iter().find_map(|name| member(object, name))
        }
        _ => None,
    };
    found.ok_or_else(|| RecordProblem::unfit(field, Expected::Reference, value))
}

/// The references in a list, or in a text that holds one as JSON or separates them by `;` or else by `,`, as a cell of
/// CSV does. Each element that is none is a problem of its own. The list goes while it is read: a group may have a million
/// members.
pub(super) fn references(field: &str, value: Value) -> Result<Vec<String>, Vec<RecordProblem>> {
    match value {
        Value::Array(elements) => {
            let mut found = Vec::with_capacity(elements.len());
            let mut problems = Vec::new();
            for (index, element) in elements.into_iter().enumerate() {
                match element {
                    Value::String(text) if is_plain(&text) => found.push(text),
                    element => match reference(&format!("{field}[{index}]"), &element) {
                        Ok(text) => found.push(text),
                        Err(problem) => problems.push(problem),
                    },
                }
            }
            if problems.is_empty() { Ok(found) } else { Err(problems) }
        }
        Value::String(text) if text.trim_start().starts_with('[') => match serde_json::from_str(&text) {
            Ok(list @ Value::Array(_)) => references(field, list),
            _ => Err(vec![RecordProblem::unfit(field, Expected::References, &text.into())]),
        },
        Value::String(text) => {
            let separator = if text.contains(';') { ';' } else { ',' };
            Ok(text.split(separator).filter_map(from_text).collect())
        }
        value => Err(vec![RecordProblem::unfit(field, Expected::References, &value)]),
    }
}

/// Whether a text refers to something just as it stands.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.trim().len() == text.len() && !text.contains("://")
}

fn from_text(text: &str) -> Option<String> {
    let text = text.trim();
    let name = match text.split_once("://") {
        Some((_, address)) => last_part(address),
        None => text.to_owned(),
    };
    (!name.is_empty()).then_some(name)
}

/// `x` of `host/v1.0/users/x`, `host/v1.0/users('x')` and `host/v1.0/users/x/`.
fn last_part(address: &str) -> String {
    let part = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let key = part.split_once("('").and_then(|(_, key)| key.strip_suffix("')"));
    percent_decoded(key.unwrap_or(part))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, after) = escape(rest).unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The byte that an escape at the start of `text` stands for, and what follows it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? * 16 + digit(low)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(value: &Value) -> String {
        reference("manager", value).unwrap()
    }

    #[test]
    fn an_id_a_name_and_an_object_are_references() {
        assert_eq!(found(&json!(" B1A0 ")), "B1A0");
        assert_eq!(found(&json!("ann@contoso.example")), "ann@contoso.example");
        assert_eq!(found(&json!({"@odata.type": "#microsoft.graph.user", "id": "b1a0"})), "b1a0");
        assert_eq!(found(&json!({"Id": "b1a0"})), "b1a0");
        assert_eq!(found(&json!({"id": null, "userPrincipalName": "ann@contoso.example"})), "ann@contoso.example");
    }

    #[test]
    fn an_address_refers_by_its_last_part() {
        assert_eq!(found(&json!({"@odata.id": "https://graph.microsoft.com/v2/11/directoryObjects/b1a0/"})), "b1a0");
        assert_eq!(found(&json!("https://graph.microsoft.com/v1.0/users('b1a0')")), "b1a0");
        assert_eq!(
            found(&json!("https://graph.microsoft.com/v1.0/users/ann%40contoso.example")),
            "ann@contoso.example"
        );
        assert_eq!(found(&json!("https://graph.microsoft.com/v1.0/users/100%")), "100%");
        assert_eq!(found(&json!("https://graph.microsoft.com/v1.0/users/%zz%é")), "%zz%é");
    }

    #[test]
    fn anything_else_is_no_reference() {
        let message = |value| reference("manager", &value).unwrap_err().to_string();
        assert_eq!(
            message(json!(7)),
            "`manager` must be an id, a user principal name or an object with an `id`, not 7"
        );
        assert_eq!(
            message(json!({"displayName": "Ann"})),
            "`manager` must be an id, a user principal name or an object with an `id`, not {\"displayName\":\"Ann\"}"
        );
    }

    #[test]
    fn a_text_lists_references_by_semicolon_or_comma() {
        assert_eq!(references("members", json!("a; b;;c ")), Ok(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(references("members", json!("a,b")), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(references("members", json!("")), Ok(vec![]));
        assert_eq!(references("members", json!("[\"a\", \"b\"]")), Ok(vec!["a".into(), "b".into()]));
        let problems = references("members", json!("[a]")).unwrap_err();
        assert_eq!(
            problems[0].to_string(),
            "`members` must be a list of ids, user principal names or objects with an `id`, not \"[a]\""
        );
    }

    #[test]
    fn each_bad_element_of_a_list_is_reported() {
        let problems = references("members", json!(["a", 1, {"id": "b"}, null])).unwrap_err();
        let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "`members[1]` must be an id, a user principal name or an object with an `id`, not 1",
                "`members[3]` must be an id, a user principal name or an object with an `id`, not null",
            ]
        );
    }
}
