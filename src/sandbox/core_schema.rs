//! The attributes that RFC 7643 defines for users (§4.1), the enterprise user extension (§4.3) and groups (§4.2).
//!
//! The table gives the names their proper letter case, tells which attributes are lists, which are objects, and which hold
//! booleans; the `/Schemas` of the application are made from it too. `groups` is left out: the application does not show a
//! user's groups.

use super::{resource_kind::ResourceKind, schema::AttributeKind};

/// One attribute of RFC 7643, or a part of a complex one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeDefinition {
    /// The name in its proper letter case.
    pub(crate) name: &'static str,
    /// The type of its value; of `value`, where the attribute is complex.
    pub(crate) kind: AttributeKind,
    /// Whether it is a list.
    pub(crate) multivalued: bool,
    /// Whether its values tell upper from lower case.
    pub(crate) case_exact: bool,
    /// The parts of a complex attribute; none for a simple one.
    pub(crate) parts: &'static [AttributeDefinition],
}

impl AttributeDefinition {
    const fn simple(name: &'static str, kind: AttributeKind) -> Self {
        Self { name, kind, multivalued: false, case_exact: false, parts: &[] }
    }

    const fn complex(name: &'static str, parts: &'static [Self]) -> Self {
        Self { parts, ..text(name) }
    }

    const fn case_exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// Whether the attribute is an object, or a list of objects.
    pub(crate) const fn is_complex(&self) -> bool {
        !self.parts.is_empty()
    }

    /// The part of this name, ignoring letter case.
    pub(crate) fn part(&self, name: &str) -> Option<&'static Self> {
        named(self.parts, name)
    }
}

/// The attributes of the core schema of a kind of resource, `externalId` included.
pub(crate) fn core_attributes(kind: ResourceKind) -> &'static [AttributeDefinition] {
    match kind {
        ResourceKind::User => &USER,
        ResourceKind::Group => &GROUP,
    }
}

/// The attributes of the enterprise user extension.
pub(crate) fn enterprise_attributes() -> &'static [AttributeDefinition] {
    &ENTERPRISE
}

/// The definition of this name, ignoring letter case.
pub(crate) fn named(definitions: &'static [AttributeDefinition], name: &str) -> Option<&'static AttributeDefinition> {
    definitions.iter().find(|definition| definition.name.eq_ignore_ascii_case(name))
}

const fn text(name: &'static str) -> AttributeDefinition {
    AttributeDefinition::simple(name, AttributeKind::String)
}

const fn boolean(name: &'static str) -> AttributeDefinition {
    AttributeDefinition::simple(name, AttributeKind::Boolean)
}

const fn reference(name: &'static str) -> AttributeDefinition {
    AttributeDefinition::simple(name, AttributeKind::Reference).case_exact()
}

/// A list of objects.
const fn list(name: &'static str, parts: &'static [AttributeDefinition]) -> AttributeDefinition {
    AttributeDefinition { multivalued: true, ..AttributeDefinition::complex(name, parts) }
}

/// The parts of a list such as `emails` (RFC 7643 §2.4).
static LISTED: [AttributeDefinition; 4] = [text("value"), text("display"), text("type"), boolean("primary")];

static USER: [AttributeDefinition; 20] = [
    text("externalId").case_exact(),
    text("userName"),
    AttributeDefinition::complex(
        "name",
        &[
            text("formatted"),
            text("familyName"),
            text("givenName"),
            text("middleName"),
            text("honorificPrefix"),
            text("honorificSuffix"),
        ],
    ),
    text("displayName"),
    text("nickName"),
    reference("profileUrl"),
    text("title"),
    text("userType"),
    text("preferredLanguage"),
    text("locale"),
    text("timezone"),
    boolean("active"),
    list("emails", &LISTED),
    list("phoneNumbers", &LISTED),
    list("ims", &LISTED),
    list("photos", &[reference("value"), text("display"), text("type"), boolean("primary")]),
    list(
        "addresses",
        &[
            text("formatted"),
            text("streetAddress"),
            text("locality"),
            text("region"),
            text("postalCode"),
            text("country"),
            text("type"),
            boolean("primary"),
        ],
    ),
    list("entitlements", &LISTED),
    list("roles", &LISTED),
    list(
        "x509Certificates",
        &[
            AttributeDefinition::simple("value", AttributeKind::Binary),
            text("display"),
            text("type"),
            boolean("primary"),
        ],
    ),
];

static ENTERPRISE: [AttributeDefinition; 6] = [
    text("employeeNumber"),
    text("costCenter"),
    text("organization"),
    text("division"),
    text("department"),
    AttributeDefinition::complex("manager", &[reference("value"), reference("$ref"), text("displayName")]),
];

static GROUP: [AttributeDefinition; 3] = [
    text("externalId").case_exact(),
    text("displayName"),
    list("members", &[reference("value"), reference("$ref"), text("type"), text("display")]),
];
