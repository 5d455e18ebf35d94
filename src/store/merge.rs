//! Merging an import: only the differences, each with a number of its own.
//!
//! Everything is worked out beside the live tables (`turn`), and then merged in slices of short transactions (`slice`),
//! between which others write ([`Series`], in their order):
//!
//! * *Users* of whom what changes is true of them alone: new, changed, soft-deleted or purged ones. Groups, and users whose
//!   name another one had, wait for the end; of those that are new a row is reserved, purged as yet, so that they have a key.
//! * *Memberships and assignments.* A row is written with its new number, which lies past the directory's own; until that
//!   has moved, the row says what it was before, and that is what everybody reads (the views `standing_*`). An edge changes
//!   its number only when it really comes or goes. The edge of a soft-deleted member stays.
//! * *References* as the files have them, which nobody reads but the next import.
//!
//! The last transaction has what is left: groups, whom they entitle, the files, and the directory's own number, with which all
//! edges turn at once. A cycle that begins before leaves all of it to the next.
//!
//! After a crash between two slices the next import takes up the rest, with numbers past all that were given: the files and
//! groups that were about to be merged are distrusted first, so that they are read again whatever has become of them; objects
//! and edges whose number lies past the directory's are judged anew. Source: `spec/ENGINE.md` §1, §3; `spec/WIRE.md` §6.
//!
//! Limit: groups that are new, changed or gone, and files that changed, go in the last transaction.

use super::{
    StoreError,
    import::{ImportCounts, SPARED},
    merge_edges, moment,
    slice::{Slice, Slices},
    staging::Staging,
};
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// What is merged in slices, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    /// The files that changed are read again if this import does not come to its end.
    Files,
    /// Objects that no file has, and that stay.
    Spared,
    /// The groups of which references change are read again if this import does not come to its end.
    Groups,
    /// Users, and the reserved rows of what comes at the end.
    Objects,
    /// Objects that have nothing new but their raw text or their file.
    Wrappings,
    /// Memberships that come or go.
    MemberTurns,
    /// Memberships that only get a number.
    MemberTouches,
    /// References of groups that go.
    MembersGone,
    /// References of groups that are new or name somebody else.
    MemberSteps,
    /// Assignments that come or go.
    AssignmentTurns,
    /// Assignments that only get a number.
    AssignmentTouches,
    /// Assignments that take another place in their order.
    AssignmentPlaces,
    /// References of assignments that no file has, and that stay.
    AssignmentsSpared,
    /// References of assignments that go.
    AssignmentsGone,
    /// References of assignments that are new, name somebody else or stand elsewhere.
    AssignmentSteps,
}

impl Series {
    const ALL: [Self; 15] = [
        Self::Files,
        Self::Spared,
        Self::Groups,
        Self::Objects,
        Self::Wrappings,
        Self::MemberTurns,
        Self::MemberTouches,
        Self::MembersGone,
        Self::MemberSteps,
        Self::AssignmentTurns,
        Self::AssignmentTouches,
        Self::AssignmentPlaces,
        Self::AssignmentsSpared,
        Self::AssignmentsGone,
        Self::AssignmentSteps,
    ];

    /// The table of the staging file that lists its rows; their places count from 1.
    fn table(self) -> &'static str {
        match self {
            Self::Files => "distrusted",
            Self::Spared => "spared",
            Self::Groups => "altered_group",
            Self::Objects => "change",
            Self::Wrappings => "wrapping",
            Self::MemberTurns => "member_turn",
            Self::MemberTouches => "member_touch",
            Self::MembersGone => "member_gone",
            Self::MemberSteps => "member_step",
            Self::AssignmentTurns => "assignment_turn",
            Self::AssignmentTouches => "assignment_touch",
            Self::AssignmentPlaces => "assignment_place",
            Self::AssignmentsSpared => "assignment_spared",
            Self::AssignmentsGone => "assignment_gone",
            Self::AssignmentSteps => "assignment_step",
        }
    }

    /// Whether each of its rows gets a change number.
    fn is_numbered(self) -> bool {
        let numbered =
            [Self::Objects, Self::MemberTurns, Self::MemberTouches, Self::AssignmentTurns, Self::AssignmentTouches];
        numbered.contains(&self)
    }
}

/// What there is to merge: how many rows each series has.
#[derive(Clone, Debug)]
pub(super) struct Extent(Vec<(Series, i64)>);

