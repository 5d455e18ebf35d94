//! Application roles: from an assignment to the exact requests, in their three forms and in both dialects.
//! Source: `spec/MAPPINGS.md` §7, `spec/WIRE.md` §3, §4, `spec/EXPRESSIONS.md` §4.

use super::{lines::*, world::World};
use scimulator::{
    engine::{Job, Reset},
    store::{EscrowKind, LogQuery},
};
use serde_json::{Value, json};
use std::sync::Arc;

const COMPLIANT: &str = "?aadOptscim062020";
const DIALECTS: [&str; 2] = ["", COMPLIANT];

/// An attribute and the mapping that fills it, as a mapping file has them.
type Line = (&'static str, &'static str, &'static str);

const SINGLE: Line =
    ("'roles[primary eq \"True\"].value'", "{}", "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }");
const COMPLEX: Line =
    ("roles", "{ multivalued = true }", "{ expression = 'AppRoleAssignmentsComplex([appRoleAssignments])' }");
const ASSERTIVE: Line =
    ("roles", "{ multivalued = true }", "{ expression = 'AssertiveAppRoleAssignmentsComplex([appRoleAssignments])' }");

/// A world with the roles Admin, Reader and Guest, and these mappings besides the usual ones.
fn with_roles(query: &'static str, lines: &[Line]) -> World {
    let mut world = World::with(|setup| {
        setup.query = query;
        for (attribute, definition, mapping) in lines {
            setup.map(attribute, definition, mapping);
        }
    });
    name_roles(&mut world, "Administrator");
    world.users(&["ann"]);
    world
}

/// Writes down the application's roles; `administrator` is what people call Admin.
fn name_roles(world: &mut World, administrator: &str) {
    let role = |value: &str, name: &str| json!({"app": "app", "id": id(value), "value": value, "displayName": name});
    let roles = json!([role("Admin", administrator), role("Reader", "Readers"), role("Guest", "Guests")]);
    world.file("appRoles.json", &roles.to_string());
}

fn id(value: &str) -> String {
    format!("role-{}", value.to_lowercase())
}

fn assign(world: &mut World, roles: &[&str]) {
    for role in roles {
        world.assign_role("ann", role);
    }
}

/// Takes ann's roles away and gives her these.
fn reassign(world: &mut World, roles: &[&str]) {
    world.unassign("ann");
    assign(world, roles);
}

/// The create of ann with this in it.
fn create_with(roles: &Value) -> String {
    let roles = format!("\"displayName\":\"Ann\",\"roles\":{roles},");
    create_user("ann", "Ann").replace("\"displayName\":\"Ann\",", &roles)
}

/// The change of ann's roles.
fn patch_roles(op: &str, value: &Value) -> String {
    patch_user("ann", &json!([{"op": op, "path": "roles", "value": value}]))
}

/// A role as the legacy dialect writes it in a change.
fn text(value: &str, name: &str) -> Value {
    json!({"value": format!(r#"{{"id":"{}","value":"{value}","displayName":"{name}"}}"#, id(value))})
}

/// A role as a create has it; `key` is what its name for people stands under.
fn object(key: &str, value: &str, name: &str) -> Value {
    json!({"primary": false, "type": "WindowsAzureActiveDirectoryRole", key: name, "value": value})
}

/// The one role of somebody.
fn primary(value: &str) -> Value {
    json!({"primary": true, "type": "WindowsAzureActiveDirectoryRole", "value": value})
}

/// Expects that everybody is in step: an initial cycle reads ann, and writes nothing.
#[track_caller]
fn in_step(requests: &[String]) {
    assert_eq!(requests, [read_user("ann")]);
}

async fn look_again(world: &mut World) -> Vec<String> {
    world.restart(&Reset::DEFAULT).await;
    world.requests().await
}

#[tokio::test]
async fn the_one_role_is_the_primary_entry_of_a_create_with_its_type() {
    for query in DIALECTS {
        let mut world = with_roles(query, &[SINGLE]);
        assign(&mut world, &["Admin"]);
        assert_eq!(
            world.requests().await,
            [
                find_user("ann"),
                "POST /Users {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\
                 \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],\
                 \"userName\":\"ann@contoso.example\",\"active\":true,\"displayName\":\"Ann\",\
                 \"roles\":[{\"primary\":true,\"type\":\"WindowsAzureActiveDirectoryRole\",\"value\":\"Admin\"}],\
                 \"meta\":{\"resourceType\":\"User\"}}"
                    .to_owned(),
            ]
        );
        in_step(&look_again(&mut world).await);
    }
}

#[tokio::test]
async fn a_new_role_for_the_one_is_added_as_json_text_or_as_in_a_create() {
    for (query, op, element) in [("", "Add", text("Reader", "Readers")), (COMPLIANT, "add", primary("Reader"))] {
        let mut world = with_roles(query, &[SINGLE]);
        assign(&mut world, &["Admin"]);
        world.sync().await;
        reassign(&mut world, &["Reader"]);
        let changed = world.sync().await;
        assert_eq!(changed.result.kind.name(), "incremental");
        assert_eq!(changed.after_probe(), [read_user("ann"), patch_roles(op, &json!([element]))]);
        assert_eq!(world.sync().await.requests, [probe()]);
        in_step(&look_again(&mut world).await);
    }
}

#[tokio::test]
async fn in_the_compliant_dialect_the_primary_role_can_go_back_to_the_one_before() {
    let mut world = with_roles(COMPLIANT, &[SINGLE]);
    assign(&mut world, &["Admin"]);
    world.sync().await;
    for role in ["Reader", "Admin"] {
        reassign(&mut world, &[role]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_roles("add", &json!([primary(role)]))]);
        let roles = world.account("ann")["roles"].clone();
        let is_primary = |entry: &&Value| entry["primary"] == true;
        assert_eq!(roles.as_array().unwrap().iter().find(is_primary).unwrap()["value"], role);
    }
}

#[tokio::test]
async fn parts_of_the_one_role_that_others_map_go_along_with_it_and_never_alone() {
    let display: Line = (
        "'roles[primary eq \"True\"].display'",
        "{}",
        "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }",
    );
    let kind: Line = ("'roles[primary eq \"True\"].type'", "{}", "{ constant = \"Job\" }");
    let entry = |role: &str| json!({"primary": true, "type": "Job", "value": role, "display": role});
    for (query, op, element) in [("", "Add", text("Reader", "Readers")), (COMPLIANT, "add", entry("Reader"))] {
        let mut world = with_roles(query, &[SINGLE, display, kind]);
        world.assign("ann");
        assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
        reassign(&mut world, &["Reader"]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_roles(op, &json!([element]))]);
        in_step(&look_again(&mut world).await);

        let mut world = with_roles(query, &[SINGLE, display, kind]);
        assign(&mut world, &["Admin"]);
        assert_eq!(world.requests().await, [find_user("ann"), create_with(&json!([entry("Admin")]))]);
        in_step(&look_again(&mut world).await);
        world.setup.mapping = world.setup.mapping.replace("\"Job\"", "\"Post\"");
        let replace = json!([{
            "op": if query.is_empty() { "Replace" } else { "replace" },
            "path": "roles[primary eq \"True\"].type",
            "value": "Post",
        }]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_user("ann", &replace)]);
    }
}

#[tokio::test]
async fn several_roles_where_one_is_expected_fail_that_user_alone() {
    let mut world = with_roles("", &[SINGLE]);
    assign(&mut world, &["Admin", "Reader"]);
    world.assigned_users(&["bob"]);
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("bob"), create_user("bob", "Bob")]);
    assert_eq!(world.log(&first).await, ["ann other failure AttributeMappingFailed", "bob create success"]);
    assert_eq!(
        world.escrow("ann", EscrowKind::Object).await.unwrap().error_text,
        "the mapping of `roles[primary eq \"True\"].value` cannot be evaluated: An error occured while evaluating this \
         function: 'SingleAppRoleAssignment.' No more than one app role assignment was expected, but this many where \
         found: 2"
    );
    reassign(&mut world, &["Reader"]);
    assert_eq!(world.requests().await, [find_user("ann"), create_with(&json!([primary("Reader")]))]);
}

