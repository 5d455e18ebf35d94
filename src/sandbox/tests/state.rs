//! Resources that outlive the application.

use super::{Sandbox, USER, rule};
use crate::sandbox::{ApplicationSchema, AttributeKind, AttributeRule, Settings, StateError};
use serde_json::json;
use std::{fs, path::Path};

fn open(path: &Path) -> Sandbox {
    Sandbox::with(Settings { state: Some(path.to_owned()), ..Settings::default() })
}

fn refusal(path: &Path) -> StateError {
    let settings = Settings { state: Some(path.to_owned()), ..Settings::default() };
    let clock = std::sync::Arc::new(crate::clock::SystemClock);
    let chance = std::sync::Arc::new(crate::chance::Chance::seeded(1));
    crate::sandbox::Application::open(settings, clock, chance).unwrap_err()
}

#[test]
fn everything_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for/it/state.ndjson");
    let sandbox = open(&path);
    let (ada, bob) = (sandbox.user("ada", &json!({"title": "Miss"})), sandbox.user("bob", &json!({})));
    let group = sandbox.group("Engineers", &[&ada, &bob, "1"]);
    let other = sandbox.group("Others", &["1", "2"]);
    sandbox.advance();
    sandbox.patched(&ada, &json!([{"op": "Replace", "path": "title", "value": "Countess"}]));
    sandbox.patch(
        &format!("/Groups/{group}"),
        &json!([
            {"op": "Remove", "path": "members", "value": [{"value": "1"}]},
            {"op": "Add", "path": "members", "value": [{"value": "3"}]},
        ]),
    );
    sandbox
        .patch(&format!("/Groups/{other}"), &json!([{"op": "replace", "path": "members", "value": [{"value": "4"}]}]));
    sandbox.send("DELETE", &format!("/Users/{bob}"), None);
    let (users, groups) = (sandbox.application.users(), sandbox.application.groups());
    assert_eq!((users.len(), groups[0]["members"].as_array().unwrap().len()), (1, 2));
    drop(sandbox);
    for _ in 0..2 {
        let again = open(&path);
        assert_eq!((again.application.users(), again.application.groups()), (users.clone(), groups.clone()));
    }
    let again = open(&path);
    assert_eq!(again.found(r#"userName eq "ADA""#), ["ada"]);
    again.send("DELETE", &format!("/Users/{ada}"), None);
    assert_eq!(again.members(&group), ["3"]);
}

#[test]
fn what_a_later_schema_requires_does_not_lock_older_users() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    let id = open(&path).user("ada", &json!({}));
    let schema = ApplicationSchema {
        name: "later".to_owned(),
        users: vec![
            rule("userName", AttributeKind::String),
            AttributeRule { required: true, ..rule("title", AttributeKind::String) },
        ],
        groups: Vec::new(),
    };
    let later = Sandbox::with(Settings { state: Some(path), schema: Some(schema), ..Settings::default() });
    let rename = json!([{"op": "Replace", "path": "userName", "value": "countess"}]);
    assert_eq!(later.patched(&id, &rename), json!({}));
    let title = json!([{"op": "Add", "path": "title", "value": "Countess"}]);
    assert_eq!(later.patched(&id, &title), json!({"title": "Countess"}));
    assert_eq!(later.patch_refused(&id, &json!([{"op": "Remove", "path": "title"}])).1, "mutability");
}

#[test]
fn each_request_that_changes_something_adds_a_line_and_a_restart_leaves_one_a_resource() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    let lines = || fs::read_to_string(&path).unwrap().lines().count();
    let sandbox = open(&path);
    let id = sandbox.user("ada", &json!({}));
    for title in ["a", "b", "b"] {
        sandbox.patched(&id, &json!([{"op": "Replace", "path": "title", "value": title}]));
    }
    sandbox.get("/Users");
    assert_eq!(lines(), 1 + 3);
    drop(sandbox);
    drop(open(&path));
    assert_eq!(lines(), 1 + 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/state.ndjson");
    let _sandbox = open(&path);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_line_that_a_crash_cut_short_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    let sandbox = open(&path);
    sandbox.user("ada", &json!({}));
    sandbox.user("bob", &json!({}));
    drop(sandbox);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 5]).unwrap();
    let again = open(&path);
    assert_eq!(again.application.user_count(), 1);
    again.user("bob", &json!({}));
}

#[test]
fn a_damaged_line_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    open(&path).user("ada", &json!({}));
    let damaged = fs::read_to_string(&path).unwrap().replace("\"kind\":\"user\"", "\"kind\":\"robot\"");
    fs::write(&path, &damaged).unwrap();
    let message = refusal(&path).to_string();
    assert!(
        message.starts_with(&format!("`{}` is damaged in line 2: unknown variant `robot`", path.display())),
        "{message}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letters.txt");
    for text in ["Dear Sir\n", "{\"format\":\"scimulator-sandbox\",\"version\":99}\n"] {
        fs::write(&path, text).unwrap();
        let expected =
            format!("`{}` is no state file of a sandbox; name another file, or move this one away", path.display());
        assert_eq!(refusal(&path).to_string(), expected);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_empty_file_is_a_fresh_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    fs::write(&path, "").unwrap();
    assert_eq!(open(&path).application.user_count(), 0);
}

#[test]
fn one_file_serves_one_application_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    let sandbox = open(&path);
    let expected = format!("`{}` is in use by another sandbox; stop that one, or name another file", path.display());
    assert_eq!(refusal(&path).to_string(), expected);
    drop(sandbox);
    open(&path);
}

#[test]
fn a_refused_request_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ndjson");
    let sandbox = open(&path);
    sandbox.user("ada", &json!({}));
    let before = fs::read_to_string(&path).unwrap();
    let body = json!({"schemas": [USER], "userName": "ada"});
    assert_eq!(sandbox.send("POST", "/Users", Some(&body)).status, 409);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}
