//! What really stands on the wire, read by a listener on loopback that knows nothing of HTTP libraries.

use flate2::{Compression, write::GzEncoder};
use scimulator::{
    clock::SystemClock,
    scim::{
        authorization::Authorization,
        client::{Client, ClientOptions},
        client_credentials::{ClientCredentials, CredentialLocation},
        filter::Filter,
        http_transport::{HttpOptions, HttpTransport, HttpTransportError, ProxyChoice},
        query::Resource,
        target::Target,
        trace::{Recording, Trace, TraceEntry},
        transport::{BODY_LIMIT, Method, Request, Response, Transport, TransportError},
    },
};
use serde_json::json;
use std::{io::Write, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

const EMPTY: &str =
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}"#;

/// A listener that answers each request with the next of some prepared bytes, and hands out what it read. It keeps a
/// connection open, unless `close` is set.
struct Listener {
    address: SocketAddr,
    requests: UnboundedReceiver<String>,
}

impl Listener {
    async fn answering(answers: Vec<Vec<u8>>, close: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = unbounded_channel();
        tokio::spawn(async move {
            let mut answers = answers.into_iter();
            'connections: loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                while let Some(request) = read_request(&mut connection).await {
                    sender.send(request).unwrap();
                    let Some(answer) = answers.next() else { break 'connections };
                    // Who has read enough closes the connection; that is no fault of the listener.
                    let _ = connection.write_all(&answer).await;
                    if close {
                        break;
                    }
                }
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn request(&mut self) -> String {
        let request = self.requests.recv().await.unwrap();
        request.replace(&self.address.to_string(), "HOST")
    }

    fn client(&self, options: &HttpOptions) -> Client {
        self.client_with(options, Authorization::secret_token("sesame".into()).unwrap())
    }

    fn client_with(&self, options: &HttpOptions, authorization: Authorization) -> Client {
        let target = Target::parse(&self.url("/scim/")).unwrap();
        let transport = Arc::new(HttpTransport::new(options).unwrap());
        Client::new(target, authorization, transport, Arc::new(SystemClock), ClientOptions::default()).unwrap()
    }
}

/// Reads one request with its body; `None` at the connection's end.
async fn read_request(connection: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0) {
                return Some(String::from_utf8(bytes).unwrap());
            }
        }
        if connection.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn get(url: String) -> Request {
    Request { method: Method::Get, url, headers: Vec::new(), body: None }
}

async fn sent(answers: Vec<Vec<u8>>, close: bool) -> Result<Response, TransportError> {
    let listener = Listener::answering(answers, close).await;
    let transport = HttpTransport::new(&HttpOptions::default()).unwrap();
    transport.send(get(listener.url("/"))).await
}

#[tokio::test]
async fn a_query_is_sent_byte_for_byte_as_entra_sends_it() {
    let mut listener = Listener::answering(vec![answer("200 OK", "", EMPTY)], false).await;
    let filter: Filter = r#"emails[type eq "work"].value eq "ada+1@contoso.example""#.parse().unwrap();
    listener.client(&HttpOptions::default()).find(Resource::Users, &filter).await.unwrap();
    assert_eq!(
        listener.request().await,
        "GET /scim/Users?filter=emails%5btype+eq+%22work%22%5d.value+eq+%22ada%2b1%40contoso.example%22 HTTP/1.1\r\n\
         Host: HOST\r\n\
         Authorization: Bearer sesame\r\n\
         Accept: */*\r\n\
         \r\n"
    );
}

#[tokio::test]
async fn a_create_is_sent_byte_for_byte() {
    let created = answer("201 Created", "Content-Type: application/scim+json\r\n", r#"{"id":"7"}"#);
    let mut listener = Listener::answering(vec![created], false).await;
    let client = listener.client(&HttpOptions::default());
    assert_eq!(client.create(Resource::Users, &json!({"userName": "ädä"})).await.unwrap().id, "7");
    assert_eq!(
        listener.request().await,
        "POST /scim/Users HTTP/1.1\r\n\
         Host: HOST\r\n\
         Authorization: Bearer sesame\r\n\
         Content-Type: application/scim+json; charset=utf-8\r\n\
         Accept: */*\r\n\
         Content-Length: 20\r\n\
         \r\n\
         {\"userName\":\"ädä\"}"
    );
}

#[tokio::test]
async fn an_id_stays_escaped_in_the_path_and_a_user_agent_is_sent_where_set() {
    let mut listener = Listener::answering(vec![answer("204 No Content", "", "")], false).await;
    let options = HttpOptions { user_agent: Some("probe/1".into()), ..HttpOptions::default() };
    listener.client(&options).delete(Resource::Users, "a b/c@d%2e").await.unwrap();
    assert_eq!(
        listener.request().await,
        "DELETE /scim/Users/a%20b%2fc%40d%252e HTTP/1.1\r\n\
         Host: HOST\r\n\
         Authorization: Bearer sesame\r\n\
         Accept: */*\r\n\
         User-Agent: probe/1\r\n\
         \r\n"
    );
}

/// The header fields of a request as it was read, secrets hidden as a trace hides them.
fn fields_on_the_wire(request: &str) -> Vec<(String, String)> {
    let head = request.split("\r\n\r\n").next().unwrap();
    let fields = head.lines().skip(1).map(|line| line.split_once(": ").unwrap());
    let hidden = |name: &str, value: &str| match (name, value.split_once(' ')) {
        ("Authorization", Some((scheme, _))) => format!("{scheme} [hidden]"),
        _ => value.to_owned(),
    };
    fields.map(|(name, value)| (name.to_owned(), hidden(name, value))).collect()
}

fn fields_in_the_trace(entry: &TraceEntry) -> Vec<(String, String)> {
    let fields = entry.request_headers.iter();
    fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn a_trace_shows_each_header_field_that_is_on_the_wire_and_no_other() {
    let in_header = |listener: &Listener, location| {
        let client = ClientCredentials::new(&listener.url("/token"), "scim", "open:sesame".into(), false).unwrap();
        Authorization::ClientCredentials(Box::new(client.located(location)))
    };
    for user_agent in [None, Some("probe/1".to_owned())] {
        for location in [None, Some(CredentialLocation::Header), Some(CredentialLocation::Body)] {
            let user = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7"}"#;
            let mut answers = vec![
                answer("200 OK", "", EMPTY),
                answer("201 Created", "", user),
                answer("200 OK", "", user),
                answer("204 No Content", "", ""),
                answer("204 No Content", "", ""),
            ];
            if location.is_some() {
                answers.insert(0, answer("200 OK", "", r#"{"access_token":"open-sesame"}"#));
            }
            let count = answers.len();
            let mut listener = Listener::answering(answers, false).await;
            let options = HttpOptions { user_agent: user_agent.clone(), ..HttpOptions::default() };
            let client = match location {
                None => listener.client(&options),
                Some(location) => listener.client_with(&options, in_header(&listener, location)),
            };
            let recording = Arc::new(Recording::default());
            let client = client.traced(Trace::to(recording.clone()));
            client.find(Resource::Users, &Filter::equals(&"userName".parse().unwrap(), "x")).await.unwrap();
            client.create(Resource::Users, &json!({"userName": "ädä"})).await.unwrap();
            client.read(Resource::Users, "7").await.unwrap();
            client.patch(Resource::Users, "7", &json!({"Operations": []})).await.unwrap();
            client.delete(Resource::Users, "7").await.unwrap();
            let entries = recording.entries();
            assert_eq!(entries.len(), count);
            for entry in &entries {
                let request = listener.requests.recv().await.unwrap();
                assert_eq!(fields_in_the_trace(entry), fields_on_the_wire(&request), "{} {}", entry.method, entry.url);
            }
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let answers = vec![answer("200 OK", "", EMPTY), answer("200 OK", "", EMPTY)];
    let mut listener = Listener::answering(answers, false).await;
    let client = listener.client(&HttpOptions::default());
    let filter = Filter::equals(&"userName".parse().unwrap(), "x");
    client.find(Resource::Users, &filter).await.unwrap();
    client.find(Resource::Users, &filter).await.unwrap();
    assert_eq!(listener.request().await, listener.request().await);
}

#[tokio::test]
async fn gzip_that_nobody_asked_for_is_decoded() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(EMPTY.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let response = sent(vec![answer("200 OK", "Content-Encoding: gzip\r\n", &packed)], false).await.unwrap();
    assert_eq!(String::from_utf8(response.body).unwrap(), EMPTY);
    let response = sent(vec![answer("204 No Content", "Content-Encoding: gzip\r\n", "")], false).await.unwrap();
    assert_eq!((response.status, response.body.len()), (204, 0));
    let damaged = sent(vec![answer("200 OK", "Content-Encoding: gzip\r\n", &packed[..9])], false).await.unwrap_err();
    assert!(matches!(damaged, TransportError::Broken(_)), "{damaged:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let answers = vec![answer("302 Found", "Location: /elsewhere\r\nX-Trace: a\r\nX-Trace: b\r\n", "")];
    let response = sent(answers, false).await.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(response.header("location"), Some("/elsewhere"));
    let traces: Vec<_> = response.headers.iter().filter(|(name, _)| name == "x-trace").collect();
    assert_eq!(traces.len(), 2);
}

#[tokio::test]
async fn a_body_over_the_limit_is_cut_off() {
    let response = sent(vec![answer("200 OK", "", vec![b'x'; BODY_LIMIT + 1])], false).await.unwrap();
    assert_eq!((response.body.len(), response.truncated), (BODY_LIMIT, true));
}

#[tokio::test]
async fn what_breaks_off_is_broken() {
    let cases: [&[u8]; 4] = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":",
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ];
    for bytes in cases {
        let error = sent(vec![bytes.to_vec()], true).await.unwrap_err();
        assert!(matches!(error, TransportError::Broken(_)) && !error.never_opened(), "{error:?}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_never_opened() {
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let unused = silent.local_addr().unwrap();
    let transport = HttpTransport::new(&HttpOptions::default()).unwrap();
    let error = transport.send(get(format!("http://{unused}/scim/Users?filter=x"))).await.unwrap_err();
    assert!(error.never_opened());
    assert!(matches!(&error, TransportError::Connect { host, .. } if *host == unused.to_string()), "{error:?}");
    assert!(!error.to_string().contains("filter"), "{error}");
}

#[tokio::test]
async fn a_listener_without_tls_fails_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let options = HttpOptions { accept_invalid_certificates: true, ..HttpOptions::default() };
    let transport = HttpTransport::new(&options).unwrap();
    let error = transport.send(get(format!("https://{address}/"))).await.unwrap_err();
    assert!(matches!(&error, TransportError::Tls { host, .. } if *host == address.to_string()), "{error:?}");
}

#[tokio::test]
async fn a_name_that_nobody_has_is_not_resolved() {
    let transport = HttpTransport::new(&HttpOptions { proxy: ProxyChoice::Direct, ..HttpOptions::default() }).unwrap();
    // Longer than a name can be, so that no name server is asked.
    let host = format!("{}.invalid", "a".repeat(64));
    let error = transport.send(get(format!("http://{host}/"))).await.unwrap_err();
    assert_eq!(error, TransportError::Resolve { host });
}

#[tokio::test]
async fn a_proxy_carries_what_goes_elsewhere_and_nothing_for_this_machine() {
    let mut proxy = Listener::answering(vec![answer("200 OK", "", "through")], false).await;
    let mut direct = Listener::answering(vec![answer("200 OK", "", "direct")], false).await;
    let options = HttpOptions { proxy: ProxyChoice::Url(proxy.url("")), ..HttpOptions::default() };
    let transport = HttpTransport::new(&options).unwrap();
    assert_eq!(transport.send(get(direct.url("/scim"))).await.unwrap().body, b"direct");
    assert_eq!(transport.send(get("http://app.example/scim".into())).await.unwrap().body, b"through");
    assert!(direct.request().await.starts_with("GET /scim HTTP/1.1\r\n"));
    assert!(proxy.request().await.starts_with("GET http://app.example/scim HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_url_that_would_be_sent_otherwise_is_not_sent() {
    let transport = HttpTransport::new(&HttpOptions::default()).unwrap();
    let error = transport.send(get("http://127.0.0.1:1/scim/Users/..".into())).await.unwrap_err();
    assert_eq!(error.to_string(), "the request cannot be sent: its URL would be sent in another spelling");
}

#[test]
fn options_that_cannot_be_used_say_why() {
    let error = |options: HttpOptions| HttpTransport::new(&options).unwrap_err().to_string();
    assert_eq!(
        error(HttpOptions { proxy: ProxyChoice::Url("::".into()), ..HttpOptions::default() }),
        "`::` is no address of a proxy; write it like `http://proxy.example:3128`"
    );
    assert_eq!(
        error(HttpOptions { user_agent: Some("a\nb".into()), ..HttpOptions::default() }),
        "`a\nb` cannot stand in the header `User-Agent`; use letters, digits and marks only"
    );
    let folder = tempfile::tempdir().unwrap();
    let missing = HttpOptions { ca_file: Some(folder.path().join("none.pem")), ..HttpOptions::default() };
    assert!(matches!(HttpTransport::new(&missing).unwrap_err(), HttpTransportError::CaFile { .. }));
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let empty = HttpOptions { ca_file: Some(empty), ..HttpOptions::default() };
    assert!(matches!(HttpTransport::new(&empty).unwrap_err(), HttpTransportError::Certificates { .. }));
}
