//! Members of groups. Source: `spec/WIRE.md` §6.

use super::{
    lines::*,
    wiretap::Fault,
    world::{JOB, World, refusal},
};
use scimulator::{engine::Reset, store::EscrowKind};
use serde_json::{Value, json};

const COMPLIANT: &str = "?aadOptscim062020";

/// A world in which the group Team with these members, all assigned directly too, is provisioned.
async fn with_team(query: &'static str, members: &[&str]) -> World {
    let mut world = World::with(|setup| setup.query = query);
    world.assigned_users(members);
    world.group("Team", members);
    world.assign("Team");
    world.sync().await;
    world
}

#[tokio::test]
async fn a_new_member_is_one_patch_with_one_value_in_either_dialect() {
    let compliant = json!([{"op": "add", "path": "members", "value": [{"value": "{bob}"}]}]);
    for (query, patch) in [("", add_members("Team", &["bob"])), (COMPLIANT, patch_group("Team", &compliant))] {
        let mut world = with_team(query, &["ann"]).await;
        world.assigned_users(&["bob"]);
        world.sync().await;
        world.members("Team", &["ann", "bob"]);
        let added = world.sync().await;
        assert_eq!(added.after_probe(), [read_user("bob"), patch]);
        assert_eq!(world.log(&added).await, ["bob other skipped RedundantExport", "Team update success"]);
        assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
    }
}

#[tokio::test]
async fn a_removed_member_is_one_patch_in_either_dialect() {
    let compliant = json!([{"op": "remove", "path": "members[value eq \"{bob}\"]"}]);
    for (query, patch) in [("", remove_members("Team", &["bob"])), (COMPLIANT, patch_group("Team", &compliant))] {
        let mut world = with_team(query, &["ann", "bob"]).await;
        world.members("Team", &["ann"]);
        assert_eq!(world.requests().await, [read_user("bob"), patch]);
        assert_eq!(world.members_of("Team"), ["{ann}"]);
    }
}

#[tokio::test]
async fn members_who_go_are_removed_before_members_who_come_are_added() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.assigned_users(&["cid", "dee"]);
    world.members("Team", &["cid", "dee"]);
    let changed = world.sync().await;
    assert_eq!(
        changed.requests[changed.requests.len() - 2..],
        [remove_members("Team", &["ann", "bob"]), add_members("Team", &["cid", "dee"])]
    );
    assert_eq!(world.members_of("Team"), ["{cid}", "{dee}"]);
}

#[tokio::test]
async fn in_the_compliant_dialect_several_removals_are_an_operation_each_in_one_patch() {
    let mut world = with_team(COMPLIANT, &["ann", "bob", "cid"]).await;
    world.members("Team", &["cid"]);
    let operations = json!([
        {"op": "remove", "path": "members[value eq \"{ann}\"]"},
        {"op": "remove", "path": "members[value eq \"{bob}\"]"},
    ]);
    assert_eq!(world.sync().await.requests.last(), Some(&patch_group("Team", &operations)));
}

#[tokio::test]
async fn the_log_names_each_member_by_the_id_at_the_target() {
    let mut world = with_team("", &["ann"]).await;
    world.members("Team", &[]);
    world.sync().await;
    let records = world.read(|tables| tables.records(&scimulator::store::LogQuery::default())).await;
    let of_members = records.iter().filter(|record| record.modified.contains("\"members\""));
    let shown: Vec<_> = of_members.map(|record| world.wiretap.named(&record.modified)).collect();
    assert_eq!(shown.len(), 2);
    let [added, removed]: [Value; 2] = [&shown[0], &shown[1]].map(|text| serde_json::from_str(text).unwrap());
    assert_eq!(added[0]["newValue"], "{ann}");
    assert!(added[0]["oldValue"].as_str().unwrap_or_default().is_empty());
    assert_eq!(removed[0]["oldValue"], "{ann}");
    assert!(removed[0]["newValue"].as_str().unwrap_or_default().is_empty());
}

#[tokio::test]
async fn members_go_in_batches_of_a_hundred() {
    let names: Vec<String> = (100..350).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::new();
    world.users(&names);
    world.group("Team", &names);
    world.assign("Team");
    let first = world.sync().await;
    let batches: Vec<_> = names.chunks(100).map(|batch| add_members("Team", batch)).collect();
    assert_eq!(first.requests[first.requests.len() - 3..], batches);
    world.members("Team", &names[120..]);
    let second = world.sync().await;
    assert_eq!(
        second.requests[second.requests.len() - 2..],
        [remove_members("Team", &names[..100]), remove_members("Team", &names[100..120])]
    );
}

#[tokio::test]
async fn the_size_of_a_batch_can_be_set() {
    let mut world = World::with(|setup| setup.job = "member_batch = 1".to_owned());
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    let first = world.sync().await;
    assert_eq!(
        first.requests[first.requests.len() - 2..],
        [add_members("Team", &["ann"]), add_members("Team", &["bob"])]
    );
}

