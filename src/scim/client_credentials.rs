//! Access tokens by the OAuth 2.0 client credentials grant (RFC 6749 §4.4).
//!
//! 1. A token is asked for before the first request, and kept. Every request looks whether it still holds.
//! 2. It is renewed five minutes before it ends (at half its life, if that is shorter). Where the renewal fails, the old one
//!    serves until its end, and the token endpoint is asked again after a minute.
//! 3. One request at a time goes to the token endpoint; whoever waits meanwhile shares its outcome, good or bad.
//! 4. A token endpoint is treated as a target is: where it asks to wait (429, or 503 with `Retry-After`), the request is
//!    repeated after that time, five times at most, and everybody waits; a connection that never opened is tried once more.
//!    While an old token serves, nobody waits.
//!
//! The client says who it is in one of two places, as the administrator of Entra chooses (`credentialLocationInRequest` of
//! Graph's connectivity parameters): in the `Authorization` header, which is Entra's default, or in the form.
//!
//! An exchange with the token endpoint stands in the trace, without any secret: not the client's, and no token of the answer.
//! It is not counted as a request to the target. Source: `spec/WIRE.md` §1, `spec/GRAPH.md` §1.20.

use super::{
    answer::{Reading, is_redirect},
    authorization::{AuthorizationError, Credential, Means},
    client::{ANY_ANSWER, answer_within},
    failure::{Failure, FailureKind},
    json_body,
    mask::{HIDDEN, Mask},
    pace::retry_after,
    path::member,
    target::is_loopback,
    trace::{Exchange, no_answer},
    transport::{Method, Request, Response},
};
use crate::clock::elapsed;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

/// How long before its end an access token is renewed.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);

/// How long the token endpoint is left alone after a renewal that failed.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);

/// How long an access token is taken to live when its issuer does not say.
const ASSUMED_LIFE: Duration = Duration::from_secs(3600);

/// The members of an answer that are secrets.
const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// Where a client says who it is; Graph's `credentialLocationInRequest`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CredentialLocation {
    /// In the form that is the body.
    Body,
    /// In the `Authorization` header, by the scheme `Basic`.
    #[default]
    Header,
}

/// A client that gets access tokens by its own credentials.
#[derive(Debug)]
pub struct ClientCredentials {
    token_url: Url,
    client_id: String,
    client_secret: SecretString,
    /// Id and secret as the `Authorization` header has them.
    basic: SecretString,
    location: CredentialLocation,
    scope: Option<String>,
    mask: Mask,
    state: Mutex<State>,
    /// How many answers of the token endpoint came, or failed to come.
    asked: AtomicU64,
}

/// What the last answers of the token endpoint left.
#[derive(Debug, Default)]
struct State {
    current: Option<AccessToken>,
    failed: Option<Failure>,
}

#[derive(Clone, Debug)]
struct AccessToken {
    token: SecretString,
    /// What hides it, and the client's secret.
    mask: Mask,
    renewed_at: Timestamp,
    ends_at: Timestamp,
}

/// An exchange with the token endpoint.
struct Attempt {
    asked_at: Timestamp,
    outcome: Result<Response, FailureKind>,
    /// The answer as it may be shown; empty without one.
    shown: Response,
    /// What hides the client's secret and the tokens of the answer.
    mask: Mask,
}

impl ClientCredentials {
    /// A client known to the token endpoint at `token_url`, which must be `https` or on this machine, unless
    /// `insecure_http_allowed`.
    pub fn new(
        token_url: &str,
        client_id: &str,
        client_secret: SecretString,
        insecure_http_allowed: bool,
    ) -> Result<Self, AuthorizationError> {
        let unusable = || AuthorizationError::TokenUrl(token_url.to_owned());
        let mut token_url = Url::parse(token_url.trim()).map_err(|_| unusable())?;
        if !token_url.username().is_empty() || token_url.password().is_some() {
            return Err(AuthorizationError::TokenUrlCredentials);
        }
        token_url.set_fragment(None);
        match token_url.scheme() {
            "https" => {}
            "http" if insecure_http_allowed || is_loopback(&token_url) => {}
            "http" => return Err(AuthorizationError::PlainHttp(token_url.into())),
            _ => return Err(unusable()),
        }
        let basic = SecretString::from(basic(client_id, client_secret.expose_secret()));
        Ok(Self {
            mask: Mask::new([&client_secret, &basic]),
            token_url,
            client_id: client_id.to_owned(),
            client_secret,
            basic,
            location: CredentialLocation::default(),
            scope: None,
            state: Mutex::default(),
            asked: AtomicU64::new(0),
        })
    }

    /// The same client, which says who it is there.
    #[must_use]
    pub fn located(self, location: CredentialLocation) -> Self {
        Self { location, ..self }
    }

    /// The same client, which asks for tokens of this scope.
    #[must_use]
    pub fn scope(self, scope: Option<String>) -> Self {
        Self { scope, ..self }
    }