impl Extent {
    pub(super) fn of(&self, series: Series) -> i64 {
        self.0.iter().find(|(known, _)| *known == series).map_or(0, |(_, count)| *count)
    }

    /// The slices, with numbers past `start`, and the last of all numbers.
    pub(super) fn slices(&self, mut start: i64) -> (Slices, i64) {
        let mut whole = Vec::new();
        for (series, count) in &self.0 {
            whole.push(Slice { series: *series, after: 0, until: *count, start });
            start += if series.is_numbered() { *count } else { 0 };
        }
        (Slices::of(whole), start)
    }

    /// What comes or goes.
    pub(super) fn counts(&self) -> ImportCounts {
        let count = |series| u64::try_from(self.of(series)).unwrap_or_default();
        ImportCounts {
            objects: count(Series::Objects),
            memberships: count(Series::MemberTurns),
            assignments: count(Series::AssignmentTurns),
            ..ImportCounts::default()
        }
    }
}

impl Staging {
    /// Works out what is to be merged, and sorts it, beside the live tables, which are attached as `live`. Those objects that
    /// go in slices are marked `early`. `wrapping` lists what has the same content as before in another file or with other
    /// blanks; `altered_group` the groups whose references change.
    pub(super) fn prepare_merge(&self) -> Result<Extent, StoreError> {
        self.work_out()?;
        let connection = &self.connection;
        connection.execute_batch(&format!(
            "CREATE TABLE distrusted AS SELECT id FROM live.source_file
                WHERE trusted AND path NOT IN (SELECT path FROM file WHERE unchanged);
             CREATE TABLE altered_group AS SELECT held.key AS key, held.id AS id FROM live.source_object AS held
                WHERE held.key IN (SELECT group_key FROM member_gone) OR held.id IN (SELECT group_id FROM member_new);
             CREATE INDEX altered_group_id ON altered_group (id);
             ALTER TABLE change ADD COLUMN early INTEGER NOT NULL DEFAULT 0;
             UPDATE change SET early = 1 WHERE action = 'go' AND EXISTS (SELECT 1 FROM live.source_object AS known
                WHERE known.key = change.key AND known.kind = 'User');
             UPDATE change SET early = 1 FROM object AS read WHERE change.action = 'put' AND change.state = 'live'
                AND read.id = change.id AND read.kind = 'User' AND (
                    EXISTS (SELECT 1 FROM live.source_object AS known
                        WHERE known.key = change.key AND known.kind = 'User' AND known.state = 'live')
                    OR (change.key IS NULL AND NOT EXISTS (SELECT 1 FROM live.source_object AS known
                        WHERE known.folded = read.folded AND known.state <> 'purged')));
             CREATE INDEX change_late ON change (ordinal) WHERE early = 0;
             CREATE TABLE wrapping AS SELECT read.ordinal AS ordinal FROM object AS read
                JOIN live.source_object AS known ON known.id = read.id
                WHERE (known.raw_hash <> read.raw_hash OR known.file IS NOT read.file)
                  AND NOT EXISTS (SELECT 1 FROM change WHERE change.id = read.id)
                  AND read.id NOT IN (SELECT id FROM altered_group);
             CREATE TABLE unlisted AS SELECT known.key AS key FROM live.source_object AS known
                WHERE known.state <> 'live' AND known.state = 'purged' AND known.listed_in_bin
                  AND coalesce(known.file, 0) NOT IN (SELECT id FROM file WHERE unchanged)
                  AND NOT {SPARED}
                  AND NOT EXISTS (SELECT 1 FROM object AS read WHERE read.id = known.id AND read.in_bin);",
        ))?;
        let count = |series: Series| {
            let last = format!("SELECT coalesce(max(rowid), 0) FROM {}", series.table());
            Ok((series, connection.query_row(&last, [], |row| row.get(0))?))
        };
        Series::ALL.into_iter().map(count).collect::<Result<_, StoreError>>().map(Extent)
    }
}

