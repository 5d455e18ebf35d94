//! The normal form of what a run says: everything that differs from run to run has a name in braces.
//!
//! Ids of target objects become the name of their object (`{ada}`), the application's address `{target}`, the world's
//! folder `{world}`; any other id is `{uuid}`, a moment `{time}`, a length of time `{duration}`, a process
//! `{process}`.

use fancy_regex::{NoExpand, Regex};
use std::sync::LazyLock;

/// What is left after the known names have been put in.
const PATTERNS: [(&str, &str); 6] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "{uuid}"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)*", "{time}"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "{duration}"),
    (r#"(?<="durationMs":)\d+"#, "{duration}"),
    (r#"(?<="durationInMilliseconds":)\d+"#, "{duration}"),
    (r"(?<=process )\d+", "{process}"),
];

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compile = |(pattern, name): (&str, &'static str)| (Regex::new(pattern).expect("the pattern is right"), name);
    PATTERNS.into_iter().map(compile).collect()
});

/// The names that one world gives to what it knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct NormalForm {
    names: Vec<(String, String)>,
    verbatim: bool,
}

impl NormalForm {
    /// The form that leaves every text as it is.
    pub(crate) fn verbatim() -> Self {
        Self { names: Vec::new(), verbatim: true }
    }

    /// From now on `text` is written `name`.
    pub(crate) fn learn(&mut self, text: &str, name: &str) {
        if !text.is_empty() && !self.names.iter().any(|(known, _)| known == text) {
            self.names.push((text.to_owned(), name.to_owned()));
        }
    }

    /// Takes over what another one knows.
    pub(crate) fn extend(&mut self, other: Self) {
        for (text, name) in other.names {
            self.learn(&text, &name);
        }
    }

    /// The normal form of `text`.
    pub(crate) fn of(&self, text: &str) -> String {
        if self.verbatim {
            return text.to_owned();
        }
        let named = self.names.iter().fold(text.to_owned(), |text, (known, name)| text.replace(known, name));
        COMPILED.iter().fold(named, |text, (pattern, name)| pattern.replace_all(&text, NoExpand(name)).into_owned())
    }
}
