//! Takes out of a resource what the application's schema does not have.
//!
//! A rule for `emails[type eq "work"].value` keeps the value of the work entry, and whatever tells one entry from another:
//! `type`, `primary`, `display`. An entry that does not say its type is given the benefit of the doubt, for Entra's legacy
//! dialect adds roles without one (`spec/WIRE.md` §4). An entry of which nothing else is left goes.

use super::{target::Target, vocabulary::Vocabulary};
use crate::scim::path::{Selector, member, scalar_eq};
use serde_json::{Map, Value};

/// Leaves in `attributes` what the vocabulary has.
pub(crate) fn prune(attributes: &mut Map<String, Value>, vocabulary: &Vocabulary) {
    if vocabulary.rules().is_none() {
        return;
    }
    for (name, value) in std::mem::take(attributes) {
        if vocabulary.extension(&name).is_none() {
            if let Some(value) = pruned(vocabulary, None, &name, value) {
                attributes.insert(name, value);
            }
        } else if let Value::Object(inner) = value {
            let inner: Map<String, Value> = inner
                .into_iter()
                .filter_map(|(attribute, value)| {
                    let value = pruned(vocabulary, Some(&name), &attribute, value)?;
                    Some((attribute, value))
                })
                .collect();
            if !inner.is_empty() {
                attributes.insert(name, Value::Object(inner));
            }
        }
    }
}

fn pruned(vocabulary: &Vocabulary, extension: Option<&str>, attribute: &str, value: Value) -> Option<Value> {
    let rules: Vec<&Target> = vocabulary.rules_for(extension, attribute).map(|rule| &rule.target).collect();
    match value {
        Value::Array(entries) => {
            let entries: Vec<Value> = entries.into_iter().filter_map(|entry| pruned_entry(&rules, entry)).collect();
            (!entries.is_empty()).then_some(Value::Array(entries))
        }
        single => pruned_entry(&rules, single),
    }
}

/// An entry with the parts that some rule names. A rule whose selector the entry contradicts does not speak of it.
fn pruned_entry(rules: &[&Target], entry: Value) -> Option<Value> {
    let about = |rule: &&&Target| rule.selector.as_ref().is_none_or(|selector| !contradicts(&entry, selector));
    let rules: Vec<&Target> = rules.iter().filter(about).copied().collect();
    match entry {
        Value::Object(mut parts) => {
            parts.retain(|name, _| rules.iter().any(|rule| rule.covers_part(name)));
            let says_something = parts.keys().any(|name| rules.iter().any(|rule| rule.is_part(name)));
            says_something.then_some(Value::Object(parts))
        }
        simple => rules.iter().any(|rule| rule.is_part("value")).then_some(simple),
    }
}

fn contradicts(entry: &Value, selector: &Selector) -> bool {
    selector.0.iter().any(|(name, wanted)| member(entry, name).is_some_and(|found| !scalar_eq(found, wanted)))
}
