//! All resources of one kind, in the order of their creation, with what makes them quick to find.
//!
//! Ids and the naming attribute are indexed from the start. A filter on any other attribute makes an index for it the first
//! time, so that an application with 100,000 users answers the matching queries of an initial cycle at an even pace.

use super::{
    condition::Condition, equality_index::EqualityIndex, resource::Resource, resource_kind::ResourceKind,
    roster::Roster, target::Target, vocabulary::Vocabulary,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The most indexes that filters can bring about; further attributes are searched one resource after another.
const MOST_INDEXES: usize = 12;

/// The users, or the groups.
#[derive(Debug)]
pub(crate) struct ResourceTable {
    resources: BTreeMap<u64, Resource>,
    positions: HashMap<String, u64>,
    next: u64,
    indexes: Vec<EqualityIndex>,
}

impl ResourceTable {
    /// An empty table.
    pub(crate) fn new(kind: ResourceKind) -> Self {
        Self {
            resources: BTreeMap::new(),
            positions: HashMap::new(),
            next: 0,
            indexes: vec![EqualityIndex::new(Target::core(kind.naming_attribute()))],
        }
    }

    /// How many resources there are.
    pub(crate) fn len(&self) -> usize {
        self.resources.len()
    }

    /// The resource with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Resource> {
        self.resources.get(self.positions.get(id)?)
    }

    /// The resources in the order of their creation.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Changes a group's members.
    pub(crate) fn roster_mut(&mut self, id: &str) -> Option<&mut Roster> {
        Some(&mut self.resources.get_mut(self.positions.get(id)?)?.roster)
    }

    /// Adds a resource; of one that is there already, replaces everything but its members and its place.
    pub(crate) fn put(&mut self, mut resource: Resource) {
        let position = if let Some(&position) = self.positions.get(&resource.id) {
            if let Some(old) = self.resources.remove(&position) {
                for index in &mut self.indexes {
                    index.remove(position, &old.attributes);
                }
                resource.roster = old.roster;
            }
            position
        } else {
            self.next += 1;
            self.positions.insert(resource.id.clone(), self.next);
            self.next
        };
        for index in &mut self.indexes {
            index.insert(position, &resource.attributes);
        }
        self.resources.insert(position, resource);
    }

    /// Takes a resource out.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Resource> {
        let position = self.positions.remove(id)?;
        let resource = self.resources.remove(&position)?;
        for index in &mut self.indexes {
            index.remove(position, &resource.attributes);
        }
        Some(resource)
    }

    /// The resource, other than `id`, that holds `name` in its naming attribute, in any letter case.
    pub(crate) fn namesake(&self, name: &Value, id: Option<&str>) -> Option<&Resource> {
        let mut candidates = self.indexes.first()?.candidates(name);
        candidates.find_map(|position| self.resources.get(&position).filter(|found| Some(found.id.as_str()) != id))
    }

    /// The resources for which all conditions hold, in the order of their creation.
    pub(crate) fn search(&mut self, conditions: &[Condition], vocabulary: &Vocabulary) -> Vec<&Resource> {
        let holds = |resource: &&Resource| conditions.iter().all(|condition| condition.holds(resource, vocabulary));
        if let Some(id) = conditions.iter().find(|condition| condition.target.is_core("id")) {
            return id.value.as_str().and_then(|id| self.get(id)).filter(holds).into_iter().collect();
        }
        let indexed = conditions.iter().find_map(|condition| Some((self.index(&condition.target)?, &condition.value)));
        match indexed {
            Some((index, value)) => {
                let candidates = self.indexes[index].candidates(value);
                candidates.filter_map(|position| self.resources.get(&position)).filter(holds).collect()
            }
            None => self.iter().filter(holds).collect(),
        }
    }

    /// The index of a place, made now if it is the first time that somebody asks; `None` for a place without one.
    fn index(&mut self, target: &Target) -> Option<usize> {
        if ["id", "meta", "schemas", "members"].iter().any(|name| target.is_core(name)) {
            return None;
        }
        if let Some(found) = self.indexes.iter().position(|index| index.target.same_values(target)) {
            return Some(found);
        }
        if self.indexes.len() >= MOST_INDEXES {
            return None;
        }
        let mut index = EqualityIndex::new(target.clone());
        for (position, resource) in &self.resources {
            index.insert(*position, &resource.attributes);
        }
        self.indexes.push(index);
        Some(self.indexes.len() - 1)
    }
}
