//! Names that are hard to ask for: they arrive whole at the target, and are found there again.

use crate::world::{Application, Sent, World, get, look_up, new_user, post, probe};
use serde_json::json;
use std::sync::Arc;

/// A job that has provisioned one user of this name and forgotten everything since.
fn forgotten(principal_name: &str) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world
        .user(principal_name, |user| {
            user.set("mailNickname", "somebody").set("displayName", "Somebody").set("mail", "somebody@contoso.example");
        })
        .assign(principal_name, "scim");
    world.sync();
    (world, application)
}

/// Creates the user, forgets her, and expects that she is found by `query` both times.
#[track_caller]
fn found_again(principal_name: &str, query: &str) {
    let (world, application) = forgotten(principal_name);
    assert_eq!(application.users()[0]["userName"], principal_name);
    let asked = look_up(query);
    assert!(application.requests().contains(&asked), "she was never asked for by {asked:?}");
    world.run(["jobs", "restart", "scim", "--reset", "Full"]).exits_with(0);
    world.sync().prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"]);
    application.received([probe(), asked]);
}

#[test]
fn an_apostrophe_is_asked_for_as_it_is() {
    found_again("maeve.o'brien@contoso.example", "maeve.o%27brien%40contoso.example");
}

#[test]
fn quotation_marks_and_backslashes_are_escaped_in_the_filter() {
    found_again(r#"a"b\c@contoso.example"#, "a%5c%22b%5c%5cc%40contoso.example");
}

#[test]
fn letters_of_other_scripts_and_accents_are_sent_as_utf_8() {
    found_again("王芳@contoso.example", "%e7%8e%8b%e8%8a%b3%40contoso.example");
    found_again("zoë@contoso.example", "zo%c3%ab%40contoso.example");
}

#[test]
fn signs_that_mean_something_in_a_query_are_escaped() {
    found_again("a+b&c=d%e#f@contoso.example", "a%2bb%26c%3dd%25e%23f%40contoso.example");
}

#[test]
fn a_guest_is_known_by_the_name_that_the_home_tenant_gives() {
    let mut world = World::new();
    let application = world.job("scim");
    world
        .user("maria_lopez_fabrikam.example#EXT#@contoso.example", |user| {
            user.set("mailNickname", "maria")
                .set("displayName", "maria of Contoso")
                .set("mail", "maria_lopez@fabrikam.example");
        })
        .assign("maria_lopez_fabrikam.example#EXT#@contoso.example", "scim");
    world.sync();
    let expected = post("/Users", {
        let mut body = new_user("maria");
        body["userName"] = json!("maria_lopez@fabrikam.example");
        body["emails"][0]["value"] = json!("maria_lopez@fabrikam.example");
        body
    });
    application.received([probe(), look_up("maria_lopez%40fabrikam.example"), expected]);
}

#[test]
fn a_group_name_with_quotation_marks_is_found_again() {
    let mut world = World::new();
    let application = world.job("scim");
    let name = r#"The "Blue" Team & Friends"#;
    world.group(name, &[]).assign(name, "scim");
    world.sync();
    world.run(["jobs", "restart", "scim", "--reset", "Full"]).exits_with(0);
    application.requests();
    world.sync().prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"]);
    let asked: Sent =
        get("/Groups?excludedAttributes=members&filter=displayName+eq+%22The+%5c%22Blue%5c%22+Team+%26+Friends%22");
    application.received([probe(), asked]);
}

#[test]
fn letter_case_makes_no_second_account() {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    application.add_user("ADA@Contoso.Example");
    world.sync();
    assert_eq!(application.roster(), ["ADA"]);
}
