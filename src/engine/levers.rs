//! The levers: start, pause, allow-deletes, unlink; restart is in `restart`. Each changes the stored state alone; the next cycle
//! follows it. Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §1.22.

use super::cycle::Engine;
use crate::{
    health::guard::GuardVerdict,
    store::{CycleRow, ForgettingRow, JobRow, Phase, StoreError, Tables, WorkRow},
};
use std::str::FromStr;

/// What a restart forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Failed operations; attempts of unknown outcome stay.
    Escrows,
    /// The quarantine.
    QuarantineState,
    /// The watermark: the next cycle is initial.
    Watermark,
    /// The connections, and with them the watermark.
    ConnectorDataStore,
    /// All of these.
    Full,
    /// Lets go what the deletion guard holds back; nothing else. It stands alone.
    ForceDeletes,
}

/// Why a lever does not move.
#[derive(Debug, thiserror::Error)]
pub enum LeverError {
    /// The state file knows no such job.
    #[error("the job `{0}` has never run; there is nothing to start, pause or restart yet")]
    NeverRun(String),
    /// Links are removed from a job that rests only.
    #[error("a link of `{0}` can be removed only while the job rests; run `scimulator jobs pause {0}` first")]
    Running(String),
    /// No such reset scope.
    #[error(
        "`{0}` is nothing that can be reset; there are Escrows, QuarantineState, Watermark, ConnectorDataStore, Full, \
         ForceDeletes"
    )]
    UnknownReset(String),
    /// `ForceDeletes` stands alone.
    #[error("`ForceDeletes` goes alone: it lets go what the deletion guard holds back, and resets nothing")]
    NotAlone,
    /// Nothing is held back.
    #[error("nothing of `{0}` is held back by the deletion guard")]
    NothingStaged(String),
    /// Links cannot be kept and removed at once.
    #[error("`--keep-links` keeps the links that `{0}` removes; give one of the two")]
    LinksKeptAndRemoved(String),
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromStr for Reset {
    type Err = LeverError;

    fn from_str(text: &str) -> Result<Self, LeverError> {
        let all = [
            Self::Escrows,
            Self::QuarantineState,
            Self::Watermark,
            Self::ConnectorDataStore,
            Self::Full,
            Self::ForceDeletes,
        ];
        let found = all.into_iter().find(|reset| reset.name().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| LeverError::UnknownReset(text.to_owned()))
    }
}

impl Reset {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Escrows => "Escrows",
            Self::QuarantineState => "QuarantineState",
            Self::Watermark => "Watermark",
            Self::ConnectorDataStore => "ConnectorDataStore",
            Self::Full => "Full",
            Self::ForceDeletes => "ForceDeletes",
        }
    }

    /// What a restart forgets unless told otherwise.
    pub const DEFAULT: [Self; 3] = [Self::Escrows, Self::QuarantineState, Self::Watermark];
}

impl Engine {
    /// Lets a paused or disabled job run again, and lifts its quarantine.
    pub async fn start(&self, job: &str) -> Result<(), LeverError> {
        self.change(job, |_, row| {
            "Active".clone_into(&mut row.schedule_state);
            row.quarantine = None;
            Ok(())
        })
        .await
    }

    /// Keeps a job from running on its schedule; its state is kept.
    pub async fn pause(&self, job: &str) -> Result<(), LeverError> {
        self.change(job, |_, row| {
            "Paused".clone_into(&mut row.schedule_state);
            Ok(())
        })
        .await
    }

    /// Lets go, with the next cycle, the disables and deletes that the deletion guard holds back at present. The next try
    /// out of quarantine is due at once.
    ///
    /// They may be many, so it is put down first what is meant, and then done slice by slice as a restart is
    /// ([`Engine::finish_forgetting`]): after a crash within, whoever works with the job lets go the rest before anything else is
    /// held back.
    pub async fn allow_deletes(&self, job: &str) -> Result<(), LeverError> {
        self.finish_forgetting(job).await?;
        let name = job.to_owned();
        let held_back = self
            .store
            .write_durably(move |tables| {
                if tables.job(&name)?.is_none() {
                    return Ok(None);
                }
                let held_back = tables.has_staged(&name)?;
                if held_back {
                    let resets = vec![Reset::ForceDeletes.name().to_owned()];
                    tables.begin_forgetting(&name, &ForgettingRow { resets, restarts: false, target: None })?;
                }
                Ok(Some(held_back))
            })
            .await?;
        match held_back {
            None => Err(LeverError::NeverRun(job.to_owned())),
            Some(false) => Err(LeverError::NothingStaged(job.to_owned())),
            Some(true) => Ok(self.finish_forgetting(job).await?),
        }
    }

    /// Removes the stored link of one object; the account at the target stays, and the next cycle matches the object anew,
    /// also one that was interrupted and goes on. What was tried with it and had no clear answer goes with the link: whoever
    /// removes it does not want the rest done. Only while the job is paused or disabled. Removing what is not there is fine.
    pub async fn unlink(&self, job: &str, object: i64) -> Result<(), LeverError> {
        self.finish_forgetting(job).await?;
        let name = job.to_owned();
        let rests = self
            .store
            .write(move |tables| {
                let row = tables.job(&name)?;
                let rests = row.is_some_and(|row| row.schedule_state != "Active");
                if rests && tables.connection(&name, object)?.is_some() {
                    tables.part(&name, object)?;
                    tables.remove_attempt(&name, object)?;
                    tables.put_work(&name, Phase::Candidates, &WorkRow { object, known: None })?;
                    judge_anew(tables, &name, Some(GuardVerdict::HeldBack))?;
                }
                Ok(rests)
            })
            .await?;
        if rests { Ok(()) } else { Err(LeverError::Running(job.to_owned())) }
    }

    async fn change(
        &self,
        job: &str,
        change: impl FnOnce(&Tables, &mut JobRow) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), LeverError> {
        self.finish_forgetting(job).await?;
        let name = job.to_owned();
        let found = self
            .store
            .write(move |tables| {
                let Some(mut row) = tables.job(&name)? else { return Ok(false) };
                change(tables, &mut row)?;
                tables.put_job(&row).map(|()| true)
            })
            .await?;
        if found { Ok(()) } else { Err(LeverError::NeverRun(job.to_owned())) }
    }
}

/// Sends an interrupted cycle back to the judging of its candidates, and to the guard: something was put there. What its
/// phases have done is no longer in the work table. A verdict that is `kept` stands: those whom it concerns are not counted
/// apart from those whom it concerned already.
pub(super) fn judge_anew(tables: &Tables, job: &str, kept: Option<GuardVerdict>) -> Result<(), StoreError> {
    let Some(open) = tables.open_cycle(job)? else { return Ok(()) };
    let guard = open.guard.clone().filter(|verdict| kept.is_some_and(|kept| kept.name() == verdict));
    tables.put_cycle(&CycleRow { phase: Phase::Candidates, position: 0, guard, ..open })
}
