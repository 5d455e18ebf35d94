//! Source objects: users and groups as last imported.

use super::{StoreError, Tables, optional_timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// User or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A user.
    User,
    /// A group.
    Group,
}

impl ObjectKind {
    /// The name that the file and the provisioning log use.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "User" => Ok(Self::User),
            "Group" => Ok(Self::Group),
            other => Err(StoreError::Unexpected(format!("`{other}` for a kind of object"))),
        }
    }
}

/// Whether an object is there, in the recycle bin, or gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// In the directory.
    Live,
    /// Soft-deleted: in the recycle bin.
    Deleted,
    /// Hard-deleted; the row stays while a connection or an escrow names it.
    Purged,
}

impl ObjectState {
    /// The name that the file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Deleted => "deleted",
            Self::Purged => "purged",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "live" => Ok(Self::Live),
            "deleted" => Ok(Self::Deleted),
            "purged" => Ok(Self::Purged),
            other => Err(StoreError::Unexpected(format!("`{other}` for the state of an object"))),
        }
    }
}

/// A user or group.
#[derive(Clone, Debug)]
pub struct ObjectRow {
    /// The number given at first import; the order in which objects are walked.
    pub key: i64,
    /// User or group.
    pub kind: ObjectKind,
    /// The source id.
    pub id: String,
    /// User principal name, or the group's display name.
    pub name: String,
    /// The source attributes, a JSON object.
    pub attributes: String,
    /// `accountEnabled`, or `securityEnabled`.
    pub enabled: bool,
    /// Whether it is there.
    pub state: ObjectState,
    /// When it was soft-deleted.
    pub deleted_at: Option<Timestamp>,
    /// Whether the record names a manager, existing or not.
    pub names_manager: bool,
    /// The manager's key, where the record names a manager that exists.
    pub manager: Option<i64>,
    /// The number of its last change.
    pub sequence: i64,
}

const COLUMNS: &str = "object.key, object.kind, object.id, object.name, object.attributes, object.enabled, object.state, \
     object.deleted_at, object.sequence, object.manager IS NOT NULL, \
     (SELECT manager.key FROM source_object AS manager WHERE object.manager IS NOT NULL AND manager.kind = 'User' \
      AND (manager.id = object.manager OR manager.folded = object.manager) AND manager.state <> 'purged' \
      ORDER BY manager.state = 'live' DESC, manager.id = object.manager DESC, manager.key LIMIT 1)";

type Raw = (i64, String, String, String, String, bool, String, Option<String>, i64, bool, Option<i64>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        row.get(9)?,
        row.get(10)?,
    ))
}

fn object(raw: Raw) -> Result<ObjectRow, StoreError> {
    let (key, kind, id, name, attributes, enabled, state, deleted_at, sequence, names_manager, manager) = raw;
    Ok(ObjectRow {
        key,
        kind: ObjectKind::parse(&kind)?,
        id,
        name,
        attributes,
        enabled,
        state: ObjectState::parse(&state)?,
        deleted_at: optional_timestamp(deleted_at)?,
        names_manager,
        manager,
        sequence,
    })
}

impl Tables {
    /// The number of the last change in the directory.
    pub fn sequence(&self) -> Result<i64, StoreError> {
        Ok(self.0.query_row("SELECT sequence FROM directory_state", [], |row| row.get(0))?)
    }

    /// When the directory was last imported without error.
    pub fn imported_at(&self) -> Result<Option<Timestamp>, StoreError> {
        optional_timestamp(self.0.query_row("SELECT imported_at FROM directory_state", [], |row| row.get(0))?)
    }

