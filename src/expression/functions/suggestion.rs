//! What to do where a function is called that does not exist.
//!
//! A name that a sibling dialect has, or that other languages have for what a function here does, is known from a table. Any
//! other is compared with the functions' names: it may be a slip of the pen, or short of a word (`Upper`). A guess that is
//! far-fetched helps nobody, so there is none where more than a quarter of the letters differ.
//!
//! Source of the sibling dialects: `spec/EXPRESSIONS.md` §10.

use super::names;
use crate::{config::problem::nearest_within, expression::syntax_error::LONGEST_NAME};

/// How many letters of the longer of two names there must be for each letter in which they differ.
const LETTERS_A_SLIP: usize = 4;

/// How other languages call what a function here does: their names in alphabetical order, each with the function.
const CALLED_OTHERWISE: [(&str, &str); 39] = [
    ("adddays", "DateAdd"),
    ("capitalize", "PCase"),
    ("case", "Switch"),
    ("concat", "Join"),
    ("concatenate", "Join"),
    ("cstring", "CStr"),
    ("distinct", "RemoveDuplicates"),
    ("first", "Item"),
    ("formatdate", "FormatDateTime"),
    ("getdate", "Now"),
    ("if", "IIF"),
    ("ifelse", "IIF"),
    ("ifnull", "Coalesce"),
    ("indexof", "InStr"),
    ("initcap", "PCase"),
    ("isblank", "IsNullOrEmpty"),
    ("isnotnull", "IsPresent"),
    ("lowercase", "ToLower"),
    ("newguid", "Guid"),
    ("notnull", "IsPresent"),
    ("nvl", "Coalesce"),
    ("propercase", "PCase"),
    ("random", "RandomString"),
    ("regexreplace", "Replace"),
    ("removeaccents", "NormalizeDiacritics"),
    ("replaceall", "Replace"),
    ("string", "CStr"),
    ("substr", "Mid"),
    ("substring", "Mid"),
    ("titlecase", "PCase"),
    ("tobase64", "ConvertToBase64"),
    ("tobool", "CBool"),
    ("toboolean", "CBool"),
    ("todate", "CDate"),
    ("today", "Now"),
    ("tostring", "CStr"),
    ("unique", "RemoveDuplicates"),
    ("uppercase", "ToUpper"),
    ("uuid", "Guid"),
];

/// What to do where `name` is called and there is no such function.
pub fn suggestion(name: &str) -> String {
    if let Some(dialect) = sibling_dialect(name) {
        return format!("`{name}` belongs to {dialect}, not to application provisioning");
    }
    if let Some(function) = called_otherwise(name) {
        return format!("Entra has `{function}` for it");
    }
    if let Some(known) = near(name, names()).or_else(|| short_of_a_word(name)) {
        return format!("did you mean `{known}`?");
    }
    "`scimulator eval --functions` lists the functions that there are".to_owned()
}

/// The function that does what another language's function `name` does, if that is known; in any letter case.
fn called_otherwise(name: &str) -> Option<&'static str> {
    let (_, function) = CALLED_OTHERWISE.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(function)
}

/// The nearest of the known names, if it is near enough to be meant.
fn near<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    nearest_within(name, known, |longer| longer / LETTERS_A_SLIP)
}

/// The function of whose name `name` is the end, a third at least, or nearly: `Uper` of `ToUpper`. Of several it is the one
/// with the shortest name.
fn short_of_a_word(name: &str) -> Option<&'static str> {
    const SHORTEST: usize = 4;
    if name.len() < SHORTEST {
        return None;
    }
    let ends = names().flat_map(|whole| {
        let begins = whole.char_indices().skip(1).filter(|(_, letter)| letter.is_ascii_uppercase());
        begins
            .map(move |(at, _)| (&whole[at..], whole))
            .filter(|(end, whole)| end.len() >= SHORTEST && end.len() * 3 >= whole.len())
    });
    let ends: Vec<_> = ends.collect();
    let nearest = near(name, ends.iter().map(|(end, _)| *end))?;
    ends.iter().filter(|(end, _)| *end == nearest).map(|(_, whole)| *whole).min_by_key(|whole| whole.len())
}

