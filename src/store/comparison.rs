//! What a compared import would change, to be looked at instead of merged.
//!
//! [`Staging::work_out`] has to come first; what is here reads its tables, row by row, however many there are. Source:
//! `spec/ENGINE.md` §1.

use super::{ObjectKind, StoreError, staging::Staging};
use rusqlite::{Row, params};

/// What becomes of a user, a group or a tie between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is there, and differs.
    Changed,
    /// A user goes to the recycle bin.
    SoftDeleted,
    /// A user comes back from the recycle bin.
    Restored,
    /// It is deleted for good.
    HardDeleted,
    /// A tie goes.
    Removed,
}

/// One user or group that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDifference {
    /// User or group.
    pub kind: ObjectKind,
    /// What becomes of it.
    pub change: ChangeKind,
    /// The source id.
    pub id: String,
    /// User principal name or display name; the new one, if it changes.
    pub name: String,
    /// Its content as last imported; none if it is new.
    pub before: Option<ObjectContent>,
    /// Its content as the files have it; none if they no longer name it.
    pub after: Option<ObjectContent>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectContent {
    /// The source attributes: JSON.
    pub attributes: String,
    /// The manager as written, in lower case.
    pub manager: Option<String>,
    /// When the user was deleted.
    pub deleted_at: Option<String>,
}

/// One membership or assignment that would come or go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieDifference {
    /// Added or removed.
    pub change: ChangeKind,
    /// The group's display name, or the application.
    pub holder: String,
    /// The group's id; empty for an application.
    pub holder_id: String,
    /// The name of the member or principal.
    pub held: String,
    /// Its id.
    pub held_id: String,
    /// The role of an assignment; empty is Default Access.
    pub role: String,
}

/// One application role that would come, go or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDifference {
    /// What becomes of it.
    pub change: ChangeKind,
    /// The application.
    pub application: String,
    /// The role's id.
    pub id: String,
    /// The value that is delivered.
    pub value: String,
    /// What people call it.
    pub display_name: String,
}

/// How many differences there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DifferenceCounts {
    /// Of users, by what becomes of them.
    pub users: Vec<(ChangeKind, u64)>,
    /// Of groups.
    pub groups: Vec<(ChangeKind, u64)>,
    /// Of memberships.
    pub memberships: Vec<(ChangeKind, u64)>,
    /// Of assignments.
    pub assignments: Vec<(ChangeKind, u64)>,
    /// Of application roles.
    pub app_roles: Vec<(ChangeKind, u64)>,
}

impl DifferenceCounts {
    /// Whether there is no difference at all.
    pub fn is_nothing(&self) -> bool {
        [&self.users, &self.groups, &self.memberships, &self.assignments, &self.app_roles]
            .iter()
            .all(|counts| counts.is_empty())
    }
}

impl Staging {
    /// How many differences there are.
    pub fn count_differences(&self) -> Result<DifferenceCounts, StoreError> {
        let tie = "iif(wanted, 'Added', 'Removed')";
        Ok(DifferenceCounts {
            users: self.counts("change", "became WHERE kind = 'User'")?,
            groups: self.counts("change", "became WHERE kind = 'Group'")?,
            memberships: self.counts(tie, "member_turn")?,
            assignments: self.counts(tie, "assignment_turn")?,
            app_roles: self.counts("change", "role_turn")?,
        })
    }

