//! TLS: which certificates are taken, and which protocol is spoken behind it. Certificates are made here.

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use scimulator::scim::{
    http_transport::{HttpOptions, HttpTransport, ProxyChoice},
    transport::{Method, Request, Response, Transport as _, TransportError},
};
use std::{convert::Infallible, net::SocketAddr, path::PathBuf, sync::Arc};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::PrivatePkcs8KeyDer,
        version::{TLS12, TLS13},
    },
};

/// A certificate authority of our own, and the file that names it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Issues a certificate for this name or address.
    fn issues(&self, name: &str, alter: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        alter(&mut params);
        Identity { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }
}

/// Listens with this certificate; answers each request with the version of HTTP that it came by.
async fn server(identity: &Identity, versions: &[&'static SupportedProtocolVersion], protocols: &[&str]) -> SocketAddr {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap().with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
    let mut config = builder.with_single_cert(vec![identity.certificate.der().clone()], key.into()).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(connection) = acceptor.accept(connection).await else { return };
                let answer = hyper::service::service_fn(async |request: hyper::Request<hyper::body::Incoming>| {
                    let body = format!("{:?} {}", request.version(), request.uri().path());
                    Ok::<_, Infallible>(hyper::Response::new(body))
                });
                let _ =
                    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), answer).await;
            });
        }
    });
    address
}

async fn ask(host: &str, address: SocketAddr, options: HttpOptions) -> Result<Response, TransportError> {
    let transport = HttpTransport::new(&HttpOptions { proxy: ProxyChoice::Direct, ..options }).unwrap();
    let url = format!("https://{host}:{}/scim/Users", address.port());
    transport.send(Request { method: Method::Get, url, headers: Vec::new(), body: None }).await
}

fn trusting(authority: &Authority) -> HttpOptions {
    HttpOptions { ca_file: Some(authority.file()), ..HttpOptions::default() }
}

fn trusting_anybody() -> HttpOptions {
    HttpOptions { accept_invalid_certificates: true, ..HttpOptions::default() }
}

fn body(answer: Result<Response, TransportError>) -> String {
    String::from_utf8(answer.unwrap().body).unwrap()
}

#[tokio::test]
async fn a_certificate_of_the_authority_in_ca_file_is_taken_by_name_and_by_address() {
    let authority = Authority::new();
    for host in ["localhost", "127.0.0.1"] {
        let address = server(&authority.issues(host, |_| {}), &[&TLS13], &["http/1.1"]).await;
        assert_eq!(body(ask(host, address, trusting(&authority)).await), "HTTP/1.1 /scim/Users");
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_offers_it_and_tls_1_2_is_enough() {
    let authority = Authority::new();
    let identity = authority.issues("localhost", |_| {});
    let address = server(&identity, &[&TLS13], &["h2", "http/1.1"]).await;
    assert_eq!(body(ask("localhost", address, trusting(&authority)).await), "HTTP/2.0 /scim/Users");
    let address = server(&identity, &[&TLS12], &["h2"]).await;
    assert_eq!(body(ask("localhost", address, trusting(&authority)).await), "HTTP/2.0 /scim/Users");
    let address = server(&identity, &[&TLS12], &[]).await;
    assert_eq!(body(ask("localhost", address, trusting(&authority)).await), "HTTP/1.1 /scim/Users");
}

#[tokio::test]
async fn what_cannot_be_trusted_is_refused_unless_that_is_asked_for() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let cases = [
        ("of an unknown authority", stranger.issues("localhost", |_| {}), trusting(&authority)),
        ("of an authority that nobody named", authority.issues("localhost", |_| {}), HttpOptions::default()),
        ("for another name", authority.issues("login.example", |_| {}), trusting(&authority)),
        ("past its end", authority.issues("localhost", expired), trusting(&authority)),
    ];
    for (case, identity, options) in cases {
        let address = server(&identity, &[&TLS13], &["http/1.1"]).await;
        let error = ask("localhost", address, options).await.unwrap_err();
        let host = format!("localhost:{}", address.port());
        assert!(matches!(&error, TransportError::Tls { host: found, .. } if *found == host), "{case}: {error:?}");
        assert!(error.never_opened(), "{case}");
        assert!(error.to_string().contains("`ca_file`"), "{case}: {error}");
        assert_eq!(body(ask("localhost", address, trusting_anybody()).await), "HTTP/1.1 /scim/Users", "{case}");
    }
}
