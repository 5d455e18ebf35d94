//! The body of a PATCH: what changes at one object, written in a dialect.

use super::{
    dialect::Dialect,
    path::Path,
    role::{Role, RoleForm, elements},
};
use serde_json::{Value, json};

/// The schema of a PATCH body.
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What is done to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// It has no value yet.
    Add,
    /// It shall have these roles and no others.
    Assert,
    /// It has another value.
    Replace,
    /// It shall have none.
    Remove,
}

/// A change of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is done.
    pub kind: OperationKind,
    /// To which attribute.
    pub path: Path,
    /// The new value; null for a removal.
    pub value: Value,
    /// The text that the mapping produced: what the legacy dialect sends for a boolean.
    pub text: Option<String>,
    /// The roles that `value` adds, for the legacy dialect writes such roles in a form of their own; else none.
    pub roles: Vec<Role>,
}

impl Change {
    /// A change to `value`; null for a removal.
    pub fn new(kind: OperationKind, path: &Path, value: Value) -> Self {
        Self { kind, path: path.clone(), value, text: None, roles: Vec::new() }
    }

    /// The removal of whatever value there is.
    pub fn removal(path: &Path) -> Self {
        Self::new(OperationKind::Remove, path, Value::Null)
    }

    /// Roles that come to those which the target has, as one element of `value` each.
    pub fn added_roles(path: &Path, value: Value, roles: Vec<Role>) -> Self {
        Self { roles, ..Self::new(OperationKind::Add, path, value) }
    }

    /// The roles that the target is to have, and no others.
    pub fn asserted_roles(path: &Path, roles: &[Role]) -> Self {
        Self::new(OperationKind::Assert, path, elements(RoleForm::Asserted, roles))
    }
}

/// The body that makes these changes.
pub fn body(dialect: Dialect, changes: &[Change]) -> Value {
    with_operations(dialect.operations(changes))
}

/// The body that adds members to a group. `reference_null` sends `"$ref": null` beside each, as the documented sample has.
pub fn add_members(dialect: Dialect, ids: &[&str], reference_null: bool) -> Value {
    with_operations(dialect.add_members(ids, reference_null))
}

/// The body that removes members from a group.
pub fn remove_members(dialect: Dialect, ids: &[&str], reference_null: bool) -> Value {
    with_operations(dialect.remove_members(ids, reference_null))
}