/// The sibling dialect that has a function `name` which this one lacks (§10).
pub fn sibling_dialect(name: &str) -> Option<&'static str> {
    const CLOUD_SYNC: &[&str] = &["ConvertFromBase64", "DNComponent", "Error", "StringFromSid", "Trim"];
    const GRAPH: &[&str] = &["AppRoleAssignments", "DefaultDomain", "IsNothing", "Prepend"];
    const CONNECT: &[&str] = &[
        "BitOr",
        "CGuid",
        "CNum",
        "CRef",
        "Contains",
        "ConvertFromUTF8Hex",
        "DNComponentRev",
        "EscapeDNComponent",
        "InStrRev",
        "IsBitSet",
        "IsDate",
        "IsEmpty",
        "IsGuid",
        "IsNumeric",
        "ItemOrNull",
        "LCase",
        "LTrim",
        "Len",
        "PadLeft",
        "PadRight",
        "RTrim",
        "RandomNum",
        "ReplaceChars",
        "Right",
        "Select",
        "StringFromGuid",
        "UCase",
        "Where",
        "With",
    ];
    let is_in = |names: &[&str]| names.contains(&name);
    if is_in(CLOUD_SYNC) {
        Some("Entra cloud sync")
    } else if is_in(GRAPH) {
        Some("Microsoft Graph's function list")
    } else if is_in(CONNECT) || name.starts_with("Cert") {
        Some("Entra Connect")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::functions::find;

    #[test]
    fn a_slip_of_the_pen_or_a_missing_word_finds_its_function() {
        for (name, function) in [
            ("Jion", "Join"),
            ("MID", "Mid"),
            ("Coalese", "Coalesce"),
            ("IsNullorEmpty", "IsNullOrEmpty"),
            ("NormaliseDiacritic", "NormalizeDiacritics"),
            ("Uper", "ToUpper"),
            ("lower", "ToLower"),
            ("Spaces", "StripSpaces"),
            ("Present", "IsPresent"),
            ("Words", "Word"),
        ] {
            assert_eq!(suggestion(name), format!("did you mean `{function}`?"), "{name}");
        }
    }

    #[test]
    fn nothing_far_fetched_is_suggested() {
        for name in ["Nul", "Xyzzy", "Min", "Strip", "Value", "IsSubstring", "Datum", &"Join".repeat(100)] {
            assert_eq!(suggestion(name), "`scimulator eval --functions` lists the functions that there are", "{name}");
        }
    }

    #[test]
    fn what_other_languages_call_otherwise_is_known_in_any_letter_case() {
        for (name, function) in [
            ("Substring", "Mid"),
            ("SUBSTR", "Mid"),
            ("concat", "Join"),
            ("If", "IIF"),
            ("ToString", "CStr"),
            ("LowerCase", "ToLower"),
        ] {
            assert_eq!(suggestion(name), format!("Entra has `{function}` for it"), "{name}");
        }
        assert!(CALLED_OTHERWISE.is_sorted_by(|one, next| one.0 < next.0));
        for (other, function) in CALLED_OTHERWISE {
            assert!(find(function).is_some(), "{function}");
            assert!(names().all(|name| !name.eq_ignore_ascii_case(other)), "{other}");
        }
    }

    #[test]
    fn functions_of_sibling_dialects_are_none_of_ours() {
        for name in ["Trim", "Prepend", "BitOr", "CertSubject"] {
            assert!(sibling_dialect(name).is_some(), "{name}");
            assert!(find(name).is_none(), "{name}");
            assert_eq!(called_otherwise(name), None, "{name}");
        }
        assert_eq!(sibling_dialect("append"), None);
    }
}
