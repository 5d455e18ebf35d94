//! The recycle bin, emptied by hand.

use super::{changed, imported, state};
use crate::{lines::*, world::World};
use scimulator::{
    directory::{PurgeError, PurgeOrder, Purged, purge},
    store::ObjectState::{Deleted, Live},
};
use serde_json::json;

/// A world in which ann, bob and the group Team of both are provisioned, and ann is soft-deleted.
async fn without_ann() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world.remove("ann");
    world
}

async fn purged(world: &World, order: PurgeOrder) -> Result<Vec<Purged>, PurgeError> {
    purge(&world.engine().store, &order, &world.clock).await
}

async fn user(world: &World, name: &str) -> Result<Vec<Purged>, PurgeError> {
    purged(world, PurgeOrder::User(name.to_owned())).await
}

async fn refusal(world: &World, name: &str) -> String {
    user(world, name).await.unwrap_err().to_string()
}

/// The recycle bin of the files with ann in it, and with no date.
const BIN: &str = r#"[{"id": "id-ann", "userPrincipalName": "ann@contoso.example"}]"#;

fn ann(file: Option<&str>) -> Vec<Purged> {
    let (id, name) = ("id-ann".to_owned(), "ann@contoso.example".to_owned());
    vec![Purged { id, name, file: file.map(str::to_owned) }]
}

#[tokio::test]
async fn a_purged_user_is_deleted_in_the_next_cycle() {
    let mut world = without_ann().await;
    assert_eq!(world.requests().await, [read_user("ann"), disable("ann")]);
    assert_eq!(user(&world, "Ann@contoso.example").await.unwrap(), ann(None));
    assert_eq!(state(&world, "id-ann").await, None);
    assert_eq!(world.requests().await, [delete_user("ann")]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_purge_leaves_everybody_else_and_the_moment_of_the_import_as_they_are() {
    let mut world = without_ann().await;
    world.import().await.unwrap();
    let look = |world: &World| {
        let store = world.engine().store.clone();
        async move { store.read(|tables| Ok((tables.imported_at()?, tables.inventory()?))).await.unwrap() }
    };
    let (imported_at, before) = look(&world).await;
    world.minutes_later(1);
    user(&world, "id-ann").await.unwrap();
    let (still, after) = look(&world).await;
    assert_eq!((still, after.users, after.groups), (imported_at, 1, 1));
    assert_eq!((before.soft_deleted, before.memberships, before.assignments), (1, 2, 3));
    assert_eq!((after.soft_deleted, after.memberships, after.assignments), (0, 1, 2));
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
}

#[tokio::test]
async fn the_whole_recycle_bin_is_purged_at_once() {
    let mut world = without_ann().await;
    world.remove("bob");
    world.import().await.unwrap();
    let names: Vec<_> = purged(&world, PurgeOrder::Everybody).await.unwrap().into_iter().map(|user| user.id).collect();
    assert_eq!(names, ["id-ann", "id-bob"]);
    assert_eq!(purged(&world, PurgeOrder::Everybody).await.unwrap(), []);
}

#[tokio::test]
async fn an_entry_of_deleted_users_that_stays_brings_nobody_back() {
    let mut world = without_ann().await;
    world.file("deletedUsers.json", BIN);
    world.sync().await;
    assert_eq!(user(&world, "id-ann").await.unwrap(), ann(Some("deletedUsers.json")));
    assert_eq!(world.requests().await, [delete_user("ann")]);
    let now = world.now();
    world.touch("deletedUsers.json", now);
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    world.file("deletedUsers.json", &BIN.replace("\"}", "\", \"jobTitle\": \"Chief\"}"));
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    assert_eq!(state(&world, "id-ann").await, None);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn an_entry_that_went_and_comes_again_is_a_new_one() {
    let mut world = without_ann().await;
    world.file("deletedUsers.json", BIN);
    world.sync().await;
    user(&world, "id-ann").await.unwrap();
    world.file("deletedUsers.json", "[]");
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
    world.sync().await;
    world.file("deletedUsers.json", BIN);
    imported(&world).await;
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
}

#[tokio::test]
async fn an_entry_without_a_date_brings_nobody_back_after_the_thirty_days_either() {
    let mut world = without_ann().await;
    world.file("deletedUsers.json", BIN);
    world.sync().await;
    world.days_later(30);
    assert_eq!(world.requests().await, [delete_user("ann")]);
    let now = world.now();
    world.touch("deletedUsers.json", now);
    assert_eq!(world.sync().await.requests, [probe()]);
    assert_eq!(state(&world, "id-ann").await, None);
}

#[tokio::test]
async fn a_purged_user_who_is_among_the_users_again_is_somebody_new() {
    let mut world = without_ann().await;
    world.file("deletedUsers.json", BIN);
    world.sync().await;
    user(&world, "id-ann").await.unwrap();
    world.sync().await;
    world.file("deletedUsers.json", "[]");
    world.users(&["ann"]);
    let again = world.sync().await;
    assert_eq!(world.log(&again).await, ["ann create success", "Team update success"]);
    assert_eq!(state(&world, "id-ann").await, Some(Live));
}

#[tokio::test]
async fn who_is_not_in_the_recycle_bin_cannot_be_purged() {
    let mut world = without_ann().await;
    world.import().await.unwrap();
    assert_eq!(
        refusal(&world, "bob@contoso.example").await,
        "`bob@contoso.example` is not soft-deleted, and only soft-deleted users can be purged; take the \
         user out of the files and import first"
    );
    assert_eq!(
        refusal(&world, "Team").await,
        "`Team` is a group; groups are deleted at once when they go from the files, and never in the recycle bin"
    );
    assert_eq!(
        refusal(&world, "eve").await,
        "nobody in the recycle bin has the id or user principal name `eve`; `scimulator directory` shows who is there"
    );
}

#[tokio::test]
async fn a_name_that_means_several_is_refused_and_an_id_is_not() {
    let mut world = without_ann().await;
    world.user("new", &json!({"userPrincipalName": "ann@contoso.example"}));
    world.import().await.unwrap();
    assert_eq!(
        refusal(&world, "ann@contoso.example").await,
        "`ann@contoso.example` means several users; name one of those in the recycle bin by the id: id-ann"
    );
    assert_eq!(user(&world, "ID-ANN").await.unwrap(), ann(None));
    assert_eq!([state(&world, "id-ann").await, state(&world, "id-new").await], [None, Some(Live)]);
}
