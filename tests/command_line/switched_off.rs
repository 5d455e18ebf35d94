//! A job with `enabled = false` in the configuration: it runs by command alone.

use crate::world::World;

const HINT: &str =
    "`scim` has `enabled = false` in the configuration: it does not run by itself, but by `sync now scim`";

#[test]
fn it_is_listed_as_switched_off_and_starting_it_says_what_keeps_it_from_running() {
    let mut world = World::new();
    world.job_with("scim", "scim", "", "enabled = false\n");
    world.user("ada", |_| {}).assign("ada", "scim");
    let heading = "job\tstate\tlast cycle\tdid\tusers\tgroups\tnext";
    world.run(["jobs"]).exits_with(0).complains([]).prints([heading, "scim\tswitched off\t\t\t\t\t"]);
    world.run(["sync", "now", "scim"]).exits_with(0);
    let listed = "scim\tswitched off\tinitial Succeeded\t1 created\t1\t0\t";
    world.run(["jobs"]).exits_with(0).complains([]).prints([heading, listed]);
    let shown = world.run(["jobs", "scim"]).exits_with(0).complains([]).stdout;
    let lines: Vec<_> = shown.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "scim (SCIM application): switched off",
            "  target          http://{target}/scim",
            "                  `enabled = false` in the configuration: no cycle runs by itself",
        ]
    );
    let json = world.run(["jobs", "scim", "--json"]).exits_with(0).json_lines().remove(0);
    assert_eq!((&json["enabled"], &json["schedule"]["next"]), (&false.into(), &serde_json::Value::Null));
    world.run(["jobs", "start", "scim"]).exits_with(0).prints(["scim: started"]).complains([HINT]);
    world.run(["jobs", "pause", "scim"]).exits_with(0).complains([]);
}
