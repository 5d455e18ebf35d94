//! `discover`: the accounts that an application has already, held against the directory.

use crate::world::{Application, Sent, World, get, keys};
use scimulator::sandbox::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// An application that knows four people: one who is assigned and connected, one who is assigned, one whom the directory
/// has and nobody assigned, and one whom only the application knows.
fn four() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).user("bob", |_| {}).assign("ada", "scim");
    world.sync();
    application.requests();
    for name in ["Grace", "bob", "zoe"] {
        application.add_user(&format!("{name}@contoso.example"));
    }
    world.user("grace", |_| {}).assign("grace", "scim");
    (world, application)
}

#[test]
fn each_account_is_local_unassigned_or_assigned() {
    let (world, application) = four();
    let before = std::fs::read(world.path("state/scimulator.db")).unwrap();
    world.run(["discover", "scim"]).exits_with(0).complains([]).prints([
        "account\tis\tuser\tconnected\tid",
        "zoe@contoso.example\tlocal\t-\tno\t{zoe}",
        "bob@contoso.example\tunassigned\tbob@contoso.example\tno\t{bob}",
        "Grace@contoso.example\tassigned\tgrace@contoso.example\tno\t{Grace}",
        "ada@contoso.example\tassigned\tada@contoso.example\tyes\t{ada}",
        "1 local, 1 unassigned, 2 assigned",
    ]);
    application.received([get("/Users?startIndex=1&count=100")]);
    assert_eq!(std::fs::read(world.path("state/scimulator.db")).unwrap(), before);
}

#[test]
fn json_is_an_account_a_line_and_a_trace_has_the_pages() {
    let (world, _application) = four();
    let accounts =
        world.run(["discover", "scim", "--json", "--trace", "trace.ndjson"]).exits_with(0).complains([]).json_lines();
    assert_eq!(
        accounts[0],
        json!({
            "standing": "assigned",
            "targetId": "{ada}",
            "value": "ada@contoso.example",
            "user": "ada@contoso.example",
            "connected": true,
        })
    );
    assert_eq!(keys(&accounts[0]), ["standing", "targetId", "value", "user", "connected"]);
    assert_eq!(accounts.len(), 4);
    assert_eq!(world.read("trace.ndjson").lines().count(), 1);
}

#[test]
fn an_account_stays_connected_whatever_it_is_called_now() {
    let (mut world, _application) = four();
    let id = world.ids("SELECT id FROM source_object WHERE name LIKE 'ada@%'").remove(0);
    world.change(|directory| {
        directory.user("ada").set("id", id).set("userPrincipalName", "countess@contoso.example");
        directory.unassign("ada", "scim");
    });
    let outcome = world.run(["discover", "scim"]).exits_with(0);
    assert_eq!(outcome.stdout.lines().nth(1), Some("ada@contoso.example\tlocal\t-\tyes\t{ada}"));
}

/// An application with so many users that tells of `told` of them, of which it gives what `page` picks of the asked-for start and count.
fn crowd(
    users: usize,
    told: usize,
    page: impl Fn(usize, usize) -> std::ops::Range<usize> + Send + 'static,
) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    application.interfere(move |request: &Request| {
        let (_, query) = request.path_and_query.split_once('?')?;
        let asked = |name: &str| {
            let value = query.split('&').find_map(|parameter| parameter.strip_prefix(&format!("{name}=")))?;
            value.parse::<usize>().ok()
        };
        let range = page(asked("startIndex")?, asked("count")?);
        let user =
            |number| json!({"schemas": [], "id": format!("id-{number:03}"), "userName": format!("user{number:03}")});
        let found: Vec<Value> = range.filter(|number| (1..=users).contains(number)).map(user).collect();
        let list = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": told,
            "Resources": found,
        });
        let headers = vec![("Content-Type".to_owned(), "application/scim+json".to_owned())];
        Some(Response { status: 200, headers, body: list.to_string().into_bytes() })
    });
    (world, application)
}

