//! Coming back: restored, assigned again, hired again.

use crate::{lines::*, world::World};
use scimulator::store::EscrowKind;
use serde_json::json;

/// A world in which ann is provisioned.
async fn with_ann(query: &'static str) -> World {
    let mut world = World::with(|setup| setup.query = query);
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world
}

#[tokio::test]
async fn whoever_is_assigned_again_is_enabled_in_either_dialect() {
    let compliant = json!([{"op": "replace", "path": "active", "value": true}]);
    for (query, patch) in [("", enable("ann")), ("?aadOptscim062020", patch_user("ann", &compliant))] {
        let mut world = with_ann(query).await;
        world.unassign("ann");
        world.sync().await;
        world.assign("ann");
        let back = world.sync().await;
        assert_eq!(back.after_probe(), [read_user("ann"), patch]);
        assert_eq!(world.log(&back).await, ["ann update success"]);
        assert_eq!(world.connection("ann").await, Some("linked"));
        assert_eq!(world.accounts(), ["ann true", "bob true"]);
    }
}

#[tokio::test]
async fn whoever_is_enabled_again_gets_what_changed_meanwhile_too() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.sync().await.requests, [probe()]);
    world.change("ann", &json!({"accountEnabled": true}));
    let operations = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Replace", "path": "displayName", "value": "Annie"},
    ]);
    assert_eq!(world.requests().await, [read_user("ann"), patch_user("ann", &operations)]);
}

#[tokio::test]
async fn a_user_restored_within_thirty_days_keeps_the_account() {
    let mut world = with_ann("").await;
    let ann = crate::directory::user("ann");
    world.remove("ann");
    world.sync().await;
    world.days_later(29);
    world.user("ann", &ann);
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    world.days_later(30);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.accounts(), ["ann true", "bob true"]);
}

#[tokio::test]
async fn a_user_who_comes_back_after_thirty_days_is_created_anew() {
    let mut world = with_ann("").await;
    world.remove("ann");
    world.sync().await;
    world.days_later(30);
    world.sync().await;
    assert_eq!(world.accounts(), ["bob true"]);
    world.users(&["ann"]);
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_released_user_whose_account_is_gone_on_return_is_matched_again() {
    let mut world = with_ann("").await;
    world.unassign("ann");
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.assign("ann");
    let back = world.sync().await;
    assert_eq!(back.after_probe(), [read_user("ann"), find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(world.log(&back).await, ["ann create success"]);
    assert_eq!(world.accounts(), ["bob true", "ann true"]);
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.requests().await, [read_user("ann 2"), replace("ann 2", "displayName", "Annie")]);
}

#[tokio::test]
async fn a_suspended_user_whose_account_is_gone_on_return_is_an_invalid_anchor() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.change("ann", &json!({"accountEnabled": true}));
    let back = world.sync().await;
    assert_eq!(back.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&back).await, ["ann update failure InvalidAnchor"]);
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
}

#[tokio::test]
async fn memberships_are_not_sent_again_when_somebody_comes_back() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_user_hired_again_under_another_id_takes_over_the_account() {
    let mut world = with_ann("").await;
    world.remove("ann");
    world.sync().await;
    world.user("ann2", &json!({"userPrincipalName": "ann@contoso.example", "displayName": "Ann"}));
    world.assign("ann2");
    let hired = world.sync().await;
    assert_eq!(hired.after_probe(), [find_user("ann"), enable("ann")]);
    assert_eq!(world.connection("ann2").await, Some("linked"));
    assert_eq!(world.connection("ann").await, None);
    world.days_later(30);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.accounts(), ["ann true", "bob true"]);
}

#[tokio::test]
async fn a_user_replaced_in_one_import_by_another_of_the_same_name_hands_the_account_over() {
    let mut world = with_ann("").await;
    world.remove("ann");
    world.user("ann2", &json!({"userPrincipalName": "ann@contoso.example", "displayName": "Ann"}));
    world.assign("ann2");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann"), find_user("ann"), enable("ann")]);
    assert_eq!(world.accounts(), ["ann true", "bob true"]);
}
