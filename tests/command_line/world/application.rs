//! An application of a test world: a sandbox behind a socket of this process, which remembers every request.
//!
//! Its port stays its own while it is away, so that a target can be unreachable for a while and be back at the same
//! address.

use super::{NormalForm, PATIENCE, TOKEN, principal_name};
use fancy_regex::Regex;
use scimulator::{
    chance::Chance,
    clock::SystemClock,
    sandbox::{
        Application as Sandbox, BASE_PATH, Request, Response, Settings,
        fault::{Conduct, Fault, Incoming},
        serve,
    },
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Instant,
};
use tokio::{net::TcpSocket, runtime, sync::oneshot};

/// A request as a test expects it, in normal form: ids are names, the probe's random value is `{uuid}`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Method and path below the base address.
    line: String,
    /// The body, byte by byte; empty where there is none.
    body: String,
}

impl fmt::Debug for Sent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.line, self.body)
    }
}

/// A `GET`.
pub(crate) fn get(path: &str) -> Sent {
    Sent { line: format!("GET {path}"), body: String::new() }
}

/// The query that begins every cycle.
pub(crate) fn probe() -> Sent {
    get("/Users?filter=userName+eq+%22{uuid}%22")
}

/// The query for a user by its user principal name, as it stands in the URL.
pub(crate) fn look_up(principal_name: &str) -> Sent {
    get(&format!("/Users?filter=userName+eq+%22{principal_name}%22"))
}

/// A `POST` with this body.
#[expect(clippy::needless_pass_by_value, reason = "it is called with `json!`")]
pub(crate) fn post(path: &str, body: Value) -> Sent {
    Sent { line: format!("POST {path}"), body: body.to_string() }
}

/// A `PATCH` with these operations.
#[expect(clippy::needless_pass_by_value, reason = "it is called with `json!`")]
pub(crate) fn patch(path: &str, operations: Value) -> Sent {
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let body = json!({"schemas": [schema], "Operations": operations});
    Sent { line: format!("PATCH {path}"), body: body.to_string() }
}

/// A `DELETE`.
pub(crate) fn delete(path: &str) -> Sent {
    Sent { line: format!("DELETE {path}"), body: String::new() }
}

/// A request as `sync now --dry-run --json` tells it: who was not made goes by the name that an account of theirs would
/// have.
pub(crate) fn rehearsed(line: &Value) -> Sent {
    let unmade = Regex::new(r"\{id of ([^@}]+)(@[^}]*)?\}").expect("the pattern is right");
    let named = |text: &str| unmade.replace_all(text, "{$1}").into_owned();
    let url = line["url"].as_str().expect("every request goes somewhere");
    let (_, path) = url.split_once(BASE_PATH).expect("every request goes to an application");
    let body = Some(&line["body"]).filter(|body| !body.is_null()).map(Value::to_string);
    Sent {
        line: named(&format!("{} {path}", line["method"].as_str().expect("every request has a method"))),
        body: named(&body.unwrap_or_default()),
    }
}

/// The body that creates the user called `name` of whom nothing is known but names and a mail address.
pub(crate) fn new_user(name: &str) -> Value {
    let principal_name = principal_name(name);
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "userName": principal_name,
        "active": true,
        "displayName": format!("{name} of Contoso"),
        "emails": [{"type": "work", "primary": true, "value": principal_name}],
        "externalId": name,
        "meta": {"resourceType": "User"},
    })
}

/// The body that creates a group.
pub(crate) fn new_group(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "externalId": "{uuid}",
        "meta": {"resourceType": "Group"},
    })
}

type Interference = Box<dyn Fn(&Request) -> Option<Response> + Send>;

/// What stands between the socket and the sandbox, and may answer in its place.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<Option<Interference>>>);

impl Fault for Gate {
    fn treat(&self, incoming: &Incoming<'_>) -> Option<Conduct> {
        self.0.lock().unwrap().as_ref()?(incoming.request).map(Conduct::answer)
    }
}

