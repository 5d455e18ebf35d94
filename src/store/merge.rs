//! Merging an import: only the differences, each with a number of its own.
//!
//! What is true of one user alone goes first, in slices of short transactions between which others write: users that are
//! new, changed or soft-deleted ([`slice`]). All that depends on each other goes in the last transaction: groups, and whom
//! they entitle. There, objects come first, so that references can be resolved; then the references of groups that changed
//! and those that name an object which came, went or was renamed; then the same for assignments. An edge changes its number
//! only when it really comes or goes. The edge of a soft-deleted member stays.
//!
//! The directory's own number moves in the last transaction. So a cycle that begins meanwhile leaves the early ones to the
//! next; and after a crash between two slices the next import takes up the rest, with numbers past all that were given.
//!
//! Limit: an import that moves tens of thousands of memberships at once has them in the last transaction.
//! Source: `spec/ENGINE.md` §1, §3; `spec/WIRE.md` §6.

use super::{StoreError, import::ImportCounts, moment};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Whom a reference in lower case names: `{}` is the reference. The living before the deleted, ids before names.
const RESOLVED: &str = "(SELECT key FROM main.source_object AS named WHERE (named.id = {} OR (named.folded = {} AND KINDS)) \
     AND named.state <> 'purged' ORDER BY named.state = 'live' DESC, named.id = {} DESC, named.kind DESC, named.key LIMIT 1)";

/// How many changes one slice has.
pub(super) const SLICE: i64 = 250;

/// What there is to do in slices: how many changes, and how many objects with nothing but a new wrapping.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) changes: i64,
    pub(super) wrappings: i64,
}

/// Sorts the changes beside the live tables, which are attached as `live`. Those that go in slices are marked `early`.
/// `wrapping` lists what has the same content as before in another file or with other blanks. `touched` has the names under
/// which references may mean another object than before; those, too, of `orphan`s: objects that an import merged early
/// which then did not come to its end.
pub(super) fn prepare(connection: &Connection) -> Result<Extent, StoreError> {
    connection.execute_batch(
        "CREATE TABLE orphan AS SELECT key, id, folded FROM live.source_object
            WHERE sequence > (SELECT sequence FROM live.directory_state);
         CREATE TABLE touched (reference TEXT PRIMARY KEY) WITHOUT ROWID;
         INSERT OR IGNORE INTO touched SELECT id FROM orphan UNION ALL SELECT folded FROM orphan;
         INSERT OR IGNORE INTO touched SELECT source.reference FROM orphan
            JOIN live.membership ON membership.member_key = orphan.key
            JOIN live.member_source AS source ON source.group_key = membership.group_key AND source.member_key = orphan.key;
         INSERT OR IGNORE INTO touched SELECT reference FROM live.assignment_source
            WHERE EXISTS (SELECT 1 FROM orphan) AND principal_key IN (SELECT key FROM orphan);
         INSERT OR IGNORE INTO touched SELECT id FROM change WHERE identity;
         INSERT OR IGNORE INTO touched SELECT known.folded FROM change
            JOIN live.source_object AS known ON known.key = change.key WHERE identity;
         INSERT OR IGNORE INTO touched SELECT read.folded FROM change
            JOIN object AS read ON read.id = change.id WHERE identity;
         ALTER TABLE change ADD COLUMN early INTEGER NOT NULL DEFAULT 0;
         UPDATE change SET early = 1 WHERE action = 'go' AND state = 'deleted';
         UPDATE change SET early = 1 FROM object AS read WHERE change.action = 'put' AND change.state = 'live'
            AND read.id = change.id AND read.kind = 'User' AND (
                EXISTS (SELECT 1 FROM live.source_object AS known
                    WHERE known.key = change.key AND known.kind = 'User' AND known.state = 'live')
                OR (change.key IS NULL AND NOT EXISTS (SELECT 1 FROM live.source_object AS known
                    WHERE known.folded = read.folded AND known.state <> 'purged')));
         CREATE TABLE wrapping (place INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL);
         INSERT INTO wrapping (ordinal) SELECT read.ordinal FROM object AS read
            JOIN live.source_object AS known ON known.id = read.id
            WHERE (known.raw_hash <> read.raw_hash OR known.file IS NOT read.file)
              AND NOT EXISTS (SELECT 1 FROM change WHERE change.id = read.id);",
    )?;
    let last = |sql| connection.query_row(sql, [], |row| row.get(0));
    Ok(Extent {
        changes: last("SELECT coalesce(max(ordinal), 0) FROM change")?,
        wrappings: last("SELECT coalesce(max(place), 0) FROM wrapping")?,
    })
}

