//! The commands around a configuration: `init`, `check`, `test-connection`, `jobs` and `sandbox`.

use crate::world::{Application, World, get, keys, probe};
use scimulator::sandbox::Response;
use std::{path::Path, sync::Arc};

/// What `check` says of a job that is to provision one user.
const ONE_USER: &str = "the next cycle is initial, because no cycle has ended yet: about 2 reads and at most 1 write; about a \
                        second at 25 requests a second";

fn copy_sample(world: &World) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso");
    for entry in std::fs::read_dir(sample).unwrap().flatten() {
        std::fs::copy(entry.path(), world.path("directory").join(entry.file_name())).unwrap();
    }
}

fn ada() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    (world, application)
}

#[test]
fn init_writes_a_configuration_that_works_and_overwrites_nothing() {
    let mut world = World::new();
    world.user("ada", |_| {}).assign("ada", "askspoke");
    let arguments = ["init", "--app", "askSpoke", "--tenant-url", "http://127.0.0.1:9/scim/v2"];
    world.run(arguments).exits_with(0).complains([]).prints([
        "wrote scimulator.toml",
        "next: put users, groups and assignments into the folder that `[directory] path` names,",
        "      set ASKSPOKE_TOKEN, then `scimulator check` and `scimulator sync now`",
    ]);
    let written = world.read("scimulator.toml");
    world
        .run(["init"])
        .exits_with(2)
        .prints([])
        .complains(["error: `scimulator.toml` is there already and stays as it is; name another file with `--config`"]);
    assert_eq!(world.read("scimulator.toml"), written);
    world.variable("ASKSPOKE_TOKEN", Some("any"));
    world
        .run(["check"])
        .exits_with(0)
        .complains([])
        .prints(["no errors: directory is ready to provision askspoke", &format!("askspoke: {ONE_USER}")]);
}

#[test]
fn init_refuses_what_could_not_work() {
    let world = World::new();
    world.run(["init", "--app", "franklin"]).exits_with(2).prints([]).complains([
        "error: there is no embedded mapping `franklin`; there are askspoke, flock, frankli, mediusflow, \
         scim, tribeloo. did you mean `frankli`?",
    ]);
    world
        .run(["init", "--tenant-url", "wiki.example"])
        .exits_with(2)
        .prints([])
        .complains(["error: `wiki.example` is no URL (relative URL without a base); write it like \
         `https://app.example/scim`"]);
    assert!(world.files().iter().all(|file| !file.ends_with("scimulator.toml")));
}

#[test]
fn a_good_configuration_checks_well_and_nothing_is_left_behind() {
    let (world, application) = ada();
    world
        .run(["check"])
        .exits_with(0)
        .complains([])
        .prints(["no errors: directory is ready to provision scim", &format!("scim: {ONE_USER}")]);
    let lines = world.run(["check", "--json"]).exits_with(0).complains([]).json_lines();
    assert_eq!(lines.iter().map(keys).collect::<Vec<_>>(), [["job", "nextCycle"]], "there is no problem");
    application.received([]);
    assert!(!world.path("state").exists());
}

#[test]
fn all_mistakes_are_told_at_once_sorted_by_their_place() {
    let mut world = World::new();
    copy_sample(&world);
    world.job_with("frankli", "frankli", "", "scope = \"all\"\n");
    let mapping = include_str!("../../mappings/scim.toml");
    world.write(
        "wiki.toml",
        &mapping
            .replace("direct = \"jobTitle\"", "direct = \"jobTitel\"")
            .replace("Join(\" \",", "Jion(\" \",")
            .replace("userName                                  = { direct", "userNmae = { direct"),
    );
    world.job_with("wiki", "wiki.toml", "", "");
    let users = world.read("directory/users.json");
    world.write("directory/users.json", &users.replacen("\"userPrincipalName\"", "\"userPrincipleName\"", 1));
    let groups = world.read("directory/groups.json");
    world.write("directory/groups.json", &groups.replacen("\"displayName\"", "\"name\"", 1));
    world.variable("WORLD_TOKEN", None);
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: directory/groups.json:2: record 1: `displayName` is missing",
        "error: directory/users.json:2: record 1: `userPrincipalName` is missing",
        "  help: is `userPrincipleName` meant for it?",
        "error: scimulator.toml:7: job `frankli`: the environment variable `WORLD_TOKEN` is not set; set \
         it, or name another one in the configuration",
        "error: scimulator.toml:15: job `wiki`: the environment variable `WORLD_TOKEN` is not set; set \
         it, or name another one in the configuration",
        "warning: wiki.toml:14: the required attribute `userName` has no mapping",
        "  help: every object will be skipped with AttributeValidationFailed; map it",
        "error: wiki.toml:39: the target has no attribute `userNmae`",
        "  help: did you mean `userName`?",
        "error: wiki.toml:42: the mapping of `title` names the source attribute `jobTitel`, which does \
         not exist",
        "  help: did you mean `jobTitle`?",
        "error: wiki.toml:47: the expression cannot be read: there is no function `Jion`",
        "  help: did you mean `Join`?",
        "           |",
        "        47 | Jion(\" \", [givenName], [surname])",
        "           | ^^^^",
        "7 errors",
    ]);
}

