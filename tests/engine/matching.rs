//! Finding the account that belongs to a user. Source: `spec/WIRE.md` §2, `spec/MAPPINGS.md` §4.

use super::{lines::*, world::World};
use scimulator::store::EscrowKind;
use serde_json::{Value, json};

/// A world that matches on employee number first, then on the work e-mail, then on the user name.
fn by_three() -> World {
    World::with(|setup| {
        let number = format!("\"{ENTERPRISE}:employeeNumber\"");
        let email = "'emails[type eq \"work\"].value'";
        setup.mapping = setup
            .mapping
            .replace("active = { type", &format!("{number} = {{ filterable = true }}\n{email} = {{ filterable = true }}\nactive = {{ type"))
            .replace("userPrincipalName\", matching = 1", "userPrincipalName\", matching = 3")
            .replace(
                "active = { expression",
                &format!("{email} = {{ direct = \"mail\", matching = 2 }}\n{number} = {{ direct = \"employeeId\", matching = 1 }}\nactive = {{ expression"),
            );
    })
}

fn by_number(value: &str) -> String {
    format!(
        "GET /Users?filter=urn%3aietf%3aparams%3ascim%3aschemas%3aextension%3aenterprise%3a2.0%3aUser%3aemployeeNumber+eq+%22{value}%22"
    )
}

fn by_email(value: &str) -> String {
    format!("GET /Users?filter=emails%5btype+eq+%22work%22%5d.value+eq+%22{value}%22")
}

/// An account that the application has beforehand, with these attributes besides its name.
fn known_account(world: &World, name: &str, more: &Value) {
    let mut account = super::directory::account(name);
    account.extend(more.as_object().unwrap().clone());
    world.wiretap.create("/Users", &account.into());
}

#[tokio::test]
async fn matching_attributes_are_asked_for_one_after_another_in_their_order() {
    let mut world = by_three();
    world.user("ann", &json!({"employeeId": "7", "mail": "ann@mail.example"}));
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.requests[0], by_number("{random}"));
    assert_eq!(first.requests[1..4], [by_number("7"), by_email("ann%40mail.example"), find_user("ann")]);
    assert!(first.requests[4].starts_with("POST /Users "));
    assert_eq!(first.requests.len(), 5);
}

#[tokio::test]
async fn matching_stops_at_the_first_hit() {
    let mut world = by_three();
    known_account(&world, "other", &json!({"emails": [{"type": "work", "value": "ann@mail.example"}]}));
    known_account(&world, "ann", &json!({}));
    world.user("ann", &json!({"employeeId": "7", "mail": "ann@mail.example"}));
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.requests[1..3], [by_number("7"), by_email("ann%40mail.example")]);
    assert!(first.requests[3].starts_with("PATCH /Users/{other} "), "{}", first.requests[3]);
}

#[tokio::test]
async fn a_matching_attribute_without_a_value_is_not_asked_for() {
    let mut world = by_three();
    world.user("ann", &json!({"mail": "ann@mail.example"}));
    world.assign("ann");
    assert_eq!(world.sync().await.requests[1..3], [by_email("ann%40mail.example"), find_user("ann")]);
}

#[tokio::test]
async fn quotes_and_backslashes_in_a_value_are_escaped() {
    let mut world = World::with(|setup| {
        setup.mapping = setup
            .mapping
            .replace("{ direct = \"userPrincipalName\", matching = 1 }", "{ direct = \"userPrincipalName\" }")
            .replacen("{ direct = \"displayName\" }", "{ direct = \"displayName\", matching = 1 }", 1);
    });
    world.user("ann", &json!({"displayName": "Ann \"the\" \\ Lee"}));
    world.assign("ann");
    let first = world.sync().await;
    let query = "GET /Users?filter=displayName+eq+%22Ann+%5c%22the%5c%22+%5c%5c+Lee%22";
    assert_eq!(first.requests[1..], [query.to_owned(), create_user("ann", "Ann \"the\" \\ Lee")]);
    world.restart(&[scimulator::engine::Reset::ConnectorDataStore]).await;
    assert_eq!(world.sync().await.requests[1..], [query]);
    assert_eq!(world.connection("ann").await, Some("linked"));
}