/// The number that the first change follows: past every number that was ever given.
pub(super) fn start(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT max(sequence, coalesce((SELECT max(sequence) FROM main.source_object), 0)) FROM \
               main.directory_state";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Merges what is early among the changes after `after`, as many as a slice has.
pub(super) fn slice(connection: &Connection, start: i64, after: i64) -> Result<(), StoreError> {
    merge_objects(connection, start, "early AND change.ordinal > ?2 AND change.ordinal <= ?3", after, after + SLICE)
}

/// Notes the new wrappings after `after`, as many as a slice has.
pub(super) fn rewrap(connection: &Connection, after: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE main.source_object SET raw_hash = read.raw_hash, file = read.file \
         FROM staging.wrapping JOIN staging.object AS read ON read.ordinal = wrapping.ordinal \
         WHERE place > ?1 AND place <= ?2 AND source_object.id = read.id",
        [after, after + SLICE],
    )?;
    Ok(())
}

/// Merges all that is not merged yet, and moves the directory's number.
pub(super) fn merge(
    connection: &Connection,
    start: i64,
    imported_at: Option<Timestamp>,
) -> Result<ImportCounts, StoreError> {
    merge_objects(connection, start, "NOT early AND change.ordinal > ?2 AND change.ordinal <= ?3", 0, i64::MAX)?;
    // Hard-deleted, and no longer named by the recycle bin of the files either: nothing is left to be remembered.
    connection.execute(
        "UPDATE main.source_object SET listed_in_bin = 0, file = NULL \
         WHERE state <> 'live' AND state = 'purged' AND listed_in_bin \
           AND coalesce(file, 0) NOT IN (SELECT id FROM staging.file WHERE unchanged) \
           AND coalesce(file, 0) NOT IN (SELECT file FROM staging.skipped) \
           AND NOT EXISTS (SELECT 1 FROM staging.object AS read WHERE read.id = source_object.id AND read.in_bin)",
        [],
    )?;
    let objects: i64 =
        connection.query_row("SELECT coalesce(max(ordinal), 0) FROM staging.change", [], |row| row.get(0))?;
    let memberships = merge_members(connection, start + objects)?;
    let assignments = merge_assignments(connection, start + objects + memberships)?;
    connection.execute_batch(
        "DELETE FROM main.source_file WHERE path NOT IN (SELECT path FROM staging.file);
         INSERT INTO main.source_file (id, path, kind, size, modified, trusted)
            SELECT id, path, kind, size, modified, trusted FROM staging.file WHERE true
            ON CONFLICT (id) DO UPDATE SET path = excluded.path, kind = excluded.kind, size = excluded.size,
                modified = excluded.modified, trusted = excluded.trusted;",
    )?;
    connection.execute(
        "UPDATE main.directory_state SET sequence = ?1, imported_at = coalesce(?2, imported_at)",
        params![start + objects + memberships + assignments, imported_at.map(moment)],
    )?;
    Ok(ImportCounts {
        objects: u64::try_from(objects).unwrap_or_default(),
        memberships: u64::try_from(memberships).unwrap_or_default(),
        assignments: u64::try_from(assignments).unwrap_or_default(),
        ..ImportCounts::default()
    })
}

/// Merges the changes that `which` selects, between `after` and `until` in their order.
fn merge_objects(connection: &Connection, start: i64, which: &str, after: i64, until: i64) -> Result<(), StoreError> {
    let range = [start, after, until];
    connection.execute(
        &format!(
            "UPDATE main.source_object SET kind = read.kind, name = read.name, folded = read.folded, \
                attributes = read.attributes, enabled = read.enabled, manager = read.manager, state = change.state, \
                deleted_at = change.deleted_at, listed_in_bin = read.in_bin, content_hash = read.content_hash, \
                raw_hash = read.raw_hash, file = read.file, sequence = ?1 + change.ordinal, \
                entitlement_sequence = iif(change.entitlement, ?1 + change.ordinal, source_object.entitlement_sequence) \
             FROM staging.change JOIN staging.object AS read ON read.id = change.id \
             WHERE {which} AND change.action = 'put' AND source_object.id = read.id"
        ),
        range,
    )?;
    connection.execute(
        &format!(
            "INSERT INTO main.source_object (kind, id, name, folded, attributes, enabled, manager, state, deleted_at, \
                listed_in_bin, content_hash, raw_hash, file, sequence, entitlement_sequence) \
             SELECT read.kind, read.id, read.name, read.folded, read.attributes, read.enabled, read.manager, \
                change.state, change.deleted_at, read.in_bin, read.content_hash, read.raw_hash, read.file, \
                ?1 + change.ordinal, iif(change.entitlement, ?1 + change.ordinal, 0) \
             FROM staging.change JOIN staging.object AS read ON read.id = change.id \
             WHERE {which} AND change.action = 'put' \
               AND NOT EXISTS (SELECT 1 FROM main.source_object AS known WHERE known.id = read.id) \
             ORDER BY change.ordinal"
        ),
        range,
    )?;
    connection.execute(
        &format!(
            "UPDATE main.source_object SET state = change.state, deleted_at = coalesce(change.deleted_at, \
                source_object.deleted_at), file = iif(change.listed, source_object.file, NULL), \
                listed_in_bin = change.listed, sequence = ?1 + change.ordinal, \
                entitlement_sequence = iif(change.entitlement, ?1 + change.ordinal, source_object.entitlement_sequence) \
             FROM staging.change WHERE {which} AND change.action = 'go' AND source_object.key = change.key"
        ),
        range,
    )?;
    Ok(())
}

