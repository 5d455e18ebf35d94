//! What an import would change: computed beside the live tables, before anything is merged.

use super::{StoreError, inventory::UnknownReferences, moment};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

/// How many records are told of that have one thing wrong; of the rest, how many there are.
const TOLD: usize = 100;

/// What an import found, before it is merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportVerdict {
    /// Two records claim one id or one user principal name.
    pub clashes: Vec<Clash>,
    /// How many more there are of the same.
    pub more_clashes: u64,
    /// Assignments name a group by a display name that several groups have.
    pub ambiguous: Vec<String>,
    /// How many more there are of the same.
    pub more_ambiguous: u64,
    /// What it would remove, each beside how many there are.
    pub removals: Vec<Removal>,
    /// Files of the last good import that are no longer there.
    pub missing_files: Vec<String>,
    /// What stays only because of records that were left out.
    pub spared: Spared,
    /// Objects that would be added, changed or removed.
    pub changes: u64,
}

/// What stays as it was last read, though no record that can be read names it: one that was left out may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spared {
    /// Users; those in the recycle bin, too.
    pub users: u64,
    /// Groups, each with its memberships.
    pub groups: u64,
    /// Assignments.
    pub assignments: u64,
}

/// Two records that claim the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// `id` or `userPrincipalName`.
    pub field: &'static str,
    /// What both claim.
    pub value: String,
    /// The file and line of the one.
    pub one: (String, i64),
    /// The file of the other, and its line if it was read in this import.
    pub other: (String, Option<i64>),
}

/// How many of a kind an import would remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// users, groups, memberships, assignments.
    pub what: &'static str,
    /// How many there are.
    pub present: u64,
    /// How many would go.
    pub removed: u64,
}

/// What an import changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Users and groups that are new, changed, soft-deleted or gone.
    pub objects: u64,
    /// Memberships that came or went.
    pub memberships: u64,
    /// Assignments that came or went.
    pub assignments: u64,
    /// References that name nobody; of managers, those of changed users.
    pub unknown: UnknownReferences,
}

/// An object whose record is still there as it was: in an unchanged file, or kept. Who stays only because of a record that was
/// left out is in the file 0, which there never is.
const STANDS: &str = "(known.file IN (SELECT id FROM file WHERE unchanged) \
     OR EXISTS (SELECT 1 FROM kept WHERE kept.file = known.file AND kept.raw_hash = known.raw_hash))";

/// Whether a record that was left out may be that of an object which no other names. One that says whose it is spares only
/// them. Any other one spares everybody of its kind, for a record may move between files; and as somebody may come back from the
/// recycle bin, one among the users or groups spares those in the bin, too.
pub(super) const SPARED: &str = "(EXISTS (SELECT 1 FROM skipped WHERE skipped.id = known.id) \
     OR EXISTS (SELECT 1 FROM nameless WHERE nameless.kind = iif(known.kind = 'User', 'users', 'groups') \
        OR (known.listed_in_bin AND nameless.kind = iif(known.kind = 'User', 'deletedUsers', 'deletedGroups'))))";

/// Makes the indexes of what was read, and the tables of what changes; `spared` has the keys of those who stay though no record
/// names them, `nameless` the kinds of files with a record that does not say whose it is.
pub(super) fn make_comparison(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch(
        "CREATE INDEX object_id ON object (id);
         CREATE INDEX object_folded ON object (folded);
         CREATE TABLE change (ordinal INTEGER PRIMARY KEY, key INTEGER, id TEXT NOT NULL UNIQUE, action TEXT NOT NULL,
             state TEXT NOT NULL, deleted_at TEXT, listed INTEGER NOT NULL, entitlement INTEGER NOT NULL,
             identity INTEGER NOT NULL);
         CREATE TABLE spared (key INTEGER NOT NULL, kind TEXT NOT NULL);
         CREATE TABLE nameless (kind TEXT PRIMARY KEY);
         INSERT INTO nameless SELECT DISTINCT kind FROM file WHERE id IN (SELECT file FROM skipped WHERE skipped.id IS NULL);",
    )?)
}

