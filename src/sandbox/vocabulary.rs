//! The attributes that an application knows, of one kind of resource: those of RFC 7643, narrowed and extended by the
//! application's own schema.
//!
//! The vocabulary gives paths their meaning ([`Vocabulary::target`]), says which of them the application has
//! ([`Vocabulary::permits`]), and which values a resource cannot be without ([`Vocabulary::missing`]).

use super::{
    core_schema::{AttributeDefinition, core_attributes, enterprise_attributes, named},
    error::Refusal,
    resource_kind::ResourceKind,
    schema::AttributeRule,
    target::Target,
};
use crate::scim::path::{ENTERPRISE_USER, Path};
use serde_json::{Map, Value};

/// Attributes that the application keeps itself.
const KEPT: [&str; 4] = ["id", "meta", "schemas", "groups"];

/// What a path, or a key of an object, leads to.
pub(crate) enum Place {
    /// All of an extension: the text is its URN.
    Extension(String),
    /// An attribute or a part of one.
    Attribute(Target),
}

/// A row of the application's schema with its path's meaning.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What the row's path means.
    pub(crate) target: Target,
    /// The row.
    pub(crate) row: AttributeRule,
}

/// The attributes of one kind of resource.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// Whose attributes these are.
    pub(crate) kind: ResourceKind,
    rules: Option<Vec<Rule>>,
}

impl Vocabulary {
    /// The vocabulary of an application with these rules; without any, of one that takes every attribute.
    pub(crate) fn new(kind: ResourceKind, rules: Option<&[AttributeRule]>) -> Self {
        let mut vocabulary = Self { kind, rules: None };
        let rule = |row: &AttributeRule| Rule { target: vocabulary.target(&row.path), row: row.clone() };
        let rules = rules.map(|rules| rules.iter().map(rule).collect());
        vocabulary.rules = rules;
        vocabulary
    }

    /// The application's own rules; `None` where it takes every attribute.
    pub(crate) fn rules(&self) -> Option<&[Rule]> {
        self.rules.as_deref()
    }

    /// Whether the application has resources of this kind: it does unless its schema gives them no attributes.
    pub(crate) fn is_served(&self) -> bool {
        self.rules.as_ref().is_none_or(|rules| !rules.is_empty())
    }

    /// Whether a resource cannot be without this value, whichever entry of a list holds it.
    pub(crate) fn requires(&self, target: &Target) -> bool {
        let ruled = self.rules.iter().flatten().any(|rule| {
            let same_part = match (&rule.target.part, &target.part) {
                (None, None) => true,
                (Some(ruled), Some(asked)) => ruled.eq_ignore_ascii_case(asked),
                _ => false,
            };
            rule.row.required && same_part && rule.target.same_attribute(target)
        });
        ruled || (target.part.is_none() && target.is_core(self.kind.naming_attribute()))
    }

