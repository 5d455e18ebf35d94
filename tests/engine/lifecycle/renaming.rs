//! User principal names and group names that change.

use crate::{lines::*, world::World};
use scimulator::store::EscrowKind;
use serde_json::json;

#[tokio::test]
async fn a_changed_user_principal_name_is_an_update_of_the_connected_account() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"userPrincipalName": "ann.lee@contoso.example"}));
    assert_eq!(world.requests().await, [read_user("ann"), replace("ann", "userName", "ann.lee@contoso.example")]);
    assert_eq!(world.accounts(), ["ann.lee true"]);
}

#[tokio::test]
async fn two_users_who_swap_names_stay_in_conflict_both() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"userPrincipalName": "bob@contoso.example"}));
    world.change("bob", &json!({"userPrincipalName": "ann@contoso.example"}));
    let swapped = world.sync().await;
    assert_eq!(
        swapped.after_probe(),
        [
            read_user("ann"),
            replace("ann", "userName", "bob@contoso.example"),
            read_user("bob"),
            replace("bob", "userName", "ann@contoso.example"),
        ]
    );
    assert_eq!(world.log(&swapped).await, ["bob update failure EntryConflict", "ann update failure EntryConflict"]);
    for name in ["ann", "bob"] {
        assert_eq!(world.escrow(name, EscrowKind::Object).await.unwrap().error_code, "EntryConflict");
    }
}

#[tokio::test]
async fn a_renamed_group_is_an_update_of_the_connected_one() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change_group("Team", &json!({"displayName": "Crew"}));
    let operations = json!([{"op": "Replace", "path": "displayName", "value": "Crew"}]);
    assert_eq!(world.requests().await, [read_group("Team"), patch_group("Team", &operations)]);
    assert_eq!(world.members_of("Crew"), ["{ann}"]);
}
