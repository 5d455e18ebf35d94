//! The scenarios that ship, embedded in the program.

/// Name and text of each embedded scenario.
pub const SCENARIOS: &[(&str, &str)] = &[
    ("expired-credentials", include_str!("../../fixtures/scenarios/expired-credentials.toml")),
    ("failing-weekend", include_str!("../../fixtures/scenarios/failing-weekend.toml")),
    ("leaver", include_str!("../../fixtures/scenarios/leaver.toml")),
    ("mass-unassignment-allowed", include_str!("../../fixtures/scenarios/mass-unassignment-allowed.toml")),
    ("mass-unassignment-rejected", include_str!("../../fixtures/scenarios/mass-unassignment-rejected.toml")),
    ("onboarding-day", include_str!("../../fixtures/scenarios/onboarding-day.toml")),
    ("rate-limiting", include_str!("../../fixtures/scenarios/rate-limiting.toml")),
];

/// The embedded scenario of that name, ignoring letter case.
pub fn find(name: &str) -> Option<(&'static str, &'static str)> {
    SCENARIOS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
}

/// The names of the embedded scenarios, as a sentence has them.
pub fn names() -> String {
    SCENARIOS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_can_be_read_and_says_what_it_shows() {
        for (name, text) in SCENARIOS {
            let scenario = crate::simulate::read::parse(name, text).unwrap_or_else(|problems| panic!("{problems:?}"));
            assert!(scenario.title.is_some() && scenario.days.is_some() && scenario.start.is_some(), "{name}");
        }
    }
}
