//! What form the values of an attribute must have: a value is brought into it, or refused with the reason.
//!
//! Names get their proper letter case; nulls, empty lists and empty references count as no value (RFC 7643 §2.5). Two
//! liberties of Entra are taken in good part: the texts `"True"` and `"False"` for a boolean, and a bare id for a
//! manager, which is kept as `{"value": id}` (`spec/WIRE.md` §4).

use super::{core_schema::AttributeDefinition, error::Refusal, member, schema::AttributeKind, vocabulary::Vocabulary};
use crate::scim::path::member as member_of;
use serde_json::{Map, Value, json};

/// An attribute with all that the vocabulary says of it.
pub(crate) struct Attribute<'a> {
    vocabulary: &'a Vocabulary,
    extension: Option<&'a str>,
    name: &'a str,
    definition: Option<&'static AttributeDefinition>,
}

impl<'a> Attribute<'a> {
    /// The attribute `name` of the core schema, or of an extension; both in their proper letter case.
    pub(crate) fn new(vocabulary: &'a Vocabulary, extension: Option<&'a str>, name: &'a str) -> Self {
        Self { vocabulary, extension, name, definition: vocabulary.definition(extension, name) }
    }

    /// Whether it is a list; `None` where nobody says so.
    pub(crate) fn is_list(&self) -> Option<bool> {
        if let Some(definition) = self.definition {
            return Some(definition.multivalued);
        }
        let mut rules = self.vocabulary.rules_for(self.extension, self.name).peekable();
        rules.peek()?;
        Some(rules.any(|rule| rule.row.multivalued || rule.target.selector.is_some()))
    }

    /// Whether it is an object, or a list of objects.
    fn is_complex(&self) -> bool {
        let ruled = || {
            let mut rules = self.vocabulary.rules_for(self.extension, self.name);
            rules.any(|rule| rule.target.part.is_some() || rule.target.selector.is_some())
        };
        self.definition.map_or_else(ruled, AttributeDefinition::is_complex)
    }

    /// The type of a simple attribute, or of a part of a complex one. What RFC 7643 calls a boolean or a reference stays
    /// one, for some applications list the manager as a text.
    fn kind(&self, part: Option<&str>) -> Option<AttributeKind> {
        let defined = match (self.definition, part) {
            (Some(definition), Some(part)) if definition.is_complex() => definition.part(part).map(|part| part.kind),
            (definition, _) => definition.map(|definition| definition.kind),
        };
        if let Some(AttributeKind::Boolean | AttributeKind::Reference) = defined {
            return defined;
        }
        let wanted = part.unwrap_or("value");
        let mut rules = self.vocabulary.rules_for(self.extension, self.name);
        let found = rules.find(|rule| rule.target.part.as_deref().unwrap_or("value").eq_ignore_ascii_case(wanted));
        found.map(|rule| rule.row.kind).or(defined)
    }

    /// Whether it is known to be a simple value, or a list of them, and so has no parts.
    pub(crate) fn is_simple(&self) -> bool {
        self.definition.is_some_and(|definition| !definition.is_complex())
    }

    /// The proper name of one of its parts.
    pub(crate) fn part_name(&self, part: &str) -> String {
        self.vocabulary.part_name(self.extension, self.name, part)
    }

    /// Its whole value in its proper form; `None` where it comes to no value.
    pub(crate) fn whole(&self, value: Value) -> Result<Option<Value>, Refusal> {
        match (self.is_list(), value) {
            (_, Value::Null) => Ok(None),
            (Some(true) | None, Value::Array(entries)) => self.list(entries),
            (Some(true), single) => self.list(vec![single]),
            (Some(false), Value::Array(mut entries)) if self.is_complex() && entries.len() < 2 => match entries.pop() {
                Some(entry) => self.entry(entry),
                None => Ok(None),
            },
            (Some(false), Value::Array(_)) => Err(self.refused(None, "it is one value, not a list")),
            (_, single) => self.entry(single),
        }
    }

