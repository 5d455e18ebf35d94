//! The deletion guard. Source: `spec/ENGINE.md` §7.

use super::{
    lines::*,
    wiretap::Fault,
    world::{JOB, Synced, World, refusal},
};
use scimulator::{
    directory::import,
    engine::{CycleState, DemandOutcome, Reset},
    health::quarantine::Reason,
    store::{CycleRow, ObjectKind, Phase, StagedCounts, StagedRow, Tables, WorkRow},
};
use serde_json::json;

pub(crate) const NOBODY: [&str; 0] = [];

/// A world whose job holds back from `threshold` disables and deletes on, and in which `names` are provisioned.
pub(crate) async fn guarded(threshold: u64, names: &[&str]) -> World {
    let mut world = World::with(|setup| setup.job = format!("deletion_threshold = {threshold}"));
    world.assigned_users(names);
    world.sync().await;
    world
}

pub(crate) fn unassign(world: &mut World, names: &[&str]) {
    for name in names {
        world.unassign(name);
    }
}

pub(crate) async fn staged(world: &World) -> StagedCounts {
    world.read(|tables| tables.count_staged(JOB)).await
}

pub(crate) fn reason(synced: &Synced) -> Option<Reason> {
    synced.result.quarantine.as_ref().map(|quarantine| quarantine.reason)
}

