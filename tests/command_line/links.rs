//! `jobs link`: what an object is connected to, and how the two are parted.

use crate::world::{Application, World, keys, look_up, patch, probe};
use serde_json::json;
use std::sync::Arc;

/// Ada, who is provisioned and in a group.
fn ada() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).group("Engineers", &["ada"]).assign("ada", "scim").assign("Engineers", "scim");
    world.sync();
    application.requests();
    (world, application)
}

/// Ada is matched anew, and her membership follows.
#[track_caller]
fn is_matched_anew(world: &World, application: &Application) {
    world.sync().prints(["scim: incremental cycle Succeeded: 1 updated, 1 skipped; 3 requests in {duration}"]);
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        patch("/Groups/{Engineers}", json!([{"op": "Add", "path": "members", "value": [{"value": "{ada}"}]}])),
    ]);
    world.sync().prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
    application.requests();
}

const REFUSAL: &str =
    "error: a link of `scim` can be removed only while the job rests; run `scimulator jobs pause scim` first";
const CONNECTED: &str = "scim: User ada@contoso.example ({uuid}) is connected to {ada}, linked since {time}";
const PARTED: &str = "scim: User ada@contoso.example ({uuid}) is parted from {ada}; the next cycle matches it anew";
const APART: &str = "scim: User ada@contoso.example ({uuid}) is not connected";

#[test]
fn a_link_is_shown_for_a_name_an_id_and_an_id_at_the_target() {
    let (mut world, application) = ada();
    world.variable("WORLD_TOKEN", None);
    let id = world.ids("SELECT id FROM source_object WHERE kind = 'User'").remove(0);
    let target_id = world.ids("SELECT target_id FROM connection WHERE kind = 'User'").remove(0);
    for name in ["ADA@contoso.example", &id, &target_id] {
        world.run(["jobs", "link", "scim", name]).exits_with(0).complains([]).prints([CONNECTED]);
    }
    world
        .run(["jobs", "link", "SCIM", "Engineers"])
        .exits_with(0)
        .complains([])
        .prints(["scim: Group Engineers ({uuid}) is connected to {Engineers}, linked since {time}"]);
    application.received([]);
}

#[test]
fn it_is_removed_only_while_the_job_is_paused_and_then_matched_anew() {
    let (world, application) = ada();
    let remove = || world.run(["jobs", "link", "scim", "ada@contoso.example", "--remove"]);
    remove().exits_with(2).prints([]).complains([REFUSAL]);
    world.run(["jobs", "link", "scim", "ada@contoso.example"]).exits_with(0).prints([CONNECTED]);
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    remove().exits_with(0).complains([]).prints([PARTED]);
    remove().exits_with(0).complains([]).prints([APART]);
    world.run(["jobs", "link", "scim", "ada@contoso.example"]).exits_with(0).prints([APART]);
    application.received([]);
    assert_eq!(application.roster(), ["ada"]);
    is_matched_anew(&world, &application);
}

#[test]
fn a_daemon_removes_it_under_the_same_condition() {
    let (world, application) = ada();
    let mut daemon = world.start(["run"]);
    daemon.wait_for("running");
    world.wait_for_daemon();
    world.sync();
    application.requests();
    let remove = || world.run(["jobs", "link", "scim", "ada@contoso.example", "--remove"]);
    remove().exits_with(2).prints([]).complains([REFUSAL]);
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    remove().exits_with(0).complains([]).prints([PARTED]);
    is_matched_anew(&world, &application);
    daemon.signal("TERM");
    daemon.end().exits_with(0);
}

#[test]
fn json_tells_what_was_connected() {
    let (world, _application) = ada();
    let link = |arguments: &[&str]| {
        let whole = [&["jobs", "link", "scim", "ada@contoso.example", "--json"], arguments].concat();
        world.run_all(&whole).exits_with(0).complains([]).json_lines().remove(0)
    };
    let shown = link(&[]);
    assert_eq!(keys(&shown), ["job", "id", "kind", "name", "targetId", "state", "since", "removed"]);
    assert_eq!(
        (&shown["targetId"], &shown["state"], &shown["removed"]),
        (&json!("{ada}"), &json!("linked"), &json!(false))
    );
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    assert_eq!(link(&["--remove"])["removed"], true);
    let apart = link(&["--remove"]);
    assert_eq!((&apart["targetId"], &apart["state"], &apart["removed"]), (&json!(null), &json!(null), &json!(false)));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (mut world, application) = ada();
    world
        .run(["jobs", "link", "skim", "ada@contoso.example"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
    world.run(["jobs", "link", "scim", "zoe"]).exits_with(2).prints([]).complains([
        "error: `zoe` is no user or group of the directory, and no id at the target of `scim`; see `scimulator explain`",
    ]);
    world.change(|directory| {
        directory.group("Twins", &[]).set("id", "one");
    });
    world.write("directory/groups.ndjson", "{\"displayName\": \"Twins\", \"id\": \"two\"}\n");
    world.sync();
    world
        .run(["jobs", "link", "scim", "Twins"])
        .exits_with(2)
        .prints([])
        .complains(["error: `Twins` may be one (Group) or two (Group); give the id"]);
    application.requests();

    let mut fresh = World::new();
    fresh.job("scim");
    fresh.run(["jobs", "link", "scim", "ada@contoso.example"]).exits_with(1).prints([]).complains([
        "error: there is no state file `state/scimulator.db` yet; it is made by the first `scimulator sync now` or \
         `scimulator run`",
    ]);
}
