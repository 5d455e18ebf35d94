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
