//! The work table of a cycle: which objects are to be walked, and in which phase. Several causes, one walk.
//!
//! A cycle first gathers *candidates*: everybody for an initial cycle, what changed past the watermark for an incremental
//! one, and what the escrow says is due. The engine judges each candidate's scope and moves it to its phase.
//! Source: `spec/ENGINE.md` §3, "What a change affects".

use super::{ObjectKind, StoreError, Tables, moment};
use jiff::Timestamp;
use rusqlite::params;

/// The phases of a cycle, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// Not yet judged.
    Candidates = 0,
    /// Disables and deletes; and whatever was tried before without a clear answer.
    Leavers = 1,
    /// Users to be created or updated.
    Users = 2,
    /// Groups to be created or updated.
    Groups = 3,
    /// Members of groups.
    Memberships = 4,
    /// Managers.
    References = 5,
}

impl Phase {
    /// All phases in their order.
    pub const ALL: [Self; 6] =
        [Self::Candidates, Self::Leavers, Self::Users, Self::Groups, Self::Memberships, Self::References];

    /// The name that people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candidates => "scope",
            Self::Leavers => "leavers",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Memberships => "memberships",
            Self::References => "references",
        }
    }

    /// The phase in which objects of a kind are created or updated.
    pub fn of(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::User => Self::Users,
            ObjectKind::Group => Self::Groups,
        }
    }

    pub(super) fn number(self) -> u8 {
        self as u8
    }

    pub(super) fn parse(number: u8) -> Result<Self, StoreError> {
        let unknown = || StoreError::Unexpected(format!("`{number}` for a phase"));
        Self::ALL.get(usize::from(number)).copied().ok_or_else(unknown)
    }
}

/// One object to be walked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkRow {
    /// The object's key.
    pub object: i64,
    /// What an earlier phase learnt of the target's state, as JSON.
    pub known: Option<String>,
}

/// What a cycle of a job looks at.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The job.
    pub job: String,
    /// What assignments call its application.
    pub application: String,
    /// Whether everybody in the directory is entitled.
    pub everybody: bool,
    /// Whether groups are provisioned as objects.
    pub groups: bool,
    /// The cycle ends at this change number.
    pub high: i64,
}

/// The users who are direct members of a group that an inner query selects.
const MEMBERS_OF: &str = "SELECT 0, membership.member_key FROM \
     membership JOIN source_object AS member ON member.key = membership.member_key \
     WHERE member.kind = 'User' AND membership.group_key IN ";

/// The users, and where groups are provisioned (?3) the groups, in the directory.
const EVERYBODY: &str = "SELECT key AS object FROM source_object WHERE state = 'live' AND (kind = 'User' OR ?3)";

/// Those assigned to the application (?2) or to the job by its own name (?1), and the direct members of assigned groups.
const ENTITLED: &str = "SELECT principal_key AS object FROM standing_assignment JOIN source_object ON key = principal_key \
     WHERE application IN (?2, lower(?1)) AND state = 'live' AND (kind = 'User' OR ?3) \
     UNION SELECT member_key FROM standing_membership AS membership JOIN source_object AS member ON member.key = member_key \
     WHERE member.kind = 'User' AND member.state = 'live' AND membership.group_key IN \
       (SELECT principal_key FROM standing_assignment JOIN source_object ON key = principal_key \
        WHERE application IN (?2, lower(?1)) AND kind = 'Group' AND state = 'live' AND enabled)";

/// What the job (?1) has connected, may have created, or could not create: whoever that is and has left scope is waited for no
/// more.
const KNOWN: &str = "SELECT object FROM connection WHERE job = ?1 AND (kind = 'User' OR ?3) \
     UNION SELECT object FROM attempt WHERE job = ?1 AND (kind = 'User' OR ?3) \
     UNION SELECT object FROM escrow JOIN source_object ON key = object \
     WHERE job = ?1 AND escrow.kind = 'object' AND (source_object.kind = 'User' OR ?3)";

/// The query for the candidates of an initial cycle.
fn initial_candidates(reach: &Reach) -> String {
    format!("{} UNION {KNOWN}", if reach.everybody { EVERYBODY } else { ENTITLED })
}

