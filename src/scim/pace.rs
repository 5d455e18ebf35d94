//! How fast a job may send.
//!
//! Two things slow a job down: the rate that its configuration sets, and a target that answers 429. Both concern all
//! requests of the job. Every request asks for a moment to leave at; moments are given out in the order of asking,
//! apart by the set rate. A 429 moves them all behind the time the target asked for, and thereafter apart by ten
//! milliseconds, twice as much with each further 429, up to some seconds; twenty answers in a row that are no 429 halve
//! it again. So requests that wait are not sent in vain, and do not use up their repeats.
//!
//! Whoever is to stop waits for no server: while a 429 holds everything back, nothing of the job is in the air that the wait
//! would be for. The set rate is waited for all the same, so that objects in hand are finished.
//!
//! All waiting is on the job's clock. Source: `spec/WIRE.md` §7 (429), `spec/ENGINE.md` §5 (`requests_per_second`).

use crate::clock::Clock;
use jiff::{Timestamp, Zoned, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The longest wait that a target's `Retry-After` can ask for.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The distance between requests after the first 429.
const FIRST_SPACING: Duration = Duration::from_millis(10);

/// The largest distance between requests that a 429 brings about.
const LARGEST_SPACING: Duration = Duration::from_millis(2560);

/// How many answers in a row without a 429 halve the distance.
const GOOD_ANSWERS: u32 = 20;

/// Gives out the moments at which a job's requests leave.
#[derive(Debug)]
pub struct Pace {
    /// The distance that the configured rate demands.
    interval: Duration,
    /// What the target is called where a wait is told of.
    target: String,
    state: Mutex<State>,
}

/// What all requests of a job share.
#[derive(Debug)]
struct State {
    /// The moment that the next request gets, if it is not past.
    next: Timestamp,
    /// Nothing leaves before this.
    not_before: Timestamp,
    /// The distance that 429 answers brought about.
    spacing: Duration,
    /// Answers since the last 429 or the last change of the distance.
    good: u32,
    /// How often a 429 put everything off: moments given out before the last time are void.
    round: u64,
}

/// The permission to send one request, to be handed back with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Admission {
    round: u64,
}

impl Pace {
    /// A pace of at most this many requests a second; unlimited when unset or not a positive number.
    pub fn new(requests_per_second: Option<f64>) -> Self {
        let interval = requests_per_second
            .filter(|rate| *rate > 0.0)
            .and_then(|rate| Duration::try_from_secs_f64(rate.recip()).ok())
            .unwrap_or_default();
        let state =
            State { next: Timestamp::MIN, not_before: Timestamp::MIN, spacing: Duration::ZERO, good: 0, round: 0 };
        Self { interval, target: "the target".to_owned(), state: Mutex::new(state) }
    }

