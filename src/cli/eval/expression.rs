//! `eval EXPRESSION`: what an expression gives, and with `--explain` how it comes to it.

use super::object::{Doubt, SourceObject};
use crate::{
    chance::Chance,
    cli::{
        arguments::EvalCommand,
        exit::{CommandError, Exit},
    },
    clock::{Clock as _, SystemClock},
    expression::{self, EvaluationError, Explanation, Expression, Outcome, Step, StepResult, Surroundings, Value},
    log::REDACTED,
};
use serde_json::{Map, Value as Json, json};
use std::path::Path;

pub(super) async fn run(file: &Path, command: &EvalCommand) -> Result<Exit, CommandError> {
    let text = command.expression.as_deref().unwrap_or_default();
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) if command.json => {
            say!("{}", json!({"error": error.to_string()}));
            return Ok(Exit::Usage);
        }
        Err(error) => return Err(CommandError::usage(error.diagnostic())),
    };
    let names = expression.attributes().into_iter().map(|(name, _)| name.to_owned()).collect();
    let object = SourceObject::read(file, command, names).await?;
    let doubts = doubts(&expression, &object, text);
    let chance = command.seed.map_or_else(Chance::from_system, Chance::seeded);
    let surroundings =
        Surroundings { strict_conditions: command.strict, ..Surroundings::new(SystemClock.now(), &chance) };
    let explanation = if command.explain {
        expression.explain(&object, &surroundings)
    } else {
        Explanation { outcome: expression.evaluate(&object, &surroundings), steps: Vec::new() }
    };
    if command.json {
        say!("{}", Json::Object(as_json(&explanation, &doubts, command.explain)));
        return Ok(if explanation.outcome.is_ok() { Exit::Success } else { Exit::Failed });
    }
    for (_, shown) in &doubts {
        complain!("{shown}");
    }
    print(&explanation, command.explain);
    explanation.outcome.map(|_| Exit::Success).map_err(|error| CommandError::failed(error.diagnostic(text)))
}

/// The doubtful names of the expression, each once, with the place shown.
fn doubts(expression: &Expression, object: &SourceObject, text: &str) -> Vec<(Doubt, String)> {
    let mut doubts: Vec<(Doubt, String)> = Vec::new();
    for (name, span) in expression.attributes() {
        let Some(doubt) = object.doubt(name) else { continue };
        if doubts.iter().all(|(known, _)| *known != doubt) {
            let headline = format!("warning: {}", doubt.message);
            let shown = expression::diagnostic(&headline, text, span, Some(&doubt.help));
            doubts.push((doubt, shown));
        }
    }
    doubts
}

fn print(explanation: &Explanation<'_>, explained: bool) {
    if let Ok(outcome) = &explanation.outcome {
        for warning in &outcome.warnings {
            complain!("warning: {warning}");
        }
    }
    if explained {
        say!("{}", explanation.to_string().trim_end());
    } else if let Ok(outcome) = &explanation.outcome {
        print_value(&outcome.value);
    }
}

fn print_value(value: &Value<'_>) {
    match value {
        Value::IgnoreFlow | Value::IgnoreObject => say!("(nothing flows)"),
        value => match value.to_json() {
            Json::Null => say!("(null)"),
            Json::String(text) => say!("{text}"),
            list => say!("{list}"),
        },
    }
}

fn as_json(explanation: &Explanation<'_>, doubts: &[(Doubt, String)], explained: bool) -> Map<String, Json> {
    let mut answer = Map::new();
    let mut warnings: Vec<String> =
        doubts.iter().map(|(Doubt { message, help }, _)| format!("unknown-attribute: {message}; {help}")).collect();
    match &explanation.outcome {
        Ok(Outcome { value: Value::IgnoreFlow | Value::IgnoreObject, .. }) => {
            answer.insert("ignoreFlow".to_owned(), true.into());
        }
        Ok(Outcome { redacted: true, .. }) if explained => {
            answer.insert("result".to_owned(), REDACTED.into());
        }
        Ok(Outcome { value, .. }) => {
            answer.insert("result".to_owned(), value.to_json());
        }
        Err(error) => {
            answer.insert("error".to_owned(), EvaluationError::to_string(error).into());
        }
    }
    if let Ok(outcome) = &explanation.outcome {
        warnings.extend(outcome.warnings.iter().map(ToString::to_string));
    }
    if !warnings.is_empty() {
        answer.insert("warnings".to_owned(), warnings.into());
    }
    if explained {
        answer.insert("steps".to_owned(), explanation.steps.iter().map(step_as_json).collect());
    }
    answer
}

fn step_as_json(step: &Step) -> Json {
    let (key, value) = match &step.result {
        StepResult::Value(value) => ("result", value.clone()),
        StepResult::IgnoreFlow | StepResult::IgnoreObject => ("ignoreFlow", true.into()),
        StepResult::Failed(reason) => ("error", reason.clone().into()),
        StepResult::Stopped => ("stopped", true.into()),
        StepResult::Hidden => ("result", REDACTED.into()),
        StepResult::NotEvaluated => ("notEvaluated", true.into()),
    };
    let mut shown = json!({"part": step.part, "depth": step.depth});
    shown[key] = value;
    shown
}
