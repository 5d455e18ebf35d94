//! Reading a mapping file: TOML in the terms of the portal.
//!
//! All that is wrong is found in one reading, each with its line and a suggestion: unknown keys, paths that are none,
//! expressions with the place underlined, mappings to attributes that the target does not have, and what [`check`] finds
//! in mappings that can be read. The format is documented in the README.

use super::{
    check, condition, evaluation,
    object_mapping::{Actions, AttributeType, MappedObject, ObjectMapping, TargetAttribute},
    path_index::PathIndex,
    read_filter::read_filter,
    read_mapping::read_mappings,
    read_path::read_path,
    template::{DefaultAccess, SoftDelete, Template},
    unsupported,
};
use crate::{
    config::{
        document::{Node, NodeValue, Section},
        problem::{Problem, Problems, Severity, did_you_mean},
        toml_file::parse_toml,
    },
    scim::path::Path,
};
use std::collections::HashMap;

/// Reads a mapping file's text; `origin` is its path, for messages. Warnings are returned beside it.
pub fn parse(origin: &str, text: &str) -> Result<(Template, Vec<Problem>), Vec<Problem>> {
    match parse_all(origin, text) {
        (Some(template), found) if found.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok((template, found))
        }
        (_, found) => Err(found),
    }
}

/// Reads as much of a mapping file as can be read: for a check that goes on after what is wrong.
pub fn parse_all(origin: &str, text: &str) -> (Option<Template>, Vec<Problem>) {
    let problems = Problems::default();
    let root = parse_toml(origin, text, &problems);
    let template = Section::of(&root, "a mapping file", &problems).and_then(read_template);
    (template, problems.into_sorted())
}

fn read_template(section: Section<'_>) -> Option<Template> {
    let application = section.required_text("application");
    let title = section.text("title");
    let soft_delete = section
        .choice("soft_delete", &[("supported", SoftDelete::Supported), ("unsupported", SoftDelete::Unsupported)])
        .unwrap_or_default();
    let default_access = section
        .choice("default_access", &[("provision", DefaultAccess::Provision), ("skip", DefaultAccess::Skip)])
        .unwrap_or_default();
    let strict_conditions = section.flag("strict_conditions").unwrap_or(false);
    let object = |section, object| read_object(section, object, strict_conditions);
    let users = section.section("users", "the mapping of users").map(|users| object(users, MappedObject::User));
    let groups = section.section("groups", "the mapping of groups").map(|groups| object(groups, MappedObject::Group));
    if users.is_none() {
        let help = "copy the table from an embedded mapping such as `scim`".to_owned();
        let message = "there is no `[users]`: an application without users provisions nobody";
        section.problems().error(section.place, message, Some(help));
    }
    section.finish();
    let application = application?;
    Some(Template {
        title: title.unwrap_or_else(|| application.clone()),
        application,
        soft_delete,
        default_access,
        strict_conditions,
        users: users?,
        groups,
    })
}

fn read_object(section: Section<'_>, object: MappedObject, strict_conditions: bool) -> ObjectMapping {
    let default_target = match object {
        MappedObject::User => "urn:ietf:params:scim:schemas:core:2.0:User",
        MappedObject::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
    };
    let attributes =
        section.section("attributes", "the attributes").map(|list| read_attributes(&list)).unwrap_or_default();
    let mappings =
        section.section("mappings", "the mappings").map(|list| read_mappings(&list, &attributes)).unwrap_or_default();
    let scoping_filter = read_filter(&section);
    let mapping = ObjectMapping {
        object,
        enabled: section.flag("enabled").unwrap_or(true),
        target: section.text("target").unwrap_or_else(|| default_target.to_owned()),
        actions: read_actions(&section),
        attributes,
        mappings,
        scoping_filter,
    };
    if object == MappedObject::User && !mapping.enabled {
        let help = "take `enabled` out; to stop everything, disable or pause the job".to_owned();
        let message = "the mapping of users cannot be switched off; only that of groups can";
        section.problems().error(section.place_of("enabled"), message, Some(help));
    }
    check_matching(&section, &mapping);
    check::object(&mapping, section.problems());
    unsupported::check(&mapping, section.problems());
    condition::check(&mapping, strict_conditions, section.problems());
    evaluation::check(&mapping, section.problems());
    section.finish();
    mapping
}

