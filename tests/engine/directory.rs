//! The source directory as a test describes it: users, groups and assignments, and the files that they are written to.
//!
//! A user `ann` has the id `id-ann`, the user principal name `ann@contoso.example` and the display name `Ann`; a group has
//! the id `id-` and its name in lower case. Tests name users and groups by these short names.

use serde_json::{Map, Value, json};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// The application that the tests' assignments name.
const APPLICATION: &str = "app";

/// A source directory.
pub(crate) struct Directory {
    folder: PathBuf,
    users: Vec<Value>,
    groups: Vec<Value>,
    assignments: Vec<Value>,
    /// Files are given times of their own, each later than the one before, so that a change is always seen.
    written: u64,
}

/// The id of a user or group.
pub(crate) fn id_of(name: &str) -> String {
    format!("id-{}", name.to_lowercase())
}

/// A user's record.
pub(crate) fn user(name: &str) -> Value {
    let display_name: String = name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect();
    json!({
        "id": id_of(name),
        "userPrincipalName": format!("{name}@contoso.example"),
        "displayName": display_name,
    })
}

/// A group's record.
pub(crate) fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|member| id_of(member)).collect();
    json!({"id": id_of(name), "displayName": name, "members": members})
}

/// Lays `changes` over a record; null takes an attribute away.
fn alter(record: &mut Value, changes: &Value) {
    let (Value::Object(record), Value::Object(changes)) = (record, changes) else { panic!("records are objects") };
    for (name, value) in changes {
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

fn without(records: &mut Vec<Value>, name: &str) {
    let before = records.len();
    records.retain(|record| record["id"] != id_of(name));
    assert_eq!(records.len() + 1, before, "there is no `{name}`");
}

impl Directory {
    /// A directory with nothing in it yet.
    pub(crate) fn at(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { folder, users: Vec::new(), groups: Vec::new(), assignments: Vec::new(), written: 0 }
    }

    /// Adds users.
    pub(crate) fn users(&mut self, names: &[&str]) {
        self.users.extend(names.iter().map(|name| user(name)));
    }

    /// Adds users and assigns each directly.
    pub(crate) fn assigned_users(&mut self, names: &[&str]) {
        self.users(names);
        for name in names {
            self.assign(name);
        }
    }

    /// Adds a user with more attributes than the usual ones, or others.
    pub(crate) fn user(&mut self, name: &str, attributes: &Value) {
        let mut record = user(name);
        alter(&mut record, attributes);
        self.users.push(record);
    }

    /// Changes a user.
    pub(crate) fn change(&mut self, name: &str, attributes: &Value) {
        alter(named(&mut self.users, name), attributes);
    }

    /// Takes a user out of the files.
    pub(crate) fn remove(&mut self, name: &str) {
        without(&mut self.users, name);
    }

    /// Adds a group.
    pub(crate) fn group(&mut self, name: &str, members: &[&str]) {
        self.groups.push(group(name, members));
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
        without(&mut self.groups, name);
    }

    /// Assigns a user or group to the application, with Default Access.
    pub(crate) fn assign(&mut self, name: &str) {
        self.assignments.push(json!({"app": APPLICATION, "principal": id_of(name)}));
    }

    /// Assigns a user or group with a role.
    pub(crate) fn assign_role(&mut self, name: &str, role: &str) {
        self.assignments.push(json!({"app": APPLICATION, "principal": id_of(name), "role": role}));
    }

    /// Takes a user's or group's assignments away.
    pub(crate) fn unassign(&mut self, name: &str) {
        let before = self.assignments.len();
        self.assignments.retain(|assignment| assignment["principal"] != id_of(name));
        assert!(self.assignments.len() < before, "`{name}` is not assigned");
    }

    /// Writes the files that changed. Groups and assignments have a file only once there are some.
    pub(crate) fn write(&mut self, now: SystemTime) {
        for (file, records, always) in [
            ("users.json", self.users.clone(), true),
            ("groups.json", self.groups.clone(), false),
            ("assignments.json", self.assignments.clone(), false),
        ] {
            let path = self.folder.join(file);
            if always || !records.is_empty() || path.exists() {
                let text = format!("{:#}", Value::from(records));
                if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                    self.write_file(file, &text, now);
                }
            }
        }
    }

    /// Writes one file, with a time that lies long enough before `now` to be trusted.
    pub(crate) fn write_file(&mut self, file: &str, text: &str, now: SystemTime) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.touch(file, now);
    }

    /// Gives a file a new time without changing it.
    pub(crate) fn touch(&mut self, file: &str, now: SystemTime) {
        self.written += 1;
        let time = now - Duration::from_secs(3600) + Duration::from_millis(self.written);
        let opened = fs::File::options().write(true).open(self.folder.join(file)).unwrap();
        opened.set_modified(time).unwrap();
    }
}

/// A user as SCIM's core schema and the tests' mapping have it, for applications that know somebody beforehand.
pub(crate) fn account(name: &str) -> Map<String, Value> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@contoso.example"),
    });
    body.as_object().unwrap().clone()
}
