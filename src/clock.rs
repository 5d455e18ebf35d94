//! The time and the waiting, as a parameter.
//!
//! Everything that asks what time it is, or waits, does it through a [`Clock`]. The daemon has the [`SystemClock`]; tests
//! and simulations have clocks whose time they set themselves, so that six hours cost nothing. This is the only file that
//! asks the operating system for the time.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Tells the time and waits.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment, in UTC.
    fn now(&self) -> Timestamp;

    /// Ends when `duration` has passed on this clock. Dropping the future ends the wait.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// A clock that several activities share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is told to move; whoever sleeps on it moves it on at once. It suits a test with one
/// activity at a time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(now)) }
    }

    /// Moves the clock on by `duration`; at the end of time it stays there.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(duration).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move { clock.advance(duration) })
    }
}

/// How long it took from `start` until now on `clock`; nothing if the clock was set back meanwhile.
pub fn elapsed(clock: &dyn Clock, start: Timestamp) -> Duration {
    Duration::try_from(clock.now().duration_since(start)).unwrap_or_default()
}
