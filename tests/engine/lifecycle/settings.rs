//! Settings that change what is sent: target actions, skipped out-of-scope deletions, mappings.

use crate::{lines::*, world::World};
use scimulator::engine::CycleKind;
use serde_json::json;

/// A world whose users mapping has these lines before its attributes, with ann and bob.
fn with_users(lines: &str) -> World {
    let mut world =
        World::with(|setup| setup.mapping = setup.mapping.replace("[users]\n", &format!("[users]\n{lines}\n")));
    world.assigned_users(&["ann", "bob"]);
    world
}

/// The mapping without the line that reads `IsSoftDeleted`.
fn without_active(mapping: &str) -> String {
    mapping.lines().filter(|line| !line.starts_with("active")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn with_create_switched_off_users_are_matched_and_not_created() {
    let mut world = with_users("actions = [\"update\", \"delete\"]");
    world.wiretap.create("/Users", &crate::directory::account("bob").into());
    let first = world.sync().await;
    let operations = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Add", "path": "displayName", "value": "Bob"},
    ]);
    assert_eq!(first.after_probe(), [find_user("ann"), find_user("bob"), patch_user("bob", &operations)]);
    assert_eq!(world.log(&first).await, ["ann other skipped EntrySynchronizationSkipped", "bob update success"]);
}

#[tokio::test]
async fn with_update_switched_off_nobody_is_changed_or_disabled() {
    let mut world = with_users("actions = [\"create\", \"delete\"]");
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.unassign("bob");
    let second = world.sync().await;
    assert_eq!(second.after_probe(), [read_user("ann")]);
    assert_eq!(
        world.log(&second).await,
        ["bob other skipped EntrySynchronizationSkipped", "ann other skipped EntrySynchronizationSkipped"]
    );
    assert_eq!(world.accounts(), ["ann true", "bob true"]);
}

