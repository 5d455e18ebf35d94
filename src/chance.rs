//! Random values, as a parameter.
//!
//! Ids of cycles and log records, the probe's identifier, and the random functions of the mapping language all draw from
//! one [`Chance`]. Seeded, it gives the same values on every run; so two runs from the same state send the same bytes.

use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// A source of random values that several activities share.
#[derive(Debug)]
pub struct Chance(Mutex<StdRng>);

impl Chance {
    /// Values that nobody can foresee.
    pub fn from_system() -> Self {
        let seed = Uuid::new_v4().as_u128() ^ (Uuid::new_v4().as_u128() << 6);
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&seed.to_le_bytes());
        bytes[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self(Mutex::new(StdRng::from_seed(bytes)))
    }

    /// The same values for the same `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// A random (version 4) identifier.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.with(|generator| generator.fill_bytes(&mut bytes));
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A number below `bound`, evenly spread; 0 for a bound of 0.
    pub fn below(&self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let unbiased = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.with(Rng::next_u64);
            if drawn < unbiased {
                return usize::try_from(drawn % bound).unwrap_or_default();
            }
        }
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_gives_the_same_values() {
        let (left, right) = (Chance::seeded(7), Chance::seeded(7));
        assert_eq!(left.uuid(), right.uuid());
        assert_eq!(left.below(1000), right.below(1000));
        assert_ne!(left.uuid(), Chance::seeded(8).uuid());
    }
}
