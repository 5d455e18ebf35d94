//! What happens at the company: generated changes, the same for the same seed.
//!
//! A *day* is a handful of changes that reach the program together: people join, leave (vanish, disabled, unassigned,
//! filtered out) and come back, are renamed, swap their names, are re-hired under another id; managers come and go; groups
//! are made, renamed, deleted, made anew under the same name, assigned, and their members change.

use super::company::{Company, FILTERED, Group, Person, Standing};
use scimulator::chance::Chance;
use std::collections::BTreeSet;

/// How many people the company begins with.
const FOUNDERS: usize = 14;
/// How many it has at most, and at least, as long as some may join or leave.
const PEOPLE: std::ops::RangeInclusive<usize> = 8..=22;
/// How many groups it has at most.
const GROUPS: usize = 6;
/// How many changes a day has.
const CHANGES: std::ops::Range<usize> = 4..16;

/// A company and what becomes of it.
pub(crate) struct History {
    pub(crate) company: Company,
    chance: Chance,
    /// Whether names pass from one person to another, so that accounts get into each other's way.
    contended: bool,
    /// How many names and ids were given.
    given: usize,
    /// What happened in the day.
    told: Vec<String>,
}

impl History {
    /// The company as it begins. `contended`: names pass from one person to another.
    pub(crate) fn of(seed: u64, contended: bool) -> Self {
        let (company, chance) = (Company::new(), Chance::seeded(seed));
        let mut history = Self { company, chance, contended, given: 0, told: Vec::new() };
        for _ in 0..FOUNDERS {
            history.join();
        }
        for _ in 0..GROUPS - 2 {
            history.found();
        }
        for _ in 0..FOUNDERS {
            history.manage();
            history.move_member();
        }
        history
    }

    /// One day's changes. Returns what happened.
    pub(crate) fn day(&mut self) -> Vec<String> {
        for _ in 0..CHANGES.start + self.chance.below(CHANGES.len()) {
            self.change();
        }
        std::mem::take(&mut self.told)
    }

    /// What happened so far in the day.
    pub(crate) fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    fn change(&mut self) {
        match self.chance.below(24) {
            0 | 1 => self.join(),
            2 | 3 => self.leave(),
            4 | 5 => self.come_back(),
            6 => self.purge(),
            7 | 8 => self.switch("enabled", |person| person.enabled = !person.enabled),
            9 | 10 => self.switch("assigned", |person| person.assigned = !person.assigned),
            11 => self.switch("department", |person| {
                let other = if person.department == FILTERED { "Here" } else { FILTERED };
                other.clone_into(&mut person.department);
            }),
            12 => self.promote(),
            13 | 14 => self.rename(),
            15 if self.contended => self.swap(),
            16 if self.contended => self.inherit(),
            17 => self.rehire(),
            18 | 19 => self.manage(),
            20 => self.found(),
            21 => self.reform(),
            _ => self.move_member(),
        }
    }

    fn tell(&mut self, what: String) {
        self.told.push(what);
    }

    fn number(&mut self) -> usize {
        self.given += 1;
        self.given
    }

    /// One of those who meet a condition: the index.
    fn person(&self, is_meant: impl Fn(&Person) -> bool) -> Option<usize> {
        let meant: Vec<_> =
            (0..self.company.people.len()).filter(|index| is_meant(&self.company.people[*index])).collect();
        (!meant.is_empty()).then(|| meant[self.chance.below(meant.len())])
    }

    fn somebody(&self) -> Option<usize> {
        self.person(|person| person.standing == Standing::There)
    }

    fn group(&self, is_meant: impl Fn(&Group) -> bool) -> Option<usize> {
        let meant: Vec<_> =
            (0..self.company.groups.len()).filter(|index| is_meant(&self.company.groups[*index])).collect();
        (!meant.is_empty()).then(|| meant[self.chance.below(meant.len())])
    }

    fn headcount(&self) -> usize {
        self.company.people.iter().filter(|person| person.standing == Standing::There).count()
    }

    fn join(&mut self) {
        if self.headcount() < *PEOPLE.end() {
            let name = format!("p{}", self.number());
            self.admit(name, false);
        }
    }

    fn admit(&mut self, name: String, succeeds: bool) {
        let number = self.number();
        let person = Person {
            id: format!("user-{number}"),
            display_name: format!("Person {number}"),
            title: format!("Title {}", self.chance.below(3)),
            department: if self.chance.below(12) == 0 { FILTERED } else { "Here" }.to_owned(),
            manager: None,
            enabled: self.chance.below(12) > 0,
            assigned: self.chance.below(4) > 0,
            standing: Standing::There,
            replaced: false,
            succeeds,
            renamed: false,
            name,
        };
        self.tell(format!("{} joins as {}", person.id, person.name));
        self.company.people.push(person);
    }

    fn leave(&mut self) {
        if self.headcount() <= *PEOPLE.start() {
            return;
        }
        let Some(index) = self.somebody() else { return };
        let standing = if self.chance.below(2) == 0 { Standing::Vanished } else { Standing::Binned };
        self.dismiss(index, standing);
    }

    fn dismiss(&mut self, index: usize, standing: Standing) {
        let untidy = self.chance.below(2) == 0;
        let person = &mut self.company.people[index];
        person.standing = standing;
        if !untidy {
            person.assigned = false;
            for group in &mut self.company.groups {
                group.members.remove(&person.id);
            }
        }
        let told = format!("{} leaves ({standing:?}{})", person.id, if untidy { ", still assigned" } else { "" });
        self.tell(told);
    }

