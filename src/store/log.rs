//! The provisioning log as rows: one record a row, its steps and modified properties as JSON in it.
//!
//! The views `provisioning_logs`, `provisioning_steps` and `modified_properties` are what people query; they are made with
//! the tables and documented in the README.

use super::{StoreError, Tables, moment, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params_from_iter, types::Value};

/// One provisioning record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Counts up; 0 until it is stored.
    pub number: i64,
    /// The record's id.
    pub id: String,
    /// When the activity ended.
    pub time: Timestamp,
    /// The job's name.
    pub job: String,
    /// The cycle it belongs to.
    pub cycle: String,
    /// One id a change.
    pub change: String,
    /// `create`, `update`, `disable`, `delete`, `stagedDelete` or `other`.
    pub action: String,
    /// `success`, `failure`, `skipped` or `warning`.
    pub status: String,
    /// How long the activity took, in milliseconds.
    pub duration_ms: u64,
    /// The source object's id.
    pub source_id: String,
    /// `User` or `Group`.
    pub source_type: String,
    /// Its user principal name or display name.
    pub source_name: String,
    /// Its display name.
    pub source_display_name: String,
    /// The target object's id; empty when there is none.
    pub target_id: String,
    /// The target's name for the type: a URN.
    pub target_type: String,
    /// Entra's error code, or the reason for a skip.
    pub error_code: Option<String>,
    /// Whose failure it is.
    pub error_category: Option<String>,
    /// What happened, in full.
    pub reason: Option<String>,
    /// What to do about it.
    pub recommended_action: Option<String>,
    /// The steps, in Graph's shape: JSON.
    pub steps: String,
    /// The modified properties, in Graph's shape: JSON.
    pub modified: String,
}

/// Which records are asked for. Everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Of this job.
    pub job: Option<String>,
    /// With this status.
    pub status: Option<String>,
    /// With this action.
    pub action: Option<String>,
    /// About this object: id, user principal name or display name, ignoring letter case.
    pub object: Option<String>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Of this cycle.
    pub cycle: Option<String>,
    /// Of these numbers only: past this one.
    pub after: Option<i64>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

const COLUMNS: &str = "number, id, time, job, cycle, change, action, status, duration_ms, source_id, source_type, \
     source_name, source_display_name, target_id, target_type, error_code, error_category, reason, recommended_action, \
     steps, modified";

fn raw(row: &Row<'_>) -> rusqlite::Result<(LogRow, String)> {
    let time = row.get(2)?;
    let record = LogRow {
        number: row.get(0)?,
        id: row.get(1)?,
        time: Timestamp::UNIX_EPOCH,
        job: row.get(3)?,
        cycle: row.get(4)?,
        change: row.get(5)?,
        action: row.get(6)?,
        status: row.get(7)?,
        duration_ms: row.get(8)?,
        source_id: row.get(9)?,
        source_type: row.get(10)?,
        source_name: row.get(11)?,
        source_display_name: row.get(12)?,
        target_id: row.get(13)?,
        target_type: row.get(14)?,
        error_code: row.get(15)?,
        error_category: row.get(16)?,
        reason: row.get(17)?,
        recommended_action: row.get(18)?,
        steps: row.get(19)?,
        modified: row.get(20)?,
    };
    Ok((record, time))
}

fn record((record, time): (LogRow, String)) -> Result<LogRow, StoreError> {
    Ok(LogRow { time: timestamp(&time)?, ..record })
}

impl Tables {
    /// Adds a record.
    pub fn add_record(&self, row: &LogRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO provisioning_record (id, time, job, cycle, change, action, status, duration_ms, source_id, \
                 source_type, source_name, source_display_name, target_id, target_type, error_code, error_category, \
                 reason, recommended_action, steps, modified) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )?
            .execute(rusqlite::params![
                row.id,
                moment(row.time),
                row.job,
                row.cycle,
                row.change,
                row.action,
                row.status,
                row.duration_ms,
                row.source_id,
                row.source_type,
                row.source_name,
                row.source_display_name,
                row.target_id,
                row.target_type,
                row.error_code,
                row.error_category,
                row.reason,
                row.recommended_action,
                row.steps,
                row.modified
            ])?;
        Ok(())
    }

    /// The records that `query` asks for, oldest first.
    pub fn records(&self, query: &LogQuery) -> Result<Vec<LogRow>, StoreError> {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut hold = |condition: &str, value: Value| {
            values.push(value);
            conditions.push(condition.replace('?', &format!("?{}", values.len())));
        };
        if let Some(job) = &query.job {
            hold("job = ? COLLATE NOCASE", Value::from(job.clone()));
        }
        if let Some(cycle) = &query.cycle {
            hold("cycle = ?", Value::from(cycle.clone()));
        }
        for (column, value) in [("status", &query.status), ("action", &query.action)] {
            if let Some(value) = value {
                hold(&format!("lower({column}) = ?"), Value::from(value.to_lowercase()));
            }
        }
        if let Some(object) = &query.object {
            let names = "(source_id = ? OR source_name = ? COLLATE NOCASE OR source_display_name = ? COLLATE NOCASE \
                          OR target_id = ?)";
            hold(names, Value::from(object.clone()));
        }
        if let Some(since) = query.since {
            hold("time >= ?", Value::from(moment(since)));
        }
        if let Some(after) = query.after {
            hold("number > ?", Value::from(after));
        }
        let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT * FROM (SELECT {COLUMNS} FROM provisioning_record WHERE {} ORDER BY number DESC LIMIT {limit}) \
             ORDER BY number",
            conditions.join(" AND ")
        );
        let mut statement = self.0.prepare(&sql)?;
        let rows = statement.query_map(params_from_iter(values), raw)?;
        rows.map(|row| record(row?)).collect()
    }

    /// The record of that id, or the one whose id begins so, if there is just one.
    pub fn record(&self, id: &str) -> Result<Option<LogRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM provisioning_record WHERE id = ?1 OR number = ?1");
        let exact = self.0.prepare_cached(&sql)?.query_row([id], raw).optional()?;
        if let Some(found) = exact {
            return record(found).map(Some);
        }
        let sql = format!("SELECT {COLUMNS} FROM provisioning_record WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2");
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut found: Vec<_> = statement.query_map([id], raw)?.collect::<Result<_, _>>()?;
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => record(only).map(Some),
            _ => Ok(None),
        }
    }

    /// Removes up to `slice` records from before `before`; the caller repeats until nothing is left.
    pub fn prune_records(&self, before: Timestamp, slice: usize) -> Result<usize, StoreError> {
        let sql = "DELETE FROM provisioning_record WHERE number IN \
                   (SELECT number FROM provisioning_record WHERE time < ?1 ORDER BY time LIMIT ?2)";
        Ok(self.0.execute(sql, rusqlite::params![moment(before), slice])?)
    }
}
