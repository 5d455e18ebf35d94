//! How a request's URL is spelled: the path of a resource, and the query string of a read.
//!
//! The text is exactly what Entra sends: a space is `+`, escapes are in lower-case hex, letters, digits and `-_.!*()`
//! stand as they are, all else is escaped as UTF-8. Parameters come in the order `attributes`, `excludedAttributes`,
//! `filter`, `startIndex`, `count`. In a path a space is `%20`, for there a `+` would be a plus sign.
//!
//! Source: `spec/WIRE.md` §1.

use super::filter::Filter;
use std::fmt::Write as _;

/// A kind of resource that is provisioned; named after its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `/Users`.
    Users,
    /// `/Groups`.
    Groups,
}

/// The parameters of a read; those that are unset are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The attributes to return, and no others.
    pub attributes: Option<String>,
    /// The attributes to leave out.
    pub excluded_attributes: Option<String>,
    /// Which resources are asked for.
    pub filter: Option<Filter>,
    /// The place of the first result, counted from 1.
    pub start_index: Option<u64>,
    /// How many results a page may have.
    pub count: Option<u64>,
}

impl Resource {
    /// The endpoint's path below the base URL.
    pub fn path(self) -> &'static str {
        match self {
            Self::Users => "/Users",
            Self::Groups => "/Groups",
        }
    }

    /// The path of the resource with this id, percent-encoded; `None` for an id that no URL can carry: an empty one,
    /// and `.` and `..`, which every URL reader takes for steps in the path.
    pub fn path_of(self, id: &str) -> Option<String> {
        if matches!(id, "" | "." | "..") {
            return None;
        }
        Some(format!("{}/{}", self.path(), escape(id, "%20")))
    }
}

impl Query {
    /// What every read of this kind of resource asks for: groups come without their members.
    pub fn of(resource: Resource) -> Self {
        let excluded_attributes = match resource {
            Resource::Users => None,
            Resource::Groups => Some("members".to_owned()),
        };
        Self { excluded_attributes, ..Self::default() }
    }

    /// The same, for those resources that pass `filter`.
    #[must_use]
    pub fn filter(self, filter: &Filter) -> Self {
        Self { filter: Some(filter.clone()), ..self }
    }

    /// The query string, without its question mark; empty when nothing is set.
    pub fn encoded(&self) -> String {
        let parameters = [
            ("attributes", self.attributes.clone()),
            ("excludedAttributes", self.excluded_attributes.clone()),
            ("filter", self.filter.as_ref().map(Filter::to_string)),
            ("startIndex", self.start_index.map(|index| index.to_string())),
            ("count", self.count.map(|count| count.to_string())),
        ];
        let mut text = String::new();
        for (name, value) in parameters {
            if let Some(value) = value {
                let separator = if text.is_empty() { "" } else { "&" };
                text.push_str(separator);
                text.push_str(name);
                text.push('=');
                text.push_str(&escape(&value, "+"));
            }
        }
        text
    }
}

/// Escapes what does not stand for itself in a URL, in lower-case hex, with `space` for a space.
pub fn escape(text: &str, space: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push_str(space),
            _ => write!(escaped, "%{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Query, Resource, escape};
    use crate::scim::filter::Filter;

    #[test]
    fn the_probe_is_spelled_as_entra_spells_it() {
        let filter = Filter::equals(&"userName".parse().unwrap(), "ada@contoso.example");
        assert_eq!(
            Query::of(Resource::Users).filter(&filter).encoded(),
            "filter=userName+eq+%22ada%40contoso.example%22"
        );
    }

    #[test]
    fn a_group_is_asked_for_without_its_members_first() {
        let filter = Filter::equals(&"displayName".parse().unwrap(), "Sales & Élan");
        assert_eq!(
            Query::of(Resource::Groups).filter(&filter).encoded(),
            "excludedAttributes=members&filter=displayName+eq+%22Sales+%26+%c3%89lan%22"
        );
    }

    #[test]
    fn a_typed_path_is_escaped_in_lower_case() {
        let filter = Filter::equals(&r#"emails[type eq "work"].value"#.parse().unwrap(), "x");
        assert_eq!(
            Query::default().filter(&filter).encoded(),
            "filter=emails%5btype+eq+%22work%22%5d.value+eq+%22x%22"
        );
    }

    #[test]
    fn parameters_come_in_their_order() {
        let query = Query {
            attributes: Some("id".into()),
            excluded_attributes: Some("members".into()),
            filter: Some(r#"id eq "u" and manager eq "m""#.parse().unwrap()),
            start_index: Some(1),
            count: Some(100),
        };
        assert_eq!(
            query.encoded(),
            "attributes=id&excludedAttributes=members&filter=id+eq+%22u%22+and+manager+eq+%22m%22&startIndex=1&count=100"
        );
    }

    #[test]
    fn only_letters_digits_and_seven_marks_stand_for_themselves() {
        assert_eq!(escape("Az09-_.!*()", "+"), "Az09-_.!*()");
        assert_eq!(escape("~'$,;:/?#[]@&=+%\"\\", "+"), "%7e%27%24%2c%3b%3a%2f%3f%23%5b%5d%40%26%3d%2b%25%22%5c");
    }

    #[test]
    fn an_id_in_a_path_is_escaped_whole() {
        assert_eq!(Resource::Users.path_of("a b/c@d+e").unwrap(), "/Users/a%20b%2fc%40d%2be");
        assert_eq!(Resource::Groups.path_of("ünï").unwrap(), "/Groups/%c3%bcn%c3%af");
    }

    #[test]
    fn an_id_that_would_name_another_path_has_none() {
        for id in ["", ".", ".."] {
            assert_eq!(Resource::Users.path_of(id), None);
        }
        assert_eq!(Resource::Users.path_of("...").unwrap(), "/Users/...");
    }
}
