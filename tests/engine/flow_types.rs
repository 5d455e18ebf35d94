//! When a mapping flows: on creation only, additions only, always, and where the source became empty.
//! Source: `spec/MAPPINGS.md` §2, §5; `spec/WIRE.md` §4.

use super::{lines::*, world::World};
use scimulator::engine::{CycleKind, Reset};
use serde_json::{Value, json};

const COMPLIANT: &str = "?aadOptscim062020";
/// A list of an application's own.
const TAGS: &str = "urn:ietf:params:scim:schemas:extension:acme:2.0:User:tags";

/// A world in which ann is provisioned, with a mapping to `attribute` besides the usual ones.
async fn with_ann(query: &'static str, attribute: &str, definition: &str, mapping: &str, ann: &Value) -> World {
    let mut world = World::with(|setup| {
        setup.query = query;
        setup.map(&format!("'{attribute}'"), definition, mapping);
    });
    world.user("ann", ann);
    world.assign("ann");
    world.sync().await;
    world
}

/// What a change of ann sends after she was read, and that nothing follows.
async fn after(world: &mut World, change: &Value) -> Vec<String> {
    world.change("ann", change);
    let mut requests = world.requests().await;
    assert_eq!(requests.remove(0), read_user("ann"));
    assert_eq!(world.sync().await.requests, [probe()]);
    requests
}

/// What an initial cycle sends after ann was read.
async fn anew(world: &mut World) -> Vec<String> {
    world.restart(&Reset::DEFAULT).await;
    let mut requests = world.requests().await;
    assert_eq!(requests.remove(0), read_user("ann"));
    requests
}

fn patch(op: &str, path: &str, value: &Value) -> Vec<String> {
    vec![patch_user("ann", &json!([{"op": op, "path": path, "value": value}]))]
}

fn nothing() -> Vec<String> {
    Vec::new()
}

#[tokio::test]
async fn what_applies_on_creation_only_is_in_no_update() {
    for apply in ["creation", "ObjectAddOnly"] {
        let mapping = format!("{{ direct = \"jobTitle\", default = \"?\", apply = \"{apply}\" }}");
        let mut world = with_ann("", "title", "{}", &mapping, &json!({"jobTitle": "Clerk"})).await;
        assert_eq!(world.account("ann")["title"], "Clerk");
        assert_eq!(after(&mut world, &json!({"jobTitle": "Manager"})).await, nothing());
        assert_eq!(after(&mut world, &json!({"jobTitle": null})).await, nothing());
        assert_eq!(world.account("ann")["title"], "Clerk");
    }
}

#[tokio::test]
async fn an_error_in_what_applies_on_creation_only_fails_a_create_and_no_update() {
    let mapping = "{ expression = 'CDate([city])', apply = \"creation\" }";
    let mut world = with_ann("", "title", "{}", mapping, &json!({"city": "2026-01-05"})).await;
    assert_eq!(world.account("ann")["title"], "1/5/2026 12:00:00 AM");
    world.user("bob", &json!({"city": "Rome"}));
    world.assign("bob");
    world.change("ann", &json!({"city": "Rome", "displayName": "Annie"}));
    let changed = world.sync().await;
    assert_eq!(changed.after_probe(), [read_user("ann"), replace("ann", "displayName", "Annie"), find_user("bob")]);
    assert_eq!(world.log(&changed).await, ["ann update success", "bob other failure AttributeMappingFailed"]);
}

#[tokio::test]
async fn an_attribute_that_is_only_added_flows_where_the_target_has_none() {
    let mapping = "{ direct = \"jobTitle\", apply = \"AttributeAddOnly\" }";
    let mut world = with_ann("", "title", "{}", mapping, &json!({})).await;
    assert_eq!(after(&mut world, &json!({"jobTitle": "Clerk"})).await, patch("Add", "title", &json!("Clerk")));
    assert_eq!(after(&mut world, &json!({"jobTitle": "Manager"})).await, nothing());
    assert_eq!(anew(&mut world).await, nothing());
    assert_eq!(world.account("ann")["title"], "Clerk");
}

#[tokio::test]
async fn of_a_list_that_is_only_added_to_the_new_values_flow_and_none_goes() {
    for apply in ["MultiValueAddOnly", "ValueAddOnly"] {
        let mapping = format!("{{ direct = \"otherMails\", apply = \"{apply}\", flow_null_values = true }}");
        let mut world =
            with_ann("", TAGS, "{ multivalued = true }", &mapping, &json!({"otherMails": ["a", "b"]})).await;
        assert_eq!(
            after(&mut world, &json!({"otherMails": ["B", "c", "d"]})).await,
            patch("Add", TAGS, &json!(["c", "d"]))
        );
        assert_eq!(anew(&mut world).await, nothing());
        assert_eq!(after(&mut world, &json!({"otherMails": ["c"]})).await, nothing());
        assert_eq!(after(&mut world, &json!({"otherMails": null})).await, nothing());
        let (urn, name) = TAGS.rsplit_once(':').unwrap();
        assert_eq!(world.account("ann")[urn][name], json!(["a", "b", "c", "d"]));
    }
}

