//! Escrows: failed operations, and when they are tried again.

use super::{StoreError, Tables, moment, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscrowKind {
    /// The object itself.
    Object,
    /// A reference: its manager, or members of the group.
    Reference,
}

impl EscrowKind {
    /// The name that the file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Reference => "reference",
        }
    }
}

/// One escrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscrowRow {
    /// What was being done: create, update, disable, delete, ..
    pub operation: String,
    /// Entra's code for the failure.
    pub error_code: String,
    /// What happened, without any secret.
    pub error_text: String,
    /// When it failed first.
    pub first_failure: Timestamp,
    /// How often it was tried again since.
    pub attempts: u32,
    /// When it is due.
    pub next_attempt: Timestamp,
}

impl EscrowRow {
    /// Whether it is somebody who is to be disabled or deleted, and could not be yet.
    pub fn is_of_a_leaver(&self) -> bool {
        matches!(self.operation.as_str(), "disable" | "delete")
    }
}

/// How many escrows a job has outstanding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EscrowCounts {
    /// Failed objects.
    pub objects: u64,
    /// Failed references.
    pub references: u64,
}

impl Tables {
    /// The escrow of one object and kind.
    pub fn escrow(&self, job: &str, object: i64, kind: EscrowKind) -> Result<Option<EscrowRow>, StoreError> {
        type Raw = (String, String, String, String, u32, String);
        let sql = "SELECT operation, error_code, error_text, first_failure, attempts, next_attempt FROM escrow \
                   WHERE job = ?1 AND object = ?2 AND kind = ?3";
        let mut statement = self.0.prepare_cached(sql)?;
        let raw: Option<Raw> = statement
            .query_row(params![job, object, kind.name()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let Some((operation, error_code, error_text, first_failure, attempts, next_attempt)) = raw else {
            return Ok(None);
        };
        Ok(Some(EscrowRow {
            operation,
            error_code,
            error_text,
            first_failure: timestamp(&first_failure)?,
            attempts,
            next_attempt: timestamp(&next_attempt)?,
        }))
    }

    /// Stores an escrow, in place of one that stood.
    pub fn put_escrow(&self, job: &str, object: i64, kind: EscrowKind, row: &EscrowRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO escrow (job, object, kind, operation, error_code, error_text, first_failure, \
                 attempts, next_attempt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                job,
                object,
                kind.name(),
                row.operation,
                row.error_code,
                row.error_text,
                moment(row.first_failure),
                row.attempts,
                moment(row.next_attempt)
            ])?;
        Ok(())
    }

    /// Removes an escrow: it succeeded, or was given up.
    pub fn remove_escrow(&self, job: &str, object: i64, kind: EscrowKind) -> Result<(), StoreError> {
        let sql = "DELETE FROM escrow WHERE job = ?1 AND object = ?2 AND kind = ?3";
        self.0.prepare_cached(sql)?.execute(params![job, object, kind.name()])?;
        Ok(())
    }

    /// How many escrows a job has.
    pub fn count_escrows(&self, job: &str) -> Result<EscrowCounts, StoreError> {
        let sql = "SELECT count(*) FILTER (WHERE kind = 'object'), count(*) FILTER (WHERE kind = 'reference') \
                   FROM escrow WHERE job = ?1";
        Ok(self.0.query_row(sql, [job], |row| Ok(EscrowCounts { objects: row.get(0)?, references: row.get(1)? }))?)
    }

    /// When the next escrow of a job is due.
    pub fn next_escrow(&self, job: &str) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<String> =
            self.0.query_row("SELECT min(next_attempt) FROM escrow WHERE job = ?1", [job], |row| row.get(0))?;
        super::optional_timestamp(next)
    }
}
