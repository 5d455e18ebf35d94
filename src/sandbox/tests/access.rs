//! Who gets in, what is at which address, and what stands between.

use super::{Sandbox, refusal, refused};
use crate::sandbox::{
    Arrival, Request, Response, Settings,
    fault::{Conduct, Fault, Incoming},
};
use serde_json::json;

const DENIED: &str = "the request needs the application's secret token as `Authorization: Bearer`";

fn with_token() -> Sandbox {
    Sandbox::with(Settings { token: Some("right".into()), ..Settings::default() })
}

fn ask(sandbox: &Sandbox, authorization: Option<&str>) -> Response {
    sandbox.application.handle(&Request {
        method: "GET".to_owned(),
        path_and_query: "/scim/Users".to_owned(),
        headers: authorization.map(|value| ("authorization".to_owned(), value.to_owned())).into_iter().collect(),
        body: Vec::new(),
    })
}

#[test]
fn whoever_has_not_the_token_always_gets_the_same_answer() {
    let sandbox = with_token();
    let without = ask(&sandbox, None);
    assert_eq!(refusal(&without), refused(401, "", DENIED));
    assert!(without.headers.contains(&("WWW-Authenticate".to_owned(), "Bearer".to_owned())));
    for wrong in ["Bearer wrong", "Bearer", "Bearer ", "Bearer right ", "Basic right", "right"] {
        assert_eq!(ask(&sandbox, Some(wrong)), without, "{wrong}");
    }
}

#[test]
fn the_token_opens_the_application_whatever_the_letter_case_of_its_scheme() {
    let sandbox = with_token();
    assert_eq!(ask(&sandbox, Some("Bearer right")).status, 200);
    assert_eq!(ask(&sandbox, Some("bearer right")).status, 200);
}

#[test]
fn without_the_token_not_even_an_unknown_address_shows() {
    let sandbox = with_token();
    assert_eq!(sandbox.send("GET", "/nowhere", None).status, 401);
}

#[test]
fn an_unknown_address_is_a_scim_error() {
    let response = Sandbox::open().send("GET", "/Me", None);
    assert_eq!(refusal(&response), refused(404, "", "nothing is at `/scim/Me`"));
}

#[test]
fn a_method_that_is_not_possible_names_those_that_are() {
    let sandbox = Sandbox::open();
    let response = sandbox.send("DELETE", "/Users", None);
    assert_eq!(refusal(&response), refused(405, "", "`DELETE` is not possible here, only GET, POST"));
    assert!(response.headers.contains(&("Allow".to_owned(), "GET, POST".to_owned())));
    assert_eq!(sandbox.send("POST", "/Users/1", None).status, 405);
    assert_eq!(sandbox.send("PUT", "/Schemas", None).status, 405);
}

#[test]
fn a_body_must_be_declared_as_scim_or_json_and_be_it() {
    let sandbox = Sandbox::open();
    let send = |content_type: &str| {
        sandbox.application.handle(&Request {
            method: "POST".to_owned(),
            path_and_query: "/scim/Users".to_owned(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: b"{".to_vec(),
        })
    };
    let declared = refused(415, "", "the body must be `application/scim+json`, not `text/plain`");
    assert_eq!(refusal(&send("text/plain")), declared);
    let detail = "the body is no JSON: EOF while parsing an object at line 1 column 1";
    assert_eq!(refusal(&send("Application/JSON")), refused(400, "invalidSyntax", detail));
}

/// Answers reads in the application's place, and loses the answers to writes.
struct Broken;

impl Fault for Broken {
    fn treat(&self, incoming: &Incoming<'_>) -> Option<Conduct> {
        Some(if incoming.request.method == "GET" {
            Conduct::answer(Response::error(503, None, "down").with_header("Retry-After", "5"))
        } else {
            Conduct { carried_out: true, ..Conduct::answer(Response::empty(502)) }
        })
    }
}

#[test]
fn a_fault_can_answer_before_or_after_the_application() {
    let mut sandbox = Sandbox::with(Settings { record_requests: true, ..Settings::default() });
    sandbox.application = sandbox.application.with_fault(Broken);
    let get = Request { method: "GET".to_owned(), path_and_query: "/scim/Users".to_owned(), ..Request::default() };
    let down = Response::error(503, None, "down").with_header("Retry-After", "5");
    assert_eq!(sandbox.application.receive(&get).arrival, Arrival::Whole(down));
    let post = Request {
        method: "POST".to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/scim+json".to_owned())],
        body: json!({"schemas": [super::USER], "userName": "ada"}).to_string().into_bytes(),
        ..get
    };
    assert_eq!(sandbox.application.receive(&post).arrival, Arrival::Whole(Response::empty(502)));
    assert_eq!(sandbox.application.user_count(), 1);
    let statuses: Vec<_> = sandbox.application.take_requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(503), Some(502)]);
}

#[test]
fn requests_are_remembered_without_the_token_where_the_settings_say_so() {
    let sandbox = Sandbox::with(Settings { record_requests: true, ..Settings::default() });
    let id = sandbox.user("ada", &json!({}));
    sandbox.application.take_requests();
    ask(&sandbox, Some("Bearer secret"));
    sandbox.patched(&id, &json!([{"op": "Add", "path": "title", "value": "x"}]));
    let requests = sandbox.application.take_requests();
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("GET", "/scim/Users"));
    assert_eq!((&requests[0].headers, &requests[0].body, requests[0].status), (&vec![], &None, Some(200)));
    assert_eq!(requests[1].path, format!("/scim/Users/{id}"));
    assert_eq!(requests[1].body.as_ref().unwrap()["Operations"][0]["path"], "title");
    assert_eq!(requests.len(), 2);
    assert_eq!(sandbox.application.take_requests(), []);
}

#[test]
fn requests_are_not_remembered_otherwise() {
    let sandbox = Sandbox::open();
    sandbox.user("ada", &json!({}));
    assert_eq!(sandbox.application.take_requests(), []);
}