#[tokio::test]
async fn with_delete_switched_off_a_purge_sends_nothing() {
    let mut world = with_users("actions = [\"create\", \"update\"]");
    world.sync().await;
    world.remove("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.days_later(30);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.accounts(), ["ann false", "bob true"]);
}

/// A world whose groups mapping has this line before its attributes, with the group Team and its member ann.
fn with_groups(line: &str) -> World {
    let mut world =
        World::with(|setup| setup.mapping = setup.mapping.replace("[groups]\n", &format!("[groups]\n{line}\n")));
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world
}

#[tokio::test]
async fn with_create_of_groups_switched_off_a_group_is_matched_and_not_created() {
    let mut world = with_groups("actions = [\"update\", \"delete\"]");
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann"), create_user("ann", "Ann"), find_group("Team")]);
    assert_eq!(world.log(&first).await, ["ann create success", "Team other skipped EntrySynchronizationSkipped"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn with_update_of_groups_switched_off_a_group_is_neither_renamed_nor_filled_and_still_deleted() {
    let mut world = with_groups("actions = [\"create\", \"delete\"]");
    assert_eq!(
        world.requests().await,
        [find_user("ann"), create_user("ann", "Ann"), find_group("Team"), create_group("Team")]
    );
    world.change_group("Team", &json!({"displayName": "Crew"}));
    let renamed = world.sync().await;
    assert_eq!(renamed.after_probe(), [read_group("Team")]);
    assert_eq!(world.log(&renamed).await, ["Crew other skipped EntrySynchronizationSkipped"]);
    world.unassign("Team");
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann")]);
}

#[tokio::test]
async fn with_delete_of_groups_switched_off_an_unassigned_group_stays_and_so_does_one_that_is_gone() {
    let mut world = with_groups("actions = [\"create\", \"update\"]");
    world.sync().await;
    world.unassign("Team");
    let unassigned = world.sync().await;
    assert_eq!(unassigned.after_probe(), [read_user("ann")]);
    assert_eq!(
        world.log(&unassigned).await,
        ["Team other skipped EntrySynchronizationSkipped", "ann other skipped RedundantExport"]
    );
    world.remove_group("Team");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection_count().await, 1);
    assert_eq!(world.application.group_count(), 1);
}

#[tokio::test]
async fn where_the_application_cannot_disable_and_delete_is_switched_off_a_leaver_is_left_alone() {
    let mut world = World::with(|setup| {
        setup.mapping = without_active(&setup.mapping)
            .replace("title = \"App\"", "soft_delete = \"unsupported\"")
            .replace("[users]\n", "[users]\nactions = [\"create\", \"update\"]\n");
    });
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.unassign("ann");
    world.remove("bob");
    let left = world.sync().await;
    assert_eq!(left.requests, [probe()]);
    assert_eq!(
        world.log(&left).await,
        ["ann other skipped EntrySynchronizationSkipped", "bob other skipped EntrySynchronizationSkipped"]
    );
}

#[tokio::test]
async fn where_the_application_can_disable_by_another_mapping_it_is_not_deleted() {
    let mut world = World::with(|setup| {
        setup.mapping = setup.mapping.replace("title = \"App\"", "soft_delete = \"unsupported\"");
    });
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn with_out_of_scope_deletions_skipped_whoever_was_disabled_at_the_source_stays_managed_when_unassigned() {
    let mut world = World::with(|setup| setup.job = "skip_out_of_scope_deletions = true".to_owned());
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.unassign("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection("ann").await, Some("suspended"));
    world.remove("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn with_out_of_scope_deletions_skipped_the_unassigned_stay_and_the_disabled_do_not() {
    let mut world = World::with(|setup| setup.job = "skip_out_of_scope_deletions = true".to_owned());
    world.assigned_users(&["ann", "bob", "cid"]);
    world.sync().await;
    world.unassign("ann");
    let skipped = world.sync().await;
    assert_eq!(skipped.requests, [probe()]);
    assert_eq!(world.log(&skipped).await, ["ann other skipped EntrySynchronizationSkipped"]);
    assert_eq!(world.connection("ann").await, Some("linked"));
    world.change("bob", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    world.remove("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
}

#[tokio::test]
async fn with_out_of_scope_deletions_skipped_a_group_stays_when_it_is_unassigned() {
    let mut world = World::with(|setup| setup.job = "skip_out_of_scope_deletions = true".to_owned());
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.unassign("Team");
    assert_eq!(world.requests().await, [read_user("ann")]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn without_a_mapping_that_disables_a_leaver_is_let_go_without_a_request() {
    let mut world = World::with(|setup| setup.mapping = without_active(&setup.mapping));
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection("ann").await, Some("released"));
    world.remove("bob");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection("bob").await, Some("suspended"));
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("bob")]);
}

#[tokio::test]
async fn where_the_application_cannot_disable_a_leaver_is_deleted_and_created_again_on_return() {
    let mut world = World::with(|setup| {
        setup.mapping = without_active(&setup.mapping).replace("title = \"App\"", "soft_delete = \"unsupported\"");
    });
    world.assigned_users(&["ann", "bob"]);
    let create = |name: &str, display_name: &str| create_user(name, display_name).replace("\"active\":true,", "");
    assert_eq!(
        world.requests().await,
        [find_user("ann"), create("ann", "Ann"), find_user("bob"), create("bob", "Bob")]
    );
    world.unassign("ann");
    world.change("bob", &json!({"accountEnabled": false}));
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [delete_user("ann"), delete_user("bob")]);
    assert_eq!(world.log(&left).await, ["ann delete success", "bob delete success"]);
    world.assign("ann");
    assert_eq!(world.requests().await, [find_user("ann"), create("ann", "Ann")]);
}

#[tokio::test]
async fn where_default_access_is_skipped_only_those_with_a_role_are_provisioned() {
    let mut world = World::with(|setup| {
        setup.mapping = setup.mapping.replace("title = \"App\"", "default_access = \"skip\"");
        setup.job = "[[jobs.roles]]\nvalue = \"Reader\"\n".to_owned();
    });
    world.users(&["ann", "bob"]);
    world.assign("ann");
    world.assign_role("bob", "Reader");
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("bob"), create_user("bob", "Bob")]);
    assert_eq!(world.log(&first).await, ["ann other skipped NotEffectivelyEntitled", "bob create success"]);
    world.unassign("bob");
    world.assign("bob");
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    assert_eq!(world.connection("bob").await, Some("released"));
}

#[tokio::test]
async fn a_changed_scoping_filter_makes_the_next_cycle_initial() {
    let mut world = World::new();
    world.user("ann", &json!({"department": "Sales"}));
    world.user("bob", &json!({"department": "Legal"}));
    world.assign("ann");
    world.assign("bob");
    world.sync().await;
    let filter = "[[users.scoping_filters]]\ntitle = \"Sales\"\n\
        clauses = [{ attribute = \"department\", operator = \"EQUALS\", value = \"Sales\" }]\n[groups]\n";
    world.setup.mapping = world.setup.mapping.replace("[groups]\n", filter);
    let filtered = world.sync().await;
    assert_eq!(filtered.result.kind, CycleKind::Initial);
    assert_eq!(filtered.after_probe(), [read_user("bob"), disable("bob"), read_user("ann")]);
    assert_eq!(world.log(&filtered).await, ["bob disable success", "ann other skipped RedundantExport"]);
    assert_eq!(world.sync().await.result.kind, CycleKind::Incremental);
}

#[tokio::test]
async fn a_changed_mapping_makes_the_next_cycle_initial_and_a_comment_does_not() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.setup.mapping.push_str("\n# nothing to see here\n");
    assert_eq!(world.sync().await.result.kind, CycleKind::Incremental);
    world.setup.mapping =
        world.setup.mapping.replacen("{ direct = \"displayName\" }", "{ expression = 'ToUpper([displayName], )' }", 1);
    let changed = world.sync().await;
    assert_eq!(changed.result.kind, CycleKind::Initial);
    assert_eq!(changed.after_probe(), [read_user("ann")]);
}
