//! How a cycle ends: what is stored, and what its figures mean for the job's health.
//!
//! A good end moves the watermark, in one transaction with the end of the cycle. A cycle that the target stopped in its
//! middle stays open, to be taken up again. What is worth telling goes into the queue of mail in the same transaction.
//! Source: `spec/ENGINE.md` §3, `spec/HEALTH.md` §2, §3.

use super::{
    cycle::Engine,
    job::Job,
    levers::Reset,
    notice::Turn,
    result::{CycleError, CycleKind, CycleState},
    verdict::{self, Verdict},
    walk::{SLICE, Walk},
};
use crate::{
    config::ScopeSetting,
    counted::counted,
    health::quarantine::{CycleFigures, Quarantine, Reason, judge},
    scim::failure::Failure,
    store::{CoveredScope, CycleRow, ForgettingRow, JobRow, StoreError},
};

/// The state of a job's schedule after four weeks in quarantine.
const DISABLED: &str = "Disabled";

/// A cycle that has ended, or was stopped.
pub(super) struct Ended {
    pub(super) row: CycleRow,
    pub(super) state: CycleState,
    pub(super) error: Option<CycleError>,
    pub(super) quarantine: Option<Quarantine>,
    /// What became of the job's schedule.
    pub(super) schedule: Option<&'static str>,
    pub(super) interrupted: bool,
}

impl Engine {
    /// Stores the good end of a cycle, and judges the job's health by its figures.
    pub(super) async fn complete(
        &self,
        walk: &Walk<'_>,
        mut row: CycleRow,
        mut state: JobRow,
        before: Option<&Quarantine>,
    ) -> Result<Ended, StoreError> {
        let now = self.clock.now();
        let tally = walk.tally();
        let counts = tally.all;
        let job = walk.job.name().to_owned();
        let (escrows, staged) = {
            let job = job.clone();
            self.store.read(move |tables| Ok((tables.count_escrows(&job)?, tables.count_staged(&job)?))).await?
        };
        let figures = CycleFigures {
            operations: counts.operations() - tally.references.operations(),
            failures: counts.failure - tally.references.failure,
            escrows: escrows.objects,
            reference_escrows: escrows.references,
        };
        let reason = judge(&self.rules, figures);
        let initial = walk.kind == CycleKind::Initial;
        let mut prune = false;
        let (cycle_state, quarantine) = match reason {
            _ if staged.undecided() > 0 => {
                let reason = Reason::TooManyDeletes;
                let error = (reason.name().to_owned(), walk.held_back_text(staged).await?);
                (CycleState::Quarantine, Some(Quarantine::impose(&self.rules, before, reason, error, now)))
            }
            Some(reason) if !initial => {
                let message = format!(
                    "{} of {} failed in this cycle, and the job has {} outstanding",
                    counts.failure,
                    counted(counts.operations(), "operation"),
                    counted(escrows.objects + escrows.references, "escrow")
                );
                let error = (reason.name().to_owned(), message);
                (CycleState::Quarantine, Some(Quarantine::impose(&self.rules, before, reason, error, now)))
            }
            pruned => {
                prune = pruned.is_some();
                let failed = counts.failure > 0;
                (if failed { CycleState::EntryLevelErrors } else { CycleState::Succeeded }, None)
            }
        };
        if prune {
            state.escrows_pruned = true;
        }
        if counts.is_nothing() && escrows.objects + escrows.references == 0 {
            state.steady_last = Some(now);
            state.steady_first = state.steady_first.or(Some(now));
        }
        state.watermark = Some(row.high);
        state.watermark_at = Some(row.began);
        state.fingerprint = Some(walk.job.fingerprint.clone());
        state.scope = Some(match (walk.job.settings.scope, state.scope) {
            (ScopeSetting::All, _) => CoveredScope::All,
            (ScopeSetting::Assigned, Some(CoveredScope::All | CoveredScope::Narrowing)) if !initial => {
                CoveredScope::Narrowing
            }
            (ScopeSetting::Assigned, _) => CoveredScope::Assigned,
        });
        state.successive_failures = 0;
        state.quarantine = quarantine.as_ref().map(serde_json::to_string).transpose()?;
        row.ended = Some(now);
        row.state = Some(cycle_state.name().to_owned());
        let over = quarantine.as_ref().is_some_and(|quarantine| quarantine.is_over(&self.rules, now));
        let schedule_state = match (prune, over) {
            (true, _) => Some("Paused"),
            (false, true) => Some(DISABLED),
            (false, false) => None,
        };
        row.error = None;
        let disabled = schedule_state == Some(DISABLED) && state.schedule_state != DISABLED;
        let turn = Turn { before, after: quarantine.as_ref(), tripped: counts.staged > 0, disabled };
        let mails = self.mails(walk.job, &walk.cycle, turn, now).await?;
        let stored = row.clone();
        let settled = job.clone();
        self.store.in_slices(move |tables| tables.settle_work(&settled, SLICE), SLICE).await?;
        self.store
            .write_durably(move |tables| {
                if prune {
                    let escrows = vec![Reset::Escrows.name().to_owned()];
                    let meant = ForgettingRow { resets: escrows, restarts: false, target: None };
                    tables.begin_forgetting(&stored.job, &meant)?;
                }
                tables.put_cycle(&stored)?;
                tables.settle_job(&state, schedule_state)?;
                mails.iter().try_for_each(|mail| tables.queue_mail(mail))
            })
            .await?;
        self.finish_forgetting(&job).await?;
        let kept_since = walk.job.kept_since(now);
        self.store.write(move |tables| tables.expire_watermarks(kept_since)).await?;
        self.store.in_slices(|tables| tables.forget_removed_edges(SLICE), SLICE).await?;
        self.store.in_slices(|tables| tables.forget_purged(SLICE), SLICE).await?;
        self.prune_log().await?;
        Ok(Ended { row, state: cycle_state, error: None, quarantine, schedule: schedule_state, interrupted: false })
    }

