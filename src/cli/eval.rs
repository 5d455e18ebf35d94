//! `eval`: the expression tester, and files of test cases.

use super::{
    arguments::EvalCommand,
    exit::{CommandError, Exit},
    terminal::error_text,
};
use crate::{
    chance::Chance,
    clock::{Clock, SystemClock},
    directory::import,
    expression::{
        Expression, Surroundings, Value,
        cases::{Case, Judgement},
    },
    mapping::{scoping_cases::ScopingCase, scoping_clause::RegexAnchoring},
    store::Store,
};
use serde_json::{Map, Value as Json, json};
use std::{io::Read as _, path::Path};

pub(super) async fn run(file: &Path, command: &EvalCommand) -> Result<Exit, CommandError> {
    if let Some(cases) = &command.cases {
        return run_cases(cases, command.json);
    }
    let text = command.expression.as_deref().unwrap_or_default();
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) if command.json => {
            say!("{}", json!({"error": error.to_string()}));
            return Ok(Exit::Usage);
        }
        Err(error) => {
            return Err(CommandError::usage(error.diagnostic()));
        }
    };
    let attributes = attributes(file, command).await?;
    let chance = Chance::from_system();
    let surroundings = Surroundings::new(SystemClock.now(), &chance);
    match expression.evaluate(&attributes, &surroundings) {
        Ok(outcome) => {
            for warning in &outcome.warnings {
                complain!("warning: {warning}");
            }
            print_value(&outcome.value, command.json);
            Ok(Exit::Success)
        }
        Err(error) if command.json => {
            say!("{}", json!({"error": error.to_string()}));
            Ok(Exit::Failed)
        }
        Err(error) => Err(CommandError::failed(error.to_string())),
    }
}

fn print_value(value: &Value<'_>, json: bool) {
    let result = match value {
        Value::Null => Json::Null,
        Value::IgnoreFlow | Value::IgnoreObject => {
            say!("{}", if json { r#"{"ignoreFlow":true}"# } else { "(nothing flows)" });
            return;
        }
        list if list.is_list() => list.texts().into(),
        single => single.string_form().map_or(Json::Null, |text| text.into_owned().into()),
    };
    if json {
        say!("{}", json!({"result": result}));
        return;
    }
    match result {
        Json::Null => say!("(null)"),
        Json::String(text) => say!("{text}"),
        other => say!("{other}"),
    }
}

/// The attributes of the object that the expression is evaluated for.
async fn attributes(file: &Path, command: &EvalCommand) -> Result<Map<String, Json>, CommandError> {
    if let Some(user) = &command.user {
        return of_user(file, user).await;
    }
    let Some(object) = &command.object else {
        return Ok(Map::new());
    };
    let text = if object.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(object)
    };
    let text = text.map_err(|error| CommandError::usage(format!("`{}` cannot be read: {error}", object.display())))?;
    match serde_json::from_str(&text) {
        Ok(Json::Object(attributes)) => Ok(attributes),
        Ok(_) => Err(CommandError::usage(format!("`{}` must hold one JSON object", object.display()))),
        Err(error) => Err(CommandError::usage(format!("`{}` is no JSON: {error}", object.display()))),
    }
}

/// The attributes of a user of the configured directory, as it is now.
async fn of_user(file: &Path, name: &str) -> Result<Map<String, Json>, CommandError> {
    let settings = super::load(file)?;
    let scratch = tempfile::tempdir().map_err(|error| CommandError::failed(format!("no temporary folder: {error}")))?;
    let store = Store::open(&scratch.path().join("eval.db"), "scimulator eval")?;
    import(&store, &settings.directory, true, &SystemClock)
        .await
        .map_err(|error| CommandError::usage(error.to_string()))?;
    let wanted = name.to_owned();
    let found = store.read(move |tables| tables.objects_named(&wanted)).await?;
    let Some(object) = found.into_iter().next() else {
        let folder = settings.directory.path.display();
        return Err(CommandError::usage(format!("nobody in `{folder}` has the id or name `{name}`")));
    };
    let mut attributes: Map<String, Json> = serde_json::from_str(&object.attributes).unwrap_or_default();
    let gone = !object.enabled || object.state != crate::store::ObjectState::Live;
    attributes.insert("IsSoftDeleted".to_owned(), gone.into());
    Ok(attributes)
}

/// How one case of a file came out.
struct Verdict {
    id: String,
    ambiguity: Option<String>,
    problem: Option<String>,
}

fn run_cases(file: &Path, as_json: bool) -> Result<Exit, CommandError> {
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