impl Tables {
    /// The work of an initial cycle: the entitled (or everybody), the connected, what was attempted, what failed, and the
    /// references in escrow that are due at `now` (all of them if `every_escrow`), whatever comes of their users.
    pub fn initial_work(
        &self,
        reach: &Reach,
        now: Timestamp,
        every_escrow: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        let Reach { job, application, .. } = reach;
        let mut work = Work::default();
        self.gather(
            &mut work,
            &format!("SELECT 0, object FROM ({})", initial_candidates(reach)),
            params![job, application, reach.groups],
        )?;
        if reach.groups {
            self.gather(&mut work, "SELECT 4, object FROM connection WHERE job = ?1 AND kind = 'Group'", params![job])?;
        }
        self.gather_due_references(&mut work, job, &due(now, every_escrow))?;
        Ok(work.in_order())
    }

    /// The candidates that [`Tables::initial_work`] begins with.
    pub fn initial_candidates(&self, reach: &Reach) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.0.prepare(&format!("{} ORDER BY object", initial_candidates(reach)))?;
        let rows = statement.query_map(params![reach.job, reach.application, reach.groups], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The work of an incremental cycle: what changed after `watermark`, the escrows due at `now` (all of them if
    /// `every_escrow`), and what the deletion guard holds back.
    pub fn incremental_work(
        &self,
        reach: &Reach,
        watermark: i64,
        now: Timestamp,
        every_escrow: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        let mut work = Work::default();
        let Reach { job, high, .. } = reach;
        self.gather(
            &mut work,
            "SELECT 0, key FROM source_object WHERE sequence > ?2 AND sequence <= ?3 AND (kind = 'User' OR ?4)",
            params![job, watermark, high, reach.groups],
        )?;
        if !reach.everybody {
            self.gather_entitlement_changes(&mut work, reach, watermark)?;
        }
        if reach.groups {
            self.gather(
                &mut work,
                "SELECT 4, membership.group_key FROM membership \
                 JOIN connection ON connection.job = ?1 AND connection.object = membership.group_key \
                 WHERE membership.sequence > ?2 AND membership.sequence <= ?3",
                params![job, watermark, high],
            )?;
        }
        let due = due(now, every_escrow);
        self.gather(
            &mut work,
            "SELECT 0, object FROM escrow WHERE job = ?1 AND kind = 'object' AND next_attempt <= ?2",
            params![job, due],
        )?;
        self.gather(&mut work, "SELECT 0, object FROM staged WHERE job = ?1", params![job])?;
        self.gather_due_references(&mut work, job, &due)?;
        Ok(work.in_order())
    }

    fn gather_due_references(&self, work: &mut Work, job: &str, due: &str) -> Result<(), StoreError> {
        self.gather(
            work,
            "SELECT iif(source_object.kind = 'Group', 4, 5), object FROM escrow \
             JOIN source_object ON key = object \
             WHERE escrow.job = ?1 AND escrow.kind = 'reference' AND next_attempt <= ?2",
            params![job, due],
        )
    }

    /// Those whose assignment may have changed: by their own assignment, by their groups', by a group's being
    /// security-enabled or there at all, or by a membership of an assigned group.
    fn gather_entitlement_changes(&self, work: &mut Work, reach: &Reach, watermark: i64) -> Result<(), StoreError> {
        let Reach { job, application, high, .. } = reach;
        let changed = params![job, application, watermark, high];
        self.gather(
            work,
            "SELECT 0, principal_key FROM assignment JOIN source_object ON key = principal_key \
             WHERE application IN (?2, lower(?1)) AND assignment.sequence > ?3 AND assignment.sequence <= ?4 AND (kind = 'User' OR ?5)",
            params![job, application, watermark, high, reach.groups],
        )?;
        self.gather(
            work,
            &format!(
                "{MEMBERS_OF} (SELECT principal_key FROM assignment \
                 WHERE application IN (?2, lower(?1)) AND assignment.sequence > ?3 AND assignment.sequence <= ?4)"
            ),
            changed,
        )?;
        self.gather(
            work,
            &format!(
                "{MEMBERS_OF} (SELECT key FROM source_object JOIN assignment ON principal_key = key \
                 WHERE application IN (?2, lower(?1)) AND kind = 'Group' AND entitlement_sequence > ?3 AND entitlement_sequence <= ?4)"
            ),
            changed,
        )?;
        self.gather(
            work,
            "SELECT 0, membership.member_key FROM membership \
             JOIN source_object AS member ON member.key = membership.member_key \
             WHERE membership.sequence > ?3 AND membership.sequence <= ?4 AND member.kind = 'User' \
               AND membership.group_key IN (SELECT principal_key FROM assignment WHERE application IN (?2, lower(?1)))",
            changed,
        )?;
        Ok(())
    }

    /// Adds one object to a phase, or replaces what is known of it there.
    pub fn put_work(&self, job: &str, phase: Phase, row: &WorkRow) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO work (job, phase, object, known) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![job, phase.number(), row.object, row.known])?;
        Ok(())
    }

