//! How a cycle ended.

use super::counts::Counts;
use crate::health::quarantine::Quarantine;
use serde::{Deserialize, Serialize};

/// Initial or incremental.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CycleKind {
    /// Looks at everybody.
    Initial,
    /// Looks at what changed.
    Incremental,
}

impl CycleKind {
    /// The name that the state file and people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Incremental => "incremental",
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        if text == "initial" { Self::Initial } else { Self::Incremental }
    }
}

/// The state in which a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CycleState {
    /// Everything went well.
    Succeeded,
    /// It went to its end, and some objects failed.
    EntryLevelErrors,
    /// It could not run; it is tried again at the next interval.
    Failed,
    /// The job is in quarantine.
    Quarantine,
}

impl CycleState {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::EntryLevelErrors => "EntryLevelErrors",
            Self::Failed => "Failed",
            Self::Quarantine => "Quarantine",
        }
    }
}

/// What became of a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CycleResult {
    /// The job.
    pub job: String,
    /// The cycle's id.
    pub cycle_id: String,
    /// Initial or incremental.
    pub kind: CycleKind,
    /// How it ended.
    pub state: CycleState,
    /// What it did, in all: also before it was interrupted, if it was resumed.
    pub counts: Counts,
    /// How many of the failures were the last try of what had failed for so long that it is given up.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub given_up: u64,
    /// How many requests it sent, in all as well.
    pub requests: u64,
    /// How long it took, in milliseconds; if it was resumed, since then.
    pub duration_ms: u64,
    /// Whether it went on where an earlier run was interrupted.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub resumed: bool,
    /// Why it failed as a whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<CycleError>,
    /// The quarantine that the job is in now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quarantine: Option<Quarantine>,
    /// What became of the job's schedule with it: `Paused` or `Disabled`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schedule: Option<String>,
    /// Whether it was stopped before its end; the next one takes it up where it stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub interrupted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Why a cycle failed as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleError {
    /// Entra's code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice: Option<String>,
}
