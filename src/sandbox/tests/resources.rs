//! Resources as a whole: create, read, replace, delete.

use super::{ENTERPRISE, GROUP, Sandbox, USER, refusal, refused};
use crate::sandbox::{Request, Settings};
use serde_json::{Value, json};

#[test]
fn a_created_user_comes_back_as_it_was_sent_with_id_and_meta() {
    let sandbox = Sandbox::open();
    let body = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "ada",
        "name": {"givenName": "Ada"},
        "emails": [{"type": "work", "value": "ada@contoso.example", "primary": true}],
        "active": true,
        ENTERPRISE: {"department": "Engines"},
        "meta": {"resourceType": "User"},
    });
    let response = sandbox.send("POST", "/Users", Some(&body));
    let created = response.json().unwrap();
    let id = created["id"].as_str().unwrap();
    let expected = json!({
        "schemas": [USER, ENTERPRISE],
        "id": id,
        "userName": "ada",
        "name": {"givenName": "Ada"},
        "emails": [{"type": "work", "value": "ada@contoso.example", "primary": true}],
        "active": true,
        ENTERPRISE: {"department": "Engines"},
        "meta": {
            "resourceType": "User",
            "created": "2026-01-02T03:04:05.000Z",
            "lastModified": "2026-01-02T03:04:05.000Z",
            "location": format!("/scim/Users/{id}"),
        },
    });
    assert_eq!(response.status, 201);
    assert_eq!(String::from_utf8(response.body).unwrap(), expected.to_string());
    let headers = [("Content-Type", "application/scim+json"), ("Location", &format!("/scim/Users/{id}"))];
    assert_eq!(response.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(sandbox.get(&format!("/Users/{id}")), expected);
    assert_eq!(sandbox.application.users(), [expected]);
}

#[test]
fn names_get_their_proper_letter_case_and_nulls_are_no_values() {
    let sandbox = Sandbox::open();
    let attributes = json!({
        "NAME": {"GIVENNAME": "Ada", "familyName": null},
        "Emails": [{"Type": "work", "VALUE": "x"}],
        "title": null,
        "roles": [],
        "urn:ietf:params:scim:schemas:EXTENSION:enterprise:2.0:user": {"Department": "Engines"},
    });
    let id = sandbox.user("ada", &attributes);
    let expected = json!({
        "name": {"givenName": "Ada"},
        "emails": [{"type": "work", "value": "x"}],
        ENTERPRISE: {"department": "Engines"},
    });
    assert_eq!(sandbox.patched(&id, &json!([{"op": "add", "value": {}}])), expected);
}

#[test]
fn what_the_application_keeps_itself_is_ignored_in_a_body_and_a_password_forgotten() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"id": "mine", "groups": [{"value": "g"}], "password": "secret"}));
    assert_ne!(id, "mine");
    assert_eq!(sandbox.patched(&id, &json!([{"op": "add", "value": {}}])), json!({}));
}

#[test]
fn a_boolean_may_be_sent_as_text() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"active": "False"}));
    assert_eq!(sandbox.get(&format!("/Users/{id}"))["active"], json!(false));
}

