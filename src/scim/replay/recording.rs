//! A trace file, read for its requests.
//!
//! What cannot be replayed is refused as a whole, with what to do: a file of another program, one that breaks off, the trace
//! of a dry run (whose writes were never sent, and have no real answers), one of several jobs of which none is named.

use crate::scim::{har, mask::REDACTED, query::escape, rehearsal::MARK, trace::TraceEntry, transport::Method};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};
use url::Url;

/// The endpoints of resources.
const ENDPOINTS: [&str; 2] = ["Users", "Groups"];

/// The parameters of a query that are SCIM's; others belong to the target.
const PARAMETERS: [&str; 5] = ["attributes", "excludedAttributes", "filter", "startIndex", "count"];

/// The requests of a trace, in the order in which they left.
#[derive(Debug)]
pub struct RecordedTrace {
    /// What is to be sent again, each with where it goes.
    pub requests: Vec<(TraceEntry, Place)>,
    /// How many requests are left out: they had no answer, or one that the client followed up by itself.
    pub left_out: usize,
    /// Whether values are hidden that a mapping redacts.
    pub redacted: bool,
    /// Whether requests carried an authorization.
    pub authorized: bool,
}

/// Where a recorded request goes, apart from the recorded target.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The method.
    pub method: Method,
    /// The path below the base URL, without an id: `/Users`.
    endpoint: String,
    /// The id in the path.
    pub id: Option<String>,
    /// The query string, as it was spelled.
    pub query: String,
}

/// Why a trace cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The trace holds no request that could be sent again.
    #[error("`{}` holds no request to replay", .0.display())]
    Empty(PathBuf),
    /// The file's name says nothing about its form.
    #[error("the trace file `{}` must end in `.har` or `.ndjson`", .0.display())]
    Extension(PathBuf),
    /// The file cannot be read.
    #[error("the trace file `{}` cannot be read: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// A HAR file that another program wrote.
    #[error("`{}` was written by {creator}, not by `--trace`; only a trace of scimulator can be replayed", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the file says of its writer.
        creator: String,
    },
    /// The HAR file is no whole JSON document, or an entry lacks something.
    #[error("`{}` is no trace: {reason}; record it anew with `--trace`", path.display())]
    Har {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A line is no entry of a trace.
    #[error("{}:{line}: this is no request of a trace: {reason}; if the file was cut off, remove the line", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The job that is asked for is not in the trace.
    #[error("the trace has no request of the job `{job}`; there are: {jobs}")]
    NoSuchJob {
        /// The job.
        job: String,
        /// Those that are there.
        jobs: String,
    },
    /// A request that could not be one of the engine's.
    #[error("request {seq} of `{}` goes to `{method} {url}`, which no cycle sends", path.display())]
    Request {
        /// The file.
        path: PathBuf,
        /// The request's number.
        seq: u64,
        /// Its method.
        method: String,
        /// Its URL.
        url: String,
    },
    /// The trace is of a dry run.
    #[error(
        "`{}` is the trace of a dry run: of its answers {count} came from no target; record a real cycle with `--trace`",
        path.display()
    )]
    Rehearsed {
        /// The file.
        path: PathBuf,
        /// How many answers were made up or corrected.
        count: usize,
    },
    /// The trace is of several jobs.
    #[error("the trace is of several jobs; choose one with `--job`: {0}")]
    SeveralJobs(String),
}

impl RecordedTrace {
    /// Reads a trace file. Of a trace of several jobs, `job` says whose requests are meant.
    pub fn read(path: &Path, job: Option<&str>) -> Result<Self, RecordingError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let read = match extension.to_ascii_lowercase().as_str() {
            "har" => read_har,
            "ndjson" => read_ndjson,
            _ => return Err(RecordingError::Extension(path.to_owned())),
        };
        let unreadable = |error| RecordingError::File { path: path.to_owned(), error };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Self::of(read(path, &text)?, path, job)
    }

    fn of(mut entries: Vec<TraceEntry>, path: &Path, job: Option<&str>) -> Result<Self, RecordingError> {
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.job.as_deref().unwrap_or_default()).collect();
        let jobs = || names.iter().copied().collect::<Vec<_>>().join(", ");
        match job {
            Some(job) if !names.contains(job) => {
                return Err(RecordingError::NoSuchJob { job: job.to_owned(), jobs: jobs() });
            }
            None if names.len() > 1 => return Err(RecordingError::SeveralJobs(jobs())),
            _ => {}
        }
        entries.retain(|entry| job.is_none_or(|job| entry.job.as_deref() == Some(job)));
        // Whoever replays has a credential of their own.
        entries.retain(|entry| !asks_for_a_token(entry));
        entries.sort_by_key(|entry| entry.seq);
        let count = entries.iter().filter(|entry| was_rehearsed(entry)).count();
        if count > 0 {
            return Err(RecordingError::Rehearsed { path: path.to_owned(), count });
        }
        let redacted = entries.iter().any(shows_redacted);
        let authorized = entries.iter().any(|entry| header(entry.request_headers.iter(), "Authorization"));
        let all = entries.len();
        entries.retain(|entry| entry.status.is_some_and(|status| status != 429 && !(300..400).contains(&status)));
        let place = |entry: TraceEntry| match Place::of(&entry) {
            Some(place) => Ok((entry, place)),
            None => Err(RecordingError::Request {
                path: path.to_owned(),
                seq: entry.seq,
                method: entry.method,
                url: entry.url,
            }),
        };
        let requests: Vec<_> = entries.into_iter().map(place).collect::<Result<_, _>>()?;
        if requests.is_empty() {
            return Err(RecordingError::Empty(path.to_owned()));
        }
        Ok(Self { left_out: all - requests.len(), requests, redacted, authorized })
    }
}

