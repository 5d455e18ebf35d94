//! Who is assigned to what: directly, or as a direct member of an assigned group.

use super::{StoreError, Tables};
use rusqlite::params;

/// One ground on which an object is assigned to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementRow {
    /// The role as the assignment names it: a value, a display name or an id; empty is Default Access.
    pub role: String,
    /// The group that passes it on; none for a direct assignment.
    pub group: Option<String>,
}

/// An application role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRoleRow {
    /// Its id.
    pub id: String,
    /// The value that is delivered.
    pub value: String,
    /// What people call it.
    pub display_name: String,
}

impl Tables {
    /// Why `object` is assigned to `application`, or to the `job` by its own name: the direct assignments first, then those of its groups, each in the order
    /// of assignment. Only groups that are there and security-enabled count; nested ones never do.
    pub fn entitlements(&self, job: &str, application: &str, object: i64) -> Result<Vec<EntitlementRow>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT role, NULL AS granting, 0 AS indirect, position FROM standing_assignment \
             WHERE application IN (?1, ?3) AND principal_key = ?2 \
             UNION ALL \
             SELECT assignment.role, granting.name, 1, assignment.position FROM standing_membership AS membership \
             JOIN source_object AS granting ON granting.key = membership.group_key \
             JOIN standing_assignment AS assignment ON assignment.principal_key = membership.group_key \
             WHERE membership.member_key = ?2 AND assignment.application IN (?1, ?3) \
               AND granting.enabled AND granting.state = 'live' \
               AND (SELECT kind FROM source_object WHERE key = ?2) = 'User' \
             ORDER BY indirect, position",
        )?;
        let rows = statement.query_map(params![application.to_lowercase(), object, job.to_lowercase()], |row| {
            Ok(EntitlementRow { role: row.get(0)?, group: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The roles that the directory knows of `application`, or of the `job` by its own name.
    pub fn app_roles(&self, job: &str, application: &str) -> Result<Vec<AppRoleRow>, StoreError> {
        let sql = "SELECT id, value, display_name FROM app_role WHERE application IN (?1, ?2) ORDER BY id";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map([application.to_lowercase(), job.to_lowercase()], |row| {
            Ok(AppRoleRow { id: row.get(0)?, value: row.get(1)?, display_name: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The applications that assignments name.
    pub fn assigned_applications(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT application FROM assignment_source ORDER BY application";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
