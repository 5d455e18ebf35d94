//! Requests as a person reads them: where they go, and what a dry run would have sent.

use crate::scim::{
    rehearsal::{MARK, NOT_SENT},
    trace::{TraceEntry, TraceSink},
};
use serde_json::{Value, json};
use std::io;

/// A request in short.
pub(super) struct Written {
    /// The URL; an id that a dry run made up stands in it as it does in a body.
    pub(super) url: String,
    /// Whether it was not really sent.
    pub(super) rehearsed: bool,
}

/// What is shown of an exchange.
pub(super) fn written(entry: &TraceEntry) -> Written {
    let mark = entry.response_headers.as_ref().and_then(|headers| headers.get(MARK));
    let rehearsed = mark.is_some_and(|mark| mark == NOT_SENT);
    Written { url: with_plain_ids(&entry.url), rehearsed }
}

/// Whether the request was for an access token, and no request to the target.
pub(super) fn is_for_a_token(entry: &TraceEntry) -> bool {
    let form = "application/x-www-form-urlencoded";
    entry.request_headers.get("Content-Type").is_some_and(|content_type| content_type == form)
}

impl Written {
    /// The request as data.
    pub(super) fn json(entry: &TraceEntry) -> Value {
        let Self { url, rehearsed } = written(entry);
        json!({
            "method": entry.method,
            "url": url,
            "body": entry.request_body,
            "status": if rehearsed { Value::Null } else { entry.status.into() },
        })
    }
}

/// An id that stands for one not yet known, `{id of NAME}`, in the spelling that bodies have it in.
fn with_plain_ids(url: &str) -> String {
    let Some((before, rest)) = url.split_once("%7bid%20of%20") else { return url.to_owned() };
    let (name, after) = rest.split_at(rest.find("%7d").unwrap_or(rest.len()));
    let encoded = format!("name={}", name.replace('+', "%2b"));
    let name = url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, name)| name.into_owned());
    format!("{before}{{id of {}}}{}", name.unwrap_or_default(), after.trim_start_matches("%7d"))
}

/// Prints each request that a dry run does not send, as it comes.
pub(super) struct PrintUnsent {
    /// Print an object a line.
    pub(super) json: bool,
    /// Say of each request whose it is: several jobs run side by side.
    pub(super) named: bool,
}

impl TraceSink for PrintUnsent {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        let Written { url, rehearsed } = written(entry);
        if !rehearsed || entry.method == "GET" {
            return Ok(());
        }
        let job = entry.job.as_deref().filter(|_| self.named).map(|job| format!("{job}: ")).unwrap_or_default();
        if self.json {
            say!("{}", json!({"job": entry.job, "method": entry.method, "url": url, "body": entry.request_body}));
        } else if entry.request_body.is_null() {
            say!("{job}{} {url}", entry.method);
        } else {
            say!("{job}{} {url}\n  {}", entry.method, entry.request_body);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::with_plain_ids;

    #[test]
    fn an_id_that_is_not_known_yet_is_readable_in_a_url() {
        assert_eq!(
            with_plain_ids("http://app.example/Groups/%7bid%20of%20R%26D%20+1%7d?excludedAttributes=members"),
            "http://app.example/Groups/{id of R&D +1}?excludedAttributes=members"
        );
        assert_eq!(with_plain_ids("http://app.example/Users/7"), "http://app.example/Users/7");
    }
}
