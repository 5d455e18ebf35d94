//! Where connections go and how they begin: TLS, proxies, redirects. Source: `spec/WIRE.md` §1.

use super::{
    application::{Application, Instead, TOKEN, bytes},
    clock::StoryClock,
    mapping,
    story::story,
};
use scimulator::{
    clock::SystemClock,
    config,
    engine::{Job, JobError},
    scim::{
        http_transport::{HttpOptions, HttpTransport},
        transport::{Method, Request, Transport as _},
    },
};
use serde_json::json;
use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A listener that notes the first bytes of each connection, and answers nothing.
async fn first_bytes(listener: TcpListener) -> Vec<u8> {
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut head = [0; 5];
    connection.read_exact(&mut head).await.unwrap();
    let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
    let mut record = vec![0; length];
    connection.read_exact(&mut record).await.unwrap();
    [head.to_vec(), record].concat()
}

/// The content of an extension of a TLS `ClientHello` (RFC 8446 §4.1.2), which stands in one record.
fn extension(record: &[u8], kind: u16) -> Vec<u8> {
    let number =
        |at: usize, bytes: usize| record[at..at + bytes].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    // Record head, handshake head, version, random.
    let mut at = 5 + 4 + 2 + 32;
    at += 1 + number(at, 1);
    at += 2 + number(at, 2);
    at += 1 + number(at, 1);
    let end = at + 2 + number(at, 2);
    at += 2;
    while at < end {
        let (found, length) = (number(at, 2), number(at + 2, 2));
        if found == usize::from(kind) {
            return record[at + 4..at + 4 + length].to_vec();
        }
        at += 4 + length;
    }
    panic!("the ClientHello has no extension {kind}");
}

#[tokio::test]
async fn tls_offers_versions_1_3_and_1_2_and_both_http_2_and_http_1_1() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/scim/Users", listener.local_addr().unwrap());
    let hello = tokio::spawn(first_bytes(listener));
    let transport = HttpTransport::new(&HttpOptions::default()).unwrap();
    let sent = transport.send(Request { method: Method::Get, url, headers: Vec::new(), body: None }).await;
    assert!(sent.unwrap_err().never_opened());
    let hello = hello.await.unwrap();
    assert_eq!(extension(&hello, 43), [4, 3, 4, 3, 3], "supported versions");
    assert_eq!(extension(&hello, 16), b"\x00\x0c\x02h2\x08http/1.1", "application protocols");
}

/// A proxy that notes the request line of each connection, and answers 502.
async fn proxy() -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, lines) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !read.ends_with(b"\r\n\r\n") && connection.read_buf(&mut read).await.unwrap_or(0) > 0 {}
            let text = String::from_utf8_lossy(&read).into_owned();
            let _ = sender.send(text.lines().next().unwrap_or_default().to_owned());
            let _ = connection.write_all(&bytes(502, "Connection: close\r\n", "")).await;
        }
    });
    (address, lines)
}

/// Tests the connection to this target with the real program, whose environment names a proxy for everything.
async fn test_connection(folder: &Path, proxy: SocketAddr, tenant_url: &str) -> i32 {
    std::fs::write(folder.join("mapping.toml"), mapping::small(&[])).unwrap();
    std::fs::write(
        folder.join("scimulator.toml"),
        format!(
            "[[jobs]]\nname = \"job\"\nmapping = \"mapping.toml\"\ntenant_url = \"{tenant_url}\"\n\
             secret_token = \"{TOKEN}\"\nallow_insecure_http = true\n"
        ),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulator"));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, format!("http://{proxy}"));
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY").current_dir(folder);
    command.args(["test-connection", "job"]).stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    ended.await.unwrap().status.code().unwrap()
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy_and_others_are() {
    let clock = Arc::new(StoryClock::at("2026-01-05T08:00:00Z".parse().unwrap()));
    let application = Application::listen(clock).await;
    let (proxy, mut lines) = proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let port = application.address().port();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(test_connection(folder.path(), proxy, &format!("http://{host}:{port}/scim")).await, 0, "{host}");
        assert_eq!(application.take_requests().len(), 2, "{host}");
    }
    assert_eq!(test_connection(folder.path(), proxy, "http://app.example/scim").await, 1);
    let asked = lines.recv().await.unwrap();
    assert!(asked.starts_with("GET http://app.example/scim/Users?filter=userName+eq+%22"), "{asked}");
    assert!(lines.try_recv().is_err(), "nothing else went through the proxy");
}

/// A redirect to `location`.
fn redirect(status: u16, location: &str) -> Instead {
    Instead::Answer(bytes(status, &format!("Location: {location}\r\n"), ""))
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_the_token_stays_here() {
    let clock = Arc::new(StoryClock::at("2026-01-05T08:00:00Z".parse().unwrap()));
    let other = Application::listen(clock).await;
    let mut told = story().given(|stage| stage.users(&["ann"]));
    for status in [301, 302, 303, 307, 308] {
        for location in [format!("http://{}/scim/Users/t-ann", other.address()), "https://app.example/scim".to_owned()]
        {
            told = told
                .when(move |stage| {
                    stage.change("ann", &json!({"department": format!("{status} {location}")}));
                    stage.application.instead("GET /scim/Users/t-ann", 1, redirect(status, &location));
                })
                .sends_in_both("GET /scim/Users/t-ann");
        }
    }
    told.holds().await;
    assert!(other.take_requests().is_empty());
}

#[tokio::test]
async fn a_read_that_is_redirected_at_the_same_host_is_followed_and_a_write_is_not() {
    story()
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| {
            stage.change("ann", &json!({"department": "Sales"}));
            stage.application.instead("GET /scim/Users/t-ann", 1, redirect(307, "/v2/Users/t-ann?moved"));
        })
        .sends_in_both("GET /scim/Users/t-ann\nGET /v2/Users/t-ann?moved")
        .when(|stage| {
            stage.users(&["bob"]);
            stage.application.instead("POST", 1, redirect(307, "/v2/Users"));
        })
        .sends_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22bob%40contoso.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob@contoso.example","active":true,
              "displayName":"Bob","meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_token_goes_over_plain_http_to_another_machine_only_where_the_job_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mapping.toml"), mapping::small(&[])).unwrap();
    let open = |setting: &str| {
        let text = format!(
            "[[jobs]]\nname = \"job\"\nmapping = \"mapping.toml\"\ntenant_url = \"http://app.example/scim\"\n\
             secret_token = \"{TOKEN}\"\n{setting}\n"
        );
        let (settings, _) =
            config::parse("scimulator.toml", &text, folder.path()).unwrap_or_else(|error| panic!("{error}"));
        Job::open(&settings.jobs[0], &settings, Arc::new(SystemClock), None).map(drop)
    };
    assert!(matches!(open(""), Err(JobError::Authorization { .. })));
    assert!(open("allow_insecure_http = true").is_ok());
}
