//! Provision on demand. Source: `spec/ENGINE.md` §6, `spec/WIRE.md` §2.

use super::{lines::*, world::World};
use scimulator::{
    engine::{CycleKind, CycleRequest, DemandError, DemandOutcome, DemandRequest, DemandResult, PageTurns, Unobserved},
    scim::trace::Trace,
    store::{EscrowKind, ObjectKind::*},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const COMPLIANT: &str = "?aadOptscim062020";

async fn with_ann(query: &'static str) -> World {
    let mut world = World::with(|setup| setup.query = query);
    world.assigned_users(&["ann"]);
    world.sync().await;
    world
}

#[tokio::test]
async fn a_new_user_is_matched_and_created() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe(), find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!((result.outcome, result.records.len()), (DemandOutcome::Success, 1));
    assert_eq!(world.connection("ann").await, Some("linked"));
}

#[tokio::test]
async fn a_connected_user_is_matched_again_and_patched_from_that_answer_in_the_legacy_dialect() {
    for query in ["", COMPLIANT] {
        let mut world = with_ann(query).await;
        world.change("ann", &json!({"displayName": "Annie"}));
        let (result, requests) = world.demand(User, "ann", &[]).await;
        assert_eq!(requests, [probe(), find_user("ann"), replace("ann", "displayName", "Annie")], "{query}");
        assert_eq!(result.outcome, DemandOutcome::Success);
    }
}

#[tokio::test]
async fn the_watermark_stays_so_that_the_next_cycle_looks_at_the_change_as_well() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.demand(User, "ann", &[]).await;
    let next = world.cycle().await;
    assert_eq!(next.after_probe(), [read_user("ann")]);
    assert_eq!(world.log(&next).await, ["ann other skipped RedundantExport"]);
}

#[tokio::test]
async fn a_user_who_is_in_step_is_skipped() {
    let mut world = with_ann("").await;
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe(), find_user("ann")]);
    assert_eq!(result.outcome, DemandOutcome::Skipped);
}

#[tokio::test]
async fn a_connected_user_whom_no_query_finds_is_read_by_the_stored_id_and_not_made_twice() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"userPrincipalName": "anna@contoso.example"}));
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(
        requests,
        [probe(), find_user("anna"), read_user("ann"), replace("ann", "userName", "anna@contoso.example")]
    );
    assert_eq!(result.outcome, DemandOutcome::Success);
}

#[tokio::test]
async fn an_unassigned_user_is_disabled() {
    let mut world = with_ann("").await;
    world.unassign("ann");
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe(), find_user("ann"), disable("ann")]);
    assert_eq!(result.outcome, DemandOutcome::Success);
    assert_eq!(world.connection("ann").await, Some("released"));
}

#[tokio::test]
async fn a_user_disabled_or_deleted_at_the_source_is_left_to_the_next_cycle() {
    for deleted in [false, true] {
        let mut world = with_ann("").await;
        if deleted {
            world.remove("ann");
        } else {
            world.change("ann", &json!({"accountEnabled": false}));
        }
        let (result, requests) = world.demand(User, "ann", &[]).await;
        assert_eq!(requests, [probe()]);
        assert_eq!(result.outcome, DemandOutcome::Skipped);
        assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), disable("ann")]);
    }
}

/// What the first record of a run gives as its reason: code and sentence.
async fn reason(world: &World, result: &DemandResult) -> (String, String) {
    let id = result.records.first().expect("the run made a record").clone();
    let row = world.read(move |tables| tables.record(&id)).await.unwrap();
    (row.error_code.unwrap_or_default(), row.reason.unwrap_or_default())
}

#[tokio::test]
async fn who_is_disabled_at_the_source_and_unknown_to_the_target_is_not_created_and_that_is_all() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.change("ann", &json!({"accountEnabled": false}));
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe()]);
    let expected = "User 'ann@contoso.example' is not active in the source directory";
    assert_eq!(reason(&world, &result).await, ("EntrySynchronizationSkipped".to_owned(), expected.to_owned()));
}

