//! Why a request to the target failed, in terms of what it means.
//!
//! A [`Failure`] says what was asked, what came back, and what kind of failure that is. What follows from it (an
//! escrow, quarantine, another match) is the engine's decision; here are only the facts that it decides by, and the
//! texts that people read: the line with method, path, status, `scimType` and `detail`, the log's error code, and the
//! log's reason. Secrets are masked before a failure is made.
//!
//! Source: `spec/WIRE.md` §7, `spec/GRAPH.md` §2.6 and §2.7.

use super::transport::{Method, TransportError};
use std::{fmt, time::Duration};

/// A request that did not lead to what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the failure means.
    pub kind: FailureKind,
    /// The request's method.
    pub method: Method,
    /// The request's path with its query, as the request line has it.
    pub path: String,
    /// What the target answered; `None` when no complete answer came.
    pub answer: Option<Box<Answer>>,
}

/// An answer that was a failure, as far as it goes into a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `scimType` of a SCIM error.
    pub scim_type: Option<String>,
    /// The `detail` of a SCIM error.
    pub detail: Option<String>,
    /// The body's text, masked and cut.
    pub body: String,
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// 400, and any 4xx status that has no kind of its own.
    BadRequest,
    /// 409, or 400 with the `scimType` `uniqueness`: another object has a value that must be unique.
    Conflict,
    /// No answer came over the connection, or no connection came about.
    Connection(TransportError),
    /// A group was answered with its members, though they were excluded.
    ExcludedMembers,
    /// 403: signed in, but not allowed.
    InsufficientRights,
    /// Whoever sends was asked to stop, while a server had asked to wait: nothing was sent, or nothing that counted.
    Interrupted,
    /// 401: the target does not accept the token.
    InvalidCredentials,
    /// 405: the target does not know this method here.
    MethodNotAllowed,
    /// A read of one object was answered with several.
    MultipleEntries,
    /// The token endpoint gave no access token, for this reason; the request itself was not sent.
    NoAccessToken(Box<FailureKind>),
    /// 404 or 410: there is no such object, or no such endpoint.
    NotFound,
    /// 501: the target cannot do this.
    NotImplemented,
    /// The status is good, the body is not what SCIM demands; the text says what is wrong with it.
    NotScim(String),
    /// A redirect, to this address (empty if it names none), that is not followed.
    Redirected(String),
    /// 5xx apart from 501.
    ServerError,
    /// No complete answer within this time; or 408, without one.
    Timeout(Option<Duration>),
    /// The body is longer than 10 MiB.
    TooLarge,
    /// 429, also after the last repeat.
    TooManyRequests,
    /// A status that SCIM has no use for here: any 2xx but 200, 201 and 204 (202 leaves open whether it was done, 206 is half
    /// an answer), any 3xx that is no redirect (304).
    UnexpectedStatus,
    /// 422: the target understands the request and does not want it.
    UnprocessableEntity,
    /// The object's id cannot stand in a URL; nothing was sent.
    UnusableId,
}

impl Failure {
    /// The HTTP status, if an answer came.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// Whether the target answered at all, however badly.
    pub fn answered(&self) -> bool {
        self.answer.is_some()
    }

    /// The same failure, of a request for an access token.
    #[must_use]
    pub(crate) fn into_no_access_token(self) -> Self {
        Self { kind: FailureKind::NoAccessToken(Box::new(self.kind)), ..self }
    }

    /// Whether no further request can do better, so that a cycle has to stop: the target or the token endpoint does not
    /// accept who asks.
    pub fn is_about_credentials(&self) -> bool {
        matches!(self.kind, FailureKind::InvalidCredentials | FailureKind::NoAccessToken(_))
    }

    /// Whether a cycle has to stop for it, which is then no failure of the object: no further request can do better, or none is
    /// to be sent.
    pub fn stops_cycle(&self) -> bool {
        self.is_about_credentials() || self.kind == FailureKind::Interrupted
    }

