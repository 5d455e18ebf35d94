//! The numbers of health: when failed operations are tried again, and when a job is in quarantine.
//!
//! Each has the value that Entra documents, or shows, as its default. Whoever tries things out with a directory of forty
//! people never has 5,000 failures. Source: `spec/HEALTH.md` §1, §2.

use super::document::Section;
use jiff::SignedDuration;

/// What has to lie between two tries that are repeated without end.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The numbers that decisions about health go by.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthSettings {
    /// How long after the failure of its first retry an operation is tried again.
    pub second_retry: SignedDuration,
    /// How long after its first failure it is tried again after that.
    pub third_retry: SignedDuration,
    /// The grid, from its first failure on, of all later retries.
    pub later_retries: SignedDuration,
    /// How long a failed operation is tried again.
    pub escrow_life: SignedDuration,
    /// When a job in quarantine is tried again, counted from the beginning of quarantine; in rising order.
    pub quarantine_tries: Vec<SignedDuration>,
    /// The grid, from the beginning of quarantine on, of all later tries.
    pub later_tries: SignedDuration,
    /// How long a job may be in quarantine before it is disabled.
    pub quarantine_life: SignedDuration,
    /// Failures in a cycle below which their share is not judged.
    pub failures_floor: u64,
    /// The share of failed operations above which a cycle is bad.
    pub failures_share: f64,
    /// Outstanding escrows, references not counted, above which a job is bad.
    pub escrows: u64,
    /// Outstanding escrows, references counted, above which a job is bad.
    pub escrows_with_references: u64,
    /// Requests in a row without an answer after which the probe is repeated.
    pub unanswered: u64,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            second_retry: SignedDuration::from_hours(6),
            third_retry: SignedDuration::from_hours(12),
            later_retries: SignedDuration::from_hours(24),
            escrow_life: SignedDuration::from_hours(28 * 24),
            quarantine_tries: vec![
                SignedDuration::from_mins(5),
                SignedDuration::from_hours(6),
                SignedDuration::from_hours(12),
                SignedDuration::from_hours(24),
            ],
            later_tries: SignedDuration::from_hours(24),
            quarantine_life: SignedDuration::from_hours(28 * 24),
            failures_floor: 5_000,
            failures_share: 0.4,
            escrows: 40_000,
            escrows_with_references: 60_000,
            unanswered: 20,
        }
    }
}

impl HealthSettings {
    /// Reads `[health]`. What is wrong goes to the section's problems, and has its default.
    pub(super) fn read(section: Section<'_>) -> Self {
        let default = Self::default();
        let settings = Self {
            second_retry: time(&section, "second_retry", default.second_retry),
            third_retry: time(&section, "third_retry", default.third_retry),
            later_retries: time(&section, "later_retries", default.later_retries),
            escrow_life: time(&section, "escrow_life", default.escrow_life),
            quarantine_tries: tries(&section, default.quarantine_tries),
            later_tries: pause(&section, "later_tries", default.later_tries),
            quarantine_life: time(&section, "quarantine_life", default.quarantine_life),
            failures_floor: section.count("failures_floor").unwrap_or(default.failures_floor),
            failures_share: share(&section, default.failures_share),
            escrows: section.count("escrows").unwrap_or(default.escrows),
            escrows_with_references: section
                .count("escrows_with_references")
                .unwrap_or(default.escrows_with_references),
            unanswered: positive(&section, "unanswered", default.unanswered),
        };
        section.finish();
        settings
    }
}

/// A length of time that is longer than nothing: whatever is tried again at once is tried for ever.
fn time(section: &Section<'_>, key: &'static str, default: SignedDuration) -> SignedDuration {
    let Some(duration) = section.duration(key) else { return default };
    let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    if duration.is_zero() {
        section.problems().error(section.place_of(key), format!("`{key}` must be longer than nothing"), None);
        return default;
    }
    duration
}

/// A time that passes between two requests for as long as it takes.
fn pause(section: &Section<'_>, key: &'static str, default: SignedDuration) -> SignedDuration {
    let duration = time(section, key, default);
    if duration < SHORTEST_PAUSE {
        let help = "write a longer one, or nobody else gets a word in at the target".to_owned();
        section.problems().error(section.place_of(key), format!("`{key}` must be 1s or longer"), Some(help));
        return default;
    }
    duration
}

