//! Health: failing objects and failing jobs, as pure state machines.
//!
//! `escrow` says when a failed operation is tried again, `quarantine` whether a job rests and for how long, `guard` whether
//! a cycle's disables and deletes may leave, `news` what of all this is worth telling somebody.
//!
//! States, events and the time go in; decisions come out ("again at T", "quarantine, because"). Nothing here reads a clock,
//! sleeps or stores: the caller does. Every number is a field of [`HealthRules`], with Entra's documented value as its
//! default: the section `[health]` of the configuration. Source: `spec/HEALTH.md` §1, §2, `spec/ENGINE.md` §7.

pub mod escrow;
pub mod guard;
pub mod news;
pub mod quarantine;

/// The numbers that the decisions go by.
pub use crate::config::HealthSettings as HealthRules;
