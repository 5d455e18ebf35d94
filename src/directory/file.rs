//! A file of the source directory: what it holds and how it is written.
//!
//! Source: `spec/ENGINE.md` §1.

use jiff::Timestamp;
use std::{fmt, fs, io, path::PathBuf};

/// What the records of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Users.
    Users,
    /// Groups with their members.
    Groups,
    /// The roles that applications have.
    AppRoles,
    /// Who is assigned to which application.
    Assignments,
    /// Soft-deleted users.
    DeletedUsers,
    /// Deleted groups.
    DeletedGroups,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JSON array, a Graph page, or one object.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A heading row, then one record a row.
    Csv,
}

/// One file of the directory, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path to open.
    pub path: PathBuf,
    /// The path relative to the directory's folder, for messages and for recognising the file next time.
    pub name: PathBuf,
    /// What its records are.
    pub kind: FileKind,
    /// How it is written.
    pub format: Format,
    /// Bytes.
    pub size: u64,
    /// When it was last modified, where the file system says so.
    pub modified: Option<Timestamp>,
}

impl FileKind {
    /// All kinds, in the order in which they are read.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Groups, Self::AppRoles, Self::Assignments, Self::DeletedUsers, Self::DeletedGroups];

    /// The name of its file, without extension, and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::AppRoles => "appRoles",
            Self::Assignments => "assignments",
            Self::DeletedUsers => "deletedUsers",
            Self::DeletedGroups => "deletedGroups",
        }
    }

    /// The kind of this name, in any letter case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The kind whose name is most like `name`, or which `name` begins with (`users-2`).
    pub(super) fn nearest(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let by_beginning = |kind: &Self| name.starts_with(&kind.name().to_lowercase());
        let distance = |kind: &Self| strsim::damerau_levenshtein(&name, &kind.name().to_lowercase());
        Self::ALL.into_iter().find(by_beginning).or_else(|| {
            let nearest = Self::ALL.into_iter().min_by_key(distance)?;
            (distance(&nearest) * 3 <= nearest.name().len()).then_some(nearest)
        })
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Format {
    /// The format of files that end in a dot and `extension`, in any letter case.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    /// The extension that such files have.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        })
    }
}

impl SourceFile {
    /// The path by which the state knows the file again: relative, with slashes on every system.
    pub(super) fn path_below(&self) -> String {
        self.name.to_string_lossy().replace('\\', "/")
    }

    /// The same file with its present size and time.
    pub fn looked_at_again(&self) -> io::Result<Self> {
        let metadata = fs::metadata(&self.path)?;
        Ok(Self { size: metadata.len(), modified: modified(&metadata), ..self.clone() })
    }

    /// Whether size and time of the file are still what they were when it was found. Asked after the last record, it
    /// tells whether the file was altered while it was read.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        let metadata = fs::metadata(&self.path)?;
        Ok(metadata.len() == self.size && modified(&metadata) == self.modified)
    }
}

/// When the file was last modified.
pub(super) fn modified(metadata: &fs::Metadata) -> Option<Timestamp> {
    metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok())
}