fn tries(section: &Section<'_>, default: Vec<SignedDuration>) -> Vec<SignedDuration> {
    const KEY: &str = "quarantine_tries";
    let Some(tries) = section.durations(KEY) else { return default };
    let tries: Vec<_> =
        tries.into_iter().map(|each| SignedDuration::try_from(each).unwrap_or(SignedDuration::MAX)).collect();
    let rising = tries.iter().zip(tries.iter().skip(1)).all(|(one, next)| one < next);
    if !rising || tries.first().is_some_and(SignedDuration::is_zero) {
        let help = "write them as they come, as in [\"5m\", \"6h\", \"12h\", \"24h\"]".to_owned();
        let message = format!("the times of `{KEY}` must be longer than nothing, and each longer than the one before");
        section.problems().error(section.place_of(KEY), message, Some(help));
        return default;
    }
    tries
}

fn share(section: &Section<'_>, default: f64) -> f64 {
    const KEY: &str = "failures_share";
    match section.number(KEY) {
        Some(share) if (0.0..=1.0).contains(&share) => share,
        Some(share) => {
            let help = "0.4 is 40 %".to_owned();
            let message = format!("`{KEY}` must be from 0 to 1, not {share}");
            section.problems().error(section.place_of(KEY), message, Some(help));
            default
        }
        None => default,
    }
}

fn positive(section: &Section<'_>, key: &'static str, default: u64) -> u64 {
    match section.count(key) {
        Some(0) => {
            section.problems().error(section.place_of(key), format!("`{key}` must be at least 1"), None);
            default
        }
        count => count.unwrap_or(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use std::path::Path;

    fn read(health: &str) -> Result<HealthSettings, String> {
        let text = format!("[health]\n{health}");
        parse("a.toml", &text, Path::new(".")).map(|read| read.0.health).map_err(|error| error.to_string())
    }

    #[test]
    fn every_number_can_be_set() {
        let text = "second_retry = \"1m\"\nthird_retry = \"2m\"\nlater_retries = \"3m\"\nescrow_life = \"4m\"\n\
                    quarantine_tries = [\"5s\", \"1m\"]\nlater_tries = \"6m\"\nquarantine_life = \"7m\"\n\
                    failures_floor = 8\nfailures_share = 0.9\nescrows = 10\nescrows_with_references = 11\nunanswered = 12\n";
        let minutes = SignedDuration::from_mins;
        assert_eq!(
            read(text).unwrap(),
            HealthSettings {
                second_retry: minutes(1),
                third_retry: minutes(2),
                later_retries: minutes(3),
                escrow_life: minutes(4),
                quarantine_tries: vec![SignedDuration::from_secs(5), minutes(1)],
                later_tries: minutes(6),
                quarantine_life: minutes(7),
                failures_floor: 8,
                failures_share: 0.9,
                escrows: 10,
                escrows_with_references: 11,
                unanswered: 12,
            }
        );
        assert_eq!(read("").unwrap(), HealthSettings::default());
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_all_at_once() {
        let text = "later_tries = \"0s\"\nquarantine_tries = [\"6h\", \"5m\"]\nfailures_share = 40\nunanswered = 0\n";
        let told = read(text).unwrap_err();
        for expected in [
            "a.toml:2: `later_tries` must be longer than nothing",
            "a.toml:3: the times of `quarantine_tries` must be longer than nothing, and each longer than the one before",
            "a.toml:4: `failures_share` must be from 0 to 1, not 40",
            "a.toml:5: `unanswered` must be at least 1",
        ] {
            assert!(told.contains(expected), "{told}");
        }
        assert!(read("later_tries = \"1ms\"\n").unwrap_err().contains("a.toml:2: `later_tries` must be 1s or longer"));
    }

    #[test]
    fn a_time_in_a_list_that_is_none_is_told_with_its_place() {
        let told = read("quarantine_tries = [\"5m\", \"soon\"]\n").unwrap_err();
        assert!(told.contains("a.toml:2: `quarantine_tries` is no length of time"), "{told}");
    }
}
