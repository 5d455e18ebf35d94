//! Connections: which target object belongs to which source object, per job; and attempts, what may have
//! happened without our knowing.

use super::{ObjectKind, StoreError, Tables, moment, timestamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// What a connection means (`spec/ENGINE.md` §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// In step.
    Linked,
    /// Disabled because the source is disabled or soft-deleted; a purge sends DELETE.
    Suspended,
    /// Disabled because unassigned or filtered out; nothing more is sent until it returns.
    Released,
}

impl ConnectionState {
    /// The name that the file uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Suspended => "suspended",
            Self::Released => "released",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "linked" => Ok(Self::Linked),
            "suspended" => Ok(Self::Suspended),
            "released" => Ok(Self::Released),
            other => Err(StoreError::Unexpected(format!("`{other}` for the state of a connection"))),
        }
    }
}

/// A stored connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// The source object's key.
    pub object: i64,
    /// User or group.
    pub kind: ObjectKind,
    /// The id at the target.
    pub target_id: String,
    /// What it means.
    pub state: ConnectionState,
    /// Since when it has that state.
    pub since: Timestamp,
    /// Whether the source object named a manager when its references were last looked at; [`Tables::note_manager`] says so.
    pub names_manager: bool,
    /// Whether the source object was out of scope when it was last looked at; [`Tables::note_scope`] says so.
    pub out_of_scope: bool,
    /// Whether the source object was entitled when the account was suspended, or has been since.
    pub entitled: bool,
}

/// Something that was tried and has no clear answer yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The source object's key.
    pub object: i64,
    /// The matching paths and values it was sent with: JSON, a list of pairs.
    pub matching: String,
}

/// The groups that have an object (?2) as a member and were not told of it.
const LATE_MEMBERSHIPS: &str = "INSERT OR IGNORE INTO work (job, phase, object) SELECT ?1, 4, membership.group_key \
     FROM standing_membership AS membership CROSS JOIN connection ON connection.job = ?1 AND connection.object = membership.group_key \
     WHERE membership.member_key = ?2 AND connection.state = 'linked' \
       AND NOT EXISTS (SELECT 1 FROM member_link WHERE job = ?1 AND group_key = membership.group_key \
                       AND member_key = ?2 AND stale <> 2)";

/// The users who have an object (?2) as their manager. The joins keep their order: from the object to those who name it.
const LATE_REPORTS: &str = "INSERT OR IGNORE INTO work (job, phase, object) SELECT ?1, 5, reporter.key \
     FROM source_object AS linked CROSS JOIN source_object AS reporter ON reporter.manager IN (linked.id, linked.folded) \
     CROSS JOIN connection ON connection.job = ?1 AND connection.object = reporter.key \
     WHERE linked.key = ?2 AND linked.kind = 'User' AND reporter.kind = 'User' AND connection.state = 'linked'";

type Raw = (i64, String, String, String, String, bool, bool, bool);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
}

fn connection(
    (object, kind, target_id, state, since, names_manager, out_of_scope, entitled): Raw,
) -> Result<ConnectionRow, StoreError> {
    Ok(ConnectionRow {
        object,
        kind: ObjectKind::parse(&kind)?,
        target_id,
        state: ConnectionState::parse(&state)?,
        since: timestamp(&since)?,
        names_manager,
        out_of_scope,
        entitled,
    })
}

impl Tables {
    /// The connection of one object.
    pub fn connection(&self, job: &str, object: i64) -> Result<Option<ConnectionRow>, StoreError> {
        let sql = "SELECT object, kind, target_id, state, since, names_manager, out_of_scope, entitled FROM connection \
                   WHERE job = ?1 AND object = ?2";
        self.0.prepare_cached(sql)?.query_row(params![job, object], raw).optional()?.map(connection).transpose()
    }

    /// Who holds a target object.
    pub fn connection_to(
        &self,
        job: &str,
        kind: ObjectKind,
        target_id: &str,
    ) -> Result<Option<ConnectionRow>, StoreError> {
        let sql = "SELECT object, kind, target_id, state, since, names_manager, out_of_scope, entitled FROM connection \
                   WHERE job = ?1 AND kind = ?2 AND target_id = ?3";
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_row(params![job, kind.name(), target_id], raw).optional()?.map(connection).transpose()
    }

