//! One user or group as the application holds it, and as it shows it.

use super::{
    projection::Projection, resource_kind::ResourceKind, roster::Roster, target::Target, vocabulary::Vocabulary,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A resource. Its attributes hold what clients have written, in its proper form, except for a group's members.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) kind: ResourceKind,
    pub(crate) id: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) roster: Roster,
    pub(crate) created: Timestamp,
    pub(crate) last_modified: Timestamp,
}

impl Resource {
    /// A resource that nothing is known of yet.
    pub(crate) fn new(kind: ResourceKind, id: String, created: Timestamp) -> Self {
        Self { kind, id, attributes: Map::new(), roster: Roster::default(), created, last_modified: created }
    }

    /// Where the resource is found.
    pub(crate) fn location(&self, base_url: &str) -> String {
        format!("{base_url}/{}/{}", self.kind.endpoint(), self.id)
    }

    /// The resource in JSON: `schemas`, `id`, the attributes in the order in which they came, the members, `meta`.
    pub(crate) fn render(&self, base_url: &str, projection: &Projection, vocabulary: &Vocabulary) -> Value {
        let mut rendered = Map::new();
        rendered.insert("schemas".to_owned(), self.schemas(vocabulary));
        rendered.insert("id".to_owned(), json!(self.id));
        rendered.extend(self.attributes.clone());
        if self.roster.len() > 0 && projection.shows("members") {
            rendered.insert("members".to_owned(), self.roster.entries().cloned().collect());
        }
        rendered.insert("meta".to_owned(), self.meta(base_url));
        projection.apply(&mut rendered);
        Value::Object(rendered)
    }

    /// The simple values at a place, the application's own attributes included.
    pub(crate) fn values(&self, target: &Target, vocabulary: &Vocabulary) -> Vec<Value> {
        if target.is_core("id") {
            return vec![json!(self.id)];
        }
        let own = if target.is_core("members") {
            json!({"members": self.roster.entries().collect::<Vec<_>>()})
        } else if target.is_core("meta") {
            json!({"meta": self.meta("")})
        } else if target.is_core("schemas") {
            json!({"schemas": self.schemas(vocabulary)})
        } else {
            return target.values(&self.attributes).into_iter().cloned().collect();
        };
        own.as_object().map(|own| target.values(own).into_iter().cloned().collect()).unwrap_or_default()
    }

    fn schemas(&self, vocabulary: &Vocabulary) -> Value {
        let extensions = self.attributes.keys().filter(|name| vocabulary.extension(name).is_some());
        std::iter::once(self.kind.core_schema()).chain(extensions.map(String::as_str)).collect()
    }

    fn meta(&self, base_url: &str) -> Value {
        json!({
            "resourceType": self.kind.name(),
            "created": date_time(self.created),
            "lastModified": date_time(self.last_modified),
            "location": self.location(base_url),
        })
    }
}

/// RFC 3339 in milliseconds.
fn date_time(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
