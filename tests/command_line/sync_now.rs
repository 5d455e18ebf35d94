//! `sync now`: what an initial cycle sends, when a cycle is initial, and what is said about it.

use crate::world::{Application, Record, World, get, look_up, new_group, new_user, patch, post, probe};
use serde_json::json;
use std::sync::Arc;

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// A user who is assigned, and a job that has provisioned her.
fn ada() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    application.requests();
    (world, application)
}

#[test]
fn the_initial_cycle_creates_users_then_groups_then_memberships_then_managers() {
    let mut world = World::new();
    let application = world.job("scim");
    world
        .user("ada", |_| {})
        .user("grace", |user| {
            user.set("manager", "ada@contoso.example");
        })
        .group("Engineers", &["ada", "grace"])
        .assign("Engineers", "scim");
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: initial cycle Succeeded: 3 created, 2 updated; 9 requests in {duration}"])
        .complains(["scim: users: 2", "scim: groups: 1", "scim: memberships: 1", "scim: references: 1"]);
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        post("/Users", new_user("ada")),
        look_up("grace%40contoso.example"),
        post("/Users", new_user("grace")),
        get("/Groups?excludedAttributes=members&filter=displayName+eq+%22Engineers%22"),
        post("/Groups", new_group("Engineers")),
        patch(
            "/Groups/{Engineers}",
            json!([{"op": "Add", "path": "members", "value": [{"value": "{ada}"}, {"value": "{grace}"}]}]),
        ),
        patch("/Users/{grace}", json!([{"op": "Add", "path": MANAGER, "value": "{ada}"}])),
    ]);
}

#[test]
fn a_cycle_with_nothing_to_do_sends_its_probe_and_nothing_else() {
    let (world, application) = ada();
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: incremental cycle Succeeded: nothing to do; 1 request in {duration}"])
        .complains([]);
    application.received([probe()]);
}

#[test]
fn an_initial_cycle_that_is_asked_for_looks_at_everybody_again() {
    let (world, application) = ada();
    world
        .run(["sync", "now", "--initial"])
        .exits_with(0)
        .prints(["scim: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"])
        .complains(["scim: users: 1"]);
    application.received([probe(), get("/Users/{ada}")]);
}

#[test]
fn a_user_who_is_there_already_is_linked_and_updated_instead_of_created() {
    let (mut world, application) = ada();
    world.run(["jobs", "restart", "scim", "--reset", "Full"]).exits_with(0).prints(["scim: restarted"]).complains([]);
    world.user("ada", |user| {
        user.set("displayName", "Ada Lovelace");
    });
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["scim: initial cycle Succeeded: 1 updated; 3 requests in {duration}"])
        .complains(["scim: users: 1"]);
    application.received([
        probe(),
        look_up("ada%40contoso.example"),
        patch("/Users/{ada}", json!([{"op": "Replace", "path": "displayName", "value": "Ada Lovelace"}])),
    ]);
}

