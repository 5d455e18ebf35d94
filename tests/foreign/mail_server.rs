//! aiosmtpd as a child process, with a certificate of our own, and a job whose trouble is told through it.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Who signs in.
pub(crate) const USER: &str = "provisioning";
/// With what. No file and no output may hold it.
pub(crate) const PASSWORD: &str = "a pässword/that+no=file-may-hold";
/// The environment variable that the configuration names for it.
const PASSWORD_VARIABLE: &str = "FOREIGN_MAIL_PASSWORD";
/// How long a start may take: the first one installs the server.
const START: Duration = Duration::from_secs(180);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Servers start one after another, so that only one installs what all of them use.
static STARTING: Mutex<()> = Mutex::new(());

/// How the server secures a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Starttls,
    Implicit,
}

impl Tls {
    fn option(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Starttls => "starttls",
            Self::Implicit => "implicit",
        }
    }
}

/// A running mail server, which ends when it is dropped; and a folder for it and the job.
pub(crate) struct MailServer {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl MailServer {
    /// Starts a server on a free port and waits until it listens. `options` are more of `serve.py`.
    pub(crate) fn start(tls: Tls, options: &[&str]) -> Self {
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        write_certificates(folder.path());
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("mails")).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/aiosmtpd");
        let output = File::create(at("server.log")).unwrap();
        let process = Command::new(scripts.join("start.sh"))
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("aiosmtpd"))
            .args(["--port", &port.to_string(), "--tls", tls.option()])
            .args([Path::new("--mails"), &at("mails"), Path::new("--certificate"), &at("server.pem")])
            .args([Path::new("--key"), &at("server.key")])
            .args(options)
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap();
        let mut server = Self { folder, process, port };
        server.wait_until_it_listens();
        server
    }

    fn wait_until_it_listens(&mut self) {
        let (begun, log) = (Instant::now(), self.path("server.log"));
        let said = || fs::read_to_string(&log).unwrap_or_default();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "aiosmtpd ended before it listened: {}\n{}", ended.unwrap(), said());
            assert!(begun.elapsed() < START, "aiosmtpd did not listen within {} s\n{}", START.as_secs(), said());
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a job whose application is not there, so that its first cycle ends in quarantine, and who is told through
    /// this server. `SCHEME` and lines below `[mail]` say how it is reached.
    pub(crate) fn configure(&self, scheme: &str, user: bool, mail: &str) {
        let user = if user { format!("{USER}@") } else { String::new() };
        let password =
            if user.is_empty() { String::new() } else { format!("password = {{ env = \"{PASSWORD_VARIABLE}\" }}") };
        fs::create_dir_all(self.path("directory")).unwrap();
        fs::write(self.path("directory/users.json"), "[]").unwrap();
        let text = format!(
            r#"
            [mail]
            transport = "{scheme}://{user}127.0.0.1:{}"
            from = "provisioning@contoso.example"
            {password}
            {mail}

            [[jobs]]
            name = "scim"
            mapping = "scim"
            tenant_url = "http://127.0.0.1:1/scim"
            anonymous = true
            notification_email = ["it@contoso.example", "ops@contoso.example"]
            notify_on_failure = true
            "#,
            self.port
        );
        fs::write(self.path("scimulator.toml"), text).unwrap();
    }

    /// Runs a cycle, which quarantines the job and sends the mail that is due; gives what it said to standard error. The
    /// password is in nothing that it said or wrote.
    pub(crate) fn sync_with(&self, password: &str) -> String {
        let output = self.run(&["sync", "now"], password);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// What `jobs scim` shows of the mail that waits; none: none waits.
    pub(crate) fn waiting(&self) -> Option<String> {
        let output = self.run(&["jobs", "scim"], PASSWORD);
        let shown = String::from_utf8(output.stdout).unwrap();
        shown.lines().find(|line| line.trim_start().starts_with("mail ")).map(|line| line.trim().to_owned())
    }

    /// Lets the time pass after which waiting mail is tried again.
    pub(crate) fn make_due(&self) {
        let state = rusqlite::Connection::open(self.path("state/scimulator.db")).unwrap();
        state.execute("UPDATE mail SET next_attempt = created WHERE sent IS NULL", []).unwrap();
    }

    fn run(&self, arguments: &[&str], password: &str) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_scimulator"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env(PASSWORD_VARIABLE, password)
            .env("SCIMULATOR_LOG", "debug")
            .output()
            .unwrap();
        let holds = |bytes: &[u8]| bytes.windows(password.len()).any(|window| window == password.as_bytes());
        assert!(!holds(&output.stdout) && !holds(&output.stderr), "the password was printed: {output:?}");
        for file in ["scimulator.db", "scimulator.db-wal"].map(|name| self.path(&format!("state/{name}"))) {
            assert!(!fs::read(&file).is_ok_and(|bytes| holds(&bytes)), "{} holds the password", file.display());
        }
        output
    }

    /// The mails that the server took: the file's name (number, sender, recipient) and the text.
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(self.path("mails")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let name = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
        files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
    }
}

impl Drop for MailServer {
    /// Ends the whole process group: the server, or the installation that was under way.
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let killed = Command::new("bash").args(["-c", r#"kill -KILL -- "$0""#, &group]).status();
        if !killed.is_ok_and(|status| status.success()) {
            drop(self.process.kill());
        }
        drop(self.process.wait());
    }
}

/// An authority of our own (`ca.pem`), and what it issues for 127.0.0.1 (`server.pem`, `server.key`).
fn write_certificates(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join("ca.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}