    /// What hides the client's secret, in all the forms in which it is sent.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// What the next request is authorized with. `refused` is what the target did not accept the last time.
    pub(super) async fn credential(
        &self,
        means: &Means<'_>,
        refused: Option<&Credential>,
    ) -> Result<Credential, Failure> {
        let held = self.token(means, refused.and_then(|refused| refused.token.as_ref())).await?;
        Ok(Credential { token: Some(held.token), mask: held.mask })
    }

    async fn token(&self, means: &Means<'_>, refused: Option<&SecretString>) -> Result<AccessToken, Failure> {
        let before = self.asked.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        let now = means.clock.now();
        let is_refused =
            |held: &AccessToken| refused.is_some_and(|refused| refused.expose_secret() == held.token.expose_secret());
        let held = state.current.take().filter(|held| now < held.ends_at && !is_refused(held));
        if let Some(held) = held.clone().filter(|held| now < held.renewed_at) {
            return Ok(state.current.insert(held).clone());
        }
        if let Some(failure) = &state.failed
            && self.asked.load(Ordering::SeqCst) != before
            // That somebody else was asked to stop is no reason to do so.
            && (failure.kind != FailureKind::Interrupted || means.stop.is_cancelled())
        {
            return Err(failure.clone());
        }
        let issued = self.issued(means, if held.is_some() { 0 } else { means.repeats }).await;
        self.asked.fetch_add(1, Ordering::SeqCst);
        match (issued, held) {
            (Ok(issued), _) => {
                state.failed = None;
                Ok(state.current.insert(issued).clone())
            }
            (Err(failure), Some(mut held)) => {
                tracing::warn!(%failure, "the access token could not be renewed yet; the old one still serves");
                held.renewed_at = later(means.clock.now(), RENEWAL_PAUSE);
                Ok(state.current.insert(held).clone())
            }
            (Err(failure), None) => {
                state.failed = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Asks the token endpoint for an access token, again after it asked to wait, at most so many times.
    async fn issued(&self, means: &Means<'_>, most: u32) -> Result<AccessToken, Failure> {
        let (mut repeats, mut reopened) = (0, false);
        loop {
            let attempt = self.attempt(means).await;
            match &attempt.outcome {
                Ok(response) if repeats < most && asks_to_wait(response) => {
                    let wait = retry_after(response.header("Retry-After"), means.clock.now(), repeats);
                    repeats += 1;
                    let (endpoint, status) = (attempt.mask.text(self.token_url.as_str()), response.status);
                    tracing::warn!("{endpoint} answers {status}: the job waits {} s for a token", wait.as_secs());
                    tokio::select! {
                        biased;
                        () = means.stop.cancelled() => return Err(self.interrupted(&attempt)),
                        () = means.clock.sleep(wait) => {}
                    }
                }
                Err(FailureKind::Connection(error)) if error.never_opened() && !reopened => reopened = true,
                _ => return self.read(attempt),
            }
        }
    }

    /// The failure of a request for a token that is not repeated, for somebody is to stop.
    fn interrupted(&self, attempt: &Attempt) -> Failure {
        let path = attempt.mask.text(self.token_url.as_str()).into_owned();
        Failure { kind: FailureKind::Interrupted, method: Method::Post, path, answer: None }
    }

    /// Asks the token endpoint once.
    async fn attempt(&self, means: &Means<'_>) -> Attempt {
        let request = means.transport.complete(self.request());
        let asked_at = means.clock.now();
        let seq = means.trace.next();
        let outcome = answer_within(means.transport, means.clock, means.timeout, request.clone()).await;
        let shown = outcome.as_ref().map(shown).map_err(no_answer);
        let mask = match &shown {
            Ok((_, tokens)) => self.mask.with(&Mask::new(tokens)),
            Err(_) => self.mask.clone(),
        };
        if let Some(seq) = seq {
            let outcome = shown.as_ref().map(|(response, _)| response).map_err(Clone::clone);
            let duration = elapsed(means.clock, asked_at);
            means.trace.write(&Exchange { seq, time: asked_at, duration, request: &request, outcome }, &mask);
        }
        let shown = shown.map_or_else(|_| Response::default(), |(response, _)| response);
        Attempt { asked_at, outcome, shown, mask }
    }

    /// What came of it.
    fn read(&self, attempt: Attempt) -> Result<AccessToken, Failure> {
        let Attempt { asked_at, outcome, shown, mask } = attempt;
        let path = mask.text(self.token_url.as_str()).into_owned();
        let response = match outcome {
            Ok(response) => response,
            Err(kind) => {
                return Err(Failure { kind, method: Method::Post, path, answer: None }.into_no_access_token());
            }
        };
        read(&response, asked_at, &mask).map_err(|kind| {
            let reason = oauth_error(&response, &mask);
            let mut failure = Reading { method: Method::Post, path, mask, response: shown }.failure(kind);
            if let Some(answer) = failure.answer.as_deref_mut() {
                (answer.scim_type, answer.detail) = reason;
            }
            failure.into_no_access_token()
        })
    }

    /// The request of RFC 6749 §4.4.2.
    fn request(&self) -> Request {
        let mut headers = Vec::with_capacity(3);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        match self.location {
            CredentialLocation::Header => {
                headers.push(("Authorization".to_owned(), format!("Basic {}", self.basic.expose_secret())));
            }
            CredentialLocation::Body => {
                form.append_pair("client_id", &self.client_id)
                    .append_pair("client_secret", self.client_secret.expose_secret());
            }
        }
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        headers.push((ANY_ANSWER.0.to_owned(), ANY_ANSWER.1.to_owned()));
        Request {
            method: Method::Post,
            url: self.token_url.to_string(),
            headers,
            body: Some(form.finish().into_bytes()),
        }
    }
}

/// Id and secret for the scheme `Basic` (RFC 6749 §2.3.1): each as in a form, so that a colon in one of them does no harm.
fn basic(client_id: &str, client_secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    BASE64_STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(client_secret)))
}

/// Whether the token endpoint is there, and wants to be asked later.
fn asks_to_wait(response: &Response) -> bool {
    response.status == 429 || (response.status == 503 && response.header("Retry-After").is_some())
}

/// The answer as it may be shown, and the tokens that must be hidden in it. A success without a token where one belongs may
/// hold it elsewhere, in any spelling, so that nothing of its body is shown.
fn shown(response: &Response) -> (Response, Vec<SecretString>) {
    let mut shown = response.clone();
    let answer = object(response);
    let is_issued = answer.as_ref().and_then(usable_token).is_some();
    if !is_issued && response.status < 400 && !response.body.is_empty() {
        shown.body = HIDDEN.as_bytes().to_vec();
    }
    let token = |name: &&str| Some(member(answer.as_ref()?, name)?.as_str()?.into());
    let tokens = TOKENS.iter().filter_map(token).collect();
    (shown, tokens)
}

/// The body as a JSON object, if it is one.
fn object(response: &Response) -> Option<Value> {
    json_body::read(&response.body).ok().filter(Value::is_object)
}

/// The access token of an answer, if a header can carry it.
fn usable_token(answer: &Value) -> Option<&str> {
    let token = member(answer, "access_token")?.as_str()?;
    Some(token).filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// The code and the description of an OAuth error (RFC 6749 §5.2).
fn oauth_error(response: &Response, mask: &Mask) -> (Option<String>, Option<String>) {
    let error = object(response).filter(|_| response.status >= 400);
    let text = |name| Some(mask.text(member(error.as_ref()?, name)?.as_str()?).into_owned());
    (text("error"), text("error_description"))
}

/// Reads the answer of RFC 6749 §5.1, or says what is wrong with it.
fn read(response: &Response, asked_at: Timestamp, mask: &Mask) -> Result<AccessToken, FailureKind> {
    let unreadable = |what: &str| FailureKind::NotScim(what.to_owned());
    match response.status {
        200..=299 if response.truncated => return Err(FailureKind::TooLarge),
        200..=299 => {}
        status if is_redirect(status) => {
            return Err(FailureKind::Redirected(response.header("Location").unwrap_or_default().to_owned()));
        }
        400 | 401 | 403 => return Err(FailureKind::InvalidCredentials),
        404 | 410 => return Err(FailureKind::NotFound),
        408 => return Err(FailureKind::Timeout(None)),
        429 => return Err(FailureKind::TooManyRequests),
        500.. => return Err(FailureKind::ServerError),
        ..=399 => return Err(FailureKind::UnexpectedStatus),
        _ => return Err(FailureKind::BadRequest),
    }
    let answer = object(response).ok_or_else(|| unreadable("the answer is no JSON object"))?;
    let token =
        usable_token(&answer).ok_or_else(|| unreadable("the answer has no `access_token` that a header can carry"))?;
    if let Some(kind) = member(&answer, "token_type").and_then(Value::as_str)
        && !kind.eq_ignore_ascii_case("Bearer")
    {
        return Err(unreadable(&format!("its `token_type` is `{kind}`, and only `Bearer` can be used")));
    }
    let life = match member(&answer, "expires_in") {
        Some(Value::Number(seconds)) => seconds.as_u64().map_or(ASSUMED_LIFE, Duration::from_secs),
        Some(Value::String(seconds)) => seconds.trim().parse().map_or(ASSUMED_LIFE, Duration::from_secs),
        _ => ASSUMED_LIFE,
    };
    let kept = life.saturating_sub(RENEWED_BEFORE_END).max(life / 2);
    Ok(AccessToken {
        token: token.into(),
        mask: mask.clone(),
        renewed_at: later(asked_at, kept),
        ends_at: later(asked_at, life),
    })
}

/// `moment` plus `duration`; the end of time at most.
fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}