/// The number that the first change follows: past every number that was ever given.
pub(super) fn start(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT max(sequence, coalesce((SELECT max(sequence) FROM main.source_object), 0), \
                   coalesce((SELECT max(sequence) FROM main.membership), 0), \
                   coalesce((SELECT max(sequence) FROM main.assignment), 0)) FROM main.directory_state";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Merges one slice.
pub(super) fn merge_slice(connection: &Connection, slice: Slice) -> Result<(), StoreError> {
    let Slice { series, after, until, start } = slice;
    let place = params![after, until];
    match series {
        Series::Files => connection.execute(
            "UPDATE main.source_file SET trusted = 0 \
             WHERE id IN (SELECT id FROM staging.distrusted WHERE rowid > ?1 AND rowid <= ?2)",
            place,
        )?,
        // No file names them any more. So none keeps them by being unchanged once the record is mended that spares them.
        Series::Spared => connection.execute(
            "UPDATE main.source_object SET file = 0 \
             WHERE key IN (SELECT key FROM staging.spared WHERE rowid > ?1 AND rowid <= ?2)",
            place,
        )?,
        Series::Groups => connection.execute(
            "UPDATE main.source_object SET raw_hash = x'' \
             WHERE key IN (SELECT key FROM staging.altered_group WHERE rowid > ?1 AND rowid <= ?2)",
            place,
        )?,
        Series::Objects => {
            merge_objects(connection, start, "early = 1", after, until)?;
            reserve(connection, start, after, until)?
        }
        Series::Wrappings => connection.execute(
            "UPDATE main.source_object SET raw_hash = read.raw_hash, file = read.file \
             FROM staging.wrapping JOIN staging.object AS read ON read.ordinal = wrapping.ordinal \
             WHERE wrapping.rowid > ?1 AND wrapping.rowid <= ?2 AND source_object.id = read.id",
            place,
        )?,
        _ => merge_edges::merge_slice(connection, slice)?,
    };
    Ok(())
}

/// Gives those that come at the end a key: their rows are there, and count as purged until then.
fn reserve(connection: &Connection, start: i64, after: i64, until: i64) -> Result<usize, StoreError> {
    Ok(connection.execute(
        "INSERT INTO main.source_object (kind, id, name, folded, attributes, enabled, manager, state, deleted_at, \
            listed_in_bin, content_hash, raw_hash, file, sequence, entitlement_sequence) \
         SELECT read.kind, read.id, read.name, read.folded, read.attributes, read.enabled, read.manager, 'purged', NULL, \
            0, x'', x'', NULL, ?1 + change.ordinal, 0 \
         FROM staging.change JOIN staging.object AS read ON read.id = change.id \
         WHERE early = 0 AND change.ordinal > ?2 AND change.ordinal <= ?3 AND change.action = 'put' \
           AND change.key IS NULL ORDER BY change.ordinal",
        [start, after, until],
    )?)
}

/// Merges all that is not merged yet, and moves the directory's number to `last`.
pub(super) fn finish(
    connection: &Connection,
    start: i64,
    last: i64,
    imported_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    merge_objects(connection, start, "early = 0", 0, i64::MAX)?;
    connection.execute_batch(
        "UPDATE main.source_object SET raw_hash = read.raw_hash, file = read.file
            FROM staging.altered_group JOIN staging.object AS read ON read.id = altered_group.id
            WHERE source_object.key = altered_group.key
              AND NOT EXISTS (SELECT 1 FROM staging.change WHERE change.id = read.id);
         -- Hard-deleted, and no longer named by the recycle bin of the files either: nothing is left to be remembered.
         UPDATE main.source_object SET listed_in_bin = 0, file = NULL WHERE key IN (SELECT key FROM staging.unlisted);
         DELETE FROM main.source_file WHERE path NOT IN (SELECT path FROM staging.file);
         INSERT INTO main.source_file (id, path, kind, size, modified, trusted)
            SELECT id, path, kind, size, modified, trusted FROM staging.file WHERE NOT unchanged
            ON CONFLICT (id) DO UPDATE SET path = excluded.path, kind = excluded.kind, size = excluded.size,
                modified = excluded.modified, trusted = excluded.trusted;
         DELETE FROM main.app_role WHERE file NOT IN (SELECT id FROM staging.file WHERE unchanged)
            AND NOT EXISTS (SELECT 1 FROM staging.nameless WHERE kind = 'appRoles');
         INSERT OR REPLACE INTO main.app_role (application, id, value, display_name, file)
            SELECT application, id, value, display_name, file FROM staging.app_role;",
    )?;
    connection.execute(
        "UPDATE main.directory_state SET sequence = ?1, imported_at = coalesce(?2, imported_at)",
        params![last, imported_at.map(moment)],
    )?;
    Ok(())
}

/// Merges the changes that `which` selects, between `after` and `until` in their order.
fn merge_objects(connection: &Connection, start: i64, which: &str, after: i64, until: i64) -> Result<(), StoreError> {
    let which = format!("{which} AND change.ordinal > ?2 AND change.ordinal <= ?3");
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
