//! What is about to be forgotten of a job: a restart's resets, what an initial cycle with too many failures drops, or that the
//! deletion guard holds anything back.
//!
//! It may be much, so it goes slice by slice, and others write in between. The row that says what is meant is there before the
//! first slice and goes with the last change; until then, whoever works with the job goes on with it first.
//! Source: `spec/ENGINE.md` §6, §7, §10.

use super::{StoreError, Tables};
use rusqlite::{OptionalExtension, params};

/// What is about to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgettingRow {
    /// The names of what is reset.
    pub resets: Vec<String>,
    /// Whether the job begins anew afterwards.
    pub restarts: bool,
    /// What the connections belong to from then on, where that changes.
    pub target: Option<String>,
}

impl Tables {
    /// What is about to be forgotten of a job.
    pub fn forgetting(&self, job: &str) -> Result<Option<ForgettingRow>, StoreError> {
        let sql = "SELECT resets, restarts, target FROM forgetting WHERE job = ?1";
        let mut statement = self.0.prepare_cached(sql)?;
        let row = statement.query_row([job], |row| {
            let resets: String = row.get(0)?;
            let resets = resets.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Ok(ForgettingRow { resets, restarts: row.get(1)?, target: row.get(2)? })
        });
        Ok(row.optional()?)
    }

    /// Puts down what is about to be forgotten.
    pub fn begin_forgetting(&self, job: &str, row: &ForgettingRow) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO forgetting (job, resets, restarts, target) VALUES (?1, ?2, ?3, ?4)";
        self.0.prepare_cached(sql)?.execute(params![job, row.resets.join(","), row.restarts, row.target])?;
        Ok(())
    }

    /// It is forgotten.
    pub fn end_forgetting(&self, job: &str) -> Result<(), StoreError> {
        self.0.prepare_cached("DELETE FROM forgetting WHERE job = ?1")?.execute([job])?;
        Ok(())
    }

    /// Forgets escrows of a job, at most `limit`; attempts stay. Returns how many.
    pub fn forget_escrows(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        self.forget_some("escrow", "object, kind", job, limit)
    }

    /// Forgets connections of a job, at most `limit`. Returns how many.
    pub fn forget_connections(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        self.forget_some("connection", "object", job, limit)
    }

    /// Forgets what was sent of the members of groups, at most `limit` of them. Returns how many.
    pub fn forget_members(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        self.forget_some("member_link", "group_key, member_key", job, limit)
    }

    /// Forgets what is held back of a job, and has its objects judged anew in the next cycle; at most `limit` of them. Returns
    /// how many.
    pub fn unstage(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        let sql = "INSERT OR IGNORE INTO work (job, phase, object) \
                   SELECT job, 0, object FROM staged WHERE job = ?1 ORDER BY object LIMIT ?2";
        self.0.prepare_cached(sql)?.execute(params![job, limit])?;
        self.forget_some("staged", "object", job, limit)
    }

    /// The first rows of a job, in the order of their keys.
    fn forget_some(&self, table: &str, key: &str, job: &str, limit: usize) -> Result<usize, StoreError> {
        let sql = format!(
            "DELETE FROM {table} WHERE job = ?1 AND ({key}) IN \
                (SELECT {key} FROM {table} WHERE job = ?1 ORDER BY {key} LIMIT ?2)"
        );
        Ok(self.0.prepare_cached(&sql)?.execute(params![job, limit])?)
    }
}
