//! A server on loopback in front of a sandbox application. It answers one kind of request oddly, as long as it is told to.

use super::{
    clock::CellClock,
    odd_answer::{Act, OddAnswer},
    request_kind::RequestKind,
    wire_form,
};
use scimulator::sandbox::{Application, Request, Response};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server has been told to do.
pub(crate) struct Order {
    pub(crate) odd: OddAnswer,
    pub(crate) kind: RequestKind,
    /// Whether the application carries the request out before the odd answer goes.
    pub(crate) carried_out: bool,
    /// The ids of those who are at the application, by name.
    pub(crate) ids: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    order: Option<Order>,
    /// How many requests were answered oddly.
    met: usize,
}

struct Shared {
    application: Arc<Application>,
    clock: CellClock,
    state: Mutex<State>,
}

/// The server. It ends when it is dropped.
pub(crate) struct FaultyServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

impl FaultyServer {
    pub(crate) async fn start(application: Arc<Application>, clock: CellClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { application, clock, state: Mutex::default() });
        let listening = tokio::spawn({
            let shared = shared.clone();
            async move {
                loop {
                    let Ok((connection, _)) = listener.accept().await else { continue };
                    tokio::spawn(serve(connection, shared.clone()));
                }
            }
        });
        Self { address, shared, listening }
    }

    /// The SCIM base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/scim", self.address)
    }

    pub(crate) fn application(&self) -> &Application {
        &self.shared.application
    }

    /// Answers oddly from now on.
    pub(crate) fn misbehave(&self, order: Order) {
        self.shared.state.lock().unwrap().order = Some(order);
    }

    /// Answers as the application does from now on. Says how many requests were answered oddly.
    pub(crate) fn behave(&self) -> usize {
        let mut state = self.shared.state.lock().unwrap();
        state.order = None;
        state.met
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    /// What to do with this request other than to answer it.
    fn act(&self, request: &Request) -> Option<(Act, bool)> {
        let mut state = self.state.lock().unwrap();
        let Order { odd, kind, carried_out, ids } = state.order.as_ref()?;
        let act = odd.act.clone();
        let is_it = kind.is(request, |name| ids.get(name).cloned().unwrap_or_default());
        let spent = matches!(act, Act::First(times, _) if times <= state.met);
        let planned = (is_it && !spent).then_some((act, *carried_out));
        state.met += usize::from(planned.is_some());
        planned
    }
}

/// Answers one request after another, until one of the two has had enough.
async fn serve(mut connection: TcpStream, shared: Arc<Shared>) {
    let mut bytes = Vec::new();
    loop {
        // Only looked at first, for there is an answer that consists in not reading.
        let request = match parse(&bytes) {
            Some((request, length)) => {
                bytes.drain(..length);
                request
            }
            None => match connection.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            },
        };
        let Some((act, carried_out)) = shared.act(&request) else {
            let answer = wire_form::plain(handle(&shared, request).await);
            if connection.write_all(&answer).await.is_err() {
                return;
            }
            continue;
        };
        if carried_out {
            handle(&shared, request.clone()).await;
        }
        match act {
            Act::Form(form) => {
                let answer = form(handle(&shared, request).await);
                let last = answer.starts_with(b"HTTP/1.0");
                if connection.write_all(&answer).await.is_err() || last {
                    return;
                }
            }
            Act::Raw(answer) | Act::First(_, answer) => {
                let _ = connection.write_all(&answer).await;
                let _ = connection.shutdown().await;
                return until_closed(connection).await;
            }
            Act::Reset => {
                connection.set_zero_linger().unwrap();
                return;
            }
            Act::Silence => {
                shared.clock.time_is_over();
                return until_closed(connection).await;
            }
            Act::Drip => {
                let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
                for _ in 0..3 {
                    let _ = connection.write_all(b" ").await;
                    tokio::task::yield_now().await;
                }
                shared.clock.time_is_over();
                return until_closed(connection).await;
            }
        }
    }
}

async fn handle(shared: &Arc<Shared>, request: Request) -> Response {
    let application = shared.application.clone();
    tokio::task::spawn_blocking(move || application.handle(&request)).await.unwrap()
}

/// Waits until the other side has closed the connection, so that it is not reset under an answer.
async fn until_closed(mut connection: TcpStream) {
    let mut rest = [0; 1024];
    while matches!(connection.read(&mut rest).await, Ok(length) if length > 0) {}
}

/// The request that `bytes` begin with, and its length; none until it is whole.
fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path_and_query) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let body = bytes.get(head + 4..head + 4 + length)?.to_vec();
    Some((Request { method, path_and_query, headers, body }, head + 4 + length))
}
