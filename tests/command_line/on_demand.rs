//! `provision`: one user or group on demand, step by step.

use crate::world::{Application, World, keys, look_up, new_user, patch, post, probe};
use scimulator::sandbox::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// Ada, who is in scope; nobody is provisioned yet.
fn ada(flag: &str) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", flag, "");
    world.user("ada", |_| {}).assign("ada", "scim");
    (world, application)
}

/// The five steps of a user who is new at the target.
fn created(dry_run: bool) -> Vec<String> {
    let (mode, status, done) =
        if dry_run { (", as a dry run: nothing is written", "not sent", "would be") } else { ("", "201", "was") };
    let mut lines: Vec<String> = [
        &format!("scim: ada@contoso.example on demand{mode}"),
        "1. Test connection: success",
        "   GET http://{target}/scim/Users?filter=userName+eq+%22{uuid}%22 -> 200",
        "2. Import: success",
        "   Retrieved User 'ada@contoso.example' from Microsoft Entra ID",
        "     objectId = {uuid}",
        "     accountEnabled = True",
        "     userPrincipalName = ada@contoso.example",
        "     displayName = ada of Contoso",
        "     mailNickname = ada",
        "     mail = ada@contoso.example",
        "     IsSoftDeleted = False",
        "3. Determine scope: success",
        "   Determine if User in scope by evaluating against each scoping filter",
        "     IsActive = True",
        "     Assigned = True",
        "     IsEffectivelyEntitledForProvisioning = True",
        "     IsInProvisioningScopeDisplayName = True",
        "     ScopeEvaluationResult = {}",
        "4. Match: success",
        "   GET http://{target}/scim/Users?filter=userName+eq+%22ada%40contoso.example%22 -> 200",
        "   User 'ada@contoso.example' will be created in SCIM application (User is active and assigned in Microsoft \
         Entra ID, but no matching User was found in SCIM application)",
        "5. Perform action: success",
        &format!("   POST http://{{target}}/scim/Users -> {status}"),
        &format!("     {}", new_user("ada")),
        &format!("   User 'ada@contoso.example' {done} created in SCIM application"),
        "     userName = ada@contoso.example",
        "     active = True",
        "     displayName = ada of Contoso",
        "     emails[type eq \"work\"]value = ada@contoso.example",
        "     externalId = ada",
        "     ReportableIdentifier = ada@contoso.example",
        "userName: - -> ada@contoso.example",
        "active: - -> True",
        "displayName: - -> ada of Contoso",
        "emails[type eq \"work\"].value: - -> ada@contoso.example",
        "externalId: - -> ada",
        "result: Success",
    ]
    .map(str::to_owned)
    .into();
    if !dry_run {
        lines.push("see it again: scimulator logs show {uuid}".to_owned());
    }
    lines
}

const PROVISION_ADA: [&str; 4] = ["provision", "scim", "--user", "ada@contoso.example"];

#[test]
fn the_five_steps_are_shown_with_what_each_saw() {
    let (world, application) = ada("");
    let outcome = world.run(PROVISION_ADA).exits_with(0).complains([]);
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), created(false));
    application.received([probe(), look_up("ada%40contoso.example"), post("/Users", new_user("ada"))]);
}

#[test]
fn a_dry_run_shows_the_same_and_writes_nothing() {
    let (world, application) = ada("");
    let [provision, job, user, name] = PROVISION_ADA;
    let outcome = world.run([provision, job, user, name, "--dry-run"]).exits_with(0).complains([]);
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), created(true));
    application.received([probe(), look_up("ada%40contoso.example")]);
    assert!(!world.path("state").exists());
}

#[test]
fn through_a_daemon_it_is_the_same() {
    let (mut world, application) = ada("");
    world.change(|directory| directory.unassign("ada", "scim"));
    let mut daemon = world.start(["run"]);
    daemon.wait_for("cycle ended");
    world.wait_for_daemon();
    world.assign("ada", "scim");
    application.requests();
    let [provision, job, user, name] = PROVISION_ADA;
    let rehearsal = world.run([provision, job, user, name, "--dry-run"]).exits_with(0).complains([]);
    assert_eq!(rehearsal.stdout.lines().collect::<Vec<_>>(), created(true));
    application.received([probe(), look_up("ada%40contoso.example")]);
    let outcome = world.run([provision, job, user, name, "--trace", "trace.ndjson"]).exits_with(0).complains([]);
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), created(false));
    application.received([probe(), look_up("ada%40contoso.example"), post("/Users", new_user("ada"))]);
    assert_eq!(world.read("trace.ndjson").lines().count(), 3);
    daemon.signal("TERM");
    daemon.end().exits_with(0);
}

