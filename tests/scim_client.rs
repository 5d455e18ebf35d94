//! What the SCIM client sends, repeats and makes of the answers, with a transport that answers from a script.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use scimulator::{
    clock::{Clock, ManualClock},
    scim::{
        authorization::{Authorization, AuthorizationError},
        client::{Client, ClientOptions, Deleted},
        client_credentials::ClientCredentials,
        failure::{Failure, FailureKind},
        filter::Filter,
        query::{Query, Resource},
        target::Target,
        trace::{Recording, Trace},
        transport::{Method, Request, Response, Transport, TransportError},
    },
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    future,
    sync::{Arc, Mutex},
    time::Duration,
};

const EMPTY: &str =
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}"#;
const USER: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"7","userName":"ada"}"#;

/// One line of the script.
enum Line {
    Answer(Response),
    Error(TransportError),
    Silence,
}

/// Answers from a script, and keeps what was sent and when.
struct Script {
    lines: Mutex<VecDeque<Line>>,
    sent: Mutex<Vec<(i64, Request)>>,
    clock: ManualClock,
}

impl Transport for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let at = self.clock.now().as_second() - start().as_second();
        self.sent.lock().unwrap().push((at, request));
        match self.lines.lock().unwrap().pop_front().expect("the script has an answer for every request") {
            Line::Answer(response) => Box::pin(future::ready(Ok(response))),
            Line::Error(error) => Box::pin(future::ready(Err(error))),
            Line::Silence => Box::pin(future::pending()),
        }
    }
}

impl Script {
    /// Method and URL of all requests.
    fn requests(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|(_, request)| format!("{} {}", request.method, request.url)).collect()
    }

    /// The seconds after the start at which the requests left.
    fn moments(&self) -> Vec<i64> {
        self.sent.lock().unwrap().iter().map(|(at, _)| *at).collect()
    }

    fn header(&self, index: usize, name: &str) -> Option<String> {
        let sent = self.sent.lock().unwrap();
        let found = sent[index].1.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.clone())
    }

    fn body(&self, index: usize) -> String {
        String::from_utf8(self.sent.lock().unwrap()[index].1.body.clone().unwrap_or_default()).unwrap()
    }
}

fn start() -> Timestamp {
    "2026-11-20T07:00:00Z".parse().unwrap()
}

fn answer(status: u16, body: &str) -> Line {
    Line::Answer(Response { status, body: body.into(), ..Response::default() })
}

fn answer_with(status: u16, header: (&str, &str), body: &str) -> Line {
    let headers = vec![(header.0.to_owned(), header.1.to_owned())];
    Line::Answer(Response { status, headers, body: body.into(), ..Response::default() })
}

fn script(lines: Vec<Line>) -> Arc<Script> {
    Arc::new(Script { lines: Mutex::new(lines.into()), sent: Mutex::default(), clock: ManualClock::at(start()) })
}

fn client_with(script: &Arc<Script>, authorization: Authorization) -> Client {
    let target = Target::parse("https://app.example/scim").unwrap();
    let clock = Arc::new(script.clock.clone());
    Client::new(target, authorization, script.clone(), clock, ClientOptions::default()).unwrap()
}

fn client(lines: Vec<Line>) -> (Client, Arc<Script>) {
    let script = script(lines);
    (client_with(&script, Authorization::secret_token("sesame".into()).unwrap()), script)
}

fn user_name(value: &str) -> Filter {
    Filter::equals(&"userName".parse().unwrap(), value)
}

/// Asks for a user and returns the failure.
async fn failed_read(lines: Vec<Line>) -> Failure {
    client(lines).0.read(Resource::Users, "7").await.unwrap_err()
}

