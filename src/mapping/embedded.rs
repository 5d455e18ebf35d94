//! The mappings of the applications that ship, embedded in the program.

/// Name and text of each embedded mapping.
pub const MAPPINGS: &[(&str, &str)] = &[
    ("askspoke", include_str!("../../mappings/askspoke.toml")),
    ("flock", include_str!("../../mappings/flock.toml")),
    ("frankli", include_str!("../../mappings/frankli.toml")),
    ("mediusflow", include_str!("../../mappings/mediusflow.toml")),
    ("scim", include_str!("../../mappings/scim.toml")),
    ("tribeloo", include_str!("../../mappings/tribeloo.toml")),
];

/// The names of the embedded mappings, as a sentence has them.
pub fn names() -> String {
    MAPPINGS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The embedded mapping of that name, ignoring letter case.
pub fn find(name: &str) -> Option<(&'static str, &'static str)> {
    MAPPINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
}
