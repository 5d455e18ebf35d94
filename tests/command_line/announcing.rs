//! How large an initial cycle will be, before it starts: `jobs JOB` and `check`.

use crate::world::{Application, World, keys};
use serde_json::{Value, json};
use std::sync::Arc;

/// Ada and her group, to be provisioned.
fn ada() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).group("Engineers", &["ada"]).assign("ada", "scim").assign("Engineers", "scim");
    (world, application)
}

/// The lines of `jobs scim` about the next cycle.
fn next_cycle(world: &World) -> Vec<String> {
    let outcome = world.run(["jobs", "scim"]).exits_with(0).complains([]);
    let lines = outcome.stdout.lines().skip_while(|line| !line.starts_with("  next cycle"));
    lines.take_while(|line| line.starts_with("  next") || line.starts_with("      ")).map(str::to_owned).collect()
}

const FIRST: &str = "initial, because no cycle has ended yet: about 3 reads and at most 3 writes; about a second at \
                     25 requests a second";
const RESTARTED: &str = "initial, because the job was restarted: about 3 reads and at most 2 writes; about a second at 25 \
                         requests a second";

#[test]
fn check_announces_the_first_cycle_and_nothing_once_it_has_run() {
    let (world, application) = ada();
    let ready = "no errors: directory is ready to provision scim";
    let first = format!("scim: the next cycle is {FIRST}");
    world.run(["check"]).exits_with(0).complains([]).prints([ready, &first]);
    assert!(!world.path("state").exists());
    application.received([]);
    world.sync().prints(["scim: initial cycle Succeeded: 2 created, 1 updated; 6 requests in {duration}"]);
    world.run(["check"]).exits_with(0).complains([]).prints([ready]);
}

#[test]
fn check_counts_the_directory_as_it_is_now_and_leaves_the_state_alone() {
    let (mut world, _application) = ada();
    world.sync();
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    world.user("grace", |_| {}).assign("grace", "scim");
    let before = std::fs::read(world.path("state/scimulator.db")).unwrap();
    let lines = world.run(["check", "--json"]).exits_with(0).complains([]).json_lines();
    assert_eq!(
        lines,
        [json!({
            "job": "scim",
            "nextCycle": {
                "kind": "initial",
                "reason": "restarted",
                "reads": 4,
                "writesAtMost": 3,
                "seconds": 1,
                "requestsPerSecond": 25.0,
                "measured": false,
            },
        })]
    );
    assert_eq!(std::fs::read(world.path("state/scimulator.db")).unwrap(), before);
}

#[test]
fn a_job_shows_why_its_next_cycle_is_initial_and_how_large() {
    let (world, application) = ada();
    world.run(["jobs", "scim"]).exits_with(0).complains([]).prints([
        "scim: NotRun",
        "  next cycle      initial; `scimulator check` reads the directory and says how large it is",
    ]);
    world.sync();
    assert_eq!(next_cycle(&world), ["  next cycle      {time}"]);
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    assert_eq!(next_cycle(&world), ["  next cycle      {time}", &format!("                  {RESTARTED}")]);
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    assert_eq!(next_cycle(&world), [format!("  next cycle      {RESTARTED}")]);
    application.requests();
    world.sync();
    assert_eq!(next_cycle(&world), Vec::<String>::new());
}

#[test]
fn a_job_that_is_new_beside_one_that_ran_is_announced_from_the_same_directory() {
    let (mut world, _application) = ada();
    world.sync();
    world.job("tribeloo");
    world.assign("ada", "tribeloo");
    world.run(["sync", "now", "scim"]).exits_with(0);
    world.run(["jobs", "tribeloo"]).exits_with(0).complains([]).prints([
        "tribeloo: NotRun",
        "  next cycle      initial, because no cycle has ended yet: about 2 reads and at most 1 write; about a \
         second at 25 requests a second",
    ]);
    let told = world.run(["jobs", "tribeloo", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!(keys(&told), ["job", "code", "nextCycle"]);
    assert_eq!(told["nextCycle"]["reads"], 2);
    let told = world.run(["jobs", "scim", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!(told["nextCycle"], Value::Null);
}

#[test]
fn a_job_whose_target_has_moved_refuses_to_run_and_announces_nothing() {
    let (mut world, application) = ada();
    world.sync();
    world.run(["jobs", "restart", "scim"]).exits_with(0);
    let url = application.url();
    world.configure(&url, &format!("{url}/v2"));
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: scimulator.toml:10: the tenant URL of job `scim` leads to `http://{target}/scim/v2`, and its connections \
         belong to `http://{target}/scim`; run `scimulator jobs restart scim --reset Full` to match everything anew there, \
         or `scimulator jobs restart scim --keep-links` if it is the same application at another address, or set the URL \
         back",
        "1 error",
    ]);
    assert_eq!(next_cycle(&world), ["  next cycle      {time}"]);
}

#[test]
fn who_would_not_be_sent_anything_is_not_counted() {
    let (mut world, _application) = ada();
    world
        .user("alan", |user| {
            user.set("accountEnabled", false);
        })
        .assign("alan", "scim")
        .user("linus", |_| {});
    let ready = "no errors: directory is ready to provision scim";
    world.run(["check"]).exits_with(0).prints([ready, &format!("scim: the next cycle is {FIRST}")]);
}
