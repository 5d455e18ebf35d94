//! One person of a made-up company, in a few dozen bytes: what must be remembered from day to day. Everything else (the
//! telephone number, the badge) follows from the seed and the person's number.

use uuid::Uuid;

/// One person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: Uuid,
    pub(super) presence: Presence,
    pub(super) employment: Employment,
    pub(super) enabled: bool,
    /// Which culture, whether of its women, which given name and which family name.
    pub(super) culture: u8,
    pub(super) female: bool,
    pub(super) given: u8,
    pub(super) family: u8,
    /// How many had the same address before.
    pub(super) number: u32,
    /// The family name and number before a marriage.
    pub(super) former: Option<(u8, u32)>,
    pub(super) office: u8,
    pub(super) department: u8,
    pub(super) rank: Rank,
    /// Which of the department's titles.
    pub(super) title: u8,
    /// Junior, nothing, Senior, Principal.
    pub(super) grade: u8,
    /// The number of the person above; the head of the company and guests have none.
    pub(super) manager: Option<u32>,
    pub(super) projects: [Option<u32>; 3],
    /// Which club, if any.
    pub(super) club: Option<u8>,
    /// The day of hire, counted from the company's first day.
    pub(super) hired: i32,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Among the users.
    Here,
    /// Among the deleted users, since that day.
    Binned(u32),
    /// In no file.
    Gone,
}

/// What somebody is to the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Employment {
    Employee,
    Contractor,
    Intern,
    Guest,
}

/// How far up somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The head of the company.
    Chief,
    /// The head of a department.
    Head,
    VicePresident,
    Director,
    Manager,
    Staff,
}

/// How many grades there are.
pub(super) const GRADES: u8 = 4;

impl Person {
    /// Whether the person is among the users.
    pub(super) fn is_here(&self) -> bool {
        self.presence == Presence::Here
    }

    /// Whether the person is there and works for the company.
    pub(super) fn is_staff(&self) -> bool {
        self.is_here() && self.employment != Employment::Guest
    }

    /// Whether the person is in the project.
    pub(super) fn is_in(&self, project: u32) -> bool {
        self.projects.contains(&Some(project))
    }
}

impl Employment {
    /// The word for it; guests have none.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Employee => Some("Employee"),
            Self::Contractor => Some("Contractor"),
            Self::Intern => Some("Intern"),
            Self::Guest => None,
        }
    }
}
