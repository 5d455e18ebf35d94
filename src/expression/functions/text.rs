//! Parts of texts, and texts put together.
//!
//! Positions and lengths are counted in UTF-16 code units (`spec/EXPRESSIONS.md` §6).

use super::{
    Function, example,
    signature::{Kind, Signature, optional, required},
};
use crate::expression::{
    arguments::Arguments,
    characters::{casing::Culture, code_units},
    evaluation_error::{Reason, Stop},
    excerpt::excerpt,
    impossible::constant_integer,
    tree::{Call, Node, Word},
    value::Value,
};
use std::{borrow::Cow, collections::HashSet};

pub(super) static FUNCTIONS: [Function; 6] = [
    Function::new(
        "Append",
        Signature::of(&[required("source", Kind::Text), required("suffix", Kind::Text)]),
        "Adds a suffix to a text",
        &[example(
            "Append([userPrincipalName], \".test\")",
            &[("userPrincipalName", "John.Doe@contoso.com")],
            "John.Doe@contoso.com.test",
        )],
        append,
    ),
    Function::new(
        "InStr",
        Signature::of(&[
            required("value1", Kind::Text),
            required("value2", Kind::Text),
            optional("start", Kind::Integer),
            optional("compareType", Kind::Text),
        ]),
        "Gives the position, counted from 1, at which a text is first found in another; 0 if it is not",
        &[
            example("InStr(\"The quick brown fox\",\"quick\")", &[], "5"),
            example("InStr(\"repEated\",\"e\",3,vbBinaryCompare)", &[], "7"),
        ],
        in_str,
    )
    .with_constants(in_str_constants),
    Function::new(
        "Left",
        Signature::of(&[required("string", Kind::Text), required("numChars", Kind::Integer)]),
        "Gives a number of characters from the beginning of a text",
        &[example("Left(\"John Doe\", 3)", &[], "Joh")],
        left,
    ),
    Function::new(
        "Mid",
        Signature::of(&[
            required("source", Kind::Text),
            required("start", Kind::Integer),
            required("length", Kind::Integer),
        ]),
        "Gives a part of a text: from a position, counted from 1, a number of characters",
        &[example("Mid([userPrincipalName], 1, 8)", &[("userPrincipalName", "john.doe@contoso.com")], "john.doe")],
        mid,
    )
    .with_constants(mid_constants),
    Function::new(
        "StripSpaces",
        Signature::of(&[required("source", Kind::Text)]),
        "Removes every blank; tabs and line ends stay",
        &[example("StripSpaces([displayName])", &[("displayName", "John Q Doe")], "JohnQDoe")],
        strip_spaces,
    ),
    Function::new(
        "Word",
        Signature::of(&[
            required("string", Kind::Text),
            required("wordNumber", Kind::Integer),
            required("delimiters", Kind::Text),
        ]),
        "Gives a word of a text by its number, counted from 1; each character of the delimiters separates words",
        &[
            example("Word(\"The quick brown fox\",3,\" \")", &[], "brown"),
            example("Word(\"This,string!has&many separators\",3,\",!&#\")", &[], "has"),
        ],
        word,
    ),
];

fn append<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(source) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    let suffix = arguments.text(1)?.unwrap_or_default();
    Ok(Value::text(source + suffix))
}

fn in_str<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let (Some(text), Some(sought)) = (arguments.text(0)?, arguments.text(1)?) else {
        return Ok(Value::Null);
    };
    let skipped = beyond("start", 1, arguments.optional_integer(2)?.unwrap_or(1))?;
    let (text, sought) = if ignores_case(arguments.text(3)?.as_deref())? {
        let fold = |text: Cow<'_, str>| Culture::Invariant.lower_text(&Culture::Invariant.upper_text(&text));
        (Cow::Owned(fold(text)), Cow::Owned(fold(sought)))
    } else {
        (text, sought)
    };
    Ok(Value::Integer(position(&text, &sought, skipped)))
}