#[test]
fn a_mistake_in_the_configuration_hides_no_other() {
    let (mut world, _) = ada();
    world.configure("max_in_flight", "max_in_fligth");
    world.configure("mapping = \"scim\"", "mapping = \"scmi\"");
    let users = world.read("directory/users.json");
    world.write("directory/users.json", &users.replacen("\"userPrincipalName\"", "\"userPrincipleName\"", 1));
    let outcome = world.run(["check"]).exits_with(2);
    for told in
        ["`max_in_fligth` is not a setting", "the mapping `scmi` cannot be read", "`userPrincipalName` is missing"]
    {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.stdout);
    }
}

#[test]
fn mistakes_in_json_are_an_object_a_line() {
    let (mut world, _) = ada();
    world.configure("max_in_flight", "max_in_fligth");
    let outcome = world.run(["check", "--json"]).exits_with(2).complains([]);
    outcome
        .prints(["{\"severity\":\"error\",\"origin\":\"scimulator.toml\",\"line\":12,\"message\":\"`max_in_fligth` \
         is not a setting of a job\",\"help\":\"did you mean `max_in_flight`?\"}"]);
}

#[test]
fn a_warning_is_no_error() {
    let (mut world, _) = ada();
    world.assign("nobody", "scim");
    world.run(["check"]).exits_with(0).complains([]).prints([
        "warning: directory: `nobody@contoso.example` is assigned to `scim`, and nobody is called so",
        "no errors: directory is ready to provision scim",
        &format!("scim: {ONE_USER}"),
    ]);
}

#[test]
fn two_jobs_on_one_target_are_warned_of() {
    let (mut world, application) = ada();
    let other = world.job("tribeloo");
    world.configure(&other.url(), &application.url());
    world.assign("ada", "tribeloo");
    world.run(["check"]).exits_with(0).complains([]).prints([
        "warning: scimulator.toml:17: the jobs `scim` and `tribeloo` both provision \
         `http://{target}/scim`",
        "  help: their scopes must not overlap, or each undoes what the other does",
        "no errors: directory is ready to provision scim, tribeloo",
        &format!("scim: {ONE_USER}"),
        &format!("tribeloo: {ONE_USER}"),
    ]);
}

#[test]
fn a_connection_test_asks_for_users_and_for_groups_where_they_are_provisioned() {
    let (world, application) = ada();
    world
        .run(["test-connection", "scim"])
        .exits_with(0)
        .complains([])
        .prints(["http://{target}/scim answers as SCIM demands"]);
    application.received([probe(), get("/Groups?excludedAttributes=members&filter=displayName+eq+%22{uuid}%22")]);
    world
        .run(["test-connection", "scim", "--json"])
        .exits_with(0)
        .complains([])
        .prints(["{\"job\":\"scim\",\"target\":\"http://{target}/scim\",\"succeeded\":true,\"requests\":2}"]);
    assert!(!world.path("state").exists());
}

