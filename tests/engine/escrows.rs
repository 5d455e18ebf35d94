//! Operations that fail, and when they are tried again. Source: `spec/HEALTH.md` §1, `spec/ENGINE.md` §10,
//! `spec/WIRE.md` §7.

use super::{
    lines::*,
    wiretap::Fault,
    world::{World, refusal},
};
use scimulator::{engine::CycleState, store::EscrowKind};
use serde_json::json;

/// A world in which ann and bob are to be provisioned, and ann's create is always refused.
async fn with_refused_ann() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.always(&["POST /Users", "ann@"], refusal(400, "no room"));
    let first = world.sync().await;
    assert_eq!(first.result.state, CycleState::EntryLevelErrors);
    assert_eq!(world.log(&first).await, ["ann create failure BadRequest", "bob create success"]);
    world
}

#[tokio::test]
async fn a_failed_create_is_tried_in_the_next_cycle_then_6_and_12_hours_later_and_then_daily() {
    let mut world = with_refused_ann().await;
    let due = |attempts, hours| (attempts, World::start_plus_hours(hours));
    for (hour, attempts, next) in [(1, 1, 7), (7, 2, 12), (12, 3, 24), (24, 4, 48), (48, 5, 72), (100, 6, 120)] {
        let until = World::start_plus_hours(hour).duration_since(world.present());
        world.minutes_later(u64::try_from(until.as_mins()).unwrap() - 1);
        if hour > 1 {
            let idle = world.sync().await;
            let early = hour == 100;
            assert_eq!(idle.requests.len(), if early { 3 } else { 1 }, "before hour {hour}");
            if early {
                continue;
            }
        }
        world.minutes_later(1);
        let retried = world.sync().await;
        assert_eq!(retried.after_probe(), [find_user("ann"), create_user("ann", "Ann")], "at hour {hour}");
        let escrow = world.escrow("ann", EscrowKind::Object).await.unwrap();
        assert_eq!((escrow.attempts, escrow.next_attempt), due(attempts, next), "at hour {hour}");
        assert_eq!(escrow.first_failure, World::start_plus_hours(0));
    }
}

#[tokio::test]
async fn after_28_days_a_failed_create_is_given_up_with_a_last_record() {
    let mut world = with_refused_ann().await;
    world.days_later(27);
    world.sync().await;
    world.days_later(1);
    let last = world.sync().await;
    assert_eq!(last.after_probe(), [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(world.log(&last).await, ["ann create failure BadRequest"]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    world.days_later(1);
    assert_eq!(world.sync().await.requests, [probe()]);
    world.change("ann", &json!({"title": "Dr"}));
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_success_removes_the_escrow() {
    let mut world = with_refused_ann().await;
    world.wiretap.heal();
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    world.days_later(2);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_change_at_the_source_is_tried_at_once() {
    let mut world = with_refused_ann().await;
    world.sync().await;
    assert_eq!(world.sync().await.requests, [probe()]);
    world.wiretap.heal();
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Annie")]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn whoever_leaves_before_the_retry_is_not_tried_again() {
    let mut world = with_refused_ann().await;
    world.unassign("ann");
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn the_escrow_says_what_was_asked_what_came_back_and_when_it_is_tried_again() {
    let world = with_refused_ann().await;
    let escrow = world.escrow("ann", EscrowKind::Object).await.unwrap();
    assert_eq!((escrow.operation.as_str(), escrow.error_code.as_str()), ("create", "BadRequest"));
    assert!(escrow.error_text.starts_with("POST /scim/Users: 400 Bad Request: no room"), "{}", escrow.error_text);
    let records = world.read(|tables| tables.records(&scimulator::store::LogQuery::default())).await;
    let reason = records[0].reason.clone().unwrap();
    let sequel = "This operation was retried 0 times. It will be retried again after this date: \
                  2026-01-05T08:00:00.0000000Z UTC";
    assert!(reason.ends_with(sequel), "{reason}");
}

#[tokio::test]
async fn a_conflict_on_a_create_contradicts_the_filter_and_is_not_matched_again_in_the_same_cycle() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], refusal(409, "taken"));
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(
        world.log(&first).await,
        ["ann create failure SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"]
    );
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_matched_anew_and_not_repeated() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    let first = world.sync().await;
    assert_eq!(world.log(&first).await, ["ann create failure WebExceptionProtocolError"]);
    assert_eq!(world.requests().await, [find_user("ann")]);
    assert_eq!(world.connection("ann").await, Some("linked"));
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    assert_eq!(world.accounts(), ["ann true"]);
}

#[tokio::test]
async fn a_create_that_never_arrived_is_looked_for_once_and_repeated() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::Break);
    world.sync().await;
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_by_the_values_that_it_was_sent_with() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.change("ann", &json!({"userPrincipalName": "ann.lee@contoso.example"}));
    assert_eq!(world.requests().await, [find_user("ann"), replace("ann", "userName", "ann.lee@contoso.example")]);
    assert_eq!(world.accounts(), ["ann.lee true"]);
}

#[tokio::test]
async fn whoever_leaves_after_a_create_whose_answer_was_lost_is_found_and_disabled() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [find_user("ann"), disable("ann")]);
    assert_eq!(world.accounts(), ["ann false"]);
    assert_eq!(world.connection("ann").await, Some("released"));
}

