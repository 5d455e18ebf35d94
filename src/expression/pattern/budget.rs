//! How much work a regular expression may do.

/// The steps that one evaluation may take. Ten million take a fraction of a second; an ordinary pattern needs a few million
/// for a value of a megabyte. A fuzzer, whose values are short, comes further with fewer.
const STEPS: u64 = if cfg!(fuzzing) { 100_000 } else { 10_000_000 };

/// The steps that reading a character of a pattern counts for, where the pattern is made anew for each object.
const STEPS_A_CHARACTER: usize = 50;

/// The steps that are left; several searches share them.
#[derive(Debug)]
pub struct Budget(u64);

/// The regular expression took more steps than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression takes too many steps on this value")]
pub struct TooCostly;

impl Default for Budget {
    fn default() -> Self {
        Self(STEPS)
    }
}

impl Budget {
    /// Takes the steps for reading `pattern`.
    pub(in crate::expression) fn spend_on_reading(&mut self, pattern: &str) -> Result<(), TooCostly> {
        self.spend(pattern.len().saturating_mul(STEPS_A_CHARACTER))
    }

    /// The steps taken so far.
    #[cfg(test)]
    pub(super) fn spent(&self) -> u64 {
        STEPS - self.0
    }

    /// Takes so many steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooCostly> {
        self.0 = self.0.checked_sub(steps as u64).ok_or(TooCostly)?;
        Ok(())
    }
}
