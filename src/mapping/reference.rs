//! References to other objects: a user's manager, a group's members.
//!
//! Source: `spec/MAPPINGS.md` §10.

use super::{
    object_mapping::{AttributeMapping, MappedObject},
    report::Report,
};
use crate::expression::Expression;

/// The manager and the members are objects: they flow as they are, and into references only.
pub(super) fn check(object: MappedObject, line: &AttributeMapping, source: &Expression, report: &Report<'_>) {
    let path = &line.target.path;
    let (reference, other) = match object {
        MappedObject::User => ("manager", "members"),
        MappedObject::Group => ("members", "manager"),
    };
    if line.reads(other) {
        let (users, groups) = ("users have a manager and no members", "groups have members and no manager");
        let which = if object == MappedObject::User { users } else { groups };
        report.error(format!("the mapping of `{path}` reads `{other}`: {which}"), format!("use `{reference}`"));
    } else if line.is_reference() {
        if source.direct_attribute().is_some_and(|name| name != reference) {
            report.error(
                format!("`{path}` is a reference, and its source is not"),
                format!("write `direct = \"{reference}\"`, or give the attribute another `type`"),
            );
        }
    } else if line.reads(reference) {
        report.error(
            format!("`{reference}` is a reference: it flows into an attribute of type Reference only"),
            format!("write `direct = \"{reference}\"`, and give `{path}` `type = \"Reference\"`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::read;

    const MATCHED: &str = "userName = { direct = \"userPrincipalName\", matching = 1 }";

    /// The problems of a mapping of users with this attribute and line, in line 4 and line 7.
    fn of_users(attribute: &str, line: &str) -> Vec<String> {
        of("users", attribute, line)
    }

    fn of(kind: &str, attribute: &str, line: &str) -> Vec<String> {
        let usual = "[users.attributes]\nuserName = { filterable = true }\n";
        let text = match kind {
            "users" => {
                format!("application = \"app\"\n{usual}{attribute}\n[users.mappings]\n{MATCHED}\n{line}\n")
            }
            _ => format!(
                "application = \"app\"\n[groups.attributes]\ndisplayName = {{ filterable = true }}\n{attribute}\n\
                 [groups.mappings]\ndisplayName = {{ direct = \"displayName\", matching = 1 }}\n{line}\n\
                 {usual}[users.mappings]\n{MATCHED}\n"
            ),
        };
        let (_, found) = read::parse_all("m.toml", &text);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn references_come_from_references_and_go_into_them() {
        let reference = "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager\"";
        let path = reference.trim_matches('"');
        let manager = format!("{reference} = {{ type = \"Reference\" }}");
        for (source, told) in [
            ("direct = \"manager\"", vec![]),
            (
                "direct = \"department\"",
                vec![format!(
                    "error: m.toml:7: `{path}` is a reference, and its source is not\n  help: write `direct = \"manager\"`, or \
                     give the attribute another `type`"
                )],
            ),
            (
                "direct = \"members\"",
                vec![format!(
                    "error: m.toml:7: the mapping of `{path}` reads `members`: users have a manager and no members\n  help: use \
                     `manager`"
                )],
            ),
            (
                "expression = 'Switch([manager], , \"a\", \"b\")'",
                vec![format!(
                    "error: m.toml:7: `{path}` is a reference: its source must be direct\n  help: write `direct = \"manager\"` \
                     or `direct = \"members\"`"
                )],
            ),
        ] {
            assert_eq!(of_users(&manager, &format!("{reference} = {{ {source} }}")), told, "{source}");
        }
        assert_eq!(
            of_users("title = {}", "title = { expression = 'Append([manager], \"x\")' }"),
            [
                "error: m.toml:7: `manager` is a reference: it flows into an attribute of type Reference only\n  help: write \
              `direct = \"manager\"`, and give `title` `type = \"Reference\"`"
            ]
        );
        assert_eq!(
            of(
                "groups",
                "members = { type = \"Reference\", multivalued = true }",
                "members = { direct = \"manager\" }"
            ),
            [
                "error: m.toml:7: the mapping of `members` reads `manager`: groups have members and no manager\n  help: use \
              `members`"
            ]
        );
    }
}
