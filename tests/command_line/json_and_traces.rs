//! `--json` and `--trace`: exactly the documented keys, in their order.

use crate::world::{World, keys};
use serde_json::Value;

/// A job that has a user to create, one to leave alone, and one that the application refuses.
fn world() -> World {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).user("alan", |user| {
        user.set("accountEnabled", false);
    });
    world.assign("ada", "scim").assign("alan", "scim");
    world
}

#[test]
fn json_is_an_object_a_line_and_a_job_with_the_documented_keys() {
    let outcome = world().run(["sync", "now", "--json"]).exits_with(0).complains([]);
    outcome.clone().prints(["{\"job\":\"scim\",\"cycleId\":\"{uuid}\",\"kind\":\"initial\",\"state\":\"Succeeded\",\
         \"counts\":{\"create\":1,\"update\":0,\"disable\":0,\"delete\":0,\"skip\":1,\"staged\":0,\"failure\":0},\
         \"requests\":3,\"durationMs\":{duration}}"]);
    assert_eq!(keys(&outcome.json_lines()[0]), ["job", "cycleId", "kind", "state", "counts", "requests", "durationMs"]);
}

#[test]
fn an_ndjson_trace_is_a_request_a_line_with_the_documented_keys() {
    let world = world();
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let entries: Vec<Value> =
        world.read("trace.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for entry in &entries {
        assert_eq!(
            keys(entry),
            [
                "time",
                "job",
                "cycle",
                "seq",
                "method",
                "url",
                "requestHeaders",
                "requestBody",
                "status",
                "responseHeaders",
                "responseBody",
                "durationMs",
                "error"
            ]
        );
    }
    let told: Vec<_> = entries
        .iter()
        .map(|entry| format!("{} {} {} {}", entry["job"], entry["seq"], entry["method"], entry["status"]))
        .collect();
    assert_eq!(told, [r#""scim" 1 "GET" 200"#, r#""scim" 2 "GET" 200"#, r#""scim" 3 "POST" 201"#]);
    let create = &entries[2];
    assert_eq!(create["requestBody"]["userName"], "ada@contoso.example");
    assert_eq!(create["responseBody"]["userName"], "ada@contoso.example");
    assert_eq!(create["requestHeaders"]["Content-Type"], "application/scim+json; charset=utf-8");
    assert_eq!(create["requestHeaders"]["Authorization"], "Bearer [hidden]");
    assert_eq!(create["error"], Value::Null);
    let cycles = world.query("SELECT id FROM cycle");
    assert_eq!(cycles.len(), 1);
    assert!(entries.iter().all(|entry| entry["cycle"] == entries[0]["cycle"]));
}

#[test]
fn a_har_trace_is_an_archive_of_the_same_requests() {
    let world = world();
    world.run(["sync", "now", "--trace", "trace.har"]).exits_with(0);
    let archive: Value = serde_json::from_str(&world.read("trace.har")).unwrap();
    assert_eq!(keys(&archive), ["log"]);
    assert_eq!(keys(&archive["log"]), ["version", "creator", "entries"]);
    assert_eq!(archive["log"]["version"], "1.2");
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        for key in ["startedDateTime", "time", "request", "response", "cache", "timings"] {
            assert!(!entry[key].is_null(), "{key} is missing in {entry}");
        }
    }
    assert_eq!(entries[2]["request"]["method"], "POST");
    let sent: Value = serde_json::from_str(entries[2]["request"]["postData"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(sent["userName"], "ada@contoso.example");
}

#[test]
fn a_trace_of_another_kind_is_refused_before_anything_is_sent() {
    let world = world();
    world
        .run(["sync", "now", "--trace", "trace.txt"])
        .exits_with(2)
        .prints([])
        .complains(["error: the trace file `trace.txt` must end in `.har` or `.ndjson`"]);
}

#[test]
fn a_trace_of_several_jobs_tells_them_apart() {
    let mut world = World::new();
    world.job("scim");
    world.job("tribeloo");
    world.run(["sync", "now", "--trace", "trace.ndjson"]).exits_with(0);
    let trace = world.read("trace.ndjson");
    let mut jobs: Vec<_> = trace
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["job"].as_str().unwrap_or_default().to_owned())
        .collect();
    jobs.sort_unstable();
    assert_eq!(jobs, ["scim", "tribeloo"]);
}
