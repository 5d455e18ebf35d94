//! The templates of applications in Entra's gallery, at servers that are none of them: which of their attributes arrive.
//!
//! A server that is told nothing of an application's own extension may refuse it, take it, or drop it without a word. What
//! was sent is read from the trace, and held against what the server has.

use crate::{
    case::{Case, Stage},
    scene::{Objection, Scene, in_order},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The cases.
pub(crate) const CASES: &[Case] = &[
    Case { name: "the template `flock`: a user, created and changed", play: |stage| played(stage, "flock") },
    Case { name: "the template `frankli`: a user, created and changed", play: |stage| played(stage, "frankli") },
    Case { name: "the template `askspoke`: a user, created and changed", play: |stage| played(stage, "askspoke") },
    Case { name: "the template `mediusflow`: a user, created and changed", play: |stage| played(stage, "mediusflow") },
    Case { name: "the template `tribeloo`: a user, created and changed", play: |stage| played(stage, "tribeloo") },
];

/// A value for everything that a template reads, but a manager, who is a case of its own.
fn everything() -> Value {
    let mut user = json!({
        "jobTitle": "Librarian",
        "mail": "ann@contoso.example",
        "preferredLanguage": "en-NZ",
        "officeLocation": "Wellington",
        "streetAddress": "1 Featherston Street",
        "city": "Wellington",
        "state": "WGN",
        "postalCode": "6011",
        "country": "NZ",
        "businessPhones": ["+64 4 5550100"],
        "mobilePhone": "+64 21 5550100",
        "employeeId": "4711",
        "department": "Library",
        "companyName": "Contoso",
        "employeeHireDate": "2026-01-05T00:00:00Z",
    });
    for number in 1..=15 {
        user[format!("extensionAttribute{number}")] = format!("value {number}").into();
    }
    user
}

fn changed() -> Value {
    let mut user = json!({
        "displayName": "Ann Lee",
        "surname": "Lee",
        "jobTitle": "Archivist",
        "department": "Archives",
        "employeeHireDate": "2026-02-01T00:00:00Z",
    });
    for number in 1..=15 {
        user[format!("extensionAttribute{number}")] = format!("another value {number}").into();
    }
    user
}

fn played(stage: &Stage, template: &str) -> Result<(), Objection> {
    let mut scene = stage.scene_with(template, "");
    scene.user("ann", &everything());
    let created = written(&mut scene, "POST");
    if created.refused {
        return Err(Objection::Partly(format!("not created: {}", scene.refusals())));
    }
    scene.change("ann", &changed());
    let patched = written(&mut scene, "PATCH");
    let mut told = Vec::new();
    if !created.missing.is_empty() {
        told.push(format!("created without {}", created.missing));
    }
    match (patched.refused, patched.missing.is_empty()) {
        (true, _) => told.push(format!("not changed: {}", scene.refusals())),
        (false, false) => told.push(format!("changed without {}", patched.missing)),
        (false, true) => {}
    }
    if told.is_empty() { Ok(()) } else { Err(Objection::Partly(told.join("; "))) }
}

/// What came of a cycle's writes.
struct Written {
    refused: bool,
    /// The attributes that were sent and that the server does not hold so.
    missing: String,
}

fn written(scene: &mut Scene, method: &str) -> Written {
    let cycle = scene.cycle();
    let requests: Vec<_> = cycle.requests.iter().filter(|request| request.method == method).collect();
    assert!(!requests.is_empty(), "nothing was sent by {method}: {:#?}", cycle.result);
    let held = scene.held().remove(&scene.user_name("ann")).map(|held| flat(&held)).unwrap_or_default();
    let mut missing = BTreeSet::new();
    for request in &requests {
        let sent = if method == "POST" {
            flat(&in_order(request.request_body.clone()))
        } else {
            operations(&request.request_body)
        };
        missing.extend(sent.into_iter().filter(|(path, value)| held.get(path) != Some(value)).map(|(path, _)| path));
    }
    let refused = requests.iter().any(|request| request.status.is_none_or(|status| status >= 400));
    Written { refused, missing: in_short(&missing) }
}

/// The attributes of a resource, those of objects and extensions one by one.
fn flat(resource: &Value) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (name, value) in resource.as_object().unwrap_or(&Map::new()) {
        match value {
            _ if matches!(name.as_str(), "schemas" | "meta" | "id") => {}
            Value::Object(parts) => {
                let mark = if name.starts_with("urn:") { ':' } else { '.' };
                flat.extend(parts.iter().map(|(part, value)| (format!("{name}{mark}{part}"), value.clone())));
            }
            value => drop(flat.insert(name.clone(), value.clone())),
        }
    }
    flat
}

/// What the operations of a change set, by path; those whose path picks an entry are left out.
fn operations(body: &Value) -> BTreeMap<String, Value> {
    let mut set = BTreeMap::new();
    for operation in body["Operations"].as_array().unwrap() {
        match operation["path"].as_str() {
            Some(path) if path.contains('[') => {}
            Some(path) => drop(set.insert(path.to_owned(), operation["value"].clone())),
            None => set.extend(operation["value"].as_object().unwrap().clone()),
        }
    }
    set
}

/// The paths for a table: several of one extension by their URN, once.
fn in_short(paths: &BTreeSet<String>) -> String {
    let urn = |path: &String| path.rsplit_once(':').map(|(urn, _)| urn.to_owned());
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        *groups.entry(urn(path).unwrap_or_else(|| path.clone())).or_default() += 1;
    }
    let told = groups.into_iter().map(|(name, count)| match count {
        _ if paths.contains(&name) => format!("`{name}`"),
        1 => format!("`{}`", paths.iter().find(|path| urn(path).as_ref() == Some(&name)).unwrap()),
        count => format!("`{name}` ({count} attributes)"),
    });
    told.collect::<Vec<_>>().join(", ")
}
