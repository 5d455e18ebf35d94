//! The sandbox application that stands in for a job's target: it has the attributes of the job's mapping.

use crate::{
    mapping::{AttributeType, ObjectMapping, Template},
    sandbox::{ApplicationSchema, AttributeKind, AttributeRule},
};

/// The application that a template describes.
pub fn schema_of(template: &Template) -> ApplicationSchema {
    let rules = |mapping: &ObjectMapping| {
        mapping
            .attributes
            .iter()
            .map(|attribute| AttributeRule {
                path: attribute.path.clone(),
                kind: match attribute.kind {
                    AttributeType::String => AttributeKind::String,
                    AttributeType::Boolean => AttributeKind::Boolean,
                    AttributeType::Integer => AttributeKind::Integer,
                    AttributeType::Reference => AttributeKind::Reference,
                    AttributeType::Binary => AttributeKind::Binary,
                    AttributeType::DateTime => AttributeKind::DateTime,
                },
                required: attribute.required,
                filterable: attribute.filterable,
                multivalued: attribute.multivalued,
                case_exact: attribute.case_exact,
            })
            .collect()
    };
    ApplicationSchema {
        name: template.title.clone(),
        users: rules(&template.users),
        groups: template.enabled_groups().map(rules).unwrap_or_default(),
    }
}