    /// Whether an object awaits its turn in a phase.
    pub fn has_work(&self, job: &str, phase: Phase, object: i64) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM work WHERE job = ?1 AND phase = ?2 AND object = ?3";
        Ok(self.0.prepare_cached(sql)?.exists(params![job, phase.number(), object])?)
    }

    /// Takes one object out of a phase.
    pub fn remove_work(&self, job: &str, phase: Phase, object: i64) -> Result<(), StoreError> {
        self.0.prepare_cached("DELETE FROM work WHERE job = ?1 AND phase = ?2 AND object = ?3")?.execute(params![
            job,
            phase.number(),
            object
        ])?;
        Ok(())
    }

    /// The next page of a phase: objects after `position`, at most `limit`.
    pub fn work_page(&self, job: &str, phase: Phase, position: i64, limit: usize) -> Result<Vec<WorkRow>, StoreError> {
        let sql =
            "SELECT object, known FROM work WHERE job = ?1 AND phase = ?2 AND object > ?3 ORDER BY object LIMIT ?4";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params![job, phase.number(), position, limit], |row| {
            Ok(WorkRow { object: row.get(0)?, known: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many objects a phase has after `position`.
    pub fn count_work(&self, job: &str, phase: Phase, position: i64) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM work WHERE job = ?1 AND phase = ?2 AND object > ?3";
        Ok(self.0.prepare_cached(sql)?.query_row(params![job, phase.number(), position], |row| row.get(0))?)
    }

    /// Adds these to the work of a job, as far as they are not in it.
    pub fn add_work(&self, job: &str, candidates: &[Candidate]) -> Result<(), StoreError> {
        let mut add = self.0.prepare_cached("INSERT OR IGNORE INTO work (job, phase, object) VALUES (?1, ?2, ?3)")?;
        for (phase, object) in candidates {
            add.execute(params![job, phase, object])?;
        }
        Ok(())
    }

    /// Adds these as [`Tables::add_work`] does; whoever of them was sent to a phase already is judged again.
    pub fn judge_again(&self, job: &str, candidates: &[Candidate]) -> Result<(), StoreError> {
        let sql = "DELETE FROM work WHERE job = ?1 AND phase BETWEEN 1 AND 3 AND object = ?2";
        let mut take_back = self.0.prepare_cached(sql)?;
        for (_, object) in candidates.iter().filter(|(phase, _)| *phase == Phase::Candidates.number()) {
            take_back.execute(params![job, object])?;
        }
        self.add_work(job, candidates)
    }

    /// Takes back what a cycle that is given up has not walked to its end: the next cycle judges it anew, and what the guard of
    /// this one was about to hold back is held back. At most `limit` objects; returns how many.
    pub fn take_back_work(&self, job: &str, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let held_back = self
            .0
            .prepare_cached("SELECT 1 FROM cycle WHERE job = ?1 AND ended IS NULL AND guard = 'heldBack'")?
            .exists([job])?;
        let mut statement = self.0.prepare_cached(
            "SELECT phase, object, iif(phase = 1, known ->> '$.counted', NULL) FROM work \
             WHERE job = ?1 AND phase BETWEEN 1 AND 3 ORDER BY phase, object LIMIT ?2",
        )?;
        let rows = statement.query_map(params![job, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let taken: Vec<(u8, i64, Option<String>)> = rows.collect::<Result<_, _>>()?;
        let mut stage = self
            .0
            .prepare_cached("INSERT OR IGNORE INTO staged (job, object, action, since) VALUES (?1, ?2, ?3, ?4)")?;
        let mut add = self.0.prepare_cached("INSERT OR IGNORE INTO work (job, phase, object) VALUES (?1, 0, ?2)")?;
        let mut remove = self.0.prepare_cached("DELETE FROM work WHERE job = ?1 AND phase = ?2 AND object = ?3")?;
        for (phase, object, departure) in &taken {
            if let Some(action) = departure.as_ref().filter(|_| held_back) {
                stage.execute(params![job, object, action, moment(now)])?;
            }
            add.execute(params![job, object])?;
            remove.execute(params![job, phase, object])?;
        }
        Ok(taken.len())
    }

    /// The work of a job of which an earlier phase learnt something.
    pub fn work_with_knowledge(&self, job: &str) -> Result<Vec<Candidate>, StoreError> {
        let mut work = Work::default();
        self.gather(&mut work, "SELECT phase, object FROM work WHERE job = ?1 AND known IS NOT NULL", [job])?;
        Ok(work.in_order())
    }

    /// Forgets what was learnt of these.
    pub fn forget_knowledge(&self, job: &str, work: &[Candidate]) -> Result<(), StoreError> {
        let sql = "UPDATE work SET known = NULL WHERE job = ?1 AND phase = ?2 AND object = ?3";
        let mut forget = self.0.prepare_cached(sql)?;
        for (phase, object) in work {
            forget.execute(params![job, phase, object])?;
        }
        Ok(())
    }

    /// Takes out what a cycle has judged or walked, and what is about objects that are no more; at most `limit` of them.
    /// Returns how many. What is left came up meanwhile: a group that was linked on demand has its members in the next cycle.
    pub fn settle_work(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        self.remove_some_work("(phase < 4 OR object NOT IN (SELECT key FROM source_object))", job, limit)
    }

    /// Takes out what an incremental cycle gathers or judges anew; at most `limit` of it. Returns how much.
    pub fn clear_judged_work(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        self.remove_some_work("phase BETWEEN 1 AND 3", job, limit)
    }

    /// Takes out what an initial cycle gathers anew, which is everything but the references that failed and whose time has come
    /// since, because whom they name was linked; at most `limit` of it. Returns how much.
    pub fn clear_work(&self, job: &str, limit: usize) -> Result<usize, StoreError> {
        let others = "NOT (phase = 5 AND known IS NULL AND EXISTS (SELECT 1 FROM escrow \
                          WHERE escrow.job = work.job AND escrow.object = work.object AND escrow.kind = 'reference'))";
        self.remove_some_work(others, job, limit)
    }

    fn remove_some_work(&self, condition: &str, job: &str, limit: usize) -> Result<usize, StoreError> {
        let sql = format!(
            "DELETE FROM work WHERE job = ?1 AND (phase, object) IN \
                (SELECT phase, object FROM work WHERE job = ?1 AND {condition} LIMIT ?2)"
        );
        Ok(self.0.prepare_cached(&sql)?.execute(params![job, limit])?)
    }

    fn gather(&self, work: &mut Work, selection: &str, parameters: impl rusqlite::Params) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(selection)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            work.0.push((row.get(0)?, row.get(1)?));
        }
        Ok(())
    }
}

/// Up to when escrows are due.
fn due(now: Timestamp, every_escrow: bool) -> String {
    moment(if every_escrow { Timestamp::MAX } else { now })
}

/// An object of the work to come: its phase's number, and its key.
pub type Candidate = (u8, i64);

/// The work of a cycle while it is gathered.
#[derive(Default)]
struct Work(Vec<Candidate>);

impl Work {
    /// Each but once.
    fn in_order(self) -> Vec<Candidate> {
        let Self(mut candidates) = self;
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}
