//! A clock that stands still. Whoever waits on it moves it on at once, but for a time-out, which is over when the server says
//! so.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use scimulator::clock::{Clock, ManualClock};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// The job's time-out; nothing else waits as long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(97);

/// The clock of one cell.
#[derive(Clone, Debug)]
pub(crate) struct CellClock {
    manual: ManualClock,
    over: Arc<Notify>,
}

impl CellClock {
    /// A clock that stands at `now`.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { manual: ManualClock::at(now), over: Arc::new(Notify::new()) }
    }

    /// Moves on.
    pub(crate) fn advance(&self, duration: Duration) {
        self.manual.advance(duration);
    }

    /// Lets the time-out that is being waited for pass.
    pub(crate) fn time_is_over(&self) {
        self.over.notify_one();
    }
}

impl Clock for CellClock {
    fn now(&self) -> Timestamp {
        self.manual.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration != TIMEOUT {
            return self.manual.sleep(duration);
        }
        let clock = self.clone();
        Box::pin(async move {
            clock.over.notified().await;
            clock.advance(duration);
        })
    }
}
