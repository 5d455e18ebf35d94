//! The program is killed at any request, and carries on: at the end everything is as if it had not been.
//!
//! Two places provision the same company. In the one the program is killed again and again, at a request of the plan's
//! choice, before or after that is carried out, or at any time at all; in the other it never is. Changes come between
//! cycles that were completed. After each day's cycle both applications hold the same.

use super::{
    application::{Moment, Plan},
    history::History,
    seed::Seed,
    victim::Victim,
    workplace::{Dialect, Workplace},
};
use scimulator::chance::Chance;
use std::{os::unix::process::ExitStatusExt as _, sync::Arc, time::Duration};

/// The time after which the program is killed, in milliseconds, at most.
const MILLISECONDS: usize = 120;
/// SIGKILL.
const KILL: i32 = 9;

/// How often the program is to be killed.
#[derive(Clone, Copy)]
struct Kills {
    /// At a request.
    requests: usize,
    /// At a time.
    times: usize,
}

/// Lets the program live through as many days as it takes to be killed that often.
fn killed(seed: u64, dialect: Dialect, max_in_flight: usize, kills: Kills) {
    let source = tempfile::tempdir().unwrap();
    let [killed, whole] = [(); 2].map(|()| Workplace::new(source.path(), dialect, max_in_flight));
    let contended = max_in_flight == 1;
    let mut history = History::of(seed, contended);
    let chance = Chance::seeded(seed);
    let mut left = kills;
    let mut told = history.told();
    loop {
        history.company.write(source.path());
        let mut requests = whole.sync_whole();
        while let Some((how, sent)) = next_kill(&mut left, requests, &chance, &killed) {
            requests = requests.saturating_sub(sent - 1).max(2);
            told.push(how);
        }
        // A program that is killed after its last request may have completed the cycle, and then begins another one.
        while whole.cycles() < killed.cycles() {
            whole.sync_whole();
        }
        let (held, expected) = (killed.content(), whole.content());
        let differences = held.differences(&expected);
        let verdict =
            if differences.is_empty() { held.check(&history.company, contended) } else { Err(differences.join("\n")) };
        if let Err(error) = verdict {
            let (day, requests, expected) = (told.join("\n"), killed.requests(), whole.requests());
            panic!("{error}\nthe day:\n{day}\nrequests:\n{requests}instead of\n{expected}");
        }
        if left.requests + left.times == 0 {
            return;
        }
        let _ = (killed.requests(), whole.requests());
        told = history.day();
    }
}

/// Runs the program on a cycle that is expected to have so many `requests`, and kills it in most cases. Returns how it was
/// killed, and how many requests it sent; none: the cycle was completed.
fn next_kill(left: &mut Kills, requests: usize, chance: &Chance, place: &Workplace) -> Option<(String, usize)> {
    let victim = Arc::<Victim>::default();
    let by_time = chance.below(left.requests + left.times) < left.times;
    let (plan, how) = if left.requests + left.times == 0 || chance.below(10) == 0 {
        (Plan::Answer, "not killed".to_owned())
    } else if by_time {
        let time = chance.below(MILLISECONDS);
        victim.kill_after(Duration::from_millis(u64::try_from(time).unwrap()));
        (Plan::Answer, format!("killed after {time} ms"))
    } else {
        let request = 1 + chance.below(requests);
        let moment = if chance.below(2) == 0 { Moment::Before } else { Moment::After };
        (Plan::Kill { request, moment, victim: victim.clone() }, format!("killed at request {request}, {moment:?}"))
    };
    let (ended, sent) = place.sync(&victim, plan);
    place.content();
    if ended.status.signal() == Some(KILL) {
        *(if by_time { &mut left.times } else { &mut left.requests }) -= 1;
        return Some((how, sent.max(1)));
    }
    assert!(matches!(ended.status.code(), Some(0 | 1)), "{how}: {}: {}", ended.status, ended.said);
    None
}

#[test]
fn a_program_that_is_killed_now_and_then_ends_where_one_that_never_is_does() {
    let seed = Seed::of("a_program_that_is_killed_now_and_then");
    killed(seed.part(0), Dialect::Legacy, 1, Kills { requests: 12, times: 1 });
    killed(seed.part(1), Dialect::Compliant, 4, Kills { requests: 12, times: 1 });
}

#[test]
#[ignore = "takes minutes"]
fn a_program_that_is_killed_220_times_ends_where_one_that_never_is_does() {
    let seed = Seed::of("a_program_that_is_killed_220_times");
    for (part, dialect, max_in_flight) in
        [(0, Dialect::Legacy, 1), (1, Dialect::Compliant, 1), (2, Dialect::Legacy, 4), (3, Dialect::Compliant, 4)]
    {
        killed(seed.part(part), dialect, max_in_flight, Kills { requests: 50, times: 5 });
    }
}
