//! An index for `eq`: which resources hold a value at one place.
//!
//! It narrows a filter down to few candidates, which are then compared in earnest. So it can be coarse: letter case does
//! not count, and the boolean `true` is found under the text as well.

use super::target::Target;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

/// The positions of resources by the values that they hold at one place.
#[derive(Debug)]
pub(crate) struct EqualityIndex {
    /// The place.
    pub(crate) target: Target,
    positions: HashMap<String, BTreeSet<u64>>,
}

impl EqualityIndex {
    /// An empty index of a place.
    pub(crate) fn new(target: Target) -> Self {
        Self { target, positions: HashMap::new() }
    }

    /// Adds a resource with these attributes under each of its values.
    pub(crate) fn insert(&mut self, position: u64, attributes: &Map<String, Value>) {
        for value in self.target.values(attributes) {
            self.positions.entry(folded(value)).or_default().insert(position);
        }
    }

    /// Takes a resource out that had these attributes when it was added.
    pub(crate) fn remove(&mut self, position: u64, attributes: &Map<String, Value>) {
        for key in self.target.values(attributes).into_iter().map(folded) {
            if let Some(positions) = self.positions.get_mut(&key) {
                positions.remove(&position);
                if positions.is_empty() {
                    self.positions.remove(&key);
                }
            }
        }
    }

    /// The resources that may hold the value, in the order of their creation.
    pub(crate) fn candidates(&self, value: &Value) -> impl Iterator<Item = u64> {
        self.positions.get(&folded(value)).into_iter().flatten().copied()
    }
}

fn folded(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}
