//! A rule: which requests fail, and how.

use super::route::FaultRoute;
use std::{fmt, time::Duration};

/// One rule, as it is written. See the [module](super) for what its parts mean.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// What is wrong.
    pub kind: FaultKind,
    /// Whether the application does what is asked for, though its answer is lost.
    pub carried_out: bool,
    /// How much later what is answered comes.
    pub latency: Duration,
    /// The requests that it concerns; all of them without one.
    pub route: Option<FaultRoute>,
    /// Which share of the requests fails, from 0 to 1.
    pub share: f64,
    /// Which share of the users and groups it concerns, from 0 to 1. Without one, queries fail too.
    pub objects: Option<f64>,
    /// How long after it was planted it begins.
    pub after: Duration,
    /// How long it lasts from then on; for ever without one.
    pub lasts: Option<Duration>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing but that the answer is late.
    Latency,
    /// An error of this status.
    Status(u16, Option<RetryAfter>),
    /// No answer.
    Timeout,
    /// A broken connection.
    Reset,
    /// A connection that breaks in the middle of the answer.
    Truncate,
    /// A body that is nothing.
    Garbage,
    /// The wrong content type.
    ContentType(String),
}

/// When to come again, and in which of its two forms the header says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u64),
    /// The date that is so many seconds from the answer.
    Date(u64),
}

impl FaultRule {
    /// A rule for every request, from the beginning and for ever.
    pub fn of(kind: FaultKind) -> Self {
        Self {
            kind,
            carried_out: false,
            latency: Duration::ZERO,
            route: None,
            share: 1.0,
            objects: None,
            after: Duration::ZERO,
            lasts: None,
        }
    }
}

/// The rule as [`FaultRule::parse`] reads it.
impl fmt::Display for FaultRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.kind {
            FaultKind::Latency => {}
            FaultKind::Status(status, retry) => {
                parts.push(format!("status={status}"));
                parts.extend(retry.map(|retry| match retry {
                    RetryAfter::Seconds(seconds) => format!("retry_after={seconds}"),
                    RetryAfter::Date(seconds) => format!("retry_after_date={seconds}"),
                }));
            }
            FaultKind::Timeout => parts.push("timeout".to_owned()),
            FaultKind::Reset => parts.push("reset".to_owned()),
            FaultKind::Truncate => parts.push("truncate".to_owned()),
            FaultKind::Garbage => parts.push("garbage".to_owned()),
            FaultKind::ContentType(name) => parts.push(format!("content_type={name}")),
        }
        let length = |key: &str, length: Duration| format!("{key}={}", humantime::format_duration(length));
        if self.carried_out {
            parts.push("carried_out".to_owned());
        }
        if self.latency > Duration::ZERO || self.kind == FaultKind::Latency {
            parts.push(length("latency", self.latency));
        }
        parts.extend(self.route.iter().map(|route| format!("route={route}")));
        if self.share < 1.0 {
            parts.push(format!("share={}", self.share));
        }
        parts.extend(self.objects.iter().map(|share| format!("objects={share}")));
        if self.after > Duration::ZERO {
            parts.push(length("after", self.after));
        }
        parts.extend(self.lasts.map(|lasts| length("for", lasts)));
        formatter.write_str(&parts.join(", "))
    }
}
