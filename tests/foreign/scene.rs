//! A case while it is played: its company, its job, and what came of it.
//!
//! What the server is to hold is worked out from the company after each step, whole resources of it; what a case expects
//! besides is said by the case.

use crate::{
    company::{CORE_USER, Company, ENTERPRISE_USER, is_called},
    project::{Cycle, Project},
    server::Server,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use uuid::Uuid;

const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Why a case is not simply accepted: taken, and held by the server as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Objection {
    /// Some requests were refused: with these statuses and SCIM types.
    Refused(String),
    /// Taken without a word, but the server holds something else at these places.
    Differs(String),
    /// Told in the case's own words.
    Partly(String),
}

/// A case while it is played.
pub(crate) struct Scene {
    project: Project,
    key: String,
    company: Company,
    /// The names at the target of those who have left, and whose accounts are disabled.
    left: BTreeSet<String>,
    /// What resources are to have besides, by name.
    besides: BTreeMap<String, Value>,
    refusals: BTreeSet<String>,
    /// What the server held before the last step.
    before: BTreeMap<String, Value>,
}

impl Scene {
    /// A company without anybody. `key` is a part of every name.
    pub(crate) fn begin(server: Arc<Server>, flag: &str, key: &str, mapping: &str, settings: &str) -> Self {
        let project = Project::begin(server, flag, mapping, settings);
        let company = Company::empty(project.directory());
        Self {
            project,
            key: key.to_owned(),
            company,
            left: BTreeSet::new(),
            besides: BTreeMap::new(),
            refusals: BTreeSet::new(),
            before: BTreeMap::new(),
        }
    }

    /// The user principal name of the user who is called so in this case.
    pub(crate) fn user_name(&self, name: &str) -> String {
        format!("{name}.{}@contoso.example", self.key)
    }

    /// The display name of the group that is called so in this case.
    pub(crate) fn group_name(&self, name: &str) -> String {
        format!("{name} of {}", self.key)
    }

    /// Adds a user with these attributes besides names, and assigns them.
    pub(crate) fn user(&mut self, name: &str, attributes: &Value) {
        let principal_name = self.user_name(name);
        let user = json!({
            "id": Uuid::new_v5(&Uuid::NAMESPACE_URL, principal_name.as_bytes()),
            "userPrincipalName": principal_name,
            "displayName": format!("{name} {}", self.key),
            "givenName": name,
            "surname": "Contoso",
            "mailNickname": format!("{name}.{}", self.key),
            "accountEnabled": true,
        });
        self.company.users.push(user);
        self.company.assignments.push(json!({"app": "scim", "principal": principal_name}));
        self.change(name, attributes);
    }

    /// Sets attributes of a user; null takes one away.
    pub(crate) fn change(&mut self, name: &str, attributes: &Value) {
        let principal_name = self.user_name(name);
        let user = self.company.users.iter_mut().find(|user| is_called(user, &principal_name)).unwrap();
        let user = user.as_object_mut().unwrap();
        for (attribute, value) in attributes.as_object().unwrap() {
            if value.is_null() {
                user.remove(attribute);
            } else {
                user.insert(attribute.clone(), value.clone());
            }
        }
    }

    /// Gives the assignment of a user a role.
    pub(crate) fn role(&mut self, name: &str, role: &str) {
        let principal_name = self.user_name(name);
        let mut assignments = self.company.assignments.iter_mut();
        assignments.find(|assignment| assignment["principal"] == principal_name.as_str()).unwrap()["role"] =
            role.into();
    }

    /// Gives a user a manager, at the source and at the server, where it is set as RFC 7644 has it.
    pub(crate) fn set_manager_at_both_ends(&mut self, name: &str, manager: &str) {
        let (user, manager) = (self.user_name(name), self.user_name(manager));
        self.change(name, &json!({"manager": manager}));
        let ids = self.project.server.ids();
        self.project.server.set_manager(&ids[&user], &ids[&manager]);
    }

    /// Disables or enables a user at the source.
    pub(crate) fn enable(&mut self, name: &str, enabled: bool) {
        self.change(name, &json!({"accountEnabled": enabled}));
        let principal_name = self.user_name(name);
        if enabled {
            self.left.remove(&principal_name);
        } else {
            self.left.insert(principal_name);
        }
    }

    /// Takes a user out of the files, and then out of the recycle bin.
    pub(crate) fn delete_for_good(&mut self, name: &str) {
        let principal_name = self.user_name(name);
        self.company.users.retain(|user| !is_called(user, &principal_name));
        self.company.assignments.retain(|assignment| assignment["principal"] != principal_name.as_str());
        self.company.write();
        self.left.remove(&principal_name);
        self.project.sync();
        self.project.purge(&principal_name);
    }

    /// Adds a group with these members and assigns it; members are users, or groups if they begin with a capital.
    pub(crate) fn group(&mut self, name: &str, members: &[&str]) {
        let display_name = self.group_name(name);
        self.company.groups.push(json!({
            "id": Uuid::new_v5(&Uuid::NAMESPACE_URL, display_name.as_bytes()),
            "displayName": display_name,
            "securityEnabled": true,
            "members": [],
        }));
        let group = self.company.groups.last().unwrap()["id"].clone();
        self.company.assignments.push(json!({"app": "scim", "principal": group}));
        self.members(name, members);
    }

    /// Sets a group's members.
    pub(crate) fn members(&mut self, name: &str, members: &[&str]) {
        let reference = |member: &&str| {
            let is_group = member.starts_with(|first: char| first.is_ascii_uppercase());
            let name = if is_group { self.group_name(member) } else { self.user_name(member) };
            let objects = || self.company.users.iter().chain(&self.company.groups);
            objects().find(|object| is_called(object, &name)).unwrap()["id"].clone()
        };
        let members: Value = members.iter().map(reference).collect();
        let display_name = self.group_name(name);
        let group = self.company.groups.iter_mut().find(|group| is_called(group, &display_name)).unwrap();
        group["members"] = members;
    }

    /// Gives a group another display name, as which it then goes in this case.
    pub(crate) fn rename_group(&mut self, before: &str, after: &str) {
        let (before, after) = (self.group_name(before), self.group_name(after));
        let group = self.company.groups.iter_mut().find(|group| is_called(group, &before)).unwrap();
        group["displayName"] = after.into();
    }

    /// Takes a group out of the files.
    pub(crate) fn delete_group(&mut self, name: &str) {
        let display_name = self.group_name(name);
        let id = self.company.groups.iter().find(|group| is_called(group, &display_name)).unwrap()["id"].clone();
        self.company.groups.retain(|group| group["id"] != id);
        self.company.assignments.retain(|assignment| assignment["principal"] != id);
    }

    /// Says what a resource is to have besides what the default mapping gives, by its name at the target: members of
    /// objects are merged, all else replaces.
    pub(crate) fn expect(&mut self, name: &str, besides: Value) {
        self.besides.insert(name.to_owned(), besides);
    }

    /// Runs a cycle, and says what the server did not take of all that was sent so far.
    pub(crate) fn provision(&mut self) -> Result<(), Objection> {
        self.cycle();
        self.verdict()
    }

    /// Runs a cycle and takes note of what is refused. Whatever is must be in the log, with its object and the answer.
    pub(crate) fn cycle(&mut self) -> Cycle {
        self.before = self.held();
        self.company.write();
        let cycle = self.project.sync();
        let refused: Vec<_> =
            cycle.requests.iter().filter(|request| request.status.is_none_or(|it| it >= 400)).collect();
        let in_quarantine = cycle.result["state"] == "Quarantine";
        for request in &refused {
            let status = request.status.expect("a foreign server answers");
            let kind = request.response_body["scimType"].as_str().map(|kind| format!(" {kind}")).unwrap_or_default();
            let quarantine = if in_quarantine { ", and the job goes into quarantine" } else { "" };
            self.refusals.insert(format!("`{status}{kind}`{quarantine}"));
        }
        let failures =
            self.project.logs(&["--status", "failure", "--cycle", cycle.result["cycleId"].as_str().unwrap()]);
        assert_eq!(failures.is_empty(), refused.is_empty() || in_quarantine, "{refused:#?}\n{failures:#?}");
        for failure in &failures {
            let error = &failure["provisioningStatusInfo"]["errorInformation"];
            let details = error["additionalDetails"].as_str().unwrap();
            let told = refused.iter().any(|request| {
                let line = format!("{} ", request.method);
                details.starts_with(&line) && details.contains(&format!(": {} ", request.status.unwrap()))
            });
            assert!(told && !error["errorCode"].as_str().unwrap().is_empty(), "{failure:#}");
            let name = failure["sourceIdentity"]["displayName"].as_str().unwrap();
            assert!(!name.is_empty(), "{failure:#}");
        }
        assert_eq!(cycle.exit, Some(if in_quarantine { 3 } else { i32::from(!failures.is_empty()) }));
        cycle
    }

    /// What came of the last step. What was refused must have left the server as it was, or as it was to be.
    pub(crate) fn verdict(&self) -> Result<(), Objection> {
        let held = self.held();
        let differences = differences(&self.expected(), &held);
        let refusals = self.refusals();
        match (refusals.is_empty(), differences.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(Objection::Differs(differences)),
            (false, true) => Err(Objection::Refused(refusals)),
            (false, false) if held == self.before => Err(Objection::Refused(refusals)),
            (false, false) => Err(Objection::Partly(format!("no: {refusals}, and not as sent: {differences}"))),
        }
    }

    /// With which statuses and SCIM types requests were refused so far.
    pub(crate) fn refusals(&self) -> String {
        self.refusals.iter().cloned().collect::<Vec<_>>().join(", ")
    }

    /// The names of those resources that the server does not hold as they were sent.
    pub(crate) fn misfits(&self) -> BTreeSet<String> {
        let (expected, held) = (self.expected(), self.held());
        let names = expected.keys().chain(held.keys());
        names.filter(|name| expected.get(*name) != held.get(*name)).cloned().collect()
    }

    /// What the server holds of this case, by name.
    pub(crate) fn held(&self) -> BTreeMap<String, Value> {
        let users =
            self.project.server.users().into_iter().filter(|(name, _)| name.contains(&format!(".{}@", self.key)));
        let groups =
            self.project.server.groups().into_iter().filter(|(name, _)| name.ends_with(&format!("of {}", self.key)));
        users.chain(groups).map(|(name, resource)| (name, in_order(resource))).collect()
    }

    /// What the server is to hold of this case, by name.
    fn expected(&self) -> BTreeMap<String, Value> {
        let ids = self.project.server.ids();
        let id_of = |name: &String| ids.get(name).cloned().unwrap_or_else(|| format!("(nobody called {name})"));
        let mut expected = self.company.at_the_target();
        for name in &self.left {
            let mut resource = crate::company::scim_user(self.company.user(name));
            resource["active"] = false.into();
            expected.insert(name.clone(), resource);
        }
        for (user, manager) in self.company.managers_in_scope() {
            let user = expected.get_mut(&user).unwrap();
            user[ENTERPRISE_USER]["manager"] = json!({"value": id_of(&manager)});
            user["schemas"] = json!([CORE_USER, ENTERPRISE_USER]);
        }
        for (name, members) in self.company.members_in_scope() {
            let mut members: Vec<_> = members.iter().map(id_of).collect();
            members.sort_unstable();
            let id = self.company.groups.iter().find(|group| is_called(group, &name)).unwrap()["id"].clone();
            let group = json!({"schemas": [CORE_GROUP], "displayName": name, "externalId": id, "members": members});
            expected.insert(name, group);
        }
        for (name, besides) in &self.besides {
            if let Some(resource) = expected.get_mut(name) {
                merge(resource, besides);
            }
        }
        expected.into_iter().map(|(name, resource)| (name, in_order(resource))).collect()
    }

    /// Forgets what the job has learned, so that the next cycle matches everybody anew.
    pub(crate) fn forget(&self) {
        self.project.forget();
    }
}

fn merge(value: &mut Value, other: &Value) {
    match (value, other) {
        (Value::Object(members), Value::Object(others)) => {
            for (name, other) in others {
                if other.is_null() {
                    members.remove(name);
                } else {
                    merge(members.entry(name.clone()).or_insert(Value::Null), other);
                }
            }
        }
        (value, other) => *value = other.clone(),
    }
}

/// The resource with its lists in an order that says nothing. An extension that is named in `schemas` without having a
/// value says nothing either: some servers repeat what the create named.
pub(crate) fn in_order(mut resource: Value) -> Value {
    let named = resource["schemas"].as_array().unwrap().iter();
    let with_values = named.filter(|urn| {
        let urn = urn.as_str().unwrap();
        urn == CORE_USER || urn == CORE_GROUP || resource.get(urn).is_some()
    });
    resource["schemas"] = with_values.cloned().collect();
    for attribute in resource.as_object_mut().unwrap().values_mut() {
        if let Value::Array(entries) = attribute {
            entries.iter_mut().for_each(Value::sort_all_objects);
            entries.sort_by_cached_key(Value::to_string);
        }
    }
    resource
}

/// The attributes in which what is held differs from what is expected, of all resources together; a resource that is
/// missing, or should not be there, is told of as such.
fn differences(expected: &BTreeMap<String, Value>, held: &BTreeMap<String, Value>) -> String {
    let names: BTreeSet<_> = expected.keys().chain(held.keys()).collect();
    let mut found = BTreeSet::new();
    for name in names {
        match (expected.get(name), held.get(name)) {
            (Some(expected), Some(held)) => {
                let attributes =
                    |resource: &Value| resource.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
                let all = attributes(expected).into_iter().chain(attributes(held));
                found.extend(all.filter(|it| expected.get(it) != held.get(it)).map(|it| format!("`{it}`")));
            }
            (Some(_), None) => drop(found.insert("not there".to_owned())),
            (None, _) => drop(found.insert("still there".to_owned())),
        }
    }
    found.into_iter().collect::<Vec<_>>().join(", ")
}
