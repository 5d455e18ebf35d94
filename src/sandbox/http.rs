//! The application behind a listening socket.
//!
//! A thin shell: it reads a request to its end, hands it to [`Application::handle`] on a thread that may block, and sends
//! the answer. HTTP/1.1 without TLS, meant for the loopback interface.

use super::{
    application::Application,
    exchange::{Request, Response},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{self, HeaderName, HeaderValue, StatusCode},
};
use std::{io, sync::Arc};
use tokio::net::TcpListener;

/// The longest request body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Answers requests until `shutdown` ends; those that are under way are answered before it returns.
pub async fn serve(
    listener: TcpListener,
    application: Arc<Application>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new().fallback(answer).with_state(application);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn answer(State(application): State<Arc<Application>>, request: http::Request<Body>) -> http::Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let detail = format!("the body could not be read, or is longer than {BODY_LIMIT} bytes");
        return on_the_wire(Response::error(413, None, &detail));
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path_and_query: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let handled = tokio::task::spawn_blocking(move || application.handle(&request)).await;
    on_the_wire(handled.unwrap_or_else(|_| Response::error(500, None, "the application stopped within this request")))
}

fn on_the_wire(response: Response) -> http::Response<Body> {
    let mut answer = http::Response::new(Body::from(response.body));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}