    /// The object of that key.
    pub fn object(&self, key: i64) -> Result<Option<ObjectRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM source_object AS object WHERE object.key = ?1");
        self.0.prepare_cached(&sql)?.query_row([key], raw).optional()?.map(object).transpose()
    }

    /// The objects that a person means by `name`: an id, a user principal name or a display name, ignoring letter case.
    pub fn objects_named(&self, name: &str) -> Result<Vec<ObjectRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM source_object AS object WHERE (object.id = ?1 OR object.folded = ?1) \
             AND object.state <> 'purged' ORDER BY object.state = 'live' DESC, object.key"
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map([name.to_lowercase()], raw)?;
        rows.map(|row| object(row?)).collect()
    }

    /// The next users in the directory after the key `after`, at most `limit`.
    pub fn users_after(&self, after: i64, limit: usize) -> Result<Vec<ObjectRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM source_object AS object WHERE object.key > ?1 AND object.kind = 'User' \
             AND object.state = 'live' ORDER BY object.key LIMIT ?2"
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after, limit], raw)?;
        rows.map(|row| object(row?)).collect()
    }

    /// Whether any object has an attribute of this name.
    pub fn knows_attribute(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM source_object, json_each(source_object.attributes) AS attribute \
                   WHERE attribute.key = ?1 LIMIT 1";
        Ok(self.0.prepare_cached(sql)?.exists([name])?)
    }

    /// The JSON type of an attribute where some object of the kind has it: `text`, `integer`, `true`, `array` and so on.
    pub fn attribute_type(&self, kind: ObjectKind, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT attribute.type FROM source_object, json_each(source_object.attributes) AS attribute \
                   WHERE source_object.kind = ?1 AND attribute.key = ?2 LIMIT 1";
        Ok(self.0.prepare_cached(sql)?.query_row([kind.name(), name], |row| row.get(0)).optional()?)
    }

    /// Whether some group has an attribute of this name.
    pub fn groups_have(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM source_object, json_each(source_object.attributes) AS attribute \
                   WHERE source_object.kind = 'Group' AND attribute.key = ?1 LIMIT 1";
        Ok(self.0.prepare_cached(sql)?.exists([name])?)
    }

    /// The names of all attributes that some object has. Looks at every object.
    pub fn attribute_names(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT attribute.key FROM source_object, json_each(source_object.attributes) AS attribute \
                   ORDER BY attribute.key";
        self.0.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>().map_err(Into::into)
    }

    /// Removes purged objects that nothing names any more: no job, and no recycle bin of the files, where they would look
    /// as if they had just been soft-deleted. At most `limit` of them; returns how many.
    pub fn forget_purged(&self, limit: usize) -> Result<usize, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT key FROM source_object \
             WHERE state <> 'live' AND state = 'purged' AND NOT (kind = 'User' AND listed_in_bin) \
             AND NOT EXISTS (SELECT 1 FROM connection WHERE object = key) \
             AND NOT EXISTS (SELECT 1 FROM escrow WHERE object = key) \
             AND NOT EXISTS (SELECT 1 FROM attempt WHERE object = key) \
             AND NOT EXISTS (SELECT 1 FROM staged WHERE object = key) \
             AND sequence <= (SELECT coalesce(min(watermark), 0) FROM job WHERE watermark_at IS NOT NULL) \
             AND entitlement_sequence <= (SELECT coalesce(min(watermark), 0) FROM job WHERE watermark_at IS NOT NULL) LIMIT ?1",
        )?;
        let rows = statement.query_map([limit], |row| row.get(0))?;
        let unnamed: Vec<i64> = rows.collect::<Result<_, _>>()?;
        let mut edges = self.0.prepare_cached("DELETE FROM membership WHERE member_key = ?1")?;
        let mut objects = self.0.prepare_cached("DELETE FROM source_object WHERE key = ?1")?;
        for key in &unnamed {
            edges.execute([key])?;
            objects.execute([key])?;
        }
        Ok(unnamed.len())
    }

    /// Forgets removed memberships and assignments whose numbers every job has passed, those aside that rested for so long
    /// that they begin anew ([`Tables::expire_watermarks`]); at most `limit` of either. Returns how
    /// many, of whichever are more.
    pub fn forget_removed_edges(&self, limit: usize) -> Result<usize, StoreError> {
        let mut most = 0;
        for (table, key) in
            [("membership", "group_key, member_key"), ("assignment", "application, principal_key, role")]
        {
            let sql = format!(
                "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE removed \
                 AND sequence <= (SELECT coalesce(min(watermark), 0) FROM job WHERE watermark_at IS NOT NULL) AND sequence > 0 LIMIT ?1)"
            );
            most = most.max(self.0.prepare_cached(&sql)?.execute([limit])?);
        }
        Ok(most)
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;

    #[tokio::test]
    async fn a_job_that_rested_too_long_holds_back_no_removed_edge() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db"), "test").unwrap();
        let forgotten = store.write(|tables| {
            tables.0.execute_batch(
                "INSERT INTO membership (group_key, member_key, sequence, removed) VALUES (1, 2, 5, 1);
                 INSERT INTO job (name, id, tenant, application, title, target, schedule_state, watermark, watermark_at)
                    VALUES ('busy', '', '', '', '', '', 'Active', 9, '2026-03-01T00:00:00.000Z'),
                           ('resting', '', '', '', '', '', 'Paused', 4, '2026-01-05T00:00:00.000Z');",
            )?;
            let before = tables.forget_removed_edges(10)?;
            tables.expire_watermarks("2026-01-06T00:00:00Z".parse().unwrap())?;
            Ok((before, tables.forget_removed_edges(10)?, tables.job("resting")?.unwrap().watermark_at))
        });
        assert_eq!(forgotten.await.unwrap(), (0, 1, None));
    }
}
