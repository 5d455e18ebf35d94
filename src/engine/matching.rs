//! *Match*: finding the target object that a source object belongs to. Source: `spec/WIRE.md` §2, `spec/MAPPINGS.md` §4.

use super::{
    facts::Facts,
    journey::{End, Journey},
    outcome::{Effect, Trouble},
    scope,
    walk::resource_of,
};
use crate::{
    log::Action,
    scim::{answer::resource_id, filter::Filter, path::Path},
    store::{ConnectionRow, ConnectionState, EscrowKind, WorkRow},
};
use serde_json::Value;
use std::sync::PoisonError;

/// What the target was found to hold.
pub(super) enum Match {
    /// This object, which now belongs to the source object.
    Found(Value),
    /// Nothing.
    Nothing,
}

impl Journey<'_> {
    /// Asks for one matching attribute after another, in precedence order, and stops at the first hit.
    pub(super) async fn find(&mut self, values: &[(String, String)]) -> Result<Match, End> {
        for (path, value) in values {
            let asked = (path.clone(), value.clone());
            if self.in_vain.contains(&asked) {
                continue;
            }
            let Ok(path) = path.parse::<Path>() else { continue };
            let shown = self.hide_asked(&path, value);
            let filter = Filter::equals(&path, value);
            let resource = resource_of(self.facts.object.kind);
            let list = match self.client().find(resource, &filter).await {
                Ok(list) => list,
                Err(failure) => return Err(self.unanswered(Action::Other, &failure)),
            };
            let hits = list.total.max(u64::try_from(list.resources.len()).unwrap_or(u64::MAX));
            if hits > 1 {
                return Err(self.several(&path, &shown, hits));
            }
            let Some(found) = list.resources.into_iter().next() else {
                self.in_vain.push(asked);
                continue;
            };
            let id = resource_id(&found).unwrap_or_default().to_owned();
            if let Some(end) = self.claim(&id).await? {
                return Err(end);
            }
            self.link(&id);
            self.hide_held(&found);
            return Ok(Match::Found(found));
        }
        Ok(Match::Nothing)
    }

    /// Looks for what a create of an earlier cycle may have made, by the values that it was sent with. If it is there it is
    /// linked; if not, it never was.
    pub(super) async fn recover_attempt(&mut self) -> Result<(), End> {
        let Some(attempt) = self.facts.attempt.clone() else { return Ok(()) };
        let values: Vec<(String, String)> =
            serde_json::from_str(&attempt.matching).map_err(crate::store::StoreError::from)?;
        match self.find(&values).await? {
            Match::Found(current) => self.recovered = Some(current),
            Match::Nothing => self.attempt_stands = false,
        }
        Ok(())
    }

    /// Makes sure that no other source object holds the target object. If the holder is gone or out of scope, its connection
    /// passes over (a re-hire takes over the account); otherwise the object fails.
    pub(super) async fn claim(&mut self, target_id: &str) -> Result<Option<End>, End> {
        let (job, kind, key) = (self.walk.job.name().to_owned(), self.facts.object.kind, self.facts.object.key);
        let target = target_id.to_owned();
        let holder = self.walk.engine.store.read(move |tables| tables.connection_to(&job, kind, &target)).await?;
        let just_linked = {
            let mut claimed = self.walk.claimed.lock().unwrap_or_else(PoisonError::into_inner);
            *claimed.entry((kind, target_id.to_owned())).or_insert(key)
        };
        if just_linked != key {
            return self.claimed_by(just_linked, target_id).await.map(Some);
        }
        let Some(ConnectionRow { object, state, .. }) = holder.filter(|holder| holder.object != key) else {
            return Ok(None);
        };
        let job = self.walk.job.clone();
        let page = vec![WorkRow { object, known: None }];
        let facts =
            self.walk.engine.store.read(move |tables| Facts::read(tables, &job, page, EscrowKind::Object)).await?;
        let holder = facts.into_iter().next();
        let free = state == ConnectionState::Released
            || holder
                .as_ref()
                .is_none_or(|holder| scope::decide(self.walk.job, holder).is_ok_and(|scope| scope.ground.is_some()));
        if free {
            self.effects.push(Effect::MoveConnection { from: object });
            return Ok(None);
        }
        Ok(Some(self.held_by(&holder.map(|holder| holder.object.name).unwrap_or_default(), target_id)))
    }

    /// Another object of the same page was linked to the target object a moment ago.
    async fn claimed_by(&mut self, holder: i64, target_id: &str) -> Result<End, End> {
        let row = self.walk.engine.store.read(move |tables| tables.object(holder)).await?;
        Ok(self.held_by(&row.map(|row| row.name).unwrap_or_default(), target_id))
    }

    fn held_by(&mut self, name: &str, target_id: &str) -> End {
        let trouble = Trouble::new(
            "DuplicateSourceEntries",
            format!("the object `{target_id}` at the target already belongs to '{name}', who is in scope too"),
            Some("give the two source objects different values for the matching attribute, or take one out of scope"),
        );
        self.draft.steps.push(self.texts.matching_failed(&trouble.reason));
        End::Done(Box::new(self.failed(Action::Other, trouble)))
    }

    fn several(&mut self, path: &Path, value: &str, hits: u64) -> End {
        let trouble = Trouble::new(
            "DuplicateTargetEntries",
            format!("{hits} objects at the target have `{path}` \"{value}\", where one at most may"),
            Some("remove the duplicates at the target, or match on an attribute that is unique there"),
        );
        self.draft.steps.push(self.texts.matching_failed(&trouble.reason));
        End::Done(Box::new(self.failed(Action::Other, trouble)))
    }
}
