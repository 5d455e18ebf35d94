//! Reading a mapping file: TOML in the terms of the portal.
//!
//! All that is wrong is found in one reading, each with its line and a suggestion: unknown keys, paths that are none,
//! expressions with the place underlined, mappings to attributes that the target does not have, and what [`check`] finds
//! in mappings that can be read. The format is documented in the README.

use super::{
    check, condition,
    object_mapping::{Actions, AttributeType, MappedObject, ObjectMapping, TargetAttribute},
    read_filter::read_filter,
    read_mapping::read_mappings,
    template::{DefaultAccess, SoftDelete, Template},
    unsupported,
};
use crate::{
    config::{
        document::{Node, NodeValue, Section},
        problem::{Problem, Problems, Severity, did_you_mean},
        toml_file::parse_toml,
    },
    scim::path::{Path, PathError},
};

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
    match &users {
        None => section.problems().error(
            section.place,
            "there is no `[users]`: an application without users provisions nobody",
            Some("copy the table from an embedded mapping such as `scim`".to_owned()),
        ),
        Some(users) if !users.enabled => section.problems().error(
            section.place_of("users"),
            "the mapping of users cannot be switched off; only that of groups can",
            Some("take `enabled` out; to stop everything, disable or pause the job".to_owned()),
        ),
        Some(_) => {}
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
    check_matching(&section, &mapping);
    check::object(&mapping, section.problems());
    unsupported::check(&mapping, section.problems());
    condition::check(&mapping, strict_conditions, section.problems());
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
    for (name, node) in list.entries() {
        let Some(path) = read_path(name, node, list.problems()) else { continue };
        if attributes.iter().any(|known| known.path.means(&path)) {
            let help = Some("letter case makes no difference; keep one of them".to_owned());
            list.problems().error(&node.place, format!("the attribute `{name}` is listed twice"), help);
            continue;
        }
        if let Some(section) = Section::of(node, "an attribute", list.problems()) {
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

/// A table where a line was expected is mostly a path with a dot that lacks its quotation marks.
pub(super) fn read_path(name: &str, node: &Node, problems: &Problems) -> Option<Path> {
    if let NodeValue::Table(entries) = &node.value
        && let Some((sub, Node { value: NodeValue::Table(_), .. })) = entries.first()
    {
        let help = format!("write the path in quotation marks: \"{name}.{sub}\"");
        problems.error(&node.place, format!("`{name}` is a table of tables"), Some(help));
        return None;
    }
    match name.parse() {
        Ok(path) => Some(path),
        Err(error) => {
            let help = match error {
                PathError::Empty => "name an attribute such as `userName`",
                PathError::Selector(_) => "only `eq` and `and` are understood: 'emails[type eq \"work\"].value'",
                PathError::Unclosed(_) => "close it: 'emails[type eq \"work\"].value'",
                PathError::Name(_) | PathError::Trailing(_) => {
                    "write it like `name.givenName`, 'emails[type eq \"work\"].value' or \
                     `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`"
                }
            };
            problems.error(&node.place, format!("`{name}` is no SCIM path: {error}"), Some(help.to_owned()));
            None
        }
    }
}

fn check_matching(section: &Section<'_>, mapping: &ObjectMapping) {
    let matching = mapping.matching();
    let problems = section.problems();
    let written = section.node("mappings");
    let has_matching = |line: &Node| matches!(&line.value, NodeValue::Table(keys) if keys.contains_key("matching"));
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
    for (name, line) in entries(section.node("attributes")) {
        let Some(attribute) = mapping.attributes.iter().find(|attribute| attribute.path.as_str() == name) else {
            continue;
        };
        let is_mapped = |name: &str| name.parse().is_ok_and(|path: Path| path.means(&attribute.path));
        let stands_in = attribute.default.is_some() || entries(written).any(|(name, _)| is_mapped(name));
        if attribute.required && !stands_in {
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
