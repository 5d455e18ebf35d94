//! What was sent of a group's members, and what differs from the directory.
//!
//! Reads of groups exclude their members, so nothing but these rows knows what the target holds: a row for every member
//! whose addition was sent. Before a request leaves, its members are marked as *unsure*, for it may be carried out without
//! our ever hearing of it; whoever is unsure is sent again, whichever way the directory then has it.
//! Source: `spec/WIRE.md` §6, `spec/ENGINE.md` §10.

use super::{StoreError, Tables};
use rusqlite::params;

/// A member to be added or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The member's key.
    pub member: i64,
    /// Its id at the target.
    pub target_id: String,
    /// Its name, for the log.
    pub name: String,
    /// Whether an earlier request about it has no clear answer.
    pub unsure: bool,
}

/// What is known of members that were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// Sent as new members.
    Added,
    /// Sent as no longer members, or never members.
    Removed,
    /// Sent, and maybe members.
    Unsure,
}

/// A row as the target answered it.
const SURE: u8 = 0;
/// A row of somebody whom we disabled; the target may have dropped it.
const STALE: u8 = 1;
/// A row whose request has no clear answer.
const UNSURE: u8 = 2;

impl Tables {
    /// Whether the directory has `member` as a direct member of `group`.
    pub fn is_member(&self, group: i64, member: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM standing_membership WHERE group_key = ?1 AND member_key = ?2";
        Ok(self.0.prepare_cached(sql)?.exists(params![group, member])?)
    }

    /// How many direct members a group has in the directory, and of how many the target was told.
    pub fn count_members(&self, job: &str, group: i64) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM standing_membership AS membership WHERE group_key = ?2), \
                   (SELECT count(*) FROM member_link WHERE job = ?1 AND group_key = ?2)";
        Ok(self.0.prepare_cached(sql)?.query_row(params![job, group], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// How many members of a group an initial cycle adds at the target, at most, and how many it removes there.
    pub fn count_members_to_send(&self, job: &str, group: i64) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM standing_membership AS membership WHERE group_key = ?2 AND NOT EXISTS \
                             (SELECT 1 FROM member_link WHERE job = ?1 AND group_key = ?2 \
                              AND member_key = membership.member_key AND NOT stale)), \
                          (SELECT count(*) FROM member_link WHERE job = ?1 AND group_key = ?2 AND NOT EXISTS \
                             (SELECT 1 FROM standing_membership WHERE group_key = ?2 \
                              AND member_key = member_link.member_key))";
        Ok(self.0.prepare_cached(sql)?.query_row(params![job, group], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Members in the directory that are linked, in scope or not, and were not sent yet; in the order of their keys. A group
    /// counts as linked only where groups are provisioned themselves.
    pub fn members_to_add(&self, job: &str, group: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.members(
            "SELECT membership.member_key, connection.target_id, member.name, \
                EXISTS (SELECT 1 FROM member_link WHERE job = ?1 AND group_key = ?2 \
                        AND member_key = membership.member_key) \
             FROM standing_membership AS membership \
             JOIN connection ON connection.job = ?1 AND connection.object = membership.member_key \
             JOIN source_object AS member ON member.key = membership.member_key \
             WHERE membership.group_key = ?2 AND connection.state = 'linked' \
               AND NOT EXISTS (SELECT 1 FROM member_link WHERE job = ?1 AND group_key = ?2 \
                               AND member_key = membership.member_key AND stale <> 2) \
             ORDER BY membership.member_key",
            job,
            group,
        )
    }

    /// Members that were sent and are no longer in the directory.
    pub fn members_to_remove(&self, job: &str, group: i64) -> Result<Vec<MemberRow>, StoreError> {
        self.members(
            "SELECT member_link.member_key, member_link.target_id, coalesce(member.name, ''), member_link.stale = 2 \
             FROM member_link \
             LEFT JOIN source_object AS member ON member.key = member_link.member_key \
             WHERE member_link.job = ?1 AND member_link.group_key = ?2 \
               AND NOT EXISTS (SELECT 1 FROM standing_membership WHERE group_key = ?2 \
                               AND member_key = member_link.member_key) \
             ORDER BY member_link.member_key",
            job,
            group,
        )
    }

    /// Members whose own create, or return, failed: they are wanted, in scope as far as known, and not linked yet.
    pub fn members_in_escrow(&self, job: &str, group: i64) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT member.name FROM standing_membership AS membership JOIN source_object AS member ON member.key = membership.member_key \
             JOIN escrow ON escrow.job = ?1 AND escrow.object = membership.member_key AND escrow.kind = 'object' \
             WHERE membership.group_key = ?2 \
               AND escrow.operation NOT IN ('disable', 'delete') \
               AND NOT EXISTS (SELECT 1 FROM connection WHERE job = ?1 AND object = membership.member_key \
                               AND state = 'linked') \
             ORDER BY membership.member_key",
        )?;
        let rows = statement.query_map(params![job, group], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers what one request has done, or may do.
    pub fn put_members(
        &self,
        job: &str,
        group: i64,
        change: MemberChange,
        members: &[MemberRow],
    ) -> Result<(), StoreError> {
        let mut put = self.0.prepare_cached(
            "INSERT OR REPLACE INTO member_link (job, group_key, member_key, target_id, stale) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let mut remove =
            self.0.prepare_cached("DELETE FROM member_link WHERE job = ?1 AND group_key = ?2 AND member_key = ?3")?;
        for row in members {
            match change {
                MemberChange::Added => put.execute(params![job, group, row.member, row.target_id, SURE])?,
                MemberChange::Unsure => put.execute(params![job, group, row.member, row.target_id, UNSURE])?,
                MemberChange::Removed => remove.execute(params![job, group, row.member])?,
            };
        }
        Ok(())
    }

    /// Marks what was sent of a member as stale: we disabled it, and the target may have dropped it. What is unsure stays so.
    pub fn mark_member_stale(&self, job: &str, member: i64) -> Result<(), StoreError> {
        let sql = "UPDATE member_link SET stale = ?3 WHERE job = ?1 AND member_key = ?2 AND stale = ?4";
        self.0.prepare_cached(sql)?.execute(params![job, member, STALE, SURE])?;
        Ok(())
    }

    /// The members who are back of whom what was sent is stale: group and member.
    pub fn stale_members(&self, job: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT group_key, member_key FROM member_link WHERE job = ?1 AND stale = ?2 AND EXISTS \
               (SELECT 1 FROM connection WHERE connection.job = ?1 AND object = member_key AND state = 'linked')",
        )?;
        let rows = statement.query_map(params![job, STALE], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lets these stale members be sent again: at the initial cycle after a restart.
    pub fn send_again(&self, job: &str, members: &[(i64, i64)]) -> Result<(), StoreError> {
        let mut mark = self.0.prepare_cached(
            "UPDATE member_link SET stale = ?4 WHERE job = ?1 AND group_key = ?2 AND member_key = ?3 AND stale = ?5",
        )?;
        for (group, member) in members {
            mark.execute(params![job, group, member, UNSURE, STALE])?;
        }
        Ok(())
    }

    fn members(&self, sql: &str, job: &str, group: i64) -> Result<Vec<MemberRow>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params![job, group], |row| {
            Ok(MemberRow { member: row.get(0)?, target_id: row.get(1)?, name: row.get(2)?, unsure: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