    fn come_back(&mut self) {
        // Whoever was deleted for good comes back as somebody new, whom nothing but the name leads to the account of before.
        let lost = |person: &Person| person.standing == Standing::Purged && person.renamed;
        let left = |person: &Person| person.standing != Standing::There && !person.replaced && !lost(person);
        let Some(index) = self.person(left) else { return };
        let person = &mut self.company.people[index];
        let told = format!("{} comes back ({:?})", person.id, person.standing);
        (person.standing, person.assigned) = (Standing::There, true);
        self.tell(told);
    }

    fn purge(&mut self) {
        let Some(index) = self.person(|person| person.standing == Standing::Binned) else { return };
        let person = &mut self.company.people[index];
        person.standing = Standing::Purged;
        let told = format!("{} is deleted for good", person.id);
        self.tell(told);
    }

    fn switch(&mut self, what: &str, turn: impl FnOnce(&mut Person)) {
        let Some(index) = self.somebody() else { return };
        let person = &mut self.company.people[index];
        turn(person);
        let Person { id, enabled, assigned, department, .. } = person;
        let told = format!("{id}: {what}: enabled {enabled}, assigned {assigned}, department {department}");
        self.tell(told);
    }

    fn promote(&mut self) {
        let Some(index) = self.somebody() else { return };
        let number = self.number();
        let person = &mut self.company.people[index];
        person.title = format!("Title {number}");
        person.display_name = format!("Person {number}");
        let told = format!("{} is promoted to {}", person.id, person.title);
        self.tell(told);
    }

    fn rename(&mut self) {
        let Some(index) = self.somebody() else { return };
        let name = format!("p{}", self.number());
        self.call(index, name);
    }

    fn call(&mut self, index: usize, name: String) {
        let person = &mut self.company.people[index];
        let told = format!("{} is called {name} instead of {}", person.id, person.name);
        (person.name, person.renamed) = (name, true);
        self.tell(told);
    }

    /// Two people swap their names.
    fn swap(&mut self) {
        let (Some(one), Some(other)) = (self.somebody(), self.somebody()) else { return };
        if one != other {
            let names = (self.company.people[one].name.clone(), self.company.people[other].name.clone());
            self.call(one, names.1);
            self.call(other, names.0);
        }
    }

    /// Somebody is renamed, and somebody else gets the name.
    fn inherit(&mut self) {
        let (Some(one), Some(other)) = (self.somebody(), self.somebody()) else { return };
        if one != other {
            let inherited = self.company.people[one].name.clone();
            let name = format!("p{}", self.number());
            self.call(one, name);
            self.call(other, inherited);
        }
    }

    /// Somebody is hired again, under another id with the same user principal name.
    fn rehire(&mut self) {
        let contended = self.contended;
        let Some(index) = self.person(|person| !person.replaced && (contended || !person.renamed)) else { return };
        if self.company.people[index].standing == Standing::There {
            self.dismiss(index, Standing::Vanished);
        }
        let person = &mut self.company.people[index];
        person.replaced = true;
        let name = person.name.clone();
        self.admit(name, true);
    }

    /// Somebody gets a manager, another one, or none.
    fn manage(&mut self) {
        let (Some(index), Some(manager)) = (self.somebody(), self.somebody()) else { return };
        let manager = (index != manager).then(|| self.company.people[manager].id.clone());
        let person = &mut self.company.people[index];
        let told = format!("{}: manager {manager:?} instead of {:?}", person.id, person.manager);
        person.manager = manager;
        self.tell(told);
    }

    /// A group is made.
    fn found(&mut self) {
        if self.company.groups.iter().filter(|group| group.there).count() < GROUPS {
            let name = format!("Group {}", self.number());
            self.establish(name, BTreeSet::new());
        }
    }

    fn establish(&mut self, name: String, members: BTreeSet<String>) {
        let id = format!("group-{}", self.number());
        self.tell(format!("{id} is made as {name}"));
        let assigned = self.chance.below(4) > 0;
        self.company.groups.push(Group { id, name, members, assigned, security_enabled: true, there: true });
    }

    /// Something happens to a group as a whole.
    fn reform(&mut self) {
        let Some(index) = self.group(|group| group.there) else { return };
        let what = self.chance.below(7);
        let number = self.number();
        let group = &mut self.company.groups[index];
        let told = match what {
            0 => {
                group.name = format!("Group {number}");
                format!("{} is called {}", group.id, group.name)
            }
            1 => {
                group.there = false;
                format!("{} is deleted", group.id)
            }
            2 => {
                group.there = false;
                let (name, members) = (group.name.clone(), group.members.clone());
                let told = format!("{} is deleted and made anew", group.id);
                self.establish(name, members);
                told
            }
            3 => {
                group.security_enabled = !group.security_enabled;
                format!("{}: security-enabled {}", group.id, group.security_enabled)
            }
            4 => match self.group(|group| !group.there) {
                Some(index) => {
                    let name = format!("Group {number}");
                    let group = &mut self.company.groups[index];
                    (group.there, group.name) = (true, name);
                    format!("{} is back as {}", group.id, group.name)
                }
                None => return,
            },
            _ => {
                group.assigned = !group.assigned;
                format!("{}: assigned {}", group.id, group.assigned)
            }
        };
        self.tell(told);
    }

    /// Somebody, or a group, becomes a member of a group, or is one no longer.
    fn move_member(&mut self) {
        let Some(index) = self.group(|group| group.there) else { return };
        let member = if self.chance.below(8) == 0 {
            self.group(|group| group.there).map(|index| self.company.groups[index].id.clone())
        } else {
            self.somebody().map(|index| self.company.people[index].id.clone())
        };
        let group = &mut self.company.groups[index];
        let Some(member) = member.filter(|member| *member != group.id) else { return };
        let came = group.members.insert(member.clone()) || !group.members.remove(&member);
        let told = format!("{member} is {} of {}", if came { "a member" } else { "no member" }, group.id);
        self.tell(told);
    }
}
