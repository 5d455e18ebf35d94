//! The transport over the network.
//!
//! Requests leave as Entra's do: no `User-Agent` unless one is set, no `Accept-Encoding`, header names in title case,
//! HTTP/1.1 to `http` targets (TLS may negotiate HTTP/2). Redirects are never followed here, and requests to this
//! machine never go through a proxy.
//!
//! All header fields are put on a request here or before, none is left to the HTTP library: so a trace shows exactly what
//! a target sees ([`Transport::complete`]). Known limit: a request without `Accept` would get one from the library.
//!
//! A connection is kept for the next request for one second only. Servers close idle connections without a word, many
//! after two or five seconds; a POST sent into a connection that closes at that moment would have an unknown outcome.
//!
//! Source: `spec/WIRE.md` §1.

use super::{
    received_body::ReceivedBody,
    target::is_loopback,
    transport::{Method, Request, Response, Transport, TransportError},
};
use futures_util::future::BoxFuture;
use reqwest::{
    Certificate, Client, ClientBuilder, Proxy,
    header::{AUTHORIZATION, CONTENT_ENCODING, HOST, HeaderName, HeaderValue},
    redirect::Policy,
    tls::Version,
};
use std::{error::Error as _, fs, io, path::PathBuf, time::Duration};
use url::{Position, Url};

/// How long a connection without requests is kept.
const IDLE_CONNECTION: Duration = Duration::from_secs(1);

/// How connections are made; a job's settings of the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// The `User-Agent` header; none is sent unless it is set.
    pub user_agent: Option<String>,
    /// A PEM file of certificate authorities to trust besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate will do. For tries against an endpoint in development.
    pub accept_invalid_certificates: bool,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// Which proxy requests go through, those to this machine aside.
    pub proxy: ProxyChoice,
}

/// Which proxy requests go through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// What the system says: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, or the desktop's settings.
    #[default]
    System,
    /// None.
    Direct,
    /// This one, for everything.
    Url(String),
}

/// Why there can be no transport with these options.
#[derive(Debug, thiserror::Error)]
pub enum HttpTransportError {
    /// The file of certificate authorities cannot be read.
    #[error("the file of certificate authorities `{}` cannot be read: {error}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The file of certificate authorities holds none, or something else.
    #[error("`{}` holds no certificate in PEM form; `ca_file` must hold `-----BEGIN CERTIFICATE-----`", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// The proxy's address cannot be used.
    #[error("`{0}` is no address of a proxy; write it like `http://proxy.example:3128`")]
    Proxy(String),
    /// TLS cannot be set up, mostly because the system has no certificate authorities.
    #[error("TLS cannot be set up: {0}; install the system's certificate authorities or name a `ca_file`")]
    Tls(String),
    /// The user agent holds a character that no header can.
    #[error("`{0}` cannot stand in the header `User-Agent`; use letters, digits and marks only")]
    UserAgent(String),
}

/// Sends requests over the network.
#[derive(Debug)]
pub struct HttpTransport {
    /// For this machine: never through a proxy.
    direct: Client,
    /// For all other hosts.
    outside: Client,
    connect_timeout: Duration,
    user_agent: Option<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            user_agent: None,
            ca_file: None,
            accept_invalid_certificates: false,
            connect_timeout: Duration::from_secs(10),
            proxy: ProxyChoice::default(),
        }
    }
}

impl HttpTransport {
    /// A transport with connections of its own. Reads the file of certificate authorities.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpTransportError> {
        let authorities = authorities(options)?;
        let build =
            |builder: ClientBuilder| builder.build().map_err(|error| HttpTransportError::Tls(innermost(&error)));
        let direct = build(builder(options, &authorities).no_proxy())?;
        let outside = match &options.proxy {
            ProxyChoice::System => build(builder(options, &authorities))?,
            ProxyChoice::Direct => direct.clone(),
            ProxyChoice::Url(text) => {
                let proxy = Proxy::all(text).map_err(|_| HttpTransportError::Proxy(text.clone()))?;
                build(builder(options, &authorities).no_proxy().proxy(proxy))?
            }
        };
        if let Some(text) = &options.user_agent {
            HeaderValue::from_str(text).map_err(|_| HttpTransportError::UserAgent(text.clone()))?;
        }
        let (connect_timeout, user_agent) = (options.connect_timeout, options.user_agent.clone());
        Ok(Self { direct, outside, connect_timeout, user_agent })
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let url = Url::parse(&request.url).map_err(|error| TransportError::Request(error.to_string()))?;
        if url.as_str() != request.url {
            return Err(TransportError::Request("its URL would be sent in another spelling".to_owned()));
        }
        let broken = |error: reqwest::Error| self.error(&error, &url);
        let client = if is_loopback(&url) { &self.direct } else { &self.outside };
        let mut answer = client.execute(written(request, &url)?).await.map_err(broken)?;
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        let coding = answer.headers().get(CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
        let mut body = ReceivedBody::new(coding);
        let undecodable = |error: io::Error| TransportError::Broken(format!("its gzip coding is damaged ({error})"));
        while let Some(part) = answer.chunk().await.map_err(broken)? {
            if !body.push(&part).map_err(undecodable)? {
                break;
            }
        }
        let (body, truncated) = body.finish().map_err(undecodable)?;
        Ok(Response { status: answer.status().as_u16(), headers, body, truncated })
    }