#[tokio::test]
async fn a_batch_that_fails_is_sent_again_and_those_before_it_are_not() {
    let mut world = World::with(|setup| setup.job = "member_batch = 1".to_owned());
    world.users(&["ann", "bob", "cid"]);
    world.group("Team", &["ann", "bob", "cid"]);
    world.assign("Team");
    world.once(&["PATCH", "{bob}"], refusal(500, "not now"));
    let first = world.sync().await;
    assert_eq!(first.requests.last(), Some(&add_members("Team", &["bob"])));
    assert_eq!(world.log(&first).await[4..], ["Team update success", "Team update failure InternalServerError"]);
    assert_eq!(world.requests().await, [add_members("Team", &["bob"]), add_members("Team", &["cid"])]);
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}", "{cid}"]);
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_sent_again() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.once(&["PATCH"], Fault::LoseAnswer);
    world.sync().await;
    assert_eq!(world.requests().await, [add_members("Team", &["ann"])]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn a_member_out_of_scope_is_left_out_and_stays_out_when_coming_into_scope_until_a_restart() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.user("bob", &json!({"accountEnabled": false}));
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    let first = world.sync().await;
    assert_eq!(first.requests.last(), Some(&add_members("Team", &["ann"])));
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
    world.change("bob", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [find_user("bob"), create_user("bob", "Bob")]);
    world.days_later(1);
    assert_eq!(world.sync().await.requests, [probe()]);
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(
        world.requests().await,
        [read_user("ann"), read_user("bob"), read_group("Team"), add_members("Team", &["bob"])]
    );
}

#[tokio::test]
async fn a_member_that_we_disabled_is_sent_again_only_by_a_restart() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.change("ann", &json!({"accountEnabled": false}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.change("ann", &json!({"accountEnabled": true}));
    assert_eq!(world.requests().await, [read_user("ann"), enable("ann")]);
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(
        world.requests().await,
        [read_user("ann"), read_user("bob"), read_group("Team"), add_members("Team", &["ann"])]
    );
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
}

#[tokio::test]
async fn a_soft_deleted_member_stays_a_member_and_a_purged_one_goes_without_a_request() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.remove("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.members_of("Team"), ["{bob}"]);
}

#[tokio::test]
async fn a_released_member_who_leaves_the_group_is_removed_all_the_same() {
    let mut world = World::with(|setup| {
        let filter = "[[users.scoping_filters]]\ntitle = \"Sales\"\n\
            clauses = [{ attribute = \"department\", operator = \"EQUALS\", value = \"Sales\" }]\n[groups]\n";
        setup.mapping = setup.mapping.replace("[groups]\n", filter);
    });
    world.user("ann", &json!({"department": "Sales"}));
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change("ann", &json!({"department": "Legal"}));
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    world.members("Team", &[]);
    assert_eq!(world.requests().await, [remove_members("Team", &["ann"])]);
}

#[tokio::test]
async fn a_nested_group_is_a_member_only_where_it_is_provisioned_itself() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Inner", &["ann"]);
    world.group("Other", &[]);
    world.group("Outer", &["Inner", "Other"]);
    world.assign("Inner");
    world.assign("Outer");
    let first = world.sync().await;
    assert_eq!(
        first.requests[first.requests.len() - 2..],
        [add_members("Inner", &["ann"]), add_members("Outer", &["Inner"])]
    );
    assert_eq!(world.members_of("Outer"), ["{Inner}"]);
}

#[tokio::test]
async fn a_member_whose_own_create_failed_follows_as_soon_as_it_is_linked() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.once(&["POST", "bob@"], refusal(400, "no room"));
    let first = world.sync().await;
    assert_eq!(first.requests.last(), Some(&add_members("Team", &["ann"])));
    assert_eq!(
        world.log(&first).await,
        [
            "ann create success",
            "bob create failure BadRequest",
            "Team create success",
            "Team update success",
            "Team update failure UnableToResolveReferenceAttributeValue",
        ]
    );
    assert!(world.escrow("Team", EscrowKind::Reference).await.is_some());
    assert_eq!(world.requests().await, [find_user("bob"), create_user("bob", "Bob"), add_members("Team", &["bob"])]);
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
}

#[tokio::test]
async fn a_member_linked_long_after_its_own_create_failed_follows_in_that_very_cycle() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.always(&["POST", "bob@"], refusal(400, "no room"));
    world.sync().await;
    world.sync().await;
    assert_eq!(world.sync().await.requests, [probe()]);
    world.wiretap.heal();
    world.change("bob", &json!({"displayName": "Bobby"}));
    assert_eq!(world.requests().await, [find_user("bob"), create_user("bob", "Bobby"), add_members("Team", &["bob"])]);
}