fn read_actions(section: &Section<'_>) -> Actions {
    let Some(words) = section.texts("actions") else {
        return Actions { create: true, update: true, delete: true };
    };
    let known = ["create", "update", "delete"];
    for word in &words {
        if !known.contains(&word.to_lowercase().as_str()) {
            section.problems().error(
                section.place_of("actions"),
                format!("`{word}` is no action; there are `create`, `update` and `delete`"),
                did_you_mean(word, known).or_else(|| Some("a leaver's disable is an update".to_owned())),
            );
        }
    }
    let has = |action: &str| words.iter().any(|word| word.eq_ignore_ascii_case(action));
    Actions { create: has("create"), update: has("update"), delete: has("delete") }
}

fn read_attributes(list: &Section<'_>) -> Vec<TargetAttribute> {
    let mut attributes: Vec<TargetAttribute> = Vec::new();
    let mut known = PathIndex::default();
    for (name, node) in list.entries() {
        let Some(path) = read_path(name, node, list.problems()) else { continue };
        if known.contains(&path) {
            let help = Some("letter case makes no difference; keep one of them".to_owned());
            list.problems().error(&node.place, format!("the attribute `{name}` is listed twice"), help);
            continue;
        }
        if let Some(section) = Section::of(node, "an attribute", list.problems()) {
            known.insert(path.clone(), ());
            attributes.push(read_attribute(&section, path));
            section.texts("references");
            section.finish();
        }
    }
    attributes
}

fn read_attribute(section: &Section<'_>, path: Path) -> TargetAttribute {
    let types = [
        ("String", AttributeType::String),
        ("Boolean", AttributeType::Boolean),
        ("Integer", AttributeType::Integer),
        ("Reference", AttributeType::Reference),
        ("Binary", AttributeType::Binary),
        ("DateTime", AttributeType::DateTime),
    ];
    TargetAttribute {
        path,
        kind: section.choice("type", &types).unwrap_or_default(),
        required: section.flag("required").unwrap_or(false),
        filterable: section.flag("filterable").unwrap_or(false),
        multivalued: section.flag("multivalued").unwrap_or(false),
        case_exact: section.flag("case_exact").unwrap_or(false),
        default: section.text("default"),
    }
}

fn check_matching(section: &Section<'_>, mapping: &ObjectMapping) {
    let matching = mapping.matching();
    let problems = section.problems();
    let written = section.node("mappings");
    let is_matching = |node: &Node| !matches!(node.value, NodeValue::Integer(0));
    let has_matching =
        |line: &Node| matches!(&line.value, NodeValue::Table(keys) if keys.get("matching").is_some_and(is_matching));
    if !entries(written).any(|(_, line)| has_matching(line)) {
        let help = "give one mapping `matching = 1`, as `userName` has in the embedded ones".to_owned();
        problems.error(section.place, "there is no matching attribute: objects could not be found again", Some(help));
    }
    for pair in matching.windows(2) {
        if pair[0].matching == pair[1].matching {
            let message = format!("`{}` and `{}` have the same precedence", pair[0].target.path, pair[1].target.path);
            problems.error(&pair[1].place, message, Some("number them 1, 2, ..".to_owned()));
        }
    }
    let mapped: PathIndex<()> = entries(written).filter_map(|(name, _)| Some((name.parse().ok()?, ()))).collect();
    let attributes: HashMap<&str, &TargetAttribute> =
        mapping.attributes.iter().map(|attribute| (attribute.path.as_str(), attribute)).collect();
    for (name, line) in entries(section.node("attributes")) {
        let Some(attribute) = attributes.get(name) else { continue };
        let stands_in = || attribute.default.is_some() || mapped.contains(&attribute.path);
        if attribute.required && !stands_in() {
            let help = "every object will be skipped with AttributeValidationFailed; map it".to_owned();
            problems.warn(&line.place, format!("the required attribute `{name}` has no mapping"), Some(help));
        }
    }
}

