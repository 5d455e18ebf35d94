//! Application roles. They are assigned, not stored with the user, and come as one attribute.
//!
//! Source: `spec/EXPRESSIONS.md` §4 and `spec/MAPPINGS.md` §7.

use super::{
    Function, example_of_roles,
    signature::{Kind, Signature, required},
};
use crate::expression::{
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    value::Value,
};

/// The roles that the examples speak of.
const ROLES: [[&str; 3]; 2] = [["1", "Admin", "Administrator"], ["2", "User", "User"]];

pub(super) static FUNCTIONS: [Function; 3] = [
    Function::new(
        "AppRoleAssignmentsComplex",
        Signature::of(&[required("source", Kind::Roles)]),
        "Gives all roles the user holds; roles that are taken away stay in the target",
        &[example_of_roles(
            "AppRoleAssignmentsComplex([appRoleAssignments])",
            &ROLES,
            "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Administrator\"};\
             {\"id\":\"2\",\"value\":\"User\",\"displayName\":\"User\"}",
        )],
        all_roles,
    ),
    Function::new(
        "AssertiveAppRoleAssignmentsComplex",
        Signature::of(&[required("source", Kind::Roles)]),
        "Gives all roles the user holds, as the only ones that the target is to have",
        &[example_of_roles("Count(AssertiveAppRoleAssignmentsComplex([appRoleAssignments]))", &ROLES, "2")],
        all_roles,
    ),
    Function::new(
        "SingleAppRoleAssignment",
        Signature::of(&[required("source", Kind::Roles)]),
        "Gives the one role the user holds: its value, or its display name if that is empty",
        &[example_of_roles("SingleAppRoleAssignment([appRoleAssignments])", &[ROLES[0]], "Admin")],
        single_role,
    ),
];

fn all_roles<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let roles = arguments.roles(0)?;
    Ok(if roles.is_empty() { Value::Null } else { Value::Roles(roles) })
}

fn single_role<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    match arguments.roles(0)?.as_ref() {
        [] => Ok(Value::Null),
        [role] => Ok(Value::text(role.name().to_owned())),
        several => Err(Reason::SeveralRoles(several.len()).into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values, evaluate};

    #[test]
    fn roles_become_values() {
        assert_values(&[
            ("SingleAppRoleAssignment([role])", "admin"),
            ("SingleAppRoleAssignment([nameless])", "Administrator"),
            ("SingleAppRoleAssignment([noRoles])", "null"),
            ("SingleAppRoleAssignment([none])", "null"),
            (
                "AppRoleAssignmentsComplex([role])",
                "[{\"id\":\"1\",\"value\":\"admin\",\"displayName\":\"Administrator\"}]",
            ),
            (
                "AssertiveAppRoleAssignmentsComplex([role])",
                "[{\"id\":\"1\",\"value\":\"admin\",\"displayName\":\"Administrator\"}]",
            ),
            ("Count(AppRoleAssignmentsComplex([roles]))", "2"),
            ("AppRoleAssignmentsComplex([noRoles])", "null"),
            ("AssertiveAppRoleAssignmentsComplex([none])", "null"),
        ]);
        assert_errors(&["SingleAppRoleAssignment([a])", "AppRoleAssignmentsComplex([list])"]);
    }

    #[test]
    fn several_roles_fail_with_the_words_of_the_service() {
        let error = evaluate("SingleAppRoleAssignment([roles])").expect_err("two roles");
        assert_eq!(
            error.to_string(),
            "An error occured while evaluating this function: 'SingleAppRoleAssignment.' No more than one app role \
             assignment was expected, but this many where found: 2"
        );
    }
}
