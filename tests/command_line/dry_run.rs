//! Dry runs: reads are sent, writes are shown and not sent, and nothing is kept.

use crate::world::{Application, Sent, World, get, look_up, patch, probe, rehearsed};
use scimulator::sandbox::Response;
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};

/// Ada and her manager Grace, in a group; nobody is provisioned yet.
fn company(flag: &str) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", flag, "");
    world
        .user("ada", |user| {
            user.set("manager", "grace@contoso.example");
        })
        .user("grace", |_| {})
        .group("Engineers", &["ada", "grace"])
        .assign("Engineers", "scim");
    (world, application)
}

/// The requests that a dry run shows, in normal form.
fn shown(world: &World) -> Vec<Sent> {
    let lines = world.run(["sync", "now", "--dry-run", "--json"]).exits_with(0).json_lines();
    let (end, requests) = lines.split_last().expect("the cycle has an end");
    assert_eq!(end["dryRun"], true);
    requests.iter().map(rehearsed).collect()
}

/// Every file of the state folder with its bytes, apart from those that SQLite makes for whoever reads.
fn state(world: &World) -> Vec<(PathBuf, Vec<u8>)> {
    let passing = |file: &PathBuf| file.to_string_lossy().ends_with("-shm") || file.to_string_lossy().ends_with("-wal");
    let files = world.files().into_iter().filter(|file| file.starts_with(world.path("state")) && !passing(file));
    files.map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

/// Expects that a dry run shows what the real run after it sends, sends no write itself, and changes nothing.
#[track_caller]
fn shows_what_is_then_sent(world: &World, application: &Application) -> Vec<Sent> {
    application.requests();
    let before = state(world);
    let shown = shown(world);
    assert_eq!(application.writes(), [], "a dry run writes nothing");
    assert_eq!(state(world), before, "a dry run keeps nothing");
    world.sync();
    let sent = application.writes();
    assert_eq!(shown, sent);
    sent
}

#[test]
fn it_prints_each_request_that_would_change_something_and_how_the_cycle_would_end() {
    let (world, application) = company("");
    let user = |name: &str| {
        format!(
            "  {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\
             \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],\"userName\":\"{name}@contoso.example\",\
             \"active\":true,\"displayName\":\"{name} of Contoso\",\"emails\":[{{\"type\":\"work\",\"primary\":true,\
             \"value\":\"{name}@contoso.example\"}}],\"externalId\":\"{name}\",\"meta\":{{\"resourceType\":\"User\"}}}}"
        )
    };
    world
        .run(["sync", "now", "--dry-run"])
        .exits_with(0)
        .prints([
            "POST http://{target}/scim/Users",
            &user("ada"),
            "POST http://{target}/scim/Users",
            &user("grace"),
            "POST http://{target}/scim/Groups",
            "  {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Engineers\",\
             \"externalId\":\"{uuid}\",\"meta\":{\"resourceType\":\"Group\"}}",
            "PATCH http://{target}/scim/Groups/{id of Engineers}",
            "  {\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"Add\",\
             \"path\":\"members\",\"value\":[{\"value\":\"{id of ada@contoso.example}\"},{\"value\":\
             \"{id of grace@contoso.example}\"}]}]}",
            "PATCH http://{target}/scim/Users/{id of ada@contoso.example}",
            "  {\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"Add\",\
             \"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager\",\"value\":\
             \"{id of grace@contoso.example}\"}]}",
            "a dry run, nothing was written; this is what would have been:",
            "scim: initial cycle Succeeded: 3 created, 2 updated; 9 requests in {duration}",
        ])
        .complains(["scim: users: 2", "scim: groups: 1", "scim: memberships: 1", "scim: references: 1"]);
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        look_up("grace%40contoso.example"),
        get("/Groups?excludedAttributes=members&filter=displayName+eq+%22Engineers%22"),
    ]);
    assert!(!world.path("state").exists(), "where there was no state, there is none afterwards");
    let left_behind: Vec<_> =
        world.files().into_iter().filter(|file| file.starts_with(world.path("temporary"))).collect();
    assert_eq!(left_behind, Vec::<PathBuf>::new());
}

