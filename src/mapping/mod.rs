//! What flows to an application, and for whom.
//!
//! A [`Template`] describes one application in the terms of the portal: the attributes of its users and groups, the
//! attribute mappings that fill them, the matching attributes, the target actions, the scoping filters. It is read from a
//! TOML file that an administrator reads and edits ([`read`]); those of the applications that ship are embedded
//! ([`embedded`]). What Entra would refuse to save is refused ([`check`]). [`evaluate`] evaluates one mapping for one
//! source object.
//!
//! Limits: what is sent, and whether, is decided elsewhere; nothing here knows of HTTP or of what a target holds.
//! Source: `spec/MAPPINGS.md`, `spec/SCOPING.md`, `spec/APPS.md`.

pub mod check;
mod condition;
mod conversion;
pub mod embedded;
mod evaluation;
mod fingerprint;
mod flow;
mod object_mapping;
mod path_index;
pub mod read;
mod read_filter;
mod read_mapping;
mod read_path;
mod reference;
mod report;
mod role_function;
#[cfg(test)]
mod sample;
pub mod scoping;
mod scoping_attribute;
pub mod scoping_cases;
pub mod scoping_clause;
pub mod scoping_error;
pub mod scoping_operator;
mod template;
mod unsupported;

pub use conversion::ConversionError;
pub use flow::{Flow, FlowError, FlowValue, evaluate};
pub use object_mapping::{
    Actions, AttributeMapping, AttributeType, FlowBehavior, FlowType, MappedObject, ObjectMapping, TargetAttribute,
};
pub use role_function::{RoleFlow, RoleFunction};
pub use template::{DefaultAccess, SoftDelete, Template};
pub use unsupported::is_withheld;
