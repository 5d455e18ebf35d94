//! The application that a job provisions into, as its tenant URL names it.
//!
//! The tenant URL is the SCIM base URL, with or without a trailing slash. Its query may hold the feature flag that
//! selects the wire dialect; the flag is read here and never sent. Other query parameters belong to the target and go
//! with every request. What the URL says apart from its query is the target's identity: connections belong to it
//! (`spec/ENGINE.md` §6).
//!
//! Source: `spec/WIRE.md` §1.

use super::dialect::Dialect;
use std::net::IpAddr;
use url::{Host, Url};

/// A parsed tenant URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    base: String,
    path_start: usize,
    parameters: String,
    dialect: Dialect,
    plain: bool,
    loopback: bool,
    insecure_http_allowed: bool,
}

/// Why a text is no tenant URL that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The URL holds a user name or a password.
    #[error("the URL must not hold a user name or password; give the secret token as `secret_token`")]
    Credentials,
    /// One flag selects the legacy dialect and another the compliant one.
    #[error("the URL has flags of both dialects; keep either `aadOptscim062020` or `AzureAdScimPatch2017`")]
    FlagConflict,
    /// A flag has a value other than `true` and `false`.
    #[error("`{value}` is no value of the flag `{flag}` in the URL; write `?{flag}` alone, or leave it out")]
    FlagValue {
        /// The flag as written.
        flag: String,
        /// What follows its equals sign.
        value: String,
    },
    /// Something follows a `#`.
    #[error("the URL must not hold `#`; remove it and what follows, or write it as `%23`")]
    Fragment,
    /// It cannot be read as a URL at all.
    #[error("`{text}` is no URL ({reason}); write it like `https://app.example/scim`")]
    Malformed {
        /// The text as given.
        text: String,
        /// What the URL reader says.
        reason: String,
    },
    /// The scheme is something other than `http` and `https`.
    #[error("the URL begins with `{0}:`; only `https:` and `http:` can be used")]
    Scheme(String),
}

impl Target {
    /// Reads a tenant URL.
    pub fn parse(tenant_url: &str) -> Result<Self, TargetError> {
        let text = tenant_url.trim();
        let mut url = Url::parse(text)
            .map_err(|error| TargetError::Malformed { text: text.to_owned(), reason: error.to_string() })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let (dialect, parameters) = read_query(url.query().unwrap_or_default())?;
        url.set_query(None);
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            path_start: url.origin().ascii_serialization().len(),
            base,
            parameters,
            dialect,
            plain: url.scheme() == "http",
            loopback: is_loopback(&url),
            insecure_http_allowed: false,
        })
    }

    /// Whether a token may go over plain `http` to a host other than this machine; the job's `allow_insecure_http`.
    #[must_use]
    pub fn insecure_http_allowed(mut self, allowed: bool) -> Self {
        self.insecure_http_allowed = allowed;
        self
    }

    /// Whether a token must not be sent there: plain `http`, not loopback, and not allowed.
    pub fn refuses_plain_http(&self) -> bool {
        self.plain && !self.loopback && !self.insecure_http_allowed
    }

    /// Scheme, host, port and path, without a trailing slash: what connections belong to, and what every request's URL
    /// begins with.
    pub fn identity(&self) -> &str {
        &self.base
    }

    /// The dialect that the flag in the URL selects; legacy without a flag.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same target, spoken to in `dialect` whatever its URL says.
    #[must_use]
    pub fn speaking(&self, dialect: Dialect) -> Self {
        Self { dialect, ..self.clone() }
    }

    /// The full URL of a request for `path` (which begins with a slash, percent-encoded) with the given query text.
    pub fn url(&self, path: &str, query: &str) -> String {
        let mut url = format!("{}{path}", self.base);
        let queries = [self.parameters.as_str(), query];
        for (index, query) in queries.into_iter().filter(|query| !query.is_empty()).enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(query);
        }
        url
    }

    /// A URL of this target without its scheme, host and port, as the request line has it.
    pub fn path_of<'a>(&self, url: &'a str) -> &'a str {
        url.get(self.path_start..).unwrap_or(url)
    }
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