#[test]
fn a_daemon_refuses_what_the_command_would_refuse_by_itself() {
    let (world, application) = ada("");
    let refused = |arguments: &[&str], message: &str| {
        let mut whole = vec!["provision"];
        whole.extend(arguments);
        world.run_all(&whole).exits_with(2).prints([]).complains([message]);
    };
    let all = || {
        refused(&["skim", "--user", "ada@contoso.example"], "error: there is no job `skim`; there are: scim");
        refused(
            &["scim", "--user", "zoe@contoso.example"],
            "error: the directory has no user `zoe@contoso.example`; give its id or its name as the files have it",
        );
        refused(
            &["scim", "--group", "ada@contoso.example"],
            "error: the directory has no group `ada@contoso.example`; give its id or its name as the files have it",
        );
        let mut crowd = vec!["scim", "--group", "Engineers"];
        crowd.extend(["--member", "ada@contoso.example"].repeat(6));
        refused(
            &crowd,
            "error: a run on demand takes 5 members at most, and 6 are named; leave the others to the next cycle",
        );
    };
    all();
    let mut daemon = world.start(["run"]);
    daemon.wait_for("cycle ended");
    world.wait_for_daemon();
    application.requests();
    all();
    application.received([]);
    world.write("directory/users.json", "[{}]");
    refused(&["scim", "--user", "ada"], "error: directory/users.json:1: record 1: `userPrincipalName` is missing");
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    refused(&["scim", "--user", "ada"], "error: directory/users.json:1: record 1: `userPrincipalName` is missing");
}

#[test]
fn under_the_flag_it_speaks_the_legacy_dialect_all_the_same() {
    let (mut world, application) = ada("?aadOptscim062020");
    world.sync();
    application.requests();
    world.change(|directory| directory.unassign("ada", "scim"));
    world.run(PROVISION_ADA).exits_with(0);
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        patch("/Users/{ada}", json!([{"op": "Replace", "path": "active", "value": "False"}])),
    ]);
}

#[test]
fn a_group_has_its_named_members_and_the_others_a_reason() {
    let (mut world, application) = ada("");
    for name in ["grace", "alan", "bob"] {
        world.user(name, |_| {}).assign(name, "scim");
    }
    world.sync();
    world.user("linus", |_| {}).group("Engineers", &["ada", "grace", "linus"]).assign("Engineers", "scim");
    application.requests();
    let named = ["ada", "linus", "bob"].map(|name| format!("{name}@contoso.example"));
    let mut arguments = vec!["provision", "scim", "--group", "Engineers"];
    arguments.extend(named.iter().flat_map(|name| ["--member", name]));
    let outcome = world.run_all(&arguments).exits_with(0).complains([]);
    let end: Vec<_> = outcome.stdout.lines().skip_while(|line| !line.starts_with("5. ")).collect();
    assert_eq!(
        end,
        [
            "5. Perform action: success",
            "   POST http://{target}/scim/Groups -> 201",
            "     {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Engineers\",\
             \"externalId\":\"{uuid}\",\"meta\":{\"resourceType\":\"Group\"}}",
            "   PATCH http://{target}/scim/Groups/{Engineers} -> 204",
            "     {\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"Add\",\
             \"path\":\"members\",\"value\":[{\"value\":\"{ada}\"}]}]}",
            "   Group 'Engineers' was created in SCIM application",
            "     displayName = Engineers",
            "     externalId = {uuid}",
            "     ReportableIdentifier = Engineers",
            "   Group 'Engineers' was updated in SCIM application",
            "     members = ada@contoso.example",
            "     ReportableIdentifier = Engineers",
            "note: `linus@contoso.example` is not provisioned yet and was left out; provision the user first",
            "note: `bob@contoso.example` is not a direct member of the group, and was not one at the target",
            "displayName: - -> Engineers",
            "externalId: - -> {uuid}",
            "members: - -> {ada}",
            "result: Success",
            "see it again: scimulator logs show {uuid}",
        ]
    );
}