fn merge_members(connection: &Connection, start: i64) -> Result<i64, StoreError> {
    let resolved = RESOLVED.replace("KINDS", "named.kind = 'User'").replace("{}", "member_source.reference");
    connection.execute_batch(&format!(
        "CREATE TABLE staging.edge (holder INTEGER NOT NULL, held INTEGER NOT NULL, PRIMARY KEY (holder, held)) WITHOUT ROWID;
         CREATE TABLE staging.pair (holder INTEGER NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (holder, reference)) WITHOUT ROWID;
         INSERT OR IGNORE INTO staging.edge SELECT known.group_key, known.member_key FROM staging.member_gone
            JOIN main.member_source AS known USING (group_key, reference) WHERE known.member_key IS NOT NULL;
         DELETE FROM main.member_source WHERE EXISTS (SELECT 1 FROM staging.member_gone AS gone
            WHERE gone.group_key = member_source.group_key AND gone.reference = member_source.reference)
            AND group_key IN (SELECT group_key FROM staging.member_gone);
         INSERT OR IGNORE INTO main.member_source (group_key, reference)
            SELECT holding.key, added.reference FROM staging.member_new AS added
            JOIN main.source_object AS holding ON holding.id = added.group_id WHERE holding.state = 'live';
         INSERT OR IGNORE INTO staging.pair SELECT holding.key, added.reference FROM staging.member_new AS added
            JOIN main.source_object AS holding ON holding.id = added.group_id WHERE holding.state = 'live';
         INSERT OR IGNORE INTO staging.pair SELECT group_key, reference FROM main.member_source
            WHERE reference IN (SELECT reference FROM staging.touched);
         INSERT OR IGNORE INTO staging.edge SELECT group_key, member_key FROM staging.pair
            JOIN main.member_source ON group_key = holder AND member_source.reference = pair.reference
            WHERE member_key IS NOT NULL;
         UPDATE main.member_source SET member_key = {resolved}
            FROM staging.pair WHERE member_source.group_key = pair.holder AND member_source.reference = pair.reference;
         INSERT OR IGNORE INTO staging.edge SELECT group_key, member_key FROM staging.pair
            JOIN main.member_source ON group_key = holder AND member_source.reference = pair.reference
            WHERE member_key IS NOT NULL;
         INSERT OR IGNORE INTO staging.edge SELECT membership.group_key, membership.member_key FROM staging.change
            JOIN main.membership ON membership.member_key = change.key WHERE change.identity;
         INSERT OR IGNORE INTO staging.edge SELECT membership.group_key, membership.member_key FROM staging.orphan
            JOIN main.membership ON membership.member_key = orphan.key;
         CREATE TABLE staging.turn AS SELECT row_number() OVER (ORDER BY holder, held) AS ordinal, holder, held, wanted FROM (
            SELECT holder, held,
                (EXISTS (SELECT 1 FROM main.member_source WHERE group_key = holder AND member_key = held)
                    OR (standing.removed = 0 AND (SELECT state FROM main.source_object WHERE key = held) = 'deleted'))
                AND (SELECT state FROM main.source_object WHERE key = held) <> 'purged' AS wanted,
                coalesce(standing.removed = 0, 0) AS stands
            FROM staging.edge LEFT JOIN main.membership AS standing
            ON standing.group_key = holder AND standing.member_key = held)
            WHERE wanted <> stands;"
    ))?;
    let changed = turn(
        connection,
        "INSERT INTO main.membership (group_key, member_key, sequence, removed) \
         SELECT holder, held, ?1 + ordinal, NOT wanted FROM staging.turn WHERE true \
         ON CONFLICT (group_key, member_key) DO UPDATE SET sequence = excluded.sequence, removed = excluded.removed",
        start,
    )?;
    connection.execute_batch("DROP TABLE staging.edge; DROP TABLE staging.pair; DROP TABLE staging.turn")?;
    Ok(changed)
}

