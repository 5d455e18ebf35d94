//! What an evaluation needs from outside beside the source object: the time, chance, what the target already holds, and
//! the strictness asked for. Everything comes in as a parameter, so that the same evaluation can be repeated exactly.

use crate::chance::Chance;
use jiff::Timestamp;
use std::fmt;

/// The surroundings of an evaluation.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The moment that `Now()` gives.
    pub now: Timestamp,
    /// Where `Guid` and `RandomString` draw from.
    pub chance: &'a Chance,
    /// Whether a value is already used in the target; asked by `SelectUniqueValue`.
    pub unique_taken: &'a dyn Fn(&str) -> bool,
    /// Whether a null or empty attribute in a condition of `IIF` is an error instead of a warning
    /// (`spec/EXPRESSIONS.md` §3).
    pub strict_conditions: bool,
}

impl<'a> Surroundings<'a> {
    /// Surroundings at `now` in which every value is still free and conditions are lenient.
    pub fn new(now: Timestamp, chance: &'a Chance) -> Self {
        Self { now, chance, unique_taken: &|_| false, strict_conditions: false }
    }
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surroundings")
            .field("now", &self.now)
            .field("strict_conditions", &self.strict_conditions)
            .finish_non_exhaustive()
    }
}
