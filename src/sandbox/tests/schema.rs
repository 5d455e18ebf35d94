//! An application with a schema of its own.

use super::{ENTERPRISE, GROUP, Sandbox, USER, encoded, refusal, refused, rule};
use crate::sandbox::{AttributeKind, AttributeRule};
use serde_json::{Value, json};

const CUSTOM: &str = "urn:ietf:params:scim:schemas:extension:Looms:2.0:User";

/// `userName` can be filtered and is required; so is the work e-mail required.
fn sandbox() -> Sandbox {
    use AttributeKind::{Boolean, DateTime, Integer, Reference, String};
    Sandbox::with_schema(
        vec![
            AttributeRule { filterable: true, required: true, ..rule("userName", String) },
            AttributeRule { required: true, ..rule("emails[type eq \"work\"].value", String) },
            rule("active", Boolean),
            rule("title", String),
            rule("name.givenName", String),
            rule("name.displayName", String),
            rule("addresses[type eq \"work\"].formatted", String),
            AttributeRule { multivalued: true, ..rule("roles", String) },
            rule(&format!("{ENTERPRISE}:manager"), String),
            AttributeRule { filterable: true, case_exact: true, ..rule(&format!("{CUSTOM}:badge"), String) },
            rule(&format!("{CUSTOM}:level"), Integer),
            rule(&format!("{CUSTOM}:start"), DateTime),
            rule(&format!("{CUSTOM}:buddy"), Reference),
            AttributeRule { multivalued: true, ..rule(&format!("{CUSTOM}:skills"), String) },
        ],
        vec![
            AttributeRule { filterable: true, required: true, ..rule("displayName", String) },
            AttributeRule { multivalued: true, required: true, ..rule("members", Reference) },
        ],
    )
}

fn ada(sandbox: &Sandbox, attributes: &Value) -> String {
    let mut all = json!({"emails": [{"type": "work", "value": "ada@contoso.example", "primary": true}]});
    all.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    sandbox.user("ada", &all)
}

