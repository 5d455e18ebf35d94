//! Why an import is refused: the last good state stays then. Source: `spec/ENGINE.md` §1.

use super::DirectoryError;
use crate::{
    config::problem::Problem,
    store::{Removal, StoreError},
};

/// Why the last good state stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Records or files are wrong.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
    /// So much would vanish that it is rather a mistake.
    #[error(
        "the directory `{folder}` looks emptied or half-copied: {}; if it is meant, run `scimulator sync now --accept-shrink`",
        shrinking(missing_files, removals)
    )]
    Shrinks {
        /// The folder.
        folder: String,
        /// Files of the last good import that are gone.
        missing_files: Vec<String>,
        /// What would be removed.
        removals: Vec<Removal>,
    },
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn shrinking(missing_files: &[String], removals: &[Removal]) -> String {
    let files = missing_files.iter().map(|file| format!("`{file}` is missing"));
    let removals =
        removals.iter().map(|Removal { what, present, removed }| format!("{removed} of {present} {what} would go"));
    files.chain(removals).collect::<Vec<_>>().join(", ")
}
