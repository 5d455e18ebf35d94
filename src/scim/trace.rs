//! The trace: every request to a target and its answer, for people to read.
//!
//! A [`Trace`] is a handle that the client writes to; it may be off, and knows the job and the cycle that its entries
//! belong to. Entries go to a [`TraceSink`]: a file with one JSON object a line (`.ndjson`), a file for a browser's
//! network panel (`.har`), a channel, or memory. An entry is made when the answer is there; `seq` tells in which order
//! requests left. Secrets are masked before an entry is made, and cookies are never shown.
//!
//! A trace holds copies of people's data: its files are readable by their owner only. A sink that fails does not fail
//! the cycle; it is reported once, and again when the trace is [checked](Trace::check).
//!
//! Source: the product's design ("The command line", "State").

use super::{
    failure::FailureKind,
    har::HarFile,
    json_body,
    mask::{HIDDEN, Mask},
    transport::{Request, Response},
};
use crate::store::{private_folder, private_options};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Headers whose values are secrets in themselves.
const SECRET_HEADERS: [&str; 3] = ["cookie", "proxy-authorization", "set-cookie"];

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceEntry {
    /// When the request left: RFC 3339, in UTC, with milliseconds.
    pub time: String,
    /// The job's name.
    pub job: Option<String>,
    /// The cycle's id.
    pub cycle: Option<String>,
    /// The request's number in the trace, from 1, in the order of leaving.
    pub seq: u64,
    /// The method.
    pub method: String,
    /// The full URL.
    pub url: String,
    /// The headers sent, all of them: as HTTP/1.1 has them. (In HTTP/2 names are in lower case, and the host stands
    /// elsewhere; what a proxy is told of its own is not shown.)
    pub request_headers: Map<String, Value>,
    /// The body sent: JSON, a text, or null.
    pub request_body: Value,
    /// The HTTP status; null without an answer.
    pub status: Option<u16>,
    /// The headers that came; null without an answer.
    pub response_headers: Option<Map<String, Value>>,
    /// The body that came: JSON, a text, or null.
    pub response_body: Value,
    /// How long the answer took, in milliseconds.
    pub duration_ms: u64,
    /// Why there is no answer.
    pub error: Option<String>,
}

/// Takes the entries of a trace.
pub trait TraceSink: Send + Sync {
    /// Takes one entry.
    fn record(&self, entry: &TraceEntry) -> io::Result<()>;
}

/// Why a trace file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file's name says nothing about its form.
    #[error("the trace file `{}` must end in `.har` or `.ndjson`", .0.display())]
    Extension(PathBuf),
    /// The file cannot be created or written.
    #[error("the trace file `{}` cannot be written: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// An entry could not be handed over.
    #[error("the trace is incomplete: {0}")]
    Incomplete(String),
}

/// Where a client writes what it sends and gets; cloning it is cheap, and clones share one numbering.
#[derive(Clone, Default)]
pub struct Trace {
    shared: Option<Arc<Shared>>,
    job: Option<Arc<str>>,
    cycle: Option<Arc<str>>,
}

struct Shared {
    sink: Arc<dyn TraceSink>,
    last: AtomicU64,
    problem: OnceLock<String>,
}

/// An exchange of which an entry is made.
pub(crate) struct Exchange<'a> {
    pub(crate) seq: u64,
    pub(crate) time: Timestamp,
    pub(crate) duration: Duration,
    pub(crate) request: &'a Request,
    pub(crate) outcome: Result<&'a Response, String>,
}

impl Trace {
    /// A trace that keeps nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// A trace into `sink`.
    pub fn to(sink: Arc<dyn TraceSink>) -> Self {
        let shared = Shared { sink, last: AtomicU64::new(0), problem: OnceLock::new() };
        Self { shared: Some(Arc::new(shared)), ..Self::default() }
    }

    /// A trace into a new file, whose name ends in `.har` or `.ndjson`. A file of that name is replaced.
    pub fn file(path: &Path) -> Result<Self, TraceError> {
        let unwritable = |error| TraceError::File { path: path.to_owned(), error };
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let sink: Arc<dyn TraceSink> = match extension.to_ascii_lowercase().as_str() {
            "har" => Arc::new(HarFile::new(private_file(path).map_err(unwritable)?).map_err(unwritable)?),
            "ndjson" => Arc::new(NdjsonFile(Mutex::new(private_file(path).map_err(unwritable)?))),
            _ => return Err(TraceError::Extension(path.to_owned())),
        };
        Ok(Self::to(sink))
    }

    /// The same trace, for what this job sends.
    #[must_use]
    pub fn of_job(&self, job: &str) -> Self {
        Self { job: Some(job.into()), cycle: None, ..self.clone() }
    }