    /// Stores a cycle that the target stopped. Where its work had begun it stays open, to be taken up again.
    pub(super) async fn fail(
        &self,
        walk: &Walk<'_>,
        mut row: CycleRow,
        mut state: JobRow,
        before: Option<&Quarantine>,
        failure: &Failure,
    ) -> Result<Ended, StoreError> {
        let now = self.clock.now();
        let mut error = verdict::cycle_error(failure);
        error.message = walk.job.mask.text(&error.message).into_owned();
        let quarantine = match verdict::of(failure) {
            Verdict::Quarantine => {
                let told = (error.code.clone(), error.message.clone());
                Some(Quarantine::impose(&self.rules, before, Reason::EncounteredQuarantineException, told, now))
            }
            // What it fails by is told with the cycle. The job stays in quarantine for what it was put there, which says what to do.
            Verdict::Fail => before.map(|before| {
                let told = (before.error_code.clone(), before.error_message.clone());
                Quarantine::impose(&self.rules, Some(before), before.reason, told, now)
            }),
        };
        let over = quarantine.as_ref().is_some_and(|quarantine| quarantine.is_over(&self.rules, now));
        let schedule_state = over.then_some(DISABLED);
        // One that is run by hand all the same is not disabled anew.
        let rests_already = state.schedule_state == DISABLED;
        state.successive_failures += 1;
        state.quarantine = quarantine.as_ref().map(serde_json::to_string).transpose()?;
        let ended = if quarantine.is_some() { CycleState::Quarantine } else { CycleState::Failed };
        row.error = Some((error.code.clone(), error.message.clone()));
        if !self.is_gathered(&row).await? {
            row.ended = Some(now);
            row.state = Some(ended.name().to_owned());
        }
        let disabled = over && !rests_already;
        let turn = Turn { before, after: quarantine.as_ref(), tripped: false, disabled };
        let mails = self.mails(walk.job, &walk.cycle, turn, now).await?;
        let stored = row.clone();
        self.store
            .write_durably(move |tables| {
                tables.put_cycle(&stored)?;
                tables.settle_job(&state, schedule_state)?;
                mails.iter().try_for_each(|mail| tables.queue_mail(mail))
            })
            .await?;
        Ok(Ended { row, state: ended, error: Some(error), quarantine, schedule: schedule_state, interrupted: false })
    }

    /// Disables a job whose time in quarantine is over, and which cannot even be tried: its directory is refused, say. Returns
    /// whether it did.
    pub async fn end_quarantine(&self, job: &Job) -> Result<bool, StoreError> {
        self.finish_forgetting(job.name()).await?;
        let now = self.clock.now();
        let seen = self.job_state(job).await?;
        let quarantine: Option<Quarantine> = seen.quarantine.as_deref().map(serde_json::from_str).transpose()?;
        let Some(held) = quarantine.filter(|held| seen.schedule_state == "Active" && held.is_over(&self.rules, now))
        else {
            return Ok(false);
        };
        let turn = Turn { before: Some(&held), after: Some(&held), tripped: false, disabled: true };
        // No cycle is told of: the mail has no examples.
        let mails = self.mails(job, "", turn, now).await?;
        self.store
            .write_durably(move |tables| {
                // A lever may have been pulled since.
                let stored = tables.job(&seen.identity.name)?;
                let is_as_seen = |stored: &JobRow| {
                    (&stored.schedule_state, &stored.quarantine) == (&seen.schedule_state, &seen.quarantine)
                };
                let Some(stored) = stored.filter(is_as_seen) else { return Ok(false) };
                tables.put_job(&JobRow { schedule_state: DISABLED.to_owned(), ..stored })?;
                mails.iter().try_for_each(|mail| tables.queue_mail(mail))?;
                Ok(true)
            })
            .await
    }

    /// Removes records past their retention, slice by slice, so that no write waits long.
    async fn prune_log(&self) -> Result<(), StoreError> {
        let life = jiff::SignedDuration::from_hours(i64::from(self.log_retention_days) * 24);
        let before = self.clock.now().checked_sub(life).unwrap_or(jiff::Timestamp::MIN);
        self.store.in_slices(move |tables| tables.prune_records(before, SLICE), SLICE).await?;
        self.store.in_slices(move |tables| tables.prune_cycles(before, SLICE), SLICE).await?;
        self.store.write(move |tables| tables.prune_mail(before)).await.map(drop)
    }
}
