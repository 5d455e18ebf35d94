//! A rehearsal: reads go to the target, writes do not, and are answered as if they had been carried out.
//!
//! A dry run is the real thing over this transport, on a copy of the state: so it can differ from a real run in nothing
//! but what the target would have answered. A resource that was not made gets the id `{id of NAME}`, under which it can
//! be read again; such an id stands wherever the real one would. Queries find what was not made, and not what was not
//! deleted: so two users of one name, or a re-hire who takes a freed name, come out as they would. Each answer that was
//! made up here says so in a header (`Rehearsal: not sent`), and each that was corrected (`Rehearsal: corrected`); a trace
//! shows both.
//!
//! Limit: what the target holds is not changed by a rehearsed PATCH; the same resource read again is as it was.
//!
//! Source: `spec/ENGINE.md` §6, "dry run".

use super::{
    answer::{LIST_RESPONSE, resource_id},
    filter::Filter,
    path::{member, scalar_eq},
    query::escape,
    resource,
    transport::{Method, Request, Response, Transport, TransportError},
};
use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The header that marks an answer that is not the target's.
pub const MARK: &str = "Rehearsal";
/// Its value where the request was not sent at all.
pub const NOT_SENT: &str = "not sent";
/// Its value where the target's answer was corrected by what was not sent before.
const CORRECTED: &str = "corrected";

/// Carries reads to the target, and answers writes itself.
pub struct Rehearsal {
    target: Arc<dyn Transport>,
    imagined: Mutex<Imagined>,
}

/// What the target would hold, as far as it differs from what it holds. Each resource goes by the URL at which it would
/// be read.
#[derive(Default)]
struct Imagined {
    made: IndexMap<String, Value>,
    deleted: HashSet<String>,
}

impl Rehearsal {
    /// A rehearsal in front of the target that `transport` leads to.
    pub fn before(transport: Arc<dyn Transport>) -> Self {
        Self { target: transport, imagined: Mutex::default() }
    }

    fn imagined(&self) -> MutexGuard<'_, Imagined> {
        self.imagined.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Imagined {
    fn create(&mut self, request: &Request) -> Response {
        let mut resource = match request.body.as_deref().map(serde_json::from_slice) {
            Some(Ok(Value::Object(resource))) => resource,
            _ => Map::new(),
        };
        let body = Value::Object(resource.clone());
        let name = ["userName", "displayName", "externalId"].iter().find_map(|name| member(&body, name)?.as_str());
        let name = name.unwrap_or("the new object");
        let mut id = format!("{{id of {name}}}");
        let mut count = 1;
        while self.made.contains_key(&place(&request.url, &id)) {
            count += 1;
            id = format!("{{id of {name}, {count}}}");
        }
        resource.insert("id".to_owned(), id.clone().into());
        let resource = Value::Object(resource);
        self.made.insert(place(&request.url, &id), resource.clone());
        answer(201, NOT_SENT, Some(&resource))
    }

    fn delete(&mut self, request: &Request) -> Response {
        let url = without_query(&request.url);
        if self.made.shift_remove(url).is_none() {
            self.deleted.insert(url.to_owned());
        }
        answer(204, NOT_SENT, None)
    }

    /// What there is to say about one resource without asking.
    fn read(&self, url: &str) -> Option<Response> {
        let url = without_query(url);
        if self.deleted.contains(url) {
            let error = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"});
            return Some(answer(404, NOT_SENT, Some(&error)));
        }
        self.made.get(url).map(|resource| answer(200, NOT_SENT, Some(resource)))
    }

    /// The target's answer to a query, with what was not made and without what was not deleted.
    fn correct(&self, url: &str, response: Response) -> Response {
        let Some(filter) = filter_of(url) else { return response };
        let list = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
        let Some(held) = member(&list, "Resources").and_then(Value::as_array) else { return response };
        let is_left = |resource: &&Value| match resource_id(resource) {
            Some(id) => !self.deleted.contains(&place(url, id)),
            None => true,
        };
        let left: Vec<_> = held.iter().filter(is_left).collect();
        let endpoint = place(url, "");
        let of_endpoint = self.made.iter().filter(|(place, _)| place.starts_with(&endpoint));
        let made: Vec<_> = of_endpoint.map(|(_, resource)| resource).filter(|found| passes(found, &filter)).collect();
        if made.is_empty() && left.len() == held.len() {
            return response;
        }
        let found: Vec<_> = left.into_iter().chain(made).collect();
        let list = json!({"schemas": [LIST_RESPONSE], "totalResults": found.len(), "Resources": found});
        answer(200, CORRECTED, Some(&list))
    }
}

impl Transport for Rehearsal {
    fn complete(&self, request: Request) -> Request {
        self.target.complete(request)
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let made_up = match request.method {
            Method::Get => self.imagined().read(&request.url),
            Method::Post if !is_scim(&request) => None,
            Method::Post => Some(self.imagined().create(&request)),
            Method::Patch => Some(answer(204, NOT_SENT, None)),
            Method::Delete => Some(self.imagined().delete(&request)),
        };
        if let Some(response) = made_up {
            return Box::pin(std::future::ready(Ok(response)));
        }
        Box::pin(async move {
            let (method, url) = (request.method, request.url.clone());
            let response = self.target.send(request).await?;
            let corrected = method == Method::Get && response.status == 200;
            Ok(if corrected { self.imagined().correct(&url, response) } else { response })
        })
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

/// Where the resource with this id is read, below the endpoint that `url` asks or posts to.
fn place(url: &str, id: &str) -> String {
    format!("{}/{}", without_query(url), escape(id, "%20"))
}

/// The filter of a query, if it has one that can be read.
fn filter_of(url: &str) -> Option<Filter> {
    let (_, query) = url.split_once('?')?;
    let (_, filter) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "filter")?;
    filter.parse().ok()
}

fn passes(resource: &Value, filter: &Filter) -> bool {
    let holds = |value: &Value, path| resource::read(resource, path).is_some_and(|held| scalar_eq(held, value));
    filter.0.iter().all(|comparison| holds(&comparison.value, &comparison.path))
}

fn answer(status: u16, mark: &str, body: Option<&Value>) -> Response {
    let mut headers = vec![(MARK.to_owned(), mark.to_owned())];
    headers.extend(body.map(|_| ("Content-Type".to_owned(), "application/scim+json".to_owned())));
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
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

    /// A target that answers every query with one list.
    struct Holds(Value);

    impl Transport for Holds {
        fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
            let body = self.0.to_string().into_bytes();
            Box::pin(std::future::ready(Ok(Response { status: 200, body, ..Response::default() })))
        }
    }

