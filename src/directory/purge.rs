//! The recycle bin, emptied by hand: a soft-deleted user becomes a hard-deleted one at once.
//!
//! Every application that still manages the user gets a `DELETE` in its next cycle. An entry of `deletedUsers` that goes on
//! naming the user is remembered and makes nobody come back; only a record among the users does, as somebody new. Source:
//! `spec/ENGINE.md` §1, §4.

use crate::{
    clock::Clock,
    store::{self, BinRow, ObjectKind, ObjectRow, ObjectState, Store, StoreError, Tables},
};
use serde::{Deserialize, Serialize};

/// Whom to purge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PurgeOrder {
    /// The soft-deleted user with this id or user principal name.
    User(String),
    /// Everybody in the recycle bin.
    Everybody,
}

/// A user who was purged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purged {
    /// The source id.
    pub id: String,
    /// The user principal name.
    pub name: String,
    /// The file of deleted users that goes on naming the user.
    pub file: Option<String>,
}

/// Why nobody was purged.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// The name means several users of whom one at least is in the recycle bin.
    #[error("`{name}` means several users; name one of those in the recycle bin by the id: {}", ids.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The ids of those in the recycle bin.
        ids: Vec<String>,
    },
    /// A group is meant.
    #[error("`{0}` is a group; groups are deleted at once when they go from the files, and never in the recycle bin")]
    Group(String),
    /// The user is there.
    #[error(
        "`{0}` is not soft-deleted, and only soft-deleted users can be purged; take the user out of the files and import first"
    )]
    Live(String),
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody of that name is known.
    #[error(
        "nobody in the recycle bin has the id or user principal name `{0}`; `scimulator directory` shows who is there"
    )]
    Unknown(String),
}

/// Deletes for good whom `order` means. One import at a time: the caller sees to it that none runs.
pub async fn purge(store: &Store, order: &PurgeOrder, clock: &dyn Clock) -> Result<Vec<Purged>, PurgeError> {
    let (bin, named) = match order {
        PurgeOrder::Everybody => (store.read(Tables::recycle_bin).await?, None),
        PurgeOrder::User(name) => {
            let wanted = name.clone();
            let (bin, known) =
                store.read(move |tables| Ok((tables.recycle_bin()?, tables.objects_named(&wanted)?))).await?;
            (bin, Some(chosen(name, &known)?))
        }
    };
    let chosen: Vec<BinRow> = bin.into_iter().filter(|row| named.is_none_or(|key| row.key == key)).collect();
    if !chosen.is_empty() {
        store::purge(store, chosen.iter().map(|row| row.key).collect(), clock).await?;
    }
    Ok(chosen.into_iter().map(|BinRow { id, name, file, .. }| Purged { id, name, file }).collect())
}

/// The key of the one soft-deleted user whom `name` means, of those objects that bear it. An id means nobody else, whoever is
/// called like it.
fn chosen(name: &str, known: &[ObjectRow]) -> Result<i64, PurgeError> {
    let by_id: Vec<_> = known.iter().filter(|object| object.id.eq_ignore_ascii_case(name)).collect();
    let meant = if by_id.is_empty() { known.iter().collect() } else { by_id };
    let users: Vec<_> = meant.iter().filter(|object| object.kind == ObjectKind::User).collect();
    let deleted: Vec<_> = users.iter().filter(|object| object.state == ObjectState::Deleted).collect();
    match (deleted.as_slice(), users.len()) {
        ([one], 1) => Ok(one.key),
        ([], 0) if meant.is_empty() => Err(PurgeError::Unknown(name.to_owned())),
        ([], 0) => Err(PurgeError::Group(name.to_owned())),
        ([], _) => Err(PurgeError::Live(name.to_owned())),
        (several, _) => Err(PurgeError::Ambiguous {
            name: name.to_owned(),
            ids: several.iter().map(|object| object.id.clone()).collect(),
        }),
    }
}
