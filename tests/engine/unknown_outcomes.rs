//! Requests that are carried out without the engine's ever hearing of it, and changes that come before it finds out: the
//! answer was lost, or the process killed. Source: `spec/ENGINE.md` §10, `spec/WIRE.md` §6.

use super::{
    lines::*,
    wiretap::Fault,
    world::{World, refusal},
};
use scimulator::{
    engine::Reset,
    store::{AttemptRow, EscrowKind},
};
use serde_json::json;

/// A world with ann and bob, and the group Team with these members.
async fn with_team(members: &[&str]) -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", members);
    world.assign("Team");
    world.sync().await;
    world
}

/// A world in which ann has left, and was disabled.
async fn without_ann() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.sync().await;
    world
}

/// The attempt that stands for a user or group.
async fn attempt(world: &World, name: &str) -> Option<AttemptRow> {
    let key = world.key(name).await;
    world.read(move |tables| tables.attempt(super::world::JOB, key)).await
}

#[tokio::test]
async fn whoever_was_brought_back_without_an_answer_and_leaves_again_is_disabled() {
    let mut world = without_ann().await;
    world.change("ann", &json!({"accountEnabled": true}));
    world.once(&["PATCH"], Fault::LoseAnswer);
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    assert_eq!(world.connection("ann").await, Some("suspended"));
    assert!(attempt(&world, "ann").await.is_some());
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.accounts(), ["ann false", "bob true"]);
    assert_eq!(attempt(&world, "ann").await, None);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn whoever_comes_back_while_the_process_is_killed_and_leaves_before_the_next_one_is_disabled() {
    for (leave, state) in [("unassigned", "released"), ("disabled", "suspended")] {
        let mut world = World::new();
        world.assigned_users(&["ann", "bob"]);
        world.sync().await;
        world.unassign("ann");
        world.sync().await;
        assert_eq!(world.connection("ann").await, Some("released"));
        world.assign("ann");
        world.import().await.unwrap();
        world.once(&["PATCH"], Fault::Kill);
        assert_eq!(world.killed_cycle().await[1..], [read_user("ann"), enable("ann")]);
        match leave {
            "unassigned" => world.unassign("ann"),
            _ => world.change("ann", &json!({"accountEnabled": false})),
        }
        assert_eq!(world.requests().await, [read_user("ann"), disable("ann")], "{leave}");
        assert_eq!(world.connection("ann").await, Some(state));
        assert_eq!(world.accounts(), ["ann false", "bob true"]);
    }
}

