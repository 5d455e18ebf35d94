//! What a compared import would do, worked out beside the live tables.
//!
//! `became` has the users and groups that change and what they will be. Memberships and assignments depend on whom their
//! references will name then: `member_turn` and `assignment_turn` have those that come or go. `merge` merges these tables.
//! Objects go by their ids here, for new ones have no key yet. Source: `spec/ENGINE.md` §1.

use super::{
    StoreError,
    comparison::name_of,
    inventory::{UnknownReferences, sample},
    staging::Staging,
};
use rusqlite::Connection;

/// Whom a reference will name: `{}` is the reference. The living before the deleted, ids before names.
const RESOLVED: &str = "(SELECT id FROM ( \
     SELECT id, kind, state, key FROM became WHERE (id = {} OR (folded = {} AND KINDS)) AND state <> 'purged' \
     UNION ALL SELECT id, kind, state, key FROM live.source_object AS known \
     WHERE (id = {} OR (folded = {} AND KINDS)) AND state <> 'purged' \
       AND NOT EXISTS (SELECT 1 FROM became WHERE became.id = known.id)) \
     ORDER BY state = 'live' DESC, id = {} DESC, kind DESC, key LIMIT 1)";

/// The state that an object will have: `{}` is its id.
const STATE: &str = "coalesce((SELECT state FROM became WHERE id = {}), \
     (SELECT state FROM live.source_object WHERE id = {}), 'purged')";

impl Staging {
    /// Works out what follows from the changed objects, after [`Staging::compare`]. All that is below looks at its result.
    pub fn work_out(&self) -> Result<(), StoreError> {
        let connection = &self.connection;
        // An object that was purged before and stands in the files again counts as new.
        connection.execute_batch(
            "CREATE TABLE became AS
                SELECT change.id AS id, read.kind AS kind, read.name AS name, read.folded AS folded, change.state AS state,
                    coalesce(known.key, (1 << 62) + change.ordinal) AS key, change.ordinal AS ordinal, change.identity AS identity,
                    change.entitlement AS entitlement,
                    known.key AS known_key, known.folded AS known_folded,
                    CASE WHEN change.state = 'purged' THEN 'HardDeleted'
                         WHEN change.state = 'deleted' THEN iif(known.state = 'deleted', 'Changed', 'SoftDeleted')
                         WHEN known.key IS NULL OR known.state = 'purged' THEN 'Added'
                         WHEN known.state = 'deleted' THEN 'Restored' ELSE 'Changed' END AS change
                FROM change JOIN object AS read ON read.id = change.id
                LEFT JOIN live.source_object AS known ON known.id = change.id WHERE change.action = 'put'
                UNION ALL
                SELECT change.id, known.kind, known.name, known.folded, change.state, known.key, change.ordinal, change.identity,
                    change.entitlement, known.key, known.folded, iif(change.state = 'purged', 'HardDeleted', 'SoftDeleted')
                FROM change JOIN live.source_object AS known ON known.key = change.key WHERE change.action = 'go';
             CREATE INDEX became_id ON became (id);
             CREATE INDEX became_folded ON became (folded);
             CREATE INDEX became_ordinal ON became (kind, ordinal);
             CREATE TABLE touched (reference TEXT PRIMARY KEY) WITHOUT ROWID;
             INSERT OR IGNORE INTO touched SELECT id FROM became WHERE identity;
             INSERT OR IGNORE INTO touched SELECT folded FROM became WHERE identity;
             INSERT OR IGNORE INTO touched SELECT known_folded FROM became WHERE identity AND known_folded IS NOT NULL;
             CREATE TABLE orphan AS SELECT key, id, folded FROM live.source_object
                WHERE sequence > (SELECT sequence FROM live.directory_state);
             INSERT OR IGNORE INTO touched SELECT id FROM orphan UNION ALL SELECT folded FROM orphan;
             INSERT OR IGNORE INTO touched SELECT source.reference FROM orphan
                CROSS JOIN live.membership ON membership.member_key = orphan.key
                JOIN live.member_source AS source ON source.group_key = membership.group_key AND source.member_key = orphan.key;
             INSERT OR IGNORE INTO touched SELECT reference FROM live.assignment_source
                WHERE EXISTS (SELECT 1 FROM orphan) AND principal_key IN (SELECT key FROM orphan);",
        )?;
        work_out_members(connection)?;
        work_out_assignments(connection)
    }

