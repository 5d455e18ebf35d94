//! Members of groups. Source: `spec/WIRE.md` §6.

use super::{Answer, Failed, Model, Row, State};
use crate::company::Object;
use std::collections::BTreeSet;

impl Model {
    /// Sends what changed of the members of a group, or only of those in `named`.
    pub(super) fn send_members(&mut self, group: Object, named: Option<&BTreeSet<Object>>) {
        let Some(link) = self.links.get(&group).copied() else {
            return self.succeed(group, Failed::References);
        };
        if !self.may_be_referred_to(group) {
            // It could not be deleted yet: its members are looked at once it is back.
            self.work.memberships.insert(group);
            return self.succeed(group, Failed::References);
        }
        let meant = |member: &Object| named.is_none_or(|named| named.contains(member));
        let members = self.source.members(group);
        let rows: Vec<_> =
            self.rows.iter().filter(|((of, _), _)| *of == group).map(|((_, member), row)| (*member, *row)).collect();
        let gone: Vec<_> =
            rows.iter().filter(|(member, _)| meant(member) && !members.contains(member)).copied().collect();
        let is_sent = |member: &Object| rows.iter().any(|(sent, row)| sent == member && row.certain);
        let (ready, missing): (Vec<_>, Vec<_>) = members
            .into_iter()
            .filter(|member| meant(member) && !is_sent(member) && self.may_be_referred_to(*member))
            .partition(|member| self.state(*member) == Some(State::Linked));
        let is_complete = !missing.into_iter().any(|member| self.is_awaited(member));
        let new: Vec<_> =
            ready.iter().map(|member| (*member, Row { at: self.links[member].at, certain: true })).collect();
        let changes = [(false, gone), (true, new)];
        let done = changes.into_iter().all(|(come, changed)| self.change_members(group, link.at, come, &changed));
        if done && is_complete {
            if named.is_none() {
                self.succeed(group, Failed::References);
            }
        } else {
            self.fail(group, Failed::References, false);
        }
    }

    /// Adds or removes members. Returns whether that is done.
    fn change_members(&mut self, group: Object, at: usize, come: bool, changed: &[(Object, Row)]) -> bool {
        if changed.is_empty() {
            return true;
        }
        let answer = self.write(self.target.source_id(at).as_deref(), |target| {
            let members = &mut target.groups.get_mut(&at).expect("a group").members;
            for (_, row) in changed {
                if come {
                    members.insert(row.at)
                } else {
                    members.remove(&row.at)
                };
            }
            true
        });
        for (member, row) in changed {
            let key = (group, *member);
            match (answer, come) {
                (Answer::Done, false) => _ = self.rows.remove(&key),
                (Answer::Done, true) => _ = self.rows.insert(key, *row),
                (Answer::Unclear, _) => _ = self.rows.insert(key, Row { certain: false, ..*row }),
                (Answer::Refused, _) => {}
            }
        }
        answer == Answer::Done
    }
}
