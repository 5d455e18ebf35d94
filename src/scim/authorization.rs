//! How requests to a target say who sends them.
//!
//! Mostly with the secret token of the job's configuration; or with the access tokens that [`ClientCredentials`] get. Where
//! the target does not accept one of those, it is renewed once at once.
//!
//! Whatever was used is also a [`Mask`], so that it shows nowhere. Source: `spec/WIRE.md` §1.

use super::{client_credentials::ClientCredentials, failure::Failure, mask::Mask, trace::Trace, transport::Transport};
use crate::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How requests say who sends them.
#[derive(Debug)]
pub enum Authorization {
    /// Not at all: no `Authorization` header.
    Anonymous,
    /// With access tokens of the OAuth 2.0 client credentials grant.
    ClientCredentials(Box<ClientCredentials>),
    /// With the secret token.
    SecretToken(SecretToken),
}

/// A secret token that a header can carry.
#[derive(Debug)]
pub struct SecretToken {
    token: SecretString,
    mask: Mask,
}

/// Why requests cannot be authorized as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// A token or a client secret is to go over plain `http` to another machine.
    #[error("a token must not go over plain `http` to `{0}`; use `https`, or set `allow_insecure_http = true`")]
    PlainHttp(String),
    /// The secret token holds what no header can.
    #[error("the secret token holds a character that no header can; check for line breaks and blanks around it")]
    Token,
    /// The address of the token endpoint cannot be used.
    #[error("`{0}` is no address of a token endpoint; write it like `https://login.example/oauth/token`")]
    TokenUrl(String),
    /// The address of the token endpoint holds a user name or a password.
    #[error(
        "the address of the token endpoint must not hold a user name or password; give `client_id` and `client_secret`"
    )]
    TokenUrlCredentials,
}

/// What one request is authorized with.
pub(crate) struct Credential {
    pub(super) token: Option<SecretString>,
    pub(crate) mask: Mask,
}

/// What it takes to ask for an access token.
pub(crate) struct Means<'a> {
    pub(crate) transport: &'a dyn Transport,
    pub(crate) clock: &'a dyn Clock,
    /// How long the token endpoint's answer may take.
    pub(crate) timeout: Duration,
    /// How often the token endpoint is asked again after it asked to wait.
    pub(crate) repeats: u32,
    /// Ends a wait that the token endpoint asked for.
    pub(crate) stop: &'a CancellationToken,
    pub(crate) trace: &'a Trace,
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
        means: &Means<'_>,
        refused: Option<&Credential>,
    ) -> Result<Credential, Failure> {
        match self {
            Self::Anonymous => Ok(Credential { token: None, mask: Mask::default() }),
            Self::SecretToken(SecretToken { token, mask }) => {
                Ok(Credential { token: Some(token.clone()), mask: mask.clone() })
            }
            Self::ClientCredentials(client) => client.credential(means, refused).await,
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
