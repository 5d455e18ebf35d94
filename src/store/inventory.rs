//! What the directory holds, as last read: files, counts, the recycle bin, and references that name nobody.
//!
//! Everything here is counted from the tables; nothing is stored for it. Source: `spec/ENGINE.md` §1, §6.

use super::{Spared, StoreError, Tables, staging::FileRow, timestamp};
use jiff::Timestamp;
use rusqlite::Connection;

/// How many unknown references of a sort are named.
const SAMPLE: usize = 20;

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InventoryRow {
    /// Users who are there.
    pub users: u64,
    /// Users in the recycle bin.
    pub soft_deleted: u64,
    /// Groups.
    pub groups: u64,
    /// Memberships, those of soft-deleted members among them.
    pub memberships: u64,
    /// Assignments of users and of groups.
    pub assignments: u64,
    /// Application roles.
    pub app_roles: u64,
}

/// A user in the recycle bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinRow {
    /// The object's key.
    pub key: i64,
    /// The source id.
    pub id: String,
    /// The user principal name.
    pub name: String,
    /// When the user was soft-deleted.
    pub deleted_at: Option<Timestamp>,
    /// The file whose `deletedUsers` entry names the user; none for one who just vanished.
    pub file: Option<String>,
}

/// References that name nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownReferences {
    /// Groups and their members.
    pub members: Sample,
    /// Users and their managers.
    pub managers: Sample,
    /// Applications and who is assigned to them.
    pub principals: Sample,
}

/// The first references of a sort, and how many more there are: of very many, nobody reads each, and no memory has room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Who refers, and what is written.
    pub told: Vec<(String, String)>,
    /// How many more there are.
    pub more: u64,
}

impl UnknownReferences {
    /// Looks for them in the live tables, which are those of `schema`; for managers, in the rows of the table `users` that
    /// meet a condition.
    pub(super) fn find(
        connection: &Connection,
        schema: &str,
        users: &str,
        condition: &str,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            members: sample(
                connection,
                &format!(
                    "SELECT holding.name, reference FROM {schema}.member_source \
                     JOIN {schema}.source_object AS holding ON holding.key = group_key WHERE member_key IS NULL"
                ),
            )?,
            managers: sample(
                connection,
                &format!(
                    "SELECT read.name, read.manager FROM {users} AS read WHERE {condition} AND read.manager IS NOT NULL \
                     AND NOT EXISTS (SELECT 1 FROM {schema}.source_object AS named WHERE named.kind = 'User' \
                       AND named.state <> 'purged' AND (named.id = read.manager OR named.folded = read.manager))"
                ),
            )?,
            principals: sample(
                connection,
                &format!("SELECT application, reference FROM {schema}.assignment_source WHERE principal_key IS NULL"),
            )?,
        })
    }
}

/// The first rows of two texts, and the number of the others.
pub(super) fn sample(connection: &Connection, sql: &str) -> Result<Sample, StoreError> {
    let mut statement = connection.prepare(&format!("{sql} ORDER BY 1, 2 LIMIT {SAMPLE}"))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let told = rows.collect::<Result<Vec<_>, _>>()?;
    let more = match told.len() {
        SAMPLE => connection.query_row(&format!("SELECT count(*) - {SAMPLE} FROM ({sql})"), [], |row| row.get(0))?,
        _ => 0,
    };
    Ok(Sample { told, more })
}

impl Tables {
    /// How much there is of everything.
    pub fn inventory(&self) -> Result<InventoryRow, StoreError> {
        let count = |sql: &str| self.0.query_row(sql, [], |row| row.get::<_, u64>(0));
        // Users and groups who are there are most of the table, so they are counted by what they are not: that takes
        // indexes alone.
        let elsewhere = |condition: &str| {
            count(&format!("SELECT count(*) FROM source_object WHERE state <> 'live' AND {condition}"))
        };
        let all_groups = count("SELECT count(*) FROM source_object WHERE kind = 'Group'")?;
        Ok(InventoryRow {
            users: count("SELECT count(*) FROM source_object")? - all_groups - elsewhere("kind = 'User'")?,
            soft_deleted: elsewhere("kind = 'User' AND state = 'deleted'")?,
            groups: all_groups - elsewhere("kind = 'Group'")?,
            memberships: count("SELECT count(*) FROM standing_membership")?,
            assignments: count("SELECT count(*) FROM standing_assignment")?,
            app_roles: count("SELECT count(*) FROM app_role")?,
        })
    }

    /// The files of the last import in the order of their names, each with the number of its records that are in use.
    pub fn source_files(&self) -> Result<Vec<(FileRow, u64)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT path, kind, size, modified, trusted, CASE kind \
                WHEN 'assignments' THEN (SELECT count(*) FROM assignment_source WHERE file = source_file.id) \
                WHEN 'appRoles' THEN (SELECT count(*) FROM app_role WHERE file = source_file.id) \
                ELSE (SELECT count(*) FROM source_object WHERE file = source_file.id) END \
             FROM source_file ORDER BY path",
        )?;
        let rows = statement.query_map([], |row| Ok((FileRow::of(row)?, row.get(5)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The users in the recycle bin, the one who is due first at the head.
    pub fn recycle_bin(&self) -> Result<Vec<BinRow>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT key, id, name, deleted_at, iif(listed_in_bin, (SELECT path FROM source_file WHERE source_file.id = file), \
             NULL) FROM source_object WHERE state <> 'live' AND state = 'deleted' AND kind = 'User' \
             ORDER BY deleted_at, key",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?, row.get(4)?))
        })?;
        rows.map(|row| {
            let (key, id, name, deleted_at, file) = row?;
            Ok(BinRow { key, id, name, deleted_at: deleted_at.as_deref().map(timestamp).transpose()?, file })
        })
        .collect()
    }

    /// What only records that were left out keep, as of the last import: it stands in no file.
    pub fn spared(&self) -> Result<Spared, StoreError> {
        let count = |sql: &str| self.0.query_row(sql, [], |row| row.get::<_, u64>(0));
        let objects = |kind: &str| {
            count(&format!(
                "SELECT count(*) FROM source_object WHERE file = 0 AND kind = '{kind}' \
                 AND (state = 'live' OR (state = 'deleted' AND listed_in_bin))"
            ))
        };
        let assignments = count("SELECT count(*) FROM assignment_source WHERE file = 0")?;
        Ok(Spared { users: objects("User")?, groups: objects("Group")?, assignments })
    }

    /// References that name nobody, as the tables are now.
    pub fn unknown_references(&self) -> Result<UnknownReferences, StoreError> {
        UnknownReferences::find(&self.0, "main", "main.source_object", "read.kind = 'User' AND read.state = 'live'")
    }
}
