//! Incremental cycles: each change at the source becomes exactly its requests, in either dialect.

use crate::world::{Application, World, delete, get, look_up, new_user, patch, post, probe};
use serde_json::{Value, json};
use std::sync::Arc;

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
/// What selects the compliant dialect.
const COMPLIANT: &str = "?aadOptscim062020";

/// Ada and Grace, the engineers, and Alan, whose group is not provisioned; all are assigned, and the application
/// knows them.
fn company(flag: &str) -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", flag, "");
    world
        .user("ada", |user| {
            user.set("jobTitle", "Analyst");
        })
        .user("grace", |user| {
            user.set("manager", "ada@contoso.example");
        })
        .user("alan", |_| {})
        .group("Engineers", &["ada", "grace"])
        .group("Runners", &["alan"])
        .assign("ada", "scim")
        .assign("grace", "scim")
        .assign("alan", "scim")
        .assign("Engineers", "scim");
    world.sync();
    application.requests();
    (world, application)
}

/// A changed title, a new user, an unassigned one, a removed member.
fn an_ordinary_day(world: &mut World) {
    world
        .user("ada", |user| {
            user.set("jobTitle", "Director");
        })
        .user("linus", |_| {})
        .assign("linus", "scim")
        .change(|directory| directory.unassign("alan", "scim"))
        .group("Engineers", &["ada"]);
}

fn operation(op: &str, path: &str, value: impl Into<Value>) -> Value {
    json!([{"op": op, "path": path, "value": value.into()}])
}

#[test]
fn an_ordinary_day_is_one_patch_one_post_one_disable_and_one_member_removed() {
    let (mut world, application) = company("");
    an_ordinary_day(&mut world);
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: 1 created, 2 updated, 1 disabled, 1 skipped; 9 requests in \
         {duration}"])
        .complains(["scim: leavers: 1", "scim: users: 3", "scim: memberships: 1", "scim: references: 1"]);
    application.received([
        probe(),
        get("/Users/{alan}"),
        patch("/Users/{alan}", operation("Replace", "active", "False")),
        get("/Users/{ada}"),
        patch("/Users/{ada}", operation("Replace", "title", "Director")),
        get("/Users/{grace}"),
        look_up("linus%40contoso.example"),
        post("/Users", new_user("linus")),
        patch("/Groups/{Engineers}", operation("Remove", "members", json!([{"value": "{grace}"}]))),
    ]);
    assert_eq!(application.roster(), ["-alan", "ada", "grace", "linus"]);
    world.sync();
    application.received([probe()]);
}

#[test]
fn the_same_day_in_the_compliant_dialect() {
    let (mut world, application) = company(COMPLIANT);
    an_ordinary_day(&mut world);
    world.sync();
    application.received_writes([
        patch("/Users/{alan}", operation("replace", "active", false)),
        patch("/Users/{ada}", operation("replace", "title", "Director")),
        post("/Users", new_user("linus")),
        patch("/Groups/{Engineers}", json!([{"op": "remove", "path": "members[value eq \"{grace}\"]"}])),
    ]);
    assert_eq!(
        application.groups(),
        [json!({"displayName": "Engineers", "externalId": "{uuid}", "members": [{"value": "{ada}"}]})]
    );
}

/// Several attributes of one user, some of them new.
fn a_move(world: &mut World) {
    world.user("ada", |user| {
        user.set("displayName", "Ada Lovelace")
            .set("jobTitle", "Director")
            .set("mail", "lovelace@contoso.example")
            .set("city", "London")
            .set("department", "Research");
    });
}

const CITY: &str = "addresses[type eq \"work\"].locality";
const MAIL: &str = "emails[type eq \"work\"].value";
const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

#[test]
fn several_attributes_are_an_operation_each_in_the_order_of_the_mappings() {
    let (mut world, application) = company("");
    a_move(&mut world);
    world.sync();
    application.received_writes([patch(
        "/Users/{ada}",
        json!([
            {"op": "Replace", "path": "displayName", "value": "Ada Lovelace"},
            {"op": "Replace", "path": "title", "value": "Director"},
            {"op": "Replace", "path": MAIL, "value": "lovelace@contoso.example"},
            {"op": "Add", "path": CITY, "value": "London"},
            {"op": "Add", "path": DEPARTMENT, "value": "Research"},
        ]),
    )]);
}

#[test]
fn several_plain_attributes_fold_in_the_compliant_dialect() {
    let (mut world, application) = company(COMPLIANT);
    a_move(&mut world);
    world.sync();
    application.received_writes([patch(
        "/Users/{ada}",
        json!([
            {"op": "replace", "path": MAIL, "value": "lovelace@contoso.example"},
            {"op": "add", "path": CITY, "value": "London"},
            {"op": "replace", "value": {"displayName": "Ada Lovelace", "title": "Director"}},
            {"op": "add", "value": {DEPARTMENT: "Research"}},
        ]),
    )]);
}

