//! Jobs: how far each has come, and in what health.

use super::{StoreError, Tables, moment, optional_timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// What a job is called where; renewed at each run from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobIdentityRow {
    /// Its name in the configuration.
    pub name: String,
    /// Its id as Graph has it.
    pub id: String,
    /// The tenant's id.
    pub tenant: String,
    /// What assignments call its application.
    pub application: String,
    /// What people call its application.
    pub title: String,
    /// Scheme, host and path that its connections belong to.
    pub target: String,
}

/// Whom the cycles of a job up to its watermark were for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoveredScope {
    /// Everybody in the directory.
    All,
    /// The assigned.
    Assigned,
    /// Everybody at first, and by now the assigned; of the others only those were looked at who changed since.
    Narrowing,
}

impl CoveredScope {
    /// The name that the file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Assigned => "assigned",
            Self::Narrowing => "narrowing",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "all" => Ok(Self::All),
            "assigned" => Ok(Self::Assigned),
            "narrowing" => Ok(Self::Narrowing),
            other => Err(StoreError::Unexpected(format!("`{other}` for the scope of a job"))),
        }
    }
}

/// The stored state of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its names.
    pub identity: JobIdentityRow,
    /// The mappings that the watermark was reached with.
    pub fingerprint: Option<String>,
    /// Whom the cycles up to the watermark were for; none: not known.
    pub scope: Option<CoveredScope>,
    /// The last change number processed; none: an initial cycle is due.
    pub watermark: Option<i64>,
    /// When the cycle began that the watermark is from; none: so long ago that not all is kept that changed since.
    pub watermark_at: Option<Timestamp>,
    /// `Active`, `Paused` or `Disabled`.
    pub schedule_state: String,
    /// The start of its first cycle.
    pub anchor: Option<Timestamp>,
    /// How many cycles in a row failed as a whole.
    pub successive_failures: u64,
    /// Whether escrows were dropped in the initial cycle.
    pub escrows_pruned: bool,
    /// The quarantine it is in: JSON.
    pub quarantine: Option<String>,
    /// When a cycle first found nothing to do.
    pub steady_first: Option<Timestamp>,
    /// When one last did.
    pub steady_last: Option<Timestamp>,
}

const COLUMNS: &str = "name, id, tenant, application, title, target, fingerprint, scope, watermark, schedule_state, \
     anchor, successive_failures, escrows_pruned, quarantine, steady_first, steady_last, watermark_at";

/// Of a row what needs more than a look: the moments and the scope.
type Texts = ([Option<String>; 4], Option<String>);

fn raw(row: &Row<'_>) -> rusqlite::Result<(JobRow, Texts)> {
    let identity = JobIdentityRow {
        name: row.get(0)?,
        id: row.get(1)?,
        tenant: row.get(2)?,
        application: row.get(3)?,
        title: row.get(4)?,
        target: row.get(5)?,
    };
    let job = JobRow {
        identity,
        fingerprint: row.get(6)?,
        scope: None,
        watermark: row.get(8)?,
        watermark_at: None,
        schedule_state: row.get(9)?,
        anchor: None,
        successive_failures: row.get(11)?,
        escrows_pruned: row.get(12)?,
        quarantine: row.get(13)?,
        steady_first: None,
        steady_last: None,
    };
    Ok((job, ([row.get(10)?, row.get(14)?, row.get(15)?, row.get(16)?], row.get(7)?)))
}

fn job((job, (moments, scope)): (JobRow, Texts)) -> Result<JobRow, StoreError> {
    let [anchor, steady_first, steady_last, watermark_at] = moments;
    Ok(JobRow {
        scope: scope.as_deref().map(CoveredScope::parse).transpose()?,
        anchor: optional_timestamp(anchor)?,
        steady_first: optional_timestamp(steady_first)?,
        steady_last: optional_timestamp(steady_last)?,
        watermark_at: optional_timestamp(watermark_at)?,
        ..job
    })
}

impl Tables {
    /// The stored state of one job.
    pub fn job(&self, name: &str) -> Result<Option<JobRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM job WHERE name = ?1");
        self.0.prepare_cached(&sql)?.query_row([name], raw).optional()?.map(job).transpose()
    }

    /// All jobs that the file knows, also those that the configuration no longer has.
    pub fn jobs(&self) -> Result<Vec<JobRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM job ORDER BY name");
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| job(row?)).collect()
    }

    /// Changes the stored state of a job, or of the new one that `fresh` is: only what a cycle itself decides, so that a lever
    /// that was pulled meanwhile keeps its effect.
    pub fn settle_job(&self, fresh: &JobRow, schedule_state: Option<&str>) -> Result<(), StoreError> {
        let kept = self.job(&fresh.identity.name)?.map(|row| row.schedule_state);
        let schedule_state = schedule_state.map(str::to_owned).or(kept).unwrap_or_else(|| fresh.schedule_state.clone());
        self.put_job(&JobRow { schedule_state, ..fresh.clone() })
    }

    /// The same, where a cycle decides nothing yet: not even that a quarantine stays, which a lever may have lifted meanwhile.
    pub fn keep_job(&self, fresh: &JobRow) -> Result<(), StoreError> {
        let quarantine = match self.job(&fresh.identity.name)? {
            Some(stored) => stored.quarantine,
            None => fresh.quarantine.clone(),
        };
        self.settle_job(&JobRow { quarantine, ..fresh.clone() }, None)
    }

    /// Gives up on the watermarks that are from before `before`: what they would need need not be kept.
    pub fn expire_watermarks(&self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE job SET watermark_at = NULL WHERE watermark_at < ?1";
        self.0.prepare_cached(sql)?.execute([moment(before)])?;
        Ok(())
    }

    /// Stores a job as it now stands.
    pub fn put_job(&self, row: &JobRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO job ({COLUMNS}) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
            ))?
            .execute(params![
                row.identity.name,
                row.identity.id,
                row.identity.tenant,
                row.identity.application,
                row.identity.title,
                row.identity.target,
                row.fingerprint,
                row.scope.map(CoveredScope::name),
                row.watermark,
                row.schedule_state,
                row.anchor.map(moment),
                row.successive_failures,
                row.escrows_pruned,
                row.quarantine,
                row.steady_first.map(moment),
                row.steady_last.map(moment),
                row.watermark_at.map(moment)
            ])?;
        Ok(())
    }
}
