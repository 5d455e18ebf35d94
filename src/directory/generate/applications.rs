//! The applications of a company: their roles, and who is assigned to them.
//!
//! An application is assigned to everybody, or to a few departments and projects; and to some people directly. Some of the
//! assignments carry a role. The direct ones change from day to day.

use super::{
    company::{Company, DirectAssignment, ROLES},
    groups::{EVERYBODY, project_name},
};
use crate::chance::Chance;
use serde::Serialize;
use uuid::Uuid;

/// The roles that an application has, as it gets them and as people call them.
const ROLE_NAMES: [(&str, &str); ROLES] = [("User", "User"), ("Editor", "Content editor"), ("Admin", "Administrator")];

/// An application role as a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleRecord<'c> {
    app: &'c str,
    id: Uuid,
    value: &'static str,
    display_name: &'static str,
}

/// An assignment as a record.
#[derive(Serialize)]
pub(super) struct AssignmentRecord<'c> {
    app: &'c str,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

/// The roles of all applications.
pub(super) fn roles(company: &Company) -> impl Iterator<Item = RoleRecord<'_>> {
    company.order.apps.iter().flat_map(|app| {
        let chance = Chance::of(company.order.seed, &format!("roles of {app}"), 0);
        ROLE_NAMES.map(|(value, display_name)| RoleRecord { app, id: chance.uuid(), value, display_name })
    })
}

/// The assignments of all applications, each application's groups before its users.
pub(super) fn assignments(company: &Company) -> impl Iterator<Item = AssignmentRecord<'_>> {
    company.order.apps.iter().enumerate().flat_map(move |(index, app)| {
        let record = move |principal, role: Option<usize>| AssignmentRecord {
            app,
            principal,
            role: role.and_then(|role| ROLE_NAMES.get(role)).map(|(value, _)| *value),
        };
        let groups = assigned_groups(company, app).into_iter();
        let direct = company.direct.iter().filter(move |known| known.application == index);
        let user = move |DirectAssignment { person, role, .. }: &DirectAssignment| {
            record(company.principal_name(company.of(*person)), *role)
        };
        groups.map(move |(group, role)| record(group, role)).chain(direct.map(user))
    })
}

/// The names of the groups that an application is assigned to, each with a role or none.
fn assigned_groups(company: &Company, app: &str) -> Vec<(String, Option<usize>)> {
    let chance = Chance::of(company.order.seed, &format!("groups of {app}"), 0);
    let mut groups: Vec<String> = Vec::new();
    if chance.below(4) == 0 {
        groups.push(EVERYBODY.to_owned());
    } else {
        let departments = &company.departments[1..];
        for _ in 0..2 + chance.below(3) {
            groups.push(departments[chance.below(departments.len())].name.to_owned());
        }
    }
    if chance.below(2) == 0 {
        groups.push(format!("Office {}", company.offices[chance.below(company.offices.len())].name));
    }
    for _ in 0..chance.below(3) {
        groups.extend(company.any_project(&chance).map(|project| project_name(company, project)));
    }
    groups.sort_unstable();
    groups.dedup();
    groups.into_iter().map(|group| (group, (chance.below(2) == 0).then_some(0))).collect()
}
