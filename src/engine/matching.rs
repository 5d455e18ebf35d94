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

/// What a search with one value came to.
pub(super) enum Hit {
    /// This object, which now belongs to the source object.
    Mine(Value),
    /// An object that belongs to another source object.
    Others(Holder),
    /// Nothing.
    Nothing,
}

/// Another source object that a target object belongs to.
pub(super) struct Holder {
    /// The source object's key.
    pub(super) object: i64,
    /// Its name.
    pub(super) name: String,
    /// The target object's id.
    pub(super) target_id: String,
    /// Whether it is gone or out of scope.
    pub(super) out_of_scope: bool,
}

impl Journey<'_> {
    /// Asks for one matching attribute after another, in precedence order, and stops at the first hit.
    pub(super) async fn find(&mut self, values: &[(String, String)]) -> Result<Option<Value>, End> {
        for (path, value) in values {
            if self.in_vain.iter().any(|asked| (&asked.0, &asked.1) == (path, value)) {
                continue;
            }
            match self.look_up(path, value, true).await? {
                Hit::Mine(found) => return Ok(Some(found)),
                Hit::Others(holder) => return Err(self.held_by(&holder)),
                Hit::Nothing => {}
            }
        }
        Ok(None)
    }

    /// Asks for the object with one value, and links it. `take_over`: also where somebody holds it who is gone or out of
    /// scope.
    pub(super) async fn look_up(&mut self, path: &str, value: &str, take_over: bool) -> Result<Hit, End> {
        let Ok(target_path) = path.parse::<Path>() else { return Ok(Hit::Nothing) };
        let shown = self.hide_asked(&target_path, value);
        let filter = Filter::equals(&target_path, value);
        let resource = resource_of(self.facts.object.kind);
        let list = match self.client().find(resource, &filter).await {
            Ok(list) => list,
            Err(failure) => return Err(self.unanswered(Action::Other, &failure)),
        };
        let hits = list.total.max(u64::try_from(list.resources.len()).unwrap_or(u64::MAX));
        if hits > 1 {
            return Err(self.several(&target_path, &shown, hits));
        }
        let Some(found) = list.resources.into_iter().next() else {
            self.in_vain.push((path.to_owned(), value.to_owned()));
            return Ok(Hit::Nothing);
        };
        let id = resource_id(&found).unwrap_or_default().to_owned();
        if let Some(holder) = self.claim(&id, take_over).await? {
            return Ok(Hit::Others(holder));
        }
        self.link(&id);
        self.hide_held(&found);
        Ok(Hit::Mine(found))
    }

    /// Makes sure that no other source object holds the target object. With `take_over`, the connection of a holder who is
    /// gone or out of scope passes over (a re-hire takes over the account). Returns whoever keeps it.
    pub(super) async fn claim(&mut self, target_id: &str, take_over: bool) -> Result<Option<Holder>, End> {
        let (job, kind, key) = (self.walk.job.name().to_owned(), self.facts.object.kind, self.facts.object.key);
        let target = target_id.to_owned();
        let holder = self.walk.engine.store.read(move |tables| tables.connection_to(&job, kind, &target)).await?;
        let just_linked = {
            let mut claimed = self.walk.claimed.lock().unwrap_or_else(PoisonError::into_inner);
            *claimed.entry((kind, target_id.to_owned())).or_insert(key)
        };
        if just_linked != key {
            // Another object of the same page was linked to it a moment ago.
            let row = self.walk.engine.store.read(move |tables| tables.object(just_linked)).await?;
            let name = row.map(|row| row.name).unwrap_or_default();
            let target_id = target_id.to_owned();
            return Ok(Some(Holder { object: just_linked, name, target_id, out_of_scope: false }));
        }
        let Some(ConnectionRow { object, state, .. }) = holder.filter(|holder| holder.object != key) else {
            return Ok(None);
        };
        let job = self.walk.job.clone();
        let page = vec![WorkRow { object, known: None }];
        let facts =
            self.walk.engine.store.read(move |tables| Facts::read(tables, &job, page, EscrowKind::Object)).await?;
        let holder = facts.into_iter().next();
        let out_of_scope = state == ConnectionState::Released
            || holder
                .as_ref()
                .is_none_or(|holder| scope::decide(self.walk.job, holder).is_ok_and(|scope| scope.ground.is_some()));
        if out_of_scope && take_over {
            // What it was connected to before, on demand, is let go first.
            if self.facts.connection.take().is_some() {
                self.effects.push(Effect::PartConnection);
            }
            self.effects.push(Effect::MoveConnection { from: object });
            return Ok(None);
        }
        let name = holder.map(|holder| holder.object.name).unwrap_or_default();
        Ok(Some(Holder { object, name, target_id: target_id.to_owned(), out_of_scope }))
    }

    pub(super) fn held_by(&mut self, holder: &Holder) -> End {
        let Holder { name, target_id, .. } = holder;
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
