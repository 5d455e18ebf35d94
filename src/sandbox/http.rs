//! The application behind a listening socket.
//!
//! A thin shell: it reads a request to its end, hands it to [`Application::receive`] on a thread that may block, and sends
//! what comes of it: mostly an answer, with a fault a late one, half of one, a reset, or nothing at all. HTTP/1.1 without
//! TLS, meant for the loopback interface.

use super::{
    application::Application,
    breakable::{BreakableListener, Fuse},
    delivery::{Arrival, Delivery},
    exchange::{Request, Response},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    http::{self, HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::{io, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The longest request body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// What all connections share.
#[derive(Clone)]
struct Served {
    application: Arc<Application>,
    /// Ends the waits of faults, which may have no other end.
    ending: CancellationToken,
}

/// Answers requests until `shutdown` ends; those that are under way are answered before it returns, and those that a fault
/// holds up are broken off.
pub async fn serve(
    listener: TcpListener,
    application: Arc<Application>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let ending = CancellationToken::new();
    let shutdown = shutdown.map({
        let ending = ending.clone();
        move |()| ending.cancel()
    });
    let router = Router::new().fallback(answer).with_state(Served { application, ending });
    let service = router.into_make_service_with_connect_info::<Fuse>();
    axum::serve(BreakableListener(listener), service).with_graceful_shutdown(shutdown).await
}

async fn answer(
    State(served): State<Served>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    request: http::Request<Body>,
) -> http::Response<Body> {
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
    let application = served.application.clone();
    let received = tokio::task::spawn_blocking(move || application.receive(&request)).await;
    let delivery = received
        .unwrap_or_else(|_| Delivery::of(Response::error(500, None, "the application stopped within this request")));
    let arrival = tokio::select! {
        biased;
        arrival = delivery.arrive(served.application.clock()) => arrival,
        () = served.ending.cancelled() => Arrival::Reset,
    };
    match arrival {
        Arrival::Whole(response) => on_the_wire(response),
        Arrival::Half(response) => half(response),
        Arrival::Reset | Arrival::Nothing => {
            fuse.blow();
            on_the_wire(Response::empty(500))
        }
    }
}

fn on_the_wire(mut response: Response) -> http::Response<Body> {
    let body = std::mem::take(&mut response.body);
    with_body(response, Body::from(body))
}

/// An answer that announces its whole length, and ends in the middle.
fn half(mut response: Response) -> http::Response<Body> {
    let mut body = std::mem::take(&mut response.body);
    let length = body.len();
    body.truncate(length / 2);
    let rest = stream::once(async {
        // What there is goes out first.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::UnexpectedEof))
    });
    let body = Body::from_stream(stream::once(async { Ok(body) }).chain(rest));
    let mut answer = with_body(response, body);
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

fn with_body(response: Response, body: Body) -> http::Response<Body> {
    let mut answer = http::Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}
