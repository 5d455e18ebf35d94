//! Where faults come in: something that stands between the caller and the application.

use super::exchange::{Request, Response};

/// A fault. Both methods do nothing unless they are written.
pub trait Fault: Send + Sync {
    /// An answer in place of the application's, which never sees the request.
    fn before(&self, request: &Request) -> Option<Response> {
        let _ = request;
        None
    }

    /// What the caller gets of the application's answer, after the application has done what the request asks for.
    fn after(&self, request: &Request, response: Response) -> Response {
        let _ = request;
        response
    }
}
