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

    /// The values that belong to one of many things: the same for the same `seed`, `subject` and `number` whatever is asked
    /// of the others, and unlike those of any other number.
    pub fn of(seed: u64, subject: &str, number: u64) -> Self {
        // FNV-1a: subjects are a few short words.
        let subject = subject
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |digest: u64, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self::seeded(scattered(scattered(seed ^ subject).wrapping_add(number)))
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

/// A number far from those of its neighbours, and no other's: the last step of SplitMix64.
fn scattered(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
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

    #[test]
    fn what_belongs_to_one_thing_depends_on_nothing_else() {
        let drawn = |seed, subject, number| Chance::of(seed, subject, number).uuid();
        assert_eq!(drawn(7, "user", 3), drawn(7, "user", 3));
        for other in [drawn(8, "user", 3), drawn(7, "group", 3), drawn(7, "user", 4)] {
            assert_ne!(drawn(7, "user", 3), other);
        }
    }
}