#[test]
fn a_manager_who_changes_is_set_and_one_who_goes_is_cleared() {
    let (mut world, application) = company("");
    world.user("grace", |user| {
        user.set("manager", "alan@contoso.example");
    });
    world.sync().prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    application.received([
        probe(),
        get("/Users/{grace}"),
        patch("/Users/{grace}", operation("Add", MANAGER, "{alan}")),
    ]);
    world.user("grace", |user| {
        user.clear("manager");
    });
    world.sync();
    application.received_writes([patch("/Users/{grace}", operation("Replace", MANAGER, ""))]);
}

#[test]
fn a_manager_out_of_scope_is_left_out_without_failure() {
    let mut world = World::new();
    let application = world.job("scim");
    world
        .user("ada", |_| {})
        .user("grace", |user| {
            user.set("manager", "ada@contoso.example");
        })
        .assign("grace", "scim");
    world.run(["sync", "now"]).exits_with(0);
    application.received([probe(), look_up("grace%40contoso.example"), post("/Users", new_user("grace"))]);
}

#[test]
fn who_is_disabled_at_the_source_is_disabled_and_who_returns_is_enabled_again() {
    let (mut world, application) = company("");
    world.user("alan", |user| {
        user.set("accountEnabled", false);
    });
    world.sync().prints(["scim: incremental cycle Succeeded: 1 disabled; 3 requests in {duration}"]);
    application.received_writes([patch("/Users/{alan}", operation("Replace", "active", "False"))]);
    world.user("alan", |user| {
        user.set("accountEnabled", true);
    });
    world.sync().prints(["scim: incremental cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    application.received_writes([patch("/Users/{alan}", operation("Replace", "active", "True"))]);
    assert_eq!(application.roster(), ["ada", "alan", "grace"]);
}

#[test]
fn who_vanishes_from_the_files_is_disabled_not_deleted() {
    let (mut world, application) = company("");
    world.change(|directory| {
        directory.remove_user("alan");
        directory.unassign("alan", "scim");
        directory.group("Runners", &[]);
    });
    world.sync();
    application.received_writes([patch("/Users/{alan}", operation("Replace", "active", "False"))]);
}

#[test]
fn a_group_that_is_unassigned_or_deleted_is_deleted() {
    let (mut world, application) = company("");
    world.change(|directory| directory.unassign("Engineers", "scim"));
    world.sync();
    application.received_writes([delete("/Groups/{Engineers}")]);
    world.assign("Engineers", "scim");
    world.sync();
    application.requests();
    world.change(|directory| {
        directory.unassign("Engineers", "scim");
        directory.remove_group("Engineers");
    });
    world.sync();
    application.received_writes([delete("/Groups/{Engineers}")]);
}

#[test]
fn a_new_member_is_added_and_nobody_else_is_sent_again() {
    let (mut world, application) = company("");
    world.group("Engineers", &["ada", "grace", "alan"]);
    world.sync();
    application
        .received_writes([patch("/Groups/{Engineers}", operation("Add", "members", json!([{"value": "{alan}"}])))]);
}

#[test]
fn a_changed_user_principal_name_updates_the_same_account() {
    let mut world = World::new();
    let application = world.job("scim");
    let id = "5f1c8f52-6a2e-4f0e-9b1c-2f6a9f3f7d10";
    world.user("ada", |user| {
        user.set("id", id);
    });
    world.assign("ada", "scim");
    world.sync();
    application.requests();
    world.change(|directory| {
        directory.user("ada").set("userPrincipalName", "lovelace@contoso.example");
        directory.unassign("ada", "scim");
    });
    world.assign("lovelace", "scim");
    world.sync();
    application.received_writes([patch("/Users/{ada}", operation("Replace", "userName", "lovelace@contoso.example"))]);
    assert_eq!(application.roster(), ["lovelace"]);
}

#[test]
fn a_renamed_group_is_the_same_group_with_another_name() {
    let mut world = World::new();
    let application = world.job("scim");
    world
        .change(|directory| {
            directory.group("Engineers", &[]).set("id", "5f1c8f52-6a2e-4f0e-9b1c-2f6a9f3f7d10");
        })
        .assign("Engineers", "scim");
    world.sync();
    application.requests();
    world
        .change(|directory| {
            directory.unassign("Engineers", "scim");
            directory.group("Engineers", &[]).set("displayName", "Engineering");
        })
        .assign("Engineering", "scim");
    world.sync();
    application.received([
        probe(),
        get("/Groups/{Engineers}?excludedAttributes=members"),
        patch("/Groups/{Engineers}", operation("Replace", "displayName", "Engineering")),
    ]);
}

#[test]
fn nobody_and_nothing_at_the_target_is_touched_that_was_never_matched() {
    let (mut world, application) = company("");
    application.add_user("stranger@contoso.example");
    world.user("ada", |user| {
        user.set("jobTitle", "Director");
    });
    world.run(["sync", "now", "--initial"]).exits_with(0);
    assert_eq!(application.roster(), ["ada", "alan", "grace", "stranger"]);
    application.received_writes([patch("/Users/{ada}", operation("Replace", "title", "Director"))]);
}
