//! What can go wrong with the state file, in words that say what to do.

use super::schema::UPDATING;
use std::path::PathBuf;

/// Why the state file did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process works with the file.
    #[error("the state file `{}` is in use by {holder}; stop that first, or let it do the work", file.display())]
    Locked {
        /// The state file.
        file: PathBuf,
        /// Who holds it, as far as it said.
        holder: String,
    },
    /// The file has several names (hard links), beside each of which a lock and a write-ahead log would stand.
    #[error(
        "the state file `{}` has a second name (a hard link), under which another process would not see that this one works \
         with it; take that name away, or name a copy in `[state] path`",
        .0.display()
    )]
    HardLinked(PathBuf),
    /// There is no state file yet.
    #[error("there is no state file `{}` yet; it is made by the first `scimulator sync now` or `scimulator run`", .0.display())]
    Missing(PathBuf),
    /// The file is none that this program made.
    #[error("`{}` is not a state file of scimulator; move it away, or name another file in `[state] path`", .0.display())]
    Foreign(PathBuf),
    /// A newer version wrote the file.
    #[error("the state file `{}` has version {found}, and this program knows versions up to {known}; use a newer scimulator", file.display())]
    Newer {
        /// The state file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// An older version wrote the file, and it cannot be brought up to date now.
    #[error(
        "the state file `{}` has version {found}, and this program reads version {needed}; it cannot be brought up to date: \
         {}",
        file.display(),
        advice(obstacle)
    )]
    Older {
        /// The state file.
        file: PathBuf,
        /// Its version.
        found: usize,
        /// The version that this program reads.
        needed: usize,
        /// What stands in the way.
        obstacle: Box<StoreError>,
    },
    /// The folder or a file beside the state cannot be made or read.
    #[error("`{}` cannot be used: {error}", file.display())]
    File {
        /// Which file or folder.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another program holds SQLite's own lock.
    #[error(
        "another program (an open `sqlite3`, perhaps) holds the lock of the state file; close its transaction and try again"
    )]
    Busy,
    /// No room, or no permission to write.
    #[error("the state file cannot be written: {0}; make room or give permission, then start again: nothing is lost")]
    NotWritable(String),
    /// SQLite refused for another reason.
    #[error("the state file failed: {0}")]
    Sqlite(rusqlite::Error),
    /// A stored value is not what this program writes.
    #[error("the state file holds {0}, which this program did not write")]
    Unexpected(String),
    /// The thread that writes is gone.
    #[error("the state file is no longer being written; see the error before this one")]
    Stopped,
}

/// What stands in the way of bringing an older file up to date, and what to do.
fn advice(obstacle: &StoreError) -> String {
    match obstacle {
        StoreError::Locked { holder, .. } if holder.contains(UPDATING) => {
            format!("{holder} is not done yet; try again when it is")
        }
        StoreError::Locked { holder, .. } => {
            format!("{holder} works with it; end that, and start it again with the present version")
        }
        StoreError::Busy => obstacle.to_string(),
        _ => format!("{obstacle}; where it may not be written to, read a copy of it"),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
                Self::NotWritable(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unexpected(format!("JSON that cannot be read ({error})"))
    }
}
