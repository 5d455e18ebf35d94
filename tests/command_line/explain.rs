//! `explain`: what every job makes of a user or group, from the state alone.

use crate::world::{Application, World, keys};
use scimulator::sandbox::Response;
use serde_json::json;
use std::sync::Arc;

/// A mapping with few attributes, one of each sort; only Sales is in scope.
const MAPPING: &str = r#"
application = "wiki"
title = "Wiki"

[users.attributes]
userName = { filterable = true, required = true }
active = { type = "Boolean" }
displayName = { required = true }
nickName = {}
title = {}
locale = {}
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { type = "Reference" }

[users.mappings]
userName = { direct = "userPrincipalName", matching = 1 }
active = { expression = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' }
displayName = { direct = "displayName" }
nickName = { expression = 'Replace([mailNickname], , "[aeiou]", , "", , )' }
title = { direct = "jobTitle", default = "Staff" }
locale = { none = true, default = "en-GB" }
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" = { direct = "manager" }

[[users.scoping_filters]]
title = "Sales"
clauses = [{ attribute = "department", operator = "EQUALS", value = "Sales" }]
"#;

/// Ada and her manager Grace in a group that is assigned; both in Sales. Nothing has run yet.
fn sales() -> (World, Arc<Application>) {
    let mut world = World::new();
    world.write("wiki.toml", MAPPING);
    let application = world.job_with("wiki", "wiki.toml", "", "");
    for name in ["ada", "grace"] {
        world.user(name, |user| {
            user.set("department", "Sales");
        });
    }
    world
        .user("ada", |user| {
            user.set("manager", "grace@contoso.example");
        })
        .group("Staff", &["ada", "grace"])
        .assign("Staff", "wiki");
    (world, application)
}

#[test]
fn somebody_in_scope_through_a_group() {
    let (world, application) = sales();
    world.sync();
    application.requests();
    world.run(["explain", "ada@contoso.example"]).exits_with(0).complains([]).prints([
        "User ada@contoso.example ({uuid}); as read at {time}",
        "wiki",
        "  in scope",
        "  assigned: through the group Staff",
        "  filter: Sales.department EQUALS 'Sales': holds",
        "  connected: to {ada}, linked since {time}",
        "  manager: grace@contoso.example, {grace} there",
        "  when a cycle looks at it, it is updated where the target differs",
        "    userName = ada@contoso.example   <- [userPrincipalName], matching",
        "    active = True   <- Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")",
        "    displayName = ada of Contoso   <- [displayName]",
        "    nickName = d   <- Replace([mailNickname], , \"[aeiou]\", , \"\", , )",
        "    title = (nothing; `Staff` on creation)   <- [jobTitle]",
        "    locale = (`en-GB` where the target has nothing)   <- (none)",
        "  last: {time} update success (record {uuid})",
    ]);
    application.received([]);
}

#[test]
fn somebody_whom_the_filter_keeps_out() {
    let (mut world, _application) = sales();
    world
        .user("linus", |user| {
            user.set("department", "Research").set("jobTitle", "Fellow");
        })
        .assign("linus", "wiki");
    world.sync();
    world.run(["explain", "linus@contoso.example"]).exits_with(0).complains([]).prints([
        "User linus@contoso.example ({uuid}); as read at {time}",
        "wiki",
        "  out of scope: User 'linus@contoso.example' does not pass the scoping filters",
        "  assigned: directly",
        "  filter: Sales.department EQUALS 'Sales': does not hold",
        "  connected: no",
        "  when a cycle looks at it, nothing is sent",
        "    userName = linus@contoso.example   <- [userPrincipalName], matching",
        "    active = False   <- Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")",
        "    displayName = linus of Contoso   <- [displayName]",
        "    nickName = lns   <- Replace([mailNickname], , \"[aeiou]\", , \"\", , )",
        "    title = Fellow   <- [jobTitle]",
        "    locale = (`en-GB` where the target has nothing)   <- (none)",
        "  last: {time} other skipped EntrySynchronizationSkipped: User 'linus@contoso.example' does not pass the \
         scoping filters (record {uuid})",
    ]);
}

