//! A record of the source, as its file has it: whom it is about, and what it holds, in whatever spelling.

use super::scenario::Kind;
use crate::directory::attribute;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// What stands for the number of an object, or of a repetition.
pub(super) const NUMBER: &str = "{number}";

/// A record of a file.
pub(super) type Record = Map<String, Value>;

/// The value of an attribute, however its name is spelt in the record.
pub(super) fn field<'r>(record: &'r Record, name: &str) -> Option<&'r Value> {
    record.iter().find(|(key, _)| attribute::canonical(key).eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(super) fn text<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
    field(record, name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Takes an attribute away, however its name is spelt, also from where Graph keeps extension attributes.
pub(super) fn remove(record: &mut Record, name: &str) {
    let name = attribute::canonical(name);
    record.retain(|key, _| !attribute::canonical(key).eq_ignore_ascii_case(name));
    for (key, value) in record.iter_mut() {
        if key.eq_ignore_ascii_case(attribute::EXTENSION_ATTRIBUTES)
            && let Some(members) = value.as_object_mut()
        {
            members.retain(|member, _| !member.eq_ignore_ascii_case(name));
        }
    }
}

/// What an object can be meant by, in small letters.
pub(super) fn identities(record: &Record, kind: Kind) -> impl Iterator<Item = String> {
    ["objectId", kind.naming_attribute()].into_iter().filter_map(|name| text(record, name)).map(str::to_lowercase)
}

pub(super) fn is_called(record: &Record, kind: Kind, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    identities(record, kind).any(|identity| identity == name)
}

pub(super) fn called(record: &Record, kind: Kind, names: &HashSet<String>) -> bool {
    identities(record, kind).any(|identity| names.contains(&identity))
}

/// Whether an assignment is one to these applications, which are in small letters.
pub(super) fn is_of(record: &Record, applications: &[String]) -> bool {
    ["app", "resourceDisplayName", "resourceId"]
        .iter()
        .filter_map(|name| text(record, name))
        .any(|application| applications.contains(&application.to_lowercase()))
}

pub(super) fn members(group: &Record) -> Vec<String> {
    let of_value = |value: &Value| match value {
        Value::String(name) => Some(name.trim().to_lowercase()),
        Value::Object(member) => {
            text(member, "objectId").or_else(|| text(member, "userPrincipalName")).map(str::to_lowercase)
        }
        _ => None,
    };
    match field(group, "members") {
        Some(Value::Array(members)) => members.iter().filter_map(of_value).collect(),
        Some(Value::String(list)) => list.split(';').map(|name| name.trim().to_lowercase()).collect(),
        _ => Vec::new(),
    }
}

/// The same record with the number in its place, in every text.
pub(super) fn numbered(record: &Record, number: u64) -> Record {
    fn of(value: &Value, number: &str) -> Value {
        match value {
            Value::String(text) => text.replace(NUMBER, number).into(),
            Value::Array(items) => items.iter().map(|item| of(item, number)).collect(),
            Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), of(value, number))).collect(),
            other => other.clone(),
        }
    }
    let number = number.to_string();
    record.iter().map(|(key, value)| (key.clone(), of(value, &number))).collect()
}
