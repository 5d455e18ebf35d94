//! All or nothing: what is wrong is named with its place, and the last good state stays.

use super::{changed, imported, refused, state};
use crate::{lines::*, world::World};
use scimulator::store::ObjectState::Live;
use serde_json::json;

/// What follows each message about two records of one id or name.
const EACH_ITS_OWN: &str = "\n  help: give each object a value of its own";

#[tokio::test]
async fn a_malformed_file_refuses_the_import_as_a_whole() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.users(&["cid"]);
    let now = world.now();
    world.write(now);
    world.file("groups.json", "[{\"id\": \"g\", \"displayName\": \"Team\"},\n {\"id\": \"h\"");
    world.file("assignments.json", "[]\n[]");
    assert_eq!(
        refused(&world).await,
        "error: DIR/groups.json:2: the file ends within record 2; it may be incomplete\n\
         error: DIR/assignments.json:2: expected the end of the file after the list, found `[`"
    );
    assert_eq!([state(&world, "id-cid").await, state(&world, "g").await], [None, None]);
    assert_eq!(world.cycle().await.requests, [probe()]);
    world.file("groups.json", "[]");
    world.file("assignments.json", r#"[{"app": "app", "principal": "id-ann"}, {"app": "app", "principal": "id-bob"}]"#);
    assert_eq!(changed(&imported(&world).await), (1, 0, 0));
    assert_eq!(state(&world, "id-cid").await, Some(Live));
}