#[tokio::test]
async fn each_method_is_one_request() {
    let (client, script) = client(vec![
        answer(200, EMPTY),
        answer(200, EMPTY),
        answer(200, USER),
        answer(201, USER),
        answer(204, ""),
        answer(204, ""),
    ]);
    client.probe(Resource::Users, &user_name("x")).await.unwrap();
    client.probe(Resource::Groups, &Filter::equals(&"displayName".parse().unwrap(), "x")).await.unwrap();
    client.read(Resource::Users, "7@a").await.unwrap_err();
    let created = client.create(Resource::Users, &json!({"userName": "ada"})).await.unwrap();
    assert_eq!(created.id, "7");
    assert_eq!(client.patch(Resource::Users, "7", &json!({"Operations": []})).await.unwrap(), None);
    assert_eq!(client.delete(Resource::Groups, "a b").await.unwrap(), Deleted::Now);
    assert_eq!(
        script.requests(),
        [
            "GET https://app.example/scim/Users?filter=userName+eq+%22x%22",
            "GET https://app.example/scim/Groups?excludedAttributes=members&filter=displayName+eq+%22x%22",
            "GET https://app.example/scim/Users/7%40a",
            "POST https://app.example/scim/Users",
            "PATCH https://app.example/scim/Users/7",
            "DELETE https://app.example/scim/Groups/a%20b",
        ]
    );
    assert_eq!(client.requests(), 6);
}

