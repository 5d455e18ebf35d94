//! What is said about an answer that is no good: the failure that it makes, with the answer as far as it goes into a log.
//!
//! Every text of the answer is masked first, and cut only then, so that no part of a secret is left at a cut.
//!
//! Source: `spec/WIRE.md` §7.

use super::{
    answer::Reading,
    failure::{Answer, Failure, FailureKind},
    json_body,
    path::member,
};
use serde_json::Value;

/// How much of a body goes into a log, in bytes.
const LOGGED_BODY: usize = 8 * 1024;

/// How much of a body that is no JSON is quoted in a message, in characters.
const QUOTED_BODY: usize = 40;

impl Reading {
    /// A failure of this kind, with the answer as far as it goes into a log.
    pub(crate) fn failure(&self, kind: FailureKind) -> Failure {
        let error = json_body::read(&self.response.body).ok().filter(Value::is_object);
        let text = |name| {
            let text = member(error.as_ref()?, name)?.as_str()?;
            Some(self.mask.text(text).into_owned()).filter(|text| !text.trim().is_empty())
        };
        let (scim_type, detail) =
            if self.response.status >= 400 { (text("scimType"), text("detail")) } else { (None, None) };
        let answer = Answer { status: self.response.status, scim_type, detail, body: self.logged_body() };
        let kind = match kind {
            FailureKind::NotScim(what) => FailureKind::NotScim(self.mask.text(&what).into_owned()),
            FailureKind::Redirected(to) => FailureKind::Redirected(self.mask.text(&to).into_owned()),
            kind => kind,
        };
        Failure {
            kind,
            method: self.method,
            path: self.mask.text(&self.path).into_owned(),
            answer: Some(Box::new(answer)),
        }
    }

    pub(crate) fn not_scim(&self, what: impl Into<String>) -> Failure {
        self.failure(FailureKind::NotScim(what.into()))
    }

    /// What a body is instead of JSON, as far as its beginning tells.
    pub(super) fn why_no_json(&self, body: &[u8], error: &serde_json::Error) -> String {
        if let Some(coding) = self.response.header("Content-Encoding")
            && !matches!(coding.to_ascii_lowercase().as_str(), "gzip" | "x-gzip" | "identity" | "")
        {
            return format!("the body is encoded as `{coding}`, which was not asked for");
        }
        if std::str::from_utf8(body).is_err() {
            return "the body is not UTF-8".to_owned();
        }
        if error.to_string().starts_with("recursion limit") {
            return "the body is nested too deeply".to_owned();
        }
        let text = String::from_utf8_lossy(body);
        let begins = self.mask.text(text.trim_start()).chars().take(QUOTED_BODY).collect::<String>();
        if begins.starts_with('<') {
            format!("the body is no JSON but HTML or XML (`{}`)", one_line(&begins))
        } else if error.is_eof() {
            "the body is JSON that breaks off".to_owned()
        } else {
            format!("the body is no JSON (`{}`)", one_line(&begins))
        }
    }

    /// The body's text, masked and then cut, so that no part of a secret is left at the cut.
    fn logged_body(&self) -> String {
        let masked = self.masked_body();
        if masked.len() <= LOGGED_BODY {
            return masked;
        }
        let cut = (0..=LOGGED_BODY).rev().find(|&at| masked.is_char_boundary(at)).unwrap_or_default();
        format!("{}...", &masked[..cut])
    }

    /// The body's text, masked. JSON may spell each letter of a secret in another way: where the text still holds what its
    /// values must not, they are written anew.
    fn masked_body(&self) -> String {
        let masked =
            self.mask.text(&String::from_utf8_lossy(json_body::without_mark(&self.response.body))).into_owned();
        let Ok(answer) = json_body::read(&self.response.body) else {
            return masked;
        };
        let mut shown = answer.clone();
        self.mask.json(&mut shown);
        let as_text = serde_json::from_str::<Value>(&masked);
        if shown == answer || as_text.is_ok_and(|as_text| as_text == shown) { masked } else { shown.to_string() }
    }
}

/// The text without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{super::mask::Mask, FailureKind, Reading};
    use crate::scim::transport::{Method, Response};

    fn reading(status: u16, body: impl AsRef<[u8]>) -> Reading {
        let response = Response { status, body: body.as_ref().to_vec(), ..Response::default() };
        let mask = Mask::new([&"sesame".into()]);
        Reading { method: Method::Get, path: "/Users".into(), mask, response }
    }

    #[test]
    fn a_coding_nobody_asked_for_is_named() {
        let mut reading = reading(200, b"\x1b\x07\x00");
        reading.response.headers.push(("content-encoding".into(), "br".into()));
        assert_eq!(
            reading.body().unwrap_err().kind,
            FailureKind::NotScim("the body is encoded as `br`, which was not asked for".into())
        );
    }

    #[test]
    fn a_logged_body_that_spells_a_secret_in_an_unheard_of_way_is_written_anew() {
        for (body, logged) in [
            (r#"{ "detail": "no \u0073es\u0061me" }"#, r#"{"detail":"no [hidden]"}"#),
            (r#"{ "detail": "no sesame" }"#, r#"{ "detail": "no [hidden]" }"#),
            ("\u{feff}{ \"detail\": \"no \\u0073es\\u0061me\" }", r#"{"detail":"no [hidden]"}"#),
            ("\u{feff}{ \"detail\": \"no sesame\" }", r#"{ "detail": "no [hidden]" }"#),
            (r#"{ "detail": "no" }"#, r#"{ "detail": "no" }"#),
        ] {
            let failure = reading(500, body).success().err().unwrap();
            assert_eq!(failure.answer.unwrap().body, logged);
        }
    }

    #[test]
    fn a_logged_body_is_masked_before_it_is_cut() {
        let body = format!("{} sesame", "x".repeat(8187));
        let failure = reading(500, body).success().err().unwrap();
        let logged = failure.answer.unwrap().body;
        assert_eq!(&logged[8180..], "xxxxxxx [hid...");
    }
}
