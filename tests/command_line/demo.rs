//! `demo`: the whole journey in one command, with nothing to configure.

use crate::world::World;

/// The titles of the five applications.
const APPLICATIONS: [&str; 5] = ["Flock", "Frankli", "askSpoke", "MediusFlow", "Tribeloo"];

#[test]
fn it_shows_all_five_applications_twice_in_the_same_folder() {
    let world = World::new();
    for _ in 0..2 {
        let outcome = world.run(["demo"]).exits_with(0).complains([]);
        for application in APPLICATIONS {
            let line = outcome.stdout.lines().find(|line| line.contains(application) && line.contains(" users ("));
            assert!(line.is_some(), "{application} is not provisioned:\n{}", outcome.stdout);
        }
        for said in [
            "  frankli: initial cycle Succeeded: 33 created, 32 updated, 4 skipped; 101 requests in {duration}\n",
            "  frankli: incremental cycle Succeeded: 1 updated, 1 disabled; 5 requests in {duration}\n",
            "title: Account Executive -> Head of Partner Sales\n",
            "active: True -> False\n",
        ] {
            assert!(outcome.stdout.contains(said), "`{said}` is missing:\n{}", outcome.stdout);
        }
    }
    let left: Vec<_> = std::fs::read_dir(world.path("temporary")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_it_keeps_is_there_to_look_further_as_it_says() {
    let world = World::new();
    let outcome = world.run(["demo", "--keep", "kept"]).exits_with(0).complains([]);
    assert!(outcome.stdout.contains("\n  scimulator --config kept/scimulator.toml logs\n"), "{}", outcome.stdout);
    let logs = world.run(["--config", "kept/scimulator.toml", "logs", "--job", "frankli", "--action", "disable"]);
    assert_eq!(logs.exits_with(0).stdout.lines().count(), 2);
    world.run(["--config", "kept/scimulator.toml", "jobs"]).exits_with(0);
    world
        .run(["demo", "--keep", "kept"])
        .exits_with(2)
        .prints([])
        .complains(["error: `kept` holds a configuration already; name a new folder"]);
}