#[tokio::test]
async fn only_a_body_has_a_content_type_and_all_take_any_answer() {
    let (client, script) = client(vec![answer(200, EMPTY), answer(201, USER), answer(204, "")]);
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    client.create(Resource::Users, &json!({"userName": "ada"})).await.unwrap();
    client.delete(Resource::Users, "7").await.unwrap();
    let headers = |name| [0, 1, 2].map(|index| script.header(index, name));
    assert_eq!(headers("Authorization"), [const { Some("Bearer sesame") }; 3].map(|value| value.map(str::to_owned)));
    assert_eq!(headers("Accept"), [const { Some("*/*") }; 3].map(|value| value.map(str::to_owned)));
    assert_eq!(headers("Content-Type"), [None, Some("application/scim+json; charset=utf-8".to_owned()), None]);
    assert_eq!(script.body(1), r#"{"userName":"ada"}"#);
}

#[tokio::test]
async fn a_group_is_read_without_its_members_and_a_page_as_asked_for() {
    let group = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g"}"#;
    let (client, script) = client(vec![answer(200, group), answer(200, EMPTY)]);
    client.read(Resource::Groups, "g").await.unwrap();
    let page = Query { start_index: Some(101), count: Some(100), ..Query::default() };
    client.list(Resource::Users, &page).await.unwrap();
    assert_eq!(
        script.requests(),
        [
            "GET https://app.example/scim/Groups/g?excludedAttributes=members",
            "GET https://app.example/scim/Users?startIndex=101&count=100",
        ]
    );
}

#[tokio::test]
async fn a_429_is_repeated_when_the_target_says_so() {
    let (client, script) = client(vec![
        answer_with(429, ("Retry-After", "7"), ""),
        answer_with(429, ("retry-after", "Fri, 20 Nov 2026 07:00:30 GMT"), ""),
        answer_with(429, ("Retry-After", "4000"), ""),
        answer(200, EMPTY),
    ]);
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    assert_eq!(script.moments(), [0, 7, 30, 330]);
    assert_eq!(client.requests(), 4);
}

#[tokio::test]
async fn a_429_without_a_time_is_repeated_five_times_ever_later() {
    let (client, script) = client((0..6).map(|_| answer(429, "")).collect());
    let failure = client.create(Resource::Users, &json!({})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooManyRequests);
    assert_eq!(failure.error_code(), "TooManyRequests");
    assert!(!failure.outcome_unknown());
    assert_eq!(script.moments(), [0, 1, 3, 7, 15, 31]);
}

#[tokio::test]
async fn a_429_holds_back_the_whole_job() {
    let (client, script) =
        client(vec![answer_with(429, ("Retry-After", "9"), ""), answer(200, EMPTY), answer(200, EMPTY)]);
    let other = client.traced(Trace::off());
    let filter = user_name("x");
    let (first, second) = tokio::join!(client.find(Resource::Users, &filter), other.find(Resource::Users, &filter));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(script.moments(), [0, 9, 9]);
}

#[tokio::test]
async fn a_connection_that_never_opened_is_tried_once_more() {
    let refused = || Line::Error(TransportError::Connect { host: "app.example:443".into(), reason: "refused".into() });
    let (client, _) = client(vec![refused(), answer(201, USER)]);
    assert!(client.create(Resource::Users, &json!({})).await.is_ok());
    let failure = failed_read(vec![refused(), refused()]).await;
    assert_eq!(failure.error_code(), "WebExceptionProtocolError");
    assert!(!failure.answered());
    assert_eq!(
        failure.to_string(),
        "GET /scim/Users/7: no connection to `app.example:443`: refused; \
         check that the application runs and can be reached"
    );
}

#[tokio::test]
async fn a_connection_that_broke_is_not_tried_again() {
    let (client, script) = client(vec![Line::Error(TransportError::Broken("reset".into()))]);
    let failure = client.create(Resource::Users, &json!({})).await.unwrap_err();
    assert!(failure.outcome_unknown());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn silence_is_a_time_out_on_the_clock() {
    let (client, script) = client(vec![Line::Silence]);
    let failure = client.patch(Resource::Users, "7", &json!({})).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout(Some(Duration::from_secs(100))));
    assert_eq!(failure.to_string(), "PATCH /scim/Users/7: no answer within 100 s");
    assert!(failure.outcome_unknown());
    assert_eq!(script.clock.now().as_second() - start().as_second(), 100);
}

#[tokio::test]
async fn a_failure_holds_what_the_target_says_without_the_token() {
    let body = r#"{"scimType":"invalidValue","detail":"no sesame for you","status":"400"}"#;
    let failure = failed_read(vec![answer(400, body)]).await;
    assert_eq!(failure.to_string(), "GET /scim/Users/7: 400 Bad Request, invalidValue: no [hidden] for you");
    assert!(failure.reason_text().ends_with(&body.replace("sesame", "[hidden]")));
}

#[tokio::test]
async fn an_error_behind_a_byte_order_mark_is_as_one_without_it() {
    let taken = "\u{feff}{\"scimType\":\"uniqueness\",\"detail\":\"userName is taken\"}";
    let escaped = "\u{feff}{\"detail\":\"no good: my\\u002dses\\u0061me\"}";
    let (client, _) = client(vec![answer(400, taken), answer(500, escaped)]);
    let recording = Arc::new(Recording::default());
    let client = client.traced(Trace::to(recording.clone()));
    let conflict = client.create(Resource::Users, &json!({})).await.unwrap_err();
    assert_eq!(conflict.kind, FailureKind::Conflict);
    assert_eq!(conflict.to_string(), "POST /scim/Users: 400 Bad Request, uniqueness: userName is taken");
    let failure = client.create(Resource::Users, &json!({})).await.unwrap_err();
    assert_eq!(failure.to_string(), "POST /scim/Users: 500 Internal Server Error: no good: my-[hidden]");
    assert_eq!(failure.answer.unwrap().body, r#"{"detail":"no good: my-[hidden]"}"#);
    let shown: Vec<Value> = recording.entries().into_iter().map(|entry| entry.response_body).collect();
    assert_eq!(
        shown,
        [json!({"scimType": "uniqueness", "detail": "userName is taken"}), json!({"detail": "no good: my-[hidden]"})]
    );
}

#[tokio::test]
async fn a_delete_of_what_is_gone_is_no_failure() {
    let (client, _) = client(vec![answer(404, ""), answer(500, "")]);
    assert_eq!(client.delete(Resource::Users, "7").await.unwrap(), Deleted::Gone);
    assert_eq!(client.delete(Resource::Users, "7").await.unwrap_err().kind, FailureKind::ServerError);
}

#[tokio::test]
async fn an_id_that_no_url_can_carry_sends_nothing() {
    let (client, script) = client(vec![]);
    let failure = client.delete(Resource::Users, "..").await.unwrap_err();
    assert_eq!(failure.to_string(), "DELETE /Users/..: the id cannot stand in a URL, nothing was sent");
    assert_eq!(script.requests(), [""; 0]);
}

#[tokio::test]
async fn a_read_follows_redirects_within_its_origin_only() {
    let to = |location| answer_with(307, ("Location", location), "");
    let (client, script) = client(vec![to("/v2/Users/7"), answer(200, USER), to("https://other.example/"), to("/x")]);
    client.read(Resource::Users, "7").await.unwrap();
    let elsewhere = client.read(Resource::Users, "7").await.unwrap_err();
    assert_eq!(elsewhere.kind, FailureKind::Redirected("https://other.example/".into()));
    assert_eq!(client.create(Resource::Users, &json!({})).await.unwrap_err().status(), Some(307));
    assert_eq!(
        script.requests(),
        [
            "GET https://app.example/scim/Users/7",
            "GET https://app.example/v2/Users/7",
            "GET https://app.example/scim/Users/7",
            "POST https://app.example/scim/Users",
        ]
    );
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let around = || answer_with(302, ("Location", "/scim/Users/7"), "");
    let (client, script) = client((0..6).map(|_| around()).collect());
    let failure = client.read(Resource::Users, "7").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Redirected("/scim/Users/7".into()));
    assert_eq!(script.requests().len(), 6);
}

#[tokio::test]
async fn a_trace_has_every_exchange_without_the_token() {
    let (client, _) =
        client(vec![answer_with(429, ("Retry-After", "1"), "slow down, sesame"), answer(201, USER), Line::Silence]);
    let recording = Arc::new(Recording::default());
    let client = client.traced(Trace::to(recording.clone()).of_job("frankli").of_cycle("c1"));
    client.create(Resource::Users, &json!({"password": "sesame"})).await.unwrap();
    client.delete(Resource::Users, "7").await.unwrap_err();
    let entries: Vec<Value> = recording.entries().iter().map(|entry| serde_json::to_value(entry).unwrap()).collect();
    assert_eq!(
        entries[0].to_string(),
        concat!(
            r#"{"time":"2026-11-20T07:00:00.000Z","job":"frankli","cycle":"c1","seq":1,"method":"POST","#,
            r#""url":"https://app.example/scim/Users","requestHeaders":{"Authorization":"Bearer [hidden]","#,
            r#""Content-Type":"application/scim+json; charset=utf-8","Accept":"*/*"},"#,
            r#""requestBody":{"password":"[hidden]"},"#,
            r#""status":429,"responseHeaders":{"Retry-After":"1"},"responseBody":"slow down, [hidden]","#,
            r#""durationMs":0,"error":null}"#
        )
    );
    assert_eq!(entries[1]["responseBody"], serde_json::from_str::<Value>(USER).unwrap());
    assert_eq!(
        entries[2].to_string(),
        concat!(
            r#"{"time":"2026-11-20T07:00:01.010Z","job":"frankli","cycle":"c1","seq":3,"method":"DELETE","#,
            r#""url":"https://app.example/scim/Users/7","#,
            r#""requestHeaders":{"Authorization":"Bearer [hidden]","Accept":"*/*"},"#,
            r#""requestBody":null,"status":null,"responseHeaders":null,"responseBody":null,"durationMs":100000,"#,
            r#""error":"no answer within 100 s"}"#
        )
    );
}

/// A client that gets its tokens from the script too.
fn client_of_tokens(lines: Vec<Line>) -> (Client, Arc<Script>) {
    let script = script(lines);
    let credentials = ClientCredentials::new("https://login.example/token", "me", "sesame".into(), false).unwrap();
    (client_with(&script, Authorization::ClientCredentials(Box::new(credentials))), script)
}

#[tokio::test]
async fn a_token_endpoint_that_asks_to_wait_is_waited_for_like_a_target() {
    let issued = || answer(200, r#"{"access_token":"one"}"#);
    let (client, script) = client_of_tokens(vec![
        answer_with(429, ("Retry-After", "7"), ""),
        answer(429, ""),
        answer_with(503, ("Retry-After", "Fri, 20 Nov 2026 07:00:30 GMT"), ""),
        issued(),
        answer(200, EMPTY),
    ]);
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    assert_eq!(script.moments(), [0, 7, 9, 30, 30]);

    let (client, script) = client_of_tokens((0..6).map(|_| answer(429, "")).collect());
    let failure = client.find(Resource::Users, &user_name("x")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoAccessToken(Box::new(FailureKind::TooManyRequests)));
    assert_eq!(script.moments(), [0, 1, 3, 7, 15, 31]);

    let (client, script) = client_of_tokens(vec![answer(503, "")]);
    let failure = client.find(Resource::Users, &user_name("x")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoAccessToken(Box::new(FailureKind::ServerError)));
    assert_eq!(script.moments(), [0]);
}

#[tokio::test]
async fn a_connection_to_the_token_endpoint_that_never_opened_is_tried_once_more() {
    let closed = || Line::Error(TransportError::Connect { host: "login.example:443".into(), reason: "refused".into() });
    let (client, script) =
        client_of_tokens(vec![closed(), answer(200, r#"{"access_token":"one"}"#), answer(200, EMPTY)]);
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    assert_eq!(script.requests().len(), 3);
    let (client, script) = client_of_tokens(vec![closed(), closed()]);
    client.find(Resource::Users, &user_name("x")).await.unwrap_err();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_a_new_token_while_the_old_one_serves() {
    let (client, script) = client_of_tokens(vec![
        answer(200, r#"{"access_token":"one","expires_in":600}"#),
        answer(200, EMPTY),
        answer_with(429, ("Retry-After", "200"), ""),
        answer(200, EMPTY),
    ]);
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    script.clock.advance(Duration::from_secs(301));
    client.find(Resource::Users, &user_name("x")).await.unwrap();
    assert_eq!(script.moments(), [0, 0, 301, 301]);
}

#[test]
fn a_token_is_not_sent_over_plain_http() {
    let build = |url: &str, authorization| {
        let script = script(vec![]);
        let clock = Arc::new(script.clock.clone());
        let target = Target::parse(url).unwrap();
        Client::new(target, authorization, script, clock, ClientOptions::default()).map(drop)
    };
    let token = || Authorization::secret_token("sesame".into()).unwrap();
    assert_eq!(
        build("http://app.example/scim", token()).unwrap_err().to_string(),
        "a token must not go over plain `http` to `http://app.example/scim`; \
         use `https`, or set `allow_insecure_http = true`"
    );
    assert!(build("http://localhost/scim", token()).is_ok());
    assert!(build("http://app.example/scim", Authorization::Anonymous).is_ok());
}

#[test]
fn a_token_that_no_header_can_hold_is_refused() {
    for token in ["", "sesame\n", " sesame", "sésame"] {
        assert_eq!(Authorization::secret_token(token.into()).unwrap_err(), AuthorizationError::Token, "{token:?}");
    }
}

#[tokio::test]
async fn methods_of_all_kinds_can_run_on_other_threads() {
    let (client, script) = client(vec![answer(200, EMPTY)]);
    tokio::spawn(async move { client.find(Resource::Users, &user_name("x")).await }).await.unwrap().unwrap();
    assert_eq!(script.sent.lock().unwrap()[0].1.method, Method::Get);
}
