//! One request and its answer, without anything of a connection: what a listening server and a transport in the same
//! process both hand to the application.

use serde_json::{Value, json};

/// The schema of an error message (RFC 7644 §3.12).
const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A request as the application sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path with its query, as on the wire: `/scim/Users?filter=userName+eq+%22ada%22`.
    pub path_and_query: String,
    /// Names and values; names compare ignoring letter case.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(self.path_and_query.as_str(), |(path, _)| path)
    }

    /// What follows the question mark; empty where there is none.
    pub fn query(&self) -> &str {
        self.path_and_query.split_once('?').map_or("", |(_, query)| query)
    }
}

impl Response {
    /// An answer with a SCIM body.
    pub fn scim(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/scim+json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A SCIM error: `status` as a text, as RFC 7644 has it, and the keyword where there is one.
    pub fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        let mut body = json!({"schemas": [ERROR_SCHEMA], "status": status.to_string()});
        if let Some(scim_type) = scim_type {
            body["scimType"] = json!(scim_type);
        }
        body["detail"] = json!(detail);
        Self::scim(status, &body)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body as JSON; `None` where it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_its_status_as_a_text() {
        let response = Response::error(409, Some("uniqueness"), "taken");
        assert_eq!(
            String::from_utf8(response.body).unwrap(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"taken"}"#
        );
        assert_eq!(response.headers, [("Content-Type".to_owned(), "application/scim+json".to_owned())]);
    }

    #[test]
    fn a_request_is_split_at_its_first_question_mark() {
        let request = Request { path_and_query: "/scim/Users?filter=a?b".into(), ..Request::default() };
        assert_eq!((request.path(), request.query()), ("/scim/Users", "filter=a?b"));
    }
}
