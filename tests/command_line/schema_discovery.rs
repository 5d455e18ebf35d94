//! `check --discover`: the mapping held against what the application says at `/Schemas`.

use crate::world::{Application, World, get};
use scimulator::sandbox::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A mapping with a mistake of each sort, as the application below sees it.
const MAPPING: &str = r#"
application = "scim"
title = "App"
[users.attributes]
userName = { filterable = true }
nickname = {}
displayNam = {}
active = {}
"name.first" = {}
emails = {}
groups = {}
badge = {}
externalId = {}
"urn:app:2.0:Plus:seat" = {}
[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
nickname = { direct = "givenName" }
displayNam = { direct = "displayName" }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
"name.first" = { direct = "givenName" }
emails = { direct = "mail" }
groups = { direct = "department" }
badge = { direct = "employeeId" }
externalId = { direct = "objectId" }
"urn:app:2.0:Plus:seat" = { direct = "city" }
"#;

fn attribute(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "mutability": "readWrite"})
}

fn schemas(_: &Request) -> Response {
    let mut emails = attribute("emails", "complex");
    (emails["multiValued"], emails["subAttributes"]) = (true.into(), json!([attribute("value", "string")]));
    let mut name = attribute("name", "complex");
    name["subAttributes"] = json!([attribute("givenName", "string")]);
    let (mut groups, mut badge, mut title) =
        (attribute("groups", "string"), attribute("badge", "string"), attribute("title", "string"));
    (groups["mutability"], badge["mutability"]) = ("readOnly".into(), "immutable".into());
    title["required"] = true.into();
    let attributes = json!([
        attribute("userName", "string"),
        attribute("nickName", "string"),
        attribute("displayName", "string"),
        attribute("active", "boolean"),
        name,
        emails,
        groups,
        badge,
        title,
        attribute("locale", "string"),
    ]);
    let schema = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": CORE_USER,
        "attributes": attributes});
    Response::scim(
        200,
        &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
            "Resources": [schema]}),
    )
}

/// A job whose application answers `/Schemas` like this.
fn answering(mapping: &str, answer: impl Fn(&Request) -> Response + Send + 'static) -> (World, Arc<Application>) {
    let mut world = World::new();
    world.write("app.toml", MAPPING);
    let application = world.job_with("scim", mapping, "", "");
    world.user("ada", |_| {}).assign("ada", "scim");
    application.interfere(move |request| (request.path() == "/scim/Schemas").then(|| answer(request)));
    (world, application)
}

/// What a check prints from the first line on that only `--discover` prints.
fn discovered(world: &World, code: i32) -> Vec<String> {
    let said = world.run(["check", "--discover"]).exits_with(code).complains([]).stdout;
    said.lines().skip_while(|line| !line.starts_with("scim: the next cycle")).skip(1).map(str::to_owned).collect()
}

#[test]
fn the_default_mapping_agrees_with_an_application_of_rfc_7643() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    let told = discovered(&world, 0);
    assert_eq!(
        told,
        [
            "scim: the mapping agrees with /Schemas; nothing is mapped to nickName, profileUrl, userType, locale, timezone, \
             ims, photos, entitlements, roles, x509Certificates, \
             urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter, \
             urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization, \
             urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"
        ]
    );
    application.received([get("/Schemas")]);
    assert!(!world.path("state/scimulator.db").exists());
}

#[test]
fn nothing_is_asked_for_without_it() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.run(["check"]).exits_with(0);
    application.received([]);
    let refused = world.run(["check", "--trace", "x.har"]).exits_with(2).stderr;
    assert!(refused.contains("--discover"), "{refused}");
}