    fn list(&self, entries: Vec<Value>) -> Result<Option<Value>, Refusal> {
        let mut conforming = Vec::with_capacity(entries.len());
        for entry in entries {
            conforming.extend(self.entry(entry)?);
        }
        if conforming.iter().filter(|entry| is_primary(entry)).count() > 1 {
            return Err(self.refused(None, "only one entry can be the primary one"));
        }
        Ok((!conforming.is_empty()).then_some(Value::Array(conforming)))
    }

    /// One entry of a list, or the one value, in its proper form; `None` where it comes to no value.
    pub(crate) fn entry(&self, entry: Value) -> Result<Option<Value>, Refusal> {
        match entry {
            Value::Null => Ok(None),
            Value::Array(_) => Err(self.refused(None, "a list within a list")),
            Value::Object(parts) if self.may_be_object() => {
                let mut conforming = Map::new();
                for (part, value) in parts {
                    let part = self.part_name(&part);
                    if let Some(value) = self.part(&part, value)? {
                        member::set(&mut conforming, &part, value);
                    }
                }
                Ok((!conforming.is_empty()).then_some(Value::Object(conforming)))
            }
            Value::Object(_) => Err(self.refused(None, "it is a simple value, not an object")),
            scalar if self.is_complex() => {
                if self.definition.is_some_and(|definition| definition.part("value").is_none()) {
                    return Err(self.refused(None, "it is an object"));
                }
                Ok(self.part("value", scalar)?.map(|value| json!({"value": value})))
            }
            scalar => self.scalar(None, scalar),
        }
    }

    /// The value of one of its parts in its proper form; `None` where it comes to no value. Parts have no parts of their own
    /// (RFC 7643 §2.3.8).
    pub(crate) fn part(&self, part: &str, value: Value) -> Result<Option<Value>, Refusal> {
        match value {
            Value::Null => Ok(None),
            Value::Array(_) | Value::Object(_) => Err(self.refused(Some(part), "a part is a simple value")),
            scalar => self.scalar(Some(part), scalar),
        }
    }

    /// A simple attribute that no one defines, a list of an application's own and a reference may hold objects.
    fn may_be_object(&self) -> bool {
        self.is_complex()
            || match self.kind(None) {
                None | Some(AttributeKind::Reference) => true,
                Some(_) => self.is_list() == Some(true),
            }
    }

    fn scalar(&self, part: Option<&str>, value: Value) -> Result<Option<Value>, Refusal> {
        let Some(kind) = self.kind(part) else { return Ok(Some(value)) };
        let fits = match (kind, &value) {
            (AttributeKind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => {
                return Ok(Some(Value::Bool(true)));
            }
            (AttributeKind::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => {
                return Ok(Some(Value::Bool(false)));
            }
            (AttributeKind::Reference, Value::String(text)) if text.is_empty() => return Ok(None),
            (AttributeKind::Boolean, value) => value.is_boolean(),
            (AttributeKind::Integer, value) => value.is_i64() || value.is_u64(),
            (AttributeKind::String | AttributeKind::Reference, value) => value.is_string(),
            (AttributeKind::Binary, value) => value.as_str().is_some_and(is_base64),
            (AttributeKind::DateTime, value) => value.as_str().is_some_and(is_date_time),
        };
        if fits { Ok(Some(value)) } else { Err(self.refused(part, &format!("`{value}` is no {}", name_of(kind)))) }
    }

    fn refused(&self, part: Option<&str>, reason: &str) -> Refusal {
        let mut name = self.extension.map_or_else(String::new, |urn| format!("{urn}:"));
        name.push_str(self.name);
        if let Some(part) = part {
            name.push('.');
            name.push_str(part);
        }
        Refusal::value(name, reason)
    }
}

/// Whether an entry of a list is marked as the primary one.
pub(crate) fn is_primary(entry: &Value) -> bool {
    member_of(entry, "primary") == Some(&Value::Bool(true))
}

fn name_of(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::String => "String",
        AttributeKind::Boolean => "Boolean",
        AttributeKind::Integer => "Integer",
        AttributeKind::Reference => "Reference",
        AttributeKind::Binary => "Binary in base 64",
        AttributeKind::DateTime => "DateTime",
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() < 3
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

fn is_date_time(text: &str) -> bool {
    text.contains('T') && (text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok())
}
