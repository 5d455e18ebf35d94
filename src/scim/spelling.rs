//! How a secret may be written: the spellings that a [`Mask`](super::mask::Mask) looks for.
//!
//! * As it is, as JSON text has it (also with `\uXXXX`, and in a text within a text), percent-encoded (also twice), as HTML
//!   has it; each in any letter case, for servers that fold headers or log in capitals.
//! * In base64, in either alphabet, also as a part of more, such as `Basic` credentials: then what surrounds it is hidden
//!   with it. Three bytes become four characters, so where it begins within its three decides how it looks; the characters
//!   at its ends, which depend on the neighbours, are not looked for.
//!
//! What a mapping redacts is a person's value and no secret of the wire's: it is looked for as it is, as JSON text has it,
//! and percent-encoded.

use super::query::escape;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::ops::Range;
use url::form_urlencoded::byte_serialize;

/// How many bytes a spelling must have to be hidden in the midst of a word too.
const HIDDEN_ANYWHERE: usize = 8;

/// How many characters of base64 are no coincidence.
const TELLING_BASE64: usize = 6;

/// What writers of JSON put down as `\uXXXX` though they need not: these characters, and, if so said, all outside ASCII.
const NEEDLESS_ESCAPES: [(&str, bool); 4] = [
    // Python's `json` and PHP.
    ("", true),
    // Go and Rails.
    ("&<>", false),
    // Gson.
    ("&'<=>", false),
    // System.Text.Json.
    ("\"&'+<>`", true),
];

/// One way to write a secret.
#[derive(Clone)]
pub(super) struct Spelling {
    text: SecretString,
    pub(super) form: Form,
    /// What stands in its place.
    pub(super) shown: &'static str,
}

/// How a spelling is compared with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// Letter by letter, whatever the case of ASCII letters; the spelling is in lower case.
    AnyCase,
    /// As it is, with what stands around it in the same coding.
    Base64,
    /// As it is.
    Exact,
}

impl Spelling {
    pub(super) fn new(text: String, form: Form, shown: &'static str) -> Self {
        Self { text: text.into(), form, shown }
    }

    pub(super) fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// Whether it is hidden where it occurs at byte `at` of `text`: a short one only as a word of its own.
    pub(super) fn counts(&self, text: &str, at: usize) -> bool {
        let length = self.text().len();
        length >= HIDDEN_ANYWHERE || self.form == Form::Base64 || is_word(text, at, length)
    }

    /// What is to be hidden of a text where it occurs at byte `at`; nothing before `from`.
    pub(super) fn extent(&self, text: &str, at: usize, from: usize) -> Range<usize> {
        let end = at + self.text().len();
        if self.form != Form::Base64 {
            return at..end;
        }
        let is_coded = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_');
        let before = text.as_bytes()[from..at].iter().rev().take_while(is_coded).count();
        let after = text.as_bytes()[end..].iter().take_while(|byte| is_coded(byte) || **byte == b'=').count();
        at - before..end + after
    }
}

/// The spellings of a secret.
pub(super) fn of_secret(secret: &str, shown: &'static str) -> Vec<Spelling> {
    if secret.is_empty() {
        return Vec::new();
    }
    let mut texts = escaped(secret);
    texts.push(in_json(&in_json(secret)));
    texts.push(escape(&escape(secret, "+"), "+"));
    texts.push(escape(&escape(secret, "%20"), "%20"));
    texts.push(in_html(secret));
    let texts = texts.into_iter().map(|text| Spelling::new(text.to_ascii_lowercase(), Form::AnyCase, shown));
    texts.chain(in_base64(secret).into_iter().map(|(text, form)| Spelling::new(text, form, shown))).collect()
}

/// The spellings of a value that a mapping redacts.
pub(super) fn of_value(value: &str, shown: &'static str) -> Vec<Spelling> {
    let texts = if value.is_empty() { Vec::new() } else { escaped(value) };
    texts.into_iter().map(|text| Spelling::new(text, Form::Exact, shown)).collect()
}