#[test]
fn each_line_that_the_application_does_not_declare_like_this_is_a_warning_with_its_place() {
    let (world, _) = answering("app.toml", schemas);
    assert_eq!(
        discovered(&world, 0).join("\n"),
        "warning: app.toml:18: the application does not declare `displayNam`: its schema \
         `urn:ietf:params:scim:schemas:core:2.0:User` has no such attribute\n  help: it has `displayName`\n\
         warning: app.toml:19: the application declares `active` as `boolean`, and the mapping as `String`\n  \
         help: set the `type` of `active`, or make the expression give such a value\n\
         warning: app.toml:20: the application does not declare `name.first`: its `name` has no such part\n  \
         help: take the line out, or ask the application's makers\n\
         warning: app.toml:21: the application declares `emails` as an object with parts, and the mapping gives a text\n  \
         help: map one of its parts: `value`\n\
         warning: app.toml:22: the application declares `groups` as read-only\n  \
         help: take the line out: the application sets it itself\n\
         warning: app.toml:23: the application lets `badge` be set in a create only\n  \
         help: set `apply = \"creation\"`\n\
         warning: app.toml:25: the application does not declare `urn:app:2.0:Plus:seat`: it has no such schema\n  \
         help: take the line out, or ask the application's makers\n\
         warning: scimulator.toml:9: the application demands `title`, and nothing is mapped to it\n  \
         help: add a line for `title`, or the application may refuse every create\n\
         scim: the mapping differs from /Schemas in 8 places; nothing is mapped to displayName, title, locale"
    );
    let lines = world.run(["check", "--discover", "--json"]).exits_with(0).json_lines();
    assert_eq!(lines.last(), Some(&json!({"job": "scim", "unmapped": ["displayName", "title", "locale"]})));
    // One more is about the name of the extension, and comes without `--discover` too.
    assert_eq!(lines.iter().filter(|line| line["severity"] == "warning").count(), 9);
}

#[test]
fn an_empty_list_of_schemas_is_one_sentence() {
    let (world, _) = answering("scim", |_| {
        let urn = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
        Response::scim(200, &json!({"schemas": [urn], "totalResults": 0, "Resources": []}))
    });
    assert_eq!(
        discovered(&world, 0),
        [
            "warning: scimulator.toml:10: the application of `scim` does not say what attributes it has: the list at \
             /Schemas is empty",
            "  help: it need not: provisioning never asks for /Schemas",
        ]
    );
}

#[test]
fn an_application_without_schemas_is_told_of_and_is_no_failure() {
    for (status, said) in [(404, "404 Not Found"), (405, "405 Method Not Allowed"), (501, "501 Not Implemented")] {
        let (world, _) = answering("scim", move |_| Response::error(status, None, "no such thing"));
        assert_eq!(
            discovered(&world, 0),
            [
                &*format!(
                    "warning: scimulator.toml:10: the application of `scim` does not say what attributes it has: \
                     GET /scim/Schemas: {said}: no such thing"
                ),
                "  help: it need not: provisioning never asks for /Schemas",
            ]
        );
    }
}

#[test]
fn an_answer_that_is_no_list_of_schemas_is_an_error_of_the_target() {
    let list = |resources: Value, total: usize| {
        Response::scim(
            200,
            &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total,
                "Resources": resources}),
        )
    };
    let html = Response { status: 200, headers: vec![], body: b"<html>Log in</html>".to_vec() };
    for (answer, said) in [
        (html, "200 OK, but the answer is not SCIM: the body is"),
        (Response::scim(200, &json!([])), "the body is JSON, but no object"),
        (list(json!([{"id": CORE_USER}]), 1), "has no array `attributes`"),
        (list(json!([{"id": CORE_USER, "attributes": [{"name": "a\u{1b}[2J"}]}]), 1), "has no `name`"),
        (list(json!([]), 7), "it has 7 schemas, and gives 0 of them"),
        (Response::error(401, None, "who?"), "401 Unauthorized: who?"),
    ] {
        let (world, _) = answering("scim", move |_| answer.clone());
        let told = discovered(&world, 1).join("\n");
        let begins = "error: scimulator.toml:10: the application of `scim` does not say what attributes it has: \
                      GET /scim/Schemas: ";
        assert!(told.starts_with(begins) && told.contains(said), "{told}");
    }
}

#[test]
fn a_trace_has_the_request() {
    let (world, _) = answering("app.toml", schemas);
    world.run(["check", "--discover", "--trace", "trace.ndjson"]).exits_with(0);
    let entries: Vec<Value> =
        world.read("trace.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["job"], &entries[0]["method"]), (&json!("scim"), &json!("GET")));
    assert_eq!(entries[0]["requestHeaders"]["Authorization"], "Bearer [hidden]");
}