    /// The users or groups that differ, in the order in which they would be merged; at most `limit`.
    pub fn object_differences(
        &self,
        kind: ObjectKind,
        limit: Option<usize>,
        mut each: impl FnMut(ObjectDifference),
    ) -> Result<(), StoreError> {
        let sql = "SELECT became.change, became.id, became.name, known.attributes, known.manager, known.deleted_at, \
             read.attributes, read.manager, read.deleted_at \
             FROM became LEFT JOIN live.source_object AS known ON known.key = became.known_key \
             LEFT JOIN object AS read ON read.id = became.id WHERE became.kind = ?1 ORDER BY became.ordinal LIMIT ?2";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params![kind.name(), sql_limit(limit)])?;
        while let Some(row) = rows.next()? {
            each(ObjectDifference {
                kind,
                change: change_kind(row)?,
                id: row.get(1)?,
                name: row.get(2)?,
                before: content(row, 3)?,
                after: content(row, 6)?,
            });
        }
        Ok(())
    }

    /// The memberships that come or go, group by group; at most `limit`.
    pub fn membership_differences(
        &self,
        limit: Option<usize>,
        each: impl FnMut(TieDifference),
    ) -> Result<(), StoreError> {
        let (holder, held) = (name_of("turn.holder"), name_of("turn.held"));
        let sql = format!(
            "SELECT iif(wanted, 'Added', 'Removed'), {holder}, turn.holder, {held}, turn.held, '' FROM member_turn AS turn \
             ORDER BY 2, turn.holder, wanted DESC, 4, turn.held LIMIT ?1"
        );
        self.ties(&sql, limit, each)
    }

    /// The assignments that come or go, application by application; at most `limit`.
    pub fn assignment_differences(
        &self,
        limit: Option<usize>,
        each: impl FnMut(TieDifference),
    ) -> Result<(), StoreError> {
        let held = name_of("turn.held");
        let sql = format!(
            "SELECT iif(wanted, 'Added', 'Removed'), turn.application, '', {held}, turn.held, turn.role \
             FROM assignment_turn AS turn ORDER BY turn.application, wanted DESC, 4, turn.held, turn.role LIMIT ?1"
        );
        self.ties(&sql, limit, each)
    }

    /// The application roles that differ; at most `limit`.
    pub fn role_differences(
        &self,
        limit: Option<usize>,
        mut each: impl FnMut(RoleDifference),
    ) -> Result<(), StoreError> {
        let sql =
            "SELECT change, application, id, value, display_name FROM role_turn ORDER BY application, id LIMIT ?1";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([sql_limit(limit)])?;
        while let Some(row) = rows.next()? {
            each(RoleDifference {
                change: change_kind(row)?,
                application: row.get(1)?,
                id: row.get(2)?,
                value: row.get(3)?,
                display_name: row.get(4)?,
            });
        }
        Ok(())
    }

    fn counts(&self, change: &str, from: &str) -> Result<Vec<(ChangeKind, u64)>, StoreError> {
        let mut statement = self.connection.prepare(&format!("SELECT {change}, count(*) FROM {from} GROUP BY 1"))?;
        let mut rows = statement.query([])?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next()? {
            counts.push((change_kind(row)?, row.get(1)?));
        }
        counts.sort_unstable();
        Ok(counts)
    }

    fn ties(&self, sql: &str, limit: Option<usize>, mut each: impl FnMut(TieDifference)) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([sql_limit(limit)])?;
        while let Some(row) = rows.next()? {
            each(TieDifference {
                change: change_kind(row)?,
                holder: row.get(1)?,
                holder_id: row.get(2)?,
                held: row.get(3)?,
                held_id: row.get(4)?,
                role: row.get(5)?,
            });
        }
        Ok(())
    }
}

/// The name that an object has or will have.
pub(super) fn name_of(id: &str) -> String {
    format!(
        "coalesce((SELECT name FROM became WHERE became.id = {id}), \
         (SELECT name FROM live.source_object AS held WHERE held.id = {id}), {id})"
    )
}

/// A limit as SQL takes it; a negative one is none.
fn sql_limit(limit: Option<usize>) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1))
}

fn change_kind(row: &Row<'_>) -> Result<ChangeKind, StoreError> {
    match row.get_ref(0)?.as_str().unwrap_or_default() {
        "Added" => Ok(ChangeKind::Added),
        "Changed" => Ok(ChangeKind::Changed),
        "SoftDeleted" => Ok(ChangeKind::SoftDeleted),
        "Restored" => Ok(ChangeKind::Restored),
        "HardDeleted" => Ok(ChangeKind::HardDeleted),
        "Removed" => Ok(ChangeKind::Removed),
        other => Err(StoreError::Unexpected(format!("`{other}` for a change"))),
    }
}

/// The content that begins at a column; none where an object has no row.
fn content(row: &Row<'_>, column: usize) -> Result<Option<ObjectContent>, StoreError> {
    let attributes: Option<String> = row.get(column)?;
    let (manager, deleted_at) = (row.get(column + 1)?, row.get(column + 2)?);
    Ok(attributes.map(|attributes| ObjectContent { attributes, manager, deleted_at }))
}
