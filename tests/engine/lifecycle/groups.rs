//! Groups as objects: created, deleted, made anew.

use crate::{
    lines::*,
    world::{World, refusal},
};
use serde_json::json;

/// A world in which the group Team with its member ann is provisioned.
async fn with_team() -> World {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    world
}

#[tokio::test]
async fn a_group_is_created_after_its_users_and_without_members() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    let first = world.sync().await;
    assert_eq!(
        first.after_probe(),
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_group("Team"),
            create_group("Team"),
            add_members("Team", &["ann"]),
        ]
    );
    assert_eq!(world.log(&first).await, ["ann create success", "Team create success", "Team update success"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_group_that_is_there_already_is_linked_and_gets_its_members() {
    let mut world = World::new();
    world.wiretap.create(
        "/Groups",
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team", "externalId": "id-team",
        }),
    );
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    assert_eq!(
        world.requests().await,
        [find_user("ann"), create_user("ann", "Ann"), find_group("Team"), add_members("Team", &["ann"])]
    );
}

#[tokio::test]
async fn an_unassigned_group_is_deleted_and_its_members_are_released() {
    let mut world = with_team().await;
    world.unassign("Team");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [read_user("ann"), disable("ann"), delete_group("Team")]);
    assert_eq!(world.log(&left).await, ["ann disable success", "Team delete success"]);
    assert_eq!(world.connection("Team").await, None);
    assert_eq!(world.application.group_count(), 0);
}

#[tokio::test]
async fn a_group_that_vanishes_is_deleted_at_once() {
    let mut world = with_team().await;
    world.assign("ann");
    world.sync().await;
    world.remove_group("Team");
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann")]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_group_in_deleted_groups_is_deleted_at_once() {
    let mut world = with_team().await;
    world.assign("ann");
    world.sync().await;
    world.remove_group("Team");
    world.file("deletedGroups.json", r#"[{"id": "id-team", "displayName": "Team"}]"#);
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann")]);
}

#[tokio::test]
async fn a_group_whose_own_filter_keeps_it_out_is_deleted() {
    let mut world = World::with(|setup| {
        setup.mapping.push_str(
            "[[groups.scoping_filters]]\ntitle = \"Open\"\n\
             clauses = [{ attribute = \"description\", operator = \"EQUALS\", value = \"open\" }]\n",
        );
    });
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.change_group("Team", &json!({"description": "open"}));
    world.assign("Team");
    world.sync().await;
    world.change_group("Team", &json!({"description": "closed"}));
    assert_eq!(world.requests().await, [delete_group("Team")]);
    assert_eq!(world.accounts(), ["ann true"]);
}

#[tokio::test]
async fn a_group_deleted_and_made_anew_under_the_same_name_is_another_group() {
    let mut world = with_team().await;
    world.assign("ann");
    world.sync().await;
    world.remove_group("Team");
    world.unassign("Team");
    world.group("Team2", &["ann"]);
    world.change_group("Team2", &json!({"displayName": "Team"}));
    world.assign("Team2");
    let create = create_group("Team").replace("id-team", "id-team2");
    assert_eq!(
        world.requests().await,
        [delete_group("Team"), read_user("ann"), find_group("Team"), create, add_members("Team 2", &["ann"])]
    );
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_group_that_comes_back_under_its_own_id_is_created_anew_with_its_members() {
    let mut world = with_team().await;
    world.assign("ann");
    world.sync().await;
    world.remove_group("Team");
    world.sync().await;
    world.group("Team", &["ann"]);
    assert_eq!(
        world.requests().await,
        [read_user("ann"), find_group("Team"), create_group("Team"), add_members("Team 2", &["ann"])]
    );
}

#[tokio::test]
async fn a_group_that_is_gone_at_the_target_counts_as_deleted() {
    let mut world = with_team().await;
    world.assign("ann");
    world.sync().await;
    world.wiretap.delete("/Groups/{Team}");
    world.unassign("Team");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [delete_group("Team"), read_user("ann")]);
    assert_eq!(world.log(&left).await, ["Team delete success", "ann other skipped RedundantExport"]);
}

#[tokio::test]
async fn with_scope_all_every_group_is_provisioned_security_enabled_or_not() {
    let mut world = World::with(|setup| setup.job = "scope = \"all\"".to_owned());
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.change_group("Team", &json!({"securityEnabled": false}));
    assert_eq!(
        world.requests().await,
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_group("Team"),
            create_group("Team"),
            add_members("Team", &["ann"]),
        ]
    );
}

#[tokio::test]
async fn a_group_whose_create_fails_gets_its_members_with_the_retry() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.once(&["POST /Groups"], refusal(400, "no"));
    let first = world.sync().await;
    assert_eq!(world.log(&first).await, ["ann create success", "Team create failure BadRequest"]);
    assert_eq!(world.requests().await, [find_group("Team"), create_group("Team"), add_members("Team", &["ann"])]);
}
