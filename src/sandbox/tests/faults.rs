//! Faults over a socket, and in the same process: the SCIM client cannot tell one from the other.

use super::{Sandbox, USER};
use crate::{
    clock::{Clock as _, ManualClock, elapsed},
    sandbox::{
        Arrival, InProcess, Request, Settings,
        fault::{FaultRule, Faults},
        serve,
    },
    scim::{
        authorization::Authorization,
        client::{Client, ClientOptions},
        failure::FailureKind,
        filter::{Comparison, Filter},
        http_transport::{HttpOptions, HttpTransport},
        path::Path,
        query::Resource,
        target::Target,
        transport::{self, Method, Transport, TransportError},
    },
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::oneshot};

/// An application with the fault that `text` describes.
fn faulty(text: &str) -> Sandbox {
    let mut sandbox = Sandbox::with(Settings { record_requests: true, ..Settings::default() });
    let faults = Faults::new(Arc::new(sandbox.clock.clone()), 7);
    faults.plant(FaultRule::parse(text).unwrap());
    sandbox.application = sandbox.application.with_fault(faults);
    sandbox
}

fn create(url: &str) -> transport::Request {
    transport::Request {
        method: Method::Post,
        url: format!("{url}/Users"),
        headers: vec![("Content-Type".to_owned(), "application/scim+json".to_owned())],
        body: Some(json!({"schemas": [USER], "userName": "ada"}).to_string().into_bytes()),
    }
}

/// What came of a create: the status, content type and body of the answer (without what differs from one application to
/// the next), or the error; and whether there is a user now.
type Came = (Result<(u16, Option<String>, Vec<u8>), TransportError>, usize);

async fn came(sandbox: Sandbox, over_a_socket: bool) -> Came {
    let application = Arc::new(sandbox.application);
    let outcome = if over_a_socket {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/scim", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, application.clone(), async { drop(stopped.await) }));
        let outcome = HttpTransport::new(&HttpOptions::default()).unwrap().send(create(&url)).await;
        drop(stop);
        server.await.unwrap().unwrap();
        outcome
    } else {
        InProcess::to(application.clone()).send(create("http://app.example/scim")).await
    };
    let answer = outcome.map(|answer| {
        let stripped = |mut body: Value| {
            body["meta"] = Value::Null;
            body.to_string().into_bytes()
        };
        let content_type = answer.header("Content-Type").map(str::to_owned);
        (answer.status, content_type, serde_json::from_slice(&answer.body).map_or(answer.body, stripped))
    });
    (answer, application.user_count())
}

#[tokio::test]
async fn each_fault_is_the_same_over_a_socket_and_in_the_same_process() {
    let broken = |why: &str| Err(TransportError::Broken(why.to_owned()));
    let reset = "Connection reset by peer (os error 104)";
    let garbage =
        |status| Ok((status, Some("application/scim+json".to_owned()), b"\xff\xfe{]\x00 garbage \x9d".to_vec()));
    let error = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "503",
        "detail": "a fault that the sandbox was told to have",
        "meta": null,
    });
    let error = Ok((503, Some("application/scim+json".to_owned()), error.to_string().into_bytes()));
    for (text, answer, users) in [
        ("status=503", error.clone(), 0),
        ("status=503,carried_out", error, 1),
        ("reset", broken(reset), 0),
        ("reset,carried_out", broken(reset), 1),
        ("truncate", broken("end of file before message length reached"), 1),
        ("garbage", garbage(200), 0),
        ("garbage,carried_out,latency=1h", garbage(201), 1),
    ] {
        let expected = (answer, users);
        assert_eq!(came(faulty(text), true).await, expected, "{text} over a socket");
        assert_eq!(came(faulty(text), false).await, expected, "{text} in the same process");
    }
    let (answer, users) = came(faulty("content_type=text/html"), true).await;
    let (status, content_type, body) = answer.clone().unwrap();
    assert_eq!((status, content_type.as_deref(), users), (201, Some("text/html"), 1));
    assert!(body.starts_with(b"{\"schemas\""));
    assert_eq!(came(faulty("content_type=text/html"), false).await, (answer, 1));
}

#[tokio::test]
async fn whoever_waits_for_no_answer_is_let_go_when_the_server_stops() {
    let application = Arc::new(faulty("timeout").application);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, application.clone(), async { drop(stopped.await) }));
    let asking =
        tokio::spawn(async move { HttpTransport::new(&HttpOptions::default()).unwrap().send(create(&url)).await });
    let seen = loop {
        let seen = application.take_requests();
        if !seen.is_empty() {
            break seen;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((seen.len(), seen[0].status), (1, None));
    drop(stop);
    assert!(matches!(asking.await.unwrap(), Err(TransportError::Broken(_))));
    server.await.unwrap().unwrap();
    assert_eq!(application.user_count(), 0);
}

fn client(sandbox: Sandbox) -> (Client, ManualClock) {
    let clock = sandbox.clock.clone();
    let client = Client::new(
        Target::parse("http://127.0.0.1:9/scim").unwrap(),
        Authorization::Anonymous,
        Arc::new(InProcess::to(Arc::new(sandbox.application))),
        Arc::new(clock.clone()),
        ClientOptions::default(),
    );
    (client.unwrap(), clock)
}

fn ada() -> Filter {
    Filter(vec![Comparison { path: Path::plain("userName"), value: "ada".into() }])
}

#[tokio::test]
async fn a_client_in_the_same_process_waits_and_gives_up_by_the_shared_clock() {
    let (late, clock) = client(faulty("latency=90s"));
    let start = clock.now();
    assert_eq!(late.find(Resource::Users, &ada()).await.unwrap().total, 0);
    assert_eq!(elapsed(&clock, start), Duration::from_secs(90));
    let (silent, clock) = client(faulty("timeout"));
    let start = clock.now();
    let failure = silent.find(Resource::Users, &ada()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout(Some(Duration::from_secs(100))));
    assert_eq!(elapsed(&clock, start), Duration::from_secs(100));
}

#[test]
fn an_object_stays_the_same_from_its_creation_to_its_deletion() {
    let sandbox = Sandbox::open();
    let names: Vec<_> = (0..40).map(|number| format!("User{number}")).collect();
    let ids: Vec<_> =
        names.iter().map(|name| sandbox.user(name, &json!({"externalId": name.to_uppercase()}))).collect();
    let faults = Faults::new(Arc::new(sandbox.clock.clone()), 7);
    faults.plant(FaultRule::parse("status=500,objects=0.5").unwrap());
    let application = sandbox.application.with_fault(faults);
    let fails = |method: &str, path: &str, body: &str| {
        let request = Request {
            method: method.to_owned(),
            path_and_query: format!("/scim/Users{path}"),
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        matches!(application.receive(&request).arrival, Arrival::Whole(answer) if answer.status == 500)
    };
    let mut failing = 0;
    for (name, id) in names.iter().zip(&ids) {
        let created = fails("POST", "", &json!({"externalId": name, "userName": "another"}).to_string());
        assert_eq!(fails("GET", &format!("/{id}"), ""), created, "{name}");
        assert_eq!(fails("DELETE", &format!("/{id}"), ""), created, "{name}");
        failing += usize::from(created);
    }
    assert!((10..30).contains(&failing), "{failing}");
    assert!(!fails("GET", "?filter=userName+eq+%22User1%22", ""));
}
