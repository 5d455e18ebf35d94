//! One record.

use super::step::Step;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What was done, or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The object was created at the target.
    Create,
    /// It was changed.
    Update,
    /// It was disabled.
    Disable,
    /// It was deleted.
    Delete,
    /// A disable or delete was held back by the deletion guard.
    StagedDelete,
    /// Nothing was to be done.
    Other,
}

impl Action {
    /// Graph's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::StagedDelete => "stagedDelete",
            Self::Other => "other",
        }
    }
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// As it should.
    Success,
    /// It failed and is tried again.
    Failure,
    /// There was a reason to do nothing.
    Skipped,
    /// It went through, with something worth knowing.
    Warning,
}

impl Status {
    /// Graph's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
        }
    }
}

/// Whose failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCategory {
    /// The service's own.
    Failure,
    /// Caused by data, the target or the configuration.
    NonServiceFailure,
}

impl ErrorCategory {
    /// Graph's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::NonServiceFailure => "nonServiceFailure",
        }
    }
}

/// Why it failed, or was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInformation {
    /// Entra's error code, or the reason for a skip.
    pub code: String,
    /// Whose failure it is.
    pub category: ErrorCategory,
    /// What happened, in full.
    pub reason: String,
    /// What to do about it.
    pub recommended_action: Option<String>,
}

/// The source object that a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceIdentity {
    /// Its id.
    pub id: String,
    /// `User` or `Group`.
    pub kind: &'static str,
    /// User principal name, or the group's display name.
    pub name: String,
    /// Its display name.
    pub display_name: String,
}

/// A target attribute that was written, or was to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifiedProperty {
    /// The attribute's full path.
    pub display_name: String,
    /// What the target had.
    pub old_value: Option<String>,
    /// What it was given.
    pub new_value: Option<String>,
}

/// What was done about one object in one cycle, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// When the activity ended.
    pub time: Timestamp,
    /// The job.
    pub job: String,
    /// The cycle.
    pub cycle: String,
    /// One id a change.
    pub change: String,
    /// What was done.
    pub action: Action,
    /// How it went.
    pub status: Status,
    /// How long it took.
    pub duration: Duration,
    /// About whom.
    pub source: SourceIdentity,
    /// The id at the target; empty if there is none.
    pub target_id: String,
    /// The target's name for the kind of object.
    pub target_type: String,
    /// Why it failed or was skipped.
    pub error: Option<ErrorInformation>,
    /// Step by step.
    pub steps: Vec<Step>,
    /// What was written.
    pub modified: Vec<ModifiedProperty>,
}
