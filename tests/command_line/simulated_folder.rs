//! The private copy that `simulate` works on: open to its owner alone, and gone in the end, however that comes.

use crate::world::World;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A world with somebody in it, and a folder for temporary files of its own.
fn world() -> (World, PathBuf) {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    let place = world.path("for temporary files");
    fs::create_dir(&place).unwrap();
    (world, place)
}

/// A simulation that lasts, which has told of its first cycle.
fn playing(world: &World, place: &Path) -> Child {
    let mut command = world.command(&["simulate", "--days", "3650"]);
    let mut child = command
        .env("TMPDIR", place)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut lines = BufReader::new(child.stdout.as_mut().expect("it is piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("initial cycle")));
    child
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Everything in a folder, with its mode.
fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for path in entries(folder) {
        let metadata = fs::metadata(&path).unwrap();
        found.push((path.clone(), metadata.permissions().mode() & 0o777));
        if metadata.is_dir() {
            found.extend(modes(&path));
        }
    }
    found
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.expect("`kill` is there").success());
}

#[test]
fn it_is_private_and_ctrl_c_takes_it_away() {
    let (world, place) = world();
    for name in ["INT", "TERM"] {
        let mut child = playing(&world, &place);
        let found = modes(&place);
        assert!(found.len() > 4, "{found:?}");
        for (path, mode) in found {
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        }
        signal(&child, name);
        // It may have much to say before it ends.
        let rest = child.stdout.take().map(BufReader::new);
        rest.into_iter().flat_map(|rest| rest.lines().map_while(Result::ok)).for_each(drop);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "error: stopped; nothing of the simulation is left\n");
        assert_eq!(entries(&place), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_scenario_that_is_refused_leaves_nothing() {
    let (world, place) = world();
    let mut command = world.command(&["simulate", "--days", "1", "nobody"]);
    assert_eq!(command.env("TMPDIR", &place).output().unwrap().status.code(), Some(2));
    assert_eq!(entries(&place), Vec::<PathBuf>::new());
}

#[test]
fn what_a_killed_one_leaves_is_taken_away_by_the_next_and_one_that_plays_is_left_alone() {
    let (world, place) = world();
    let mut killed = playing(&world, &place);
    let left = entries(&place);
    signal(&killed, "KILL");
    killed.wait().unwrap();
    assert_eq!((left.len(), entries(&place)), (1, left.clone()));
    let mut other = playing(&world, &place);
    let present = entries(&place);
    assert!(present.len() == 1 && present != left, "{present:?}");
    let mut command = world.command(&["simulate", "--days", "1"]);
    assert!(command.env("TMPDIR", &place).output().unwrap().status.success());
    assert_eq!(entries(&place), present);
    other.kill().unwrap();
    other.wait().unwrap();
}
