//! Removing the stored link of one object. Source: `spec/ENGINE.md` §6.

use super::{
    lines::*,
    world::{JOB, World},
};
use scimulator::engine::LeverError;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Ann and Bob in a group, all three at the application.
async fn company() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world
}

/// Removes the link of a user or a group.
async fn unlink(world: &World, name: &str) -> Result<(), LeverError> {
    let id = super::directory::id_of(name);
    let key = world.read(move |tables| tables.objects_named(&id)).await[0].key;
    world.engine().unlink(JOB, key).await
}

#[tokio::test]
async fn a_link_of_a_job_that_is_not_paused_stays() {
    let world = company().await;
    assert!(matches!(unlink(&world, "ann").await, Err(LeverError::Running(_))));
    assert_eq!(world.connection("ann").await, Some("linked"));
    assert_eq!(world.cycle().await.requests, [probe()]);
}

#[tokio::test]
async fn the_next_cycle_matches_the_object_anew_and_deletes_nothing() {
    let world = company().await;
    world.engine().pause(JOB).await.unwrap();
    unlink(&world, "ann").await.unwrap();
    unlink(&world, "ann").await.unwrap();
    assert_eq!(world.connection("ann").await, None);
    assert_eq!(world.cycle().await.after_probe(), [find_user("ann"), add_members("Team", &["ann"])]);
    assert_eq!(world.cycle().await.requests, [probe()]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}

#[tokio::test]
async fn a_group_that_was_parted_has_its_members_sent_again() {
    let world = company().await;
    world.engine().pause(JOB).await.unwrap();
    unlink(&world, "Team").await.unwrap();
    assert_eq!(world.cycle().await.after_probe(), [find_group("Team"), add_members("Team", &["ann", "bob"])]);
}

#[tokio::test]
async fn an_interrupted_cycle_that_goes_on_matches_the_object_anew() {
    let mut world = company().await;
    for name in ["ann", "bob"] {
        world.change(name, &json!({"displayName": format!("{name} of Contoso")}));
    }
    world.import().await.unwrap();
    let stop = CancellationToken::new();
    let after_the_last_user = 5;
    world.wiretap.stop_at(after_the_last_user, stop.clone());
    assert!(world.cycle_until(&stop).await.result.interrupted);
    world.engine().pause(JOB).await.unwrap();
    unlink(&world, "ann").await.unwrap();
    world.reopen();
    let resumed = world.cycle().await;
    assert_eq!(resumed.after_probe(), [find_user("ann"), add_members("Team", &["ann"])]);
    assert_eq!(world.cycle().await.requests, [probe()]);
}
