//! Problems in what people wrote: each with its place, what is wrong, and what to do.
//!
//! Reading does not stop at the first problem: all of them are collected and shown together, so that nobody mends a
//! configuration one line at a time.

use serde_json::{Value, json};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many characters a name may have to be compared with known ones.
const LONGEST_NAME: usize = 200;

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A file's path as it was given, or the name of another origin such as an environment variable.
    pub origin: Arc<str>,
    /// The line, counted from 1; none where lines mean nothing.
    pub line: Option<usize>,
}

impl Place {
    /// The whole of `origin`.
    pub fn origin(origin: impl Into<Arc<str>>) -> Self {
        Self { origin: origin.into(), line: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}", self.origin),
            None => formatter.write_str(&self.origin),
        }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but probably not as intended.
    Warning,
    /// It cannot be used as it is.
    Error,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// Where it was found.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it; a suggestion, if there is one.
    pub help: Option<String>,
}

impl Problem {
    /// The problem as commands print it with `--json`.
    pub fn as_json(&self) -> Value {
        json!({
            "severity": if self.severity == Severity::Error { "error" } else { "warning" },
            "origin": &*self.place.origin,
            "line": self.place.line,
            "message": self.message,
            "help": self.help,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(formatter, "{severity}: {}: {}", self.place, self.message)?;
        match &self.help {
            Some(help) => write!(formatter, "\n  help: {}", help.replace('\n', "\n        ")),
            None => Ok(()),
        }
    }
}

/// The problems found so far, in the order they were found.
#[derive(Debug, Default)]
pub struct Problems {
    noted: Mutex<Vec<Problem>>,
    /// The lines that cannot be read as a whole.
    broken: Mutex<Vec<Place>>,
}

impl Problems {
    /// Notes that a line cannot be read, and why. What else is found in it follows from that, and is not noted.
    pub fn broken(&self, place: &Place, message: impl Into<String>, help: Option<String>) {
        self.push(Severity::Error, place, message.into(), help);
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(place.clone());
    }

    /// Notes an error.
    pub fn error(&self, place: &Place, message: impl Into<String>, help: Option<String>) {
        self.push(Severity::Error, place, message.into(), help);
    }

    /// Notes a warning.
    pub fn warn(&self, place: &Place, message: impl Into<String>, help: Option<String>) {
        self.push(Severity::Warning, place, message.into(), help);
    }

    /// Takes over problems found elsewhere.
    pub fn extend(&self, problems: impl IntoIterator<Item = Problem>) {
        self.list().extend(problems);
    }

    /// Whether any error (not just warnings) was noted.
    pub fn has_errors(&self) -> bool {
        self.list().iter().any(|problem| problem.severity == Severity::Error)
    }

    /// All that was noted, ordered by place.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems
            .sort_by(|left, right| (&left.place.origin, left.place.line).cmp(&(&right.place.origin, right.place.line)));
        problems
    }

    fn list(&self) -> MutexGuard<'_, Vec<Problem>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, severity: Severity, place: &Place, message: String, help: Option<String>) {
        if !self.broken.lock().unwrap_or_else(PoisonError::into_inner).contains(place) {
            self.list().push(Problem { severity, place: place.clone(), message, help });
        }
    }
}

/// `did you mean ..`, with the known name nearest to what was written, if one is near enough to be meant.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, known).map(|name| format!("did you mean `{name}`?"))
}

/// The known name nearest to `written`, if one is near enough to be meant. Nobody means a name by a text of hundreds of
/// characters, which it would take long to compare.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = written.to_lowercase();
    let length = folded.chars().count();
    if length > LONGEST_NAME {
        return None;
    }
    known
        .into_iter()
        .filter_map(|name| {
            let known_length = name.chars().count();
            let farthest = (known_length.max(length) / 3).max(1);
            let is_comparable = known_length.abs_diff(length) <= farthest;
            let distance = is_comparable.then(|| strsim::damerau_levenshtein(&folded, &name.to_lowercase()))?;
            (distance <= farthest).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_its_name_and_a_strange_word_does_not() {
        assert_eq!(nearest("tennant_url", ["tenant_url", "name"]), Some("tenant_url"));
        assert_eq!(nearest("TENANT_URL", ["tenant_url"]), Some("tenant_url"));
        assert_eq!(nearest("colour", ["tenant_url", "name"]), None);
        assert_eq!(nearest(&"n".repeat(1_000_000), ["tenant_url", "name"]), None);
    }

    #[test]
    fn what_follows_from_a_broken_line_is_not_told() {
        let problems = Problems::default();
        let place = |line| Place { origin: "a.toml".into(), line: Some(line) };
        problems.broken(&place(1), "unreadable", None);
        problems.error(&place(1), "a consequence", None);
        problems.broken(&place(1), "another mistake in it", None);
        problems.warn(&place(2), "something else", None);
        let told: Vec<_> = problems.into_sorted().into_iter().map(|problem| problem.message).collect();
        assert_eq!(told, ["unreadable", "something else"]);
    }

    #[test]
    fn a_problem_prints_its_place_and_what_to_do() {
        let problem = Problem {
            severity: Severity::Error,
            place: Place { origin: "scimulator.toml".into(), line: Some(3) },
            message: "`tennant_url` is not a setting of a job".into(),
            help: Some("did you mean `tenant_url`?".into()),
        };
        assert_eq!(
            problem.to_string(),
            "error: scimulator.toml:3: `tennant_url` is not a setting of a job\n  help: did you mean `tenant_url`?"
        );
    }
}
