//! Cycles that are interrupted, and what comes of them. Source: `spec/ENGINE.md` §3, §10.

use super::{
    lines::*,
    wiretap::Fault,
    world::{JOB, World, refusal},
};
use scimulator::{
    engine::{Counts, CycleKind, CycleState, Reset},
    store::Tables,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// A world with all that a first cycle can have to do.
fn company() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.change("bob", &json!({"manager": "id-cid"}));
    world.users(&["dee"]);
    world.group("Team", &["ann", "dee"]);
    world.group("Crew", &["bob", "Team"]);
    world.assign("Team");
    world.assign("Crew");
    world
}

/// What the application holds, without ids and times.
fn held(world: &World) -> Vec<String> {
    let mut held = world.accounts();
    for name in ["ann", "bob", "cid", "dee"] {
        let manager = world.account(name)[ENTERPRISE]["manager"]["value"].clone();
        held.push(format!("{name} under {}", world.wiretap.named(manager.as_str().unwrap_or("nobody"))));
    }
    for name in ["Team", "Crew"] {
        held.push(format!("{name} {:?}", world.members_of(name)));
    }
    held
}

/// Runs a cycle, interrupts it at its `number`th request, begins another process, and lets it go on. Returns the two
/// cycles' ids, or none if it was over before.
async fn interrupted(world: &mut World, number: usize) -> Option<(String, String)> {
    let stop = CancellationToken::new();
    world.wiretap.stop_at(number, stop.clone());
    let first = world.cycle_until(&stop).await;
    if !first.result.interrupted {
        return None;
    }
    world.reopen();
    let second = world.cycle().await;
    assert!(!second.result.interrupted);
    Some((first.result.cycle_id, second.result.cycle_id))
}

#[tokio::test]
async fn a_cycle_stopped_anywhere_goes_on_in_another_process_with_the_same_id_and_ends_alike() {
    let mut whole = company();
    let requests = whole.sync().await.requests.len();
    let expected = held(&whole);
    let mut stopped = 0;
    for number in 1..=requests {
        let mut world = company();
        world.import().await.unwrap();
        if let Some((first, second)) = interrupted(&mut world, number).await {
            assert_eq!(first, second, "stopped at request {number}");
            stopped += 1;
        }
        assert_eq!(held(&world), expected, "stopped at request {number}");
        assert_eq!(world.sync().await.requests, [probe()], "stopped at request {number}");
    }
    assert!(stopped > requests / 2, "{stopped} of {requests} were stopped before their end");
}

#[tokio::test]
async fn a_resumed_cycle_covers_what_the_directory_held_when_it_began() {
    let mut world = company();
    world.import().await.unwrap();
    let stop = CancellationToken::new();
    world.wiretap.stop_at(2, stop.clone());
    assert!(world.cycle_until(&stop).await.result.interrupted);
    world.assigned_users(&["eve"]);
    world.import().await.unwrap();
    world.reopen();
    let resumed = world.cycle().await;
    assert_eq!(resumed.result.kind, CycleKind::Initial);
    assert!(!resumed.requests.contains(&find_user("eve")));
    assert_eq!(world.cycle().await.after_probe(), [find_user("eve"), create_user("eve", "Eve")]);
}

#[tokio::test]
async fn an_interrupted_incremental_cycle_is_resumed_too() {
    let mut world = company();
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.unassign("cid");
    world.import().await.unwrap();
    let (first, second) = interrupted(&mut world, 2).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(world.account("ann")["displayName"], "Annie");
    assert_eq!(world.account("cid")["active"], false);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn an_interrupted_cycle_whose_mapping_changed_is_closed_and_an_initial_one_begins() {
    let mut world = company();
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.import().await.unwrap();
    let stop = CancellationToken::new();
    world.wiretap.stop_at(2, stop.clone());
    let first = world.cycle_until(&stop).await;
    assert!(first.result.interrupted);
    world.setup.mapping = world.setup.mapping.replacen(
        "{ direct = \"displayName\" }",
        "{ direct = \"displayName\", apply = \"creation\" }",
        1,
    );
    world.reopen();
    let second = world.cycle().await;
    assert_ne!(second.result.cycle_id, first.result.cycle_id);
    assert_eq!(second.result.kind, CycleKind::Initial);
    let cycles = world.read(|tables| tables.cycles(JOB, 10)).await;
    assert!(cycles.iter().all(|cycle| cycle.ended.is_some()));
}

#[tokio::test]
async fn an_interrupted_cycle_of_a_job_that_is_restarted_is_closed_and_an_initial_one_begins() {
    let mut world = company();
    world.import().await.unwrap();
    let stop = CancellationToken::new();
    let users_walked = 1 + 2 * 4;
    world.wiretap.stop_at(users_walked, stop.clone());
    let first = world.cycle_until(&stop).await;
    assert!(first.result.interrupted);
    world.reopen();
    world.restart(&[Reset::Full]).await;
    let second = world.cycle().await;
    assert_ne!(second.result.cycle_id, first.result.cycle_id);
    for name in ["ann", "bob", "cid", "dee"] {
        assert!(second.requests.contains(&find_user(name)), "{name} is matched anew");
        assert_eq!(world.connection(name).await, Some("linked"));
    }
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_cycle_in_which_the_process_is_killed_counts_what_it_did_before() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.import().await.unwrap();
    world.always(&["POST", "ann@"], refusal(400, "no room"));
    world.once(&["POST", "cid@"], Fault::Kill);
    let before = world.killed_cycle().await.len();
    world.wiretap.heal();
    let resumed = world.cycle().await;
    let Counts { create, update, failure, skip, .. } = resumed.result.counts;
    assert_eq!((create, update, failure, skip), (1, 0, 1, 1));
    assert_eq!((before, resumed.after_probe(), resumed.result.requests), (7, [find_user("cid")].as_slice(), 5 + 2));
    assert_eq!(resumed.result.state, CycleState::EntryLevelErrors);
}

#[tokio::test]
async fn a_pause_while_a_cycle_runs_outlives_it() {
    let mut world = company();
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.import().await.unwrap();
    let engine = world.engine().clone();
    world.wiretap.meanwhile(&["PATCH"], move || Box::pin(async move { engine.pause(JOB).await.unwrap() }));
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe().len(), 2);
    let job = world.read(|tables| tables.job(JOB)).await.unwrap();
    assert_eq!(job.schedule_state, "Paused");
}

#[tokio::test]
async fn a_cycle_that_is_being_given_up_when_the_process_ends_does_not_go_on() {
    let mut whole = company();
    whole.sync().await;
    let expected = held(&whole);
    for taken_back in [0, 1, 100] {
        let mut world = company();
        world.import().await.unwrap();
        let stop = CancellationToken::new();
        world.wiretap.stop_at(5, stop.clone());
        let first = world.cycle_until(&stop).await;
        let now = world.present();
        let give_up = move |tables: &Tables| {
            assert!(tables.give_up_cycle(JOB)?);
            if taken_back > 0 { tables.take_back_work(JOB, now, taken_back) } else { Ok(0) }
        };
        world.engine().store.write(give_up).await.unwrap();
        world.reopen();
        let second = world.cycle().await;
        assert_ne!(first.result.cycle_id, second.result.cycle_id);
        assert_eq!(held(&world), expected);
        let states: Vec<_> =
            world.read(|tables| tables.cycles(JOB, 5)).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states.len(), 2);
        assert!(states.contains(&Some("Abandoned".to_owned())), "{states:?}");
        assert_eq!(world.cycle().await.requests, [probe()]);
    }
}
