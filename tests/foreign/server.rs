//! A foreign server as a child process, and just enough HTTP to look into it.

use crate::requests::MANAGER;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// The secret token that the server asks for.
pub(crate) const TOKEN: &str = "a-token-that-no-file-may-hold";

/// What the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Software {
    /// scim2-server, from PyPI.
    Scim2Server,
    /// The application around scimmy, from npm.
    Scimmy,
}

impl Software {
    /// What people call it; also its folder below `tests/foreign`, and below the folder that keeps what is installed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scim2Server => "scim2-server",
            Self::Scimmy => "scimmy",
        }
    }

    /// The base path that it answers under.
    fn base(self) -> &'static str {
        match self {
            Self::Scim2Server => "/v2",
            Self::Scimmy => "/scim",
        }
    }
}

/// How long a start may take: the first one installs the server.
const START: Duration = Duration::from_secs(180);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Servers start one after another, so that only one installs what all of them use.
static STARTING: Mutex<()> = Mutex::new(());

/// A running server, which ends when it is dropped.
pub(crate) struct Server {
    pub(crate) software: Software,
    process: Child,
    port: u16,
}

impl Server {
    /// Starts an empty server on a free port and waits until it listens.
    pub(crate) fn start(software: Software) -> Self {
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let output = NamedTempFile::new().unwrap();
        let port = free_port();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(software.name());
        let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join(software.name());
        let process = Command::new(folder.join("start.sh"))
            .args([&port.to_string(), TOKEN])
            .arg(installed)
            .stdout(File::create(output.path()).unwrap())
            .stderr(output.reopen().unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut server = Self { software, process, port };
        server.wait_until_it_listens(output.path());
        server
    }

    fn wait_until_it_listens(&mut self, output: &Path) {
        let name = self.software.name();
        let said = || fs::read_to_string(output).unwrap_or_default();
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended before it listened: {}\n{}", ended.unwrap(), said());
            assert!(begun.elapsed() < START, "{name} did not listen within {} s\n{}", START.as_secs(), said());
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.software.base())
    }

    /// The users that the server holds, by `userName`, without what it adds itself.
    pub(crate) fn users(&self) -> BTreeMap<String, Value> {
        self.all("Users").into_iter().map(|user| (text(&user["userName"]), without_own(user))).collect()
    }

    /// The groups that the server holds, by `displayName`, without what it adds itself; members as a list of ids, sorted.
    pub(crate) fn groups(&self) -> BTreeMap<String, Value> {
        let plain = |group: Value| {
            let mut group = without_own(group);
            let mut ids: Vec<_> = members(&group).iter().map(|member| text(&member["value"])).collect();
            ids.sort_unstable();
            group["members"] = ids.into();
            (text(&group["displayName"]), group)
        };
        self.all("Groups").into_iter().map(plain).collect()
    }

    /// The groups that the server holds, by `displayName`, with the names of their members.
    pub(crate) fn members(&self) -> BTreeMap<String, BTreeSet<String>> {
        let names: BTreeMap<_, _> = self.ids().into_iter().map(|(name, id)| (id, name)).collect();
        let with_members = |group: Value| {
            let members = members(&group);
            let found: BTreeSet<_> = members.iter().map(|member| names[&text(&member["value"])].clone()).collect();
            assert_eq!(found.len(), members.len(), "a member twice: {group}");
            (text(&group["displayName"]), found)
        };
        self.all("Groups").into_iter().map(with_members).collect()
    }

    /// The ids of users and groups, by `userName` and `displayName`.
    pub(crate) fn ids(&self) -> BTreeMap<String, String> {
        let users = self.all("Users").into_iter().map(|user| (text(&user["userName"]), text(&user["id"])));
        let groups = self.all("Groups").into_iter().map(|group| (text(&group["displayName"]), text(&group["id"])));
        users.chain(groups).collect()
    }

    /// All resources of an endpoint, as the server holds them.
    fn all(&self, endpoint: &str) -> Vec<Value> {
        let mut list = self.get(&format!("{}/{endpoint}?startIndex=1&count=1000", self.software.base()));
        let Value::Array(resources) = list["Resources"].take() else { panic!("`Resources` is no array: {list}") };
        assert_eq!(list["totalResults"], resources.len(), "the list is cut off");
        resources
    }

    /// Sets a user's manager as RFC 7644 has it, not as Entra does.
    pub(crate) fn set_manager(&self, user_id: &str, manager_id: &str) {
        let operation = json!({"op": "add", "path": MANAGER, "value": {"value": manager_id}});
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let body = json!({"schemas": schemas, "Operations": [operation]}).to_string();
        let path = format!("{}/Users/{user_id}", self.software.base());
        let length = body.len();
        let headers = format!("Content-Type: application/scim+json\r\nContent-Length: {length}\r\n");
        self.exchange(&format!("PATCH {path}"), &headers, &body);
    }

    fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.exchange(&format!("GET {path}"), "", "")).unwrap()
    }

    /// The body of an answer that must be 200 or 204. HTTP/1.0, so that it ends with the connection and is in one piece.
    fn exchange(&self, request: &str, headers: &str, body: &str) -> String {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        connection.set_read_timeout(Some(ANSWER)).unwrap();
        write!(connection, "{request} HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n{headers}\r\n{body}").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(matches!(head.split_whitespace().nth(1), Some("200" | "204")), "{request}: {answer}");
        body.to_owned()
    }
}

impl Drop for Server {
    /// Ends the whole process group: the server, or the installation that was under way.
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let killed = Command::new("bash").args(["-c", r#"kill -KILL -- "$0""#, &group]).status();
        if !killed.is_ok_and(|status| status.success()) {
            // The group is gone with the server, or there is no `bash`; the server itself is still ours to end.
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A group's members; none where the server leaves an empty list out.
fn members(group: &Value) -> &[Value] {
    group.get("members").map_or(&[], |members| members.as_array().unwrap())
}

/// The resource without `id` and `meta`.
fn without_own(mut resource: Value) -> Value {
    resource.as_object_mut().unwrap().retain(|attribute, _| attribute != "id" && attribute != "meta");
    resource
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
