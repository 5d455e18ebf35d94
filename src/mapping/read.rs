//! Reading a mapping file: TOML in the terms of the portal.
//!
//! All that is wrong is found in one reading, each with its line and a suggestion: unknown keys, paths that are none,
//! expressions with the place underlined, mappings to attributes that the target does not have, matching attributes that
//! cannot be filtered on, what Entra refuses to save. The format is documented in the README.

use super::{
    object_mapping::{
        Actions, AttributeMapping, AttributeType, FlowType, MappedObject, ObjectMapping, TargetAttribute,
    },
    scoping::{FilterGroup, ScopingFilter},
    scoping_clause::{Clause, RegexAnchoring},
    template::{DefaultAccess, SoftDelete, Template},
};
use crate::{
    config::{
        document::{Node, NodeValue, Section, parse_toml},
        problem::{Problem, Problems, Severity, did_you_mean},
    },
    expression::{Expression, SyntaxError},
    scim::path::Path,
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
    let users = section.section("users", "the mapping of users").map(|users| read_object(users, MappedObject::User));
    let groups =
        section.section("groups", "the mapping of groups").map(|groups| read_object(groups, MappedObject::Group));
    match &users {
        None => section.problems().error(
            section.place,
            "there is no `[users]`: an application without users provisions nobody",
            Some("copy the table from an embedded mapping such as `scim`".to_owned()),
        ),
        Some(users) if !users.enabled => section.problems().error(
            section.place_of("users"),
            "the mapping of users cannot be switched off; only that of groups can",
            None,
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
        users: users?,
        groups,
    })
}

fn read_object(section: Section<'_>, object: MappedObject) -> ObjectMapping {
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
                did_you_mean(word, known),
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
        if attributes.iter().any(|known| known.path == path) {
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
    }
}

/// A table where a line was expected is mostly a path with a dot that lacks its quotation marks.
fn read_path(name: &str, node: &Node, problems: &Problems) -> Option<Path> {
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
            problems.error(&node.place, format!("`{name}` is no SCIM path: {error}"), None);
            None
        }
    }
}

fn read_mappings(list: &Section<'_>, attributes: &[TargetAttribute]) -> Vec<AttributeMapping> {
    let mut mappings: Vec<AttributeMapping> = Vec::new();
    for (name, node) in list.entries() {
        let Some(path) = read_path(name, node, list.problems()) else { continue };
        let Some(section) = Section::of(node, "a mapping", list.problems()) else { continue };
        let mapping = read_mapping(&section, &path, attributes);
        section.finish();
        let Some(mapping) = mapping else { continue };
        if mappings.iter().any(|known| known.target.path == path) {
            let help = Some("a target attribute has one mapping at most; keep one of them".to_owned());
            list.problems().error(&node.place, format!("`{name}` is mapped twice"), help);
        } else {
            mappings.push(mapping);
        }
    }
    mappings
}

fn read_mapping(section: &Section<'_>, path: &Path, attributes: &[TargetAttribute]) -> Option<AttributeMapping> {
    let source = read_source(section);
    let default = section.text("default");
    let matching = section.count("matching");
    let flow_type = section
        .choice(
            "apply",
            &[
                ("always", FlowType::Always),
                ("creation", FlowType::ObjectAddOnly),
                ("ObjectAddOnly", FlowType::ObjectAddOnly),
            ],
        )
        .unwrap_or_default();
    if path.is("id") {
        section.problems().error(section.place, "`id` is the target's own: it cannot be mapped", None);
        return None;
    }
    let Some(target) = attributes.iter().find(|attribute| attribute.path == *path) else {
        let help = did_you_mean(path.as_str(), attributes.iter().map(|attribute| attribute.path.as_str()))
            .unwrap_or_else(|| "add it to the attributes first".to_owned());
        section.problems().error(section.place, format!("the target has no attribute `{path}`"), Some(help));
        return None;
    };
    let matching = match matching {
        Some(0) | None => None,
        Some(priority) => Some(u32::try_from(priority).unwrap_or(u32::MAX)),
    };
    let source = match source? {
        Source::Expression(expression) => Some(expression),
        Source::None => None,
    };
    let place = section.place.clone();
    let mapping = AttributeMapping { place, target: target.clone(), source, default, matching, flow_type };
    check_mapping(section, &mapping);
    Some(mapping)
}

/// Where a value comes from.
enum Source {
    Expression(Expression),
    None,
}

/// Reads the source: exactly one of `direct`, `constant`, `expression`, `none`.
fn read_source(section: &Section<'_>) -> Option<Source> {
    let direct = section.text("direct");
    let constant = section.text("constant");
    let expression = section.text("expression");
    let none = section.flag("none").unwrap_or(false);
    let text = match (direct, constant, expression, none) {
        (Some(name), None, None, false) => format!("[{}]", name.trim_matches(['[', ']'])),
        (None, Some(text), None, false) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        (None, None, Some(text), false) => text,
        (None, None, None, true) => return Some(Source::None),
        _ => {
            let help = "give one of `direct`, `constant`, `expression`, or `none = true`".to_owned();
            section.problems().error(section.place, "the mapping must have exactly one source", Some(help));
            return None;
        }
    };
    match Expression::parse(&text) {
        Ok(parsed) => Some(Source::Expression(parsed)),
        Err(error) => {
            let place = ["expression", "direct", "constant"]
                .into_iter()
                .map(|key| section.place_of(key))
                .find(|place| *place != section.place)
                .unwrap_or(section.place);
            section.problems().error(place, "the expression cannot be read", Some(shown(&error)));
            None
        }
    }
}

