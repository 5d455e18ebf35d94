//! The phase of memberships: what the directory has and was not sent yet, what was sent and is no longer there.
//!
//! Several members go in one PATCH, `member_batch` at most; what one answered request has done is remembered at once, so a
//! failure in the middle repeats nothing. Before a request leaves, its members are marked as unsure: if the answer never
//! comes, whoever leaves the group meanwhile is removed, and whoever is back is added. Source: `spec/WIRE.md` §6,
//! `spec/ENGINE.md` §10.

use super::{
    facts::Facts,
    outcome::{Effect, Outcome},
    reference_check::Checked,
    walk::{Walk, resource_of},
};
use crate::{
    log::{Action, ModifiedProperty, Status},
    scim::patch,
    store::{ConnectionState, EscrowKind, MemberChange, MemberRow, Phase, StoreError, WorkRow},
};

impl Walk<'_> {
    /// Brings one group's members into step.
    pub(super) async fn walk_members(&self, facts: Facts) -> Result<Outcome, StoreError> {
        let settled = || Outcome { effects: vec![Effect::RemoveEscrow(EscrowKind::Reference)], ..Outcome::default() };
        let Some(mapping) = self.job.template.enabled_groups() else { return Ok(settled()) };
        let Some(line) = mapping.members().filter(|_| mapping.actions.update) else { return Ok(settled()) };
        let linked = facts.connection.as_ref().filter(|held| held.state == ConnectionState::Linked);
        let Some(target_id) = linked.map(|held| held.target_id.clone()) else { return Ok(settled()) };
        let (job, group) = (self.job.name().to_owned(), facts.object.key);
        if self.is_left_out(group).await? {
            let effects = vec![Effect::RemoveEscrow(EscrowKind::Reference), left_for_later(group)];
            return Ok(Outcome { effects, ..Outcome::default() });
        }
        let (to_remove, to_add, failed) = self
            .engine
            .store
            .read(move |tables| {
                Ok((
                    tables.members_to_remove(&job, group)?,
                    tables.members_to_add(&job, group)?,
                    tables.members_in_escrow(&job, group)?,
                ))
            })
            .await?;
        let (to_add, unseen) = self.without_left_out(to_add).await?;
        let mut outcome = Outcome::default();
        outcome.effects.extend(unseen.then(|| left_for_later(group)));
        let path = line.target.path.to_string();
        for (change, members) in [(MemberChange::Removed, to_remove), (MemberChange::Added, to_add)] {
            for batch in members.chunks(self.job.settings.member_batch) {
                self.mark_unsure(group, batch).await?;
                if self.send_members(&facts, &target_id, &path, change, batch, &mut outcome).await.is_err() {
                    return Ok(outcome);
                }
            }
        }
        if failed.is_empty() {
            outcome.effects.push(Effect::RemoveEscrow(EscrowKind::Reference));
        } else {
            let unresolved = self.unresolved(&facts, self.reference_draft(&facts), "members", &failed);
            outcome.records.extend(unresolved.records);
            outcome.effects.extend(unresolved.effects);
        }
        Ok(outcome)
    }

    /// Puts on the disk that the target may have heard of these members.
    async fn mark_unsure(&self, group: i64, batch: &[MemberRow]) -> Result<(), StoreError> {
        let (job, batch) = (self.job.name().to_owned(), batch.to_vec());
        self.engine
            .store
            .write_durably(move |tables| tables.put_members(&job, group, MemberChange::Unsure, &batch))
            .await
    }

    /// Sends one batch. `Err`: it failed, and no further one is tried now.
    pub(super) async fn send_members(
        &self,
        facts: &Facts,
        target_id: &str,
        path: &str,
        change: MemberChange,
        batch: &[MemberRow],
        outcome: &mut Outcome,
    ) -> Result<(), ()> {
        let batch = match self.check_members(facts, target_id, change, batch).await {
            Ok(Checked { to_send, settled }) => {
                if !settled.is_empty() {
                    outcome.effects.push(Effect::Members(change, settled));
                }
                to_send
            }
            Err(failure) => {
                forget_unsent(change, batch, outcome);
                add_failed(self.reference_unchecked(facts, self.reference_draft(facts), failure), outcome);
                return Err(());
            }
        };
        if batch.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = batch.iter().map(|member| member.target_id.as_str()).collect();
        let (dialect, reference_null) = (self.job.dialect(), self.job.settings.member_ref_null);
        let body = match change {
            MemberChange::Added | MemberChange::Unsure => patch::add_members(dialect, &ids, reference_null),
            MemberChange::Removed => patch::remove_members(dialect, &ids, reference_null),
        };
        let mut draft = self.reference_draft(facts);
        draft.modified = ids.iter().map(|id| member_property(path, change, id)).collect();
        match self.client_for(facts.object.kind).patch(resource_of(facts.object.kind), target_id, &body).await {
            Ok(_) => {
                let texts = self.texts(facts);
                let names: Vec<_> = batch.iter().map(|member| member.name.as_str()).collect();
                let details = [(path.to_owned(), names.join(", "))].into_iter().collect();
                draft.steps.push(texts.export("EntryExportUpdate", "updated", false, details));
                outcome.records.push(draft.finish(self, facts, Action::Update, Status::Success, None));
                outcome.effects.push(Effect::Members(change, batch));
                Ok(())
            }
            Err(failure) => {
                if !failure.outcome_unknown() {
                    forget_unsent(change, &batch, outcome);
                }
                add_failed(self.reference_failed(facts, draft, failure), outcome);
                Err(())
            }
        }
    }
}

/// Of a group that is out of scope and still linked nothing but its DELETE is sent; and a member whom an import took out of scope
/// since the cycle looked is not added. The work stays for the cycle in which either is gone for good, or back.
fn left_for_later(group: i64) -> Effect {
    Effect::AddWork(Phase::Memberships, WorkRow { object: group, known: None })
}

/// The target has certainly not heard of those of `batch` whom it had not heard of before.
fn forget_unsent(change: MemberChange, batch: &[MemberRow], outcome: &mut Outcome) {
    if change == MemberChange::Added {
        let fresh = batch.iter().filter(|member| !member.unsure).cloned().collect();
        outcome.effects.push(Effect::Members(MemberChange::Removed, fresh));
    }
}

/// A failed batch after those that went well.
fn add_failed(failed: Outcome, outcome: &mut Outcome) {
    outcome.records.extend(failed.records);
    outcome.effects.extend(failed.effects);
    outcome.halt = failed.halt;
}

/// A member in the log: added, the new value is its id and the old one empty; removed, the reverse.
fn member_property(path: &str, change: MemberChange, id: &str) -> ModifiedProperty {
    let (old_value, new_value) = match change {
        MemberChange::Added | MemberChange::Unsure => (None, Some(id.to_owned())),
        MemberChange::Removed => (Some(id.to_owned()), None),
    };
    ModifiedProperty { display_name: path.to_owned(), old_value, new_value }
}
