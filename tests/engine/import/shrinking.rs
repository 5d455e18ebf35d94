//! The guard for the emptied or half-copied folder.

use super::{changed, imported, refused, state};
use crate::world::World;
use scimulator::store::ObjectState::{Deleted, Live};
use std::{fmt::Write as _, ops::Range};

/// What follows each of the guard's messages.
const IF_MEANT: &str = "; if it is meant, run `scimulator sync now --accept-shrink`";

/// Writes users, groups without members, and assignments of the first users to the application.
fn fill(world: &mut World, users: Range<usize>, groups: Range<usize>, assigned: Range<usize>) {
    let mut lines = [String::new(), String::new(), String::new()];
    for number in users {
        writeln!(lines[0], "{{\"id\":\"u{number}\",\"userPrincipalName\":\"u{number}@x\"}}").unwrap();
    }
    for number in groups {
        writeln!(lines[1], "{{\"id\":\"g{number}\",\"displayName\":\"G {number}\"}}").unwrap();
    }
    for number in assigned {
        writeln!(lines[2], "{{\"app\":\"app\",\"principal\":\"u{number}\"}}").unwrap();
    }
    for (file, text) in ["users.json", "groups.json", "assignments.json"].into_iter().zip(lines) {
        let records: Vec<_> = text.lines().collect();
        world.file(file, &format!("[{}]", records.join(",\n")));
    }
}

/// Writes one group with so many of the users as members.
fn fill_group(world: &mut World, members: Range<usize>) {
    let members: Vec<_> = members.map(|number| format!("\"u{number}\"")).collect();
    world
        .file("groups.json", &format!(r#"[{{"id": "g", "displayName": "Team", "members": [{}]}}]"#, members.join(",")));
}

#[tokio::test]
async fn the_loss_of_more_than_half_of_the_users_is_refused_until_it_is_accepted() {
    let mut world = World::new();
    fill(&mut world, 0..20, 0..0, 0..0);
    imported(&world).await;
    fill(&mut world, 11..20, 0..0, 0..0);
    let doubt = format!("the directory `DIR` looks emptied or half-copied: 11 of 20 users would go{IF_MEANT}");
    assert_eq!(refused(&world).await, doubt);
    assert_eq!(refused(&world).await, doubt);
    assert_eq!(state(&world, "u0").await, Some(Live));
    assert_eq!(changed(&world.import_files(true).await.unwrap()), (11, 0, 0));
    assert_eq!([state(&world, "u0").await, state(&world, "u11").await], [Some(Deleted), Some(Live)]);
}

#[tokio::test]
async fn the_loss_of_half_is_no_reason_for_doubt_and_neither_is_any_loss_below_twenty() {
    let mut world = World::new();
    fill(&mut world, 0..20, 0..20, 0..20);
    imported(&world).await;
    fill(&mut world, 10..20, 10..20, 10..20);
    assert_eq!(changed(&imported(&world).await), (20, 0, 10));
    fill(&mut world, 0..19, 0..19, 0..19);
    assert_eq!(changed(&imported(&world).await), (22, 0, 11));
    fill(&mut world, 0..0, 0..0, 0..0);
    assert_eq!(changed(&imported(&world).await), (38, 0, 19));
}

#[tokio::test]
async fn groups_memberships_and_assignments_are_each_judged_for_themselves() {
    let mut world = World::new();
    fill(&mut world, 0..40, 0..20, 0..40);
    imported(&world).await;
    fill(&mut world, 0..40, 0..9, 0..40);
    let doubt = |what: &str| format!("the directory `DIR` looks emptied or half-copied: {what} would go{IF_MEANT}");
    assert_eq!(refused(&world).await, doubt("11 of 20 groups"));
    fill(&mut world, 0..40, 0..20, 0..19);
    assert_eq!(refused(&world).await, doubt("21 of 40 assignments"));
    assert_eq!(changed(&world.import_files(true).await.unwrap()), (0, 0, 21));
    fill_group(&mut world, 0..30);
    assert_eq!(changed(&world.import_files(true).await.unwrap()), (21, 30, 0));
    fill_group(&mut world, 0..14);
    assert_eq!(refused(&world).await, doubt("16 of 30 memberships"));
    fill_group(&mut world, 0..15);
    assert_eq!(changed(&imported(&world).await), (0, 15, 0));
}

#[tokio::test]
async fn everything_in_doubt_is_named_at_once() {
    let mut world = World::new();
    fill(&mut world, 0..20, 0..20, 0..20);
    world.file("deletedUsers.json", "[]");
    imported(&world).await;
    fill(&mut world, 0..0, 0..1, 0..0);
    let folder = world.settings().directory.path;
    std::fs::remove_file(folder.join("assignments.json")).unwrap();
    std::fs::remove_file(folder.join("deletedUsers.json")).unwrap();
    assert_eq!(
        refused(&world).await,
        format!(
            "the directory `DIR` looks emptied or half-copied: `assignments.json` is missing, `deletedUsers.json` is \
             missing, 20 of 20 users would go, 19 of 20 groups would go, 20 of 20 assignments would go{IF_MEANT}"
        )
    );
}

#[tokio::test]
async fn a_missing_file_is_refused_however_little_it_held() {
    let mut world = World::new();
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.import().await.unwrap();
    std::fs::remove_file(world.settings().directory.path.join("groups.json")).unwrap();
    let doubt = format!("the directory `DIR` looks emptied or half-copied: `groups.json` is missing{IF_MEANT}");
    assert_eq!(refused(&world).await, doubt);
    assert_eq!(state(&world, "id-team").await, Some(Live));
    assert_eq!(changed(&world.import_files(true).await.unwrap()), (1, 1, 0));
    assert_eq!(changed(&imported(&world).await), (0, 0, 0));
}

#[tokio::test]
async fn in_a_folder_with_a_file_a_user_only_the_going_of_all_of_them_is_in_doubt() {
    let mut world = World::new();
    for name in ["ann", "bob"] {
        world.file(&format!("users/{name}.json"), &crate::directory::user(name).to_string());
    }
    world.file("users.json", "[]");
    imported(&world).await;
    let folder = world.settings().directory.path.join("users");
    std::fs::remove_file(folder.join("ann.json")).unwrap();
    assert_eq!(changed(&imported(&world).await), (1, 0, 0));
    assert_eq!(state(&world, "id-ann").await, Some(Deleted));
    std::fs::remove_file(folder.join("bob.json")).unwrap();
    assert_eq!(
        refused(&world).await,
        format!("the directory `DIR` looks emptied or half-copied: `users/bob.json` is missing{IF_MEANT}")
    );
}
