//! A small world to run the program in: a folder with a configuration, a source directory of a few people, and
//! applications that listen on ports of their own.
//!
//! [`World::run`] starts the program itself, in the world's folder, with nothing of this process's environment; what
//! it says comes back in [normal form](normal_form). Wherever it says anything, the secret token must not be in it:
//! each run checks.

mod application;
mod directory;
mod mail_server;
mod normal_form;
mod outcome;
mod process;

pub(crate) use application::{
    Application, Sent, delete, get, look_up, new_group, new_user, patch, post, probe, rehearsed,
};
pub(crate) use directory::{Directory, Record, principal_name};
pub(crate) use mail_server::{MailServer, Manner};
pub(crate) use normal_form::NormalForm;
pub(crate) use outcome::Outcome;
pub(crate) use process::{PATIENCE, Process, SandboxProcess};

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

/// The secret token of every application. No output and no file but the configuration may hold it.
pub(crate) const TOKEN: &str = "s3cr3t-t0ken/with+signs=";
/// The environment variable that the configuration names for it.
pub(crate) const TOKEN_VARIABLE: &str = "WORLD_TOKEN";

/// The world.
pub(crate) struct World {
    folder: tempfile::TempDir,
    directory: Directory,
    configuration: String,
    applications: BTreeMap<String, Arc<Application>>,
    environment: BTreeMap<String, String>,
}