#[tokio::test]
async fn a_member_whose_create_failed_and_who_leaves_the_group_is_waited_for_no_more() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.always(&["POST", "bob@"], refusal(400, "no room"));
    world.sync().await;
    world.members("Team", &["ann"]);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.escrow("Team", EscrowKind::Reference).await, None);
    assert_eq!(world.escrow("bob", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn with_updates_of_groups_switched_off_no_members_are_sent() {
    let mut world = World::with(|setup| {
        setup.mapping = setup.mapping.replace("[groups]\n", "[groups]\nactions = [\"create\", \"delete\"]\n");
    });
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    assert_eq!(
        world.requests().await,
        [find_user("ann"), create_user("ann", "Ann"), find_group("Team"), create_group("Team")]
    );
}

#[tokio::test]
async fn the_documented_null_reference_is_sent_on_request() {
    let mut world = World::with(|setup| setup.job = "member_ref_null = true".to_owned());
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    let operations = json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "{ann}"}]}]);
    assert_eq!(world.sync().await.requests.last(), Some(&patch_group("Team", &operations)));
}

#[tokio::test]
async fn a_member_who_vanished_at_the_target_and_is_made_anew_is_a_member_again() {
    let mut world = World::with(|setup| setup.job = "recreate_missing = true".to_owned());
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(
        world.requests().await,
        [read_user("ann"), find_user("ann"), create_user("ann", "Annie"), add_members("Team", &["ann 2"])]
    );
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_group_that_is_gone_at_the_target_is_an_invalid_anchor_of_its_members() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.wiretap.delete("/Groups/{Team}");
    world.members("Team", &["ann"]);
    let failed = world.sync().await;
    assert_eq!(failed.after_probe(), [read_user("bob"), remove_members("Team", &["bob"])]);
    assert_eq!(world.log(&failed).await, ["bob other skipped RedundantExport", "Team update failure InvalidAnchor"]);
}

#[tokio::test]
async fn a_group_that_could_not_be_deleted_is_sent_no_members_until_it_is_back() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.unassign("Team");
    world.once(&["DELETE /Groups"], refusal(400, "not today"));
    assert_eq!(world.requests().await.first(), Some(&delete_group("Team")));
    world.once(&["DELETE /Groups"], refusal(400, "not today"));
    world.members("Team", &["ann"]);
    assert_eq!(world.requests().await, [delete_group("Team")]);
    assert_eq!(world.requests().await, [""; 0]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
    world.assign("Team");
    assert_eq!(world.requests().await, [read_user("ann"), read_group("Team"), remove_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn of_a_group_whose_delete_is_refused_nothing_but_the_delete_is_sent() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.remove_group("Team");
    world.always(&["DELETE"], refusal(400, "not today"));
    assert_eq!(world.requests().await, [delete_group("Team"), read_user("ann"), read_user("bob")]);
    world.unassign("ann");
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann"), delete_group("Team")]);
    let bob = world.key("bob").await;
    world.engine().pause(JOB).await.unwrap();
    world.engine().unlink(JOB, bob).await.unwrap();
    world.hours_later(7);
    assert_eq!(world.requests().await, [delete_group("Team"), find_user("bob")]);
    assert_eq!(world.members_of("Team"), ["{ann}", "{bob}"]);
    assert_eq!(world.read(|tables| tables.count_escrows(JOB)).await.references, 0);
    world.wiretap.heal();
    world.hours_later(7);
    assert_eq!(world.requests().await, [delete_group("Team")]);
}

#[tokio::test]
async fn a_group_that_stays_after_all_has_the_changes_of_its_members_from_the_time_when_it_was_to_go() {
    let mut world = with_team("", &["ann", "bob"]).await;
    world.assigned_users(&["cid"]);
    world.unassign("Team");
    world.once(&["DELETE"], refusal(400, "not today"));
    world.sync().await;
    world.members("Team", &["bob", "cid"]);
    world.once(&["DELETE"], refusal(400, "not today"));
    assert_eq!(world.requests().await, [delete_group("Team")]);
    world.assign("Team");
    assert_eq!(
        world.requests().await,
        [
            read_user("bob"),
            read_user("cid"),
            read_group("Team"),
            remove_members("Team", &["ann"]),
            add_members("Team", &["cid"])
        ]
    );
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_member_whom_the_job_leaves_linked_though_out_of_scope_is_left_out() {
    let mut world = with_team("", &["cid"]).await;
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.setup.mapping = world.setup.mapping.replacen("[users]\n", "[users]\nactions = [\"create\", \"delete\"]\n", 1);
    world.change("ann", &json!({"accountEnabled": false}));
    world.sync().await;
    assert_eq!(world.connection("ann").await, Some("linked"));
    world.members("Team", &["ann", "bob", "cid"]);
    assert_eq!(world.sync().await.requests.last(), Some(&add_members("Team", &["bob"])));
    assert_eq!(world.members_of("Team"), ["{cid}", "{bob}"]);
}