/// Splits the flag off a tenant URL's query: the dialect, and the parameters that are sent along.
fn read_query(query: &str) -> Result<(Dialect, String), TargetError> {
    let mut chosen = None;
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, "true"));
        let Some(dialect) = Dialect::of_flag(name) else {
            kept.push(parameter);
            continue;
        };
        match value.to_ascii_lowercase().as_str() {
            "true" | "" => {}
            "false" => continue,
            _ => return Err(TargetError::FlagValue { flag: name.to_owned(), value: value.to_owned() }),
        }
        if chosen.replace(dialect).is_some_and(|other| other != dialect) {
            return Err(TargetError::FlagConflict);
        }
    }
    Ok((chosen.unwrap_or_default(), kept.join("&")))
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Target, TargetError};

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_base_has_no_trailing_slash_however_it_is_written() {
        for text in ["https://App.Example:443/scim", "https://app.example/scim/", " https://app.example/scim//?x=1 "] {
            assert_eq!(target(text).identity(), "https://app.example/scim", "{text}");
        }
        assert_eq!(target("http://127.0.0.1:9001").identity(), "http://127.0.0.1:9001");
    }

    #[test]
    fn every_spelling_of_the_flag_selects_its_dialect() {
        for (query, dialect) in [
            ("", Dialect::Legacy),
            ("?aadOptscim062020", Dialect::Compliant),
            ("?aadOptscim062020=true", Dialect::Compliant),
            ("?aadoptscim062020=True&x=1", Dialect::Compliant),
            ("?AzureAdScimPatch062020", Dialect::Compliant),
            ("?aadOptscim062020=false", Dialect::Legacy),
            ("?AzureAdScimPatch2017", Dialect::Legacy),
            ("?aadOptscim062020=false&AzureAdScimPatch062020", Dialect::Compliant),
        ] {
            assert_eq!(target(&format!("https://app.example/scim{query}")).dialect(), dialect, "{query}");
        }
    }

    #[test]
    fn the_flag_is_not_forwarded_and_other_parameters_are() {
        let target = target("https://app.example/scim/?tenant=7&aadOptscim062020&region=eu");
        assert_eq!(target.url("/Users", ""), "https://app.example/scim/Users?tenant=7&region=eu");
        assert_eq!(target.url("/Users", "count=1"), "https://app.example/scim/Users?tenant=7&region=eu&count=1");
    }

    #[test]
    fn a_path_is_what_stands_in_the_request_line() {
        let target = target("http://127.0.0.1:9001/scim");
        assert_eq!(target.path_of(&target.url("/Users", "count=1")), "/scim/Users?count=1");
    }

    #[test]
    fn a_token_goes_over_plain_http_only_to_this_machine_or_where_allowed() {
        for (url, refused) in [
            ("https://app.example/scim", false),
            ("http://app.example/scim", true),
            ("http://localhost:8080", false),
            ("http://app.localhost", false),
            ("http://127.8.8.8/scim", false),
            ("http://[::1]:9000/scim", false),
            ("http://[::ffff:127.0.0.1]/scim", false),
            ("http://127.0.0.1.example/scim", true),
            ("http://0.0.0.0/scim", true),
        ] {
            assert_eq!(target(url).refuses_plain_http(), refused, "{url}");
        }
        assert!(!target("http://app.example/scim").insecure_http_allowed(true).refuses_plain_http());
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let error = |text: &str| Target::parse(text).unwrap_err();
        assert_eq!(error("ftp://app.example"), TargetError::Scheme("ftp".into()));
        assert_eq!(error("https://a:b@app.example"), TargetError::Credentials);
        assert_eq!(error("https://app.example/scim#top"), TargetError::Fragment);
        assert_eq!(error("https://app.example?aadOptscim062020&AzureAdScimPatch2017"), TargetError::FlagConflict);
        assert_eq!(
            error("https://app.example?aadOptscim062020=maybe").to_string(),
            "`maybe` is no value of the flag `aadOptscim062020` in the URL; \
             write `?aadOptscim062020` alone, or leave it out"
        );
        assert_eq!(
            error("app.example/scim").to_string(),
            "`app.example/scim` is no URL (relative URL without a base); write it like `https://app.example/scim`"
        );
    }
}
