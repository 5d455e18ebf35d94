//! What a caller gets for a request, and when: the answer, or whatever a fault makes of it.

use super::{
    exchange::Response,
    fault::{Act, Conduct},
};
use crate::clock::Clock;
use std::{fmt, time::Duration};

/// A body that no reader of JSON, HTML or text can make anything of.
const GARBAGE: &[u8] = b"\xff\xfe{]\x00 garbage \x9d";

/// What comes back over a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// How long it takes.
    pub latency: Duration,
    /// What it is.
    pub arrival: Arrival,
}

/// What arrives.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// An answer.
    Whole(Response),
    /// The first half of an answer, then a broken connection.
    Half(Response),
    /// A broken connection.
    Reset,
    /// Nothing, for ever.
    Nothing,
}

impl Delivery {
    /// An answer at once.
    pub(crate) fn of(response: Response) -> Self {
        Self { latency: Duration::ZERO, arrival: Arrival::Whole(response) }
    }

    /// What a fault makes of the application's answer; `None`: the application was not asked.
    pub(crate) fn treated(conduct: Conduct, own: Option<Response>) -> Self {
        let own = own.unwrap_or_else(|| Response::empty(200));
        let arrival = match conduct.act {
            Act::Answer(response) => Arrival::Whole(response),
            Act::Own => Arrival::Whole(own),
            Act::Called(name) => Arrival::Whole(called(own, &name)),
            Act::Garbage => Arrival::Whole(garbled(own)),
            Act::Truncated if own.body.is_empty() => Arrival::Reset,
            Act::Truncated => Arrival::Half(own),
            Act::Reset => Arrival::Reset,
            Act::Silence => Arrival::Nothing,
        };
        Self { latency: conduct.latency, arrival }
    }

    /// Waits until it arrives; for ever, if nothing does.
    pub(crate) async fn arrive(self, clock: &dyn Clock) -> Arrival {
        if self.latency > Duration::ZERO {
            clock.sleep(self.latency).await;
        }
        match self.arrival {
            Arrival::Nothing => std::future::pending().await,
            arrival => arrival,
        }
    }

    /// The status that the caller gets to see, if any.
    pub fn status(&self) -> Option<u16> {
        match &self.arrival {
            Arrival::Whole(response) | Arrival::Half(response) => Some(response.status),
            Arrival::Reset | Arrival::Nothing => None,
        }
    }
}

/// The same answer with garbage for a body. Without a body there would be nothing to see of it.
fn garbled(response: Response) -> Response {
    let status = if response.status == 204 { 200 } else { response.status };
    let empty = Response::scim(status, &serde_json::Value::Null);
    let headers = if response.body.is_empty() { empty.headers } else { response.headers };
    Response { status, headers, body: GARBAGE.to_vec() }
}

/// The same answer under another content type, if it has a body.
fn called(mut response: Response, name: &str) -> Response {
    for (header, value) in &mut response.headers {
        if header.eq_ignore_ascii_case("Content-Type") {
            name.clone_into(value);
        }
    }
    response
}

/// What a log says of it: the status, or what came in place of one.
impl fmt::Display for Arrival {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(response) => write!(formatter, "{}", response.status),
            Self::Half(response) => write!(formatter, "half of a {}", response.status),
            Self::Reset => formatter.write_str("connection reset"),
            Self::Nothing => formatter.write_str("no answer"),
        }
    }
}
