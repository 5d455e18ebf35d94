//! A rehearsal: reads go to the target, writes do not, and are answered as if they had been carried out.
//!
//! A dry run is the real thing over this transport, on a copy of the state: so it can differ from a real run in nothing
//! but what the target would have answered. A resource that was not made gets the id `{id of NAME}`, under which it can
//! be read again; such an id stands wherever the real one would. Each answer that was made up here says so in a header
//! (`Rehearsal: not sent`), which a trace shows.
//!
//! Limit: what the target holds is not changed by a rehearsed PATCH; the same resource read again is as it was.
//!
//! Source: `spec/ENGINE.md` §6, "dry run".

use super::{
    path::member,
    query::escape,
    transport::{Method, Request, Response, Transport, TransportError},
};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The header that marks an answer as made up.
const MARK: (&str, &str) = ("Rehearsal", "not sent");

/// Carries reads to the target, and answers writes itself.
pub struct Rehearsal {
    target: Arc<dyn Transport>,
    /// What would have been created, by the URL at which it would be read.
    made: Mutex<HashMap<String, Value>>,
}

impl Rehearsal {
    /// A rehearsal in front of the target that `transport` leads to.
    pub fn before(transport: Arc<dyn Transport>) -> Self {
        Self { target: transport, made: Mutex::default() }
    }

    fn create(&self, request: &Request) -> Response {
        let mut resource = match request.body.as_deref().map(serde_json::from_slice) {
            Some(Ok(Value::Object(resource))) => resource,
            _ => Map::new(),
        };
        let body = Value::Object(resource.clone());
        let name = ["userName", "displayName", "externalId"].iter().find_map(|name| member(&body, name)?.as_str());
        let name = name.unwrap_or("the new object");
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let place = |id: &str| format!("{}/{}", without_query(&request.url), escape(id, "%20"));
        let mut id = format!("{{id of {name}}}");
        let mut count = 1;
        while made.contains_key(&place(&id)) {
            count += 1;
            id = format!("{{id of {name}, {count}}}");
        }
        resource.insert("id".to_owned(), id.clone().into());
        let resource = Value::Object(resource);
        made.insert(place(&id), resource.clone());
        answer(201, Some(&resource))
    }

    fn made(&self, url: &str) -> Option<Response> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(without_query(url)).map(|resource| answer(200, Some(resource)))
    }
}

impl Transport for Rehearsal {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let made_up = match request.method {
            Method::Get => self.made(&request.url),
            Method::Post if !is_scim(&request) => None,
            Method::Post => Some(self.create(&request)),
            Method::Patch | Method::Delete => Some(answer(204, None)),
        };
        match made_up {
            Some(response) => Box::pin(std::future::ready(Ok(response))),
            None => self.target.send(request),
        }
    }
}

/// Whether the request belongs to the protocol; one for an access token does not, and is sent.
fn is_scim(request: &Request) -> bool {
    let content_type = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
    content_type.is_some_and(|(_, value)| value.starts_with("application/scim+json"))
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

fn answer(status: u16, resource: Option<&Value>) -> Response {
    let mut headers = vec![(MARK.0.to_owned(), MARK.1.to_owned())];
    headers.extend(resource.map(|_| ("Content-Type".to_owned(), "application/scim+json".to_owned())));
    let body = resource.map(|resource| resource.to_string().into_bytes()).unwrap_or_default();
    Response { status, headers, body, truncated: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A target that only ever says that it was asked.
    struct Asked;

    impl Transport for Asked {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
            let body = format!("{} {}", request.method, request.url).into_bytes();
            Box::pin(std::future::ready(Ok(Response { status: 200, body, ..Response::default() })))
        }
    }

    async fn sent(rehearsal: &Rehearsal, method: Method, path: &str, body: Option<Value>) -> (u16, String) {
        let headers =
            body.iter().map(|_| ("Content-Type".to_owned(), "application/scim+json; charset=utf-8".to_owned()));
        let request = Request {
            method,
            url: format!("http://app.example/scim{path}"),
            headers: headers.collect(),
            body: body.as_ref().map(|body| body.to_string().into_bytes()),
        };
        let response = rehearsal.send(request).await.unwrap();
        (response.status, String::from_utf8(response.body).unwrap())
    }

    #[tokio::test]
    async fn reads_reach_the_target_and_writes_do_not() {
        let rehearsal = Rehearsal::before(Arc::new(Asked));
        let read = sent(&rehearsal, Method::Get, "/Users/7", None).await;
        assert_eq!(read, (200, "GET http://app.example/scim/Users/7".to_owned()));
        let patched = sent(&rehearsal, Method::Patch, "/Users/7", Some(json!({}))).await;
        assert_eq!(patched, (204, String::new()));
        assert_eq!(sent(&rehearsal, Method::Delete, "/Users/7", None).await, (204, String::new()));
    }

    #[tokio::test]
    async fn what_was_not_made_has_an_id_that_says_so_and_can_be_read_again() {
        let rehearsal = Rehearsal::before(Arc::new(Asked));
        let ada = json!({"userName": "ada lovelace"});
        let created = sent(&rehearsal, Method::Post, "/Users?tenant=1", Some(ada.clone())).await;
        let resource = json!({"userName": "ada lovelace", "id": "{id of ada lovelace}"}).to_string();
        assert_eq!(created, (201, resource.clone()));
        let read = sent(&rehearsal, Method::Get, "/Users/%7bid%20of%20ada%20lovelace%7d", None).await;
        assert_eq!(read, (200, resource));
        let (_, again) = sent(&rehearsal, Method::Post, "/Users", Some(ada)).await;
        assert_eq!(again, json!({"userName": "ada lovelace", "id": "{id of ada lovelace, 2}"}).to_string());
    }

    #[tokio::test]
    async fn an_access_token_is_really_asked_for() {
        let rehearsal = Rehearsal::before(Arc::new(Asked));
        let asked = sent(&rehearsal, Method::Post, "/token", None).await;
        assert_eq!(asked, (200, "POST http://app.example/scim/token".to_owned()));
    }
}