#[test]
fn only_filterable_attributes_can_be_asked_for() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({CUSTOM: {"badge": "B7"}}));
    assert_eq!(sandbox.found(r#"userName eq "ADA""#), ["ada"]);
    assert_eq!(sandbox.found(&format!(r#"id eq "{id}""#)), ["ada"]);
    let refusal = |filter: &str| refusal(&sandbox.send("GET", &format!("/Users?filter={}", encoded(filter)), None));
    let refused_for =
        |path: &str| refused(400, "invalidFilter", &format!("this application cannot filter on `{path}`"));
    for path in ["title", "nickName", "emails[type eq \"work\"].value", "emails", "manager"] {
        assert_eq!(refusal(&format!(r#"{path} eq "x""#)), refused_for(path));
    }
    assert_eq!(refusal(r#"userName eq "ada" and title eq "x""#), refused_for("title"));
}

#[test]
fn of_one_resource_it_can_be_asked_to_whom_it_refers() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({ENTERPRISE: {"manager": "42"}}));
    let group = sandbox.group("Team", &[&id]);
    let found = |path: String| sandbox.get(&path)["totalResults"].clone();
    let user = |filter: &str| found(format!("/Users?attributes=id&filter={}", encoded(filter)));
    let team = |filter: &str| found(format!("/Groups?attributes=id&filter={}", encoded(filter)));
    assert_eq!(user(&format!(r#"id eq "{id}" and manager eq "42""#)), 1);
    assert_eq!(user(&format!(r#"id eq "{id}" and {ENTERPRISE}:manager.value eq "42""#)), 1);
    assert_eq!(user(&format!(r#"id eq "{id}" and manager eq "43""#)), 0);
    assert_eq!(team(&format!(r#"id eq "{group}" and members eq "{id}""#)), 1);
    assert_eq!(team(&format!(r#"id eq "{group}" and members eq "43""#)), 0);
    let refusal = |path: String| refusal(&sandbox.send("GET", &path, None));
    let display = encoded(&format!(r#"id eq "{id}" and manager.displayName eq "x""#));
    assert_eq!(
        refusal(format!("/Users?filter={display}")),
        refused(400, "invalidFilter", "this application cannot filter on `manager.displayName`")
    );
    let all = encoded(r#"members eq "42""#);
    assert_eq!(
        refusal(format!("/Groups?filter={all}")),
        refused(400, "invalidFilter", "this application cannot filter on `members`")
    );
}

#[test]
fn the_schema_says_whether_letter_case_counts() {
    let sandbox = sandbox();
    ada(&sandbox, &json!({CUSTOM: {"badge": "B7"}}));
    assert_eq!(sandbox.found(&format!(r#"{CUSTOM}:badge eq "B7""#)), ["ada"]);
    assert_eq!(sandbox.found(&format!(r#"{CUSTOM}:badge eq "b7""#)), <[&str; 0]>::default());
}

#[test]
fn a_required_attribute_cannot_be_left_out() {
    let sandbox = sandbox();
    let send = |emails: Value| {
        let body = json!({"schemas": [USER], "userName": "ada", "emails": emails});
        refusal(&sandbox.send("POST", "/Users", Some(&body)))
    };
    let detail = "the value of `emails[type eq \"work\"].value` is refused: it is required";
    assert_eq!(send(json!([])), refused(400, "invalidValue", detail));
    assert_eq!(send(json!([{"type": "home", "value": "x"}])), refused(400, "invalidValue", detail));
    assert_eq!(send(json!([{"type": "work", "value": ""}])), refused(400, "invalidValue", detail));
    assert_eq!(sandbox.application.user_count(), 0);
}

#[test]
fn a_required_attribute_cannot_be_taken_away() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let operations = json!([{"op": "Remove", "path": "emails[type eq \"work\"].value"}]);
    let detail = "`emails[type eq \"work\"].value` cannot be changed so: it is required";
    assert_eq!(sandbox.patch_refused(&id, &operations), refused(400, "mutability", detail));
    let body = json!({"schemas": [USER], "userName": "ada"});
    assert_eq!(refusal(&sandbox.send("PUT", &format!("/Users/{id}"), Some(&body))).1, "invalidValue");
}

#[test]
fn attributes_outside_the_schema_are_ignored_when_a_user_is_created() {
    let sandbox = sandbox();
    let id = ada(
        &sandbox,
        &json!({
            "nickName": 5,
            "externalId": "1",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "displayName": "Countess"},
            "addresses": [{"type": "work", "formatted": "x", "locality": "London"}, {"type": "home", "formatted": "y"}],
            "phoneNumbers": [{"type": "work", "value": "1"}],
            "roles": [{"value": "{}"}, {"value": "b", "displayName": "B", "primary": false}],
            ENTERPRISE: {"department": "Engines"},
            CUSTOM: {"badge": "B7", "shoe": "42"},
            "urn:ietf:params:scim:schemas:extension:Other:2.0:User": {"a": "b"},
        }),
    );
    let expected = json!({
        "emails": [{"type": "work", "value": "ada@contoso.example", "primary": true}],
        "name": {"givenName": "Ada", "displayName": "Countess"},
        "addresses": [{"type": "work", "formatted": "x"}],
        "roles": [{"value": "{}"}, {"value": "b", "displayName": "B", "primary": false}],
        CUSTOM: {"badge": "B7"},
    });
    assert_eq!(sandbox.patched(&id, &json!([{"op": "add", "path": "title", "value": null}])), expected);
}

#[test]
fn attributes_outside_the_schema_are_refused_in_a_patch() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let paths = [
        "nickName",
        "name.familyName",
        "emails[type eq \"home\"].value",
        "addresses[type eq \"work\"].locality",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        "urn:ietf:params:scim:schemas:extension:Looms:2.0:User:shoe",
    ];
    for path in paths {
        let detail = format!("the path `{path}` cannot be used: this application has no such attribute");
        let by_path = json!([{"op": "add", "path": path, "value": "x"}]);
        assert_eq!(sandbox.patch_refused(&id, &by_path), refused(400, "invalidPath", &detail));
        let folded = json!([{"op": "add", "value": {"title": "x", path: "x"}}]);
        assert_eq!(sandbox.patch_refused(&id, &folded), refused(400, "invalidPath", &detail));
    }
}

#[test]
fn parts_that_tell_entries_apart_can_be_patched_with_them() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let operations = json!([
        {"op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "x"},
        {"op": "Add", "path": "addresses[type eq \"work\"].primary", "value": "True"},
        {"op": "Replace", "path": "emails", "value": [
            {"type": "work", "value": "new@contoso.example"},
            {"type": "home", "value": "home@contoso.example"},
        ]},
    ]);
    let expected = json!({
        "emails": [{"type": "work", "value": "new@contoso.example"}],
        "addresses": [{"type": "work", "formatted": "x", "primary": true}],
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn an_entry_may_consist_of_what_the_schema_names_alone() {
    let display = rule("roles[primary eq \"True\"].display", AttributeKind::String);
    let sandbox = Sandbox::with_schema(vec![rule("userName", AttributeKind::String), display], Vec::new());
    let id = sandbox.user("ada", &json!({"roles": [{"primary": true, "type": "Directory", "value": "Admin"}]}));
    let operations = json!([{"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Administrator"}]);
    let expected = json!({"roles": [{"primary": true, "display": "Administrator"}]});
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn the_types_of_the_schema_are_enforced() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let detail = |attribute: &str, value: Value| {
        let operations = json!([{"op": "add", "path": format!("{CUSTOM}:{attribute}"), "value": value}]);
        let (status, scim_type, detail) = sandbox.patch_refused(&id, &operations);
        assert_eq!((status, scim_type.as_str()), (400, "invalidValue"));
        detail.strip_prefix(&format!("the value of `{CUSTOM}:{attribute}")).unwrap().to_owned()
    };
    assert_eq!(detail("level", json!("7")), "` is refused: `\"7\"` is no Integer");
    assert_eq!(detail("level", json!(7.5)), "` is refused: `7.5` is no Integer");
    assert_eq!(detail("start", json!("tomorrow")), "` is refused: `\"tomorrow\"` is no DateTime");
    assert_eq!(detail("start", json!("2026-01-02")), "` is refused: `\"2026-01-02\"` is no DateTime");
    assert_eq!(detail("buddy", json!(5)), "` is refused: `5` is no Reference");
    assert_eq!(detail("badge", json!({"value": "x"})), "` is refused: it is a simple value, not an object");
    assert_eq!(detail("badge", json!(["x", "y"])), "` is refused: it is one value, not a list");
    let operations = json!([{"op": "add", "value": {
        format!("{CUSTOM}:level"): 7,
        format!("{CUSTOM}:start"): "2026-01-02T03:04:05Z",
        format!("{CUSTOM}:buddy"): {"value": "42"},
        format!("{CUSTOM}:skills"): "weaving",
    }}]);
    let expected = json!({
        "emails": [{"type": "work", "value": "ada@contoso.example", "primary": true}],
        CUSTOM: {"level": 7, "start": "2026-01-02T03:04:05Z", "buddy": {"value": "42"}, "skills": ["weaving"]},
    });
    assert_eq!(sandbox.patched(&id, &operations), expected);
}

#[test]
fn a_manager_that_is_listed_as_a_text_is_a_reference_all_the_same() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let path = format!("{ENTERPRISE}:manager");
    let set = sandbox.patched(&id, &json!([{"op": "Add", "path": path, "value": "42"}]));
    assert_eq!(set[ENTERPRISE], json!({"manager": {"value": "42"}}));
    let removed = sandbox.patched(&id, &json!([{"op": "Replace", "path": path, "value": ""}]));
    assert_eq!(removed.get(ENTERPRISE), None);
}

#[test]
fn a_list_of_the_applications_own_may_hold_objects() {
    let sandbox = sandbox();
    let id = ada(&sandbox, &json!({}));
    let add = |value: Value| json!([{"op": "Add", "path": format!("{CUSTOM}:skills"), "value": value}]);
    let user = sandbox.patched(&id, &add(json!([{"value": "weaving", "level": 2}, "spinning"])));
    assert_eq!(user[CUSTOM], json!({"skills": [{"value": "weaving", "level": 2}, "spinning"]}));
    let detail = format!("the value of `{CUSTOM}:skills.value` is refused: `5` is no String");
    assert_eq!(sandbox.patch_refused(&id, &add(json!([{"value": 5}]))), refused(400, "invalidValue", &detail));
}

#[test]
fn an_extension_may_have_any_urn_that_the_schema_declares() {
    let badge = AttributeRule { filterable: true, ..rule("urn:example:loom:badge", AttributeKind::String) };
    let sandbox = Sandbox::with_schema(vec![rule("userName", AttributeKind::String), badge], Vec::new());
    let id = sandbox.user("ada", &json!({"urn:example:LOOM": {"badge": "B7"}}));
    assert_eq!(sandbox.get(&format!("/Users/{id}"))["schemas"], json!([USER, "urn:example:loom"]));
    assert_eq!(sandbox.found(r#"urn:example:loom:badge eq "b7""#), ["ada"]);
    let operations = json!([{"op": "replace", "value": {"urn:example:loom": {"badge": "B8"}}}]);
    assert_eq!(sandbox.patched(&id, &operations), json!({"urn:example:loom": {"badge": "B8"}}));
}

#[test]
fn groups_have_the_attributes_of_the_schema() {
    let sandbox = sandbox();
    sandbox.group("Empty at first, although members are required", &[]);
    let body = json!({"schemas": [GROUP], "displayName": "Engineers", "externalId": "1", "members": [{"value": "1"}]});
    let group = sandbox.send("POST", "/Groups", Some(&body)).json().unwrap();
    assert_eq!((group.get("externalId"), &group["members"]), (None, &json!([{"value": "1"}])));
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    let legacy = json!([{"op": "Add", "path": "members", "value": [{"value": "2"}]}]);
    let compliant = json!([{"op": "remove", "path": "members[value eq \"1\"]"}]);
    assert_eq!(sandbox.patch(&path, &legacy).status, 204);
    assert_eq!(sandbox.patch(&path, &compliant).status, 204);
    assert_eq!(sandbox.get(&path)["members"], json!([{"value": "2"}]));
}

#[test]
fn an_application_without_group_attributes_has_no_groups() {
    let sandbox = Sandbox::with_schema(vec![rule("userName", AttributeKind::String)], Vec::new());
    let response = sandbox.send("GET", "/Groups", None);
    assert_eq!(refusal(&response), refused(404, "", "nothing is at `/scim/Groups`"));
    assert_eq!(sandbox.get("/ResourceTypes")["totalResults"], 1);
}

#[test]
fn an_application_has_the_name_of_its_schema() {
    assert_eq!((sandbox().application.name(), Sandbox::open().application.name()), ("example", "sandbox"));
}
