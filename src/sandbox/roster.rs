//! The members of a group, in the order in which they joined.
//!
//! They are kept apart from the group's other attributes, so that a member more or less in a group of 100,000 costs as
//! much as in a group of ten.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The part of a member's entry that holds its id.
pub(crate) const ID: &str = "value";

/// The members of one group: entries such as `{"value": id}`, one an id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster {
    entries: BTreeMap<u64, Value>,
    positions: HashMap<String, u64>,
    next: u64,
}

impl Roster {
    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of a member.
    pub(crate) fn get(&self, id: &str) -> Option<&Value> {
        self.entries.get(self.positions.get(id)?)
    }

    /// Whether `id` is a member.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.positions.contains_key(id)
    }

    /// The entries in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Value> {
        self.entries.values()
    }

    /// Adds a member, or replaces its entry.
    pub(crate) fn join(&mut self, id: &str, entry: Value) {
        let position = *self.positions.entry(id.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.entries.insert(position, entry);
    }

    /// Takes a member out.
    pub(crate) fn leave(&mut self, id: &str) {
        if let Some(position) = self.positions.remove(id) {
            self.entries.remove(&position);
        }
    }
}

/// The id that an entry of `members` holds.
pub(crate) fn member_id(entry: &Value) -> Option<&str> {
    entry.get(ID).and_then(Value::as_str)
}
