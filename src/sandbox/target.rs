//! What a path means in this application: its extension, its attribute and its part under their proper names.
//!
//! `Manager`, `urn:ietf:params:scim:schemas:core:2.0:User:userName` and `USERNAME` are ways to write; a [`Target`] is
//! what they come to once the [`Vocabulary`](super::vocabulary::Vocabulary) has read them.

use super::member;
use crate::scim::path::{Selector, member as member_of, scalar_eq};
use serde_json::{Map, Value};
use std::fmt;

/// The parts that every entry of a list may have, whichever of its parts a schema names.
const ENTRY_PARTS: [&str; 3] = ["type", "primary", "display"];

/// The place of a value in a resource.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The extension's URN; `None` for an attribute of the core schema.
    pub(crate) extension: Option<String>,
    /// The attribute.
    pub(crate) attribute: String,
    /// Which entries of a list are meant.
    pub(crate) selector: Option<Selector>,
    /// The part of a complex attribute.
    pub(crate) part: Option<String>,
}

impl Target {
    /// An attribute of the core schema as a whole.
    pub(crate) fn core(attribute: &str) -> Self {
        Self { extension: None, attribute: attribute.to_owned(), selector: None, part: None }
    }

    /// Whether this is the core attribute `name`, or a part of it.
    pub(crate) fn is_core(&self, name: &str) -> bool {
        self.extension.is_none() && self.attribute.eq_ignore_ascii_case(name)
    }

    /// Whether both lie in the same attribute of the same schema.
    pub(crate) fn same_attribute(&self, other: &Self) -> bool {
        self.is_in(other.extension.as_deref(), &other.attribute)
    }

    /// Whether this lies in `attribute` of `extension`.
    pub(crate) fn is_in(&self, extension: Option<&str>, attribute: &str) -> bool {
        same_name(self.extension.as_deref(), extension) && self.attribute.eq_ignore_ascii_case(attribute)
    }

    /// Whether both name the same values; `value` is what a path without a part means.
    pub(crate) fn same_values(&self, other: &Self) -> bool {
        let same_selector = match (&self.selector, &other.selector) {
            (None, None) => true,
            (Some(left), Some(right)) => same_selector(left, right),
            _ => false,
        };
        same_selector
            && self.same_attribute(other)
            && self.part.as_deref().unwrap_or("value").eq_ignore_ascii_case(other.part.as_deref().unwrap_or("value"))
    }

    /// Whether a schema that has this also has `other`: all of it, or something in it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let entry_fits = match (&self.selector, &other.selector) {
            (Some(own), Some(asked)) => same_selector(own, asked),
            _ => true,
        };
        entry_fits && self.same_attribute(other) && other.part.as_deref().is_none_or(|part| self.covers_part(part))
    }

    /// Whether this means the part of this name, or all parts.
    pub(crate) fn is_part(&self, name: &str) -> bool {
        self.part.as_deref().is_none_or(|part| part.eq_ignore_ascii_case(name))
    }

    /// Whether a schema that has this also has the part of this name: this itself, or what tells entries of a list apart.
    pub(crate) fn covers_part(&self, name: &str) -> bool {
        let tells_apart = |selector: &Selector| {
            is_entry_part(name) || selector.0.iter().any(|(selected, _)| selected.eq_ignore_ascii_case(name))
        };
        self.is_part(name) || self.selector.as_ref().is_some_and(tells_apart)
    }

    /// The simple values at this place of a resource's `attributes`. Of a complex value that is meant as a whole, its
    /// `value` counts (RFC 7644 §3.4.2.2).
    pub(crate) fn values<'a>(&self, attributes: &'a Map<String, Value>) -> Vec<&'a Value> {
        let container = match &self.extension {
            None => Some(attributes),
            Some(urn) => member::get(attributes, urn).and_then(Value::as_object),
        };
        let entries = match container.and_then(|container| member::get(container, &self.attribute)) {
            None => &[],
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        entries
            .iter()
            .filter(|entry| self.selector.as_ref().is_none_or(|selector| selector.matches(entry)))
            .filter_map(|entry| match (&self.part, entry.is_object()) {
                (part, true) => member_of(entry, part.as_deref().unwrap_or("value")),
                (None, false) => Some(entry),
                (Some(part), false) => part.eq_ignore_ascii_case("value").then_some(entry),
            })
            .collect()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.extension {
            write!(formatter, "{urn}:")?;
        }
        formatter.write_str(&self.attribute)?;
        if let Some(Selector(comparisons)) = &self.selector {
            let comparisons: Vec<_> = comparisons.iter().map(|(name, value)| format!("{name} eq {value}")).collect();
            write!(formatter, "[{}]", comparisons.join(" and "))?;
        }
        match &self.part {
            Some(part) => write!(formatter, ".{part}"),
            None => Ok(()),
        }
    }
}

/// Whether every entry of a list may have this part.
pub(crate) fn is_entry_part(name: &str) -> bool {
    ENTRY_PARTS.iter().any(|part| part.eq_ignore_ascii_case(name))
}

/// Whether two selectors pick the same entries by the same names.
fn same_selector(left: &Selector, right: &Selector) -> bool {
    left.0.len() == right.0.len()
        && left.0.iter().zip(&right.0).all(|((left_name, left_value), (right_name, right_value))| {
            left_name.eq_ignore_ascii_case(right_name) && scalar_eq(left_value, right_value)
        })
}

fn same_name(left: Option<&str>, right: Option<&str>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    }
}
