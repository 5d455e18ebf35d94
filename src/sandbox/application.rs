//! The application itself: a request in, an answer out, without a connection in between.

use super::{
    delivery::Delivery,
    discovery,
    error::Refusal,
    exchange::{Request, Response},
    fault::{Fault, Incoming},
    list_query::Parameters,
    member,
    projection::Projection,
    request_journal::RecordedRequest,
    resource_kind::ResourceKind,
    resource_requests::ResourceRequest,
    resource_store::ResourceStore,
    route::{BASE_PATH, Route},
    settings::Settings,
    state::State,
    state_file::{StateError, StateFile},
    vocabulary::Vocabulary,
};
use crate::{
    chance::Chance,
    clock::{Clock, SharedClock},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A SCIM application. Several threads may ask it at once; it answers one after the other.
pub struct Application {
    settings: Settings,
    users: Vocabulary,
    groups: Vocabulary,
    clock: SharedClock,
    chance: Arc<Chance>,
    fault: Option<Box<dyn Fault>>,
    state: Mutex<State>,
    requests: Mutex<Vec<RecordedRequest>>,
}

impl Application {
    /// Opens an application, with the resources that its state file holds.
    pub fn open(settings: Settings, clock: SharedClock, chance: Arc<Chance>) -> Result<Self, StateError> {
        let mut store = ResourceStore::default();
        let file = settings.state.as_deref().map(|path| StateFile::open(path, &mut store)).transpose()?;
        let schema = settings.schema.as_ref();
        Ok(Self {
            users: Vocabulary::new(ResourceKind::User, schema.map(|schema| schema.users.as_slice())),
            groups: Vocabulary::new(ResourceKind::Group, schema.map(|schema| schema.groups.as_slice())),
            settings,
            clock,
            chance,
            fault: None,
            state: Mutex::new(State { store, file }),
            requests: Mutex::default(),
        })
    }

    /// The same application behind a fault.
    #[must_use]
    pub fn with_fault(mut self, fault: impl Fault + 'static) -> Self {
        self.fault = Some(Box::new(fault));
        self
    }

    /// What the caller of a request gets, faults included. What takes time (latency, no answer) is left to who carries it.
    pub fn receive(&self, request: &Request) -> Delivery {
        let subject = || self.subject(request);
        let conduct = self.fault.as_ref().and_then(|fault| fault.treat(&Incoming { request, subject: &subject }));
        let delivery = match conduct {
            None => Delivery::of(self.answer(request).unwrap_or_else(Response::from)),
            Some(conduct) => {
                let own = conduct.carried_out.then(|| self.answer(request).unwrap_or_else(Response::from));
                let name = conduct.name.clone();
                let delivery = Delivery::treated(conduct, own);
                let (method, path) = (&request.method, &request.path_and_query);
                tracing::info!("{method} {path}: {} by a fault ({name})", delivery.arrival);
                delivery
            }
        };
        self.record(request, delivery.status());
        delivery
    }

    /// The application's own answer to a request: what it would be without any fault.
    pub fn handle(&self, request: &Request) -> Response {
        let response = self.answer(request).unwrap_or_else(Response::from);
        self.record(request, Some(response.status));
        response
    }

    fn record(&self, request: &Request, status: Option<u16>) {
        if self.settings.record_requests {
            locked(&self.requests).push(RecordedRequest::new(request, status));
        }
    }

    /// Whom a request is about, by a name that stays the same as long as there is the object (see [`Incoming::subject`]).
    fn subject(&self, request: &Request) -> Option<String> {
        let (kind, name) = match Route::parse(request.path())? {
            Route::Collection(kind) if request.method == "POST" => {
                let body: Map<String, Value> = serde_json::from_slice(&request.body).ok()?;
                (kind, lasting_name(kind, &body)?)
            }
            Route::Resource(kind, id) => {
                let state = locked(&self.state);
                let resource = state.store.table(kind).get(&id)?;
                (kind, lasting_name(kind, &resource.attributes)?)
            }
            _ => return None,
        };
        Some(format!("{} {}", kind.name(), name.to_lowercase()))
    }

    /// The clock that it reads, and on which its faults wait.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The name in the application's schema, or `sandbox`.
    pub fn name(&self) -> &str {
        self.settings.schema.as_ref().map_or("sandbox", |schema| &schema.name)
    }

    /// The users as the application shows them, in the order of their creation.
    pub fn users(&self) -> Vec<Value> {
        self.all(ResourceKind::User)
    }

    /// The groups as the application shows them, in the order of their creation.
    pub fn groups(&self) -> Vec<Value> {
        self.all(ResourceKind::Group)
    }

    /// How many users there are.
    pub fn user_count(&self) -> usize {
        locked(&self.state).store.table(ResourceKind::User).len()
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        locked(&self.state).store.table(ResourceKind::Group).len()
    }

    /// The requests since the last call, where [`Settings::record_requests`] is set.
    pub fn take_requests(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *locked(&self.requests))
    }

    fn all(&self, kind: ResourceKind) -> Vec<Value> {
        let base_url = self.settings.base_url.as_deref().unwrap_or(BASE_PATH).trim_end_matches('/');
        let state = locked(&self.state);
        let resources = state.store.table(kind).iter();
        resources.map(|resource| resource.render(base_url, &Projection::default(), self.vocabulary(kind))).collect()
    }

    fn vocabulary(&self, kind: ResourceKind) -> &Vocabulary {
        match kind {
            ResourceKind::User => &self.users,
            ResourceKind::Group => &self.groups,
        }
    }

    fn answer(&self, request: &Request) -> Result<Response, Refusal> {
        self.authorise(request)?;
        let path = request.path();
        let route = Route::parse(path).filter(|route| self.serves(route));
        let route = route.ok_or_else(|| Refusal::NotFound(format!("nothing is at `{path}`")))?;
        let not_allowed = |allowed| Refusal::MethodNotAllowed { method: request.method.clone(), allowed };
        let base_url = self.base_url(request);
        let (kind, id) = match route {
            Route::Collection(kind) => (kind, None),
            Route::Resource(kind, id) => (kind, Some(id)),
            discovered => {
                if request.method != "GET" {
                    return Err(not_allowed("GET"));
                }
                return discovery::answer(&discovered, &self.settings, &[&self.users, &self.groups], &base_url);
            }
        };
        let vocabulary = self.vocabulary(kind);
        let parameters = Parameters::parse(request.query());
        let mut resources = ResourceRequest {
            projection: parameters.projection(vocabulary)?,
            state: &mut locked(&self.state),
            settings: &self.settings,
            clock: &*self.clock,
            chance: &self.chance,
            vocabulary,
            base_url,
        };
        match (request.method.as_str(), id) {
            ("GET", None) => resources.list(&parameters),
            ("POST", None) => resources.create(body(request)?),
            (_, None) => Err(not_allowed("GET, POST")),
            ("GET", Some(id)) => resources.read(&id),
            ("PUT", Some(id)) => resources.replace(&id, body(request)?),
            ("PATCH", Some(id)) => resources.patch(&id, &body(request)?),
            ("DELETE", Some(id)) => resources.delete(id),
            (_, Some(_)) => Err(not_allowed("GET, PUT, PATCH, DELETE")),
        }
    }

    fn authorise(&self, request: &Request) -> Result<(), Refusal> {
        let Some(token) = &self.settings.token else { return Ok(()) };
        let sent = request.header("Authorization").and_then(|header| header.split_once(' '));
        match sent {
            Some((scheme, sent)) if scheme.eq_ignore_ascii_case("Bearer") && sent == token.expose_secret() => Ok(()),
            _ => Err(Refusal::Unauthorised),
        }
    }

    /// An application whose schema has no group attributes has no groups.
    fn serves(&self, route: &Route) -> bool {
        let is_group =
            matches!(route, Route::Collection(ResourceKind::Group) | Route::Resource(ResourceKind::Group, _));
        !is_group || self.groups.is_served()
    }

    fn base_url(&self, request: &Request) -> String {
        match (&self.settings.base_url, request.header("Host")) {
            (Some(base_url), _) => base_url.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("http://{host}{BASE_PATH}"),
            (None, None) => BASE_PATH.to_owned(),
        }
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Application").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What an object goes by from its creation to its end: its `externalId`, or else its name.
fn lasting_name(kind: ResourceKind, attributes: &Map<String, Value>) -> Option<String> {
    let named = |name: &str| member::get(attributes, name).and_then(Value::as_str).map(str::to_owned);
    named("externalId").or_else(|| named(kind.naming_attribute()))
}

/// The JSON body of a request.
fn body(request: &Request) -> Result<Value, Refusal> {
    let declared = request.header("Content-Type").unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(media_type.as_str(), "application/scim+json" | "application/json") {
        return Err(Refusal::ContentType(declared.to_owned()));
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::InvalidSyntax(format!("the body is no JSON: {error}")))
}

/// The lock's content, also after a panic elsewhere: every change is made as a whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
