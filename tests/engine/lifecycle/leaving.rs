//! Disabling: unassigned, filtered out, disabled or soft-deleted at the source.

use crate::{
    lines::*,
    world::{World, refusal},
};
use scimulator::store::EscrowKind;
use serde_json::json;

const COMPLIANT: &str = "?aadOptscim062020";

/// Only Sales is in scope.
const ONLY_SALES: &str = "[[users.scoping_filters]]\ntitle = \"Sales\"\n\
    clauses = [{ attribute = \"department\", operator = \"EQUALS\", value = \"Sales\" }]\n[groups]\n";

/// A world in which ann is provisioned.
async fn with_ann(query: &'static str) -> World {
    let mut world = World::with(|setup| {
        setup.query = query;
        setup.mapping = setup.mapping.replace("[groups]\n", ONLY_SALES);
    });
    world.user("ann", &json!({"department": "Sales"}));
    world.assign("ann");
    world.sync().await;
    assert_eq!(world.accounts(), ["ann true"]);
    world
}

/// Lets ann leave, and expects her to be read and disabled, in either dialect, and her connection to have this state.
async fn leaves(leave: impl Fn(&mut World), state: &'static str) {
    let compliant = json!([{"op": "replace", "path": "active", "value": false}]);
    for (query, patch) in [("", disable("ann")), (COMPLIANT, patch_user("ann", &compliant))] {
        let mut world = with_ann(query).await;
        leave(&mut world);
        let left = world.sync().await;
        assert_eq!(left.after_probe(), [read_user("ann"), patch]);
        assert_eq!(world.log(&left).await, ["ann disable success"]);
        assert_eq!(world.connection("ann").await, Some(state));
        assert_eq!(world.accounts(), ["ann false"]);
        assert_eq!(world.sync().await.requests, [probe()]);
    }
}

#[tokio::test]
async fn whoever_is_unassigned_is_disabled_and_released() {
    leaves(|world| world.unassign("ann"), "released").await;
}

#[tokio::test]
async fn whoever_a_scoping_filter_keeps_out_is_disabled_and_released() {
    leaves(|world| world.change("ann", &json!({"department": "Legal"})), "released").await;
}

#[tokio::test]
async fn whoever_is_disabled_at_the_source_is_disabled_and_stays_managed() {
    leaves(|world| world.change("ann", &json!({"accountEnabled": false})), "suspended").await;
}

#[tokio::test]
async fn whoever_vanishes_from_the_files_is_disabled_and_stays_managed() {
    leaves(|world| world.remove("ann"), "suspended").await;
}

#[tokio::test]
async fn whoever_is_in_the_recycle_bin_is_disabled_and_stays_managed() {
    leaves(
        |world| {
            world.remove("ann");
            let ann = json!([{
                "id": "id-ann", "userPrincipalName": "ann@contoso.example", "deletedDateTime": "2026-01-05T07:30:00Z",
            }]);
            world.file("deletedUsers.json", &ann.to_string());
        },
        "suspended",
    )
    .await;
}

#[tokio::test]
async fn of_several_grounds_at_once_being_deleted_or_disabled_comes_before_being_unassigned() {
    leaves(
        |world| {
            world.change("ann", &json!({"accountEnabled": false, "department": "Legal"}));
            world.unassign("ann");
        },
        "suspended",
    )
    .await;
    leaves(
        |world| {
            world.remove("ann");
            world.unassign("ann");
        },
        "suspended",
    )
    .await;
}

#[tokio::test]
async fn a_disable_changes_nothing_but_active() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"accountEnabled": false, "displayName": "Somebody else"}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.account("ann")["displayName"], "Ann");
}