/// Whether letter case is ignored, by the word that says so.
fn ignores_case(word: Option<&str>) -> Result<bool, Reason> {
    match word {
        None => Ok(false),
        Some(word) if word == Word::BinaryCompare.name() => Ok(false),
        Some(word) if word == Word::TextCompare.name() => Ok(true),
        Some(other) => Err(Reason::UnknownChoice {
            parameter: "compareType",
            found: excerpt(other),
            allowed: "vbBinaryCompare, vbTextCompare",
        }),
    }
}

fn in_str_constants(call: &Call) -> Result<(), Reason> {
    if let Some(start) = constant_integer(call, 2) {
        beyond("start", 1, start)?;
    }
    ignores_case(call.argument(3).and_then(Node::constant)).map(drop)
}

/// How far a number is beyond the least one that its parameter may be, 0 or 1.
pub(super) fn beyond(parameter: &'static str, least: i64, found: i64) -> Result<u64, Reason> {
    let allowed = if least == 0 { "at least 0" } else { "at least 1" };
    let beyond = found.checked_sub(least).and_then(|beyond| u64::try_from(beyond).ok());
    beyond.ok_or(Reason::OutOfRange { parameter, found, allowed })
}

/// Where `sought` is first found in `text` after `skipped` code units, counted from 1; 0 if it is not. Letter case mapped one
/// to one keeps every character in its plane, so positions in folded texts are positions in the texts themselves.
fn position(text: &str, sought: &str, skipped: u64) -> i64 {
    if skipped > code_units::length(text) as u64 {
        return 0;
    }
    let from = code_units::byte_position(text, skipped);
    let Some(offset) = text[from..].find(sought) else {
        return 0;
    };
    i64::try_from(code_units::length(&text[..from + offset]) + 1).unwrap_or(i64::MAX)
}

fn left<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::text(""));
    };
    Ok(Value::Text(match u64::try_from(arguments.integer(1)?) {
        Ok(length) => part(text, 0, length),
        Err(_) => text,
    }))
}

fn mid<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    let start = beyond("start", 1, arguments.integer(1)?)?;
    let length = beyond("length", 0, arguments.integer(2)?)?;
    Ok(Value::Text(part(text, start, length)))
}

fn mid_constants(call: &Call) -> Result<(), Reason> {
    if let Some(start) = constant_integer(call, 1) {
        beyond("start", 1, start)?;
    }
    constant_integer(call, 2).map_or(Ok(()), |length| beyond("length", 0, length).map(drop))
}

/// `length` code units of `text`, beginning `start` code units in; less where the text ends.
fn part(text: Cow<'_, str>, start: u64, length: u64) -> Cow<'_, str> {
    let end = code_units::byte_position(&text, start.saturating_add(length));
    let start = code_units::byte_position(&text, start);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
    }
}

fn strip_spaces<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(match arguments.text(0)? {
        Some(text) if text.contains(' ') => {
            let mut stripped = text.into_owned();
            stripped.retain(|character| character != ' ');
            Value::text(stripped)
        }
        Some(text) => Value::Text(text),
        None => Value::Null,
    })
}

