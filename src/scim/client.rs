//! The SCIM client: the requests that a job sends to its target, one method each.
//!
//! Each request goes the same way: it waits for its turn ([`Pace`]), gets its token, leaves through the [`Transport`],
//! and must be answered within the time-out. Within one request only what is safe is repeated: a 429 after the time
//! that the target names, up to five times; a connection that never opened, once; a read that is redirected within the
//! same host. Everything else is a [`Failure`], and the caller's to deal with. Every exchange is an entry of the
//! [`Trace`].
//!
//! Known limit: a redirect from `http` to `https` of the same host is another origin and is not followed; the failure
//! says where it leads.
//!
//! Source: `spec/WIRE.md` §1, §2 and §7.

use super::{
    answer::{List, Reading, holds_members, resource_id, same_origin_redirect},
    authorization::{Authorization, AuthorizationError, Credential, Means},
    dialect::Dialect,
    failure::{Failure, FailureKind},
    filter::{Comparison, Filter},
    pace::{Pace, retry_after},
    path::Path,
    query::{Query, Resource},
    redaction::Redaction,
    rehearsal::Rehearsal,
    schemas::Schemas,
    target::Target,
    trace::{Exchange, Trace, no_answer, readable},
    transport::{Method, Request, Response, Transport},
};
use crate::clock::{Clock, SharedClock, elapsed};
use crate::counted::counted;
use serde_json::Value;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// What bodies are sent as.
const CONTENT_TYPE: &str = "application/scim+json; charset=utf-8";

/// What every request carries, whatever its method: the sources say no more than that a read asks for nothing narrower.
pub(crate) const ANY_ANSWER: (&str, &str) = ("Accept", "*/*");

/// How many redirects a read may take.
const REDIRECTS: u32 = 5;

/// How a client behaves; a job's settings of the same names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClientOptions {
    /// How long an answer may take, from the start of the connection to the last byte.
    pub timeout: Duration,
    /// How often a request is repeated after 429.
    pub repeats: u32,
    /// The most requests a second; unlimited when unset.
    pub requests_per_second: Option<f64>,
    /// Whether a group that is answered with its members, though they were excluded, is a failure.
    pub strict_excluded: bool,
}

/// Sends a job's requests. Cloning it is cheap; clones share everything.
#[derive(Clone)]
pub struct Client {
    target: Arc<Target>,
    authorization: Arc<Authorization>,
    transport: Arc<dyn Transport>,
    clock: SharedClock,
    options: ClientOptions,
    pace: Arc<Pace>,
    stop: CancellationToken,
    trace: Trace,
    redaction: Arc<Redaction>,
    requests: Arc<AtomicU64>,
    unanswered: Arc<AtomicU64>,
}

/// What a create made.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// The id that the target gave.
    pub id: String,
    /// The resource as the target returned it.
    pub resource: Value,
}

/// What a delete found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// There was nothing of this id any more (404).
    Gone,
    /// It was there, and is deleted now.
    Now,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(100), repeats: 5, requests_per_second: None, strict_excluded: false }
    }
}

impl Client {
    /// A client for one job. Refuses to send a token over plain `http` to another machine, unless the target allows it.
    pub fn new(
        target: Target,
        authorization: Authorization,
        transport: Arc<dyn Transport>,
        clock: SharedClock,
        options: ClientOptions,
    ) -> Result<Self, AuthorizationError> {
        if authorization.has_token() && target.refuses_plain_http() {
            return Err(AuthorizationError::PlainHttp(target.identity().to_owned()));
        }
        Ok(Self {
            pace: Arc::new(Pace::new(options.requests_per_second).before(target.identity())),
            target: Arc::new(target),
            authorization: Arc::new(authorization),
            transport,
            clock,
            options,
            stop: CancellationToken::new(),
            trace: Trace::off(),
            redaction: Arc::default(),
            requests: Arc::default(),
            unanswered: Arc::default(),
        })
    }