    /// Stores a connection, in place of one that the object had. What was noted of its manager and of its scope stays.
    pub fn put_connection(&self, job: &str, row: &ConnectionRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO connection (job, object, kind, target_id, state, since, entitled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                 ON CONFLICT (job, object) DO UPDATE SET kind = excluded.kind, target_id = excluded.target_id, \
                 state = excluded.state, since = iif(state = excluded.state, since, excluded.since), entitled = excluded.entitled",
            )?
            .execute(params![
                job,
                row.object,
                row.kind.name(),
                row.target_id,
                row.state.name(),
                moment(row.since),
                row.entitled
            ])?;
        Ok(())
    }

    /// Notes whether the source object of a connection names a manager.
    pub fn note_manager(&self, job: &str, object: i64, named: bool) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE connection SET names_manager = ?3 WHERE job = ?1 AND object = ?2")?
            .execute(params![job, object, named])?;
        Ok(())
    }

    /// Notes whether the source object of a connection is out of scope.
    pub fn note_scope(&self, job: &str, object: i64, out: bool) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE connection SET out_of_scope = ?3 WHERE job = ?1 AND object = ?2")?
            .execute(params![job, object, out])?;
        Ok(())
    }

    /// Removes a connection and what was remembered of the object's memberships. Unlinking what is not linked is fine.
    pub fn remove_connection(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM connection WHERE job = ?1 AND object = ?2")?
            .execute(params![job, object])?;
        self.0
            .prepare_cached("DELETE FROM member_link WHERE job = ?1 AND (group_key = ?2 OR member_key = ?2)")?
            .execute(params![job, object])?;
        Ok(())
    }

    /// Removes a connection as [`Tables::remove_connection`] does, for an object that stays and may be matched to another
    /// target object: the groups that it was sent to as a member are walked again.
    pub fn part(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.walk_groups_of(job, object)?;
        self.remove_connection(job, object)
    }

    /// Adds work for the groups that the object was sent to as a member.
    fn walk_groups_of(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT OR IGNORE INTO work (job, phase, object) \
                 SELECT job, 4, group_key FROM member_link WHERE job = ?1 AND member_key = ?2",
            )?
            .execute(params![job, object])?;
        Ok(())
    }

    /// Removes a connection and keeps what was remembered of memberships, so that they can still be taken back.
    pub fn forget_connection(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM connection WHERE job = ?1 AND object = ?2")?
            .execute(params![job, object])?;
        Ok(())
    }

    /// Passes a connection, with its member rows, from one source object to another; what was pending for the old one is
    /// dropped (a re-hire takes over the account: `spec/WIRE.md` §2). The groups that the account is in are walked, for the
    /// new object need not be in them.
    pub fn move_connection(&self, job: &str, from: i64, to: i64) -> Result<(), StoreError> {
        for sql in [
            "UPDATE connection SET object = ?3, names_manager = 0, out_of_scope = 0, entitled = 1 WHERE job = ?1 AND object = ?2",
            "UPDATE OR REPLACE member_link SET member_key = ?3 WHERE job = ?1 AND member_key = ?2",
            "UPDATE OR REPLACE member_link SET group_key = ?3 WHERE job = ?1 AND group_key = ?2",
        ] {
            self.0.prepare_cached(sql)?.execute(params![job, from, to])?;
        }
        self.walk_groups_of(job, to)?;
        for table in ["escrow", "attempt", "staged"] {
            self.0.execute(&format!("DELETE FROM {table} WHERE job = ?1 AND object = ?2"), params![job, from])?;
        }
        Ok(())
    }

    /// Adds work for those whose references failed because `object` was not there, and for groups of which it is unsure
    /// whether it is a member: it is linked now.
    pub fn wake_references(&self, job: &str, object: i64) -> Result<(), StoreError> {
        for sql in [
            "INSERT OR IGNORE INTO work (job, phase, object) SELECT escrow.job, 4, escrow.object FROM escrow \
             JOIN standing_membership ON group_key = escrow.object AND member_key = ?2 \
             WHERE escrow.job = ?1 AND escrow.kind = 'reference'",
            "INSERT OR IGNORE INTO work (job, phase, object) SELECT escrow.job, 5, escrow.object FROM escrow \
             JOIN source_object AS reporter ON reporter.key = escrow.object AND reporter.kind = 'User' \
             JOIN source_object AS linked ON linked.key = ?2 \
             WHERE escrow.job = ?1 AND escrow.kind = 'reference' \
               AND (reporter.manager = linked.id OR reporter.manager = linked.folded)",
            "INSERT OR IGNORE INTO work (job, phase, object) SELECT job, 4, group_key FROM member_link \
             WHERE job = ?1 AND member_key = ?2 AND stale = 2",
        ] {
            self.0.prepare_cached(sql)?.execute(params![job, object])?;
        }
        Ok(())
    }

    /// Adds work for the groups that have `object` as a member and were not told of it, and for the users who have it as
    /// their manager, as far as they are at the target: it is linked now. Only what refers to the object is looked at.
    pub fn wake_late_references(&self, job: &str, object: i64) -> Result<(), StoreError> {
        for sql in [LATE_MEMBERSHIPS, LATE_REPORTS] {
            self.0.prepare_cached(sql)?.execute(params![job, object])?;
        }
        Ok(())
    }

    /// How many connections of a kind a job has.
    pub fn count_connections(&self, job: &str, kind: ObjectKind) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM connection WHERE job = ?1 AND kind = ?2";
        Ok(self.0.query_row(sql, params![job, kind.name()], |row| row.get(0))?)
    }

    /// Whether a job has any connection.
    pub fn has_connections(&self, job: &str) -> Result<bool, StoreError> {
        Ok(self.0.prepare_cached("SELECT 1 FROM connection WHERE job = ?1 LIMIT 1")?.exists([job])?)
    }

    /// The attempt that stands for an object.
    pub fn attempt(&self, job: &str, object: i64) -> Result<Option<AttemptRow>, StoreError> {
        let sql = "SELECT object, matching FROM attempt WHERE job = ?1 AND object = ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let row = statement
            .query_row(params![job, object], |row| Ok(AttemptRow { object: row.get(0)?, matching: row.get(1)? }));
        Ok(row.optional()?)
    }

    /// Notes what is about to be tried, in place of an attempt that stood.
    pub fn put_attempt(&self, job: &str, kind: ObjectKind, row: &AttemptRow, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO attempt (job, object, kind, matching, began) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.0.prepare_cached(sql)?.execute(params![job, row.object, kind.name(), row.matching, moment(now)])?;
        Ok(())
    }

    /// Lets an attempt of `from` stand for `to`, unless one does already.
    pub fn pass_attempt(&self, job: &str, from: i64, to: i64) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO attempt (job, object, kind, matching, began) \
                   SELECT job, ?3, kind, '[]', began FROM attempt WHERE job = ?1 AND object = ?2";
        self.0.prepare_cached(sql)?.execute(params![job, from, to])?;
        Ok(())
    }

    /// Ends an attempt: its answer was clear.
    pub fn remove_attempt(&self, job: &str, object: i64) -> Result<(), StoreError> {
        self.0.prepare_cached("DELETE FROM attempt WHERE job = ?1 AND object = ?2")?.execute(params![job, object])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn late_references_are_looked_up_from_the_object_that_is_linked() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db"), "test").unwrap();
        let plan = |sql: &'static str| {
            store.read(move |tables| {
                let mut statement = tables.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = statement.query_map(params!["job", 1], |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
        };
        let of_groups = plan(LATE_MEMBERSHIPS).await.unwrap();
        assert!(of_groups.starts_with("SEARCH membership USING INDEX membership_member (member_key=?)"), "{of_groups}");
        let of_reports = plan(LATE_REPORTS).await.unwrap();
        assert_eq!(
            of_reports,
            "SEARCH linked USING INTEGER PRIMARY KEY (rowid=?); \
             SEARCH reporter USING INDEX source_object_manager (manager=?); \
             SEARCH connection USING PRIMARY KEY (job=? AND object=?)"
        );
    }
}
