//! The application behind the socket: a listener that notes every byte of a request down, and a sandbox that answers.
//!
//! The application's ids are chosen here, so that expectations can name them: a user `ann@..` is `t-ann` there, a group
//! `Team` is `t-Team`, and a story may choose any other. The sandbox keeps ids of its own; they are exchanged on the way.

use super::golden::Recorded;
use scimulator::{
    chance::Chance,
    clock::SharedClock,
    sandbox::{self, Application as Sandbox, BASE_PATH},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// The secret token.
pub(crate) const TOKEN: &str = "sesame";

/// After an answer with this the connection ends.
const CLOSE: &[u8] = b"Connection: close\r\n";

/// What happens to a request in place of what the sandbox answers.
#[derive(Clone)]
pub(crate) enum Instead {
    /// These bytes come, and the sandbox hears nothing.
    Answer(Vec<u8>),
    /// The sandbox does what is asked, and the connection ends without an answer.
    Nothing,
}

/// A listening application.
#[derive(Clone)]
pub(crate) struct Application {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// Something else happens to some requests.
struct Planted {
    /// What their line begins with.
    start: String,
    /// How many such requests are answered as ever before.
    after: usize,
    /// To how many it happens.
    times: usize,
    instead: Instead,
}

struct State {
    sandbox: Sandbox,
    requests: Vec<Recorded>,
    /// The sandbox's id of each object, and the one that the wire has.
    ids: Vec<(String, String)>,
    /// Ids that a story chose, by `userName` or `displayName`.
    chosen: HashMap<String, String>,
    /// What happens to requests that begin so, after how many others, and how often.
    planted: Vec<Planted>,
}

impl Application {
    /// An application on a free port of this machine; it ends with the test.
    pub(crate) async fn listen(clock: SharedClock) -> Self {
        let settings = sandbox::Settings { token: Some(TOKEN.into()), ..sandbox::Settings::default() };
        let state = State {
            sandbox: Sandbox::open(settings, clock, Arc::new(Chance::seeded(1))).unwrap(),
            requests: Vec::new(),
            ids: Vec::new(),
            chosen: HashMap::new(),
            planted: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let application = Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let listening = application.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(listening.clone().converse(connection));
            }
        });
        application
    }

    /// Host and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests since the last call.
    pub(crate) fn take_requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.state().requests)
    }

    /// The id that a user or group will have.
    pub(crate) fn choose_id(&self, name: &str, id: &str) {
        self.state().chosen.insert(name.to_owned(), id.to_owned());
    }

    /// Something else happens to the next `times` requests whose line begins like this.
    pub(crate) fn instead(&self, start: &str, times: usize, instead: Instead) {
        self.state().planted.push(Planted { start: start.to_owned(), after: 0, times, instead });
    }

    /// Something else happens to one request whose line begins like this, after so many of them.
    pub(crate) fn instead_after(&self, after: usize, start: &str, instead: Instead) {
        self.state().planted.push(Planted { start: start.to_owned(), after, times: 1, instead });
    }

    /// Does something at the application behind the engine's back. An id in `path` is the wire's, and stands for itself.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) {
        let mut state = self.state();
        let answer = state.answer(method, &format!("{BASE_PATH}{path}"), &body.to_string());
        assert!((200..300).contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn converse(self, mut connection: TcpStream) {
        while let Some(request) = read_request(&mut connection, &self.address.to_string()).await {
            let answer = self.state().hear(request);
            let Some(bytes) = answer else { break };
            let closes = bytes.windows(CLOSE.len()).any(|window| window == CLOSE);
            if connection.write_all(&bytes).await.is_err() || closes {
                break;
            }
        }
    }
}