#[test]
fn somebody_who_is_no_longer_assigned_and_was_disabled() {
    let (mut world, _application) = sales();
    world.sync();
    world.group("Staff", &["grace"]);
    world.sync();
    world.run(["explain", "ada@contoso.example"]).exits_with(0).complains([]).prints([
        "User ada@contoso.example ({uuid}); as read at {time}",
        "wiki",
        "  out of scope: User 'ada@contoso.example' is not assigned to the application",
        "  assigned: no",
        "  filter: Sales.department EQUALS 'Sales': holds",
        "  connected: to {ada}, released since {time}",
        "  manager: grace@contoso.example, {grace} there",
        "  when a cycle looks at it, nothing is sent",
        "    userName = ada@contoso.example   <- [userPrincipalName], matching",
        "    active = False   <- Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")",
        "    displayName = ada of Contoso   <- [displayName]",
        "    nickName = d   <- Replace([mailNickname], , \"[aeiou]\", , \"\", , )",
        "    title = (nothing; `Staff` on creation)   <- [jobTitle]",
        "    locale = (`en-GB` where the target has nothing)   <- (none)",
        "  last: {time} disable success (record {uuid})",
    ]);
}

#[test]
fn somebody_whose_request_failed_and_when_it_is_tried_again() {
    let (world, application) = sales();
    application.interfere(|request| {
        let refused = request.method == "POST" && String::from_utf8_lossy(&request.body).contains("ada@");
        refused.then(|| Response::error(400, Some("invalidValue"), "nickName is too short"))
    });
    world.run(["sync", "now"]).exits_with(1);
    let outcome = world.run(["explain", "ada@contoso.example"]).exits_with(1).complains([]);
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(
        lines[5..8],
        [
            "  connected: no",
            "  manager: grace@contoso.example, {grace} there",
            "  when a cycle looks at it, it is matched, and created if the target has nothing that matches",
        ]
    );
    let reason = "BadRequest: POST /scim/Users: 400 Bad Request, invalidValue: nickName is too short";
    assert_eq!(
        lines[14..],
        [
            &format!("  last: {{time}} create failure {reason} (record {{uuid}})"),
            "  again: it at {time} (failed first at {time}, retried since: 0)",
            &format!("    {reason}"),
        ]
    );
    let told = world.run(["explain", "ada@contoso.example", "--json"]).exits_with(1).json_lines().remove(0);
    let retries = &told["jobs"][0]["retries"][0];
    assert_eq!(keys(retries), ["kind", "code", "reason", "firstFailure", "attempts", "nextAttempt"]);
    assert_eq!(world.query("SELECT next_attempt FROM escrow"), [[retries["nextAttempt"].as_str().unwrap()]]);
}

/// The line that says what a cycle does, and those of the mappings that are not like others.
fn intent(world: &World, code: i32) -> Vec<String> {
    let outcome = world.run(["explain", "ada@contoso.example"]).exits_with(code).complains([]);
    let wanted = ["  when a cycle", "    nickName", "    displayName"];
    let lines = outcome.stdout.lines().filter(|line| wanted.iter().any(|start| line.starts_with(start)));
    lines.map(str::to_owned).collect()
}

#[test]
fn what_keeps_somebody_in_scope_from_being_provisioned() {
    let (mut world, _application) = sales();
    world.user("ada", |user| {
        user.clear("displayName");
    });
    assert_eq!(
        intent(&world, 0)[..2],
        [
            "  when a cycle looks at it, it is matched and skipped, for what is required has no value: displayName",
            "    displayName = (nothing)   <- [displayName]",
        ]
    );
    world.user("ada", |user| {
        user.set("displayName", "Ada");
    });
    world.write("wiki.toml", &MAPPING.replace("nickName = {}", "nickName = { type = \"Integer\" }"));
    assert_eq!(
        intent(&world, 1),
        [
            "  when a cycle looks at it, it fails until that is mended",
            "    displayName = Ada   <- [displayName]",
            "    nickName = (error: the value for `nickName` does not fit: `d` is not a whole number)   <- \
             Replace([mailNickname], , \"[aeiou]\", , \"\", , )",
        ]
    );
    let matching = "userName = { direct = \"userPrincipalName\", matching = 1 }";
    assert!(MAPPING.contains(matching));
    let by_office = "userName = { direct = \"physicalDeliveryOfficeName\", matching = 1 }";
    world.write("wiki.toml", &MAPPING.replace(matching, by_office));
    assert_eq!(
        intent(&world, 0)[0],
        "  when a cycle looks at it, it is skipped, for no matching attribute has a value: userName"
    );
    world.write("wiki.toml", &MAPPING.replace("[users.attributes]", "[users]\nactions = []\n\n[users.attributes]"));
    assert_eq!(
        intent(&world, 0)[0],
        "  when a cycle looks at it, it is matched, and not created: the target object action Create is switched off"
    );
}