#[tokio::test]
async fn whoever_could_not_be_brought_back_for_sure_and_leaves_again_is_not_asked_for() {
    let mut world = without_ann().await;
    world.change("ann", &json!({"accountEnabled": true}));
    world.once(&["PATCH"], refusal(400, "no"));
    world.sync().await;
    assert_eq!(attempt(&world, "ann").await, None);
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_group_that_comes_back_after_a_delete_without_an_answer_is_made_anew_with_its_members() {
    let mut world = with_team(&["ann"]).await;
    world.unassign("Team");
    world.once(&["DELETE"], Fault::LoseAnswer);
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann")]);
    assert_eq!(world.application.group_count(), 0);
    world.assign("Team");
    let anew = patch_group("Team 2", &json!([{"op": "Add", "path": "members", "value": [{"value": "{ann}"}]}]));
    let looked_for = [read_user("ann"), read_group("Team"), find_group("Team")];
    assert_eq!(world.requests().await, [looked_for.as_slice(), &[create_group("Team"), anew]].concat());
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(attempt(&world, "Team").await, None);
}

#[tokio::test]
async fn a_group_that_comes_back_after_a_delete_that_never_arrived_is_the_same_with_its_members_of_now() {
    let mut world = with_team(&["ann"]).await;
    world.unassign("Team");
    world.once(&["DELETE"], Fault::Break);
    world.sync().await;
    world.assign("Team");
    world.members("Team", &["ann", "bob"]);
    let read = [read_user("ann"), read_user("bob"), read_group("Team")];
    assert_eq!(world.requests().await, [read.as_slice(), &[add_members("Team", &["bob"])]].concat());
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}

#[tokio::test]
async fn a_group_whose_delete_the_process_was_killed_in_and_that_comes_back_before_the_next_one_is_made_anew() {
    let mut world = with_team(&["ann"]).await;
    world.unassign("Team");
    world.import().await.unwrap();
    world.once(&["DELETE"], Fault::Kill);
    world.killed_cycle().await;
    world.assign("Team");
    world.sync().await;
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(world.escrow("Team", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn a_member_added_without_an_answer_who_leaves_the_group_is_removed() {
    let mut world = with_team(&["ann"]).await;
    world.members("Team", &["ann", "bob"]);
    world.once(&["PATCH"], Fault::LoseAnswer);
    world.sync().await;
    world.members("Team", &["ann"]);
    assert_eq!(world.requests().await, [read_user("bob"), remove_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_member_added_while_the_process_is_killed_who_leaves_the_group_before_the_next_one_is_removed() {
    let mut world = with_team(&["ann"]).await;
    world.members("Team", &["ann", "bob"]);
    world.import().await.unwrap();
    world.once(&["PATCH"], Fault::Kill);
    world.killed_cycle().await;
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
    world.members("Team", &["ann"]);
    assert_eq!(world.requests().await, [remove_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_member_removed_without_an_answer_who_is_back_is_added() {
    let mut world = with_team(&["ann", "bob"]).await;
    world.members("Team", &["ann"]);
    world.once(&["PATCH"], Fault::LoseAnswer);
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    world.members("Team", &["ann", "bob"]);
    assert_eq!(world.requests().await, [read_user("bob"), add_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}

#[tokio::test]
async fn a_member_who_was_refused_and_leaves_the_group_is_not_removed_from_it() {
    let mut world = with_team(&["ann"]).await;
    world.members("Team", &["ann", "bob"]);
    world.once(&["PATCH"], refusal(400, "no"));
    world.sync().await;
    world.members("Team", &["ann"]);
    assert_eq!(world.requests().await, [read_user("bob")]);
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_removal_without_an_answer_outlives_a_restart() {
    let mut world = with_team(&["ann", "bob"]).await;
    world.members("Team", &["ann"]);
    world.once(&["PATCH"], Fault::Break);
    world.sync().await;
    world.restart(&Reset::DEFAULT).await;
    let again = [read_user("ann"), read_user("bob"), read_group("Team"), remove_members("Team", &["bob"])];
    assert_eq!(world.requests().await, again);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_removal_of_somebody_who_was_disabled_and_is_back_outlives_a_restart() {
    let mut world = with_team(&["ann", "bob"]).await;
    for enabled in [false, true] {
        world.change("bob", &json!({"accountEnabled": enabled}));
        world.sync().await;
    }
    world.members("Team", &["ann"]);
    world.once(&["PATCH"], refusal(400, "no"));
    world.sync().await;
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(world.requests().await.last(), Some(&remove_members("Team", &["bob"])));
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_new_member_who_could_not_be_brought_back_follows_as_soon_as_that_is_done() {
    for fault in [Fault::LoseAnswer, Fault::Break, refusal(400, "no")] {
        let mut world = without_ann().await;
        world.group("Team", &["bob"]);
        world.assign("Team");
        world.sync().await;
        world.change("ann", &json!({"accountEnabled": true}));
        world.members("Team", &["ann", "bob"]);
        world.once(&["PATCH", "active"], fault);
        world.sync().await;
        assert!(world.escrow("Team", EscrowKind::Reference).await.is_some());
        world.sync().await;
        assert_eq!(world.members_of("Team"), ["{bob}", "{ann}"]);
        assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
    }
}

#[tokio::test]
async fn a_leaver_who_could_not_be_disabled_becomes_nobodys_member_and_nobodys_manager() {
    let mut world = with_team(&["bob"]).await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.change("bob", &json!({"manager": "id-ann"}));
    world.members("Team", &["ann", "bob"]);
    world.once(&["PATCH", "active"], refusal(500, "not now"));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann"), read_user("bob")]);
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.members_of("Team"), ["{bob}"]);
}

#[tokio::test]
async fn a_disable_without_an_answer_makes_memberships_stale_all_the_same() {
    let mut world = with_team(&["ann", "bob"]).await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.once(&["PATCH"], Fault::LoseAnswer);
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(world.requests().await.last(), Some(&add_members("Team", &["ann"])));
}

#[tokio::test]
async fn an_account_made_without_an_answer_stays_its_users_whoever_has_the_name_now() {
    let mut world = World::new();
    world.users(&["bob"]);
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.change("ann", &json!({"userPrincipalName": "cid@contoso.example"}));
    world.change("bob", &json!({"userPrincipalName": "ann@contoso.example"}));
    world.assign("bob");
    let passed_on = world.sync().await;
    assert_eq!(
        passed_on.after_probe(),
        [find_user("ann"), find_user("ann"), replace("ann", "userName", "cid@contoso.example")]
    );
    assert_eq!(world.log(&passed_on).await, ["ann other failure DuplicateSourceEntries", "cid update success"]);
    world.sync().await;
    assert_eq!(world.account("cid")["displayName"], "Ann");
    assert_eq!(world.account("ann")["displayName"], "Bob");
}

#[tokio::test]
async fn an_attempt_whose_account_has_become_somebody_elses_is_over() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.unassign("ann");
    world.remove("ann");
    world.user("eve", &json!({"userPrincipalName": "ann@contoso.example"}));
    world.assign("eve");
    world.once(&["GET", "ann%40"], Fault::Break);
    let taken = world.sync().await;
    let taken_over = patch_user("ann", &json!([{"op": "Replace", "path": "displayName", "value": "Eve"}]));
    assert_eq!(taken.after_probe(), [find_user("ann"), find_user("ann"), taken_over]);
    assert!(attempt(&world, "ann").await.is_some());
    world.hours_later(6);
    assert_eq!(world.requests().await, [find_user("ann")]);
    assert_eq!(attempt(&world, "ann").await, None);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    assert_eq!(world.accounts(), ["ann true"]);
}

#[tokio::test]
async fn an_account_taken_over_while_the_process_is_killed_is_disabled_if_the_new_user_leaves_before_the_next_one() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.remove("ann");
    world.user("eve", &json!({"userPrincipalName": "ann@contoso.example"}));
    world.assign("eve");
    world.import().await.unwrap();
    world.once(&["PATCH", "True"], Fault::Kill);
    world.killed_cycle().await;
    assert_eq!(world.accounts(), ["ann true"]);
    world.unassign("eve");
    world.sync().await;
    world.sync().await;
    assert_eq!(world.accounts(), ["ann false"]);
}
