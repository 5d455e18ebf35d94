//! Cycles: what each covered, how far it came, and how it ended.

use super::{Phase, StoreError, Tables, moment, optional_timestamp, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// One cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleRow {
    /// Its id, the `cycleId` of its records.
    pub id: String,
    /// Whose it is.
    pub job: String,
    /// `initial` or `incremental`.
    pub kind: String,
    /// The last change number when it began: what the watermark becomes.
    pub high: i64,
    /// The mappings it runs with.
    pub fingerprint: String,
    /// Where it is.
    pub phase: Phase,
    /// All objects of that phase up to this key are recorded.
    pub position: i64,
    /// The deletion guard's verdict on its disables and deletes, once there is one.
    pub guard: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; none while it runs or waits to be resumed.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub state: Option<String>,
    /// What it did: JSON.
    pub counts: String,
    /// How many requests it sent.
    pub requests: u64,
    /// Why it failed as a whole.
    pub error: Option<(String, String)>,
}

const COLUMNS: &str = "id, job, kind, high, fingerprint, phase, position, began, ended, state, counts, requests, \
     error_code, error_message, guard";

struct Raw {
    row: CycleRow,
    phase: u8,
    began: String,
    ended: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let error: (Option<String>, Option<String>) = (row.get(12)?, row.get(13)?);
    Ok(Raw {
        phase: row.get(5)?,
        began: row.get(7)?,
        ended: row.get(8)?,
        row: CycleRow {
            id: row.get(0)?,
            job: row.get(1)?,
            kind: row.get(2)?,
            high: row.get(3)?,
            fingerprint: row.get(4)?,
            phase: Phase::Candidates,
            position: row.get(6)?,
            guard: row.get(14)?,
            began: Timestamp::UNIX_EPOCH,
            ended: None,
            state: row.get(9)?,
            counts: row.get(10)?,
            requests: row.get(11)?,
            error: error.0.map(|code| (code, error.1.unwrap_or_default())),
        },
    })
}

fn cycle(raw: Raw) -> Result<CycleRow, StoreError> {
    Ok(CycleRow {
        phase: Phase::parse(raw.phase)?,
        began: timestamp(&raw.began)?,
        ended: optional_timestamp(raw.ended)?,
        ..raw.row
    })
}

impl Tables {
    /// The cycle of a job that was begun and has not ended.
    pub fn open_cycle(&self, job: &str) -> Result<Option<CycleRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM cycle WHERE job = ?1 AND ended IS NULL ORDER BY began DESC LIMIT 1");
        self.0.prepare_cached(&sql)?.query_row([job], raw).optional()?.map(cycle).transpose()
    }

    /// The last cycles of a job, newest first.
    pub fn cycles(&self, job: &str, limit: usize) -> Result<Vec<CycleRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM cycle WHERE job = ?1 ORDER BY began DESC LIMIT ?2");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![job, limit], raw)?;
        rows.map(|row| cycle(row?)).collect()
    }

    /// Stores a cycle as it now stands.
    pub fn put_cycle(&self, row: &CycleRow) -> Result<(), StoreError> {
        let (error_code, error_message) = match &row.error {
            Some((code, message)) => (Some(code), Some(message)),
            None => (None, None),
        };
        self.0
            .prepare_cached(
                "INSERT INTO cycle (id, job, kind, high, fingerprint, phase, position, began, ended, state, counts, \
                 requests, error_code, error_message, guard) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
                 ON CONFLICT (id) DO UPDATE SET high = excluded.high, phase = excluded.phase, position = excluded.position, \
                 ended = excluded.ended, state = excluded.state, counts = excluded.counts, \
                 requests = excluded.requests, error_code = excluded.error_code, error_message = excluded.error_message, \
                 guard = excluded.guard",
            )?
            .execute(params![
                row.id,
                row.job,
                row.kind,
                row.high,
                row.fingerprint,
                row.phase.number(),
                row.position,
                moment(row.began),
                row.ended.map(moment),
                row.state,
                row.counts,
                row.requests,
                error_code,
                error_message,
                row.guard
            ])?;
        Ok(())
    }

    /// Stores what a cycle has done so far, so that it is not forgotten if the process ends here.
    pub fn count_in_cycle(&self, id: &str, counts: &str, requests: u64) -> Result<(), StoreError> {
        let sql = "UPDATE cycle SET counts = ?2, requests = ?3 WHERE id = ?1";
        self.0.prepare_cached(sql)?.execute(params![id, counts, requests])?;
        Ok(())
    }

    /// Gives up the open cycle of a job, if there is one: it goes on under no mappings any more, even if the process ends before
    /// it is closed. Returns whether there was one.
    pub fn give_up_cycle(&self, job: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE cycle SET fingerprint = '' WHERE job = ?1 AND ended IS NULL";
        Ok(self.0.prepare_cached(sql)?.execute([job])? > 0)
    }

    /// Closes the cycle that was given up.
    pub fn close_cycle(&self, job: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql =
            "UPDATE cycle SET ended = ?2, state = 'Abandoned' WHERE job = ?1 AND ended IS NULL AND fingerprint = ''";
        self.0.prepare_cached(sql)?.execute(params![job, moment(now)])?;
        Ok(())
    }

    /// Removes cycles that ended before `before`, at most `limit` of them. Returns how many.
    pub fn prune_cycles(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let sql = "DELETE FROM cycle WHERE id IN (SELECT id FROM cycle WHERE ended < ?1 LIMIT ?2)";
        Ok(self.0.prepare_cached(sql)?.execute(params![moment(before), limit])?)
    }
}