#[test]
fn before_anything_ran_and_without_a_secret_it_is_told_from_the_directory() {
    let (mut world, application) = sales();
    world.variable("WORLD_TOKEN", None);
    let first = world.run(["explain", "ada@contoso.example"]).exits_with(0).complains([]);
    let lines: Vec<_> = first.stdout.lines().take(7).collect();
    assert_eq!(
        lines,
        [
            "User ada@contoso.example ({uuid}); as read at {time}",
            "wiki",
            "  in scope",
            "  assigned: through the group Staff",
            "  filter: Sales.department EQUALS 'Sales': holds",
            "  connected: no",
            "  manager: grace@contoso.example, not linked, so it is left out",
        ]
    );
    assert!(!world.path("state").exists());

    world.variable("WORLD_TOKEN", Some(crate::world::TOKEN));
    world.write("directory/users.json", "[{}]");
    world.run(["sync", "now"]).exits_with(2);
    world.change(|_| {});
    world.variable("WORLD_TOKEN", None);
    let second = world.run(["explain", "ada@contoso.example"]).exits_with(0).complains([]);
    assert_eq!(second.stdout, first.stdout, "a state into which no directory was ever read tells nothing");
    application.received([]);
}

#[test]
fn a_job_that_rests_is_said_to() {
    let (world, application) = sales();
    world.sync();
    world.run(["jobs", "pause", "wiki"]).exits_with(0);
    let third_line = |code| {
        let outcome = world.run(["explain", "ada@contoso.example"]).exits_with(code);
        outcome.stdout.lines().nth(2).unwrap_or_default().to_owned()
    };
    assert_eq!(
        third_line(0),
        "  the job is in the state Paused: no cycle runs by itself until `scimulator jobs start wiki`"
    );
    world.run(["jobs", "start", "wiki"]).exits_with(0);
    application.interfere(|_| Some(Response::error(401, None, "no")));
    world.run(["sync", "now"]).exits_with(3);
    assert_eq!(third_line(0), "  the job is in the state Quarantine: everything that failed is tried again at {time}");
}

#[test]
fn a_group_has_its_members_counted_and_a_job_without_groups_says_so() {
    let (mut world, _application) = sales();
    world.job("scim");
    world.user("linus", |_| {}).group("Staff", &["ada", "grace", "linus"]).assign("Staff", "scim");
    world.user("linus", |user| {
        user.set("accountEnabled", false);
    });
    world.sync();
    world.run(["explain", "Staff"]).exits_with(0).complains([]).prints([
        "Group Staff ({uuid}); as read at {time}",
        "wiki",
        "  out of scope: the job does not provision groups",
        "scim",
        "  in scope",
        "  assigned: directly",
        "  connected: to {Staff}, linked since {time}",
        "  members: 3 in the directory, 2 at the target",
        "  when a cycle looks at it, it is updated where the target differs",
        "    displayName = Staff   <- [displayName], matching",
        "    externalId = {uuid}   <- [objectId]",
        "  last: {time} update success (record {uuid})",
    ]);
}

#[test]
fn where_everybody_is_in_scope_nobody_needs_to_be_assigned() {
    let mut world = World::new();
    world.job_with("scim", "scim", "", "scope = \"all\"\n");
    world.user("ada", |_| {});
    let outcome = world.run(["explain", "ADA@contoso.example"]).exits_with(0);
    let lines: Vec<_> = outcome.stdout.lines().skip(2).take(2).collect();
    assert_eq!(lines, ["  in scope", "  assigned: no, and nobody needs to be: the job's scope is `all`"]);
}

