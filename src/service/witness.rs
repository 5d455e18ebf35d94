//! Who is told of what a service does: the daemon's log, or the timeline of a simulation.

use crate::{
    engine::{CycleResult, CycleState},
    notify::Notice,
    service::ServiceError,
};

/// Hears of what happens, as it happens. One after the other; none of it can be refused.
pub trait Witness: Send + Sync {
    /// A cycle on the schedule has ended.
    fn cycle_ended(&self, result: &CycleResult);
    /// A cycle on the schedule could not begin: configuration, directory or state were refused.
    fn cycle_refused(&self, job: &str, error: &ServiceError);
    /// A job was disabled by its time in quarantine, without a last try: its cycle was refused.
    fn job_disabled(&self, job: &str);
    /// A mail was taken where it goes.
    fn mail_sent(&self, notice: &Notice, subject: &str);
    /// A mail could not be sent, and is kept; why, without any secret.
    fn mail_kept(&self, notice: &Notice, error: &str);
}

/// The log of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Witness for Log {
    fn cycle_ended(&self, result: &CycleResult) {
        let counts = serde_json::to_string(&result.counts).unwrap_or_default();
        let (job, kind, state) = (result.job.as_str(), result.kind.name(), result.state.name());
        if result.interrupted {
            tracing::info!(
                job,
                kind,
                counts,
                requests = result.requests,
                "cycle interrupted; the next one goes on there"
            );
            return;
        }
        match (&result.error, result.state) {
            (Some(error), _) => tracing::error!(job, kind, state, code = error.code, "{}", error.message),
            (None, CycleState::Succeeded) => {
                tracing::info!(job, kind, state, counts, requests = result.requests, "cycle ended");
            }
            (None, _) => tracing::warn!(job, kind, state, counts, requests = result.requests, "cycle ended"),
        }
    }

    fn cycle_refused(&self, job: &str, error: &ServiceError) {
        tracing::error!(job, "{error}");
    }

    fn job_disabled(&self, job: &str) {
        tracing::error!(job, "disabled: it was in quarantine for too long; nothing runs until it is started");
    }

    fn mail_sent(&self, notice: &Notice, _: &str) {
        let (job, event, to) = (notice.job.as_str(), notice.news.name(), notice.to.join(", "));
        tracing::info!(job, event, to, "mail sent");
    }

    fn mail_kept(&self, notice: &Notice, error: &str) {
        let (job, event) = (notice.job.as_str(), notice.news.name());
        tracing::warn!(job, event, "a mail cannot be sent, and is kept: {error}");
    }
}
