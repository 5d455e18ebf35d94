//! The way between the engine and the sandbox application, in the same process: what goes over it is noted down, and faults
//! can be planted on it.
//!
//! A request is noted as one line: method, path below the base address, body. The ids that the application gives are
//! replaced by names, so that lines can be foreseen: the account of `ann@contoso.example` is `{ann}`, the group `Sales` is
//! `{Sales}`, and a second one of the same name is `{ann 2}`. The random value of a probe is `{random}`. Of a PATCH only
//! the operations are noted, once the rest of the body has been found to be as it must be.

use futures_util::future::BoxFuture;
use scimulator::{
    sandbox::{self, Application, BASE_PATH},
    scim::transport::{Method, Request, Response, Transport, TransportError},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    future,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio_util::sync::CancellationToken;

/// What a planted fault does.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This answer comes; the application never sees the request.
    Answer(u16, String),
    /// The application carries the request out, and its answer is lost with the connection.
    LoseAnswer,
    /// The application carries the request out, and the process is killed before the answer comes.
    Kill,
    /// The connection breaks before the application sees the request.
    Break,
    /// There is no connection at all.
    Refuse,
    /// No answer ever comes.
    Silence,
}

/// Something that happens elsewhere while a request is under way.
type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A fault and the requests that it is for.
struct Planted {
    /// What the request's line must contain.
    marks: Vec<String>,
    fault: Fault,
    /// How often it still happens; none: always.
    times: Option<usize>,
}

/// The transport.
pub(crate) struct Wiretap {
    application: Arc<Application>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    planted: Vec<Planted>,
    /// Names by id.
    names: HashMap<String, String>,
    /// Stops the cycle at the request with this number, counted from now.
    stop: Option<(usize, CancellationToken)>,
    /// What happens during the next request whose line contains all of these.
    meanwhile: Option<(Vec<String>, Meanwhile)>,
}

impl Wiretap {
    pub(crate) fn new(application: Arc<Application>) -> Self {
        Self { application, state: Mutex::default() }
    }

    /// Plants a fault for the requests whose line contains all of `marks`.
    pub(crate) fn plant(&self, marks: &[&str], fault: Fault, times: Option<usize>) {
        let marks = marks.iter().map(|mark| (*mark).to_owned()).collect();
        self.state().planted.push(Planted { marks, fault, times });
    }

    /// Takes all faults away.
    pub(crate) fn heal(&self) {
        self.state().planted.clear();
    }

    /// Cancels `stop` while the `number`th request from now is under way.
    pub(crate) fn stop_at(&self, number: usize, stop: CancellationToken) {
        self.state().stop = Some((number, stop));
    }

    /// Lets something happen elsewhere while the next request whose line contains all of `marks` is under way.
    pub(crate) fn meanwhile(&self, marks: &[&str], happens: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) {
        let marks = marks.iter().map(|mark| (*mark).to_owned()).collect();
        self.state().meanwhile = Some((marks, Box::new(happens)));
    }