fn with_operations(operations: Vec<Value>) -> Value {
    let mut body = json!({"schemas": [PATCH_OP]});
    body["Operations"] = Value::Array(operations);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: OperationKind, path: &str, value: Value) -> Change {
        Change::new(kind, &path.parse().unwrap(), value)
    }

    fn operations(body: &Value) -> &Value {
        &body["Operations"]
    }

    const EMPLOYEE_NUMBER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";

    #[test]
    fn the_documented_legacy_sample_comes_out() {
        let replace = |path, value: &str| change(OperationKind::Replace, path, value.into());
        let changes = [
            replace("displayName", "Pvlo"),
            replace(r#"emails[type eq "work"].value"#, "TestBcwqnm@test.microsoft.com"),
            replace("name.givenName", "Gtfd"),
            replace("name.familyName", "Pkqf"),
            replace("externalId", "Eqpj"),
            replace(EMPLOYEE_NUMBER, "Eqpj"),
        ];
        assert_eq!(
            body(Dialect::Legacy, &changes).to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"Pvlo"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"TestBcwqnm@test.microsoft.com"},{"op":"Replace","path":"name.givenName","value":"Gtfd"},{"op":"Replace","path":"name.familyName","value":"Pkqf"},{"op":"Replace","path":"externalId","value":"Eqpj"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"Eqpj"}]}"#
        );
    }

    #[test]
    fn the_documented_compliant_sample_comes_out() {
        let replace = |path, value: &str| change(OperationKind::Replace, path, value.into());
        let changes = [
            replace("displayName", "Bjfe"),
            replace(r#"emails[type eq "work"].value"#, "TestMhvaes@test.microsoft.com"),
            replace("name.givenName", "Kkom"),
            replace("name.familyName", "Unua"),
            replace(EMPLOYEE_NUMBER, "Aklq"),
        ];
        assert_eq!(
            body(Dialect::Compliant, &changes).to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"TestMhvaes@test.microsoft.com"},{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","name.familyName":"Unua","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}}]}"#
        );
    }

    #[test]
    fn a_boolean_is_a_text_in_the_letter_case_of_the_mapping_or_a_real_one() {
        let mut disable = change(OperationKind::Replace, "active", json!(false));
        disable.text = Some("False".to_owned());
        let legacy = body(Dialect::Legacy, std::slice::from_ref(&disable));
        assert_eq!(operations(&legacy), &json!([{"op": "Replace", "path": "active", "value": "False"}]));
        let compliant = body(Dialect::Compliant, &[disable]);
        assert_eq!(operations(&compliant), &json!([{"op": "replace", "path": "active", "value": false}]));
    }

    #[test]
    fn an_extension_attribute_folds_also_when_alone() {
        let changes = [change(OperationKind::Add, EMPLOYEE_NUMBER, json!("7"))];
        assert_eq!(
            operations(&body(Dialect::Compliant, &changes)),
            &json!([{"op": "add", "value": {EMPLOYEE_NUMBER: "7"}}])
        );
    }

    #[test]
    fn a_core_attribute_is_plain_also_with_its_urn() {
        let path = "urn:ietf:params:scim:schemas:core:2.0:User:title";
        let changes = [change(OperationKind::Replace, path, json!("Dr"))];
        assert_eq!(
            operations(&body(Dialect::Compliant, &changes)),
            &json!([{"op": "replace", "path": path, "value": "Dr"}])
        );
    }

    #[test]
    fn additions_and_replacements_fold_apart() {
        let changes = [
            change(OperationKind::Add, "title", json!("Dr")),
            change(OperationKind::Replace, "displayName", json!("A")),
            change(OperationKind::Add, "externalId", json!("x")),
        ];
        assert_eq!(
            operations(&body(Dialect::Compliant, &changes)),
            &json!([
                {"op": "add", "value": {"title": "Dr", "externalId": "x"}},
                {"op": "replace", "path": "displayName", "value": "A"},
            ])
        );
    }

    #[test]
    fn a_manager_is_a_bare_text_on_its_path_in_both_dialects() {
        let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        let changes = [change(OperationKind::Add, path, json!("7"))];
        for (dialect, op) in [(Dialect::Legacy, "Add"), (Dialect::Compliant, "add")] {
            assert_eq!(operations(&body(dialect, &changes)), &json!([{"op": op, "path": path, "value": "7"}]));
        }
    }

    #[test]
    fn added_roles_are_json_text_or_the_objects_of_a_create() {
        let role = Role { id: "06b07648".into(), value: "25".into(), display_name: "Role1234".into() };
        let value = elements(RoleForm::Added, std::slice::from_ref(&role));
        let changes = [
            change(OperationKind::Add, "title", json!("Dr")),
            Change::added_roles(&"roles".parse().unwrap(), value.clone(), vec![role]),
        ];
        assert_eq!(
            operations(&body(Dialect::Legacy, &changes))[1].to_string(),
            "{\"op\":\"Add\",\"path\":\"roles\",\"value\":[{\"value\":\
             \"{\\\"id\\\":\\\"06b07648\\\",\\\"value\\\":\\\"25\\\",\\\"displayName\\\":\\\"Role1234\\\"}\"}]}"
        );
        assert_eq!(
            operations(&body(Dialect::Compliant, &changes)),
            &json!([{"op": "add", "path": "title", "value": "Dr"}, {"op": "add", "path": "roles", "value": value}])
        );
    }

    #[test]
    fn asserted_roles_replace_all_others_in_lower_case_in_both_dialects() {
        let role = Role { id: "1".into(), value: "25".into(), display_name: "Role1234".into() };
        let path = "roles".parse().unwrap();
        for dialect in [Dialect::Legacy, Dialect::Compliant] {
            let changes = [
                change(OperationKind::Replace, "title", json!("Dr")),
                Change::asserted_roles(&path, std::slice::from_ref(&role)),
                Change::asserted_roles(&path, &[]),
            ];
            let expected = json!({"op": "replace", "path": "roles", "value": [
                {"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Role1234", "value": "25"}
            ]});
            let body = body(dialect, &changes);
            assert!(operations(&body).as_array().unwrap().contains(&expected), "{body}");
            assert!(
                operations(&body).as_array().unwrap().contains(&json!({"op": "replace", "path": "roles", "value": []}))
            );
        }
    }

    #[test]
    fn members_are_added_in_one_operation_and_removed_as_the_dialect_has_it() {
        assert_eq!(
            operations(&add_members(Dialect::Legacy, &["1", "2"], false)),
            &json!([{"op": "Add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}])
        );
        assert_eq!(
            operations(&remove_members(Dialect::Legacy, &["1", "2"], true)),
            &json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "1"}, {"$ref": null, "value": "2"}]}])
        );
        assert_eq!(
            operations(&remove_members(Dialect::Compliant, &["1", "2"], false)),
            &json!([
                {"op": "remove", "path": "members[value eq \"1\"]"},
                {"op": "remove", "path": "members[value eq \"2\"]"},
            ])
        );
    }
}
