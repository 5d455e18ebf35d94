//! A state file that an older version of the program left: with the tables of then, and what they hold.

use crate::world::{Process, World};
use rusqlite::Connection;
use std::{fs, path::PathBuf};

const STATE: &str = "state/scimulator.db";

/// The migrations, in their order.
fn migrations() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// A job that is assigned to Ada, and the state that its one cycle left when there were only so many migrations.
fn left_at(version: usize) -> World {
    let mut world = World::new();
    world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    fs::create_dir(world.path("state")).unwrap();
    let state = Connection::open(world.path(STATE)).unwrap();
    state.pragma_update(None, "journal_mode", "WAL").unwrap();
    for migration in &migrations()[..version] {
        state.execute_batch(migration).unwrap();
    }
    state.pragma_update(None, "user_version", version).unwrap();
    state
        .execute_batch(
            "INSERT INTO job (name, id, tenant, application, title, target, fingerprint, scope, watermark, schedule_state)
             VALUES ('scim', 'SCIM', 'Contoso', 'scim', 'SCIM application', 'http://127.0.0.1', 'f', 'assigned', 7, 'Active');
             INSERT INTO cycle (id, job, kind, high, fingerprint, phase, position, began, ended, state, counts)
             VALUES ('c', 'scim', 'initial', 7, 'f', 5, 0, '2026-01-05T08:00:00.000Z', '2026-01-05T08:00:01.000Z', 'Succeeded',
                     '{}');
             INSERT INTO provisioning_record (id, time, job, cycle, change, action, status, duration_ms, source_id, source_type,
                     source_name, source_display_name, target_id, target_type, steps, modified)
             VALUES ('r', '2026-01-05T08:00:00.500Z', 'scim', 'c', 'x', 'create', 'success', 5, 'id-of-ada', 'User',
                     'ada@contoso.example', 'Ada', '1', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', '[]', '[]')",
        )
        .unwrap();
    world
}

fn version(world: &World) -> usize {
    let state = Connection::open(world.path(STATE)).unwrap();
    state.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn whoever_only_looks_brings_it_up_to_date() {
    for left in 1..migrations().len() {
        let world = left_at(left);
        let told = world.run(["logs"]).exits_with(0).complains([]).stdout;
        assert!(told.contains("ada@contoso.example"), "{told}");
        assert_eq!(version(&world), migrations().len());
    }
    for command in [
        &["jobs"][..],
        &["jobs", "scim"],
        &["explain", "ada"],
        &["directory", "status"],
        &["directory", "diff"],
        &["jobs", "link", "scim", "ada@contoso.example"],
    ] {
        let world = left_at(1);
        let looked = world.run_all(command);
        assert!(!looked.stderr.contains("no such"), "{command:?}: {}", looked.stderr);
        assert_eq!(version(&world), migrations().len());
    }
}

#[test]
fn several_at_the_same_moment_all_find_it_up_to_date() {
    for left in 1..migrations().len() {
        let world = left_at(left);
        let started: Vec<_> = (0..6).map(|_| world.start(["logs"])).collect();
        for outcome in started.into_iter().map(Process::end) {
            let told = outcome.exits_with(0).complains([]).stdout;
            assert!(told.contains("ada@contoso.example"), "{told}");
        }
        assert_eq!(version(&world), migrations().len());
    }
}

#[test]
fn a_dry_run_leaves_it_as_it_is() {
    let world = left_at(2);
    let rehearsed = world.run(["sync", "now", "--dry-run"]);
    assert!(!rehearsed.stderr.contains("no such"), "{}", rehearsed.stderr);
    assert_eq!(version(&world), 2);
}

#[test]
fn while_an_older_daemon_works_with_it_the_message_says_so() {
    let world = left_at(3);
    let path = world.path(&format!("{STATE}.lock"));
    fs::write(&path, "process 17 (scimulator run)\n").unwrap();
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let known = migrations().len();
    // Each waits for a while whether it is being brought up to date.
    let started = [
        world.start(["logs"]),
        world.start(["jobs"]),
        world.start(["explain", "ada"]),
        world.start(["directory", "diff"]),
    ];
    for outcome in started.map(Process::end) {
        outcome.exits_with(1).prints([]).complains([&format!(
            "error: the state file `{STATE}` has version 3, and this program reads version {known}; it cannot be brought up \
             to date: process {{process}} (scimulator run) works with it; end that, and start it again with the present \
             version"
        )]);
    }
    assert_eq!(version(&world), 3);
    held.unlock().unwrap();
    world.run(["logs"]).exits_with(0);
}

#[test]
fn where_nothing_can_be_written_the_message_says_so() {
    let world = left_at(3);
    // In place of the lock, which is made first.
    fs::create_dir(world.path(&format!("{STATE}.lock"))).unwrap();
    let known = migrations().len();
    world.run(["logs"]).exits_with(1).prints([]).complains([&format!(
        "error: the state file `{STATE}` has version 3, and this program reads version {known}; it cannot be brought up to \
         date: `{STATE}.lock` cannot be used: Is a directory (os error 21); where it may not be written to, read a copy of it"
    )]);
    assert_eq!(version(&world), 3);
}

#[test]
fn of_managers_it_is_remembered_who_had_one_and_of_whom_that_is_not_known() {
    let world = left_at(8);
    let state = Connection::open(world.path(STATE)).unwrap();
    for (key, name, manager, sequence) in [
        (1, "has one", Some("boss"), 3),
        (2, "has none", None, 4),
        (3, "changed since", None, 8),
        (4, "could not be cleared", None, 5),
    ] {
        state
            .execute(
                "INSERT INTO source_object (key, kind, id, name, folded, attributes, enabled, manager, state, listed_in_bin,
                    content_hash, raw_hash, sequence, entitlement_sequence)
                 VALUES (?1, 'User', ?2, ?2, ?2, '{}', 1, ?3, 'live', 0, x'00', x'00', ?4, 0)",
                (key, name, manager, sequence),
            )
            .unwrap();
        let connect = "INSERT INTO connection (job, object, kind, target_id, state, since)
                       VALUES ('scim', ?1, 'User', ?2, 'linked', '2026-01-05T08:00:00.000Z')";
        state.execute(connect, (key, name)).unwrap();
    }
    let escrow =
        "INSERT INTO escrow VALUES ('scim', 4, 'reference', 'update', 'code', 'text', '2026-01-05T08:00:00.000Z', 1,
                      '2026-01-05T09:00:00.000Z')";
    state.execute(escrow, []).unwrap();
    world.run(["logs"]).exits_with(0);
    let sql = "SELECT target_id FROM connection WHERE names_manager ORDER BY object";
    let mut statement = state.prepare(sql).unwrap();
    let named: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(named, ["has one", "changed since", "could not be cleared"]);
}

