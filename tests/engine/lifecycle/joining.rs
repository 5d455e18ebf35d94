//! Who is created, and who is not.

use crate::{lines::*, world::World};
use scimulator::{engine::CycleKind, log::Action};
use serde_json::json;

#[tokio::test]
async fn an_assigned_user_is_looked_for_and_created_and_then_left_alone() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    let first = world.sync().await;
    assert_eq!(first.requests, [probe(), find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(world.log(&first).await, ["ann create success"]);
    assert_eq!(first.result.kind, CycleKind::Initial);
    let second = world.sync().await;
    assert_eq!(second.requests, [probe()]);
    assert_eq!(second.result.kind, CycleKind::Incremental);
    assert!(second.result.counts.is_nothing());
    assert_eq!(world.accounts(), ["ann true"]);
}

#[tokio::test]
async fn an_account_that_is_there_already_is_brought_into_step() {
    let mut world = World::new();
    world.wiretap.create("/Users", &crate::directory::account("ann").into());
    world.assigned_users(&["ann"]);
    let operations = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Add", "path": "displayName", "value": "Ann"},
    ]);
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann"), patch_user("ann", &operations)]);
    assert_eq!(world.log(&first).await, ["ann update success"]);
    assert_eq!(world.connection("ann").await, Some("linked"));
}

#[tokio::test]
async fn an_account_that_is_there_already_and_in_step_is_linked_without_a_write() {
    let mut world = World::new();
    let mut ann = crate::directory::account("ann");
    ann.insert("displayName".to_owned(), json!("Ann"));
    ann.insert("active".to_owned(), json!(true));
    world.wiretap.create("/Users", &ann.into());
    world.assigned_users(&["ann"]);
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann")]);
    assert_eq!(world.log(&first).await, ["ann other skipped RedundantExport"]);
    assert_eq!(world.connection("ann").await, Some("linked"));
}

#[tokio::test]
async fn a_user_who_is_not_assigned_is_not_even_looked_for() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.users(&["bob"]);
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
    world.change("bob", &json!({"displayName": "Bobby"}));
    let second = world.sync().await;
    assert_eq!(second.requests, [probe()]);
    assert_eq!(world.log(&second).await, ["bob other skipped NotEffectivelyEntitled"]);
}

#[tokio::test]
async fn with_scope_all_nobody_needs_to_be_assigned() {
    let mut world = World::with(|setup| setup.job = "scope = \"all\"".to_owned());
    world.users(&["ann"]);
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_user_who_is_disabled_at_the_source_is_not_created() {
    let mut world = World::new();
    world.user("ann", &json!({"accountEnabled": false}));
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.requests, [probe()]);
    assert_eq!(world.log(&first).await, ["ann other skipped EntrySynchronizationSkipped"]);
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn direct_members_of_an_assigned_group_are_provisioned_and_members_of_its_groups_are_not() {
    let mut world =
        World::with(|setup| setup.mapping = setup.mapping.replace("[groups]\n", "[groups]\nenabled = false\n"));
    world.users(&["ann", "bob"]);
    world.group("Inner", &["bob"]);
    world.group("Outer", &["ann", "Inner"]);
    world.assign("Outer");
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_group_that_is_not_security_enabled_entitles_nobody() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.change_group("Team", &json!({"securityEnabled": false}));
    world.assign("Team");
    assert_eq!(world.sync().await.requests, [probe()]);
    world.change_group("Team", &json!({"securityEnabled": true}));
    assert_eq!(
        world.requests().await,
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_group("Team"),
            create_group("Team"),
            add_members("Team", &["ann"])
        ]
    );
}

#[tokio::test]
async fn a_user_without_a_required_value_is_skipped_without_an_escrow() {
    let mut world = World::with(|setup| {
        setup.mapping = setup.mapping.replace(
            "displayName = { type = \"String\", filterable = true }",
            "displayName = { type = \"String\", required = true, filterable = true }",
        );
    });
    world.user("ann", &json!({"displayName": null}));
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann")]);
    assert_eq!(world.log(&first).await, ["ann other skipped AttributeValidationFailed"]);
    assert_eq!(first.result.state.name(), "Succeeded");
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_changed_attribute_is_one_read_and_one_patch() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("bob", &json!({"displayName": "Bobby"}));
    let second = world.sync().await;
    assert_eq!(second.after_probe(), [read_user("bob"), replace("bob", "displayName", "Bobby")]);
    assert_eq!(world.log(&second).await, [format!("bob {} success", Action::Update.name())]);
}

#[tokio::test]
async fn a_change_of_letter_case_alone_is_no_change() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "ANN"}));
    assert_eq!(world.requests().await, [read_user("ann")]);
}

#[tokio::test]
async fn an_attribute_that_becomes_empty_sends_nothing() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": null}));
    assert_eq!(world.requests().await, [read_user("ann")]);
}
