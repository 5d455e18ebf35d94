//! A made-up company of any size: users, groups, application roles, assignments and a recycle bin, as files that the import
//! reads.
//!
//! # What it is like
//!
//! People have names of 22 cultures in their own scripts, and user principal names in plain letters. Each works at an office
//! and in a department, whose address, telephone numbers, language and titles fit; everybody but the head has a manager. Some
//! accounts are disabled, some people are guests, a few have no mailbox. There are groups of everybody, of departments, offices,
//! projects and clubs, and a few nested ones; applications have roles, and are assigned to groups and to people.
//!
//! # How it is made
//!
//! 1. `company` draws the people, each by a chance of their own, and `hierarchy` puts them below each other.
//! 2. `day` lets days pass: joiners, leavers, movers, marriages. A company has no memory but the seed and the days' rates:
//!    to write the next day, it is made again and lives through all of them.
//! 3. `user_record`, `groups` and `applications` say what the records hold, and `folder` writes them, one at a time.
//!
//! The same seed gives the same bytes. Memory holds a few dozen bytes a person, however long records and lists of members are.
//!
//! # Limits
//!
//! No date is read from the clock: the company's first day is 2026-01-05 unless it is said otherwise, and only then do entries
//! of the recycle bin carry a date, for one of long ago would end the thirty days at once. A group's record must not be longer
//! than the import takes: that is reached at three million people.

mod applications;
mod company;
mod day;
mod folder;
mod groups;
mod hierarchy;
mod names;
mod person;
mod tables;
mod user_record;

pub use day::DayChanges;

use super::FileKind;
use applications::{assignments, roles};
use company::Company;
use folder::{Folder, LEDGER, Ledger};
use groups::{GroupRecord, Rosters, groups};
use jiff::civil::Date;
use person::Presence;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};
use user_record::UserRecord;

/// The first day of a company, if nothing else is said.
const FIRST_DAY: Date = jiff::civil::date(2026, 1, 5);
/// How many users a company may have on its first day.
pub const MOST_USERS: u32 = 3_000_000;

/// What company is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyOrder {
    /// How many users there are on the first day.
    pub users: u32,
    /// Tells companies apart.
    pub seed: u64,
    /// How the files are written: JSON or NDJSON.
    pub format: CompanyFormat,
    /// The applications that people are assigned to.
    pub apps: Vec<String>,
    /// The first day, for companies in a real calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day: Option<Date>,
}

/// How a company's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompanyFormat {
    /// A record a line.
    Ndjson,
    /// A list, with a record a line.
    Json,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeCompany {
    /// The day, counted from 0.
    pub day: u32,
    /// Users in `users`.
    pub users: u64,
    /// Users in `deletedUsers`.
    pub deleted_users: u64,
    /// Groups.
    pub groups: u64,
    /// Members of all groups.
    pub memberships: u64,
    /// Assignments.
    pub assignments: u64,
    /// What happened on the day; nothing on the first one.
    pub changes: DayChanges,
}

/// Why no company was written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The company in the folder is another one.
    #[error(
        "the company in `{}` was made with `{option} {made}`, not `{option} {wanted}`; leave the option out to go on with it",
        folder.display()
    )]
    Another {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        option: &'static str,
        /// How the company was made.
        made: String,
        /// What was asked for.
        wanted: String,
    },
    /// The ledger cannot be read or written.
    #[error("`{}` cannot be used: {message}; name another folder, or remove this one", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// There is no company to go on with.
    #[error("`{}` holds no company yet; make one with `--users N` first, without `--mutate`", .0.display())]
    NoCompany(PathBuf),
    /// The folder holds something else.
    #[error("`{}` holds files that are not a made-up company's (there is no `{LEDGER}`); name a new folder", folder.display())]
    NotOwn {
        /// The folder.
        folder: PathBuf,
    },
    /// The company was made in another way than this program makes it.
    #[error("`{}` was written by another version of scimulator; make the company anew in a new folder", path.display())]
    OtherVersion {
        /// The ledger.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("`{}` cannot be used: {error}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Writes a company on its first day into `folder`, which must be new, empty, or hold a company of this generator.
pub fn generate(folder: &Path, order: CompanyOrder) -> Result<MadeCompany, GenerateError> {
    let before = Ledger::read(folder)?;
    let company = Company::found(order.clone());
    write(folder, &company, &Ledger::new(order), before.as_ref(), DayChanges::default())
}

/// Writes the next day of the company in `folder`: about `rate` of its people are touched, 0.01 is one in a hundred.
pub fn mutate(folder: &Path, rate: f64, expected: &ExpectedCompany) -> Result<MadeCompany, GenerateError> {
    let before = Ledger::read(folder)?.ok_or_else(|| GenerateError::NoCompany(folder.to_owned()))?;
    expected.check(folder, &before.order)?;
    let mut company = Company::found(before.order.clone());
    for past in &before.days {
        company.next_day(*past);
    }
    let changes = company.next_day(rate);
    let mut ledger = before.clone();
    ledger.days.push(rate);
    write(folder, &company, &ledger, Some(&before), changes)
}

/// What whoever asks for the next day takes the company for; nothing where it does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedCompany {
    /// How many users it had on its first day.
    pub users: Option<u32>,
    /// Its seed.
    pub seed: Option<u64>,
}

impl ExpectedCompany {
    fn check(&self, folder: &Path, order: &CompanyOrder) -> Result<(), GenerateError> {
        let users = self.users.filter(|users| *users != order.users);
        let seed = self.seed.filter(|seed| *seed != order.seed);
        let (option, made, wanted) = match (users, seed) {
            (Some(users), _) => ("--users", order.users.to_string(), users.to_string()),
            (None, Some(seed)) => ("--seed", order.seed.to_string(), seed.to_string()),
            (None, None) => return Ok(()),
        };
        Err(GenerateError::Another { folder: folder.to_owned(), option, made, wanted })
    }
}

fn write(
    folder: &Path,
    company: &Company,
    ledger: &Ledger,
    before: Option<&Ledger>,
    changes: DayChanges,
) -> Result<MadeCompany, GenerateError> {
    let mut files = Folder::open(folder, company.order.format.into())?;
    let numbered = || (0_u32..).zip(&company.people);
    let here = numbered().filter(|(_, person)| person.is_here());
    let users = here.map(|(number, _)| UserRecord::of(company, number, None));
    let users = files.write(FileKind::Users, users, |_| {})?;
    let (groups, rosters) = (groups(company), Rosters::of(company));
    let records = groups.iter().map(|group| GroupRecord::of(company, &rosters, group));
    let mut memberships = 0;
    let groups = files.write(FileKind::Groups, records, |record| memberships += record.members_written())?;
    files.write(FileKind::AppRoles, roles(company), |_| {})?;
    let assignments = files.write(FileKind::Assignments, assignments(company), |_| {})?;
    let binned = numbered().filter_map(|(number, person)| match person.presence {
        Presence::Binned(since) => {
            let day = i32::try_from(since).unwrap_or(i32::MAX);
            Some(UserRecord::of(company, number, company.order.first_day.map(|_| company.order.date_of(day))))
        }
        Presence::Here | Presence::Gone => None,
    });
    let deleted_users = files.write(FileKind::DeletedUsers, binned, |_| {})?;
    files.publish(ledger, before)?;
    Ok(MadeCompany { day: company.day, users, deleted_users, groups, memberships, assignments, changes })
}
