//! `replay`: sends what a trace has once more, and says which answers differ.

use super::{
    arguments::ReplayCommand,
    exit::{CommandError, Exit},
    test_connection::open_trace,
};
use crate::{
    clock::SystemClock,
    config::secret::{SecretError, SecretSource},
    counted::counted,
    scim::{
        authorization::Authorization,
        client::{Client, ClientOptions},
        failure::{Failure, FailureKind},
        http_transport::{HttpOptions, HttpTransport},
        replay::{Prepared, Replay, comparison::Difference, recording::RecordedTrace},
        target::Target,
        trace::TraceEntry,
    },
};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

/// How one request was answered this time.
struct Answered<'a> {
    recorded: &'a TraceEntry,
    sent: &'a Prepared,
    /// Null without an answer.
    status: Option<u16>,
    differences: Vec<Difference>,
    error: Option<String>,
}

/// The traces are replayed one after another; what is known of ids goes from one to the next.
pub(super) async fn run(command: &ReplayCommand) -> Result<Exit, CommandError> {
    let read = |file: &PathBuf| RecordedTrace::read(file, command.job.as_deref());
    let traces: Vec<_> = command.files.iter().map(read).collect::<Result<_, _>>().map_err(unusable)?;
    let client = client(command, traces.iter().any(|trace| trace.authorized))?;
    let trace = open_trace(command.trace.as_deref())?;
    let client = client.traced(trace.clone());
    if traces.iter().any(|trace| trace.redacted) {
        complain!(
            "note: the trace hides what a mapping redacts: `[Redact]` is sent in its place, and is like any value in an answer"
        );
    }
    let mut replay = Replay::default();
    let (mut same, mut different) = (0_usize, 0_usize);
    for (recorded, place) in traces.iter().flat_map(|trace| &trace.requests) {
        let sent = replay.prepare(recorded, place);
        let answer = client.resend(sent.method, &sent.path, &sent.query, sent.body.as_ref()).await;
        let mut answered = Answered { recorded, sent: &sent, status: None, differences: Vec::new(), error: None };
        match answer {
            Ok((401, _)) if recorded.status != Some(401) => {
                return Err(CommandError::failed(format!(
                    "{} does not let the request in (401), after {} that got an answer",
                    client.target().identity(),
                    counted(same + different, "request")
                )));
            }
            Ok((status, body)) => {
                answered.status = Some(status);
                answered.differences = replay.judge(recorded, status, &body);
            }
            Err(failure) if is_out_of_reach(&failure) => return Err(CommandError::failed(failure.to_string())),
            Err(failure) => answered.error = Some(failure.to_string()),
        }
        if answered.is_same() {
            same += 1;
        } else {
            different += 1;
        }
        if command.json {
            say!("{}", answered.json());
        } else if !answered.is_same() {
            answered.print();
        }
    }
    trace.check().map_err(|error| CommandError::failed(error.to_string()))?;
    if !command.json {
        let left_out: usize = traces.iter().map(|trace| trace.left_out).sum();
        let left_out = match left_out {
            0 => String::new(),
            count => format!(
                "; {count} left out: no answer was recorded, or one (429, a redirect) after which it was repeated"
            ),
        };
        let sent = counted(same + different, "request");
        say!("{sent} sent again: {same} answered as recorded, {different} otherwise{left_out}");
    }
    Ok(if different == 0 { Exit::Success } else { Exit::Failed })
}

fn client(command: &ReplayCommand, authorized: bool) -> Result<Client, CommandError> {
    let target = Target::parse(&command.tenant_url).map_err(unusable)?;
    let target = target.insecure_http_allowed(command.allow_insecure_http);
    if !command.anonymous && target.refuses_plain_http() {
        let refused =
            "a token must not go over plain `http` to another machine; use `https`, or `--allow-insecure-http`";
        return Err(CommandError::usage(refused));
    }
    let authorization = if command.anonymous {
        Authorization::Anonymous
    } else {
        let source = SecretSource::Environment(command.secret_token_env.clone());
        match source.resolve() {
            Ok(token) => Authorization::secret_token(token).map_err(unusable)?,
            Err(_) if !authorized && std::env::var_os(&command.secret_token_env).is_none() => Authorization::Anonymous,
            Err(error) => {
                let what = match error {
                    SecretError::NotSet(name) => format!("the environment variable `{name}` is not set"),
                    other => other.to_string(),
                };
                let message = format!(
                    "{what}\n  help: the trace hides the token that it was recorded with; give the target's with \
                     `--secret-token-env NAME`, or say `--anonymous`"
                );
                return Err(CommandError::usage(message));
            }
        }
    };
    let options = HttpOptions { ca_file: command.ca_file.clone(), ..HttpOptions::default() };
    let transport = HttpTransport::new(&options).map_err(unusable)?;
    let clock = Arc::new(SystemClock);
    Client::new(target, authorization, Arc::new(transport), clock, ClientOptions::default()).map_err(unusable)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn unusable(error: impl ToString) -> CommandError {
    CommandError::usage(error.to_string())
}

/// Whether no further request would be answered either.
fn is_out_of_reach(failure: &Failure) -> bool {
    matches!(&failure.kind, FailureKind::Connection(error) if error.never_opened())
}

impl Answered<'_> {
    fn is_same(&self) -> bool {
        self.differences.is_empty() && self.error.is_none()
    }

    fn path(&self) -> String {
        let Prepared { path, query, .. } = self.sent;
        if query.is_empty() { path.clone() } else { format!("{path}?{query}") }
    }

    /// Why the request could not be made as it was.
    fn note(&self) -> Option<String> {
        let id = self.sent.unknown_id.as_ref()?;
        Some(format!(
            "no answer before this one has told which id `{id}` has here; replay the trace that created it first"
        ))
    }

    fn print(&self) {
        say!("{}. {} {}", self.recorded.seq, self.sent.method, self.path());
        for difference in &self.differences {
            say!("   {difference}");
        }
        if let Some(error) = &self.error {
            say!("   no answer: {error}");
        }
        if let Some(note) = self.note() {
            say!("   {note}");
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "seq": self.recorded.seq,
            "method": self.sent.method.as_str(),
            "path": self.path(),
            "recordedStatus": self.recorded.status,
            "status": self.status,
            "same": self.is_same(),
            "differences": self.differences,
            "error": self.error,
            "note": if self.is_same() { None } else { self.note() },
        })
    }
}
