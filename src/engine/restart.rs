//! Restart: what is named is forgotten, and the job begins anew.
//!
//! 1. *Put down* what is meant, on the disk.
//! 2. *Close* a cycle that was interrupted, if the next one begins anew.
//! 3. *Forget* escrows, connections, memberships and what the deletion guard holds back, slice by slice: others write in between.
//! 4. *Begin anew*: watermark, quarantine and schedule change in one transaction with the end of what was put down.
//!
//! A process that ends within leaves the rest to the next one that works with the job: nothing else is done with it before.
//! Source: `spec/ENGINE.md` §6, §7, §10.

use super::{
    cycle::Engine,
    levers::{LeverError, Reset, judge_anew},
    walk::SLICE,
};
use crate::store::{ForgettingRow, StoreError, Tables};

impl Engine {
    /// Forgets what `resets` names, and starts the job. A cycle that was interrupted is closed, if the next one begins anew.
    /// What the deletion guard holds back is judged and counted afresh.
    pub async fn restart(&self, job: &str, resets: &[Reset]) -> Result<(), LeverError> {
        if resets.contains(&Reset::ForceDeletes) {
            return if resets.len() == 1 { self.allow_deletes(job).await } else { Err(LeverError::NotAlone) };
        }
        self.begin_anew(job, resets, None).await
    }

    /// The same, and the stored links belong to `target` from now on: the same application at another address. The next
    /// cycle is initial, and reads each connected object there by its stored id.
    pub async fn restart_at(&self, job: &str, resets: &[Reset], target: &str) -> Result<(), LeverError> {
        let removing = [Reset::ConnectorDataStore, Reset::Full];
        if let Some(reset) = resets.iter().find(|reset| removing.contains(reset)) {
            return Err(LeverError::LinksKeptAndRemoved(format!("--reset {reset:?}")));
        }
        if resets.contains(&Reset::ForceDeletes) {
            return Err(LeverError::NotAlone);
        }
        self.begin_anew(job, resets, Some(target.to_owned())).await
    }

    async fn begin_anew(&self, job: &str, resets: &[Reset], target: Option<String>) -> Result<(), LeverError> {
        self.finish_forgetting(job).await?;
        let name = job.to_owned();
        let resets = resets.iter().map(|reset| reset.name().to_owned()).collect();
        let meant = ForgettingRow { resets, restarts: true, target };
        let known = self
            .store
            .write_durably(move |tables| {
                let known = tables.job(&name)?.is_some();
                if known {
                    tables.begin_forgetting(&name, &meant)?;
                }
                Ok(known)
            })
            .await?;
        if !known {
            return Err(LeverError::NeverRun(job.to_owned()));
        }
        Ok(self.finish_forgetting(job).await?)
    }

    /// Goes on with what was put down to be forgotten of a job, to its end. Whoever works with the job calls it first.
    pub async fn finish_forgetting(&self, job: &str) -> Result<(), StoreError> {
        let name = job.to_owned();
        let (meant, row) = self.store.read(move |tables| Ok((tables.forgetting(&name)?, tables.job(&name)?))).await?;
        let (Some(meant), Some(row)) = (meant, row) else { return Ok(()) };
        let has = |reset: Reset| meant.resets.iter().any(|name| [reset.name(), Reset::Full.name()].contains(&&**name));
        let (links, quarantine) = (has(Reset::ConnectorDataStore), has(Reset::QuarantineState));
        let moves = meant.target.as_ref().is_some_and(|target| *target != row.identity.target);
        let from_the_beginning = has(Reset::Watermark) || links || moves;
        if from_the_beginning {
            self.abandon_cycle(job).await?;
        }
        let store = &self.store;
        if has(Reset::Escrows) {
            let name = job.to_owned();
            store.in_slices(move |tables| tables.forget_escrows(&name, SLICE), SLICE).await?;
        }
        if links {
            let name = job.to_owned();
            store.in_slices(move |tables| tables.forget_connections(&name, SLICE), SLICE).await?;
            let name = job.to_owned();
            store.in_slices(move |tables| tables.forget_members(&name, SLICE), SLICE).await?;
        }
        if meant.restarts {
            let name = job.to_owned();
            let unstage = move |tables: &Tables| {
                let count = tables.unstage(&name, SLICE)?;
                if count > 0 {
                    judge_anew(tables, &name, None)?;
                }
                Ok(count)
            };
            store.in_slices(unstage, SLICE).await?;
        }
        let name = job.to_owned();
        let end = move |tables: &Tables| {
            let row = tables.job(&name)?.filter(|_| meant.restarts);
            let (true, Some(mut row)) = (tables.end_forgetting(&name)?, row) else { return Ok(()) };
            if let Some(target) = meant.target {
                row.identity.target = target;
            }
            if from_the_beginning {
                row.watermark = None;
            }
            if quarantine {
                row.quarantine = None;
                row.successive_failures = 0;
            }
            row.escrows_pruned = false;
            "Active".clone_into(&mut row.schedule_state);
            tables.put_job(&row)
        };
        store.write(end).await
    }
}
