//! The model test.

mod company;
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
const USUAL_CASES: u32 = 60;

#[test]
fn the_target_is_as_the_rules_have_it() {
    let cases = std::env::var(CASES).map_or(USUAL_CASES, |text| text.parse().expect("a number of cases"));
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let seed: u64 = std::env::var("MODEL_SEED").map_or(1, |text| text.parse().expect("a number"));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result = runner.run(&history::histories(), |history| {
        run::live(&history).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, history)) => panic!("seed {seed}: {history:?}\n{}", reason.message()),
        Err(error) => panic!("seed {seed}: {error}"),
    }
}
