//! The job settings `reference_check` and `strict_excluded`. Source: `spec/WIRE.md` §2.5, §6.

use super::{
    lines::*,
    wiretap::Fault,
    world::{World, refusal},
};
use scimulator::store::LogQuery;
use serde_json::{Value, json};

fn user_check(user: &str, manager: &str) -> String {
    format!("GET /Users?attributes=id&filter=id+eq+%22{{{user}}}%22+and+manager+eq+%22{{{manager}}}%22")
}

fn group_check(group: &str, member: &str) -> String {
    format!("GET /Groups?attributes=id&filter=id+eq+%22{{{group}}}%22+and+members+eq+%22{{{member}}}%22")
}

fn checking() -> World {
    World::with(|setup| setup.job.push_str("reference_check = true"))
}

/// A world in which ann is under bob.
async fn with_manager() -> World {
    let mut world = checking();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.sync().await;
    world
}

/// A world in which ann and bob are in the group Team, and cid is not.
async fn with_team() -> World {
    let mut world = checking();
    world.assigned_users(&["ann", "bob", "cid"]);
    world.group("Team", &["ann", "bob"]);
    world.assign("Team");
    world.sync().await;
    world
}

#[tokio::test]
async fn a_manager_is_asked_for_before_it_is_written() {
    let mut world = checking();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    let first = world.sync().await;
    assert_eq!(first.requests[first.requests.len() - 2..], [user_check("ann", "bob"), set_manager("ann", "bob")]);
}

#[tokio::test]
async fn a_manager_whom_the_target_holds_already_is_not_written() {
    let mut world = with_manager().await;
    world.change("ann", &json!({"manager": "id-cid"}));
    let cid = world.account("cid")["id"].as_str().unwrap().to_owned();
    let path = format!("{ENTERPRISE}:manager");
    world.wiretap.patch("/Users/{ann}", &json!([{"op": "Replace", "path": path, "value": cid}]));
    // What the read shows is older than what the check finds.
    let ann = world.account("ann");
    let mut before = ann.clone();
    before[ENTERPRISE]["manager"]["value"] = Value::from("somebody");
    world.once(&["GET", "/Users/{ann}"], Fault::Answer(200, before.to_string()));
    let changed = world.sync().await;
    assert_eq!(changed.after_probe(), [read_user("ann"), user_check("ann", "cid")]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_manager_who_is_removed_is_not_asked_for() {
    let mut world = with_manager().await;
    world.change("ann", &json!({"manager": null}));
    let removed = json!([{"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": ""}]);
    assert_eq!(world.requests().await, [read_user("ann"), patch_user("ann", &removed)]);
}

#[tokio::test]
async fn each_member_is_asked_for_and_only_what_differs_is_written() {
    let mut world = with_team().await;
    let id = |name: &str| world.account(name)["id"].as_str().unwrap().to_owned();
    let (ann, cid) = (id("ann"), id("cid"));
    let behind = json!([
        {"op": "Remove", "path": "members", "value": [{"value": ann}]},
        {"op": "Add", "path": "members", "value": [{"value": cid}]},
    ]);
    world.wiretap.patch("/Groups/{Team}", &behind);
    world.assigned_users(&["dee"]);
    world.members("Team", &["cid", "dee"]);
    let changed = world.sync().await;
    assert_eq!(
        changed.requests[changed.requests.len() - 6..],
        [
            group_check("Team", "ann"),
            group_check("Team", "bob"),
            remove_members("Team", &["bob"]),
            group_check("Team", "cid"),
            group_check("Team", "dee"),
            add_members("Team", &["dee"]),
        ]
    );
    assert_eq!(world.members_of("Team"), ["{cid}", "{dee}"]);
    assert_eq!(world.sync().await.requests, [probe()]);
}

#[tokio::test]
async fn a_target_that_cannot_answer_the_check_fails_the_reference_and_it_follows_when_it_can() {
    let mut world = checking();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.always(&["attributes=id"], refusal(400, "no such filter"));
    let first = world.sync().await;
    assert_eq!(world.log(&first).await[3..], ["Team update failure BadRequest", "ann update failure BadRequest"]);
    world.wiretap.heal();
    world.sync().await;
    assert_eq!(world.members_of("Team"), ["{ann}"]);
    assert_eq!(world.account("ann")[ENTERPRISE]["manager"]["value"], world.account("bob")["id"]);
}

#[tokio::test]
async fn a_check_that_finds_others_is_an_answer_of_a_target_that_ignores_filters() {
    let mut world = checking();
    world.assigned_users(&["ann", "bob"]);
    world.change("ann", &json!({"manager": "id-bob"}));
    let list = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1, "Resources": [{"id": "x"}]
    });
    world.always(&["attributes=id"], Fault::Answer(200, list.to_string()));
    let first = world.sync().await;
    let code = "SystemForCrossDomainIdentityManagementServiceIncompatible";
    assert_eq!(world.log(&first).await.last(), Some(&format!("ann update failure {code}")));
}

/// A world in which the group Team has a new external id to be written, and is answered with its members.
async fn with_unexcluded_members(job: &str) -> World {
    let mut world = World::with(|setup| setup.job.push_str(job));
    world.assigned_users(&["ann"]);
    world.group("Team", &["ann"]);
    world.assign("Team");
    world.sync().await;
    let group = world.application.groups().remove(0);
    assert_eq!(group["members"].as_array().unwrap().len(), 1);
    world.always(&["GET", "/Groups/{Team}"], Fault::Answer(200, group.to_string()));
    world.change_group("Team", &json!({"displayName": "Crew"}));
    world
}

#[tokio::test]
async fn members_that_come_although_excluded_are_ignored_with_a_warning() {
    let mut world = with_unexcluded_members("").await;
    let changed = world.sync().await;
    assert_eq!(world.log(&changed).await, ["Crew update success"]);
    let query = LogQuery { cycle: Some(changed.result.cycle_id.clone()), ..LogQuery::default() };
    let rows = world.read(move |tables| tables.records(&query)).await;
    let steps: Value = serde_json::from_str(&rows[0].steps).unwrap();
    let told: Vec<_> = steps.as_array().unwrap().iter().filter(|step| step["status"] == "warning").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["description"],
        "App returned the members of Group 'Crew', which `excludedAttributes` had excluded; they are ignored. Microsoft \
         Entra ID fails the object there; with `strict_excluded = true` so does this job"
    );
}

#[tokio::test]
async fn strict_excluded_fails_the_group_as_entra_does() {
    let mut world = with_unexcluded_members("strict_excluded = true").await;
    let changed = world.sync().await;
    let code = "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse";
    assert_eq!(world.log(&changed).await, [format!("Crew update failure {code}")]);
    world.wiretap.heal();
    let healed = world.sync().await;
    assert_eq!(world.log(&healed).await, ["Crew update success"]);
}
