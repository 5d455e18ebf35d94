//! Telling whether two templates provision alike.

use super::{object_mapping::ObjectMapping, scoping::ScopingFilter, template::Template};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A digest of everything that decides about values and scope.
pub(super) fn of(template: &Template) -> String {
    let mut text = format!("{:?} {:?}\n", template.soft_delete, template.default_access);
    if template.strict_conditions {
        text.push_str("strict conditions\n");
    }
    describe(&mut text, &template.users);
    if let Some(groups) = &template.groups {
        describe(&mut text, groups);
    }
    Sha256::digest(text).iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn describe(text: &mut String, mapping: &ObjectMapping) {
    let _ = writeln!(text, "{:?} {} {} {:?}", mapping.object, mapping.enabled, mapping.target, mapping.actions);
    for line in &mapping.mappings {
        let target = &line.target;
        let source = line.source.as_ref().map(ToString::to_string);
        let _ = writeln!(
            text,
            "{} {:?} {} {} {} {:?} <- {source:?} {:?} {:?} {:?} {:?} {}",
            target.path,
            target.kind,
            target.required,
            target.multivalued,
            target.case_exact,
            target.default,
            line.default,
            line.matching,
            line.flow_type,
            line.flow_behavior,
            line.flow_null_values
        );
    }
    for group in mapping.scoping_filter.iter().flat_map(ScopingFilter::groups) {
        let _ = writeln!(text, "filter {:?}", group.title());
        for clause in group.clauses() {
            let _ = writeln!(text, "  {clause} {:?} {:?}", clause.value(), clause.anchoring());
        }
    }
}
