//! Positions in a text counted in UTF-16 code units, as .NET counts them.
//!
//! A character outside the basic plane counts twice. A position in its middle is rounded down to its beginning, so that no
//! character is ever cut in half.
//!
//! Source: `spec/EXPRESSIONS.md` §6, last paragraph.

/// How many code units `text` has.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The byte at which code unit number `units` (counted from 0) stands; the text's length if it has fewer.
pub fn byte_position(text: &str, units: u64) -> usize {
    let mut passed = 0;
    for (position, character) in text.char_indices() {
        passed += if character.len_utf16() == 1 { 1 } else { 2 };
        if passed > units {
            return position;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_code_units_and_round_down() {
        let text = "a😀é";
        assert_eq!(length(text), 4);
        for (units, byte) in [(0, 0), (1, 1), (2, 1), (3, 5), (4, 7), (99, 7)] {
            assert_eq!(byte_position(text, units), byte, "{units}");
        }
    }
}