/// The expression with the place underlined, as a help text has it.
fn shown(error: &SyntaxError) -> String {
    let text = error.diagnostic();
    text.strip_prefix("error: ").map_or(text.clone(), str::to_owned)
}

/// What Entra refuses to save, and what could never work.
fn check_mapping(section: &Section<'_>, mapping: &AttributeMapping) {
    let place = section.place;
    let problems = section.problems();
    let path = &mapping.target.path;
    let error = |message: String, help: &str| problems.error(place, message, Some(help.to_owned()));
    if mapping.matching.is_some() && !mapping.target.filterable {
        error(
            format!("`{path}` cannot be a matching attribute: the target cannot be asked for it"),
            "match on an attribute that is `filterable`",
        );
    }
    let Some(source) = &mapping.source else {
        if mapping.default.is_none() {
            error(format!("the mapping of `{path}` has neither a source nor a default"), "give it a `default`");
        }
        return;
    };
    if source.calls("SelectUniqueValue") {
        error(
            "`SelectUniqueValue` is not supported for SCIM applications".to_owned(),
            "Entra offers it for Workday, SuccessFactors and API-driven provisioning into Active Directory only",
        );
    }
    if !source.flow_words().is_empty() {
        error(
            "`IgnoreAttributeFlow` and `IgnoreObjectFlow` are not supported for SCIM applications".to_owned(),
            "use IgnoreFlowIfNullOrEmpty",
        );
    }
    if mapping.is_reference() && source.direct_attribute().is_none() {
        error(
            format!("`{path}` is a reference: its source must be direct"),
            "write `direct = \"manager\"` or `direct = \"members\"`",
        );
    }
    for (attribute, _) in source.attributes() {
        match attribute {
            "appRoleAssignments" if source.direct_attribute().is_some() => error(
                "`appRoleAssignments` cannot be mapped directly".to_owned(),
                "use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
            ),
            "sAMAccountName" | "userType" => {
                error(format!("`{attribute}` is not available as a source"), "Entra does not read it for provisioning");
            }
            _ => {}
        }
    }
}

fn check_matching(section: &Section<'_>, mapping: &ObjectMapping) {
    let matching = mapping.matching();
    let problems = section.problems();
    if matching.is_empty() {
        let help = "give one mapping `matching = 1`, as `userName` has in the embedded ones".to_owned();
        problems.error(section.place, "there is no matching attribute: objects could not be found again", Some(help));
    }
    for pair in matching.windows(2) {
        if pair[0].matching == pair[1].matching {
            let message = format!("`{}` and `{}` have the same precedence", pair[0].target.path, pair[1].target.path);
            problems.error(section.place_of("mappings"), message, Some("number them 1, 2, ..".to_owned()));
        }
    }
    for attribute in &mapping.attributes {
        if attribute.required && !mapping.mappings.iter().any(|line| line.target.path == attribute.path) {
            let help = "every object will be skipped with AttributeValidationFailed; map it".to_owned();
            let message = format!("the required attribute `{}` has no mapping", attribute.path);
            problems.warn(section.place_of("attributes"), message, Some(help));
        }
    }
}

fn read_filter(section: &Section<'_>) -> Option<ScopingFilter> {
    let mut groups = Vec::new();
    for group in section.sections("scoping_filters", "a scoping filter") {
        let title = group.text("title").unwrap_or_default();
        let matching = group
            .choice("matching", &[("whole", RegexAnchoring::Whole), ("partial", RegexAnchoring::Partial)])
            .unwrap_or_default();
        let clauses: Vec<_> = group
            .sections("clauses", "a clause")
            .into_iter()
            .filter_map(|clause| read_clause(clause, matching))
            .collect();
        let (place, problems) = (group.place, group.problems());
        let wrong_already = clauses.is_empty() && group.place_of("clauses") != place;
        group.finish();
        match FilterGroup::new(title, clauses) {
            Ok(group) => groups.push(group),
            Err(_) if wrong_already => {}
            Err(error) => problems.error(place, error.to_string(), None),
        }
    }
    (!groups.is_empty()).then(|| ScopingFilter::new(groups))
}

fn read_clause(section: Section<'_>, matching: RegexAnchoring) -> Option<Clause> {
    let attribute = section.required_text("attribute");
    let operator = section.required_text("operator");
    let values = section.texts("value").unwrap_or_default();
    let (place, problems) = (section.place, section.problems());
    section.finish();
    Clause::new(&attribute?, &operator?, &values, None, matching)
        .map_err(|error| problems.error(place, error.to_string(), error.suggestion()))
        .ok()
}
