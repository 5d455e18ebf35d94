//! `replay`: a trace sent once more, and what differs in the answers.

use crate::world::{Application, Outcome, TOKEN, TOKEN_VARIABLE, World};
use scimulator::sandbox::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// A company of three with a manager and a group, provisioned and traced; a change of each sort, traced too.
fn recorded() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).user("bob", |user| {
        user.set("manager", "ada@contoso.example");
    });
    world.group("Team", &["ada", "bob"]);
    for name in ["ada", "bob", "Team"] {
        world.assign(name, "scim");
    }
    world.run(["sync", "now", "--trace", "first.ndjson"]).exits_with(0);
    world.user("ada", |user| {
        user.set("jobTitle", "Engineer");
    });
    world.group("Team", &["ada"]);
    world.user("bob", |user| {
        user.clear("manager");
    });
    world.run(["sync", "now", "--trace", "second.ndjson"]).exits_with(0);
    (world, application)
}

/// Replays against `application`; the arguments are the files and what is said besides.
#[track_caller]
fn replay(world: &World, application: &Application, arguments: &[&str]) -> Outcome {
    let url = application.url();
    let all = [&["replay", "--tenant-url", &url, "--secret-token-env", TOKEN_VARIABLE], arguments].concat();
    world.run_all(&all)
}

#[test]
fn a_target_that_answers_as_recorded_holds_the_same_afterwards() {
    let (world, original) = recorded();
    let other = Application::start(TOKEN);
    replay(&world, &other, &["first.ndjson", "second.ndjson"])
        .exits_with(0)
        .complains([])
        .prints(["15 requests sent again: 15 answered as recorded, 0 otherwise"]);
    assert_eq!(other.users(), original.users());
    assert_eq!(other.groups(), original.groups());
    assert_eq!(other.users().len(), 2);
}

#[test]
fn the_requests_are_those_of_the_trace_with_the_ids_of_the_target() {
    let (world, original) = recorded();
    let sent = original.requests();
    let other = Application::start(TOKEN);
    replay(&world, &other, &["first.ndjson", "second.ndjson"]).exits_with(0);
    // In normal form an id is the name of its object, whichever application gave it.
    assert_eq!(other.requests(), sent);
}

#[test]
fn an_archive_is_replayed_as_well() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.run(["sync", "now", "--trace", "trace.har"]).exits_with(0);
    let other = Application::start(TOKEN);
    replay(&world, &other, &["trace.har"])
        .exits_with(0)
        .prints(["3 requests sent again: 3 answered as recorded, 0 otherwise"]);
    assert_eq!(other.roster(), ["ada"]);
}

#[test]
fn an_answer_that_differs_is_told_with_what_differs() {
    let (world, _) = recorded();
    let other = Application::start(TOKEN);
    other.add_user("ada@contoso.example");
    replay(&world, &other, &["first.ndjson"]).exits_with(1).complains([]).prints([
        "2. GET /Users?filter=userName+eq+%22ada%40contoso.example%22",
        "   totalResults: 0 -> 1",
        "   Resources[ada@contoso.example]: was not there",
        "3. POST /Users",
        "   status: 201 -> 409",
        "9 requests sent again: 7 answered as recorded, 2 otherwise",
    ]);
}

#[test]
fn json_is_an_object_a_line_and_a_request() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let other = Application::start(TOKEN);
    other.interfere(|request| {
        (request.method == "POST").then(|| {
            let mut user: Value = serde_json::from_slice(&request.body).unwrap();
            user.as_object_mut().unwrap().remove("displayName");
            user["id"] = "7".into();
            user["active"] = "True".into();
            Response { status: 201, headers: Vec::new(), body: user.to_string().into_bytes() }
        })
    });
    let lines = replay(&world, &other, &["trace.ndjson", "--json"]).exits_with(1).json_lines();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["same"], true);
    assert_eq!(
        lines[2],
        json!({
            "seq": 3,
            "method": "POST",
            "path": "/Users",
            "recordedStatus": 201,
            "status": 201,
            "same": false,
            "differences": [
                {"kind": "unexpected", "path": "schemas[urn:ietf:params:scim:schemas:extension:enterprise:2.0:User]"},
                {"kind": "changed", "path": "active", "recorded": true, "live": "True"},
                {"kind": "missing", "path": "displayName"},
            ],
            "error": null,
            "note": null,
        })
    );
}

#[test]
fn an_object_of_which_the_trace_does_not_tell_the_id_is_told_of() {
    let (world, _) = recorded();
    let other = Application::start(TOKEN);
    let outcome = replay(&world, &other, &["second.ndjson"]).exits_with(1);
    let hint =
        "   no answer before this one has told which id `{ada}` has here; replay the trace that created it first";
    assert!(outcome.stdout.contains(hint), "{}", outcome.stdout);
}

#[test]
fn what_a_mapping_redacts_is_told_once_and_is_like_any_value() {
    let mut world = World::new();
    let mapping = include_str!("../../mappings/scim.toml").replacen(
        "{ direct = \"jobTitle\" }",
        "{ expression = 'Redact([jobTitle])' }",
        1,
    );
    world.write("redacting.toml", &mapping);
    world.job_with("scim", "redacting.toml", "", "");
    for name in ["ada", "bob"] {
        world.user(name, |user| {
            user.set("jobTitle", "Engineer");
        });
        world.assign(name, "scim");
    }
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let other = Application::start(TOKEN);
    replay(&world, &other, &["trace.ndjson"])
        .exits_with(0)
        .complains([
            "note: the trace hides what a mapping redacts: `[Redact]` is sent in its place, and is like any value \
                     in an answer",
        ])
        .prints(["5 requests sent again: 5 answered as recorded, 0 otherwise"]);
    assert_eq!(other.users()[0]["title"], "[Redact]");
}