    /// Whether this was a write that may have been carried out all the same, so that it must not simply be sent again:
    /// the connection broke, the time ran out, the server failed, or the answer to a success cannot be read.
    pub fn outcome_unknown(&self) -> bool {
        if self.method == Method::Get {
            return false;
        }
        match &self.kind {
            FailureKind::Connection(TransportError::Broken(_))
            | FailureKind::ExcludedMembers
            | FailureKind::MultipleEntries
            | FailureKind::NotScim(_)
            | FailureKind::ServerError
            | FailureKind::Timeout(_)
            | FailureKind::TooLarge => true,
            FailureKind::Redirected(_) => self.status() == Some(303),
            FailureKind::UnexpectedStatus => self.status().is_some_and(|status| status < 300),
            FailureKind::Connection(_)
            | FailureKind::BadRequest
            | FailureKind::Conflict
            | FailureKind::InsufficientRights
            | FailureKind::Interrupted
            | FailureKind::InvalidCredentials
            | FailureKind::MethodNotAllowed
            | FailureKind::NoAccessToken(_)
            | FailureKind::NotFound
            | FailureKind::NotImplemented
            | FailureKind::TooManyRequests
            | FailureKind::UnprocessableEntity
            | FailureKind::UnusableId => false,
        }
    }

    /// Entra's code for the failure, as the provisioning log has it. That the object itself is missing
    /// (`InvalidAnchor`) is for the engine to say: here 404 is an endpoint that does not answer as SCIM demands.
    pub fn error_code(&self) -> &'static str {
        match &self.kind {
            FailureKind::BadRequest => "BadRequest",
            FailureKind::Conflict if self.method == Method::Post => {
                "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"
            }
            FailureKind::Conflict => "EntryConflict",
            FailureKind::Connection(_) | FailureKind::Redirected(_) => "WebExceptionProtocolError",
            FailureKind::InsufficientRights => "InsufficientRights",
            FailureKind::Interrupted => "Interrupted",
            FailureKind::InvalidCredentials | FailureKind::NoAccessToken(_) => {
                "SystemForCrossDomainIdentityManagementInvalidCredentials"
            }
            FailureKind::MethodNotAllowed => "MethodNotAllowed",
            FailureKind::ExcludedMembers | FailureKind::MultipleEntries => {
                "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse"
            }
            FailureKind::NotFound
            | FailureKind::NotScim(_)
            | FailureKind::TooLarge
            | FailureKind::UnexpectedStatus
            | FailureKind::UnusableId => "SystemForCrossDomainIdentityManagementServiceIncompatible",
            FailureKind::NotImplemented => "NotImplemented",
            FailureKind::ServerError => "InternalServerError",
            FailureKind::Timeout(_) => "Timeout",
            FailureKind::TooManyRequests => "TooManyRequests",
            FailureKind::UnprocessableEntity => "UnprocessableEntity",
        }
    }

    /// The log's reason, without the sentence about the next attempt that follows it there: an error status in Entra's
    /// words with the raw body, anything else as the line that [`Display`](fmt::Display) writes (with the raw body, if
    /// an answer came).
    pub fn reason_text(&self) -> String {
        match (&self.kind, &self.answer) {
            (_, Some(answer)) if answer.status >= 400 => format!(
                "StatusCode: {}\r\nMessage: Processing of the HTTP request resulted in an exception. \
                 Please see the HTTP response returned by the 'Response' property of this exception for details.\
                 \r\nWeb Response: \r\n{}",
                reason_phrase(answer.status),
                answer.body
            ),
            (_, Some(answer)) => format!("{self}\r\nWeb Response: \r\n{}", answer.body),
            (_, None) => self.to_string(),
        }
    }

    /// What somebody can do about it; `None` where the answer itself has to say.
    pub fn advice(&self) -> Option<&'static str> {
        match &self.kind {
            FailureKind::InsufficientRights => Some("give the token's owner the right to manage users and groups"),
            FailureKind::InvalidCredentials => Some("check the secret token: it may be wrong, expired or revoked"),
            FailureKind::MethodNotAllowed | FailureKind::NotImplemented => {
                Some("the application does not support this request; switch the action off or change the mapping")
            }
            FailureKind::NoAccessToken(why) => match **why {
                FailureKind::InvalidCredentials => {
                    Some("check `client_id` and `client_secret` of `oauth`: they may be wrong, expired or revoked")
                }
                FailureKind::ServerError | FailureKind::TooManyRequests | FailureKind::Timeout(_) => {
                    Some("the token endpoint is asked again in the next cycle")
                }
                _ => Some("check that `token_url` of `oauth` is the address of the token endpoint"),
            },
            FailureKind::NotFound | FailureKind::NotScim(_) => {
                Some("check that `tenant_url` is the SCIM base URL of the application")
            }
            FailureKind::Redirected(_) => Some("put the address that it redirects to into `tenant_url`"),
            FailureKind::Timeout(_) => Some("the application is too slow; it is asked again in the next cycle"),
            FailureKind::TooManyRequests => Some("lower `requests_per_second` or `max_in_flight`"),
            FailureKind::UnexpectedStatus => {
                Some("the application must answer 200, 201 or 204, and once it has done what was asked")
            }
            FailureKind::ExcludedMembers => {
                Some("the application must leave out what `excludedAttributes` names; or unset `strict_excluded`")
            }
            FailureKind::BadRequest
            | FailureKind::Conflict
            | FailureKind::Connection(_)
            | FailureKind::Interrupted
            | FailureKind::MultipleEntries
            | FailureKind::ServerError
            | FailureKind::TooLarge
            | FailureKind::UnprocessableEntity
            | FailureKind::UnusableId => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.kind, FailureKind::NoAccessToken(_)) {
            formatter.write_str("no access token: ")?;
        }
        write!(formatter, "{} {}: ", self.method, self.path)?;
        if let Some(answer) = &self.answer {
            write!(formatter, "{} {}", answer.status, reason_phrase(answer.status))?;
            match (&answer.scim_type, &answer.detail) {
                (Some(scim_type), Some(detail)) => write!(formatter, ", {scim_type}: {detail}")?,
                (Some(text), None) => write!(formatter, ", {text}")?,
                (None, Some(text)) => write!(formatter, ": {text}")?,
                (None, None) => {}
            }
        }
        match &self.kind {
            FailureKind::NoAccessToken(why) => match &**why {
                FailureKind::NotScim(what) => write!(formatter, ", but {what}"),
                why => what_else(why, formatter),
            },
            kind => what_else(kind, formatter),
        }
    }
}

