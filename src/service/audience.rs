//! Those who asked the daemon for a cycle and listen to what becomes of it.
//!
//! Requests that wait for the same job share one cycle: the first of them leads, the others join its audience until the
//! cycle begins. Each has had its own import before, so the shared cycle sees what each of them meant.
//! Source: `spec/ENGINE.md` §6, "sync now".

use super::{Service, ServiceError, SyncOrder, control::Event};
use crate::{
    engine::{CycleResult, Observer, Progress},
    scim::trace::{Trace, TraceEntry, TraceSink},
};
use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// Who listens.
#[derive(Debug, Default)]
pub(super) struct Audience(Mutex<Vec<Listener>>);

/// A cycle that was asked for and waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) audience: Audience,
    /// Whether any of those who wait wants everybody looked at.
    initial: AtomicBool,
}

/// One who listens.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    /// Where to.
    pub(super) events: UnboundedSender<Event>,
    /// Whether the requests are to be told as well.
    pub(super) trace: bool,
}

impl Audience {
    /// The audience of one.
    pub(super) fn of(listener: Listener) -> Self {
        Self(Mutex::new(vec![listener]))
    }

    /// One more.
    pub(super) fn join(&self, listener: Listener) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Whether anybody wants to know of the requests.
    pub(super) fn wants_trace(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|listener| listener.trace)
    }

    /// Tells everybody who wants to know. One who hung up is no reason to fail.
    pub(super) fn tell(&self, event: &Event) {
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_trace = matches!(event, Event::Trace(_));
        for listener in listeners.iter().filter(|listener| listener.trace || !is_trace) {
            let _ = listener.events.send(event.clone());
        }
    }
}

impl Observer for Audience {
    fn progress(&self, progress: &Progress) {
        let Progress { job, phase, done, total, .. } = progress;
        self.tell(&Event::Progress { job: job.clone(), phase: phase.name().to_owned(), done: *done, total: *total });
    }
}

impl TraceSink for Audience {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        self.tell(&Event::Trace(Box::new(entry.clone())));
        Ok(())
    }
}

impl TraceSink for Waiting {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        self.audience.record(entry)
    }
}

impl Service {
    /// Joins those who wait for the next cycle of a job; the first of them (`Some`) is to run it.
    pub(super) fn join_or_lead(
        &self,
        name: &str,
        listener: Listener,
        initial: bool,
    ) -> Result<Option<Arc<Waiting>>, ServiceError> {
        let mut slot = self.turns(name)?.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = slot.as_ref() {
            waiting.audience.join(listener);
            waiting.initial.fetch_or(initial, Ordering::Relaxed);
            return Ok(None);
        }
        let waiting = Arc::new(Waiting { audience: Audience::of(listener), initial: AtomicBool::new(initial) });
        *slot = Some(waiting.clone());
        Ok(Some(waiting))
    }

    /// Waits for the cycle that may be running, and runs the one that those of `waiting` share. Who comes later waits for
    /// another one.
    pub(super) async fn shared_cycle(
        &self,
        name: &str,
        waiting: &Arc<Waiting>,
        stop: &CancellationToken,
    ) -> Result<CycleResult, ServiceError> {
        let turns = self.turns(name)?;
        let _turn = turns.cycle.lock().await;
        turns.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let trace = if waiting.audience.wants_trace() { Trace::to(waiting.clone()) } else { Trace::off() };
        let order = SyncOrder { initial: waiting.initial.load(Ordering::Relaxed), trace };
        self.run_cycle(name, order, &waiting.audience, stop).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chance::Chance, clock::SystemClock, config};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    /// A service of one job, to whose target no connection can be opened.
    fn service(folder: &std::path::Path) -> Service {
        let text = "[directory]\n[[jobs]]\nname = \"scim\"\nmapping = \"scim\"\nanonymous = true\n\
                    tenant_url = \"http://127.0.0.1:1/scim\"\n";
        let (settings, _) = config::parse("scimulator.toml", text, folder).unwrap();
        Service::open(settings, "test", Arc::new(SystemClock), Arc::new(Chance::seeded(1))).unwrap()
    }

    fn listener(trace: bool) -> (Listener, UnboundedReceiver<Event>) {
        let (events, queue) = unbounded_channel();
        (Listener { events, trace }, queue)
    }

    #[tokio::test]
    async fn requests_that_wait_share_one_cycle_and_who_comes_after_its_begin_leads_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let service = service(folder.path());
        let ((first, mut one), (second, mut other)) = (listener(false), listener(true));
        let waiting = service.join_or_lead("scim", first, false).unwrap().expect("the first one leads");
        assert!(service.join_or_lead("scim", second, true).unwrap().is_none());
        let result = service.shared_cycle("scim", &waiting, &CancellationToken::new()).await.unwrap();
        assert_eq!(result.kind.name(), "initial");
        waiting.audience.tell(&Event::Result(Box::new(result)));
        let told = |queue: &mut UnboundedReceiver<Event>| {
            let (mut traced, mut results) = (0, 0);
            while let Ok(event) = queue.try_recv() {
                traced += usize::from(matches!(event, Event::Trace(_)));
                results += usize::from(matches!(event, Event::Result(_)));
            }
            (traced > 0, results)
        };
        assert_eq!((told(&mut one), told(&mut other)), ((false, 1), (true, 1)));
        let (third, _) = listener(false);
        assert!(service.join_or_lead("scim", third, false).unwrap().is_some());
    }

    #[tokio::test]
    async fn a_cycle_whose_turn_comes_after_the_order_to_stop_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let service = service(folder.path());
        let (one, _) = listener(true);
        let waiting = service.join_or_lead("scim", one, false).unwrap().expect("the first one leads");
        let stop = CancellationToken::new();
        stop.cancel();
        let refused = service.shared_cycle("scim", &waiting, &stop).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the cycle was not begun, for the program that runs the cycles was told to stop"
        );
        assert!(!refused.is_refusal(), "nothing is to be mended");
        assert_eq!(service.engine.store.read(|tables| tables.job("scim")).await.unwrap(), None);
    }
}
