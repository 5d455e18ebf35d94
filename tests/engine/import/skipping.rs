//! `on_invalid_record = "skip"`: bad records are left out, and nobody counts as gone for it.

use super::{changed, imported, refused, state, warnings};
use crate::{lines::*, world::World};
use scimulator::store::ObjectState::{Deleted, Live};
use serde_json::json;

/// The warning that so much stays for the sake of records that were left out.
fn stay(what: &str, them: &str) -> String {
    format!(
        "warning: DIR: {what} as last read, for a record that was left out may name {them}, and no other does\n  help: \
         mend that record or take it away: whoever is in no file then is removed"
    )
}

fn lenient() -> World {
    World::with(|setup| setup.directory = "on_invalid_record = \"skip\"")
}

#[tokio::test]
async fn a_bad_record_is_left_out_with_a_warning_and_its_user_stays_as_it_was() {
    let mut world = lenient();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.sync().await;
    world.change("ann", &json!({"displayName": "Annie", "accountEnabled": "maybe"}));
    world.change("bob", &json!({"displayName": "Robert"}));
    world.remove("cid");
    let second = world.import().await.unwrap();
    assert_eq!(
        warnings(&world, &second),
        [
            "warning: DIR/users.json:2: record 1: `accountEnabled` must be true or false, not \"maybe\"",
            &stay("1 user stays", "it")
        ]
    );
    assert_eq!(changed(&second), (2, 0, 0));
    assert_eq!([state(&world, "id-ann").await, state(&world, "id-cid").await], [Some(Live), Some(Deleted)]);
    let cycle = world.cycle().await;
    assert_eq!(
        cycle.after_probe(),
        [read_user("cid"), disable("cid"), read_user("bob"), replace("bob", "displayName", "Robert")]
    );
}

