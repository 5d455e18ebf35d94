//! The levers: start, pause, restart. Each changes the stored state alone; the next cycle follows it.
//! Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §1.22.

use super::cycle::Engine;
use crate::store::{JobRow, StoreError};
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
}

/// Why a lever does not move.
#[derive(Debug, thiserror::Error)]
pub enum LeverError {
    /// The state file knows no such job.
    #[error("the job `{0}` has never run; there is nothing to start, pause or restart yet")]
    NeverRun(String),
    /// No such reset scope.
    #[error(
        "`{0}` is nothing that can be reset; there are Escrows, QuarantineState, Watermark, ConnectorDataStore, Full"
    )]
    UnknownReset(String),
    /// The state file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromStr for Reset {
    type Err = LeverError;

    fn from_str(text: &str) -> Result<Self, LeverError> {
        let all = [
            ("Escrows", Self::Escrows),
            ("QuarantineState", Self::QuarantineState),
            ("Watermark", Self::Watermark),
            ("ConnectorDataStore", Self::ConnectorDataStore),
            ("Full", Self::Full),
        ];
        let found = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
        found.map(|(_, reset)| *reset).ok_or_else(|| LeverError::UnknownReset(text.to_owned()))
    }
}

impl Reset {
    /// What a restart forgets unless told otherwise.
    pub const DEFAULT: [Self; 3] = [Self::Escrows, Self::QuarantineState, Self::Watermark];
}

impl Engine {
    /// Lets a paused or disabled job run again, and lifts its quarantine.
    pub async fn start(&self, job: &str) -> Result<(), LeverError> {
        self.change(job, |row| {
            "Active".clone_into(&mut row.schedule_state);
            row.quarantine = None;
        })
        .await
    }

    /// Keeps a job from running on its schedule; its state is kept.
    pub async fn pause(&self, job: &str) -> Result<(), LeverError> {
        self.change(job, |row| "Paused".clone_into(&mut row.schedule_state)).await
    }

    /// Forgets what `resets` names, and starts the job.
    pub async fn restart(&self, job: &str, resets: &[Reset]) -> Result<(), LeverError> {
        let has = |reset| resets.contains(&reset) || resets.contains(&Reset::Full);
        let links = has(Reset::ConnectorDataStore);
        if has(Reset::Escrows) {
            let name = job.to_owned();
            self.store.write(move |tables| tables.clear_escrows(&name)).await?;
        }
        if links {
            let name = job.to_owned();
            self.store.write(move |tables| tables.clear_connections(&name)).await?;
        }
        let (watermark, quarantine) = (links || has(Reset::Watermark), has(Reset::QuarantineState));
        self.change(job, move |row| {
            if watermark {
                row.watermark = None;
            }
            if quarantine {
                row.quarantine = None;
                row.successive_failures = 0;
            }
            row.escrows_pruned = false;
            "Active".clone_into(&mut row.schedule_state);
        })
        .await
    }

    async fn change(&self, job: &str, change: impl FnOnce(&mut JobRow) + Send + 'static) -> Result<(), LeverError> {
        let name = job.to_owned();
        let found = self
            .store
            .write(move |tables| {
                let Some(mut row) = tables.job(&name)? else { return Ok(false) };
                change(&mut row);
                tables.put_job(&row).map(|()| true)
            })
            .await?;
        if found { Ok(()) } else { Err(LeverError::NeverRun(job.to_owned())) }
    }
}