    /// References that would name nobody, among those that the import touches. Comes after [`Staging::work_out`].
    pub fn unknown_references(&self) -> Result<UnknownReferences, StoreError> {
        let resolved = RESOLVED.replace("KINDS", "true").replace("{}", "read.manager");
        let holder = name_of("unknown_member.holder");
        Ok(UnknownReferences {
            members: sample(&self.connection, &format!("SELECT {holder}, reference FROM unknown_member"))?,
            managers: sample(
                &self.connection,
                &format!("SELECT name, manager FROM object AS read WHERE manager IS NOT NULL AND {resolved} IS NULL"),
            )?,
            principals: sample(&self.connection, "SELECT application, reference FROM unknown_principal")?,
        })
    }
}

/// Whom a reference names, where it is the id of somebody who lives: what most references are.
fn by_id(reference: &str) -> String {
    "(SELECT id FROM became WHERE id = {} AND state = 'live'), \
     (SELECT id FROM live.source_object AS known WHERE known.id = {} AND known.state = 'live' \
        AND NOT EXISTS (SELECT 1 FROM became WHERE became.id = {}))"
        .replace("{}", reference)
}

/// `member_turn`: the memberships that come or go; `member_touch`: those that only get a number, for an import that did not
/// come to its end left them half-turned; `member_step`: the references that are new or name somebody else.
fn work_out_members(connection: &Connection) -> Result<(), StoreError> {
    let resolved = RESOLVED.replace("KINDS", "kind = 'User'").replace("{}", "pair.reference");
    let by_id = by_id("pair.reference");
    let state = |id: &str| STATE.replace("{}", id);
    connection.execute_batch(&format!(
        "CREATE INDEX member_gone_pair ON member_gone (group_key, reference);
         CREATE TABLE pair (holder TEXT NOT NULL, holder_key INTEGER, reference TEXT NOT NULL, held TEXT,
            PRIMARY KEY (holder, reference)) WITHOUT ROWID;
         INSERT OR IGNORE INTO pair (holder, holder_key, reference)
            SELECT added.group_id, (SELECT key FROM live.source_object WHERE id = added.group_id), added.reference
            FROM member_new AS added WHERE {} = 'live';
         INSERT OR IGNORE INTO pair (holder, holder_key, reference)
            SELECT holding.id, holding.key, known.reference FROM touched
            CROSS JOIN live.member_source AS known ON known.reference = touched.reference
            JOIN live.source_object AS holding ON holding.key = known.group_key
            WHERE NOT EXISTS (SELECT 1 FROM member_gone AS gone
                WHERE gone.group_key = known.group_key AND gone.reference = known.reference);
         UPDATE pair SET held = coalesce({by_id}, {resolved});
         CREATE INDEX pair_held ON pair (holder, held);
         CREATE TABLE edge (holder TEXT NOT NULL, held TEXT NOT NULL, PRIMARY KEY (holder, held)) WITHOUT ROWID;
         INSERT OR IGNORE INTO edge SELECT holding.id, held.id FROM member_gone
            JOIN live.member_source AS known USING (group_key, reference)
            JOIN live.source_object AS holding ON holding.key = known.group_key
            JOIN live.source_object AS held ON held.key = known.member_key;
         INSERT OR IGNORE INTO edge SELECT pair.holder, held.id FROM pair
            JOIN live.member_source AS known ON known.group_key = pair.holder_key AND known.reference = pair.reference
            JOIN live.source_object AS held ON held.key = known.member_key;
         INSERT OR IGNORE INTO edge SELECT holder, held FROM pair WHERE held IS NOT NULL;
         INSERT OR IGNORE INTO edge SELECT holding.id, became.id FROM became
            CROSS JOIN live.membership ON membership.member_key = became.known_key
            JOIN live.source_object AS holding ON holding.key = membership.group_key WHERE became.identity;
         INSERT OR IGNORE INTO edge SELECT holding.id, orphan.id FROM orphan
            CROSS JOIN live.membership ON membership.member_key = orphan.key
            JOIN live.source_object AS holding ON holding.key = membership.group_key;
         INSERT OR IGNORE INTO edge SELECT holding.id, held.id FROM live.membership AS half
            JOIN live.source_object AS holding ON holding.key = half.group_key
            JOIN live.source_object AS held ON held.key = half.member_key
            WHERE half.sequence > (SELECT sequence FROM live.directory_state);
         CREATE TABLE judged AS
            SELECT edge.holder AS holder, edge.held AS held,
                (EXISTS (SELECT 1 FROM pair WHERE pair.holder = edge.holder AND pair.held = edge.held)
                    OR EXISTS (SELECT 1 FROM live.member_source AS known
                        WHERE known.group_key = holding.key AND known.member_key = member.key
                          AND NOT EXISTS (SELECT 1 FROM pair
                            WHERE pair.holder = edge.holder AND pair.reference = known.reference)
                          AND NOT EXISTS (SELECT 1 FROM member_gone AS gone
                            WHERE gone.group_key = known.group_key AND gone.reference = known.reference))
                    OR (standing.member_key IS NOT NULL AND {} = 'deleted'))
                AND {} <> 'purged' AS wanted,
                standing.member_key IS NOT NULL AS stands,
                EXISTS (SELECT 1 FROM live.membership AS half
                    WHERE half.group_key = holding.key AND half.member_key = member.key
                      AND half.sequence > (SELECT sequence FROM live.directory_state)) AS half
            FROM edge LEFT JOIN live.source_object AS holding ON holding.id = edge.holder
            LEFT JOIN live.source_object AS member ON member.id = edge.held
            LEFT JOIN live.standing_membership AS standing
                ON standing.group_key = holding.key AND standing.member_key = member.key;
         CREATE TABLE member_turn AS SELECT holder, held, wanted FROM judged WHERE wanted <> stands;
         CREATE TABLE member_touch AS SELECT holder, held, wanted FROM judged WHERE wanted = stands AND half;
         CREATE TABLE member_step AS SELECT pair.holder AS holder, pair.reference AS reference, pair.held AS held
            FROM pair LEFT JOIN live.member_source AS known
                ON known.group_key = pair.holder_key AND known.reference = pair.reference
            WHERE known.reference IS NULL
               OR (known.member_key IS NULL AND pair.held IS NOT NULL)
               OR known.member_key IS NOT (SELECT key FROM live.source_object WHERE id = pair.held);
         CREATE TABLE unknown_member AS SELECT holder, reference FROM pair WHERE held IS NULL;
         DROP TABLE judged;
         DROP TABLE edge;
         DROP TABLE pair",
        state("added.group_id"),
        state("edge.held"),
        state("edge.held"),
    ))?;
    Ok(())
}