#[test]
fn a_group_in_step_whose_member_is_removed_has_done_something() {
    let (mut world, application) = ada("");
    world.group("Engineers", &["ada"]).assign("Engineers", "scim");
    world.sync();
    world.group("Engineers", &[]);
    application.requests();
    let arguments = ["provision", "scim", "--group", "Engineers", "--member", "ada@contoso.example", "--json"];
    let answer = world.run(arguments).exits_with(0).complains([]).json_lines().remove(0);
    let part = |name: &str| serde_json::from_str::<Value>(answer[name].as_str().unwrap()).unwrap();
    assert_eq!(part("key"), json!({"result": "Success", "details": {}}));
    assert_eq!(
        (&part("value")["action"], &part("value")["statusInfo"]["status"]),
        (&json!("Update"), &json!("Success"))
    );
    application.received_writes([patch(
        "/Groups/{Engineers}",
        json!([{"op": "Remove", "path": "members", "value": [{"value": "{ada}"}]}]),
    )]);
}

#[test]
fn a_nested_group_is_a_member_only_of_the_cycles() {
    let (mut world, application) = ada("");
    world.group("Compilers", &["ada"]);
    world.group("Engineers", &["ada"]).assign("Engineers", "scim").assign("Compilers", "scim");
    world
        .run(["provision", "scim", "--group", "Engineers", "--member", "Compilers"])
        .exits_with(2)
        .prints([])
        .complains(["error: the directory has no user `Compilers`; give its id or its name as the files have it"]);
    application.received([]);
}

#[test]
fn json_is_what_graph_answers_with_notes_and_requests_beside_it() {
    let (world, _application) = ada("");
    let [provision, job, user, name] = PROVISION_ADA;
    let answer = world.run([provision, job, user, name, "--json"]).exits_with(0).complains([]).json_lines().remove(0);
    assert_eq!(keys(&answer), ["key", "value", "notes", "requests"]);
    let part = |name: &str| serde_json::from_str::<Value>(answer[name].as_str().unwrap()).unwrap();
    assert_eq!(part("key"), json!({"result": "Success", "details": {}}));
    let value = part("value");
    assert_eq!(
        keys(&value),
        [
            "action",
            "changeId",
            "startTime",
            "endTime",
            "reportableIdentifier",
            "modifiedProperties",
            "provisioningSteps",
            "statusInfo",
            "sourceIdentity",
            "sourceSystem",
            "targetIdentity",
            "targetSystem"
        ]
    );
    let words = |step: &Value| ["name", "type", "status"].map(|word| step[word].as_str().unwrap().to_owned()).join(" ");
    let steps: Vec<_> = value["provisioningSteps"].as_array().unwrap().iter().map(words).collect();
    assert_eq!(
        steps,
        [
            "EntryImport Import Success",
            "EntrySynchronizationScoping Scoping Success",
            "EntrySynchronizationAdd Matching Success",
            "EntryExportAdd Export Success",
        ]
    );
    assert_eq!(answer["requests"][2]["method"], "POST");
    assert_eq!(answer["requests"][2]["status"], 201);
}

#[test]
fn a_refused_request_is_a_failure_with_its_reason_and_is_tried_again_by_the_next_cycle() {
    let (world, application) = ada("");
    application.interfere(|request| {
        (request.method == "POST").then(|| Response::error(400, Some("invalidValue"), "externalId is too short"))
    });
    let outcome = world.run(PROVISION_ADA).exits_with(1).complains([]);
    let end: Vec<_> = outcome.stdout.lines().skip_while(|line| !line.starts_with("result")).collect();
    assert_eq!(
        end[..2],
        [
            "result: Failure: BadRequest",
            "error: POST /scim/Users: 400 Bad Request, invalidValue: externalId is too short",
        ]
    );
    assert!(outcome.stdout.contains("\n5. Perform action: failure\n"), "{}", outcome.stdout);
    application.behave();
    application.requests();
    world.sync();
    assert_eq!(application.roster(), ["ada"]);
}

#[test]
fn a_target_that_cannot_be_asked_ends_it_at_the_first_step() {
    let (mut world, application) = ada("");
    world.variable("WORLD_TOKEN", Some("another-one"));
    let steps = [
        "2. Import: not reached",
        "3. Determine scope: not reached",
        "4. Match: not reached",
        "5. Perform action: not reached",
        "result: Failure",
    ];
    let outcome = world.run(PROVISION_ADA).exits_with(1).complains([]);
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            &[
                "scim: ada@contoso.example on demand",
                "1. Test connection: failure",
                "   GET http://{target}/scim/Users?filter=userName+eq+%22{uuid}%22 -> 401",
                "   SystemForCrossDomainIdentityManagementInvalidCredentials: GET \
                 /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: the request needs the application's \
                 secret token as `Authorization: Bearer`",
                "   help: check the secret token: it may be wrong, expired or revoked",
            ],
            &steps[..]
        ]
        .concat()
    );
    application.go_away();
    let outcome = world.run(PROVISION_ADA).exits_with(1).complains([]);
    let lines: Vec<_> = outcome.stdout.lines().skip(1).collect();
    let refused = "   GET http://{target}/scim/Users?filter=userName+eq+%22{uuid}%22 -> no connection to `{target}`: \
                   Connection refused (os error 111); check that the application runs and can be reached";
    assert_eq!(lines[..3], ["1. Test connection: failure", refused, refused], "it is tried twice");
    assert_eq!(lines[4..], steps);
    world.run(["jobs"]).exits_with(0);
}