#[test]
fn of_a_trace_of_several_jobs_one_is_chosen() {
    let mut world = World::new();
    world.job("scim");
    world.job("tribeloo");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let other = Application::start(TOKEN);
    replay(&world, &other, &["trace.ndjson"])
        .exits_with(2)
        .complains(["error: the trace is of several jobs; choose one with `--job`: scim, tribeloo"]);
    replay(&world, &other, &["trace.ndjson", "--job", "flock"])
        .exits_with(2)
        .complains(["error: the trace has no request of the job `flock`; there are: scim, tribeloo"]);
    assert_eq!(other.requests(), []);
    replay(&world, &other, &["trace.ndjson", "--job", "scim"])
        .exits_with(0)
        .prints(["3 requests sent again: 3 answered as recorded, 0 otherwise"]);
}

#[test]
fn what_was_repeated_is_not_sent_twice() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    let refused = std::sync::atomic::AtomicBool::new(false);
    application.interfere(move |request| {
        let first = request.method == "POST" && !refused.swap(true, std::sync::atomic::Ordering::Relaxed);
        first.then(|| Response::error(429, None, "slow down").with_header("Retry-After", "0"))
    });
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let other = Application::start(TOKEN);
    replay(&world, &other, &["trace.ndjson"]).exits_with(0).prints([
        "3 requests sent again: 3 answered as recorded, 0 otherwise; 1 left out: no answer was recorded, or one (429, a \
         redirect) after which it was repeated",
    ]);
}

#[test]
fn a_file_that_is_no_trace_of_a_real_cycle_is_refused_before_anything_is_sent() {
    let (mut world, _) = recorded();
    let other = Application::start(TOKEN);
    let refused = |world: &World, file: &str, complaint: &str| {
        replay(world, &other, &[file]).exits_with(2).prints([]).complains([complaint]);
    };
    refused(
        &world,
        "nowhere.ndjson",
        "error: the trace file `nowhere.ndjson` cannot be read: No such file or directory (os error 2)",
    );
    refused(&world, "scimulator.toml", "error: the trace file `scimulator.toml` must end in `.har` or `.ndjson`");
    let trace = world.read("first.ndjson");
    world.write("cut.ndjson", &trace[..trace.len() - 20]);
    refused(
        &world,
        "cut.ndjson",
        "error: cut.ndjson:9: this is no request of a trace: EOF while parsing a string; if the file was cut off, remove \
         the line",
    );
    world.write("other.ndjson", "{\"level\":\"info\"}\n");
    refused(
        &world,
        "other.ndjson",
        "error: other.ndjson:1: this is no request of a trace: missing field `time`; if the file was cut off, remove the line",
    );
    world.write("empty.ndjson", "");
    refused(&world, "empty.ndjson", "error: `empty.ndjson` holds no request to replay");
    world.write("browser.har", r#"{"log":{"version":"1.2","creator":{"name":"WebInspector"},"entries":[]}}"#);
    refused(
        &world,
        "browser.har",
        "error: `browser.har` was written by `WebInspector`, not by `--trace`; only a trace of scimulator can be replayed",
    );
    world.write("cut.har", r#"{"log":{"#);
    refused(
        &world,
        "cut.har",
        "error: `cut.har` is no trace: EOF while parsing an object at line 1 column 8; record it anew with `--trace`",
    );
    world.user("eve", |_| {}).assign("eve", "scim");
    world.run(["sync", "now", "--dry-run", "--trace", "dry.ndjson"]).exits_with(0);
    refused(
        &world,
        "dry.ndjson",
        "error: `dry.ndjson` is the trace of a dry run: of its answers 1 came from no target; record a real cycle with \
         `--trace`",
    );
    assert_eq!(other.requests(), []);
}

#[test]
fn the_token_is_the_targets_and_never_the_traces() {
    let (mut world, _) = recorded();
    let other = Application::start(TOKEN);
    let url = other.url();
    world.run(["replay", "first.ndjson", "--tenant-url", &url]).exits_with(2).prints([]).complains([
        "error: the environment variable `SCIM_TOKEN` is not set",
        "  help: the trace hides the token that it was recorded with; give the target's with `--secret-token-env NAME`, or say \
         `--anonymous`",
    ]);
    world.variable("SCIM_TOKEN", Some("another"));
    world
        .run(["replay", "first.ndjson", "--tenant-url", &url])
        .exits_with(1)
        .prints([])
        .complains([&format!("error: {url} does not let the request in (401), after 0 requests that got an answer")]);
    world.variable("SCIM_TOKEN", Some(TOKEN));
    world.run(["replay", "first.ndjson", "--tenant-url", &url, "--trace", "again.ndjson"]).exits_with(0);
    assert!(!world.read("again.ndjson").contains(TOKEN));
    world.run(["replay", "first.ndjson", "--tenant-url", "http://app.example/scim"]).exits_with(2).complains([
        "error: a token must not go over plain `http` to another machine; use `https`, or `--allow-insecure-http`",
    ]);
}

#[test]
fn a_target_that_cannot_be_reached_ends_the_replay() {
    let (world, _) = recorded();
    let other = Application::start(TOKEN);
    other.go_away();
    let outcome = replay(&world, &other, &["first.ndjson"]).exits_with(1).prints([]);
    assert!(outcome.stderr.contains("no connection to `"), "{}", outcome.stderr);
}
