//! The schemas that the application declares at `/Schemas` (RFC 7643 §7).
//!
//! An application without a schema of its own declares RFC 7643's. One with a schema declares what its rules name: parts and
//! types from RFC 7643 where that knows the attribute, else from the rules. `externalId` belongs to no schema (RFC 7643
//! §3.1) and is left out.

use super::{
    core_schema::{AttributeDefinition, core_attributes, enterprise_attributes},
    discovery::CORE,
    resource_kind::ResourceKind,
    schema::{AttributeKind, AttributeRule},
    target::Target,
    vocabulary::{Rule, Vocabulary},
};
use crate::scim::path::ENTERPRISE_USER;
use serde_json::{Value, json};

/// The schemas of one kind of resource: the core schema, then the extensions.
pub(crate) fn schemas(vocabulary: &Vocabulary, base_url: &str) -> Vec<Value> {
    let extensions = extensions(vocabulary).into_iter().map(Some);
    std::iter::once(None).chain(extensions).map(|urn| schema(vocabulary, urn, base_url)).collect()
}

/// The extensions that the application declares and has attributes of.
pub(crate) fn extensions(vocabulary: &Vocabulary) -> Vec<&str> {
    let mut extensions: Vec<&str> = Vec::new();
    for urn in vocabulary.declared_extensions() {
        let is_in = |rule: &Rule| rule.target.extension.as_deref() == Some(urn);
        let used = vocabulary.rules().is_none_or(|rules| rules.iter().any(is_in));
        if used && !extensions.contains(&urn) {
            extensions.push(urn);
        }
    }
    extensions
}

fn schema(vocabulary: &Vocabulary, extension: Option<&str>, base_url: &str) -> Value {
    let id = extension.unwrap_or(vocabulary.kind.core_schema());
    let name = if extension.is_some() { id.rsplit(':').nth(2).unwrap_or(id) } else { vocabulary.kind.name() };
    let defined = match extension {
        None => core_attributes(vocabulary.kind),
        Some(ENTERPRISE_USER) => enterprise_attributes(),
        Some(_) => &[],
    };
    let defined = defined.iter().filter(|definition| definition.name != "externalId");
    let mut attributes: Vec<Value> =
        defined.filter_map(|definition| defined_attribute(vocabulary, extension, definition)).collect();
    let mut names: Vec<&str> = Vec::new();
    for Rule { target, .. } in vocabulary.rules().unwrap_or_default() {
        let name = target.attribute.as_str();
        let defined = target.is_core("externalId") || vocabulary.definition(extension, name).is_some();
        if target.is_in(extension, name) && !defined && !names.contains(&name) {
            names.push(name);
            attributes.push(own_attribute(vocabulary, extension, name));
        }
    }
    json!({
        "schemas": [format!("{CORE}:Schema")],
        "id": id,
        "name": name,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base_url}/Schemas/{id}")},
    })
}

/// An attribute of RFC 7643, with those of its parts that the application has; `None` if it has none of it.
fn defined_attribute(
    vocabulary: &Vocabulary,
    extension: Option<&str>,
    definition: &AttributeDefinition,
) -> Option<Value> {
    let target = |part: Option<&str>| Target {
        extension: extension.map(str::to_owned),
        attribute: definition.name.to_owned(),
        selector: None,
        part: part.map(str::to_owned),
    };
    if !vocabulary.permits(&target(None)) {
        return None;
    }
    let required = vocabulary.requires(&target(None));
    if !definition.is_complex() {
        return Some(described(definition.name, definition, required));
    }
    let permitted = definition.parts.iter().filter(|part| vocabulary.permits(&target(Some(part.name))));
    let mut parts: Vec<Value> =
        permitted.map(|part| described(part.name, part, vocabulary.requires(&target(Some(part.name))))).collect();
    parts.extend(own_parts(vocabulary, extension, definition.name, |part| definition.part(part).is_none()));
    Some(complex(described(definition.name, definition, required), parts))
}

/// An attribute that only the application's rules know.
fn own_attribute(vocabulary: &Vocabulary, extension: Option<&str>, name: &str) -> Value {
    let mut rules = vocabulary.rules_for(extension, name);
    let whole = rules.find(|rule| rule.target.part.is_none() && rule.target.selector.is_none());
    if let Some(Rule { row, .. }) = whole {
        return described(name, &definition(row), row.required);
    }
    let multivalued = vocabulary.rules_for(extension, name).any(|rule| rule.target.selector.is_some());
    let container = AttributeDefinition { multivalued, ..TEXT };
    let parts = own_parts(vocabulary, extension, name, |_| true).collect();
    complex(described(name, &container, false), parts)
}

/// The parts of an attribute that the rules name, where `wanted` says so.
fn own_parts(
    vocabulary: &Vocabulary,
    extension: Option<&str>,
    attribute: &str,
    wanted: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Value> {
    let mut named: Vec<(&str, &AttributeRule)> = Vec::new();
    for Rule { target, row } in vocabulary.rules_for(extension, attribute) {
        let part = target.part.as_deref().filter(|part| wanted(part));
        if let Some(part) = part.filter(|part| named.iter().all(|(name, _)| name != part)) {
            named.push((part, row));
        }
    }
    named.into_iter().map(|(part, row)| described(part, &definition(row), row.required))
}

/// A text, as a beginning for other definitions.
const TEXT: AttributeDefinition =
    AttributeDefinition { name: "", kind: AttributeKind::String, multivalued: false, case_exact: false, parts: &[] };

fn definition(row: &AttributeRule) -> AttributeDefinition {
    let multivalued = row.multivalued && row.path.selector.is_none();
    AttributeDefinition { kind: row.kind, multivalued, case_exact: row.case_exact, ..TEXT }
}

fn complex(mut attribute: Value, parts: Vec<Value>) -> Value {
    attribute["type"] = json!("complex");
    attribute["subAttributes"] = Value::Array(parts);
    attribute
}

fn described(name: &str, definition: &AttributeDefinition, required: bool) -> Value {
    let kind = match definition.kind {
        AttributeKind::String => "string",
        AttributeKind::Boolean => "boolean",
        AttributeKind::Integer => "integer",
        AttributeKind::Reference => "reference",
        AttributeKind::Binary => "binary",
        AttributeKind::DateTime => "dateTime",
    };
    let unique = name == ResourceKind::User.naming_attribute();
    json!({
        "name": name,
        "type": kind,
        "multiValued": definition.multivalued,
        "required": required,
        "caseExact": definition.case_exact,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": if unique { "server" } else { "none" },
    })
}
