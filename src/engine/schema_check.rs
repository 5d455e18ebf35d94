//! A mapping held against what the application says of its own attributes at `/Schemas`.
//!
//! Only on request: a cycle never asks for `/Schemas`, and Entra reads it for some gallery applications only, to offer more
//! target attributes. Everything found is a warning, for an application may accept what it does not declare. `id`,
//! `externalId`, `schemas` and `meta` belong to no schema (RFC 7643 §3.1). Source: `spec/WIRE.md` §1, `spec/MAPPINGS.md`
//! §6.5.

use super::job::Job;
use crate::{
    config::problem::{Problem, Problems, nearest},
    mapping::{AttributeMapping, AttributeType, FlowType, ObjectMapping},
    scim::{
        failure::Failure,
        path::{Path, is_core},
        resource::{CORE_GROUP, CORE_USER},
        schemas::{Found, Mutability, Schema, SchemaAttribute, Schemas},
        trace::Trace,
    },
};

/// What came of the comparison.
#[derive(Debug, Default)]
pub struct SchemaComparison {
    /// Whether the application has a list of schemas with nothing in it: there is nothing to compare with.
    pub says_nothing: bool,
    /// Where mapping and application do not agree.
    pub problems: Vec<Problem>,
    /// Attributes that the application has and may be written, and that nothing is mapped to: names, those of extensions
    /// after their URN.
    pub unmapped: Vec<String>,
}

/// Attributes that every resource has, declared or not.
const COMMON: [&str; 4] = ["id", "externalId", "schemas", "meta"];

/// Asks the job's application for its schemas and compares the mapping with them.
pub async fn compare_with_schemas(job: &Job, trace: Trace) -> Result<SchemaComparison, Failure> {
    let schemas = job.client.traced(trace.of_job(job.name())).schemas().await?;
    Ok(compare(&schemas, job))
}

fn compare(schemas: &Schemas, job: &Job) -> SchemaComparison {
    if schemas.is_empty() {
        return SchemaComparison { says_nothing: true, ..SchemaComparison::default() };
    }
    let (problems, mut unmapped) = (Problems::default(), Vec::new());
    let groups = job.template.enabled_groups().map(|groups| (groups, CORE_GROUP));
    for (mapping, core) in [Some((&job.template.users, CORE_USER)), groups].into_iter().flatten() {
        for line in &mapping.mappings {
            compare_line(schemas, core, line, &problems);
        }
        unmapped.extend(left_over(schemas, core, mapping, job, &problems));
    }
    SchemaComparison { says_nothing: false, problems: problems.into_sorted(), unmapped }
}

fn compare_line(schemas: &Schemas, core: &str, line: &AttributeMapping, problems: &Problems) {
    let path = &line.target.path;
    if COMMON.iter().any(|name| path.whole().is(name)) {
        return;
    }
    let warn = |message: String, help: Option<String>| problems.warn(&line.place, message, help);
    let no_such = |among: &[SchemaAttribute], what: String| {
        let help = nearest_of(named_part(path), among)
            .unwrap_or_else(|| "take the line out, or ask the application's makers".to_owned());
        warn(format!("the application does not declare `{path}`: {what}"), Some(help));
    };
    match schemas.find(core, path) {
        Found::NoSchema => no_such(&[], "it has no such schema".to_owned()),
        Found::NoAttribute(schema) => {
            no_such(&schema.attributes, format!("its schema `{}` has no such attribute", schema.urn));
        }
        Found::NoPart(attribute) => no_such(&attribute.parts, format!("its `{}` has no such part", attribute.name)),
        Found::Attribute(attribute) => {
            if attribute.mutability == Mutability::ReadOnly {
                let help = "take the line out: the application sets it itself".to_owned();
                warn(format!("the application declares `{path}` as read-only"), Some(help));
            } else if attribute.mutability == Mutability::Immutable && line.flow_type != FlowType::ObjectAddOnly {
                let help = "set `apply = \"creation\"`".to_owned();
                warn(format!("the application lets `{path}` be set in a create only"), Some(help));
            }
            if let Some((message, help)) = another_type(line, attribute) {
                warn(message, Some(help));
            }
        }
    }
}

