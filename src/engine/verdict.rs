//! What a failed probe means for the job. Source: `spec/HEALTH.md` §2, `spec/WIRE.md` §2.

use super::result::CycleError;
use crate::scim::{
    failure::{Failure, FailureKind},
    transport::TransportError,
};

/// What follows from a failure that stops a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Quarantine, at once.
    Quarantine,
    /// The cycle fails and is tried again at the next interval.
    Fail,
}

/// Judges a failure of the probe, or one that stopped a cycle.
pub(super) fn of(failure: &Failure) -> Verdict {
    of_kind(&failure.kind)
}

fn of_kind(kind: &FailureKind) -> Verdict {
    match kind {
        FailureKind::NoAccessToken(why) => of_kind(why),
        FailureKind::ServerError
        | FailureKind::Interrupted
        | FailureKind::NotImplemented
        | FailureKind::Timeout(_)
        | FailureKind::TooManyRequests
        | FailureKind::Connection(TransportError::Broken(_)) => Verdict::Fail,
        FailureKind::BadRequest
        | FailureKind::Conflict
        | FailureKind::Connection(_)
        | FailureKind::ExcludedMembers
        | FailureKind::InsufficientRights
        | FailureKind::InvalidCredentials
        | FailureKind::MethodNotAllowed
        | FailureKind::MultipleEntries
        | FailureKind::NotFound
        | FailureKind::NotScim(_)
        | FailureKind::Redirected(_)
        | FailureKind::TooLarge
        | FailureKind::UnexpectedStatus
        | FailureKind::UnprocessableEntity
        | FailureKind::UnusableId => Verdict::Quarantine,
    }
}

/// The same failure, in the words of a cycle's end.
pub(super) fn cycle_error(failure: &Failure) -> CycleError {
    let advice = match &failure.kind {
        FailureKind::BadRequest => Some(
            "the application must answer a filter that finds nothing with 200 and an empty list; it refused the filter",
        ),
        _ => failure.advice(),
    };
    CycleError {
        code: failure.error_code().to_owned(),
        message: failure.to_string(),
        advice: advice.map(str::to_owned),
    }
}
