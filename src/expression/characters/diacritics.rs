//! Plain letters for letters with diacritics.
//!
//! A character that decomposes into a letter and nonspacing marks gives the letter; marks of their own go; a few letters have
//! counterparts of their own (`ø` is `oe`, `ß` is `ss`). Everything else stays as it is, composed or not.
//!
//! Source: `spec/EXPRESSIONS.md` §4, `NormalizeDiacritics`.

use super::categories::is_nonspacing_mark;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// `text` without diacritics.
pub fn without_diacritics(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            plain.push(character);
        } else if !is_mark(character) {
            push_plain(character, &mut plain);
        }
    }
    plain
}

fn push_plain(character: char, plain: &mut String) {
    let mut marked = false;
    decompose_canonical(character, |part| marked |= is_mark(part));
    if !marked {
        return push_letter(character, plain);
    }
    decompose_canonical(character, |part| {
        if !is_mark(part) {
            push_letter(part, plain);
        }
    });
}

fn push_letter(letter: char, plain: &mut String) {
    match letter {
        'æ' => plain.push_str("ae"),
        'Æ' => plain.push_str("AE"),
        'ø' | 'œ' => plain.push_str("oe"),
        'Ø' | 'Œ' => plain.push_str("OE"),
        'ß' => plain.push_str("ss"),
        'ẞ' => plain.push_str("SS"),
        'ł' => plain.push('l'),
        'Ł' => plain.push('L'),
        'ı' => plain.push('i'),
        other => plain.push(other),
    }
}

fn is_mark(character: char) -> bool {
    is_combining_mark(character) && is_nonspacing_mark(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_letters_lose_their_diacritics() {
        for (marked, plain) in [
            ("äàâãåáąăāǟǡa̱å̄", "aaaaaaaaaaaaa"),
            ("ÄÀÂÃÅÁĄĂĀ", "AAAAAAAAA"),
            ("æǣÆǢ", "aeaeAEAE"),
            ("çčćc̄c̱", "ccccc"),
            ("ďd̄ḏ", "ddd"),
            ("ëèéêęěėēḗḕē̂ē̃ê̄e̱ë̄e̊̄", "eeeeeeeeeeeeeeee"),
            ("ğḡg̱", "ggg"),
            ("ïîìíıīi̱İ", "iiiiiiiI"),
            ("ľłl̄ḹḻŁ", "lllllL"),
            ("ñńňn̄ṉ", "nnnnn"),
            ("öòőõôóōṓṑō̂ō̃ȫō̈ǭȭȱo̱", "ooooooooooooooooo"),
            ("øø̄œ̄ØŒ", "oeoeoeOEOE"),
            ("řr̄ṟṝ", "rrrr"),
            ("ßẞ", "ssSS"),
            ("šśșşs̄s̱", "ssssss"),
            ("ťțt̄ṯ", "tttt"),
            ("üùûúůűūu̇̄ǖṻṳ̄u̱", "uuuuuuuuuuuu"),
            ("ÿýȳy̱", "yyyy"),
            ("źžżz̄ẕ", "zzzzz"),
            ("Zoë", "Zoe"),
        ] {
            assert_eq!(without_diacritics(marked), plain, "{marked}");
        }
    }

    #[test]
    fn what_has_no_plain_letter_stays() {
        assert_eq!(without_diacritics("đðþħ 中文 한국 Ω😀"), "đðþħ 中文 한국 Ω😀");
        assert_eq!(without_diacritics("й"), "и");
    }
}
