//! The source directory of a history: few people and groups, and the files that they are written to.

use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How many people there are at most.
pub(crate) const PEOPLE: usize = 6;
/// How many groups there are at most.
pub(crate) const GROUPS: usize = 3;
/// How many user principal names pass between the people. The last ones are known to the application beforehand.
pub(crate) const NAMES: usize = 8;
/// An account and a group that the application knows beforehand, and that nobody at the source is ever called like.
pub(crate) const STRANGERS: [&str; 2] = ["stranger@contoso.example", "Strangers"];
/// The application that assignments name.
pub(crate) const APPLICATION: &str = "app";
/// The department whose people the scoping filter keeps out.
pub(crate) const FILTERED: &str = "Elsewhere";
/// The attributes that change, as the source calls them.
pub(crate) const FIELDS: [&str; 4] = ["displayName", "jobTitle", "mail", "preferredLanguage"];
/// What they may hold. Two of the values differ in letter case alone.
pub(crate) const VALUES: [Option<&str>; 4] = [None, Some("one"), Some("ONE"), Some("two")];

/// A user or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    User(usize),
    Group(usize),
}

impl Object {
    /// The source id.
    pub(crate) fn id(self) -> String {
        match self {
            Self::User(number) => format!("user-{number}"),
            Self::Group(number) => format!("group-{number}"),
        }
    }
}

/// Where a person's record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Among the users.
    There,
    /// In the recycle bin, since that moment.
    Binned(Timestamp),
    /// Nowhere.
    Nowhere,
}

/// What a user's record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The number of the user principal name.
    pub(crate) name: usize,
    /// For each of [`FIELDS`], which of [`VALUES`].
    pub(crate) fields: [usize; FIELDS.len()],
    pub(crate) filtered: bool,
    pub(crate) enabled: bool,
    pub(crate) manager: Option<usize>,
}

/// A person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) record: Record,
    pub(crate) standing: Standing,
    pub(crate) assigned: bool,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The number of the display name.
    pub(crate) name: usize,
    pub(crate) security_enabled: bool,
    pub(crate) members: BTreeSet<Object>,
    pub(crate) assigned: bool,
    pub(crate) there: bool,
}

/// Everybody.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) people: [Person; PEOPLE],
    pub(crate) groups: [Group; GROUPS],
}

/// The user principal name with that number.
pub(crate) fn principal_name(number: usize) -> String {
    format!("name{number}@contoso.example")
}

/// The display name of a group with that number.
pub(crate) fn group_name(number: usize) -> String {
    format!("Group {number}")
}

/// The department of somebody who is kept out, or not.
pub(crate) fn department(filtered: bool) -> &'static str {
    if filtered { FILTERED } else { "Here" }
}

impl Company {
    /// Nobody; or four people, three of them assigned, one the manager of another, and a group of two.
    pub(crate) fn new(populated: bool) -> Self {
        let person = |number: usize| Person {
            record: Record {
                name: number,
                fields: [1, 0, 0, 0],
                filtered: false,
                enabled: true,
                manager: (populated && number == 1).then_some(0),
            },
            standing: if populated && number < 4 { Standing::There } else { Standing::Nowhere },
            assigned: number < 3,
        };
        let group = |number: usize| Group {
            name: number,
            security_enabled: true,
            members: if number == 0 { [Object::User(0), Object::User(3)].into() } else { BTreeSet::new() },
            assigned: number == 0,
            there: populated && number == 0,
        };
        Self { people: std::array::from_fn(person), groups: std::array::from_fn(group) }
    }

    /// Whether nobody among the users, other than `except`, has that name.
    pub(crate) fn is_free(&self, name: usize, except: usize) -> bool {
        let live = |person: &Person| person.standing == Standing::There && person.record.name == name;
        !(0..PEOPLE).any(|number| number != except && live(&self.people[number]))
    }

    /// Writes the files that changed, with times long enough before `now` to be trusted and each later than the one before.
    pub(crate) fn write(&self, folder: &Path, now: SystemTime, written: &mut u64) {
        let (mut users, mut deleted) = (Vec::new(), Vec::new());
        for (number, person) in self.people.iter().enumerate() {
            let mut record = person.record.json(number);
            match person.standing {
                Standing::There => users.push(record),
                Standing::Binned(at) => {
                    record["deletedDateTime"] = json!(at.to_string());
                    deleted.push(record);
                }
                Standing::Nowhere => {}
            }
        }
        let groups = self.groups.iter().enumerate().filter(|(_, group)| group.there);
        let groups = groups.map(|(number, group)| group.json(number)).collect();
        let assigned_people = (0..PEOPLE).filter(|number| self.people[*number].assigned).map(Object::User);
        let assigned_groups = (0..GROUPS).filter(|number| self.groups[*number].assigned).map(Object::Group);
        let assignments = assigned_people
            .chain(assigned_groups)
            .map(|principal| json!({"app": APPLICATION, "principal": principal.id()}))
            .collect();
        for (file, records) in
            [("users", users), ("deletedUsers", deleted), ("groups", groups), ("assignments", assignments)]
        {
            let path: PathBuf = folder.join(file).with_extension("json");
            let text = Value::Array(records).to_string();
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                fs::write(&path, text).unwrap();
                *written += 1;
                let time = now - Duration::from_secs(3600) + Duration::from_millis(*written);
                fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            }
        }
    }
}

impl Record {
    /// The value of one of [`FIELDS`].
    pub(crate) fn field(&self, name: &str) -> Option<&'static str> {
        let index = FIELDS.iter().position(|field| *field == name).expect("a known field");
        VALUES[self.fields[index]]
    }

    fn json(&self, number: usize) -> Value {
        let mut record = json!({
            "id": Object::User(number).id(),
            "userPrincipalName": principal_name(self.name),
            "department": department(self.filtered),
            "accountEnabled": self.enabled,
        });
        for field in FIELDS {
            if let Some(value) = self.field(field) {
                record[field] = json!(value);
            }
        }
        if let Some(manager) = self.manager {
            record["manager"] = json!(Object::User(manager).id());
        }
        record
    }
}

impl Group {
    fn json(&self, number: usize) -> Value {
        let members: Vec<_> = self.members.iter().map(|member| member.id()).collect();
        json!({
            "id": Object::Group(number).id(),
            "displayName": group_name(self.name),
            "securityEnabled": self.security_enabled,
            "members": members,
        })
    }
}
