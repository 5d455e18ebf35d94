//! Staged rows: disables and deletes that the deletion guard holds back. They outlive cycle and watermark, and go when they are
//! carried out, when their object is back in scope, or at a restart. Source: `spec/ENGINE.md` §7.

use super::{StoreError, Tables, moment, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What is held back of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedRow {
    /// `disable` or `delete`.
    pub action: String,
    /// When it was held back first.
    pub since: Timestamp,
    /// Whether somebody allowed it: it goes in the next cycle.
    pub allowed: bool,
}

/// How much of a job is held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StagedCounts {
    /// Disables.
    pub disables: u64,
    /// Deletes.
    pub deletes: u64,
    /// How many of both were allowed, and go in the next cycle.
    pub allowed: u64,
}

impl StagedCounts {
    /// All that is staged.
    pub fn all(self) -> u64 {
        self.disables + self.deletes
    }

    /// What waits for somebody's decision.
    pub fn undecided(self) -> u64 {
        self.all() - self.allowed
    }
}

impl Tables {
    /// What is held back of one object.
    pub fn staged(&self, job: &str, object: i64) -> Result<Option<StagedRow>, StoreError> {
        let sql = "SELECT action, since, allowed FROM staged WHERE job = ?1 AND object = ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let raw: Option<(String, String, bool)> =
            statement.query_row(params![job, object], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        raw.map(|(action, since, allowed)| Ok(StagedRow { action, since: timestamp(&since)?, allowed })).transpose()
    }

    /// Holds back what is to be done with an object.
    pub fn put_staged(&self, job: &str, object: i64, row: &StagedRow) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO staged (job, object, action, since, allowed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let since = moment(row.since);
        self.0.prepare_cached(sql)?.execute(params![job, object, row.action, since, row.allowed])?;
        Ok(())
    }

    /// Nothing is held back of an object any more.
    pub fn remove_staged(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.0.prepare_cached("DELETE FROM staged WHERE job = ?1 AND object = ?2")?.execute(params![job, object])?;
        Ok(())
    }

    /// How much is held back of a job.
    pub fn count_staged(&self, job: &str) -> Result<StagedCounts, StoreError> {
        let sql = "SELECT count(*) FILTER (WHERE action = 'disable'), count(*) FILTER (WHERE action = 'delete'), \
                   count(*) FILTER (WHERE allowed) FROM staged WHERE job = ?1";
        Ok(self.0.query_row(sql, [job], |row| {
            Ok(StagedCounts { disables: row.get(0)?, deletes: row.get(1)?, allowed: row.get(2)? })
        })?)
    }

    /// Whether anything is held back of a job.
    pub fn has_staged(&self, job: &str) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM staged WHERE job = ?1 LIMIT 1")?.exists([job])?)
    }

    /// Lets go what is held back of the objects after `after`, of at most `limit` of them. Returns the last of these; none: there
    /// are no more.
    pub fn allow_staged(&self, job: &str, after: i64, limit: usize) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT max(object) FROM \
                   (SELECT object FROM staged WHERE job = ?1 AND object > ?2 ORDER BY object LIMIT ?3)";
        let last: Option<i64> = self.0.prepare_cached(sql)?.query_row(params![job, after, limit], |row| row.get(0))?;
        if let Some(last) = last {
            let sql = "UPDATE staged SET allowed = 1 WHERE job = ?1 AND object > ?2 AND object <= ?3";
            self.0.prepare_cached(sql)?.execute(params![job, after, last])?;
        }
        Ok(last)
    }

    /// The names of some of the objects of which something is held back, in the order of first import.
    pub fn staged_names(&self, job: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM staged JOIN source_object ON key = object WHERE job = ?1 ORDER BY object LIMIT ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params![job, limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
