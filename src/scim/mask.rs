//! Keeps secrets out of what is written down.
//!
//! A target may echo a token in an error text, a header or a link. Whatever goes into a trace, a log record or a
//! message passes through a [`Mask`] first, which replaces each occurrence of a secret by `[hidden]`, however it is
//! [spelled](super::spelling): in any letter case, escaped, or in the midst of something in base64. A secret of less than
//! eight bytes, as tries on one's own machine have it, is replaced only where it is a word of its own: hiding every `t`
//! would leave nothing to read.
//!
//! Values that a mapping redacts are hidden in the same way, as `[Redact]`: as they are, as JSON text has them, and
//! percent-encoded.
//!
//! Known limit: a secret cut in two, or encoded in yet another way (as hexadecimal digits, say), is not recognised.

use super::{
    spelling::{Form, Spelling, of_secret, of_value},
    spelling_index::SpellingIndex,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::{borrow::Cow, fmt, sync::Arc};

/// What stands in place of a secret.
pub const HIDDEN: &str = "[hidden]";

/// What stands in place of a value that a mapping redacts.
pub const REDACTED: &str = "[Redact]";

/// The secrets to hide, in all their spellings. Cloning it is cheap.
#[derive(Clone, Default)]
pub struct Mask {
    spellings: Arc<SpellingIndex>,
}

impl Mask {
    /// A mask that hides these secrets; empty ones are ignored.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self::of(secrets.into_iter().flat_map(|secret| of_secret(secret.expose_secret(), HIDDEN)).collect())
    }

    /// A mask that hides these values of redacted attributes; empty ones are ignored.
    pub fn redacting<'a>(values: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self::of(values.into_iter().flat_map(|value| of_value(value.expose_secret(), REDACTED)).collect())
    }

    /// A mask that hides this part of a text, which stands there as it is.
    pub fn redacting_part(part: &str) -> Self {
        Self::of(vec![Spelling::new(part.to_owned(), Form::Exact, REDACTED)])
    }

    fn of(spellings: Vec<Spelling>) -> Self {
        Self { spellings: Arc::new(SpellingIndex::of(spellings)) }
    }

    /// A mask that hides what either hides. What both know is shown as this one has it.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        if other.spellings.iter().next().is_none() {
            return self.clone();
        }
        Self::of(self.spellings.iter().chain(other.spellings.iter()).cloned().collect())
    }

    /// The text with each secret replaced.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut search = self.spellings.search(text);
        let mut masked = String::new();
        let mut end = 0;
        while let Some((at, spelling)) = search.next(end) {
            let place = spelling.extent(text, at, end);
            masked.push_str(&text[end..place.start]);
            masked.push_str(spelling.shown);
            end = place.end;
        }
        if end == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
    }

    /// Replaces each secret in the names, texts and numbers of a JSON value.
    pub fn json(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if let Cow::Owned(masked) = self.text(&number.to_string()) {
                    *value = Value::String(masked);
                }
            }
            Value::String(text) => {
                if let Cow::Owned(masked) = self.text(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.json(member));
                if members.keys().any(|name| matches!(self.text(name), Cow::Owned(_))) {
                    let named = std::mem::take(members).into_iter();
                    *members =
                        named.map(|(name, member)| (self.text(&name).into_owned(), member)).collect::<Map<_, _>>();
                }
            }
        }
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mask({} spellings)", self.spellings.iter().count())
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;
    use secrecy::SecretString;
    use serde_json::json;
    use std::borrow::Cow;

    fn mask(secrets: &[&str]) -> Mask {
        let secrets: Vec<SecretString> = secrets.iter().map(|&secret| secret.into()).collect();
        Mask::new(&secrets)
    }

    #[test]
    fn every_occurrence_is_replaced() {
        assert_eq!(mask(&["opensesame"]).text("opensesame, xopensesamex!"), "[hidden], x[hidden]x!");
    }

    #[test]
    fn a_text_full_of_secrets_is_masked_in_one_pass() {
        let text = "opensesame ".repeat(200_000);
        let masked = mask(&["opensesame", "never-there-1", "never-there-2"]).text(&text).into_owned();
        assert_eq!(masked, "[hidden] ".repeat(200_000));
    }

    #[test]
    fn a_short_secret_is_replaced_where_it_is_a_word() {
        let mask = mask(&["abc"]);
        for text in ["abc", "Bearer abc", "\"abc\"", "abc-1", "=%22abc%22", r"\nabc\n"] {
            assert_eq!(mask.text(text), text.replace("abc", "[hidden]"), "{text}");
        }
        for text in ["abcd", "xabc", "1abc", "éabc", "abcé"] {
            assert_eq!(mask.text(text), text, "{text}");
        }
        assert_eq!(mask.text("abcd abc abcd abc"), "abcd [hidden] abcd [hidden]");
    }

    #[test]
    fn json_and_percent_spellings_are_replaced_too() {
        let mask = mask(&["a\"b/c d"]);
        for spelling in [r#"a"b/c d"#, r#"a\"b/c d"#, r#"a\"b\/c d"#, "a%22b%2fc+d", "a%22b%2fc%20d", "a%22b%2Fc+d"] {
            assert_eq!(mask.text(&format!("<{spelling}>")), "<[hidden]>", "{spelling}");
        }
    }

    #[test]
    fn the_longer_of_two_secrets_at_one_place_is_replaced_whole() {
        assert_eq!(mask(&["token", "token-two"]).text("token-two token"), "[hidden] [hidden]");
    }

    #[test]
    fn two_masks_become_one_and_each_secret_is_shown_in_its_own_way() {
        let values: Vec<SecretString> = vec!["opensesame".into(), "closesesame".into()];
        let both = mask(&["opensesame"]).with(&Mask::redacting(&values));
        assert_eq!(both.text("opensesame closesesame"), "[hidden] [Redact]");
        assert_eq!(both.with(&Mask::default()).text("closesesame"), "[Redact]");
    }

    #[test]
    fn a_value_in_a_filter_is_replaced_however_it_is_escaped_there() {
        let values: Vec<SecretString> = vec!["a \"b\" c".into()];
        let url = "/Users?filter=title+eq+%22a+%5c%22b%5c%22+c%22";
        assert_eq!(Mask::redacting(&values).text(url), "/Users?filter=title+eq+%22[Redact]%22");
    }

    #[test]
    fn a_text_without_secrets_is_not_copied() {
        assert!(matches!(mask(&["sesame"]).text("nothing here"), Cow::Borrowed("nothing here")));
    }

    #[test]
    fn an_empty_secret_hides_nothing() {
        assert_eq!(mask(&["", ""]).text("plain"), "plain");
        assert_eq!(format!("{:?}", mask(&[""])), "Mask(0 spellings)");
    }

    #[test]
    fn a_secret_that_is_part_of_the_replacement_does_not_loop() {
        assert_eq!(mask(&["hidden"]).text("hidden hidden"), "[hidden] [hidden]");
    }

    #[test]
    fn names_texts_and_numbers_of_a_json_value_are_masked_in_place() {
        let mut value = json!({"a": ["x 4711", 4711, 47, true, null], "key 4711": {"b": "4711"}, "z": 1});
        mask(&["4711"]).json(&mut value);
        assert_eq!(
            value.to_string(),
            r#"{"a":["x [hidden]","[hidden]",47,true,null],"key [hidden]":{"b":"[hidden]"},"z":1}"#
        );
    }
}