#[tokio::test]
async fn several_hits_are_a_failure_and_nothing_is_written() {
    let mut world = by_three();
    for name in ["one", "two"] {
        known_account(&world, name, &json!({"emails": [{"type": "work", "value": "ann@mail.example"}]}));
    }
    world.user("ann", &json!({"mail": "ann@mail.example"}));
    world.assign("ann");
    let first = world.sync().await;
    assert_eq!(first.requests[1..], [by_email("ann%40mail.example")]);
    assert_eq!(world.log(&first).await, ["ann other failure DuplicateTargetEntries"]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await.unwrap().error_code, "DuplicateTargetEntries");
    assert_eq!(world.connection("ann").await, None);
    assert_eq!(world.sync().await.requests[1..], [by_email("ann%40mail.example")]);
}

#[tokio::test]
async fn whoever_had_several_hits_and_leaves_is_asked_for_no_more() {
    let mut world = by_three();
    for name in ["one", "two"] {
        known_account(&world, name, &json!({"emails": [{"type": "work", "value": "ann@mail.example"}]}));
    }
    world.user("ann", &json!({"mail": "ann@mail.example"}));
    world.assign("ann");
    world.sync().await;
    world.unassign("ann");
    let left = world.sync().await;
    assert_eq!(left.requests, [by_number("{random}")]);
    assert_eq!(world.log(&left).await, ["ann other skipped NotEffectivelyEntitled"]);
    assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
}

#[tokio::test]
async fn without_any_matching_value_the_import_is_skipped_before_scope_is_looked_at() {
    let mut world = World::with(|setup| {
        setup.mapping = setup
            .mapping
            .replace("{ direct = \"userPrincipalName\", matching = 1 }", "{ direct = \"userPrincipalName\" }")
            .replacen("{ direct = \"displayName\" }", "{ direct = \"displayName\", matching = 1 }", 1);
    });
    world.user("ann", &json!({"displayName": null}));
    world.assign("ann");
    world.user("bob", &json!({"displayName": null}));
    let first = world.sync().await;
    assert_eq!(first.requests.len(), 1);
    assert_eq!(world.log(&first).await, ["ann other skipped ImportSkipped"]);
    world.change("bob", &json!({"title": "Dr"}));
    let second = world.sync().await;
    assert_eq!(world.log(&second).await, ["bob other skipped ImportSkipped"]);
}

#[tokio::test]
async fn a_connected_user_is_never_skipped_for_lack_of_a_matching_value() {
    let mut world = by_three();
    world.user("ann", &json!({"mail": "ann@mail.example"}));
    world.assign("ann");
    world.sync().await;
    world.change("ann", &json!({"mail": null, "displayName": "Annie"}));
    assert_eq!(world.sync().await.requests[1..], [read_user("ann"), replace("ann", "displayName", "Annie")]);
}

#[tokio::test]
async fn a_group_without_a_matching_value_is_skipped_and_gets_no_members() {
    let mut world = World::with(|setup| {
        setup.mapping = setup
            .mapping
            .replace("displayName = { direct = \"displayName\", matching = 1 }\nexternalId", "externalId")
            .replace(
                "externalId = { direct = \"objectId\" }",
                "displayName = { direct = \"mailNickname\", matching = 1 }",
            );
    });
    world.users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(world.log(&first).await, ["ann create success", "Team other skipped ImportSkipped"]);
}

#[tokio::test]
async fn an_account_that_somebody_in_scope_holds_is_not_taken_over() {
    let mut world = by_three();
    world.user("ann", &json!({"mail": "shared@mail.example"}));
    world.user("bob", &json!({"mail": "shared@mail.example"}));
    world.assign("ann");
    world.assign("bob");
    let first = world.sync().await;
    assert_eq!(world.log(&first).await, ["ann create success", "bob other failure DuplicateSourceEntries"]);
    assert_eq!(world.application.user_count(), 1);
    assert_eq!(first.requests.last(), Some(&by_email("shared%40mail.example")));
}

#[tokio::test]
async fn accounts_that_nobody_matched_are_left_alone() {
    let mut world = World::new();
    known_account(&world, "stranger", &json!({"active": true}));
    world.assigned_users(&["ann"]);
    world.sync().await;
    world.unassign("ann");
    let left = world.sync().await;
    assert!(left.requests.iter().all(|line| !line.contains("stranger")));
    assert_eq!(world.accounts(), ["stranger true", "ann false"]);
}
