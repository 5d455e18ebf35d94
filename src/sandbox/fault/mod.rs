//! Faults: the application fails as it is told to, for drills.
//!
//! A [`FaultRule`] says which requests fail and how. It is written as one text, `status=503, share=0.5, route=PATCH /Users`,
//! or as a table of TOML with the same keys ([`FaultRule::read`]). [`Faults`] holds the rules of one application, and the
//! first rule that concerns a request decides about it. Whatever else implements [`Fault`] may stand there instead.
//!
//! | key | meaning |
//! |---|---|
//! | `status` | this status and a SCIM error in place of the application's answer; with `retry_after` its `Retry-After` in seconds, with `retry_after_date` the same as a date |
//! | `timeout` | no answer, until the caller gives up |
//! | `reset` | the connection breaks without an answer |
//! | `truncate` | the connection breaks in the middle of the application's answer |
//! | `garbage` | the status of success, and a body that is nothing |
//! | `content_type` | the application's own answer, called this |
//! | `latency` | what is answered comes so much later; alone it is all that is wrong |
//! | `carried_out` | the application does what the request asks for, and its answer is lost (`status`, `timeout`, `reset`, `garbage`) |
//! | `route` | only requests with this method, this path and below, or both |
//! | `share` | this share of the requests, by chance |
//! | `objects` | this share of the users and groups, always the same ones: requests about one of them, no queries |
//! | `after`, `for` | from so long after the rule was planted, for so long |
//!
//! Of `status`, `timeout`, `reset`, `truncate`, `garbage` and `content_type` a rule has one at most. Chance is seeded: with
//! one request in flight the same requests fail on every run, and the same objects in any order.
//!
//! Over a socket a reset is a reset ([`serve`](super::serve)); in the same process it is the error that the transport over
//! the network gives for one ([`InProcess`](super::InProcess)). Latency is a wait on the application's clock.
//!
//! Source: `spec/HEALTH.md` §4.

mod conduct;
mod faults;
mod read;
mod route;
mod rule;
#[cfg(test)]
mod tests;

pub use conduct::{Act, Conduct};
pub use faults::Faults;
pub use route::FaultRoute;
pub use rule::{FaultKind, FaultRule, RetryAfter};

use super::exchange::Request;

/// What may stand between the caller and the application.
pub trait Fault: Send + Sync {
    /// How the request is treated; `None` lets it pass.
    fn treat(&self, incoming: &Incoming<'_>) -> Option<Conduct>;
}

/// A request before the application has seen it.
pub struct Incoming<'a> {
    /// The request.
    pub request: &'a Request,
    /// Finds out whom the request is about.
    pub(super) subject: &'a dyn Fn() -> Option<String>,
}

impl Incoming<'_> {
    /// Which user or group the request is about, by what stays the same from its creation to its end: its `externalId`, or
    /// else its name, in small letters. `None` for a query, and for an id that nobody has.
    pub fn subject(&self) -> Option<String> {
        (self.subject)()
    }
}
