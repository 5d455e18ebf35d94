//! Announcing how large an initial cycle will be. Source: `spec/ENGINE.md` §3.

use super::world::{JOB, Synced, World, refusal};
use scimulator::engine::{Announcement, CycleKind, ExpectedPace, InitialReason, Reset};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Three users under each other and a group of them; one user who is disabled, one who is not assigned.
fn company() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob", "cid", "dee"]);
    world.users(&["eve"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.change("bob", &json!({"manager": "id-cid"}));
    world.change("dee", &json!({"accountEnabled": false}));
    world.group("Team", &["ann", "bob", "cid"]);
    world.assign("Team");
    world
}

async fn announced(world: &World) -> Option<Announcement> {
    world.engine().announce(&world.job()).await.unwrap()
}

/// Why, and how many reads and writes.
async fn expected(world: &World) -> (InitialReason, u64, u64) {
    let Announcement { reason, reads, writes_at_most, .. } = announced(world).await.expect("the next cycle is initial");
    (reason, reads, writes_at_most)
}

/// The reads and the writes of a cycle.
fn counted(synced: &Synced) -> (u64, u64) {
    let count = |reads| synced.requests.iter().filter(|line| line.starts_with("GET ") == reads).count();
    (u64::try_from(count(true)).unwrap(), u64::try_from(count(false)).unwrap())
}

#[tokio::test]
async fn a_first_cycle_sends_what_was_announced() {
    let mut world = company();
    world.import().await.unwrap();
    assert_eq!(expected(&world).await, (InitialReason::First, 5, 7));
    assert_eq!(counted(&world.cycle().await), (5, 7));
    assert_eq!(announced(&world).await, None, "the next one is incremental");
}

#[tokio::test]
async fn nothing_is_begun_by_announcing() {
    let mut world = company();
    world.import().await.unwrap();
    announced(&world).await;
    assert_eq!(world.read(|tables| tables.open_cycle(JOB)).await, None);
    assert_eq!(world.read(|tables| tables.job(JOB)).await, None);
    assert!(world.wiretap.take_lines().is_empty());
}

#[tokio::test]
async fn after_a_restart_connected_objects_are_read_and_may_be_written() {
    let mut world = company();
    world.sync().await;
    world.unassign("cid");
    world.members("Team", &["ann", "bob"]);
    world.import().await.unwrap();
    world.restart(&Reset::DEFAULT).await;
    // Three reads of users, one of a group; a disable, two users, two managers, the group and its member who leaves.
    assert_eq!(expected(&world).await, (InitialReason::Restarted, 5, 7));
    let (reads, writes) = counted(&world.cycle().await);
    assert_eq!((reads, writes), (5, 2));
}

#[tokio::test]
async fn a_changed_mapping_and_a_wider_scope_are_reasons_too() {
    let mut world = company();
    world.sync().await;
    let before = world.setup.mapping.clone();
    world.setup.mapping = before.replacen("displayName = { direct = \"displayName\" }", "", 1);
    assert_ne!(world.setup.mapping, before);
    assert_eq!(expected(&world).await.0, InitialReason::MappingsChanged);
    world.setup.mapping = before;
    assert_eq!(announced(&world).await, None);
    world.setup.job = "scope = \"all\"".to_owned();
    let (reason, reads, _) = expected(&world).await;
    // Eve is looked for, besides.
    assert_eq!((reason, reads), (InitialReason::ScopeWidened, 6));
}

#[tokio::test]
async fn a_cycle_that_goes_on_is_not_announced() {
    let mut world = company();
    world.import().await.unwrap();
    let stop = CancellationToken::new();
    world.wiretap.stop_at(3, stop.clone());
    assert!(world.cycle_until(&stop).await.result.interrupted);
    assert_eq!(announced(&world).await, None);
    world.setup.mapping = world.setup.mapping.replacen("displayName = { direct = \"displayName\" }", "", 1);
    assert_eq!(expected(&world).await.0, InitialReason::First);
}

#[tokio::test]
async fn a_job_that_rested_longer_than_the_directory_keeps_what_was_deleted_begins_anew() {
    for (setting, days) in [("", 30), ("soft_delete_retention_days = 7", 7)] {
        let mut world = company();
        world.setup.directory = setting;
        world.sync().await;
        world.days_later(days);
        assert_eq!(announced(&world).await, None);
        world.minutes_later(1);
        assert_eq!(expected(&world).await.0, InitialReason::Expired);
        assert_eq!(world.sync().await.result.kind, CycleKind::Initial);
        assert_eq!(announced(&world).await, None);
        assert_eq!(world.sync().await.result.kind, CycleKind::Incremental);
    }
}

#[tokio::test]
async fn a_first_cycle_that_failed_is_still_the_first() {
    let mut world = company();
    world.once(&["GET"], refusal(503, "not today"));
    world.sync().await;
    assert_eq!(expected(&world).await, (InitialReason::First, 5, 7));
}

#[tokio::test]
async fn the_pace_is_that_of_an_earlier_cycle_or_entras_within_the_jobs_limit() {
    let mut world = World::new();
    let names: Vec<_> = (1..=30).map(|number| format!("user{number:02}")).collect();
    world.assigned_users(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world.import().await.unwrap();
    let pace = async |world: &World| announced(world).await.expect("the next cycle is initial").pace;
    assert_eq!(pace(&world).await, ExpectedPace { requests_per_second: 25.0, measured: false });
    world.setup.job = "requests_per_second = 10".to_owned();
    assert_eq!(pace(&world).await, ExpectedPace { requests_per_second: 10.0, measured: false });
    world.setup.job.clear();
    let clock = world.clock.clone();
    world
        .wiretap
        .meanwhile(&["POST"], move || Box::pin(async move { clock.advance(std::time::Duration::from_secs(10)) }));
    assert_eq!(world.cycle().await.result.requests, 61);
    world.sync().await;
    world.restart(&Reset::DEFAULT).await;
    assert_eq!(pace(&world).await, ExpectedPace { requests_per_second: 6.1, measured: true });
    let announcement = announced(&world).await.unwrap();
    assert_eq!((announcement.reads, announcement.writes_at_most, announcement.seconds()), (31, 30, 10.0));
    world.setup.job = "requests_per_second = 5".to_owned();
    assert_eq!(pace(&world).await, ExpectedPace { requests_per_second: 5.0, measured: true });
}
