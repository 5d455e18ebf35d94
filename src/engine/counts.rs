//! What a cycle did, counted.

use crate::log::{Action, Record, Status};
use serde::{Deserialize, Serialize};

/// The counts of a cycle, and those of them that are about references alone, which health judges apart. Its JSON reads as
/// [`Counts`] too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Everything.
    #[serde(flatten)]
    pub(super) all: Counts,
    /// Managers and members.
    pub(super) references: Counts,
    /// Failures after which nothing more is tried.
    #[serde(default)]
    pub(super) given_up: u64,
}

impl Tally {
    /// Counts one record.
    pub(super) fn add(&mut self, record: &Record, about_references: bool) {
        self.all.add(record);
        if about_references {
            self.references.add(record);
        }
    }

    /// Leaves of the failures those that `earlier` has.
    pub(super) fn take_back_failures(&mut self, earlier: &Self) {
        self.all.failure = earlier.all.failure;
        self.references.failure = earlier.references.failure;
        self.given_up = earlier.given_up;
    }
}

/// The counts of a cycle, by what was done about objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Created.
    pub create: u64,
    /// Updated, also in their members or manager.
    pub update: u64,
    /// Disabled.
    pub disable: u64,
    /// Deleted.
    pub delete: u64,
    /// Left alone, for a reason that the log names.
    pub skip: u64,
    /// Disables and deletes held back by the deletion guard.
    pub staged: u64,
    /// Failed, whatever was tried.
    pub failure: u64,
}

impl Counts {
    /// Counts one record.
    pub(super) fn add(&mut self, record: &Record) {
        let count = match (record.status, record.action) {
            (Status::Failure, _) => &mut self.failure,
            (Status::Skipped, _) | (_, Action::Other) => &mut self.skip,
            (_, Action::Create) => &mut self.create,
            (_, Action::Update) => &mut self.update,
            (_, Action::Disable) => &mut self.disable,
            (_, Action::Delete) => &mut self.delete,
            (_, Action::StagedDelete) => &mut self.staged,
        };
        *count += 1;
    }

    /// How many operations were tried.
    pub fn operations(&self) -> u64 {
        self.create + self.update + self.disable + self.delete + self.failure
    }

    /// Whether nothing at all was done.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
