//! Virtual time: it moves only when every activity sleeps on it.
//!
//! Whatever runs under [`VirtualClock::run`] shares one thread. When nothing on it can go on, and nothing that another thread
//! works at is in progress ([`Clock::hold`]), the clock moves to the moment at which the first sleeper wants to wake, and
//! wakes that one alone; the next one, also of the same moment, only when all is quiet again. So what happens at one moment
//! happens one thing after the other, in the order in which the sleepers lay down, on every run alike.
//!
//! *Limit*: an activity that waits for something outside of the process (a socket, a timer of the async runtime) without a
//! hold counts as quiet. The async runtime's own paused clock does not do: it jumps while another thread works.
//!
//! Source: `spec/HEALTH.md` §4.

use super::{Clock, Hold};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

/// A clock whose time is made by those who sleep on it. Clones share it.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    face: Arc<Mutex<Face>>,
    holds: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Face {
    now: Timestamp,
    /// How many have lain down so far.
    laid_down: u64,
    sleepers: BTreeMap<Turn, Waker>,
}

/// When a sleeper wakes, and who goes first of those who wake at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    moment: Timestamp,
    rank: Rank,
    number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    BeforeOthers,
    InTurn,
}

impl VirtualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        let face = Face { now, laid_down: 0, sleepers: BTreeMap::new() };
        Self { face: Arc::new(Mutex::new(face)), holds: Arc::default() }
    }

    /// Runs `work`, and whatever it spawns, to the end of `work`, in a runtime of its own whose quiet moves this clock. It must
    /// not be called on a thread of another runtime.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> io::Result<T> {
        let clock = self.clone();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // The thread parks when nothing on it can go on: the only moment that is quiet.
        let runtime = runtime.enable_all().on_thread_park(move || clock.all_is_quiet()).build()?;
        Ok(runtime.block_on(work))
    }

    /// Ends at `moment`, before anybody else who wakes then goes on.
    pub fn before_others_at(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(self.sleeper(moment, Rank::BeforeOthers))
    }

    fn sleeper(&self, moment: Timestamp, rank: Rank) -> Sleeper {
        let mut face = self.face();
        face.laid_down += 1;
        let turn = Turn { moment, rank, number: face.laid_down };
        Sleeper { clock: self.clone(), turn, state: Sleep::NotYet }
    }

    /// Moves to the first sleeper's moment and wakes it, unless something is in progress elsewhere.
    fn all_is_quiet(&self) {
        if self.holds.load(Ordering::Acquire) > 0 {
            return;
        }
        let first = {
            let mut face = self.face();
            let first = face.sleepers.pop_first();
            if let Some((turn, _)) = &first {
                face.now = face.now.max(turn.moment);
            }
            first
        };
        if let Some((_, waker)) = first {
            waker.wake();
        }
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.face().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let moment = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        Box::pin(self.sleeper(moment, Rank::InTurn))
    }

    fn hold(&self) -> Hold {
        Hold::of(&self.holds)
    }
}

/// One who sleeps. Whoever is dropped sleeps no more.
struct Sleeper {
    clock: VirtualClock,
    turn: Turn,
    state: Sleep,
}