#[tokio::test]
async fn who_has_left_and_is_disabled_already_is_skipped_with_the_reason() {
    let mut world = with_ann("").await;
    world.unassign("ann");
    world.sync().await;
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!((requests, result.outcome), (vec![probe()], DemandOutcome::Skipped));
    let expected = "User 'ann@contoso.example' is not assigned to the application";
    assert_eq!(reason(&world, &result).await, ("NotEffectivelyEntitled".to_owned(), expected.to_owned()));
}

#[tokio::test]
async fn a_group_that_is_no_longer_security_enabled_is_left_to_the_next_cycle() {
    let mut world = with_ann("").await;
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.change_group("Team", &json!({"securityEnabled": false}));
    let (result, requests) = world.demand(Group, "Team", &["ann"]).await;
    assert_eq!(requests, [probe()]);
    let expected = "Group 'Team' is not security-enabled; a run on demand neither disables nor deletes for that, and \
                    leaves it to the next cycle";
    assert_eq!(reason(&world, &result).await.1, expected);
    assert_eq!(world.cycle().await.after_probe(), [delete_group("Team"), read_user("ann")]);
}

#[tokio::test]
async fn a_matching_value_that_cannot_be_made_keeps_nobody_active() {
    let mut world = World::with(|setup| {
        let direct = "userName = { direct = \"userPrincipalName\", matching = 1 }";
        let computed =
            "userName = { expression = 'Replace([userPrincipalName], , [secret], , \"\", , )', matching = 1 }";
        assert!(setup.mapping.contains(direct));
        setup.mapping = setup.mapping.replace(direct, computed);
        setup.directory = "attributes = [\"secret\"]\n";
    });
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.unassign("ann");
    world.change("ann", &json!({"secret": "("}));
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe(), read_user("ann"), disable("ann")]);
    assert_eq!(result.outcome, DemandOutcome::Success);
}

#[tokio::test]
async fn a_user_who_matches_another_account_than_before_is_connected_to_that_and_its_groups_follow() {
    let mut world = with_ann("").await;
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.wiretap.create("/Users", &super::directory::account("anna").into());
    world.change("ann", &json!({"userPrincipalName": "anna@contoso.example", "displayName": "Ann"}));
    let (_, requests) = world.demand(User, "ann", &[]).await;
    let given = json!([
        {"op": "Replace", "path": "active", "value": "True"},
        {"op": "Add", "path": "displayName", "value": "Ann"},
    ]);
    assert_eq!(requests, [probe(), find_user("anna"), patch_user("anna", &given)]);
    assert_eq!(world.cycle().await.after_probe(), [read_user("anna"), add_members("Team", &["anna"])]);
}

#[tokio::test]
async fn nobody_is_restored_on_demand() {
    let mut world = with_ann("").await;
    world.unassign("ann");
    world.sync().await;
    world.assign("ann");
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!((requests, result.outcome), (vec![probe()], DemandOutcome::Skipped));
    assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), enable("ann")]);
}

#[tokio::test]
async fn a_manager_who_is_linked_is_set() {
    let mut world = with_ann("").await;
    world.assigned_users(&["bob"]);
    world.change("bob", &json!({"manager": "id-ann"}));
    let (result, requests) = world.demand(User, "bob", &[]).await;
    assert_eq!(requests, [probe(), find_user("bob"), create_user("bob", "Bob"), set_manager("bob", "ann")]);
    assert_eq!(result.records.len(), 2);
}

#[tokio::test]
async fn a_failed_operation_is_tried_at_once_and_its_escrow_goes() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.once(&["POST /Users"], super::world::refusal(400, "not today"));
    world.sync().await;
    assert!(world.escrow("ann", EscrowKind::Object).await.is_some());
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe(), find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(result.outcome, DemandOutcome::Success);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn a_target_that_refuses_the_token_ends_it_at_the_test_of_the_connection() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.always(&["GET"], super::world::refusal(401, "who are you?"));
    let (result, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!(requests, [probe()]);
    assert_eq!(result.outcome, DemandOutcome::Failure);
    assert_eq!(result.connection.unwrap().code, "SystemForCrossDomainIdentityManagementInvalidCredentials");
}

