//! What is done with one request that meets a fault.

use crate::sandbox::exchange::Response;
use std::time::Duration;

/// How one request is treated.
#[derive(Clone, Debug, PartialEq)]
pub struct Conduct {
    /// Whether the application does what the request asks for, whatever the caller gets to see.
    pub carried_out: bool,
    /// How much later the answer comes.
    pub latency: Duration,
    /// What the caller gets.
    pub act: Act,
    /// What the log calls the fault.
    pub name: String,
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// This, in place of the application's answer.
    Answer(Response),
    /// The application's answer.
    Own,
    /// The application's answer under another content type.
    Called(String),
    /// The application's answer, or else a 200, with bytes for a body that are nothing.
    Garbage,
    /// The application's answer, broken off in its middle.
    Truncated,
    /// A broken connection.
    Reset,
    /// Nothing, for ever.
    Silence,
}

impl Conduct {
    /// An answer in place of the application's, which never sees the request.
    pub fn answer(response: Response) -> Self {
        Self { carried_out: false, latency: Duration::ZERO, act: Act::Answer(response), name: "a fault".to_owned() }
    }
}