    /// What RFC 7643 says of an attribute.
    pub(crate) fn definition(&self, extension: Option<&str>, attribute: &str) -> Option<&'static AttributeDefinition> {
        match extension {
            None => named(core_attributes(self.kind), attribute),
            Some(urn) if self.kind == ResourceKind::User && urn.eq_ignore_ascii_case(ENTERPRISE_USER) => {
                named(enterprise_attributes(), attribute)
            }
            Some(_) => None,
        }
    }

    /// What RFC 7643 says of the values at a place; of a complex attribute as a whole, what it says of its `value`.
    pub(crate) fn defined(&self, target: &Target) -> Option<&'static AttributeDefinition> {
        let definition = self.definition(target.extension.as_deref(), &target.attribute)?;
        if definition.is_complex() {
            definition.part(target.part.as_deref().unwrap_or("value"))
        } else {
            Some(definition)
        }
    }

    /// The rules for an attribute or its parts.
    pub(crate) fn rules_for(&self, extension: Option<&str>, attribute: &str) -> impl Iterator<Item = &Rule> {
        self.rules.iter().flatten().filter(move |rule| rule.target.is_in(extension, attribute))
    }

    /// Reads a path, or a key of a PATCH value without a path.
    pub(crate) fn place(&self, text: &str) -> Result<Place, Refusal> {
        if let Some(urn) = self.extension(text) {
            return Ok(Place::Extension(urn));
        }
        let path: Path =
            text.parse().map_err(|error| Refusal::InvalidPath { path: text.to_owned(), reason: format!("{error}") })?;
        Ok(Place::Attribute(self.target(&path)))
    }

    /// What a path means. `manager` without its extension is the enterprise user's, as older clients write it.
    pub(crate) fn target(&self, path: &Path) -> Target {
        let extension = match &path.schema {
            Some(urn) if urn.eq_ignore_ascii_case(self.kind.core_schema()) => None,
            Some(urn) => Some(self.extension_name(urn)),
            None if self.kind == ResourceKind::User && path.attribute.eq_ignore_ascii_case("manager") => {
                Some(ENTERPRISE_USER.to_owned())
            }
            None => None,
        };
        let attribute = self.attribute_name(extension.as_deref(), &path.attribute);
        let part = path.sub_attribute.as_deref().map(|part| self.part_name(extension.as_deref(), &attribute, part));
        Target { extension, attribute, selector: path.selector.clone(), part }
    }

    /// The URN of an extension that `text` names as a whole, in its proper letter case. Of an extension that nobody has
    /// declared, the form tells: a version, then `User` or `Group`.
    pub(crate) fn extension(&self, text: &str) -> Option<String> {
        let declared = self.declared_extensions().any(|urn| urn.eq_ignore_ascii_case(text));
        let mut segments = text.rsplit(':');
        let formed = segments.next().is_some_and(|last| last.eq_ignore_ascii_case(self.kind.name()))
            && segments.next().is_some_and(|version| version.starts_with(|digit: char| digit.is_ascii_digit()))
            && segments.next().is_some();
        (declared || formed).then(|| self.extension_name(text))
    }

    /// The extensions that the application declares: the enterprise user's, and those of its rules.
    pub(crate) fn declared_extensions(&self) -> impl Iterator<Item = &str> {
        let enterprise = (self.kind == ResourceKind::User).then_some(ENTERPRISE_USER);
        enterprise.into_iter().chain(self.rules.iter().flatten().filter_map(|rule| rule.target.extension.as_deref()))
    }

    fn extension_name(&self, urn: &str) -> String {
        self.declared_extensions().find(|declared| declared.eq_ignore_ascii_case(urn)).unwrap_or(urn).to_owned()
    }

    /// The proper name of an attribute; as written where nobody defines it.
    pub(crate) fn attribute_name(&self, extension: Option<&str>, attribute: &str) -> String {
        if let Some(definition) = self.definition(extension, attribute) {
            return definition.name.to_owned();
        }
        let ruled = self.rules_for(extension, attribute).next().map(|rule| rule.target.attribute.as_str());
        let kept = KEPT.into_iter().find(|kept| extension.is_none() && kept.eq_ignore_ascii_case(attribute));
        ruled.or(kept).unwrap_or(attribute).to_owned()
    }

    /// The proper name of a part of an attribute; as written where nobody defines it.
    pub(crate) fn part_name(&self, extension: Option<&str>, attribute: &str, part: &str) -> String {
        let defined = self.definition(extension, attribute).and_then(|definition| definition.part(part));
        let ruled = || {
            let parts = self.rules_for(extension, attribute).filter_map(|rule| rule.target.part.as_deref());
            parts.into_iter().find(|ruled| ruled.eq_ignore_ascii_case(part))
        };
        defined.map(|definition| definition.name).or_else(ruled).unwrap_or(part).to_owned()
    }

    /// Whether the application keeps this attribute itself, so that clients cannot write it.
    pub(crate) fn keeps(target: &Target) -> bool {
        KEPT.iter().any(|kept| target.is_core(kept))
    }

    /// Whether the values at a place are ids of other resources: a user's manager, the members of a group.
    pub(crate) fn refers(&self, target: &Target) -> bool {
        let (extension, attribute) = match self.kind {
            ResourceKind::User => (Some(ENTERPRISE_USER), "manager"),
            ResourceKind::Group => (None, "members"),
        };
        target.is_in(extension, attribute) && target.selector.is_none() && target.is_part("value")
    }

    /// Whether the application has the attribute, or the part of it.
    pub(crate) fn permits(&self, target: &Target) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.target.covers(target)))
    }

    /// The required values that a resource does not have. An empty text is none; members come after the group.
    pub(crate) fn missing(&self, attributes: &Map<String, Value>) -> Vec<String> {
        let naming = Target::core(self.kind.naming_attribute());
        let required = self.rules.iter().flatten().filter(|rule| rule.row.required).map(|rule| &rule.target);
        std::iter::once(&naming)
            .chain(required.filter(|target| !target.same_values(&naming)))
            .filter(|target| !target.is_core("members"))
            .filter(|target| target.values(attributes).into_iter().all(|value| value.as_str() == Some("")))
            .map(ToString::to_string)
            .collect()
    }
}