    const ADA: &str = "/Users?filter=userName+eq+%22ADA%22";

    async fn found(rehearsal: &Rehearsal, path: &str) -> (u64, Vec<String>) {
        let (status, body) = sent(rehearsal, Method::Get, path, None).await;
        assert_eq!(status, 200);
        let list: Value = serde_json::from_str(&body).unwrap();
        let ids = list["Resources"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap().to_owned());
        (list["totalResults"].as_u64().unwrap(), ids.collect())
    }

    #[tokio::test]
    async fn a_query_finds_what_was_not_made_and_is_not_there_for_others() {
        let nobody = json!({"schemas": [LIST_RESPONSE], "totalResults": 0, "Resources": []});
        let rehearsal = Rehearsal::before(Arc::new(Holds(nobody)));
        assert_eq!(found(&rehearsal, ADA).await, (0, Vec::new()));
        sent(&rehearsal, Method::Post, "/Users", Some(json!({"userName": "ada"}))).await;
        assert_eq!(found(&rehearsal, ADA).await, (1, vec!["{id of ada}".to_owned()]));
        assert_eq!(found(&rehearsal, "/Users?filter=userName+eq+%22bob%22").await, (0, Vec::new()));
        assert_eq!(found(&rehearsal, "/Groups?filter=userName+eq+%22ada%22").await, (0, Vec::new()));
        sent(&rehearsal, Method::Delete, "/Users/%7bid%20of%20ada%7d", None).await;
        assert_eq!(found(&rehearsal, ADA).await, (0, Vec::new()));
    }

    #[tokio::test]
    async fn what_was_not_deleted_is_gone_all_the_same() {
        let ada = json!({"schemas": [LIST_RESPONSE], "totalResults": 1, "Resources": [{"id": "7", "userName": "ada"}]});
        let rehearsal = Rehearsal::before(Arc::new(Holds(ada)));
        assert_eq!(found(&rehearsal, ADA).await, (1, vec!["7".to_owned()]));
        sent(&rehearsal, Method::Delete, "/Users/7", None).await;
        assert_eq!(found(&rehearsal, ADA).await, (0, Vec::new()));
        assert_eq!(sent(&rehearsal, Method::Get, "/Users/7", None).await.0, 404);
    }

    #[tokio::test]
    async fn an_access_token_is_really_asked_for() {
        let rehearsal = Rehearsal::before(Arc::new(Asked));
        let asked = sent(&rehearsal, Method::Post, "/token", None).await;
        assert_eq!(asked, (200, "POST http://app.example/scim/token".to_owned()));
    }
}
