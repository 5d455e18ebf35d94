//! What an import would change, without changing anything.
//!
//! The files are read and compared as for an import, beside the state, which another process may be working with; then the
//! differences are looked at instead of merged. Users and groups are told attribute by attribute. Bad records refuse it as they
//! refuse the import, for nothing sure can be said of the others then; a directory that looks emptied is told in full, with
//! the refusal that an import would meet. Source: `spec/ENGINE.md` §1.

use super::{
    discover,
    import::{Staged, read},
    refusal::ImportError,
    warning::unknown_references,
};
use crate::{
    config::{DirectorySettings, problem::Problem},
    store::{
        Audience, ChangeKind, Concern, DifferenceCounts, ObjectContent, ObjectDifference, ObjectKind, RoleDifference,
        Staging, Store, StoreError, TieDifference,
    },
};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What an import would change.
#[derive(Debug)]
pub struct Difference {
    /// How much.
    pub counts: DifferenceCounts,
    /// What is not wrong, but worth a look.
    pub warnings: Vec<Problem>,
    /// Why the import would be refused all the same: so much would vanish.
    pub refusal: Option<ImportError>,
    staging: Staging,
}

/// A user or group that would change.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange {
    /// What becomes of it.
    pub change: ChangeKind,
    /// User or group.
    pub kind: ObjectKind,
    /// The source id.
    pub id: String,
    /// User principal name or display name.
    pub name: String,
    /// The attributes that differ; of objects that are new or go, none.
    pub attributes: Vec<AttributeChange>,
}

/// An attribute that would change.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeChange {
    /// The attribute, as Entra's mappings name it.
    pub name: String,
    /// Its value as last imported.
    pub old: Option<Value>,
    /// Its value as the files have it.
    pub new: Option<Value>,
}

/// Reads the folder and compares it with `store`, which may be open to be read only. It takes as long as an import: call it
/// off the asynchronous threads.
pub fn difference(store: &Store, settings: &DirectorySettings, now: Timestamp) -> Result<Difference, ImportError> {
    let Staged { staging, imported, refusal } =
        read(Staging::aside(store)?, settings, &discover(&settings.path)?, now)?;
    staging.work_out()?;
    let mut warnings = imported.warnings;
    warnings.extend(unknown_references(settings, &staging.unknown_references()?));
    Ok(Difference { counts: staging.count_differences()?, warnings, refusal, staging })
}

impl Difference {
    /// The users or groups that would change; at most `limit`.
    pub fn objects(
        &self,
        kind: ObjectKind,
        limit: Option<usize>,
        mut each: impl FnMut(ObjectChange),
    ) -> Result<(), StoreError> {
        let mut unreadable = None;
        self.staging.object_differences(kind, limit, |difference| match object_change(difference) {
            Ok(change) => each(change),
            Err(error) => unreadable = Some(error),
        })?;
        unreadable.map_or(Ok(()), Err)
    }

    /// The memberships that would come or go; at most `limit`.
    pub fn memberships(&self, limit: Option<usize>, each: impl FnMut(TieDifference)) -> Result<(), StoreError> {
        self.staging.membership_differences(limit, each)
    }

    /// The assignments that would come or go; at most `limit`.
    pub fn assignments(&self, limit: Option<usize>, each: impl FnMut(TieDifference)) -> Result<(), StoreError> {
        self.staging.assignment_differences(limit, each)
    }

    /// The application roles that would come, go or change; at most `limit`.
    pub fn app_roles(&self, limit: Option<usize>, each: impl FnMut(RoleDifference)) -> Result<(), StoreError> {
        self.staging.role_differences(limit, each)
    }

    /// Whom of them a job is concerned with.
    pub fn concern(&self, audience: &Audience) -> Result<Concern, StoreError> {
        self.staging.concern(audience)
    }
}

fn object_change(difference: ObjectDifference) -> Result<ObjectChange, StoreError> {
    let ObjectDifference { kind, change, id, name, before, after } = difference;
    let attributes = match (change, before, after) {
        (ChangeKind::Changed | ChangeKind::Restored, Some(before), Some(after)) => {
            attribute_changes(&before, &after, change)?
        }
        _ => Vec::new(),
    };
    Ok(ObjectChange { change, kind, id, name, attributes })
}

/// The attributes that differ: in the order of the new record, then those that it no longer has.
fn attribute_changes(
    before: &ObjectContent,
    after: &ObjectContent,
    change: ChangeKind,
) -> Result<Vec<AttributeChange>, StoreError> {
    let (mut old, new) = (values(before, change)?, values(after, change)?);
    let mut changes = Vec::new();
    for (name, new) in new {
        let old = old.shift_remove(&name);
        if old.as_ref() != Some(&new) {
            changes.push(AttributeChange { name, old, new: Some(new) });
        }
    }
    changes.extend(old.into_iter().map(|(name, old)| AttributeChange { name, old: Some(old), new: None }));
    Ok(changes)
}

/// The attributes of a record, with those that are kept apart. That a restored user loses the date of the deletion is no news.
fn values(content: &ObjectContent, change: ChangeKind) -> Result<Map<String, Value>, StoreError> {
    let mut values: Map<String, Value> = serde_json::from_str(&content.attributes)?;
    let deleted_at = content.deleted_at.as_ref().filter(|_| change == ChangeKind::Changed);
    for (name, value) in [("manager", content.manager.as_ref()), ("deletedDateTime", deleted_at)] {
        if let Some(value) = value {
            values.insert(name.to_owned(), value.as_str().into());
        }
    }
    Ok(values)
}
