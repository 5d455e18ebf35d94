//! A job that provisions into a foreign server with the real binary, and what it leaves behind.

use crate::{
    company::Company,
    requests::{path, write},
    server::{Server, Software, TOKEN},
};
use scimulator::scim::trace::TraceEntry;
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};
use tempfile::TempDir;

/// The environment variable that the configuration names for the token.
const TOKEN_VARIABLE: &str = "FOREIGN_SCIM_TOKEN";

/// A configuration with its directory, its state and its target.
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) server: Arc<Server>,
    cycles: usize,
}

/// How a cycle ended, and what it sent.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// The exit code.
    pub(crate) exit: Option<i32>,
    /// The line that `sync now --json` printed.
    pub(crate) result: Value,
    /// The requests in the order of leaving.
    pub(crate) requests: Vec<TraceEntry>,
}

impl Project {
    /// A new server and a copy of the sample company. `flag` goes to the end of the tenant URL and selects the dialect.
    pub(crate) fn of_the_sample_company(software: Software, flag: &str) -> Self {
        let project = Self::begin(Arc::new(Server::start(software)), flag, "scim", "");
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso")).unwrap() {
            let file = file.unwrap();
            fs::write(project.directory().join(file.file_name()), fs::read(file.path()).unwrap()).unwrap();
        }
        project
    }

    /// An empty company before a server. The mapping is the name of an embedded one, or a mapping file's text; `settings`
    /// are more lines of the job.
    pub(crate) fn begin(server: Arc<Server>, flag: &str, mapping: &str, settings: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), server, cycles: 0 };
        let folder = project.folder.path();
        fs::create_dir(project.directory()).unwrap();
        let mapping = if mapping.contains('\n') {
            fs::write(folder.join("mapping.toml"), mapping).unwrap();
            "mapping.toml"
        } else {
            mapping
        };
        let configuration = format!(
            r#"
            [directory]
            path = "directory"

            [state]
            path = "state/scimulator.db"

            [[jobs]]
            name = "scim"
            mapping = "{mapping}"
            tenant_url = "{}{flag}"
            secret_token = {{ env = "{TOKEN_VARIABLE}" }}
            {settings}
            "#,
            project.server.url()
        );
        fs::write(folder.join("scimulator.toml"), configuration).unwrap();
        project
    }

    /// The folder of the source directory.
    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.path().join("directory")
    }

    /// The source directory as it is now.
    pub(crate) fn company(&self) -> Company {
        Company::read(self.directory())
    }

    /// The state file.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state/scimulator.db")
    }

    /// Runs one cycle.
    pub(crate) fn sync(&mut self) -> Cycle {
        self.cycles += 1;
        let trace = format!("{}.ndjson", self.cycles);
        let output = self.run(&["sync", "now", "--json", "--trace", &trace]);
        let mut lines = json_lines(&output.stdout);
        assert_eq!(lines.len(), 1, "one line a job: {output:?}");
        let trace = fs::read_to_string(self.folder.path().join(trace)).unwrap();
        let mut requests: Vec<TraceEntry> = trace.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        requests.sort_by_key(|request| request.seq);
        Cycle { exit: output.status.code(), result: lines.remove(0), requests }
    }

    /// The records that `logs --json` prints.
    pub(crate) fn logs(&self, selection: &[&str]) -> Vec<Value> {
        let output = self.run(&[&["logs", "--json"], selection].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        json_lines(&output.stdout)
    }

    /// Deletes a user who has left the files, without waiting for the 30 days.
    pub(crate) fn purge(&self, user: &str) {
        let output = self.run(&["directory", "purge", user]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    /// Forgets all that the job has learned: connections, escrows, quarantine.
    pub(crate) fn forget(&self) {
        let output = self.run(&["jobs", "restart", "scim", "--reset", "Full"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_scimulator"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env(TOKEN_VARIABLE, TOKEN)
            .output()
            .unwrap();
        assert!(!holds_token(&output.stdout) && !holds_token(&output.stderr), "the token was printed: {output:?}");
        output
    }

    /// The files under the project's folder that hold the token. The state file and the traces are among them.
    pub(crate) fn files_with_the_token(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if holds_token(&fs::read(&path).unwrap()) {
                    found.push(path);
                }
            }
        }
        found
    }
}

impl Cycle {
    /// The result without what differs from run to run.
    pub(crate) fn summary(&self) -> Value {
        let mut summary = self.result.clone();
        summary.as_object_mut().unwrap().retain(|name, _| name != "cycleId" && name != "durationMs");
        summary
    }

    /// What was sent besides reads, sorted: within a phase it is left open which request leaves first.
    pub(crate) fn writes(&self) -> Vec<String> {
        let writes = self.requests.iter().filter(|request| request.method != "GET");
        let mut texts: Vec<_> =
            writes.map(|request| write(&request.method, path(&request.url), &request.request_body)).collect();
        texts.sort();
        texts
    }
}

/// The counts of a cycle that neither deletes nor holds back.
pub(crate) fn counts(create: usize, update: usize, disable: usize, skip: usize, failure: usize) -> Value {
    json!({
        "create": create, "update": update, "disable": disable, "delete": 0, "skip": skip, "staged": 0, "failure": failure,
    })
}

fn json_lines(output: &[u8]) -> Vec<Value> {
    String::from_utf8(output.to_vec()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn holds_token(bytes: &[u8]) -> bool {
    bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
}