/// A text as it is, as JSON writes it, and either of them percent-encoded; what has digits of base 16, in lower and in upper
/// case.
fn escaped(text: &str) -> Vec<String> {
    let json = in_json(text);
    let standard = byte_serialize(text.as_bytes()).collect::<String>();
    let mut texts = vec![
        escape(&json, "+"),
        escape(&json, "%20"),
        json.replace('/', "\\/"),
        json,
        escape(text, "+"),
        escape(text, "%20"),
        standard.replace('+', "%20"),
        standard,
        text.to_owned(),
    ];
    texts.extend(needlessly_escaped(text));
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// What the writers of JSON make of a text that escape more than they must, also in a text within a text.
fn needlessly_escaped(text: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for (characters, outside_ascii) in NEEDLESS_ESCAPES {
        for upper in [false, true] {
            let write = |text: &str| in_json_but(text, characters, outside_ascii, upper);
            let (once, twice) = (write(text), write(&in_json(text)));
            texts.extend([once.replace('/', "\\/"), in_json(&once), write(&once), twice, once]);
        }
    }
    texts
}

/// A text as JSON has it, with these characters and, if so said, all outside ASCII as `\uXXXX`.
fn in_json_but(text: &str, characters: &str, outside_ascii: bool, upper: bool) -> String {
    let mut written = String::new();
    let mut units = [0; 2];
    for character in text.chars() {
        if !characters.contains(character) && (character.is_ascii() || !outside_ascii) {
            written.push_str(&in_json(character.encode_utf8(&mut [0; 4])));
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            let escape = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            written.push_str(&escape);
        }
    }
    written
}

fn in_json(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn in_html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

/// What base64 makes of a text: the whole of it, and what is left of it in the midst of more, at each of the three places
/// where it may begin; each in both alphabets, and with its marks escaped.
fn in_base64(text: &str) -> Vec<(String, Form)> {
    let mut spellings = Vec::new();
    for skipped in 0..3 {
        let bytes = [&[0; 2][..skipped], text.as_bytes()].concat();
        let coded = BASE64_STANDARD.encode(&bytes);
        let first = (skipped * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        if let Some(core) = coded.get(first..last).filter(|core| core.len() >= TELLING_BASE64) {
            spellings.push((core.to_owned(), Form::Base64));
        }
    }
    if spellings.is_empty() {
        // Too short to be told from other letters, unless it stands by itself.
        let whole = BASE64_STANDARD.encode(text);
        spellings.push((whole.trim_end_matches('=').to_owned(), Form::Exact));
        spellings.push((whole, Form::Exact));
    }
    let more = spellings.iter().flat_map(|(text, form)| {
        let forms = [text.replace('+', "-").replace('/', "_"), text.replace('/', "\\/"), escape(text, "%20")];
        let upper = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        forms.into_iter().chain([upper]).map(|text| (text, *form))
    });
    let more: Vec<_> = more.collect();
    spellings.extend(more);
    spellings
}

/// Whether a part of a text is a word of its own. An escape of JSON or of a URL before it is no part of the word.
fn is_word(text: &str, at: usize, length: usize) -> bool {
    let before = &text.as_bytes()[..at];
    let escaped = match before {
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()),
        [.., b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [.., b'\\', letter] => letter.is_ascii_alphabetic(),
        _ => false,
    };
    let begins = escaped || !text[..at].ends_with(char::is_alphanumeric);
    begins && !text[at + length..].starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::super::mask::Mask;
    use base64::{
        Engine as _,
        prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD},
    };
    use serde_json::json;

    const SECRET: &str = "s3cr\"t/t0ken+with=signs&<ä>'?";

    fn masked(secret: &str, text: &str) -> String {
        Mask::new([&secret.into()]).text(text).into_owned()
    }

    #[test]
    fn in_any_letter_case() {
        for text in ["OpenSesame-7", "opensesame-7", "OPENSESAME-7", "Opensesame-7"] {
            assert_eq!(masked("OpenSesame-7", &format!("({text})")), "([hidden])", "{text}");
        }
        for text in ["Sesame", "SESAME"] {
            assert_eq!(masked("sesame", &format!("x{text} {text} ")), format!("x{text} [hidden] "));
        }
    }

    #[test]
    fn as_a_text_within_a_text_within_a_text() {
        let once = json!({"token": SECRET}).to_string();
        let twice = json!({"detail": once}).to_string();
        assert_eq!(masked(SECRET, &once), r#"{"token":"[hidden]"}"#);
        assert_eq!(masked(SECRET, &twice), r#"{"detail":"{\"token\":\"[hidden]\"}"}"#);
    }

    #[test]
    fn as_writers_of_json_escape_it_that_escape_more_than_they_must() {
        for text in [
            r"s3cr\u0022t/t0ken\u002Bwith=signs\u0026\u003C\u00E4\u003E\u0027?",
            r"s3cr\\u0022t/t0ken\\u002Bwith=signs\\u0026\\u003C\\u00E4\\u003E\\u0027?",
            r"s3cr\\\u0022t/t0ken\u002Bwith=signs\u0026\u003C\u00E4\u003E\u0027?",
            r#"s3cr\"t/t0ken+with=signs&<\u00e4>'?"#,
            r#"s3cr\"t\/t0ken+with=signs&<\u00e4>'?"#,
            r#"s3cr\\\"t/t0ken+with=signs&<\\u00e4>'?"#,
            r#"s3cr\"t/t0ken+with=signs\u0026\u003cä\u003e'?"#,
            r#"s3cr\"t/t0ken+with\u003dsigns\u0026\u003cä\u003e\u0027?"#,
        ] {
            assert_eq!(masked(SECRET, &format!("(Bearer {text})")), "(Bearer [hidden])", "{text}");
        }
        let text = r"\u0022abc\u0022 \ud83d\ude00sesame, \uD83D\uDE00sesame";
        assert_eq!(masked("abc", text), text.replace("abc", "[hidden]"));
        assert_eq!(masked("😀sesame", text), r"\u0022abc\u0022 [hidden], [hidden]");
    }

    #[test]
    fn a_redacted_value_with_digits_of_base_16_in_either_case() {
        let mask = Mask::redacting([&"Jürgen Müßig".into()]);
        for text in ["J\\u00fcrgen M\\u00fc\\u00dfig", "J\\u00FCrgen M\\u00FC\\u00DFig", "Jürgen Müßig"] {
            for text in [text.to_owned(), text.replace('\\', "\\\\")] {
                assert_eq!(mask.text(&format!("no {text}!")), "no [Redact]!", "{text}");
            }
        }
    }

    #[test]
    fn percent_encoded_once_and_twice_in_either_case() {
        let once = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect::<String>();
        let twice = url::form_urlencoded::byte_serialize(once.as_bytes()).collect::<String>();
        for text in [&once, &twice, &once.to_lowercase(), &twice.to_lowercase(), &twice.replace('+', "%20")] {
            assert_eq!(masked(SECRET, &format!("?token={text}&x")), "?token=[hidden]&x", "{text}");
        }
    }

    #[test]
    fn as_html_has_it() {
        let page = "<p>s3cr&quot;t/t0ken+with=signs&amp;&lt;ä&gt;&#39;?</p>";
        assert_eq!(masked(SECRET, page), "<p>[hidden]</p>");
    }

    #[test]
    fn in_base64_of_either_alphabet() {
        for engine in [BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD] {
            for secret in [SECRET, "????>>>>~~~~", "sesame", "abcd", "abc"] {
                assert_eq!(masked(secret, &format!("got {}.", engine.encode(secret))), "got [hidden].", "{secret}");
            }
        }
    }

    #[test]
    fn in_base64_as_a_part_of_more_with_what_is_around() {
        for before in ["", "a", "ab", "abc", "Bearer ", "client:"] {
            for after in ["", "z", "yz", "xyz"] {
                for secret in ["opensesame", "sesame", "Grüße, sesame?"] {
                    let text = format!("Basic {}, so", BASE64_STANDARD.encode(format!("{before}{secret}{after}")));
                    let shown = masked(secret, &text);
                    // A slash ends what is hidden around it, so that a URL stays one.
                    assert!(shown.contains("[hidden]") && shown.ends_with(", so"), "{before} {after}: {text} {shown}");
                    if !text.contains('/') {
                        assert_eq!(shown, "Basic [hidden], so", "{before} {after}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn base64_in_a_url_leaves_the_rest_of_it() {
        let url = format!("https://app.example/a/{}/b?c=d", BASE64_URL_SAFE.encode("key:opensesame"));
        assert_eq!(masked("opensesame", &url), "https://app.example/a/[hidden]/b?c=d");
        let coded = BASE64_STANDARD.encode("????>>>>~~~~");
        let escaped = url::form_urlencoded::byte_serialize(coded.as_bytes()).collect::<String>();
        assert_eq!(masked("????>>>>~~~~", &format!("?basic={escaped}&c")), "?basic=[hidden]&c", "{escaped}");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let text = "Basic dXNlcjpwYXNzd29yZA== and eyJhbGciOi, OPENSESAM, b3BlbnNlc2Ft";
        assert_eq!(masked("opensesame", text), text);
    }
}
