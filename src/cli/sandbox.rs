//! `sandbox`: a small SCIM application to provision into.

use super::{
    arguments::{PatchAnswerArgument, SandboxCommand},
    exit::{CommandError, Exit},
    sync::signalled,
};
use crate::{
    chance::Chance,
    clock::SystemClock,
    mapping::{embedded, read},
    sandbox::{
        Application, ApplicationSchema, BASE_PATH, PatchAnswer, Settings,
        fault::{FaultRule, Faults},
        serve,
    },
    simulate::schema_of,
};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::net::TcpListener;

pub(super) async fn run(command: &SandboxCommand) -> Result<Exit, CommandError> {
    let faults = faults(command)?;
    let schema = command.app.as_deref().map(application_schema).transpose()?;
    let settings = Settings {
        token: command.token.clone().map(SecretString::from),
        schema,
        state: command.state.clone(),
        user_patch_answer: match command.patch_answer {
            PatchAnswerArgument::Resource => PatchAnswer::Resource,
            PatchAnswerArgument::NoContent => PatchAnswer::NoContent,
        },
        ..Settings::default()
    };
    let application = Application::open(settings, Arc::new(SystemClock), Arc::new(Chance::from_system()))
        .map_err(|error| CommandError::usage(error.to_string()))?
        .with_fault(faults);
    let listener = TcpListener::bind(command.listen).await.map_err(|error| {
        CommandError::usage(format!(
            "cannot listen on {}: {error}; choose another address with `--listen`",
            command.listen
        ))
    })?;
    let address = listener.local_addr().map_err(|error| CommandError::failed(error.to_string()))?;
    say!("listening on http://{address}{BASE_PATH}");
    if command.token.is_none() {
        say!("everybody is let in; ask for a secret token with `--token`");
    }
    serve(listener, Arc::new(application), signalled())
        .await
        .map_err(|error| CommandError::failed(format!("the sandbox stopped: {error}")))?;
    Ok(Exit::Success)
}

/// The faults, from now on. Every mistake in any of them is told.
fn faults(command: &SandboxCommand) -> Result<Faults, CommandError> {
    let chosen = || u64::try_from(Chance::from_system().below(usize::MAX)).unwrap_or_default();
    let faults = Faults::new(Arc::new(SystemClock), command.seed.unwrap_or_else(chosen));
    let mut mistakes = Vec::new();
    for text in &command.faults {
        match FaultRule::parse(text) {
            Ok(rule) => faults.plant(rule),
            Err(problems) => mistakes.extend(problems.iter().map(ToString::to_string)),
        }
    }
    if mistakes.is_empty() { Ok(faults) } else { Err(CommandError::usage(mistakes.join("\n"))) }
}

/// What an application has, by its mapping: an embedded one, or a file.
fn application_schema(name: &str) -> Result<ApplicationSchema, CommandError> {
    let (origin, text) = match embedded::find(name) {
        Some((name, text)) => (format!("embedded mapping {name}"), text.to_owned()),
        None => match std::fs::read_to_string(name) {
            Ok(text) => (name.to_owned(), text),
            Err(error) => {
                let known: Vec<_> = embedded::MAPPINGS.iter().map(|(name, _)| *name).collect();
                return Err(CommandError::usage(format!(
                    "`{name}` is neither an embedded mapping ({}) nor a file that can be read: {error}",
                    known.join(", ")
                )));
            }
        },
    };
    let (template, _) = read::parse(&origin, &text).map_err(|problems| {
        CommandError::usage(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    Ok(schema_of(&template))
}
