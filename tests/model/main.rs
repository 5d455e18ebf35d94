//! The model test: whatever happens at the source and to the job, the target holds what Entra's rules say.
//!
//! A [`history`] is a list of steps by chance: people join, change, are renamed, swap names, are hired again under another id,
//! disabled, deleted, restored and purged; groups are made, renamed, nested, assigned, deleted and made anew; time passes;
//! between them the job runs its cycles, is restarted, has links removed, provisions on demand; and now and then the
//! application refuses writes, breaks down, or loses its answers for one cycle. [`run`] lives through it twice: on the
//! [`stage`], with the real import and the real engine on a real state file against the sandbox application, and with the
//! [`rules`], a second and much smaller statement of `spec/ENGINE.md` §1 to §4 and §10, `spec/WIRE.md` §5 and §6,
//! `spec/MAPPINGS.md` §5 and `spec/HEALTH.md` §1. After each cycle and each run on demand:
//!
//! * accounts (their attributes, whether they are active, their manager) and groups (their names and members) are the same,
//!   and no user principal name is there twice;
//! * each cycle began with its probe, and sent nothing else where nothing changed and nothing was due;
//! * an object cost four requests at most, as long as nothing had failed;
//! * no request was about an account or a group that nobody in scope ever matched.
//!
//! At the end everything that failed is tried again, and a cycle after that sends its probe and nothing else.
//!
//! # Where the text leaves a choice
//!
//! * A manager or a member who came into scope late stays out until a restart. If the user, or the group's memberships,
//!   change before that, what is late goes along.
//! * Whoever was created without a clear answer and is out of scope by the time of the retry is looked for only by the names
//!   that were sent, and not by the present one, which may be that of a stranger's account.
//! * A manager who is hard-deleted at the source stays at the target until the user gets another one, or none.
//! * Where everybody is entitled, assignments affect nothing.
//! * What the application has of an object is linked from the match on, even if the update then fails; what somebody had who
//!   is gone passes to their successor so.
//! * A group that could not be deleted is sent no members; once it is back in scope, they are looked at.
//! * Whose link is removed is left as it is: what was tried with the link and had no clear answer is not tried again.
//!
//! # What no history has
//!
//! Cycles that are interrupted, and processes that are killed: that is `tests/crash`. Roles, changed mappings, quarantine but
//! for that of the deletion guard, and accounts that somebody else changes at the target. One request is under way at a time.
//!
//! # Running it long
//!
//! `MODEL_CASES=2000 cargo test --test model` takes more histories, `MODEL_SEED` others. A test that fails prints the seed,
//! the shortest history that it found, its requests, and the difference. Such histories are kept in [`found`].

mod company;
mod found;
mod history;
mod rules;
mod run;
mod stage;
mod transport;

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

/// The environment variable that sets how many histories there are.
const CASES: &str = "MODEL_CASES";
/// How many there are where it sets none.
const USUAL_CASES: u32 = 100;
/// The environment variable that sets which ones.
const SEED: &str = "MODEL_SEED";
/// The seed where it sets none.
const USUAL_SEED: u64 = 20_260_105;
/// How many histories may be tried to find a shorter one that fails.
const SHRINKING: u32 = 600;

fn number<N: std::str::FromStr>(variable: &str, usual: N) -> N {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, and is `{text}`")),
        Err(_) => usual,
    }
}

#[test]
fn the_target_holds_what_the_rules_say_after_each_cycle_of_any_history() {
    let seed = number(SEED, USUAL_SEED);
    let config = Config {
        cases: number(CASES, USUAL_CASES),
        failure_persistence: None,
        max_shrink_iters: SHRINKING,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&history::histories(), |history| run::live(&history).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, history)) => panic!("{SEED}={seed}: {history:#?}\n{}", reason.message()),
        Err(error) => panic!("{SEED}={seed}: {error}"),
    }
}
