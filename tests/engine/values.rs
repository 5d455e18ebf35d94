//! Which value flows into an attribute, and in which form: sources, defaults, types, letter case, paths.
//! Source: `spec/MAPPINGS.md` §3, §5, §6, §8, §9, §13.

use super::{
    lines::*,
    world::{Setup, World},
};
use scimulator::{
    engine::Reset,
    store::{EscrowKind, LogQuery},
};
use serde_json::{Value, json};

const COMPLIANT: &str = "?aadOptscim062020";
/// An extension that an application made up.
const ACME: &str = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";

/// A world with ann, and mappings besides the usual ones: attribute, definition, mapping.
fn with_ann(lines: &[(&str, &str, &str)], ann: &Value) -> World {
    with(
        |setup| lines.iter().for_each(|(attribute, definition, mapping)| setup.map(attribute, definition, mapping)),
        ann,
    )
}

fn with(alter: impl FnOnce(&mut Setup), ann: &Value) -> World {
    let mut world = World::with(alter);
    world.user("ann", ann);
    world.assign("ann");
    world
}

/// What a change of ann sends after she was read.
async fn after(world: &mut World, change: &Value) -> Vec<String> {
    world.change("ann", change);
    let mut requests = world.requests().await;
    assert_eq!(requests.remove(0), read_user("ann"));
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

/// Writes to ann's account behind the engine's back.
fn overwrite(world: &World, alter: impl FnOnce(&mut Value)) {
    let mut account = world.account("ann");
    alter(&mut account);
    world.wiretap.replace("/Users/{ann}", &account);
}

/// How the last record ended, and why.
async fn last_error(world: &World) -> (String, String) {
    let records = world.read(|tables| tables.records(&LogQuery::default())).await;
    let last = records.last().unwrap();
    (last.error_code.clone().unwrap_or_default(), last.reason.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_source_is_an_attribute_a_constant_or_an_expression() {
    let mut world = with_ann(
        &[
            ("title", "{}", "{ direct = \"jobTitle\" }"),
            ("userType", "{}", "{ constant = 'a \"b\" \\ c' }"),
            ("nickName", "{}", "{ expression = 'Append([jobTitle], \"!\")' }"),
        ],
        &json!({"jobTitle": "Clerk"}),
    );
    world.sync().await;
    let account = world.account("ann");
    assert_eq!(
        (&account["title"], &account["userType"], &account["nickName"]),
        (&json!("Clerk"), &json!("a \"b\" \\ c"), &json!("Clerk!"))
    );
    assert_eq!(anew(&mut world).await, nothing());
}

#[tokio::test]
async fn a_default_value_flows_on_creation_and_never_in_an_update() {
    for nothing_there in [json!(null), json!("")] {
        let mut world = with_ann(
            &[("title", "{}", "{ direct = \"jobTitle\", default = \"Staff\" }")],
            &json!({"jobTitle": nothing_there}),
        );
        world.sync().await;
        assert_eq!(world.account("ann")["title"], "Staff");
        assert_eq!(after(&mut world, &json!({"jobTitle": "Clerk"})).await, patch("Replace", "title", &json!("Clerk")));
        assert_eq!(after(&mut world, &json!({"jobTitle": nothing_there})).await, nothing());
        overwrite(&world, |account| account["title"] = Value::Null);
        assert_eq!(anew(&mut world).await, nothing());
    }
}

#[tokio::test]
async fn the_decision_not_to_flow_stops_the_default_too() {
    let mapping = "{ expression = 'IgnoreFlowIfNullOrEmpty([jobTitle])', default = \"Staff\" }";
    let mut world = with_ann(&[("title", "{}", mapping)], &json!({}));
    assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
    assert_eq!(after(&mut world, &json!({"jobTitle": "Clerk"})).await, patch("Add", "title", &json!("Clerk")));
    assert_eq!(after(&mut world, &json!({"jobTitle": null})).await, nothing());
}

#[tokio::test]
async fn a_mapping_without_a_source_fills_what_is_empty_and_leaves_the_rest_alone() {
    let mut world = with_ann(&[("title", "{}", "{ none = true, default = \"Staff\" }")], &json!({}));
    world.sync().await;
    assert_eq!(world.account("ann")["title"], "Staff");
    overwrite(&world, |account| account["title"] = json!("Chief"));
    assert_eq!(anew(&mut world).await, nothing());
    overwrite(&world, |account| account["title"] = Value::Null);
    assert_eq!(anew(&mut world).await, patch("Add", "title", &json!("Staff")));
    overwrite(&world, |account| account["title"] = json!(""));
    assert_eq!(anew(&mut world).await, patch("Replace", "title", &json!("Staff")));
}

#[tokio::test]
async fn an_error_in_an_expression_fails_the_user_on_creation_and_in_an_update() {
    let mapping = "{ expression = 'CDate([city])' }";
    let mut world = with_ann(&[("title", "{}", mapping)], &json!({"city": "Rome"}));
    assert_eq!(world.requests().await, nothing());
    let because = "the mapping of `title` cannot be evaluated: An error occured while evaluating this function: 'CDate.' \
        `Rome` is no date";
    let (code, reason) = last_error(&world).await;
    assert_eq!(code, "AttributeMappingFailed");
    assert!(reason.starts_with(because), "{reason}");
    world.change("ann", &json!({"city": "2026-01-05"}));
    assert_eq!(world.requests().await.len(), 2);
    world.change("ann", &json!({"city": "Rome", "displayName": "Annie"}));
    assert_eq!(world.requests().await, nothing());
    assert_eq!(world.escrow("ann", EscrowKind::Object).await.unwrap().error_text, because);
    assert_eq!(world.account("ann")["displayName"], "Ann");
}

#[tokio::test]
async fn a_required_attribute_without_any_value_skips_the_user_without_a_failure() {
    for (definition, mapping) in [
        ("{ required = true }", "{ direct = \"jobTitle\" }"),
        ("{ required = true, default = \"Staff\" }", "{ expression = 'IgnoreFlowIfNullOrEmpty([jobTitle])' }"),
    ] {
        let mut world = with_ann(&[("title", definition, mapping)], &json!({}));
        let first = world.sync().await;
        assert_eq!(first.after_probe(), [find_user("ann")]);
        assert_eq!(world.log(&first).await, ["ann other skipped AttributeValidationFailed"]);
        let (_, reason) = last_error(&world).await;
        assert_eq!(
            reason,
            "User 'ann@contoso.example' will be skipped because the value of the property title is missing or invalid. \
             Please update the User in the source system."
        );
        world.change("ann", &json!({"jobTitle": "Clerk"}));
        assert_eq!(world.requests().await.len(), 2);
        world.change("ann", &json!({"jobTitle": null, "displayName": "Annie"}));
        let emptied = world.sync().await;
        assert_eq!(emptied.after_probe(), [read_user("ann")]);
        assert_eq!(world.log(&emptied).await, ["ann other skipped AttributeValidationFailed"]);
        assert_eq!(world.escrow("ann", EscrowKind::Object).await, None);
    }
}

#[tokio::test]
async fn a_default_of_the_mapping_or_else_of_the_attribute_satisfies_a_required_one() {
    for (definition, mapping, expected) in [
        ("{ required = true, default = \"a\" }", "{ direct = \"jobTitle\", default = \"m\" }", json!("m")),
        ("{ required = true, default = \"a\" }", "{ direct = \"jobTitle\" }", json!("a")),
        ("{ default = \"a\" }", "{ direct = \"jobTitle\" }", Value::Null),
    ] {
        let mut world = with_ann(&[("title", definition, mapping)], &json!({}));
        world.sync().await;
        let account = world.account("ann");
        assert_eq!((&account["displayName"], &account["title"]), (&json!("Ann"), &expected));
        assert_eq!(after(&mut world, &json!({"displayName": "Annie"})).await, [replace("ann", "displayName", "Annie")]);
    }
}

#[tokio::test]
async fn a_required_attribute_that_nobody_maps_skips_everybody_unless_it_has_a_default() {
    let define = |definition: &str| {
        let defined = format!("\"{ACME}:level\" = {definition}\n\n[users.mappings]");
        move |setup: &mut Setup| setup.mapping = setup.mapping.replacen("\n[users.mappings]", &defined, 1)
    };
    let mut world = with(define("{ required = true }"), &json!({}));
    let first = world.sync().await;
    assert_eq!(first.after_probe(), [find_user("ann")]);
    assert_eq!(world.log(&first).await, ["ann other skipped AttributeValidationFailed"]);
    let mut world = with(define("{ type = \"Integer\", required = true, default = \"7\" }"), &json!({}));
    let body = create_user("ann", "Ann").replace("\"Ann\",", &format!("\"Ann\",\"{ACME}\":{{\"level\":7}},"));
    assert_eq!(world.requests().await, [find_user("ann"), body]);
    assert_eq!(anew(&mut world).await, nothing());
}

#[tokio::test]
async fn what_flows_on_creation_only_is_not_required_in_an_update() {
    for expression in ["[jobTitle]", "IgnoreFlowIfNullOrEmpty([jobTitle])"] {
        let mapping = format!("{{ expression = '{expression}', apply = \"creation\" }}");
        let mut world = with_ann(&[("title", "{ required = true }", &mapping)], &json!({"jobTitle": "Clerk"}));
        world.sync().await;
        let requests = after(&mut world, &json!({"jobTitle": null, "displayName": "Annie"})).await;
        assert_eq!(requests, [replace("ann", "displayName", "Annie")]);
    }
}

#[tokio::test]
async fn texts_become_what_the_attribute_takes() {
    let text = json!({"city": "TRUE", "state": "0", "employeeId": "0042", "postalCode": "0042", "jobTitle": "2026-01-05T08:00:00Z"});
    for (query, flag) in [("", json!("0")), (COMPLIANT, json!(false))] {
        let mut world = with(
            |setup| {
                setup.query = query;
                for (name, kind, source) in [
                    ("a", "Boolean", "city"),
                    ("b", "Integer", "employeeId"),
                    ("c", "String", "postalCode"),
                    ("d", "DateTime", "jobTitle"),
                ] {
                    let path = format!("'{ACME}:{name}'");
                    setup.map(&path, &format!("{{ type = \"{kind}\" }}"), &format!("{{ direct = \"{source}\" }}"));
                }
            },
            &text,
        );
        let values = json!({"a": true, "b": 42, "c": "0042", "d": "2026-01-05T08:00:00Z"});
        let requests = world.requests().await;
        assert!(requests[1].contains(&format!("\"{ACME}\":{values},")), "{}", requests[1]);
        assert_eq!(anew(&mut world).await, nothing());
        let operation = if query.is_empty() {
            json!([{"op": "Replace", "path": format!("{ACME}:a"), "value": flag}])
        } else {
            json!([{"op": "replace", "value": {(format!("{ACME}:a")): flag}}])
        };
        assert_eq!(after(&mut world, &json!({"city": "0"})).await, [patch_user("ann", &operation)]);
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_fails_the_user_and_says_why() {
    for (definition, source, code, because) in [
        ("{ type = \"Boolean\" }", "city", "AttributeMappingFailed", "`Rome` is neither true nor false"),
        ("{ type = \"Integer\" }", "city", "AttributeMappingFailed", "`Rome` is not a whole number"),
        ("{}", "otherMails", "SchemaPropertyCanOnlyAcceptValue", "the attribute takes one value, and the source has 2"),
    ] {
        let mapping = format!("{{ direct = \"{source}\" }}");
        let mut world =
            with_ann(&[("title", definition, &mapping)], &json!({"city": "Rome", "otherMails": ["a", "b"]}));
        let first = world.sync().await;
        assert_eq!(first.after_probe(), nothing());
        assert_eq!(world.log(&first).await, [format!("ann other failure {code}")]);
        let text = world.escrow("ann", EscrowKind::Object).await.unwrap().error_text;
        assert_eq!(text, format!("the value for `title` does not fit: {because}"));
    }
}

#[tokio::test]
async fn a_change_of_letter_case_flows_into_a_case_exact_attribute_only() {
    for (definition, flows) in [("{}", false), ("{ case_exact = true }", true)] {
        for (path, sources) in [
            ("title", ["Clerk", "CLERK"]),
            ("'emails[type eq \"work\"].value'", ["a@mail.example", "A@mail.example"]),
            ("title", ["straße", "STRASSE"]),
        ] {
            let mut world =
                with_ann(&[(path, definition, "{ direct = \"jobTitle\" }")], &json!({"jobTitle": sources[0]}));
            world.sync().await;
            let requests = after(&mut world, &json!({"jobTitle": sources[1]})).await;
            let differs = flows || sources[0].to_lowercase() != sources[1].to_lowercase();
            let path = path.trim_matches('\'');
            let expected = if differs { patch("Replace", path, &json!(sources[1])) } else { nothing() };
            assert_eq!(requests, expected, "{path} {definition}");
        }
    }
}

#[tokio::test]
async fn a_value_that_the_target_holds_in_another_form_is_the_same() {
    let level = format!("'{ACME}:level'");
    let lines = [
        (level.as_str(), "{ type = \"Integer\" }", "{ direct = \"employeeId\" }"),
        ("nickName", "{}", "{ direct = \"postalCode\" }"),
    ];
    let mut world = with_ann(&lines, &json!({"employeeId": "42", "postalCode": "42"}));
    world.sync().await;
    for (level, active, expected) in [
        (json!("42"), json!("True"), nothing()),
        (json!(42), json!("true"), nothing()),
        (json!("43"), json!(true), patch("Replace", &format!("{ACME}:level"), &json!(42))),
    ] {
        let mut account = world.account("ann");
        (account[ACME]["level"], account["nickName"], account["active"]) = (level, json!(42), active);
        world.once(&["GET /Users/"], super::wiretap::Fault::Answer(200, account.to_string()));
        assert_eq!(anew(&mut world).await, expected);
    }
}

#[tokio::test]
async fn paths_with_the_same_filter_fill_one_entry_however_they_are_written() {
    let mut world = with_ann(
        &[
            ("'emails[type eq \"other\"].Value'", "{}", "{ direct = \"mail\" }"),
            ("'Emails[Type eq \"Other\"].display'", "{}", "{ direct = \"city\" }"),
            ("'phoneNumbers[type eq \"work\" and primary eq \"True\"].value'", "{}", "{ direct = \"mobile\" }"),
        ],
        &json!({"mail": "a@mail.example", "city": "Rome", "mobile": "+1 2"}),
    );
    let requests = world.requests().await;
    let expected = "\"emails\":[{\"type\":\"other\",\"Value\":\"a@mail.example\",\"display\":\"Rome\"}],\
        \"phoneNumbers\":[{\"type\":\"work\",\"primary\":true,\"value\":\"+1 2\"}],";
    assert!(requests[1].contains(expected), "{}", requests[1]);
    assert_eq!(anew(&mut world).await, nothing());
    assert_eq!(
        after(&mut world, &json!({"city": "Oslo"})).await,
        patch("Replace", "Emails[Type eq \"Other\"].display", &json!("Oslo"))
    );
}

#[tokio::test]
async fn a_guest_goes_by_the_address_at_home_and_the_full_name_is_at_hand() {
    let mut world = World::with(|setup| setup.map("title", "{}", "{ direct = \"originalUserPrincipalName\" }"));
    world.user("ann", &json!({"userPrincipalName": "ann_lee_partner.example#EXT#@contoso.example"}));
    world.assign("ann");
    let full = "ann_lee_partner.example#EXT#@contoso.example";
    let body = create_user("ann", "Ann")
        .replace("ann@contoso.example", "ann_lee@partner.example")
        .replace("\"Ann\",", &format!("\"Ann\",\"title\":\"{full}\","));
    assert_eq!(
        world.requests().await,
        ["GET /Users?filter=userName+eq+%22ann_lee%40partner.example%22".to_owned(), body]
    );
}

#[tokio::test]
async fn extension_attributes_and_directory_extensions_are_sources() {
    let extension = "extension_2ddd3d5d0fb84ffea5d7a8f4d2e4b1aa_Badge";
    let mut world = with_ann(
        &[
            ("title", "{}", "{ direct = \"extensionAttribute15\" }"),
            ("nickName", "{}", &format!("{{ direct = \"{extension}\" }}")),
            ("userType", "{}", &format!("{{ direct = \"{}\" }}", extension.to_lowercase())),
        ],
        &json!({"onPremisesExtensionAttributes": {"extensionAttribute15": "E15"}, extension: "7"}),
    );
    let body = create_user("ann", "Ann").replace("\"Ann\",", "\"Ann\",\"title\":\"E15\",\"nickName\":\"7\",");
    assert_eq!(world.requests().await, [find_user("ann"), body]);
}

#[tokio::test]
async fn a_directory_extension_with_several_values_is_not_delivered_and_the_log_says_so() {
    for values in [json!(["a"]), json!(["a", "b"])] {
        let mut world = with_ann(
            &[("title", "{}", "{ direct = \"extension_2ddd_tags\" }")],
            &json!({"extension_2ddd_tags": values}),
        );
        assert_eq!(world.requests().await, [find_user("ann"), create_user("ann", "Ann")]);
        let records = world.read(|tables| tables.records(&LogQuery::default())).await;
        let steps: Value = serde_json::from_str(&records[0].steps).unwrap();
        assert_eq!(steps[0]["details"]["extension_2ddd_tags"], "(several values: not delivered)");
    }
}
