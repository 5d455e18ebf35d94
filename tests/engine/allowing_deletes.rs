//! What the deletion guard holds back, let go. Source: `spec/ENGINE.md` §7.

use super::{
    deletion_guard::{NOBODY, guarded, reason, staged, unassign},
    lines::*,
    world::{JOB, World, refusal},
};
use futures_util::FutureExt as _;
use scimulator::{
    engine::{CycleState, LeverError, Reset},
    health::quarantine::Reason,
    store::{StagedCounts, StagedRow, Tables},
};
use serde_json::json;

/// So many that they are let go in several slices.
const MANY: i64 = 4_500;

#[tokio::test]
async fn allowing_lets_exactly_those_go_who_are_held_back_and_counts_new_ones_anew() {
    let mut world = guarded(2, &["ann", "ben", "cid", "dee", "eve"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.engine().allow_deletes(JOB).await.unwrap();
    unassign(&mut world, &["cid", "dee"]);
    let synced = world.sync().await;
    assert_eq!(synced.after_probe(), [read_user("ann"), disable("ann"), read_user("ben"), disable("ben")]);
    assert_eq!(reason(&synced), Some(Reason::TooManyDeletes));
    assert_eq!(staged(&world).await, StagedCounts { disables: 2, deletes: 0, allowed: 0 });
    world.engine().allow_deletes(JOB).await.unwrap();
    let last = world.cycle().await;
    assert_eq!(last.after_probe(), [read_user("cid"), disable("cid"), read_user("dee"), disable("dee")]);
    assert_eq!((last.result.state, reason(&last)), (CycleState::Succeeded, None));
    assert_eq!(world.accounts(), ["ann false", "ben false", "cid false", "dee false", "eve true"]);
}

#[tokio::test]
async fn allowing_makes_the_next_try_due_at_once() {
    let mut world = guarded(1, &["ann"]).await;
    world.unassign("ann");
    world.sync().await;
    world.minutes_later(1);
    world.engine().allow_deletes(JOB).await.unwrap();
    let row = world.read(|tables| tables.job(JOB)).await.unwrap();
    let quarantine: serde_json::Value = serde_json::from_str(&row.quarantine.unwrap()).unwrap();
    assert_eq!(quarantine["nextAttempt"], json!(world.present()));
}

#[tokio::test]
async fn somebody_held_back_who_is_purged_meanwhile_is_deleted_when_allowed() {
    let mut world = guarded(1, &["ann"]).await;
    world.remove("ann");
    world.sync().await;
    assert_eq!(staged(&world).await, StagedCounts { disables: 1, deletes: 0, allowed: 0 });
    world.days_later(31);
    world.sync().await;
    assert_eq!(staged(&world).await, StagedCounts { disables: 0, deletes: 1, allowed: 0 });
    world.engine().allow_deletes(JOB).await.unwrap();
    assert_eq!(world.requests().await, [delete_user("ann")]);
    assert_eq!(world.accounts(), NOBODY);
}

#[tokio::test]
async fn an_allowed_disable_that_fails_is_tried_again_and_not_held_back() {
    let mut world = guarded(1, &["ann"]).await;
    world.unassign("ann");
    world.sync().await;
    world.engine().allow_deletes(JOB).await.unwrap();
    world.once(&["PATCH"], refusal(500, "not today"));
    let failed = world.cycle().await;
    assert_eq!(world.log(&failed).await, ["ann disable failure InternalServerError"]);
    let again = world.cycle().await;
    assert_eq!(again.after_probe(), [read_user("ann"), disable("ann")]);
}

#[tokio::test]
async fn an_allowed_disable_is_not_forgotten_when_the_cycle_ends_early() {
    let mut world = guarded(2, &["ann", "ben"]).await;
    unassign(&mut world, &["ann", "ben"]);
    world.sync().await;
    world.engine().allow_deletes(JOB).await.unwrap();
    world.once(&["PATCH"], refusal(401, "who?"));
    world.cycle().await;
    world.reopen();
    world.restart(&Reset::DEFAULT).await;
    // Both are judged anew: what was allowed and did not happen counts again after a restart.
    let synced = world.cycle().await;
    assert_eq!(synced.after_probe(), NOBODY);
    assert_eq!(staged(&world).await.disables, 2);
}

#[tokio::test]
async fn forcing_deletes_is_allowing_them_and_goes_alone() {
    let mut world = guarded(1, &["ann"]).await;
    let nothing = world.engine().restart(JOB, &[Reset::ForceDeletes]).await;
    assert!(matches!(nothing, Err(LeverError::NothingStaged(_))), "{nothing:?}");
    world.unassign("ann");
    world.sync().await;
    let together = world.engine().restart(JOB, &[Reset::ForceDeletes, Reset::Watermark]).await;
    assert!(matches!(together, Err(LeverError::NotAlone)), "{together:?}");
    world.restart(&[Reset::ForceDeletes]).await;
    assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), disable("ann")]);
}

