//! The beginnings of long texts: what messages show of a value that may be a megabyte long.

use std::borrow::Cow;

/// How many characters of a value an error message shows.
const IN_MESSAGES: usize = 100;

/// `text` as a message shows it: cut, with an ellipsis, behind 100 characters.
pub fn excerpt(text: &str) -> String {
    beginning(text, IN_MESSAGES).into_owned()
}

/// `text`, cut, with an ellipsis, behind so many characters.
pub(super) fn beginning(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_behind_a_hundred_characters() {
        assert_eq!(excerpt(&"é".repeat(100)), "é".repeat(100));
        assert_eq!(excerpt(&"é".repeat(101)), format!("{}…", "é".repeat(100)));
        assert_eq!(excerpt(""), "");
    }
}
