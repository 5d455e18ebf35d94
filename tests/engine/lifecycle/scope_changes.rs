//! The scope of a job changed from all to assigned, and back. Source: `spec/ENGINE.md` §3.

use crate::{
    lines::*,
    world::{World, refusal},
};
use scimulator::engine::{CycleKind, InitialReason, Reset};
use serde_json::json;

const ALL: &str = "scope = \"all\"";
const AT_ONCE: &str = "scope_change = \"restart\"";

/// A world in which everybody is provisioned: ann, who is assigned, and bob and cid, who are not.
async fn with_everybody() -> World {
    let mut world = World::with(|setup| ALL.clone_into(&mut setup.job));
    world.assigned_users(&["ann"]);
    world.users(&["bob", "cid"]);
    world.sync().await;
    assert_eq!(world.accounts(), ["ann true", "bob true", "cid true"]);
    world
}

/// The job's settings from now on.
fn set(world: &mut World, job: &str) {
    job.clone_into(&mut world.setup.job);
}

#[tokio::test]
async fn a_scope_that_widens_makes_the_next_cycle_initial() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.users(&["bob"]);
    world.sync().await;
    set(&mut world, ALL);
    let widened = world.sync().await;
    assert_eq!(widened.result.kind, CycleKind::Initial);
    assert_eq!(widened.after_probe(), [read_user("ann"), find_user("bob"), create_user("bob", "Bob")]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_scope_that_narrows_is_felt_by_changed_objects_and_by_the_others_at_a_restart() {
    let mut world = with_everybody().await;
    set(&mut world, "");
    assert_eq!(world.sync().await.requests, [probe()]);
    world.change("bob", &json!({"displayName": "Bobby"}));
    let second = world.sync().await;
    assert_eq!(second.result.kind, CycleKind::Incremental);
    assert_eq!(second.after_probe(), [read_user("bob"), disable("bob")]);
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(world.requests().await, [read_user("cid"), disable("cid"), read_user("ann")]);
    assert_eq!(world.accounts(), ["ann true", "bob false", "cid false"]);
    set(&mut world, AT_ONCE);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_scope_that_narrows_and_widens_again_brings_everybody_back() {
    let mut world = with_everybody().await;
    set(&mut world, "");
    world.change("bob", &json!({"displayName": "Bobby"}));
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    set(&mut world, ALL);
    let back = world.sync().await;
    assert_eq!(back.result.kind, CycleKind::Initial);
    let operations = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Replace", "path": "displayName", "value": "Bobby"},
    ]);
    assert_eq!(
        back.after_probe(),
        [read_user("ann"), read_user("bob"), patch_user("bob", &operations), read_user("cid")]
    );
    assert_eq!(world.accounts(), ["ann true", "bob true", "cid true"]);
}

#[tokio::test]
async fn where_the_job_wants_it_a_scope_that_narrows_is_felt_at_once() {
    let mut world = with_everybody().await;
    set(&mut world, AT_ONCE);
    world.import().await.unwrap();
    let announced = world.engine().announce(&world.job()).await.unwrap().unwrap();
    assert_eq!(announced.reason, InitialReason::ScopeNarrowed);
    assert_eq!((announced.reads, announced.writes_at_most), (4, 3));
    let narrowed = world.sync().await;
    assert_eq!(narrowed.result.kind, CycleKind::Initial);
    assert_eq!(
        narrowed.after_probe(),
        [read_user("bob"), disable("bob"), read_user("cid"), disable("cid"), read_user("ann")]
    );
    assert_eq!(world.connection("bob").await, Some("released"));
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_job_that_has_waited_and_wants_it_at_once_after_all_does_not_wait_longer() {
    let mut world = with_everybody().await;
    set(&mut world, "");
    assert_eq!(world.sync().await.requests, [probe()]);
    set(&mut world, AT_ONCE);
    assert_eq!(
        world.requests().await,
        [read_user("bob"), disable("bob"), read_user("cid"), disable("cid"), read_user("ann")]
    );
}

/// Everybody is provisioned, and the group Team, of which ann is a member; the scope is narrowed, which waits for a restart. Then
/// bob, who is not assigned, changes, and stays linked all the same: by these settings, or by a refusal.
async fn with_bob_kept(settings: &str, refused: bool) -> World {
    let mut world = World::with(|setup| setup.job = format!("{ALL}\n{settings}"));
    world.assigned_users(&["ann"]);
    world.users(&["bob", "cid"]);
    world.group("Team", &["ann"]);
    world.sync().await;
    set(&mut world, settings);
    world.change("bob", &json!({"displayName": "Bobby"}));
    if refused {
        world.always(&["PATCH", "/Users/{bob}"], refusal(400, "no"));
    }
    world.sync().await;
    assert_eq!(world.connection("bob").await, Some("linked"));
    world
}

/// Expects that of bob and cid, neither of whom is assigned, only cid can become a member of Team, or the manager of ann.
async fn only_cid_is_in(mut world: World) {
    for (manager, sent) in [("id-bob", 0), ("id-cid", 1)] {
        world.change("ann", &json!({"manager": manager}));
        let requests = world.requests().await;
        let managers = requests.iter().filter(|line| line.contains("manager")).count();
        assert_eq!(managers, sent, "{manager}: {requests:#?}");
    }
    world.members("Team", &["ann", "bob", "cid"]);
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}", "{cid}"]);
}

#[tokio::test]
async fn who_was_found_out_of_a_narrowed_scope_stays_out_when_the_disable_is_given_up_or_forgotten() {
    let mut world = with_bob_kept("", true).await;
    world.days_later(27);
    world.sync().await;
    world.days_later(1);
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    world.days_later(1);
    assert_eq!(world.requests().await, [""; 0], "it was given up");
    only_cid_is_in(world).await;

    let world = with_bob_kept("", true).await;
    world.restart(&[Reset::Escrows]).await;
    only_cid_is_in(world).await;
}

#[tokio::test]
async fn who_was_found_out_of_a_narrowed_scope_stays_out_where_nobody_is_disabled_for_that() {
    only_cid_is_in(with_bob_kept("skip_out_of_scope_deletions = true", false).await).await;
}

#[tokio::test]
async fn who_was_found_out_of_a_narrowed_scope_and_is_assigned_then_is_in_again() {
    let mut world = with_bob_kept("skip_out_of_scope_deletions = true", false).await;
    world.assign("bob");
    world.sync().await;
    world.members("Team", &["ann", "bob"]);
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}
