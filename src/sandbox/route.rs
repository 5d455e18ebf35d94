//! Which address of the application a request means. All addresses lie under [`BASE_PATH`].

use super::resource_kind::ResourceKind;

/// What every address begins with.
pub const BASE_PATH: &str = "/scim";

/// An address of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/Users` or `/Groups`.
    Collection(ResourceKind),
    /// `/Users/{id}` or `/Groups/{id}`.
    Resource(ResourceKind, String),
    /// `/ServiceProviderConfig`.
    ServiceProviderConfig,
    /// `/ResourceTypes`, or one of them.
    ResourceTypes(Option<String>),
    /// `/Schemas`, or one of them.
    Schemas(Option<String>),
}

impl Route {
    /// Reads a path as it comes over the wire. A slash at the end does not matter; letter case does, except in escapes.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix(BASE_PATH)?.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let (collection, rest) = match path.split_once('/') {
            Some((collection, rest)) => (collection, Some(decoded(rest)?)),
            None => (path, None),
        };
        match (collection, rest) {
            ("ServiceProviderConfig", None) => Some(Self::ServiceProviderConfig),
            ("ResourceTypes", name) => Some(Self::ResourceTypes(name)),
            ("Schemas", urn) => Some(Self::Schemas(urn)),
            (collection, id) => {
                let kind =
                    [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| kind.endpoint() == collection)?;
                Some(id.map_or(Self::Collection(kind), |id| Self::Resource(kind, id)))
            }
        }
    }
}

/// One part of a path without its percent escapes; `None` for one that holds a bare slash or is no UTF-8.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'/' => return None,
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok().filter(|decoded| !decoded.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_without_its_escapes() {
        let expected = Route::Resource(ResourceKind::User, "a b/ä@c".to_owned());
        assert_eq!(Route::parse("/scim/Users/a%20b%2F%C3%a4@c"), Some(expected));
    }

    #[test]
    fn a_slash_at_the_end_does_not_matter() {
        assert_eq!(Route::parse("/scim/Groups/"), Some(Route::Collection(ResourceKind::Group)));
        assert_eq!(Route::parse("/scim/Groups"), Some(Route::Collection(ResourceKind::Group)));
    }

    #[test]
    fn what_lies_elsewhere_is_no_route() {
        for path in ["/Users", "/scimUsers", "/scim", "/scim/", "/scim/users", "/scim/Users/a/b", "/scim/Users/%zz"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
