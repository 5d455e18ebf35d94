//! The three ways in which application roles flow.
//!
//! | function | target | what it gives |
//! |---|---|---|
//! | `SingleAppRoleAssignment` | an entry of `roles`: `roles[primary eq "True"].value` | the one role of the user |
//! | `AppRoleAssignmentsComplex` | a list: `roles` | all roles of the user; the target's others stay |
//! | `AssertiveAppRoleAssignmentsComplex` | a list: `roles` | all roles of the user; the target is to have no others |
//!
//! Only there do they give roles, which the wire has forms of its own for. Anywhere else (`userType` from
//! `SingleAppRoleAssignment`, `Count(AppRoleAssignmentsComplex(..))`) they give texts like any other function.
//! Source: `spec/MAPPINGS.md` §7.

use super::object_mapping::{AttributeMapping, TargetAttribute};
use crate::expression::{Attributes, Expression, RoleAssignment, Value};

/// The attribute whose entries are roles (RFC 7643 §4.1.2).
const ROLES: &str = "roles";

/// The source attribute that holds the roles.
pub(super) const APP_ROLE_ASSIGNMENTS: &str = "appRoleAssignments";

/// The function that gives a mapping its roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleFunction {
    /// `AssertiveAppRoleAssignmentsComplex`.
    Assertive,
    /// `AppRoleAssignmentsComplex`.
    Complex,
    /// `SingleAppRoleAssignment`.
    Single,
}

/// Roles on their way to the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFlow {
    /// What gave them.
    pub function: RoleFunction,
    /// The roles; exactly one from `SingleAppRoleAssignment`.
    pub roles: Vec<RoleAssignment>,
}

impl RoleFunction {
    /// The name that expressions call it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assertive => "AssertiveAppRoleAssignmentsComplex",
            Self::Complex => "AppRoleAssignmentsComplex",
            Self::Single => "SingleAppRoleAssignment",
        }
    }
}

impl TargetAttribute {
    /// Whether it is a part of an entry of `roles` that a selector picks: `roles[primary eq "True"].value`.
    pub(super) fn is_role_entry(&self) -> bool {
        self.path.selector.is_some() && self.path.attribute.eq_ignore_ascii_case(ROLES)
    }

    /// Whether it is `roles` or a part of it.
    pub(super) fn is_of_roles(&self) -> bool {
        self.path.attribute.eq_ignore_ascii_case(ROLES)
    }

    /// Whether it is a list as a whole: neither one of its entries nor a part of them.
    pub(super) fn is_whole_list(&self) -> bool {
        self.multivalued && self.path.selector.is_none() && self.path.sub_attribute.is_none()
    }
}

impl AttributeMapping {
    /// The function whose roles the target takes as roles; none where it takes texts.
    pub fn role_function(&self) -> Option<RoleFunction> {
        let source = self.source.as_ref()?;
        let calls = |function: &RoleFunction| source.calls(function.name());
        if self.target.is_role_entry() {
            return Some(RoleFunction::Single).filter(calls);
        }
        if !self.target.is_whole_list() {
            return None;
        }
        [RoleFunction::Complex, RoleFunction::Assertive].into_iter().find(calls)
    }

    /// The roles in what the source gave, where the target takes roles.
    pub(super) fn roles_in(&self, value: &Value<'_>, attributes: &dyn Attributes) -> Option<RoleFlow> {
        let function = self.role_function()?;
        let roles = match (function, value) {
            (RoleFunction::Single, value) => vec![role_called(&value.string_form()?, attributes)],
            (RoleFunction::Assertive | RoleFunction::Complex, Value::Roles(roles)) => roles.to_vec(),
            (RoleFunction::Assertive | RoleFunction::Complex, _) => return None,
        };
        Some(RoleFlow { function, roles })
    }

    /// A default value as a role, where the target takes roles.
    pub(super) fn default_role(&self, default: &str) -> Option<RoleFlow> {
        let function = self.role_function()?;
        Some(RoleFlow { function, roles: vec![unassigned(default)] })
    }
}

/// The role of that name which the user holds. A text that an expression made of it is a role that nobody knows more of.
fn role_called(name: &str, attributes: &dyn Attributes) -> RoleAssignment {
    let held = match attributes.get(APP_ROLE_ASSIGNMENTS) {
        Value::Roles(roles) => roles.into_owned(),
        _ => Vec::new(),
    };
    held.into_iter().find(|role| role.name() == name).unwrap_or_else(|| unassigned(name))
}

fn unassigned(name: &str) -> RoleAssignment {
    RoleAssignment { id: String::new(), value: name.to_owned(), display_name: name.to_owned() }
}

/// Why the roles of an expression cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoleMisuse {
    /// A role function is called on something else than `[appRoleAssignments]`.
    Argument(&'static str),
    /// `[appRoleAssignments]` stands outside the role functions.
    Unwrapped,
}

/// What is wrong with how an expression reads the roles.
pub(super) fn misuse(source: &Expression) -> Option<RoleMisuse> {
    let read = source.attributes().iter().filter(|(name, _)| *name == APP_ROLE_ASSIGNMENTS).count();
    let calls = source.role_arguments();
    if let Some((function, _)) = calls.iter().find(|(_, argument)| *argument != Some(APP_ROLE_ASSIGNMENTS)) {
        return Some(RoleMisuse::Argument(function));
    }
    (read > calls.len()).then_some(RoleMisuse::Unwrapped)
}