#[test]
fn a_changed_mapping_begins_an_initial_cycle_and_a_changed_comment_does_not() {
    let mut world = World::new();
    let mapping = include_str!("../../mappings/scim.toml");
    world.write("wiki.toml", mapping);
    let application = world.job_with("wiki", "wiki.toml", "", "");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    application.requests();

    world.write("wiki.toml", &format!("# Agreed with the owners of the wiki.\n{mapping}"));
    world.sync().prints(["wiki: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
    application.received([probe()]);

    let before = r#"displayName                               = { direct = "displayName" }"#;
    assert!(mapping.contains(before));
    world.write(
        "wiki.toml",
        &mapping.replacen(before, r#"displayName = { expression = 'Append([displayName], " Ltd")' }"#, 1),
    );
    world.sync().prints(["wiki: initial cycle Succeeded: 1 updated; 3 requests in {duration}"]);
    application.received([
        probe(),
        get("/Users/{ada}"),
        patch("/Users/{ada}", json!([{"op": "Replace", "path": "displayName", "value": "ada of Contoso Ltd"}])),
    ]);
}

#[test]
fn everybody_is_in_scope_where_the_job_says_so() {
    let mut world = World::new();
    let application = world.job_with("scim", "scim", "", "scope = \"all\"\n");
    world.user("ada", |_| {}).user("grace", |_| {}).user("alan", |user| {
        user.set("accountEnabled", false);
    });
    world.sync().prints(["scim: initial cycle Succeeded: 2 created, 1 skipped; 5 requests in {duration}"]);
    assert_eq!(application.roster(), ["ada", "grace"]);
}

#[test]
fn a_scoping_filter_lets_some_in_and_disables_who_leaves_it() {
    let mut world = World::new();
    let filter = "[[users.scoping_filters]]\ntitle = \"Sales\"\nclauses = [{ attribute = \"department\", operator = \
                  \"EQUALS\", value = \"Sales\" }]\n";
    let (before, after) = include_str!("../../mappings/scim.toml").split_once("[groups]").unwrap();
    world.write("wiki.toml", &format!("{before}{filter}\n[groups]{after}"));
    let application = world.job_with("wiki", "wiki.toml", "", "");
    let department = |name: &'static str| {
        move |user: &mut Record| {
            user.set("department", name);
        }
    };
    world.user("ada", department("Sales")).user("grace", department("Research"));
    world.assign("ada", "scim").assign("grace", "scim");
    world.sync().prints(["wiki: initial cycle Succeeded: 1 created, 1 skipped; 3 requests in {duration}"]);
    assert_eq!(application.roster(), ["ada"]);
    application.requests();

    world.user("ada", department("Research")).user("grace", department("Sales"));
    world.sync().prints(["wiki: incremental cycle Succeeded: 1 created, 1 disabled; 5 requests in {duration}"]);
    application.received_writes([
        patch("/Users/{ada}", json!([{"op": "Replace", "path": "active", "value": "False"}])),
        post("/Users", {
            let mut body = new_user("grace");
            let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
            let meta = body.as_object_mut().unwrap().remove("meta").unwrap();
            body[enterprise] = json!({"department": "Sales"});
            body["meta"] = meta;
            body
        }),
    ]);
}

#[test]
fn a_user_who_lacks_a_required_attribute_is_skipped_and_nothing_failed() {
    let mut world = World::new();
    let application = world.job("frankli");
    world.user("ada", |user| {
        let office = [("physicalDeliveryOfficeName", "B2"), ("streetAddress", "1 Mill Lane"), ("city", "Leeds")];
        for (attribute, value) in
            [("givenName", "Ada"), ("postalCode", "LS1"), ("country", "GB")].into_iter().chain(office)
        {
            user.set(attribute, value);
        }
    });
    world.assign("ada", "frankli");
    world
        .run(["sync", "now"])
        .exits_with(0)
        .prints(["frankli: initial cycle Succeeded: 1 skipped; 2 requests in {duration}"])
        .complains(["frankli: users: 1"]);
    assert!(application.roster().is_empty());
    assert_eq!(
        world.query("SELECT status, error_code, reason FROM provisioning_logs"),
        [[
            "skipped",
            "AttributeValidationFailed",
            "User 'ada@contoso.example' will be skipped because the value of the property name.familyName is missing \
             or invalid. Please update the User in the source system."
        ]]
    );
}

#[test]
fn several_jobs_run_side_by_side_and_are_told_of_in_the_order_of_the_configuration() {
    let mut world = World::new();
    let (wiki, chat) = (world.job("scim"), world.job("tribeloo"));
    world.user("ada", |_| {}).user("grace", |_| {});
    world.assign("ada", "scim").assign("ada", "tribeloo").assign("grace", "tribeloo");
    world.run(["sync", "now"]).exits_with(0).prints([
        "scim: initial cycle Succeeded: 1 created; 3 requests in {duration}",
        "tribeloo: initial cycle Succeeded: 2 created; 5 requests in {duration}",
    ]);
    assert_eq!(wiki.roster(), ["ada"]);
    assert_eq!(chat.roster(), ["ada", "grace"]);
    world
        .run(["sync", "now", "tribeloo"])
        .exits_with(0)
        .prints(["tribeloo: incremental cycle Succeeded: nothing to do; 1 request in {duration}"]);
}

#[test]
fn an_assignment_may_name_the_application_or_the_job() {
    for name in ["scim", "wiki"] {
        let mut world = World::new();
        let application = world.job_with("wiki", "scim", "", "");
        world.user("ada", |_| {}).assign("ada", name);
        world.sync().prints(["wiki: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
        assert_eq!(application.roster(), ["ada"]);
    }
}
