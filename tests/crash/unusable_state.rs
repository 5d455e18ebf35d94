//! A disk that is full, and places that cannot be written to: a message, no state that is damaged, and nothing that happens
//! twice afterwards.
//!
//! The limit on the size of files stands in for the full disk: a write beyond it fails in the same way.

use super::{
    application::Plan,
    history::History,
    seed::Seed,
    victim::{Ended, Victim},
    workplace::{Dialect, Workplace},
};
use std::{process::Command, sync::Arc};

/// Requests at once.
const IN_FLIGHT: usize = 4;
/// What is said where a write fails.
const FULL: &str = "the state file cannot be written: disk I/O error; make room or give permission, then start again: nothing is lost\n";

/// Runs `sync now` where no file may grow beyond so many blocks of 512 bytes. Returns the number of requests, too.
fn sync_within(place: &Workplace, blocks: usize) -> (Ended, usize) {
    let program = place.command(&[]);
    let mut shell = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" sync now --accept-shrink");
    shell.arg("-c").arg(script).arg(program.get_program());
    shell.current_dir(program.get_current_dir().expect("it is set")).env_clear();
    place.application.plan(Plan::Answer);
    let ended = Arc::<Victim>::default().run(&mut shell);
    (ended, place.application.settle())
}

#[test]
fn a_full_disk_is_an_error_that_says_what_to_do_and_nothing_is_lost() {
    let seed = Seed::of("a_full_disk_is_an_error");
    let source = tempfile::tempdir().unwrap();
    let history = History::of(seed.part(0), false);
    history.company.write(source.path());
    let mut requests = Vec::new();
    // The lock, the tables, the import, the first attempts, first and later results do not fit.
    for blocks in [0, 60, 500, 900, 1_200, 1_500] {
        let place = Workplace::new(source.path(), Dialect::Legacy, IN_FLIGHT);
        let (ended, sent) = sync_within(&place, blocks);
        let expected = match blocks {
            0 => "error: `state/scimulator.db.lock` cannot be used: File too large (os error 27)\n",
            _ => FULL,
        };
        assert_eq!(ended.status.code(), Some(1), "{blocks} blocks: {}", ended.said);
        assert!(ended.said.ends_with(expected), "{blocks} blocks: {}", ended.said);
        let unrecorded = place.content().accounts.len() - place.connections();
        assert!(unrecorded <= IN_FLIGHT, "{blocks} blocks: {unrecorded} accounts were made and not recorded");
        requests.push(sent);
        place.sync_whole();
        place.content().check(&history.company, false).unwrap_or_else(|error| panic!("{blocks} blocks: {error}"));
    }
    assert_eq!(requests[0], 0, "nothing is sent without a state file");
    assert!(requests[5] > 2 * IN_FLIGHT, "the disk was full before the cycle was on its way: {requests:?}");
}

/// Expects that `sync now` with the state file at `path` fails with this message, and sends nothing.
#[track_caller]
fn is_refused(place: &Workplace, path: &str, message: &str) {
    let mut command = place.command(&["sync", "now"]);
    place.application.plan(Plan::Answer);
    let ended = Arc::<Victim>::default().run(command.env("SCIMULATOR_STATE__PATH", path));
    assert_eq!((ended.status.code(), ended.said), (Some(1), format!("error: {message}\n")));
    assert_eq!(place.application.settle(), 0, "nothing is sent without a state file");
}

#[test]
fn a_state_file_that_cannot_be_made_is_an_error() {
    let source = tempfile::tempdir().unwrap();
    History::of(1, false).company.write(source.path());
    let place = Workplace::new(source.path(), Dialect::Legacy, 1);
    std::fs::create_dir(place.path("folder")).unwrap();
    is_refused(&place, "mapping.toml/below.db", "`mapping.toml` cannot be used: File exists (os error 17)");
    is_refused(&place, "mapping.toml/far/below.db", "`mapping.toml/far` cannot be used: Not a directory (os error 20)");
    is_refused(&place, "folder", "`folder` cannot be used: Is a directory (os error 21)");
}

fn version_of_a_new_state_file(place: &Workplace) -> i64 {
    place.sync_whole();
    let state = rusqlite::Connection::open(place.state()).unwrap();
    state.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn what_is_no_state_file_of_this_version_is_left_alone() {
    let source = tempfile::tempdir().unwrap();
    History::of(1, false).company.write(source.path());
    let place = Workplace::new(source.path(), Dialect::Legacy, 1);
    std::fs::write(place.path("notes.txt"), "buy milk\n".repeat(100)).unwrap();
    for (file, sql) in [("other.db", "CREATE TABLE job (name)"), ("newer.db", "PRAGMA user_version = 999")] {
        rusqlite::Connection::open(place.path(file)).unwrap().execute_batch(sql).unwrap();
    }
    let files = ["notes.txt", "other.db", "newer.db"];
    let before = files.map(|file| std::fs::read(place.path(file)).unwrap());
    let advice = "move it away, or name another file in `[state] path`";
    is_refused(&place, "notes.txt", &format!("`notes.txt` is not a state file of scimulator; {advice}"));
    is_refused(&place, "other.db", &format!("`other.db` is not a state file of scimulator; {advice}"));
    let known = version_of_a_new_state_file(&place);
    let newer = format!("has version 999, and this program knows versions up to {known}; use a newer scimulator");
    is_refused(&place, "newer.db", &format!("the state file `newer.db` {newer}"));
    assert!(files.map(|file| std::fs::read(place.path(file)).unwrap()) == before, "a file was written to");
}
