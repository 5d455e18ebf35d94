//! The reference check: before a manager or a member is written, the target is asked whether it holds it already.
//!
//! Entra documents it, most servers cannot answer it, so it is made only where the job sets `reference_check`. What the
//! target holds already is not written, and what it no longer holds is not removed. A check that fails is a failure of the
//! object whose reference it is, like that of the request which would have followed. Source: `spec/WIRE.md` §2.5.

use super::{
    facts::Facts,
    walk::{Walk, resource_of},
};
use crate::{
    scim::failure::Failure,
    store::{MemberChange, MemberRow},
};

/// A batch of members after the check.
pub(super) struct Checked {
    /// Those that a request has to be sent for.
    pub(super) to_send: Vec<MemberRow>,
    /// Those for whom the target is as it shall be.
    pub(super) settled: Vec<MemberRow>,
}

impl Walk<'_> {
    /// Whether the check shows that the target holds this manager already.
    pub(super) async fn holds_manager(&self, facts: &Facts, target_id: &str, manager: &str) -> Result<bool, Failure> {
        if !self.job.settings.reference_check {
            return Ok(false);
        }
        let kind = facts.object.kind;
        self.client_for(kind).refers(resource_of(kind), target_id, "manager", manager).await
    }

    /// Sorts out, one query each, the members for whom nothing is left to do.
    pub(super) async fn check_members(
        &self,
        facts: &Facts,
        target_id: &str,
        change: MemberChange,
        batch: &[MemberRow],
    ) -> Result<Checked, Failure> {
        let mut checked = Checked { to_send: Vec::new(), settled: Vec::new() };
        if !self.job.settings.reference_check {
            checked.to_send = batch.to_vec();
            return Ok(checked);
        }
        let kind = facts.object.kind;
        let client = self.client_for(kind);
        for member in batch {
            let held = client.refers(resource_of(kind), target_id, "members", &member.target_id).await?;
            let settled = held == (change != MemberChange::Removed);
            if settled { &mut checked.settled } else { &mut checked.to_send }.push(member.clone());
        }
        Ok(checked)
    }
}