/// The accounts that are listed, by their numbers.
fn listed(world: &World, code: i32) -> Vec<String> {
    let lines = world.run(["discover", "scim", "--json"]).exits_with(code).json_lines();
    lines.iter().map(|line| line["targetId"].as_str().unwrap().to_owned()).collect()
}

fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("id-{number:03}")).collect()
}

/// The requests for the pages that begin with these accounts.
fn pages<const N: usize>(starts: [usize; N]) -> [Sent; N] {
    starts.map(|start| get(&format!("/Users?startIndex={start}&count=100")))
}

#[test]
fn pages_are_asked_for_one_after_another() {
    let (world, application) = crowd(250, 250, |start, count| start..start + count);
    assert_eq!(listed(&world, 0), numbers(250));
    application.received(pages([1, 101, 201]));
}

#[test]
fn an_application_that_counts_the_page_and_not_the_users_is_asked_to_its_end() {
    let (world, application) = crowd(250, 100, |start, count| start..start + count);
    assert_eq!(listed(&world, 0), numbers(250));
    application.received(pages([1, 101, 201]));
}

#[test]
fn smaller_pages_than_asked_for_are_pages_too() {
    let (world, application) = crowd(120, 120, |start, _| start..start + 50);
    assert_eq!(listed(&world, 0), numbers(120));
    application.received(pages([1, 51, 101]));
}

#[test]
fn an_application_that_gives_page_one_again_past_the_end_lists_each_account_once() {
    let (world, application) =
        crowd(200, 200, |start, count| if start > 200 { 1..count + 1 } else { start..start + count });
    assert_eq!(listed(&world, 0), numbers(200));
    application.received(pages([1, 101, 201]));
}

#[test]
fn an_application_that_knows_no_pages_gives_everybody_at_once() {
    let (world, application) = crowd(150, 150, |_, _| 1..151);
    assert_eq!(listed(&world, 0), numbers(150));
    application.received(pages([1, 151]));
}

#[test]
fn an_application_that_gives_page_one_again_and_again_is_told_of() {
    let (world, application) = crowd(250, 250, |_, count| 1..count + 1);
    assert_eq!(listed(&world, 1), numbers(100));
    application.received(pages([1, 101]));
    let outcome = world.run(["discover", "scim"]).exits_with(1);
    assert_eq!(outcome.stdout.lines().count(), 102);
    outcome.complains([
        "error: the application says that it has 250 users, and gave 100 of them page by page; what it gives must follow \
         `startIndex` and `count`",
    ]);
}

#[test]
fn what_cannot_be_discovered_is_said() {
    let (mut world, application) = four();
    world
        .run(["discover", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
    application.interfere(|_| Some(Response::error(401, None, "no")));
    world
        .run(["discover", "scim"])
        .exits_with(1)
        .prints([])
        .complains(["error: GET /scim/Users?startIndex=1&count=100: 401 Unauthorized: no"]);
    let computed = "{ expression = \"ToLower([userPrincipalName])\", matching = 1 }";
    let mapping =
        include_str!("../../mappings/scim.toml").replace("{ direct = \"userPrincipalName\", matching = 1 }", computed);
    world.write("computed.toml", &mapping);
    world.configure("mapping = \"scim\"", "mapping = \"computed.toml\"");
    world.run(["discover", "scim"]).exits_with(2).prints([]).complains([
        "error: the first matching attribute `userName` is not a direct mapping; accounts can only be discovered by one \
         that is",
    ]);
}

#[test]
fn an_account_whose_user_is_in_the_recycle_bin_has_one() {
    let (mut world, _application) = four();
    world.change(|directory| directory.remove_user("ada"));
    world.run(["discover", "scim"]).exits_with(0).prints([
        "account\tis\tuser\tconnected\tid",
        "zoe@contoso.example\tlocal\t-\tno\t{zoe}",
        "ada@contoso.example\tdeleted\tada@contoso.example\tyes\t{ada}",
        "bob@contoso.example\tunassigned\tbob@contoso.example\tno\t{bob}",
        "Grace@contoso.example\tassigned\tgrace@contoso.example\tno\t{Grace}",
        "1 local, 1 deleted, 1 unassigned, 1 assigned",
    ]);
}
