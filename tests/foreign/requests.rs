//! Requests as a trace shows them, and as they are expected.

use serde_json::{Value, json};

/// The path of the manager, which both dialects write as a bare text.
pub(crate) const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

/// A request that writes, to the letter: the order of keys in a body is deliberate.
pub(crate) fn write(method: &str, path: &str, body: &Value) -> String {
    format!("{method} {path} {body}")
}

/// A PATCH with one operation.
pub(crate) fn patch(path: &str, operation: &Value) -> String {
    let schemas = json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]);
    write("PATCH", path, &json!({"schemas": schemas, "Operations": [operation]}))
}

/// The PATCH that sets a manager.
pub(crate) fn set_manager(op: &str, user_id: &str, manager_id: &str) -> String {
    patch(&user(user_id), &json!({"op": op, "path": MANAGER, "value": manager_id}))
}

/// The path of a user.
pub(crate) fn user(id: &str) -> String {
    format!("/Users/{id}")
}

/// The path of a group.
pub(crate) fn group(id: &str) -> String {
    format!("/Groups/{id}")
}

/// What follows the base URL.
pub(crate) fn path(url: &str) -> &str {
    let below_the_host = url.splitn(4, '/').nth(3).unwrap();
    &below_the_host[below_the_host.find('/').unwrap()..]
}
