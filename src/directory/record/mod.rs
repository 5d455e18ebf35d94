//! One record, parsed: a user, a group, an assignment, an application's roles.
//!
//! Every parser takes a [`RawRecord`](super::RawRecord) and gives the object or all [`RecordProblem`]s of the record.
//! [`fields`] reads the JSON object and sorts out names; what a field must look like stands in the file of its object.

mod app_role;
mod assignment;
mod fields;
mod group;
mod principal_name;
mod problem;
mod reference;
mod user;

pub use app_role::AppRole;
pub use assignment::{Assignment, PrincipalKind};
pub use group::{Group, derived_group_id};
pub use problem::{Expected, ProblemKind, RecordProblem};
pub use user::{User, derived_user_id};

#[cfg(test)]
mod tests {
    use super::RecordProblem;
    use crate::directory::RawRecord;
    use serde_json::Value;

    /// A record as it stands in line 1, column 1.
    pub(super) fn raw(text: &impl ToString) -> RawRecord {
        RawRecord { text: text.to_string().into_bytes(), line: 1, column: 1, number: 1 }
    }

    /// What is wrong with a record, as messages.
    pub(super) fn messages<T>(parsed: Result<T, Vec<RecordProblem>>) -> Vec<String> {
        parsed.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// A value as JSON text, to compare the order of members too.
    pub(super) fn json(value: impl Into<Value>) -> String {
        value.into().to_string()
    }
}