#[derive(PartialEq, Eq)]
enum Sleep {
    NotYet,
    Deep,
    Over,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut face = this.clock.face();
        // The clock takes out whom it wakes.
        if this.state == Sleep::Over || (this.state == Sleep::Deep && !face.sleepers.contains_key(&this.turn)) {
            this.state = Sleep::Over;
            return Poll::Ready(());
        }
        face.sleepers.insert(this.turn, context.waker().clone());
        this.state = Sleep::Deep;
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.face().sleepers.remove(&self.turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn start() -> Timestamp {
        "2026-03-02T00:00:00Z".parse().unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3600);

    /// What was noted, each with the minutes since the start.
    #[derive(Clone)]
    struct Notes(VirtualClock, Arc<Mutex<Vec<String>>>);

    impl Notes {
        fn new() -> Self {
            Self(VirtualClock::at(start()), Arc::default())
        }

        fn note(&self, what: &str) {
            let minutes = self.0.now().duration_since(start()).as_mins();
            self.1.lock().unwrap().push(format!("{minutes} {what}"));
        }

        fn taken(self) -> Vec<String> {
            std::mem::take(&mut *self.1.lock().unwrap())
        }
    }

    #[test]
    fn twenty_eight_days_pass_as_soon_as_everybody_sleeps() {
        let clock = VirtualClock::at(start());
        clock.run(clock.sleep(28 * 24 * HOUR)).unwrap();
        assert_eq!(clock.now(), start() + SignedDuration::from_hours(28 * 24));
    }

    #[test]
    fn sleepers_wake_in_the_order_of_their_moments_whoever_lay_down_first() {
        let notes = Notes::new();
        let woken = |hours: u32, name: &'static str| {
            let notes = notes.clone();
            tokio::spawn(async move {
                notes.0.sleep(HOUR * hours).await;
                notes.note(name);
            })
        };
        let all = async { tokio::join!(woken(3, "third"), woken(1, "first"), woken(2, "second")) };
        let (third, first, second) = notes.0.run(all).unwrap();
        assert!(third.and(first).and(second).is_ok());
        assert_eq!(notes.taken(), ["60 first", "120 second", "180 third"]);
    }

    #[test]
    fn who_wakes_at_one_moment_goes_on_one_after_the_other_until_each_sleeps_again() {
        let notes = Notes::new();
        let walk = |name: &'static str| {
            let notes = notes.clone();
            tokio::spawn(async move {
                for step in 1..=2 {
                    notes.0.sleep(HOUR).await;
                    for half in ["begins", "ends"] {
                        notes.note(&format!("{name} {half} step {step}"));
                        tokio::task::yield_now().await;
                    }
                }
            })
        };
        let (one, other) = notes.0.run(async { tokio::join!(walk("one"), walk("other")) }).unwrap();
        assert!(one.and(other).is_ok());
        let expected = [
            "60 one begins step 1",
            "60 one ends step 1",
            "60 other begins step 1",
            "60 other ends step 1",
            "120 one begins step 2",
            "120 one ends step 2",
            "120 other begins step 2",
            "120 other ends step 2",
        ];
        assert_eq!(notes.taken(), expected);
    }

    #[test]
    fn what_another_thread_works_at_holds_the_time_still_and_no_time_out_fires() {
        let clock = VirtualClock::at(start());
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let work = async {
            let held = clock.hold();
            let elsewhere = tokio::task::spawn_blocking(move || finished.blocking_recv());
            // The runtime's thread has nothing to do while the other one works; only then is the work allowed to end.
            std::thread::spawn(move || {
                std::thread::yield_now();
                finish.send(())
            });
            let ended = tokio::select! {
                ended = elsewhere => ended.is_ok(),
                () = clock.sleep(HOUR) => false,
            };
            drop(held);
            ended
        };
        assert!(clock.run(work).unwrap(), "the time-out came first");
        assert_eq!(clock.now(), start());
    }

    #[test]
    fn a_sleep_that_is_given_up_moves_nothing() {
        let clock = VirtualClock::at(start());
        let work = async {
            tokio::select! {
                () = clock.sleep(HOUR) => {}
                () = clock.sleep(24 * HOUR) => {}
            }
            clock.sleep(HOUR).await;
        };
        clock.run(work).unwrap();
        assert_eq!(clock.now(), start() + SignedDuration::from_hours(2));
    }

    #[test]
    fn who_asks_for_it_goes_on_before_others_of_the_same_moment() {
        let notes = Notes::new();
        let work = async {
            let other = notes.0.sleep(HOUR);
            let first = notes.0.before_others_at(start() + SignedDuration::from_hours(1));
            tokio::join!(
                async {
                    other.await;
                    notes.note("others");
                },
                async {
                    first.await;
                    notes.note("first");
                }
            )
        };
        notes.0.run(work).unwrap();
        assert_eq!(notes.taken(), ["60 first", "60 others"]);
    }
}
