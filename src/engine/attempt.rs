//! *Attempts*: what is about to be sent is written down first, wherever the engine would go astray if it never heard the
//! answer.
//!
//! * *A create*: it would make a second account, or leave one that nobody ever disables.
//! * *Bringing an account back* that we disabled: its connection is `suspended` or `released` until the answer comes, and
//!   whoever is so is not disabled again.
//! * *A delete*: when the object comes back to us, its absence would be taken for somebody else's doing.
//!
//! A page's attempts are on the disk before its first request leaves, and each goes in the transaction that records a clear
//! answer. One that still stands means: beside no connection, the object may be at the target, and is looked for by the
//! values that the attempt holds; beside a connection, the object may be active, or gone. Attempts beside no connection are
//! seen to first of all, in the phase of leavers: what they made must not be taken for somebody else's.
//! Source: `spec/ENGINE.md` §10.

use super::{
    facts::Facts,
    journey::{End, Journey},
    lifecycle::{Intent, intent},
    matching::Hit,
    outcome::{Effect, Outcome},
    scope,
    walk::Walk,
};
use crate::store::{AttemptRow, ConnectionState, ObjectKind, Phase, StoreError, WorkRow};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

impl Walk<'_> {
    /// Puts on the disk what is about to be tried, and sorts the page into lanes: objects with the same first matching value
    /// go one after another.
    pub(super) async fn begin_attempts(&self, phase: Phase, page: Vec<Facts>) -> Result<Vec<Vec<Facts>>, StoreError> {
        let mut lanes: IndexMap<String, Vec<Facts>> = IndexMap::new();
        let mut attempts: Vec<(ObjectKind, AttemptRow)> = Vec::new();
        for facts in page {
            let key = facts.object.key;
            let mut lane = format!("object {key}");
            if (phase == Phase::Leavers || self.is_uncertain(&facts))
                && let Some(mut journey) = Journey::begin(self, facts.clone())
                && journey.is_attempt()
            {
                let values = journey.matching_values().unwrap_or_default();
                if let Some((_, value)) = values.first() {
                    lane = format!("value {}", value.to_lowercase());
                }
                if let Some(matching) = attempted_values(facts.attempt.as_ref(), values)? {
                    attempts.push((facts.object.kind, AttemptRow { object: key, matching }));
                }
            }
            lanes.entry(lane).or_default().push(facts);
        }
        if !attempts.is_empty() {
            let (job, now) = (self.job.name().to_owned(), self.engine.clock.now());
            self.engine
                .store
                .write_durably(move |tables| {
                    attempts.iter().try_for_each(|(kind, attempt)| tables.put_attempt(&job, *kind, attempt, now))
                })
                .await?;
        }
        Ok(lanes.into_values().collect())
    }

    /// Whether bringing the object into step may be more than an update of its target object.
    fn is_uncertain(&self, facts: &Facts) -> bool {
        let linked = facts.connection.as_ref().is_some_and(|held| held.state == ConnectionState::Linked);
        !linked || facts.attempt.is_some() || self.job.settings.recreate_missing
    }
}

impl Journey<'_> {
    /// Whether the journey may come to a request that must not be forgotten.
    fn is_attempt(&mut self) -> bool {
        let Ok(scope) = self.scope() else { return false };
        let state = self.facts.connection_state();
        match intent(self.rules(), self.facts.object.kind, scope.ground_of(state), state) {
            Intent::Delete => true,
            Intent::Provision => self.walk.is_uncertain(&self.facts),
            _ => false,
        }
    }

    /// Looks for what an attempt may have made, by the values that it was sent with. If it is there it is linked; if it is
    /// not, or has become somebody else's meanwhile, the attempt is over.
    pub(super) async fn recover_attempt(&mut self) -> Result<(), End> {
        let Some(attempt) = self.facts.attempt.clone() else { return Ok(()) };
        let values: Vec<(String, String)> = serde_json::from_str(&attempt.matching).map_err(StoreError::from)?;
        // Whoever is out of scope takes nobody's account over.
        let in_scope = scope::decide(self.walk.job, &self.facts).is_ok_and(|scope| scope.ground.is_none());
        for (path, value) in values {
            match self.look_up(&path, &value, in_scope).await? {
                Hit::Mine(current) => {
                    self.recovered = Some(current);
                    return Ok(());
                }
                // What was tried may have been to take it over, and then it is active.
                Hit::Others(holder) if holder.out_of_scope && self.facts.object.kind == ObjectKind::User => {
                    self.effects.push(Effect::PassAttempt { to: holder.object });
                }
                Hit::Others(_) | Hit::Nothing => {}
            }
        }
        self.attempt_stands = false;
        Ok(())
    }

    /// The attempt is dealt with; the object goes on in the phase of its kind.
    pub(super) fn passed_on(&mut self) -> Outcome {
        let learnt = match self.recovered.take() {
            Some(current) => Learnt::Found(current),
            None => Learnt::InVain(std::mem::take(&mut self.in_vain)),
        };
        let known = serde_json::to_string(&learnt).ok();
        let work = WorkRow { object: self.facts.object.key, known };
        self.effects.push(Effect::AddWork(Phase::of(self.facts.object.kind), work));
        Outcome { effects: std::mem::take(&mut self.effects), ..Outcome::default() }
    }
}

/// What the phase of leavers learnt of an attempt, for the phase that goes on with its object.
#[derive(Default, Serialize, Deserialize)]
pub(super) enum Learnt {
    /// Nothing.
    #[default]
    Nothing,
    /// The object is there, and looks like this.
    Found(Value),
    /// It is under none of these paths and values.
    InVain(Vec<(String, String)>),
}

impl Learnt {
    /// What was learnt of this object.
    pub(super) fn of(facts: &Facts) -> Self {
        facts.known.as_deref().and_then(|known| serde_json::from_str(known).ok()).unwrap_or_default()
    }

    /// What is there, and where nothing is.
    pub(super) fn parted(self) -> (Option<Value>, Vec<(String, String)>) {
        match self {
            Self::Nothing => (None, Vec::new()),
            Self::Found(current) => (Some(current), Vec::new()),
            Self::InVain(asked) => (None, asked),
        }
    }
}

/// What an attempt must remember: the values it may be found by, those of an earlier attempt that still stands first. None:
/// it is remembered already.
fn attempted_values(
    standing: Option<&AttemptRow>,
    present: Vec<(String, String)>,
) -> Result<Option<String>, StoreError> {
    let mut values: Vec<(String, String)> = match standing {
        Some(attempt) => serde_json::from_str(&attempt.matching)?,
        None => Vec::new(),
    };
    let known = values.len();
    for value in present {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let is_known = standing.is_some() && values.len() == known;
    Ok(if is_known { None } else { Some(serde_json::to_string(&values)?) })
}
