//! A role of an application: one a record, or all roles of a service principal in one.

use super::{
    Expected, RecordProblem,
    fields::{Fields, Names},
};
use crate::directory::RawRecord;
use serde_json::Value;
use uuid::Uuid;

/// The namespace of ids derived from an application and a role: version 5 of the DNS name `role.directory.scimulator`.
const NAMESPACE: Uuid = Uuid::from_u128(0x23099462_6e9d_53dc_aaaa_da30162700b6);

/// One application role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRole {
    /// The job's or application's name.
    pub app: String,
    /// The role's id in lower case; derived from application and role where the record has none.
    pub id: String,
    /// The value that the application gets. Graph has roles without one.
    pub value: Option<String>,
    /// The name that administrators see; the value where the record has none.
    pub display_name: String,
}

const NAMES: Names = Names::Listed(&["app", "appRoles", "displayName", "id", "value"]);

impl AppRole {
    /// Reads one record of a file of application roles: a role with its `app`, or an object with `appRoles` whose `app`
    /// or `displayName` is the application, as Graph lists service principals.
    pub fn parse(record: &RawRecord) -> Result<Vec<Self>, Vec<RecordProblem>> {
        let mut fields = Fields::read(record, NAMES)?;
        match fields.value("appRoles") {
            None => {
                let app = fields.required_text("app");
                let role = fields.role(&app);
                fields.finish(vec![role])
            }
            Some((written, Value::Array(elements))) => {
                let named = fields.text("app").or_else(|| fields.text("displayName"));
                let app = named.unwrap_or_else(|| fields.required_text("app"));
                let roles = elements.into_iter().enumerate().map(|(index, element)| {
                    let prefix = format!("{written}[{index}]");
                    fields.nested_role(&prefix, &app, element)
                });
                let roles = roles.collect::<Vec<_>>().into_iter().flatten().collect();
                fields.finish(roles)
            }
            Some((written, other)) => {
                fields.problem(RecordProblem::unfit(&written, Expected::Objects, &other));
                fields.finish(Vec::new())
            }
        }
    }
}

impl Fields {
    fn nested_role(&mut self, prefix: &str, app: &str, element: Value) -> Option<AppRole> {
        let Value::Object(object) = element else {
            self.problem(RecordProblem::unfit(prefix, Expected::Object, &element));
            return None;
        };
        let mut nested = Fields::of_object(object, NAMES);
        let role = nested.role(app);
        match nested.finish(role) {
            Ok(role) => Some(role),
            Err(problems) => {
                for problem in problems {
                    self.problem(problem.within(prefix));
                }
                None
            }
        }
    }

    fn role(&mut self, app: &str) -> AppRole {
        let id = self.id("id");
        let value = self.text("value");
        let display_name = match &value {
            Some(value) => self.text("displayName").unwrap_or_else(|| value.clone()),
            None => self.required_text("displayName"),
        };
        let key = value.as_deref().unwrap_or(&display_name);
        let id = id.unwrap_or_else(|| derived_role_id(app, key));
        AppRole { app: app.to_owned(), id, value, display_name }
    }
}

/// The id of a role whose record has none: a UUID version 5 of application and value.
fn derived_role_id(app: &str, value: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{}\n{value}", app.to_lowercase()).as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, raw};
    use super::*;
    use serde_json::json;

    fn roles(text: &impl ToString) -> Vec<AppRole> {
        AppRole::parse(&raw(text)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn a_record_is_one_role() {
        let record = json!({"app": "frankli", "id": "EF4C", "value": "Admin", "displayName": "Administrator"});
        let role = AppRole {
            app: "frankli".into(),
            id: "ef4c".into(),
            value: Some("Admin".into()),
            display_name: "Administrator".into(),
        };
        assert_eq!(roles(&record), [role]);
    }

    #[test]
    fn what_is_left_out_follows_from_the_value() {
        let role = &roles(&json!({"App": "Frankli", "Value": "Admin"}))[0];
        assert_eq!(role.display_name, "Admin");
        assert_eq!(role.id, roles(&json!({"app": "frankli", "value": "Admin", "displayName": "Boss"}))[0].id);
        assert_eq!(role.id, "bc5f9600-f5b8-5094-8c4f-9b98ff7b7ed0");
        assert_eq!(NAMESPACE, Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"role.directory.scimulator"));
    }

    #[test]
    fn a_service_principal_lists_its_roles() {
        let record = json!({
            "id": "8e88",
            "displayName": "Frankli",
            "appRoles": [
                {"allowedMemberTypes": ["User"], "id": "1", "displayName": "User", "value": null},
                {"id": "2", "displayName": "Administrator", "value": "Admin"},
            ],
        });
        let shown = |role: &AppRole| format!("{} {} {:?} {}", role.app, role.id, role.value, role.display_name);
        let shown: Vec<_> = roles(&record).iter().map(shown).collect();
        assert_eq!(shown, ["Frankli 1 None User", "Frankli 2 Some(\"Admin\") Administrator"]);
    }

    #[test]
    fn all_problems_of_roles_are_reported_with_their_place_in_the_list() {
        let problems = |record: &serde_json::Value| messages(AppRole::parse(&raw(record)));
        assert_eq!(problems(&json!({"id": "1"})), ["`app` is missing", "`displayName` is missing"]);
        assert_eq!(
            problems(&json!({"appRoles": [{"value": 1.5}, "Admin"]})),
            [
                "`app` is missing",
                "`appRoles[0].value` must be a text in quotation marks, not 1.5",
                "`appRoles[0].displayName` is missing",
                "`appRoles[1]` must be an object, not \"Admin\"",
            ]
        );
        assert_eq!(
            problems(&json!({"displayName": "Frankli", "appRoles": {"id": "1"}})),
            ["`appRoles` must be a list of objects, not {\"id\":\"1\"}"]
        );
    }
}
