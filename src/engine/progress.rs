//! How far a cycle has come, for whoever watches.

use super::{counts::Counts, result::CycleKind};
use crate::store::Phase;

/// A moment in a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The job.
    pub job: String,
    /// Initial or incremental.
    pub kind: CycleKind,
    /// Where it is.
    pub phase: Phase,
    /// Objects of the phase that are done.
    pub done: u64,
    /// Objects of the phase in all.
    pub total: u64,
    /// What was done so far.
    pub counts: Counts,
}

/// Watches cycles.
pub trait Observer: Send + Sync {
    /// Called when a cycle begins a phase and after each page.
    fn progress(&self, progress: &Progress);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn progress(&self, _progress: &Progress) {}
}
