//! The lines by which requests are noted down, in the legacy dialect and with the tests' small mapping.

use serde_json::{Value, json};

/// The core schema of users.
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The enterprise extension.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The core schema of groups.
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The query that begins each cycle.
pub(crate) fn probe() -> String {
    "GET /Users?filter=userName+eq+%22{random}%22".to_owned()
}

/// The query for a user by the user principal name.
pub(crate) fn find_user(name: &str) -> String {
    format!("GET /Users?filter=userName+eq+%22{name}%40contoso.example%22")
}

/// The query for a group by its name.
pub(crate) fn find_group(name: &str) -> String {
    format!("GET /Groups?excludedAttributes=members&filter=displayName+eq+%22{name}%22")
}

/// The read of a connected user.
pub(crate) fn read_user(name: &str) -> String {
    format!("GET /Users/{{{name}}}")
}

/// The read of a connected group.
pub(crate) fn read_group(name: &str) -> String {
    format!("GET /Groups/{{{name}}}?excludedAttributes=members")
}

/// The create of a user with nothing but a name and a display name.
pub(crate) fn create_user(name: &str, display_name: &str) -> String {
    let body = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": format!("{name}@contoso.example"),
        "active": true,
        "displayName": display_name,
        "meta": {"resourceType": "User"},
    });
    format!("POST /Users {body}")
}

/// The create of a group.
pub(crate) fn create_group(name: &str) -> String {
    let body = json!({
        "schemas": [GROUP],
        "displayName": name,
        "externalId": super::directory::id_of(name),
        "meta": {"resourceType": "Group"},
    });
    format!("POST /Groups {body}")
}

/// A change of a user.
pub(crate) fn patch_user(name: &str, operations: &Value) -> String {
    format!("PATCH /Users/{{{name}}} {operations}")
}

/// A change of a group.
pub(crate) fn patch_group(name: &str, operations: &Value) -> String {
    format!("PATCH /Groups/{{{name}}} {operations}")
}

/// A change of one attribute of a user that has a value already.
pub(crate) fn replace(name: &str, path: &str, value: &str) -> String {
    patch_user(name, &json!([{"op": "Replace", "path": path, "value": value}]))
}

/// The disabling of a user.
pub(crate) fn disable(name: &str) -> String {
    replace(name, "active", "False")
}

/// The enabling of a user who was disabled.
pub(crate) fn enable(name: &str) -> String {
    replace(name, "active", "True")
}

/// The delete of a user.
pub(crate) fn delete_user(name: &str) -> String {
    format!("DELETE /Users/{{{name}}}")
}

/// The delete of a group.
pub(crate) fn delete_group(name: &str) -> String {
    format!("DELETE /Groups/{{{name}}}")
}

fn values(members: &[&str]) -> Value {
    members.iter().map(|member| json!({"value": format!("{{{member}}}")})).collect()
}

/// New members of a group, in one request.
pub(crate) fn add_members(group: &str, members: &[&str]) -> String {
    patch_group(group, &json!([{"op": "Add", "path": "members", "value": values(members)}]))
}

/// Members that leave a group, in one request.
pub(crate) fn remove_members(group: &str, members: &[&str]) -> String {
    patch_group(group, &json!([{"op": "Remove", "path": "members", "value": values(members)}]))
}

/// The manager of a user.
pub(crate) fn set_manager(user: &str, manager: &str) -> String {
    let path = format!("{ENTERPRISE}:manager");
    patch_user(user, &json!([{"op": "Add", "path": path, "value": format!("{{{manager}}}")}]))
}
