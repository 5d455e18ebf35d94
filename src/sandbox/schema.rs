//! The attributes that one application has, as its provisioning tutorial lists them (`spec/APPS.md`).
//!
//! An application with a schema enforces it:
//!
//! * a filter on an attribute that is not filterable is refused with `invalidFilter`; `id` can always be asked for, and
//!   together with it to whom a resource refers (`manager`, `members`): a job's reference check needs that;
//! * a create or replace without a required attribute is refused with `invalidValue`, a PATCH that takes one away with
//!   `mutability` (RFC 7644 §3.5.2.2);
//! * a value of the wrong type is refused with `invalidValue`;
//! * an attribute that the schema does not have is ignored in POST and PUT, and refused with `invalidPath` in PATCH;
//! * an application whose schema has no group attributes has no `/Groups` either.

use crate::scim::path::Path;

/// The attributes of an application's users and groups.
#[derive(Clone, Debug)]
pub struct ApplicationSchema {
    /// The application's name, which [`Application::name`](super::Application::name) gives.
    pub name: String,
    /// The attributes of a user.
    pub users: Vec<AttributeRule>,
    /// The attributes of a group; none: the application does not know groups.
    pub groups: Vec<AttributeRule>,
}

/// What one attribute is like: a row of the application's attribute list (`spec/MAPPINGS.md` §6).
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the attribute list")]
pub struct AttributeRule {
    /// Which attribute, as a mapping writes it: `emails[type eq "work"].value`.
    pub path: Path,
    /// What type its values have.
    pub kind: AttributeKind,
    /// Whether a resource cannot be without it.
    pub required: bool,
    /// Whether a filter may ask for it.
    pub filterable: bool,
    /// Whether it is a list of values. What RFC 7643 says of an attribute that it defines goes before this.
    pub multivalued: bool,
    /// Whether filters tell upper from lower case in its values.
    pub case_exact: bool,
}

/// The types of an attribute's values, as the attribute list has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// Any text.
    String,
    /// `true` or `false`; the texts `"True"` and `"False"` are taken for them, in any letter case.
    Boolean,
    /// A whole number.
    Integer,
    /// The id of another resource, or the address of something: a text, or an object with a text in `value`.
    Reference,
    /// Bytes in base 64.
    Binary,
    /// A date and time as RFC 3339 writes it, with or without an offset.
    DateTime,
}