    /// What an error of the HTTP library means.
    fn error(&self, error: &reqwest::Error, url: &Url) -> TransportError {
        let reason = innermost(error);
        if !error.is_connect() {
            return if error.is_builder() { TransportError::Request(reason) } else { TransportError::Broken(reason) };
        }
        let host = url[Position::BeforeHost..Position::AfterHost].to_owned();
        if error.is_dns() {
            return TransportError::Resolve { host };
        }
        let host = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        if error.is_timeout() {
            TransportError::ConnectTimeout { host, seconds: self.connect_timeout.as_secs() }
        } else if url.scheme() == "https" && is_tls(error) {
            TransportError::Tls { host, reason }
        } else {
            TransportError::Connect { host, reason }
        }
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(self.complete(request)))
    }

    fn complete(&self, mut request: Request) -> Request {
        if request.header("Host").is_none()
            && let Ok(url) = Url::parse(&request.url)
        {
            // First, as RFC 9110 §7.2 wants it.
            let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
            request.headers.insert(0, ("Host".to_owned(), host));
        }
        if request.header("User-Agent").is_none()
            && let Some(text) = &self.user_agent
        {
            request.headers.push(("User-Agent".to_owned(), text.clone()));
        }
        if request.header("Content-Length").is_none()
            && let Some(body) = &request.body
        {
            request.headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        request
    }
}

/// What all connections have in common.
fn builder(options: &HttpOptions, authorities: &[Certificate]) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_gzip()
        .http1_title_case_headers()
        .pool_idle_timeout(IDLE_CONNECTION)
        .connect_timeout(options.connect_timeout)
        .tls_version_min(Version::TLS_1_2)
        .tls_danger_accept_invalid_certs(options.accept_invalid_certificates)
        .tls_certs_merge(authorities.iter().cloned())
}

/// The certificate authorities of the options' file.
fn authorities(options: &HttpOptions) -> Result<Vec<Certificate>, HttpTransportError> {
    let Some(path) = &options.ca_file else {
        return Ok(Vec::new());
    };
    let pem = fs::read(path).map_err(|error| HttpTransportError::CaFile { path: path.clone(), error })?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(authorities) if !authorities.is_empty() => Ok(authorities),
        _ => Err(HttpTransportError::Certificates { path: path.clone() }),
    }
}

/// The request in the HTTP library's terms.
fn written(request: Request, url: &Url) -> Result<reqwest::Request, TransportError> {
    let method = match request.method {
        Method::Delete => reqwest::Method::DELETE,
        Method::Get => reqwest::Method::GET,
        Method::Patch => reqwest::Method::PATCH,
        Method::Post => reqwest::Method::POST,
    };
    let mut written = reqwest::Request::new(method, url.clone());
    let headers = written.headers_mut();
    for (name, value) in request.headers {
        let unusable = || TransportError::Request(format!("the header `{name}` holds a character that no header can"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        if header == HOST && url.scheme() == "https" {
            // HTTP/2, if that is agreed on, has it elsewhere; for HTTP/1.1 the library then adds the same.
            continue;
        }
        let mut value = HeaderValue::from_str(&value).map_err(|_| unusable())?;
        value.set_sensitive(header == AUTHORIZATION);
        headers.append(header, value);
    }
    *written.body_mut() = request.body.map(Into::into);
    Ok(written)
}

/// Whether a connection failed after TCP stood: what is wrong is then the TLS handshake.
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| {
        matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
    })
}

/// What the innermost cause says; the outer ones add only what happened to whom.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// The causes of an error, from the outside in. An I/O error hides what it was made from: its source is already the
/// cause of that.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(hidden) => Some(hidden),
            None => cause.source(),
        }
    })
}