    /// The same client with a trace and a count of its own, for one cycle. Pace and token are shared.
    #[must_use]
    pub fn traced(&self, trace: Trace) -> Self {
        Self { trace, requests: Arc::default(), unanswered: Arc::default(), ..self.clone() }
    }

    /// The same client, which waits for no server any more once `stop` is cancelled: a request that would is not sent, and is a
    /// failure of the kind [`Interrupted`](FailureKind::Interrupted). Requests that are under way are answered first.
    #[must_use]
    pub fn until(&self, stop: &CancellationToken) -> Self {
        Self { stop: stop.clone(), ..self.clone() }
    }

    /// The same client, which repeats a request no more often than this.
    #[must_use]
    pub fn repeating_at_most(&self, repeats: u32) -> Self {
        let options = ClientOptions { repeats: self.options.repeats.min(repeats), ..self.options };
        Self { options, ..self.clone() }
    }

    /// The same client before a target that only its reads reach: for a dry run. Pace and token are shared.
    #[must_use]
    pub fn rehearsing(&self) -> Self {
        Self { transport: Arc::new(Rehearsal::before(self.transport.clone())), ..self.clone() }
    }

    /// The same client for a target that is spoken to in `dialect`, whatever its URL says.
    #[must_use]
    pub fn speaking(&self, dialect: Dialect) -> Self {
        Self { target: Arc::new(self.target.speaking(dialect)), ..self.clone() }
    }

    /// The same client for requests that must not show this. All else is shared.
    #[must_use]
    pub fn redacting(&self, redaction: Redaction) -> Self {
        Self { redaction: Arc::new(redaction), ..self.clone() }
    }

    /// The target that requests go to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How many requests were sent, repeats included, those for access tokens not.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many requests in a row, the last ones, had no answer.
    pub fn unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Asks whether the target answers as SCIM demands, with a filter that nothing should pass: the list must be empty.
    /// Otherwise the target ignores filters, and whoever it names first would be taken for whomever is looked for.
    pub async fn probe(&self, resource: Resource, filter: &Filter) -> Result<(), Failure> {
        let reading = self.query(resource, &Query::of(resource).filter(filter)).await?;
        let list = reading.list()?;
        if list.total > 0 {
            let what = format!("a filter that nothing passes found {}: filters are ignored", list.total);
            return Err(reading.not_scim(what));
        }
        Ok(())
    }

    /// The resources that pass `filter`; groups without their members.
    pub async fn find(&self, resource: Resource, filter: &Filter) -> Result<List, Failure> {
        let reading = self.query(resource, &Query::of(resource).filter(filter)).await?;
        let list = reading.list()?;
        if list.total > 0 && list.resources.is_empty() {
            return Err(reading.not_scim(format!("`totalResults` is {}, and `Resources` is empty", list.total)));
        }
        for found in &list.resources {
            self.heeds_exclusion(&reading, resource, found)?;
        }
        Ok(list)
    }

    /// Whether the resource with this id refers to `value` by `attribute`: the check that Entra makes before it writes a
    /// manager or a member (`spec/WIRE.md` §2.5).
    pub async fn refers(&self, resource: Resource, id: &str, attribute: &str, value: &str) -> Result<bool, Failure> {
        let comparison = |name: &str, value: &str| Comparison { path: Path::plain(name), value: value.into() };
        let filter = Filter(vec![comparison("id", id), comparison(attribute, value)]);
        let query = Query { attributes: Some("id".to_owned()), ..Query::default() };
        let reading = self.query(resource, &query.filter(&filter)).await?;
        let list = reading.list()?;
        if list.total == 0 {
            return Ok(false);
        }
        let is_it = |found: &Value| resource_id(found).is_some_and(|found| found.eq_ignore_ascii_case(id));
        if list.resources.iter().any(is_it) {
            return Ok(true);
        }
        Err(reading.not_scim(format!("a filter for `{id}` found others: filters are ignored")))
    }

