//! The control socket: how commands reach the daemon that holds the state file.
//!
//! HTTP over a Unix socket in the state folder, open to its owner alone. `POST /sync` and `POST /provision` answer with a
//! line of JSON an event: progress, trace entries, results. A configuration that differs from the daemon's is refused.

use super::{
    DemandOrder, Lever, Service,
    audience::{Audience, Listener, Waiting},
};
use crate::{
    directory::PurgeOrder,
    engine::{CycleResult, DemandResult, LeverError, Reset},
    scim::trace::{Trace, TraceEntry},
    store::ObjectKind,
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path as UrlPath, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    net::UnixListener,
    sync::{
        Notify,
        mpsc::{UnboundedSender, unbounded_channel},
    },
};
use tokio_util::sync::CancellationToken;

/// A socket's path may not be longer than this everywhere.
const LONGEST_PATH: usize = 100;

/// What `sync now` asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncCall {
    /// A digest of the asker's configuration.
    pub configuration: String,
    /// Which jobs; empty: all enabled ones.
    pub jobs: Vec<String>,
    /// Begin anew with everybody.
    pub initial: bool,
    /// Let any share of the directory vanish.
    pub accept_shrink: bool,
    /// Send back what was sent and answered.
    pub trace: bool,
}

/// What `provision` asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemandCall {
    /// A digest of the asker's configuration.
    pub configuration: String,
    /// The job.
    pub job: String,
    /// Whether a group is meant, and not a user.
    pub group: bool,
    /// Its id or name.
    pub name: String,
    /// The members of the group that are meant.
    pub members: Vec<String>,
}

/// A line of the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// How far a job has come: phase, objects done, objects in all.
    Progress {
        /// The job.
        job: String,
        /// The phase's name.
        phase: String,
        /// Objects done.
        done: u64,
        /// Objects in all.
        total: u64,
    },
    /// One request and its answer.
    Trace(Box<TraceEntry>),
    /// A job's cycle has ended.
    Result(Box<CycleResult>),
    /// A run on demand has ended.
    Provisioned(Box<DemandResult>),
    /// A job's cycle, or a run on demand, could not begin.
    Refused {
        /// The job; none when all are concerned.
        job: Option<String>,
        /// Why.
        message: String,
        /// Whether configuration or directory must be mended first.
        refusal: bool,
    },
}

/// Where the socket of a state folder is. A path that is too long for a socket is replaced by one in the folder for
/// temporary files.
pub fn socket_path(state_folder: &Path) -> PathBuf {
    let folder = std::path::absolute(state_folder).unwrap_or_else(|_| state_folder.to_owned());
    let path = folder.join("control.sock");
    if path.as_os_str().len() <= LONGEST_PATH {
        return path;
    }
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name = uuid::Uuid::from_slice(&digest[..16]).unwrap_or_default();
    std::env::temp_dir().join(format!("scimulator-{}", name.simple())).join("control.sock")
}

struct Control {
    service: Arc<Service>,
    stop: CancellationToken,
    woken: Arc<Notify>,
}

/// Opens the socket of a state folder. Only who holds the lock of the state file may.
pub fn listen(state_folder: &Path) -> io::Result<UnixListener> {
    let path = socket_path(state_folder);
    if let Some(folder) = path.parent() {
        crate::store::private_folder(folder)?;
    }
    // The state file's lock is ours: a socket that is there was left by a process that is gone.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(listener)
}

/// Serves the socket until `stop` is cancelled; removes it then.
pub async fn serve(
    listener: UnixListener,
    service: Arc<Service>,
    stop: CancellationToken,
    woken: Arc<Notify>,
) -> io::Result<()> {
    let path = socket_path(service.settings.state_folder());
    let control = Arc::new(Control { service, stop: stop.clone(), woken });
    let router = Router::new()
        .route("/", get(|| async { "scimulator\n" }))
        .route("/sync", post(sync))
        .route("/provision", post(provision))
        .route("/jobs/{job}/{lever}", post(pull))
        .route("/jobs/{job}/running", get(running))
        .route("/directory/purge", post(purge))
        .route("/directory/refusal", get(refusal))
        .with_state(control);
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    let _ = std::fs::remove_file(&path);
    served
}

async fn sync(State(control): State<Arc<Control>>, Json(call): Json<SyncCall>) -> Response {
    if let Some(refusal) = control.other_configuration(&call.configuration) {
        return refusal;
    }
    told(|events| async move { run_cycles(&control, call, events).await })
}

async fn provision(State(control): State<Arc<Control>>, Json(call): Json<DemandCall>) -> Response {
    if let Some(refusal) = control.other_configuration(&call.configuration) {
        return refusal;
    }
    told(|events| async move { run_on_demand(&control, call, events).await })
}

/// Begins what was asked for, and answers with a line for each event of it. It goes on when the asker hangs up.
fn told<W>(work: impl FnOnce(UnboundedSender<Event>) -> W) -> Response
where
    W: Future<Output = ()> + Send + 'static,
{
    let (events, mut queue) = unbounded_channel::<Event>();
    tokio::spawn(work(events));
    let lines = stream::poll_fn(move |context| queue.poll_recv(context)).map(|event| {
        let mut line = serde_json::to_vec(&event).map_err(io::Error::other)?;
        line.push(b'\n');
        Ok::<_, io::Error>(Bytes::from(line))
    });
    Body::from_stream(lines).into_response()
}