/// What follows the status, or stands in its place where there is none.
fn what_else(kind: &FailureKind, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        FailureKind::Connection(error) => write!(formatter, "{error}"),
        FailureKind::ExcludedMembers => {
            formatter.write_str(", but it holds the members of the group, which were excluded")
        }
        FailureKind::Interrupted => formatter.write_str("stopped before it was sent, while a server asked to wait"),
        FailureKind::MultipleEntries => formatter.write_str(", but several objects where one was asked for"),
        FailureKind::NotScim(what) => write!(formatter, ", but the answer is not SCIM: {what}"),
        FailureKind::Redirected(to) if to.is_empty() => formatter.write_str(", which names no address to go on at"),
        FailureKind::Redirected(to) => write!(formatter, " to `{to}`, which is not followed"),
        FailureKind::Timeout(Some(after)) => write!(formatter, "no answer within {} s", after.as_secs_f64()),
        FailureKind::TooLarge => formatter.write_str(", but the answer is longer than 10 MiB"),
        FailureKind::UnexpectedStatus => formatter.write_str(", which is no answer that SCIM has to this request"),
        FailureKind::UnusableId => formatter.write_str("the id cannot stand in a URL, nothing was sent"),
        FailureKind::BadRequest
        | FailureKind::Conflict
        | FailureKind::InsufficientRights
        | FailureKind::InvalidCredentials
        | FailureKind::MethodNotAllowed
        | FailureKind::NoAccessToken(_)
        | FailureKind::NotFound
        | FailureKind::NotImplemented
        | FailureKind::ServerError
        | FailureKind::Timeout(None)
        | FailureKind::TooManyRequests
        | FailureKind::UnprocessableEntity => Ok(()),
    }
}

impl std::error::Error for Failure {}

/// The phrase that goes with a status (RFC 9110 §15); HTTP/2 sends none, so it does not come from the answer.
pub fn reason_phrase(status: u16) -> &'static str {
    reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

#[cfg(test)]
mod tests {
    use super::{Answer, Failure, FailureKind, Method, TransportError};
    use std::time::Duration;

    fn unanswered(method: Method, kind: FailureKind) -> Failure {
        Failure { kind, method, path: "/scim/Users/7".into(), answer: None }
    }

    fn answered(method: Method, status: u16, kind: FailureKind) -> Failure {
        let answer = Answer { status, body: "text".into(), ..Answer::default() };
        Failure { answer: Some(Box::new(answer)), ..unanswered(method, kind) }
    }

