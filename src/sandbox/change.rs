//! What changes in the application's resources: the only way in which they change, and what the state file holds.
//!
//! A request comes to a list of changes that are made together. Members come and go in changes of their own, so that one
//! member more does not write down a group of 100,000 again.

use super::resource_kind::ResourceKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Change {
    /// A resource was created, or its attributes are now these. A group keeps its members.
    Stored {
        kind: ResourceKind,
        id: String,
        created: Timestamp,
        last_modified: Timestamp,
        attributes: Map<String, Value>,
    },
    /// A resource was deleted; it leaves every group that it was a member of.
    Deleted { kind: ResourceKind, id: String },
    /// These entries became members of a group, or were replaced.
    Joined { group: String, members: Vec<Value> },
    /// These ids are no longer members of a group.
    Left { group: String, members: Vec<String> },
    /// A group has no members any more.
    Emptied { group: String },
}