#[test]
fn the_real_run_sends_what_the_dry_run_showed_in_both_dialects() {
    for flag in ["", "?aadOptscim062020"] {
        let (mut world, application) = company(flag);
        world.user("alan", |_| {}).assign("alan", "scim").user("linus", |_| {}).assign("linus", "scim");
        assert_eq!(shows_what_is_then_sent(&world, &application).len(), 7);

        // A change, a disable, a new member, a removed one, a new manager.
        world
            .user("alan", |user| {
                user.set("accountEnabled", false);
            })
            .user("grace", |user| {
                user.set("jobTitle", "Director").set("mobile", "+44 1").set("displayName", "Grace H");
            })
            .user("mary", |_| {})
            .user("ada", |user| {
                user.set("manager", "mary@contoso.example");
            })
            .group("Engineers", &["ada", "mary"])
            .assign("grace", "scim");
        assert_eq!(shows_what_is_then_sent(&world, &application).len(), 6);

        // A purge, and a group that goes.
        let linus = json!([{"userPrincipalName": "linus@contoso.example", "deletedDateTime": "2020-01-01T00:00:00Z"}]);
        world.write("directory/deletedUsers.json", &linus.to_string());
        world.change(|directory| {
            directory.remove_user("linus");
            directory.remove_group("Engineers");
        });
        let sent = shows_what_is_then_sent(&world, &application);
        assert!(sent.contains(&crate::world::delete("/Users/{linus}")), "{sent:?}");
        assert!(sent.contains(&crate::world::delete("/Groups/{Engineers}")), "{sent:?}");
        assert_eq!(shows_what_is_then_sent(&world, &application), []);
    }
}

#[test]
fn what_failed_before_is_tried_in_a_dry_run_as_it_will_be() {
    let (mut world, application) = company("");
    application.interfere(|request| {
        let refused = request.method == "POST" && String::from_utf8_lossy(&request.body).contains("grace");
        refused.then(|| Response::error(400, None, "not today"))
    });
    world.run(["sync", "now"]).exits_with(1);
    application.behave();
    world.user("alan", |_| {}).assign("alan", "scim");
    let sent = shows_what_is_then_sent(&world, &application);
    let lines: Vec<_> =
        sent.iter().map(|sent| format!("{sent:?}").split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines, ["POST /Users", "POST /Users", "PATCH /Groups/{Engineers}", "PATCH /Users/{ada}"]);
}