    /// The lines noted since the last call.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lines)
    }

    /// Creates something at the application behind the engine's back.
    pub(crate) fn create(&self, path: &str, body: &Value) {
        let created = self.ask("POST", path, Some(body));
        assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
        self.learn(&created.body);
    }

    /// Replaces something at the application behind the engine's back. `path` has the name in place of the id.
    pub(crate) fn replace(&self, path: &str, body: &Value) {
        assert_eq!(self.ask("PUT", &self.with_ids(path), Some(body)).status, 200);
    }

    /// Changes something at the application behind the engine's back. `path` has the name in place of the id.
    pub(crate) fn patch(&self, path: &str, operations: &Value) {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let body = serde_json::json!({"schemas": schemas, "Operations": operations});
        let answer = self.ask("PATCH", &self.with_ids(path), Some(&body));
        assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Deletes something at the application behind the engine's back. `path` has the name in place of the id.
    pub(crate) fn delete(&self, path: &str) {
        assert_eq!(self.ask("DELETE", &self.with_ids(path), None).status, 204);
    }

    fn with_ids(&self, path: &str) -> String {
        let state = self.state();
        state.names.iter().fold(path.to_owned(), |path, (id, name)| path.replace(&format!("{{{name}}}"), id))
    }

    /// A text with the names in place of the ids.
    pub(crate) fn named(&self, text: &str) -> String {
        let state = self.state();
        state.names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, &format!("{{{name}}}")))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> sandbox::Response {
        let mut headers = vec![("Authorization".to_owned(), format!("Bearer {}", super::world::TOKEN))];
        headers.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
        self.application.handle(&sandbox::Request {
            method: method.to_owned(),
            path_and_query: format!("{BASE_PATH}{path}"),
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Remembers the name of what was created.
    fn learn(&self, body: &[u8]) {
        let Ok(created) = serde_json::from_slice::<Value>(body) else { return };
        let name = created["userName"].as_str().or(created["displayName"].as_str()).unwrap_or_default();
        let name = name.split('@').next().unwrap_or_default();
        let names = &mut self.state().names;
        let namesakes = names.values().filter(|known| *known == name || known.starts_with(&format!("{name} "))).count();
        let name = if namesakes == 0 { name.to_owned() } else { format!("{name} {}", namesakes + 1) };
        names.insert(created["id"].as_str().unwrap().to_owned(), name);
    }

    fn line(&self, request: &Request, path: &str) -> String {
        let mut line = format!("{} {path}", request.method);
        if let Some(body) = &request.body {
            let body: Value = serde_json::from_slice(body).unwrap();
            if request.method == Method::Patch {
                let envelope: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(envelope, ["schemas", "Operations"]);
                assert_eq!(body["schemas"], Value::from(vec!["urn:ietf:params:scim:api:messages:2.0:PatchOp"]));
                line = format!("{line} {}", body["Operations"]);
            } else {
                line = format!("{line} {body}");
            }
        }
        without_probe_value(&self.named(&line))
    }

    fn what_happens_during(&self, line: &str) -> Option<Meanwhile> {
        let mut state = self.state();
        let due =
            state.meanwhile.as_ref().is_some_and(|(marks, _)| marks.iter().all(|mark| line.contains(mark.as_str())));
        if due { state.meanwhile.take().map(|(_, happens)| happens) } else { None }
    }

    /// Notes the request and finds the fault that is planted for it.
    fn note(&self, line: String) -> Option<Fault> {
        let mut state = self.state();
        if let Some((left, stop)) = &mut state.stop {
            *left -= 1;
            if *left == 0 {
                stop.cancel();
                state.stop = None;
            }
        }
        let hit = |planted: &&mut Planted| {
            planted.times != Some(0) && planted.marks.iter().all(|mark| line.contains(mark.as_str()))
        };
        let fault = state.planted.iter_mut().find(hit).map(|planted| {
            planted.times = planted.times.map(|times| times - 1);
            planted.fault.clone()
        });
        state.lines.push(line);
        fault
    }
}

/// A probe asks for a value that nobody has; in its line it is called `{random}`.
fn without_probe_value(line: &str) -> String {
    let Some((start, value)) = line.split_once("+eq+%22") else { return line.to_owned() };
    match value.strip_suffix("%22") {
        Some(value) if value.parse::<uuid::Uuid>().is_ok() => format!("{start}+eq+%22{{random}}%22"),
        _ => line.to_owned(),
    }
}

impl Transport for Wiretap {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let path = request.url.strip_prefix(super::world::BASE_URL).expect("requests go to the application").to_owned();
        let line = self.line(&request, &path);
        if let Some(meanwhile) = self.what_happens_during(&line) {
            // In a thread of its own, for the clock would take a wait here for a time-out.
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            std::thread::spawn(move || runtime.block_on(meanwhile())).join().unwrap();
        }
        let fault = self.note(line);
        let broken = || Err(TransportError::Broken("connection reset".to_owned()));
        let outcome = match &fault {
            Some(Fault::Silence) => return Box::pin(future::pending()),
            Some(Fault::Answer(status, body)) => {
                Ok(Response { status: *status, body: body.clone().into_bytes(), ..Response::default() })
            }
            Some(Fault::Break) => broken(),
            Some(Fault::Refuse) => {
                Err(TransportError::Connect { host: "127.0.0.1:9".to_owned(), reason: "connection refused".to_owned() })
            }
            Some(Fault::LoseAnswer | Fault::Kill) | None => {
                let answer = self.application.handle(&sandbox::Request {
                    method: request.method.as_str().to_owned(),
                    path_and_query: format!("{BASE_PATH}{path}"),
                    headers: request.headers,
                    body: request.body.unwrap_or_default(),
                });
                if request.method == Method::Post && answer.status == 201 {
                    self.learn(&answer.body);
                }
                match fault {
                    // Unwinds through the cycle, of which nothing more is stored.
                    Some(Fault::Kill) => std::panic::resume_unwind(Box::new("killed")),
                    Some(_) => broken(),
                    None => Ok(Response {
                        status: answer.status,
                        headers: answer.headers,
                        body: answer.body,
                        truncated: false,
                    }),
                }
            }
        };
        Box::pin(future::ready(outcome))
    }
}
