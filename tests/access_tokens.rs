//! Access tokens of the OAuth 2.0 client credentials grant, from a token endpoint on loopback, for a sandbox application that
//! lets in whoever has the token that was issued last.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::IntoResponse, routing::post};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use scimulator::{
    clock::{Clock, ManualClock},
    scim::{
        authorization::{Authorization, AuthorizationError},
        client::{Client, ClientOptions},
        client_credentials::{ClientCredentials, CredentialLocation},
        failure::{Failure, FailureKind},
        filter::Filter,
        http_transport::{HttpOptions, HttpTransport},
        query::Resource,
        target::Target,
        trace::{Recording, Trace},
    },
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};

const SECRET: &str = "s&cret/with+signs";
const EMPTY: &str =
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}"#;

/// Tells a time that the test sets, and waits in real time: the sockets are real.
#[derive(Clone, Debug)]
struct SetClock(ManualClock);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The token endpoint and the application, behind one port.
struct Servers {
    address: String,
    clock: SetClock,
    stage: Arc<Stage>,
}

#[derive(Default)]
struct Stage {
    /// What the token endpoint answers, one after another.
    answers: Mutex<VecDeque<(u16, String)>>,
    /// What it was asked: the `Authorization` header, the `Content-Type` header and the form.
    asked: Mutex<Vec<(String, String, String)>>,
    /// The token that the application accepts.
    accepted: Mutex<String>,
    /// What came to the application as `Authorization`.
    shown: Mutex<Vec<String>>,
    /// Holds the token endpoint's answers back until a permit is there.
    hold: Option<Semaphore>,
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

async fn token_endpoint(State(stage): State<Arc<Stage>>, headers: HeaderMap, form: Bytes) -> impl IntoResponse {
    let form = String::from_utf8(form.to_vec()).unwrap();
    stage.asked.lock().unwrap().push((header(&headers, "authorization"), header(&headers, "content-type"), form));
    if let Some(hold) = &stage.hold {
        hold.acquire().await.unwrap().forget();
    }
    let (status, body) = stage.answers.lock().unwrap().pop_front().expect("nobody asks more often than was foreseen");
    if let Ok(Value::Object(issued)) = serde_json::from_str(body.trim_start_matches('\u{feff}'))
        && let Some(token) = issued.get("access_token").and_then(Value::as_str)
    {
        token.clone_into(&mut stage.accepted.lock().unwrap());
    }
    (axum::http::StatusCode::from_u16(status).unwrap(), [("Content-Type", "application/json")], body)
}

async fn application(State(stage): State<Arc<Stage>>, headers: HeaderMap) -> impl IntoResponse {
    let shown = header(&headers, "authorization");
    let accepted = shown == format!("Bearer {}", stage.accepted.lock().unwrap());
    stage.shown.lock().unwrap().push(shown);
    if accepted { (axum::http::StatusCode::OK, EMPTY) } else { (axum::http::StatusCode::UNAUTHORIZED, "") }
}

impl Servers {
    async fn answering(answers: Vec<(u16, String)>, hold: bool) -> Self {
        let stage = Arc::new(Stage {
            answers: Mutex::new(answers.into()),
            hold: hold.then(|| Semaphore::new(0)),
            ..Stage::default()
        });
        let router = Router::new().route("/oauth/token", post(token_endpoint)).fallback(application);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(axum::serve(listener, router.with_state(stage.clone())).into_future());
        let clock = SetClock(ManualClock::at("2026-11-20T07:00:00Z".parse().unwrap()));
        Self { address, clock, stage }
    }

    fn credentials(&self) -> ClientCredentials {
        let url = format!("http://{}/oauth/token", self.address);
        ClientCredentials::new(&url, "client:7", SECRET.into(), false).unwrap().scope(Some("scim.write".to_owned()))
    }

    fn client(&self, credentials: ClientCredentials, trace: Trace) -> Client {
        let target = Target::parse(&format!("http://{}/scim", self.address)).unwrap();
        let transport = Arc::new(HttpTransport::new(&HttpOptions::default()).unwrap());
        let authorization = Authorization::ClientCredentials(Box::new(credentials));
        let clock = Arc::new(self.clock.clone());
        Client::new(target, authorization, transport, clock, ClientOptions::default()).unwrap().traced(trace)
    }

    fn plain_client(&self) -> Client {
        self.client(self.credentials(), Trace::off())
    }

    fn later(&self, seconds: u64) {
        self.clock.0.advance(Duration::from_secs(seconds));
    }

    /// How often the token endpoint was asked.
    fn asked(&self) -> usize {
        self.stage.asked.lock().unwrap().len()
    }