#[test]
fn values_of_the_wrong_type_are_refused_by_name() {
    let sandbox = Sandbox::open();
    let detail = |attributes: Value| {
        let mut body = json!({"schemas": [USER], "userName": "ada"});
        body.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let (status, scim_type, detail) = refusal(&sandbox.send("POST", "/Users", Some(&body)));
        assert_eq!((status, scim_type.as_str()), (400, "invalidValue"), "{detail}");
        detail
    };
    assert_eq!(detail(json!({"active": "maybe"})), "the value of `active` is refused: `\"maybe\"` is no Boolean");
    assert_eq!(detail(json!({"title": 5})), "the value of `title` is refused: `5` is no String");
    assert_eq!(
        detail(json!({"title": {"value": "x"}})),
        "the value of `title` is refused: it is a simple value, not an object"
    );
    assert_eq!(detail(json!({"title": ["x"]})), "the value of `title` is refused: it is one value, not a list");
    assert_eq!(detail(json!({"name": "Ada"})), "the value of `name` is refused: it is an object");
    assert_eq!(
        detail(json!({"emails": [{"value": ["x"]}]})),
        "the value of `emails.value` is refused: a part is a simple value"
    );
    assert_eq!(detail(json!({"emails": [["x"]]})), "the value of `emails` is refused: a list within a list");
    assert_eq!(
        detail(json!({"emails": [{"value": "x", "primary": true}, {"value": "y", "primary": "True"}]})),
        "the value of `emails` is refused: only one entry can be the primary one"
    );
    assert_eq!(
        detail(json!({"x509Certificates": [{"value": "no base 64"}]})),
        "the value of `x509Certificates.value` is refused: `\"no base 64\"` is no Binary in base 64"
    );
    assert_eq!(
        detail(json!({ENTERPRISE: "x"})),
        format!("the value of `{ENTERPRISE}` is refused: an extension is an object")
    );
    assert_eq!(
        detail(json!({ENTERPRISE: {"department": 1}})),
        format!("the value of `{ENTERPRISE}:department` is refused: `1` is no String")
    );
    assert_eq!(detail(json!({"userName": ""})), "the value of `userName` is refused: it is required");
}

#[test]
fn a_body_that_is_no_resource_is_refused_with_its_reason() {
    let sandbox = Sandbox::open();
    let detail = |body: Value| {
        let (status, scim_type, detail) = refusal(&sandbox.send("POST", "/Users", Some(&body)));
        assert_eq!((status, scim_type.as_str()), (400, "invalidSyntax"), "{detail}");
        detail
    };
    let core = format!("`schemas` must hold `{USER}`");
    assert_eq!(detail(json!([])), "the body must be a JSON object");
    assert_eq!(detail(json!({"userName": "ada"})), core);
    assert_eq!(detail(json!({"schemas": [GROUP], "userName": "ada"})), core);
    assert_eq!(
        detail(json!({"schemas": [USER], "userName": "ada", "name.givenName": "Ada"})),
        "`name.givenName` is no attribute name"
    );
    assert_eq!(detail(json!({"schemas": [USER], "userName": "a", "USERNAME": "b"})), "`userName` is there twice");
}

#[test]
fn a_user_name_is_unique_whatever_its_letter_case() {
    let sandbox = Sandbox::open();
    let ada = sandbox.user("Ada@contoso.example", &json!({}));
    let body = json!({"schemas": [USER], "userName": "ADA@contoso.example"});
    let taken = refused(409, "uniqueness", "`userName` must be unique, and `ADA@contoso.example` is taken");
    assert_eq!(refusal(&sandbox.send("POST", "/Users", Some(&body))), taken);
    let bob = sandbox.user("bob", &json!({}));
    assert_eq!(refusal(&sandbox.send("PUT", &format!("/Users/{bob}"), Some(&body))), taken);
    let rename = json!([{"op": "Replace", "path": "userName", "value": "ADA@contoso.example"}]);
    assert_eq!(sandbox.patch_refused(&bob, &rename), taken);
    sandbox.patched(&ada, &rename);
    assert_eq!(sandbox.send("DELETE", &format!("/Users/{ada}"), None).status, 204);
    sandbox.patched(&bob, &rename);
}

#[test]
fn a_name_that_was_given_up_is_free_again() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({}));
    sandbox.patched(&id, &json!([{"op": "Replace", "path": "userName", "value": "countess"}]));
    sandbox.user("Ada", &json!({}));
    let body = json!({"schemas": [USER], "userName": "COUNTESS"});
    assert_eq!(sandbox.send("POST", "/Users", Some(&body)).status, 409);
    assert_eq!(sandbox.send("PUT", &format!("/Users/{id}"), Some(&body)).status, 200);
}

#[test]
fn group_names_are_unique_only_where_the_settings_say_so() {
    let open = Sandbox::open();
    open.group("Engineers", &[]);
    open.group("engineers", &[]);
    assert_eq!(open.application.group_count(), 2);
    let strict = Sandbox::with(Settings { unique_group_names: true, ..Settings::default() });
    strict.group("Engineers", &[]);
    let body = json!({"schemas": [GROUP], "displayName": "engineers"});
    let taken = refused(409, "uniqueness", "`displayName` must be unique, and `engineers` is taken");
    assert_eq!(refusal(&strict.send("POST", "/Groups", Some(&body))), taken);
}