#[test]
fn a_paused_or_quarantined_job_runs_on_demand_and_stays_as_it_is() {
    let (mut world, application) = ada("");
    world.sync();
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    world.user("ada", |user| {
        user.set("jobTitle", "Analyst");
    });
    world.run(PROVISION_ADA).exits_with(0);
    let state = || world.run(["jobs", "scim", "--json"]).json_lines().remove(0)["code"].clone();
    assert_eq!(state(), "Paused");
    world.run(["jobs", "start", "scim"]).exits_with(0);
    application.interfere(|_| Some(Response::error(401, None, "no")));
    world.run(["sync", "now"]).exits_with(3);
    application.behave();
    world.run(PROVISION_ADA).exits_with(0);
    assert_eq!(state(), "Quarantine");
}

#[test]
fn what_was_connected_on_demand_belongs_to_the_target_of_that_moment() {
    let (mut world, application) = ada("");
    world.run(PROVISION_ADA).exits_with(0);
    world
        .run(["jobs"])
        .exits_with(0)
        .complains([])
        .prints(["job\tstate\tlast cycle\tdid\tusers\tgroups\tnext", "scim\tNotRun\t\t\t1\t0\t"]);
    let url = application.url();
    world.configure(&url, &format!("{url}/v2"));
    application.requests();
    let moved = "error: the tenant URL of job `scim` leads to `http://{target}/scim/v2`, and its connections belong to \
                 `http://{target}/scim`; run `scimulator jobs restart scim --reset Full` to match everything anew \
                 there, or `scimulator jobs restart scim --keep-links` if it is the same application at another address, \
                 or set the URL back";
    for command in [&["sync", "now"][..], &PROVISION_ADA, &[&PROVISION_ADA[..], &["--dry-run"]].concat()] {
        let outcome = world.run_all(command).exits_with(2).prints([]);
        assert!(outcome.stderr.contains(moved), "{}", outcome.stderr);
    }
    application.received([]);
}

#[test]
fn a_state_that_is_in_use_is_refused_except_by_a_dry_run() {
    let (mut world, application) = ada("");
    world.sync();
    world.user("ada", |user| {
        user.set("jobTitle", "Analyst");
    });
    application.requests();
    let lock = std::fs::File::open(world.path("state/scimulator.db.lock")).unwrap();
    lock.lock().unwrap();
    let locked = "error: the state file `state/scimulator.db` is in use by process {process} (scimulator sync now); stop \
                  that first, or let it do the work";
    world.run(PROVISION_ADA).exits_with(1).prints([]).complains([locked]);
    application.received([]);
    let [provision, job, user, name] = PROVISION_ADA;
    world.run([provision, job, user, name, "--dry-run"]).exits_with(0);
    application.received([probe(), look_up("ada%40contoso.example")]);
}

#[test]
fn wrong_arguments_are_refused() {
    let (world, application) = ada("");
    let usage = |arguments: &[&str]| {
        let outcome = world.run_all(arguments).exits_with(2).prints([]);
        outcome.stderr.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        world.run(["provision", "scim"]).exits_with(2).stderr.lines().take(4).collect::<Vec<_>>(),
        [
            "error: the following required arguments were not provided:",
            "  <--user <USER>|--group <GROUP>>",
            "",
            "Usage: scimulator provision <--user <USER>|--group <GROUP>> <JOB>",
        ]
    );
    assert_eq!(
        usage(&["provision", "scim", "--user", "ada", "--group", "Engineers"]),
        "error: the argument '--user <USER>' cannot be used with '--group <GROUP>'"
    );
    assert_eq!(
        usage(&["provision", "scim", "--user", "ada", "--member", "alan"]),
        "error: the argument '--user <USER>' cannot be used with '--member <USER>'"
    );
    assert_eq!(
        usage(&["provision", "scim", "--user", "ada@contoso.example", "--trace", "trace.txt"]),
        "error: the trace file `trace.txt` must end in `.har` or `.ndjson`"
    );
    application.received([]);
}
