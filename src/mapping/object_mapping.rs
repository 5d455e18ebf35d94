//! The mapping of one kind of object: its attributes at the target, and what flows into them.

use super::{role_function::RoleFunction, scoping::ScopingFilter};
use crate::{
    config::{problem::Place, written_text::WrittenText},
    expression::Expression,
    scim::path::Path,
};

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
    /// What stands in on creation where the attribute is required and its mapping gives nothing.
    pub default: Option<String>,
}

/// When a mapping applies. Source: `spec/MAPPINGS.md` §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowType {
    /// Always.
    #[default]
    Always,
    /// Only where the target has no value yet.
    AttributeAddOnly,
    /// Of an attribute with several values only those that the target lacks; any other as always.
    MultiValueAddOnly,
    /// Only when the object is created.
    ObjectAddOnly,
    /// As [`MultiValueAddOnly`](Self::MultiValueAddOnly), and a value is never taken away from any attribute.
    ValueAddOnly,
}

/// Whether a value flows that the target holds already. Source: `spec/MAPPINGS.md` §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlowBehavior {
    /// It is sent with every update, changed or not.
    FlowAlways,
    /// It is not sent.
    #[default]
    FlowWhenChanged,
}

/// One line of the attribute mappings.
#[derive(Clone, Debug)]
pub struct AttributeMapping {
    /// Where it is written.
    pub place: Place,
    /// Where the parts of its source are written.
    pub source_text: WrittenText,
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
    /// Whether it flows also where the target holds the value already.
    pub flow_behavior: FlowBehavior,
    /// Whether a source that became empty takes the target's value away. Entra's outbound service never does that.
    pub flow_null_values: bool,
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

    /// Whether its source has `Redact`: what it gives, and what the target holds of it, shows nowhere.
    pub fn redacts(&self) -> bool {
        self.source.as_ref().is_some_and(Expression::redacts)
    }

    /// What stands in on creation where the source has no value: the mapping's default, or that of an attribute which must
    /// have a value.
    pub fn creation_default(&self) -> Option<&str> {
        let required = self.target.default.as_deref().filter(|_| self.target.required);
        self.default.as_deref().or(required)
    }

    /// Whether an update only ever adds values to those that the target has.
    pub fn adds_values_only(&self) -> bool {
        let only_adds = matches!(self.flow_type, FlowType::MultiValueAddOnly | FlowType::ValueAddOnly);
        self.role_function() == Some(RoleFunction::Complex) || (self.target.multivalued && only_adds)
    }

    /// Whether a source that became empty takes the target's value away.
    pub fn takes_away(&self) -> bool {
        let may_remove = match self.flow_type {
            FlowType::Always => true,
            FlowType::MultiValueAddOnly => !self.target.multivalued,
            FlowType::AttributeAddOnly | FlowType::ObjectAddOnly | FlowType::ValueAddOnly => false,
        };
        match self.role_function() {
            Some(RoleFunction::Assertive) => may_remove,
            Some(RoleFunction::Complex) => false,
            Some(RoleFunction::Single) | None => may_remove && self.flow_null_values,
        }
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

    /// The attributes that must have a value and that no mapping fills. References are never in a create, so none of them
    /// can be missing there.
    pub fn unmapped_required(&self) -> impl Iterator<Item = &TargetAttribute> {
        let fills = |attribute: &TargetAttribute| self.mappings.iter().any(|line| line.target.path == attribute.path);
        let must_have = |attribute: &&TargetAttribute| attribute.required && attribute.kind != AttributeType::Reference;
        self.attributes.iter().filter(must_have).filter(move |attribute| !fills(attribute))
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
