//! The numbers and names of groups.
//!
//! Groups without a name are numbered first, from left to right; then those with a name, in the order in which the names
//! appear. A name or number that is given twice is one group.

use super::tree::GroupKey;
use std::collections::{BTreeMap, HashMap, hash_map::Entry};

/// The groups of a pattern. The place of a group's number among all numbers is its slot; slot 0 is the whole match.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    /// The slot of each number.
    numbers: BTreeMap<usize, usize>,
    /// The slot of each name.
    names: HashMap<String, usize>,
}

impl Groups {
    /// Numbers the groups of a pattern, given in the order in which they open.
    pub(super) fn number(keys: Vec<GroupKey>) -> Self {
        let mut numbers = BTreeMap::from([(0, 0)]);
        let mut unnumbered = Vec::new();
        for key in keys {
            match key {
                GroupKey::Unnamed(number) | GroupKey::Number(number) => {
                    numbers.insert(number, 0);
                }
                GroupKey::Name(name) => unnumbered.push(name),
            }
        }
        let mut names = HashMap::new();
        let mut next = 1;
        for name in unnumbered {
            if let Entry::Vacant(entry) = names.entry(name) {
                while numbers.contains_key(&next) {
                    next += 1;
                }
                numbers.insert(next, 0);
                entry.insert(next);
            }
        }
        for (place, slot) in numbers.values_mut().enumerate() {
            *slot = place;
        }
        for number in names.values_mut() {
            *number = numbers[number];
        }
        Self { numbers, names }
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The slot of the group with this name or number.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        match name.parse() {
            Ok(number) if is_number(name) => self.numbers.get(&number),
            _ => self.names.get(name),
        }
        .copied()
    }

    /// The slot of the group that opened under `key`.
    pub(super) fn slot(&self, key: &GroupKey) -> usize {
        let slot = match key {
            GroupKey::Unnamed(number) | GroupKey::Number(number) => self.numbers.get(number),
            GroupKey::Name(name) => self.names.get(name),
        };
        slot.copied().unwrap_or(0)
    }
}

/// Whether a name is a number.
pub(super) fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
