//! The deletion guard, from the terminal: what is told, what is held back, and how it is let go.

use crate::world::{Application, World, get, patch, probe};
use serde_json::json;
use std::sync::Arc;

/// Three people who are provisioned, two of whom are unassigned then; from two leavers on, they are held back.
fn two_leavers() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", "", "deletion_threshold = 2\n");
    for name in ["ada", "ben", "cid"] {
        world.user(name, |_| {}).assign(name, "scim");
    }
    world.sync();
    application.requests();
    world.change(|directory| {
        for name in ["ada", "ben"] {
            directory.unassign(name, "scim");
        }
    });
    (world, application)
}

fn disabled(name: &str) -> [crate::world::Sent; 2] {
    let path = format!("/Users/{{{name}}}");
    let body = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    [get(&path), patch(&path, body)]
}

#[test]
fn what_is_left_of_those_held_back_is_not_said_to_reach_the_threshold_still() {
    let (mut world, _application) = two_leavers();
    world.run(["sync", "now"]).exits_with(3);
    world.assign("ada", "scim");
    world.run(["sync", "now"]).exits_with(3).prints([
        "scim: incremental cycle Quarantine: 1 skipped; 2 requests in {duration}",
        "  1 disable and 0 deletes are still held back by the deletion guard, of those that reached the threshold: \
         ben@contoso.example. If they are meant, run `scimulator jobs allow-deletes scim`; if not, bring the users and \
         groups back into scope, and run `scimulator jobs restart scim`",
        "  in quarantine (TooManyDeletes); looked at again at {time}",
    ]);
}

#[test]
fn a_mass_unassignment_is_held_back_told_of_and_allowed() {
    let (world, application) = two_leavers();
    world.run(["sync", "now"]).exits_with(3).complains([]).prints([
        "scim: incremental cycle Quarantine: 2 held back; 1 request in {duration}",
        "  2 disables and 0 deletes are held back by the deletion guard, for they reach the threshold of 2: \
         ada@contoso.example, ben@contoso.example. If they are meant, run `scimulator jobs allow-deletes scim`; if not, \
         bring the users and groups back into scope, and run `scimulator jobs restart scim`",
        "  in quarantine (TooManyDeletes); looked at again at {time}",
    ]);
    application.received([probe()]);
    let shown = world.run(["jobs", "scim"]).exits_with(3);
    assert!(shown.stdout.contains("  held back       2 disables, 0 deletes\n"), "{}", shown.stdout);
    let held = world.query("SELECT source_name, action, status FROM provisioning_logs WHERE action = 'stagedDelete'");
    assert_eq!(
        held,
        [["ada@contoso.example", "stagedDelete", "success"], ["ben@contoso.example", "stagedDelete", "success"]]
    );

    world
        .run(["jobs", "allow-deletes", "scim"])
        .exits_with(0)
        .complains([])
        .prints(["scim: the next cycle sends what is held back"]);
    world.sync().prints(["scim: incremental cycle Succeeded: 2 disabled; 5 requests in {duration}"]);
    let [[first, second], [third, fourth]] = ["ada", "ben"].map(disabled);
    application.received([probe(), first, second, third, fourth]);
    world.run(["jobs"]).exits_with(0);
}

#[test]
fn a_mass_unassignment_is_rejected_by_assigning_anew_and_restarting() {
    let (mut world, application) = two_leavers();
    world.run(["sync", "now"]).exits_with(3);
    world.assign("ada", "scim").assign("ben", "scim");
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    application.requests();
    world.sync().prints(["scim: initial cycle Succeeded: 3 skipped; 4 requests in {duration}"]);
    application.received([probe(), get("/Users/{ada}"), get("/Users/{ben}"), get("/Users/{cid}")]);
}

#[test]
fn allowing_where_nothing_is_held_back_says_so() {
    let (world, _) = two_leavers();
    world
        .run(["jobs", "allow-deletes", "scim"])
        .exits_with(2)
        .prints([])
        .complains(["error: nothing of `scim` is held back by the deletion guard"]);
}

#[test]
fn what_is_held_back_is_explained_and_counted_in_json() {
    let (world, application) = two_leavers();
    world.run(["sync", "now"]).exits_with(3);
    application.requests();
    let job = world.run(["jobs", "scim", "--json"]).exits_with(3).json_lines();
    assert_eq!(job[0]["staged"], json!({"disables": 2, "deletes": 0, "allowed": 0}));
    let explained = world.run(["explain", "ada@contoso.example", "--json"]);
    assert_eq!(
        explained.json_lines()[0]["jobs"][0]["intent"],
        "it is to be disabled at the target, which the deletion guard holds back until `jobs allow-deletes scim`"
    );
    world.run(["provision", "scim", "--user", "ada@contoso.example"]).exits_with(0);
    application.received([probe()]);
}

#[test]
fn a_dry_run_tells_that_the_guard_would_hold_back() {
    let (world, application) = two_leavers();
    world.run(["sync", "now", "--dry-run"]).exits_with(3).prints([
        "a dry run, nothing was written; this is what would have been:",
        "scim: incremental cycle Quarantine: 2 held back; 1 request in {duration}",
        "  would be in quarantine (TooManyDeletes)",
    ]);
    application.received([probe()]);
    world.run(["jobs"]).exits_with(0);
}

#[test]
fn a_threshold_of_nothing_is_refused() {
    let mut world = World::new();
    world.job_with("scim", "scim", "", "deletion_threshold = 0\n");
    let refused = world.run(["sync", "now"]).exits_with(2).prints([]);
    let expected = "`deletion_threshold` must be at least 1\n  help: 1 holds back every disable and delete; leave it out, \
                    and nothing is held back\n";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
}