fn merge_assignments(connection: &Connection, start: i64) -> Result<i64, StoreError> {
    let resolved = RESOLVED.replace("KINDS", "true").replace("{}", "assignment_source.reference");
    connection.execute_batch(&format!(
        "CREATE TABLE staging.edge (application TEXT NOT NULL, principal INTEGER NOT NULL, role TEXT NOT NULL,
            PRIMARY KEY (application, principal, role)) WITHOUT ROWID;
         INSERT OR IGNORE INTO staging.edge SELECT known.application, known.principal_key, known.role
            FROM staging.assignment_gone JOIN main.assignment_source AS known USING (application, reference, role)
            WHERE known.principal_key IS NOT NULL;
         DELETE FROM main.assignment_source WHERE (application, reference, role) IN
            (SELECT application, reference, role FROM staging.assignment_gone);
         INSERT INTO main.assignment_source (application, reference, role, file, position)
            SELECT application, reference, role, file, position FROM staging.assignment WHERE true
            ON CONFLICT (application, reference, role) DO UPDATE SET file = excluded.file, position = excluded.position;
         INSERT OR IGNORE INTO staging.touched SELECT reference FROM staging.assignment;
         INSERT OR IGNORE INTO staging.edge SELECT application, principal_key, role FROM main.assignment_source
            WHERE reference IN (SELECT reference FROM staging.touched) AND principal_key IS NOT NULL;
         UPDATE main.assignment_source SET principal_key = {resolved}
            WHERE reference IN (SELECT reference FROM staging.touched);
         INSERT OR IGNORE INTO staging.edge SELECT application, principal_key, role FROM main.assignment_source
            WHERE reference IN (SELECT reference FROM staging.touched) AND principal_key IS NOT NULL;
         UPDATE main.assignment SET position = held.position FROM main.assignment_source AS held
            WHERE held.application = assignment.application AND held.principal_key = assignment.principal_key
              AND held.role = assignment.role AND held.position <> assignment.position
              AND held.reference IN (SELECT reference FROM staging.touched);
         CREATE TABLE staging.turn AS SELECT row_number() OVER (ORDER BY application, principal, role) AS ordinal,
            application, principal, role, position, wanted FROM (
            SELECT edge.application, edge.principal, edge.role,
                (SELECT min(position) FROM main.assignment_source AS held WHERE held.application = edge.application
                    AND held.principal_key = edge.principal AND held.role = edge.role) AS position,
                EXISTS (SELECT 1 FROM main.assignment_source AS held WHERE held.application = edge.application
                    AND held.principal_key = edge.principal AND held.role = edge.role) AS wanted,
                coalesce(standing.removed = 0, 0) AS stands
            FROM staging.edge LEFT JOIN main.assignment AS standing ON standing.application = edge.application
                AND standing.principal_key = edge.principal AND standing.role = edge.role)
            WHERE wanted <> stands;"
    ))?;
    let changed = turn(
        connection,
        "INSERT INTO main.assignment (application, principal_key, role, position, sequence, removed) \
         SELECT application, principal, role, coalesce(position, 0), ?1 + ordinal, NOT wanted FROM staging.turn WHERE true \
         ON CONFLICT (application, principal_key, role) DO UPDATE SET position = excluded.position, \
            sequence = excluded.sequence, removed = excluded.removed",
        start,
    )?;
    connection.execute_batch(
        "CREATE TABLE staging.role_turn AS SELECT DISTINCT application FROM (
            SELECT * FROM (SELECT application, id, value, display_name FROM staging.app_role
                EXCEPT SELECT application, id, value, display_name FROM main.app_role)
            UNION ALL SELECT * FROM (SELECT application, id, value, display_name FROM main.app_role
                WHERE file NOT IN (SELECT id FROM staging.file WHERE unchanged)
                  AND file NOT IN (SELECT file FROM staging.skipped)
                EXCEPT SELECT application, id, value, display_name FROM staging.app_role));
         DELETE FROM main.app_role WHERE file NOT IN (SELECT id FROM staging.file WHERE unchanged)
            AND file NOT IN (SELECT file FROM staging.skipped);
         INSERT OR REPLACE INTO main.app_role (application, id, value, display_name, file)
            SELECT application, id, value, display_name, file FROM staging.app_role;",
    )?;
    // Whoever is assigned to an application whose roles changed may hold another role now.
    let concerned = connection.execute(
        "UPDATE main.assignment SET sequence = ?1 \
         WHERE NOT removed AND application IN (SELECT application FROM staging.role_turn)",
        [start + changed + 1],
    )?;
    Ok(changed + i64::from(concerned > 0))
}

/// Applies what `staging.turn` says, and tells how many numbers that took.
fn turn(connection: &Connection, statement: &str, start: i64) -> Result<i64, StoreError> {
    connection.execute(statement, [start])?;
    Ok(connection.query_row("SELECT count(*) FROM staging.turn", [], |row| row.get(0))?)
}
