//! `eval --cases FILE`: a file of test cases, a verdict each.

use crate::{
    chance::Chance,
    cli::{
        exit::{CommandError, Exit},
        terminal::error_text,
    },
    clock::{Clock as _, SystemClock},
    expression::cases::{Case, Judgement},
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
};
use serde_json::{Value as Json, json};
use std::path::Path;

/// How one case of a file came out.
struct Verdict {
    id: String,
    ambiguity: Option<String>,
    problem: Option<String>,
}

pub(super) fn run(file: &Path, as_json: bool) -> Result<Exit, CommandError> {
    let unusable = |reason: String| CommandError::usage(format!("`{}` {reason}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    let shapes: Vec<Json> =
        serde_json::from_str(&text).map_err(|error| unusable(format!("is no JSON array of cases: {error}")))?;
    let scoping = shapes.first().is_some_and(|case| case.get("filter").is_some());
    let verdicts = if scoping { scoping_verdicts(&text) } else { expression_verdicts(&text) };
    let verdicts = verdicts.map_err(|error| unusable(format!("holds a case that cannot be read: {error}")))?;
    let mut failed = 0;
    let mut ambiguous = (0, 0);
    for Verdict { id, ambiguity, problem } in &verdicts {
        let passed = problem.is_none();
        if ambiguity.is_some() {
            ambiguous.0 += usize::from(passed);
            ambiguous.1 += usize::from(!passed);
        }
        failed += usize::from(!passed);
        if as_json {
            let verdict = json!({"id": id, "passed": passed, "ambiguity": ambiguity, "problem": problem});
            say!("{verdict}");
        } else {
            let tag = ambiguity.as_ref().map(|tag| format!(" ({tag})")).unwrap_or_default();
            match problem {
                None => say!("pass {id}{tag}"),
                Some(problem) => say!("FAIL {id}{tag}: {problem}"),
            }
        }
    }
    let passed = verdicts.len() - failed;
    if as_json {
        let counts = json!({"passed": ambiguous.0, "failed": ambiguous.1});
        say!("{}", json!({"cases": verdicts.len(), "passed": passed, "failed": failed, "ambiguous": counts}));
    } else {
        say!("{passed} passed, {failed} failed; of the ambiguous ones {} passed, {} failed", ambiguous.0, ambiguous.1);
    }
    if verdicts.is_empty() {
        complain!("{}", error_text("the file holds no case"));
        return Ok(Exit::Usage);
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::Failed })
}

fn expression_verdicts(text: &str) -> Result<Vec<Verdict>, serde_json::Error> {
    let (now, chance) = (SystemClock.now(), Chance::from_system());
    Ok(Case::read_all(text)?
        .into_iter()
        .map(|case| {
            let problem = case.judge(now, &chance).map_or_else(|error| Some(error.to_string()), problem);
            Verdict { id: case.id, ambiguity: case.ambiguity, problem }
        })
        .collect())
}

fn scoping_verdicts(text: &str) -> Result<Vec<Verdict>, serde_json::Error> {
    Ok(ScopingCase::read_all(text)?
        .into_iter()
        .map(|case| {
            let problem = problem(case.judge(RegexAnchoring::Whole));
            Verdict { id: case.id, ambiguity: case.ambiguity, problem }
        })
        .collect())
}

fn problem(judgement: Judgement) -> Option<String> {
    match judgement {
        Judgement::Passed => None,
        Judgement::Failed { expected, actual } => Some(format!("expected {expected}, got {actual}")),
    }
}
