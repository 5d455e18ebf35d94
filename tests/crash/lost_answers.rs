//! One answer in ten is lost, now and then the program is killed, and the company changes all the while: at the end nothing
//! is missing, nothing is there twice, and nobody is active who should not be.
//!
//! The application carries every request out and closes the connection without an answer, so that the outcome of creates,
//! updates, disables, deletes and memberships is unknown while people are renamed, leave, come back and are hired again. At
//! last the answers come through again and the job is restarted. Then exactly those are active who should be; and both
//! applications, this one and that of a program that never missed an answer, hold the same of them. Three things are not
//! compared: what an account held when it was disabled, and whom it had as its manager when somebody took it over who names
//! none, for that depends on the answers; and who got a name that several people wanted, where names are contended.

use super::{
    application::{Losing, Moment, Plan},
    content::Content,
    history::History,
    seed::Seed,
    victim::Victim,
    workplace::{Dialect, Workplace},
};
use scimulator::chance::Chance;
use std::sync::Arc;

/// The number of the request at which the program is killed, at most.
const REQUESTS: usize = 12;
/// How many cycles after the restart are enough to try again whatever failed.
const CYCLES: usize = 2;

/// Lets the program live through so many days with losses.
fn lost(seed: u64, dialect: Dialect, losing: Losing, days: usize) {
    let source = tempfile::tempdir().unwrap();
    let contended = losing == Losing::Writes;
    let [lossy, whole] = [(); 2].map(|()| Workplace::new(source.path(), dialect, if contended { 1 } else { 4 }));
    let mut history = History::of(seed, contended);
    let chance = Chance::seeded(seed);
    let mut story = history.told();
    for day in 0..days {
        history.company.write(source.path());
        whole.sync_whole();
        for _ in 0..=chance.below(2) {
            story.push(sync_with_losses(&lossy, losing, &chance));
            story.push(lossy.requests());
            if let Err(error) = Content::of(&lossy.application) {
                panic!("{}\n{error}", story.join("\n"));
            }
        }
        story.push(format!("day {day} ends"));
        story.extend(history.day());
    }
    history.company.write(source.path());
    for place in [&lossy, &whole] {
        place.sync_whole();
        place.restart();
        for _ in 0..CYCLES {
            place.sync_whole();
        }
    }
    let [mut held, mut expected] = [&lossy, &whole].map(Workplace::content);
    let checked = held.check(&history.company, contended);
    for content in [&mut held, &mut expected] {
        content.forget_the_past(&history.company);
    }
    let differences = held.differences(&expected);
    let verdict = if contended || differences.is_empty() { checked } else { Err(differences.join("\n")) };
    if let Err(error) = verdict {
        panic!("{}\n{}\n{error}", story.join("\n"), lossy.requests());
    }
}

/// Runs the program once, mostly with lost answers, else killed at some request. Returns which it was.
fn sync_with_losses(place: &Workplace, losing: Losing, chance: &Chance) -> String {
    let victim = Arc::<Victim>::default();
    let (plan, how) = if chance.below(4) == 0 {
        let moment = if chance.below(2) == 0 { Moment::Before } else { Moment::After };
        let request = 1 + chance.below(REQUESTS);
        (Plan::Kill { request, moment, victim: victim.clone() }, format!("killed at request {request}, {moment:?}"))
    } else {
        let seed = u64::try_from(chance.below(usize::MAX)).unwrap();
        (Plan::Lose { which: losing, chance: Box::new(Chance::seeded(seed)) }, "answers lost".to_owned())
    };
    place.sync(&victim, plan);
    how
}

#[test]
fn a_few_lost_answers_lose_nothing_else() {
    let seed = Seed::of("a_few_lost_answers_lose_nothing_else");
    lost(seed.part(0), Dialect::Legacy, Losing::Writes, 4);
    lost(seed.part(1), Dialect::Compliant, Losing::Any, 4);
}

#[test]
#[ignore = "takes minutes"]
fn many_lost_answers_lose_nothing_else() {
    let seed = Seed::of("many_lost_answers_lose_nothing_else");
    for part in 0..2 {
        lost(seed.part(4 * part), Dialect::Legacy, Losing::Writes, 12);
        lost(seed.part(4 * part + 1), Dialect::Compliant, Losing::Writes, 12);
        lost(seed.part(4 * part + 2), Dialect::Legacy, Losing::Any, 12);
        lost(seed.part(4 * part + 3), Dialect::Compliant, Losing::Any, 12);
    }
}
