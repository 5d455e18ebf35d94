//! The engine: one cycle of one job, and the journey of every object in it.
//!
//! *Journey* ([`journey`](self)): import, scope, map, match, plan, export, record. `facts` reads what is known; `scope`,
//! `lifecycle` and `plan` (with `decision`, `comparison`, `changes`, `roles`) decide, as plain functions without I/O or
//! clock; `matching` and `journey` ask and send, and `redaction` hides what they must not show; `attempt` writes down what
//! must not be lost with an answer; `outcome` is stored in one transaction with the record. `membership` and `reference`
//! are the shorter ways of members and managers (and `left_out` says for whom they are shut); `reference_check` asks the target first, where a job wants that.
//!
//! *Cycle* ([`cycle`], `walk`, `conclusion`): probe, gather the candidates in the work table, judge their scope
//! (`candidates`), then the phases: leavers, users, groups, memberships, references; at last the watermark. Before the
//! leavers the deletion guard (`guard`) has its say: too many of them are staged instead of sent. A cycle is resumed where it
//! was interrupted. What its end is worth telling (`notice`) is queued as mail together with the end.
//!
//! *On demand* (`on_demand`): the same journey for one object, between two pages of a cycle.
//!
//! *Levers* (`levers`, `restart`): start, pause, restart and allow-deletes change the stored state; the next cycle follows it.
//!
//! *Looking* ([`check`], `explain`, `discovery`, `announcement`): what is wrong, what would be done with an object and why,
//! whom the target has already, how large an initial cycle will be. Nothing is sent but reads, nothing is stored.
//!
//! Source: `spec/ENGINE.md` §2 to §7, `spec/HEALTH.md` §3, `spec/WIRE.md`.

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
mod left_out;
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
mod restart;
mod result;
mod roles;
mod schema_check;
mod scope;
mod source_attributes;
mod verdict;
mod walk;

pub use announcement::{Announcement, ExpectedPace, InitialReason};
pub use counts::Counts;
pub use cycle::{CycleRequest, Engine, PageTurns};
pub use discovery::{DiscoveredAccount, DiscoveryError, Listing, Standing};
pub use explanation::{Connected, Explanation, LastRecord, MappedValue, Moved, Rest, Retry};
pub use job::{Job, JobError, read_template, target};
pub use levers::{LeverError, Reset};
pub use on_demand::{DemandError, DemandOutcome, DemandRequest, DemandResult, MOST_MEMBERS};
pub use progress::{Observer, Progress, Unobserved};
pub use result::{CycleKind, CycleResult, CycleState};
pub use schema_check::{SchemaComparison, compare_with_schemas};
pub use scope::Ground;