#[tokio::test]
async fn at_the_threshold_no_disable_leaves_and_the_rest_of_the_cycle_goes_out() {
    let mut world = guarded(2, &["ann", "ben", "cid"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.change("cid", &json!({"displayName": "Cyd"}));
    world.assigned_users(&["dee"]);
    let synced = world.sync().await;
    assert_eq!(
        synced.after_probe(),
        [read_user("cid"), replace("cid", "displayName", "Cyd"), find_user("dee"), create_user("dee", "Dee")]
    );
    assert_eq!(
        world.log(&synced).await,
        ["ann stagedDelete success", "ben stagedDelete success", "cid update success", "dee create success"]
    );
    assert_eq!((synced.result.state, reason(&synced)), (CycleState::Quarantine, Some(Reason::TooManyDeletes)));
    assert_eq!((synced.result.counts.staged, synced.result.counts.disable), (2, 0));
    let quarantine = synced.result.quarantine.unwrap();
    assert_eq!(
        quarantine.error_message,
        "2 disables and 0 deletes are held back by the deletion guard, for they reach the threshold of 2: \
         ann@contoso.example, ben@contoso.example. If they are meant, run `scimulator jobs allow-deletes job`; if not, \
         bring the users and groups back into scope, and run `scimulator jobs restart job`"
    );
    assert_eq!(world.accounts(), ["ann true", "ben true", "cid true", "dee true"]);
}

#[tokio::test]
async fn those_who_leave_at_once_are_counted_at_once_though_they_do_so_while_a_cycle_begins() {
    let mut world = guarded(3, &["ann", "ben", "cid", "dee"]).await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.change("ben", &json!({"displayName": "Benny"}));
    world.import().await.unwrap();
    unassign(&mut world, &["ann", "ben", "cid", "dee"]);
    let now = world.now();
    world.write(now);
    let (store, settings, clock) = (world.engine().store.clone(), world.settings().directory, world.clock.clone());
    world.wiretap.meanwhile(&["{random}"], move || {
        Box::pin(async move { drop(import(&store, &settings, false, &clock).await.unwrap()) })
    });
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe(), NOBODY);
    assert_eq!(
        world.log(&synced).await,
        [
            "ann stagedDelete success",
            "ben stagedDelete success",
            "cid stagedDelete success",
            "dee stagedDelete success"
        ]
    );
    assert_eq!(staged(&world).await, StagedCounts { disables: 4, deletes: 0, allowed: 0 });
    world.engine().allow_deletes(JOB).await.unwrap();
    assert_eq!(world.cycle().await.after_probe().len(), 8);
    assert_eq!(world.accounts(), ["ann false", "ben false", "cid false", "dee false"]);
    assert_eq!(world.cycle().await.after_probe(), NOBODY);
}

#[tokio::test]
async fn who_comes_back_while_a_cycle_begins_is_not_counted() {
    let mut world = guarded(2, &["ann", "ben", "cid"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.import().await.unwrap();
    world.assign("ann");
    world.assigned_users(&["dee"]);
    let now = world.now();
    world.write(now);
    let (store, settings, clock) = (world.engine().store.clone(), world.settings().directory, world.clock.clone());
    world.wiretap.meanwhile(&["{random}"], move || {
        Box::pin(async move { drop(import(&store, &settings, false, &clock).await.unwrap()) })
    });
    let synced = world.cycle().await;
    assert_eq!(
        synced.after_probe(),
        [read_user("ben"), disable("ben"), read_user("ann"), find_user("dee"), create_user("dee", "Dee")]
    );
    assert_eq!((synced.result.state, reason(&synced)), (CycleState::Succeeded, None));
    assert_eq!(world.cycle().await.after_probe(), NOBODY);
}

#[tokio::test]
async fn below_the_threshold_all_of_them_leave() {
    let mut world = guarded(3, &["ann", "ben", "cid"]).await;
    unassign(&mut world, &["ann", "ben"]);
    let synced = world.sync().await;
    assert_eq!(synced.after_probe(), [read_user("ann"), disable("ann"), read_user("ben"), disable("ben")]);
    assert_eq!((synced.result.state, reason(&synced)), (CycleState::Succeeded, None));
}

#[tokio::test]
async fn without_a_threshold_nothing_is_held_back() {
    let mut world = World::new();
    world.assigned_users(&["ann", "ben"]);
    world.sync().await;
    unassign(&mut world, &["ann", "ben"]);
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann"), read_user("ben"), disable("ben")]);
}

#[tokio::test]
async fn neither_the_next_try_nor_another_process_sends_what_is_held_back() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.minutes_later(5);
    let again = world.cycle().await;
    assert_eq!(again.after_probe(), NOBODY);
    assert_eq!(world.log(&again).await, NOBODY);
    assert_eq!(again.result.quarantine.as_ref().map(|quarantine| quarantine.series_count), Some(2));
    world.reopen();
    world.hours_later(6);
    let later = world.cycle().await;
    assert_eq!(later.after_probe(), NOBODY);
    assert_eq!(reason(&later), Some(Reason::TooManyDeletes));
    assert_eq!(world.accounts(), ["ann true", "ben true"]);
}

#[tokio::test]
async fn a_threshold_taken_out_of_the_configuration_sends_nothing_that_is_held_back() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.setup.job.clear();
    let synced = world.sync().await;
    assert_eq!(synced.after_probe(), NOBODY);
    assert_eq!(reason(&synced), Some(Reason::TooManyDeletes));
}

#[tokio::test]
async fn a_new_leaver_below_the_threshold_goes_while_others_are_held_back() {
    let mut world = guarded(2, &["ann", "ben", "cid"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.unassign("cid");
    let synced = world.sync().await;
    assert_eq!(synced.after_probe(), [read_user("cid"), disable("cid")]);
    assert_eq!(reason(&synced), Some(Reason::TooManyDeletes));
}

#[tokio::test]
async fn those_assigned_again_are_not_touched_and_quarantine_is_lifted_when_nobody_is_left() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [read_user("ann")]);
    assert_eq!(reason(&first), Some(Reason::TooManyDeletes));
    assert_eq!(staged(&world).await.disables, 1);
    world.assign("ben");
    world.engine().allow_deletes(JOB).await.unwrap();
    let second = world.sync().await;
    assert_eq!(second.after_probe(), [read_user("ben")]);
    assert_eq!((second.result.state, reason(&second)), (CycleState::Succeeded, None));
    assert_eq!(staged(&world).await, StagedCounts::default());
    assert_eq!(world.accounts(), ["ann true", "ben true"]);
}

#[tokio::test]
async fn a_restart_counts_afresh() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.assign("ben");
    world.import().await.unwrap();
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(staged(&world).await, StagedCounts::default());
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe(), [read_user("ann"), disable("ann"), read_user("ben")]);
    assert_eq!(reason(&synced), None);
}

