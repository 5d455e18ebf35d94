//! The way to a sandbox application in the same process; what changes anything there is kept.

use futures_util::future::BoxFuture;
use scimulator::{
    chance::Chance,
    clock::ManualClock,
    sandbox::{self, Application, BASE_PATH, Settings},
    scim::transport::{Method, Request, Response, Transport, TransportError},
};
use serde_json::Value;
use std::{
    future,
    sync::{Arc, Mutex},
};

/// The application's base address.
pub(crate) const BASE_URL: &str = "http://127.0.0.1:9/scim";

/// The transport, and the application behind it.
pub(crate) struct Target {
    application: Application,
    patches: Mutex<Vec<Value>>,
}

impl Target {
    /// An application that holds nothing yet.
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let settings = Settings::default();
        let application = Application::open(settings, Arc::new(clock.clone()), Arc::new(Chance::seeded(1))).unwrap();
        Self { application, patches: Mutex::default() }
    }

    /// How many users it has.
    pub(crate) fn users(&self) -> usize {
        self.application.user_count()
    }

    /// The operations of the PATCH requests since the last call.
    pub(crate) fn take_patches(&self) -> Vec<Value> {
        std::mem::take(&mut self.patches.lock().unwrap())
    }
}

impl Transport for Target {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let path = request.url.strip_prefix(BASE_URL).expect("requests go to the application");
        let body = request.body.unwrap_or_default();
        if request.method == Method::Patch {
            let mut body: Value = serde_json::from_slice(&body).unwrap();
            self.patches.lock().unwrap().push(body["Operations"].take());
        }
        let answer = self.application.handle(&sandbox::Request {
            method: request.method.as_str().to_owned(),
            path_and_query: format!("{BASE_PATH}{path}"),
            headers: request.headers,
            body,
        });
        let sandbox::Response { status, headers, body, .. } = answer;
        Box::pin(future::ready(Ok(Response { status, headers, body, truncated: false })))
    }
}
