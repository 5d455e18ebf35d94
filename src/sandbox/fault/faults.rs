//! The rules of one application at work.

use super::{
    Fault, Incoming,
    conduct::{Act, Conduct},
    rule::{FaultKind, FaultRule, RetryAfter},
};
use crate::{chance::Chance, clock::SharedClock, sandbox::exchange::Response};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// One more than the numbers that are drawn for a share.
const SHARES: usize = 1 << 30;

/// Rules, the first of which that concerns a request decides about it. They can be planted and taken away while the
/// application runs.
pub struct Faults {
    clock: SharedClock,
    seed: u64,
    chance: Chance,
    planted: Mutex<Vec<Planted>>,
}

struct Planted {
    rule: FaultRule,
    since: Timestamp,
}

impl Faults {
    /// No rules yet. `seed` chooses the requests and the objects that fail where not all of them do.
    pub fn new(clock: SharedClock, seed: u64) -> Self {
        Self { clock, seed, chance: Chance::of(seed, "faulty requests", 0), planted: Mutex::default() }
    }

    /// Adds a rule behind those that are there; its time begins now.
    pub fn plant(&self, rule: FaultRule) {
        let since = self.clock.now();
        self.planted.lock().unwrap_or_else(PoisonError::into_inner).push(Planted { rule, since });
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.planted.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn concerns(&self, planted: &Planted, now: Timestamp, incoming: &Incoming<'_>) -> bool {
        let rule = &planted.rule;
        is_on(planted, now)
            && rule.route.as_ref().is_none_or(|route| route.covers(incoming.request))
            && rule.objects.is_none_or(|share| {
                incoming.subject().is_some_and(|subject| drawn(&Chance::of(self.seed, &subject, 0), share))
            })
            && (rule.share >= 1.0 || drawn(&self.chance, rule.share))
    }
}

impl Fault for Faults {
    fn treat(&self, incoming: &Incoming<'_>) -> Option<Conduct> {
        let planted = self.planted.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let rule = &planted.iter().find(|planted| self.concerns(planted, now, incoming))?.rule;
        Some(Conduct {
            carried_out: rule.carried_out
                || matches!(rule.kind, FaultKind::Latency | FaultKind::Truncate | FaultKind::ContentType(_)),
            latency: rule.latency,
            act: act(&rule.kind, now, rule.latency),
            name: rule.to_string(),
        })
    }
}

impl Fault for Arc<Faults> {
    fn treat(&self, incoming: &Incoming<'_>) -> Option<Conduct> {
        self.as_ref().treat(incoming)
    }
}

/// Whether the time of a rule has come and is not over.
fn is_on(planted: &Planted, now: Timestamp) -> bool {
    let passed = Duration::try_from(now.duration_since(planted.since)).unwrap_or_default();
    let lasting = passed.checked_sub(planted.rule.after);
    lasting.is_some_and(|lasting| planted.rule.lasts.is_none_or(|lasts| lasting < lasts))
}

fn drawn(chance: &Chance, share: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "both numbers are small enough to be exact")]
    let drawn = chance.below(SHARES) as f64 / SHARES as f64;
    drawn < share
}

fn act(kind: &FaultKind, now: Timestamp, latency: Duration) -> Act {
    match kind {
        FaultKind::Latency => Act::Own,
        FaultKind::Status(status, retry_after) => {
            let error = Response::error(*status, None, "a fault that the sandbox was told to have");
            Act::Answer(match retry_after {
                None => error,
                Some(RetryAfter::Seconds(seconds)) => error.with_header("Retry-After", &seconds.to_string()),
                Some(RetryAfter::Date(seconds)) => {
                    let date = now.checked_add(latency.saturating_add(Duration::from_secs(*seconds)));
                    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date.unwrap_or(now));
                    error.with_header("Retry-After", &date.unwrap_or_else(|_| seconds.to_string()))
                }
            })
        }
        FaultKind::Timeout => Act::Silence,
        FaultKind::Reset => Act::Reset,
        FaultKind::Truncate => Act::Truncated,
        FaultKind::Garbage => Act::Garbage,
        FaultKind::ContentType(name) => Act::Called(name.clone()),
    }
}
