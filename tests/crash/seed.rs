//! Where the chance of a test comes from, and how to have the same again.

/// The environment variable that sets the seed.
const VARIABLE: &str = "CRASH_SEED";
/// The seed where the variable sets none.
const USUAL: u64 = 20_260_105;

/// The seed of one test. If the test fails, it says how to repeat it.
#[derive(Debug)]
pub(crate) struct Seed {
    number: u64,
    test: &'static str,
}

impl Seed {
    /// The seed of the test of that name.
    pub(crate) fn of(test: &'static str) -> Self {
        let number = std::env::var(VARIABLE).map_or(USUAL, |text| text.parse().expect("a seed is a number"));
        Self { number, test }
    }

    /// The seed of one part of the test.
    pub(crate) fn part(&self, part: u64) -> u64 {
        self.number.wrapping_mul(1_000).wrapping_add(part)
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { number, test } = self;
            eprintln!("repeat this with {VARIABLE}={number} cargo test --test crash -- --include-ignored {test}");
        }
    }
}
