//! The engine: one cycle of one job, and the journey of every object in it.
//!
//! *Journey* ([`journey`](self)): import, scope, map, match, plan, export, record. `facts` reads what is known; `scope`,
//! `lifecycle` and `plan` (with `decision`, `comparison`, `changes`, `roles`) decide, as plain functions without I/O or clock;
//! `matching` and `journey` ask and send, and `redaction` hides what they must not show; `outcome` is stored in one
//! transaction with the record. `membership` and `reference` are the shorter ways of members and
//! managers.
//!
//! *Cycle* ([`cycle`], `walk`, `conclusion`): probe, gather the candidates in the work table, judge their scope (`candidates`), then the phases:
//! leavers, users, groups, memberships, references; at last the watermark. Between the two the deletion guard (`guard`) has its say. It is resumed where it was interrupted.
//!
//! *On demand* (`on_demand`): the same journey for one object, between two pages of a cycle.
//!
//! Source: `spec/ENGINE.md` §2 to §6, `spec/WIRE.md`.

mod announcement;
mod attempt;
mod candidates;
mod changes;
pub mod check;
mod comparison;
mod conclusion;
mod connection;
mod counts;
pub mod cycle;
mod decision;
mod discovery;
mod ending;
mod explain;
mod explanation;
mod facts;
mod guard;
mod import_step;
mod job;
mod journey;
mod levers;
mod lifecycle;
mod matching;
mod membership;
mod named_members;
mod notice;
mod on_demand;
mod outcome;
mod plan;
mod progress;
mod redaction;
mod reference;
mod reference_check;
mod result;
mod roles;
mod scope;
mod source_attributes;
mod verdict;
mod walk;

pub use announcement::{Announcement, ExpectedPace, InitialReason};
pub use counts::Counts;
pub use cycle::{CycleRequest, Engine, PageTurns};
pub use discovery::{DiscoveredAccount, DiscoveryError, Listing, Standing};
pub use explanation::{Connected, Explanation, LastRecord, MappedValue, Rest, Retry};
pub use job::{Job, JobError, read_template, target};
pub use levers::{LeverError, Reset};
pub use on_demand::{DemandError, DemandOutcome, DemandRequest, DemandResult, MOST_MEMBERS};
pub use progress::{Observer, Progress, Unobserved};
pub use result::{CycleKind, CycleResult, CycleState};
pub use scope::Ground;
