//! Health: failing objects and failing jobs, as pure state machines.
//!
//! States, events and the time go in; decisions come out ("again at T", "quarantine, because"). Nothing here reads a clock,
//! sleeps or stores: the caller does. Every number is a field of [`HealthRules`], with Entra's documented value as its
//! default. Source: `spec/HEALTH.md` §1, §2, `spec/ENGINE.md` §7.

pub mod escrow;
pub mod guard;
pub mod quarantine;

use jiff::SignedDuration;

/// The numbers that the decisions go by.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthRules {
    /// How long a failed operation is tried again.
    pub escrow_life: SignedDuration,
    /// How long a job may be in quarantine before it is disabled.
    pub quarantine_life: SignedDuration,
    /// Failures in a cycle below which their share is not judged.
    pub failures_floor: u64,
    /// The share of failed operations above which a cycle is bad.
    pub failures_share: f64,
    /// Outstanding escrows, references not counted, above which a job is bad.
    pub escrows: u64,
    /// Outstanding escrows, references counted, above which a job is bad.
    pub escrows_with_references: u64,
}

impl Default for HealthRules {
    fn default() -> Self {
        Self {
            escrow_life: SignedDuration::from_hours(28 * 24),
            quarantine_life: SignedDuration::from_hours(28 * 24),
            failures_floor: 5_000,
            failures_share: 0.4,
            escrows: 40_000,
            escrows_with_references: 60_000,
        }
    }
}
