//! Paths by what they mean, however they are written.
//!
//! A mapping file names each attribute several times: where it is defined, where it is mapped, where somebody asks whether it is.
//! Comparing every name with every other takes the square of their number; here only those are compared that have the same
//! attribute and sub-attribute.

use crate::scim::path::Path;
use std::collections::HashMap;

/// Paths, each with something that belongs to it.
#[derive(Debug)]
pub(super) struct PathIndex<T>(HashMap<Key, Vec<(Path, T)>>);

/// Attribute and sub-attribute, in lower case.
type Key = (String, Option<String>);

impl<T> Default for PathIndex<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> PathIndex<T> {
    /// What belongs to `path`.
    pub(super) fn get(&self, path: &Path) -> Option<&T> {
        let alike = self.0.get(&key(path))?;
        alike.iter().find(|(known, _)| known.means(path)).map(|(_, value)| value)
    }

    /// Whether there is a path that means the same.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.get(path).is_some()
    }

    /// Adds a path. The first of several that mean the same is the one that is found.
    pub(super) fn insert(&mut self, path: Path, value: T) {
        self.0.entry(key(&path)).or_default().push((path, value));
    }
}

impl<T> FromIterator<(Path, T)> for PathIndex<T> {
    fn from_iter<I: IntoIterator<Item = (Path, T)>>(paths: I) -> Self {
        let mut index = Self::default();
        paths.into_iter().for_each(|(path, value)| index.insert(path, value));
        index
    }
}

/// What two paths have in common that mean the same, beside other things.
fn key(path: &Path) -> Key {
    (path.attribute.to_ascii_lowercase(), path.sub_attribute.as_ref().map(|name| name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().expect(text)
    }

    #[test]
    fn a_path_is_found_however_it_is_written() {
        let index: PathIndex<u32> = [
            ("emails[type eq \"work\"].value", 1),
            ("emails[type eq \"home\"].value", 2),
            ("title", 3),
            ("urn:a:2.0:User:title", 4),
            ("TITLE", 5),
        ]
        .into_iter()
        .map(|(text, value)| (path(text), value))
        .collect();
        for (text, value) in [
            ("Emails[Type eq \"Work\"].Value", Some(&1)),
            ("emails[type eq \"home\"].value", Some(&2)),
            ("emails[type eq \"other\"].value", None),
            ("urn:ietf:params:scim:schemas:core:2.0:User:Title", Some(&3)),
            ("urn:A:2.0:user:title", Some(&4)),
            ("emails", None),
        ] {
            assert_eq!(index.get(&path(text)), value, "{text}");
        }
    }
}
