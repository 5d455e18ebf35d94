//! What the application says of itself.

use super::{ENTERPRISE, GROUP, Sandbox, USER, refusal, refused, rule};
use crate::sandbox::{AttributeKind, AttributeRule, Settings};
use serde_json::{Value, json};

fn names(attributes: &Value) -> Vec<&str> {
    attributes.as_array().unwrap().iter().map(|attribute| attribute["name"].as_str().unwrap()).collect()
}

#[test]
fn the_service_provider_configuration_tells_the_features() {
    let sandbox = Sandbox::with(Settings { page_limit: 7, ..Settings::default() });
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 7},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [],
        "meta": {"resourceType": "ServiceProviderConfig", "location": "/scim/ServiceProviderConfig"},
    });
    assert_eq!(sandbox.get("/ServiceProviderConfig"), expected);
}

#[test]
fn resource_types_name_their_schemas() {
    let sandbox = Sandbox::open();
    let list = sandbox.get("/ResourceTypes");
    let user = &list["Resources"][0];
    assert_eq!((&user["endpoint"], &user["schema"]), (&json!("/Users"), &json!(USER)));
    assert_eq!(user["schemaExtensions"], json!([{"schema": ENTERPRISE, "required": false}]));
    assert_eq!(list["Resources"][1]["schema"], GROUP);
    assert_eq!(sandbox.get("/ResourceTypes/User"), *user);
    let unknown = sandbox.send("GET", "/ResourceTypes/Robot", None);
    assert_eq!(refusal(&unknown), refused(404, "", "there is no resource type `Robot`"));
}

#[test]
fn an_open_application_declares_the_schemas_of_the_standard() {
    let sandbox = Sandbox::open();
    let list = sandbox.get("/Schemas");
    let ids: Vec<&Value> = list["Resources"].as_array().unwrap().iter().map(|schema| &schema["id"]).collect();
    assert_eq!(ids, [USER, ENTERPRISE, GROUP]);
    let enterprise = sandbox.get(&format!("/Schemas/{ENTERPRISE}"));
    assert_eq!(
        names(&enterprise["attributes"]),
        ["employeeNumber", "costCenter", "organization", "division", "department", "manager"]
    );
    let manager = &enterprise["attributes"][5];
    assert_eq!(
        (&manager["type"], names(&manager["subAttributes"])),
        (&json!("complex"), vec!["value", "$ref", "displayName"])
    );
    assert_eq!(enterprise["name"], "enterprise");
    let group = sandbox.get(&format!("/Schemas/{GROUP}"));
    assert_eq!(names(&group["attributes"]), ["displayName", "members"]);
    assert_eq!(
        (&group["attributes"][0]["required"], &group["attributes"][1]["multiValued"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn an_application_with_a_schema_declares_what_it_has() {
    let custom = "urn:ietf:params:scim:schemas:extension:Looms:2.0:User";
    let sandbox = Sandbox::with_schema(
        vec![
            rule("userName", AttributeKind::String),
            AttributeRule { required: true, ..rule("name.givenName", AttributeKind::String) },
            rule("name.displayName", AttributeKind::String),
            rule("externalId", AttributeKind::String),
            rule("badges[type eq \"desk\"].number", AttributeKind::Integer),
            rule("badges[type eq \"door\"].number", AttributeKind::Integer),
            rule("emails[type eq \"work\"].value", AttributeKind::String),
            AttributeRule {
                required: true,
                case_exact: true,
                ..rule(&format!("{custom}:level"), AttributeKind::Integer)
            },
        ],
        Vec::new(),
    );
    let list = sandbox.get("/Schemas");
    assert_eq!(list["totalResults"], 2);
    let attributes = &list["Resources"][0]["attributes"];
    assert_eq!(names(attributes), ["userName", "name", "emails", "badges"]);
    assert_eq!((&attributes[0]["required"], &attributes[0]["uniqueness"]), (&json!(true), &json!("server")));
    let given_name = &attributes[1]["subAttributes"];
    assert_eq!((names(given_name), &given_name[0]["required"]), (vec!["givenName", "displayName"], &json!(true)));
    assert_eq!(names(&attributes[2]["subAttributes"]), ["value", "display", "type", "primary"]);
    let badges = &attributes[3];
    assert_eq!((&badges["type"], &badges["multiValued"]), (&json!("complex"), &json!(true)));
    assert_eq!(
        (names(&badges["subAttributes"]), &badges["subAttributes"][0]["type"]),
        (vec!["number"], &json!("integer"))
    );
    let level = json!({
        "name": "level",
        "type": "integer",
        "multiValued": false,
        "required": true,
        "caseExact": true,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    });
    assert_eq!((&list["Resources"][1]["id"], &list["Resources"][1]["attributes"]), (&json!(custom), &json!([level])));
}
