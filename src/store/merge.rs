//! Merging an import: only the differences, in one transaction, each with a number of its own.
//!
//! Objects first, so that references can be resolved; then the references of groups that changed and those that name an
//! object which came, went or was renamed; then the same for assignments. An edge changes its number only when it really
//! comes or goes. The edge of a soft-deleted member stays. Source: `spec/ENGINE.md` §1, §3; `spec/WIRE.md` §6.

use super::{StoreError, import::ImportCounts, inventory::UnknownReferences, moment};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Whom a reference in lower case names: `{}` is the reference. The living before the deleted, ids before names.
const RESOLVED: &str = "(SELECT key FROM main.source_object AS named WHERE (named.id = {} OR (named.folded = {} AND KINDS)) \
     AND named.state <> 'purged' ORDER BY named.state = 'live' DESC, named.id = {} DESC, named.kind DESC, named.key LIMIT 1)";

pub(super) fn merge(connection: &Connection, imported_at: Option<Timestamp>) -> Result<ImportCounts, StoreError> {
    let start: i64 = connection.query_row("SELECT sequence FROM main.directory_state", [], |row| row.get(0))?;
    let objects = merge_objects(connection, start)?;
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
        unknown: UnknownReferences::find(connection, "staging.object", "true")?,
    })
}

fn merge_objects(connection: &Connection, start: i64) -> Result<i64, StoreError> {
    // The names under which references may mean another object than before.
    connection.execute_batch(
        "CREATE TABLE staging.touched (reference TEXT PRIMARY KEY) WITHOUT ROWID;
         INSERT OR IGNORE INTO staging.touched SELECT id FROM staging.change WHERE identity;
         INSERT OR IGNORE INTO staging.touched SELECT known.folded FROM staging.change
            JOIN main.source_object AS known ON known.key = change.key WHERE identity;
         INSERT OR IGNORE INTO staging.touched SELECT read.folded FROM staging.change
            JOIN staging.object AS read ON read.id = change.id WHERE identity;",
    )?;
    connection.execute(
        "UPDATE main.source_object SET kind = read.kind, name = read.name, folded = read.folded, \
            attributes = read.attributes, enabled = read.enabled, manager = read.manager, state = change.state, \
            deleted_at = change.deleted_at, listed_in_bin = read.in_bin, content_hash = read.content_hash, \
            raw_hash = read.raw_hash, file = read.file, sequence = ?1 + change.ordinal, \
            entitlement_sequence = iif(change.entitlement, ?1 + change.ordinal, source_object.entitlement_sequence) \
         FROM staging.change JOIN staging.object AS read ON read.id = change.id \
         WHERE change.action = 'put' AND source_object.id = read.id",
        [start],
    )?;
    connection.execute(
        "INSERT INTO main.source_object (kind, id, name, folded, attributes, enabled, manager, state, deleted_at, \
            listed_in_bin, content_hash, raw_hash, file, sequence, entitlement_sequence) \
         SELECT read.kind, read.id, read.name, read.folded, read.attributes, read.enabled, read.manager, change.state, \
            change.deleted_at, read.in_bin, read.content_hash, read.raw_hash, read.file, ?1 + change.ordinal, \
            iif(change.entitlement, ?1 + change.ordinal, 0) \
         FROM staging.change JOIN staging.object AS read ON read.id = change.id \
         WHERE change.action = 'put' AND read.id NOT IN (SELECT id FROM main.source_object) ORDER BY change.ordinal",
        [start],
    )?;
    connection.execute(
        "UPDATE main.source_object SET state = change.state, deleted_at = coalesce(change.deleted_at, \
            source_object.deleted_at), file = iif(change.listed, source_object.file, NULL), \
            listed_in_bin = change.listed, sequence = ?1 + change.ordinal, \
            entitlement_sequence = iif(change.entitlement, ?1 + change.ordinal, source_object.entitlement_sequence) \
         FROM staging.change WHERE change.action = 'go' AND source_object.key = change.key",
        [start],
    )?;
    // The same content in another wrapping: another file, other blanks.
    connection.execute(
        "UPDATE main.source_object SET raw_hash = read.raw_hash, file = read.file FROM staging.object AS read \
         WHERE read.id = source_object.id AND (source_object.raw_hash <> read.raw_hash OR source_object.file IS NOT read.file)",
        [],
    )?;
    // Hard-deleted, and no longer named by the recycle bin of the files either: nothing is left to be remembered.
    connection.execute(
        "UPDATE main.source_object SET listed_in_bin = 0, file = NULL \
         WHERE state <> 'live' AND state = 'purged' AND listed_in_bin \
           AND coalesce(file, 0) NOT IN (SELECT id FROM staging.file WHERE unchanged) \
           AND coalesce(file, 0) NOT IN (SELECT file FROM staging.skipped) \
           AND NOT EXISTS (SELECT 1 FROM staging.object AS read WHERE read.id = source_object.id AND read.in_bin)",
        [],
    )?;
    Ok(connection.query_row("SELECT coalesce(max(ordinal), 0) FROM staging.change", [], |row| row.get(0))?)
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