#[tokio::test]
async fn without_a_role_the_default_of_the_one_stands_in_on_creation_and_a_lost_role_stays() {
    let with_default: Line =
        (SINGLE.0, SINGLE.1, "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])', default = \"Guest\" }");
    let mut world = with_roles("", &[with_default]);
    world.assign("ann");
    assert_eq!(world.requests().await, [find_user("ann"), create_with(&json!([primary("Guest")]))]);
    in_step(&look_again(&mut world).await);
    reassign(&mut world, &["Admin"]);
    world.sync().await;
    world.unassign("ann");
    world.assign("ann");
    in_step(&world.requests().await);
}

#[tokio::test]
async fn a_role_that_goes_to_another_attribute_is_a_text_like_any_other() {
    let profile: Line = ("userType", "{}", SINGLE.2);
    let mut world = with_roles("", &[profile]);
    assign(&mut world, &["Admin"]);
    let body = create_user("ann", "Ann").replace("\"Ann\",", "\"Ann\",\"userType\":\"Admin\",");
    assert_eq!(world.requests().await, [find_user("ann"), body]);
    reassign(&mut world, &["Reader"]);
    assert_eq!(world.requests().await, [read_user("ann"), replace("ann", "userType", "Reader")]);
}

#[tokio::test]
async fn a_name_that_an_expression_makes_of_the_one_role_has_no_id() {
    let lower: Line =
        (SINGLE.0, SINGLE.1, "{ expression = 'ToLower(SingleAppRoleAssignment([appRoleAssignments]), )' }");
    let mut world = with_roles("", &[lower]);
    world.assign("ann");
    world.sync().await;
    reassign(&mut world, &["Admin"]);
    let made = json!([{"value": r#"{"id":"","value":"admin","displayName":"admin"}"#}]);
    assert_eq!(world.requests().await, [read_user("ann"), patch_roles("Add", &made)]);
    in_step(&look_again(&mut world).await);
}

#[tokio::test]
async fn all_roles_are_a_list_of_objects_in_a_create() {
    for (line, key) in [(COMPLEX, "displayName"), (ASSERTIVE, "display")] {
        for query in DIALECTS {
            let mut world = with_roles(query, &[line]);
            assign(&mut world, &["Admin", "Reader"]);
            let roles = json!([object(key, "Admin", "Administrator"), object(key, "Reader", "Readers")]);
            assert_eq!(world.requests().await, [find_user("ann"), create_with(&roles)]);
            in_step(&look_again(&mut world).await);
        }
    }
}

#[tokio::test]
async fn somebody_without_a_role_is_created_without_any() {
    for line in [SINGLE, COMPLEX, ASSERTIVE] {
        let mut world = with_roles("", &[line]);
        world.assign("ann");
        assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
        in_step(&look_again(&mut world).await);
    }
}

#[tokio::test]
async fn of_added_roles_only_new_ones_are_sent_and_none_is_taken_away() {
    let reader = object("displayName", "Reader", "Readers");
    let guest = object("displayName", "Guest", "Guests");
    for (query, op, added) in [
        ("", "Add", json!([text("Reader", "Readers"), text("Guest", "Guests")])),
        (COMPLIANT, "add", json!([reader, guest])),
    ] {
        let mut world = with_roles(query, &[COMPLEX]);
        assign(&mut world, &["Admin"]);
        world.sync().await;
        assign(&mut world, &["Reader", "Guest"]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_roles(op, &added)]);
        in_step(&look_again(&mut world).await);
        reassign(&mut world, &["Guest"]);
        in_step(&world.requests().await);
        world.unassign("ann");
        world.assign("ann");
        in_step(&world.requests().await);
        assert_eq!(world.account("ann")["roles"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn asserted_roles_are_replaced_as_a_whole_in_lower_case_in_both_dialects() {
    let admin = object("display", "Admin", "Administrator");
    let reader = object("display", "Reader", "Readers");
    for query in DIALECTS {
        let mut world = with_roles(query, &[ASSERTIVE]);
        assign(&mut world, &["Admin"]);
        world.sync().await;
        assign(&mut world, &["Reader"]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_roles("replace", &json!([admin, reader]))]);
        reassign(&mut world, &["Reader"]);
        assert_eq!(world.requests().await, [read_user("ann"), patch_roles("replace", &json!([reader]))]);
        assert_eq!(world.account("ann")["roles"], json!([reader]));
        in_step(&look_again(&mut world).await);
    }
}

#[tokio::test]
async fn with_the_last_asserted_role_gone_the_target_is_told_so_once() {
    for query in DIALECTS {
        let mut world = with_roles(query, &[ASSERTIVE]);
        assign(&mut world, &["Admin"]);
        world.sync().await;
        world.unassign("ann");
        world.assign("ann");
        let emptied = world.sync().await;
        assert_eq!(emptied.after_probe(), [read_user("ann"), patch_roles("replace", &json!([]))]);
        assert_eq!(world.account("ann")["roles"], Value::Null);
        let records = world.read(|tables| tables.records(&LogQuery::default())).await;
        let modified: Value = serde_json::from_str(&records.last().unwrap().modified).unwrap();
        assert_eq!((&modified[0]["displayName"], &modified[0]["newValue"]), (&json!("roles"), &Value::Null));
        in_step(&look_again(&mut world).await);
    }
}

#[tokio::test]
async fn roles_that_nobody_here_knows_are_removed_by_asserted_ones_only() {
    let admin = object("display", "Admin", "Administrator");
    let mut account = super::directory::account("ann");
    account.extend(
        json!({"active": true, "displayName": "Ann", "roles": [{"value": "Foreign"}]}).as_object().unwrap().clone(),
    );
    for (line, patch) in [
        (SINGLE, patch_roles("Add", &json!([text("Admin", "Administrator")]))),
        (COMPLEX, patch_roles("Add", &json!([text("Admin", "Administrator")]))),
        (ASSERTIVE, patch_roles("replace", &json!([admin]))),
    ] {
        let mut world = with_roles("", &[line]);
        world.wiretap.create("/Users", &account.clone().into());
        assign(&mut world, &["Admin"]);
        assert_eq!(world.requests().await, [find_user("ann"), patch]);
        let foreign = world.account("ann")["roles"].to_string().contains("Foreign");
        assert_eq!(foreign, line.2 != ASSERTIVE.2);
    }
}

#[tokio::test]
async fn a_role_is_known_again_in_whatever_shape_the_target_has_it() {
    let shapes = [
        object("displayName", "Admin", "Administrator"),
        object("display", "Admin", "Administrator"),
        text("Admin", "Administrator"),
        json!({"id": "role-admin", "value": "Admin", "displayName": "Administrator"}),
        json!({"value": "admin"}),
    ];
    for line in [SINGLE, COMPLEX, ASSERTIVE] {
        for (number, shape) in shapes.iter().enumerate() {
            let mut shape = shape.clone();
            if line.0 == SINGLE.0 && shape["primary"] == false {
                shape["primary"] = json!(true);
            }
            let mut account = super::directory::account("ann");
            account
                .extend(json!({"active": true, "displayName": "Ann", "roles": [shape]}).as_object().unwrap().clone());
            let mut world = with_roles("", &[line]);
            world.wiretap.create("/Users", &account.into());
            assign(&mut world, &["Admin"]);
            assert_eq!(world.requests().await, [find_user("ann")], "{} {number}", line.2);
        }
    }
}

#[tokio::test]
async fn a_role_that_is_named_anew_is_asserted_anew_and_not_added_twice() {
    for (line, requests) in
        [(COMPLEX, vec![]), (ASSERTIVE, vec![patch_roles("replace", &json!([object("display", "Admin", "Chief")]))])]
    {
        let mut world = with_roles("", &[line]);
        assign(&mut world, &["Admin"]);
        world.sync().await;
        name_roles(&mut world, "Chief");
        let renamed = world.sync().await;
        assert_eq!(renamed.result.kind.name(), "incremental");
        assert_eq!(renamed.after_probe()[0], read_user("ann"));
        assert_eq!(renamed.after_probe()[1..], requests);
    }
}

#[tokio::test]
async fn roles_come_through_groups_too_the_direct_ones_first() {
    let mut world = with_roles("", &[COMPLEX]);
    world.group("Team", &["ann"]);
    world.assign_role("Team", "Admin");
    assign(&mut world, &["Reader"]);
    let roles = json!([object("displayName", "Reader", "Readers"), object("displayName", "Admin", "Administrator")]);
    assert_eq!(world.requests().await[..2], [find_user("ann"), create_with(&roles)]);
    world.members("Team", &[]);
    world.group("Other", &["ann"]);
    world.assign_role("Other", "Guest");
    let requests = world.requests().await;
    assert!(requests.contains(&patch_roles("Add", &json!([text("Guest", "Guests")]))), "{requests:?}");
}

#[tokio::test]
async fn a_list_of_roles_keeps_its_path_beside_other_changes() {
    let mut world = with_roles(COMPLIANT, &[COMPLEX]);
    world.assign("ann");
    world.sync().await;
    reassign(&mut world, &["Admin"]);
    world.change("ann", &json!({"displayName": "Annie"}));
    let operations = json!([
        {"op": "replace", "path": "displayName", "value": "Annie"},
        {"op": "add", "path": "roles", "value": [object("displayName", "Admin", "Administrator")]},
    ]);
    assert_eq!(world.requests().await, [read_user("ann"), patch_user("ann", &operations)]);
}

#[test]
fn a_job_for_everybody_cannot_have_roles() {
    for line in [SINGLE, COMPLEX, ASSERTIVE] {
        let mut world = with_roles("", &[line]);
        world.job();
        world.setup.job = "scope = \"all\"".to_owned();
        let settings = world.settings();
        let error = Job::open(&settings.jobs[0], &settings, Arc::new(world.clock.clone()), Some(world.wiretap.clone()));
        let function = line.2.split(['\'', '(']).nth(1).unwrap();
        assert_eq!(
            error.err().unwrap().to_string(),
            format!(
                "error: scimulator.toml:3: `{function}` does not go with `scope = \"all\"`: roles come with assignments\n  \
                 help: set `scope = \"assigned\"`, or take the function out of the mapping"
            )
        );
    }
}