#[tokio::test]
async fn a_disable_minds_neither_required_attributes_nor_errors_of_other_mappings() {
    let mut world = World::with(|setup| {
        setup.mapping = setup
            .mapping
            .replace(
                "displayName = { type = \"String\", filterable = true }",
                "displayName = { type = \"String\", required = true }\ntitle = { type = \"Integer\" }",
            )
            .replacen("displayName = { direct", "title = { direct = \"jobTitle\" }\ndisplayName = { direct", 1);
    });
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false, "displayName": null, "jobTitle": "not a number"}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn a_scoping_filter_that_cannot_be_evaluated_keeps_no_leaver_active() {
    let mut world = World::with(|setup| {
        let filter = ONLY_SALES.replace("EQUALS\", value = \"Sales\"", "REGEX MATCH\", value = \"(a|aa)+b\"");
        setup.mapping = setup.mapping.replace("[groups]\n", &filter);
    });
    world.user("ann", &json!({"department": "aab"}));
    world.assign("ann");
    world.sync().await;
    world.change("ann", &json!({"department": "a".repeat(200)}));
    let failed = world.sync().await;
    assert_eq!(failed.requests, [probe()]);
    assert_eq!(world.log(&failed).await, ["ann other failure ScopingFilterFailed"]);
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn whoever_is_inactive_at_the_target_already_is_released_without_a_patch() {
    let mut world = with_ann("").await;
    let mut ann = world.account("ann");
    ann["active"] = json!(false);
    world.wiretap.replace("/Users/{ann}", &ann);
    world.unassign("ann");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&left).await, ["ann other skipped RedundantExport"]);
    assert_eq!(world.connection("ann").await, Some("released"));
}

#[tokio::test]
async fn an_account_that_is_gone_when_it_is_to_be_disabled_is_a_warning_and_the_connection_goes() {
    let mut world = with_ann("").await;
    world.wiretap.delete("/Users/{ann}");
    world.unassign("ann");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&left).await, ["ann disable warning InvalidAnchor"]);
    assert_eq!(left.result.state.name(), "Succeeded");
    assert_eq!(world.connection("ann").await, None);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn an_account_that_goes_between_the_read_and_the_disable_is_a_warning_too() {
    let mut world = with_ann("").await;
    world.always(&["PATCH"], refusal(404, "no such user"));
    world.unassign("ann");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [read_user("ann"), disable("ann")]);
    assert_eq!(world.log(&left).await, ["ann disable warning InvalidAnchor"]);
    assert_eq!(world.connection("ann").await, None);
}

#[tokio::test]
async fn leaving_one_of_two_assignments_keeps_the_other() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann")]);
    assert_eq!(world.accounts(), ["ann true"]);
    world.assign("ann");
    world.unassign("Team");
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann")]);
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn leaving_one_of_two_assigned_groups_keeps_the_other() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("First", &["ann", "bob"]);
    world.group("Second", &["ann", "bob"]);
    world.assign("First");
    world.assign("Second");
    world.sync().await;
    world.members("First", &["bob"]);
    assert_eq!(world.requests().await, [read_user("ann"), remove_members("First", &["ann"])]);
    world.unassign("Second");
    let left = world.sync().await;
    assert_eq!(left.after_probe(), [read_user("ann"), disable("ann"), delete_group("Second"), read_user("bob")]);
    assert_eq!(world.accounts(), ["ann false", "bob true"]);
}

#[tokio::test]
async fn of_two_grounds_at_once_one_that_passes_leaves_the_other() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"accountEnabled": false, "department": "Legal"}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.connection("ann").await, Some("suspended"));
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.connection("ann").await, Some("released"));
    world.change("ann", &json!({"department": "Sales"}));
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
}

#[tokio::test]
async fn members_of_a_group_that_is_no_longer_security_enabled_are_released() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change_group("Team", &json!({"securityEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann"), delete_group("Team")]);
    assert_eq!(world.connection("ann").await, Some("released"));
}

#[tokio::test]
async fn a_member_of_an_assigned_group_who_leaves_it_is_disabled_and_taken_out() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world.members("Team", &["ann"]);
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob"), remove_members("Team", &["bob"])]);
}

#[tokio::test]
async fn leavers_go_before_everybody_else() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.assigned_users(&["cid"]);
    world.change("ann", &json!({"displayName": "Annie"}));
    world.unassign("bob");
    assert_eq!(
        world.requests().await,
        [
            read_user("bob"),
            disable("bob"),
            read_user("ann"),
            replace("ann", "displayName", "Annie"),
            find_user("cid"),
            create_user("cid", "Cid"),
        ]
    );
}