impl World {
    /// An empty folder and an empty directory; no job.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        for name in ["directory", "temporary"] {
            std::fs::create_dir(folder.path().join(name)).expect("the new folder can be written to");
        }
        let configuration = "[tenant]\nname = \"Contoso\"\n\n[directory]\npath = \"directory\"\n".to_owned();
        let environment = BTreeMap::from([
            (TOKEN_VARIABLE.to_owned(), TOKEN.to_owned()),
            ("TMPDIR".to_owned(), folder.path().join("temporary").display().to_string()),
        ]);
        let (directory, applications) = (Directory::default(), BTreeMap::new());
        let world = Self { folder, directory, configuration, applications, environment };
        world.directory.write(&world.path("directory"));
        world
    }

    /// Adds a job with an application of its own: the embedded mapping of that name, one request at a time.
    pub(crate) fn job(&mut self, name: &str) -> Arc<Application> {
        self.job_with(name, name, "", "")
    }

    /// Adds a job whose URL ends in `flag`, with more lines of settings.
    pub(crate) fn job_with(&mut self, name: &str, mapping: &str, flag: &str, settings: &str) -> Arc<Application> {
        let application = Arc::new(Application::start(TOKEN));
        let url = application.url();
        let _ = write!(
            self.configuration,
            "\n[[jobs]]\nname = {name:?}\nmapping = {mapping:?}\ntenant_url = \"{url}{flag}\"\nsecret_token = {{ env = \
             {TOKEN_VARIABLE:?} }}\nmax_in_flight = 1\n{settings}"
        );
        self.applications.insert(name.to_owned(), application.clone());
        self.write("scimulator.toml", &self.configuration);
        application
    }

    /// Replaces a part of the configuration.
    pub(crate) fn configure(&mut self, before: &str, after: &str) {
        assert!(self.configuration.contains(before), "the configuration has no `{before}`");
        self.configuration = self.configuration.replacen(before, after, 1);
        self.write("scimulator.toml", &self.configuration);
    }

    /// Adds a user, or changes the one that is there.
    pub(crate) fn user(&mut self, name: &str, change: impl FnOnce(&mut Record)) -> &mut Self {
        change(self.directory.user(name));
        self.written()
    }

    /// Adds a group with these members, or makes them the members of the one that is there.
    pub(crate) fn group(&mut self, name: &str, members: &[&str]) -> &mut Self {
        self.directory.group(name, members);
        self.written()
    }

    /// Assigns a user or a group to an application.
    pub(crate) fn assign(&mut self, principal: &str, application: &str) -> &mut Self {
        self.directory.assign(principal, application);
        self.written()
    }

    /// Changes the directory in any other way.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Directory)) -> &mut Self {
        change(&mut self.directory);
        self.written()
    }

    fn written(&mut self) -> &mut Self {
        self.directory.write(&self.path("directory"));
        self
    }

    /// Sets an environment variable for the runs to come, or (`None`) takes it away.
    pub(crate) fn variable(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.environment.insert(name.to_owned(), value.to_owned()),
            None => self.environment.remove(name),
        };
    }

    /// A path in the world's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the world's folder can be written to");
    }

    /// Reads a file of the folder.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file below the folder.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let list = if entry.file_type().unwrap().is_dir() { &mut folders } else { &mut files };
                list.push(entry.path());
            }
        }
        files.sort_unstable();
        files
    }

    /// Runs the program with these arguments, in the world's folder, to its end.
    #[track_caller]
    pub(crate) fn run<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        self.run_all(&arguments)
    }

    /// The same with however many arguments there are.
    #[track_caller]
    pub(crate) fn run_all(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).stdin(Stdio::null()).output().expect("the program was built");
        Outcome::of(&output, &self.normal_form())
    }

    /// Runs `sync now` and expects nothing but success.
    #[track_caller]
    pub(crate) fn sync(&self) -> Outcome {
        self.run(["sync", "now"]).exits_with(0)
    }

    /// Starts the program with these arguments, and lets it run.
    pub(crate) fn start<const N: usize>(&self, arguments: [&str; N]) -> Process {
        Process::start(self.command(&arguments), self.normal_form())
    }

    /// Waits until a daemon that was started takes commands.
    #[track_caller]
    pub(crate) fn wait_for_daemon(&self) {
        let socket = self.path("state/control.sock");
        let began = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(began.elapsed() < PATIENCE, "nobody listens at {}", socket.display());
            std::thread::yield_now();
        }
    }

    /// Starts `sandbox` with these arguments, on a port that the system chooses.
    pub(crate) fn start_sandbox(&self, arguments: &[&str]) -> SandboxProcess {
        let mut command = self.command(&["sandbox", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        SandboxProcess::start(command, self.normal_form())
    }

    /// The program with these arguments, ready to start.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulator"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(&self.environment);
        command
    }

    /// The rows that a query on the state file gives, in normal form; null is `-`.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        query(&self.path("state/scimulator.db"), sql, &self.normal_form())
    }

    /// The first column of a query as it is: ids, to be named in a command.
    pub(crate) fn ids(&self, sql: &str) -> Vec<String> {
        let rows = query(&self.path("state/scimulator.db"), sql, &NormalForm::verbatim());
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// The id of the first record of the provisioning log that meets a condition.
    pub(crate) fn id_of_record(&self, condition: &str) -> String {
        let ids = self.ids(&format!("SELECT id FROM provisioning_logs WHERE {condition} ORDER BY number"));
        ids.into_iter().next().unwrap_or_else(|| panic!("no record meets `{condition}`"))
    }

    /// The normal form of this world and its applications.
    pub(crate) fn normal_form(&self) -> NormalForm {
        let mut form = NormalForm::default();
        for application in self.applications.values() {
            form.extend(application.normal_form());
        }
        form.learn(&self.folder.path().display().to_string(), "{world}");
        form
    }
}

fn query(file: &Path, sql: &str, form: &NormalForm) -> Vec<Vec<String>> {
    use rusqlite::{Connection, OpenFlags, types::ValueRef};
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |value: ValueRef<'_>| match value {
        ValueRef::Null => "-".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => form.of(&String::from_utf8_lossy(text)),
    };
    let rows = statement.query_map([], |row| (0..columns).map(|column| Ok(text(row.get_ref(column)?))).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// The names of an object's members, in their order.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("it is an object").keys().map(String::as_str).collect()
}
