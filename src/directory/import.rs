//! The import: from the files of the folder to the tables of the state.
//!
//! 1. List the files. One whose size and time are those of the last import is not read; one that was modified less than two
//!    seconds before it was read is not trusted next time. If all are as they were, that is mostly all (`unchanged`).
//! 2. Stream the changed files. Each record's raw text is hashed before it is parsed; a record that stood in the same file
//!    before stays as it is. A file that changes while it is read is read once more, then refused.
//! 3. Judge all files together: ids and user principal names that are claimed twice, ambiguous group names, and whether so
//!    much would vanish that the folder is rather emptied or half-copied.
//! 4. Merge the differences, slice by slice, so that other jobs' writes go on meanwhile; all comes into force at once.
//!
//! All or nothing: whatever is wrong, the last good state stays, and nobody is deprovisioned by a typing error.
//! Source: `spec/ENGINE.md` §1.

use super::{
    AppRole, FileKind, Format, Listing, Meter, RawRecord, RecordProblem, SourceFile, discover, open,
    refusal::ImportError,
    staged::{Parsed, parse},
    unchanged::import_unchanged,
    warning::{left_aside, spared, unknown_references},
};
use crate::{
    clock::Clock,
    config::{
        DirectorySettings, OnInvalidRecord,
        problem::{Place, Problem, Severity},
    },
    store::{Clash, FileRow, ImportCounts, ImportVerdict, Kept, Spared, Staging, Store, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

/// A file modified so shortly before it was read may be modified again within the same tick of its clock.
const UNTRUSTED: SignedDuration = SignedDuration::from_secs(2);
/// Below so many, the vanishing of any share is no reason for doubt.
const GUARDED_FROM: u64 = 20;
/// How often a file that changes while it is read is read.
const READINGS: usize = 2;

/// What an import did.
#[derive(Debug, Default)]
pub struct Imported {
    /// What changed.
    pub counts: ImportCounts,
    /// What is not wrong, but worth a look.
    pub warnings: Vec<Problem>,
    /// What stays only because of records that were left out. One of the warnings tells it.
    pub spared: Spared,
    /// How many files were read; unchanged ones are not.
    pub files_read: u64,
    /// How many bytes of files were read. A file that is read anew because it changed meanwhile counts twice.
    pub bytes_read: u64,
    /// How many records were hashed: all of the files that were read.
    pub records_read: u64,
    /// How many records were parsed; unchanged ones are not.
    pub records_parsed: u64,
}

/// Imports the folder into `store`. `accept_shrink` lets any share of it vanish.
pub async fn import(
    store: &Store,
    settings: &DirectorySettings,
    accept_shrink: bool,
    clock: &dyn Clock,
) -> Result<Imported, ImportError> {
    let now = clock.now();
    let held = clock.hold();
    let folder = settings.path.clone();
    let listing = tokio::task::spawn_blocking(move || discover(&folder)).await.map_err(|_| StoreError::Stopped)??;
    if let Some(imported) = import_unchanged(store, settings, &listing, now).await? {
        return Ok(imported);
    }
    let (for_staging, for_reading) = (store.clone(), settings.clone());
    let staged = tokio::task::spawn_blocking(move || {
        let (staging, file) = Staging::begin(&for_staging)?;
        Ok::<_, ImportError>((read(staging, &for_reading, &listing, now)?, file))
    });
    let (Staged { staging, mut imported, refusal }, file) = staged.await.map_err(|_| StoreError::Stopped)??;
    drop(held);
    if let Some(refusal) = refusal.filter(|_| !accept_shrink) {
        return Err(refusal);
    }
    imported.counts = file.merge(staging, store, Some(now), clock).await?;
    imported.warnings.extend(unknown_references(settings, &imported.counts.unknown));
    Ok(imported)
}

/// An import while its files are read.
struct Reading<'r> {
    staging: Staging,
    settings: &'r DirectorySettings,
    now: Timestamp,
    problems: Vec<Problem>,
    imported: Imported,
    meter: Meter,
    /// The files that are unchanged and were not read.
    unread: Vec<SourceFile>,
    /// The files that were read, and whether each says that a further page follows.
    pages: Vec<(SourceFile, bool)>,
}

/// The files, read and compared with the state, before anything is merged.
pub(super) struct Staged {
    pub(super) staging: Staging,
    pub(super) imported: Imported,
    /// That so much would vanish that it must be said to be meant.
    pub(super) refusal: Option<ImportError>,
}

/// Reads the folder, which has these files, into `staging`, and compares it with the state.
pub(super) fn read(
    staging: Staging,
    settings: &DirectorySettings,
    listing: &Listing,
    now: Timestamp,
) -> Result<Staged, ImportError> {
    let mut reading = Reading {
        staging,
        settings,
        now,
        problems: Vec::new(),
        imported: Imported::default(),
        meter: Meter::default(),
        unread: Vec::new(),
        pages: Vec::new(),
    };
    reading.imported.warnings.extend(left_aside(settings, listing));
    for file in &listing.files {
        reading.file(file)?;
    }
    reading.lists_as_a_whole()?;
    reading.missing_pages()?;
    let verdict = reading.staging.compare(now, settings.soft_delete_retention_days)?;
    reading.imported.spared = verdict.spared;
    reading.imported.warnings.extend(spared(settings, verdict.spared));
    let refusal = reading.judge(verdict)?;
    reading.imported.bytes_read = reading.meter.bytes();
    let Imported { files_read, bytes_read, records_read, records_parsed, .. } = &reading.imported;
    tracing::debug!(files_read, bytes_read, records_read, records_parsed, "the directory was read");
    Ok(Staged { staging: reading.staging, imported: reading.imported, refusal })
}

/// A file as the state knows it, looked at now.
pub(super) fn row_of(file: &SourceFile, now: Timestamp) -> FileRow {
    FileRow {
        path: file.path_below(),
        kind: file.kind.name().to_owned(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modified: file.modified.map_or(-1, |modified| i64::try_from(modified.as_nanosecond()).unwrap_or(-1)),
        trusted: file.modified.is_some_and(|modified| now.duration_since(modified) >= UNTRUSTED),
    }
}

impl Reading<'_> {
    fn file(&mut self, file: &SourceFile) -> Result<(), ImportError> {
        let row = row_of(file, self.now);
        if self.staging.known_file(&row.path)?.is_some_and(|known| row.is_still(&known)) {
            self.staging.add_file(&row, true)?;
            self.unread.push(file.clone());
            return Ok(());
        }
        let id = self.staging.add_file(&row, false)?;
        self.content(file, id)
    }

    fn content(&mut self, file: &SourceFile, id: i64) -> Result<(), ImportError> {
        self.imported.files_read += 1;
        let mut present = file.clone();
        for _ in 0..READINGS {
            self.staging.mark()?;
            let (problems, parsed) = self.records(&present, id)?;
            if present.is_unchanged().unwrap_or(false) {
                self.staging.update_file(id, &row_of(&present, self.now))?;
                self.problems.extend(problems);
                self.imported.records_parsed += parsed;
                return Ok(());
            }
            self.staging.undo_to_mark()?;
            present = file.looked_at_again().unwrap_or(present);
        }
        self.problems.push(self.problem(
            &file.name,
            0,
            "the file changed while it was read".to_owned(),
            Some("write it beside and rename it into its place; the import is tried again".to_owned()),
        ));
        Ok(())
    }

    /// Streams the records of one file into the staging tables. Returns what is wrong, and how many were parsed.
    fn records(&mut self, file: &SourceFile, id: i64) -> Result<(Vec<Problem>, u64), ImportError> {
        let mut problems = Vec::new();
        let mut parsed = 0;
        let mut records = match open(file, &self.meter) {
            Ok(records) => records,
            Err(error) => {
                problems.push(self.problem(&file.name, error.line, error.kind.to_string(), None));
                return Ok((problems, parsed));
            }
        };
        for record in records.by_ref() {
            match record {
                Ok(record) => {
                    self.imported.records_read += 1;
                    let raw_hash = Sha256::digest(&record.text)[..16].to_vec();
                    if self.is_kept(file, id, &record, &raw_hash, &mut problems)? {
                        continue;
                    }
                    parsed += 1;
                    match parse(file.kind, &record, raw_hash) {
                        Ok(found) => self.stage(id, found)?,
                        Err(found) => self.invalid(file, id, &record, &found, &mut problems)?,
                    }
                }
                Err(error) => {
                    let only_a_record = error.record.is_some();
                    let problem = self.problem(&file.name, error.line, error.kind.to_string(), None);
                    if only_a_record && self.settings.on_invalid_record == OnInvalidRecord::Skip {
                        self.staging.skip(id, None)?;
                        self.imported.warnings.push(Problem { severity: Severity::Warning, ..problem });
                    } else {
                        problems.push(problem);
                    }
                }
            }
        }
        self.pages.pop_if(|(known, _)| known.name == file.name);
        self.pages.push((file.clone(), records.is_continued()));
        Ok((problems, parsed))
    }

    /// Two files may name the same assignment or role, and what the one no longer says the other may still say. So if one
    /// of them changed or went, the unchanged ones are read, too.
    fn lists_as_a_whole(&mut self) -> Result<(), ImportError> {
        for kind in [FileKind::Assignments, FileKind::AppRoles] {
            if self.staging.is_altered(kind.name())? {
                for file in self.unread.extract_if(.., |file| file.kind == kind).collect::<Vec<_>>() {
                    let id = self.staging.read_anyway(&file.path_below())?;
                    self.content(&file, id)?;
                }
            }
        }
        Ok(())
    }

    /// Pages of Graph say where the next one is. Where every file of a kind says so, the last page is missing, and whoever
    /// stands on it must not count as gone. Unchanged files are asked only where something of their kind changed or went,
    /// the last one first.
    fn missing_pages(&mut self) -> Result<(), ImportError> {
        for kind in FileKind::ALL {
            let mut read = self.pages.iter().filter(|(file, _)| file.kind == kind);
            let mut unread = self.unread.iter().rev().filter(|file| file.kind == kind);
            let last = read.clone().next_back().map(|(file, _)| file).or(unread.clone().next());
            let Some(last) = last.map(|file| file.name.clone()) else { continue };
            let is_concerned = read.clone().next().is_some() || self.staging.is_altered(kind.name())?;
            if is_concerned
                && read.all(|(_, continued)| *continued)
                && unread.all(|file| names_a_next_page(file, &self.meter))
            {
                let message =
                    format!("the list of {} goes on (`@odata.nextLink`), and the next page is missing", kind.name());
                let help = format!("save the further pages too, as files in a folder `{}`", kind.name());
                self.problems.push(self.problem(&last, 0, message, Some(help)));
            }
        }
        Ok(())
    }

    /// Whether the record stood in the same file before. Assignments and roles are always parsed: they are small.
    fn is_kept(
        &self,
        file: &SourceFile,
        id: i64,
        record: &RawRecord,
        raw_hash: &[u8],
        problems: &mut Vec<Problem>,
    ) -> Result<bool, ImportError> {
        if matches!(file.kind, FileKind::Assignments | FileKind::AppRoles) {
            return Ok(false);
        }
        match self.staging.keep(id, raw_hash)? {
            Kept::Changed => Ok(false),
            Kept::Unchanged => Ok(true),
            Kept::Duplicate => {
                let message = format!("record {} stands in the file twice", record.number);
                problems.push(self.problem(&file.name, record.line, message, Some("remove one of them".to_owned())));
                Ok(true)
            }
        }
    }

    fn stage(&self, id: i64, parsed: Parsed) -> Result<(), ImportError> {
        match parsed {
            Parsed::Object(object, members) => {
                self.staging.add_object(id, &object)?;
                for member in members {
                    self.staging.add_member(&object.id, &member)?;
                }
            }
            Parsed::Assignment(assignment) => self.staging.add_assignment(id, &assignment)?,
            Parsed::AppRoles(roles) => {
                for AppRole { app, id: role, value, display_name } in roles {
                    let value = value.unwrap_or_else(|| display_name.clone());
                    self.staging.add_app_role(id, &app, &role, &value, &display_name)?;
                }
            }
        }
        Ok(())
    }

    /// A record that cannot be used: the import fails for it, or goes on without it.
    fn invalid(
        &mut self,
        file: &SourceFile,
        id: i64,
        record: &RawRecord,
        found: &[RecordProblem],
        problems: &mut Vec<Problem>,
    ) -> Result<(), ImportError> {
        let skip = self.settings.on_invalid_record == OnInvalidRecord::Skip;
        if skip {
            // Only an id says for sure whose record it is; without one, nobody of its kind counts as deleted. Assignments
            // and roles have none.
            let fields = serde_json::from_slice::<Value>(&record.text).unwrap_or_default();
            let is_object = !matches!(file.kind, FileKind::Assignments | FileKind::AppRoles);
            self.staging.skip(id, text_of(&fields, &["id", "objectId"]).filter(|_| is_object))?;
        }
        for problem in found {
            let (message, help) = (format!("record {}: {problem}", record.number), problem.suggestion());
            let problem = self.problem(&file.name, record.line, message, help);
            if skip {
                self.imported.warnings.push(Problem { severity: Severity::Warning, ..problem });
            } else {
                problems.push(problem);
            }
        }
        Ok(())
    }

    /// Refuses what is wrong; what looks emptied is returned as a refusal that may be overruled.
    fn judge(&mut self, verdict: ImportVerdict) -> Result<Option<ImportError>, ImportError> {
        let readable = self.problems.is_empty();
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(verdict.clashes.into_iter().map(|clash| self.clash(clash)));
        problems.extend(self.more(verdict.more_clashes, "records whose id or user principal name is already used"));
        if readable {
            problems.extend(verdict.ambiguous.into_iter().map(|name| {
                let message = format!("assignments name the group `{name}`, and several groups are called so");
                let help = "name the group by its id".to_owned();
                self.problem(Path::new(""), 0, message, Some(help))
            }));
            problems.extend(self.more(verdict.more_ambiguous, "names that several groups have"));
        }
        if !problems.is_empty() {
            return Err(ImportError::Invalid(problems));
        }
        let removals: Vec<_> = verdict
            .removals
            .into_iter()
            .filter(|removal| removal.present >= GUARDED_FROM && removal.removed * 2 > removal.present)
            .collect();
        let shrinks = !removals.is_empty() || !verdict.missing_files.is_empty();
        Ok(shrinks.then(|| ImportError::Shrinks {
            folder: self.settings.path.display().to_string(),
            missing_files: verdict.missing_files,
            removals,
        }))
    }

    /// What stands for the rest, where not all are told one by one.
    fn more(&self, count: u64, what: &str) -> Option<Problem> {
        (count > 0).then(|| self.problem(Path::new(""), 0, format!("and {count} more {what}"), None))
    }

    fn clash(&self, clash: Clash) -> Problem {
        let Clash { field, value, one, other } = clash;
        let elsewhere = match other {
            (file, Some(line)) => format!("{}:{line}", self.settings.path.join(file).display()),
            (file, None) => self.settings.path.join(file).display().to_string(),
        };
        let message = format!("`{field}` \"{value}\" is already used in {elsewhere}");
        let line = u64::try_from(one.1).unwrap_or_default();
        self.problem(Path::new(&one.0), line, message, Some("give each object a value of its own".to_owned()))
    }

    fn problem(&self, file: &Path, line: u64, message: String, help: Option<String>) -> Problem {
        let folder = &self.settings.path;
        let origin = if file.as_os_str().is_empty() { folder.clone() } else { folder.join(file) };
        let origin = origin.display().to_string();
        let line = usize::try_from(line).ok().filter(|line| *line > 0);
        Problem { severity: Severity::Error, place: Place { origin: origin.into(), line }, message, help }
    }
}

/// The text of the first field of a record that has one of these names, ignoring letter case.
fn text_of<'r>(record: &'r Value, names: &[&str]) -> Option<&'r str> {
    let is_meant = |field: &str| names.iter().any(|name| field.eq_ignore_ascii_case(name));
    let found = record.as_object()?.iter().find(|(field, _)| is_meant(field));
    found.and_then(|(_, value)| value.as_str()).map(str::trim).filter(|text| !text.is_empty())
}

/// Whether a file that was not read is a page that names a next one. One that cannot be read names none.
fn names_a_next_page(file: &SourceFile, meter: &Meter) -> bool {
    file.format == Format::Json
        && open(file, meter)
            .is_ok_and(|mut records| records.by_ref().all(|record| record.is_ok()) && records.is_continued())
}