impl State {
    /// Notes a request down, and gives the bytes of its answer; none: the connection ends.
    fn hear(&mut self, request: Recorded) -> Option<Vec<u8>> {
        let (method, target) = request.line();
        let line = format!("{method} {target}");
        let (method, target, body) = (method.to_owned(), target.to_owned(), request.body.clone());
        self.requests.push(request);
        let hit = |planted: &&mut Planted| planted.times > 0 && line.starts_with(planted.start.as_str());
        let instead = self.planted.iter_mut().find(hit).and_then(|planted| {
            if planted.after > 0 {
                planted.after -= 1;
                return None;
            }
            planted.times -= 1;
            Some(planted.instead.clone())
        });
        if let Some(Instead::Answer(bytes)) = instead {
            return Some(bytes);
        }
        // Whatever the base path is, the sandbox has its own.
        let start = ["/Users", "/Groups"].iter().find_map(|endpoint| target.find(endpoint)).unwrap_or_default();
        let answer = self.answer(&method, &format!("{BASE_PATH}{}", &target[start..]), &body);
        instead.is_none().then(|| bytes(answer.status, "", &answer.body))
    }

    fn answer(&mut self, method: &str, path_and_query: &str, body: &str) -> sandbox::Response {
        let (mut path_and_query, mut body) = (path_and_query.to_owned(), body.to_owned());
        for (own, on_wire) in &self.ids {
            let (text, encoded) = (within_json(on_wire), percent_encoded(on_wire));
            body = body.replace(&format!("\"{text}\""), &format!("\"{own}\""));
            body = body.replace(&format!("\\\"{text}\\\""), &format!("\\\"{own}\\\""));
            path_and_query = path_and_query.replace(&format!("%22{encoded}%22"), &format!("%22{own}%22"));
            let (path, query) = path_and_query.split_once('?').map_or((&*path_and_query, None), |(p, q)| (p, Some(q)));
            if let Some(start) = path.strip_suffix(&format!("/{encoded}")) {
                path_and_query = format!("{start}/{own}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
            }
        }
        let mut headers = vec![("Authorization".to_owned(), format!("Bearer {TOKEN}"))];
        headers.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
        let request = sandbox::Request { method: method.to_owned(), path_and_query, headers, body: body.into_bytes() };
        let mut answer = self.sandbox.handle(&request);
        if method == "POST" && answer.status == 201 {
            let created: Value = serde_json::from_slice(&answer.body).unwrap();
            let name = created["userName"].as_str().or(created["displayName"].as_str()).unwrap_or_default();
            let usual = || format!("t-{}", name.split('@').next().unwrap_or_default());
            let on_wire = self.chosen.get(name).cloned().unwrap_or_else(usual);
            self.ids.push((created["id"].as_str().unwrap().to_owned(), on_wire));
        }
        let text = String::from_utf8(answer.body).unwrap();
        answer.body =
            self.ids.iter().fold(text, |text, (own, on_wire)| text.replace(own, &within_json(on_wire))).into();
        answer
    }
}

/// An answer's bytes.
pub(crate) fn bytes(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A SCIM error's bytes.
pub(crate) fn refusal(status: u16, scim_type: Option<&str>, detail: &str) -> Instead {
    Instead::Answer(bytes(status, "", sandbox::Response::error(status, scim_type, detail).body))
}

/// Reads one request with its body; `None` at the connection's end.
async fn read_request(connection: &mut TcpStream, address: &str) -> Option<Recorded> {
    let mut read = Vec::new();
    loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4) {
            let head = String::from_utf8(read[..end].to_vec()).unwrap();
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if read.len() >= end + length.unwrap_or(0) {
                let body = String::from_utf8(read[end..].to_vec()).unwrap();
                return Some(Recorded { head: head.replace(address, "HOST"), body });
            }
        }
        if connection.read_buf(&mut read).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

fn within_json(text: &str) -> String {
    Value::from(text).to_string().trim_matches('"').to_owned()
}

/// An id as a URL has it by `spec/WIRE.md` §1, in words of the test's own.
fn percent_encoded(id: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!*()".contains(&byte);
    id.bytes().fold(String::new(), |mut text, byte| {
        if kept(byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02x}").unwrap();
        }
        text
    })
}