#[tokio::test]
async fn a_group_has_only_the_named_members_and_the_next_cycle_sends_the_others() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.sync().await;
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    let (result, requests) = world.demand(Group, "Team", &["bob", "cid"]).await;
    assert_eq!(requests, [probe(), find_group("Team"), create_group("Team"), add_members("Team", &["bob"])]);
    assert_eq!(
        result.notes,
        ["`cid@contoso.example` is not a direct member of the group, and was not one at the target"]
    );
    let next = world.cycle().await.after_probe().to_vec();
    assert_eq!(next.last(), Some(&add_members("Team", &["ann"])));
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_group_that_a_run_on_demand_linked_has_its_members_though_nothing_changed_since() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.once(&["POST /Groups"], super::world::refusal(400, "not today"));
    world.sync().await;
    let (_, requests) = world.demand(Group, "Team", &[]).await;
    assert_eq!(requests, [probe(), find_group("Team"), create_group("Team")]);
    assert_eq!(world.cycle().await.after_probe(), [add_members("Team", &["ann"])]);
    assert_eq!(world.cycle().await.requests, [probe()]);
}

#[tokio::test]
async fn a_named_member_who_left_the_group_is_removed() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world.members("Team", &[]);
    let (_, requests) = world.demand(Group, "Team", &["bob"]).await;
    assert_eq!(requests, [probe(), find_group("Team"), remove_members("Team", &["bob"])]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
}

#[tokio::test]
async fn members_of_a_group_that_is_not_at_the_target_are_told_of() {
    let mut world = with_ann("").await;
    world.group("Team", &["ann"]);
    let (result, requests) = world.demand(Group, "Team", &["ann", "ann"]).await;
    assert_eq!((requests, result.outcome), (vec![probe()], DemandOutcome::Skipped));
    assert_eq!(result.notes, ["`ann@contoso.example` was left out, for the group is not at the target"]);
}

#[tokio::test]
async fn each_member_who_is_left_out_has_a_reason_of_its_own() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid", "dee"]);
    world.users(&["eve"]);
    world.change("eve", &json!({"accountEnabled": false}));
    world.group("Team", &["ann", "bob", "eve"]);
    world.assign("Team");
    world.sync().await;
    world.change("bob", &json!({"accountEnabled": false}));
    world.sync().await;
    let (result, requests) = world.demand(Group, "Team", &["ann", "bob", "eve", "dee"]).await;
    assert_eq!(requests, [probe(), find_group("Team")]);
    assert_eq!(
        result.notes,
        [
            "`ann@contoso.example` is a member at the target already",
            "`bob@contoso.example` is disabled at the target and was left out",
            "`eve@contoso.example` is not provisioned yet and was left out; provision the user first",
            "`dee@contoso.example` is not a direct member of the group, and was not one at the target",
        ]
    );
}

#[tokio::test]
async fn after_a_refused_removal_no_addition_is_tried_and_nothing_untrue_is_said() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.members("Team", &["bob"]);
    world.once(&["PATCH /Groups"], super::world::refusal(400, "not today"));
    let (result, requests) = world.demand(Group, "Team", &["ann", "bob"]).await;
    assert_eq!(requests, [probe(), find_group("Team"), remove_members("Team", &["ann"])]);
    assert_eq!((result.outcome, result.notes), (DemandOutcome::Failure, Vec::new()));
    assert_eq!(
        world.cycle().await.after_probe().last_chunk::<2>(),
        Some(&[remove_members("Team", &["ann"]), add_members("Team", &["bob"])])
    );
}

