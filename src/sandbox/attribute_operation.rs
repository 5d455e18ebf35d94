//! One PATCH operation on one attribute: what its value is afterwards (RFC 7644 §3.5.2.1 to §3.5.2.3).
//!
//! The value that is there and the value that was sent come in, the value that is to be there goes out. The rules are those
//! that [`patch`](super::patch) tells.

use super::{
    attribute::{Attribute, is_primary},
    error::Refusal,
    member,
    patch_request::Verb,
    target::{Target, is_entry_part},
    vocabulary::Vocabulary,
};
use crate::scim::path::Selector;
use serde_json::{Map, Value, json};

/// An operation on a place within one attribute.
pub(crate) struct AttributeOperation<'a> {
    verb: Verb,
    target: &'a Target,
    attribute: Attribute<'a>,
}

impl<'a> AttributeOperation<'a> {
    /// The operation `verb` on `target`.
    pub(crate) fn new(vocabulary: &'a Vocabulary, verb: Verb, target: &'a Target) -> Self {
        Self { verb, target, attribute: Attribute::new(vocabulary, target.extension.as_deref(), &target.attribute) }
    }

    /// Carries the operation out in the object that holds the attribute: the resource, or an extension.
    pub(crate) fn carry_out(&self, container: &mut Map<String, Value>, value: Option<Value>) -> Result<(), Refusal> {
        let current = member::get(container, &self.target.attribute).cloned();
        let next = match self.verb {
            Verb::Remove => self.removed(current, value)?,
            Verb::Add | Verb::Replace => self.written(current, value.unwrap_or_default())?,
        };
        let entries = next.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if entries.iter().filter(|entry| is_primary(entry)).count() > 1 {
            return Err(Refusal::value(self.target.to_string(), "only one entry can be the primary one"));
        }
        put(container, &self.target.attribute, next.filter(|next| !is_nothing(next)));
        Ok(())
    }

    fn written(&self, current: Option<Value>, value: Value) -> Result<Option<Value>, Refusal> {
        match (&self.target.selector, &self.target.part) {
            (None, None) => self.whole_written(current, value),
            (None, Some(part)) => self.part_written(current, part, value),
            (Some(selector), _) => self.entries_written(current, selector, value),
        }
    }

    /// `add` or `replace` on an attribute as a whole.
    fn whole_written(&self, current: Option<Value>, value: Value) -> Result<Option<Value>, Refusal> {
        let cleared = if let Value::Object(parts) = &value { nulls(parts) } else { Vec::new() };
        let written = self.attribute.whole(value)?;
        Ok(match (current, written) {
            (current, None) if self.verb == Verb::Add && cleared.is_empty() => current,
            (Some(Value::Object(mut parts)), written) if written.is_some() || !cleared.is_empty() => {
                for part in cleared {
                    member::take(&mut parts, &part);
                }
                match written {
                    Some(Value::Object(written)) => merge(&mut parts, written),
                    Some(other) => return Ok(Some(other)),
                    None => {}
                }
                Some(Value::Object(parts))
            }
            (Some(Value::Array(mut entries)), Some(Value::Array(added))) if self.verb == Verb::Add => {
                for entry in added {
                    if !entries.contains(&entry) {
                        entries.push(entry);
                        keep_one_primary(&mut entries, |at, last| at == last);
                    }
                }
                Some(Value::Array(entries))
            }
            (_, written) => written,
        })
    }

    /// `add` or `replace` on a part of an object, or of every entry of a list.
    fn part_written(&self, current: Option<Value>, part: &str, value: Value) -> Result<Option<Value>, Refusal> {
        let written = self.attribute.part(part, value)?;
        match current {
            Some(Value::Array(mut entries)) => {
                entries.iter_mut().filter_map(Value::as_object_mut).for_each(|entry| put(entry, part, written.clone()));
                if written.is_none() {
                    entries.retain(has_content);
                }
                Ok(Some(Value::Array(entries)))
            }
            Some(Value::Object(mut parts)) => {
                put(&mut parts, part, written);
                Ok(Some(Value::Object(parts)))
            }
            Some(_) => Err(self.refused("the attribute is a simple value without parts")),
            None if self.attribute.is_list() == Some(true) => Err(Refusal::NoTarget { path: self.target.to_string() }),
            None if self.attribute.is_simple() => Err(self.refused("the attribute is a simple value without parts")),
            None => Ok(written.map(|written| json!({part: written}))),
        }
    }

