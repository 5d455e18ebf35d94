//! Parsed records as rows for the staging tables, each with the digest of its content.

use super::{AppRole, Assignment, FileKind, Group, RawRecord, RecordProblem, User};
use crate::store::{ObjectKind, StagedAssignment, StagedObject};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A record that was parsed.
pub(super) enum Parsed {
    Object(Box<StagedObject>, Vec<String>),
    Assignment(StagedAssignment),
    AppRoles(Vec<AppRole>),
}

/// Parses a record of a file of that kind. `raw_hash` is the digest of its text.
pub(super) fn parse(kind: FileKind, record: &RawRecord, raw_hash: Vec<u8>) -> Result<Parsed, Vec<RecordProblem>> {
    let in_bin = matches!(kind, FileKind::DeletedUsers | FileKind::DeletedGroups);
    match kind {
        FileKind::Users | FileKind::DeletedUsers => {
            User::parse(record).map(|user| staged_user(user, in_bin, record.line, raw_hash))
        }
        FileKind::Groups | FileKind::DeletedGroups => {
            Group::parse(record).map(|group| staged_group(group, in_bin, record.line, raw_hash))
        }
        FileKind::Assignments => Assignment::parse(record).map(|assignment| {
            Parsed::Assignment(StagedAssignment {
                application: assignment.app,
                reference: assignment.principal,
                role: assignment.role.or(assignment.role_id).unwrap_or_default(),
                position: i64::try_from(record.number).unwrap_or(i64::MAX),
            })
        }),
        FileKind::AppRoles => AppRole::parse(record).map(Parsed::AppRoles),
    }
}

fn staged_user(user: User, in_bin: bool, line: u64, raw_hash: Vec<u8>) -> Parsed {
    let object = StagedObject {
        kind: ObjectKind::User,
        id: user.id.to_lowercase(),
        name: user.user_principal_name,
        attributes: Value::Object(user.attributes).to_string(),
        enabled: user.account_enabled,
        manager: user.manager.map(|manager| manager.to_lowercase()),
        in_bin,
        deleted_at: user.deleted_at,
        content_hash: Vec::new(),
        raw_hash,
        line: i64::try_from(line).unwrap_or(i64::MAX),
    };
    Parsed::Object(Box::new(with_content_hash(object)), Vec::new())
}

fn staged_group(group: Group, in_bin: bool, line: u64, raw_hash: Vec<u8>) -> Parsed {
    let object = StagedObject {
        kind: ObjectKind::Group,
        id: group.id.to_lowercase(),
        name: group.display_name,
        attributes: Value::Object(group.attributes).to_string(),
        enabled: group.security_enabled,
        manager: None,
        in_bin,
        deleted_at: group.deleted_at,
        content_hash: Vec::new(),
        raw_hash,
        line: i64::try_from(line).unwrap_or(i64::MAX),
    };
    Parsed::Object(Box::new(with_content_hash(object)), group.members)
}

/// A group's members are no part of its content: one more of them is no change of the group.
fn with_content_hash(mut object: StagedObject) -> StagedObject {
    let StagedObject { kind, name, attributes, enabled, manager, in_bin, deleted_at, .. } = &object;
    let content = format!("{kind:?}\0{name}\0{attributes}\0{enabled}\0{manager:?}\0{in_bin}\0{deleted_at:?}");
    object.content_hash = Sha256::digest(content)[..16].to_vec();
    object
}
