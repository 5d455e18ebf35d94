//! Reads the body of a POST or PUT: a whole resource.
//!
//! What the application keeps itself (`id`, `meta`, `groups`) is ignored, as RFC 7644 §3.3 wants it; so are a password, and
//! every attribute that the application's schema does not have.

use super::{
    attribute::Attribute,
    error::Refusal,
    member,
    pruning::prune,
    resource_kind::ResourceKind,
    target::Target,
    vocabulary::{Place, Vocabulary},
};
use crate::scim::path::is_name;
use serde_json::{Map, Value};

/// A resource as a client wants it.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The attributes in their proper form, without members.
    pub(crate) attributes: Map<String, Value>,
    /// The members of a group, as they were sent.
    pub(crate) members: Value,
}

/// Reads a body, and refuses one whose values do not fit or whose required values are missing.
pub(crate) fn admit(body: Value, vocabulary: &Vocabulary) -> Result<Admitted, Refusal> {
    let Value::Object(body) = body else {
        return Err(Refusal::InvalidSyntax("the body must be a JSON object".to_owned()));
    };
    let core = vocabulary.kind.core_schema();
    let declared = member::get(&body, "schemas").and_then(Value::as_array);
    let is_core = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(core));
    if !declared.is_some_and(|urns| urns.iter().any(is_core)) {
        return Err(Refusal::InvalidSyntax(format!("`schemas` must hold `{core}`")));
    }
    let mut admitted = Admitted { attributes: Map::new(), members: Value::Null };
    for (name, value) in body {
        match place(vocabulary, &name)? {
            Place::Extension(urn) => match value {
                Value::Null => {}
                Value::Object(inner) => {
                    for (name, value) in inner {
                        let name = vocabulary.attribute_name(Some(&urn), &name);
                        store(&mut admitted.attributes, vocabulary, Some(&urn), &name, value)?;
                    }
                }
                _ => return Err(Refusal::value(urn, "an extension is an object")),
            },
            Place::Attribute(target) if is_ignored(vocabulary, &target) => {}
            Place::Attribute(target) if vocabulary.kind == ResourceKind::Group && target.is_core("members") => {
                admitted.members = value;
            }
            Place::Attribute(Target { extension, attribute, .. }) => {
                store(&mut admitted.attributes, vocabulary, extension.as_deref(), &attribute, value)?;
            }
        }
    }
    prune(&mut admitted.attributes, vocabulary);
    match vocabulary.missing(&admitted.attributes).first() {
        Some(missing) => Err(Refusal::value(missing.clone(), "it is required")),
        None => Ok(admitted),
    }
}

/// What a name at the top of a resource means: an attribute or an extension, and no path into either.
fn place(vocabulary: &Vocabulary, name: &str) -> Result<Place, Refusal> {
    if vocabulary.extension(name).is_some() || is_name(name) { vocabulary.place(name) } else { Err(no_name(name)) }
}

fn is_ignored(vocabulary: &Vocabulary, target: &Target) -> bool {
    Vocabulary::keeps(target) || target.is_core("password") || !vocabulary.permits(target)
}

/// Stores a value in its proper form, if it comes to one.
fn store(
    attributes: &mut Map<String, Value>,
    vocabulary: &Vocabulary,
    extension: Option<&str>,
    name: &str,
    value: Value,
) -> Result<(), Refusal> {
    if !is_name(name) {
        return Err(no_name(name));
    }
    let Some(value) = Attribute::new(vocabulary, extension, name).whole(value)? else { return Ok(()) };
    let container = match extension {
        None => Some(attributes),
        Some(urn) => attributes.entry(urn).or_insert_with(|| Value::Object(Map::new())).as_object_mut(),
    };
    match container.map(|container| container.insert(name.to_owned(), value)) {
        Some(None) => Ok(()),
        _ => Err(Refusal::InvalidSyntax(format!("`{name}` is there twice"))),
    }
}

fn no_name(name: &str) -> Refusal {
    Refusal::InvalidSyntax(format!("`{name}` is no attribute name"))
}
