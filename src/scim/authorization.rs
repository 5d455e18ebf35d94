//! How requests to a target say who sends them.
//!
//! Mostly with the secret token of the job's configuration; or with an access token that the OAuth 2.0 client
//! credentials grant gives (RFC 6749 §4.4). Such a token is asked for before the first request, kept, and renewed five
//! minutes before it ends (at half its life, if that is shorter). When the target does not accept it, it is renewed
//! once at once.
//!
//! Whatever was used is also a [`Mask`], so that it shows nowhere. Source: `spec/WIRE.md` §1.

use super::{
    answer::Reading,
    client::answer_within,
    failure::{Failure, FailureKind},
    mask::Mask,
    path::member,
    target::is_loopback,
    transport::{Method, Request, Transport},
};
use crate::clock::Clock;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use url::{Position, Url, form_urlencoded};

/// How long before its end an access token is renewed.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);

/// How long an access token is taken to live when its issuer does not say.
const ASSUMED_LIFE: Duration = Duration::from_secs(3600);

/// How requests say who sends them.
#[derive(Debug)]
pub enum Authorization {
    /// Not at all: no `Authorization` header.
    Anonymous,
    /// With access tokens of the OAuth 2.0 client credentials grant.
    ClientCredentials(ClientCredentials),
    /// With the secret token.
    SecretToken(SecretToken),
}

/// A secret token that a header can carry.
#[derive(Debug)]
pub struct SecretToken {
    token: SecretString,
    mask: Mask,
}

/// A client that gets access tokens by its own credentials.
#[derive(Debug)]
pub struct ClientCredentials {
    token_url: Url,
    client_id: String,
    client_secret: SecretString,
    scope: Option<String>,
    current: Mutex<Option<AccessToken>>,
}

#[derive(Clone, Debug)]
struct AccessToken {
    token: SecretString,
    renewed_at: Timestamp,
}

/// Why requests cannot be authorized as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// A token is to go over plain `http` to another machine.
    #[error("a token must not go over plain `http` to `{0}`; use `https`, or set `allow_insecure_http = true`")]
    PlainHttp(String),
    /// The secret token holds what no header can.
    #[error("the secret token holds a character that no header can; check for line breaks and blanks around it")]
    Token,
    /// The address of the token endpoint cannot be used.
    #[error("`{0}` is no address of a token endpoint; write it like `https://login.example/oauth/token`")]
    TokenUrl(String),
}

/// What one request is authorized with.
pub(crate) struct Credential {
    token: Option<SecretString>,
    pub(crate) mask: Mask,
}

impl Authorization {
    /// Authorization by this secret token.
    pub fn secret_token(token: SecretString) -> Result<Self, AuthorizationError> {
        if token.expose_secret().is_empty() || !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AuthorizationError::Token);
        }
        let mask = Mask::new([&token]);
        Ok(Self::SecretToken(SecretToken { token, mask }))
    }

    /// Whether requests carry a secret.
    pub fn has_token(&self) -> bool {
        !matches!(self, Self::Anonymous)
    }

    /// What the next request is authorized with; asks for an access token where one is due. `refused` is what the
    /// target did not accept the last time.
    pub(crate) async fn credential(
        &self,
        transport: &dyn Transport,
        clock: &dyn Clock,
        timeout: Duration,
        refused: Option<&Credential>,
    ) -> Result<Credential, Failure> {
        match self {
            Self::Anonymous => Ok(Credential { token: None, mask: Mask::default() }),
            Self::SecretToken(SecretToken { token, mask }) => {
                Ok(Credential { token: Some(token.clone()), mask: mask.clone() })
            }
            Self::ClientCredentials(client) => {
                let token = client.token(transport, clock, timeout, refused).await?;
                let mask = Mask::new([&token, &client.client_secret]);
                Ok(Credential { token: Some(token), mask })
            }
        }
    }

    /// Whether another token may be accepted where the last one was not.
    pub(crate) fn can_renew(&self) -> bool {
        matches!(self, Self::ClientCredentials(_))
    }
}

