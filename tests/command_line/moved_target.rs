//! A tenant URL that leads elsewhere than the connections belong to. Source: `spec/ENGINE.md` §6.

use crate::world::{Application, World, get, look_up, probe};
use std::sync::Arc;

/// Ada is provisioned; then the tenant URL leads to the same application at another address, which is returned too.
fn moved() -> (World, Arc<Application>, String) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    let before = application.url();
    let now = before.replace("127.0.0.1", "localhost");
    world.configure(&before, &now);
    application.requests();
    (world, application, now)
}

fn refusal(now: &str) -> String {
    format!(
        "error: the tenant URL of job `scim` leads to `{now}`, and its connections belong to `http://{{target}}/scim`; run \
         `scimulator jobs restart scim --reset Full` to match everything anew there, or `scimulator jobs restart scim \
         --keep-links` if it is the same application at another address, or set the URL back"
    )
}

const RESTARTED: &str = "scim: restarted; its connections belong to the present target";

#[test]
fn the_job_does_not_run_and_says_what_to_decide() {
    let (world, application, now) = moved();
    world.run(["sync", "now"]).exits_with(2).prints([]).complains([refusal(&now).as_str()]);
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    world.run(["sync", "now"]).exits_with(2).prints([]).complains([refusal(&now).as_str()]);
    let shown = world.run(["jobs", "scim"]).exits_with(0);
    let lines = [
        "  target          http://{target}/scim".to_owned(),
        format!("                  the tenant URL leads to {now}: the job does not run before"),
        "                  `scimulator jobs restart scim`, with `--keep-links` or `--reset Full`".to_owned(),
    ];
    assert!(shown.stdout.contains(&lines.join("\n")), "{}", shown.stdout);
    application.received([]);
}

#[test]
fn with_its_links_kept_it_reads_each_object_at_the_new_address_by_its_stored_id() {
    let (world, application, _) = moved();
    world.run(["jobs", "restart", "scim", "--keep-links"]).exits_with(0).complains([]).prints([RESTARTED]);
    world.sync().prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"]);
    application.received([probe(), get("/Users/{ada}")]);
    world.sync().prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
}

#[test]
fn with_links_kept_the_next_cycle_is_initial_whatever_is_reset() {
    let (world, application, _) = moved();
    world.run(["jobs", "restart", "scim", "--keep-links", "--reset", "Escrows"]).exits_with(0).prints([RESTARTED]);
    world.sync().prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"]);
    application.received([probe(), get("/Users/{ada}")]);
}

#[test]
fn with_everything_reset_it_matches_anew_at_the_new_address() {
    let (world, application, _) = moved();
    world.run(["jobs", "restart", "scim", "--reset", "Full"]).exits_with(0).complains([]).prints(["scim: restarted"]);
    world.sync().prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"]);
    application.received([probe(), look_up("ada%40contoso.example")]);
}

#[test]
fn with_the_address_set_back_it_goes_on_as_if_nothing_had_been() {
    let (mut world, application, now) = moved();
    world.run(["sync", "now"]).exits_with(2);
    world.configure(&now, &application.url());
    world.sync().prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
}

#[test]
fn links_cannot_be_kept_and_removed_at_once() {
    let (world, application, now) = moved();
    for scope in ["Full", "ConnectorDataStore"] {
        let told = format!("error: `--keep-links` keeps the links that `--reset {scope}` removes; give one of the two");
        let command = ["jobs", "restart", "scim", "--keep-links", "--reset", scope];
        world.run(command).exits_with(2).prints([]).complains([told.as_str()]);
    }
    world.run(["sync", "now"]).exits_with(2).prints([]).complains([refusal(&now).as_str()]);
    application.received([]);
}

#[test]
fn a_daemon_keeps_the_links_too_and_only_where_it_has_read_the_same_configuration() {
    let (mut world, application, now) = moved();
    world.configure(&now, &application.url());
    let mut before = world.start(["run"]);
    before.wait_for("running");
    world.wait_for_daemon();
    world.configure(&application.url(), &now);
    world
        .run(["jobs", "restart", "scim", "--keep-links"])
        .exits_with(2)
        .prints([])
        .complains(["error: the daemon runs with another configuration; restart it, or name its file with `--config`"]);
    before.signal("TERM");
    before.end().exits_with(0);
    application.requests();
    let mut daemon = world.start(["run"]);
    daemon.wait_for("running");
    world.wait_for_daemon();
    world.run(["sync", "now"]).exits_with(2).prints([]).complains([refusal(&now).as_str()]);
    application.received([]);
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    world.run(["jobs", "restart", "scim", "--keep-links"]).exits_with(0).complains([]).prints([RESTARTED]);
    world.sync();
    assert!(application.requests().contains(&get("/Users/{ada}")));
    daemon.signal("TERM");
    daemon.end().exits_with(0);
}
