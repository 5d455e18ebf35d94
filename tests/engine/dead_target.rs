//! Targets that die in mid-cycle. Source: `spec/HEALTH.md` §2, last paragraph.

use super::{
    lines::*,
    wiretap::Fault,
    world::{Synced, World},
};
use futures_util::FutureExt as _;
use scimulator::{
    engine::CycleState,
    health::{HealthRules, quarantine::Reason},
};
use serde_json::json;

/// The usual number of requests without an answer.
const MANY: usize = 20;

/// A world in which 30 users are provisioned, and all of them change.
async fn with_thirty_changes(rules: HealthRules) -> (World, Vec<String>) {
    let mut world = World::with(|setup| setup.rules = rules);
    let names: Vec<_> = (10..40).map(|number| format!("user{number}")).collect();
    let short: Vec<_> = names.iter().map(String::as_str).collect();
    world.assigned_users(&short);
    world.sync().await;
    for name in &short {
        world.change(name, &json!({"displayName": "Somebody"}));
    }
    world.import().await.unwrap();
    (world, names)
}

/// From the first read of a user on, nothing is answered but by `fault`.
fn dies(world: &World, fault: Fault) {
    let wiretap = world.wiretap.clone();
    world
        .wiretap
        .meanwhile(&["GET /Users/{user10}"], move || async move { wiretap.plant(&["/Users"], fault, None) }.boxed());
}

fn code(synced: &Synced) -> Option<&str> {
    synced.result.error.as_ref().map(|error| error.code.as_str())
}

fn reason(synced: &Synced) -> Option<Reason> {
    synced.result.quarantine.as_ref().map(|quarantine| quarantine.reason)
}

#[tokio::test]
async fn after_20_requests_without_an_answer_the_probe_is_repeated_and_the_cycle_stops() {
    let (world, names) = with_thirty_changes(HealthRules::default()).await;
    let began = world.present();
    dies(&world, Fault::Silence);
    let dead = world.cycle().await;
    let expected = names.iter().take(MANY).map(|name| read_user(name)).chain([probe()]);
    assert_eq!(dead.after_probe(), expected.collect::<Vec<_>>());
    assert_eq!((dead.result.state, code(&dead), reason(&dead)), (CycleState::Failed, Some("Timeout"), None));
    assert_eq!(world.present().duration_since(began).as_secs(), 21 * 100);
    assert_eq!(dead.result.counts.failure, 20);

    world.wiretap.heal();
    let resumed = world.cycle().await;
    assert_eq!(resumed.result.cycle_id, dead.result.cycle_id);
    assert_eq!((resumed.result.state, resumed.result.counts.failure), (CycleState::Succeeded, 0));
    let rest = names.iter().skip(MANY).flat_map(|name| [read_user(name), replace(name, "displayName", "Somebody")]);
    assert_eq!(resumed.after_probe(), rest.collect::<Vec<_>>());
    let retried = world.cycle().await;
    let first = names.iter().take(MANY).flat_map(|name| [read_user(name), replace(name, "displayName", "Somebody")]);
    assert_eq!(retried.after_probe(), first.collect::<Vec<_>>());
    assert_eq!(world.cycle().await.requests, [probe()]);
}

#[tokio::test]
async fn a_target_that_is_gone_altogether_puts_the_job_into_quarantine() {
    let (world, _) = with_thirty_changes(HealthRules::default()).await;
    dies(&world, Fault::Refuse);
    let dead = world.cycle().await;
    assert_eq!(
        (dead.result.state, reason(&dead)),
        (CycleState::Quarantine, Some(Reason::EncounteredQuarantineException))
    );
    // A connection that never opened is tried twice.
    assert_eq!(dead.result.counts.failure, 10);
}

#[tokio::test]
async fn a_target_that_answers_the_probe_is_given_the_rest_of_the_cycle() {
    let (world, names) = with_thirty_changes(HealthRules { unanswered: 2, ..HealthRules::default() }).await;
    world.always(&["GET /Users/"], Fault::Break);
    let cycle = world.cycle().await;
    let expected = names.chunks(2).flat_map(|two| [read_user(&two[0]), read_user(&two[1]), probe()]);
    assert_eq!(cycle.after_probe(), expected.collect::<Vec<_>>());
    assert_eq!((cycle.result.state, code(&cycle)), (CycleState::EntryLevelErrors, None));
}

#[tokio::test]
async fn an_answer_between_two_silences_begins_the_count_anew() {
    let (world, names) = with_thirty_changes(HealthRules { unanswered: 2, ..HealthRules::default() }).await;
    world.always(&["PATCH"], Fault::Break);
    let cycle = world.cycle().await;
    let expected = names.iter().flat_map(|name| [read_user(name), replace(name, "displayName", "Somebody")]);
    assert_eq!(cycle.after_probe(), expected.collect::<Vec<_>>());
}