#[tokio::test]
async fn a_job_that_never_ran_is_known_from_then_on_and_its_first_cycle_is_initial() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.demand(User, "ann", &[]).await;
    let row = world.read(|tables| tables.job(super::world::JOB)).await.unwrap();
    assert_eq!((row.identity.target.as_str(), row.watermark), (super::world::BASE_URL, None));
    let first = world.cycle().await;
    assert_eq!(first.result.kind, CycleKind::Initial);
    assert_eq!(first.after_probe(), [read_user("ann")]);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let mut world = with_ann("").await;
    world.import().await.unwrap();
    let refused = async |kind, name: &str, members: usize| {
        let request = DemandRequest {
            kind,
            name: name.to_owned(),
            members: vec!["ann@contoso.example".to_owned(); members],
            trace: Trace::off(),
            turns: PageTurns::default(),
        };
        world.engine().provision_on_demand(&world.job(), request).await.unwrap_err()
    };
    assert!(matches!(refused(User, "zoe", 0).await, DemandError::Unknown { .. }));
    assert!(matches!(refused(Group, "ann@contoso.example", 0).await, DemandError::Unknown { .. }));
    assert!(matches!(refused(Group, "Team", 6).await, DemandError::TooManyMembers(6)));
    world.setup.mapping = world.setup.mapping.replace("[groups]\n", "[groups]\nenabled = false\n");
    let request = DemandRequest {
        kind: Group,
        name: "Team".to_owned(),
        members: Vec::new(),
        trace: Trace::off(),
        turns: PageTurns::default(),
    };
    let error = world.engine().provision_on_demand(&world.job(), request).await.unwrap_err();
    assert!(matches!(error, DemandError::NoGroups(_)));
}

#[tokio::test]
async fn a_run_on_demand_goes_between_two_pages_of_a_cycle_that_runs() {
    let mut world = with_ann("").await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.import().await.unwrap();
    let turns = PageTurns::default();
    let request = DemandRequest {
        kind: User,
        name: "ann@contoso.example".to_owned(),
        members: Vec::new(),
        trace: Trace::off(),
        turns: turns.clone(),
    };
    let (engine, job) = (world.engine().clone(), world.job());
    let runtime = tokio::runtime::Handle::current();
    let (started, begun) = tokio::sync::oneshot::channel();
    // The cycle's read of the user is held until the other run is waiting for its turn.
    world.wiretap.meanwhile(&["GET /Users/{ann}"], move || {
        Box::pin(async move {
            let demand = runtime.spawn(async move { engine.provision_on_demand(&job, request).await });
            let _ = started.send(demand);
            tokio::task::yield_now().await;
        })
    });
    let request = CycleRequest { turns, ..CycleRequest::default() };
    let (job, stop) = (world.job(), CancellationToken::new());
    let ended = world.engine().run_cycle(&job, request, &Unobserved, &stop).await.unwrap();
    let result = begun.await.unwrap().await.unwrap().unwrap();
    assert_eq!((ended.counts.update, result.outcome), (1, DemandOutcome::Skipped));
}

#[tokio::test]
async fn a_manager_who_left_and_whom_no_cycle_has_disabled_yet_is_left_out() {
    for leave in [|world: &mut World| world.remove("bob"), |world: &mut World| world.unassign("bob")] {
        let mut world = with_ann("").await;
        world.assigned_users(&["bob"]);
        world.sync().await;
        leave(&mut world);
        world.change("ann", &json!({"manager": "id-bob"}));
        let (result, requests) = world.demand(User, "ann", &[]).await;
        assert_eq!(requests, [probe(), find_user("ann")]);
        assert_eq!(result.outcome, DemandOutcome::Skipped);
        assert_eq!(world.connection("bob").await, Some("linked"));
    }
}

#[tokio::test]
async fn a_member_who_left_and_whom_no_cycle_has_disabled_yet_is_left_out() {
    let mut world = with_ann("").await;
    world.assigned_users(&["bob"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.members("Team", &["ann", "bob"]);
    world.change("bob", &json!({"accountEnabled": false}));
    let (result, requests) = world.demand(Group, "Team", &["bob"]).await;
    assert_eq!(requests, [probe(), find_group("Team")]);
    assert_eq!(result.notes, ["`bob@contoso.example` is out of scope and was left out"]);
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(world.connection("bob").await, Some("linked"));
}

#[tokio::test]
async fn a_group_whose_delete_is_refused_has_no_members_sent() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.group("Team", &[]);
    world.assign("Team");
    world.sync().await;
    world.members("Team", &["ann"]);
    world.unassign("Team");
    world.always(&["DELETE"], super::world::refusal(400, "not today"));
    let (result, requests) = world.demand(Group, "Team", &["ann"]).await;
    assert_eq!(requests, [probe(), delete_group("Team")]);
    assert_eq!(result.notes, ["`ann@contoso.example` was left out, for the group is out of scope"]);
}