#[test]
fn a_bad_connection_test_says_why_and_what_to_do() {
    let (mut world, application) = ada();
    world.variable("WORLD_TOKEN", Some("another-one"));
    world.run(["test-connection", "scim"]).exits_with(1).prints([]).complains([
        "error: http://{target}/scim does not answer as SCIM demands",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: the request needs the \
         application's secret token as `Authorization: Bearer`",
        "  help: check the secret token: it may be wrong, expired or revoked",
    ]);
    world.variable("WORLD_TOKEN", Some(crate::world::TOKEN));
    application.interfere(|_| Some(Response::error(404, None, "no such page")));
    let answer = world.run(["test-connection", "scim", "--json"]).exits_with(1).complains([]).json_lines().remove(0);
    assert_eq!(keys(&answer), ["job", "target", "succeeded", "error"]);
    assert_eq!(answer["error"]["advice"], "check that `tenant_url` is the SCIM base URL of the application");
    application.go_away();
    world.run(["test-connection", "scim"]).exits_with(1).prints([]).complains([
        "error: http://{target}/scim does not answer as SCIM demands",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: no connection to `{target}`: Connection \
         refused (os error 111); check that the application runs and can be reached",
    ]);
    world
        .run(["test-connection", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`; there are: scim"]);
}

#[test]
fn jobs_tells_state_progress_and_statistics() {
    let (mut world, _) = ada();
    world
        .run(["jobs"])
        .exits_with(0)
        .complains([])
        .prints(["job\tstate\tlast cycle\tdid\tusers\tgroups\tnext", "scim\tNotRun\t\t\t\t\t"]);
    world.run(["jobs", "--json"]).exits_with(0).prints(["{\"job\":\"scim\",\"code\":\"NotRun\"}"]);
    world.sync();
    world.run(["jobs"]).exits_with(0).complains([]).prints([
        "job\tstate\tlast cycle\tdid\tusers\tgroups\tnext",
        "scim\tActive\tinitial Succeeded\t1 created\t1\t0\t{time}",
    ]);
    let report = world.run(["jobs", "scim", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!(report["code"], "Active");
    assert_eq!(report["synchronizedEntryCountByType"][0]["value"], 1);
    assert_eq!(report["escrows"]["objects"], 0);
    assert_eq!(report["cycles"][0]["counts"]["create"], 1);
    world.run(["jobs", "pause", "scim"]).exits_with(0);
    assert_eq!(world.run(["jobs", "--json"]).json_lines()[0]["code"], "Paused");
    world.run(["jobs", "skim"]).exits_with(2).prints([]).complains(["error: there is no job `skim`; there are: scim"]);
    world
        .run(["jobs", "restart", "scim", "--reset", "Everything"])
        .exits_with(2)
        .prints([])
        .complains(["error: `Everything` is nothing that can be reset; there are Escrows, QuarantineState, \
         Watermark, ConnectorDataStore, Full, ForceDeletes"]);
    world.configure("name = \"scim\"", "name = \"wiki\"");
    world.run(["jobs", "--json"]).exits_with(0).json_lines().iter().zip([false, true]).for_each(|(job, configured)| {
        assert_eq!(job.get("configured").is_none_or(|value| value == true), configured, "{job}");
    });
}

#[test]
fn the_sandbox_command_is_a_target_like_any_other() {
    let mut world = World::new();
    let application = world.job("tribeloo");
    world.user("ada", |_| {}).assign("ada", "tribeloo");
    let sandbox = world.start_sandbox(&["--app", "tribeloo", "--token", "its-own-t0ken", "--state", "sandbox.ndjson"]);
    world.configure(&application.url(), sandbox.url());
    world.run(["test-connection", "tribeloo"]).exits_with(1);
    world.variable("WORLD_TOKEN", Some("its-own-t0ken"));
    world.sync().prints(["tribeloo: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
    world.sync().prints(["tribeloo: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
    assert!(world.read("sandbox.ndjson").contains("ada@contoso.example"));
}

#[test]
fn a_sandbox_needs_a_mapping_that_there_is_and_an_address_that_is_free() {
    let (world, application) = ada();
    world
        .run(["sandbox", "--app", "franklin"])
        .exits_with(2)
        .prints([])
        .complains(["error: `franklin` is neither an embedded mapping (askspoke, flock, frankli, mediusflow, scim, \
         tribeloo) nor a file that can be read: No such file or directory (os error 2)"]);
    let taken = application.url().replace("http://", "").replace("/scim", "");
    world
        .run(["sandbox", "--listen", &taken])
        .exits_with(2)
        .prints([])
        .complains(["error: cannot listen on {target}: Address already in use (os error 98); choose another address \
         with `--listen`"]);
}
