//! Which files are read, which records are parsed, and what counts as a change.

use super::{changed, folder, imported, read, state, warnings};
use crate::world::World;
use scimulator::store::{ObjectKind, ObjectState};
use serde_json::json;
use std::{
    fs::{self, File},
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// Writes a file whose time is the one given.
fn written_at(world: &World, file: &str, text: &str, time: SystemTime) {
    let path = PathBuf::from(folder(world)).join(file);
    fs::write(&path, text).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn formats_are_mixed_in_one_folder() {
    let mut world = World::new();
    world.file("users.json", r#"[{"id": "a", "userPrincipalName": "ann@x"}]"#);
    world.file(
        "users.ndjson",
        "{\"id\": \"b\", \"userPrincipalName\": \"bob@x\"}\n{\"userPrincipalName\": \"bea@x\"}\n",
    );
    world.file("users.csv", "id,userPrincipalName,department\nc,cid@x,Sales\n");
    world.file("users/dee.json", r#"{"id": "d", "userPrincipalName": "dee@x"}"#);
    world.file("users/page.json", r#"{"value": [{"id": "e", "userPrincipalName": "eve@x"}]}"#);
    world.file("groups.csv", "id,displayName,members\ng,Team,ann@x;b\n");
    world.file("groups.json", r#"[{"id": "h", "displayName": "Sales", "members": ["c", "DEE@x"]}]"#);
    world.file("assignments.csv", "app,principal,role\napp,Team,\n");
    world.file("assignments.json", r#"[{"app": "app", "principal": "eve@x"}]"#);
    let first = imported(&world).await;
    assert_eq!(read(&first), (9, 10));
    assert_eq!(changed(&first), (8, 4, 2));
    for (name, kind) in [("ann@x", ObjectKind::User), ("bea@x", ObjectKind::User), ("sales", ObjectKind::Group)] {
        let found = world.read(move |tables| tables.objects_named(name)).await;
        assert_eq!(found.iter().map(|object| object.kind).collect::<Vec<_>>(), [kind], "{name}");
    }
    assert_eq!(world.cycle().await.result.state, scimulator::engine::CycleState::Succeeded);
    assert_eq!(world.application.user_count(), 3);
}

#[tokio::test]
async fn an_unchanged_file_is_not_read() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann"]);
    assert_eq!(read(&world.import().await.unwrap()), (3, 5));
    let again = world.import().await.unwrap();
    assert_eq!((read(&again), changed(&again)), ((0, 0), (0, 0, 0)));
    world.change("ann", &json!({"title": "Dr"}));
    let one = world.import().await.unwrap();
    assert_eq!((read(&one), changed(&one)), ((1, 1), (1, 0, 0)));
}

#[tokio::test]
async fn where_no_file_changed_the_moment_is_noted_and_what_is_amiss_is_told_again() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann", "nobody"]);
    world.file("people.csv", "id\n");
    let first = world.import().await.unwrap();
    let told = warnings(&world, &first);
    assert_eq!(told.len(), 2, "{told:?}");
    world.hours_later(1);
    let again = imported(&world).await;
    assert_eq!((read(&again), warnings(&world, &again)), ((0, 0), told));
    assert_eq!(world.read(scimulator::store::Tables::imported_at).await, Some(world.present()));
}

#[tokio::test]
async fn a_touched_file_is_read_and_none_of_its_records_is_parsed() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.import().await.unwrap();
    let now = world.now();
    world.touch("users.json", now);
    world.touch("groups.json", now);
    let again = imported(&world).await;
    assert_eq!((read(&again), changed(&again)), ((2, 0), (0, 0, 0)));
    assert_eq!(read(&imported(&world).await), (0, 0));
}

#[tokio::test]
async fn a_file_written_just_now_is_read_once_more_and_its_change_within_the_same_tick_is_seen() {
    let world = World::new();
    let tick = world.now() - Duration::from_secs(1);
    written_at(&world, "users.json", r#"[{"id": "a", "userPrincipalName": "ann@x"}]"#, tick);
    assert_eq!(read(&imported(&world).await), (1, 1));
    written_at(&world, "users.json", r#"[{"id": "a", "userPrincipalName": "amy@x"}]"#, tick);
    world.minutes_later(1);
    assert_eq!(read(&imported(&world).await), (1, 1));
    assert_eq!(state(&world, "amy@x").await, Some(ObjectState::Live));
    assert_eq!(read(&imported(&world).await), (0, 0));
}

#[tokio::test]
async fn a_file_is_trusted_from_an_age_of_two_seconds() {
    for (age, read_again) in [(1_999, 1), (2_000, 0)] {
        let world = World::new();
        let time = world.now() - Duration::from_millis(age);
        written_at(&world, "users.json", r#"[{"id": "a", "userPrincipalName": "ann@x"}]"#, time);
        imported(&world).await;
        assert_eq!(read(&imported(&world).await), (read_again, 0), "modified {age} ms before");
    }
}

#[tokio::test]
async fn other_blanks_and_another_order_of_records_change_nothing() {
    let mut world = World::new();
    world.file("users.json", r#"[{"id":"a","userPrincipalName":"ann@x"},{"id":"b","userPrincipalName":"bob@x"}]"#);
    imported(&world).await;
    world.file(
        "users.json",
        "[\n  {\"id\":\"b\",\"userPrincipalName\":\"bob@x\"},\n  {\"id\": \"A\", \"userPrincipalName\": \"ann@x\"}\n]\n",
    );
    let again = imported(&world).await;
    assert_eq!((read(&again), changed(&again)), ((1, 1), (0, 0, 0)));
}

#[tokio::test]
async fn a_record_moved_between_files_is_no_change() {
    let mut world = World::new();
    let [ann, bob, cid] = ["ann", "bob", "cid"].map(|name| crate::directory::user(name).to_string());
    world.file("users.ndjson", &format!("{ann}\n{bob}\n"));
    world.file("users/cid.json", &cid);
    world.file("groups.json", r#"[{"id": "g", "displayName": "Team", "members": ["id-ann"]}]"#);
    world.file("groups.ndjson", "{\"id\": \"h\", \"displayName\": \"Rest\"}\n");
    imported(&world).await;
    world.file("users.ndjson", &format!("{bob}\n"));
    world.file("users/cid.json", &format!("[{cid}, {ann}]"));
    world.file("groups.json", "[]");
    world.file(
        "groups.ndjson",
        "{\"id\": \"h\", \"displayName\": \"Rest\"}\n{\"id\": \"g\", \"displayName\": \"Team\", \"members\": [\"id-ann\"]}\n",
    );
    let moved = imported(&world).await;
    assert_eq!((read(&moved), changed(&moved)), ((4, 2), (0, 0, 0)));
    assert_eq!(state(&world, "id-ann").await, Some(ObjectState::Live));
    let now = world.now();
    world.touch("users/cid.json", now);
    world.touch("users.ndjson", now);
    let touched = imported(&world).await;
    assert_eq!((read(&touched), changed(&touched)), ((2, 0), (0, 0, 0)));
}

#[tokio::test]
async fn one_membership_more_or_less_is_one_change() {
    let mut world = World::new();
    world.users(&["ann", "bob", "cid"]);
    world.group("Team", &["ann", "bob"]);
    world.import().await.unwrap();
    world.members("Team", &["ann", "bob", "cid"]);
    let more = world.import().await.unwrap();
    assert_eq!((read(&more), changed(&more)), ((1, 1), (0, 1, 0)));
    world.members("Team", &["ann", "cid"]);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 1, 0));
    world.members("Team", &["cid", "ann"]);
    assert_eq!(changed(&world.import().await.unwrap()), (0, 0, 0));
}
