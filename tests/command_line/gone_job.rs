//! A job that is gone from the configuration. Source: `spec/ENGINE.md` §6.

use crate::world::{Application, World};
use std::sync::Arc;

/// Ada is provisioned by two jobs; then the configuration calls one of them `wiki`.
fn gone() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    application.requests();
    world.configure("name = \"scim\"", "name = \"wiki\"");
    (world, application)
}

#[test]
fn it_is_listed_as_such_with_what_it_has_connected() {
    let (world, application) = gone();
    world.run(["jobs"]).exits_with(0).complains([]).prints([
        "job\tstate\tlast cycle\tdid\tusers\tgroups\tnext",
        "scim\tnot configured\tinitial Succeeded\t1 created\t1\t0\t",
        "wiki\tNotRun\t\t\t\t\t",
    ]);
    let shown = world.run(["jobs", "scim"]).exits_with(0).complains([]).stdout;
    assert_eq!(shown.lines().next(), Some("scim (SCIM application): not configured"));
    assert!(!shown.contains("next cycle"), "{shown}");
    let json = world.run(["jobs", "scim", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!((&json["configured"], &json["schedule"]["next"]), (&false.into(), &serde_json::Value::Null));
    application.received([]);
}

#[test]
fn nothing_runs_it_and_no_lever_moves_it() {
    let (world, application) = gone();
    let unknown = ["error: there is no job `scim`; there are: wiki"];
    for command in [
        &["sync", "now", "scim"][..],
        &["provision", "scim", "--user", "ada@contoso.example"],
        &["jobs", "start", "scim"],
        &["jobs", "restart", "scim"],
        &["jobs", "restart", "scim", "--keep-links"],
        &["test-connection", "scim"],
    ] {
        world.run_all(command).exits_with(2).prints([]).complains(unknown);
    }
    application.received([]);
}

#[test]
fn back_in_the_configuration_it_goes_on_where_it_was() {
    let (mut world, application) = gone();
    world.change(|directory| {
        directory.user("ada").set("jobTitle", "Countess");
    });
    world.configure("name = \"wiki\"", "name = \"scim\"");
    world.sync().prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    assert_eq!(application.requests().len(), 3);
}
