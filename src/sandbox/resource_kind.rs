//! The two kinds of resource that a provisioning service writes: users and groups.

use serde::{Deserialize, Serialize};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ResourceKind {
    /// A person's account, at `/Users`.
    User,
    /// A group of users, at `/Groups`.
    Group,
}

impl ResourceKind {
    /// The name in `meta.resourceType`: `User` or `Group`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The last part of the collection's address: `Users` or `Groups`.
    pub(crate) const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    /// The URN of the core schema (RFC 7643 §8.7.1).
    pub(crate) const fn core_schema(self) -> &'static str {
        match self {
            Self::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    }

    /// The attribute that no resource of this kind can be without: `userName` or `displayName`.
    pub(crate) const fn naming_attribute(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }
}
