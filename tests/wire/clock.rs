//! The time of the stories: it stands still until it is moved.
//!
//! Real sockets are at work, so a wait for a time-out must not end because nobody else moves: it never ends. Any other wait
//! is over at once, and moves the clock on by as much.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use scimulator::clock::{Clock, ManualClock};
use std::{future, time::Duration};

/// How long an answer may take, unless the job says otherwise.
const TIMEOUT: Duration = Duration::from_secs(100);

/// The clock.
#[derive(Clone, Debug)]
pub(crate) struct StoryClock(ManualClock);

impl StoryClock {
    /// A clock that stands at `now`.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(ManualClock::at(now))
    }

    /// Moves the clock on.
    pub(crate) fn advance(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration == TIMEOUT { Box::pin(future::pending()) } else { self.0.sleep(duration) }
    }
}
