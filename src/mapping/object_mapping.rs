//! The mapping of one kind of object: its attributes at the target, and what flows into them.

use super::scoping::ScopingFilter;
use crate::{config::problem::Place, expression::Expression, scim::path::Path};

/// The kind of object that is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappedObject {
    /// Users to users.
    User,
    /// Groups to groups.
    Group,
}

/// Which requests may be sent ("Target object actions").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actions {
    /// New objects are created.
    pub create: bool,
    /// Objects are updated, and disabled.
    pub update: bool,
    /// Objects are deleted.
    pub delete: bool,
}

/// The type of a target attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    #[default]
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// The id of another object at the target.
    Reference,
    /// Bytes in Base64.
    Binary,
    /// A moment, as text.
    DateTime,
}

/// An attribute that the target has ("Edit attribute list").
#[derive(Clone, Debug, PartialEq)]
pub struct TargetAttribute {
    /// Its SCIM path.
    pub path: Path,
    /// Its type.
    pub kind: AttributeType,
    /// Whether an object without a value is skipped.
    pub required: bool,
    /// Whether the target can be asked for objects with a value of it: only then it can be a matching attribute.
    pub filterable: bool,
    /// Whether it has several values.
    pub multivalued: bool,
    /// Whether a change of letter case is a change.
    pub case_exact: bool,
}

/// When a mapping applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowType {
    /// Always.
    #[default]
    Always,
    /// Only when the object is created.
    ObjectAddOnly,
}

/// One line of the attribute mappings.
#[derive(Clone, Debug)]
pub struct AttributeMapping {
    /// Where it is written.
    pub place: Place,
    /// What it fills.
    pub target: TargetAttribute,
    /// Where the value comes from: a direct mapping, a constant and an expression are all expressions. None is the mapping
    /// type *None*: only the default value flows.
    pub source: Option<Expression>,
    /// Sent on creation when the source has no value.
    pub default: Option<String>,
    /// The place among the matching attributes; none: it is none.
    pub matching: Option<u32>,
    /// When it applies.
    pub flow_type: FlowType,
}

/// The mapping of one kind of object.
#[derive(Clone, Debug)]
pub struct ObjectMapping {
    /// User or group.
    pub object: MappedObject,
    /// Whether it is provisioned at all.
    pub enabled: bool,
    /// The target's name for the kind: a URN.
    pub target: String,
    /// Which requests may be sent.
    pub actions: Actions,
    /// What the target has.
    pub attributes: Vec<TargetAttribute>,
    /// What flows, in order.
    pub mappings: Vec<AttributeMapping>,
    /// Who is in scope, among the entitled; none: everybody.
    pub scoping_filter: Option<ScopingFilter>,
}

/// The source attribute that says whether the object has left.
const IS_SOFT_DELETED: &str = "IsSoftDeleted";

impl AttributeMapping {
    /// Whether the value is another object: written when both exist, by the target's ids.
    pub fn is_reference(&self) -> bool {
        self.target.kind == AttributeType::Reference
    }

    /// Whether its source reads `IsSoftDeleted`: what disables an object.
    pub fn reads_soft_deleted(&self) -> bool {
        self.reads(IS_SOFT_DELETED)
    }

    /// Whether its source reads `attribute`.
    pub fn reads(&self, attribute: &str) -> bool {
        self.source.as_ref().is_some_and(|source| source.attributes().iter().any(|(name, _)| *name == attribute))
    }
}

impl ObjectMapping {
    /// The matching attributes in their precedence.
    pub fn matching(&self) -> Vec<&AttributeMapping> {
        let mut matching: Vec<_> = self.mappings.iter().filter(|mapping| mapping.matching.is_some()).collect();
        matching.sort_by_key(|mapping| mapping.matching);
        matching
    }

    /// The mapping whose value is the object's manager.
    pub fn manager(&self) -> Option<&AttributeMapping> {
        self.reference_to("manager")
    }

    /// The mapping whose values are the group's members.
    pub fn members(&self) -> Option<&AttributeMapping> {
        self.reference_to("members")
    }

    fn reference_to(&self, source: &str) -> Option<&AttributeMapping> {
        self.mappings.iter().find(|mapping| mapping.is_reference() && mapping.reads(source))
    }

    /// Whether anything reads `IsSoftDeleted`; if not, a leaver is not disabled.
    pub fn can_disable(&self) -> bool {
        self.mappings.iter().any(AttributeMapping::reads_soft_deleted)
    }
}
