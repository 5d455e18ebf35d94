//! Whoever is out of scope and linked all the same is nobody's new member, and nobody's new manager. Source: `spec/WIRE.md` §6,
//! `spec/HEALTH.md` §1.

use super::{
    lines::*,
    world::{World, refusal},
};
use scimulator::{directory::import, engine::Reset};
use serde_json::json;

/// A scoping filter that keeps a department out.
const FILTER: &str = r#"
[[users.scoping_filters]]
clauses = [{ attribute = "department", operator = "IS NULL" }]
"#;

/// Ann and bob are provisioned, and the group Team, of which ann is a member. Then bob leaves as `leave` has it, and the
/// application refuses to disable him.
async fn with_bob_kept(leave: impl FnOnce(&mut World)) -> World {
    let mut world = World::with(|setup| {
        "scope = \"all\"".clone_into(&mut setup.job);
        setup.mapping += FILTER;
    });
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann"]);
    world.sync().await;
    leave(&mut world);
    world.always(&["PATCH", "/Users/{bob}"], refusal(400, "no"));
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    world
}

/// Expects that bob, who joins Team and becomes the manager of ann together with cid's coming, is neither member nor manager.
async fn is_kept_out(mut world: World) {
    assert_eq!(world.connection("bob").await, Some("linked"));
    world.users(&["cid"]);
    world.members("Team", &["ann", "bob", "cid"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    let sent = world.requests().await;
    assert_eq!(sent.iter().filter(|line| line.contains("{bob}")).count(), 0, "{sent:#?}");
    assert_eq!(world.members_of("Team"), ["{ann}", "{cid}"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn who_could_not_be_disabled_in_28_days_is_nobodys_member_or_manager() {
    for gone in [json!({"accountEnabled": false}), json!({"department": "Elsewhere"})] {
        let mut world = with_bob_kept(|world| world.change("bob", &gone)).await;
        world.days_later(27);
        world.sync().await;
        world.days_later(1);
        assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
        world.days_later(1);
        assert_eq!(world.requests().await, [""; 0], "it was given up");
        is_kept_out(world).await;
    }
}

#[tokio::test]
async fn whose_failed_disable_a_restart_forgets_is_nobodys_member_or_manager() {
    let world = with_bob_kept(|world| world.change("bob", &json!({"accountEnabled": false}))).await;
    world.restart(&[Reset::Escrows]).await;
    is_kept_out(world).await;
}

#[tokio::test]
async fn whom_an_import_takes_out_of_scope_during_the_cycle_and_the_next_one_brings_back_is_not_forgotten() {
    for comes_back in [true, false] {
        let mut world = World::new();
        world.assigned_users(&["ann", "bob"]);
        world.group("Team", &["ann"]);
        world.assign("Team");
        world.sync().await;
        world.members("Team", &["ann", "bob"]);
        world.change("ann", &json!({"manager": "id-bob"}));
        world.import().await.unwrap();
        world.change("bob", &json!({"accountEnabled": false}));
        let now = world.now();
        world.write(now);
        let (store, settings, clock) = (world.engine().store.clone(), world.settings().directory, world.clock.clone());
        world.wiretap.meanwhile(&["GET /Users/{ann}"], move || {
            Box::pin(async move { drop(import(&store, &settings, false, &clock).await.unwrap()) })
        });
        assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), read_user("bob")]);
        if comes_back {
            world.change("bob", &json!({"accountEnabled": true}));
            let sent = [read_user("bob"), add_members("Team", &["bob"]), read_user("ann"), set_manager("ann", "bob")];
            assert_eq!(world.requests().await, sent);
        } else {
            assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
        }
        assert_eq!(world.sync().await.requests, [probe()]);
    }
}
