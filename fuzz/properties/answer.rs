//! A target's answer to each of the requests that there are.
//!
//! * Whatever comes, each request ends at once with a result or with a failure that has a message, and never with the token in it.
//! * A list has as many resources as it says at least, each with an id; what was read has the id that was asked for.
//!
//! The input, after the manner of HTTP: a line with the status, the headers a line each, an empty line, and the body.

use futures_util::{FutureExt as _, future::BoxFuture};
use jiff::Timestamp;
use scimulator::{
    clock::ManualClock,
    scim::{
        answer::resource_id,
        authorization::Authorization,
        client::{Client, ClientOptions},
        failure::Failure,
        filter::Filter,
        query::Resource,
        target::Target,
        transport::{Request, Response, Transport, TransportError},
    },
};
use serde_json::json;
use std::sync::Arc;

/// The token that must come out nowhere. A shorter one would be hidden only where it is a word of its own.
const TOKEN: &str = "open-sesame";

/// The id that is asked for.
const ID: &str = "A7";

/// Answers everything alike.
struct Parrot(Response);

impl Transport for Parrot {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}

/// Panics unless what is said above holds of `input`.
pub fn hold(input: &[u8]) {
    let Some(response) = response(input) else { return };
    let transport = Arc::new(Parrot(response));
    let client = || {
        let target = Target::parse("https://app.example/scim").expect("a URL");
        let authorization = Authorization::secret_token(TOKEN.into()).expect("a token");
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let options = ClientOptions { repeats: 0, ..ClientOptions::default() };
        Client::new(target, authorization, transport.clone(), clock, options).expect("a client")
    };
    let filter = Filter::equals(&"userName".parse().expect("a path"), "ada");
    let body = json!({"userName": "ada"});
    if let Some(list) = ended(client().find(Resource::Users, &filter).now_or_never()) {
        assert!(list.total >= list.resources.len() as u64, "{list:?}");
        assert!(list.resources.iter().all(|resource| resource_id(resource).is_some()), "{list:?}");
    }
    if let Some(resource) = ended(client().read(Resource::Groups, ID).now_or_never()) {
        assert!(resource_id(&resource).is_some_and(|id| id.eq_ignore_ascii_case(ID)), "{resource}");
    }
    if let Some(created) = ended(client().create(Resource::Users, &body).now_or_never()) {
        assert!(!created.id.is_empty());
    }
    ended(client().patch(Resource::Users, ID, &body).now_or_never());
    ended(client().delete(Resource::Users, ID).now_or_never());
    ended(client().probe(Resource::Users, &filter).now_or_never());
    ended(client().schemas().now_or_never());
}

/// The answer that an input stands for.
fn response(input: &[u8]) -> Option<Response> {
    let mut lines = input.splitn(2, |&byte| byte == b'\n');
    let status = std::str::from_utf8(lines.next()?).ok()?.trim_end().parse().ok()?;
    let mut rest = lines.next().unwrap_or_default();
    let mut headers = Vec::new();
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let line = std::str::from_utf8(&rest[..end]).ok()?.trim_end();
        rest = &rest[end + 1..];
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    Some(Response { status, headers, body: rest.to_vec(), truncated: false })
}

/// What a request ended with, if that is a success.
fn ended<T>(result: Option<Result<T, Failure>>) -> Option<T> {
    match result.expect("it ends without waiting") {
        Ok(value) => Some(value),
        Err(failure) => {
            let shown = format!("{failure} {failure:?}");
            assert!(!shown.contains(TOKEN), "{shown}");
            None
        }
    }
}
