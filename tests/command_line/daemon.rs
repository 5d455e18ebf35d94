//! `run`: the daemon does its cycles, takes commands over its socket, and ends when it is told to.

use crate::world::{Application, Process, World, get, look_up, patch, probe};
use serde_json::json;
use std::sync::Arc;

/// A daemon that has done its first cycle, in which Ada was created.
fn running() -> (World, Arc<Application>, Process) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    let mut daemon = world.start(["run"]);
    daemon.wait_for("cycle ended");
    world.wait_for_daemon();
    assert_eq!(application.roster(), ["ada"]);
    application.requests();
    (world, application, daemon)
}

#[test]
fn sync_now_goes_through_the_daemon_and_brings_back_result_and_trace() {
    let (mut world, application, _daemon) = running();
    world.user("ada", |user| {
        user.set("jobTitle", "Director");
    });
    world
        .run(["sync", "now", "--trace", "trace.ndjson"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"])
        .complains(["scim: users: 1"]);
    application.received([
        probe(),
        get("/Users/{ada}"),
        patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Director"}])),
    ]);
    assert_eq!(world.read("trace.ndjson").lines().count(), 3);
    world.run(["sync", "now", "--json"]).exits_with(0).complains([]).prints([
        "{\"job\":\"scim\",\"cycleId\":\"{uuid}\",\"kind\":\"incremental\",\"state\":\"Succeeded\",\
         \"counts\":{\"create\":0,\"update\":0,\"disable\":0,\"delete\":0,\"skip\":0,\"staged\":0,\"failure\":0},\
         \"requests\":1,\"durationMs\":{duration}}",
    ]);
}

#[test]
fn what_the_daemon_refuses_is_told_as_if_the_command_had_refused_it() {
    let (mut world, application, _daemon) = running();
    world
        .run(["sync", "now", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
    world.write("directory/users.json", "[{}]");
    world
        .run(["sync", "now"])
        .exits_with(2)
        .prints([])
        .complains(["error: directory/users.json:1: record 1: `userPrincipalName` is missing"]);
    world.change(|_| {});
    application.interfere(|_| Some(scimulator::sandbox::Response::error(401, None, "no")));
    world.run(["sync", "now"]).exits_with(3);
    world.run(["jobs"]).exits_with(3);
    application.behave();
    world.run(["sync", "now"]).exits_with(0);
}

#[test]
fn looking_needs_no_lock_and_levers_go_through_the_daemon() {
    let (world, _application, _daemon) = running();
    world.run(["logs", "--json"]).exits_with(0).complains([]);
    world
        .run(["jobs", "pause", "scim"])
        .exits_with(0)
        .complains([])
        .prints(["scim: paused; a running cycle finishes first"]);
    let state = || world.run(["jobs", "scim", "--json"]).exits_with(0).json_lines()[0]["schedule"]["state"].clone();
    assert_eq!(state(), "Paused");
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
    assert_eq!(state(), "Paused");
    world.run(["jobs", "start", "scim"]).exits_with(0).complains([]).prints(["scim: started"]);
    assert_eq!(state(), "Active");
    world
        .run(["jobs", "pause", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
}

#[test]
fn a_lever_that_lifts_quarantine_is_followed_at_once() {
    for (lever, kind) in [
        (&["jobs", "restart", "scim"][..], "initial"),
        (&["jobs", "restart", "scim", "--reset", "QuarantineState"], "incremental"),
        (&["jobs", "start", "scim"], "incremental"),
    ] {
        let (world, application, mut daemon) = running();
        application.interfere(|_| Some(scimulator::sandbox::Response::error(401, None, "no")));
        world.run(["sync", "now"]).exits_with(3);
        application.behave();
        application.requests();
        world.run_all(lever).exits_with(0).complains([]);
        daemon.wait_for(&format!("kind=\"{kind}\" state=\"Succeeded\""));
        let read = (kind == "initial").then(|| get("/Users/{ada}"));
        assert_eq!(application.requests(), [vec![probe()], read.into_iter().collect()].concat());
        world.run(["jobs"]).exits_with(0);
    }
}

#[test]
fn a_restart_of_a_paused_job_that_was_broken_off_goes_on_at_the_next_start() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim").sync();
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    application.requests();
    let state = rusqlite::Connection::open(world.path("state/scimulator.db")).unwrap();
    state.execute("INSERT INTO forgetting (job, resets, restarts) VALUES ('scim', 'Full', 1)", []).unwrap();
    drop(state);
    let mut daemon = world.start(["run"]);
    daemon.wait_for("kind=\"initial\" state=\"Succeeded\"");
    assert_eq!(application.requests(), [probe(), look_up("ada%40contoso.example")]);
}

#[test]
fn a_configuration_that_differs_from_the_daemons_is_refused() {
    let (mut world, application, _daemon) = running();
    world.configure("max_in_flight = 1", "max_in_flight = 1 # one after the other");
    world.run(["sync", "now"]).exits_with(0);
    application.received([probe()]);
    world.configure("max_in_flight = 1", "max_in_flight = 2");
    world
        .run(["sync", "now"])
        .exits_with(2)
        .prints([])
        .complains(["error: the daemon runs with another configuration; restart it, or name its file with `--config`"]);
    application.received([]);
}

#[test]
fn a_second_daemon_is_told_who_holds_the_state() {
    let (world, _application, _daemon) = running();
    let second = world.run(["run"]).exits_with(1).prints([]);
    second.complains(["error: the state file `state/scimulator.db` is in use by process {process} (the daemon, \
         scimulator run); stop that first, or let it do the work"]);
}

#[test]
fn sigterm_ends_it_with_success_and_takes_the_socket_away() {
    let (world, _application, daemon) = running();
    let socket = world.path("state/control.sock");
    assert!(socket.exists());
    daemon.signal("TERM");
    let outcome = daemon.end().exits_with(0).prints([]);
    assert!(outcome.stderr.contains("stopped"), "{}", outcome.stderr);
    assert!(!socket.exists());
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
}

#[test]
fn ctrl_c_ends_it_as_well() {
    let (world, _application, daemon) = running();
    daemon.signal("INT");
    daemon.end().exits_with(0);
    assert!(!world.path("state/control.sock").exists());
}

#[test]
fn after_a_kill_the_next_command_works_by_itself() {
    let (world, application, daemon) = running();
    drop(daemon);
    assert!(world.path("state/control.sock").exists());
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
    application.received([probe()]);
}

#[test]
fn an_unusable_configuration_or_job_stops_it_at_the_start() {
    let mut world = World::new();
    world.job("scim");
    world.variable("WORLD_TOKEN", None);
    world
        .run(["run"])
        .exits_with(2)
        .prints([])
        .complains(["error: scimulator.toml:7: job `scim`: the environment variable `WORLD_TOKEN` is not set; set \
         it, or name another one in the configuration"]);
}

#[test]
fn a_refused_directory_is_shown_with_the_jobs_and_a_lever_has_it_read_again() {
    let (mut world, _application, mut daemon) = running();
    let refused = || world.run(["jobs", "--json"]).exits_with(0).json_lines().remove(0)["directoryRefused"].clone();
    assert!(refused().is_null());
    world.write("directory/users.json", "[{}]");
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    daemon.wait_for("`userPrincipalName` is missing");
    let why = "directory/users.json:1: record 1: `userPrincipalName` is missing";
    let shown = world.run(["jobs"]).exits_with(0).stdout;
    assert_eq!(shown.lines().last(), Some(format!("no cycle begins: refused since {{time}}: {why}").as_str()));
    assert_eq!(crate::world::keys(&refused()), ["since", "last", "reason"]);
    assert_eq!(refused()["reason"], why);
    let shown = world.run(["jobs", "scim"]).exits_with(0).stdout;
    assert!(shown.contains(&format!("  no cycle        refused since {{time}}: {why}\n")), "{shown}");

    world.change(|_| {});
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    daemon.wait_for("kind=\"initial\" state=\"Succeeded\"");
    assert!(world.run(["jobs", "--json"]).exits_with(0).json_lines().remove(0)["directoryRefused"].is_null());
}

#[test]
fn a_state_file_that_is_named_through_a_link_is_the_one_that_the_daemon_works_with() {
    let (mut world, _application, _daemon) = running();
    std::fs::create_dir(world.path("links")).unwrap();
    std::os::unix::fs::symlink("../state/scimulator.db", world.path("links/state.db")).unwrap();
    world.variable("SCIMULATOR_STATE__PATH", Some("links/state.db"));
    // The daemon is found, and this is another configuration than its own.
    world
        .run(["sync", "now"])
        .exits_with(2)
        .prints([])
        .complains(["error: the daemon runs with another configuration; restart it, or name its file with `--config`"]);
    let second = world.run(["run"]).exits_with(1).prints([]);
    second.complains([
        "error: the state file `{world}/state/scimulator.db` is in use by process {process} (the daemon, \
         scimulator run); stop that first, or let it do the work",
    ]);
    assert_eq!(std::fs::read_dir(world.path("links")).unwrap().count(), 1);
}

#[test]
fn a_state_file_with_a_second_name_is_not_worked_with() {
    let (world, _application, daemon) = running();
    daemon.signal("TERM");
    daemon.end().exits_with(0);
    std::fs::hard_link(world.path("state/scimulator.db"), world.path("state/other.db")).unwrap();
    world.run(["sync", "now"]).exits_with(1).prints([]).complains([
        "error: the state file `state/scimulator.db` has a second name (a hard link), under which another process would \
         not see that this one works with it; take that name away, or name a copy in `[state] path`",
    ]);
}