#[tokio::test]
async fn a_list_that_always_applies_is_replaced_as_a_whole_where_it_is_another_set() {
    for (query, op) in [("", "Replace"), (COMPLIANT, "replace")] {
        let mapping = "{ direct = \"otherMails\" }";
        let mut world =
            with_ann(query, TAGS, "{ multivalued = true }", mapping, &json!({"otherMails": ["a", "b"]})).await;
        assert_eq!(after(&mut world, &json!({"otherMails": ["b", "A", "a"]})).await, nothing());
        let expected = if query.is_empty() {
            patch(op, TAGS, &json!(["b"]))
        } else {
            vec![patch_user("ann", &json!([{"op": op, "value": {TAGS: ["b"]}}]))]
        };
        assert_eq!(after(&mut world, &json!({"otherMails": ["b"]})).await, expected);
    }
}

#[tokio::test]
async fn one_value_for_a_list_is_a_list_of_one() {
    let mut world = World::with(|setup| {
        setup.map(&format!("'{TAGS}'"), "{ multivalued = true }", "{ direct = \"city\", default = \"none\" }");
    });
    world.user("ann", &json!({"city": "Rome"}));
    world.users(&["bob"]);
    world.assign("ann");
    world.assign("bob");
    world.sync().await;
    let (urn, name) = TAGS.rsplit_once(':').unwrap();
    assert_eq!(world.account("ann")[urn][name], json!(["Rome"]));
    assert_eq!(world.account("bob")[urn][name], json!(["none"]));
    assert_eq!(after(&mut world, &json!({"city": "Oslo"})).await, patch("Replace", TAGS, &json!(["Oslo"])));
}

#[tokio::test]
async fn a_single_value_that_is_only_added_is_replaced_by_another() {
    let mapping = "{ direct = \"jobTitle\", apply = \"ValueAddOnly\", flow_null_values = true }";
    let mut world = with_ann("", "title", "{}", mapping, &json!({"jobTitle": "Clerk"})).await;
    assert_eq!(after(&mut world, &json!({"jobTitle": "Manager"})).await, patch("Replace", "title", &json!("Manager")));
    assert_eq!(after(&mut world, &json!({"jobTitle": null})).await, nothing());
}

#[tokio::test]
async fn what_always_flows_goes_with_every_look_at_the_user_and_with_no_other_cycle() {
    for flow in ["always", "FlowAlways"] {
        let mapping = format!("{{ direct = \"jobTitle\", flow = \"{flow}\" }}");
        let mut world = with_ann("", "title", "{}", &mapping, &json!({"jobTitle": "Clerk"})).await;
        let sent = patch("Replace", "title", &json!("Clerk"));
        assert_eq!(after(&mut world, &json!({"city": "Rome"})).await, sent);
        assert_eq!(anew(&mut world).await, sent);
        assert_eq!(after(&mut world, &json!({"jobTitle": null})).await, nothing());
    }
}

#[tokio::test]
async fn where_null_flows_an_emptied_value_is_removed_once_in_either_dialect() {
    for (query, op) in [("", "Remove"), (COMPLIANT, "remove")] {
        for (path, definition) in [
            ("title", "{}"),
            ("emails[type eq \"work\"].value", "{}"),
            ("name.givenName", "{}"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "{}"),
            (TAGS, "{ multivalued = true }"),
        ] {
            let mapping = "{ direct = \"jobTitle\", flow_null_values = true }";
            let mut world = with_ann(query, path, definition, mapping, &json!({"jobTitle": "Clerk"})).await;
            let removal = vec![patch_user("ann", &json!([{"op": op, "path": path}]))];
            assert_eq!(after(&mut world, &json!({"jobTitle": ""})).await, removal, "{path}");
            assert_eq!(anew(&mut world).await, nothing(), "{path}");
            assert!(!world.account("ann").to_string().contains("Clerk"), "{path}");
        }
    }
}

#[tokio::test]
async fn where_null_flows_the_default_of_the_creation_stays() {
    let mapping = "{ direct = \"jobTitle\", default = \"Staff\", flow_null_values = true }";
    let mut world = with_ann("", "title", "{}", mapping, &json!({})).await;
    assert_eq!(world.account("ann")["title"], "Staff");
    assert_eq!(anew(&mut world).await, nothing());
    after(&mut world, &json!({"jobTitle": "Clerk"})).await;
    assert_eq!(
        after(&mut world, &json!({"jobTitle": null})).await,
        [patch_user("ann", &json!([{"op": "Remove", "path": "title"}]))]
    );
}

#[tokio::test]
async fn each_of_these_settings_makes_the_next_cycle_initial_when_it_changes() {
    let mut world = with_ann("", "title", "{}", "{ direct = \"jobTitle\" }", &json!({"jobTitle": "Clerk"})).await;
    let mut before = "{ direct = \"jobTitle\" }".to_owned();
    for setting in [
        ", apply = \"creation\"",
        ", apply = \"AttributeAddOnly\"",
        ", apply = \"MultiValueAddOnly\"",
        ", apply = \"ValueAddOnly\"",
        ", flow = \"always\"",
        ", flow_null_values = true",
    ] {
        let now = format!("{{ direct = \"jobTitle\"{setting} }}");
        world.setup.mapping = world.setup.mapping.replace(&before, &now);
        assert_eq!(world.sync().await.result.kind, CycleKind::Initial, "{setting}");
        assert_eq!(world.sync().await.result.kind, CycleKind::Incremental, "{setting}");
        before = now;
    }
    world.setup.mapping = world.setup.mapping.replace("'title' = {}", "'title' = { default = \"d\" }");
    assert_eq!(world.sync().await.result.kind, CycleKind::Initial);
}