    /// Refuses a group that shows its members, where the job is strict about it.
    fn heeds_exclusion(&self, reading: &Reading, resource: Resource, found: &Value) -> Result<(), Failure> {
        if self.options.strict_excluded && resource == Resource::Groups && holds_members(found) {
            return Err(reading.failure(FailureKind::ExcludedMembers));
        }
        Ok(())
    }

    /// A page of resources, as `query` asks for it.
    pub async fn list(&self, resource: Resource, query: &Query) -> Result<List, Failure> {
        self.query(resource, query).await?.list()
    }

    async fn query(&self, resource: Resource, query: &Query) -> Result<Reading, Failure> {
        let url = self.target.url(resource.path(), &query.encoded());
        self.exchange(Method::Get, url, None).await
    }

    /// The resource with this id; a group without its members.
    pub async fn read(&self, resource: Resource, id: &str) -> Result<Value, Failure> {
        let url = self.url_of(Method::Get, resource, id, &Query::of(resource))?;
        let reading = self.exchange(Method::Get, url, None).await?;
        let found = reading.resource(id)?;
        self.heeds_exclusion(&reading, resource, &found)?;
        Ok(found)
    }

    /// What the target says of its own attributes; on request only, for a cycle never asks.
    pub async fn schemas(&self) -> Result<Schemas, Failure> {
        let reading = self.exchange(Method::Get, self.target.url("/Schemas", ""), None).await?;
        let List { total, resources } = reading.list()?;
        if u64::try_from(resources.len()).is_ok_and(|found| found < total) {
            return Err(reading.not_scim(format!(
                "it has {}, and gives {} of them",
                counted(total, "schema"),
                resources.len()
            )));
        }
        Schemas::read(&resources).map_err(|problem| reading.not_scim(problem))
    }

    /// Creates a resource.
    pub async fn create(&self, resource: Resource, body: &Value) -> Result<Created, Failure> {
        let url = self.target.url(resource.path(), "");
        let (id, resource) = self.exchange(Method::Post, url, Some(body)).await?.created()?;
        Ok(Created { id, resource })
    }

    /// Changes a resource; returns it as it is now, if the target does.
    pub async fn patch(&self, resource: Resource, id: &str, body: &Value) -> Result<Option<Value>, Failure> {
        let url = self.url_of(Method::Patch, resource, id, &Query::default())?;
        self.exchange(Method::Patch, url, Some(body)).await?.changed(id)
    }

    /// Deletes a resource. That it is gone already is no failure.
    pub async fn delete(&self, resource: Resource, id: &str) -> Result<Deleted, Failure> {
        let url = self.url_of(Method::Delete, resource, id, &Query::default())?;
        match self.exchange(Method::Delete, url, None).await {
            Ok(reading) => reading.deleted().map(|()| Deleted::Now),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(Deleted::Gone),
            Err(failure) => Err(failure),
        }
    }

    fn url_of(&self, method: Method, resource: Resource, id: &str, query: &Query) -> Result<String, Failure> {
        let path = resource.path_of(id).ok_or_else(|| Failure {
            kind: FailureKind::UnusableId,
            method,
            path: format!("{}/{id}", resource.path()),
            answer: None,
        })?;
        Ok(self.target.url(&path, &query.encoded()))
    }

    /// Sends a request as it was sent before, to this path below the base URL, and returns the answer whatever it is:
    /// its status and its body as a trace shows it (JSON, a text, or null).
    pub async fn resend(
        &self,
        method: Method,
        path: &str,
        query: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), Failure> {
        let reading = self.answer(method, self.target.url(path, query), body).await?;
        Ok((reading.response.status, readable(&reading.response.body, &reading.mask)))
    }

    /// Sends a request until it has an answer that counts, which must have a status of success.
    async fn exchange(&self, method: Method, url: String, body: Option<&Value>) -> Result<Reading, Failure> {
        self.answer(method, url, body).await?.success()
    }

