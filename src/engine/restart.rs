//! Restart: what is named is forgotten, and the job begins anew.
//!
//! 1. *Put down* what is meant, on the disk.
//! 2. *Close* a cycle that was interrupted, if the next one begins anew.
//! 3. *Forget* escrows, connections, memberships and what the deletion guard holds back, slice by slice: others write in between.
//! 4. *Begin anew*: watermark, quarantine and schedule change in one transaction with the end of what was put down.
//!
//! What the deletion guard holds back is let go in the same way: that it is held back is forgotten, and the job goes on as it was.
//! No cycle of the job runs meanwhile, so exactly those are let go who were held back when that was put down.
//!
//! A process that ends within leaves the rest to the next one that works with the job: nothing else is done with it before.
//! Source: `spec/ENGINE.md` §6, §7, §10.

use super::{
    cycle::Engine,
    levers::{LeverError, Reset, judge_anew},
    walk::SLICE,
};
use crate::{
    health::quarantine::{Quarantine, Reason},
    store::{ForgettingRow, StoreError, Tables},
};
use jiff::Timestamp;

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
        let lets_go = meant.resets.iter().any(|name| name == Reset::ForceDeletes.name());
        let moves = meant.target.as_ref().is_some_and(|target| *target != row.identity.target);
        let from_the_beginning = has(Reset::Watermark) || links || moves;
        if from_the_beginning {
            let (name, meant) = (job.to_owned(), meant.clone());
            self.abandon_cycle(job, move |tables| is_still(tables, &name, &meant)).await?;
        }
        if has(Reset::Escrows) {
            self.forget(job, &meant, |tables, job| tables.forget_escrows(job, SLICE)).await?;
        }
        if links {
            self.forget(job, &meant, |tables, job| tables.forget_connections(job, SLICE)).await?;
            self.forget(job, &meant, |tables, job| tables.forget_members(job, SLICE)).await?;
        }
        if meant.restarts {
            let unstage = |tables: &Tables, job: &str| {
                let count = tables.unstage(job, SLICE)?;
                if count > 0 {
                    judge_anew(tables, job, None)?;
                }
                Ok(count)
            };
            self.forget(job, &meant, unstage).await?;
        }
        if lets_go {
            self.let_go(job, &meant).await?;
        }
        let (name, now) = (job.to_owned(), self.clock.now());
        let end = move |tables: &Tables| {
            // Somebody else may have come to the end of it, and what is put down now is another's.
            if !is_still(tables, &name, &meant)? {
                return Ok(());
            }
            tables.end_forgetting(&name)?;
            let Some(mut row) = tables.job(&name)? else { return Ok(()) };
            if lets_go {
                row.quarantine = due_at_once(row.quarantine, now)?;
            }
            if meant.restarts {
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
            }
            tables.put_job(&row)
        };
        self.store.write(end).await
    }

    /// Forgets slice by slice, as long as nobody else came to the end of what is `meant`: what is new then is not.
    async fn forget<F>(&self, job: &str, meant: &ForgettingRow, slice: F) -> Result<(), StoreError>
    where
        F: Fn(&Tables, &str) -> Result<usize, StoreError> + Clone + Send + 'static,
    {
        let (job, meant) = (job.to_owned(), meant.clone());
        let slice = move |tables: &Tables| {
            if is_still(tables, &job, &meant)? { slice(tables, &job) } else { Ok(0) }
        };
        self.store.in_slices(slice, SLICE).await
    }

    /// Allows all that the deletion guard holds back of a job, slice by slice, in the same way.
    async fn let_go(&self, job: &str, meant: &ForgettingRow) -> Result<(), StoreError> {
        let mut position = Some(i64::MIN);
        while let Some(after) = position {
            let (job, meant) = (job.to_owned(), meant.clone());
            let slice = move |tables: &Tables| {
                if is_still(tables, &job, &meant)? { tables.allow_staged(&job, after, SLICE) } else { Ok(None) }
            };
            position = self.store.write(slice).await?;
        }
        Ok(())
    }
}

/// Whether this is still about to be forgotten of a job.
fn is_still(tables: &Tables, job: &str, meant: &ForgettingRow) -> Result<bool, StoreError> {
    Ok(tables.forgetting(job)?.as_ref() == Some(meant))
}

/// A quarantine that the deletion guard imposed, its next try due at once; any other as it is.
fn due_at_once(quarantine: Option<String>, now: Timestamp) -> Result<Option<String>, StoreError> {
    let imposed: Option<Quarantine> = quarantine.as_deref().map(serde_json::from_str).transpose()?;
    Ok(match imposed.filter(|imposed| imposed.reason == Reason::TooManyDeletes) {
        Some(imposed) => {
            let due = Quarantine { next_attempt: imposed.next_attempt.min(now), ..imposed };
            Some(serde_json::to_string(&due)?)
        }
        None => quarantine,
    })
}
