//! Problems in what people wrote: each with its place, what is wrong, and what to do.
//!
//! Reading does not stop at the first problem: all of them are collected and shown together, so that nobody mends a
//! configuration one line at a time.

use serde_json::{Value, json};
use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many characters a name may have to be compared with known ones.
const LONGEST_NAME: usize = 200;

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    broken: Mutex<HashSet<Place>>,
}

impl Problems {
    /// Notes that a line cannot be read, and why. What else is found in it follows from that, and is not noted.
    pub fn broken(&self, place: &Place, message: impl Into<String>, help: Option<String>) {
        self.push(Severity::Error, place, message.into(), help);
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone());
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

/// The known name nearest to `written`, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(written, known, |longer| (longer / 3).max(1))
}

/// The known name nearest to `written`, in no more letters different from it than `farthest` says for the characters of the
/// longer of the two. Nobody means a name by a text of hundreds of characters, which it would take long to compare.
pub fn nearest_within<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
    farthest: impl Fn(usize) -> usize,
) -> Option<&'a str> {
    let folded = written.to_lowercase();
    let length = folded.chars().count();
    if length > LONGEST_NAME {
        return None;
    }
    let letters = Letters::of(&folded);
    known
        .into_iter()
        .filter_map(|name| {
            let known_length = name.chars().count();
            let farthest = farthest(known_length.max(length));
            if known_length.abs_diff(length) > farthest {
                return None;
            }
            let name_folded = name.to_lowercase();
            let is_comparable = letters.least_distance(&Letters::of(&name_folded)) <= farthest;
            let distance = is_comparable.then(|| strsim::damerau_levenshtein(&folded, &name_folded))?;
            (distance <= farthest).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How often each letter stands in a name, some letters taken together: tells at once that two names are far from each other,
/// which most are.
struct Letters([u8; 32]);

impl Letters {
    fn of(name: &str) -> Self {
        let mut counts = [0_u8; 32];
        for letter in name.chars() {
            let count = &mut counts[letter as usize % 32];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    /// How many letters must at least be changed, added or taken away.
    fn least_distance(&self, other: &Self) -> usize {
        let (mut missing, mut surplus) = (0, 0);
        for (own, others) in self.0.iter().zip(other.0) {
            surplus += usize::from(own.saturating_sub(others));
            missing += usize::from(others.saturating_sub(*own));
        }
        missing.max(surplus)
    }
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
    fn letters_never_tell_a_near_name_to_be_far() {
        for (one, other) in [("acre", "race"), ("tennant_url", "tenant_url"), ("ab", "ba"), ("é", "e"), ("", "abc")] {
            let least = Letters::of(one).least_distance(&Letters::of(other));
            assert!(least <= strsim::damerau_levenshtein(one, other), "{one} {other}");
        }
        assert_eq!(Letters::of("colour").least_distance(&Letters::of("name")), 6);
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