    /// Sends a request until it has an answer that counts.
    async fn answer(&self, method: Method, mut url: String, body: Option<&Value>) -> Result<Reading, Failure> {
        let path = self.target.path_of(&url).to_owned();
        let body = body.map(|body| body.to_string().into_bytes());
        let (mut repeats, mut redirects) = (0, 0);
        let mut reopened = false;
        let mut refused: Option<Credential> = None;
        loop {
            let Some(admission) = self.pace.admit(&*self.clock, &self.stop).await else {
                let path = self.redaction.mask().text(&path).into_owned();
                return Err(Failure { kind: FailureKind::Interrupted, method, path, answer: None });
            };
            let credential = self.credential(refused.as_ref()).await?;
            let request = request(method, &url, &credential, body.clone());
            let response = match self.send(request, &credential).await {
                Ok(response) => response,
                Err(FailureKind::Connection(error)) if error.never_opened() && !reopened => {
                    reopened = true;
                    continue;
                }
                Err(kind) => {
                    let mask = credential.mask.with(&self.redaction.mask());
                    return Err(Failure { kind, method, path: mask.text(&path).into_owned(), answer: None });
                }
            };
            if response.status == 429 {
                let now = self.clock.now();
                self.pace.throttled(admission, now, retry_after(response.header("Retry-After"), now, repeats));
                if repeats < self.options.repeats {
                    repeats += 1;
                    continue;
                }
            } else {
                self.pace.answered();
            }
            if response.status == 401 && refused.is_none() && self.authorization.can_renew() {
                refused = Some(credential);
                continue;
            }
            if method == Method::Get
                && redirects < REDIRECTS
                && let Some(next) = same_origin_redirect(&url, &response)
            {
                redirects += 1;
                url = next;
                continue;
            }
            let mask = credential.mask.with(&self.redaction.mask_with(&response.body));
            return Ok(Reading { method, path, mask, response });
        }
    }

    async fn credential(&self, refused: Option<&Credential>) -> Result<Credential, Failure> {
        let means = Means {
            transport: &*self.transport,
            clock: &*self.clock,
            timeout: self.options.timeout,
            repeats: self.options.repeats,
            stop: &self.stop,
            trace: &self.trace,
        };
        self.authorization.credential(&means, refused).await
    }

    /// Sends a request once.
    async fn send(&self, request: Request, credential: &Credential) -> Result<Response, FailureKind> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let request = self.transport.complete(request);
        let traced = self.trace.next().map(|seq| (seq, request.clone()));
        let time = self.clock.now();
        let outcome = answer_within(&*self.transport, &*self.clock, self.options.timeout, request).await;
        match &outcome {
            Ok(_) => self.unanswered.store(0, Ordering::Relaxed),
            Err(_) => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
            }
        }
        if let Some((seq, request)) = traced {
            let exchange = Exchange {
                seq,
                time,
                duration: elapsed(&*self.clock, time),
                request: &request,
                outcome: outcome.as_ref().map_err(no_answer),
            };
            let body = outcome.as_ref().map_or(&[][..], |response| &response.body);
            self.trace.write(&exchange, &credential.mask.with(&self.redaction.mask_with(body)));
        }
        outcome
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("target", &self.target)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Sends a request, and gives it up when the time is over on `clock`.
pub(crate) async fn answer_within(
    transport: &dyn Transport,
    clock: &dyn Clock,
    timeout: Duration,
    request: Request,
) -> Result<Response, FailureKind> {
    tokio::select! {
        biased;
        outcome = transport.send(request) => outcome.map_err(FailureKind::Connection),
        () = clock.sleep(timeout) => Err(FailureKind::Timeout(Some(timeout))),
    }
}

/// The request as it leaves.
fn request(method: Method, url: &str, credential: &Credential, body: Option<Vec<u8>>) -> Request {
    let mut headers = Vec::with_capacity(3);
    if let Some(authorization) = credential.header() {
        headers.push(("Authorization".to_owned(), authorization));
    }
    if body.is_some() {
        headers.push(("Content-Type".to_owned(), CONTENT_TYPE.to_owned()));
    }
    headers.push((ANY_ANSWER.0.to_owned(), ANY_ANSWER.1.to_owned()));
    Request { method, url: url.to_owned(), headers, body }
}
