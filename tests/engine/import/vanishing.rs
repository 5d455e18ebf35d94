//! Who is gone: soft-deleted, in the recycle bin, restored, purged.

use super::{changed, imported, refused, state};
use crate::{lines::*, world::World};
use scimulator::store::ObjectState::{Deleted, Live};
use serde_json::json;

/// A world in which ann, bob and the group Team of both are imported.
async fn with_team() -> World {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.import().await.unwrap();
    world
}

/// The recycle bin with ann in it, deleted at that moment.
fn bin(deleted_at: &str) -> String {
    json!([{"id": "id-ann", "userPrincipalName": "ann@contoso.example", "deletedDateTime": deleted_at}]).to_string()
}

#[tokio::test]
async fn a_vanished_user_is_soft_deleted_and_restored_on_return() {
    let mut world = with_team().await;
    world.remove("ann");
    assert_eq!(changed(&world.import().await.unwrap()), (1, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
    world.users(&["ann"]);
    assert_eq!(changed(&world.import().await.unwrap()), (1, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Live));
}

#[tokio::test]
async fn a_vanished_user_is_purged_thirty_days_later_without_a_file_having_changed() {
    let mut world = with_team().await;
    world.remove("ann");
    world.import().await.unwrap();
    world.days_later(29);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
    world.days_later(1);
    assert_eq!(changed(&world.import().await.unwrap()), (1, 1, 0));
    assert_eq!(state(&world, "id-ann").await, None);
}

#[tokio::test]
async fn a_user_restored_before_the_thirty_days_is_not_purged() {
    let mut world = with_team().await;
    world.remove("ann");
    world.import().await.unwrap();
    world.days_later(29);
    world.users(&["ann"]);
    world.import().await.unwrap();
    world.days_later(1);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
    world.remove("ann");
    world.import().await.unwrap();
    world.days_later(29);
    world.import().await.unwrap();
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
}

#[tokio::test]
async fn a_user_in_the_recycle_bin_is_soft_deleted_and_the_thirty_days_count_from_its_date() {
    let mut world = with_team().await;
    world.remove("ann");
    world.file("deletedUsers.json", &bin("2025-12-31T08:00:00Z"));
    assert_eq!(changed(&world.import().await.unwrap()), (1, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
    world.days_later(24);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
    world.days_later(1);
    assert_eq!(changed(&world.import().await.unwrap()), (1, 1, 0));
    assert_eq!(state(&world, "id-ann").await, None);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
}

#[tokio::test]
async fn a_user_first_seen_in_the_recycle_bin_is_soft_deleted_or_if_too_old_left_out() {
    let mut world = World::new();
    world.file("users.json", "[]");
    world.file(
        "deletedUsers.json",
        r#"[{"id": "a", "userPrincipalName": "ann@x", "deletedDateTime": "2025-12-06T08:00:01Z"},
            {"id": "b", "userPrincipalName": "bob@x", "deletedDateTime": "2025-12-06T08:00:00Z"},
            {"id": "c", "userPrincipalName": "cid@x"}]"#,
    );
    assert_eq!(changed(&imported(&world).await), (2, 0, 0));
    assert_eq!(
        [state(&world, "a").await, state(&world, "b").await, state(&world, "c").await],
        [Some(Deleted), None, Some(Deleted)]
    );
}

#[tokio::test]
async fn a_user_whose_entry_leaves_the_recycle_bin_before_the_time_is_purged() {
    let mut world = with_team().await;
    world.remove("ann");
    world.file("deletedUsers.json", &bin("2026-01-05T07:00:00Z"));
    world.import().await.unwrap();
    world.file("deletedUsers.json", "[]");
    assert_eq!(changed(&world.import().await.unwrap()), (1, 1, 0));
    assert_eq!(state(&world, "id-ann").await, None);
}

#[tokio::test]
async fn a_user_who_goes_back_from_the_recycle_bin_to_the_users_is_restored() {
    let mut world = with_team().await;
    world.remove("ann");
    world.file("deletedUsers.json", &bin("2026-01-05T07:00:00Z"));
    world.import().await.unwrap();
    world.users(&["ann"]);
    world.file("deletedUsers.json", "[]");
    assert_eq!(changed(&world.import().await.unwrap()), (1, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Live));
}

#[tokio::test]
async fn a_user_both_among_the_users_and_in_the_recycle_bin_is_a_duplicate() {
    let clash = "error: DIR/deletedUsers.json:1: `id` \"id-ann\" is already used in DIR/users.json\n  \
                 help: give each object a value of its own";
    let mut world = with_team().await;
    world.file("deletedUsers.json", &bin("2026-01-05T07:00:00Z"));
    assert_eq!(refused(&world).await, clash);
    world.change("ann", &json!({"title": "Dr"}));
    let now = world.now();
    world.write(now);
    let read_both = clash.replace("users.json\n", "users.json:2\n");
    assert_eq!(refused(&world).await, read_both);
    assert_eq!(state(&world, "id-ann").await, Some(Live));
}

#[tokio::test]
async fn a_live_user_may_have_the_name_of_a_deleted_one() {
    let mut world = with_team().await;
    world.remove("ann");
    world.file("deletedUsers.json", &bin("2026-01-05T07:00:00Z"));
    world.user("new", &json!({"userPrincipalName": "ann@contoso.example"}));
    assert_eq!(changed(&world.import().await.unwrap()), (2, 0, 0));
    assert_eq!([state(&world, "id-ann").await, state(&world, "id-new").await], [Some(Deleted), Some(Live)]);
}

#[tokio::test]
async fn a_vanished_group_is_deleted_at_once() {
    let mut world = with_team().await;
    world.remove_group("Team");
    assert_eq!(changed(&world.import().await.unwrap()), (1, 2, 0));
    assert_eq!(state(&world, "id-team").await, None);
}

#[tokio::test]
async fn a_group_in_the_recycle_bin_is_deleted_whatever_its_date() {
    let mut world = with_team().await;
    world.remove_group("Team");
    world.file(
        "deletedGroups.json",
        r#"[{"id": "id-team", "displayName": "Team", "deletedDateTime": "2026-01-05T07:00:00Z"}]"#,
    );
    assert_eq!(changed(&world.import().await.unwrap()), (1, 2, 0));
    assert_eq!(state(&world, "id-team").await, None);
}

#[tokio::test]
async fn a_membership_outlives_the_soft_delete_of_the_member() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world.remove("ann");
    world.members("Team", &["bob"]);
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.users(&["ann"]);
    world.members("Team", &["ann", "bob"]);
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}
