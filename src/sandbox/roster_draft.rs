//! What a request does to a group's members, before it is done.
//!
//! A request is carried out as a whole or not at all. The draft collects what its operations do, and compares it with the
//! members that the group has; so that a PATCH that adds a member twice, or one who is there already, changes nothing.

use super::{
    attribute::Attribute,
    change::Change,
    error::Refusal,
    patch_request::Verb,
    roster::{self, Roster, member_id},
    target::Target,
    vocabulary::Vocabulary,
};
use indexmap::IndexMap;
use serde_json::{Value, json};

/// Members to come and to go.
pub(crate) struct RosterDraft<'a> {
    roster: &'a Roster,
    vocabulary: &'a Vocabulary,
    emptied: bool,
    /// The last thing that was said of an id: an entry to come, or `None` to go.
    said: IndexMap<String, Option<Value>>,
}

impl<'a> RosterDraft<'a> {
    /// A draft that leaves everything as it is.
    pub(crate) fn new(roster: &'a Roster, vocabulary: &'a Vocabulary) -> Self {
        Self { roster, vocabulary, emptied: false, said: IndexMap::new() }
    }

    /// Carries one operation on `members` out.
    ///
    /// A removal takes its members from the selector `[value eq "id"]` (compliant dialect) or from a list of values
    /// (legacy dialect); with neither, it removes all. Removing somebody who is no member is no error.
    pub(crate) fn operate(&mut self, verb: Verb, target: &Target, value: Option<Value>) -> Result<(), Refusal> {
        let selected = selected(target)?;
        match (verb, selected, value) {
            (Verb::Remove, Some(ids), _) => self.leave(ids),
            (Verb::Remove, None, None | Some(Value::Null)) => self.empty(),
            (Verb::Remove, None, Some(value)) => {
                let ids = self.entries(value)?.into_iter().map(|(id, _)| id).collect();
                self.leave(ids);
            }
            (Verb::Add | Verb::Replace, Some(_), _) => {
                return Err(Refusal::InvalidPath {
                    path: target.to_string(),
                    reason: "a member is added with the path `members`".to_owned(),
                });
            }
            (Verb::Add, None, value) => self.join(value.unwrap_or_default())?,
            (Verb::Replace, None, value) => {
                self.empty();
                self.join(value.unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// Adds the members of a list.
    pub(crate) fn join(&mut self, value: Value) -> Result<(), Refusal> {
        for (id, entry) in self.entries(value)? {
            let present = match self.said.get(&id) {
                Some(said) => said.is_some(),
                None => !self.emptied && self.roster.contains(&id),
            };
            if !present {
                self.said.insert(id, Some(entry));
            }
        }
        Ok(())
    }

    /// Takes all members out.
    pub(crate) fn empty(&mut self) {
        self.emptied = true;
        self.said.clear();
    }

    /// The changes that carry the draft out for the group with this id.
    pub(crate) fn changes(self, group: &str) -> Vec<Change> {
        let Self { roster, emptied, said, .. } = self;
        let before = |id: &str| if emptied { None } else { roster.get(id) };
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (id, said) in said {
            match said {
                Some(entry) if before(&id) != Some(&entry) => joined.push(entry),
                None if before(&id).is_some() => left.push(id),
                _ => {}
            }
        }
        let group = || group.to_owned();
        let mut changes = Vec::new();
        if emptied && roster.len() > 0 {
            changes.push(Change::Emptied { group: group() });
        }
        if !left.is_empty() {
            changes.push(Change::Left { group: group(), members: left });
        }
        if !joined.is_empty() {
            changes.push(Change::Joined { group: group(), members: joined });
        }
        changes
    }

    fn leave(&mut self, ids: Vec<String>) {
        for id in ids {
            self.said.insert(id, None);
        }
    }

    /// The members of a value, in their proper form: a list of entries, one entry, or bare ids.
    fn entries(&self, value: Value) -> Result<Vec<(String, Value)>, Refusal> {
        let list = match value {
            Value::Null => Vec::new(),
            Value::Array(list) => list,
            single => vec![single],
        };
        let members = Attribute::new(self.vocabulary, None, "members");
        list.into_iter()
            .map(|entry| {
                let entry = members.entry(entry)?.unwrap_or_else(|| json!({}));
                let id = member_id(&entry).map(str::to_owned);
                let id =
                    id.ok_or_else(|| Refusal::value("members.value", "every member needs the id of a resource"))?;
                Ok((id, entry))
            })
            .collect()
    }
}

/// The ids that a path's selector names; `None` for a path without one.
fn selected(target: &Target) -> Result<Option<Vec<String>>, Refusal> {
    let refused = || Refusal::InvalidPath {
        path: target.to_string(),
        reason: "members are selected by `[value eq \"id\"]` only".to_owned(),
    };
    match &target.selector {
        None if target.part.is_none() => Ok(None),
        None => Err(refused()),
        Some(selector) => match selector.0.as_slice() {
            [(name, Value::String(id))] if target.part.is_none() && name.eq_ignore_ascii_case(roster::ID) => {
                Ok(Some(vec![id.clone()]))
            }
            _ => Err(refused()),
        },
    }
}
