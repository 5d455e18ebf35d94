//! A regular expression, a text, and a replacement.
//!
//! * Reading, matching and replacing end with a result or an error, within the budget of steps, the same each time.
//! * A pattern that matches a text as a whole is found in it; what is not found is not replaced; and what is replaced by itself
//!   stays what it was.
//!
//! The input: the pattern, the text, and the replacement, with zeros between.

use super::parts;
use scimulator::expression::pattern::{Budget, Pattern};

/// Panics unless what is said above holds of `input`.
pub fn hold(input: &[u8]) {
    let Some([pattern, text, replacement]) = parts(input) else { return };
    let (anywhere, whole) = match (Pattern::new(pattern), Pattern::whole(pattern)) {
        (Ok(anywhere), Ok(whole)) => (anywhere, whole),
        (Err(error), _) | (_, Err(error)) => return assert!(!error.to_string().is_empty()),
    };
    let Ok(found) = anywhere.is_match(text, &mut Budget::default()) else { return };
    assert_eq!(anywhere.is_match(text, &mut Budget::default()), Ok(found), "searched again");
    if whole.is_match(text, &mut Budget::default()) == Ok(true) {
        assert!(found, "matches as a whole, and is not found");
    }
    let replaced = anywhere.replace(text, replacement, &mut Budget::default());
    if let (false, Ok(replaced)) = (found, &replaced) {
        assert_eq!(replaced, text, "not found, and replaced");
    }
    if let Ok(same) = anywhere.replace(text, "$&", &mut Budget::default()) {
        assert_eq!(same, text, "replaced by itself");
    }
    for group in ["0", "1", "n"].into_iter().filter(|group| anywhere.has_group(group)) {
        let first = anywhere.first_group(text, group, &mut Budget::default());
        if let Ok(first) = first {
            assert_eq!(first.is_some(), found, "{group}");
        }
        let replaced = anywhere.replace_group(text, group, replacement, &mut Budget::default());
        if let (false, Ok(replaced)) = (found, replaced) {
            assert_eq!(replaced, text, "{group}");
        }
    }
}
