//! What an application says of its own attributes at `/Schemas` (RFC 7643 §7). Never asked for by a cycle, only on request.
//!
//! Read leniently where a characteristic is missing (then the one that RFC 7643 §2.2 assumes holds), strictly in shape: what
//! is no schema makes the whole answer no good, for half of it would show attributes as missing that are there. Source:
//! `spec/WIRE.md` §1.

use super::path::{Path, member};
use serde_json::Value;

/// The schemas of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schemas(Vec<Schema>);

/// The attributes under one URN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The URN.
    pub urn: String,
    /// Its attributes.
    pub attributes: Vec<SchemaAttribute>,
}

/// Who may write an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// Whoever may write at all; what a write-only attribute holds is not shown.
    Written,
    /// Only whoever creates the resource.
    Immutable,
    /// Nobody but the application.
    ReadOnly,
}

/// An attribute, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaAttribute {
    /// Its name.
    pub name: String,
    /// Its type, in lower case: `string`, `boolean`, `complex`, ..
    pub kind: String,
    /// Whether it has several values.
    pub multivalued: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// The parts of a complex one.
    pub parts: Vec<SchemaAttribute>,
}

/// What an application has for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'s> {
    /// This attribute, or this part of one.
    Attribute(&'s SchemaAttribute),
    /// No attribute of this name, but others in the schema.
    NoAttribute(&'s Schema),
    /// The attribute, but no part of this name.
    NoPart(&'s SchemaAttribute),
    /// No schema of this URN.
    NoSchema,
}

impl Schemas {
    /// Reads the entries of the list, or says what is wrong with them.
    pub(crate) fn read(entries: &[Value]) -> Result<Self, String> {
        entries.iter().map(Schema::read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none at all: then the application says nothing of its attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The schema with this URN.
    pub fn get(&self, urn: &str) -> Option<&Schema> {
        self.0.iter().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// What the application has for `path`, which belongs to the schema `core` where it names none.
    pub fn find(&self, core: &str, path: &Path) -> Found<'_> {
        let Some(schema) = self.get(path.schema.as_deref().unwrap_or(core)) else { return Found::NoSchema };
        let Some(attribute) = named(&schema.attributes, &path.attribute) else { return Found::NoAttribute(schema) };
        match &path.sub_attribute {
            None => Found::Attribute(attribute),
            Some(part) => named(&attribute.parts, part).map_or(Found::NoPart(attribute), Found::Attribute),
        }
    }
}

impl Schema {
    fn read(entry: &Value) -> Result<Self, String> {
        let urn = member(entry, "id").and_then(Value::as_str).unwrap_or_default();
        if urn.is_empty() || urn.contains(|character: char| !character.is_ascii_graphic()) {
            return Err("a schema's `id` must be its URN".to_owned());
        }
        let attributes = member(entry, "attributes").and_then(Value::as_array);
        let attributes = attributes.ok_or_else(|| format!("the schema `{urn}` has no array `attributes`"))?;
        let read = |attribute| SchemaAttribute::read(attribute, urn);
        Ok(Self { urn: urn.to_owned(), attributes: attributes.iter().map(read).collect::<Result<_, _>>()? })
    }
}

impl SchemaAttribute {
    fn read(value: &Value, urn: &str) -> Result<Self, String> {
        Ok(Self { parts: parts(value, urn)?, ..Self::without_parts(value, urn)? })
    }

    fn without_parts(value: &Value, urn: &str) -> Result<Self, String> {
        let text = |name| member(value, name).and_then(Value::as_str);
        let flag = |name| member(value, name).and_then(Value::as_bool).unwrap_or_default();
        let name = text("name").filter(|name| is_name(name));
        let name = name.ok_or_else(|| format!("an attribute of the schema `{urn}` has no `name` that can be one"))?;
        let mutability = match text("mutability").map(str::to_ascii_lowercase).as_deref() {
            Some("readonly") => Mutability::ReadOnly,
            Some("immutable") => Mutability::Immutable,
            _ => Mutability::Written,
        };
        Ok(Self {
            name: name.to_owned(),
            kind: text("type").unwrap_or("string").to_ascii_lowercase(),
            multivalued: flag("multiValued"),
            required: flag("required"),
            mutability,
            parts: Vec::new(),
        })
    }
}

/// Parts have no parts of their own (RFC 7643 §2.3.8).
fn parts(value: &Value, urn: &str) -> Result<Vec<SchemaAttribute>, String> {
    let parts = member(value, "subAttributes").and_then(Value::as_array);
    parts.into_iter().flatten().map(|part| SchemaAttribute::without_parts(part, urn)).collect()
}

fn named<'s>(attributes: &'s [SchemaAttribute], name: &str) -> Option<&'s SchemaAttribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// RFC 7643 §2.1, and `$ref`.
fn is_name(text: &str) -> bool {
    text == "$ref"
        || (text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_$".contains(character)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::resource::CORE_USER;
    use serde_json::json;

    fn schemas() -> Schemas {
        Schemas::read(&[json!({"ID": CORE_USER, "attributes": [
            {"name": "userName", "required": true, "mutability": "readWrite"},
            {"name": "emails", "type": "Complex", "multiValued": true, "subAttributes": [
                {"name": "value", "type": "string"}, {"name": "$ref", "type": "reference", "mutability": "readOnly"},
            ]},
        ]})])
        .unwrap()
    }

    #[test]
    fn a_path_finds_its_attribute_or_what_is_there_instead() {
        let schemas = schemas();
        let find = |path: &str| match schemas.find(CORE_USER, &path.parse().unwrap()) {
            Found::Attribute(attribute) => format!("{} {}", attribute.name, attribute.kind),
            Found::NoAttribute(schema) => format!("others in {}", schema.urn),
            Found::NoPart(attribute) => format!("others in {}", attribute.name),
            Found::NoSchema => "nothing".to_owned(),
        };
        assert_eq!(find("USERNAME"), "userName string");
        assert_eq!(find("emails"), "emails complex");
        assert_eq!(find("emails[type eq \"work\"].value"), "value string");
        assert_eq!(find("emails[type eq \"work\"].primary"), "others in emails");
        assert_eq!(find("nickName"), format!("others in {CORE_USER}"));
        assert_eq!(find("urn:x:y:nickName"), "nothing");
    }

    #[test]
    fn what_is_no_schema_is_said() {
        let problem = |entry: Value| Schemas::read(&[entry]).unwrap_err();
        assert_eq!(problem(json!({"attributes": []})), "a schema's `id` must be its URN");
        assert_eq!(problem(json!({"id": "u:\u{1b}[2J", "attributes": []})), "a schema's `id` must be its URN");
        assert_eq!(problem(json!({"id": "u:x"})), "the schema `u:x` has no array `attributes`");
        for name in [json!(null), json!(7), json!(""), json!("a b"), json!("\u{1b}")] {
            assert_eq!(
                problem(json!({"id": "u:x", "attributes": [{"name": name}]})),
                "an attribute of the schema `u:x` has no `name` that can be one"
            );
        }
    }
}