    /// The same trace, for what is sent in this cycle.
    #[must_use]
    pub fn of_cycle(&self, cycle: &str) -> Self {
        Self { cycle: Some(cycle.into()), ..self.clone() }
    }

    /// A trace whose entries go to `sink` as well. It has a numbering and a [check](Trace::check) of its own.
    #[must_use]
    pub fn beside(&self, sink: Arc<dyn TraceSink>) -> Self {
        let sink = match &self.shared {
            Some(shared) => Arc::new(Both(shared.sink.clone(), sink)),
            None => sink,
        };
        let shared = Shared { sink, last: AtomicU64::new(0), problem: OnceLock::new() };
        Self { shared: Some(Arc::new(shared)), ..self.clone() }
    }

    /// Whether all entries were taken: the first problem of the sink, if there was one.
    pub fn check(&self) -> Result<(), TraceError> {
        let problem = self.shared.as_ref().and_then(|shared| shared.problem.get());
        problem.map_or(Ok(()), |problem| Err(TraceError::Incomplete(problem.clone())))
    }

    /// The number of the request that leaves next; `None` when the trace is off.
    pub(crate) fn next(&self) -> Option<u64> {
        self.shared.as_ref().map(|shared| shared.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Hands on an entry that was made elsewhere.
    pub fn record(&self, entry: &TraceEntry) {
        let Some(shared) = &self.shared else { return };
        if let Err(error) = shared.sink.record(entry)
            && shared.problem.set(error.to_string()).is_ok()
        {
            tracing::warn!(%error, "the trace cannot be written, entries are missing from it");
        }
    }

    /// Makes an entry of an exchange, without the secrets that `mask` knows.
    pub(crate) fn write(&self, exchange: &Exchange<'_>, mask: &Mask) {
        let answer = exchange.outcome.as_ref().ok();
        let error = exchange.outcome.as_ref().err();
        self.record(&TraceEntry {
            time: exchange.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            job: self.job.as_deref().map(str::to_owned),
            cycle: self.cycle.as_deref().map(str::to_owned),
            seq: exchange.seq,
            method: exchange.request.method.to_string(),
            url: mask.text(&exchange.request.url).into_owned(),
            request_headers: headers(&exchange.request.headers, mask),
            request_body: exchange.request.body.as_ref().map_or(Value::Null, |body| readable(body, mask)),
            status: answer.map(|answer| answer.status),
            response_headers: answer.map(|answer| headers(&answer.headers, mask)),
            response_body: answer.map_or(Value::Null, |answer| readable(&answer.body, mask)),
            duration_ms: u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
            error: error.map(|error| mask.text(error).into_owned()),
        });
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = self.shared.is_some();
        formatter.debug_struct("Trace").field("on", &on).field("job", &self.job).field("cycle", &self.cycle).finish()
    }
}

/// A trace in memory.
#[derive(Debug, Default)]
pub struct Recording(Mutex<Vec<TraceEntry>>);

impl Recording {
    /// The entries so far.
    pub fn entries(&self) -> Vec<TraceEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl TraceSink for Recording {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
        Ok(())
    }
}

impl TraceSink for tokio::sync::mpsc::UnboundedSender<TraceEntry> {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        self.send(entry.clone()).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads it any more"))
    }
}

/// Two sinks that take the same entries.
struct Both(Arc<dyn TraceSink>, Arc<dyn TraceSink>);

impl TraceSink for Both {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        self.0.record(entry).and(self.1.record(entry))
    }
}

/// A file with one entry a line.
struct NdjsonFile(Mutex<File>);

impl TraceSink for NdjsonFile {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}

/// Creates or empties a file that only its owner can read.
fn private_file(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    let file = private_options().write(true).create(true).truncate(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Headers as an object; the values of one name are joined by commas.
fn headers(headers: &[(String, String)], mask: &Mask) -> Map<String, Value> {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let secret = SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
        let value = if secret { HIDDEN.into() } else { mask.text(value) };
        match object.get_mut(name) {
            Some(Value::String(values)) => {
                values.push_str(", ");
                values.push_str(&value);
            }
            _ => {
                object.insert(name.clone(), Value::String(value.into_owned()));
            }
        }
    }
    object
}

/// A body as JSON if it is that, else as a text; null when there is none.
pub(super) fn readable(body: &[u8], mask: &Mask) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(mut value) = json_body::read(body) {
        mask.json(&mut value);
        return value;
    }
    Value::String(mask.text(&String::from_utf8_lossy(body)).into_owned())
}

/// What a trace says where there is no answer.
pub(crate) fn no_answer(kind: &FailureKind) -> String {
    match kind {
        FailureKind::Connection(error) => error.to_string(),
        FailureKind::Timeout(Some(after)) => format!("no answer within {} s", after.as_secs_f64()),
        other => format!("{other:?}"),
    }
}