#[tokio::test]
async fn while_a_bad_record_says_not_whose_it_is_nobody_of_its_kind_counts_as_gone() {
    let mut world = lenient();
    world.file("users.csv", "id,userPrincipalName\nc,cid@x\n");
    world.file("groups.json", r#"[{"id": "g", "displayName": "Team"}]"#);
    world.file(
        "users.ndjson",
        "{\"id\":\"a\",\"userPrincipalName\":\"ann@x\"}\n{\"id\":\"b\",\"userPrincipalName\":\"bob@x\"}\n",
    );
    imported(&world).await;
    // One of them may be the one of the bad record, moved to another file.
    world.file("users.csv", "id,userPrincipalName\n");
    world.file("users.ndjson", "{\"id\":\"b\",\"userPrincipalName\":\"bob@x\"}\n{\"id\":7}\n");
    world.file("groups.json", "[]");
    for changes in [1, 0] {
        let later = imported(&world).await;
        assert_eq!(
            warnings(&world, &later),
            ["warning: DIR/users.ndjson:2: record 2: `userPrincipalName` is missing", &stay("2 users stay", "them")]
        );
        assert_eq!(changed(&later), (changes, 0, 0));
        assert_eq!([state(&world, "a").await, state(&world, "c").await], [Some(Live), Some(Live)]);
    }
    // The other files were not touched since, and yet keep nobody.
    world.file("users.ndjson", "{\"id\":\"b\",\"userPrincipalName\":\"bob@x\"}\n");
    let mended = imported(&world).await;
    assert_eq!(warnings(&world, &mended), Vec::<String>::new());
    assert_eq!(changed(&mended), (2, 0, 0));
    assert_eq!([state(&world, "a").await, state(&world, "c").await], [Some(Deleted), Some(Deleted)]);
}

#[tokio::test]
async fn who_moves_to_another_file_in_a_record_that_cannot_be_read_stays_and_is_read_there_when_it_is_mended() {
    let mut world = lenient();
    let user = |id: &str| format!("{{\"id\":\"{id}\",\"userPrincipalName\":\"{id}@x\"}}\n");
    world.file("users.ndjson", &[user("a"), user("b")].concat());
    world.file("users/more.ndjson", &user("c"));
    imported(&world).await;
    world.file("users.ndjson", &user("a"));
    world.file("users/more.ndjson", &format!("{}{{\"id\":\"b\",\"userPr\n", user("c")));
    let moved = imported(&world).await;
    assert_eq!(warnings(&world, &moved)[1..], [stay("1 user stays", "it")]);
    assert_eq!((changed(&moved), state(&world, "b").await), ((0, 0, 0), Some(Live)));
    world.file("users/more.ndjson", &[user("c"), user("b")].concat());
    let mended = imported(&world).await;
    assert_eq!((warnings(&world, &mended), changed(&mended)), (Vec::new(), (0, 0, 0)));
    // Read where it stands now: when it goes there, it goes.
    world.file("users/more.ndjson", &user("c"));
    assert_eq!((changed(&imported(&world).await), state(&world, "b").await), ((1, 0, 0), Some(Deleted)));
}

#[tokio::test]
async fn who_comes_back_from_the_recycle_bin_in_a_record_that_cannot_be_read_is_not_deleted_for_good() {
    let mut world = lenient();
    world.file("users.ndjson", "{\"id\":\"a\",\"userPrincipalName\":\"ann@x\"}\n");
    world.file("deletedUsers.json", r#"[{"id": "b", "userPrincipalName": "bob@x"}]"#);
    imported(&world).await;
    world.file("users.ndjson", "{\"id\":\"a\",\"userPrincipalName\":\"ann@x\"}\n{\"id\":7}\n");
    world.file("deletedUsers.json", "[]");
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    assert_eq!(state(&world, "b").await, Some(Deleted));
}

#[tokio::test]
async fn a_row_with_too_few_cells_is_left_out_and_nobody_of_its_file_counts_as_gone() {
    let mut world = lenient();
    world.file("users.csv", "id,userPrincipalName\na,ann@x\nb,bob@x\n");
    imported(&world).await;
    world.file("users.csv", "id,userPrincipalName\na\nb,bob@x\n");
    let second = imported(&world).await;
    assert_eq!(
        warnings(&world, &second),
        [
            "warning: DIR/users.csv:2: the row has 1 column, the heading row has 2; a cell that holds the separator must be \
          quoted",
            &stay("1 user stays", "it")
        ]
    );
    assert_eq!(changed(&second), (0, 0, 0));
    assert_eq!(state(&world, "a").await, Some(Live));
}

#[tokio::test]
async fn a_bad_record_in_another_file_than_before_goes_on_sparing_its_user() {
    let mut world = lenient();
    world.file(
        "users.json",
        r#"[{"id": "a", "userPrincipalName": "ann@x"}, {"id": "b", "userPrincipalName": "bob@x"}]"#,
    );
    imported(&world).await;
    world.file("users.json", r#"[{"id": "b", "userPrincipalName": "bob@x"}]"#);
    world.file("users.ndjson", "{\"id\": \"a\", \"userPrincipalName\": \"ann@x\", \"accountEnabled\": \"maybe\"}\n");
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    world.file("users.json", r#"[{"id": "b", "userPrincipalName": "bob@x", "jobTitle": "Clerk"}]"#);
    let later = imported(&world).await;
    assert_eq!(
        warnings(&world, &later),
        [
            "warning: DIR/users.ndjson:1: record 1: `accountEnabled` must be true or false, not \"maybe\"",
            &stay("1 user stays", "it")
        ]
    );
    assert_eq!(changed(&later), (1, 0, 0));
    assert_eq!(state(&world, "a").await, Some(Live));
}

#[tokio::test]
async fn a_bad_record_without_an_id_spares_whoever_has_its_name_in_another_file() {
    let mut world = lenient();
    world.file("users.csv", "userPrincipalName\nann@x\nbob@x\n");
    imported(&world).await;
    world.file("users.csv", "userPrincipalName\nbob@x\n");
    world.file("users.ndjson", "{\"userPrincipalName\": \"Ann@x\", \"accountEnabled\": \"maybe\"}\n");
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    assert_eq!(state(&world, "ann@x").await, Some(Live));
}

#[tokio::test]
async fn a_bad_group_keeps_its_members() {
    let mut world = lenient();
    world.users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.group("Rest", &["ann"]);
    world.import().await.unwrap();
    world.change_group("Team", &json!({"members": [7]}));
    let second = world.import().await.unwrap();
    assert_eq!(warnings(&world, &second)[1..], [stay("1 group stays", "it")]);
    assert_eq!(changed(&second), (0, 0, 0));
    assert_eq!(state(&world, "id-team").await, Some(Live));
}

#[tokio::test]
async fn a_bad_assignment_takes_no_assignment_of_its_file_away() {
    let mut world = lenient();
    world.assigned_users(&["ann", "bob"]);
    world.sync().await;
    world.users(&["cid"]);
    let now = world.now();
    world.write(now);
    world.file("assignments.json", r#"[{"app": "app"}, {"app": "app", "principal": "id-cid"}]"#);
    let second = imported(&world).await;
    assert_eq!(
        warnings(&world, &second),
        ["warning: DIR/assignments.json:1: record 1: `principal` is missing", &stay("2 assignments stay", "them")]
    );
    assert_eq!(changed(&second), (1, 0, 1));
    assert_eq!(world.cycle().await.after_probe(), [find_user("cid"), create_user("cid", "Cid")]);
}

#[tokio::test]
async fn a_bad_application_role_takes_no_role_of_its_file_away() {
    let mut world = lenient();
    world.setup.mapping = world.setup.mapping.replace("title = \"App\"", "default_access = \"skip\"");
    world.users(&["ann"]);
    world.assign_role("ann", "Reader");
    world.file("appRoles.json", r#"[{"app": "app", "id": "r", "value": "Reader", "displayName": "Reader"}]"#);
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
    world.file("appRoles.json", r#"[{"app": "app", "id": "r", "value": "Reader", "displayName": 7.5}]"#);
    world.change("ann", &json!({"displayName": "Annie"}));
    let second = world.import().await.unwrap();
    assert_eq!(second.warnings.len(), 1);
    assert_eq!(changed(&second), (1, 0, 0));
    assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie")]);
}

#[tokio::test]
async fn a_file_that_ends_too_early_is_refused_all_the_same() {
    let mut world = lenient();
    world.users(&["ann", "bob"]);
    world.import().await.unwrap();
    world.file("users.json", r#"[{"id": "id-bob", "userPrincipalName": "bob@contoso.example"}"#);
    assert_eq!(
        refused(&world).await,
        "error: DIR/users.json:1: the file ends before its list or object is closed; it may be incomplete"
    );
    assert_eq!(state(&world, "id-ann").await, Some(Live));
}
