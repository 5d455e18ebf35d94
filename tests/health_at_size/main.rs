//! The documented cases of quarantine at their real size: tens of thousands of users, through the whole engine and the
//! sandbox in the same process. They take minutes, and are run apart:
//!
//!     cargo test --release --test health_at_size -- --ignored
//!
//! Source: `spec/HEALTH.md` §2.

mod company;

use company::{Company, Setup};
use scimulator::{engine::CycleState, health::quarantine::Reason};

/// State and reason of the incremental cycle after a clean initial one, in which the updates of `failing` users fail, those
/// of `good` ones succeed, and the managers of `unmanaged` ones cannot be set.
async fn verdict(failing: usize, good: usize, unmanaged: usize) -> (CycleState, Option<Reason>, u64) {
    let mut company = Company::new(&Setup { failing, good, unmanaged });
    let first = company.cycle().await;
    assert_eq!((first.state, first.counts.create), (CycleState::Succeeded, (failing + good + unmanaged) as u64));
    company.change_everybody();
    company.application_refuses_changes();
    let second = company.cycle().await;
    assert_eq!(second.counts.failure, (failing + unmanaged) as u64);
    assert_eq!(second.counts.update, good as u64);
    (second.state, second.quarantine.map(|quarantine| quarantine.reason), company.escrows().await)
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn four_thousand_failures_are_no_quarantine() {
    assert_eq!(verdict(4_000, 0, 0).await, (CycleState::EntryLevelErrors, None, 4_000));
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn forty_five_thousand_failures_are() {
    let reason = Reason::EncounteredBaseEscrowThreshold;
    assert_eq!(verdict(45_000, 0, 0).await, (CycleState::Quarantine, Some(reason), 45_000));
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn thirty_thousand_failures_among_thirty_five_thousand_operations_are() {
    let reason = Reason::EncounteredEscrowProportionThreshold;
    assert_eq!(verdict(30_000, 5_000, 0).await, (CycleState::Quarantine, Some(reason), 30_000));
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn twenty_thousand_failures_beside_a_hundred_thousand_successes_are_not() {
    assert_eq!(verdict(20_000, 100_000, 0).await, (CycleState::EntryLevelErrors, None, 20_000));
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn forty_thousand_users_and_twenty_one_thousand_managers_are() {
    let reason = Reason::EncounteredTotalEscrowThreshold;
    assert_eq!(verdict(40_000, 0, 21_000).await, (CycleState::Quarantine, Some(reason), 61_000));
}

#[tokio::test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
async fn an_initial_cycle_with_forty_five_thousand_failures_drops_them_and_pauses_the_job() {
    let mut company = Company::new(&Setup { failing: 45_000, good: 1_000, unmanaged: 0 });
    company.application_refuses_creates();
    let first = company.cycle().await;
    assert_eq!((first.state, first.quarantine), (CycleState::EntryLevelErrors, None));
    assert_eq!((first.counts.failure, first.counts.create), (45_000, 1_000));
    let job = company.job_row().await;
    assert_eq!((company.escrows().await, job.escrows_pruned, job.schedule_state.as_str()), (0, true, "Paused"));
    assert!(job.watermark.is_some());
}