    /// `add` or `replace` on the entries that a selector fits.
    fn entries_written(
        &self,
        current: Option<Value>,
        selector: &Selector,
        value: Value,
    ) -> Result<Option<Value>, Refusal> {
        if self.attribute.is_list() == Some(false) {
            return Err(self.refused("the attribute is no list"));
        }
        let mut entries = match current {
            Some(Value::Array(entries)) => entries,
            Some(single) => vec![single],
            None => Vec::new(),
        };
        let written = match &self.target.part {
            Some(part) => {
                let value = self.attribute.part(part, value)?;
                let mut written = Map::new();
                put(&mut written, part, Some(value.unwrap_or_default()));
                written
            }
            None => match self.attribute.entry(value)? {
                Some(Value::Object(written)) => written,
                None => Map::new(),
                Some(other) => return Err(Refusal::value(self.target.to_string(), format!("`{other}` is no object"))),
            },
        };
        let is_clearing = written.values().all(Value::is_null);
        let fits: Vec<bool> = entries.iter().map(|entry| selector.matches(entry)).collect();
        if fits.contains(&true) {
            let whole = self.verb == Verb::Replace && self.target.part.is_none();
            for (entry, _) in entries.iter_mut().zip(&fits).filter(|(_, fits)| **fits) {
                if whole {
                    *entry = Value::Object(self.selected(selector)?);
                }
                if let Value::Object(entry) = entry {
                    merge(entry, written.clone());
                }
            }
            keep_one_primary(&mut entries, |at, _| fits.get(at) == Some(&true));
        } else if self.verb == Verb::Replace {
            return Err(Refusal::NoTarget { path: self.target.to_string() });
        } else {
            let mut entry = self.selected(selector)?;
            merge(&mut entry, written);
            entries.push(Value::Object(entry));
            keep_one_primary(&mut entries, |at, last| at == last);
        }
        if is_clearing {
            entries.retain(has_content);
        }
        Ok(Some(Value::Array(entries)))
    }

    /// `remove` in all its forms.
    fn removed(&self, current: Option<Value>, value: Option<Value>) -> Result<Option<Value>, Refusal> {
        let Some(current) = current else { return Ok(None) };
        let (mut entries, is_list) = match current {
            Value::Array(entries) => (entries, true),
            single => (vec![single], false),
        };
        match (&self.target.selector, &self.target.part, value) {
            (None, None, Some(value)) if is_list && !value.is_null() => {
                let gone = self.attribute.whole(value)?;
                let gone = gone.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                entries.retain(|entry| !gone.iter().any(|gone| names(gone, entry)));
            }
            (None, None, _) => entries.clear(),
            (Some(selector), None, _) => entries.retain(|entry| !selector.matches(entry)),
            (selector, Some(part), _) => {
                for entry in &mut entries {
                    let fits = selector.as_ref().is_none_or(|selector| selector.matches(entry));
                    if let Some(entry) = entry.as_object_mut().filter(|_| fits) {
                        member::take(entry, part);
                    }
                }
                if is_list {
                    entries.retain(has_content);
                }
            }
        }
        Ok(if is_list { Some(Value::Array(entries)) } else { entries.pop() })
    }

    /// What a selector says of an entry, as the beginning of a new one.
    fn selected(&self, selector: &Selector) -> Result<Map<String, Value>, Refusal> {
        let mut entry = Map::new();
        for (name, value) in &selector.0 {
            let part = self.attribute.part_name(name);
            let value = self.attribute.part(&part, value.clone())?;
            put(&mut entry, &part, value);
        }
        Ok(entry)
    }

    fn refused(&self, reason: &str) -> Refusal {
        Refusal::InvalidPath { path: self.target.to_string(), reason: reason.to_owned() }
    }
}

/// Sets the parts that have a value and takes those away that are null.
fn merge(parts: &mut Map<String, Value>, written: Map<String, Value>) {
    for (part, value) in written {
        put(parts, &part, Some(value).filter(|value| !value.is_null()));
    }
}

fn put(parts: &mut Map<String, Value>, part: &str, value: Option<Value>) {
    match value {
        Some(value) => member::set(parts, part, value),
        None => {
            member::take(parts, part);
        }
    }
}

fn nulls(parts: &Map<String, Value>) -> Vec<String> {
    parts.iter().filter(|(_, value)| value.is_null()).map(|(part, _)| part.clone()).collect()
}

/// Whether a value of a removal names an entry: by its `value`, where both have one.
fn names(gone: &Value, entry: &Value) -> bool {
    match (gone.get("value"), entry.get("value")) {
        (Some(gone), Some(value)) => gone == value,
        _ => gone == entry,
    }
}

/// Of several primary entries, leaves the mark to those that were just written (RFC 7644 §3.5.2).
fn keep_one_primary(entries: &mut [Value], is_new: impl Fn(usize, usize) -> bool) {
    let last = entries.len().saturating_sub(1);
    if !entries.iter().enumerate().any(|(at, entry)| is_new(at, last) && is_primary(entry)) {
        return;
    }
    for (at, entry) in entries.iter_mut().enumerate() {
        if !is_new(at, last) && is_primary(entry) {
            entry["primary"] = json!(false);
        }
    }
}

/// Whether an entry of a list says more than what kind of entry it is.
fn has_content(entry: &Value) -> bool {
    entry.as_object().is_none_or(|entry| !entry.keys().all(|name| is_entry_part(name)))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(entries) => entries.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}
