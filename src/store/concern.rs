//! Whom of an import's differences a job is concerned with. Source: `spec/ENGINE.md` §3, "What a change affects".

use super::{ObjectKind, StoreError, comparison::name_of, staging::Staging};
use rusqlite::params;

/// Whom a job cares for.
#[derive(Clone, Debug)]
pub struct Audience {
    /// The job.
    pub job: String,
    /// What assignments call its application.
    pub application: String,
    /// Whether everybody in the directory is entitled.
    pub everybody: bool,
    /// Whether groups are provisioned as objects.
    pub groups: bool,
}

/// The users and groups of an import's differences that concern a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concern {
    /// How many users.
    pub users: u64,
    /// How many groups.
    pub groups: u64,
    /// The names of some of them.
    pub names: Vec<String>,
}

/// How many names a [`Concern`] carries.
const NAMED: usize = 3;

impl Staging {
    /// Whom of the differences a job is concerned with: those that are connected, or entitled before or afterwards.
    pub fn concern(&self, audience: &Audience) -> Result<Concern, StoreError> {
        let Audience { job, application, everybody, groups } = audience;
        let name = name_of("concerned.id");
        let sql = format!(
            "WITH assigned (id) AS ( \
                SELECT principal.id FROM live.standing_assignment JOIN live.source_object AS principal ON principal.key = principal_key \
                WHERE application IN (?1, ?2) \
                UNION SELECT held FROM assignment_turn WHERE application IN (?1, ?2)), \
             turned (id) AS (SELECT held FROM assignment_turn WHERE application IN (?1, ?2)), \
             member (holder, id) AS ( \
                SELECT holding.id, held.id FROM assigned JOIN live.source_object AS holding ON holding.id = assigned.id \
                JOIN live.standing_membership ON group_key = holding.key JOIN live.source_object AS held ON held.key = member_key \
                WHERE holding.kind = 'Group' AND held.kind = 'User'), \
             concerned (id) AS ( \
                SELECT id FROM became WHERE ?3 OR id IN (SELECT id FROM assigned) OR id IN (SELECT id FROM member) \
                    OR EXISTS (SELECT 1 FROM live.connection WHERE job = ?4 AND object = known_key) \
                UNION SELECT id FROM turned \
                UNION SELECT id FROM member WHERE holder IN (SELECT id FROM turned) \
                UNION SELECT id FROM member WHERE holder IN (SELECT id FROM became WHERE kind = 'Group' AND entitlement) \
                UNION SELECT held FROM member_turn WHERE holder IN (SELECT id FROM assigned) \
                UNION SELECT holder FROM member_turn WHERE ?3 OR holder IN (SELECT id FROM assigned)), \
             known (id, kind) AS (SELECT id, coalesce((SELECT kind FROM became WHERE became.id = concerned.id), \
                (SELECT kind FROM live.source_object AS known WHERE known.id = concerned.id)) FROM concerned) \
             SELECT kind, count(*), NULL FROM known WHERE kind = 'User' OR ?5 GROUP BY kind \
             UNION ALL SELECT * FROM (SELECT NULL, 0, {name} AS name FROM known AS concerned \
                WHERE kind = 'User' OR ?5 ORDER BY kind DESC, name LIMIT {NAMED})"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let names = params![application.to_lowercase(), job.to_lowercase(), everybody, job, groups];
        let mut rows = statement.query(names)?;
        let mut concern = Concern::default();
        while let Some(row) = rows.next()? {
            match row.get::<_, Option<String>>(0)?.as_deref().map(ObjectKind::parse).transpose()? {
                Some(ObjectKind::User) => concern.users = row.get(1)?,
                Some(ObjectKind::Group) => concern.groups = row.get(1)?,
                None => concern.names.push(row.get(2)?),
            }
        }
        Ok(concern)
    }
}
