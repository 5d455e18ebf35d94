//! What each reset scope of a restart forgets, and what it leaves. Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §1.22.

use super::{
    lines::*,
    world::{JOB, World, refusal},
};
use futures_util::FutureExt as _;
use scimulator::{
    engine::{CycleKind, Reset},
    store::{EscrowCounts, EscrowKind, ObjectKind, Tables},
};
use serde_json::json;

/// More escrows than are forgotten in one slice, of objects that are nobody's.
const MANY: i64 = 5_000;

/// Ann, whose change was refused, and bob, who is in step; the job is in quarantine for a token that was refused since.
async fn in_trouble() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.once(&["PATCH"], refusal(400, "no"));
    world.sync().await;
    // The second failure: from now on it is not due for hours.
    world.once(&["PATCH"], refusal(400, "no"));
    world.sync().await;
    world.once(&["random"], refusal(401, "who?"));
    world.cycle().await;
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
    assert_eq!(state(&world).await, ("Active".to_owned(), true, true));
    world
}

/// The schedule's state, whether the job is in quarantine, and whether it has a watermark.
async fn state(world: &World) -> (String, bool, bool) {
    let job = world.read(|tables| tables.job(JOB)).await.unwrap();
    (job.schedule_state, job.quarantine.is_some(), job.watermark.is_some())
}

#[tokio::test]
async fn escrows_are_forgotten_and_nothing_else() {
    let world = in_trouble().await;
    world.restart(&[Reset::Escrows]).await;
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    assert_eq!(state(&world).await, ("Active".to_owned(), true, true));
    assert_eq!(world.cycle().await.requests, [probe()]);
}

#[tokio::test]
async fn the_quarantine_is_lifted_and_nothing_else_and_comes_back_with_its_cause() {
    let world = in_trouble().await;
    world.restart(&[Reset::QuarantineState]).await;
    assert_eq!(state(&world).await, ("Active".to_owned(), false, true));
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
    world.once(&["random"], refusal(401, "who?"));
    assert_eq!(world.cycle().await.requests, [probe()]);
    assert_eq!(state(&world).await, ("Active".to_owned(), true, true));
}

