//! Deletes: the recycle bin's end, and what is no longer managed.

use crate::{
    lines::*,
    world::{World, refusal},
};
use scimulator::store::EscrowKind;
use serde_json::json;

/// A world in which ann and bob are provisioned.
async fn with_two() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world
}

#[tokio::test]
async fn thirty_days_after_a_user_vanished_the_account_is_deleted() {
    let mut world = with_two().await;
    world.remove("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.days_later(29);
    assert_eq!(world.sync().await.requests, [probe()]);
    world.days_later(1);
    let purged = world.sync().await;
    assert_eq!(purged.after_probe(), [delete_user("ann")]);
    assert_eq!(world.log(&purged).await, ["ann delete success"]);
    assert_eq!(world.accounts(), ["bob true"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn the_thirty_days_can_be_set_otherwise() {
    let mut world = World::with(|setup| setup.directory = "soft_delete_retention_days = 2");
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.remove("ann");
    world.sync().await;
    world.days_later(2);
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn a_user_disabled_at_the_source_and_then_purged_is_deleted() {
    let mut world = with_two().await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.sync().await;
    world.remove("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn a_user_unassigned_and_then_purged_is_no_longer_managed() {
    let mut world = with_two().await;
    world.unassign("ann");
    world.sync().await;
    world.remove("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    world.days_later(30);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.accounts(), ["ann false", "bob true"]);
}

#[tokio::test]
async fn a_user_disabled_then_unassigned_then_purged_is_no_longer_managed() {
    let mut world = with_two().await;
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.unassign("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection("ann").await, Some("released"));
    world.remove("ann");
    world.sync().await;
    world.days_later(30);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.accounts(), ["ann false", "bob true"]);
}

#[tokio::test]
async fn a_user_who_is_disabled_and_unassigned_at_once_and_then_purged_is_deleted() {
    let mut world = with_two().await;
    world.remove("ann");
    world.unassign("ann");
    world.sync().await;
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn a_failed_disable_and_then_a_purge_is_a_delete() {
    let mut world = with_two().await;
    world.always(&["PATCH"], refusal(500, "not now"));
    world.unassign("ann");
    let failed = world.sync().await;
    assert_eq!(world.log(&failed).await, ["ann disable failure InternalServerError"]);
    assert_eq!(world.connection("ann").await, Some("linked"));
    world.wiretap.heal();
    world.remove("ann");
    world.file(
        "deletedUsers.json",
        &json!([{
            "id": "id-ann", "userPrincipalName": "ann@contoso.example", "deletedDateTime": "2025-01-01T00:00:00Z",
        }])
        .to_string(),
    );
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn an_account_that_is_gone_already_counts_as_deleted() {
    let mut world = with_two().await;
    world.remove("ann");
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.days_later(30);
    let purged = world.sync().await;
    assert_eq!(purged.after_probe(), [delete_user("ann")]);
    assert_eq!(world.log(&purged).await, ["ann delete success"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_failed_delete_is_tried_again_and_the_user_is_remembered_until_it_succeeds() {
    let mut world = with_two().await;
    world.remove("ann");
    world.sync().await;
    world.days_later(30);
    world.once(&["DELETE"], refusal(503, "not now"));
    let failed = world.sync().await;
    assert_eq!(world.log(&failed).await, ["ann delete failure InternalServerError"]);
    let again = world.sync().await;
    assert_eq!(again.after_probe(), [delete_user("ann")]);
    assert_eq!(world.sync().await.requests, [probe()]);
    let left = world.read(|tables| tables.objects_named("id-ann")).await;
    assert!(left.is_empty());
}

#[tokio::test]
async fn a_user_purged_before_ever_being_created_sends_nothing() {
    let mut world = with_two().await;
    world.always(&["POST"], refusal(400, "no"));
    world.assigned_users(&["cid"]);
    world.sync().await;
    assert!(world.escrow("cid", EscrowKind::Object).await.is_some());
    world.remove("cid");
    let gone = world.sync().await;
    assert_eq!(gone.requests, [probe()]);
    assert_eq!(world.log(&gone).await, ["cid other skipped EntrySynchronizationSkipped"]);
    assert_eq!(world.escrow("cid", EscrowKind::Object).await, None);
}
