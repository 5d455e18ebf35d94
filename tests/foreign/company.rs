//! A source directory, read without the project's own reader, and what the default mappings make of it.
//!
//! Everything here is worked out a second time from `spec/ENGINE.md` §1, §2 and `spec/MAPPINGS.md` §12, so that the
//! engine is not compared with itself.

use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

pub(crate) const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What assignments call the application.
const APPLICATION: &str = "scim";

/// The files of a source directory.
pub(crate) struct Company {
    folder: PathBuf,
    pub(crate) users: Vec<Value>,
    pub(crate) groups: Vec<Value>,
    pub(crate) assignments: Vec<Value>,
}

impl Company {
    pub(crate) fn read(folder: PathBuf) -> Self {
        let list = |name: &str| serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        Self { users: list("users.json"), groups: list("groups.json"), assignments: list("assignments.json"), folder }
    }

    /// A company without anybody.
    pub(crate) fn empty(folder: PathBuf) -> Self {
        Self { folder, users: Vec::new(), groups: Vec::new(), assignments: Vec::new() }
    }

    pub(crate) fn write(&self) {
        let lists =
            [("users.json", &self.users), ("groups.json", &self.groups), ("assignments.json", &self.assignments)];
        for (name, list) in lists {
            fs::write(self.folder.join(name), serde_json::to_string_pretty(list).unwrap()).unwrap();
        }
    }

    /// What the target is to hold of the users in scope, by `userName`.
    pub(crate) fn at_the_target(&self) -> BTreeMap<String, Value> {
        self.users_in_scope().map(|user| (target_name(user), scim_user(user))).collect()
    }

    /// The user of this name.
    pub(crate) fn user(&self, name: &str) -> &Value {
        self.users.iter().find(|user| is_called(user, name)).unwrap()
    }

    /// The users who are entitled, directly or as direct members of an assigned group, and enabled.
    fn users_in_scope(&self) -> impl Iterator<Item = &Value> {
        let entitled = |user: &Value| {
            let by_group = |group: &Value| members(group).any(|member| is_called(user, member));
            self.is_assigned(user) || self.groups_in_scope().any(by_group)
        };
        self.users.iter().filter(|user| user["accountEnabled"] == true).filter(move |user| entitled(user))
    }

    /// The assigned security groups.
    fn groups_in_scope(&self) -> impl Iterator<Item = &Value> {
        self.groups.iter().filter(|group| group["securityEnabled"] == true && self.is_assigned(group))
    }

    /// Every provisioned group's display name, with the names at the target of its provisioned members.
    pub(crate) fn members_in_scope(&self) -> BTreeMap<String, BTreeSet<String>> {
        let everybody = || self.users_in_scope().chain(self.groups_in_scope());
        let found = |reference: &str| everybody().find(|object| is_called(object, reference)).map(target_name);
        self.groups_in_scope().map(|group| (target_name(group), members(group).filter_map(found).collect())).collect()
    }

    /// The name at the target of every provisioned user with a provisioned manager, with the manager's.
    pub(crate) fn managers_in_scope(&self) -> BTreeMap<String, String> {
        let manager = |user: &Value| {
            let reference = user["manager"]["id"].as_str().or(user["manager"].as_str())?;
            let manager = self.users_in_scope().find(|manager| is_called(manager, reference))?;
            Some((target_name(user), target_name(manager)))
        };
        self.users_in_scope().filter_map(manager).collect()
    }

    fn is_assigned(&self, object: &Value) -> bool {
        self.assignments.iter().any(|assignment| {
            assignment["app"] == APPLICATION && is_called(object, assignment["principal"].as_str().unwrap())
        })
    }
}

/// Whether a reference (an id, a user principal name, a group's name) means this object.
pub(crate) fn is_called(object: &Value, reference: &str) -> bool {
    let name = object.get("userPrincipalName").unwrap_or(&object["displayName"]);
    object["id"] == reference || name == reference
}

fn members(group: &Value) -> impl Iterator<Item = &str> {
    group["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap())
}

/// A user's `userName` or a group's `displayName` at the target. Guests go by the name that they have at home.
fn target_name(object: &Value) -> String {
    let Some(name) = object["userPrincipalName"].as_str() else {
        return object["displayName"].as_str().unwrap().to_owned();
    };
    match name.split_once("#EXT#@") {
        Some((home, _)) => home.rsplit_once('_').map(|(alias, domain)| format!("{alias}@{domain}")).unwrap(),
        None => name.to_owned(),
    }
}

/// The resource that the default mappings make of a user, in the server's words: without manager, and without what the
/// server adds (`id`, `meta`). The server lists an extension in `schemas` where the user has something of it.
pub(crate) fn scim_user(user: &Value) -> Value {
    let text = |name: &str| user[name].as_str().map(Value::from);
    let name = |name: &str| user[name].as_str().unwrap();
    let typed = |kind: &str, attributes: Vec<(&str, Option<Value>)>| {
        let mut entry = filled(attributes)?;
        entry.insert("type".to_owned(), kind.into());
        Some(Value::Object(entry))
    };
    let phone = |kind, number: Option<Value>| typed(kind, vec![("value", number)]);
    let mut mail = typed("work", vec![("value", text("mail"))]);
    if let Some(mail) = &mut mail {
        mail["primary"] = true.into();
    }
    let address = typed(
        "work",
        vec![
            ("formatted", text("officeLocation")),
            ("streetAddress", text("streetAddress")),
            ("locality", text("city")),
            ("region", text("state")),
            ("postalCode", text("postalCode")),
            ("country", text("country")),
        ],
    );
    let phones = [
        phone("work", user["businessPhones"].get(0).cloned()),
        phone("mobile", text("mobilePhone")),
        phone("fax", text("faxNumber")),
    ];
    let enterprise = filled(vec![("employeeNumber", text("employeeId")), ("department", text("department"))]);
    let schemas = if enterprise.is_some() { json!([CORE_USER, ENTERPRISE_USER]) } else { json!([CORE_USER]) };
    let resource = filled(vec![
        ("schemas", Some(schemas)),
        ("userName", Some(target_name(user).into())),
        ("active", Some(true.into())),
        ("displayName", text("displayName")),
        ("title", text("jobTitle")),
        ("emails", list([mail])),
        ("preferredLanguage", text("preferredLanguage")),
        (
            "name",
            Some(json!({
                "givenName": name("givenName"),
                "familyName": name("surname"),
                "formatted": format!("{} {}", name("givenName"), name("surname")),
            })),
        ),
        ("addresses", list([address])),
        ("phoneNumbers", list(phones)),
        ("externalId", text("mailNickname")),
        (ENTERPRISE_USER, enterprise.map(Value::Object)),
    ]);
    Value::Object(resource.unwrap())
}

/// The attributes that have a value; none: no object.
fn filled(attributes: Vec<(&str, Option<Value>)>) -> Option<Map<String, Value>> {
    let object: Map<_, _> =
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    (!object.is_empty()).then_some(object)
}

/// The entries that there are; none: no list.
fn list<const LENGTH: usize>(entries: [Option<Value>; LENGTH]) -> Option<Value> {
    let entries: Vec<_> = entries.into_iter().flatten().collect();
    (!entries.is_empty()).then(|| entries.into())
}