    /// The same pace, before a target of this name.
    #[must_use]
    pub fn before(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// Waits until the next request may leave; none: a 429 holds it back, and `stop` was cancelled.
    pub async fn admit(&self, clock: &dyn Clock, stop: &CancellationToken) -> Option<Admission> {
        let mut given: Option<(Timestamp, u64)> = None;
        loop {
            let (wait, held_back) = {
                let mut state = self.state();
                let now = clock.now();
                let moment = match given {
                    Some((moment, round)) if round == state.round => moment,
                    _ => {
                        let moment = now.max(state.next).max(state.not_before);
                        state.next = later(moment, self.interval.max(state.spacing));
                        moment
                    }
                };
                given = Some((moment, state.round));
                if moment <= now {
                    return Some(Admission { round: state.round });
                }
                let wait = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
                (wait, now < state.not_before)
            };
            tokio::select! {
                biased;
                () = stop.cancelled(), if held_back => return None,
                () = clock.sleep(wait) => {}
            }
        }
    }

    /// The target answered 429: nothing leaves for `wait` from `now`, and thereafter the job goes more slowly.
    pub fn throttled(&self, admission: Admission, now: Timestamp, wait: Duration) {
        let mut state = self.state();
        let until = later(now, wait);
        let current = admission.round == state.round;
        if current {
            // Told once for all requests that were under way.
            if !wait.is_zero() {
                tracing::warn!("{} answers 429: the job waits {} s", self.target, wait.as_secs());
            }
            state.spacing = (state.spacing * 2).clamp(FIRST_SPACING, LARGEST_SPACING);
        }
        if current || until > state.not_before {
            state.round += 1;
            state.not_before = until.max(state.not_before);
            state.next = state.not_before;
        }
        state.good = 0;
    }

    /// The target answered something other than 429.
    pub fn answered(&self) {
        let mut state = self.state();
        if state.spacing.is_zero() {
            return;
        }
        state.good += 1;
        if state.good >= GOOD_ANSWERS {
            state.good = 0;
            state.spacing = if state.spacing > FIRST_SPACING { state.spacing / 2 } else { Duration::ZERO };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a 429 asks to wait: its `Retry-After`, seconds or an HTTP date, at most [`LONGEST_RETRY_AFTER`]; without
/// one, or with one that is unreadable or past, 1, 2, 4.. s after the first, second, third.. 429 (`repeats` before it).
pub fn retry_after(header: Option<&str>, now: Timestamp, repeats: u32) -> Duration {
    let asked = header.map(str::trim).and_then(|text| {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs));
        }
        let date = http_date(text)?;
        Duration::try_from(date.duration_since(now)).ok().filter(|wait| !wait.is_zero())
    });
    let doubled = || Duration::from_secs(2_u64.saturating_pow(repeats));
    asked.unwrap_or_else(doubled).min(LONGEST_RETRY_AFTER)
}

/// Reads the three forms of an HTTP date (RFC 9110 §5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = rfc2822::parse(text) {
        return Some(Zoned::timestamp(&date));
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].into_iter().find_map(|format| {
        let date = DateTime::strptime(format, text).ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|date| date.timestamp())
    })
}

