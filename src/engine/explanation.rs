//! What *explain* tells of one object and one job: plain data, in the words of the log.
//!
//! How it is found out is in `explain`. Source: `spec/ENGINE.md` §6.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

/// What one job makes of one object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The job.
    pub job: String,
    /// Why no cycle looks at anything for the time being, or when the next one does; none: the job runs on its schedule.
    pub rest: Option<Rest>,
    /// Where the connections belong to, and where the tenant URL leads instead: the job refuses to run.
    pub moved: Option<Moved>,
    /// Whether the object is in scope; none: that cannot be told.
    pub in_scope: Option<bool>,
    /// Why it is out, or why it cannot be told.
    pub reason: Option<String>,
    /// On what grounds it is assigned: `directly`, `through the group Sales`, with the role where there is one.
    pub assigned: Vec<String>,
    /// Whether nobody needs to be assigned: the job's scope is `all`.
    pub everybody: bool,
    /// What was looked at, as the log's scoping step has it.
    pub scoping: IndexMap<String, String>,
    /// What it is connected to.
    pub connection: Option<Connected>,
    /// What the next cycle that looks at it does.
    pub intent: String,
    /// What the mappings give.
    pub values: Vec<MappedValue>,
    /// The manager: the name, and the id at the target if linked.
    pub manager: Option<(String, Option<String>)>,
    /// Of a group: how many direct members it has, and how many of them the target was told of.
    pub members: Option<(u64, u64)>,
    /// The last record of the log about it.
    pub last: Option<LastRecord>,
    /// What failed and is tried again.
    pub retries: Vec<Retry>,
    /// Whether a create may have happened whose answer is not known.
    pub unanswered_create: bool,
    /// Whether it failed and is tried again, or fails at the next try.
    pub failing: bool,
}

/// A job that does not run on its schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rest {
    /// `Paused`, `Disabled` or `Quarantine`; `SwitchedOff` where the configuration says so.
    pub state: String,
    /// When it is tried again out of quarantine.
    pub next_attempt: Option<Timestamp>,
}

/// A tenant URL that leads elsewhere than the connections belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// What the connections belong to.
    pub before: String,
    /// Where the tenant URL leads.
    pub now: String,
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// The id at the target.
    pub target_id: String,
    /// `linked`, `suspended` or `released`.
    pub state: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// What one mapping gives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MappedValue {
    /// The target attribute.
    pub target: String,
    /// Where it comes from: an expression; none for the mapping type *None*.
    pub source: Option<String>,
    /// The value; none: nothing flows.
    pub value: Option<String>,
    /// What flows instead on creation, where there is no value.
    pub default: Option<String>,
    /// Why there is no value, where that is an error.
    pub error: Option<String>,
    /// Whether it is a matching attribute.
    pub matching: bool,
}

/// The last record about an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastRecord {
    /// Its id.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// What was done.
    pub action: String,
    /// How it went.
    pub status: String,
    /// Code and reason, unless it went well.
    pub reason: Option<String>,
}

/// What failed, and when it is tried again.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    /// `object` or `reference`.
    pub kind: &'static str,
    /// Entra's code.
    pub code: String,
    /// What happened.
    pub reason: String,
    /// When it failed first.
    pub first_failure: Timestamp,
    /// How often it was tried again since.
    pub attempts: u32,
    /// When it is due.
    pub next_attempt: Timestamp,
}