/// How the type of what is mapped differs from the declared one. References and roles are objects, which the wire knows how
/// to write.
fn another_type(line: &AttributeMapping, declared: &SchemaAttribute) -> Option<(String, String)> {
    let (path, kind) = (&line.target.path, declared.kind.as_str());
    if line.is_reference() || line.role_function().is_some() {
        return None;
    }
    if kind == "complex" {
        let parts: Vec<_> = declared.parts.iter().map(|part| format!("`{}`", part.name)).collect();
        let message =
            format!("the application declares `{path}` as an object with parts, and the mapping gives a text");
        return Some((message, format!("map one of its parts: {}", parts.join(", "))));
    }
    let (fits, name) = match line.target.kind {
        AttributeType::Boolean => (kind == "boolean", "Boolean"),
        AttributeType::Integer => (matches!(kind, "integer" | "decimal"), "Integer"),
        AttributeType::Binary => (matches!(kind, "binary" | "string"), "Binary"),
        AttributeType::DateTime => (matches!(kind, "datetime" | "string"), "DateTime"),
        AttributeType::String | AttributeType::Reference => (!matches!(kind, "boolean" | "integer"), "String"),
    };
    if !fits {
        let message = format!("the application declares `{path}` as `{kind}`, and the mapping as `{name}`");
        return Some((message, format!("set the `type` of `{path}`, or make the expression give such a value")));
    }
    (path.sub_attribute.is_none() && declared.multivalued != line.target.multivalued).then(|| {
        let number = |several| if several { "several values" } else { "one value" };
        let message = format!("the application declares `{path}` with {}", number(declared.multivalued));
        (message, format!("set `multivalued = {}`", declared.multivalued))
    })
}

/// The attributes of the core schema, and of the extensions that the mapping knows, that nothing is mapped to. One that the
/// application demands is a problem.
fn left_over(schemas: &Schemas, core: &str, mapping: &ObjectMapping, job: &Job, problems: &Problems) -> Vec<String> {
    let mut urns = vec![core];
    for urn in mapping.attributes.iter().filter_map(|attribute| attribute.path.schema.as_deref()) {
        if !is_core(urn) && !urns.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
            urns.push(urn);
        }
    }
    let mut left = Vec::new();
    for schema in urns.iter().filter_map(|urn| schemas.get(urn)) {
        let unmapped = schema.attributes.iter().filter(|attribute| {
            attribute.mutability != Mutability::ReadOnly
                && !COMMON.iter().any(|name| attribute.name.eq_ignore_ascii_case(name))
                && !mapping.mappings.iter().any(|line| belongs_to(&line.target.path, core, schema, attribute))
        });
        for attribute in unmapped {
            let name = if is_core(&schema.urn) {
                attribute.name.clone()
            } else {
                format!("{}:{}", schema.urn, attribute.name)
            };
            if attribute.required && schema.urn.eq_ignore_ascii_case(core) {
                let message = format!("the application demands `{name}`, and nothing is mapped to it");
                let help = format!("add a line for `{name}`, or the application may refuse every create");
                problems.warn(&job.settings.mapping_place, message, Some(help));
            }
            left.push(name);
        }
    }
    left
}

fn belongs_to(path: &Path, core: &str, schema: &Schema, attribute: &SchemaAttribute) -> bool {
    path.schema.as_deref().unwrap_or(core).eq_ignore_ascii_case(&schema.urn)
        && path.attribute.eq_ignore_ascii_case(&attribute.name)
}

/// The part of a path that a schema would have to name.
fn named_part(path: &Path) -> &str {
    path.sub_attribute.as_deref().unwrap_or(&path.attribute)
}

fn nearest_of(name: &str, among: &[SchemaAttribute]) -> Option<String> {
    let found = nearest(name, among.iter().map(|attribute| attribute.name.as_str()))?;
    Some(format!("it has `{found}`"))
}