#[test]
fn json_is_an_object_a_line_with_a_list_of_jobs() {
    let (world, _application) = sales();
    world.sync();
    let told =
        world.run(["explain", "ada@contoso.example", "--json"]).exits_with(0).complains([]).json_lines().remove(0);
    assert_eq!(keys(&told), ["id", "kind", "name", "state", "enabled", "readAt", "jobs"]);
    let job = &told["jobs"][0];
    assert_eq!(
        keys(job),
        [
            "job",
            "rest",
            "moved",
            "inScope",
            "reason",
            "assigned",
            "everybody",
            "scoping",
            "connection",
            "intent",
            "values",
            "manager",
            "members",
            "last",
            "retries",
            "unansweredCreate",
            "failing"
        ]
    );
    assert_eq!((&job["inScope"], &job["assigned"]), (&json!(true), &json!(["through the group Staff"])));
    assert_eq!(keys(&job["values"][0]), ["target", "source", "value", "default", "error", "matching"]);
}

#[test]
fn who_is_unknown_is_an_error_and_one_job_that_cannot_be_read_hides_no_other() {
    let (mut world, _application) = sales();
    world.job("scim");
    world.run(["explain", "zoe"]).exits_with(2).prints([]).complains([
        "error: the directory has no user and no group `zoe`; give an id, a user principal name or a group's name",
    ]);
    world.write("wiki.toml", &MAPPING.replace("direct = \"jobTitle\"", "direct = \"jobTitel\", matchin = 1"));
    let outcome = world.run(["explain", "ada@contoso.example"]).exits_with(2);
    assert!(outcome.stderr.contains("wiki.toml:"), "{}", outcome.stderr);
    let lines: Vec<_> = outcome.stdout.lines().skip(1).take(2).collect();
    assert_eq!(lines, ["scim", "  out of scope: User 'ada@contoso.example' is not assigned to the application"]);
}

/// The lines about a user that begin so.
fn lines_of(world: &World, name: &str, starts: &[&str]) -> Vec<String> {
    let outcome = world.run(["explain", name]).complains([]);
    let lines = outcome.stdout.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
    lines.map(str::to_owned).collect()
}

#[test]
fn who_left_after_a_create_without_a_clear_answer_is_looked_for_and_disabled() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    application.interfere(|request| (request.method == "POST").then(|| Response::error(500, None, "oops")));
    world.run(["sync", "now"]);
    world.change(|directory| directory.unassign("ada", "scim"));
    application.interfere(|request| (request.method == "GET").then(|| Response::error(500, None, "oops")));
    world.run(["sync", "now"]);
    let told = lines_of(&world, "ada@contoso.example", &["  out of", "  connected", "  a create", "  when a cycle"]);
    assert_eq!(
        told,
        [
            "  out of scope: User 'ada@contoso.example' is not assigned to the application",
            "  connected: no",
            "  a create of this object had no clear answer; the next cycle asks for it",
            "  when a cycle looks at it, it is looked for at the target: if it is there, it is linked and disabled; else \
             nothing is sent",
        ]
    );
}

#[test]
fn a_job_that_refuses_to_run_or_is_switched_off_is_said_to() {
    let (mut world, application) = sales();
    world.sync();
    let url = application.url();
    world.configure(&url, &format!("{url}/v2"));
    assert_eq!(
        lines_of(&world, "ada@contoso.example", &["  the job"]),
        [
            "  the job refuses to run: the tenant URL of job `wiki` leads to `http://{target}/scim/v2`, and its connections \
             belong to `http://{target}/scim`; run `scimulator jobs restart wiki --reset Full` to match everything anew \
             there, or `scimulator jobs restart wiki --keep-links` if it is the same application at another address, or \
             set the URL back"
        ]
    );
    world.configure(&format!("{url}/v2"), &url);
    world.configure("max_in_flight = 1\n", "max_in_flight = 1\nenabled = false\n");
    assert_eq!(
        lines_of(&world, "ada@contoso.example", &["  the job"]),
        ["  the job is in the state SwitchedOff: no cycle runs by itself while it has `enabled = false`"]
    );
}
