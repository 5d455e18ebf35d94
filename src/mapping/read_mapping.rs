//! Reading the lines of a mapping: which attribute is filled, from what, and when.

use super::{
    check,
    object_mapping::{AttributeMapping, FlowBehavior, FlowType, TargetAttribute},
    read::read_path,
};
use crate::{
    config::{document::Section, problem::did_you_mean},
    expression::{Expression, SyntaxError},
    scim::path::Path,
};

/// The words for when a mapping applies: the portal's, and those of Graph's `flowType`.
const APPLY: [(&str, FlowType); 6] = [
    ("always", FlowType::Always),
    ("creation", FlowType::ObjectAddOnly),
    ("ObjectAddOnly", FlowType::ObjectAddOnly),
    ("AttributeAddOnly", FlowType::AttributeAddOnly),
    ("MultiValueAddOnly", FlowType::MultiValueAddOnly),
    ("ValueAddOnly", FlowType::ValueAddOnly),
];

/// The words for whether an unchanged value flows: ours, and those of Graph's `flowBehavior`.
const FLOW: [(&str, FlowBehavior); 4] = [
    ("changed", FlowBehavior::FlowWhenChanged),
    ("always", FlowBehavior::FlowAlways),
    ("FlowWhenChanged", FlowBehavior::FlowWhenChanged),
    ("FlowAlways", FlowBehavior::FlowAlways),
];

/// Reads the table of mappings to these `attributes`.
pub(super) fn read_mappings(list: &Section<'_>, attributes: &[TargetAttribute]) -> Vec<AttributeMapping> {
    let mut mappings: Vec<AttributeMapping> = Vec::new();
    for (name, node) in list.entries() {
        let Some(path) = read_path(name, node, list.problems()) else { continue };
        let Some(section) = Section::of(node, "a mapping", list.problems()) else { continue };
        let mapping = read_mapping(&section, &path, attributes);
        section.finish();
        let Some(mapping) = mapping else { continue };
        if mappings.iter().any(|known| known.target.path.means(&path)) {
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
    let flow_type = section.choice("apply", &APPLY).unwrap_or_default();
    let flow_behavior = section.choice("flow", &FLOW).unwrap_or_default();
    let flow_null_values = section.flag("flow_null_values").unwrap_or(false);
    if path.is("id") {
        section.problems().error(section.place, "`id` is the target's own: it cannot be mapped", None);
        return None;
    }
    let Some(target) = attributes.iter().find(|attribute| attribute.path.means(path)) else {
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
    let mapping = AttributeMapping {
        place: section.place.clone(),
        target: target.clone(),
        source,
        default,
        matching,
        flow_type,
        flow_behavior,
        flow_null_values,
    };
    check::mapping(&mapping, section.problems());
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
