//! The application as the model has it, and what the mappings give. Source: `spec/MAPPINGS.md` §5, §8.

use crate::company::{self, Object, Record};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// When a mapping flows.
#[derive(Clone, Copy, Debug)]
enum Flow {
    /// Always.
    Always,
    /// Always, with a default at the creation.
    Default(&'static str),
    /// At the creation only.
    Creation,
    /// No source: where the target has none, this.
    Fallback(&'static str),
}

/// The mappings: target attribute, source attribute, flow.
const MAPPINGS: [(&str, &str, Flow); 8] = [
    ("userName", "userPrincipalName", Flow::Always),
    ("displayName", "displayName", Flow::Always),
    ("title", "jobTitle", Flow::Default("Staff")),
    ("nickName", "", Flow::Fallback("-")),
    ("preferredLanguage", "preferredLanguage", Flow::Creation),
    ("externalId", "id", Flow::Always),
    ("email", "mail", Flow::Always),
    ("department", "department", Flow::Always),
];

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) active: bool,
    pub(crate) values: BTreeMap<&'static str, String>,
    manager: Option<usize>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) name: String,
    pub(crate) source: Option<String>,
    pub(crate) members: BTreeSet<usize>,
}

/// The application.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) accounts: BTreeMap<usize, Account>,
    pub(crate) groups: BTreeMap<usize, Roster>,
    next: usize,
}

/// The value that a user's record has for a source attribute.
fn source(object: Object, record: &Record, name: &str) -> Option<String> {
    match name {
        "" => None,
        "id" => Some(object.id()),
        "userPrincipalName" => Some(company::principal_name(record.name)),
        "department" => Some(company::department(record.filtered).to_owned()),
        field => record.field(field).map(str::to_owned),
    }
}

impl Target {
    /// What the application has before the job runs: two accounts whose names pass to people now and then, one that nobody
    /// ever has, and a group likewise.
    pub(crate) fn beforehand() -> Self {
        let account = |name: &str, active| Account {
            active,
            values: [("userName", name.to_owned()), ("displayName", "Stranger".to_owned())].into(),
            manager: None,
        };
        let mut target = Self::default();
        let names = [company::NAMES - 2, company::NAMES - 1].map(company::principal_name);
        for (name, active) in [(names[0].as_str(), false), (&names[1], true), (company::STRANGERS[0], true)] {
            let number = target.number();
            target.accounts.insert(number, account(name, active));
        }
        for name in [company::group_name(2), company::STRANGERS[1].to_owned()] {
            let number = target.number();
            target.groups.insert(number, Roster { name, ..Roster::default() });
        }
        target
    }

    fn number(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// The accounts or groups of that name.
    pub(super) fn named(&self, object: Object, name: &str) -> Vec<usize> {
        let meant = |other: &str| other.eq_ignore_ascii_case(name);
        match object {
            Object::User(_) => self
                .accounts
                .iter()
                .filter(|(_, account)| meant(&account.values["userName"]))
                .map(|(at, _)| *at)
                .collect(),
            Object::Group(_) => self.groups.iter().filter(|(_, group)| meant(&group.name)).map(|(at, _)| *at).collect(),
        }
    }

    pub(super) fn has(&self, object: Object, at: usize) -> bool {
        match object {
            Object::User(_) => self.accounts.contains_key(&at),
            Object::Group(_) => self.groups.contains_key(&at),
        }
    }

    /// The source id that an account or a group has.
    pub(super) fn source_id(&self, at: usize) -> Option<String> {
        let account = self.accounts.get(&at).and_then(|account| account.values.get("externalId").cloned());
        account.or(self.groups.get(&at).and_then(|group| group.source.clone()))
    }

    /// Creates an account. False if the name is taken.
    pub(super) fn create_account(&mut self, object: Object, record: &Record) -> Option<usize> {
        let values = MAPPINGS.iter().filter_map(|(name, from, flow)| {
            let default = match flow {
                Flow::Default(value) | Flow::Fallback(value) => Some((*value).to_owned()),
                Flow::Always | Flow::Creation => None,
            };
            Some((*name, source(object, record, from).or(default)?))
        });
        let account = Account { active: true, values: values.collect(), manager: None };
        if !self.named(object, &account.values["userName"]).is_empty() {
            return None;
        }
        let at = self.number();
        self.accounts.insert(at, account);
        Some(at)
    }

    /// Creates a group.
    pub(super) fn create_group(&mut self, object: Object, name: String) -> usize {
        let at = self.number();
        self.groups.insert(at, Roster { name, source: Some(object.id()), members: BTreeSet::new() });
        at
    }

    /// What an account would be after an update from a record: active, and in step.
    pub(super) fn updated(&self, at: usize, object: Object, record: &Record) -> Account {
        let mut account = self.accounts[&at].clone();
        account.active = true;
        for (name, from, flow) in MAPPINGS {
            let held = account.values.get(name);
            let value = match flow {
                Flow::Always | Flow::Default(_) => source(object, record, from),
                Flow::Fallback(value) if held.is_none() => Some(value.to_owned()),
                Flow::Fallback(_) | Flow::Creation => None,
            };
            let is_new = |value: &String| !held.is_some_and(|held| held.eq_ignore_ascii_case(value));
            if let Some(value) = value.filter(is_new) {
                account.values.insert(name, value);
            }
        }
        account
    }

    /// Puts an account in place of what it was. False if the name is taken.
    pub(super) fn put(&mut self, object: Object, at: usize, account: Account) -> bool {
        let free = self.named(object, &account.values["userName"]).iter().all(|other| *other == at);
        if free {
            self.accounts.insert(at, account);
        }
        free
    }

    /// Deletes an account or a group, which leaves its groups.
    pub(super) fn delete(&mut self, at: usize) {
        self.accounts.remove(&at);
        self.groups.remove(&at);
        self.groups.values_mut().for_each(|group| {
            group.members.remove(&at);
        });
    }

    pub(super) fn manager(&self, at: usize) -> Option<usize> {
        self.accounts[&at].manager
    }

    pub(super) fn set_manager(&mut self, at: usize, manager: Option<usize>) {
        self.accounts.get_mut(&at).expect("an account").manager = manager;
    }

    /// What the application holds, ids replaced by names, in a form that can be compared.
    pub(crate) fn content(&self) -> Vec<Value> {
        let name = |at: usize| {
            let account = self.accounts.get(&at).map(|account| account.values["userName"].clone());
            account.or(self.groups.get(&at).map(|group| group.name.clone())).unwrap_or("(gone)".to_owned())
        };
        let accounts = self.accounts.values().map(|account| {
            let values: BTreeMap<_, _> = account.values.iter().collect();
            json!({"active": account.active, "values": values, "manager": account.manager.map(name)})
        });
        let groups = self.groups.values().map(|group| {
            let mut members: Vec<_> = group.members.iter().map(|member| name(*member)).collect();
            members.sort();
            json!({"group": group.name, "source": group.source, "members": members})
        });
        let mut content: Vec<_> = accounts.chain(groups).collect();
        content.sort_by_key(Value::to_string);
        content
    }
}
