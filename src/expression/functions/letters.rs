//! Letter case and diacritics.

use super::{
    Function, example,
    signature::{Kind, Signature, optional, required},
};
use crate::expression::{
    arguments::Arguments,
    characters::{casing::Culture, diacritics::without_diacritics, title_case::title_case},
    evaluation_error::Stop,
    value::Value,
};

pub(super) static FUNCTIONS: [Function; 4] = [
    Function::new(
        "NormalizeDiacritics",
        Signature::of(&[required("source", Kind::Text)]),
        "Replaces letters with diacritics by plain letters",
        &[example("NormalizeDiacritics([givenName])", &[("givenName", "Zoë")], "Zoe")],
        normalize_diacritics,
    ),
    Function::new(
        "PCase",
        Signature::of(&[required("source", Kind::Text), optional("wordSeparators", Kind::Text)]),
        "Writes the first letter of each word in upper case and the rest in lower case",
        &[
            example("PCase([firstName])", &[("firstName", "PABLO GONSALVES (SECOND)")], "Pablo Gonsalves (Second)"),
            example("PCase([lastName],\" '-\")", &[("lastName", "PINTO-DE'SILVA")], "Pinto-De'Silva"),
        ],
        p_case,
    ),
    Function::new(
        "ToLower",
        Signature::of(&[required("source", Kind::Text), optional("culture", Kind::Text)]),
        "Writes a text in lower case, by the rules of a culture such as tr-TR",
        &[example("ToLower([mail])", &[("mail", "Jane@Contoso.com")], "jane@contoso.com")],
        to_lower,
    ),
    Function::new(
        "ToUpper",
        Signature::of(&[required("source", Kind::Text), optional("culture", Kind::Text)]),
        "Writes a text in upper case, by the rules of a culture such as tr-TR",
        &[example("ToUpper([country])", &[("country", "us")], "US")],
        to_upper,
    ),
];

fn normalize_diacritics<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(match arguments.text(0)? {
        Some(text) if !text.is_ascii() => Value::text(without_diacritics(&text)),
        Some(text) => Value::Text(text),
        None => Value::Null,
    })
}

fn p_case<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    Ok(Value::text(title_case(&text, arguments.text(1)?.as_deref())))
}

fn to_lower<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    change_case(arguments, Culture::lower_text)
}

fn to_upper<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    change_case(arguments, Culture::upper_text)
}

fn change_case<'a>(arguments: &Arguments<'_, 'a>, change: fn(Culture, &str) -> String) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    let culture = Culture::named(&arguments.text(1)?.unwrap_or_default());
    Ok(Value::text(change(culture, &text)))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values};

    #[test]
    fn letters_change_their_case() {
        assert_values(&[
            ("ToLower(\"ABC-ÉØ\")", "abc-éø"),
            ("ToLower(\"TITLE\", \"tr-TR\")", "tıtle"),
            ("ToLower(\"TITLE\", )", "title"),
            ("ToLower([none])", "null"),
            ("ToLower([yes])", "true"),
            ("ToUpper(\"straße\")", "STRAßE"),
            ("ToUpper(\"title\", \"tr-TR\")", "TİTLE"),
            ("ToUpper(\"title\", [none])", "TITLE"),
            ("ToUpper([none])", "null"),
        ]);
        assert_errors(&["ToLower([list])", "ToUpper([list])"]);
    }

    #[test]
    fn words_get_capitals() {
        assert_values(&[
            ("PCase(\"PABLO GONSALVES (SECOND)\")", "Pablo Gonsalves (Second)"),
            ("PCase(\"PINTO-DE'SILVA\", \" '-\")", "Pinto-De'Silva"),
            ("PCase(\"st john's\", [none])", "St John's"),
            ("PCase([none])", "null"),
        ]);
    }

    #[test]
    fn diacritics_go() {
        assert_values(&[
            ("NormalizeDiacritics(\"José García-Løvås\")", "Jose Garcia-Loevas"),
            ("NormalizeDiacritics([none])", "null"),
            ("NormalizeDiacritics([a])", "value"),
        ]);
    }
}
