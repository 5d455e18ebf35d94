//! An assignment of a user or group to an application, in the plain shape or as Graph's appRoleAssignment.
//!
//! | meaning | plain | Graph |
//! |---|---|---|
//! | application | `app` | `resourceDisplayName`, else `resourceId` |
//! | who | `principal` | `principalId` |
//! | role | `role` | `appRoleId` |
//!
//! The shapes may be mixed; where both name the same thing, the plain one counts.

use super::{
    Expected, RecordProblem,
    fields::{Fields, Names},
};
use crate::directory::RawRecord;
use uuid::Uuid;

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Graph's id of the assignment, as it stands, for it tells upper from lower case.
    pub id: Option<String>,
    /// The job's or application's name, or the service principal's id.
    pub app: String,
    /// The id, user principal name or group name of whom it is for.
    pub principal: String,
    /// The role's value or display name. With `role_id` absent too, the assignment is *Default Access*.
    pub role: Option<String>,
    /// The role's id in lower case.
    pub role_id: Option<String>,
    /// What the principal is, where the record says so.
    pub principal_kind: Option<PrincipalKind>,
}

/// What an assignment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// An application, which is never provisioned.
    ServicePrincipal,
}

const NAMES: Names = Names::Listed(&[
    "id",
    "app",
    "resourceDisplayName",
    "resourceId",
    "principal",
    "principalId",
    "principalType",
    "role",
    "appRoleId",
]);

/// The name of the role that stands for having none.
const DEFAULT_ACCESS: &str = "Default Access";

impl Assignment {
    /// Reads one record of a file of assignments.
    pub fn parse(record: &RawRecord) -> Result<Self, Vec<RecordProblem>> {
        let mut fields = Fields::read(record, NAMES)?;
        let id = fields.text("id");
        let graph_app = fields.text("resourceDisplayName").or(fields.text("resourceId"));
        let app = match graph_app {
            Some(app) => fields.text("app").unwrap_or(app),
            None => fields.required_text("app"),
        };
        let principal = match fields.text("principalId") {
            Some(principal) => fields.text("principal").unwrap_or(principal),
            None => fields.required_text("principal"),
        };
        let role = fields.text("role");
        let role_id = fields.id("appRoleId");
        let principal_kind = fields.principal_kind();
        fields.finish(Self {
            id,
            app,
            principal,
            role: role.filter(|role| !role.eq_ignore_ascii_case(DEFAULT_ACCESS)),
            role_id: role_id.filter(|id| *id != Uuid::nil().to_string()),
            principal_kind,
        })
    }
}

impl Fields {
    fn principal_kind(&mut self) -> Option<PrincipalKind> {
        const KINDS: [(&str, PrincipalKind); 3] = [
            ("User", PrincipalKind::User),
            ("Group", PrincipalKind::Group),
            ("ServicePrincipal", PrincipalKind::ServicePrincipal),
        ];
        let (written, value) = self.value("principalType")?;
        let found = KINDS.iter().find(|(name, _)| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(name)));
        if found.is_none() {
            self.problem(RecordProblem::unfit(&written, Expected::PrincipalKind, &value));
        }
        found.map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, raw};
    use super::*;
    use serde_json::json;

    fn assignment(text: &impl ToString) -> Assignment {
        Assignment::parse(&raw(text)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn the_plain_shape_names_application_principal_and_role() {
        assert_eq!(
            assignment(&json!({"App": "frankli", "principal": " ann@contoso.example", "role": "Admin"})),
            Assignment {
                id: None,
                app: "frankli".into(),
                principal: "ann@contoso.example".into(),
                role: Some("Admin".into()),
                role_id: None,
                principal_kind: None,
            }
        );
    }

    #[test]
    fn graphs_shape_gives_ids() {
        assert_eq!(
            assignment(&json!({
                "id": "o6q0nOV43UqaBmuACM3Z6Q",
                "deletedDateTime": null,
                "appRoleId": "EF4CEB67-C5B8-4D1B-9A3C-1E5F6C9BE001",
                "createdDateTime": "2026-01-31T08:00:00Z",
                "principalDisplayName": "Sales",
                "principalId": "45b7d2e7-b882-4a80-ba97-10b7a63b8fa4",
                "principalType": "Group",
                "resourceDisplayName": "Frankli",
                "resourceId": "8e881353-1735-45af-af21-ee1344582a4d",
            })),
            Assignment {
                id: Some("o6q0nOV43UqaBmuACM3Z6Q".into()),
                app: "Frankli".into(),
                principal: "45b7d2e7-b882-4a80-ba97-10b7a63b8fa4".into(),
                role: None,
                role_id: Some("ef4ceb67-c5b8-4d1b-9a3c-1e5f6c9be001".into()),
                principal_kind: Some(PrincipalKind::Group),
            }
        );
        assert_eq!(assignment(&json!({"resourceId": "8e88", "principalId": "45b7"})).app, "8e88");
    }

    #[test]
    fn the_plain_names_count_where_both_shapes_are_mixed() {
        let mixed = json!({"app": "frankli", "resourceDisplayName": "Frankli", "principal": "ann", "principalId": "1"});
        let assignment = assignment(&mixed);
        assert_eq!((assignment.app.as_str(), assignment.principal.as_str()), ("frankli", "ann"));
    }

    #[test]
    fn default_access_is_having_no_role() {
        for (field, value) in
            [("role", ""), ("role", "default access"), ("appRoleId", "00000000-0000-0000-0000-000000000000")]
        {
            let assignment = assignment(&json!({"app": "a", "principal": "p", field: value}));
            assert_eq!((assignment.role, assignment.role_id), (None, None), "{field} {value}");
        }
    }

    #[test]
    fn a_misspelt_name_is_offered_for_the_one_that_is_missing() {
        let record = json!({"application": "frankli", "principle": "ann", "role": "Admin"});
        let problems = Assignment::parse(&raw(&record)).err().unwrap_or_default();
        let suggestions: Vec<_> = problems.iter().filter_map(RecordProblem::suggestion).collect();
        assert_eq!(suggestions, ["is `application` meant for it?", "is `principle` meant for it?"]);
    }

    #[test]
    fn all_problems_of_an_assignment_are_reported() {
        assert_eq!(
            messages(Assignment::parse(&raw(&json!({"role": ["Admin"], "principalType": "Device"})))),
            [
                "`app` is missing",
                "`principal` is missing",
                "`role` must be a text in quotation marks, not [\"Admin\"]",
                "`principalType` must be `User`, `Group` or `ServicePrincipal`, not \"Device\"",
            ]
        );
    }
}
