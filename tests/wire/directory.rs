//! The source directory of the stories, and the files that it is written to.
//!
//! A user `ann` has the id `id-ann`, the user principal name `ann@contoso.example` and the display name `Ann`; a group has
//! the id `id-` and its name in lower case. Stories name users and groups by these short names.

use serde_json::{Map, Value, json};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// The application that assignments name.
const APPLICATION: &str = "app";

/// A source directory.
pub(crate) struct Directory {
    folder: PathBuf,
    users: Vec<Value>,
    groups: Vec<Value>,
    assignments: Vec<Value>,
    roles: Vec<Value>,
    /// Files are given times of their own, each later than the one before, so that a change is always seen.
    written: u64,
}

/// The id of a user or group.
pub(crate) fn id_of(name: &str) -> String {
    format!("id-{}", name.to_lowercase())
}

/// Lays `changes` over a record; null takes an attribute away.
fn alter(record: &mut Value, changes: &Value) {
    let record = record.as_object_mut().expect("records are objects");
    for (name, value) in changes.as_object().unwrap_or(&Map::new()) {
        if value.is_null() {
            record.shift_remove(name);
        } else {
            record.insert(name.clone(), value.clone());
        }
    }
}

fn named<'r>(records: &'r mut [Value], name: &str) -> &'r mut Value {
    let id = id_of(name);
    records.iter_mut().find(|record| record["id"] == id).unwrap_or_else(|| panic!("there is no `{name}`"))
}

impl Directory {
    /// A directory with nothing in it yet.
    pub(crate) fn at(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { folder, users: Vec::new(), groups: Vec::new(), assignments: Vec::new(), roles: Vec::new(), written: 0 }
    }

    /// Adds a user with these attributes besides the usual ones, or in their place, and assigns the user.
    pub(crate) fn user(&mut self, name: &str, attributes: &Value) {
        self.unassigned(name, attributes);
        self.assign(name);
    }

    /// Adds users, and assigns each.
    pub(crate) fn users(&mut self, names: &[&str]) {
        for name in names {
            self.user(name, &json!({}));
        }
    }

    /// Adds a user whom nobody assigns.
    pub(crate) fn unassigned(&mut self, name: &str, attributes: &Value) {
        let (first, rest) = name.split_at(1);
        let mut record = json!({
            "id": id_of(name),
            "userPrincipalName": format!("{name}@contoso.example"),
            "displayName": format!("{}{rest}", first.to_uppercase()),
        });
        alter(&mut record, attributes);
        self.users.push(record);
    }

    /// Changes a user.
    pub(crate) fn change(&mut self, name: &str, attributes: &Value) {
        alter(named(&mut self.users, name), attributes);
    }

    /// Takes a user out of the files.
    pub(crate) fn remove(&mut self, name: &str) {
        self.users.retain(|record| record["id"] != id_of(name));
    }

    /// Adds a group, and assigns it.
    pub(crate) fn group(&mut self, name: &str, members: &[&str]) {
        self.groups.push(json!({"id": id_of(name), "displayName": name}));
        self.members(name, members);
        self.assign(name);
    }

    /// Changes a group.
    pub(crate) fn change_group(&mut self, name: &str, attributes: &Value) {
        alter(named(&mut self.groups, name), attributes);
    }

    /// Sets the members of a group.
    pub(crate) fn members(&mut self, name: &str, members: &[&str]) {
        let members: Vec<_> = members.iter().map(|member| id_of(member)).collect();
        self.change_group(name, &json!({"members": members}));
    }

    /// Takes a group out of the files.
    pub(crate) fn remove_group(&mut self, name: &str) {
        self.groups.retain(|record| record["id"] != id_of(name));
    }

    /// Assigns a user or group to the application, with Default Access.
    pub(crate) fn assign(&mut self, name: &str) {
        self.assignments.push(json!({"app": APPLICATION, "principal": id_of(name)}));
    }

    /// Assigns a user with roles and no others.
    pub(crate) fn assign_roles(&mut self, name: &str, roles: &[&str]) {
        self.unassign(name);
        for role in roles {
            self.assignments.push(json!({"app": APPLICATION, "principal": id_of(name), "role": role}));
        }
    }

    /// Takes a user's or group's assignments away.
    pub(crate) fn unassign(&mut self, name: &str) {
        self.assignments.retain(|assignment| assignment["principal"] != id_of(name));
    }

    /// Adds a role to the application.
    pub(crate) fn role(&mut self, id: &str, value: &str, display_name: &str) {
        self.roles.push(json!({"app": APPLICATION, "id": id, "value": value, "displayName": display_name}));
    }

    /// Writes the files that changed.
    pub(crate) fn write(&mut self, now: SystemTime) {
        for (file, records) in [
            ("users.json", &self.users),
            ("groups.json", &self.groups),
            ("assignments.json", &self.assignments),
            ("appRoles.json", &self.roles),
        ] {
            let path = self.folder.join(file);
            let text = format!("{:#}", Value::from(records.clone()));
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                fs::write(&path, text).unwrap();
                self.written += 1;
                // Long enough before `now` to be trusted.
                let time = now - Duration::from_secs(3600) + Duration::from_millis(self.written);
                fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
            }
        }
    }
}