pub(super) fn compare(
    connection: &Connection,
    now: Timestamp,
    retention_days: u32,
) -> Result<ImportVerdict, StoreError> {
    make_comparison(connection)?;
    let (clashes, more_clashes) = clashes(connection)?;
    if !clashes.is_empty() {
        return Ok(ImportVerdict { clashes, more_clashes, ..ImportVerdict::default() });
    }
    find_changes(connection, now, retention_days)?;
    compare_edges(connection)?;
    let (ambiguous, more_ambiguous) = ambiguous_names(connection)?;
    Ok(ImportVerdict {
        clashes,
        more_clashes,
        ambiguous,
        more_ambiguous,
        removals: removals(connection)?,
        missing_files: missing_files(connection)?,
        spared: spared(connection)?,
        changes: connection.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?,
    })
}

/// Ids that two records claim, and user principal names that two live users claim; and how many there are beyond those told.
/// Each record is told of once, beside the first that claims the same: so their number grows with the records, however many
/// of them are alike.
fn clashes(connection: &Connection) -> Result<(Vec<Clash>, u64), StoreError> {
    let name_of = "(SELECT path FROM file WHERE file.id = {}.file)";
    let one = name_of.replace("{}", "one");
    let (mut found, mut more) = (Vec::new(), 0);
    for (field, value, column, among, distinct, live) in [
        (
            "id",
            "one.id",
            "id",
            "true",
            // Of two live users with one name, too, only the name is reported.
            "NOT (one.folded = other.folded AND one.kind = 'User' AND other.kind = 'User' \
             AND NOT one.in_bin AND NOT other.in_bin)",
            "known.id = one.id AND known.state <> 'purged' AND NOT (one.folded = known.folded AND one.kind = 'User' \
             AND known.kind = 'User' AND NOT one.in_bin AND known.state = 'live')",
        ),
        (
            "userPrincipalName",
            "one.name",
            "folded",
            "kind = 'User' AND NOT in_bin",
            "one.kind = 'User' AND NOT one.in_bin",
            "known.folded = one.folded AND one.kind = 'User' AND known.kind = 'User' \
             AND NOT one.in_bin AND known.state = 'live'",
        ),
    ] {
        let sql = format!(
            "SELECT {value}, {one}, one.line, {}, other.line, one.ordinal \
             FROM (SELECT {column} AS claimed, min(ordinal) AS first FROM object WHERE {among} \
                GROUP BY {column} HAVING count(*) > 1) AS twice \
             CROSS JOIN object AS one ON one.{column} = twice.claimed AND one.ordinal > twice.first \
             CROSS JOIN object AS other ON other.ordinal = twice.first WHERE {distinct} \
             UNION ALL \
             SELECT {value}, {one}, one.line, (SELECT path FROM live.source_file WHERE id = known.file), NULL, one.ordinal \
             FROM object AS one JOIN live.source_object AS known ON {live} AND {STANDS} ORDER BY 6",
            name_of.replace("{}", "other"),
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let told = found.len();
        while let Some(row) = rows.next()? {
            if found.len() - told >= TOLD {
                more += 1;
                continue;
            }
            found.push(Clash {
                field,
                value: row.get(0)?,
                one: (row.get(1)?, row.get(2)?),
                other: (row.get::<_, Option<String>>(3)?.unwrap_or_default(), row.get(4)?),
            });
        }
    }
    Ok((found, more))
}

/// Fills `change`: what is put, soft-deleted and purged, in the order of the files.
fn find_changes(connection: &Connection, now: Timestamp, retention_days: u32) -> Result<(), StoreError> {
    let expired = expired_until(now, retention_days);
    let now = moment(now);
    // What the files say: new, different, come back, or moved to the recycle bin. Who was hard-deleted while the recycle bin
    // of the files went on naming him stays so.
    connection.execute(
        "INSERT INTO change (key, id, action, state, deleted_at, listed, entitlement, identity) \
         SELECT known.key, read.id, 'put', \
            CASE WHEN NOT read.in_bin THEN 'live' \
                 WHEN read.kind = 'Group' OR coalesce(read.deleted_at, known.deleted_at, ?1) <= ?2 \
                    OR (known.state = 'purged' AND known.listed_in_bin) THEN 'purged' \
                 ELSE 'deleted' END AS new_state, \
            iif(read.in_bin, coalesce(read.deleted_at, known.deleted_at, ?1), NULL), read.in_bin, \
            read.kind = 'Group' AND (known.key IS NULL OR known.enabled <> read.enabled OR known.state <> 'live' \
                OR read.in_bin), \
            known.key IS NULL OR known.folded <> read.folded OR known.state <> 'live' OR read.in_bin \
         FROM object AS read LEFT JOIN live.source_object AS known ON known.id = read.id \
         WHERE (known.key IS NULL AND new_state <> 'purged') \
            OR (known.key IS NOT NULL AND (known.state <> new_state \
                OR (known.content_hash <> read.content_hash AND new_state <> 'purged'))) \
         ORDER BY read.ordinal",
        params![now, expired],
    )?;
    // Whom the files no longer name. A record that was left out names nobody's deletion.
    connection.execute(
        &format!(
            "INSERT INTO spared (key, kind) SELECT known.key, known.kind FROM live.source_object AS known \
             WHERE EXISTS (SELECT 1 FROM skipped) AND {} AND {SPARED}",
            unnamed()
        ),
        [],
    )?;
    connection.execute(
        &format!(
            "INSERT OR IGNORE INTO change (key, id, action, state, deleted_at, listed, entitlement, identity) \
             SELECT known.key, known.id, 'go', iif(known.kind = 'Group' OR known.listed_in_bin, 'purged', 'deleted'), \
                ?1, 0, known.kind = 'Group', 1 \
             FROM live.source_object AS known WHERE {} AND NOT {SPARED} ORDER BY known.key",
            unnamed()
        ),
        params![now],
    )?;
    // Whose time in the recycle bin is over.
    connection.execute(
        "INSERT OR IGNORE INTO change (key, id, action, state, deleted_at, listed, entitlement, identity) \
         SELECT key, id, 'go', 'purged', deleted_at, listed_in_bin, 0, 1 FROM live.source_object \
         WHERE state = 'deleted' AND deleted_at <= ?1 ORDER BY key",
        params![expired],
    )?;
    Ok(())
}

/// The condition that no record which was read names an object of the last import any more.
fn unnamed() -> String {
    format!(
        "(known.state = 'live' OR known.listed_in_bin) AND known.state <> 'purged' AND NOT {STANDS} \
         AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = known.id)"
    )
}

/// Who was deleted at this moment or before has been in the recycle bin for long enough.
pub(super) fn expired_until(now: Timestamp, retention_days: u32) -> String {
    let kept = SignedDuration::from_hours(i64::from(retention_days) * 24);
    moment(now.checked_sub(kept).unwrap_or(Timestamp::MIN))
}

/// Fills the differences of member and assignment references.
pub(super) fn compare_edges(connection: &Connection) -> Result<(), StoreError> {
    let unnamed = "live.assignment_source AS known WHERE known.file NOT IN (SELECT id FROM file WHERE unchanged) \
         AND NOT EXISTS (SELECT 1 FROM assignment AS read WHERE read.application = known.application \
            AND read.reference = known.reference AND read.role = known.role)";
    let spared = "EXISTS (SELECT 1 FROM nameless WHERE kind = 'assignments')";
    connection.execute_batch(&format!(
        "CREATE TABLE member_gone AS
            SELECT known.group_key AS group_key, known.reference AS reference FROM object
            JOIN live.source_object AS held ON held.id = object.id AND object.kind = 'Group'
            JOIN live.member_source AS known ON known.group_key = held.key
            WHERE object.in_bin OR NOT EXISTS (SELECT 1 FROM member WHERE member.group_id = object.id
                AND member.reference = known.reference)
            UNION
            SELECT known.group_key, known.reference FROM change
            JOIN live.member_source AS known ON known.group_key = change.key WHERE change.state = 'purged'
            UNION
            SELECT known.group_key, known.reference FROM live.source_object AS reserved
            JOIN live.member_source AS known ON known.group_key = reserved.key
            WHERE reserved.sequence > (SELECT sequence FROM live.directory_state) AND reserved.state = 'purged'
              AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = reserved.id);
         CREATE TABLE member_new AS
            SELECT member.group_id AS group_id, member.reference AS reference FROM member
            LEFT JOIN live.source_object AS held ON held.id = member.group_id
            LEFT JOIN live.member_source AS known ON known.group_key = held.key AND known.reference = member.reference
            WHERE known.reference IS NULL;
         CREATE TABLE assignment_gone AS
            SELECT known.application AS application, known.reference AS reference, known.role AS role
            FROM {unnamed} AND NOT {spared};
         CREATE TABLE assignment_spared AS
            SELECT known.application AS application, known.reference AS reference, known.role AS role
            FROM {unnamed} AND {spared};",
    ))?;
    Ok(())
}

