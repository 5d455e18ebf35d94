//! `eval --cases FILE`: a file of test cases, a verdict each.
//!
//! A case that has a `filter` is one of scoping, any other one of an expression. Cases that cannot be read are told of and
//! hide no other. Those that a reasonable engine could judge otherwise are counted apart, too.

use super::without_byte_order_mark;
use crate::{
    chance::Chance,
    cli::{
        exit::{CommandError, Exit},
        terminal::error_text,
    },
    clock::{Clock as _, SystemClock},
    expression::{
        case_file::{self, MalformedCase, WrittenCase},
        cases::{Case, Judgement},
    },
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::path::Path;

/// How one case of a file came out.
struct Verdict {
    id: String,
    /// Where the case begins, or where it cannot be read.
    line: usize,
    ambiguity: Option<String>,
    outcome: Outcome,
}

/// What became of a case.
enum Outcome {
    Passed,
    /// It came out otherwise; in words.
    Failed(String),
    /// It cannot be judged; in words.
    Malformed(String),
}

/// How many cases came out how.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    malformed: usize,
    ambiguous_passed: usize,
    ambiguous_failed: usize,
}

pub(super) fn run(file: &Path, as_json: bool, seed: Option<u64>) -> Result<Exit, CommandError> {
    let unusable = |reason: String| CommandError::usage(format!("`{}` {reason}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    let (cases, broken) = case_file::split(without_byte_order_mark(&text));
    let broken = broken.map(|error| unusable(format!("is no JSON array of cases: {error}")));
    if cases.is_empty() {
        return Err(broken.unwrap_or_else(|| unusable("holds no case".to_owned())));
    }
    let (now, chance) = (SystemClock.now(), seed.map_or_else(Chance::from_system, Chance::seeded));
    let mut counts = Counts::default();
    for (number, case) in (1..).zip(&cases) {
        let verdict = judge(case, now, &chance).unwrap_or_else(|malformed| Verdict::of_malformed(number, malformed));
        counts.add(&verdict);
        if as_json {
            say!("{}", verdict.as_json());
        } else {
            verdict.print(file);
        }
    }
    match (as_json, &broken) {
        (true, Some(error)) => say!("{}", json!({"error": error.message})),
        (false, Some(error)) => complain!("{}", error_text(&error.message)),
        (_, None) => {}
    }
    if as_json {
        say!("{}", counts.as_json(cases.len()));
    } else {
        say!("{}", counts.summary());
    }
    Ok(match (counts.malformed > 0 || broken.is_some(), counts.failed) {
        (true, _) => Exit::Usage,
        (false, 0) => Exit::Success,
        (false, _) => Exit::Failed,
    })
}

fn judge(written: &WrittenCase<'_>, now: Timestamp, chance: &Chance) -> Result<Verdict, MalformedCase> {
    let line = written.line;
    if written.has("filter") {
        let case: ScopingCase = written.read(ScopingCase::FIELDS)?;
        let outcome = Outcome::of(case.judge(RegexAnchoring::Whole));
        return Ok(Verdict { id: case.id, line, ambiguity: case.ambiguity, outcome });
    }
    let case: Case = written.read(Case::FIELDS)?;
    let judged = case.judge(now, chance);
    let outcome = judged.map_or_else(|error| Outcome::Malformed(error.to_string()), Outcome::of);
    Ok(Verdict { id: case.id, line, ambiguity: case.ambiguity, outcome })
}

impl Outcome {
    fn of(judgement: Judgement) -> Self {
        match judgement {
            Judgement::Passed => Self::Passed,
            Judgement::Failed { expected, actual } => Self::Failed(format!("expected {expected}, got {actual}")),
        }
    }

    fn problem(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(problem) | Self::Malformed(problem) => Some(problem),
        }
    }
}

impl Verdict {
    /// A case without an id goes by its number.
    fn of_malformed(number: usize, malformed: MalformedCase) -> Self {
        let MalformedCase { id, line, message } = malformed;
        let id = id.unwrap_or_else(|| format!("case {number}"));
        Self { id, line, ambiguity: None, outcome: Outcome::Malformed(message) }
    }

    fn print(&self, file: &Path) {
        let Self { id, line, ambiguity, outcome } = self;
        let tag = ambiguity.as_ref().map(|tag| format!(" ({tag})")).unwrap_or_default();
        match outcome {
            Outcome::Passed => say!("pass {id}{tag}"),
            Outcome::Failed(problem) => say!("FAIL {id}{tag}: {problem}"),
            Outcome::Malformed(problem) => say!("ERROR {id}{tag}: {}:{line}: {problem}", file.display()),
        }
    }

    fn as_json(&self) -> Json {
        json!({
            "id": self.id,
            "line": self.line,
            "passed": matches!(self.outcome, Outcome::Passed),
            "malformed": matches!(self.outcome, Outcome::Malformed(_)),
            "ambiguity": self.ambiguity,
            "problem": self.outcome.problem(),
        })
    }
}

impl Counts {
    fn add(&mut self, verdict: &Verdict) {
        let (all, ambiguous) = match verdict.outcome {
            Outcome::Passed => (&mut self.passed, &mut self.ambiguous_passed),
            Outcome::Failed(_) => (&mut self.failed, &mut self.ambiguous_failed),
            Outcome::Malformed(_) => {
                self.malformed += 1;
                return;
            }
        };
        *all += 1;
        *ambiguous += usize::from(verdict.ambiguity.is_some());
    }

    fn summary(&self) -> String {
        let Self { passed, failed, malformed, ambiguous_passed, ambiguous_failed } = self;
        let unread = if *malformed > 0 { format!(", {malformed} cannot be judged") } else { String::new() };
        let ambiguous = format!("of the ambiguous ones {ambiguous_passed} passed, {ambiguous_failed} failed");
        format!("{passed} passed, {failed} failed{unread}; {ambiguous}")
    }

    fn as_json(&self, cases: usize) -> Json {
        json!({
            "cases": cases,
            "passed": self.passed,
            "failed": self.failed,
            "malformed": self.malformed,
            "ambiguous": {"passed": self.ambiguous_passed, "failed": self.ambiguous_failed},
        })
    }
}
