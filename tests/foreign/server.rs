//! scim2-server as a child process, and just enough HTTP to look into it.

use serde_json::Value;
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

/// The base path that the server answers under, besides the root.
pub(crate) const BASE: &str = "/v2";

/// How long a start may take: the first one installs the server.
const START: Duration = Duration::from_secs(180);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Servers start one after another, so that only one installs what all of them use.
static STARTING: Mutex<()> = Mutex::new(());

/// A running server, which ends when it is dropped.
pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts an empty server on a free port and waits until it listens.
    pub(crate) fn start() -> Self {
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let output = NamedTempFile::new().unwrap();
        let port = free_port();
        let process = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/scim2-server/start.sh"))
            .args([&port.to_string(), TOKEN, concat!(env!("CARGO_TARGET_TMPDIR"), "/scim2-server")])
            .stdout(File::create(output.path()).unwrap())
            .stderr(output.reopen().unwrap())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut server = Self { process, port };
        server.wait_until_it_listens(output.path());
        server
    }

    fn wait_until_it_listens(&mut self, output: &Path) {
        let said = || fs::read_to_string(output).unwrap_or_default();
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "scim2-server ended before it listened: {}\n{}", ended.unwrap(), said());
            assert!(begun.elapsed() < START, "scim2-server did not listen within {} s\n{}", START.as_secs(), said());
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE}", self.port)
    }

    /// The users that the server holds, by `userName`, without what it adds itself.
    pub(crate) fn users(&self) -> BTreeMap<String, Value> {
        let own = |mut user: Value| {
            user.as_object_mut().unwrap().retain(|attribute, _| attribute != "id" && attribute != "meta");
            (text(&user["userName"]), user)
        };
        self.all("Users").into_iter().map(own).collect()
    }

    /// The groups that the server holds, by `displayName`, with the names of their members.
    pub(crate) fn members(&self) -> BTreeMap<String, BTreeSet<String>> {
        let names: BTreeMap<_, _> = self.ids().into_iter().map(|(name, id)| (id, name)).collect();
        let with_members = |group: Value| {
            let members = group["members"].as_array().unwrap();
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
        let mut list = self.get(&format!("{BASE}/{endpoint}?startIndex=1&count=1000"));
        let Value::Array(resources) = list["Resources"].take() else { panic!("`Resources` is no array: {list}") };
        assert_eq!(list["totalResults"], resources.len(), "the list is cut off");
        resources
    }

    /// HTTP/1.0, so that the answer ends with the connection and is in one piece.
    fn get(&self, path: &str) -> Value {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        connection.set_read_timeout(Some(ANSWER)).unwrap();
        write!(connection, "GET {path} HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.split_whitespace().nth(1), Some("200"), "GET {path}: {answer}");
        serde_json::from_str(body).unwrap()
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

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
