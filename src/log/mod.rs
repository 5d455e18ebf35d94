//! The provisioning record: what was done about one object, and why.
//!
//! The engine makes one [`Record`] for each object in which a cycle decided something; the store keeps it as a row; the
//! command line, the daemon and the mails show it. Names and texts are those of Entra's own log, so that a record here reads
//! like one there. Source: `spec/GRAPH.md` §2, `spec/ENGINE.md` §8.

mod record;
mod row;
mod step;

pub use record::{Action, ErrorCategory, ErrorInformation, ModifiedProperty, Record, SourceIdentity, Status};
pub use step::{ImportKind, Step, StepTexts, StepType};

/// The detail of a scoping step that lists the clauses of the filters with their results, as JSON (`spec/GRAPH.md` §2.5).
pub const SCOPE_EVALUATION_RESULT: &str = "ScopeEvaluationResult";

/// What stands in the log in place of a value that `Redact` hides.
pub const REDACTED: &str = "[Redact]";
