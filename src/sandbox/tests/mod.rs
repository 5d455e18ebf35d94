//! The application as a client meets it, one capability a file.

mod access;
mod compliant_patch;
mod discovery;
mod faults;
mod filters;
mod legacy_patch;
mod lists;
mod loopback;
mod members;
mod patch;
mod properties;
mod resources;
mod schema;
mod state;

use super::{Application, ApplicationSchema, AttributeKind, AttributeRule, Request, Response, Settings};
use crate::{chance::Chance, clock::ManualClock};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An application and the clock that it reads.
struct Sandbox {
    application: Application,
    clock: ManualClock,
}

impl Sandbox {
    /// An application in memory that takes every attribute.
    fn open() -> Self {
        Self::with(Settings::default())
    }

    /// An application with these settings; `meta.location` begins with `/scim`.
    fn with(settings: Settings) -> Self {
        let clock = ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap());
        let chance = Arc::new(Chance::seeded(1));
        Self { application: Application::open(settings, Arc::new(clock.clone()), chance).unwrap(), clock }
    }

    /// An application with a schema.
    fn with_schema(users: Vec<AttributeRule>, groups: Vec<AttributeRule>) -> Self {
        let schema = ApplicationSchema { name: "example".to_owned(), users, groups };
        Self::with(Settings { schema: Some(schema), ..Settings::default() })
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        self.application.handle(&Request {
            method: method.to_owned(),
            path_and_query: format!("/scim{path}"),
            headers: vec![("Content-Type".to_owned(), "application/scim+json; charset=utf-8".to_owned())],
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        })
    }

    fn get(&self, path: &str) -> Value {
        let response = self.send("GET", path, None);
        assert_eq!(response.status, 200, "{:?}", response.json());
        response.json().unwrap()
    }

    /// Creates a user with `userName` and these other attributes, and returns its id.
    fn user(&self, name: &str, attributes: &Value) -> String {
        self.create("/Users", json!({"schemas": [USER], "userName": name}), attributes)
    }

    /// Creates a group with `displayName` and these members, and returns its id.
    fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        self.create("/Groups", json!({"schemas": [GROUP], "displayName": name}), &json!({"members": members}))
    }

    fn create(&self, path: &str, mut body: Value, attributes: &Value) -> String {
        body.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let response = self.send("POST", path, Some(&body));
        assert_eq!(response.status, 201, "{:?}", response.json());
        response.json().unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The answer to a PATCH with these operations.
    fn patch(&self, path: &str, operations: &Value) -> Response {
        self.send("PATCH", path, Some(&json!({"schemas": [PATCH_OP], "Operations": operations})))
    }

    /// The attributes of a user after a PATCH that must succeed, without `schemas`, `id`, `userName` and `meta`.
    fn patched(&self, id: &str, operations: &Value) -> Value {
        let response = self.patch(&format!("/Users/{id}"), operations);
        assert_eq!(response.status, 200, "{:?}", response.json());
        let mut user = response.json().unwrap();
        for kept in ["schemas", "id", "userName", "meta"] {
            user.as_object_mut().unwrap().shift_remove(kept);
        }
        user
    }

    /// Status, keyword and detail of the refusal that a PATCH of a user meets; the user must stay as it is.
    fn patch_refused(&self, id: &str, operations: &Value) -> (u16, String, String) {
        let path = format!("/Users/{id}");
        let before = self.get(&path);
        let refused = refusal(&self.patch(&path, operations));
        assert_eq!(self.get(&path), before);
        refused
    }

    /// The `userName`s that a filter finds.
    fn found(&self, filter: &str) -> Vec<String> {
        let list = self.get(&format!("/Users?filter={}", encoded(filter)));
        let resources = list["Resources"].as_array().unwrap();
        assert_eq!(list["totalResults"], resources.len());
        resources.iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect()
    }

    /// The ids of a group's members.
    fn members(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}"));
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }

    fn advance(&self) {
        self.clock.advance(Duration::from_secs(60));
    }
}

/// Status, keyword and detail of a SCIM error.
fn refusal(response: &Response) -> (u16, String, String) {
    let body = response.json().unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], response.status.to_string());
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (response.status, text("scimType"), text("detail"))
}

fn refused(status: u16, scim_type: &str, detail: &str) -> (u16, String, String) {
    (status, scim_type.to_owned(), detail.to_owned())
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A row of an attribute list: neither required nor filterable.
fn rule(path: &str, kind: AttributeKind) -> AttributeRule {
    AttributeRule {
        path: path.parse().unwrap(),
        kind,
        required: false,
        filterable: false,
        multivalued: false,
        case_exact: false,
    }
}