fn ambiguous_names(connection: &Connection) -> Result<(Vec<String>, u64), StoreError> {
    let mut statement = connection.prepare(
        "WITH named (folded, id) AS ( \
            SELECT folded, id FROM object WHERE kind = 'Group' AND NOT in_bin \
            UNION SELECT folded, id FROM live.source_object AS known WHERE kind = 'Group' AND state = 'live' \
                AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = known.id) \
                AND NOT EXISTS (SELECT 1 FROM change WHERE change.id = known.id)), \
         twice (folded) AS (SELECT folded FROM named GROUP BY folded HAVING count(*) > 1) \
         SELECT DISTINCT reference FROM ( \
            SELECT reference FROM assignment UNION ALL SELECT reference FROM live.assignment_source \
            WHERE file IN (SELECT id FROM file WHERE unchanged)) \
         WHERE reference IN (SELECT folded FROM twice) ORDER BY reference",
    )?;
    let (mut found, mut more) = (Vec::new(), 0);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if found.len() < TOLD {
            found.push(row.get(0)?);
        } else {
            more += 1;
        }
    }
    Ok((found, more))
}

fn removals(connection: &Connection) -> Result<Vec<Removal>, StoreError> {
    let objects = |kind: &str| {
        (
            format!("SELECT count(*) FROM live.source_object WHERE kind = '{kind}' AND state = 'live'"),
            format!(
                "SELECT count(*) FROM change JOIN live.source_object AS known ON known.key = change.key \
                 WHERE known.kind = '{kind}' AND known.state = 'live' AND change.state <> 'live'"
            ),
        )
    };
    let edges = |table: &str, gone: &str| {
        (format!("SELECT count(*) FROM live.{table}"), format!("SELECT count(*) FROM {gone}"))
    };
    let mut found = Vec::new();
    for (what, (present, removed)) in [
        ("users", objects("User")),
        ("groups", objects("Group")),
        ("memberships", edges("member_source", "member_gone")),
        ("assignments", edges("assignment_source", "assignment_gone")),
    ] {
        let removed: u64 = connection.query_row(&removed, [], |row| row.get(0))?;
        if removed > 0 {
            let present = connection.query_row(&present, [], |row| row.get(0))?;
            found.push(Removal { what, present, removed });
        }
    }
    Ok(found)
}

fn spared(connection: &Connection) -> Result<Spared, StoreError> {
    let count = |rows: &str| connection.query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| row.get(0));
    Ok(Spared {
        users: count("spared WHERE kind = 'User'")?,
        groups: count("spared WHERE kind = 'Group'")?,
        assignments: count("assignment_spared")?,
    })
}

/// Files that held something at the last import and are gone. Of a folder with a file an object, only the whole folder's
/// going counts: there, a file that goes is an object that goes.
fn missing_files(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT path FROM live.source_file AS known WHERE path NOT IN (SELECT path FROM file) \
         AND (instr(path, '/') = 0 OR NOT EXISTS (SELECT 1 FROM file \
            WHERE substr(file.path, 1, instr(known.path, '/')) = substr(known.path, 1, instr(known.path, '/')))) \
         ORDER BY path",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