impl Place {
    /// Where a request goes: the last segment of its path that is an endpoint, and the id that may follow it.
    pub fn of(entry: &TraceEntry) -> Option<Self> {
        let method = [Method::Delete, Method::Get, Method::Patch, Method::Post];
        let method = method.into_iter().find(|method| method.as_str() == entry.method)?;
        let url = Url::parse(&entry.url).ok()?;
        let segments: Vec<&str> = url.path().split('/').collect();
        let decoded = |id: &str| {
            let encoded = format!("id={}", id.replace('+', "%2b"));
            url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, id)| id.into_owned())
        };
        let (endpoint, id) = match segments.as_slice() {
            [.., endpoint, id] if ENDPOINTS.contains(endpoint) && !id.is_empty() => (endpoint, decoded(id)),
            [.., endpoint] if ENDPOINTS.contains(endpoint) => (endpoint, None),
            _ => return None,
        };
        let query = url.query().unwrap_or_default().split('&');
        let query = query.filter(|parameter| PARAMETERS.contains(&parameter.split('=').next().unwrap_or_default()));
        Some(Self { method, endpoint: format!("/{endpoint}"), id, query: query.collect::<Vec<_>>().join("&") })
    }

    /// The path below the base URL, with the id that `live` gives for the recorded one, if it gives one.
    pub(super) fn path_with<'a>(&self, live: impl Fn(&str) -> Option<&'a str>) -> String {
        match &self.id {
            Some(id) => format!("{}/{}", self.endpoint, escape(live(id).unwrap_or(id), "%20")),
            None => self.endpoint.clone(),
        }
    }
}

fn read_ndjson(path: &Path, text: &str) -> Result<Vec<TraceEntry>, RecordingError> {
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let entries = numbered.map(|(index, line)| {
        serde_json::from_str(line).map_err(|error| RecordingError::Line {
            path: path.to_owned(),
            line: index + 1,
            reason: without_place(&error),
        })
    });
    entries.collect()
}

/// The error without its line and column, which are those of a part of the file.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn read_har(path: &Path, text: &str) -> Result<Vec<TraceEntry>, RecordingError> {
    let bad = |reason: String| RecordingError::Har { path: path.to_owned(), reason };
    let document: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    let creator = document.pointer("/log/creator/name").and_then(Value::as_str);
    if creator != Some(env!("CARGO_PKG_NAME")) {
        let creator = creator.map_or_else(|| "another program".to_owned(), |name| format!("`{name}`"));
        return Err(RecordingError::Foreign { path: path.to_owned(), creator });
    }
    let entries =
        document.pointer("/log/entries").and_then(Value::as_array).ok_or_else(|| bad("it has no entries".into()))?;
    let read = |(index, entry)| {
        har::trace_entry(entry).ok_or_else(|| bad(format!("entry {} lacks something that `--trace` writes", index + 1)))
    };
    entries.iter().enumerate().map(read).collect()
}

fn was_rehearsed(entry: &TraceEntry) -> bool {
    entry.response_headers.as_ref().is_some_and(|headers| header(headers.iter(), MARK))
}

fn header<'a>(mut headers: impl Iterator<Item = (&'a String, &'a Value)>, name: &str) -> bool {
    headers.any(|(found, _)| found.eq_ignore_ascii_case(name))
}

/// Whether a request went to a token endpoint: it alone has a form for a body (RFC 6749 §4.4.2).
fn asks_for_a_token(entry: &TraceEntry) -> bool {
    let mut headers = entry.request_headers.iter();
    headers.any(|(name, value)| {
        name.eq_ignore_ascii_case("Content-Type")
            && value.as_str().is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
    })
}

fn shows_redacted(entry: &TraceEntry) -> bool {
    entry.url.contains(REDACTED) || mentions(&entry.request_body) || mentions(&entry.response_body)
}

fn mentions(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED),
        Value::Array(values) => values.iter().any(mentions),
        Value::Object(members) => members.values().any(mentions),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
