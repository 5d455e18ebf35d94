//! Managers. Source: `spec/WIRE.md` §3, §4, `spec/HEALTH.md` §1.

use super::{
    lines::*,
    wiretap::Fault,
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
    let set = world.sync().await;
    assert_eq!(set.after_probe(), [read_user("ann"), set_manager("ann", "bob")]);
    assert_eq!(world.log(&set).await, ["ann update success"]);
    assert_eq!((set.result.counts.update, set.result.counts.skip), (1, 0));
}

#[tokio::test]
async fn the_one_record_of_a_change_of_the_manager_alone_tells_the_whole_journey() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    world.sync().await;
    let records = world.read(|tables| tables.records(&scimulator::store::LogQuery::default())).await;
    let steps: Value = serde_json::from_str(&records.last().unwrap().steps).unwrap();
    let names: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["EntryImportUpdate", "EntryImport", "EntrySynchronizationScoping", "EntryExportUpdate"]);
}

#[tokio::test]
async fn where_nothing_at_all_flows_the_skip_is_the_one_record() {
    let mut world = with_manager(|setup| setup.job = "manager_removal = \"none\"".to_owned()).await;
    world.restart(&Reset::DEFAULT).await;
    let skipped = world.sync().await;
    assert_eq!(skipped.after_probe(), [read_user("ann"), read_user("bob"), read_user("cid")]);
    let skips = ["ann", "bob", "cid"].map(|name| format!("{name} other skipped RedundantExport"));
    assert_eq!(world.log(&skipped).await, skips);
    world.change("ann", &json!({"manager": null}));
    let removed = world.sync().await;
    assert_eq!(removed.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&removed).await, ["ann other skipped RedundantExport"]);
}

#[tokio::test]
async fn a_manager_alone_who_cannot_be_set_yet_is_one_failure_and_lost_to_nobody() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.always(&["POST", "bob@"], refusal(400, "no room"));
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    let failed = world.sync().await;
    assert_eq!(
        world.log(&failed).await,
        ["bob create failure BadRequest", "ann update failure UnableToResolveReferenceAttributeValue"]
    );
    world.wiretap.heal();
    world.hours_later(6);
    assert_eq!(
        world.requests().await,
        [find_user("bob"), create_user("bob", "Bob"), read_user("ann"), set_manager("ann", "bob")]
    );
}

#[tokio::test]
async fn a_manager_alone_whom_the_target_refuses_is_one_failure() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    world.once(&["PATCH"], refusal(400, "no managers"));
    let failed = world.sync().await;
    assert_eq!(world.log(&failed).await, ["ann update failure BadRequest"]);
    let again = world.sync().await;
    assert_eq!(again.after_probe(), [read_user("ann"), set_manager("ann", "bob")]);
    assert_eq!(world.log(&again).await, ["ann update success"]);
}

#[tokio::test]
async fn a_manager_out_of_scope_leaves_the_skip() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.users(&["bob"]);
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    let skipped = world.sync().await;
    assert_eq!(skipped.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&skipped).await, ["ann other skipped RedundantExport"]);
}

#[tokio::test]
async fn a_manager_who_is_hired_in_the_same_cycle_is_the_one_update_of_the_report() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.assigned_users(&["bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    let hired = world.sync().await;
    assert_eq!(
        hired.after_probe(),
        [read_user("ann"), find_user("bob"), create_user("bob", "Bob"), set_manager("ann", "bob")]
    );
    assert_eq!(world.log(&hired).await, ["bob create success", "ann update success"]);
}

#[tokio::test]
async fn a_change_of_the_manager_alone_survives_a_kill_between_the_phases() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.sync().await;
    world.change("ann", &json!({"manager": "id-bob"}));
    world.change("cid", &json!({"displayName": "Cyd"}));
    world.import().await.unwrap();
    world.once(&["PATCH", "Cyd"], Fault::Kill);
    assert_eq!(world.killed_cycle().await.len(), 4);
    let resumed = world.cycle().await;
    assert_eq!(resumed.requests.last(), Some(&set_manager("ann", "bob")));
    assert_eq!(world.log(&resumed).await, ["cid other skipped RedundantExport", "ann update success"]);
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

#[tokio::test]
async fn somebody_who_leaves_and_could_not_be_disabled_yet_is_given_no_manager() {
    let mut world = with_manager(|_| {}).await;
    world.always(&["PATCH", ":manager"], refusal(400, "not him"));
    world.change("ann", &json!({"manager": "id-cid"}));
    world.sync().await;
    assert!(world.escrow("ann", EscrowKind::Reference).await.is_some());
    world.unassign("ann");
    world.always(&["PATCH", "active"], refusal(500, "not today"));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.wiretap.heal();
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!((manager_of(&world, "ann").as_str(), world.sync().await.requests), ("{bob}", vec![probe()]));
}

#[tokio::test]
async fn somebody_who_is_held_back_by_the_deletion_guard_is_nobodys_new_manager() {
    let mut world = with_manager(|setup| setup.job = "deletion_threshold = 1".to_owned()).await;
    world.unassign("cid");
    world.change("ann", &json!({"manager": "id-cid"}));
    assert_eq!(world.requests().await, [read_user("ann")]);
    assert_eq!(manager_of(&world, "ann"), "{bob}");
}
