//! What each reset scope of a restart forgets, and what it leaves. Source: `spec/ENGINE.md` §6, `spec/GRAPH.md` §1.22.

use super::{
    lines::*,
    world::{JOB, World, refusal},
};
use scimulator::{
    engine::{CycleKind, Reset},
    store::EscrowKind,
};
use serde_json::json;

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
