//! What holds whatever clients send, in whatever order.

use super::{ENTERPRISE, GROUP, PATCH_OP, Sandbox, USER, encoded, refusal};
use crate::sandbox::{Request, Settings};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Barrier, thread};

/// One request; resources are chosen by their number among those that exist.
#[derive(Clone, Debug)]
enum Step {
    CreateUser(&'static str, Value),
    CreateGroup(Vec<usize>),
    PatchUser(usize, Vec<Value>),
    ReplaceUser(usize, &'static str),
    PatchGroup(usize, Vec<(&'static str, Vec<usize>)>),
    DeleteUser(usize),
    DeleteGroup(usize),
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["ada", "ADA", "bob", "Clara", "dora"])
}

fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!("x"),
        json!("True"),
        json!(""),
        json!(null),
        json!(true),
        json!(7),
        json!([]),
        json!([{"type": "work", "value": "x", "primary": true}, {"type": "home", "value": "y"}]),
        json!({"type": "home", "value": "z", "primary": "True"}),
        json!({"givenName": "Ada", "familyName": null}),
        json!({"displayName": "Ada", "name.givenName": "Ada", ENTERPRISE: {"department": "Engines"}}),
    ])
}

fn operation() -> impl Strategy<Value = Value> {
    let path = select(vec![
        "userName",
        "active",
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails.primary",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[primary eq \"True\"].value",
        "roles",
        "manager",
        "unknown.part",
        "unknown[a eq \"b\"]",
        ENTERPRISE,
    ]);
    (select(vec!["Add", "replace", "Remove"]), proptest::option::weighted(0.8, path), value()).prop_map(
        |(op, path, value)| match path {
            Some(path) => json!({"op": op, "path": path, "value": value}),
            None => json!({"op": op, "value": value}),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let members = || prop::collection::vec(0..6_usize, 0..4);
    prop_oneof![
        4 => (name(), value()).prop_map(|(name, emails)| Step::CreateUser(name, emails)),
        2 => members().prop_map(Step::CreateGroup),
        6 => (0..4_usize, prop::collection::vec(operation(), 1..4)).prop_map(|(user, list)| Step::PatchUser(user, list)),
        1 => (0..4_usize, name()).prop_map(|(user, name)| Step::ReplaceUser(user, name)),
        4 => (0..3_usize, prop::collection::vec((select(vec!["add", "Replace", "Remove", "remove"]), members()), 1..4))
            .prop_map(|(group, list)| Step::PatchGroup(group, list)),
        1 => (0..4_usize).prop_map(Step::DeleteUser),
        1 => (0..3_usize).prop_map(Step::DeleteGroup),
    ]
}

fn ids(resources: &[Value]) -> Vec<String> {
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
}

fn take(sandbox: &Sandbox, step: &Step) {
    let (users, groups) = (ids(&sandbox.application.users()), ids(&sandbox.application.groups()));
    let everybody: Vec<&String> = users.iter().chain(&groups).collect();
    let entries = |numbers: &[usize]| -> Vec<Value> {
        let chosen = numbers.iter().filter_map(|number| everybody.get(*number));
        chosen.map(|id| json!({"value": id})).collect()
    };
    let response = match step {
        Step::CreateUser(name, emails) => {
            let body = json!({"schemas": [USER], "userName": name, "emails": emails});
            sandbox.send("POST", "/Users", Some(&body))
        }
        Step::CreateGroup(members) => {
            let body = json!({"schemas": [GROUP], "displayName": "Engineers", "members": entries(members)});
            sandbox.send("POST", "/Groups", Some(&body))
        }
        Step::PatchUser(number, operations) => {
            let Some(id) = users.get(*number) else { return };
            sandbox.patch(&format!("/Users/{id}"), &json!(operations))
        }
        Step::ReplaceUser(number, name) => {
            let Some(id) = users.get(*number) else { return };
            sandbox.send("PUT", &format!("/Users/{id}"), Some(&json!({"schemas": [USER], "userName": name})))
        }
        Step::PatchGroup(number, operations) => {
            let Some(id) = groups.get(*number) else { return };
            let operations: Vec<Value> = operations
                .iter()
                .map(|(op, members)| json!({"op": op, "path": "members", "value": entries(members)}))
                .collect();
            sandbox.patch(&format!("/Groups/{id}"), &json!(operations))
        }
        Step::DeleteUser(number) => {
            let Some(id) = users.get(*number) else { return };
            sandbox.send("DELETE", &format!("/Users/{id}"), None)
        }
        Step::DeleteGroup(number) => {
            let Some(id) = groups.get(*number) else { return };
            sandbox.send("DELETE", &format!("/Groups/{id}"), None)
        }
    };
    if response.status >= 400 {
        let (status, _, detail) = refusal(&response);
        assert!(matches!(status, 400 | 409), "{status} {detail}");
        assert_eq!(ids(&sandbox.application.users()), users);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn whatever_happens_the_state_file_tells_the_same_and_nothing_contradicts_itself(
        steps in prop::collection::vec(step(), 1..30)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { state: Some(folder.path().join("state.ndjson")), ..Settings::default() };
        let sandbox = Sandbox::with(settings.clone());
        for step in &steps {
            take(&sandbox, step);
        }
        let (users, groups) = (sandbox.application.users(), sandbox.application.groups());
        let everybody: HashSet<String> = ids(&users).into_iter().chain(ids(&groups)).collect();
        let names: HashSet<String> = users.iter().map(|user| user["userName"].as_str().unwrap().to_lowercase()).collect();
        prop_assert_eq!(names.len(), users.len());
        for user in &users {
            let name = user["userName"].as_str().unwrap();
            prop_assert_eq!(sandbox.found(&format!(r#"userName eq "{name}""#)), [name]);
            prop_assert!(!user.to_string().contains("null"), "{}", user);
            prop_assert!(!user.to_string().contains("[]") && !user.to_string().contains("{}"), "{}", user);
            prop_assert!(user.get("active").is_none_or(Value::is_boolean));
            let emails = user["emails"].as_array().cloned().unwrap_or_default();
            prop_assert!(emails.iter().filter(|email| email["primary"] == true).count() < 2, "{}", user);
        }
        for value in ["x", "y", "z"] {
            let holds = |user: &&Value| {
                let emails = user["emails"].as_array().cloned().unwrap_or_default();
                emails.iter().any(|email| email["value"] == value)
            };
            let expected: Vec<&str> = users.iter().filter(holds).map(|user| user["userName"].as_str().unwrap()).collect();
            prop_assert_eq!(sandbox.found(&format!(r#"emails eq "{value}""#)), expected);
        }
        for group in &groups {
            let members = group["members"].as_array().cloned().unwrap_or_default();
            let members: Vec<&str> = members.iter().map(|member| member["value"].as_str().unwrap()).collect();
            prop_assert!(members.iter().all(|member| everybody.contains(*member)));
            prop_assert_eq!(members.iter().collect::<HashSet<_>>().len(), members.len());
        }
        drop(sandbox);
        let again = Sandbox::with(settings);
        prop_assert_eq!(json!([again.application.users(), again.application.groups()]), json!([users, groups]));
    }

    #[test]
    fn any_text_at_all_is_answered(
        method in select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]),
        path in "(/scim)?(/Users|/Groups|/Schemas)?(/\\PC{0,5})?(\\?(filter|attributes|count)=\\PC{0,10})?",
        body in "\\PC{0,20}",
    ) {
        let response = Sandbox::open().application.handle(&Request {
            method: method.to_owned(),
            path_and_query: path,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.into_bytes(),
        });
        prop_assert!(response.status == 200 || matches!(refusal(&response).0, 400 | 404 | 405));
    }

    #[test]
    fn any_path_in_a_patch_or_a_filter_is_answered(
        path in "(urn:a:2.0:User:)?[a-z]{0,3}(\\[[a-z ]{0,3}( eq )?\"?[a-z\\]\"\\\\]{0,4}\\]?)?(\\.[a-z]{0,2})?",
        verb in select(vec!["add", "replace", "remove"]),
        value in value(),
    ) {
        let sandbox = Sandbox::open();
        let id = sandbox.user("ada", &json!({}));
        let operations = json!([{"op": verb, "path": path, "value": value}]);
        let body = json!({"schemas": [PATCH_OP], "Operations": operations});
        let response = sandbox.send("PATCH", &format!("/Users/{id}"), Some(&body));
        prop_assert!(response.status == 200 || refusal(&response).0 == 400);
        let filter = format!("{path} eq \"x\"");
        let response = sandbox.send("GET", &format!("/Users?filter={}", encoded(&filter)), None);
        prop_assert!(response.status == 200 || refusal(&response).1 == "invalidFilter");
    }
}

#[test]
fn of_several_creates_at_once_with_one_name_one_succeeds() {
    let sandbox = Sandbox::open();
    let start = Barrier::new(8);
    let create = || {
        start.wait();
        let body = json!({"schemas": [USER], "userName": "ada"});
        sandbox.send("POST", "/Users", Some(&body)).status
    };
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}
