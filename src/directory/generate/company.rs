//! A made-up company as it is on its first day: who works there, and who is directly assigned to what.
//!
//! Every person is drawn by a chance of their own, from the seed and the person's number; so the company is the same wherever
//! and whenever it is made. Addresses are unique: whoever would have one that somebody has or had gets a number behind it.

use super::{
    CompanyOrder,
    hierarchy::arrange,
    names::{Culture, Name, cultures},
    person::{Employment, Person, Presence, Rank},
    tables::{Department, Office, Words, departments, offices, words},
};
use crate::chance::Chance;
use std::collections::HashMap;

/// The part of every user principal name after the `@`.
pub(super) const DOMAIN: &str = "contoso.example";
/// So many people a department, an office, a project, a member of a club, a directly assigned user and somebody in the
/// recycle bin.
const PEOPLE_A_DEPARTMENT: usize = 10;
const PEOPLE_AN_OFFICE: usize = 12;
const PEOPLE_A_PROJECT: usize = 60;
const PEOPLE_A_CLUB_MEMBER: usize = 4;
const PEOPLE_A_DIRECT_ASSIGNMENT: usize = 400;
const PEOPLE_A_DELETED_ONE: usize = 300;
/// Below so many people, nobody has left yet and there are no projects.
const SMALL: usize = 5;
/// How long somebody may have been with the company, in days.
const LONGEST_SERVICE: usize = 4_000;

/// A company.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) order: CompanyOrder,
    /// Counted from 0, the first one.
    pub(super) day: u32,
    /// Everybody who is or was there, by number. Number 0 is the head.
    pub(super) people: Vec<Person>,
    pub(super) direct: Vec<DirectAssignment>,
    pub(super) cultures: Vec<Culture>,
    /// Those in use.
    pub(super) offices: Vec<Office>,
    /// Those in use; the first one is the head's.
    pub(super) departments: Vec<Department>,
    pub(super) words: Words,
    /// How many projects there are.
    pub(super) projects: u32,
    /// How many people have or had an address, without the number behind it.
    addresses: HashMap<String, u32>,
}

/// A user who is assigned to an application directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DirectAssignment {
    /// Which of the order's applications.
    pub(super) application: usize,
    pub(super) person: u32,
    /// Which of its roles; none is Default Access.
    pub(super) role: Option<usize>,
}

impl Company {
    /// The company on its first day.
    pub(super) fn found(order: CompanyOrder) -> Self {
        let users = usize::try_from(order.users).unwrap_or(usize::MAX);
        let (mut offices, mut departments) = (offices(), departments());
        offices.truncate((users / PEOPLE_AN_OFFICE).max(1));
        departments.truncate((users / PEOPLE_A_DEPARTMENT).max(1) + 1);
        let projects = if users < SMALL { 0 } else { (users / PEOPLE_A_PROJECT).max(1) };
        let mut company = Self {
            order,
            day: 0,
            people: Vec::with_capacity(users),
            direct: Vec::new(),
            cultures: cultures(),
            offices,
            departments,
            words: words(),
            projects: u32::try_from(projects).unwrap_or(u32::MAX),
            addresses: HashMap::new(),
        };
        for number in 0..company.order.users {
            let person = company.person(number);
            company.people.push(person);
        }
        arrange(&mut company);
        let deleted = if users < SMALL { 0 } else { users.div_ceil(PEOPLE_A_DELETED_ONE) };
        for _ in 0..deleted {
            let mut person = company.person(company.next_number());
            (person.presence, person.projects) = (Presence::Binned(0), [None; 3]);
            company.people.push(person);
        }
        let chance = Chance::of(company.order.seed, "direct assignments", 0);
        for application in 0..company.order.apps.len() {
            for _ in 0..users.div_ceil(PEOPLE_A_DIRECT_ASSIGNMENT) {
                company.assign_somebody(application, &chance);
            }
        }
        company
    }

