//! The time and the waiting, as a parameter.
//!
//! Everything that asks what time it is, or waits, does it through a [`Clock`]. The daemon has the [`SystemClock`]; tests
//! have clocks whose time they set themselves, and simulations a [`VirtualClock`], so that six hours cost nothing. This is the
//! only file that asks the operating system for the time.

mod virtual_clock;

pub use virtual_clock::VirtualClock;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Tells the time and waits.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment, in UTC.
    fn now(&self) -> Timestamp;

    /// Ends when `duration` has passed on this clock. Dropping the future ends the wait.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Says that something is in progress which another thread works at, until the hold is dropped: a time that moves by
    /// itself does not heed it, and a virtual one stands still. To be dropped where the result is awaited.
    fn hold(&self) -> Hold {
        Hold::default()
    }
}

/// Keeps a virtual clock from moving as long as it is there.
#[derive(Debug, Default)]
#[must_use = "time moves on when the hold is dropped"]
pub struct Hold(Option<Arc<AtomicUsize>>);

impl Hold {
    fn of(holds: &Arc<AtomicUsize>) -> Self {
        holds.fetch_add(1, Ordering::AcqRel);
        Self(Some(holds.clone()))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(holds) = &self.0 {
            holds.fetch_sub(1, Ordering::AcqRel);
        }
    }
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
