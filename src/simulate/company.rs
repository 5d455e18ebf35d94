//! The copy of the directory that a simulation changes: all records in memory, written anew where they change.
//!
//! However the files of the directory are laid out, the copy has one of JSON a kind, with a record a line; what a record
//! holds stays as it is. A file is given the time of the simulation, by which the import sees that it changed.

use super::{
    record::{Record, called, identities, is_called, is_of, members, numbered, remove, text},
    scenario::{Kind, Pool, Portion, Selection},
};
use crate::{
    chance::Chance,
    config::{DirectorySettings, OnInvalidRecord},
    directory::{AppRole, DirectoryError, FileKind, Meter, RawRecord, ReadError, discover, open},
    store::private_options,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Why a directory cannot be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The folder cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file cannot be read.
    #[error("{0}; see `scimulator check`")]
    Read(#[from] ReadError),
    /// A record is no JSON object.
    #[error("{place}: the record is no JSON object; see `scimulator check`")]
    Record {
        /// Where it stands.
        place: String,
    },
    /// The copy cannot be written.
    #[error("the copy of the directory cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// The records of a directory, and what was taken away from them.
#[derive(Clone, Debug, Default)]
pub(super) struct Company {
    records: BTreeMap<FileKind, Vec<Record>>,
    /// What differs from the files.
    changed: BTreeSet<FileKind>,
    /// What was removed and unassigned so far.
    taken: Vec<(FileKind, Record)>,
    /// Who was disabled so far.
    disabled: Vec<String>,
}

/// An object that was chosen: where its record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) kind: FileKind,
    pub(super) index: usize,
}

impl Company {
    /// Reads the files of a directory.
    pub(super) fn read(settings: &DirectorySettings) -> Result<Self, CopyError> {
        let mut company = Self::default();
        for file in &discover(&settings.path)?.files {
            let records = company.records.entry(file.kind).or_default();
            for record in open(file, &Meter::default())? {
                let record = match record {
                    Ok(record) => record,
                    Err(error) if error.record.is_some() && settings.on_invalid_record == OnInvalidRecord::Skip => {
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
                match serde_json::from_slice(&record.text) {
                    Ok(Value::Object(fields)) => records.push(fields),
                    _ if settings.on_invalid_record == OnInvalidRecord::Skip => {}
                    _ => return Err(CopyError::Record { place: record.place(&file.name).to_string() }),
                }
            }
        }
        company.changed = company.records.keys().copied().collect();
        Ok(company)
    }

    /// Writes what changed since the last time, as files of the moment `now`.
    pub(super) fn write(&mut self, folder: &Path, now: Timestamp) -> Result<(), CopyError> {
        for kind in std::mem::take(&mut self.changed) {
            let path: PathBuf = folder.join(format!("{}.json", kind.name()));
            let file = private_options().write(true).create(true).truncate(true).open(path)?;
            let mut writer = BufWriter::new(file);
            let mut separator = "[\n";
            for record in self.of(kind) {
                writer.write_all(separator.as_bytes())?;
                serde_json::to_writer(&mut writer, record).map_err(std::io::Error::from)?;
                separator = ",\n";
            }
            writer.write_all(if separator == "[\n" { b"[]\n" } else { b"\n]\n" })?;
            writer.flush()?;
            writer.get_ref().set_modified(SystemTime::from(now))?;
        }
        Ok(())
    }

    /// The records of a kind, in the order of the files.
    pub(super) fn of(&self, kind: FileKind) -> &[Record] {
        self.records.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn of_mut(&mut self, kind: FileKind) -> &mut Vec<Record> {
        self.changed.insert(kind);
        self.records.entry(kind).or_default()
    }

    /// What people call an object.
    pub(super) fn name(&self, chosen: Chosen) -> String {
        let record = &self.of(chosen.kind)[chosen.index];
        let names: &[&str] = match chosen.kind {
            FileKind::Users => &["userPrincipalName", "displayName"],
            FileKind::Assignments => &["principal", "principalDisplayName", "principalId"],
            _ => &["displayName"],
        };
        names.iter().find_map(|name| text(record, name)).unwrap_or_default().to_owned()
    }

    /// Whether there is a user or group of this id or name.
    pub(super) fn knows(&self, kind: Kind, name: &str) -> bool {
        self.of(file_kind(kind)).iter().any(|record| is_called(record, kind, name))
    }

    /// What was taken away last: so many records.
    pub(super) fn last_taken(&self, count: usize) -> &[(FileKind, Record)] {
        &self.taken[self.taken.len().saturating_sub(count)..]
    }

    /// What the roles of an application can be meant by, whose names these are, in small letters.
    pub(super) fn roles(&self, application: &[String]) -> Vec<String> {
        let raw = |record: &Record| {
            let text = serde_json::to_vec(record).ok()?;
            AppRole::parse(&RawRecord { text, line: 1, column: 1, number: 1 }).ok()
        };
        self.of(FileKind::AppRoles)
            .iter()
            .filter_map(raw)
            .flatten()
            .filter(|role| application.contains(&role.app.to_lowercase()))
            .flat_map(|role| [Some(role.display_name), role.value, Some(role.id)])
            .flatten()
            .collect()
    }

    /// Whom a selection means at present, in the order of the files. `chance` chooses where not all of them are meant.
    pub(super) fn chosen(&self, who: &Selection, applications: &[String], chance: &Chance) -> Vec<Chosen> {
        let Some(kind) = who.kind else {
            return self.assignments(None, applications, who, chance);
        };
        let file = file_kind(kind);
        let assigned = (who.pool == Pool::Assigned).then(|| self.assigned(applications));
        let is_meant = |record: &Record| match (&who.pool, &assigned) {
            (Pool::All, _) => true,
            (Pool::Named(names), _) => names.iter().any(|name| is_called(record, kind, name)),
            (Pool::Disabled, _) => self.disabled.iter().any(|name| is_called(record, kind, name)),
            (Pool::Assigned, assigned) => assigned.as_ref().is_some_and(|assigned| called(record, kind, assigned)),
        };
        let pool = self.of(file).iter().enumerate().filter(|(_, record)| is_meant(record));
        portion(pool.map(|(index, _)| Chosen { kind: file, index }).collect(), who.portion, chance)
    }

    /// The assignments to these applications that a selection means: of whom it names, or some of all.
    pub(super) fn assignments(
        &self,
        kind: Option<Kind>,
        applications: &[String],
        who: &Selection,
        chance: &Chance,
    ) -> Vec<Chosen> {
        let whole = Selection { portion: Portion::Whole, ..who.clone() };
        let principals: Option<HashSet<String>> = kind.map(|kind| {
            let meant = self.chosen(&whole, applications, chance);
            meant.iter().flat_map(|chosen| identities(&self.of(chosen.kind)[chosen.index], kind)).collect()
        });
        let is_meant = |record: &Record| {
            is_of(record, applications)
                && principals.as_ref().is_none_or(|principals| {
                    ["principal", "principalId"]
                        .iter()
                        .filter_map(|name| text(record, name))
                        .any(|principal| principals.contains(&principal.to_lowercase()))
                })
        };
        let pool = self.of(FileKind::Assignments).iter().enumerate().filter(|(_, record)| is_meant(record));
        let pool = pool.map(|(index, _)| Chosen { kind: FileKind::Assignments, index });
        portion(pool.collect(), who.portion, chance)
    }

    /// The ids and names of those who are assigned to these applications, by themselves or as members, in small letters.
    fn assigned(&self, applications: &[String]) -> HashSet<String> {
        let mut assigned: HashSet<String> = self
            .of(FileKind::Assignments)
            .iter()
            .filter(|record| is_of(record, applications))
            .filter_map(|record| text(record, "principal").or_else(|| text(record, "principalId")))
            .map(str::to_lowercase)
            .collect();
        let groups = self.of(FileKind::Groups).iter().filter(|record| called(record, Kind::Groups, &assigned));
        let members: Vec<_> = groups.flat_map(members).collect();
        assigned.extend(members);
        assigned
    }

    /// Gives attributes other values.
    pub(super) fn change(&mut self, chosen: &[Chosen], set: &Record, clear: &[String], number: u64) {
        for Chosen { kind, index } in chosen {
            let record = &mut self.of_mut(*kind)[*index];
            for name in set.keys().chain(clear) {
                remove(record, name);
            }
            record.extend(numbered(set, number));
        }
    }

    /// Enables or disables accounts.
    pub(super) fn enable(&mut self, chosen: &[Chosen], enabled: bool) {
        let names: Vec<_> = chosen.iter().map(|chosen| self.name(*chosen)).collect();
        if !enabled {
            self.disabled.extend(names);
        }
        let set = Map::from_iter([("accountEnabled".to_owned(), enabled.into())]);
        self.change(chosen, &set, &[], 0);
    }

    /// Adds records with these numbers, and returns where they stand.
    pub(super) fn add(&mut self, kind: Kind, record: &Record, numbers: std::ops::Range<u64>) -> Vec<Chosen> {
        let kind = file_kind(kind);
        let first = self.of(kind).len();
        self.of_mut(kind).extend(numbers.map(|number| numbered(record, number)));
        (first..self.of(kind).len()).map(|index| Chosen { kind, index }).collect()
    }

    /// Takes records away.
    pub(super) fn remove(&mut self, chosen: &[Chosen]) {
        for kind in [FileKind::Users, FileKind::Groups, FileKind::Assignments] {
            let gone: HashSet<usize> = chosen.iter().filter(|one| one.kind == kind).map(|one| one.index).collect();
            if gone.is_empty() {
                continue;
            }
            let mut left = Vec::new();
            for (index, record) in std::mem::take(self.of_mut(kind)).into_iter().enumerate() {
                if gone.contains(&index) {
                    self.taken.push((kind, record));
                } else {
                    left.push(record);
                }
            }
            *self.of_mut(kind) = left;
        }
    }

    /// Assigns users or groups to an application, unless they are already. Returns who was not.
    pub(super) fn assign(&mut self, chosen: &[Chosen], application: &str, role: Option<&str>) -> Vec<Chosen> {
        let application_names = [application.to_lowercase()];
        let known: HashSet<String> = self
            .of(FileKind::Assignments)
            .iter()
            .filter(|record| is_of(record, &application_names))
            .filter_map(|record| text(record, "principal").or_else(|| text(record, "principalId")))
            .map(str::to_lowercase)
            .collect();
        let is_new = |one: &&Chosen| {
            let kind = if one.kind == FileKind::Groups { Kind::Groups } else { Kind::Users };
            !called(&self.of(one.kind)[one.index], kind, &known)
        };
        let new: Vec<Chosen> = chosen.iter().filter(is_new).copied().collect();
        for one in &new {
            let record = &self.of(one.kind)[one.index];
            let principal = text(record, "objectId").map_or_else(|| self.name(*one), str::to_owned);
            let mut assignment = Map::from_iter([
                ("app".to_owned(), Value::from(application)),
                ("principal".to_owned(), principal.into()),
            ]);
            assignment.extend(role.map(|role| ("role".to_owned(), role.into())));
            self.of_mut(FileKind::Assignments).push(assignment);
        }
        new
    }

    /// Puts back what was taken away so far: objects, assignments, and the enabling of accounts. Returns how many things.
    pub(super) fn put_back(&mut self) -> usize {
        let taken = std::mem::take(&mut self.taken);
        let disabled = std::mem::take(&mut self.disabled);
        let count = taken.len() + disabled.len();
        for (kind, record) in taken {
            self.of_mut(kind).push(record);
        }
        let users = self.of(FileKind::Users).iter().enumerate();
        let disabled: Vec<_> = users
            .filter(|(_, record)| disabled.iter().any(|name| is_called(record, Kind::Users, name)))
            .map(|(index, _)| Chosen { kind: FileKind::Users, index })
            .collect();
        self.enable(&disabled, true);
        count
    }
}

fn file_kind(kind: Kind) -> FileKind {
    match kind {
        Kind::Users => FileKind::Users,
        Kind::Groups => FileKind::Groups,
    }
}

/// So many of a pool as are meant; which ones is chance.
fn portion(mut pool: Vec<Chosen>, portion: Portion, chance: &Chance) -> Vec<Chosen> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    let wanted = match portion {
        Portion::Whole => return pool,
        Portion::Count(count) => count.min(pool.len()),
        Portion::Share(share) => (pool.len() as f64 * share).round() as usize,
    };
    for place in 0..wanted {
        let other = place + chance.below(pool.len() - place);
        pool.swap(place, other);
    }
    pool.truncate(wanted);
    pool.sort_unstable_by_key(|chosen| chosen.index);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::problem::Place;
    use serde_json::json;

    /// A company of these records, read from files.
    fn company(files: &[(&str, &str)]) -> Company {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let settings = DirectorySettings {
            path: folder.path().to_owned(),
            on_invalid_record: OnInvalidRecord::Fail,
            attributes: Vec::new(),
            soft_delete_retention_days: 30,
        };
        Company::read(&settings).unwrap()
    }

    const USERS: (&str, &str) =
        ("users.csv", "id,userPrincipalName,mobilePhone\n1,ada@x.example,7\n2,ben@x.example,8\n3,cid@x.example,9\n");

    fn users(pool: Pool, portion: Portion) -> Selection {
        Selection { place: Place::origin("test"), kind: Some(Kind::Users), pool, portion }
    }

    fn names(company: &Company, who: &Selection, seed: u64) -> Vec<String> {
        let chosen = company.chosen(who, &["app".to_owned()], &Chance::seeded(seed));
        chosen.into_iter().map(|one| company.name(one)).collect()
    }

    #[test]
    fn a_value_takes_the_place_of_the_one_in_another_spelling() {
        let mut company = company(&[USERS]);
        let who = users(Pool::Named(vec!["ADA@x.example".to_owned()]), Portion::Whole);
        let chosen = company.chosen(&who, &[], &Chance::seeded(1));
        let set = json!({"mobile": "call {number}"}).as_object().cloned().unwrap();
        company.change(&chosen, &set, &[], 5);
        let expected = json!({"id": "1", "userPrincipalName": "ada@x.example", "mobile": "call 5"});
        assert_eq!(Value::Object(company.of(FileKind::Users)[0].clone()), expected);
    }

    #[test]
    fn the_assigned_are_those_who_are_it_themselves_and_members_of_assigned_groups() {
        let groups = ("groups.json", r#"[{"displayName": "Sales", "members": ["cid@x.example", {"id": "9"}]}]"#);
        let assignments = (
            "assignments.ndjson",
            "{\"app\":\"App\",\"principal\":\"1\"}\n{\"app\":\"app\",\"principal\":\"sales\"}\n\
              {\"app\":\"other\",\"principal\":\"ben@x.example\"}\n",
        );
        let company = company(&[USERS, groups, assignments]);
        assert_eq!(names(&company, &users(Pool::Assigned, Portion::Whole), 1), ["ada@x.example", "cid@x.example"]);
    }

    #[test]
    fn a_share_is_chosen_by_the_seed_and_told_in_the_order_of_the_files() {
        let company = company(&[USERS]);
        let two = users(Pool::All, Portion::Share(0.67));
        let chosen: Vec<_> = (1..20).map(|seed| names(&company, &two, seed)).collect();
        assert!(chosen.iter().all(|names| names.len() == 2 && names.is_sorted()), "{chosen:?}");
        assert!(chosen.iter().any(|names| *names != chosen[0]), "{chosen:?}");
        assert_eq!(names(&company, &two, 7), names(&company, &two, 7));
        assert_eq!(names(&company, &users(Pool::All, Portion::Count(9)), 1).len(), 3);
    }

    #[test]
    fn what_was_taken_away_can_be_put_back() {
        let mut company = company(&[USERS]);
        let before = company.records.clone();
        let ada = company.chosen(&users(Pool::Named(vec!["1".to_owned()]), Portion::Whole), &[], &Chance::seeded(1));
        company.assign(&ada, "app", Some("Admin"));
        assert!(company.assign(&ada, "APP", None).is_empty(), "she is assigned already");
        let assignment = company.of(FileKind::Assignments).to_vec();
        company.remove(&[Chosen { kind: FileKind::Assignments, index: 0 }]);
        company.remove(&ada);
        assert_eq!(company.of(FileKind::Users).len(), 2);
        assert_eq!(company.put_back(), 2);
        assert_eq!(company.of(FileKind::Assignments), assignment);
        let sorted = |company: &[Record]| {
            let mut ids: Vec<_> = company.iter().filter_map(|record| text(record, "objectId")).collect();
            ids.sort_unstable();
            ids.join(" ")
        };
        assert_eq!(sorted(company.of(FileKind::Users)), sorted(&before[&FileKind::Users]));
    }
}
