//! References: members, managers and principals that exist, that come later, or that nobody knows.

use super::{changed, imported, warnings};
use crate::{directory::id_of, lines::*, world::World};
use serde_json::json;

#[tokio::test]
async fn a_member_who_comes_later_resolves_without_the_group_being_read_again() {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    let first = world.import().await.unwrap();
    assert_eq!(
        warnings(&world, &first),
        ["warning: DIR: the group `Team` has the member `id-bob`, and nobody is called so"]
    );
    world.cycle().await;
    world.users(&["bob"]);
    let second = world.import().await.unwrap();
    assert_eq!(second.files_read, 1);
    assert_eq!((changed(&second), warnings(&world, &second)), ((1, 1, 0), Vec::new()));
    assert_eq!(
        world.cycle().await.after_probe(),
        [find_user("bob"), create_user("bob", "Bob"), add_members("Team", &["bob"])]
    );
}

#[tokio::test]
async fn a_member_named_by_a_user_principal_name_resolves_when_somebody_gets_that_name() {
    let mut world = World::new();
    world.users(&["ann", "bob"]);
    world.group("Team", &[]);
    world.change_group("Team", &json!({"members": ["Robert@Contoso.example"]}));
    let first = world.import().await.unwrap();
    assert_eq!(
        warnings(&world, &first),
        ["warning: DIR: the group `Team` has the member `robert@contoso.example`, and nobody is called so"]
    );
    world.change("bob", &json!({"userPrincipalName": "robert@contoso.example"}));
    assert_eq!(changed(&world.import().await.unwrap()), (1, 1, 0));
    world.change("bob", &json!({"userPrincipalName": "bob@contoso.example"}));
    world.change("ann", &json!({"userPrincipalName": "robert@contoso.example"}));
    assert_eq!(changed(&world.import().await.unwrap()), (2, 2, 0));
}

#[tokio::test]
async fn an_assignment_resolves_when_its_principal_comes() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.file("assignments.csv", "app,principal\nApp,bob@contoso.example\napp,TEAM\n");
    let first = world.sync().await;
    assert_eq!(first.requests, [probe()]);
    let now = world.now();
    world.touch("assignments.csv", now);
    assert_eq!(
        warnings(&world, &imported(&world).await),
        [
            "warning: DIR: `bob@contoso.example` is assigned to `app`, and nobody is called so",
            "warning: DIR: `team` is assigned to `app`, and nobody is called so",
        ]
    );
    world.users(&["bob"]);
    let second = world.import().await.unwrap();
    assert_eq!(changed(&second), (1, 0, 1));
    assert_eq!(second.warnings.len(), 1);
    assert_eq!(world.cycle().await.after_probe(), [find_user("bob"), create_user("bob", "Bob")]);
    world.group("Team", &["ann"]);
    assert_eq!(changed(&world.import().await.unwrap()), (1, 1, 1));
    assert_eq!(
        world.cycle().await.after_probe(),
        [
            find_user("ann"),
            create_user("ann", "Ann"),
            find_group("Team"),
            create_group("Team"),
            add_members("Team", &["ann"])
        ]
    );
}

#[tokio::test]
async fn a_manager_whom_nobody_knows_is_a_warning() {
    let mut world = World::new();
    world.user("ann", &json!({"manager": "Eve@contoso.example"}));
    world.user("bob", &json!({"manager": {"id": id_of("ann")}}));
    let first = world.import().await.unwrap();
    assert_eq!(
        warnings(&world, &first),
        ["warning: DIR: the manager of `ann@contoso.example` is `eve@contoso.example`, and nobody is called so"]
    );
    world.users(&["eve"]);
    let second = world.import().await.unwrap();
    assert_eq!(warnings(&world, &second), Vec::<String>::new());
}

#[tokio::test]
async fn of_many_references_that_name_nobody_twenty_of_a_sort_are_told_and_the_rest_counted() {
    let mut world = World::new();
    let names: Vec<_> = (10..35).map(|number| format!("nobody{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    world.group("Team", &names);
    world.group("Rest", &names[..20]);
    let rest = |count: usize| format!("warning: DIR: and {count} more members of groups whom nobody is called like");
    let first = world.import().await.unwrap();
    assert_eq!((first.warnings.len(), warnings(&world, &first)[20..].to_vec()), (21, vec![rest(25)]));
    world.change_group("Rest", &json!({"members": []}));
    let second = world.import().await.unwrap();
    assert_eq!((second.warnings.len(), warnings(&world, &second)[20..].to_vec()), (21, vec![rest(5)]));
}

#[tokio::test]
async fn an_id_goes_before_a_name_and_a_live_user_before_a_deleted_one() {
    let mut world = World::new();
    world.assigned_users(&["ann", "bob"]);
    world.user("cid", &json!({"id": "bob@contoso.example"}));
    world.file("assignments.csv", "app,principal\napp,bob@contoso.example\n");
    world.import().await.unwrap();
    world.file("assignments.json", "[]");
    assert_eq!(changed(&imported(&world).await), (0, 0, 2));
    assert_eq!(world.cycle().await.after_probe(), [find_user("cid"), create_user("cid", "Cid")]);
}

#[tokio::test]
async fn an_assignment_that_two_files_name_stands_until_neither_does() {
    let mut world = World::new();
    world.users(&["ann"]);
    let (named, empty) = ("app,principal\napp,id-ann\n", "app,principal\n");
    world.file("assignments/1.csv", named);
    world.file("assignments/2.csv", named);
    world.sync().await;
    for (file, text, difference) in [("1", empty, 0), ("1", named, 0), ("2", empty, 0), ("1", empty, 1)] {
        world.file(&format!("assignments/{file}.csv"), text);
        assert_eq!(changed(&imported(&world).await), (0, 0, difference), "{file}: {text}");
    }
    assert_eq!(world.cycle().await.after_probe(), [read_user("ann"), disable("ann")]);
    world.file("assignments/1.csv", named);
    world.file("assignments/2.csv", named);
    imported(&world).await;
    std::fs::remove_file(world.settings().directory.path.join("assignments/1.csv")).unwrap();
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
}