impl Control {
    /// The refusal for an asker who has read another configuration.
    fn other_configuration(&self, theirs: &str) -> Option<Response> {
        if theirs == self.service.settings.fingerprint {
            return None;
        }
        let message = "the daemon runs with another configuration; restart it, or name its file with `--config`";
        Some((StatusCode::CONFLICT, message).into_response())
    }
}

fn refused(job: Option<&str>, error: &super::ServiceError) -> Event {
    Event::Refused { job: job.map(str::to_owned), message: error.to_string(), refusal: error.is_refusal() }
}

async fn run_on_demand(control: &Control, call: DemandCall, events: UnboundedSender<Event>) {
    let DemandCall { job, group, name, members, .. } = call;
    let trace = Trace::to(Arc::new(Audience::of(Listener { events: events.clone(), trace: true })));
    let kind = if group { ObjectKind::Group } else { ObjectKind::User };
    let order = DemandOrder { job: job.clone(), kind, name, members, trace };
    let done = match control.service.import(false).await {
        Ok(_) => control.service.provision(order).await,
        Err(error) => Err(error),
    };
    let _ = events.send(match done {
        Ok(result) => Event::Provisioned(Box::new(result)),
        Err(error) => refused(Some(&job), &error),
    });
}

async fn run_cycles(control: &Control, call: SyncCall, events: UnboundedSender<Event>) {
    let service = &control.service;
    let names = match service.chosen(&call.jobs) {
        Ok(names) => names,
        Err(error) => {
            let _ = events.send(refused(None, &error));
            return;
        }
    };
    if let Err(error) = service.import(call.accept_shrink).await {
        let _ = events.send(refused(None, &error));
        return;
    }
    let cycles = names.iter().map(|name| {
        let events = events.clone();
        let listener = Listener { events: events.clone(), trace: call.trace };
        async move {
            match service.join_or_lead(name, listener, call.initial) {
                Ok(Some(waiting)) => run_shared(control, name, waiting).await,
                Ok(None) => {}
                Err(error) => {
                    let _ = events.send(refused(Some(name), &error));
                }
            }
        }
    });
    futures_util::future::join_all(cycles).await;
    control.woken.notify_waiters();
}

/// Runs the cycle that all who wait for it share.
async fn run_shared(control: &Control, name: &str, waiting: Arc<Waiting>) {
    let event = match control.service.shared_cycle(name, &waiting, &control.stop).await {
        Ok(result) => {
            control.service.witness.cycle_ended(&result);
            Event::Result(Box::new(result))
        }
        Err(error) => refused(Some(name), &error),
    };
    waiting.audience.tell(&event);
}

/// Answers whether a cycle of the job runs, which some levers wait for.
async fn running(State(control): State<Arc<Control>>, UrlPath(job): UrlPath<String>) -> Response {
    Json(control.service.is_running(&job)).into_response()
}

/// Answers with the refusal of the directory that stands, or with null.
async fn refusal(State(control): State<Arc<Control>>) -> Response {
    Json(control.service.directory_refusal()).into_response()
}

/// Answers with the users who were purged.
async fn purge(State(control): State<Arc<Control>>, Json(order): Json<PurgeOrder>) -> Response {
    to_the_end(async move {
        match control.service.purge(&order).await {
            Ok(purged) => Json(purged).into_response(),
            Err(error) if error.is_refusal() => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    })
    .await
}

/// Does what was asked for to its end, also when the asker hangs up, and answers.
async fn to_the_end(work: impl Future<Output = Response> + Send + 'static) -> Response {
    tokio::spawn(work).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn pull(
    State(control): State<Arc<Control>>,
    UrlPath((job, lever)): UrlPath<(String, String)>,
    body: String,
) -> Response {
    let lever = match lever.as_str() {
        "start" => Ok(Lever::Start),
        "pause" => Ok(Lever::Pause),
        "allow-deletes" => Ok(Lever::AllowDeletes),
        "unlink" => match body.trim().parse() {
            Ok(object) => Ok(Lever::Unlink(object)),
            Err(_) => return StatusCode::NOT_FOUND.into_response(),
        },
        "restart" => resets(&body).map(Lever::Restart),
        "restart-keeping-links" => {
            let (words, configuration) = body.split_once('\n').unwrap_or((&body, ""));
            if let Some(refusal) = control.other_configuration(configuration) {
                return refusal;
            }
            resets(words).map(Lever::RestartKeepingLinks)
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    to_the_end(async move {
        let moved = match lever {
            Ok(lever) => control.service.pull(&job, &lever).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        control.woken.notify_waiters();
        match moved {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(message) => (StatusCode::BAD_REQUEST, message).into_response(),
        }
    })
    .await
}

fn resets(words: &str) -> Result<Vec<Reset>, LeverError> {
    words.split(',').filter(|word| !word.trim().is_empty()).map(str::parse).collect()
}