#[tokio::test]
async fn a_restart_that_keeps_the_watermark_forgets_no_leaver() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.restart(&[Reset::QuarantineState]).await;
    let again = world.cycle().await;
    assert_eq!(again.after_probe(), NOBODY);
    assert_eq!(world.log(&again).await, ["ann stagedDelete success", "ben stagedDelete success"]);
    assert_eq!(reason(&again), Some(Reason::TooManyDeletes));
    assert_eq!(again.result.quarantine.map(|quarantine| quarantine.series_count), Some(1));
}

#[tokio::test]
async fn the_initial_cycle_after_a_restart_is_guarded_too() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.import().await.unwrap();
    world.restart(&Reset::DEFAULT).await;
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe(), NOBODY);
    assert_eq!((synced.result.state, reason(&synced)), (CycleState::Quarantine, Some(Reason::TooManyDeletes)));
}

#[tokio::test]
async fn deletes_of_users_and_groups_count_as_disables_do() {
    let mut world = guarded(3, &["ann", "ben"]).await;
    world.group("Sales", &["ann"]);
    world.assign("Sales");
    world.change("ben", &json!({"accountEnabled": false}));
    world.sync().await;
    world.change("ann", &json!({"accountEnabled": false}));
    world.remove_group("Sales");
    world.file("deletedUsers.json", "[]");
    world.remove("ben");
    let synced = world.sync().await;
    // Ben is soft-deleted, and disabled already: nothing is to be sent for him.
    assert_eq!(synced.after_probe(), [read_user("ann"), disable("ann"), delete_group("Sales")]);
    world.days_later(31);
    world.setup.job = "deletion_threshold = 1".to_owned();
    let purged = world.sync().await;
    assert_eq!(purged.after_probe(), NOBODY);
    assert_eq!(world.log(&purged).await, ["ben stagedDelete success"]);
    assert_eq!(staged(&world).await, StagedCounts { disables: 0, deletes: 1, allowed: 0 });
}

#[tokio::test]
async fn retries_of_disables_admitted_earlier_do_not_count() {
    let mut world = guarded(3, &["ann", "ben", "cid"]).await;
    world.always(&["PATCH"], refusal(500, "not today"));
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.wiretap.heal();
    world.unassign("cid");
    let synced = world.sync().await;
    let expected = ["ann", "ben", "cid"].into_iter().flat_map(|name| [read_user(name), disable(name)]);
    assert_eq!(synced.after_probe(), expected.collect::<Vec<_>>());
    assert_eq!(reason(&synced), None);
}

