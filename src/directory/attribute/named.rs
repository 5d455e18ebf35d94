//! The values of a source object by the names that mappings and filters may use for them.
//!
//! An object keeps its attributes under their canonical names. A mapping may also say `[mobilePhone]` for `[mobile]`, and
//! name a member of a structured attribute after a dot.

use super::named;
use crate::expression::{Attributes, Value};
use serde_json::{Map, Value as Json};

/// The attributes of an object, found under every name that a mapping may use.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a>(pub &'a Map<String, Json>);

impl<'a> Named<'a> {
    /// The value that `name` means.
    pub fn value(self, name: &str) -> Option<&'a Json> {
        let member = || {
            let (structure, member) = name.split_once('.')?;
            self.0.get(structure)?.as_object()?.get(member)
        };
        let alias = || self.0.get(named(name)?.name);
        self.0.get(name).or_else(alias).or_else(member)
    }
}

impl Attributes for Named<'_> {
    fn get(&self, name: &str) -> Value<'_> {
        self.value(name).map_or(Value::Null, Value::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_found_by_every_name_that_a_mapping_may_use() {
        let object = json!({
            "objectId": "1", "mobile": "+1", "extensionAttribute1": "A1", "employeeOrgData": {"costCenter": "77"},
            "a.b": "dotted"
        });
        let object = Named(object.as_object().expect("an object"));
        for (name, value) in [
            ("objectId", Value::text("1")),
            ("id", Value::text("1")),
            ("mobilePhone", Value::text("+1")),
            ("onPremisesExtensionAttributes.extensionAttribute1", Value::text("A1")),
            ("employeeOrgData.costCenter", Value::text("77")),
            ("employeeOrgData.division", Value::Null),
            ("a.b", Value::text("dotted")),
            ("Mobile", Value::Null),
            ("mobile.x", Value::Null),
        ] {
            assert_eq!(object.get(name), value, "{name}");
        }
    }
}
