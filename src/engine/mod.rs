//! The engine: one cycle of one job, and the journey of every object in it.
//!
//! *Journey* ([`journey`](self)): import, scope, map, match, plan, export, record. `facts` reads what is known; `scope`,
//! `lifecycle` and `plan` decide, as plain functions without I/O or clock; `matching` and `journey` ask and send;
//! `outcome` is stored in one transaction with the record. `membership` and `reference` are the shorter ways of members and
//! managers.
//!
//! *Cycle* ([`cycle`], `walk`, `conclusion`): probe, gather the candidates in the work table, judge their scope (`candidates`), then the phases:
//! leavers, users, groups, memberships, references; at last the watermark. It is resumed where it was interrupted.
//!
//! Source: `spec/ENGINE.md` §2 to §5, `spec/WIRE.md`.

mod attempt;
mod candidates;
pub mod check;
mod conclusion;
mod connection;
mod counts;
pub mod cycle;
mod ending;
mod facts;
mod job;
mod journey;
mod levers;
mod lifecycle;
mod matching;
mod membership;
mod outcome;
mod plan;
mod progress;
mod reference;
mod result;
mod scope;
mod verdict;
mod walk;

pub use counts::Counts;
pub use cycle::{CycleRequest, Engine};
pub use job::{Job, JobError, read_template, target};
pub use levers::{LeverError, Reset};
pub use progress::{Observer, Progress, Unobserved};
pub use result::{CycleKind, CycleResult, CycleState};
pub use scope::Ground;
