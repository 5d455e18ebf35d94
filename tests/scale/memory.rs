//! The most memory that the program takes, which hardly grows with the directory: what a user takes is bounded at 100,000 of
//! them, and the whole at a million. Linux tells it in `/proc`.

use super::company::Company;
use serde_json::json;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Users that the application is assigned to.
const ASSIGNED: usize = 50;

/// A process that is killed at the latest when the test ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_scimulator"))
}

/// The sandbox application, and its address.
fn sandbox() -> (Process, String) {
    let mut command = program();
    command.args(["sandbox", "--token", "sesame", "--listen", "127.0.0.1:0"]);
    let mut child = Process(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, address)
}

/// Runs a cycle, import included. Returns the peak of its resident memory in KiB, and what it said.
fn sync(folder: &Path) -> (u64, String) {
    let mut command = program();
    command.current_dir(folder).args(["sync", "now"]).stdin(Stdio::null());
    let said = folder.join("said");
    command.stdout(fs::File::create(&said).unwrap()).stderr(fs::File::create(folder.join("complaints")).unwrap());
    let mut child = Process(command.spawn().unwrap());
    let status_file = format!("/proc/{}/status", child.0.id());
    let mut peak = 0;
    let status = loop {
        // The kernel keeps the peak, so a look now and then is enough.
        peak = peak.max(resident_peak(&status_file).unwrap_or_default());
        if let Some(status) = child.0.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = fs::read_to_string(said).unwrap();
    assert!(status.success(), "{said}{}", fs::read_to_string(folder.join("complaints")).unwrap());
    (peak, said)
}

/// `VmHWM` of a process that runs.
fn resident_peak(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Imports so many users, provisions some, and lets a hundredth change; the program may take `limit` bytes.
fn stays_below(users: u32, limit: u64) {
    let folder = tempfile::tempdir().unwrap();
    let company = Company::generate(&folder.path().join("directory"), users);
    let mut assignments = Vec::new();
    company.rewrite("users.ndjson", |_, user| {
        if assignments.len() < ASSIGNED && user["accountEnabled"] == true {
            assignments.push(json!({"app": "scim", "principal": user["userPrincipalName"]}));
        }
        false
    });
    company.write("assignments.ndjson", &assignments);
    let (_sandbox, address) = sandbox();
    let configuration = format!(
        "[directory]\npath = \"directory\"\n[[jobs]]\nname = \"scim\"\nmapping = \"scim\"\ntenant_url = \"{address}\"\n\
         secret_token = \"sesame\"\n"
    );
    fs::write(folder.path().join("scimulator.toml"), configuration).unwrap();

    let (initial, said) = sync(folder.path());
    assert!(said.contains(&format!("{ASSIGNED} created")), "{said}");
    company.rewrite("users.ndjson", |number, user| {
        let is_meant = number % 100 == 0;
        if is_meant {
            user["jobTitle"] = "Head of Scale".into();
        }
        is_meant
    });
    let (incremental, said) = sync(folder.path());
    assert!(said.contains("incremental cycle Succeeded"), "{said}");
    println!(
        "import and initial cycle: {initial} KiB; import of {} changes and incremental cycle: {incremental} KiB",
        users / 100
    );
    let limit = limit / 1024;
    assert!(initial > 0 && initial <= limit, "{initial} KiB");
    assert!(incremental > 0 && incremental <= limit, "{incremental} KiB");
}

#[test]
#[ignore = "takes a minute: run it with `cargo test --release --test scale 100000_users -- --ignored`"]
fn import_and_cycles_at_100000_users_stay_below_100_megabytes() {
    stays_below(100_000, 100_000_000);
}

#[test]
#[ignore = "takes many minutes: run it with `cargo test --release --test scale million_users -- --ignored`"]
fn import_and_cycles_at_a_million_users_stay_below_250_megabytes() {
    stays_below(1_000_000, 250_000_000);
}
