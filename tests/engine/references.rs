//! Managers. Source: `spec/WIRE.md` §3, §4, `spec/HEALTH.md` §1.

use super::{
    lines::*,
    world::{World, refusal},
};
use scimulator::{engine::Reset, store::EscrowKind};
use serde_json::{Value, json};

fn manager_path() -> String {
    format!("{ENTERPRISE}:manager")
}

/// A world in which ann, under bob, and cid are provisioned.
async fn with_manager(alter: impl FnOnce(&mut super::world::Setup)) -> World {
    let mut world = World::with(alter);
    world.assigned_users(&["ann", "bob", "cid"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.sync().await;
    assert_eq!(manager_of(&world, "ann"), "{bob}");
    world
}

fn manager_of(world: &World, name: &str) -> String {
    let manager = world.account(name)[ENTERPRISE]["manager"]["value"].clone();
    world.wiretap.named(manager.as_str().unwrap_or("nobody"))
}

#[tokio::test]
async fn a_manager_is_set_after_both_were_created_as_a_record_of_its_own() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "bob@contoso.example"}));
    let first = world.sync().await;
    assert_eq!(
        first.after_probe(),
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_user("bob"),
            create_user("bob", "Bob"),
            set_manager("ann", "bob"),
        ]
    );
    assert_eq!(world.log(&first).await, ["ann create success", "bob create success", "ann update success"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn in_the_compliant_dialect_a_manager_is_a_bare_string_too() {
    let mut world = World::with(|setup| setup.query = "?aadOptscim062020");
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": {"id": "id-bob"}}));
    let operations = json!([{"op": "add", "path": manager_path(), "value": "{bob}"}]);
    assert_eq!(world.sync().await.requests.last(), Some(&patch_user("ann", &operations)));
}

#[tokio::test]
async fn a_manager_who_is_set_later_is_one_read_and_one_patch() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    assert_eq!(world.requests().await, [read_user("ann"), set_manager("ann", "bob")]);
}

#[tokio::test]
async fn a_changed_manager_is_an_add_too() {
    let mut world = with_manager(|_| {}).await;
    world.change("ann", &json!({"manager": "id-cid"}));
    let changed = world.sync().await;
    assert_eq!(changed.after_probe(), [read_user("ann"), set_manager("ann", "cid")]);
    let records = world.read(|tables| tables.records(&scimulator::store::LogQuery::default())).await;
    let modified: Value = serde_json::from_str(&world.wiretap.named(&records.last().unwrap().modified)).unwrap();
    assert_eq!((&modified[0]["oldValue"], &modified[0]["newValue"]), (&json!("{bob}"), &json!("{cid}")));
}

#[tokio::test]
async fn a_manager_and_another_change_are_two_patches() {
    let mut world = with_manager(|_| {}).await;
    world.change("ann", &json!({"manager": "id-cid", "displayName": "Annie"}));
    let changed = world.sync().await;
    assert_eq!(
        changed.after_probe(),
        [read_user("ann"), replace("ann", "displayName", "Annie"), set_manager("ann", "cid")]
    );
    assert_eq!(world.log(&changed).await, ["ann update success", "ann update success"]);
}

#[tokio::test]
async fn a_removed_manager_is_replaced_by_nothing_or_removed_or_kept() {
    let by_default = json!([{"op": "Replace", "path": manager_path(), "value": ""}]);
    let by_removal = json!([{"op": "Remove", "path": manager_path()}]);
    for (setting, operations) in [
        ("", Some(&by_default)),
        ("manager_removal = \"empty\"", Some(&by_default)),
        ("manager_removal = \"remove\"", Some(&by_removal)),
        ("manager_removal = \"none\"", None),
    ] {
        let mut world = with_manager(|setup| setup.job = setting.to_owned()).await;
        world.change("ann", &json!({"manager": null}));
        let mut expected = vec![read_user("ann")];
        expected.extend(operations.map(|operations| patch_user("ann", operations)));
        assert_eq!(world.requests().await, expected, "{setting}");
        let left = if operations.is_some() { "nobody" } else { "{bob}" };
        assert_eq!(manager_of(&world, "ann"), left, "{setting}");
        assert_eq!(world.sync().await.requests, [probe()], "{setting}");
    }
}

#[tokio::test]
async fn a_removed_manager_in_the_compliant_dialect() {
    let mut world = with_manager(|setup| setup.query = "?aadOptscim062020").await;
    world.change("ann", &json!({"manager": null}));
    let operations = json!([{"op": "replace", "path": manager_path(), "value": ""}]);
    assert_eq!(world.requests().await, [read_user("ann"), patch_user("ann", &operations)]);
}

#[tokio::test]
async fn a_manager_out_of_scope_is_left_out_until_a_restart() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.users(&["bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(first.result.state.name(), "Succeeded");
    assert_eq!(world.escrow("ann", EscrowKind::Reference).await, None);
    world.assign("bob");
    assert_eq!(world.requests().await, [find_user("bob"), create_user("bob", "Bob")]);
    assert_eq!(world.sync().await.requests, [probe()]);
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(world.requests().await, [read_user("ann"), read_user("bob"), set_manager("ann", "bob")]);
}

#[tokio::test]
async fn a_manager_who_leaves_stays_where_no_change_comes() {
    let mut world = with_manager(|_| {}).await;
    world.unassign("bob");
    assert_eq!(world.requests().await, [read_user("bob"), disable("bob")]);
    assert_eq!(manager_of(&world, "ann"), "{bob}");
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.requests().await, [read_user("ann"), replace("ann", "displayName", "Annie")]);
    assert_eq!(manager_of(&world, "ann"), "{bob}");
}

#[tokio::test]
async fn a_manager_whose_own_create_failed_follows_as_soon_as_linked() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.once(&["POST", "bob@"], refusal(400, "no room"));
    let first = world.sync().await;
    assert_eq!(
        world.log(&first).await,
        [
            "ann create success",
            "bob create failure BadRequest",
            "ann update failure UnableToResolveReferenceAttributeValue",
        ]
    );
    let escrow = world.escrow("ann", EscrowKind::Reference).await.unwrap();
    assert_eq!(escrow.error_code, "UnableToResolveReferenceAttributeValue");
    assert_eq!(
        world.requests().await,
        [find_user("bob"), create_user("bob", "Bob"), read_user("ann"), set_manager("ann", "bob")]
    );
    assert_eq!(world.escrow("ann", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_manager_linked_long_after_the_failed_create_is_set_in_that_very_cycle() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.always(&["POST", "bob@"], refusal(400, "no room"));
    world.sync().await;
    world.sync().await;
    assert_eq!(world.sync().await.requests, [probe()]);
    world.wiretap.heal();
    world.change("bob", &json!({"displayName": "Bobby"}));
    assert_eq!(
        world.requests().await,
        [find_user("bob"), create_user("bob", "Bobby"), read_user("ann"), set_manager("ann", "bob")]
    );
}

#[tokio::test]
async fn a_manager_who_is_refused_is_a_reference_escrow_and_tried_again_by_itself() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.once(&["PATCH"], refusal(400, "no managers"));
    let first = world.sync().await;
    assert_eq!(world.log(&first).await, ["ann create success", "bob create success", "ann update failure BadRequest"]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    assert!(world.escrow("ann", EscrowKind::Reference).await.is_some());
    assert_eq!(world.requests().await, [read_user("ann"), set_manager("ann", "bob")]);
    assert_eq!(world.escrow("ann", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_user_who_leaves_takes_the_reference_escrow_along() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.always(&["PATCH", "manager"], refusal(400, "no managers"));
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.escrow("ann", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_leaver_takes_the_reference_escrow_along_though_it_is_not_due() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.always(&["PATCH", "manager"], refusal(400, "no managers"));
    world.sync().await;
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(world.escrow("ann", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn with_updates_switched_off_no_manager_is_set() {
    let mut world = World::with(|setup| {
        setup.mapping = setup.mapping.replace("[users]\n", "[users]\nactions = [\"create\", \"delete\"]\n");
    });
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    assert!(world.sync().await.requests.iter().all(|line| !line.starts_with("PATCH")));
}