/// The lines of a table, also of those that have mistakes.
fn entries(table: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match table.map(|table| &table.value) {
        Some(NodeValue::Table(entries)) => Some(entries.iter()),
        _ => None,
    };
    entries.into_iter().flatten().map(|(name, line)| (name.as_str(), line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::sample::{problems, with};

    #[test]
    fn users_are_always_mapped() {
        assert_eq!(
            problems("application = \"app\"\n"),
            [
                "error: m.toml:1: there is no `[users]`: an application without users provisions nobody\n  help: copy the table \
              from an embedded mapping such as `scim`"
            ]
        );
        assert_eq!(
            problems(&format!("{}[users]\nenabled = false\n", with(""))),
            [
                "error: m.toml:7: the mapping of users cannot be switched off; only that of groups can\n  help: take `enabled` \
              out; to stop everything, disable or pause the job"
            ]
        );
        assert_eq!(
            problems(&with("").replace("application = \"app\"", "title = \"App\"")),
            ["error: m.toml:1: `application` of a mapping file is missing\n  help: write `application = \"..\"`"]
        );
    }

    #[test]
    fn actions_are_create_update_and_delete() {
        let actions = |actions: &str| problems(&format!("{}[users]\nactions = {actions}\n", with("")));
        assert_eq!(actions("[\"Create\", \"update\"]"), [""; 0]);
        assert_eq!(
            actions("[\"creat\", \"disable\"]"),
            [
                "error: m.toml:7: `creat` is no action; there are `create`, `update` and `delete`\n  help: did you mean \
                 `create`?",
                "error: m.toml:7: `disable` is no action; there are `create`, `update` and `delete`\n  help: a leaver's \
                 disable is an update",
            ]
        );
    }

    #[test]
    fn matching_attributes_are_there_and_in_order() {
        let lines = "title = { direct = \"jobTitle\", matching = 1 }\n";
        assert_eq!(
            problems(&with(lines).replace("[users.mappings]", "title = { filterable = true }\n[users.mappings]")),
            ["error: m.toml:7: `userName` and `title` have the same precedence\n  help: number them 1, 2, .."]
        );
        for not_matching in ["", ", matching = 0"] {
            assert_eq!(
                problems(&format!("{}[users]\n", with("").replace(", matching = 1", not_matching))),
                [
                    "error: m.toml:6: there is no matching attribute: objects could not be found again\n  help: give one \
                     mapping `matching = 1`, as `userName` has in the embedded ones"
                ],
                "{not_matching}"
            );
        }
    }

    #[test]
    fn a_mapping_with_a_mistake_is_not_called_missing() {
        let text = with("").replace("{ filterable = true }", "{ filterable = true, required = true }");
        let found = problems(&text.replace("direct = \"userPrincipalName\"", "expression = 'Jion([mail])'"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("error: m.toml:5: the expression cannot be read: "), "{found:?}");
        let unmapped = text.replace("[users.mappings]", "title = { required = true }\n[users.mappings]");
        assert_eq!(
            problems(&unmapped),
            [
                "warning: m.toml:4: the required attribute `title` has no mapping\n  help: every object will be skipped with \
              AttributeValidationFailed; map it"
            ]
        );
    }

    #[test]
    fn a_mapping_has_exactly_one_source() {
        for source in ["", "direct = \"mail\", constant = \"x\"", "direct = \"mail\", none = true"] {
            let text =
                with(&format!("title = {{ {source} }}\n")).replace("[users.mappings]", "title = {}\n[users.mappings]");
            assert_eq!(
                problems(&text),
                [
                    "error: m.toml:7: the mapping must have exactly one source\n  help: give one of `direct`, `constant`, \
                  `expression`, or `none = true`"
                ],
                "{source}"
            );
        }
    }

    #[test]
    fn a_direct_mapping_names_an_attribute() {
        for nothing in ["", " ", "[]"] {
            let lines = with(&format!("title = {{ direct = \"{nothing}\" }}\n"));
            assert_eq!(
                problems(&lines.replace("[users.mappings]", "title = {}\n[users.mappings]")),
                ["error: m.toml:7: `direct` names no attribute\n  help: name a source attribute: `direct = \"mail\"`"]
            );
        }
    }

    #[test]
    fn a_direct_mapping_is_no_expression() {
        let lines = with("title = { direct = \"ToLower([mail])\" }\n");
        assert_eq!(
            problems(&lines.replace("[users.mappings]", "title = {}\n[users.mappings]")),
            [
                "error: m.toml:7: `direct` takes the name of an attribute\n  help: write `expression = 'ToLower([mail])'`"
            ]
        );
    }

    #[test]
    fn strict_conditions_are_a_part_of_the_fingerprint() {
        let fingerprint = |lines: &str| {
            let (template, _) = parse("m.toml", &format!("{lines}{}", with(""))).expect("a mapping without mistakes");
            (template.strict_conditions, template.fingerprint())
        };
        let (lenient, strict) = (fingerprint(""), fingerprint("strict_conditions = true\n"));
        assert_eq!((lenient.0, strict.0), (false, true));
        assert_ne!(lenient.1, strict.1);
        assert_eq!(fingerprint("strict_conditions = false\n"), lenient);
    }
}