#[test]
fn of_connections_it_is_remembered_whose_objects_were_found_to_be_out_of_scope() {
    let world = left_at(10);
    let state = Connection::open(world.path(STATE)).unwrap();
    for (key, name, connection) in [
        (1, "in", "linked"),
        (2, "was disabled", "released"),
        (3, "could not be disabled", "linked"),
        (4, "could not be updated", "linked"),
        (5, "is held back", "linked"),
    ] {
        let connect = "INSERT INTO connection (job, object, kind, target_id, state, since)
                       VALUES ('scim', ?1, 'User', ?2, ?3, '2026-01-05T08:00:00.000Z')";
        state.execute(connect, (key, name, connection)).unwrap();
    }
    for (key, operation) in [(3, "disable"), (4, "update")] {
        let escrow =
            "INSERT INTO escrow VALUES ('scim', ?1, 'object', ?2, 'code', 'text', '2026-01-05T08:00:00.000Z', 1,
                          '2026-01-05T09:00:00.000Z')";
        state.execute(escrow, (key, operation)).unwrap();
    }
    let hold_back =
        "INSERT INTO staged (job, object, action, since) VALUES ('scim', 5, 'disable', '2026-01-05T08:00:00.000Z')";
    state.execute(hold_back, []).unwrap();
    world.run(["logs"]).exits_with(0);
    let sql = "SELECT target_id FROM connection WHERE out_of_scope ORDER BY object";
    let mut statement = state.prepare(sql).unwrap();
    let out: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(out, ["was disabled", "could not be disabled", "is held back"]);
}
