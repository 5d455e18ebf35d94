//! The application behind the SCIM client's transport seam, in the same process.
//!
//! For simulations and tests at large sizes: no socket, no bytes of HTTP, and waits on the application's clock instead of
//! the machine's. What a fault does to a connection comes out as the error that the transport over the network gives for
//! the same, word by word. A request that never gets an answer ends when the client gives it up, which it does by the same
//! clock.
//!
//! Source: `spec/HEALTH.md` §4.

use super::{application::Application, delivery::Arrival, exchange};
use crate::scim::transport::{BODY_LIMIT, Request, Response, Transport, TransportError};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// What the transport over the network says of a reset.
const RESET: &str = "Connection reset by peer (os error 104)";
/// What it says of an answer that breaks off.
const BROKEN_OFF: &str = "end of file before message length reached";

/// Carries requests to an application, whatever host their URL names.
#[derive(Clone, Debug)]
pub struct InProcess {
    application: Arc<Application>,
}

impl InProcess {
    /// A transport to this application.
    pub fn to(application: Arc<Application>) -> Self {
        Self { application }
    }
}

impl Transport for InProcess {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let request = received(request)?;
            match self.application.receive(&request).arrive(self.application.clock()).await {
                Arrival::Whole(exchange::Response { status, headers, mut body }) => {
                    let truncated = body.len() > BODY_LIMIT;
                    body.truncate(BODY_LIMIT);
                    Ok(Response { status, headers, body, truncated })
                }
                Arrival::Half(_) => Err(TransportError::Broken(BROKEN_OFF.to_owned())),
                Arrival::Reset | Arrival::Nothing => Err(TransportError::Broken(RESET.to_owned())),
            }
        })
    }
}

/// The request as a server sees it.
fn received(request: Request) -> Result<exchange::Request, TransportError> {
    let (_, address) =
        request.url.split_once("://").ok_or_else(|| TransportError::Request(format!("`{}` is no URL", request.url)))?;
    let start = address.find(['/', '?']).unwrap_or(address.len());
    let (host, path) = address.split_at(start);
    let mut headers = vec![("Host".to_owned(), host.to_owned())];
    headers.extend(request.headers);
    Ok(exchange::Request {
        method: request.method.as_str().to_owned(),
        path_and_query: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        headers,
        body: request.body.unwrap_or_default(),
    })
}
