//! The documented cases of quarantine at their real size: tens of thousands of users, through the whole engine and the
//! sandbox in the same process. They take minutes, and are run apart:
//!
//!     cargo test --release --test health_at_size -- --ignored
//!
//! The incremental cycles all follow the same initial one, of 120,000 users; how long each took stands on standard error.
//!
//! Source: `spec/HEALTH.md` §2.

mod company;

use company::{Change, Company};
use scimulator::{engine::CycleState, health::quarantine::Reason};
use std::{io::Write as _, sync::OnceLock, time::Instant};
use tokio::runtime::Runtime;

/// How many users there are.
const SIZE: usize = 120_000;

/// Says how long something took, also where a test's output is not shown.
fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = run();
    let _ = writeln!(std::io::stderr(), "{what}: {:.1} s", began.elapsed().as_secs_f64());
    done
}

/// The company after a clean initial cycle.
fn provisioned() -> &'static Company {
    static COMPANY: OnceLock<Company> = OnceLock::new();
    COMPANY.get_or_init(|| {
        timed("a clean initial cycle of 120,000 users", || {
            let company = Company::new(SIZE, Change::default());
            let first = Runtime::new().unwrap().block_on(company.cycle());
            assert_eq!((first.state, first.counts.create), (CycleState::Succeeded, SIZE as u64));
            company
        })
    })
}

/// State and reason of the incremental cycle after a clean initial one, in which the updates of `failing` users fail, those
/// of `good` ones succeed, and the managers of `unmanaged` ones cannot be set; and how many escrows there are then.
fn verdict(failing: usize, good: usize, unmanaged: usize) -> (CycleState, Option<Reason>, u64) {
    let company = provisioned();
    timed(&format!("{failing} failures, {good} successes and {unmanaged} managers"), || {
        let company = company.tomorrow(Change { failing, good, unmanaged });
        Runtime::new().unwrap().block_on(async {
            let second = company.cycle().await;
            assert_eq!(second.counts.failure, (failing + unmanaged) as u64);
            assert_eq!(second.counts.update, good as u64);
            (second.state, second.quarantine.map(|quarantine| quarantine.reason), company.escrows().await)
        })
    })
}

/// It takes longest, and by its name is among the first to start.
#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn a_hundred_thousand_successes_beside_twenty_thousand_failures_are_no_quarantine() {
    assert_eq!(verdict(20_000, 100_000, 0), (CycleState::EntryLevelErrors, None, 20_000));
}

#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn four_thousand_failures_are_no_quarantine() {
    assert_eq!(verdict(4_000, 0, 0), (CycleState::EntryLevelErrors, None, 4_000));
}

#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn forty_five_thousand_failures_are() {
    let reason = Reason::EncounteredBaseEscrowThreshold;
    assert_eq!(verdict(45_000, 0, 0), (CycleState::Quarantine, Some(reason), 45_000));
}

#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn thirty_thousand_failures_among_thirty_five_thousand_operations_are() {
    let reason = Reason::EncounteredEscrowProportionThreshold;
    assert_eq!(verdict(30_000, 5_000, 0), (CycleState::Quarantine, Some(reason), 30_000));
}

#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn forty_thousand_users_and_twenty_one_thousand_managers_are() {
    let reason = Reason::EncounteredTotalEscrowThreshold;
    assert_eq!(verdict(40_000, 0, 21_000), (CycleState::Quarantine, Some(reason), 61_000));
}

#[test]
#[ignore = "takes minutes: run it with `cargo test --release --test health_at_size -- --ignored`"]
fn an_initial_cycle_with_forty_five_thousand_failures_drops_them_and_pauses_the_job() {
    timed("an initial cycle with 45,000 failures", || {
        let company = Company::new(46_000, Change { failing: 45_000, ..Change::default() });
        Runtime::new().unwrap().block_on(async {
            let first = company.cycle().await;
            assert_eq!((first.state, first.quarantine), (CycleState::EntryLevelErrors, None));
            assert_eq!((first.counts.failure, first.counts.create), (45_000, 1_000));
            let job = company.job_row().await;
            assert_eq!((company.escrows().await, job.escrows_pruned, job.schedule_state.as_str()), (0, true, "Paused"));
            assert!(job.watermark.is_some());
        });
    });
}
