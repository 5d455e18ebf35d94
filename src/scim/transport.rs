//! The seam between the SCIM client and whatever carries its requests.
//!
//! Over the network that is [`HttpTransport`](super::http_transport::HttpTransport); a simulation has a transport that
//! calls an application in the same process, and so can break it in every way a network does. A transport sends one
//! request and returns one answer: it repeats nothing, follows no redirect, and knows no time-out but that of opening a
//! connection. Waiting and repeating are the client's.
//!
//! Source: `spec/HEALTH.md` §4, `spec/WIRE.md` §1 and §7.

use futures_util::future::BoxFuture;
use std::fmt;

/// The longest answer that is read, in bytes after decoding: 10 MiB (`spec/WIRE.md` §7).
pub const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Carries requests to a target.
pub trait Transport: Send + Sync {
    /// Sends one request and reads its answer, to its end or to [`BODY_LIMIT`]. Dropping the future gives the request
    /// up.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;

    /// The request with all header fields that it has on the wire, as a trace shows them. Who sends it in this form sends
    /// the same as who sends it as it was. A transport that adds nothing leaves it as it is.
    fn complete(&self, request: Request) -> Request {
        request
    }
}

/// The methods that are ever sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Deletes a resource.
    Delete,
    /// Reads one resource, or those that pass a filter.
    Get,
    /// Changes a resource.
    Patch,
    /// Creates a resource.
    Post,
}

/// A request, as it will stand on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The full URL, spelled as it is to be sent.
    pub url: String,
    /// Names and values, in the order in which they are sent. `Host`, `User-Agent` and `Content-Length` are the
    /// [transport's](Transport::complete).
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Option<Vec<u8>>,
}

/// An answer, with its body decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, at most [`BODY_LIMIT`] bytes of it.
    pub body: Vec<u8>,
    /// Whether the body was longer than that and was cut off.
    pub truncated: bool,
}

/// Why a request has no answer. None of these holds the request's URL or headers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The connection opened and then broke, or what came over it is no HTTP: whether the request was carried out is
    /// unknown.
    #[error("the connection broke before the answer was complete: {0}")]
    Broken(String),
    /// The connection was refused, or there is no way to the host.
    #[error("no connection to `{host}`: {reason}; check that the application runs and can be reached")]
    Connect {
        /// Host and port.
        host: String,
        /// What the operating system or the proxy says.
        reason: String,
    },
    /// The host did not answer in time to the attempt to open a connection.
    #[error("no connection to `{host}` within {seconds} s; check the address and that no firewall is in the way")]
    ConnectTimeout {
        /// Host and port.
        host: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The request cannot be written down as HTTP: nothing was sent.
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// The host's name cannot be resolved.
    #[error("the name of the host `{host}` cannot be resolved; check `tenant_url` and the name server")]
    Resolve {
        /// The host's name.
        host: String,
    },
    /// No TLS session came about, mostly because the certificate is not trusted.
    #[error("no TLS connection to `{host}`: {reason}; a certificate authority of your own goes into `ca_file`")]
    Tls {
        /// Host and port.
        host: String,
        /// What was wrong.
        reason: String,
    },
}

impl TransportError {
    /// Whether no connection came about, so that nothing of the request reached the target and it is safe to repeat.
    pub fn never_opened(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::ConnectTimeout { .. } | Self::Resolve { .. } | Self::Tls { .. } => true,
            Self::Broken(_) | Self::Request(_) => false,
        }
    }
}

impl Method {
    /// The method as the request line has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Request {
    /// Leaves the headers' values out: one of them is the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names)
            .field("body", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}

impl Request {
    /// The value of the first header of this name, ignoring letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

impl Response {
    /// The value of the first header of this name, ignoring letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Request, Response, TransportError};

    #[test]
    fn printing_a_request_for_debugging_shows_no_token() {
        let request = Request {
            method: Method::Get,
            url: "https://app.example/scim/Users".into(),
            headers: vec![("Authorization".into(), "Bearer sesame".into())],
            body: None,
        };
        assert_eq!(
            format!("{request:?}"),
            r#"Request { method: Get, url: "https://app.example/scim/Users", headers: ["Authorization"], body: None }"#
        );
    }

    #[test]
    fn a_header_is_found_in_any_letter_case() {
        let response = Response { headers: vec![("retry-AFTER".into(), "3".into())], ..Response::default() };
        assert_eq!(response.header("Retry-After"), Some("3"));
        assert_eq!(response.header("Location"), None);
    }

    #[test]
    fn only_what_never_reached_the_target_is_safe_to_repeat() {
        let host = || "app.example:443".to_owned();
        assert!(TransportError::Connect { host: host(), reason: "refused".into() }.never_opened());
        assert!(TransportError::Tls { host: host(), reason: "expired".into() }.never_opened());
        assert!(!TransportError::Broken("reset".into()).never_opened());
    }
}