#[test]
fn a_dry_run_out_of_quarantine_leaves_the_job_in_it() {
    let (mut world, application) = company("");
    world.sync();
    world.user("ada", |user| {
        user.set("jobTitle", "Analyst");
    });
    application.interfere(|_| Some(Response::error(401, None, "no")));
    world.run(["sync", "now", "--dry-run"]).exits_with(3).complains([]).prints([
        "a dry run, nothing was written; this is what would have been:",
        "scim: incremental cycle Quarantine; 1 request in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: no",
        "  help: check the secret token: it may be wrong, expired or revoked",
        "  would be in quarantine (EncounteredQuarantineException)",
    ]);
    world.run(["jobs"]).exits_with(0);
    world.run(["sync", "now"]).exits_with(3);
    application.behave();
    assert_eq!(shown(&world), [patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Analyst"}]))]);
    world.run(["jobs"]).exits_with(3);
    shows_what_is_then_sent(&world, &application);
    world.run(["jobs"]).exits_with(0);
}

#[test]
fn it_works_beside_a_daemon_and_does_not_disturb_it() {
    let (mut world, application) = company("");
    let mut daemon = world.start(["run"]);
    daemon.wait_for("cycle ended");
    world.wait_for_daemon();
    world.user("ada", |user| {
        user.set("jobTitle", "Analyst");
    });
    application.requests();
    let shown = shown(&world);
    assert_eq!(shown, [patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Analyst"}]))]);
    assert_eq!(application.writes(), []);
    world.sync().prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    assert_eq!(application.writes(), shown);
    daemon.signal("TERM");
    daemon.end().exits_with(0);
}

#[test]
fn who_would_fail_is_told_for_the_log_of_a_dry_run_is_not_kept() {
    let mut world = World::new();
    let mapping = include_str!("../../mappings/scim.toml")
        .replace("{ direct = \"userPrincipalName\", matching = 1 }", "{ direct = \"mail\", matching = 1 }");
    world.write("mail.toml", &mapping);
    let application = world.job_with("scim", "mail.toml", "", "");
    for name in ["ada", "alan"] {
        world.user(name, |user| {
            user.set("mail", "office@contoso.example");
        });
        world.assign(name, "scim");
    }
    let reason = "the object `{id of office@contoso.example}` at the target already belongs to 'ada@contoso.example', who is \
                  in scope too";
    let outcome = world.run(["sync", "now", "--dry-run"]).exits_with(1);
    let lines: Vec<_> = outcome.stdout.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "a dry run, nothing was written; this is what would have been:",
            "scim: initial cycle EntryLevelErrors: 1 created, 1 failed; 4 requests in {duration}",
            &format!("  would fail: User alan@contoso.example: DuplicateSourceEntries: {reason}"),
        ]
    );
    let end = world.run(["sync", "now", "--dry-run", "--json"]).exits_with(1).json_lines().remove(1);
    assert_eq!(
        end["failures"],
        json!([{"object": "alan@contoso.example", "code": "DuplicateSourceEntries", "reason": reason}])
    );
    application.received_writes([]);
    world.run(["sync", "now"]).exits_with(1);
    assert_eq!(application.roster(), ["office"]);
}

#[test]
fn where_several_jobs_run_each_request_says_whose_it_is() {
    let mut world = World::new();
    world.job("scim");
    world.job("tribeloo");
    world.user("ada", |_| {}).assign("ada", "scim").assign("ada", "tribeloo");
    let outcome = world.run(["sync", "now", "--dry-run"]).exits_with(0);
    let mut lines: Vec<_> = outcome.stdout.lines().filter(|line| line.contains("POST")).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["scim: POST http://{target}/scim/Users", "tribeloo: POST http://{target}/scim/Users"]);
}

#[test]
fn a_trace_says_which_requests_were_not_sent() {
    let (world, _application) = company("");
    world.run(["sync", "now", "--dry-run", "--trace", "trace.ndjson"]).exits_with(0);
    let entries: Vec<Value> =
        world.read("trace.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let marks: Vec<_> =
        entries.iter().map(|entry| (entry["method"].clone(), entry["responseHeaders"]["Rehearsal"].clone())).collect();
    let sent = |method: &str| (json!(method), Value::Null);
    let not_sent = |method: &str| (json!(method), json!("not sent"));
    assert_eq!(
        marks,
        [
            sent("GET"),
            sent("GET"),
            not_sent("POST"),
            sent("GET"),
            not_sent("POST"),
            sent("GET"),
            not_sent("POST"),
            not_sent("PATCH"),
            not_sent("PATCH"),
        ]
    );
    assert!(entries.iter().all(|entry| entry["requestHeaders"]["Authorization"] == "Bearer [hidden]"));
}

#[test]
fn what_cannot_run_at_all_cannot_be_rehearsed() {
    let (mut world, application) = company("");
    world.sync();
    application.requests();
    world
        .run(["sync", "now", "skim", "--dry-run"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
    world.variable("WORLD_TOKEN", None);
    world.run(["sync", "now", "--dry-run"]).exits_with(2).prints([]).complains([
        "error: scimulator.toml:7: job `scim`: the environment variable `WORLD_TOKEN` is not set; set it, or name \
         another one in the configuration",
    ]);
    world.variable("WORLD_TOKEN", Some(crate::world::TOKEN));
    let url = application.url();
    world.configure(&url, &format!("{url}/v2"));
    let moved = "error: the tenant URL of job `scim` leads to `http://{target}/scim/v2`, and its connections belong to \
                 `http://{target}/scim`; run `scimulator jobs restart scim --reset Full` to match everything anew \
                 there, or `scimulator jobs restart scim --keep-links` if it is the same application at another address, \
                 or set the URL back";
    world.run(["sync", "now", "--dry-run"]).exits_with(2).prints([]).complains([moved]);
    application.received([]);
}
