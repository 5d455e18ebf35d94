//! What an application holds, in a form that two applications can be compared by: ids that it gave are replaced by the
//! source ids, which accounts and groups have as `externalId`.

use super::{application::Application, company::Company};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an application holds: resources by source id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) accounts: BTreeMap<String, Value>,
    pub(crate) groups: BTreeMap<String, Value>,
}

/// Where an account names its manager.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

impl Content {
    /// What `application` holds now. An error if something is there twice.
    pub(crate) fn of(application: &Application) -> Result<Self, String> {
        let (users, groups) = (application.users(), application.groups());
        let sources: BTreeMap<String, String> =
            users.iter().chain(&groups).map(|resource| (text(resource, "id"), text(resource, "externalId"))).collect();
        let source =
            |id: &Value| Value::from(sources.get(id.as_str().unwrap_or_default()).map_or("(gone)", String::as_str));
        let accounts = users.into_iter().map(|mut user| {
            if let Some(manager) = user.pointer_mut(&format!("/{ENTERPRISE}/manager/value")) {
                *manager = source(manager);
            }
            user
        });
        let groups = groups.into_iter().map(|mut group| {
            let mut members: Vec<_> =
                group["members"].as_array().into_iter().flatten().map(|member| source(&member["value"])).collect();
            members.sort_unstable_by_key(Value::to_string);
            group["members"] = Value::from(members);
            group
        });
        let content = Self { accounts: by_source("account", accounts)?, groups: by_source("group", groups)? };
        let mut names = BTreeSet::new();
        match content.groups.values().map(|group| text(group, "displayName")).find(|name| !names.insert(name.clone())) {
            Some(name) => Err(format!("two groups are called `{name}`")),
            None => Ok(content),
        }
    }

    /// The source ids of the accounts that are active.
    pub(crate) fn active(&self) -> BTreeSet<&str> {
        let active = self.accounts.iter().filter(|(_, account)| account["active"] == true);
        active.map(|(id, _)| id.as_str()).collect()
    }

    /// Leaves out what depends on when an answer came, if one was late: accounts that are not active, also as members;
    /// managers where the present one is out of scope; and the manager that an account has from before it passed to somebody
    /// who names none.
    pub(crate) fn forget_the_past(&mut self, company: &Company) {
        let active: BTreeSet<_> = self.active().into_iter().map(str::to_owned).collect();
        let wanted: BTreeSet<_> = company.in_scope().map(|person| &person.id).collect();
        self.accounts.retain(|id, _| active.contains(id));
        for person in &company.people {
            let extension = self.accounts.get_mut(&person.id).and_then(|account| account.get_mut(ENTERPRISE));
            if let Some(extension) = extension.and_then(Value::as_object_mut)
                && person.manager.as_ref().map_or(person.succeeds, |manager| !wanted.contains(manager))
            {
                extension.remove("manager");
            }
        }
        let groups: BTreeSet<_> = self.groups.keys().cloned().collect();
        for members in self.groups.values_mut().filter_map(|group| group["members"].as_array_mut()) {
            members.retain(|id| id.as_str().is_some_and(|id| active.contains(id) || groups.contains(id)));
        }
    }

    /// Expects that exactly those are active who should be, and exactly those groups are there. Where names are
    /// `contended`, somebody may have to wait until a name is free.
    pub(crate) fn check(&self, company: &Company, contended: bool) -> Result<(), String> {
        let active = self.active();
        let wanted: BTreeSet<_> = company.in_scope().map(|person| person.id.as_str()).collect();
        if let Some(id) = active.difference(&wanted).next() {
            return Err(format!("the account of `{id}` is active, and should not be"));
        }
        if let Some(id) = wanted.difference(&active).next().filter(|_| !contended) {
            return Err(format!("the account of `{id}` is not active, and should be"));
        }
        let groups: BTreeSet<_> = self.groups.keys().map(String::as_str).collect();
        let wanted: BTreeSet<_> = company.groups_in_scope().map(|group| group.id.as_str()).collect();
        if groups == wanted { Ok(()) } else { Err(format!("the groups are {groups:?}, and should be {wanted:?}")) }
    }

    /// What differs from `other`, a line each.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for (mine, others) in [(&self.accounts, &other.accounts), (&self.groups, &other.groups)] {
            let ids: BTreeSet<_> = mine.keys().chain(others.keys()).collect();
            for id in ids {
                let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
                if mine.get(id) != others.get(id) {
                    found.push(format!("{id}: {}\n    instead of {}", shown(mine.get(id)), shown(others.get(id))));
                }
            }
        }
        found
    }
}

/// Resources by their source id, without what the application gave them.
fn by_source(kind: &str, resources: impl Iterator<Item = Value>) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    for mut resource in resources {
        let id = text(&resource, "externalId");
        if let Some(attributes) = resource.as_object_mut() {
            attributes.retain(|name, _| !matches!(name.as_str(), "schemas" | "id" | "meta"));
        }
        if let Some(first) = found.insert(id.clone(), resource.clone()) {
            return Err(format!("the {kind} of `{id}` is there twice: {first} and {resource}"));
        }
    }
    Ok(found)
}

fn text(resource: &Value, attribute: &str) -> String {
    resource[attribute].as_str().unwrap_or_default().to_owned()
}
