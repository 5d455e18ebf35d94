//! The import of files that are all as they were at the last one: nothing is prepared for it, and nothing is merged.
//!
//! Time alone may change the directory then, and what an import left behind that did not come to its end. Source:
//! `spec/ENGINE.md` §1.

use super::{FileRow, StoreError, Tables, UnknownReferences, import, merge, moment};
use jiff::Timestamp;
use rusqlite::params;

impl Tables {
    /// The files of the last import, each as it was when it was read.
    pub fn known_files(&self) -> Result<Vec<FileRow>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT path, kind, size, modified, trusted FROM source_file")?;
        let rows = statement.query_map([], FileRow::of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether an import that reads no file would change nothing: nobody's time in the recycle bin is over, and everything that
    /// was numbered is in force.
    pub fn stands_still(&self, now: Timestamp, retention_days: u32) -> Result<bool, StoreError> {
        let expired = import::expired_until(now, retention_days);
        let sql =
            "SELECT 1 FROM source_object WHERE state <> 'live' AND state = 'deleted' AND deleted_at <= ?1 LIMIT 1";
        let has_expired = self.0.prepare_cached(sql)?.exists([expired])?;
        Ok(!has_expired && merge::start(&self.0)? == self.sequence()?)
    }

    /// References that name nobody, where no user was read.
    pub fn references_still_unknown(&self) -> Result<UnknownReferences, StoreError> {
        UnknownReferences::find(&self.0, "main", "main.source_object", "false")
    }

    /// Notes that the files were looked at, and the directory is as they have it.
    pub fn note_import(&self, at: Timestamp) -> Result<(), StoreError> {
        self.0.prepare_cached("UPDATE directory_state SET imported_at = ?1")?.execute(params![moment(at)])?;
        Ok(())
    }
}
