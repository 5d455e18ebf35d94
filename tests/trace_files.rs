//! Trace files: their lines, their form for a browser, and who can read them.

use scimulator::scim::{
    har,
    trace::{Trace, TraceEntry, TraceError, TraceSink},
};
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

fn entry(seq: u64) -> TraceEntry {
    let headers = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
    TraceEntry {
        time: "2026-11-20T07:00:00.000Z".into(),
        job: Some("frankli".into()),
        cycle: Some("c1".into()),
        seq,
        method: "PATCH".into(),
        url: "https://app.example/scim/Users?filter=userName+eq+%22x%22&count=1".into(),
        request_headers: headers(json!({"Content-Type": "application/scim+json; charset=utf-8"})),
        request_body: json!({"Operations": []}),
        status: Some(409),
        response_headers: Some(headers(json!({"content-type": "text/plain"}))),
        response_body: json!("taken"),
        duration_ms: 12,
        error: None,
    }
}

fn unanswered(seq: u64) -> TraceEntry {
    TraceEntry {
        request_body: Value::Null,
        status: None,
        response_headers: None,
        response_body: Value::Null,
        error: Some("no answer within 100 s".into()),
        ..entry(seq)
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn an_ndjson_file_has_a_line_an_entry_that_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.ndjson");
    let trace = Trace::file(&path).unwrap();
    trace.record(&entry(1));
    trace.record(&unanswered(2));
    let text = fs::read_to_string(&path).unwrap();
    let entries: Vec<TraceEntry> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries, [entry(1), unanswered(2)]);
    let names: Vec<String> = serde_json::from_str::<Map<_, _>>(text.lines().next().unwrap())
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
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
    trace.check().unwrap();
}

#[test]
fn a_har_file_is_whole_after_every_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.HAR");
    let trace = Trace::file(&path).unwrap();
    assert_eq!(read(&path)["log"]["entries"], json!([]));
    for count in 1..=3 {
        trace.record(&entry(count));
        let entries = read(&path)["log"]["entries"].as_array().unwrap().clone();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry["_seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
    }
}

#[test]
fn a_har_file_has_all_that_the_format_demands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.har");
    let trace = Trace::file(&path).unwrap();
    trace.record(&entry(1));
    trace.record(&unanswered(2));
    let mut log = read(&path)["log"].take();
    assert_eq!(log["version"], "1.2");
    assert_eq!(log["creator"], json!({"name": "scimulator", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(
        log["entries"][0].take(),
        json!({
            "startedDateTime": "2026-11-20T07:00:00.000Z",
            "time": 12,
            "request": {
                "method": "PATCH",
                "url": "https://app.example/scim/Users?filter=userName+eq+%22x%22&count=1",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [{"name": "Content-Type", "value": "application/scim+json; charset=utf-8"}],
                "queryString": [{"name": "filter", "value": "userName eq \"x\""}, {"name": "count", "value": "1"}],
                "headersSize": -1,
                "bodySize": 17,
                "postData": {"mimeType": "application/scim+json; charset=utf-8", "text": "{\"Operations\":[]}"}
            },
            "response": {
                "status": 409,
                "statusText": "Conflict",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": [{"name": "content-type", "value": "text/plain"}],
                "content": {"size": 5, "mimeType": "text/plain", "text": "taken"},
                "redirectURL": "",
                "headersSize": -1,
                "bodySize": -1
            },
            "cache": {},
            "timings": {"send": 0, "wait": 12, "receive": 0},
            "_job": "frankli",
            "_cycle": "c1",
            "_seq": 1
        })
    );
    let unanswered = &log["entries"][1];
    assert_eq!(unanswered["response"]["status"], 0);
    assert_eq!(unanswered["_error"], "no answer within 100 s");
    assert_eq!(unanswered["request"].get("postData"), None);
}

#[test]
fn an_entry_of_a_har_file_reads_back() {
    for written in [entry(1), unanswered(2), TraceEntry { job: None, cycle: None, ..entry(3) }] {
        assert_eq!(har::trace_entry(&har::har_entry(&written)), Some(written));
    }
    assert_eq!(har::trace_entry(&json!({"request": {"method": "GET", "url": "https://app.example"}})), None);
}

#[cfg(unix)]
#[test]
fn a_trace_file_is_its_owners_alone_even_if_it_was_open_before() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for name in ["trace.har", "trace.ndjson"] {
        let path = folder.path().join(name);
        fs::write(&path, "an older and longer trace ".repeat(100)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        Trace::file(&path).unwrap().record(&entry(1));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert!(!fs::read_to_string(&path).unwrap().contains("older"), "{name}");
    }
}

#[test]
fn a_name_must_say_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let error = Trace::file(&folder.path().join("trace.txt")).unwrap_err();
    assert!(matches!(error, TraceError::Extension(_)), "{error:?}");
    assert!(error.to_string().ends_with("trace.txt` must end in `.har` or `.ndjson`"), "{error}");
    assert!(!folder.path().join("trace.txt").exists());
}

#[test]
fn a_missing_folder_is_made_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/trace.har");
    Trace::file(&path).unwrap();
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let error = Trace::file(&path.join("trace.har")).unwrap_err();
    assert!(matches!(error, TraceError::File { .. }), "{error:?}");
}

#[test]
fn entries_that_nobody_takes_show_when_the_trace_is_checked() {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let trace = Trace::to(std::sync::Arc::new(sender));
    trace.record(&entry(1));
    trace.check().unwrap();
    drop(receiver);
    trace.record(&entry(2));
    assert_eq!(trace.check().unwrap_err().to_string(), "the trace is incomplete: nobody reads it any more");
    Trace::off().record(&entry(1));
    Trace::off().check().unwrap();
}

#[test]
fn a_channel_hands_entries_on() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    sender.record(&entry(1)).unwrap();
    assert_eq!(receiver.try_recv().unwrap(), entry(1));
}
