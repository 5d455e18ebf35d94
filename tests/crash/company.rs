//! The source directory of a crash test: who is there, and what follows from that by rule.

use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path};

/// The application that assignments name.
pub(crate) const APPLICATION: &str = "app";
/// The department whose people the scoping filter keeps out.
pub(crate) const FILTERED: &str = "Elsewhere";

/// Where a person's record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Among the users.
    There,
    /// Nowhere any more: soft-deleted.
    Vanished,
    /// In the recycle bin: soft-deleted.
    Binned,
    /// Not even there any more: deleted for good.
    Purged,
}

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// The part of the user principal name before the `@`.
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) title: String,
    pub(crate) department: String,
    /// The manager's id.
    pub(crate) manager: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) assigned: bool,
    pub(crate) standing: Standing,
    /// Whether somebody else was given the user principal name, so that this person cannot come back.
    pub(crate) replaced: bool,
    /// Whether somebody else had the user principal name before, whose account this person takes over if it is still there.
    pub(crate) succeeds: bool,
    /// Whether the user principal name has changed ever.
    pub(crate) renamed: bool,
}

/// A group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Ids of users and groups.
    pub(crate) members: BTreeSet<String>,
    pub(crate) assigned: bool,
    pub(crate) security_enabled: bool,
    pub(crate) there: bool,
}

/// Everybody.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    /// What the recycle bin says of everybody in it.
    deleted_at: String,
    pub(crate) people: Vec<Person>,
    pub(crate) groups: Vec<Group>,
}

impl Person {
    fn record(&self) -> Value {
        let mut record = json!({
            "id": self.id,
            "userPrincipalName": format!("{}@contoso.example", self.name),
            "displayName": self.display_name,
            "jobTitle": self.title,
            "department": self.department,
            "accountEnabled": self.enabled,
        });
        if let Some(manager) = &self.manager {
            record["manager"] = json!(manager);
        }
        record
    }
}

impl Group {
    fn record(&self) -> Value {
        json!({
            "id": self.id,
            "displayName": self.name,
            "securityEnabled": self.security_enabled,
            "members": self.members,
        })
    }

    /// Whether the application is to have the group.
    pub(crate) fn is_in_scope(&self) -> bool {
        self.there && self.assigned && self.security_enabled
    }
}

impl Company {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self { deleted_at: jiff::Timestamp::now().to_string(), people: Vec::new(), groups: Vec::new() }
    }

    /// Whether the application is to have the person's account, and active.
    pub(crate) fn is_in_scope(&self, person: &Person) -> bool {
        let entitled = person.assigned
            || self.groups.iter().any(|group| group.is_in_scope() && group.members.contains(&person.id));
        person.standing == Standing::There && person.enabled && entitled && person.department != FILTERED
    }

    /// The people whose accounts are to be active.
    pub(crate) fn in_scope(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| self.is_in_scope(person))
    }

    /// The groups that the application is to have.
    pub(crate) fn groups_in_scope(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.is_in_scope())
    }

    /// Writes the files of the source directory.
    pub(crate) fn write(&self, folder: &Path) {
        let records =
            |standing| self.people.iter().filter(move |person| person.standing == standing).map(Person::record);
        let users: Vec<_> = records(Standing::There).collect();
        let deleted: Vec<_> = records(Standing::Binned)
            .map(|mut record| {
                record["deletedDateTime"] = json!(self.deleted_at);
                record
            })
            .collect();
        let groups: Vec<_> = self.groups.iter().filter(|group| group.there).map(Group::record).collect();
        let assigned_people = self.people.iter().filter(|person| person.assigned).map(|person| &person.id);
        let assigned_groups = self.groups.iter().filter(|group| group.assigned && group.there).map(|group| &group.id);
        let assignments: Vec<_> = assigned_people
            .chain(assigned_groups)
            .map(|principal| json!({"app": APPLICATION, "principal": principal}))
            .collect();
        for (file, content) in
            [("users", users), ("deletedUsers", deleted), ("groups", groups), ("assignments", assignments)]
        {
            let text = serde_json::to_string_pretty(&content).unwrap();
            std::fs::write(folder.join(file).with_extension("json"), text).unwrap();
        }
    }
}