impl Credential {
    /// The value of the `Authorization` header.
    pub(crate) fn header(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {}", token.expose_secret()))
    }
}

impl ClientCredentials {
    /// A client known to the token endpoint at `token_url`, which must be `https` or on this machine.
    pub fn new(
        token_url: &str,
        client_id: &str,
        client_secret: SecretString,
        scope: Option<&str>,
    ) -> Result<Self, AuthorizationError> {
        let unusable = || AuthorizationError::TokenUrl(token_url.to_owned());
        let mut token_url = Url::parse(token_url.trim()).map_err(|_| unusable())?;
        token_url.set_fragment(None);
        match token_url.scheme() {
            "https" => {}
            "http" if is_loopback(&token_url) => {}
            "http" => return Err(AuthorizationError::PlainHttp(token_url.into())),
            _ => return Err(unusable()),
        }
        Ok(Self {
            token_url,
            client_id: client_id.to_owned(),
            client_secret,
            scope: scope.map(str::to_owned),
            current: Mutex::new(None),
        })
    }

    async fn token(
        &self,
        transport: &dyn Transport,
        clock: &dyn Clock,
        timeout: Duration,
        refused: Option<&Credential>,
    ) -> Result<SecretString, Failure> {
        let mut current = self.current.lock().await;
        if let Some(AccessToken { token, renewed_at }) = &*current {
            let refused = refused.and_then(|refused| refused.token.as_ref());
            let is_refused = refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret());
            if clock.now() < *renewed_at && !is_refused {
                return Ok(token.clone());
            }
        }
        *current = None;
        let issued = self.issued(transport, clock, timeout).await?;
        let token = issued.token.clone();
        *current = Some(issued);
        Ok(token)
    }

    /// Asks the token endpoint for an access token.
    async fn issued(
        &self,
        transport: &dyn Transport,
        clock: &dyn Clock,
        timeout: Duration,
    ) -> Result<AccessToken, Failure> {
        let mask = Mask::new([&self.client_secret]);
        let request = self.request();
        let path = self.token_url[Position::BeforePath..].to_owned();
        let asked_at = clock.now();
        let response = answer_within(transport, clock, timeout, request).await.map_err(|kind| Failure {
            kind,
            method: Method::Post,
            path: path.clone(),
            answer: None,
        })?;
        let reading = Reading { method: Method::Post, path, mask, response };
        if matches!(reading.response.status, 400 | 401 | 403) {
            return Err(reading.failure(FailureKind::InvalidCredentials));
        }
        let reading = reading.success()?;
        let answer =
            reading.body().map_err(|_| unreadable(&reading, "the token endpoint's answer is no JSON object"))?;
        let token = member(&answer, "access_token").and_then(Value::as_str);
        let Some(token) = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()))
        else {
            let what = "the token endpoint's answer has no `access_token` that a header can carry";
            return Err(unreadable(&reading, what));
        };
        let life = match member(&answer, "expires_in") {
            Some(Value::Number(seconds)) => seconds.as_u64().map_or(ASSUMED_LIFE, Duration::from_secs),
            Some(Value::String(seconds)) => seconds.parse().map_or(ASSUMED_LIFE, Duration::from_secs),
            _ => ASSUMED_LIFE,
        };
        let kept = life.saturating_sub(RENEWED_BEFORE_END).max(life / 2);
        let renewed_at = asked_at.checked_add(kept).unwrap_or(Timestamp::MAX);
        Ok(AccessToken { token: token.into(), renewed_at })
    }

    /// The request of RFC 6749 §4.4.2, with the client's credentials in its body (§2.3.1).
    fn request(&self) -> Request {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose_secret());
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        Request {
            method: Method::Post,
            url: self.token_url.to_string(),
            headers: vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body: Some(form.finish().into_bytes()),
        }
    }
}

/// A failure that keeps nothing of the answer, for a token may be in it.
fn unreadable(reading: &Reading, what: &str) -> Failure {
    let mut failure = reading.failure(FailureKind::NotScim(what.to_owned()));
    failure.answer = Some(Box::new(super::failure::Answer { status: reading.response.status, ..Default::default() }));
    failure
}