/// A world in which Ann is held back, and so many more whom only the state knows.
async fn with_many_held_back() -> World {
    let mut world = guarded(1, &["ann"]).await;
    world.unassign("ann");
    world.sync().await;
    let key = world.key("ann").await;
    let put = move |tables: &Tables| {
        let like = tables.staged(JOB, key)?.unwrap();
        (0..MANY).try_for_each(|number| tables.put_staged(JOB, 1_000_000 + number, &like))
    };
    world.engine().store.write(put).await.unwrap();
    world
}

#[tokio::test]
async fn allowing_that_is_killed_goes_on_before_the_next_cycle() {
    let mut world = with_many_held_back().await;
    let engine = world.engine().clone();
    let mut allowing = Box::pin(engine.allow_deletes(JOB));
    while staged(&world).await.allowed == 0 {
        assert!((&mut allowing).now_or_never().is_none(), "it came to its end");
        tokio::task::yield_now().await;
    }
    drop(allowing);
    drop(engine);
    assert_ne!(staged(&world).await.undecided(), 0, "some are left");
    world.reopen();
    let next = world.cycle().await;
    assert_eq!(next.after_probe(), [read_user("ann"), disable("ann")]);
    assert_eq!((staged(&world).await.undecided(), reason(&next)), (0, None));
}

#[tokio::test]
async fn others_write_between_the_slices_of_allowing() {
    let world = with_many_held_back().await;
    let engine = world.engine().clone();
    let mut allowing = Box::pin(engine.allow_deletes(JOB));
    let mut seen = std::collections::BTreeSet::new();
    while (&mut allowing).now_or_never().is_none() {
        // Answered only after a slice that was queued before it.
        seen.insert(engine.store.write(|tables| tables.count_staged(JOB)).await.unwrap().allowed);
    }
    assert!(seen.len() > 3, "{seen:?}");
    assert_eq!(staged(&world).await.undecided(), 0);
}

#[tokio::test]
async fn who_is_held_back_after_allowing_is_not_meant_though_another_one_is_still_at_it() {
    let world = with_many_held_back().await;
    let engine = world.engine().clone();
    let mut allowing = Box::pin(engine.allow_deletes(JOB));
    while staged(&world).await.allowed == 0 {
        assert!((&mut allowing).now_or_never().is_none(), "it came to its end");
        tokio::task::yield_now().await;
    }
    // A run on demand, say, finds that it is not finished, and is slower.
    let mut helping = Box::pin(engine.finish_forgetting(JOB));
    assert!((&mut helping).now_or_never().is_none());
    allowing.await.unwrap();
    let late = StagedRow { action: "disable".to_owned(), since: world.present(), allowed: false };
    engine.store.write(move |tables| tables.put_staged(JOB, 2_000_000, &late)).await.unwrap();
    helping.await.unwrap();
    assert_eq!(staged(&world).await.undecided(), 1);
}
