//! A SCIM path, a condition in brackets, and a filter.
//!
//! * A path prints as a text that reads as the same path, means itself, and so do the paths that are derived from it.
//! * A filter prints as a text that reads as the same filter, and comes out of a query string as it went in.
//!
//! The input: a text, which is read as each of the three.

use super::parts;
use scimulator::scim::{
    filter::Filter,
    path::{Path, Selector},
    query::Query,
};

/// Panics unless what is said above holds of `input`.
pub fn hold(input: &[u8]) {
    let Some([text]) = parts(input) else { return };
    match text.parse::<Path>() {
        Ok(path) => {
            for path in [path.whole(), path.entry(), path.sibling("value"), path] {
                let again: Path = path.as_str().parse().unwrap_or_else(|error| panic!("`{path}`: {error}"));
                assert_eq!(parts_of(&again), parts_of(&path), "{path}");
                assert!(again.means(&path) && path.means(&again), "{path}");
                assert!(path.as_str().starts_with(path.stem()), "{path}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(selector) = Selector::parse(text) {
        assert!(selector.means(&selector), "{text}");
    }
    match text.parse::<Filter>() {
        Ok(filter) => {
            let printed = filter.to_string();
            assert_eq!(printed.parse::<Filter>().as_ref(), Ok(&filter), "{printed}");
            let query = Query::default().filter(&filter).encoded();
            assert!(query.bytes().all(|byte| byte.is_ascii_graphic()), "{query}");
            let read = url::form_urlencoded::parse(query.as_bytes()).next();
            assert_eq!(read, Some(("filter".into(), printed.into())), "{query}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The parts of a path. Comparing paths compares no more than their texts.
fn parts_of(path: &Path) -> (&Option<String>, &str, &Option<Selector>, &Option<String>) {
    (&path.schema, &path.attribute, &path.selector, &path.sub_attribute)
}