/// `assignment_turn` and `role_turn`: the assignments and roles that come or go; `assignment_touch`: the assignments that only
/// get a number, half-turned ones and those to an application whose roles change, for whoever holds one may hold another role
/// then; `assignment_place`: those that take another place in the order of assignment; `assignment_step`: the references that
/// are new, name somebody else, or stand elsewhere.
fn work_out_assignments(connection: &Connection) -> Result<(), StoreError> {
    let resolved = RESOLVED.replace("KINDS", "true").replace("{}", "pair.reference");
    let by_id = by_id("pair.reference");
    connection.execute_batch(&format!(
        "CREATE INDEX assignment_gone_row ON assignment_gone (application, reference, role);
         INSERT OR IGNORE INTO touched SELECT reference FROM assignment;
         CREATE TABLE pair (application TEXT NOT NULL, reference TEXT NOT NULL, role TEXT NOT NULL, held TEXT,
            file INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (application, reference, role)) WITHOUT ROWID;
         INSERT INTO pair (application, reference, role, file, position)
            SELECT application, reference, role, file, position FROM assignment;
         INSERT OR IGNORE INTO pair (application, reference, role, file, position)
            SELECT known.application, known.reference, known.role, known.file, known.position FROM touched
            CROSS JOIN live.assignment_source AS known ON known.reference = touched.reference
            WHERE NOT EXISTS (SELECT 1 FROM assignment_gone AS gone WHERE gone.application = known.application
                AND gone.reference = known.reference AND gone.role = known.role);
         UPDATE pair SET held = coalesce({by_id}, {resolved});
         CREATE INDEX pair_held ON pair (application, held, role);
         CREATE TABLE edge (application TEXT NOT NULL, held TEXT NOT NULL, role TEXT NOT NULL,
            PRIMARY KEY (application, held, role)) WITHOUT ROWID;
         INSERT OR IGNORE INTO edge SELECT known.application, held.id, known.role FROM assignment_gone
            JOIN live.assignment_source AS known USING (application, reference, role)
            JOIN live.source_object AS held ON held.key = known.principal_key;
         INSERT OR IGNORE INTO edge SELECT known.application, held.id, known.role FROM pair
            CROSS JOIN live.assignment_source AS known USING (application, reference, role)
            JOIN live.source_object AS held ON held.key = known.principal_key;
         INSERT OR IGNORE INTO edge SELECT application, held, role FROM pair WHERE held IS NOT NULL;
         INSERT OR IGNORE INTO edge SELECT half.application, held.id, half.role FROM live.assignment AS half
            JOIN live.source_object AS held ON held.key = half.principal_key
            WHERE half.sequence > (SELECT sequence FROM live.directory_state);
         CREATE TABLE judged AS
            SELECT edge.application AS application, edge.held AS held, edge.role AS role,
                (SELECT min(position) FROM pair INDEXED BY pair_held WHERE pair.application = edge.application
                    AND pair.held = edge.held AND pair.role = edge.role) AS read,
                (SELECT min(position) FROM live.assignment_source AS known INDEXED BY assignment_source_principal
                    WHERE known.application = edge.application AND known.principal_key = principal.key
                      AND known.role = edge.role AND known.reference NOT IN (SELECT reference FROM touched)
                      AND NOT EXISTS (SELECT 1 FROM assignment_gone AS gone WHERE gone.application = known.application
                        AND gone.reference = known.reference AND gone.role = known.role)) AS kept,
                standing.principal_key IS NOT NULL AS stands, standing.position AS stood,
                EXISTS (SELECT 1 FROM live.assignment AS half WHERE half.application = edge.application
                    AND half.principal_key = principal.key AND half.role = edge.role
                    AND half.sequence > (SELECT sequence FROM live.directory_state)) AS half
            FROM edge LEFT JOIN live.source_object AS principal ON principal.id = edge.held
            LEFT JOIN live.standing_assignment AS standing ON standing.application = edge.application
                AND standing.principal_key = principal.key AND standing.role = edge.role;
         ALTER TABLE judged ADD COLUMN place INTEGER;
         UPDATE judged SET place = min(coalesce(read, kept), coalesce(kept, read));
         CREATE TABLE assignment_turn AS SELECT application, held, role, place IS NOT NULL AS wanted,
            coalesce(place, stood) AS position FROM judged WHERE (place IS NOT NULL) <> stands;
         CREATE TABLE assignment_touch AS SELECT application, held, role, place IS NOT NULL AS wanted,
            coalesce(place, stood, 0) AS position FROM judged WHERE (place IS NOT NULL) = stands AND half;
         CREATE TABLE assignment_place AS SELECT application, held, role, place AS position
            FROM judged WHERE place IS NOT NULL AND stands AND NOT half AND place <> stood
            ORDER BY place > stood, iif(place > stood, -place, place);
         CREATE TABLE assignment_step AS SELECT pair.application AS application, pair.reference AS reference,
                pair.role AS role, pair.held AS held, pair.file AS file, pair.position AS position
            FROM pair LEFT JOIN live.assignment_source AS known USING (application, reference, role)
            WHERE known.file IS NOT pair.file OR known.position IS NOT pair.position
               OR (known.principal_key IS NULL AND pair.held IS NOT NULL)
               OR known.principal_key IS NOT (SELECT key FROM live.source_object WHERE id = pair.held);
         CREATE TABLE unknown_principal AS
            SELECT DISTINCT application, reference FROM pair WHERE held IS NULL;
         DROP TABLE judged;
         DROP TABLE edge;
         DROP TABLE pair;
         CREATE TABLE role_turn AS
            SELECT iif(EXISTS (SELECT 1 FROM live.app_role AS known
                WHERE known.application = read.application AND known.id = read.id), 'Changed', 'Added') AS change,
                application, id, value, display_name
            FROM (SELECT application, id, value, display_name FROM app_role
                EXCEPT SELECT application, id, value, display_name FROM live.app_role) AS read
            UNION ALL
            SELECT 'Removed', application, id, value, display_name FROM live.app_role AS known
            WHERE file NOT IN (SELECT id FROM file WHERE unchanged)
              AND NOT EXISTS (SELECT 1 FROM nameless WHERE kind = 'appRoles')
              AND NOT EXISTS (SELECT 1 FROM app_role AS read
                WHERE read.application = known.application AND read.id = known.id);
         CREATE INDEX assignment_turn_edge ON assignment_turn (application, held, role);
         INSERT INTO assignment_touch SELECT standing.application, held.id, standing.role, 1, standing.position
            FROM live.standing_assignment AS standing JOIN live.source_object AS held ON held.key = standing.principal_key
            WHERE standing.application IN (SELECT application FROM role_turn)
              AND NOT EXISTS (SELECT 1 FROM assignment_turn AS turn WHERE turn.application = standing.application
                AND turn.held = held.id AND turn.role = standing.role)",
    ))?;
    Ok(())
}