    /// What came to the application as `Authorization`.
    fn shown(&self) -> Vec<String> {
        self.stage.shown.lock().unwrap().clone()
    }
}

fn issued(token: &str, life: impl Into<Value>) -> (u16, String) {
    let answer = json!({"access_token": token, "token_type": "bearer", "expires_in": life.into()});
    (200, answer.to_string())
}

async fn ask(client: &Client) -> Result<(), Failure> {
    client.find(Resource::Users, &Filter::equals(&"userName".parse().unwrap(), "x")).await.map(drop)
}

#[tokio::test]
async fn a_token_is_kept_and_renewed_five_minutes_before_it_ends() {
    let servers = Servers::answering(vec![issued("one", 3600), issued("two", 3600)], false).await;
    let client = servers.plain_client();
    ask(&client).await.unwrap();
    servers.later(3299);
    ask(&client).await.unwrap();
    servers.later(1);
    ask(&client).await.unwrap();
    assert_eq!(servers.shown(), ["Bearer one", "Bearer one", "Bearer two"]);
    assert_eq!(client.requests(), 3, "the requests for tokens are not the target's");
}

#[tokio::test]
async fn a_short_life_is_renewed_at_its_half_and_an_unknown_one_is_an_hour() {
    let answers = vec![
        issued("one", 60),
        issued("two", "120"),
        (200, json!({"access_token": "three"}).to_string()),
        issued("four", 0),
        issued("five", 1),
    ];
    let servers = Servers::answering(answers, false).await;
    let client = servers.plain_client();
    for seconds in [0, 29, 1, 59, 1, 3299, 1, 0] {
        servers.later(seconds);
        ask(&client).await.unwrap();
    }
    let shown: Vec<_> = servers.shown().iter().map(|shown| shown.trim_start_matches("Bearer ").to_owned()).collect();
    assert_eq!(shown, ["one", "one", "two", "two", "three", "three", "four", "five"]);
}

#[tokio::test]
async fn the_client_says_who_it_is_in_the_header_or_in_the_form() {
    let servers = Servers::answering(vec![issued("one", 3600), issued("two", 3600)], false).await;
    ask(&servers.plain_client()).await.unwrap();
    ask(&servers.client(servers.credentials().located(CredentialLocation::Body), Trace::off())).await.unwrap();
    let form = "application/x-www-form-urlencoded".to_owned();
    assert_eq!(
        *servers.stage.asked.lock().unwrap(),
        [
            (
                // client%3A7:s%26cret%2Fwith%2Bsigns
                "Basic Y2xpZW50JTNBNzpzJTI2Y3JldCUyRndpdGglMkJzaWducw==".to_owned(),
                form.clone(),
                "grant_type=client_credentials&scope=scim.write".to_owned()
            ),
            (
                String::new(),
                form,
                "grant_type=client_credentials&client_id=client%3A7&client_secret=s%26cret%2Fwith%2Bsigns&scope=scim.write"
                    .to_owned()
            ),
        ]
    );
}

#[tokio::test]
async fn a_secret_of_any_script_is_encoded() {
    let servers = Servers::answering(vec![issued("one", 3600), issued("two", 3600)], false).await;
    let url = format!("http://{}/oauth/token", servers.address);
    for location in [CredentialLocation::Header, CredentialLocation::Body] {
        let credentials = ClientCredentials::new(&url, "mé", "pä€ ß".into(), false).unwrap().located(location);
        ask(&servers.client(credentials, Trace::off())).await.unwrap();
    }
    let asked = servers.stage.asked.lock().unwrap();
    // m%C3%A9:p%C3%A4%E2%82%AC+%C3%9F
    assert_eq!(asked[0].0, "Basic bSVDMyVBOTpwJUMzJUE0JUUyJTgyJUFDKyVDMyU5Rg==");
    assert_eq!(asked[1].2, "grant_type=client_credentials&client_id=m%C3%A9&client_secret=p%C3%A4%E2%82%AC+%C3%9F");
}

#[tokio::test]
async fn a_token_that_the_target_refuses_is_renewed_once() {
    let servers = Servers::answering(vec![issued("one", 3600), issued("two", 3600)], false).await;
    let client = servers.plain_client();
    ask(&client).await.unwrap();
    "another".clone_into(&mut servers.stage.accepted.lock().unwrap());
    ask(&client).await.unwrap();
    assert_eq!(servers.shown(), ["Bearer one", "Bearer one", "Bearer two"]);
    assert_eq!(servers.asked(), 2);
}

#[tokio::test]
async fn a_target_that_refuses_the_new_token_too_is_bad_credentials() {
    let servers = Servers::answering(vec![issued("one", 3600), issued("two", 3600)], false).await;
    let url = format!("http://{}/", servers.address);
    let target = Target::parse(&format!("{url}scim")).unwrap();
    let credentials = ClientCredentials::new(&format!("{url}oauth/token?strict"), "c", "s".into(), false).unwrap();
    let transport = Arc::new(HttpTransport::new(&HttpOptions::default()).unwrap());
    let clock = Arc::new(servers.clock.clone());
    let authorization = Authorization::ClientCredentials(Box::new(credentials));
    let client = Client::new(target, authorization, transport, clock, ClientOptions::default()).unwrap();
    // The application accepts another client's tokens only.
    let stage = servers.stage.clone();
    stage.answers.lock().unwrap().iter_mut().for_each(|(_, body)| *body = body.replace("access_token", "ACCESS_TOKEN"));
    let failure = ask(&client).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidCredentials);
    assert_eq!(servers.shown(), ["Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn one_request_at_a_time_goes_to_the_token_endpoint_and_all_share_its_answer() {
    for good in [true, false] {
        let answer = if good { issued("one", 3600) } else { (401, String::new()) };
        let servers = Servers::answering(vec![answer], true).await;
        let client = servers.plain_client();
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { ask(&client).await })
            })
            .collect();
        while servers.asked() == 0 {
            tokio::task::yield_now().await;
        }
        servers.stage.hold.as_ref().unwrap().add_permits(1);
        for asked in asking {
            assert_eq!(asked.await.unwrap().is_ok(), good);
        }
        assert_eq!(servers.asked(), 1);
    }
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_token_in_service_until_its_end() {
    let down = || (503, String::new());
    let servers =
        Servers::answering(vec![issued("one", 3600), down(), down(), down(), issued("two", 3600)], false).await;
    let client = servers.plain_client();
    ask(&client).await.unwrap();
    for (seconds, asked) in [(3300, 2), (59, 2), (1, 3)] {
        servers.later(seconds);
        ask(&client).await.unwrap();
        assert_eq!(servers.asked(), asked);
    }
    servers.later(240);
    let failure = ask(&client).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoAccessToken(Box::new(FailureKind::ServerError)));
    ask(&client).await.unwrap();
    assert_eq!(servers.shown().last().unwrap(), "Bearer two");
}

