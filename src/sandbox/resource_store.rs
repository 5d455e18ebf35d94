//! The application's users and groups, and who is a member where.

use super::{
    change::Change,
    resource::Resource,
    resource_kind::ResourceKind,
    resource_table::ResourceTable,
    roster::{Roster, member_id},
};
use std::collections::{BTreeSet, HashMap};

/// How many members one change of a snapshot holds.
const MEMBERS_PER_CHANGE: usize = 1000;

/// All resources.
#[derive(Debug)]
pub(crate) struct ResourceStore {
    users: ResourceTable,
    groups: ResourceTable,
    /// The groups in which an id is a member.
    memberships: HashMap<String, BTreeSet<String>>,
}

impl Default for ResourceStore {
    fn default() -> Self {
        Self {
            users: ResourceTable::new(ResourceKind::User),
            groups: ResourceTable::new(ResourceKind::Group),
            memberships: HashMap::new(),
        }
    }
}

impl ResourceStore {
    /// The resources of one kind.
    pub(crate) fn table(&self, kind: ResourceKind) -> &ResourceTable {
        match kind {
            ResourceKind::User => &self.users,
            ResourceKind::Group => &self.groups,
        }
    }

    /// The resources of one kind, to search in; a search may make an index.
    pub(crate) fn table_mut(&mut self, kind: ResourceKind) -> &mut ResourceTable {
        match kind {
            ResourceKind::User => &mut self.users,
            ResourceKind::Group => &mut self.groups,
        }
    }

    /// Makes a change. A change of members of a group that is not there changes nothing.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Stored { kind, id, created, last_modified, attributes } => {
                let roster = Roster::default();
                self.table_mut(kind).put(Resource { kind, id, attributes, roster, created, last_modified });
            }
            Change::Deleted { kind, id } => {
                if let Some(deleted) = self.table_mut(kind).remove(&id) {
                    for member in deleted.roster.entries().filter_map(member_id) {
                        self.forget_membership(member, &id);
                    }
                }
                for group in self.memberships.remove(&id).unwrap_or_default() {
                    if let Some(roster) = self.groups.roster_mut(&group) {
                        roster.leave(&id);
                    }
                }
            }
            Change::Joined { group, members } => {
                let Some(roster) = self.groups.roster_mut(&group) else { return };
                for entry in members {
                    let Some(id) = member_id(&entry).map(str::to_owned) else { continue };
                    roster.join(&id, entry);
                    self.memberships.entry(id).or_default().insert(group.clone());
                }
            }
            Change::Left { group, members } => {
                for id in members {
                    if let Some(roster) = self.groups.roster_mut(&group) {
                        roster.leave(&id);
                    }
                    self.forget_membership(&id, &group);
                }
            }
            Change::Emptied { group } => {
                let Some(roster) = self.groups.roster_mut(&group).map(std::mem::take) else { return };
                for id in roster.entries().filter_map(member_id) {
                    self.forget_membership(id, &group);
                }
            }
        }
    }

    /// The changes that make an empty store into this one.
    pub(crate) fn snapshot(&self) -> impl Iterator<Item = Change> {
        self.users.iter().chain(self.groups.iter()).flat_map(|resource| {
            let stored = Change::Stored {
                kind: resource.kind,
                id: resource.id.clone(),
                created: resource.created,
                last_modified: resource.last_modified,
                attributes: resource.attributes.clone(),
            };
            let members: Vec<_> = resource.roster.entries().cloned().collect();
            let joined = members
                .chunks(MEMBERS_PER_CHANGE)
                .map(|chunk| Change::Joined { group: resource.id.clone(), members: chunk.to_vec() })
                .collect::<Vec<_>>();
            std::iter::once(stored).chain(joined)
        })
    }

    fn forget_membership(&mut self, member: &str, group: &str) {
        if let Some(groups) = self.memberships.get_mut(member) {
            groups.remove(group);
            if groups.is_empty() {
                self.memberships.remove(member);
            }
        }
    }
}
