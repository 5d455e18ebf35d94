//! Unicode blocks by the names that .NET has for them, as in `\\p{IsCyrillic}`.
//!
//! They are those of the basic plane; the blocks of surrogates are left out, for no text has a lone one. Some have two names.
//! Source: `spec/EXPRESSIONS.md` §6.

/// The first and the last character of the block called `name`, without the `Is` in front.
pub(super) fn named(name: &str) -> Option<(char, char)> {
    BLOCKS.iter().find(|(known, _, _)| *known == name).map(|&(_, first, last)| (first, last))
}

const BLOCKS: [(&str, char, char); 105] = [
    ("BasicLatin", '\u{0}', '\u{7F}'),
    ("Latin-1Supplement", '\u{80}', '\u{FF}'),
    ("LatinExtended-A", '\u{100}', '\u{17F}'),
    ("LatinExtended-B", '\u{180}', '\u{24F}'),
    ("IPAExtensions", '\u{250}', '\u{2AF}'),
    ("SpacingModifierLetters", '\u{2B0}', '\u{2FF}'),
    ("CombiningDiacriticalMarks", '\u{300}', '\u{36F}'),
    ("Greek", '\u{370}', '\u{3FF}'),
    ("GreekandCoptic", '\u{370}', '\u{3FF}'),
    ("Cyrillic", '\u{400}', '\u{4FF}'),
    ("CyrillicSupplement", '\u{500}', '\u{52F}'),
    ("Armenian", '\u{530}', '\u{58F}'),
    ("Hebrew", '\u{590}', '\u{5FF}'),
    ("Arabic", '\u{600}', '\u{6FF}'),
    ("Syriac", '\u{700}', '\u{74F}'),
    ("Thaana", '\u{780}', '\u{7BF}'),
    ("Devanagari", '\u{900}', '\u{97F}'),
    ("Bengali", '\u{980}', '\u{9FF}'),
    ("Gurmukhi", '\u{A00}', '\u{A7F}'),
    ("Gujarati", '\u{A80}', '\u{AFF}'),
    ("Oriya", '\u{B00}', '\u{B7F}'),
    ("Tamil", '\u{B80}', '\u{BFF}'),
    ("Telugu", '\u{C00}', '\u{C7F}'),
    ("Kannada", '\u{C80}', '\u{CFF}'),
    ("Malayalam", '\u{D00}', '\u{D7F}'),
    ("Sinhala", '\u{D80}', '\u{DFF}'),
    ("Thai", '\u{E00}', '\u{E7F}'),
    ("Lao", '\u{E80}', '\u{EFF}'),
    ("Tibetan", '\u{F00}', '\u{FFF}'),
    ("Myanmar", '\u{1000}', '\u{109F}'),
    ("Georgian", '\u{10A0}', '\u{10FF}'),
    ("HangulJamo", '\u{1100}', '\u{11FF}'),
    ("Ethiopic", '\u{1200}', '\u{137F}'),
    ("Cherokee", '\u{13A0}', '\u{13FF}'),
    ("UnifiedCanadianAboriginalSyllabics", '\u{1400}', '\u{167F}'),
    ("Ogham", '\u{1680}', '\u{169F}'),
    ("Runic", '\u{16A0}', '\u{16FF}'),
    ("Tagalog", '\u{1700}', '\u{171F}'),
    ("Hanunoo", '\u{1720}', '\u{173F}'),
    ("Buhid", '\u{1740}', '\u{175F}'),
    ("Tagbanwa", '\u{1760}', '\u{177F}'),
    ("Khmer", '\u{1780}', '\u{17FF}'),
    ("Mongolian", '\u{1800}', '\u{18AF}'),
    ("Limbu", '\u{1900}', '\u{194F}'),
    ("TaiLe", '\u{1950}', '\u{197F}'),
    ("KhmerSymbols", '\u{19E0}', '\u{19FF}'),
    ("PhoneticExtensions", '\u{1D00}', '\u{1D7F}'),
    ("LatinExtendedAdditional", '\u{1E00}', '\u{1EFF}'),
    ("GreekExtended", '\u{1F00}', '\u{1FFF}'),
    ("GeneralPunctuation", '\u{2000}', '\u{206F}'),
    ("SuperscriptsandSubscripts", '\u{2070}', '\u{209F}'),
    ("CurrencySymbols", '\u{20A0}', '\u{20CF}'),
    ("CombiningDiacriticalMarksforSymbols", '\u{20D0}', '\u{20FF}'),
    ("CombiningMarksforSymbols", '\u{20D0}', '\u{20FF}'),
    ("LetterlikeSymbols", '\u{2100}', '\u{214F}'),
    ("NumberForms", '\u{2150}', '\u{218F}'),
    ("Arrows", '\u{2190}', '\u{21FF}'),
    ("MathematicalOperators", '\u{2200}', '\u{22FF}'),
    ("MiscellaneousTechnical", '\u{2300}', '\u{23FF}'),
    ("ControlPictures", '\u{2400}', '\u{243F}'),
    ("OpticalCharacterRecognition", '\u{2440}', '\u{245F}'),
    ("EnclosedAlphanumerics", '\u{2460}', '\u{24FF}'),
    ("BoxDrawing", '\u{2500}', '\u{257F}'),
    ("BlockElements", '\u{2580}', '\u{259F}'),
    ("GeometricShapes", '\u{25A0}', '\u{25FF}'),
    ("MiscellaneousSymbols", '\u{2600}', '\u{26FF}'),
    ("Dingbats", '\u{2700}', '\u{27BF}'),
    ("MiscellaneousMathematicalSymbols-A", '\u{27C0}', '\u{27EF}'),
    ("SupplementalArrows-A", '\u{27F0}', '\u{27FF}'),
    ("BraillePatterns", '\u{2800}', '\u{28FF}'),
    ("SupplementalArrows-B", '\u{2900}', '\u{297F}'),
    ("MiscellaneousMathematicalSymbols-B", '\u{2980}', '\u{29FF}'),
    ("SupplementalMathematicalOperators", '\u{2A00}', '\u{2AFF}'),
    ("MiscellaneousSymbolsandArrows", '\u{2B00}', '\u{2BFF}'),
    ("CJKRadicalsSupplement", '\u{2E80}', '\u{2EFF}'),
    ("KangxiRadicals", '\u{2F00}', '\u{2FDF}'),
    ("IdeographicDescriptionCharacters", '\u{2FF0}', '\u{2FFF}'),
    ("CJKSymbolsandPunctuation", '\u{3000}', '\u{303F}'),
    ("Hiragana", '\u{3040}', '\u{309F}'),
    ("Katakana", '\u{30A0}', '\u{30FF}'),
    ("Bopomofo", '\u{3100}', '\u{312F}'),
    ("HangulCompatibilityJamo", '\u{3130}', '\u{318F}'),
    ("Kanbun", '\u{3190}', '\u{319F}'),
    ("BopomofoExtended", '\u{31A0}', '\u{31BF}'),
    ("KatakanaPhoneticExtensions", '\u{31F0}', '\u{31FF}'),
    ("EnclosedCJKLettersandMonths", '\u{3200}', '\u{32FF}'),
    ("CJKCompatibility", '\u{3300}', '\u{33FF}'),
    ("CJKUnifiedIdeographsExtensionA", '\u{3400}', '\u{4DBF}'),
    ("YijingHexagramSymbols", '\u{4DC0}', '\u{4DFF}'),
    ("CJKUnifiedIdeographs", '\u{4E00}', '\u{9FFF}'),
    ("YiSyllables", '\u{A000}', '\u{A48F}'),
    ("YiRadicals", '\u{A490}', '\u{A4CF}'),
    ("HangulSyllables", '\u{AC00}', '\u{D7AF}'),
    ("PrivateUse", '\u{E000}', '\u{F8FF}'),
    ("PrivateUseArea", '\u{E000}', '\u{F8FF}'),
    ("CJKCompatibilityIdeographs", '\u{F900}', '\u{FAFF}'),
    ("AlphabeticPresentationForms", '\u{FB00}', '\u{FB4F}'),
    ("ArabicPresentationForms-A", '\u{FB50}', '\u{FDFF}'),
    ("VariationSelectors", '\u{FE00}', '\u{FE0F}'),
    ("CombiningHalfMarks", '\u{FE20}', '\u{FE2F}'),
    ("CJKCompatibilityForms", '\u{FE30}', '\u{FE4F}'),
    ("SmallFormVariants", '\u{FE50}', '\u{FE6F}'),
    ("ArabicPresentationForms-B", '\u{FE70}', '\u{FEFF}'),
    ("HalfwidthandFullwidthForms", '\u{FF00}', '\u{FFEF}'),
    ("Specials", '\u{FFF0}', '\u{FFFF}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another_without_overlap_and_two_names_are_for_the_same_one() {
        for pair in BLOCKS.windows(2) {
            let [(_, first, last), (_, next, end)] = pair else { unreachable!() };
            assert!(last < next || (first, last) == (next, end), "{pair:?}");
        }
    }

    #[test]
    fn a_block_is_found_by_its_name_and_no_other_spelling() {
        assert_eq!(named("CurrencySymbols"), Some(('\u{20A0}', '\u{20CF}')));
        assert_eq!(named("PrivateUse"), named("PrivateUseArea"));
        assert_eq!(named("currencysymbols"), None);
    }
}