#[tokio::test]
async fn whatever_the_token_endpoint_does_wrong_is_said_and_stops_the_cycle() {
    let refused = json!({"error": "invalid_client", "error_description": format!("`{SECRET}` is not it")});
    let cases = [
        ((400, refused.to_string()), "400 Bad Request, invalid_client: `[hidden]` is not it"),
        ((400, format!("\u{feff}{refused}")), "400 Bad Request, invalid_client: `[hidden]` is not it"),
        ((401, String::new()), "401 Unauthorized"),
        ((404, "<html>".to_owned()), "404 Not Found"),
        ((302, String::new()), "302 Found, which names no address to go on at"),
        ((503, "down".to_owned()), "503 Service Unavailable"),
        ((200, String::new()), "200 OK, but the answer is no JSON object"),
        ((200, "access_token=four".to_owned()), "200 OK, but the answer is no JSON object"),
        ((200, "{}".to_owned()), "200 OK, but the answer has no `access_token` that a header can carry"),
        (
            (200, json!({"access_token": "a b"}).to_string()),
            "200 OK, but the answer has no `access_token` that a header can carry",
        ),
        (
            (200, json!({"access_token": "one", "token_type": "mac"}).to_string()),
            "200 OK, but its `token_type` is `mac`, and only `Bearer` can be used",
        ),
    ];
    for (answer, said) in cases {
        let servers = Servers::answering(vec![answer.clone()], false).await;
        let failure = ask(&servers.plain_client()).await.unwrap_err();
        let address = &servers.address;
        assert_eq!(failure.to_string(), format!("no access token: POST http://{address}/oauth/token: {said}"));
        assert!(failure.is_about_credentials() && !failure.outcome_unknown());
        assert_eq!(failure.error_code(), "SystemForCrossDomainIdentityManagementInvalidCredentials");
        assert!(failure.advice().is_some());
        let text = format!("{failure} {}", failure.reason_text());
        assert!(!text.contains("one") && !text.contains("four") && !text.contains("s&cret"), "{text}");
        assert_eq!(servers.shown(), [""; 0]);
    }
}

