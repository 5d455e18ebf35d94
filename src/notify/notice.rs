//! A notice: all that a mail tells. It is written down when the thing happens, and rendered when it is sent.

use crate::health::{news::News, quarantine::Quarantine};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// All that one mail tells, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The left half of the Message-ID.
    pub id: String,
    /// The same of the first mail about this quarantine, if there was one before.
    pub thread: Option<String>,
    /// What happened.
    pub news: News,
    /// When.
    pub at: Timestamp,
    /// Who is told.
    pub to: Vec<String>,
    /// The job.
    pub job: String,
    /// What people call its application.
    pub application: String,
    /// The target's address.
    pub target: String,
    /// The quarantine as it is; of a recovery, as it was.
    pub quarantine: Quarantine,
    /// When the job is disabled, if nothing changes.
    pub disabled_at: Timestamp,
    /// What the deletion guard holds back.
    pub held_back: HeldBack,
    /// Some of the objects that failed, or are held back.
    pub examples: Vec<Example>,
}

/// How much the deletion guard holds back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldBack {
    /// Disables.
    pub disables: u64,
    /// Deletes.
    pub deletes: u64,
    /// From how many on; none where the setting is gone.
    pub threshold: Option<u64>,
}

/// An object that failed, or is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// `User` or `Group`.
    pub kind: String,
    /// User principal name or display name.
    pub name: String,
    /// What happened, or is to happen.
    pub what: String,
}
