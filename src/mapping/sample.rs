//! A mapping file for the tests of reading one: a small mapping of users without mistakes, and what is wrong with what a test
//! makes of it.

use super::read;

/// The file, with these lines behind what it has.
pub(super) fn with(lines: &str) -> String {
    format!(
        "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\n[users.mappings]\n\
         userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{lines}"
    )
}

/// What is wrong with a mapping file, as people read it.
pub(super) fn problems(text: &str) -> Vec<String> {
    read::parse_all("m.toml", text).1.iter().map(ToString::to_string).collect()
}
