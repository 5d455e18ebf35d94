//! Why the application refuses a request, and the SCIM error that says so (RFC 7644 §3.12).

use super::exchange::Response;

/// A refusal. Its message is the `detail` of the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The body is declared to be something other than SCIM or JSON.
    #[error("the body must be `application/scim+json`, not `{0}`")]
    ContentType(String),
    /// The filter is not understood, or asks for an attribute that cannot be filtered.
    #[error("{0}")]
    InvalidFilter(String),
    /// A PATCH path is malformed, or the application has no such attribute.
    #[error("the path `{path}` cannot be used: {reason}")]
    InvalidPath { path: String, reason: String },
    /// The body is no JSON, or no message of the kind that was expected.
    #[error("{0}")]
    InvalidSyntax(String),
    /// A value is missing or has the wrong type.
    #[error("the value of `{attribute}` is refused: {reason}")]
    InvalidValue { attribute: String, reason: String },
    /// The address exists, but not for this method.
    #[error("`{method}` is not possible here, only {allowed}")]
    MethodNotAllowed { method: String, allowed: &'static str },
    /// The attribute is kept by the application, or must not be taken away.
    #[error("`{attribute}` cannot be changed so: {reason}")]
    Mutability { attribute: String, reason: &'static str },
    /// A removal does not say what to remove.
    #[error("a removal needs a `path`")]
    NoPath,
    /// A PATCH path fits nothing that the resource has.
    #[error("`{path}` fits nothing that the resource has")]
    NoTarget { path: String },
    /// Nothing is at this address.
    #[error("{0}")]
    NotFound(String),
    /// The change could not be written down, and so was not made.
    #[error("the state file could not be written: {0}")]
    State(String),
    /// No token, or not the right one. The message is always the same and never holds what was sent.
    #[error("the request needs the application's secret token as `Authorization: Bearer`")]
    Unauthorised,
    /// Another resource has the value already.
    #[error("`{attribute}` must be unique, and `{value}` is taken")]
    Uniqueness { attribute: &'static str, value: String },
}

impl Refusal {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::ContentType(_) => 415,
            Self::InvalidFilter(_)
            | Self::InvalidPath { .. }
            | Self::InvalidSyntax(_)
            | Self::InvalidValue { .. }
            | Self::Mutability { .. }
            | Self::NoPath
            | Self::NoTarget { .. } => 400,
            Self::MethodNotAllowed { .. } => 405,
            Self::NotFound(_) => 404,
            Self::State(_) => 500,
            Self::Unauthorised => 401,
            Self::Uniqueness { .. } => 409,
        }
    }

    /// The SCIM error keyword, where RFC 7644 has one.
    pub(crate) fn scim_type(&self) -> Option<&'static str> {
        match self {
            Self::InvalidFilter(_) => Some("invalidFilter"),
            Self::InvalidPath { .. } => Some("invalidPath"),
            Self::InvalidSyntax(_) => Some("invalidSyntax"),
            Self::InvalidValue { .. } => Some("invalidValue"),
            Self::Mutability { .. } => Some("mutability"),
            Self::NoPath | Self::NoTarget { .. } => Some("noTarget"),
            Self::Uniqueness { .. } => Some("uniqueness"),
            Self::ContentType(_)
            | Self::MethodNotAllowed { .. }
            | Self::NotFound(_)
            | Self::State(_)
            | Self::Unauthorised => None,
        }
    }

    /// The value of an attribute is refused.
    pub(crate) fn value(attribute: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidValue { attribute: attribute.into(), reason: reason.into() }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let response = Self::error(refusal.status(), refusal.scim_type(), &refusal.to_string());
        match refusal {
            Refusal::Unauthorised => response.with_header("WWW-Authenticate", "Bearer"),
            Refusal::MethodNotAllowed { allowed, .. } => response.with_header("Allow", allowed),
            _ => response,
        }
    }
}
