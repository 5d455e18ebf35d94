//! Who is left out of references: out of scope, though still linked.
//!
//! That is whose disable or delete failed, was given up or forgotten, is held back by the deletion guard, or is spared by a
//! setting; and whom no cycle has looked at yet. They are nobody's new manager or member, are given no manager, and a group that
//! is left out keeps the members it has. The directory as it is now decides, whatever led there. Where the job's scope was
//! narrowed and that waits for a restart, who was linked before stays in until it changes: whom a cycle has found to be out
//! since, is out, and stays so when the disable is given up. Source: `spec/ENGINE.md` §3, §4, §7, `spec/HEALTH.md` §1,
//! `spec/WIRE.md` §6.

use super::{facts::Facts, scope, walk::Walk};
use crate::store::{ConnectionRow, ConnectionState, EscrowKind, EscrowRow, MemberRow, StoreError, Tables, WorkRow};

/// How many members are looked at in one read.
const PAGE: usize = 256;

impl Walk<'_> {
    /// Whether an object is out of scope, as the directory has it now.
    pub(super) async fn is_left_out(&self, object: i64) -> Result<bool, StoreError> {
        let facts = self.facts(WorkRow { object, known: None }, EscrowKind::Object).await?;
        Ok(facts.is_none_or(|facts| self.is_out(&facts)))
    }

    /// Whether an object that is linked is out of scope, and no cycle has looked at it since: it may be back by the time that one
    /// does.
    pub(super) async fn is_unseen_leaver(&self, object: i64) -> Result<bool, StoreError> {
        let facts = self.facts(WorkRow { object, known: None }, EscrowKind::Object).await?;
        Ok(facts.is_some_and(|facts| self.left_unseen(&facts)))
    }

    /// Those of `members` who are in scope; and whether anybody is not whom no cycle has looked at since.
    pub(super) async fn without_left_out(&self, members: Vec<MemberRow>) -> Result<(Vec<MemberRow>, bool), StoreError> {
        let (mut staying, mut unseen) = (Vec::with_capacity(members.len()), false);
        for page in members.chunks(PAGE) {
            let work = page.iter().map(|member| WorkRow { object: member.member, known: None }).collect();
            let job = self.job.clone();
            let read = move |tables: &Tables| Facts::read(tables, &job, work, EscrowKind::Object);
            let known = self.engine.store.read(read).await?;
            unseen |= known.iter().any(|facts| self.left_unseen(facts));
            let mut staying_here =
                known.iter().filter(|facts| !self.is_out(facts)).map(|facts| facts.object.key).peekable();
            // Both are in the same order.
            staying.extend(page.iter().filter(|row| staying_here.next_if_eq(&row.member).is_some()).cloned());
        }
        Ok((staying, unseen))
    }

    fn left_unseen(&self, facts: &Facts) -> bool {
        let was_in = |held: &ConnectionRow| held.state == ConnectionState::Linked && !held.out_of_scope;
        facts.connection.as_ref().is_some_and(was_in) && self.is_out(facts)
    }

    fn is_out(&self, facts: &Facts) -> bool {
        if self.job.mapping(facts.object.kind).is_none() {
            return false;
        }
        // Who has not changed since the scope was narrowed is in or out as before.
        let unseen = self.narrowing && !was_out(facts);
        // A filter that cannot be evaluated: it may neither be let in nor taken away.
        scope::decide_among(self.job, facts, unseen || self.job.everybody()).is_ok_and(|scope| scope.ground.is_some())
    }
}

/// Whether somebody was out of scope when last looked at.
fn was_out(facts: &Facts) -> bool {
    let leaves = || facts.escrow.as_ref().is_some_and(EscrowRow::is_of_a_leaver);
    facts.connection.as_ref().map_or_else(leaves, |held| held.out_of_scope)
}
