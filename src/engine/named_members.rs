//! The members of a group that a run on demand names: those are brought into step, and no others.
//!
//! Which of them are to be added or removed is decided as in a cycle, from the directory and from what was sent before; a
//! member who is left out is told of, with the reason. Source: `spec/ENGINE.md` §6, `spec/WIRE.md` §6.

use super::{on_demand::Recorded, outcome::Outcome, walk::Walk};
use crate::{
    mapping::ObjectMapping,
    store::{ConnectionState, EscrowKind, MemberChange, MemberRow, ObjectKind, ObjectRow, StoreError, WorkRow},
};

impl Walk<'_> {
    /// Brings the named members of a group into step, and no others.
    pub(super) async fn send_named_members(
        &self,
        group: i64,
        members: &[ObjectRow],
        notes: &mut Vec<String>,
    ) -> Result<Recorded, StoreError> {
        let Some(facts) = self.facts(WorkRow { object: group, known: None }, EscrowKind::Reference).await? else {
            return Ok(Recorded::new());
        };
        let mut left_out = |why: &str| {
            notes.extend(members.iter().map(|member| format!("`{}` was left out, for {why}", member.name)));
            Ok(Recorded::new())
        };
        let linked = facts.connection.as_ref().filter(|held| held.state == ConnectionState::Linked);
        let Some(target_id) = linked.map(|held| held.target_id.clone()) else {
            return left_out("the group is not at the target");
        };
        let mapping = self.job.template.enabled_groups().filter(|mapping| mapping.actions.update);
        let Some(line) = mapping.and_then(ObjectMapping::members) else {
            return left_out("the mapping of groups writes no members");
        };
        if self.is_left_out(group).await? {
            return left_out("the group is out of scope");
        }
        let job = self.job.name().to_owned();
        let (to_remove, to_add) = self
            .engine
            .store
            .read(move |tables| Ok((tables.members_to_remove(&job, group)?, tables.members_to_add(&job, group)?)))
            .await?;
        let path = line.target.path.to_string();
        let named = |rows: Vec<MemberRow>| -> Vec<MemberRow> {
            rows.into_iter().filter(|row| members.iter().any(|member| member.key == row.member)).collect()
        };
        let (removed, (added, _)) = (named(to_remove), self.without_left_out(named(to_add)).await?);
        let (mut recorded, mut tried, mut failed) = (Recorded::new(), Vec::new(), false);
        for (change, batch) in [(MemberChange::Removed, removed), (MemberChange::Added, added)] {
            tried.extend(batch.iter().map(|row| row.member));
            if batch.is_empty() || failed {
                continue;
            }
            let mut outcome = Outcome::default();
            failed = self.send_members(&facts, &target_id, &path, change, &batch, &mut outcome).await.is_err();
            recorded.extend(self.store_aside(group, ObjectKind::Group, outcome).await?);
        }
        for member in members.iter().filter(|member| !tried.contains(&member.key)) {
            notes.push(self.why_left_out(group, member).await?);
        }
        Ok(recorded)
    }

    async fn why_left_out(&self, group: i64, member: &ObjectRow) -> Result<String, StoreError> {
        let (job, key) = (self.job.name().to_owned(), member.key);
        let (in_group, held) = self
            .engine
            .store
            .read(move |tables| Ok((tables.is_member(group, key)?, tables.connection(&job, key)?)))
            .await?;
        let name = &member.name;
        let state = held.map(|held| held.state);
        if in_group && state == Some(ConnectionState::Linked) && self.is_left_out(key).await? {
            return Ok(format!("`{name}` is out of scope and was left out"));
        }
        Ok(match (in_group, state) {
            (false, _) => format!("`{name}` is not a direct member of the group, and was not one at the target"),
            (true, None) => format!("`{name}` is not provisioned yet and was left out; provision the user first"),
            (true, Some(ConnectionState::Linked)) => format!("`{name}` is a member at the target already"),
            (true, Some(_)) => format!("`{name}` is disabled at the target and was left out"),
        })
    }
}
