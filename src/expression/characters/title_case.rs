//! The first letter of each word in upper case, the rest in lower case.
//!
//! Source: `spec/EXPRESSIONS.md` §4, `PCase`.

use super::{
    casing::{Culture, mapped},
    categories::{is_letter, is_word_separator},
};
use std::collections::HashSet;

/// `text` with a capital at the beginning of each word. `separators`, if given, are the only characters that separate words;
/// otherwise all those do that do in .NET's `ToTitleCase`, an apostrophe within a word not being among them.
pub fn title_case(text: &str, separators: Option<&str>) -> String {
    let separators: Option<HashSet<char>> = separators.map(|separators| separators.chars().collect());
    let mut in_word = false;
    mapped(text, |character| {
        let lower = Culture::Invariant.lower(character);
        let separates = match &separators {
            Some(separators) => separators.contains(&character),
            None => character != '\'' && is_word_separator(character),
        };
        if separates {
            in_word = false;
            character
        } else if !in_word && is_letter(character) {
            in_word = true;
            capital(lower)
        } else {
            lower
        }
    })
}

/// The letter that begins a title: the upper-case letter, except for the digraphs that have a form of their own.
fn capital(lower: char) -> char {
    match lower {
        'ǆ' => 'ǅ',
        'ǉ' => 'ǈ',
        'ǌ' => 'ǋ',
        'ǳ' => 'ǲ',
        other => Culture::Invariant.upper(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_a_capital() {
        for (text, separators, title) in [
            ("PABLO GONSALVES (SECOND)", None, "Pablo Gonsalves (Second)"),
            ("mary-ann smith_jones", None, "Mary-Ann Smith_Jones"),
            ("TEsT", None, "Test"),
            ("d'ythaq", None, "D'ythaq"),
            ("st john's hospital", None, "St John's Hospital"),
            ("'s", None, "'S"),
            ("3rd a3b", None, "3Rd A3b"),
            ("ÉMILE\tzola\nélan", None, "Émile\tZola\nÉlan"),
            ("PINTO-DE'SILVA", Some(" '-"), "Pinto-De'Silva"),
            ("mary-ann smith", Some(" "), "Mary-ann Smith"),
            ("mary-ann smith", Some(""), "Mary-ann smith"),
            ("(second)", Some(" "), "(Second)"),
            ("ǆep", None, "ǅep"),
            ("", None, ""),
        ] {
            assert_eq!(title_case(text, separators), title, "{text}");
        }
    }
}
