//! Who is left out of references: out of scope, though still linked.
//!
//! That is whose disable or delete failed, was given up, is held back by the deletion guard, or is spared by a setting; and on
//! demand whom no cycle has looked at yet. They are nobody's new manager or member, are given no manager, and a group that is
//! left out keeps the members it has. Where the job's scope was narrowed and that waits for a restart, who was linked before
//! stays in until it changes. Source: `spec/ENGINE.md` §3, §4, §7, `spec/WIRE.md` §6.

use super::{
    facts::Facts,
    journey::{End, Journey},
    scope::Ground,
    walk::Walk,
};
use crate::{
    mapping::Actions,
    store::{EscrowKind, EscrowRow, MemberRow, StoreError, WorkRow},
};

impl Walk<'_> {
    /// Whether an object is out of scope, as the directory has it now.
    pub(super) async fn is_left_out(&self, object: i64) -> Result<bool, StoreError> {
        let facts = self.facts(WorkRow { object, known: None }, EscrowKind::Object).await?;
        let Some(facts) = facts else { return Ok(true) };
        let unseen = self.narrowing && !is_known_leaver(&facts);
        let Some(mut journey) = Journey::begin(self, facts) else { return Ok(false) };
        match journey.scope() {
            Ok(scope) => Ok(match scope.ground {
                Some(Ground::Unassigned | Ground::NoRole) => !unseen,
                ground => ground.is_some(),
            }),
            // It may neither be let in nor taken away.
            Err(End::Done(_)) => Ok(false),
            Err(End::Store(error)) => Err(error),
        }
    }

    /// Those of `members` who are in scope. In a cycle the phases before have dealt with all the others but those whose request
    /// failed or is held back, and those who are spared.
    pub(super) async fn without_left_out(&self, members: Vec<MemberRow>) -> Result<Vec<MemberRow>, StoreError> {
        let any = self.on_demand || self.spares_anybody();
        let mut staying = Vec::with_capacity(members.len());
        for member in members {
            if !((any || member.doubtful) && self.is_left_out(member.member).await?) {
                staying.push(member);
            }
        }
        Ok(staying)
    }

    /// Whether the job leaves some of those linked who are out of scope.
    fn spares_anybody(&self) -> bool {
        let template = &self.job.template;
        let switched_off = |actions: Actions| !(actions.update && actions.delete);
        self.job.settings.skip_out_of_scope_deletions
            || switched_off(template.users.actions)
            || template.enabled_groups().is_some_and(|groups| switched_off(groups.actions))
    }
}

fn is_known_leaver(facts: &Facts) -> bool {
    facts.staged.is_some() || facts.escrow.as_ref().is_some_and(EscrowRow::is_of_a_leaver)
}