#[tokio::test]
async fn whoever_is_purged_after_a_create_whose_answer_was_lost_is_found_and_deleted() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.once(&["POST", "ann@"], Fault::LoseAnswer);
    world.sync().await;
    world.remove("ann");
    world.file(
        "deletedUsers.json",
        r#"[{"id": "id-ann", "userPrincipalName": "ann@contoso.example", "deletedDateTime": "2025-01-01T00:00:00Z"}]"#,
    );
    assert_eq!(world.requests().await, [find_user("ann"), delete_user("ann")]);
    assert_eq!(world.accounts(), ["bob true"]);
}

#[tokio::test]
async fn a_second_create_whose_answer_is_lost_leaves_no_orphan_either() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::Break);
    world.sync().await;
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    assert_eq!(world.accounts(), ["ann true"]);
    world.unassign("ann");
    assert_eq!(world.requests().await, [find_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn a_create_repeated_under_another_name_whose_answer_is_lost_is_found_by_that_name() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::Break);
    world.sync().await;
    world.change("ann", &json!({"userPrincipalName": "eve@contoso.example"}));
    world.once(&["POST"], Fault::LoseAnswer);
    assert_eq!(world.requests().await, [find_user("ann"), find_user("eve"), create_user("eve", "Ann")]);
    world.unassign("ann");
    assert_eq!(world.requests().await, [find_user("eve"), disable("eve")]);
    assert_eq!(world.accounts(), ["eve false"]);
}

#[tokio::test]
async fn attempts_survive_a_reset_of_the_escrows() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.restart(&scimulator::engine::Reset::DEFAULT).await;
    world.unassign("ann");
    assert_eq!(world.requests().await, [find_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn a_create_without_an_id_in_its_answer_is_matched_in_the_next_cycle() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@contoso.example"});
    world.once(&["POST"], Fault::Answer(201, body.to_string()));
    let first = world.sync().await;
    assert_eq!(
        world.log(&first).await,
        ["ann create failure SystemForCrossDomainIdentityManagementServiceIncompatible"]
    );
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

#[tokio::test]
async fn each_answer_to_an_update_has_its_code() {
    for (status, code) in [
        (400, "BadRequest"),
        (403, "InsufficientRights"),
        (404, "InvalidAnchor"),
        (405, "MethodNotAllowed"),
        (409, "EntryConflict"),
        (422, "UnprocessableEntity"),
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (501, "NotImplemented"),
    ] {
        let mut world = World::new();
        world.assigned_users(&["ann"]);
        world.sync().await;
        world.change("ann", &json!({"displayName": "Annie"}));
        world.always(&["PATCH"], refusal(status, "no"));
        let failed = world.sync().await;
        assert_eq!(world.log(&failed).await, [format!("ann update failure {code}")]);
        let patches = failed.requests.iter().filter(|line| line.starts_with("PATCH")).count();
        assert_eq!(patches, if status == 429 { 6 } else { 1 });
        let escrow = world.escrow("ann", EscrowKind::Object).await.unwrap();
        assert_eq!((escrow.operation.as_str(), escrow.error_code.as_str()), ("update", code));
        world.wiretap.heal();
        assert_eq!(world.requests().await, [read_user("ann"), replace("ann", "displayName", "Annie")]);
    }
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure_like_others() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.once(&["PATCH"], Fault::Silence);
    let failed = world.sync().await;
    assert_eq!(world.log(&failed).await, ["ann update failure Timeout"]);
    assert_eq!(failed.result.duration_ms, 100_000);
    assert_eq!(world.requests().await, [read_user("ann"), replace("ann", "displayName", "Annie")]);
}

#[tokio::test]
async fn a_connected_account_that_is_gone_is_an_invalid_anchor_and_not_created_again() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.change("ann", &json!({"displayName": "Annie"}));
    let gone = world.sync().await;
    assert_eq!(gone.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&gone).await, ["ann update failure InvalidAnchor"]);
    assert_eq!(world.requests().await, [read_user("ann")]);
    world.restart(&[scimulator::engine::Reset::ConnectorDataStore]).await;
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Annie")]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn with_recreate_missing_a_connected_account_that_is_gone_is_created_again() {
    let mut world = World::with(|setup| setup.job = "recreate_missing = true".to_owned());
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.wiretap.delete("/Users/{ann}");
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.requests().await, [read_user("ann"), find_user("ann"), create_user("ann", "Annie")]);
}
