//! The refusal of the directory that stands: since when, and why. While it does, no cycle begins.
//!
//! It is in the memory of the process that imports, and is gone with it: one that starts anew finds out at its first import.
//! `jobs` asks the daemon for it.

use crate::directory::ImportError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// A directory that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryRefusal {
    /// When it was refused first.
    pub since: Timestamp,
    /// When it was refused last.
    pub last: Timestamp,
    /// Why, in one line.
    pub reason: String,
}

/// The refusal that stands, if any.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Option<DirectoryRefusal>>);

impl Standing {
    /// Notes how an import ended. A state file that failed says nothing about the directory.
    pub(super) fn note(&self, error: Option<&ImportError>, now: Timestamp) {
        let reason = match error {
            Some(ImportError::Store(_)) => return,
            Some(ImportError::Invalid(problems)) => {
                let more = problems.len().saturating_sub(1);
                let first = problems.first().map(|first| format!("{}: {}", first.place, first.message));
                let others = if more > 0 { format!("; and {more} more") } else { String::new() };
                Some(format!("{}{others}", first.unwrap_or_default()))
            }
            Some(other) => Some(other.to_string()),
            None => None,
        };
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *standing = reason.map(|reason| {
            let since = standing.as_ref().map_or(now, |before| before.since);
            DirectoryRefusal { since, last: now, reason: reason.replace('\n', " ") }
        });
    }

    pub(super) fn get(&self) -> Option<DirectoryRefusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
