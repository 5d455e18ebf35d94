//! Jobs that fail as a whole. Source: `spec/HEALTH.md` §2, `spec/WIRE.md` §2.1.

use super::{
    lines::*,
    wiretap::Fault,
    world::{JOB, Synced, World, refusal},
};
use scimulator::{
    engine::{CycleState, Reset},
    health::{HealthRules, quarantine::Reason},
    store::EscrowKind,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// What marks a probe.
const PROBE: &str = "{random}";

/// A world in which ann is provisioned, and a change of hers waits.
async fn with_a_change() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.import().await.unwrap();
    world
}

/// State, quarantine reason and error code of a cycle.
fn verdict(synced: &Synced) -> (CycleState, Option<Reason>, Option<&str>) {
    let quarantine = synced.result.quarantine.as_ref().map(|quarantine| quarantine.reason);
    (synced.result.state, quarantine, synced.result.error.as_ref().map(|error| error.code.as_str()))
}

/// Answers the probe with `fault`, and expects quarantine with this code, and the next try after five minutes.
async fn quarantines(fault: Fault, code: &str, requests: usize) {
    let world = with_a_change().await;
    world.always(&[PROBE], fault.clone());
    let failed = world.cycle().await;
    let expected = (CycleState::Quarantine, Some(Reason::EncounteredQuarantineException), Some(code));
    assert_eq!(verdict(&failed), expected, "{fault:?}");
    assert_eq!(failed.requests, vec![probe(); requests], "{fault:?}");
    let quarantine = failed.result.quarantine.unwrap();
    assert_eq!(quarantine.next_attempt, quarantine.series_began + jiff::SignedDuration::from_mins(5));
    assert_eq!(quarantine.series_count, 1);
    world.wiretap.heal();
    let lifted = world.cycle().await;
    assert_eq!(verdict(&lifted), (CycleState::Succeeded, None, None));
    assert_eq!(lifted.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie")]);
    assert_eq!(world.read(|tables| tables.job(JOB)).await.unwrap().quarantine, None);
}

/// Answers the probe with `fault`, and expects the cycle to fail without quarantine.
async fn fails(fault: Fault, code: &str, requests: usize) {
    let world = with_a_change().await;
    world.always(&[PROBE], fault.clone());
    let failed = world.cycle().await;
    assert_eq!(verdict(&failed), (CycleState::Failed, None, Some(code)), "{fault:?}");
    assert_eq!(failed.requests, vec![probe(); requests], "{fault:?}");
    world.wiretap.heal();
    let next = world.cycle().await;
    assert_eq!(next.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie")]);
}

#[tokio::test]
async fn bad_credentials_on_the_probe_quarantine_the_job() {
    quarantines(refusal(401, "who?"), "SystemForCrossDomainIdentityManagementInvalidCredentials", 1).await;
    quarantines(refusal(403, "you?"), "InsufficientRights", 1).await;
}

#[tokio::test]
async fn an_endpoint_that_is_not_scim_quarantines_the_job() {
    let code = "SystemForCrossDomainIdentityManagementServiceIncompatible";
    quarantines(refusal(404, "nothing here"), code, 1).await;
    quarantines(refusal(400, "no filters"), "BadRequest", 1).await;
    quarantines(Fault::Answer(200, "<html>welcome</html>".to_owned()), code, 1).await;
    quarantines(Fault::Answer(200, "[]".to_owned()), code, 1).await;
    quarantines(Fault::Answer(200, "{\"Resources\":[]}".to_owned()), code, 1).await;
}

#[tokio::test]
async fn no_connection_on_the_probe_quarantines_the_job_after_one_repeat() {
    quarantines(Fault::Refuse, "WebExceptionProtocolError", 2).await;
}

#[tokio::test]
async fn a_target_in_trouble_fails_the_cycle_and_no_more() {
    fails(refusal(500, "oops"), "InternalServerError", 1).await;
    fails(refusal(503, "later"), "InternalServerError", 1).await;
    fails(Fault::Silence, "Timeout", 1).await;
    fails(Fault::Break, "WebExceptionProtocolError", 1).await;
    fails(refusal(429, "slowly"), "TooManyRequests", 6).await;
}

#[tokio::test]
async fn what_stops_every_try_is_no_failure_of_the_one_that_comes_to_its_end() {
    let mut world = World::with(|setup| setup.rules = HealthRules { failures_floor: 1, ..HealthRules::default() });
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.import().await.unwrap();
    world.always(&["PATCH"], refusal(401, "who?"));
    let mut tries = Vec::new();
    for _ in 0..3 {
        tries.push(world.cycle().await.result.counts.failure);
        world.hours_later(24);
    }
    assert_eq!(tries, [1, 1, 1]);
    world.wiretap.heal();
    let lifted = world.cycle().await;
    assert_eq!(verdict(&lifted), (CycleState::Succeeded, None, None));
    assert_eq!((lifted.result.counts.update, lifted.result.counts.failure), (1, 0));
}

#[tokio::test]
async fn tries_that_fail_come_after_5_minutes_6_12_and_24_hours_and_then_daily() {
    let world = with_a_change().await;
    let began = world.present();
    world.always(&[PROBE], refusal(401, "who?"));
    for (count, minutes) in [(1, 5), (2, 360), (3, 720), (4, 1440), (5, 2880), (6, 4320)] {
        let failed = world.cycle().await;
        let quarantine = failed.result.quarantine.unwrap();
        assert_eq!((quarantine.series_count, quarantine.series_began), (count, began));
        assert_eq!(quarantine.current_began, world.present());
        assert_eq!(quarantine.next_attempt, began + jiff::SignedDuration::from_mins(minutes));
        let wait = quarantine.next_attempt.duration_since(world.present());
        world.minutes_later(u64::try_from(wait.as_mins()).unwrap());
    }
}

#[tokio::test]
async fn a_try_out_of_quarantine_that_fails_otherwise_counts_as_a_failing_try_too() {
    let world = with_a_change().await;
    let began = world.present();
    world.once(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    world.minutes_later(5);
    world.once(&[PROBE], refusal(503, "later"));
    let failed = world.cycle().await;
    let quarantine = failed.result.quarantine.unwrap();
    assert_eq!(failed.result.state, CycleState::Quarantine);
    assert_eq!((quarantine.reason, quarantine.series_count), (Reason::EncounteredQuarantineException, 2));
    assert_eq!(quarantine.next_attempt, began + jiff::SignedDuration::from_hours(6));
}

#[tokio::test]
async fn after_four_weeks_in_quarantine_the_job_is_disabled() {
    let world = with_a_change().await;
    world.always(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    let schedule = |world: &World| {
        let read = world.engine().store.read_blocking(|tables| tables.job(JOB));
        read.unwrap().unwrap().schedule_state
    };
    world.days_later(27);
    world.cycle().await;
    assert_eq!(schedule(&world), "Active");
    world.days_later(1);
    world.cycle().await;
    assert_eq!(schedule(&world), "Disabled");
}

#[tokio::test]
async fn a_lever_that_lifts_the_quarantine_during_the_last_try_keeps_its_effect() {
    let world = with_a_change().await;
    world.always(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    world.days_later(28);
    let engine = world.engine().clone();
    world.wiretap.meanwhile(&[PROBE], || Box::pin(async move { engine.start(JOB).await.unwrap() }));
    let last = world.cycle().await;
    assert_eq!(last.result.quarantine.as_ref().map(|quarantine| quarantine.series_count), Some(1));
    let row = world.read(|tables| tables.job(JOB)).await.unwrap();
    assert_eq!((row.schedule_state.as_str(), row.quarantine.is_some()), ("Active", true));
}

#[tokio::test]
async fn a_lever_that_lifts_the_quarantine_of_a_job_whose_cycle_is_stopped_keeps_its_effect() {
    let world = with_a_change().await;
    world.once(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    let (engine, stop) = (world.engine().clone(), CancellationToken::new());
    let asked = stop.clone();
    world.wiretap.meanwhile(&["GET", "/Users/"], || {
        Box::pin(async move {
            engine.start(JOB).await.unwrap();
            asked.cancel();
        })
    });
    assert!(world.cycle_until(&stop).await.result.interrupted);
    assert_eq!(world.read(|tables| tables.job(JOB)).await.unwrap().quarantine, None);
}

#[tokio::test]
async fn four_weeks_of_too_many_failures_disable_the_job_too() {
    let mut world = World::with(|setup| setup.rules = HealthRules { failures_floor: 1, ..HealthRules::default() });
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.always(&["PATCH"], refusal(400, "no"));
    world.change("ann", &json!({"displayName": "Annie"}));
    assert_eq!(world.sync().await.result.state, CycleState::Quarantine);
    world.days_later(28);
    world.change("ann", &json!({"displayName": "Anne"}));
    world.sync().await;
    assert_eq!(world.read(|tables| tables.job(JOB)).await.unwrap().schedule_state, "Disabled");
}

#[tokio::test]
async fn bad_credentials_in_mid_cycle_stop_it_at_once_and_it_is_taken_up_where_it_stopped() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.always(&["POST", "bob@"], refusal(401, "who?"));
    let stopped = world.sync().await;
    assert_eq!(
        stopped.after_probe(),
        [find_user("ann"), create_user("ann", "Ann"), find_user("bob"), create_user("bob", "Bob")]
    );
    let code = "SystemForCrossDomainIdentityManagementInvalidCredentials";
    let expected = (CycleState::Quarantine, Some(Reason::EncounteredQuarantineException), Some(code));
    assert_eq!(verdict(&stopped), expected);
    world.wiretap.heal();
    world.minutes_later(5);
    let resumed = world.cycle().await;
    assert_eq!(resumed.result.cycle_id, stopped.result.cycle_id);
    assert_eq!(world.accounts(), ["ann true", "bob true", "cid true"]);
    assert_eq!(verdict(&resumed), (CycleState::Succeeded, None, None));
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn in_quarantine_every_escrow_is_due() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.always(&["POST"], refusal(400, "no"));
    world.sync().await;
    world.sync().await;
    assert_eq!(world.sync().await.requests, [probe()]);
    world.once(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    world.wiretap.heal();
    world.minutes_later(5);
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
}

/// A world with small numbers of health, in which four users are provisioned and changed, and updates fail.
async fn with_failing_updates(rules: HealthRules) -> World {
    let mut world = World::with(|setup| setup.rules = rules);
    world.assigned_users(&["ann", "bob", "cid", "dee"]);
    world.sync().await;
    for name in ["ann", "bob", "cid", "dee"] {
        world.change(name, &json!({"displayName": "Somebody"}));
    }
    world
}

#[tokio::test]
async fn a_share_of_failures_above_the_threshold_quarantines_and_one_at_it_does_not() {
    let rules = HealthRules { failures_floor: 2, failures_share: 0.5, ..HealthRules::default() };
    let mut world = with_failing_updates(rules.clone()).await;
    for name in ["{ann}", "{bob}"] {
        world.always(&["PATCH", name], refusal(400, "no"));
    }
    assert_eq!(verdict(&world.sync().await), (CycleState::EntryLevelErrors, None, None));
    let mut world = with_failing_updates(rules).await;
    for name in ["{ann}", "{bob}", "{cid}"] {
        world.always(&["PATCH", name], refusal(400, "no"));
    }
    let reason = Some(Reason::EncounteredEscrowProportionThreshold);
    assert_eq!(verdict(&world.sync().await), (CycleState::Quarantine, reason, None));
}

#[tokio::test]
async fn failures_of_references_do_not_count_for_the_share() {
    let rules = HealthRules { failures_floor: 2, failures_share: 0.4, ..HealthRules::default() };
    let mut world = World::with(|setup| setup.rules = rules);
    world.assigned_users(&["ann", "bob", "cid"]);
    world.sync().await;
    world.always(&["PATCH", ":manager"], refusal(400, "no managers"));
    world.change("ann", &json!({"manager": "id-cid"}));
    world.change("bob", &json!({"manager": "id-cid"}));
    let failed = world.sync().await;
    assert_eq!(failed.result.counts.failure, 2);
    assert_eq!(verdict(&failed), (CycleState::EntryLevelErrors, None, None));
}

#[tokio::test]
async fn too_many_outstanding_escrows_quarantine_with_the_reason_for_their_kind() {
    for (rules, reason) in [
        (HealthRules { escrows: 3, ..HealthRules::default() }, Reason::EncounteredBaseEscrowThreshold),
        (HealthRules { escrows_with_references: 3, ..HealthRules::default() }, Reason::EncounteredTotalEscrowThreshold),
    ] {
        let mut world = with_failing_updates(rules).await;
        world.always(&["PATCH"], refusal(400, "no"));
        assert_eq!(verdict(&world.sync().await), (CycleState::Quarantine, Some(reason), None));
    }
    let mut world = with_failing_updates(HealthRules { escrows: 4, ..HealthRules::default() }).await;
    world.always(&["PATCH"], refusal(400, "no"));
    assert_eq!(verdict(&world.sync().await), (CycleState::EntryLevelErrors, None, None));
}

#[tokio::test]
async fn in_the_initial_cycle_escrows_are_dropped_instead_and_the_job_is_paused() {
    let mut world = World::with(|setup| setup.rules = HealthRules { escrows: 1, ..HealthRules::default() });
    world.assigned_users(&["ann", "bob"]);
    world.always(&["POST"], refusal(400, "no"));
    let first = world.sync().await;
    assert_eq!(verdict(&first), (CycleState::EntryLevelErrors, None, None));
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    let job = world.read(|tables| tables.job(JOB)).await.unwrap();
    assert_eq!((job.schedule_state.as_str(), job.escrows_pruned), ("Paused", true));
}

#[tokio::test]
async fn a_restart_lifts_the_quarantine_and_keeps_the_links() {
    let world = with_a_change().await;
    world.once(&[PROBE], refusal(401, "who?"));
    world.cycle().await;
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(world.read(|tables| tables.job(JOB)).await.unwrap().quarantine, None);
    assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie")]);
}
