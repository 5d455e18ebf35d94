//! A job that gets access tokens by the OAuth 2.0 client credentials grant.

use crate::world::{Application, TOKEN, TOKEN_VARIABLE, World};
use scimulator::sandbox::{Request, Response};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The client's secret; its variable stands in the configuration.
const SECRET: &str = "cl1ent/s3cret+x";

/// A job whose token endpoint answers `answer`, beside the application, and Ada, who is assigned.
fn world(answer: fn(&Request) -> Response) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    let url = application.url().replace("/scim", "/oauth/token");
    world.configure(
        "secret_token = { env = \"WORLD_TOKEN\" }",
        &format!(
            "oauth = {{ token_url = {url:?}, client_id = \"me\", client_secret = {{ env = \"WORLD_SECRET\" }}, \
             scope = \"scim\" }}"
        ),
    );
    world.variable("WORLD_TOKEN", None);
    world.variable("WORLD_SECRET", Some(SECRET));
    world.user("ada", |_| {}).assign("ada", "scim");
    application.interfere(move |request| (request.path() == "/oauth/token").then(|| answer(request)));
    (world, application)
}

/// Issues the token that the application accepts.
fn issues(request: &Request) -> Response {
    assert_eq!(request.body, b"grant_type=client_credentials&scope=scim");
    Response::scim(200, &json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}))
}

