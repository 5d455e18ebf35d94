//! Unicode's general categories of characters.
//!
//! The tables are those of the regular expression crate: a [`CharacterSet`] asks it about single characters. ASCII is looked
//! up beforehand, so that only other characters cost a search.

use fancy_regex::Regex;
use std::sync::LazyLock;

/// A set of characters described by general categories.
#[derive(Clone, Debug)]
pub struct CharacterSet {
    ascii: u128,
    others: Regex,
}

impl CharacterSet {
    /// The characters of the general category called `name`: `Lu`, `L`, `Nd` and so on. None for an unknown name.
    pub fn category(name: &str) -> Option<Self> {
        const CATEGORIES: [&str; 38] = [
            "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
            "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co",
            "Cn", "LC",
        ];
        CATEGORIES.contains(&name).then(|| Self::of(&[name]))?
    }

    fn of(categories: &[&str]) -> Option<Self> {
        let class: String = categories.iter().map(|name| format!("\\p{{{name}}}")).collect();
        let others = Regex::new(&format!("[{class}]")).ok()?;
        let is_member = |byte: u8| others.is_match(char::from(byte).encode_utf8(&mut [0; 4]) as &str).unwrap_or(false);
        let ascii = (0..128).filter(|&byte| is_member(byte)).fold(0, |set, byte| set | 1 << byte);
        Some(Self { ascii, others })
    }

    /// Whether `character` is in the set.
    pub fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> u32::from(character) & 1 == 1;
        }
        let mut buffer = [0; 4];
        let text: &str = character.encode_utf8(&mut buffer);
        self.others.is_match(text).unwrap_or(false)
    }
}

macro_rules! category_test {
    ($(#[$documentation:meta])* $name:ident, $($category:literal),+) => {
        $(#[$documentation])*
        pub fn $name(character: char) -> bool {
            static SET: LazyLock<CharacterSet> = LazyLock::new(|| {
                CharacterSet::of(&[$($category),+]).expect("general categories are known to the regular expression crate")
            });
            SET.contains(character)
        }
    };
}

category_test!(
    /// Whether the character is a letter.
    is_letter, "L"
);
category_test!(
    /// Whether the character is a combining mark without a width of its own.
    is_nonspacing_mark, "Mn"
);
category_test!(
    /// Whether the character is a decimal digit of any script.
    is_digit, "Nd"
);
category_test!(
    /// Whether the character belongs to words, as `\w` has it: letters, nonspacing marks, digits, connectors.
    is_word_character, "L", "Mn", "Nd", "Pc"
);
category_test!(
    /// Whether the character separates words when titles are written: blanks, control and format characters, punctuation,
    /// symbols (`spec/EXPRESSIONS.md` §4, `PCase`).
    is_word_separator, "Z", "Cc", "Cf", "P", "S"
);

/// Whether the character is white space, as `\s` has it.
pub fn is_space(character: char) -> bool {
    character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_in_their_categories() {
        let upper = CharacterSet::category("Lu").expect("Lu");
        assert!(upper.contains('A') && upper.contains('É') && !upper.contains('a') && !upper.contains('ß'));
        assert!(CharacterSet::category("Greek").is_none());
        assert!(is_digit('7') && is_digit('٣') && !is_digit('²'));
        assert!(
            is_word_character('_') && is_word_character('é') && is_word_character('\u{301}') && !is_word_character('-')
        );
        assert!(is_nonspacing_mark('\u{301}') && !is_nonspacing_mark('\u{903}') && !is_nonspacing_mark('a'));
        for separator in [' ', '\n', '\u{AD}', '-', '_', '(', ')', '«', '»', '.', '\'', '+', '$', '^', '©', '\u{2028}']
        {
            assert!(is_word_separator(separator), "{separator:?}");
        }
        for other in ['a', '1', '\u{301}', '²', 'Ⅷ'] {
            assert!(!is_word_separator(other), "{other:?}");
        }
    }
}