    #[test]
    fn a_line_names_the_request_and_all_that_the_answer_says() {
        let mut failure = answered(Method::Post, 409, FailureKind::Conflict);
        assert_eq!(failure.to_string(), "POST /scim/Users/7: 409 Conflict");
        let answer = failure.answer.as_mut().unwrap();
        answer.detail = Some("userName is taken".into());
        assert_eq!(failure.to_string(), "POST /scim/Users/7: 409 Conflict: userName is taken");
        failure.answer.as_mut().unwrap().scim_type = Some("uniqueness".into());
        assert_eq!(failure.to_string(), "POST /scim/Users/7: 409 Conflict, uniqueness: userName is taken");
    }

    #[test]
    fn a_line_without_an_answer_says_what_happened_instead() {
        let line = |kind| unanswered(Method::Get, kind).to_string();
        assert_eq!(
            line(FailureKind::Timeout(Some(Duration::from_millis(1500)))),
            "GET /scim/Users/7: no answer within 1.5 s"
        );
        assert_eq!(
            line(FailureKind::Connection(TransportError::Broken("connection reset".into()))),
            "GET /scim/Users/7: the connection broke before the answer was complete: connection reset"
        );
        assert_eq!(line(FailureKind::UnusableId), "GET /scim/Users/7: the id cannot stand in a URL, nothing was sent");
    }

    #[test]
    fn a_redirect_says_where_it_leads() {
        let line = |to: &str| answered(Method::Get, 302, FailureKind::Redirected(to.into())).to_string();
        assert_eq!(
            line("https://login.example/"),
            "GET /scim/Users/7: 302 Found to `https://login.example/`, which is not followed"
        );
        assert_eq!(line(""), "GET /scim/Users/7: 302 Found, which names no address to go on at");
    }

    #[test]
    fn a_status_that_is_not_due_says_so() {
        assert_eq!(
            answered(Method::Delete, 202, FailureKind::UnexpectedStatus).to_string(),
            "DELETE /scim/Users/7: 202 Accepted, which is no answer that SCIM has to this request"
        );
    }

    #[test]
    fn the_reason_has_the_status_in_words_and_the_raw_body() {
        assert_eq!(
            answered(Method::Post, 409, FailureKind::Conflict).reason_text(),
            "StatusCode: Conflict\r\nMessage: Processing of the HTTP request resulted in an exception. Please see the \
             HTTP response returned by the 'Response' property of this exception for details.\r\nWeb Response: \r\ntext"
        );
        assert_eq!(
            answered(Method::Get, 200, FailureKind::NotScim("the body is empty".into())).reason_text(),
            "GET /scim/Users/7: 200 OK, but the answer is not SCIM: the body is empty\r\nWeb Response: \r\ntext"
        );
    }

    #[test]
    fn a_conflict_on_a_create_contradicts_the_filter_that_found_nobody() {
        assert_eq!(
            answered(Method::Post, 409, FailureKind::Conflict).error_code(),
            "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"
        );
        assert_eq!(answered(Method::Patch, 409, FailureKind::Conflict).error_code(), "EntryConflict");
    }

    #[test]
    fn only_a_write_that_may_have_been_carried_out_has_an_unknown_outcome() {
        let broken = || FailureKind::Connection(TransportError::Broken("reset".into()));
        let refused = FailureKind::Connection(TransportError::Resolve { host: "app.example".into() });
        assert!(unanswered(Method::Post, broken()).outcome_unknown());
        assert!(!unanswered(Method::Get, broken()).outcome_unknown());
        assert!(!unanswered(Method::Post, refused).outcome_unknown());
        assert!(unanswered(Method::Patch, FailureKind::Timeout(None)).outcome_unknown());
        assert!(answered(Method::Post, 503, FailureKind::ServerError).outcome_unknown());
        assert!(answered(Method::Post, 201, FailureKind::NotScim(String::new())).outcome_unknown());
        assert!(answered(Method::Post, 303, FailureKind::Redirected(String::new())).outcome_unknown());
        assert!(answered(Method::Post, 202, FailureKind::UnexpectedStatus).outcome_unknown());
        assert!(!answered(Method::Post, 304, FailureKind::UnexpectedStatus).outcome_unknown());
        assert!(!answered(Method::Post, 302, FailureKind::Redirected(String::new())).outcome_unknown());
        assert!(!answered(Method::Post, 409, FailureKind::Conflict).outcome_unknown());
    }
}
