//! Letter case, one character to one character, as .NET maps it.
//!
//! Where Unicode's full mapping would give several characters (`ß` to `SS`) the letter stays as it is. The invariant culture
//! also leaves `İ`, `ı` and `ſ` alone, whose counterparts are plain ASCII letters; Turkish and Azerbaijani pair `I` with `ı`
//! and `İ` with `i`.
//!
//! Source: `spec/EXPRESSIONS.md` §4, `ToLower` and `ToUpper`.

/// Whose letters are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culture {
    /// Every culture without rules of its own.
    Invariant,
    /// Turkish and Azerbaijani, with dotted and dotless i.
    Turkic,
}

impl Culture {
    /// The culture called `name`, such as `en-US` or `tr-TR`; the empty name is the invariant culture.
    pub fn named(name: &str) -> Self {
        let language = name.split(['-', '_']).next().unwrap_or_default();
        if ["tr", "az"].iter().any(|turkic| language.eq_ignore_ascii_case(turkic)) {
            Self::Turkic
        } else {
            Self::Invariant
        }
    }

    /// The lower-case counterpart of `character`, or itself.
    pub fn lower(self, character: char) -> char {
        match (self, character) {
            (Self::Turkic, 'I') => 'ı',
            (Self::Turkic, 'İ') => 'i',
            (Self::Invariant, 'İ') => 'İ',
            _ if character.is_ascii() => character.to_ascii_lowercase(),
            _ => single(character.to_lowercase()).unwrap_or(character),
        }
    }

    /// The upper-case counterpart of `character`, or itself.
    pub fn upper(self, character: char) -> char {
        match (self, character) {
            (Self::Turkic, 'i') => 'İ',
            (Self::Turkic, 'ı') => 'I',
            (Self::Invariant, 'ı') | (_, 'ſ') => character,
            _ if character.is_ascii() => character.to_ascii_uppercase(),
            _ => single(character.to_uppercase()).unwrap_or_else(|| iota_subscript_upper(character)),
        }
    }

    /// `text` in lower case.
    pub fn lower_text(self, text: &str) -> String {
        mapped(text, |character| self.lower(character))
    }

    /// `text` in upper case.
    pub fn upper_text(self, text: &str) -> String {
        mapped(text, |character| self.upper(character))
    }
}

/// A text with each character mapped to one other, which is about as long.
pub(super) fn mapped(text: &str, map: impl FnMut(char) -> char) -> String {
    let mut mapped = String::with_capacity(text.len());
    mapped.extend(text.chars().map(map));
    mapped
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    mapped.next().filter(|_| mapped.next().is_none())
}

/// Greek letters with a small iota below: their full mapping is two letters, the one-to-one mapping the capital with an
/// iota beside it.
fn iota_subscript_upper(character: char) -> char {
    let distance = match character {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(character) + distance).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_map_one_to_one() {
        for (text, lower, upper) in [
            ("Abc-ÉØ9", "abc-éø9", "ABC-ÉØ9"),
            ("straße", "straße", "STRAßE"),
            ("ıİſ", "ıİſ", "ıİſ"),
            ("ΣΑΣ", "σασ", "ΣΑΣ"),
            ("ᾳ", "ᾳ", "ᾼ"),
            ("ŉǰ", "ŉǰ", "ŉǰ"),
            ("𐐨", "𐐨", "𐐀"),
        ] {
            assert_eq!(Culture::Invariant.lower_text(text), lower, "{text}");
            assert_eq!(Culture::Invariant.upper_text(text), upper, "{text}");
        }
    }

    #[test]
    fn turkish_pairs_dotted_with_dotted() {
        for name in ["tr", "tr-TR", "TR-tr", "az-Latn-AZ"] {
            let culture = Culture::named(name);
            assert_eq!(culture.lower_text("TITLE İ"), "tıtle i", "{name}");
            assert_eq!(culture.upper_text("title ı"), "TİTLE I", "{name}");
        }
        assert_eq!(Culture::named("en-US"), Culture::Invariant);
        assert_eq!(Culture::named(""), Culture::Invariant);
        assert_eq!(Culture::named("tru"), Culture::Invariant);
    }
}