#[tokio::test]
async fn every_bad_record_of_every_file_is_reported() {
    let mut world = World::new();
    world.file(
        "users.ndjson",
        "{\"id\": \"a\", \"userPrincipalName\": \"ann@x\", \"accountEnabled\": \"maybe\"}\n\
         {\"id\": \"b\"}\n\
         {\"id\": \"c\", \"userPrincipalName\": \"cid@x\"}\n",
    );
    world.file("groups.json", r#"[{"id": "g"}]"#);
    world.file("assignments.json", r#"[{"app": "app"}]"#);
    assert_eq!(
        refused(&world).await,
        "error: DIR/users.ndjson:1: record 1: `accountEnabled` must be true or false, not \"maybe\"\n\
         error: DIR/users.ndjson:2: record 2: `userPrincipalName` is missing\n\
         error: DIR/groups.json:1: record 1: `displayName` is missing\n\
         error: DIR/assignments.json:1: record 1: `principal` is missing"
    );
    assert_eq!(state(&world, "c").await, None);
}

#[tokio::test]
async fn an_id_used_twice_is_an_error_with_both_places() {
    let mut world = World::new();
    world.file(
        "users.json",
        "[{\"id\": \"a\", \"userPrincipalName\": \"ann@x\"},\n{\"id\": \"A\", \"userPrincipalName\": \"amy@x\"}]",
    );
    world.file("groups.json", "[{\"id\": \"a\", \"displayName\": \"Team\"}]");
    assert_eq!(
        refused(&world).await,
        format!(
            "error: DIR/users.json:2: `id` \"a\" is already used in DIR/users.json:1{EACH_ITS_OWN}\n\
             error: DIR/groups.json:1: `id` \"a\" is already used in DIR/users.json:1{EACH_ITS_OWN}"
        )
    );
}

#[tokio::test]
async fn a_user_principal_name_used_twice_is_an_error_whatever_the_letter_case() {
    let mut world = World::new();
    world.file("users.json", r#"[{"id": "a", "userPrincipalName": "ann@x"}]"#);
    world.file("users.csv", "id,userPrincipalName\nb,Ann@X\n");
    assert_eq!(
        refused(&world).await,
        format!(
            "error: DIR/users.json:1: `userPrincipalName` \"ann@x\" is already used in DIR/users.csv:2{EACH_ITS_OWN}"
        )
    );
}

#[tokio::test]
async fn of_very_many_records_with_one_name_a_hundred_are_told_and_the_rest_counted() {
    let mut world = World::new();
    let line = |number: usize| format!("{{\"id\": \"{number}\", \"userPrincipalName\": \"ann@x\"}}\n");
    world.file("users.ndjson", &(1..=5_000).map(line).collect::<String>());
    let told = refused(&world).await;
    let lines: Vec<_> = told.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(lines.len(), 101);
    let same = "`userPrincipalName` \"ann@x\" is already used in DIR/users.ndjson:1";
    assert_eq!(lines[0], format!("error: DIR/users.ndjson:2: {same}"));
    assert_eq!(lines[99], format!("error: DIR/users.ndjson:101: {same}"));
    assert_eq!(lines[100], "error: DIR: and 4899 more records whose id or user principal name is already used");
}

#[tokio::test]
async fn a_duplicate_of_a_record_in_an_unchanged_file_is_an_error_too() {
    let mut world = World::new();
    world.file("users.json", r#"[{"id": "a", "userPrincipalName": "ann@x"}]"#);
    imported(&world).await;
    for (record, message) in [
        ("{\"id\": \"a\", \"userPrincipalName\": \"amy@x\"}", "`id` \"a\""),
        ("{\"id\": \"b\", \"userPrincipalName\": \"ANN@x\"}", "`userPrincipalName` \"ANN@x\""),
    ] {
        world.file("users.ndjson", &format!("{record}\n"));
        assert_eq!(
            refused(&world).await,
            format!("error: DIR/users.ndjson:1: {message} is already used in DIR/users.json{EACH_ITS_OWN}")
        );
    }
    assert_eq!(state(&world, "a").await, Some(Live));
    assert_eq!(state(&world, "b").await, None);
}

#[tokio::test]
async fn a_record_that_stands_twice_is_an_error_at_first_and_later() {
    let mut world = World::new();
    let ann = r#"{"id": "a", "userPrincipalName": "ann@x"}"#;
    world.file("users.ndjson", &format!("{ann}\n{ann}\n"));
    let named_twice = "error: DIR/users.ndjson:2: `userPrincipalName` \"ann@x\" is already used in DIR/users.ndjson:1";
    assert_eq!(refused(&world).await, format!("{named_twice}{EACH_ITS_OWN}"));
    world.file("users.ndjson", &format!("{ann}\n"));
    imported(&world).await;
    world.file("users.ndjson", &format!("{ann}\n{ann}\n"));
    assert_eq!(
        refused(&world).await,
        "error: DIR/users.ndjson:2: record 2 stands in the file twice\n  help: remove one of them"
    );
}

#[tokio::test]
async fn an_entry_that_stands_twice_in_the_recycle_bin_is_an_error() {
    let mut world = World::new();
    world.file("users.json", "[]");
    world.file("deletedUsers.csv", "id,userPrincipalName\na,ann@x\na,ann@x\n");
    assert_eq!(
        refused(&world).await,
        format!("error: DIR/deletedUsers.csv:3: `id` \"a\" is already used in DIR/deletedUsers.csv:2{EACH_ITS_OWN}")
    );
}

#[tokio::test]
async fn an_assignment_that_names_one_of_several_groups_of_a_name_is_an_error() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.import().await.unwrap();
    world.file("groups.csv", "id,displayName\nother,team\n");
    world.import().await.unwrap();
    world.file("assignments.json", r#"[{"app": "app", "principal": "TEAM"}]"#);
    assert_eq!(
        refused(&world).await,
        "error: DIR: assignments name the group `team`, and several groups are called so\n  \
         help: name the group by its id"
    );
    world.file("assignments.json", r#"[{"app": "app", "principal": "id-team"}]"#);
    assert_eq!(changed(&imported(&world).await), (0, 0, 1));
}

#[tokio::test]
async fn a_second_group_of_an_assigned_name_is_an_error_though_the_assignments_are_unchanged() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.file("assignments.csv", "app,principal\napp,Team\n");
    world.import().await.unwrap();
    world.file("groups.csv", "id,displayName\nother,team\n");
    assert_eq!(
        refused(&world).await,
        "error: DIR: assignments name the group `team`, and several groups are called so\n  \
         help: name the group by its id"
    );
    world.change_group("Team", &json!({"displayName": "Crew"}));
    assert_eq!(changed(&world.import().await.unwrap()), (2, 0, 2));
}

/// A Graph page with one user, which says that another page follows.
fn page_with_next(id: &str) -> String {
    json!({
        "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x",
        "value": [{"id": id, "userPrincipalName": format!("{id}@x")}],
    })
    .to_string()
}

#[tokio::test]
async fn a_page_whose_next_one_is_missing_is_refused() {
    let mut world = World::new();
    world.file("users/1.json", &page_with_next("a"));
    world.file("users/2.json", &page_with_next("b"));
    assert_eq!(refused(&world).await, next_page_missing("2.json"));
    assert_eq!(state(&world, "a").await, None);
    world.file("users/3.json", r#"{"value": [{"id": "c", "userPrincipalName": "c@x"}]}"#);
    assert_eq!(changed(&imported(&world).await), (3, 0, 0));
}

fn next_page_missing(file: &str) -> String {
    format!(
        "error: DIR/users/{file}: the list of users goes on (`@odata.nextLink`), and the next page is missing\n  \
         help: save the further pages too, as files in a folder `users`"
    )
}

#[tokio::test]
async fn a_last_page_that_goes_is_missed_though_the_other_pages_are_unchanged() {
    let mut world = World::new();
    world.file("users/1.json", &page_with_next("a"));
    world.file("users/2.json", r#"{"value": [{"id": "b", "userPrincipalName": "b@x"}]}"#);
    imported(&world).await;
    let last = world.settings().directory.path.join("users/2.json");
    std::fs::remove_file(&last).unwrap();
    assert_eq!(refused(&world).await, next_page_missing("1.json"));
    world.file("users/2.json", &page_with_next("b"));
    assert_eq!(refused(&world).await, next_page_missing("2.json"));
    assert_eq!(state(&world, "b").await, Some(Live));
    world.file("users/3.json", r#"{"value": []}"#);
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    let now = world.now();
    world.touch("users/1.json", now);
    let touched = imported(&world).await;
    assert_eq!((touched.files_read, changed(&touched)), (1, (0, 0, 0)));
}