#[tokio::test]
async fn a_trace_shows_the_exchange_without_its_secrets() {
    let answer = json!({"access_token": "one/1", "refresh_token": "again", "token_type": "Bearer", "expires_in": 3600});
    let servers = Servers::answering(vec![(200, answer.to_string()), (200, "token=four".to_owned())], false).await;
    for (location, authorization, form) in [
        (CredentialLocation::Header, json!("Basic [hidden]"), "grant_type=client_credentials&scope=scim.write"),
        (
            CredentialLocation::Body,
            Value::Null,
            "grant_type=client_credentials&client_id=client%3A7&client_secret=[hidden]&scope=scim.write",
        ),
    ] {
        let recording = Arc::new(Recording::default());
        let trace = Trace::to(recording.clone()).of_job("frankli").of_cycle("c1");
        let asked = ask(&servers.client(servers.credentials().located(location), trace)).await;
        let mut entry = serde_json::to_value(&recording.entries()[0]).unwrap();
        for varying in ["date", "content-length"] {
            entry["responseHeaders"].as_object_mut().unwrap().shift_remove(varying).unwrap();
        }
        assert_eq!(entry["requestHeaders"].get("Authorization").cloned().unwrap_or_default(), authorization);
        entry["requestHeaders"].as_object_mut().unwrap().shift_remove("Authorization");
        let length = form.replace("[hidden]", "s%26cret%2Fwith%2Bsigns").len().to_string();
        let body = if asked.is_ok() {
            json!({"access_token": "[hidden]", "refresh_token": "[hidden]", "token_type": "Bearer", "expires_in": 3600})
        } else {
            json!("[hidden]")
        };
        let expected = json!({
            "time": "2026-11-20T07:00:00.000Z", "job": "frankli", "cycle": "c1", "seq": 1, "method": "POST",
            "url": format!("http://{}/oauth/token", servers.address),
            "requestHeaders": {
                "Host": servers.address.clone(), "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "*/*", "Content-Length": length,
            },
            "requestBody": form, "status": 200, "responseHeaders": {"content-type": "application/json"},
            "responseBody": body, "durationMs": 0, "error": null,
        });
        assert_eq!(entry.to_string(), expected.to_string());
        let whole = serde_json::to_string(&recording.entries()).unwrap();
        for secret in ["one/1", "again", "four", "s&cret", "s%26cret", "Y2xpZW50"] {
            assert!(!whole.contains(secret), "{secret}: {whole}");
        }
    }
}

#[tokio::test]
async fn a_success_without_a_token_where_one_belongs_is_hidden_whole() {
    for body in [
        json!({"data": {"access_token": "four"}}).to_string(),
        json!({"token": "four"}).to_string(),
        json!({"access_token": {"value": "four"}}).to_string(),
        json!({"access_token": "four with blanks", "hint": "f o u r"}).to_string(),
        json!(["four"]).to_string(),
    ] {
        let servers = Servers::answering(vec![(200, body)], false).await;
        let recording = Arc::new(Recording::default());
        let failure = ask(&servers.client(servers.credentials(), Trace::to(recording.clone()))).await.unwrap_err();
        let entry = serde_json::to_value(&recording.entries()[0]).unwrap();
        assert_eq!(entry["responseBody"], json!("[hidden]"));
        assert!(!failure.reason_text().contains("four"), "{}", failure.reason_text());
    }
}

#[tokio::test]
async fn a_token_behind_a_byte_order_mark_is_used_and_hidden() {
    let (status, body) = issued("one/1", 3600);
    let servers = Servers::answering(vec![(status, format!("\u{feff}{body}"))], false).await;
    let recording = Arc::new(Recording::default());
    let _ = ask(&servers.client(servers.credentials(), Trace::to(recording.clone()))).await;
    assert_eq!(servers.shown(), ["Bearer one/1"]);
    let whole = serde_json::to_string(&recording.entries()).unwrap();
    assert_eq!((recording.entries().len(), whole.contains("one/1")), (2, false), "{whole}");
}

#[test]
fn a_client_secret_does_not_go_over_plain_http_unless_that_is_allowed() {
    let client = |url: &str, allowed| ClientCredentials::new(url, "client", SECRET.into(), allowed).map(drop);
    let error = client("http://login.example/token", false).unwrap_err();
    assert_eq!(error, AuthorizationError::PlainHttp("http://login.example/token".into()));
    assert!(client("http://login.example/token", true).is_ok());
    assert!(client("http://127.0.0.1:9/token", false).is_ok());
    assert_eq!(
        client("login.example", false).unwrap_err().to_string(),
        "`login.example` is no address of a token endpoint; write it like `https://login.example/oauth/token`"
    );
    assert_eq!(
        client("https://a:b@login.example/token", false).unwrap_err().to_string(),
        "the address of the token endpoint must not hold a user name or password; give `client_id` and `client_secret`"
    );
}