/// A listening application.
pub(crate) struct Application {
    sandbox: Arc<Sandbox>,
    gate: Gate,
    address: SocketAddr,
    /// Bound and never listening: nobody else is given the port.
    _reserved: TcpSocket,
    running: Mutex<Option<Running>>,
    names: Mutex<NormalForm>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Application {
    /// Starts an application that lets in who brings `token`.
    pub(crate) fn start(token: &str) -> Self {
        let settings =
            Settings { token: Some(SecretString::from(token)), record_requests: true, ..Settings::default() };
        let gate = Gate::default();
        let sandbox = Sandbox::open(settings, Arc::new(SystemClock), Arc::new(Chance::from_system())).unwrap();
        let reserved = TcpSocket::new_v4().unwrap();
        reserved.set_reuseaddr(true).unwrap();
        reserved.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let application = Self {
            sandbox: Arc::new(sandbox.with_fault(gate.clone())),
            gate,
            address: reserved.local_addr().unwrap(),
            _reserved: reserved,
            running: Mutex::default(),
            names: Mutex::default(),
        };
        application.come_back();
        application
    }

    /// The SCIM base address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// Stops listening: connections are refused.
    pub(crate) fn go_away(&self) {
        if let Some(Running { stop, thread }) = self.running.lock().unwrap().take() {
            let _ = stop.send(());
            thread.join().expect("the application does not panic");
        }
    }

    /// Listens again at the same address, with the resources that it had.
    pub(crate) fn come_back(&self) {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (sandbox, address) = (self.sandbox.clone(), self.address);
        let listener = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(128)
        });
        let listener = listener.expect("the port is reserved for the application");
        let thread = std::thread::spawn(move || {
            let ended = async { drop(stopped.await) };
            runtime.block_on(serve(listener, sandbox, ended)).expect("the socket stays usable");
        });
        *self.running.lock().unwrap() = Some(Running { stop, thread });
    }

    /// Lets `answer` answer in the application's place whatever it has an answer to.
    pub(crate) fn interfere(&self, answer: impl Fn(&Request) -> Option<Response> + Send + 'static) {
        *self.gate.0.lock().unwrap() = Some(Box::new(answer));
    }

    /// Answers everything by itself again.
    pub(crate) fn behave(&self) {
        *self.gate.0.lock().unwrap() = None;
    }

    /// Waits until it has dealt with a request of this method to its end, and forgets it and those before it.
    #[track_caller]
    pub(crate) fn wait_for(&self, method: &str) {
        let began = Instant::now();
        while !self.sandbox.take_requests().iter().any(|request| request.method == method) {
            assert!(began.elapsed() < PATIENCE, "there is no {method}");
            std::thread::yield_now();
        }
    }

    /// Makes a user as somebody else would: not by the program. It is not counted among the requests.
    pub(crate) fn add_user(&self, principal_name: &str) {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": principal_name});
        let headers =
            [("Authorization", format!("Bearer {TOKEN}")), ("Content-Type", "application/scim+json".to_owned())];
        let request = Request {
            method: "POST".to_owned(),
            path_and_query: format!("{BASE_PATH}/Users"),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: body.to_string().into_bytes(),
        };
        let before = self.sandbox.take_requests();
        assert!(before.is_empty(), "look at the requests before adding a user");
        assert_eq!(self.sandbox.handle(&request).status, 201);
        self.sandbox.take_requests();
    }

    /// What came since the last look, in normal form.
    pub(crate) fn requests(&self) -> Vec<Sent> {
        let received = self.sandbox.take_requests();
        let form = self.normal_form();
        let sent = received.into_iter().map(|request| {
            let path = request.path.strip_prefix(BASE_PATH).unwrap_or(&request.path);
            let body = request.body.map(|body| form.of(&body.to_string())).unwrap_or_default();
            Sent { line: form.of(&format!("{} {path}", request.method)), body }
        });
        sent.collect()
    }

    /// Expects that exactly this came since the last look, in this order.
    #[track_caller]
    pub(crate) fn received<const N: usize>(&self, expected: [Sent; N]) {
        assert_same(&self.requests(), &Vec::from(expected));
    }

    /// Expects that of what came since the last look exactly this was to change something.
    #[track_caller]
    pub(crate) fn received_writes<const N: usize>(&self, expected: [Sent; N]) {
        assert_same(&self.writes(), &Vec::from(expected));
    }

    /// What came since the last look to change something, in normal form.
    pub(crate) fn writes(&self) -> Vec<Sent> {
        self.requests().into_iter().filter(|request| !request.line.starts_with("GET ")).collect()
    }

    /// The users that the application holds, without id and metadata, in normal form.
    pub(crate) fn users(&self) -> Vec<Value> {
        self.plain(self.sandbox.users())
    }

    /// The groups that the application holds, without id and metadata, in normal form.
    pub(crate) fn groups(&self) -> Vec<Value> {
        self.plain(self.sandbox.groups())
    }

    /// Who is there: the local part of each user name, with a minus sign before those who are not active.
    pub(crate) fn roster(&self) -> Vec<String> {
        let mut names: Vec<_> = self.sandbox.users().iter().map(roster_entry).collect();
        names.sort_unstable();
        names
    }

    /// How ids of this application and its address are written in normal form.
    pub(crate) fn normal_form(&self) -> NormalForm {
        let mut names = self.names.lock().unwrap();
        names.learn(&self.address.to_string(), "{target}");
        for user in self.sandbox.users() {
            names.learn(text(&user, "id"), &format!("{{{}}}", local_part(text(&user, "userName"))));
        }
        for group in self.sandbox.groups() {
            names.learn(text(&group, "id"), &format!("{{{}}}", text(&group, "displayName")));
        }
        names.clone()
    }

    fn plain(&self, resources: Vec<Value>) -> Vec<Value> {
        let form = self.normal_form();
        let plain = resources.into_iter().map(|mut resource| {
            if let Some(attributes) = resource.as_object_mut() {
                attributes.retain(|name, _| !matches!(name.as_str(), "schemas" | "id" | "meta"));
            }
            serde_json::from_str(&form.of(&resource.to_string())).expect("names are no JSON syntax")
        });
        plain.collect()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.go_away();
    }
}

#[track_caller]
fn assert_same(actual: &[Sent], expected: &[Sent]) {
    assert!(actual == expected, "the application received\n{actual:#?}\ninstead of\n{expected:#?}");
}

fn roster_entry(user: &Value) -> String {
    let active = user.get("active").and_then(Value::as_bool).unwrap_or(true);
    format!("{}{}", if active { "" } else { "-" }, local_part(text(user, "userName")))
}

fn text<'v>(resource: &'v Value, attribute: &str) -> &'v str {
    resource.as_object().and_then(|attributes: &Map<_, _>| attributes.get(attribute)?.as_str()).unwrap_or_default()
}

fn local_part(principal_name: &str) -> &str {
    principal_name.split('@').next().unwrap_or_default()
}
