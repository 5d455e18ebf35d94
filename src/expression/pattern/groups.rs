//! The numbers and names of groups.
//!
//! Groups without a name are numbered first, from left to right; then those with a name, in the order in which the names
//! appear. A name or number that is given twice is one group.

use super::tree::GroupKey;

/// The groups of a pattern, in the order of their numbers. The place in this order is the group's slot; slot 0 is the whole
/// match.
#[derive(Clone, Debug)]
pub(super) struct Groups(Vec<Group>);

#[derive(Clone, Debug)]
struct Group {
    number: usize,
    name: Option<String>,
}

impl Groups {
    /// Numbers the groups of a pattern, given in the order in which they open.
    pub(super) fn number(keys: Vec<GroupKey>) -> Self {
        let mut groups = vec![Group { number: 0, name: None }];
        let mut names = Vec::new();
        for key in keys {
            match key {
                GroupKey::Unnamed(number) | GroupKey::Number(number) => {
                    if !groups.iter().any(|group| group.number == number) {
                        groups.push(Group { number, name: None });
                    }
                }
                GroupKey::Name(name) => {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        let mut next = 1;
        for name in names {
            while groups.iter().any(|group| group.number == next) {
                next += 1;
            }
            groups.push(Group { number: next, name: Some(name) });
        }
        groups.sort_by_key(|group| group.number);
        Self(groups)
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The slot of the group with this name or number.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let number = name.parse::<usize>().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()));
        self.0.iter().position(|group| match number {
            Some(number) => group.number == number,
            None => group.name.as_deref() == Some(name),
        })
    }

    /// The slot of the group that opened under `key`.
    pub(super) fn slot(&self, key: &GroupKey) -> usize {
        let slot = match key {
            GroupKey::Unnamed(number) | GroupKey::Number(number) => {
                self.0.iter().position(|group| group.number == *number)
            }
            GroupKey::Name(name) => self.0.iter().position(|group| group.name.as_deref() == Some(name)),
        };
        slot.unwrap_or(0)
    }
}
