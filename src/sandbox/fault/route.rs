//! Which requests a rule concerns, by method and path.

use crate::{
    config::problem::did_you_mean,
    sandbox::{exchange::Request, route::BASE_PATH},
};
use std::{fmt, str::FromStr};

/// The methods that the application knows.
const METHODS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];
/// What lies at the top of the application.
const COLLECTIONS: [&str; 5] = ["/Groups", "/ResourceTypes", "/Schemas", "/ServiceProviderConfig", "/Users"];

/// A method, a path with all that lies below it, or both: `PATCH /Users`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultRoute {
    method: Option<String>,
    /// Below [`BASE_PATH`], without a slash at its end.
    path: Option<String>,
}

/// Why a text is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// The application knows no such method.
    #[error("`{0}` is no method")]
    Method(String),
    /// There is nothing at this path.
    #[error("nothing is at `{0}`")]
    Path(String),
    /// There is more than a method and a path.
    #[error("`{0}` is more than a method and a path")]
    TooMuch(String),
}

impl RouteError {
    /// What to do about it.
    pub(super) fn help(&self) -> String {
        let meant = match self {
            Self::Method(method) => did_you_mean(method, METHODS),
            Self::Path(path) => did_you_mean(path, COLLECTIONS),
            Self::Empty | Self::TooMuch(_) => None,
        };
        meant.unwrap_or_else(|| {
            format!(
                "write a method ({}), a path ({}) or both: `PATCH /Users`",
                METHODS.join(", "),
                COLLECTIONS.join(", ")
            )
        })
    }
}

impl FaultRoute {
    /// Whether it concerns the request.
    pub fn covers(&self, request: &Request) -> bool {
        let method_fits = self.method.as_deref().is_none_or(|method| method == request.method);
        method_fits
            && self.path.as_deref().is_none_or(|path| {
                let below = request.path().strip_prefix(BASE_PATH).and_then(|rest| rest.strip_prefix(path));
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

impl FromStr for FaultRoute {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let mut route = Self::default();
        let mut words = text.split_whitespace().peekable();
        if let Some(method) = words.next_if(|word| !word.starts_with('/')) {
            let known = METHODS.iter().find(|known| known.eq_ignore_ascii_case(method));
            route.method = Some((*known.ok_or_else(|| RouteError::Method(method.to_owned()))?).to_owned());
        }
        if let Some(written) = words.next() {
            let path = written.strip_prefix(BASE_PATH).filter(|rest| rest.starts_with('/')).unwrap_or(written);
            let path = path.trim_end_matches('/');
            let is_known =
                |known: &&str| path.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if !COLLECTIONS.iter().any(is_known) {
                return Err(RouteError::Path(written.to_owned()));
            }
            route.path = Some(path.to_owned());
        }
        match words.next() {
            Some(_) => Err(RouteError::TooMuch(text.to_owned())),
            None if route == Self::default() => Err(RouteError::Empty),
            None => Ok(route),
        }
    }
}

impl fmt::Display for FaultRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.method.as_deref(), self.path.as_deref()];
        formatter.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}
