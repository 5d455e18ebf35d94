//! The groups of a company: of everybody, of a department, an office, a region, a project, a club.
//!
//! Groups of regions hold groups of offices, and a few projects hold another one: nested groups, whose members are not those
//! of the group that holds them. Clubs are not security-enabled. Who is a member follows from the people alone, so groups
//! need no memory of their own but the list of who is in which project.

use super::{
    company::Company,
    person::{Employment, Person, Rank},
};
use crate::chance::Chance;
use serde::{Serialize, Serializer, ser::SerializeSeq as _};
use std::cell::Cell;
use uuid::Uuid;

/// The name of the group that everybody is in who works for the company.
pub(super) const EVERYBODY: &str = "All Company";
/// One project in so many holds the next one.
const NESTING: u32 = 25;

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    description: String,
    security_enabled: bool,
    members: Members,
}

/// Who is in a group.
#[derive(Clone, Debug)]
enum Members {
    Staff,
    Guests,
    Leaders,
    /// The head of the company and those directly below.
    Board,
    Department(u8),
    Office(u8),
    Region(&'static str),
    Project(u32),
    Club(u8),
}

/// The groups in their order.
pub(super) fn groups(company: &Company) -> Vec<Group> {
    let mut groups = vec![
        group(EVERYBODY.to_owned(), "Everybody who works for the company".to_owned(), Members::Staff),
        group("All Guests".to_owned(), "People from other companies".to_owned(), Members::Guests),
        group("All Managers".to_owned(), "Everybody who leads others".to_owned(), Members::Leaders),
        group("Executive Board".to_owned(), "The heads of the departments".to_owned(), Members::Board),
    ];
    for (index, department) in (0..).zip(&company.departments).skip(1) {
        let description = format!("Everybody in {}", department.name);
        groups.push(group(department.name.to_owned(), description, Members::Department(index)));
    }
    let mut regions: Vec<&'static str> = Vec::new();
    for (index, office) in (0..).zip(&company.offices) {
        let description = format!("Everybody at {}, {}", office.name, office.city);
        groups.push(group(format!("Office {}", office.name), description, Members::Office(index)));
        if !regions.contains(&office.region) {
            regions.push(office.region);
        }
    }
    for region in regions {
        let description = format!("The offices of {region}");
        groups.push(group(format!("Region {region}"), description, Members::Region(region)));
    }
    for project in 0..company.projects {
        let name = project_name(company, project);
        groups.push(group(name.clone(), format!("The people of {name}"), Members::Project(project)));
    }
    for (index, club) in (0..).zip(&company.words.clubs) {
        let club_group = group((*club).to_owned(), format!("{club}: everybody is welcome"), Members::Club(index));
        groups.push(Group { security_enabled: false, ..club_group });
    }
    groups
}

fn group(name: String, description: String, members: Members) -> Group {
    Group { name, description, security_enabled: true, members }
}

/// The name of a project: all pairs of words, then all of them again with a number.
pub(super) fn project_name(company: &Company, project: u32) -> String {
    let (first, second) = (&company.words.first, &company.words.second);
    let index = project as usize;
    let (round, pair) = (index / (first.len() * second.len()), index % (first.len() * second.len()));
    // Neighbours have neither word in common.
    let name = format!("Project {} {}", first[pair % first.len()], second[(pair / first.len() + pair) % second.len()]);
    if round == 0 { name } else { format!("{name} {}", round + 1) }
}

/// The id of the group of that name.
fn id_of(company: &Company, name: &str) -> Uuid {
    Chance::of(company.order.seed, &format!("group {name}"), 0).uuid()
}

/// Who is in which project, project by project.
#[derive(Debug)]
pub(super) struct Rosters(Vec<(u32, u32)>);

impl Rosters {
    /// Looks at everybody.
    pub(super) fn of(company: &Company) -> Self {
        let mut roster = Vec::new();
        for (number, person) in (0..).zip(&company.people).filter(|(_, person)| person.is_here()) {
            for (slot, project) in person.projects.iter().enumerate() {
                if let Some(project) = project.filter(|project| !person.projects[..slot].contains(&Some(*project))) {
                    roster.push((project, number));
                }
            }
        }
        roster.sort_unstable();
        Self(roster)
    }

    /// The numbers of those who are in a project.
    fn members(&self, project: u32) -> impl Iterator<Item = u32> {
        let start = self.0.partition_point(|(known, _)| *known < project);
        self.0[start..].iter().take_while(move |(known, _)| *known == project).map(|(_, number)| *number)
    }
}

/// A group as a Graph group resource, its members one after another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupRecord<'c> {
    id: Uuid,
    display_name: &'c str,
    mail_nickname: String,
    description: &'c str,
    mail_enabled: bool,
    security_enabled: bool,
    group_types: &'static [&'static str],
    members: MemberList<'c>,
}

impl<'c> GroupRecord<'c> {
    /// The record of a group.
    pub(super) fn of(company: &'c Company, rosters: &'c Rosters, group: &'c Group) -> Self {
        let nickname =
            |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' };
        Self {
            id: id_of(company, &group.name),
            display_name: &group.name,
            mail_nickname: group.name.chars().map(nickname).collect(),
            description: &group.description,
            mail_enabled: !group.security_enabled,
            security_enabled: group.security_enabled,
            group_types: if group.security_enabled { &[] } else { &["Unified"] },
            members: MemberList { company, rosters, members: &group.members, count: Cell::new(0) },
        }
    }

    /// How many members were written.
    pub(super) fn members_written(&self) -> u64 {
        self.members.count.get()
    }
}

/// The ids of a group's members, which are never all in memory.
struct MemberList<'c> {
    company: &'c Company,
    rosters: &'c Rosters,
    members: &'c Members,
    count: Cell<u64>,
}

impl Serialize for MemberList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut count = 0;
        let mut add = |id: Uuid| {
            count += 1;
            list.serialize_element(&id)
        };
        let company = self.company;
        match self.members {
            Members::Region(region) => {
                for office in company.offices.iter().filter(|office| office.region == *region) {
                    add(id_of(company, &format!("Office {}", office.name)))?;
                }
            }
            Members::Project(project) => {
                for number in self.rosters.members(*project) {
                    add(company.of(number).id)?;
                }
                if project % NESTING == 0 && project + 1 < company.projects {
                    add(id_of(company, &project_name(company, project + 1)))?;
                }
            }
            members => {
                for person in &company.people {
                    if person.is_here() && members.include(person) {
                        add(person.id)?;
                    }
                }
            }
        }
        self.count.set(count);
        list.end()
    }
}

impl Members {
    /// Whether somebody who is there is in a group that does not list its members.
    fn include(&self, person: &Person) -> bool {
        let is_guest = person.employment == Employment::Guest;
        match self {
            Self::Guests => is_guest,
            Self::Club(club) => person.club == Some(*club),
            _ if is_guest => false,
            Self::Staff => true,
            Self::Leaders => person.rank < Rank::Staff,
            Self::Board => person.rank <= Rank::Head,
            Self::Department(department) => person.department == *department,
            Self::Office(office) => person.office == *office,
            Self::Region(_) | Self::Project(_) => false,
        }
    }
}
