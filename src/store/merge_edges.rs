//! The slices of a merge that are about memberships, assignments, and the references that they come from.
//!
//! A row that comes or goes has a number past the directory's own, and keeps in `was` what it is until then. One that was
//! left half-turned by an import without an end keeps what it was before that one. Source: `spec/ENGINE.md` §1, §3.

use super::{StoreError, merge::Series, slice::Slice};
use rusqlite::{Connection, params_from_iter, types::Value};

/// Merges one slice of what is about edges. Returns how many rows it changed.
pub(super) fn merge_slice(connection: &Connection, slice: Slice) -> Result<usize, StoreError> {
    let Slice { series, after, until, start } = slice;
    let place = [after, until];
    let numbered = [after, until, start];
    Ok(match series {
        Series::MemberTurns => connection.execute(&turn_members("member_turn"), numbered)?,
        Series::MemberTouches => connection.execute(&turn_members("member_touch"), numbered)?,
        Series::MembersGone => row_by_row(
            connection,
            "SELECT group_key, reference FROM staging.member_gone WHERE rowid > ?1 AND rowid <= ?2",
            "DELETE FROM main.member_source WHERE group_key = ?1 AND reference = ?2",
            place,
        )?,
        Series::MemberSteps => connection.execute(
            "INSERT INTO main.member_source (group_key, reference, member_key) \
             SELECT holding.key, step.reference, (SELECT key FROM main.source_object WHERE id = step.held) \
             FROM staging.member_step AS step CROSS JOIN main.source_object AS holding ON holding.id = step.holder \
             WHERE step.rowid > ?1 AND step.rowid <= ?2 \
             ON CONFLICT (group_key, reference) DO UPDATE SET member_key = excluded.member_key",
            place,
        )?,
        Series::AssignmentTurns => connection.execute(&turn_assignments("assignment_turn"), numbered)?,
        Series::AssignmentTouches => connection.execute(&turn_assignments("assignment_touch"), numbered)?,
        Series::AssignmentPlaces => row_by_row(
            connection,
            "SELECT place.application, held.key, place.role, place.position FROM staging.assignment_place AS place \
             CROSS JOIN main.source_object AS held ON held.id = place.held \
             WHERE place.rowid > ?1 AND place.rowid <= ?2 ORDER BY place.rowid",
            "UPDATE main.assignment SET position = ?4 WHERE application = ?1 AND principal_key = ?2 AND role = ?3",
            place,
        )?,
        Series::AssignmentsGone => row_by_row(
            connection,
            "SELECT application, reference, role FROM staging.assignment_gone WHERE rowid > ?1 AND rowid <= ?2",
            "DELETE FROM main.assignment_source WHERE application = ?1 AND reference = ?2 AND role = ?3",
            place,
        )?,
        Series::AssignmentsSpared => row_by_row(
            connection,
            "SELECT application, reference, role FROM staging.assignment_spared WHERE rowid > ?1 AND rowid <= ?2",
            "UPDATE main.assignment_source SET file = 0 WHERE application = ?1 AND reference = ?2 AND role = ?3",
            place,
        )?,
        Series::AssignmentSteps => connection.execute(
            "INSERT INTO main.assignment_source (application, reference, role, file, position, principal_key) \
             SELECT step.application, step.reference, step.role, step.file, step.position, \
                (SELECT key FROM main.source_object WHERE id = step.held) \
             FROM staging.assignment_step AS step WHERE step.rowid > ?1 AND step.rowid <= ?2 \
             ON CONFLICT (application, reference, role) DO UPDATE SET file = excluded.file, \
                position = excluded.position, principal_key = excluded.principal_key",
            place,
        )?,
        Series::Files | Series::Spared | Series::Groups | Series::Objects | Series::Wrappings => 0,
    })
}

/// Runs a statement for each row that a query gives, with its columns: each finds its one row by the primary key, however many
/// others have the same beginning.
fn row_by_row(connection: &Connection, query: &str, statement: &str, place: [i64; 2]) -> Result<usize, StoreError> {
    let (mut query, mut statement) = (connection.prepare(query)?, connection.prepare(statement)?);
    let mut rows = query.query(place)?;
    let mut changed = 0;
    while let Some(row) = rows.next()? {
        let columns = (0..statement.parameter_count()).map(|column| row.get::<_, Value>(column));
        changed += statement.execute(params_from_iter(columns.collect::<Result<Vec<_>, _>>()?))?;
    }
    Ok(changed)
}

/// What a row of `{}` is until the directory's number has passed its new one.
const WAS: &str = "iif({}.sequence > (SELECT sequence FROM main.directory_state), {}.was, {}.removed)";

fn turn_members(table: &str) -> String {
    let was = WAS.replace("{}", "membership");
    format!(
        "INSERT INTO main.membership (group_key, member_key, sequence, removed) \
         SELECT holding.key, held.key, ?3 + turn.rowid, NOT turn.wanted FROM staging.{table} AS turn \
         CROSS JOIN main.source_object AS holding ON holding.id = turn.holder \
         CROSS JOIN main.source_object AS held ON held.id = turn.held \
         WHERE turn.rowid > ?1 AND turn.rowid <= ?2 \
         ON CONFLICT (group_key, member_key) DO UPDATE SET was = {was}, sequence = excluded.sequence, \
            removed = excluded.removed"
    )
}

fn turn_assignments(table: &str) -> String {
    let was = WAS.replace("{}", "assignment");
    format!(
        "INSERT INTO main.assignment (application, principal_key, role, position, sequence, removed) \
         SELECT turn.application, held.key, turn.role, turn.position, ?3 + turn.rowid, NOT turn.wanted \
         FROM staging.{table} AS turn CROSS JOIN main.source_object AS held ON held.id = turn.held \
         WHERE turn.rowid > ?1 AND turn.rowid <= ?2 \
         ON CONFLICT (application, principal_key, role) DO UPDATE SET was = {was}, position = excluded.position, \
            sequence = excluded.sequence, removed = excluded.removed"
    )
}
