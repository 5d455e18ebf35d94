//! What Entra refuses to save, and what could never work, in mappings that can be read.
//!
//! Each problem stands at the place of its mapping. Source: `spec/MAPPINGS.md` §3 to §7, §13; `spec/EXPRESSIONS.md` §4.

use super::{
    conversion::convert,
    object_mapping::{AttributeMapping, FlowBehavior, FlowType, ObjectMapping},
    report::Report,
    role_function::{RoleFunction, RoleMisuse, misuse},
};
use crate::{config::problem::Problems, expression::Expression};

/// Checks one line of the attribute mappings.
pub fn mapping(mapping: &AttributeMapping, problems: &Problems) {
    let report = Report { place: &mapping.place, problems };
    let path = &mapping.target.path;
    if mapping.matching.is_some() && !mapping.target.filterable {
        report.error(
            format!("`{path}` cannot be a matching attribute: the target cannot be asked for it"),
            "match on an attribute that is `filterable`",
        );
    }
    for default in [&mapping.default, &mapping.target.default].into_iter().flatten() {
        if let Err(error) = convert(&mapping.target, default) {
            report.error(format!("the default for `{path}` does not fit: {error}"), "change the default, or the type");
        }
    }
    match &mapping.source {
        Some(source) => check_source(mapping, source, &report),
        None if mapping.default.is_none() => {
            report.error(format!("the mapping of `{path}` has neither a source nor a default"), "give it a `default`");
        }
        None if names_roles(mapping) => report.error(
            format!("`{path}` holds roles, which come from an expression"),
            "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        ),
        None if mapping.flow_null_values => report.error(
            format!("the mapping of `{path}` has no source that could become empty"),
            "take `flow_null_values` out, or give it a source",
        ),
        None => {}
    }
    if mapping.is_reference() {
        check_reference(mapping, &report);
    }
}

/// Checks what the lines of one object's mapping are to each other.
pub(super) fn object(object: &ObjectMapping, problems: &Problems) {
    let whole = object.mappings.iter().find(|line| line.target.is_of_roles() && line.target.is_whole_list());
    for line in object.mappings.iter().filter(|line| line.target.is_role_entry()) {
        if let Some(whole) = whole {
            Report { place: &line.place, problems }.error(
                format!("`{}` is a part of `{}`, which is mapped as a whole", line.target.path, whole.target.path),
                "keep the one or the other",
            );
        }
    }
}

fn check_source(mapping: &AttributeMapping, source: &Expression, report: &Report<'_>) {
    if source.calls("SelectUniqueValue") {
        report.error(
            "`SelectUniqueValue` is not supported for SCIM applications",
            "Entra offers it for Workday, SuccessFactors and API-driven provisioning into Active Directory only",
        );
    }
    if !source.flow_words().is_empty() {
        report.error(
            "`IgnoreAttributeFlow` and `IgnoreObjectFlow` are not supported for SCIM applications",
            "use IgnoreFlowIfNullOrEmpty",
        );
    }
    if mapping.is_reference() && source.direct_attribute().is_none() {
        report.error(
            format!("`{}` is a reference: its source must be direct", mapping.target.path),
            "write `direct = \"manager\"` or `direct = \"members\"`",
        );
    }
    check_roles(mapping, source, report);
}

/// Whether the target is the roles themselves, and not something that stands beside each of them, such as its type.
fn names_roles(mapping: &AttributeMapping) -> bool {
    let part = mapping.target.path.sub_attribute.as_deref();
    mapping.target.is_of_roles() && part.is_none_or(|part| part.eq_ignore_ascii_case("value"))
}

/// Roles come through the role functions, those on `[appRoleAssignments]` and nothing else, and lists of them go to a list.
fn check_roles(mapping: &AttributeMapping, source: &Expression, report: &Report<'_>) {
    let path = &mapping.target.path;
    match misuse(source) {
        Some(RoleMisuse::Unwrapped) if source.direct_attribute().is_some() => report.error(
            "`appRoleAssignments` cannot be mapped directly",
            "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        ),
        Some(RoleMisuse::Unwrapped) => report.error(
            "`appRoleAssignments` can be read by the role functions only",
            "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        ),
        Some(RoleMisuse::Argument(function)) => report.error(
            format!("`{function}` takes the roles that are assigned, and nothing else"),
            format!("write `{function}([appRoleAssignments])`"),
        ),
        None if names_roles(mapping) && source.constant().is_some() => report.error(
            format!("`{path}` holds roles, which cannot be a constant"),
            "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        ),
        None if mapping.target.is_of_roles() && source.direct_attribute().is_some() => report.error(
            format!("`{path}` holds roles, which cannot be mapped directly"),
            "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        ),
        None => {}
    }
    let lists = [RoleFunction::Complex, RoleFunction::Assertive];
    if let Some(list) = lists.iter().find(|list| source.is_call_of(list.name()))
        && !mapping.target.is_whole_list()
    {
        report.error(
            format!("`{}` gives a list of roles, and `{path}` takes one value", list.name()),
            "map it to an attribute `roles` with `multivalued = true`, or use SingleAppRoleAssignment",
        );
    }
    if mapping.target.is_of_roles()
        && mapping.target.is_whole_list()
        && source.calls(RoleFunction::Single.name())
        && lists.iter().all(|list| !source.calls(list.name()))
    {
        report.error(
            format!("`SingleAppRoleAssignment` gives one role, and `{path}` takes a list of them"),
            "map it to `roles[primary eq \"True\"].value`, or use AppRoleAssignmentsComplex or \
             AssertiveAppRoleAssignmentsComplex",
        );
    }
    if lists.iter().all(|list| source.calls(list.name())) {
        report.error(
            "roles are either added or asserted, not both in one expression",
            "use AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        );
    }
    match mapping.role_function() {
        Some(RoleFunction::Assertive)
            if matches!(mapping.flow_type, FlowType::MultiValueAddOnly | FlowType::ValueAddOnly) =>
        {
            report.error(
                "`AssertiveAppRoleAssignmentsComplex` takes roles away, and `apply` allows additions only",
                "use AppRoleAssignmentsComplex, or `apply = \"always\"`",
            );
        }
        Some(RoleFunction::Complex) if mapping.flow_null_values => report.error(
            "`AppRoleAssignmentsComplex` never takes roles away, and `flow_null_values` wants it to",
            "use AssertiveAppRoleAssignmentsComplex",
        ),
        _ => {}
    }
}

/// A reference is never in a create and has a phase of its own, which knows none of these settings.
fn check_reference(mapping: &AttributeMapping, report: &Report<'_>) {
    let without_effect = [
        ("apply", mapping.flow_type != FlowType::default()),
        ("default", mapping.default.is_some()),
        ("flow", mapping.flow_behavior != FlowBehavior::default()),
        ("flow_null_values", mapping.flow_null_values),
    ];
    for (key, _) in without_effect.into_iter().filter(|(_, given)| *given) {
        report.warn(
            format!("`{key}` has no effect on `{}`: references are always kept in step", mapping.target.path),
            "take it out; a removed manager follows `manager_removal` of the job",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::read;

    /// The problems of a mapping with these attributes and lines besides those of `userName`, in line 5 and from line 8 on.
    fn problems(attributes: &str, lines: &str) -> Vec<String> {
        let text = format!(
            "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\n\
             manager = {{ type = \"Reference\" }}\n{attributes}\n[users.mappings]\n\
             userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{lines}\n"
        );
        let (_, found) = read::parse_all("m.toml", &text);
        found.iter().map(ToString::to_string).collect()
    }

    /// What is wrong with `roles`, as a list, from this source.
    fn of_roles(source: &str) -> Vec<String> {
        problems("roles = { multivalued = true }", &format!("roles = {{ {source} }}"))
    }

    const USE_A_FUNCTION: &str =
        "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex";

    #[test]
    fn roles_are_mapped_through_a_role_function() {
        for function in ["AppRoleAssignmentsComplex", "AssertiveAppRoleAssignmentsComplex"] {
            assert_eq!(of_roles(&format!("expression = '{function}([appRoleAssignments])'")), [""; 0]);
        }
        assert_eq!(
            of_roles("direct = \"appRoleAssignments\""),
            [format!("error: m.toml:8: `appRoleAssignments` cannot be mapped directly\n  help: {USE_A_FUNCTION}")]
        );
        assert_eq!(
            of_roles("direct = \"otherMails\""),
            [format!(
                "error: m.toml:8: `roles` holds roles, which cannot be mapped directly\n  help: {USE_A_FUNCTION}"
            )]
        );
        for (source, said) in [
            ("constant = \"Admin\"", "`roles` holds roles, which cannot be a constant"),
            ("none = true, default = \"Admin\"", "`roles` holds roles, which come from an expression"),
        ] {
            assert_eq!(of_roles(source), [format!("error: m.toml:8: {said}\n  help: {USE_A_FUNCTION}")]);
        }
        for unwrapped in ["Count([appRoleAssignments])", "IIF(IsPresent([appRoleAssignments]), \"a\", \"b\")"] {
            assert_eq!(
                of_roles(&format!("expression = '{unwrapped}'")),
                [format!(
                    "error: m.toml:8: `appRoleAssignments` can be read by the role functions only\n  help: {USE_A_FUNCTION}"
                )]
            );
        }
    }

    #[test]
    fn role_functions_take_the_assigned_roles_only() {
        for argument in ["[otherMails]", "Split([appRoleAssignments], \",\")", "\"Admin\""] {
            let found = of_roles(&format!("expression = 'AppRoleAssignmentsComplex({argument})'"));
            assert_eq!(
                found,
                [
                    "error: m.toml:8: `AppRoleAssignmentsComplex` takes the roles that are assigned, and nothing else\n  \
                     help: write `AppRoleAssignmentsComplex([appRoleAssignments])`"
                ],
                "{argument}"
            );
        }
    }

    #[test]
    fn a_list_of_roles_goes_to_a_list() {
        for (attribute, definition) in
            [("roles", "{}"), ("'roles[primary eq \"True\"].value'", "{ multivalued = true }")]
        {
            let line = format!("{attribute} = {{ expression = 'AppRoleAssignmentsComplex([appRoleAssignments])' }}");
            let found = problems(&format!("{attribute} = {definition}"), &line);
            assert_eq!(
                found,
                [format!(
                    "error: m.toml:8: `AppRoleAssignmentsComplex` gives a list of roles, and `{}` takes one value\n  \
                     help: map it to an attribute `roles` with `multivalued = true`, or use SingleAppRoleAssignment",
                    attribute.trim_matches('\'')
                )]
            );
        }
        let counted = "title = { expression = 'Count(AppRoleAssignmentsComplex([appRoleAssignments]))' }";
        assert_eq!(problems("title = {}", counted), [""; 0]);
    }

    #[test]
    fn a_single_role_goes_to_an_entry_of_the_list() {
        assert_eq!(
            of_roles("expression = 'SingleAppRoleAssignment([appRoleAssignments])'"),
            [
                "error: m.toml:8: `SingleAppRoleAssignment` gives one role, and `roles` takes a list of them\n  help: map it to \
              `roles[primary eq \"True\"].value`, or use AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex"
            ]
        );
        let entry = "'roles[primary eq \"True\"].value'";
        let line = format!("{entry} = {{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }}");
        assert_eq!(problems(&format!("{entry} = {{}}"), &line), [""; 0]);
    }

    #[test]
    fn roles_are_added_or_asserted_and_settings_must_not_say_otherwise() {
        assert_eq!(
            of_roles(
                "expression = 'IIF([city]=\"a\", AppRoleAssignmentsComplex([appRoleAssignments]), \
                 AssertiveAppRoleAssignmentsComplex([appRoleAssignments]))'"
            ),
            ["error: m.toml:8: roles are either added or asserted, not both in one expression\n  \
                 help: use AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex"]
        );
        assert_eq!(
            of_roles(
                "expression = 'AssertiveAppRoleAssignmentsComplex([appRoleAssignments])', apply = \"ValueAddOnly\""
            ),
            ["error: m.toml:8: `AssertiveAppRoleAssignmentsComplex` takes roles away, and `apply` allows additions \
                 only\n  help: use AppRoleAssignmentsComplex, or `apply = \"always\"`"]
        );
        assert_eq!(
            of_roles("expression = 'AppRoleAssignmentsComplex([appRoleAssignments])', flow_null_values = true"),
            ["error: m.toml:8: `AppRoleAssignmentsComplex` never takes roles away, and `flow_null_values` wants it \
                 to\n  help: use AssertiveAppRoleAssignmentsComplex"]
        );
    }

    #[test]
    fn roles_are_mapped_as_a_whole_or_in_part() {
        assert_eq!(
            problems(
                "roles = { multivalued = true }\n'roles[primary eq \"True\"].value' = {}",
                "roles = { expression = 'AppRoleAssignmentsComplex([appRoleAssignments])' }\n\
                 'roles[primary eq \"True\"].value' = { expression = 'SingleAppRoleAssignment([appRoleAssignments])' }"
            ),
            [
                "error: m.toml:10: `roles[primary eq \"True\"].value` is a part of `roles`, which is mapped as a whole\n  \
                 help: keep the one or the other"
            ]
        );
    }

    #[test]
    fn an_attribute_is_mapped_once_however_it_is_written() {
        assert_eq!(
            problems("title = {}", "title = { direct = \"jobTitle\" }\nTITLE = { direct = \"city\" }"),
            [
                "error: m.toml:9: `TITLE` is mapped twice\n  help: a target attribute has one mapping at most; keep one of them"
            ]
        );
        assert_eq!(
            problems("'emails[type eq \"work\"].value' = {}\n'Emails[Type eq \"Work\"].Value' = {}", ""),
            [
                "error: m.toml:6: the attribute `Emails[Type eq \"Work\"].Value` is listed twice\n  help: letter case makes no \
                 difference; keep one of them"
            ]
        );
        let core = "\"urn:ietf:params:scim:schemas:core:2.0:User:title\" = { direct = \"city\" }";
        assert_eq!(
            problems("title = {}", &format!("title = {{ direct = \"jobTitle\" }}\n{core}")),
            ["error: m.toml:9: `urn:ietf:params:scim:schemas:core:2.0:User:title` is mapped twice\n  help: a target \
                 attribute has one mapping at most; keep one of them"]
        );
    }

    #[test]
    fn a_mapping_without_a_source_needs_a_default_and_has_nothing_that_becomes_empty() {
        assert_eq!(problems("title = {}", "title = { none = true, default = \"d\" }"), [""; 0]);
        assert_eq!(
            problems("title = {}", "title = { none = true }"),
            ["error: m.toml:8: the mapping of `title` has neither a source nor a default\n  help: give it a `default`"]
        );
        assert_eq!(
            problems("title = {}", "title = { none = true, default = \"d\", flow_null_values = true }"),
            ["error: m.toml:8: the mapping of `title` has no source that could become empty\n  \
                 help: take `flow_null_values` out, or give it a source"]
        );
    }

    #[test]
    fn a_default_must_fit_its_attribute() {
        for (definition, more) in [("", ", default = \"x\""), (", required = true, default = \"x\"", "")] {
            assert_eq!(
                problems(
                    &format!("level = {{ type = \"Integer\"{definition} }}"),
                    &format!("level = {{ direct = \"employeeId\"{more} }}")
                ),
                ["error: m.toml:8: the default for `level` does not fit: `x` is not a whole number\n  \
                     help: change the default, or the type"]
            );
        }
    }

    #[test]
    fn what_has_no_effect_on_a_reference_is_worth_a_warning() {
        for setting in ["apply = \"creation\"", "default = \"d\"", "flow = \"always\"", "flow_null_values = true"] {
            let key = setting.split(' ').next().unwrap();
            assert_eq!(
                problems("", &format!("manager = {{ direct = \"manager\", {setting} }}")),
                [format!(
                    "warning: m.toml:8: `{key}` has no effect on `manager`: references are always kept in step\n  \
                     help: take it out; a removed manager follows `manager_removal` of the job"
                )]
            );
        }
    }

    #[test]
    fn what_entra_does_not_support_is_refused_with_what_to_do() {
        for (source, message) in [
            ("direct = \"userType\"", "`userType` is not available as a source"),
            ("direct = \"sAMAccountName\"", "`sAMAccountName` is not available as a source"),
            (
                "expression = 'SelectUniqueValue([mail], [city])'",
                "`SelectUniqueValue` is not supported for SCIM applications",
            ),
            (
                "expression = 'IIF([city]=\"a\", IgnoreAttributeFlow, [city])'",
                "`IgnoreAttributeFlow` and `IgnoreObjectFlow` are not supported for SCIM applications",
            ),
        ] {
            let found = problems("title = {}", &format!("title = {{ {source} }}"));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("error: m.toml:8: {message}\n  help: ")), "{found:?}");
        }
        assert_eq!(
            problems("id = {}", "id = { direct = \"objectId\" }"),
            ["error: m.toml:8: `id` is the target's own: it cannot be mapped\n  help: take the mapping out; \
              `externalId` may hold an id of yours"]
        );
    }
}
