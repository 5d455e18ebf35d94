//! `sandbox --fault`: applications that fail as they are told to, and what a job makes of each fault.

use crate::world::{SandboxProcess, TOKEN, World};

const FAILS: &str = "scim: initial cycle EntryLevelErrors: 1 failed; 3 requests in {duration}";
const SEE: &str = "  see what failed: scimulator logs --status failure --job scim";
const IN_QUARANTINE: &str =
    "  in quarantine (EncounteredQuarantineException); tried again at {time}, or with `scimulator sync now scim`";

/// A job for a sandbox with these arguments, Ada to be provisioned by it, and so little patience that a test can wait for
/// its end.
fn ada_before(arguments: &[&str]) -> (World, SandboxProcess) {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", "", "timeout = \"300ms\"\n");
    world.user("ada", |_| {}).assign("ada", "scim");
    let sandbox = world.start_sandbox(&[&["--token", TOKEN, "--state", "sandbox.ndjson"], arguments].concat());
    world.configure(&application.url(), sandbox.url());
    (world, sandbox)
}

impl World {
    /// What the log says of the changes that failed: the error's code, and the beginning of the reason.
    fn failures(&self) -> Vec<(String, String)> {
        let rows = self.query("SELECT error_code, reason FROM provisioning_logs WHERE status = 'failure'");
        let beginning = |reason: &str| {
            let line = reason.lines().next().unwrap_or_default();
            line.split(". This operation").next().unwrap_or_default().to_owned()
        };
        rows.into_iter().map(|row| (row[0].clone(), beginning(&row[1]))).collect()
    }

    /// Whether the sandbox has an account of Ada's.
    fn ada_is_there(&self) -> bool {
        self.read("sandbox.ndjson").contains("ada@contoso.example")
    }
}

#[test]
fn what_fails_one_request_fails_one_object_and_the_sandbox_says_which_fault_it_was() {
    let told = "a fault that the sandbox was told to have";
    for (fault, answered, code, reason, made) in [
        ("status=503", "503", "InternalServerError", format!("503 Service Unavailable: {told}"), false),
        ("status=500, carried_out", "500", "InternalServerError", format!("500 Internal Server Error: {told}"), true),
        ("timeout", "no answer", "Timeout", "no answer within {duration}".to_owned(), false),
        ("latency=1h", "201", "Timeout", "no answer within {duration}".to_owned(), true),
        (
            "reset",
            "connection reset",
            "WebExceptionProtocolError",
            "the connection broke before the answer was complete: Connection reset by peer (os error 104)".to_owned(),
            false,
        ),
        (
            "reset, carried_out",
            "connection reset",
            "WebExceptionProtocolError",
            "the connection broke before the answer was complete: Connection reset by peer (os error 104)".to_owned(),
            true,
        ),
        (
            "truncate",
            "half of a 201",
            "WebExceptionProtocolError",
            "the connection broke before the answer was complete: end of file before message length reached".to_owned(),
            true,
        ),
        (
            "garbage",
            "200",
            "SystemForCrossDomainIdentityManagementServiceIncompatible",
            "200 OK, but the answer is not SCIM: the body is not UTF-8".to_owned(),
            false,
        ),
    ] {
        let (world, mut sandbox) = ada_before(&["--fault", &format!("{fault}, route=POST")]);
        world.run(["sync", "now"]).exits_with(1).prints([FAILS, SEE]);
        assert_eq!(world.failures(), [(code.to_owned(), format!("POST /scim/Users: {reason}"))], "{fault}");
        assert_eq!(world.ada_is_there(), made, "{fault}");
        sandbox.logs([&format!("POST /scim/Users: {answered} by a fault ({fault}, route=POST)")]);
        sandbox.ends();
    }
}

#[test]
fn a_late_answer_and_a_wrong_content_type_are_borne() {
    for fault in ["latency=1ms", "content_type=text/html"] {
        let (world, mut sandbox) = ada_before(&["--fault", &format!("{fault},route=POST")]);
        world.sync().prints(["scim: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
        sandbox.logs([&format!("POST /scim/Users: 201 by a fault ({fault}, route=POST)")]);
        sandbox.ends();
    }
}

#[test]
fn a_throttled_request_is_repeated_when_the_header_says_so() {
    let (world, mut sandbox) = ada_before(&["--fault", "status=429,retry_after=0,route=POST"]);
    world
        .run(["sync", "now"])
        .exits_with(1)
        .prints(["scim: initial cycle EntryLevelErrors: 1 failed; 8 requests in {duration}", SEE]);
    assert_eq!(world.failures()[0].0, "TooManyRequests");
    sandbox.logs(["POST /scim/Users: 429 by a fault (status=429, retry_after=0, route=POST)"; 6]);
    sandbox.ends();
}

#[test]
fn what_fails_every_request_puts_the_job_into_quarantine() {
    let (world, mut sandbox) = ada_before(&["--fault", "status=401"]);
    world.run(["sync", "now"]).exits_with(3).prints([
        "scim: initial cycle Quarantine; 1 request in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: a fault that the sandbox was told to have",
        "  help: check the secret token: it may be wrong, expired or revoked",
        IN_QUARANTINE,
    ]);
    sandbox.logs(["GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 by a fault (status=401)"]);
    sandbox.ends();
}

#[test]
fn of_several_faults_the_first_that_fits_decides_and_one_that_is_not_on_yet_lets_pass() {
    let faults =
        ["--fault", "reset,after=1h", "--fault", "status=503,route=POST", "--fault", "status=500,route=/Users,share=0"];
    let (world, mut sandbox) = ada_before(&faults);
    world.run(["sync", "now"]).exits_with(1).prints([FAILS, SEE]);
    sandbox.logs(["POST /scim/Users: 503 by a fault (status=503, route=POST)"]);
    sandbox.ends();
}

#[test]
fn half_of_the_users_fail_and_with_the_same_seed_the_same_ones() {
    let failing = |seed: &str| {
        let (mut world, _sandbox) = ada_before(&["--fault", "status=500,objects=0.5", "--seed", seed]);
        for number in 0..20 {
            let name = format!("user{number}");
            world.user(&name, |_| {}).assign(&name, "scim");
        }
        world.run(["sync", "now"]).exits_with(1);
        world.query("SELECT source_name FROM provisioning_logs WHERE status = 'failure' ORDER BY source_name")
    };
    let some = failing("7");
    assert!((4..17).contains(&some.len()), "{some:?}");
    assert_eq!(failing("7"), some);
    assert_ne!(failing("8"), some);
}

#[test]
fn every_mistake_in_every_fault_is_told() {
    let world = World::new();
    world
        .run(["sandbox", "--fault", "stauts=503", "--fault", "reset", "--fault", "timeout,route=GET /User,share=2"])
        .exits_with(2)
        .prints([])
        .complains([
            "error: the fault `stauts=503`: `stauts` is not a setting of a fault",
            "  help: did you mean `status`?",
            "error: the fault `timeout,route=GET /User,share=2`: `route` names no requests: nothing is at `/User`",
            "  help: did you mean `/Users`?",
            "error: the fault `timeout,route=GET /User,share=2`: `share` is no share: 2",
            "  help: write a number from 0 to 1: 0.5 is half of them",
        ]);
}
