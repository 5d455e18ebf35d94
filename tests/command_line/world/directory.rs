//! The people of a test world: users, groups and assignments as the files of a source directory hold them.

use serde_json::{Map, Value, json};
use std::path::Path;

/// The part of every user principal name after the `@`.
pub(crate) const DOMAIN: &str = "contoso.example";

/// The records of the directory, in the order in which they came.
#[derive(Default)]
pub(crate) struct Directory {
    users: Vec<Record>,
    groups: Vec<Record>,
    assignments: Vec<Value>,
}

/// One record: a user or a group.
pub(crate) struct Record(Map<String, Value>);

impl Record {
    /// Gives an attribute a value; the closure that made the record may do so several times.
    pub(crate) fn set(&mut self, attribute: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(attribute.to_owned(), value.into());
        self
    }

    /// Takes an attribute away.
    pub(crate) fn clear(&mut self, attribute: &str) -> &mut Self {
        self.0.remove(attribute);
        self
    }

    fn is(&self, attribute: &str, value: &str) -> bool {
        self.0.get(attribute).and_then(Value::as_str) == Some(value)
    }
}

/// The user principal name of the user called `name`; a whole one stays as it is.
pub(crate) fn principal_name(name: &str) -> String {
    if name.contains('@') { name.to_owned() } else { format!("{name}@{DOMAIN}") }
}

impl Directory {
    /// The record of the user called `name`: a new one has names, a mail address and nothing else.
    pub(crate) fn user(&mut self, name: &str) -> &mut Record {
        let principal = principal_name(name);
        let known = self.users.iter().position(|user| user.is("userPrincipalName", &principal));
        let index = known.unwrap_or_else(|| {
            let record = json!({
                "userPrincipalName": principal,
                "displayName": format!("{name} of Contoso"),
                "mailNickname": name,
                "mail": principal,
            });
            self.users.push(Record(record.as_object().cloned().unwrap_or_default()));
            self.users.len() - 1
        });
        &mut self.users[index]
    }

    /// Takes the user out of the files.
    pub(crate) fn remove_user(&mut self, name: &str) {
        let principal = principal_name(name);
        self.users.retain(|user| !user.is("userPrincipalName", &principal));
    }

    /// Makes these the members of the group called `name`, which may be new.
    pub(crate) fn group(&mut self, name: &str, members: &[&str]) -> &mut Record {
        let known = self.groups.iter().position(|group| group.is("displayName", name));
        let index = known.unwrap_or_else(|| {
            self.groups.push(Record(Map::new()));
            self.groups.len() - 1
        });
        let members: Vec<_> = members.iter().map(|member| principal_name(member)).collect();
        self.groups[index].set("displayName", name).set("members", members)
    }

    /// Takes the group out of the files.
    pub(crate) fn remove_group(&mut self, name: &str) {
        self.groups.retain(|group| !group.is("displayName", name));
    }

    /// Assigns a user, or a group by its name, to an application.
    pub(crate) fn assign(&mut self, principal: &str, application: &str) {
        self.assignments.push(self.assignment(principal, application));
    }

    /// Takes that assignment back.
    pub(crate) fn unassign(&mut self, principal: &str, application: &str) {
        let assignment = self.assignment(principal, application);
        self.assignments.retain(|known| *known != assignment);
    }

    fn assignment(&self, principal: &str, application: &str) -> Value {
        let is_group = self.groups.iter().any(|group| group.is("displayName", principal));
        let principal = if is_group { principal.to_owned() } else { principal_name(principal) };
        json!({"app": application, "principal": principal})
    }

    /// Writes the three files into `folder`.
    pub(crate) fn write(&self, folder: &Path) {
        let records = |records: &[Record]| records.iter().map(|record| Value::Object(record.0.clone())).collect();
        let files: [(&str, Value); 3] = [
            ("users.json", records(&self.users)),
            ("groups.json", records(&self.groups)),
            ("assignments.json", self.assignments.clone().into()),
        ];
        for (name, content) in files {
            let text = serde_json::to_string_pretty(&content).expect("JSON values can be written");
            std::fs::write(folder.join(name), text).expect("the directory's folder can be written to");
        }
    }
}
