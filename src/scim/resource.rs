//! Resources: reading a value at a path out of what the target answered, and building what a create sends.
//!
//! Reading is lenient in letter case, and takes a manager as an object or as a bare text. Source: `spec/WIRE.md` §2, §3.

use super::{
    path::{ENTERPRISE_USER, Path, Selector, is_core, member, scalar_eq},
    role::ROLE_TYPE,
};
use serde_json::{Map, Value, json};

/// The core schema of users.
pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core schema of groups.
pub const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The second schema of the documented group sample, sent only on request.
pub const LEGACY_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// The value at `path`; null counts as none.
pub fn read<'a>(resource: &'a Value, path: &Path) -> Option<&'a Value> {
    let container = match path.schema.as_deref() {
        None => resource,
        Some(urn) if is_core(urn) => resource,
        Some(urn) => member(resource, urn)?,
    };
    let attribute = member(container, &path.attribute)?;
    let entry = match (&path.selector, attribute) {
        (Some(selector), Value::Array(entries)) => entries.iter().find(|entry| selector.matches(entry))?,
        (Some(selector), single) => selector.matches(single).then_some(single)?,
        (None, Value::Array(entries)) if path.sub_attribute.is_some() => entries.first()?,
        (None, other) => other,
    };
    let value = match &path.sub_attribute {
        Some(sub) => member(entry, sub)?,
        None => entry,
    };
    (!value.is_null()).then_some(value)
}

/// The id that a reference holds: an object with `value`, or a bare text. An empty text is no reference.
pub fn read_reference<'a>(resource: &'a Value, path: &Path) -> Option<&'a str> {
    let value = read(resource, path)?;
    let id = match value {
        Value::Object(_) => member(value, "value")?.as_str()?,
        other => other.as_str()?,
    };
    (!id.is_empty()).then_some(id)
}

/// The extension that a path belongs to, if it belongs to one.
pub fn extension(path: &Path) -> Option<&str> {
    path.schema.as_deref().filter(|urn| !is_core(urn))
}

/// Whether an extension is declared in `schemas` whatever the settings: only the enterprise one is.
pub fn is_enterprise(urn: &str) -> bool {
    urn.eq_ignore_ascii_case(ENTERPRISE_USER)
}

/// A resource in the making: the body of a create.
#[derive(Clone, Debug, Default)]
pub struct NewResource {
    schemas: Vec<String>,
    attributes: Map<String, Value>,
}

impl NewResource {
    /// A resource of these schemas, the core one first.
    pub fn of(schemas: Vec<String>) -> Self {
        Self { schemas, attributes: Map::new() }
    }

    /// Puts a value at `path`. Paths with the same selector share an entry, into which the selector's own values are
    /// written; the work e-mail is marked as primary.
    pub fn set(&mut self, path: &Path, value: Value) {
        let Some(selector) = &path.selector else {
            let container = self.container(path);
            match &path.sub_attribute {
                Some(sub) => put(object_at(container, &path.attribute), sub, value),
                None => put(container, &path.attribute, value),
            }
            return;
        };
        match (&path.sub_attribute, self.entry(path, selector)) {
            (Some(sub), Value::Object(entry)) => put(entry, sub, value),
            (_, entry) => *entry = value,
        }
    }

    /// The object that the attribute of `path` stands in: the resource, or an extension.
    fn container(&mut self, path: &Path) -> &mut Map<String, Value> {
        match extension(path) {
            Some(urn) => object_at(&mut self.attributes, urn),
            None => &mut self.attributes,
        }
    }

    /// The entry that `selector` picks, made with what the selector says if it is not there.
    fn entry(&mut self, path: &Path, selector: &Selector) -> &mut Value {
        let entries = array_at(self.container(path), &path.attribute);
        let found = entries.iter().position(|entry| selector.matches(entry));
        let index = found.unwrap_or_else(|| {
            let mut entry: Map<_, _> =
                selector.0.iter().map(|(name, wanted)| (name.clone(), as_boolean(wanted))).collect();
            if path.attribute.eq_ignore_ascii_case("emails")
                && is_of_work(selector)
                && key_of(&entry, "primary").is_none()
            {
                entry.insert("primary".to_owned(), Value::Bool(true));
            }
            entries.push(Value::Object(entry));
            entries.len() - 1
        });
        &mut entries[index]
    }

    /// Puts a part of a role into the entry that `path` selects. A role has a type, whether or not anybody maps it.
    pub fn set_role(&mut self, path: &Path, value: Value) {
        if let Some(Value::Object(entry)) = path.selector.as_ref().map(|selector| self.entry(path, selector))
            && key_of(entry, "type").is_none()
        {
            entry.insert("type".to_owned(), ROLE_TYPE.into());
        }
        self.set(path, value);
    }

    /// What was put into the attribute of `path` so far, as a whole.
    pub fn into_attribute(mut self, path: &Path) -> Option<Value> {
        let container = self.container(path);
        let key = key_of(container, &path.attribute)?;
        container.remove(&key)
    }

    /// The body, with `meta` at its end.
    pub fn into_body(self, resource_type: &str) -> Value {
        let mut body = Map::new();
        body.insert("schemas".to_owned(), self.schemas.into());
        body.extend(self.attributes);
        body.insert("meta".to_owned(), json!({"resourceType": resource_type}));
        Value::Object(body)
    }
}

/// Whether a selector asks for the type `work`.
fn is_of_work(selector: &Selector) -> bool {
    selector.0.iter().any(|(name, wanted)| name.eq_ignore_ascii_case("type") && scalar_eq(wanted, &json!("work")))
}

/// `primary eq "True"` in a mapping means the boolean.
fn as_boolean(wanted: &Value) -> Value {
    match wanted.as_str() {
        Some(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        _ => wanted.clone(),
    }
}

/// The name under which an object has `key`, ignoring letter case.
fn key_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.keys().find(|name| name.eq_ignore_ascii_case(key)).cloned()
}

fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key_of(object, key).unwrap_or_else(|| key.to_owned()), value);
}

/// The object that `key` holds, made if it is not there.
fn object_at<'a>(container: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let key = key_of(container, key).unwrap_or_else(|| key.to_owned());
    let slot = container.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut().expect("an object was just put there")
}

/// The array that `key` holds, made if it is not there.
fn array_at<'a>(container: &'a mut Map<String, Value>, key: &str) -> &'a mut Vec<Value> {
    let key = key_of(container, key).unwrap_or_else(|| key.to_owned());
    let slot = container.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    slot.as_array_mut().expect("an array was just put there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn values_nest_as_scim_has_them() {
        let mut user = NewResource::of(vec![CORE_USER.into(), ENTERPRISE_USER.into()]);
        user.set(&path("userName"), json!("ada"));
        user.set(&path("active"), json!(true));
        user.set(&path(r#"emails[type eq "work"].value"#), json!("ada@contoso.example"));
        user.set(&path("name.givenName"), json!("Ada"));
        user.set(&path("name.familyName"), json!("Lovelace"));
        user.set(&path(r#"addresses[type eq "work"].locality"#), json!("London"));
        user.set(&path(r#"addresses[type eq "work"].country"#), json!("GB"));
        user.set(&path(r#"roles[primary eq "True"].value"#), json!("Admin"));
        user.set(&path(&format!("{ENTERPRISE_USER}:department")), json!("Engines"));
        assert_eq!(
            user.into_body("User"),
            json!({
                "schemas": [CORE_USER, ENTERPRISE_USER],
                "userName": "ada",
                "active": true,
                "emails": [{"type": "work", "primary": true, "value": "ada@contoso.example"}],
                "name": {"givenName": "Ada", "familyName": "Lovelace"},
                "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
                "roles": [{"primary": true, "value": "Admin"}],
                ENTERPRISE_USER: {"department": "Engines"},
                "meta": {"resourceType": "User"},
            })
        );
    }

    #[test]
    fn the_work_email_is_the_primary_one_in_any_letter_case_unless_its_path_says_otherwise() {
        for (selector, entry) in [
            (r#"Type eq "Work""#, json!({"Type": "Work", "primary": true, "value": "w"})),
            (r#"type eq "work" and primary eq "False""#, json!({"type": "work", "primary": false, "value": "w"})),
            (r#"type eq "home""#, json!({"type": "home", "value": "w"})),
        ] {
            let value = path(&format!("emails[{selector}].value"));
            let mut user = NewResource::default();
            user.set(&value, json!("w"));
            assert_eq!(user.into_attribute(&value).unwrap(), json!([entry]), "{selector}");
        }
    }

    #[test]
    fn letter_case_makes_no_second_attribute_and_no_second_entry() {
        let mut user = NewResource::of(vec![CORE_USER.into()]);
        user.set(&path(r#"emails[type eq "other"].Value"#), json!("a@contoso.example"));
        user.set(&path(r#"Emails[Type eq "Other"].display"#), json!("A"));
        user.set(&path("name.givenName"), json!("Ada"));
        user.set(&path("Name.FamilyName"), json!("Lovelace"));
        assert_eq!(
            user.into_body("User"),
            json!({
                "schemas": [CORE_USER],
                "emails": [{"type": "other", "Value": "a@contoso.example", "display": "A"}],
                "name": {"givenName": "Ada", "FamilyName": "Lovelace"},
                "meta": {"resourceType": "User"},
            })
        );
    }

    #[test]
    fn a_role_has_its_type_unless_another_is_mapped() {
        let value = path(r#"roles[primary eq "True"].value"#);
        let mut plain = NewResource::default();
        plain.set_role(&value, json!("Admin"));
        assert_eq!(
            plain.into_attribute(&value).unwrap().to_string(),
            r#"[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}]"#
        );
        for before in [true, false] {
            let mut typed = NewResource::default();
            if before {
                typed.set(&value.sibling("type"), json!("Job"));
            }
            typed.set_role(&value, json!("Admin"));
            typed.set(&value.sibling("type"), json!("Job"));
            assert_eq!(
                typed.into_attribute(&value).unwrap().to_string(),
                r#"[{"primary":true,"type":"Job","value":"Admin"}]"#
            );
        }
        assert_eq!(NewResource::default().into_attribute(&value), None);
    }

    #[test]
    fn reading_ignores_letter_case_and_finds_typed_entries() {
        let user = json!({
            "UserName": "ada",
            "emails": [{"type": "home", "value": "h"}, {"Type": "Work", "Value": "w"}],
            "title": null,
            ENTERPRISE_USER.to_uppercase(): {"manager": {"value": "7"}},
        });
        assert_eq!(read(&user, &path("userName")), Some(&json!("ada")));
        assert_eq!(read(&user, &path(r#"emails[type eq "work"].value"#)), Some(&json!("w")));
        assert_eq!(read(&user, &path(r#"emails[type eq "other"].value"#)), None);
        assert_eq!(read(&user, &path("title")), None);
        assert_eq!(read_reference(&user, &path(&format!("{ENTERPRISE_USER}:manager"))), Some("7"));
    }

    #[test]
    fn a_manager_may_be_a_bare_text_and_an_empty_one_is_none() {
        let manager = path(&format!("{ENTERPRISE_USER}:manager"));
        assert_eq!(read_reference(&json!({ENTERPRISE_USER: {"manager": "7"}}), &manager), Some("7"));
        assert_eq!(read_reference(&json!({ENTERPRISE_USER: {"manager": {"value": ""}}}), &manager), None);
    }
}
