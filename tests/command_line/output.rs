//! Standard output that does not take what is said: a full disk is a failure, a reader who has hung up is none.

use crate::world::{Outcome, World};
use std::{fs::OpenOptions, process::Stdio};

/// What the commands say who have nothing to complain of but their output.
fn told_to(output: impl Fn() -> Stdio, code: i32, complaint: &str) {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    for arguments in [
        vec!["--help"],
        vec!["check"],
        vec!["eval", "ToUpper(\"ada\")"],
        vec!["eval", "--functions"],
        vec!["simulate", "--days", "1"],
        vec!["sync", "now"],
    ] {
        let ended = world.command(&arguments).stdin(Stdio::null()).stdout(output()).output();
        let outcome = Outcome::of(&ended.expect("the program was built"), &world.normal_form());
        let last = outcome.stderr.lines().last().filter(|line| line.contains("output")).unwrap_or_default().to_owned();
        assert_eq!((outcome.exits_with(code).stdout.as_str(), last.as_str()), ("", complaint), "{arguments:?}");
    }
}

#[test]
fn what_a_full_disk_does_not_take_is_a_failure() {
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("Linux has it").into();
    told_to(full, 1, "error: standard output cannot be written: No space left on device (os error 28)");
}

#[test]
fn whoever_has_hung_up_wants_no_more_and_is_no_failure() {
    let hung_up = || {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        writer.into()
    };
    told_to(hung_up, 0, "");
}

/// The second day would call for another exit code.
#[test]
fn a_simulation_ends_where_nobody_reads_on() {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.write("story.toml", "start = \"2026-03-02\"\ndays = 2\n[[events]]\nat = \"1d\"\nfail = { status = 401 }\n");
    for json in [None, Some("--json")] {
        let arguments: Vec<_> = ["simulate", "--scenario", "story.toml"].into_iter().chain(json).collect();
        world.run_all(&arguments).exits_with(3);
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let ended = world.command(&arguments).stdin(Stdio::null()).stdout(writer).output();
        Outcome::of(&ended.expect("the program was built"), &world.normal_form()).exits_with(0).complains([]);
    }
}