fn word<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::text(""));
    };
    let number = arguments.integer(1)?;
    let delimiters: HashSet<char> = arguments.text(2)?.unwrap_or_default().chars().collect();
    let Some(before) = number.checked_sub(1).and_then(|before| usize::try_from(before).ok()) else {
        return Ok(Value::text(""));
    };
    let word = text.split(|character| delimiters.contains(&character)).filter(|word| !word.is_empty()).nth(before);
    Ok(Value::text(word.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values};

    #[test]
    fn append_adds_a_suffix() {
        assert_values(&[
            ("Append([a], \"x\")", "valuex"),
            ("Append(\"SMTP:\", [a])", "SMTP:value"),
            ("Append([none], \"x\")", "null"),
            ("Append([a], [none])", "value"),
            ("Append([empty], [empty])", ""),
            ("Append([yes], [five])", "True5"),
            ("Append(Mid(\"John\",1,3), Mid(\"Doe\",1,5))", "JohDoe"),
        ]);
        assert_errors(&["Append([list], \"x\")", "Append([a], [list])"]);
    }

    #[test]
    fn in_str_counts_from_the_start_of_the_text() {
        assert_values(&[
            ("InStr(\"The quick brown fox\", \"quick\")", "5"),
            ("InStr(\"repEated\", \"e\", 3, vbBinaryCompare)", "7"),
            ("InStr(\"repEated\", \"e\", 3, vbTextCompare)", "4"),
            ("InStr(\"repEated\", \"E\", , vbTextCompare)", "2"),
            ("InStr(\"ÉÉa\", \"A\", 1, vbTextCompare)", "3"),
            ("InStr(\"abcabc\", \"c\", 4)", "6"),
            ("InStr(\"abc\", \"z\")", "0"),
            ("InStr(\"abc\", \"C\")", "0"),
            ("InStr(\"abc\", \"a\", 2)", "0"),
            ("InStr(\"abc\", \"a\", 99)", "0"),
            ("InStr(\"abc\", \"\")", "1"),
            ("InStr(\"abc\", \"\", 4)", "4"),
            ("InStr(\"abc\", \"\", 5)", "0"),
            ("InStr(\"😀a\", \"a\")", "3"),
            ("InStr([none], \"a\")", "null"),
            ("InStr([a], [none])", "null"),
        ]);
        assert_errors(&["InStr([a], \"a\", 0)", "InStr([a], \"a\", 1, \"other\")", "InStr([a], \"a\", \"x\")"]);
    }

    #[test]
    fn left_takes_from_the_beginning() {
        assert_values(&[
            ("Left(\"John Doe\", 3)", "Joh"),
            ("Left(\"John Doe\", 0)", ""),
            ("Left(\"John Doe\", -1)", "John Doe"),
            ("Left([none], 3)", ""),
            ("Left(\"Jo\", 3)", "Jo"),
            ("Left(\"Jo\", 9223372036854775807)", "Jo"),
            ("Left(\"a😀b\", 2)", "a"),
            ("Left(\"a😀b\", 3)", "a😀"),
            ("Left(\"éa\", \"1\")", "é"),
        ]);
        assert_errors(&["Left([a], \"x\")", "Left([a], [none])", "Left([a], 1.5)", "Left([list], 1)"]);
    }

    #[test]
    fn mid_clips_at_the_end_and_refuses_impossible_positions() {
        assert_values(&[
            ("Mid(\"John Doe\", 6, 3)", "Doe"),
            ("Mid(\"John Doe\", 6, 999)", "Doe"),
            ("Mid(\"John Doe\", 9, 1)", ""),
            ("Mid(\"John Doe\", 99, 1)", ""),
            ("Mid(\"John Doe\", 1, 0)", ""),
            ("Mid([none], 1, 1)", "null"),
            ("Mid([none], 0, 1)", "null"),
            ("Mid(\"abc\", 9223372036854775807, 9223372036854775807)", ""),
            ("Mid(\"a😀b\", 4, 1)", "b"),
            ("Mid(\"a😀b\", 2, 2)", "😀"),
            ("Mid(\"a😀b\", 2, 1)", ""),
        ]);
        assert_errors(&["Mid([a], 0, 1)", "Mid([a], -1, 1)", "Mid([a], 1, -1)", "Mid([a], [none], 1)"]);
    }

    #[test]
    fn strip_spaces_removes_blanks_only() {
        assert_values(&[
            ("StripSpaces(\" John  Q Doe \")", "JohnQDoe"),
            ("StripSpaces(\"a\tb\u{a0}c d\")", "a\tb\u{a0}cd"),
            ("StripSpaces([none])", "null"),
        ]);
    }

    #[test]
    fn word_takes_words_by_number() {
        assert_values(&[
            ("Word(\"The quick brown fox\", 3, \" \")", "brown"),
            ("Word(\"a  b\", 2, \" \")", "b"),
            ("Word(\"  a\", 1, \" \")", "a"),
            ("Word(\"a b\", 3, \" \")", ""),
            ("Word(\"a b\", 0, \" \")", ""),
            ("Word(\"a b\", -9223372036854775808, \" \")", ""),
            ("Word(\"a b\", 1, \"\")", "a b"),
            ("Word([none], 1, \" \")", ""),
        ]);
        assert_errors(&["Word([a], \"x\", \" \")"]);
    }
}
