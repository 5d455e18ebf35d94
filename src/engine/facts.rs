//! *Import*: everything that is known of one object before anything is decided.
//!
//! Read from the state in one go for a page of objects; from here on the decisions are plain functions of it.

use super::job::Job;
use crate::{
    directory::attribute::Named,
    expression::{Attributes, RoleAssignment, Value},
    mapping::Flow,
    store::{
        AppRoleRow, AttemptRow, ConnectionRow, ConnectionState, EntitlementRow, EscrowKind, EscrowRow, ObjectKind,
        ObjectRow, ObjectState, StagedRow, StoreError, Tables, WorkRow,
    },
};
use serde_json::{Map, Value as Json};

/// The id of the role that everybody holds who was assigned without one.
const DEFAULT_ACCESS_ID: &str = "00000000-0000-0000-0000-000000000000";

/// What the names of directory extensions begin with.
const DIRECTORY_EXTENSION: &str = "extension_";

/// What is known of an object.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The object as last imported.
    pub(super) object: ObjectRow,
    /// Its attributes, with those computed for the job.
    pub(super) attributes: SourceAttributes,
    /// Why it is assigned to the application; empty: it is not.
    pub(super) entitlements: Vec<EntitlementRow>,
    /// Whether it holds a role other than Default Access, or the application has none to hold.
    pub(super) has_role: bool,
    /// The target object it belongs to.
    pub(super) connection: Option<ConnectionRow>,
    /// What failed before.
    pub(super) escrow: Option<EscrowRow>,
    /// What failed before about its references.
    pub(super) reference_escrow: Option<EscrowRow>,
    /// What was tried earlier and may have happened.
    pub(super) attempt: Option<AttemptRow>,
    /// What the deletion guard holds back of it.
    pub(super) staged: Option<StagedRow>,
    /// What an earlier phase learnt of the target's state, or the deletion guard of a leaver.
    pub(super) known: Option<String>,
}

/// The attributes of one object, as expressions and filters read them.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceAttributes {
    values: Map<String, Json>,
    roles: Vec<RoleAssignment>,
    soft_deleted: bool,
}

impl SourceAttributes {
    /// The attributes as JSON, computed ones aside.
    pub(super) fn values(&self) -> &Map<String, Json> {
        &self.values
    }

    /// Sets what `IsSoftDeleted` reads, once scope is decided.
    pub(super) fn set_soft_deleted(&mut self, soft_deleted: bool) {
        self.soft_deleted = soft_deleted;
    }

    /// Whether it is a directory extension with several values, which Entra does not deliver (`spec/MAPPINGS.md` §13).
    pub(super) fn is_undelivered(&self, name: &str) -> bool {
        name.starts_with(DIRECTORY_EXTENSION) && self.values.get(name).is_some_and(Json::is_array)
    }

    /// The names of the roles held.
    pub(super) fn role_names(&self) -> Vec<&str> {
        self.roles.iter().map(|role| role.display_name.as_str()).collect()
    }
}

impl Attributes for SourceAttributes {
    fn get(&self, name: &str) -> Value<'_> {
        match name {
            "IsSoftDeleted" => Value::Boolean(self.soft_deleted),
            "appRoleAssignments" if self.roles.is_empty() => Value::Null,
            "appRoleAssignments" => Value::Roles((&self.roles).into()),
            _ if self.is_undelivered(name) => Value::Null,
            _ => Named(&self.values).value(name).map_or(Value::Null, Value::from),
        }
    }
}

impl Facts {
    /// Whether the object named a manager when its references were last looked at.
    pub(super) fn named_manager(&self) -> bool {
        self.connection.as_ref().is_some_and(|held| held.names_manager)
    }

    /// Reads what is known of a page of objects. Objects that are no longer there are left out.
    pub(super) fn read(
        tables: &Tables,
        job: &Job,
        page: Vec<WorkRow>,
        escrow: EscrowKind,
    ) -> Result<Vec<Self>, StoreError> {
        let roles = application_roles(tables, job)?;
        let mut found = Vec::with_capacity(page.len());
        for work in page {
            if let Some(facts) = Self::of(tables, job, work, escrow, &roles)? {
                found.push(facts);
            }
        }
        Ok(found)
    }

