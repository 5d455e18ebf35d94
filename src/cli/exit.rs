//! How commands end.

use crate::{
    engine::{CycleResult, CycleState},
    service::ServiceError,
    store::StoreError,
};
use std::process::{ExitCode, Termination};

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well.
    Success,
    /// Something failed for an object or a target.
    Failed,
    /// Arguments, configuration or directory cannot be used.
    Usage,
    /// A job is, or went, into quarantine.
    Quarantine,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Quarantine => 3,
        }
    }

    /// The exit code that a cycle's end calls for.
    pub(super) fn of(result: &CycleResult) -> Self {
        match result.state {
            _ if result.interrupted => Self::Failed,
            CycleState::Succeeded => Self::Success,
            CycleState::EntryLevelErrors | CycleState::Failed => Self::Failed,
            CycleState::Quarantine => Self::Quarantine,
        }
    }

    /// Of two ends, the one that is told: quarantine before refusal before failure.
    pub(super) fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Quarantine => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(super) struct CommandError {
    pub(super) message: String,
    pub(super) exit: Exit,
}

impl CommandError {
    /// Arguments, configuration or directory cannot be used.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::Usage }
    }

    /// Something failed.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::Failed }
    }
}

impl From<ServiceError> for CommandError {
    fn from(error: ServiceError) -> Self {
        let exit = if error.is_refusal() { Exit::Usage } else { Exit::Failed };
        Self { message: error.to_string(), exit }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::failed(error.to_string())
    }
}
