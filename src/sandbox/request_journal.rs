//! The requests that an application received, for tests to look at.

use super::exchange::Request;
use serde_json::Value;

/// One request and how it was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path with its query, as on the wire.
    pub path: String,
    /// All headers except `Authorization`, whose value is a secret.
    pub headers: Vec<(String, String)>,
    /// The body; `None` where there was none, or no JSON.
    pub body: Option<Value>,
    /// The status of the answer, of a fault's too; `None` where the caller got none.
    pub status: Option<u16>,
}

impl RecordedRequest {
    /// The record of an exchange.
    pub(crate) fn new(request: &Request, status: Option<u16>) -> Self {
        let headers = request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        Self {
            method: request.method.clone(),
            path: request.path_and_query.clone(),
            headers: headers.cloned().collect(),
            body: serde_json::from_slice(&request.body).ok(),
            status,
        }
    }
}