#[tokio::test]
async fn a_cycle_that_is_killed_while_it_holds_back_goes_on_with_the_same_verdict() {
    let mut world = guarded(2, &["ann", "ben", "cid"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.assigned_users(&["dee"]);
    world.import().await.unwrap();
    world.once(&["POST"], Fault::Kill);
    world.killed_cycle().await;
    world.setup.job = "deletion_threshold = 100".to_owned();
    let synced = world.cycle().await;
    assert!(!synced.requests.iter().any(|request| request.starts_with("PATCH")), "{:?}", synced.requests);
    assert_eq!(reason(&synced), Some(Reason::TooManyDeletes));
    assert_eq!(world.accounts(), ["ann true", "ben true", "cid true", "dee true"]);
}

#[tokio::test]
async fn who_leaves_while_a_cycle_is_interrupted_is_counted_by_the_next_one() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.change("ben", &json!({"displayName": "Benny"}));
    world.once(&["GET", "{ann}"], refusal(401, "who?"));
    world.sync().await;
    unassign(&mut world, &["ann", "ben"]);
    world.import().await.unwrap();
    let resumed = world.cycle().await;
    assert_eq!(resumed.after_probe(), NOBODY);
    let next = world.cycle().await;
    assert_eq!(next.after_probe(), NOBODY);
    assert_eq!(world.log(&next).await, ["ann stagedDelete success", "ben stagedDelete success"]);
}

#[tokio::test]
async fn a_run_on_demand_does_not_send_what_is_held_back() {
    let mut world = guarded(1, &["ann"]).await;
    world.unassign("ann");
    world.sync().await;
    let (result, requests) = world.demand(ObjectKind::User, "ann", &[]).await;
    assert_eq!((result.outcome, requests), (DemandOutcome::Skipped, vec![probe()]));
    assert_eq!(staged(&world).await.disables, 1);
}

#[tokio::test]
async fn a_rehired_person_takes_over_the_account_of_one_who_is_held_back() {
    let mut world = guarded(1, &["ann"]).await;
    world.remove("ann");
    world.user("anna", &json!({"userPrincipalName": "ann@contoso.example", "displayName": "Ann"}));
    world.assign("anna");
    world.unassign("ann");
    let synced = world.sync().await;
    assert_eq!(synced.after_probe(), [find_user("ann")]);
    assert_eq!(staged(&world).await, StagedCounts::default());
    assert_eq!(reason(&synced), None);
    assert_eq!(world.accounts(), ["ann true"]);
}

#[tokio::test]
async fn skipped_deletions_are_not_counted() {
    let mut world =
        World::with(|setup| setup.job = "deletion_threshold = 1\nskip_out_of_scope_deletions = true".to_owned());
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.unassign("ann");
    let synced = world.sync().await;
    assert_eq!((synced.after_probe(), reason(&synced)), (&[][..], None));
}

#[tokio::test]
async fn whom_a_lost_create_made_is_disabled_though_a_guard_stands() {
    let mut world = World::with(|setup| setup.job = "deletion_threshold = 500".to_owned());
    world.assigned_users(&["ann"]);
    world.once(&["POST"], Fault::LoseAnswer);
    world.sync().await;
    world.restart(&Reset::DEFAULT).await;
    world.unassign("ann");
    world.sync().await;
    assert_eq!(world.accounts(), ["ann false"]);
}

#[tokio::test]
async fn a_verdict_outlives_the_cycle_that_is_given_up() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.import().await.unwrap();
    let (ann, ben) = (world.key("ann").await, world.key("ben").await);
    let began = world.present();
    let row = world.read(|tables| Ok(tables.cycles(JOB, 1)?.remove(0))).await;
    // What is on the disk when the process is killed after the first of the two was held back.
    let interrupted = move |tables: &Tables| {
        let guard = Some("heldBack".to_owned());
        let open = CycleRow { id: "open".to_owned(), phase: Phase::Leavers, ended: None, state: None, guard, ..row };
        tables.put_cycle(&open)?;
        let held = StagedRow { action: "disable".to_owned(), since: began, allowed: false };
        tables.put_staged(JOB, ann, &held)?;
        let counted = WorkRow { object: ben, known: Some(r#"{"counted":"disable"}"#.to_owned()) };
        tables.put_work(JOB, Phase::Leavers, &counted)
    };
    world.engine().store.write(interrupted).await.unwrap();
    world.setup.mapping = world.setup.mapping.replace("title = \"App\"", "title = \"App\"\ndefault_access = \"skip\"");
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe(), NOBODY);
    assert_eq!(staged(&world).await, StagedCounts { disables: 2, deletes: 0, allowed: 0 });
}

#[tokio::test]
async fn a_group_that_is_held_back_and_stays_after_all_has_the_changes_of_its_members() {
    let mut world = World::with(|setup| setup.job = "deletion_threshold = 1".to_owned());
    world.assigned_users(&["ann", "ben"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    world.unassign("Team");
    world.sync().await;
    world.members("Team", &["ben"]);
    assert_eq!(world.requests().await, NOBODY);
    world.assign("Team");
    assert_eq!(
        world.requests().await,
        [read_user("ben"), read_group("Team"), remove_members("Team", &["ann"]), add_members("Team", &["ben"])]
    );
}

#[tokio::test]
async fn whoever_is_held_back_is_no_new_member_of_a_group() {
    let mut world = guarded(1, &["ann", "ben"]).await;
    world.unassign("ann");
    world.sync().await;
    world.group("Team", &["ben"]);
    world.assign("Team");
    world.sync().await;
    world.unassign("Team");
    world.assign("ben");
    world.members("Team", &["ann", "ben"]);
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ben}"]);
}
