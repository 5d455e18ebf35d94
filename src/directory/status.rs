//! What was last read: files, counts, the recycle bin, and what is worth a look.
//!
//! Taken from the state alone, but for what has become of the files since, which their sizes and times tell. Nothing is read
//! of their content. Source: `spec/ENGINE.md` §1, §6.

use super::{
    DirectoryError, SourceFile, discover,
    warning::{left_aside, spared, unknown_references},
};
use crate::{
    config::{
        DirectorySettings,
        problem::{Place, Problem, Severity},
    },
    store::{BinRow, FileRow, InventoryRow, StoreError, Tables},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// What was last read.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryStatus {
    /// When the last good import ended; none yet.
    pub imported_at: Option<Timestamp>,
    /// The number of the last change.
    pub sequence: i64,
    /// The files, by name.
    pub files: Vec<FileStatus>,
    /// How much there is of everything.
    pub inventory: InventoryRow,
    /// The recycle bin, the user who is due first at the head.
    pub recycle_bin: Vec<SoftDeleted>,
    /// What is not wrong, but worth a look.
    pub warnings: Vec<Problem>,
}

/// A file of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// Its path below the directory's folder.
    pub path: String,
    /// What it holds.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// When it was modified.
    pub modified: Option<Timestamp>,
    /// How many of its records are in use.
    pub records: u64,
    /// What has become of it.
    pub since: SinceImport,
}

/// What has become of a file since the last good import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinceImport {
    /// Nothing: size and time are those that were read.
    Unchanged,
    /// Nothing as far as size and time tell, but the next import reads it all the same: it was modified just before it was
    /// read, or holds a record that was left out.
    ReadAgain,
    /// Size or time differ.
    Changed,
    /// It is gone.
    Gone,
    /// It was not there.
    New,
}

impl SinceImport {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::ReadAgain => "read again",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// A user in the recycle bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftDeleted {
    /// The source id.
    pub id: String,
    /// The user principal name.
    pub name: String,
    /// Since when.
    pub deleted_at: Option<Timestamp>,
    /// When the user will be deleted for good.
    pub purged_at: Option<Timestamp>,
    /// The file of deleted users that names the user.
    pub file: Option<String>,
}

/// Looks at the state, and at the names, sizes and times of the files.
pub fn status(tables: &Tables, settings: &DirectorySettings) -> Result<DirectoryStatus, StoreError> {
    let mut warnings = Vec::new();
    let present = match discover(&settings.path) {
        Ok(listing) => {
            warnings.extend(left_aside(settings, &listing));
            listing.files
        }
        Err(error) => {
            warnings.push(unreadable(settings, &error));
            Vec::new()
        }
    };
    warnings.extend(spared(settings, tables.spared()?));
    warnings.extend(unknown_references(settings, &tables.unknown_references()?));
    let retention = SignedDuration::from_hours(i64::from(settings.soft_delete_retention_days) * 24);
    let soft_deleted = |BinRow { id, name, deleted_at, file, .. }: BinRow| {
        let purged_at = deleted_at.and_then(|moment| moment.checked_add(retention).ok());
        SoftDeleted { id, name, deleted_at, purged_at, file }
    };
    Ok(DirectoryStatus {
        imported_at: tables.imported_at()?,
        sequence: tables.sequence()?,
        files: files(tables.source_files()?, &present),
        inventory: tables.inventory()?,
        recycle_bin: tables.recycle_bin()?.into_iter().map(soft_deleted).collect(),
        warnings,
    })
}

fn unreadable(settings: &DirectorySettings, error: &DirectoryError) -> Problem {
    let place = Place::origin(settings.path.display().to_string());
    Problem { severity: Severity::Warning, place, message: error.to_string(), help: None }
}

/// The files that were read and those that are there now, by name.
fn files(read: Vec<(FileRow, u64)>, present: &[SourceFile]) -> Vec<FileStatus> {
    let mut unread: HashMap<_, _> = present.iter().map(|file| (file.path_below(), FileStatus::of(file))).collect();
    let mut files = Vec::new();
    for (row, records) in read {
        let found = unread.remove(&row.path);
        let modified = Timestamp::from_nanosecond(row.modified.into()).ok().filter(|_| row.modified >= 0);
        let size = u64::try_from(row.size).unwrap_or_default();
        let since = match found {
            None => SinceImport::Gone,
            Some(file) if file.size != size || file.modified != modified => SinceImport::Changed,
            Some(_) if !row.trusted => SinceImport::ReadAgain,
            Some(_) => SinceImport::Unchanged,
        };
        files.push(FileStatus { path: row.path, kind: row.kind, size, modified, records, since });
    }
    files.extend(unread.into_values());
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

impl FileStatus {
    /// A file that no import has read yet.
    fn of(file: &SourceFile) -> Self {
        Self {
            path: file.path_below(),
            kind: file.kind.name().to_owned(),
            size: file.size,
            modified: file.modified,
            records: 0,
            since: SinceImport::New,
        }
    }
}
