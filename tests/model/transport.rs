//! The way between the engine and the sandbox application: requests are noted down, and writes to the victims of a fault
//! fail.

use super::history::{Failing, Fault};
use futures_util::future::BoxFuture;
use scimulator::{
    sandbox::{self, Application, BASE_PATH},
    scim::transport::{Method, Request, Response, Transport, TransportError},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    future,
    sync::{Arc, Mutex, MutexGuard},
};

/// The application's base address.
pub(crate) const BASE_URL: &str = "http://127.0.0.1:9/scim";
/// The application's secret token.
pub(crate) const TOKEN: &str = "sesame";

/// The transport.
pub(crate) struct Tap {
    application: Arc<Application>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    fault: Option<Fault>,
    /// What is shown in place of an id.
    names: BTreeMap<String, String>,
}

impl Tap {
    pub(crate) fn new(application: Arc<Application>) -> Self {
        Self { application, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on, writes fail as `fault` has it.
    pub(crate) fn plant(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    /// The requests since the last call, a line each: method, path, body.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lines)
    }

    /// A text with names in place of the ids that the application gave.
    pub(crate) fn named(&self, text: &str) -> String {
        self.state().names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }

    /// Creates something at the application behind the engine's back.
    pub(crate) fn create(&self, path: &str, body: &Value) {
        let kind = if path == "/Users" { "User" } else { "Group" };
        let mut body = body.clone();
        body["schemas"] = vec![format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")].into();
        let headers = vec![
            ("Authorization".to_owned(), format!("Bearer {TOKEN}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ];
        let answer = self.ask("POST", path, headers, body.to_string().into_bytes());
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    }

    fn ask(&self, method: &str, path: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> sandbox::Response {
        let request =
            sandbox::Request { method: method.to_owned(), path_and_query: format!("{BASE_PATH}{path}"), headers, body };
        let answer = self.application.handle(&request);
        if method == "POST"
            && let Ok(made) = serde_json::from_slice::<Value>(&answer.body)
            && let Some(id) = made["id"].as_str()
        {
            let mut state = self.state();
            let name = made["userName"].as_str().or(made["displayName"].as_str()).unwrap_or_default();
            let name = format!("{{{} {}}}", state.names.len(), name.split('@').next().unwrap_or_default());
            state.names.insert(id.to_owned(), name);
        }
        answer
    }

    /// How a request fails.
    fn failing(&self, request: &Request, path: &str) -> Option<Failing> {
        let fault = self.state().fault.clone()?;
        let source = match request.method {
            Method::Get => return None,
            Method::Post => {
                let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
                body["externalId"].clone()
            }
            _ => {
                let id = path.rsplit_once('/')?.1;
                let all = self.application.users().into_iter().chain(self.application.groups());
                all.into_iter().find(|resource| resource["id"] == id)?["externalId"].clone()
            }
        };
        fault.victims.iter().any(|victim| source == victim.id()).then_some(fault.how)
    }
}

impl Transport for Tap {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let path = request.url.strip_prefix(BASE_URL).expect("requests go to the application").to_owned();
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        self.state().lines.push(format!("{} {path} {body}", request.method).trim_end().to_owned());
        let refusal = |status, detail: &str| {
            let body = sandbox::Response::error(status, None, detail).body;
            Ok(Response { status, body, ..Response::default() })
        };
        let failing = self.failing(&request, &path);
        let outcome = match failing {
            Some(Failing::Refuses) => refusal(400, "no"),
            Some(Failing::Breaks) => refusal(500, "not now"),
            Some(Failing::LosesAnswer) | None => {
                let answer =
                    self.ask(request.method.as_str(), &path, request.headers, request.body.unwrap_or_default());
                match failing {
                    Some(_) => Err(TransportError::Broken("connection reset".to_owned())),
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