fn trace(world: &World) -> Vec<Value> {
    world.read("trace.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_token_is_asked_for_before_the_cycle_and_shown_nowhere() {
    let (world, application) = world(issues);
    world
        .run(["sync", "now", "--trace", "trace.ndjson"])
        .exits_with(0)
        .prints(["scim: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
    assert_eq!(application.roster(), ["ada"]);
    let entries = trace(&world);
    let told: Vec<_> = entries.iter().map(|entry| format!("{} {}", entry["seq"], entry["method"])).collect();
    assert_eq!(told, ["1 \"POST\"", "2 \"GET\"", "3 \"GET\"", "4 \"POST\""]);
    assert_eq!(entries[0]["requestHeaders"]["Authorization"], "Basic [hidden]");
    assert_eq!(
        entries[0]["responseBody"],
        json!({"access_token": "[hidden]", "token_type": "Bearer", "expires_in": 3600})
    );
    assert_eq!(entries[1]["requestHeaders"]["Authorization"], "Bearer [hidden]");
    world.run(["sync", "now", "--trace", "trace.har"]).exits_with(0);
    for file in world.files().iter().filter(|file| !file.ends_with("scimulator.toml")) {
        let bytes = std::fs::read(file).unwrap();
        for secret in [TOKEN, SECRET, "bWU6Y2wxZW50"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", file.display());
        }
    }
}

#[test]
fn on_demand_the_token_belongs_to_the_connection() {
    let (world, _) = world(issues);
    let said = world.run(["provision", "scim", "--user", "ada@contoso.example"]).exits_with(0).stdout;
    assert_eq!(
        said.lines().skip(1).take(3).collect::<Vec<_>>(),
        [
            "1. Test connection: success",
            "   POST http://{target}/oauth/token -> 200",
            "   GET http://{target}/scim/Users?filter=userName+eq+%22{uuid}%22 -> 200",
        ]
    );
}

#[test]
fn a_client_that_is_not_accepted_puts_the_job_into_quarantine() {
    let (world, application) = world(|_| Response::scim(401, &json!({"error": "invalid_client"})));
    world.run(["sync", "now"]).exits_with(3).complains([]).prints([
        "scim: initial cycle Quarantine; 0 requests in {duration}",
        "  no access token: POST http://{target}/oauth/token: 401 Unauthorized, invalid_client",
        "  help: check `client_id` and `client_secret` of `oauth`: they may be wrong, expired or revoked",
        "  in quarantine (EncounteredQuarantineException); tried again at {time}, or with `scimulator \
         sync now scim`",
    ]);
    world.run(["test-connection", "scim"]).exits_with(1).complains([
        "error: http://{target}/scim does not answer as SCIM demands",
        "  no access token: POST http://{target}/oauth/token: 401 Unauthorized, invalid_client",
        "  help: check `client_id` and `client_secret` of `oauth`: they may be wrong, expired or revoked",
    ]);
    assert_eq!(application.requests().len(), 2, "nothing but the two requests for a token was sent");
}

#[test]
fn a_token_endpoint_that_is_down_fails_the_cycle_and_nothing_more() {
    let (world, _) = world(|_| Response::error(503, None, "down for maintenance"));
    world.run(["sync", "now"]).exits_with(1).complains([]).prints([
        "scim: initial cycle Failed; 0 requests in {duration}",
        "  no access token: POST http://{target}/oauth/token: 503 Service Unavailable",
        "  help: the token endpoint is asked again in the next cycle",
    ]);
}

/// Asks to be asked again in five minutes.
fn asks_to_wait(_: &Request) -> Response {
    Response::error(503, None, "down for maintenance").with_header("Retry-After", "300")
}

#[test]
fn one_signal_ends_a_wait_that_the_token_endpoint_asked_for() {
    let (world, application) = world(asks_to_wait);
    let waits = "/oauth/token answers 503: the job waits 300 s for a token";
    let mut cycle = world.start(["sync", "now"]);
    cycle.wait_for(waits);
    cycle.signal("TERM");
    cycle.end().exits_with(1).prints([
        "scim: initial cycle interrupted: nothing to do; 0 requests in {duration}",
        "  the next cycle goes on where this one stopped",
    ]);
    let mut test = world.start(["test-connection", "scim"]);
    test.wait_for(waits);
    test.signal("INT");
    let said = test.end().exits_with(1).prints([]).stderr;
    assert_eq!(said.lines().last(), Some("error: stopped before http://{target}/scim has answered"));
    assert!(world.files().iter().all(|file| !file.ends_with("probe.db")), "{:?}", world.files());

    application.interfere(|request| (request.path() == "/oauth/token").then(|| issues(request)));
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
}

#[test]
fn a_connection_test_waits_once_and_then_says_what_it_is_told() {
    let (world, application) =
        world(|_| Response::error(503, None, "down for maintenance").with_header("Retry-After", "0"));
    let said = world.run(["test-connection", "scim"]).exits_with(1).prints([]).stderr;
    let said: Vec<_> = said.lines().rev().take(3).collect();
    assert_eq!(
        said,
        [
            "  help: the token endpoint is asked again in the next cycle",
            "  no access token: POST http://{target}/oauth/token: 503 Service Unavailable",
            "error: http://{target}/scim does not answer as SCIM demands",
        ]
    );
    assert_eq!(application.requests().len(), 2);
}

#[test]
fn a_secret_of_any_script_is_encoded_and_one_with_a_line_break_is_refused() {
    let (mut world, _) = world(issues);
    world.variable("WORLD_SECRET", Some("pässwörd-€"));
    world.run(["check"]).exits_with(0);
    world.run(["sync", "now"]).exits_with(0);
    world.variable("WORLD_SECRET", Some("one\ntwo"));
    world.run(["check"]).exits_with(2).prints([
        "error: scimulator.toml:7: job `scim`: the secret from the environment variable `WORLD_SECRET` holds a line \
         break or another control character",
        "1 error",
    ]);
}

#[test]
fn a_dry_run_asks_for_a_real_token() {
    let (world, application) = world(issues);
    let said = world.run(["sync", "now", "--dry-run"]).exits_with(0).stdout;
    assert!(said.starts_with("POST http://{target}/scim/Users\n"), "{said}");
    assert!(application.roster().is_empty());
}

#[test]
fn a_secret_that_is_not_there_is_told_before_anything_is_sent() {
    let (mut world, application) = world(issues);
    world.variable("WORLD_SECRET", None);
    world.run(["check"]).exits_with(2).prints([
        "error: scimulator.toml:7: job `scim`: the environment variable `WORLD_SECRET` is not set; set it, or name \
         another one in the configuration",
        "1 error",
    ]);
    application.received([]);
}

#[test]
fn a_trace_is_replayed_without_its_requests_for_tokens() {
    let (mut world, original) = world(issues);
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    assert_eq!(trace(&world).len(), 4);
    let other = Application::start(TOKEN);
    world.variable(TOKEN_VARIABLE, Some(TOKEN));
    world
        .run(["replay", "trace.ndjson", "--tenant-url", &other.url(), "--secret-token-env", TOKEN_VARIABLE])
        .exits_with(0)
        .complains([])
        .prints(["3 requests sent again: 3 answered as recorded, 0 otherwise"]);
    assert_eq!(other.users(), original.users());
}

#[test]
fn a_token_endpoint_and_a_target_that_ask_to_wait_are_told_of() {
    let (world, application) = world(issues);
    let asks = |status| Response { status, headers: Vec::new(), body: Vec::new() }.with_header("Retry-After", "1");
    let (token, create) = (AtomicBool::new(true), AtomicBool::new(true));
    application.interfere(move |request| match (request.path(), request.method.as_str()) {
        ("/oauth/token", _) if token.swap(false, Ordering::Relaxed) => Some(asks(503)),
        ("/oauth/token", _) => Some(issues(request)),
        (_, "POST") if create.swap(false, Ordering::Relaxed) => Some(asks(429)),
        _ => None,
    });
    let outcome = world.run(["sync", "now"]).exits_with(0);
    let told: Vec<_> = outcome.stderr.lines().filter_map(|line| line.split_once(" WARN ")).map(|told| told.1).collect();
    let waits = [
        "http://{target}/oauth/token answers 503: the job waits {duration} for a token",
        "http://{target}/scim answers 429: the job waits {duration}",
    ];
    assert_eq!(told, waits);
}
