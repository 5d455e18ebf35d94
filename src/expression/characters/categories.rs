//! Unicode's general categories of characters.
//!
//! The tables are those of the regular expression crate, which is asked about single characters. Answers are kept, a page of
//! 256 characters at a time, so that a test costs next to nothing where a text stays within a few scripts.

use fancy_regex::Regex;
use std::sync::{LazyLock, OnceLock};

/// The names of the general categories, one letter for a group of them.
const NAMES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// The set of each category, made when it is first asked for.
static CATEGORIES: [OnceLock<CharacterSet>; NAMES.len()] = [const { OnceLock::new() }; NAMES.len()];

/// The characters of one or several general categories.
#[derive(Debug)]
pub struct CharacterSet {
    class: Regex,
    /// All characters, 256 to a page, a bit each.
    pages: Box<[OnceLock<[u128; 2]>]>,
}

impl CharacterSet {
    fn of(categories: &[&str]) -> Self {
        let class = format!("[\\p{{{}}}]", categories.join("}\\p{"));
        let class = Regex::new(&class).expect("the regular expression crate knows the general categories");
        Self { class, pages: (0..=char::MAX as usize >> 8).map(|_| OnceLock::new()).collect() }
    }

    /// Whether `character` is in the set.
    pub fn contains(&self, character: char) -> bool {
        let code = character as usize;
        let bits = self.pages[code >> 8].get_or_init(|| self.page(code & !0xFF));
        bits[code >> 7 & 1] >> (code & 0x7F) & 1 == 1
    }

    fn page(&self, first: usize) -> [u128; 2] {
        let mut bits = [0; 2];
        for offset in 0..256 {
            let character = u32::try_from(first + offset).ok().and_then(char::from_u32);
            if character.is_some_and(|character| self.matches(character)) {
                bits[offset >> 7] |= 1 << (offset & 0x7F);
            }
        }
        bits
    }

    fn matches(&self, character: char) -> bool {
        let mut buffer = [0; 4];
        let text: &str = character.encode_utf8(&mut buffer);
        self.class.is_match(text).unwrap_or(false)
    }
}

/// The characters of the general category called `name`: `Lu`, `L`, `Nd` and so on. None for an unknown name.
pub fn category(name: &str) -> Option<&'static CharacterSet> {
    let position = NAMES.iter().position(|known| *known == name)?;
    Some(CATEGORIES[position].get_or_init(|| CharacterSet::of(&[name])))
}

/// Whether the character is a letter.
pub fn is_letter(character: char) -> bool {
    static SET: LazyLock<CharacterSet> = LazyLock::new(|| CharacterSet::of(&["L"]));
    SET.contains(character)
}

/// Whether the character is a combining mark without a width of its own.
pub fn is_nonspacing_mark(character: char) -> bool {
    static SET: LazyLock<CharacterSet> = LazyLock::new(|| CharacterSet::of(&["Mn"]));
    SET.contains(character)
}

/// Whether the character is a decimal digit of any script, as `\d` has it.
pub fn is_digit(character: char) -> bool {
    static SET: LazyLock<CharacterSet> = LazyLock::new(|| CharacterSet::of(&["Nd"]));
    SET.contains(character)
}

/// Whether the character belongs to words, as `\w` has it: letters, nonspacing marks, digits, connectors.
pub fn is_word_character(character: char) -> bool {
    static SET: LazyLock<CharacterSet> = LazyLock::new(|| CharacterSet::of(&["L", "Mn", "Nd", "Pc"]));
    SET.contains(character)
}

/// Whether the character separates words when titles are written: blanks, control and format characters, punctuation,
/// symbols (`spec/EXPRESSIONS.md` §4, `PCase`).
pub fn is_word_separator(character: char) -> bool {
    static SET: LazyLock<CharacterSet> = LazyLock::new(|| CharacterSet::of(&["Z", "Cc", "Cf", "P", "S"]));
    SET.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_in_their_categories() {
        let upper = category("Lu").expect("Lu");
        for (character, is_upper) in [('A', true), ('É', true), ('𐐀', true), ('a', false), ('ß', false), ('𐐨', false)]
        {
            assert_eq!(upper.contains(character), is_upper, "{character}");
        }
        assert!(NAMES.iter().all(|name| category(name).is_some()));
        assert!(category("Greek").is_none());
        assert!(is_digit('7') && is_digit('٣') && !is_digit('²'));
        assert!(is_word_character('_') && is_word_character('\u{301}') && !is_word_character('-'));
        assert!(is_nonspacing_mark('\u{301}') && !is_nonspacing_mark('\u{903}') && !is_nonspacing_mark('a'));
    }

    #[test]
    fn words_are_separated_by_blanks_controls_punctuation_and_symbols() {
        for separator in
            [' ', '\n', '\u{AD}', '-', '_', '(', ')', '«', '»', '.', '\'', '+', '$', '^', '©', '\u{2028}', '😀']
        {
            assert!(is_word_separator(separator), "{separator:?}");
        }
        for other in ['a', '1', '\u{301}', '²', 'Ⅷ'] {
            assert!(!is_word_separator(other), "{other:?}");
        }
    }
}