/// `moment` plus `duration`; the end of time at most.
fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Admission, Pace, retry_after};
    use crate::clock::{Clock, ManualClock};
    use jiff::Timestamp;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    fn start() -> Timestamp {
        "2026-11-20T07:00:00Z".parse().unwrap()
    }

    /// The milliseconds after the start at which the next `count` requests leave.
    async fn departures(pace: &Pace, clock: &ManualClock, count: usize) -> Vec<i64> {
        let mut moments = Vec::new();
        for _ in 0..count {
            admitted(pace, clock).await;
            pace.answered();
            moments.push(clock.now().as_millisecond() - start().as_millisecond());
        }
        moments
    }

    /// Waits for a permission as long as it takes.
    async fn admitted(pace: &Pace, clock: &ManualClock) -> Admission {
        pace.admit(clock, &CancellationToken::new()).await.expect("nobody stops")
    }

    #[tokio::test]
    async fn whoever_is_to_stop_waits_for_the_set_rate_and_not_for_a_server() {
        let clock = ManualClock::at(start());
        let pace = Pace::new(Some(2.0));
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(pace.admit(&clock, &stop).await.is_some());
        let second = pace.admit(&clock, &stop).await;
        assert_eq!(clock.now(), start() + Duration::from_millis(500));
        pace.throttled(second.expect("the set rate is waited for"), clock.now(), Duration::from_secs(3));
        assert!(pace.admit(&clock, &stop).await.is_none());
        assert_eq!(clock.now(), start() + Duration::from_millis(500));
        clock.advance(Duration::from_secs(3));
        assert!(pace.admit(&clock, &stop).await.is_some());
    }

    #[tokio::test]
    async fn without_a_rate_nothing_waits() {
        let clock = ManualClock::at(start());
        assert_eq!(departures(&Pace::new(None), &clock, 3).await, [0, 0, 0]);
        assert_eq!(departures(&Pace::new(Some(0.0)), &clock, 2).await, [0, 0]);
        assert_eq!(departures(&Pace::new(Some(f64::NAN)), &clock, 2).await, [0, 0]);
    }

    #[tokio::test]
    async fn a_rate_of_twenty_five_is_a_request_every_forty_milliseconds() {
        let clock = ManualClock::at(start());
        assert_eq!(departures(&Pace::new(Some(25.0)), &clock, 4).await, [0, 40, 80, 120]);
    }

    #[tokio::test]
    async fn idle_time_is_not_saved_up() {
        let clock = ManualClock::at(start());
        let pace = Pace::new(Some(2.0));
        assert_eq!(departures(&pace, &clock, 1).await, [0]);
        clock.advance(Duration::from_secs(10));
        assert_eq!(departures(&pace, &clock, 2).await, [10_000, 10_500]);
    }

    #[tokio::test]
    async fn a_429_holds_everything_back_and_then_spreads_it() {
        let clock = ManualClock::at(start());
        let pace = Pace::new(None);
        let admission = admitted(&pace, &clock).await;
        pace.throttled(admission, clock.now(), Duration::from_secs(3));
        assert_eq!(departures(&pace, &clock, 3).await, [3000, 3010, 3020]);
    }

    #[tokio::test]
    async fn a_429_to_a_request_sent_before_the_slowdown_does_not_slow_it_twice() {
        let clock = ManualClock::at(start());
        let pace = Pace::new(None);
        let (first, second) = (admitted(&pace, &clock).await, admitted(&pace, &clock).await);
        pace.throttled(first, clock.now(), Duration::from_secs(1));
        pace.throttled(second, clock.now(), Duration::from_secs(2));
        assert_eq!(departures(&pace, &clock, 2).await, [2000, 2010]);
        let third = admitted(&pace, &clock).await;
        pace.throttled(third, clock.now(), Duration::ZERO);
        assert_eq!(departures(&pace, &clock, 3).await, [2020, 2040, 2060]);
    }

    #[tokio::test]
    async fn twenty_good_answers_lift_the_slowdown() {
        let clock = ManualClock::at(start());
        let pace = Pace::new(None);
        let admission = admitted(&pace, &clock).await;
        pace.throttled(admission, clock.now(), Duration::ZERO);
        let moments = departures(&pace, &clock, 23).await;
        assert_eq!(moments[..3], [0, 10, 20]);
        assert_eq!(moments[19..], [190, 200, 200, 200]);
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_in_any_form_of_an_http_date() {
        let wait = |header: &str| retry_after(Some(header), start(), 0).as_secs();
        assert_eq!(wait("0"), 0);
        assert_eq!(wait(" 17 "), 17);
        assert_eq!(wait("Fri, 20 Nov 2026 07:00:30 GMT"), 30);
        assert_eq!(wait("Friday, 20-Nov-26 07:00:31 GMT"), 31);
        assert_eq!(wait("Fri Nov 20 07:00:32 2026"), 32);
    }

    #[test]
    fn retry_after_is_five_minutes_at_most() {
        for header in ["301", "99999999999999999999999", "Sat, 21 Nov 2026 07:00:00 GMT"] {
            assert_eq!(retry_after(Some(header), start(), 0), Duration::from_secs(300), "{header}");
        }
    }

    #[test]
    fn without_a_usable_retry_after_the_wait_doubles() {
        let waits = |header| (0..5).map(|repeats| retry_after(header, start(), repeats).as_secs()).collect::<Vec<_>>();
        assert_eq!(waits(None), [1, 2, 4, 8, 16]);
        assert_eq!(waits(Some("soon")), [1, 2, 4, 8, 16]);
        assert_eq!(waits(Some("Fri, 20 Nov 2026 06:59:59 GMT")), [1, 2, 4, 8, 16]);
        assert_eq!(waits(Some("-3")), [1, 2, 4, 8, 16]);
    }
}
