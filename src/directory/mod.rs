//! The source directory: a folder of files that says who there is, in which groups, and who is assigned to what.
//!
//! # What is read
//!
//! | kind | names in the folder | a record is |
//! |---|---|---|
//! | users | `users.json`, `.ndjson`, `.jsonl`, `.csv` or in `users/` | a Graph user or a row of *Download users* |
//! | groups | `groups.*`, `groups/` | a Graph group with its `members` |
//! | application roles | `appRoles.*`, `appRoles/` | a role with its `app`; or a service principal with `appRoles` |
//! | assignments | `assignments.*`, `assignments/` | `app`, `principal`, `role`; or Graph's appRoleAssignment |
//! | the recycle bin | `deletedUsers.*`, `deletedGroups.*`, folders alike | a user or group with `deletedDateTime` |
//!
//! Letter case of names does not matter, and every kind may be spread over files of different formats.
//!
//! # How it is read
//!
//! 1. [`discover`] lists the files of the folder in a fixed order, and what it left aside with the reason.
//! 2. [`open`] gives a file's [`Records`]: each record's raw text with its line, one at a time, so that memory holds
//!    one record however long the file is. Boundaries are found without parsing, so a caller that hashes the raw text
//!    parses only the records that differ from the last time. A row of CSV comes as a JSON object of texts.
//! 3. [`User::parse`], [`Group::parse`], [`Assignment::parse`] and [`AppRole::parse`] read one record each and report
//!    all that is wrong with it, not only the first thing.
//!
//! # Attribute names
//!
//! Attributes carry the names that Entra's mappings use, in their canonical letter case. Graph's spellings are other
//! names of the same attributes (`mobilePhone` is `mobile`; the table is in [`attribute`]); a record that gives one
//! attribute twice with different values is wrong. `null` is the same as absence. Values become what the attribute
//! holds (`"True"` becomes true, `755` in `employeeId` becomes a text, `a;b` in `otherMails` a list), or are problems.
//! Names in no table are kept as they stand with their values, and so are `extension_*` and `urn:*`. OData annotations
//! go. What the engine computes (`IsSoftDeleted`, `appRoleAssignments`) is not taken from files, and passwords are
//! never taken.
//!
//! # What counts as an error
//!
//! A [`DirectoryError`] is about the folder. A [`ReadError`] is about a file: one that names no record ends the file,
//! and nothing may be concluded from its remainder, least of all that somebody is gone; one that names a record leaves
//! the others readable. [`RecordProblem`]s are about one record's content. Whether a member, a manager or a principal
//! exists, and whether ids are unique, only the import can tell, which sees all files.
//!
//! # Limits
//!
//! Files are UTF-8, with or without a byte order mark. A record has at most [`RECORD_LIMIT`] bytes. A file that is
//! altered while it is read is noticed by [`SourceFile::is_unchanged`], not here. A file of CSV or NDJSON
//! that was cut off exactly between two records looks complete, and so does a CSV file cut off within its last cell;
//! the import's guard against shrinking is there for that.
//!
//! Source: `spec/ENGINE.md` §1, `spec/MAPPINGS.md` §13; the properties of Graph's user, group and appRoleAssignment
//! resources; the columns of the portal's user download.

pub mod attribute;
mod difference;
mod discovery;
mod file;
pub mod generate;
mod import;
mod place;
mod purge;
mod record;
mod refusal;
pub mod sample;
mod staged;
mod status;
mod stream;
mod unchanged;
mod warning;

pub use difference::{AttributeChange, Difference, ObjectChange, difference};
pub use discovery::{DirectoryError, Ignored, IgnoredReason, Listing, discover};
pub use file::{FileKind, Format, SourceFile};
pub use import::{Imported, import};
pub use place::Place;
pub use purge::{PurgeError, PurgeOrder, Purged, purge};
pub use record::{
    AppRole, Assignment, Expected, Group, PrincipalKind, ProblemKind, RecordProblem, User, derived_group_id,
    derived_user_id,
};
pub use refusal::ImportError;
pub use status::{DirectoryStatus, FileStatus, SinceImport, SoftDeleted, status};
pub use stream::{Meter, Metered, RECORD_LIMIT, RawRecord, ReadError, ReadErrorKind, Records, Wanted, open};
pub(crate) use warning::spared;