    /// The number of whoever comes next.
    pub(super) fn next_number(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX)
    }

    /// The person of that number.
    pub(super) fn of(&self, number: u32) -> &Person {
        &self.people[number as usize]
    }

    /// The person of that number, to be changed.
    pub(super) fn of_mut(&mut self, number: u32) -> &mut Person {
        &mut self.people[number as usize]
    }

    /// A new person, with an address of their own and nobody above.
    pub(super) fn person(&mut self, number: u32) -> Person {
        let chance = Chance::of(self.order.seed, "person", number.into());
        let id = chance.uuid();
        let office = weighted(&chance, self.offices.iter().map(|office| office.share));
        let local = self.cultures.iter().position(|culture| culture.name == self.offices[office].culture);
        let elsewhere = chance.below(self.cultures.len());
        let culture = local.filter(|_| chance.below(10) < 7).unwrap_or(elsewhere);
        let names = &self.cultures[culture];
        let female = chance.below(2) == 0;
        let given = chance.below(if female { names.female.len() } else { names.male.len() });
        let family = chance.below(names.family.len());
        let employment = match chance.below(100) {
            _ if number == 0 => Employment::Employee,
            0..3 => Employment::Guest,
            3..7 => Employment::Contractor,
            7..9 => Employment::Intern,
            _ => Employment::Employee,
        };
        let department = if number == 0 { 0 } else { weighted(&chance, self.departments.iter().map(|one| one.share)) };
        let title = chance.below(self.departments[department].staff.len());
        let grade = weighted(&chance, [20, 45, 27, 8]);
        let service = if self.day == 0 { chance.below(LONGEST_SERVICE) } else { 0 };
        let enabled = number == 0 || chance.below(100) >= 2;
        let projects = match chance.below(100) {
            0..35 => [None; 3],
            35..75 => [self.any_project(&chance), None, None],
            75..95 => [self.any_project(&chance), self.any_project(&chance), None],
            _ => [self.any_project(&chance), self.any_project(&chance), self.any_project(&chance)],
        };
        let mut person = Person {
            id,
            presence: Presence::Here,
            employment,
            enabled,
            culture: byte(culture),
            female,
            given: byte(given),
            family: byte(family),
            number: 0,
            former: None,
            office: byte(office),
            department: byte(department),
            rank: if number == 0 { Rank::Chief } else { Rank::Staff },
            title: byte(title),
            grade: byte(grade),
            manager: None,
            projects,
            club: (chance.below(PEOPLE_A_CLUB_MEMBER) == 0).then(|| byte(chance.below(self.words.clubs.len()))),
            hired: i32::try_from(self.day).unwrap_or(i32::MAX) - i32::try_from(service).unwrap_or(0),
        };
        person.number = self.take_address(&person);
        person
    }

    /// Counts those with the address that follows from a person's names.
    pub(super) fn take_address(&mut self, person: &Person) -> u32 {
        let address = self.address(person, person.family, 0);
        let taken = self.addresses.entry(address).or_default();
        *taken += 1;
        *taken - 1
    }

    /// The part of an address before the `@`: `ada.byron`, `ada.byron2`.
    pub(super) fn address(&self, person: &Person, family: u8, number: u32) -> String {
        let address = format!("{}.{}", self.given_name(person).ascii, self.family_name(person, family).ascii);
        if number == 0 { address } else { format!("{address}{}", number + 1) }
    }

    /// The user principal name, which stays the same until a marriage.
    pub(super) fn principal_name(&self, person: &Person) -> String {
        let address = self.address(person, person.family, person.number);
        match person.employment {
            Employment::Guest => format!("{address}_{}#EXT#@{DOMAIN}", self.partner(person)),
            _ => format!("{address}@{DOMAIN}"),
        }
    }

    /// The domain that a guest comes from.
    pub(super) fn partner(&self, person: &Person) -> &'static str {
        let partners = &self.words.partners;
        partners[usize::from(person.title) % partners.len()]
    }

    pub(super) fn given_name(&self, person: &Person) -> &Name {
        let culture = &self.cultures[usize::from(person.culture)];
        let names = if person.female { &culture.female } else { &culture.male };
        &names[usize::from(person.given)]
    }

    pub(super) fn family_name(&self, person: &Person, family: u8) -> &Name {
        let culture = &self.cultures[usize::from(person.culture)];
        &culture.family[usize::from(family)][usize::from(person.female)]
    }

    /// A project: the first ones have more people than the last ones.
    pub(super) fn any_project(&self, chance: &Chance) -> Option<u32> {
        let projects = self.projects as usize;
        let drawn = chance.below(projects) * (chance.below(projects) + 1) / projects.max(1);
        u32::try_from(drawn).ok().filter(|_| projects > 0)
    }

    /// Assigns somebody who is not assigned to the application yet, if there is anybody.
    pub(super) fn assign_somebody(&mut self, application: usize, chance: &Chance) -> bool {
        for _ in 0..TRIES {
            let person = self.any_number(chance);
            let is_new = !self.direct.iter().any(|known| known.application == application && known.person == person);
            if is_new && self.of(person).is_staff() {
                let role = (chance.below(10) < 7).then(|| chance.below(ROLES));
                self.direct.push(DirectAssignment { application, person, role });
                return true;
            }
        }
        false
    }

    /// The number of anybody.
    pub(super) fn any_number(&self, chance: &Chance) -> u32 {
        u32::try_from(chance.below(self.people.len())).unwrap_or(u32::MAX)
    }
}

/// How often somebody who fits is looked for.
pub(super) const TRIES: usize = 100;
/// How many roles an application has.
pub(super) const ROLES: usize = 3;

/// An index by chance, each as likely as its share says.
pub(super) fn weighted(chance: &Chance, shares: impl IntoIterator<Item = usize> + Clone) -> usize {
    let mut drawn = chance.below(shares.clone().into_iter().sum());
    for (index, share) in shares.into_iter().enumerate() {
        if drawn < share {
            return index;
        }
        drawn -= share;
    }
    0
}

/// An index of a short table.
fn byte(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}