#[tokio::test]
async fn the_watermark_is_forgotten_and_nothing_else() {
    let world = in_trouble().await;
    world.restart(&[Reset::Watermark]).await;
    assert_eq!(state(&world).await, ("Active".to_owned(), true, false));
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
    let next = world.cycle().await;
    assert_eq!(next.result.kind, CycleKind::Initial);
    assert_eq!(next.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie"), read_user("bob")]);
}

#[tokio::test]
async fn the_connections_are_forgotten_and_with_them_the_watermark_and_nothing_else() {
    let world = in_trouble().await;
    world.restart(&[Reset::ConnectorDataStore]).await;
    assert_eq!(state(&world).await, ("Active".to_owned(), true, false));
    assert_eq!(world.connection("ann").await, None);
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
    let next = world.cycle().await;
    assert_eq!(next.result.kind, CycleKind::Initial);
    assert_eq!(next.after_probe(), [find_user("ann"), replace("ann", "displayName", "Annie"), find_user("bob")]);
}

#[tokio::test]
async fn by_default_escrows_quarantine_and_watermark_are_forgotten_and_the_links_kept() {
    let world = in_trouble().await;
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(state(&world).await, ("Active".to_owned(), false, false));
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    assert_eq!(
        world.cycle().await.after_probe(),
        [read_user("ann"), replace("ann", "displayName", "Annie"), read_user("bob")]
    );
}

#[tokio::test]
async fn in_full_all_is_forgotten_memberships_too_and_nobody_is_made_twice() {
    let mut world = in_trouble().await;
    world.group("Team", &["bob"]);
    world.assign("Team");
    world.restart(&Reset::DEFAULT).await;
    world.sync().await;
    world.restart(&[Reset::Full]).await;
    assert_eq!(state(&world).await, ("Active".to_owned(), false, false));
    assert_eq!(
        world.cycle().await.after_probe(),
        [find_user("ann"), find_user("bob"), find_group("Team"), add_members("Team", &["bob"])]
    );
    assert_eq!(world.accounts(), ["ann true", "bob true"]);
    assert_eq!(world.members_of("Team"), ["{bob}"]);
}

#[tokio::test]
async fn a_restart_starts_a_paused_job() {
    let world = in_trouble().await;
    world.engine().pause(JOB).await.unwrap();
    assert_eq!(state(&world).await.0, "Paused");
    world.restart(&[Reset::Escrows]).await;
    assert_eq!(state(&world).await.0, "Active");
}

/// Gives the job so many more escrows, which look like Ann's.
async fn with_many_escrows(world: &World) {
    let like = world.escrow("ann", EscrowKind::Object).await.unwrap();
    let put = move |tables: &Tables| {
        (0..MANY).try_for_each(|number| tables.put_escrow(JOB, 1_000_000 + number, EscrowKind::Object, &like))
    };
    world.engine().store.write(put).await.unwrap();
}

async fn escrows(world: &World) -> EscrowCounts {
    world.read(|tables| tables.count_escrows(JOB)).await
}

/// Restarts the job, and ends the process once the first of the escrows are forgotten. Another one begins.
async fn restart_and_end_within(world: &mut World, resets: &[Reset]) {
    let all = escrows(world).await;
    let engine = world.engine().clone();
    let mut restart = Box::pin(engine.restart(JOB, resets));
    while escrows(world).await == all {
        assert!((&mut restart).now_or_never().is_none(), "it came to its end");
        tokio::task::yield_now().await;
    }
    drop(restart);
    drop(engine);
    assert_ne!(escrows(world).await, EscrowCounts::default(), "some are left");
    world.reopen();
}

#[tokio::test]
async fn a_restart_that_is_killed_goes_on_before_the_next_cycle() {
    let mut world = in_trouble().await;
    with_many_escrows(&world).await;
    restart_and_end_within(&mut world, &[Reset::Full]).await;
    let next = world.cycle().await;
    assert_eq!(next.result.kind, CycleKind::Initial);
    assert_eq!(next.after_probe(), [find_user("ann"), replace("ann", "displayName", "Annie"), find_user("bob")]);
    assert_eq!(escrows(&world).await, EscrowCounts::default());
    assert_eq!(state(&world).await, ("Active".to_owned(), false, true));
    assert_eq!(world.cycle().await.requests, [probe()]);
}

#[tokio::test]
async fn a_restart_that_is_killed_goes_on_before_a_lever_is_moved_and_before_a_run_on_demand() {
    let mut world = in_trouble().await;
    with_many_escrows(&world).await;
    restart_and_end_within(&mut world, &Reset::DEFAULT).await;
    world.engine().pause(JOB).await.unwrap();
    assert_eq!(
        (escrows(&world).await, state(&world).await),
        (EscrowCounts::default(), ("Paused".to_owned(), false, false))
    );
    let mut world = in_trouble().await;
    with_many_escrows(&world).await;
    restart_and_end_within(&mut world, &Reset::DEFAULT).await;
    world.demand(ObjectKind::User, "bob", &[]).await;
    assert_eq!(
        (escrows(&world).await, state(&world).await),
        (EscrowCounts::default(), ("Active".to_owned(), false, false))
    );
}

#[tokio::test]
async fn a_restart_that_is_killed_lifts_the_quarantine_whose_time_would_be_over_before_a_cycle_can_be_tried() {
    let mut world = in_trouble().await;
    with_many_escrows(&world).await;
    restart_and_end_within(&mut world, &Reset::DEFAULT).await;
    world.days_later(29);
    let job = world.job();
    assert!(!world.engine().end_quarantine(&job).await.unwrap());
    assert_eq!(
        (escrows(&world).await, state(&world).await),
        (EscrowCounts::default(), ("Active".to_owned(), false, false))
    );
}

#[tokio::test]
async fn others_write_between_the_slices_of_a_restart() {
    let world = in_trouble().await;
    with_many_escrows(&world).await;
    let engine = world.engine().clone();
    let mut restart = Box::pin(engine.restart(JOB, &[Reset::Escrows]));
    let mut seen = std::collections::BTreeSet::new();
    while (&mut restart).now_or_never().is_none() {
        // Answered only after a slice that was queued before it.
        seen.insert(engine.store.write(|tables| tables.count_escrows(JOB)).await.unwrap().objects);
    }
    assert!(seen.len() > 3, "{seen:?}");
}
