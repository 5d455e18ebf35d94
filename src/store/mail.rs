//! The queue of mail: what is to be told stays here until it has been sent, whatever happens to the process.
//! Source: `spec/HEALTH.md` §3.

use super::{StoreError, Tables, moment, optional_timestamp, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    /// The left half of its Message-ID.
    pub id: String,
    /// The job that it is about.
    pub job: String,
    /// When the quarantine began that it is about.
    pub series: Timestamp,
    /// What happened: `quarantineBegan`, `reasonChanged`, `guardTripped`, `disabled`, `recovered`.
    pub event: String,
    /// When it happened.
    pub created: Timestamp,
    /// All that the mail tells: JSON.
    pub notice: String,
    /// How often sending it failed.
    pub attempts: u32,
    /// When it is sent or tried again; none: it has been sent.
    pub next_attempt: Option<Timestamp>,
    /// Why it could not be sent last time; of one that was sent, who was refused while others were not.
    pub last_error: Option<String>,
    /// When it was sent.
    pub sent: Option<Timestamp>,
    /// Of one that could not be sent to everybody yet, who has it and who was refused for good: JSON.
    pub delivery: Option<String>,
}

/// The mail of a job that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingMail {
    /// How many there are.
    pub count: u64,
    /// When the first of them is tried again.
    pub next_attempt: Option<Timestamp>,
    /// Why the last one that was tried could not be sent.
    pub last_error: Option<String>,
    /// Whom the mail server refused of the last one that was sent, and why; none: it took it for everybody.
    pub refused: Option<String>,
}

const COLUMNS: &str = "id, job, series, event, created, notice, attempts, next_attempt, last_error, sent, delivery";

struct Raw {
    row: MailRow,
    series: String,
    created: String,
    next_attempt: Option<String>,
    sent: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        series: row.get(2)?,
        created: row.get(4)?,
        next_attempt: row.get(7)?,
        sent: row.get(9)?,
        row: MailRow {
            id: row.get(0)?,
            job: row.get(1)?,
            series: Timestamp::UNIX_EPOCH,
            event: row.get(3)?,
            created: Timestamp::UNIX_EPOCH,
            notice: row.get(5)?,
            attempts: row.get(6)?,
            next_attempt: None,
            last_error: row.get(8)?,
            sent: None,
            delivery: row.get(10)?,
        },
    })
}

fn mail(raw: Raw) -> Result<MailRow, StoreError> {
    Ok(MailRow {
        series: timestamp(&raw.series)?,
        created: timestamp(&raw.created)?,
        next_attempt: optional_timestamp(raw.next_attempt)?,
        sent: optional_timestamp(raw.sent)?,
        ..raw.row
    })
}

impl Tables {
    /// Queues a mail.
    pub fn queue_mail(&self, row: &MailRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached(&format!(
                "INSERT INTO mail ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            ))?
            .execute(params![
                row.id,
                row.job,
                moment(row.series),
                row.event,
                moment(row.created),
                row.notice,
                row.attempts,
                row.next_attempt.map(moment),
                row.last_error,
                row.sent.map(moment),
                row.delivery
            ])?;
        Ok(())
    }

    /// The id of the first mail about one quarantine of a job: what later ones refer to.
    pub fn first_mail(&self, job: &str, series: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "SELECT id FROM mail WHERE job = ?1 AND series = ?2 ORDER BY number LIMIT 1";
        Ok(self.0.prepare_cached(sql)?.query_row(params![job, moment(series)], |row| row.get(0)).optional()?)
    }

    /// The oldest mail that is to be sent at `now`, after the one with the id `after`.
    pub fn due_mail(&self, now: Timestamp, after: Option<&str>) -> Result<Option<MailRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail WHERE sent IS NULL AND next_attempt <= ?1 \
             AND number > coalesce((SELECT number FROM mail WHERE id = ?2), 0) ORDER BY number LIMIT 1"
        );
        let found = self.0.prepare_cached(&sql)?.query_row(params![moment(now), after], raw).optional()?;
        found.map(mail).transpose()
    }

    /// When the next mail is to be sent or tried again.
    pub fn next_mail(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(next_attempt) FROM mail WHERE sent IS NULL";
        optional_timestamp(self.0.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// All mail about a job, in the order in which it was queued.
    pub fn mail_of(&self, job: &str) -> Result<Vec<MailRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mail WHERE job = ?1 ORDER BY number");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map([job], raw)?;
        rows.map(|row| mail(row?)).collect()
    }

    /// The mail about a job that waits, and whom the last one did not reach.
    pub fn waiting_mail(&self, job: &str) -> Result<WaitingMail, StoreError> {
        let sql = "SELECT count(*), min(next_attempt), (SELECT last_error FROM mail WHERE job = ?1 AND sent IS NULL \
                   AND last_error IS NOT NULL ORDER BY number DESC LIMIT 1) FROM mail WHERE job = ?1 AND sent IS NULL";
        let (count, next_attempt, last_error) =
            self.0.prepare_cached(sql)?.query_row([job], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let sql =
            "SELECT last_error FROM mail WHERE job = ?1 AND sent IS NOT NULL ORDER BY sent DESC, number DESC LIMIT 1";
        let refused = self.0.prepare_cached(sql)?.query_row([job], |row| row.get(0)).optional()?.flatten();
        Ok(WaitingMail { count, next_attempt: optional_timestamp(next_attempt)?, last_error, refused })
    }

    /// Notes that a mail has been sent, and who was refused while others were not.
    pub fn mail_sent(&self, id: &str, now: Timestamp, refused: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE mail SET sent = ?2, next_attempt = NULL, last_error = ?3, delivery = NULL WHERE id = ?1";
        self.0.prepare_cached(sql)?.execute(params![id, moment(now), refused])?;
        Ok(())
    }

    /// Notes how far a mail has come that is still under way.
    pub fn mail_delivery(&self, id: &str, delivery: Option<&str>) -> Result<(), StoreError> {
        self.0.prepare_cached("UPDATE mail SET delivery = ?2 WHERE id = ?1")?.execute(params![id, delivery])?;
        Ok(())
    }

    /// Notes that a mail could not be sent, or not to everybody, when it is tried again, and how far it has come.
    pub fn mail_failed(
        &self,
        id: &str,
        error: &str,
        next_attempt: Timestamp,
        delivery: Option<&str>,
    ) -> Result<(), StoreError> {
        let sql =
            "UPDATE mail SET attempts = attempts + 1, last_error = ?2, next_attempt = ?3, delivery = ?4 WHERE id = ?1";
        self.0.prepare_cached(sql)?.execute(params![id, error, moment(next_attempt), delivery])?;
        Ok(())
    }

    /// Removes mail that was sent before `before`. What could not be sent stays, and so does the first mail about the latest
    /// quarantine of each job: those to come refer to it.
    pub fn prune_mail(&self, before: Timestamp) -> Result<usize, StoreError> {
        let sql = "DELETE FROM mail WHERE sent < ?1 AND number <> (SELECT min(head.number) FROM mail AS head \
                   WHERE head.job = mail.job AND head.series = \
                   (SELECT max(latest.series) FROM mail AS latest WHERE latest.job = mail.job))";
        Ok(self.0.execute(sql, [moment(before)])?)
    }
}