#[test]
fn put_replaces_everything_but_id_and_creation() {
    let sandbox = Sandbox::open();
    let id = sandbox.user("ada", &json!({"title": "Countess", "active": true}));
    sandbox.advance();
    let body = json!({"schemas": [USER], "userName": "ada", "displayName": "Ada"});
    let response = sandbox.send("PUT", &format!("/Users/{id}"), Some(&body));
    assert_eq!(response.status, 200);
    let expected = json!({
        "schemas": [USER],
        "id": id,
        "userName": "ada",
        "displayName": "Ada",
        "meta": {
            "resourceType": "User",
            "created": "2026-01-02T03:04:05.000Z",
            "lastModified": "2026-01-02T03:05:05.000Z",
            "location": format!("/scim/Users/{id}"),
        },
    });
    assert_eq!(response.json().unwrap(), expected);
    assert_eq!(sandbox.get(&format!("/Users/{id}")), expected);
}

#[test]
fn put_replaces_a_groups_members() {
    let sandbox = Sandbox::open();
    let group = sandbox.group("Engineers", &["1", "2"]);
    let body = json!({"schemas": [GROUP], "displayName": "Engineers", "members": [{"value": "2"}, {"value": "3"}]});
    assert_eq!(sandbox.send("PUT", &format!("/Groups/{group}"), Some(&body)).status, 200);
    assert_eq!(sandbox.members(&group), ["2", "3"]);
    let body = json!({"schemas": [GROUP], "displayName": "Engineers"});
    assert_eq!(sandbox.send("PUT", &format!("/Groups/{group}"), Some(&body)).status, 200);
    assert_eq!(sandbox.members(&group), <[&str; 0]>::default());
}

#[test]
fn a_deleted_user_is_gone_and_leaves_its_groups() {
    let sandbox = Sandbox::open();
    let (ada, bob) = (sandbox.user("ada", &json!({})), sandbox.user("bob", &json!({})));
    let group = sandbox.group("Engineers", &[&ada, &bob]);
    assert_eq!(sandbox.send("DELETE", &format!("/Users/{ada}"), None), crate::sandbox::Response::empty(204));
    assert_eq!(sandbox.members(&group), [bob]);
    let gone = refused(404, "", &format!("no User has the id `{ada}`"));
    for method in ["GET", "DELETE"] {
        assert_eq!(refusal(&sandbox.send(method, &format!("/Users/{ada}"), None)), gone);
    }
    assert_eq!(sandbox.found(r#"userName eq "ada""#), <[&str; 0]>::default());
}

#[test]
fn a_deleted_group_leaves_the_groups_it_was_nested_in() {
    let sandbox = Sandbox::open();
    let inner = sandbox.group("Inner", &[]);
    let outer = sandbox.group("Outer", &[&inner]);
    sandbox.send("DELETE", &format!("/Groups/{inner}"), None);
    assert_eq!(sandbox.members(&outer), <[&str; 0]>::default());
}

#[test]
fn addresses_follow_the_settings_or_else_the_host_header() {
    let location = |settings: Settings, host: &str| {
        let sandbox = Sandbox::with(settings);
        let body = json!({"schemas": [USER], "userName": "ada"});
        let response = sandbox.application.handle(&Request {
            method: "POST".to_owned(),
            path_and_query: "/scim/Users".to_owned(),
            headers: [("Host", host), ("Content-Type", "application/json")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            body: body.to_string().into_bytes(),
        });
        response.json().unwrap()["meta"]["location"].as_str().unwrap().rsplit_once('/').unwrap().0.to_owned()
    };
    assert_eq!(location(Settings::default(), "127.0.0.1:9001"), "http://127.0.0.1:9001/scim/Users");
    let settings = Settings { base_url: Some("https://app.example/scim/".to_owned()), ..Settings::default() };
    assert_eq!(location(settings, "127.0.0.1:9001"), "https://app.example/scim/Users");
}
