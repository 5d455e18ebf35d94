//! Carries PATCH operations out on a draft of a resource (RFC 7644 §3.5.2), in either of Entra's dialects
//! (`spec/WIRE.md` §4).
//!
//! * An operation without a path is one operation for each key of its value. A key may be dotted (`name.givenName`) or
//!   qualified (`urn:...:User:department`), or be an extension's URN with an object.
//! * `add` on a list appends what is not there yet; `add` and `replace` on an object merge its parts.
//! * `add` on a selector that no entry fits makes the entry, with what the selector says of it; `replace` there is
//!   refused with `noTarget`.
//! * `remove` on a list takes the values away that it comes with, or all. Removing what is not there is no error.
//! * A null, an empty list and an empty reference take a value away.
//! * What the application keeps itself (`id`, `meta`, `groups`) is refused with `mutability` unless it stays the same;
//!   `schemas` follows from the attributes, and a password is forgotten at once.

use super::{
    attribute_operation::AttributeOperation,
    error::Refusal,
    member,
    patch_request::{Operation, Verb},
    resource_kind::ResourceKind,
    roster_draft::RosterDraft,
    target::Target,
    vocabulary::{Place, Vocabulary},
};
use serde_json::{Map, Value};

/// A resource while operations are carried out on it.
pub(crate) struct Draft<'a> {
    /// The id, which cannot change.
    pub(crate) id: &'a str,
    /// The attributes other than members.
    pub(crate) attributes: Map<String, Value>,
    /// What happens to a group's members.
    pub(crate) members: RosterDraft<'a>,
    /// The attributes that the application knows.
    pub(crate) vocabulary: &'a Vocabulary,
}

impl Draft<'_> {
    /// Carries one operation out. After an error the draft is of no further use.
    pub(crate) fn operate(&mut self, operation: Operation) -> Result<(), Refusal> {
        let Operation { verb, path, value } = operation;
        match (path, value) {
            (None, _) if verb == Verb::Remove => Err(Refusal::NoPath),
            (None, Some(Value::Object(members))) => {
                members.into_iter().try_for_each(|(key, value)| self.write(verb, &key, Some(value)))
            }
            (None, _) => {
                Err(Refusal::InvalidSyntax("an operation without a `path` needs an object as its `value`".to_owned()))
            }
            (Some(path), value) => self.write(verb, &path, value),
        }
    }

    fn write(&mut self, verb: Verb, path: &str, value: Option<Value>) -> Result<(), Refusal> {
        let urn = match self.vocabulary.place(path)? {
            Place::Attribute(target) => return self.write_attribute(verb, &target, value),
            Place::Extension(urn) => urn,
        };
        match value {
            _ if verb == Verb::Remove => {
                member::take(&mut self.attributes, &urn);
                Ok(())
            }
            Some(Value::Object(members)) => {
                members.into_iter().try_for_each(|(key, value)| self.write(verb, &format!("{urn}:{key}"), Some(value)))
            }
            _ => Err(Refusal::value(urn, "an extension is an object")),
        }
    }

    fn write_attribute(&mut self, verb: Verb, target: &Target, value: Option<Value>) -> Result<(), Refusal> {
        if target.is_core("schemas") || target.is_core("password") {
            return Ok(());
        }
        if Vocabulary::keeps(target) {
            let same = target.is_core("id") && value.as_ref().and_then(Value::as_str) == Some(self.id);
            let refusal =
                Refusal::Mutability { attribute: target.to_string(), reason: "the application keeps it itself" };
            return if same && verb != Verb::Remove { Ok(()) } else { Err(refusal) };
        }
        if !self.vocabulary.permits(target) {
            return Err(Refusal::InvalidPath {
                path: target.to_string(),
                reason: "this application has no such attribute".to_owned(),
            });
        }
        if self.vocabulary.kind == ResourceKind::Group && target.is_core("members") {
            return self.members.operate(verb, target, value);
        }
        let operation = AttributeOperation::new(self.vocabulary, verb, target);
        let Some(urn) = &target.extension else {
            return operation.carry_out(&mut self.attributes, value);
        };
        let mut extension = match member::get(&self.attributes, urn) {
            Some(Value::Object(extension)) => extension.clone(),
            _ => Map::new(),
        };
        operation.carry_out(&mut extension, value)?;
        if extension.is_empty() {
            member::take(&mut self.attributes, urn);
        } else {
            member::set(&mut self.attributes, urn, Value::Object(extension));
        }
        Ok(())
    }
}