    fn of(
        tables: &Tables,
        job: &Job,
        work: WorkRow,
        escrow: EscrowKind,
        roles: &[AppRoleRow],
    ) -> Result<Option<Self>, StoreError> {
        let Some(object) = tables.object(work.object)? else {
            return Ok(None);
        };
        let entitlements = tables.entitlements(job.name(), &job.application, object.key)?;
        let held = held_roles(&entitlements, roles);
        let has_role = roles.is_empty() || !held.is_empty();
        let values = match serde_json::from_str(&object.attributes)? {
            Json::Object(values) => values,
            _ => Map::new(),
        };
        Ok(Some(Self {
            connection: tables.connection(job.name(), object.key)?,
            escrow: tables.escrow(job.name(), object.key, escrow)?,
            reference_escrow: tables.escrow(job.name(), object.key, EscrowKind::Reference)?,
            attempt: tables.attempt(job.name(), object.key)?,
            staged: tables.staged(job.name(), object.key)?,
            attributes: SourceAttributes { values, roles: held, soft_deleted: false },
            known: work.known,
            has_role,
            entitlements,
            object,
        }))
    }

    /// Whether the object is in the directory and not disabled there. For a group: security-enabled, where it must be
    /// assigned.
    pub(super) fn is_active(&self, everybody: bool) -> bool {
        self.object.state == ObjectState::Live
            && (self.object.enabled || (self.object.kind == ObjectKind::Group && everybody))
    }

    /// The state of its connection that decisions go by: what may have been brought back without our knowing counts as
    /// linked.
    pub(super) fn connection_state(&self) -> Option<ConnectionState> {
        let held = self.connection.as_ref()?;
        Some(if self.attempt.is_some() { ConnectionState::Linked } else { held.state })
    }

    /// Its display name; the name by which it is reported, if it has none.
    pub(super) fn display_name(&self) -> &str {
        self.attributes.values.get("displayName").and_then(Json::as_str).unwrap_or(&self.object.name)
    }
}

/// The roles that the application has: those of the directory, else those of the configuration.
fn application_roles(tables: &Tables, job: &Job) -> Result<Vec<AppRoleRow>, StoreError> {
    let known = tables.app_roles(job.name(), &job.application)?;
    if !known.is_empty() {
        return Ok(known);
    }
    Ok(job
        .settings
        .roles
        .iter()
        .map(|role| AppRoleRow {
            id: role.id.clone().unwrap_or_else(|| role.value.clone()),
            value: role.value.clone(),
            display_name: role.display_name.clone(),
        })
        .collect())
}

/// The roles held, each once, the direct ones first. A role that the application does not know counts by its name.
fn held_roles(entitlements: &[EntitlementRow], roles: &[AppRoleRow]) -> Vec<RoleAssignment> {
    let mut held: Vec<RoleAssignment> = Vec::new();
    for EntitlementRow { role, .. } in entitlements {
        if role.is_empty() || role == DEFAULT_ACCESS_ID {
            continue;
        }
        let named = |known: &&AppRoleRow| {
            [&known.id, &known.value, &known.display_name].iter().any(|name| name.eq_ignore_ascii_case(role))
        };
        let assignment = match roles.iter().find(named) {
            Some(AppRoleRow { id, value, display_name }) => {
                RoleAssignment { id: id.clone(), value: value.clone(), display_name: display_name.clone() }
            }
            None => RoleAssignment { id: String::new(), value: role.clone(), display_name: role.clone() },
        };
        if !held.contains(&assignment) {
            held.push(assignment);
        }
    }
    held
}

/// The text of a flow, if it has a value.
pub(super) fn flow_text(flow: &Flow) -> Option<&str> {
    match flow {
        Flow::Value(value) => Some(&value.text),
        Flow::Nothing | Flow::Ignored => None,
    }
}
