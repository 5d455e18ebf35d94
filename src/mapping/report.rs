//! Problems at the place of one mapping.

use crate::config::problem::{Place, Problems};

/// Takes problems at one place.
pub(super) struct Report<'a> {
    pub(super) place: &'a Place,
    pub(super) problems: &'a Problems,
}

impl Report<'_> {
    pub(super) fn error(&self, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(self.place, message, Some(help.into()));
    }

    pub(super) fn warn(&self, message: impl Into<String>, help: impl Into<String>) {
        self.problems.warn(self.place, message, Some(help.into()));
    }
}
