//! Members and managers who come into scope late, where the job follows them. Source: `spec/WIRE.md` §6.

use super::{
    lines::*,
    wiretap::Fault,
    world::{World, refusal},
};
use scimulator::store::{EscrowKind, ObjectKind};
use serde_json::json;

/// A world whose job follows late references.
fn following() -> World {
    World::with(|setup| "late_references = \"follow\"".clone_into(&mut setup.job))
}

/// Team has ann, and bob, who is disabled at the source; both are assigned through it.
async fn with_bob_disabled() -> World {
    let mut world = following();
    world.users(&["ann"]);
    world.user("bob", &json!({"accountEnabled": false}));
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    assert_eq!(world.sync().await.requests.last(), Some(&add_members("Team", &["ann"])));
    world
}

/// Ann is provisioned, and bob, her manager, is not assigned.
async fn with_manager_unassigned() -> World {
    let mut world = following();
    world.assigned_users(&["ann", "cid"]);
    world.users(&["bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    assert!(world.requests().await.iter().all(|line| !line.starts_with("PATCH")));
    world
}

#[tokio::test]
async fn a_member_who_comes_into_scope_is_added_in_the_cycle_that_links_it() {
    let mut world = with_bob_disabled().await;
    world.change("bob", &json!({"accountEnabled": true}));
    let followed = world.sync().await;
    assert_eq!(followed.after_probe(), [find_user("bob"), create_user("bob", "Bob"), add_members("Team", &["bob"])]);
    assert_eq!(world.log(&followed).await, ["bob create success", "Team update success"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_manager_who_comes_into_scope_is_set_in_the_cycle_that_links_them() {
    let mut world = with_manager_unassigned().await;
    world.assign("bob");
    let followed = world.sync().await;
    assert_eq!(
        followed.after_probe(),
        [find_user("bob"), create_user("bob", "Bob"), read_user("ann"), set_manager("ann", "bob")]
    );
    assert_eq!(world.log(&followed).await, ["bob create success", "ann update success"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_manager_whom_the_directory_did_not_know_is_set_when_they_are_hired() {
    let mut world = following();
    world.assigned_users(&["ann"]);
    world.change("ann", &json!({"manager": "bob@contoso.example"}));
    world.sync().await;
    world.assigned_users(&["bob"]);
    assert_eq!(
        world.requests().await,
        [find_user("bob"), create_user("bob", "Bob"), read_user("ann"), set_manager("ann", "bob")]
    );
}

#[tokio::test]
async fn a_nested_group_that_comes_into_scope_becomes_a_member() {
    let mut world = following();
    world.users(&["ann"]);
    world.group("Inner", &["ann"]);
    world.group("Outer", &["Inner"]);
    world.assign("Outer");
    assert_eq!(world.requests().await, [find_group("Outer"), create_group("Outer")]);
    world.assign("Inner");
    assert_eq!(
        world.requests().await,
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_group("Inner"),
            create_group("Inner"),
            add_members("Inner", &["ann"]),
            add_members("Outer", &["Inner"]),
        ]
    );
}

#[tokio::test]
async fn whoever_comes_back_is_added_to_the_groups_joined_meanwhile_and_not_to_the_others_again() {
    let mut world = following();
    world.assigned_users(&["ann", "bob"]);
    world.group("Old", &["ann"]);
    world.group("New", &["bob"]);
    world.assign("Old");
    world.assign("New");
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.members("New", &["ann", "bob"]);
    assert_eq!(world.sync().await.requests, [probe()]);
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann"), add_members("New", &["ann"])]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_manager_who_was_appointed_while_away_is_set_on_return() {
    let mut world = following();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.unassign("bob");
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    world.change("ann", &json!({"manager": "id-bob"}));
    assert_eq!(world.requests().await, [read_user("ann")]);
    world.assign("bob");
    assert_eq!(world.requests().await, [read_user("bob"), enable("bob"), read_user("ann"), set_manager("ann", "bob")]);
}

#[tokio::test]
async fn a_leaver_who_could_not_be_disabled_and_stays_after_all_is_followed_too() {
    let mut world = following();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["bob"]);
    world.assign("Team");
    world.sync().await;
    world.once(&["PATCH", "active"], refusal(500, "not now"));
    world.members("Team", &["ann", "bob"]);
    world.change("ann", &json!({"accountEnabled": false}));
    let failed = world.sync().await;
    assert_eq!(failed.after_probe(), [read_user("ann"), disable("ann")]);
    assert_eq!(world.log(&failed).await, ["ann disable failure InternalServerError"]);
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [read_user("ann"), add_members("Team", &["ann"])]);
}

#[tokio::test]
async fn whom_the_deletion_guard_held_back_and_who_stays_after_all_is_followed_too() {
    let mut world = World::with(|setup| setup.job = "late_references = \"follow\"\ndeletion_threshold = 1".to_owned());
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change("bob", &json!({"accountEnabled": false}));
    assert_eq!(world.sync().await.requests, [probe()]);
    world.members("Team", &["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    assert_eq!(world.requests().await, [read_user("ann")]);
    world.change("bob", &json!({"accountEnabled": true}));
    assert_eq!(
        world.requests().await,
        [read_user("bob"), add_members("Team", &["bob"]), read_user("ann"), set_manager("ann", "bob")]
    );
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_late_member_whom_the_target_refuses_is_tried_again_by_the_group() {
    let mut world = with_bob_disabled().await;
    world.change("bob", &json!({"accountEnabled": true}));
    world.once(&["PATCH", "members"], refusal(400, "not yet"));
    let refused = world.sync().await;
    assert_eq!(world.log(&refused).await, ["bob create success", "Team update failure BadRequest"]);
    assert!(world.escrow("Team", EscrowKind::Reference).await.is_some());
    assert_eq!(world.requests().await, [add_members("Team", &["bob"])]);
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_process_that_is_killed_after_the_late_link_adds_the_member_when_it_goes_on() {
    let mut world = with_bob_disabled().await;
    world.change("bob", &json!({"accountEnabled": true}));
    world.import().await.unwrap();
    world.once(&["PATCH", "members"], Fault::Kill);
    world.killed_cycle().await;
    assert_eq!(world.cycle().await.after_probe(), [add_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}

#[tokio::test]
async fn whoever_was_linked_on_demand_is_followed_by_the_next_cycle() {
    let mut world = with_bob_disabled().await;
    world.change("bob", &json!({"accountEnabled": true}));
    let (_, requests) = world.demand(ObjectKind::User, "bob", &[]).await;
    assert_eq!(requests, [probe(), find_user("bob"), create_user("bob", "Bob")]);
    assert_eq!(world.requests().await, [read_user("bob"), add_members("Team", &["bob"])]);
}
