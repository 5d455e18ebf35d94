//! Judging the candidates of a cycle: by scope alone, before anything is sent.
//!
//! Each candidate goes to the phase that its scope and its connection call for, or is left alone with the reason in the log.
//! Who comes to another end than leaving is not held back by the deletion guard any longer. Nothing is asked of the target here.
//! Source: `spec/ENGINE.md` §3 to §5, §7.

use super::{
    facts::Facts,
    guard::{Departure, leaving},
    journey::{End, Journey},
    lifecycle::{Intent, intent},
    outcome::{Effect, Outcome},
    walk::Walk,
};
use crate::store::{EscrowKind, Phase, StoreError, WorkRow};

impl Walk<'_> {
    /// Sends each object of a page to its phase. The cycle ends at the change number `high`.
    pub(super) async fn judge_candidates(&self, page: Vec<Facts>, high: i64) -> Result<(), StoreError> {
        let mut judged = Vec::new();
        for facts in page {
            let (object, kind) = (facts.object.key, facts.object.kind);
            let ahead = self.is_ahead(&facts, high);
            let outcome = if ahead { Some(Outcome::default()) } else { self.judge(facts)? };
            judged.extend(outcome.map(|outcome| (object, kind, outcome)));
        }
        // All at once, in their order: they share a commit.
        let records =
            judged.into_iter().map(|(object, kind, outcome)| self.record(Phase::Candidates, object, kind, outcome));
        futures_util::future::try_join_all(records).await.map(drop)
    }

    fn judge(&self, facts: Facts) -> Result<Option<Outcome>, StoreError> {
        let (object, kind) = (facts.object.key, facts.object.kind);
        let (attempted, staged) = (facts.attempt.is_some(), facts.staged.is_some());
        let unstaged = Outcome { effects: vec![Effect::RemoveStaged], ..Outcome::default() };
        let Some(mut journey) = Journey::begin(self, facts) else { return Ok(staged.then_some(unstaged)) };
        let scope = match journey.scope() {
            Ok(scope) => scope,
            Err(End::Done(outcome)) => return Ok(Some(*outcome)),
            Err(End::Store(error)) => return Err(error),
        };
        let to_phase = |phase| {
            let work = WorkRow { object, known: None };
            Some(Outcome { effects: vec![Effect::AddWork(phase, work)], ..Outcome::default() })
        };
        let provision = Phase::of(kind);
        let state = journey.facts.connection_state();
        let outcome = match intent(journey.rules(), kind, scope.ground_of(state), state) {
            // Whatever an attempt made belongs to its object before anybody else looks for an account.
            Intent::Provision if attempted && state.is_none() => to_phase(Phase::Leavers),
            Intent::Provision => to_phase(provision),
            Intent::Disable(_) => return leaving(&mut journey, Departure::Disable).map(Some),
            Intent::Delete => return leaving(&mut journey, Departure::Delete).map(Some),
            _ if attempted && state.is_none() => to_phase(Phase::Leavers),
            Intent::Remember(_) | Intent::Forget => to_phase(Phase::Leavers),
            Intent::Skip => {
                let nothing_to_match_by = state.is_none()
                    && match journey.matching_values() {
                        Ok(values) => values.is_empty(),
                        Err(End::Done(_)) => false,
                        Err(End::Store(error)) => return Err(error),
                    };
                if nothing_to_match_by {
                    journey.effects.extend(staged.then_some(Effect::RemoveStaged));
                    return Ok(Some(journey.import_skipped()));
                }
                journey.draft.steps.push(scope.step(&journey.texts));
                Some(if state.is_some() { journey.left_alone(&scope) } else { journey.skipped_for(&scope) })
            }
            Intent::Nothing => {
                Some(Outcome { effects: vec![Effect::RemoveEscrow(EscrowKind::Object)], ..Outcome::default() })
            }
        };
        Ok(outcome.map(|mut outcome| {
            outcome.effects.append(&mut journey.effects);
            outcome.effects.extend(staged.then_some(Effect::RemoveStaged));
            outcome
        }))
    }
}
