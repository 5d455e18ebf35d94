//! Reading the lines of a mapping: which attribute is filled, from what, and when.

use super::{
    check,
    object_mapping::{AttributeMapping, FlowBehavior, FlowType, TargetAttribute},
    path_index::PathIndex,
    read_path::read_path,
};
use crate::{
    config::{
        document::Section,
        problem::{Place, did_you_mean},
        written_text::WrittenText,
    },
    expression::{self, Expression, SyntaxError},
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

/// How many unknown attributes of a mapping file are compared with all known ones. Who has more of them has not mistyped each,
/// and comparing all with all takes the square of their number.
const SUGGESTIONS: usize = 50;

/// Reads the table of mappings to these `attributes`.
pub(super) fn read_mappings(list: &Section<'_>, attributes: &[TargetAttribute]) -> Vec<AttributeMapping> {
    let mut mappings = Vec::new();
    let mut mapped = PathIndex::default();
    let known: PathIndex<&TargetAttribute> =
        attributes.iter().map(|attribute| (attribute.path.clone(), attribute)).collect();
    let mut unknown = 0;
    for (name, node) in list.entries() {
        let Some(path) = read_path(name, node, list.problems()) else { continue };
        let Some(section) = Section::of(node, "a mapping", list.problems()) else { continue };
        let target = known.get(&path).copied();
        let mapping = read_mapping(&section, &path, target);
        if target.is_none() && !path.is("id") {
            unknown += 1;
            let suggestion = (unknown <= SUGGESTIONS)
                .then(|| did_you_mean(path.as_str(), attributes.iter().map(|attribute| attribute.path.as_str())))
                .flatten();
            let help = suggestion.unwrap_or_else(|| "add it to the attributes first".to_owned());
            list.problems().error(section.place, format!("the target has no attribute `{path}`"), Some(help));
        }
        section.finish();
        if mapped.contains(&path) {
            let help = Some("a target attribute has one mapping at most; keep one of them".to_owned());
            list.problems().error(&node.place, format!("`{name}` is mapped twice"), help);
        } else {
            mappings.extend(mapping);
            mapped.insert(path, ());
        }
    }
    mappings
}

/// Reads one line; `target` is the attribute that it fills, if there is such a one.
fn read_mapping(section: &Section<'_>, path: &Path, target: Option<&TargetAttribute>) -> Option<AttributeMapping> {
    let source = read_source(section);
    let default = section.text("default");
    let matching = section.count("matching");
    let flow_type = section.choice("apply", &APPLY).unwrap_or_default();
    let flow_behavior = section.choice("flow", &FLOW).unwrap_or_default();
    let flow_null_values = section.flag("flow_null_values").unwrap_or(false);
    if path.is("id") {
        let help = "take the mapping out; `externalId` may hold an id of yours".to_owned();
        section.problems().error(section.place, "`id` is the target's own: it cannot be mapped", Some(help));
        return None;
    }
    let target = target?;
    let matching = match matching {
        Some(0) | None => None,
        Some(priority) => Some(u32::try_from(priority).unwrap_or(u32::MAX)),
    };
    let (source, source_text) = source?;
    let mapping = AttributeMapping {
        place: section.place.clone(),
        source_text,
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

/// Where a value comes from: an expression and where its parts are written; none for the mapping type *None*.
type Source = (Option<Expression>, WrittenText);

/// Reads the source: exactly one of `direct`, `constant`, `expression`, `none`.
fn read_source(section: &Section<'_>) -> Option<Source> {
    let direct = section.text("direct");
    let constant = section.text("constant");
    let expression = section.text("expression");
    let none = section.flag("none").unwrap_or(false);
    if direct.as_ref().is_some_and(|name| name.trim_matches(['[', ']']).trim().is_empty()) {
        let help = "name a source attribute: `direct = \"mail\"`".to_owned();
        section.problems().error(section.place_of("direct"), "`direct` names no attribute", Some(help));
        return None;
    }
    if let Some(text) = direct.as_ref().filter(|name| name.contains('(')) {
        let help = format!("write `expression = '{text}'`");
        section.problems().error(section.place_of("direct"), "`direct` takes the name of an attribute", Some(help));
        return None;
    }
    let (key, text) = match (direct, constant, expression, none) {
        (Some(name), None, None, false) => ("direct", format!("[{}]", name.trim_matches(['[', ']']))),
        (None, Some(text), None, false) => {
            ("constant", format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        }
        (None, None, Some(text), false) => ("expression", text),
        (None, None, None, true) => return Some((None, section.written_text("none"))),
        _ => {
            let help = "give one of `direct`, `constant`, `expression`, or `none = true`".to_owned();
            section.problems().error(section.place, "the mapping must have exactly one source", Some(help));
            return None;
        }
    };
    let written = section.written_text(key);
    match Expression::parse(&text) {
        Ok(parsed) => Some((Some(parsed), written)),
        Err(error) => {
            let place = written.at(error.span.start);
            let message = format!("the expression cannot be read: {}", error.kind);
            section.problems().error(&place, message, Some(help(&error, &place)));
            None
        }
    }
}

/// What to do, and the expression with the place underlined.
fn help(error: &SyntaxError, place: &Place) -> String {
    let shown = expression::underlined(error.expression(), &error.span, place.line.unwrap_or(1));
    format!("{}\n{shown}", error.suggestion())
}

#[cfg(test)]
mod tests {
    use super::SUGGESTIONS;
    use crate::mapping::read;

    #[test]
    fn every_unknown_attribute_is_told_of_and_the_first_of_many_with_a_suggestion() {
        let count = SUGGESTIONS + 5;
        let numbered = |line: &str| (0..count).map(|number| line.replace('#', &number.to_string())).collect::<String>();
        let (lines, attributes) = (numbered("atribute# = { direct = \"mail\" }\n"), numbered("attribute# = {}\n"));
        let text = format!(
            "application = \"app\"\n[users.mappings]\nuserName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{lines}\
             [users.attributes]\nuserName = {{ filterable = true }}\n{attributes}"
        );
        let (_, found) = read::parse_all("m.toml", &text);
        let said = |number: usize| {
            let help = if number < SUGGESTIONS {
                format!("did you mean `attribute{number}`?")
            } else {
                "add it to the attributes first".to_owned()
            };
            format!("error: m.toml:{}: the target has no attribute `atribute{number}`\n  help: {help}", number + 4)
        };
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, (0..count).map(said).collect::<Vec<_>>());
    }
}
