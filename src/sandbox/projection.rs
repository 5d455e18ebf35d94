//! `attributes` and `excludedAttributes`: which attributes an answer shows (RFC 7644 §3.9).
//!
//! `id` and `schemas` are always shown. Where both parameters are given, `excludedAttributes` takes from what
//! `attributes` leaves.

use super::{
    error::Refusal,
    member,
    target::Target,
    vocabulary::{Place, Vocabulary},
};
use serde_json::{Map, Value};

/// The attributes that an answer shows; all of them by default.
#[derive(Default)]
pub(crate) struct Projection {
    wanted: Option<Vec<Place>>,
    excluded: Vec<Place>,
}

impl Projection {
    /// Reads the two parameters, each a list of paths with commas in between.
    pub(crate) fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Refusal> {
        let places = |list: &str| {
            let paths = list.split(',').map(str::trim).filter(|path| !path.is_empty());
            paths.map(|path| vocabulary.place(path)).collect::<Result<Vec<_>, _>>()
        };
        let wanted = attributes.filter(|list| !list.trim().is_empty()).map(places).transpose()?;
        Ok(Self { wanted, excluded: excluded.map(places).transpose()?.unwrap_or_default() })
    }

    /// Whether an attribute of the core schema is shown, at least in part.
    pub(crate) fn shows(&self, attribute: &str) -> bool {
        let wanted = self.wanted.as_ref().is_none_or(|wanted| {
            wanted.iter().any(|place| matches!(place, Place::Attribute(target) if target.is_core(attribute)))
        });
        wanted && !self.excluded.iter().any(|place| is_whole(place, attribute))
    }

    /// Takes out of a rendered resource what is not to be shown.
    pub(crate) fn apply(&self, resource: &mut Map<String, Value>) {
        if let Some(wanted) = &self.wanted {
            let mut all = std::mem::take(resource);
            for name in ["schemas", "id"] {
                resource.extend(all.shift_remove(name).map(|value| (name.to_owned(), value)));
            }
            for (name, value) in all {
                if let Some(value) = kept(wanted, &name, value) {
                    resource.insert(name, value);
                }
            }
        }
        for place in &self.excluded {
            exclude(place, resource);
        }
    }
}

fn is_whole(place: &Place, attribute: &str) -> bool {
    matches!(place, Place::Attribute(target) if target.is_core(attribute) && target.part.is_none())
}

/// What the wanted places leave of a top-level member, which may be an extension.
fn kept(wanted: &[Place], name: &str, value: Value) -> Option<Value> {
    let whole = wanted.iter().any(|place| match place {
        Place::Extension(urn) => urn.eq_ignore_ascii_case(name),
        Place::Attribute(target) => is_whole(place, name) && target.extension.is_none(),
    });
    if whole {
        return Some(value);
    }
    let targets =
        || wanted.iter().filter_map(|place| if let Place::Attribute(target) = place { Some(target) } else { None });
    let inner: Vec<&Target> = targets()
        .filter(|target| target.extension.as_deref().is_some_and(|urn| urn.eq_ignore_ascii_case(name)))
        .collect();
    if inner.is_empty() {
        return with_parts(&targets().filter(|target| target.is_core(name)).collect::<Vec<_>>(), value);
    }
    let Value::Object(attributes) = value else { return None };
    let attributes: Map<String, Value> = attributes
        .into_iter()
        .filter_map(|(name, value)| {
            let targets: Vec<&Target> =
                inner.iter().copied().filter(|target| target.attribute.eq_ignore_ascii_case(&name)).collect();
            Some((name, with_parts(&targets, value)?))
        })
        .collect();
    (!attributes.is_empty()).then_some(Value::Object(attributes))
}

/// What the targets, all of one attribute, leave of its value.
fn with_parts(targets: &[&Target], value: Value) -> Option<Value> {
    if targets.iter().any(|target| target.part.is_none()) {
        return Some(value);
    }
    let wanted = |name: &str| {
        targets.iter().any(|target| target.part.as_deref().is_some_and(|part| part.eq_ignore_ascii_case(name)))
    };
    match value {
        Value::Object(mut parts) => {
            parts.retain(|name, _| wanted(name));
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        Value::Array(entries) => {
            let entries: Vec<Value> = entries.into_iter().filter_map(|entry| with_parts(targets, entry)).collect();
            (!entries.is_empty()).then_some(Value::Array(entries))
        }
        _ => None,
    }
}

fn exclude(place: &Place, resource: &mut Map<String, Value>) {
    match place {
        Place::Extension(urn) => {
            member::take(resource, urn);
        }
        Place::Attribute(target) if target.is_core("id") || target.is_core("schemas") => {}
        Place::Attribute(target) => {
            if let Some(urn) = &target.extension {
                if let Some(Value::Object(mut attributes)) = member::take(resource, urn) {
                    exclude_from(target, &mut attributes);
                    if !attributes.is_empty() {
                        member::set(resource, urn, Value::Object(attributes));
                    }
                }
            } else {
                exclude_from(target, resource);
            }
        }
    }
}

fn exclude_from(target: &Target, attributes: &mut Map<String, Value>) {
    let Some(part) = &target.part else {
        member::take(attributes, &target.attribute);
        return;
    };
    match attributes.get_mut(&target.attribute) {
        Some(Value::Object(parts)) => {
            member::take(parts, part);
        }
        Some(Value::Array(entries)) => {
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                member::take(entry, part);
            }
        }
        _ => {}
    }
}
