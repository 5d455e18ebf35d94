//! The odd answers, and what is expected of each in place of each kind of request.

use super::{
    company::TOKEN,
    request_kind::RequestKind,
    wire_form::{self, closing, gzip, json},
};
use serde_json::{Value, json};

/// What the server does in place of an answer.
#[derive(Clone)]
pub(crate) enum Act {
    /// These bytes go, and the connection is closed.
    Raw(Vec<u8>),
    /// The same for so many requests; those that follow are answered as usual.
    First(usize, Vec<u8>),
    /// The application's answer goes, in this form.
    Form(fn(scimulator::sandbox::Response) -> Vec<u8>),
    /// The connection is reset.
    Reset,
    /// Nothing ever comes.
    Silence,
    /// The answer comes byte by byte, and never ends.
    Drip,
}

/// What comes of it.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// Nothing: all is as if the answer had not been odd.
    Fine,
    /// The object fails, and the log says this.
    Fails(&'static str),
}

/// An odd answer.
#[derive(Clone)]
pub(crate) struct OddAnswer {
    pub(crate) name: &'static str,
    pub(crate) act: Act,
    /// What the log says where it stands in place of a request of this kind; none: it is no odd answer there.
    said: Said,
}

/// What the log says of an answer in place of a request of this kind.
type Said = fn(RequestKind) -> Option<&'static str>;

impl OddAnswer {
    /// What is expected of it in place of a request of this kind, which the application has seen or not.
    pub(crate) fn expected(&self, kind: RequestKind, carried_out: bool) -> Option<Expected> {
        // A 429 says that the request was not carried out: it is repeated on the spot.
        if carried_out && (!kind.is_write() || self.name.starts_with("429")) {
            return None;
        }
        let in_the_end_the_applications_own = matches!(self.act, Act::Form(_) | Act::First(..));
        match (self.said)(kind) {
            _ if in_the_end_the_applications_own && carried_out => None,
            Some(said) => Some(Expected::Fails(said)),
            None => in_the_end_the_applications_own.then_some(Expected::Fine),
        }
    }
}

/// An answer that the target may as well give.
fn harmless(name: &'static str, act: Act) -> OddAnswer {
    failing(name, act, |_| None)
}

/// An answer that fails requests, and what the log says of it.
fn failing(name: &'static str, act: Act, said: Said) -> OddAnswer {
    OddAnswer { name, act, said }
}

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn list(total: impl Into<Value>, resources: impl Into<Value>) -> Act {
    ok(&json!({"schemas": [LIST], "totalResults": total.into(), "Resources": resources.into()}))
}

fn ok(body: &Value) -> Act {
    Act::Raw(json("200 OK", body.to_string()))
}

fn created(body: &Value) -> Act {
    Act::Raw(json("201 Created", body.to_string()))
}

fn redirect(to: &str) -> Vec<u8> {
    closing("302 Found", &[("Location", to)], "")
}

fn status(status: &str) -> Act {
    let detail = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": "told to"});
    Act::Raw(json(status, detail.to_string()))
}

/// All of them.
pub(crate) fn all() -> Vec<OddAnswer> {
    [forms(), broken_connections(), bodies(), statuses(), lists(), resources()].concat()
}

/// Forms that an answer may have.
fn forms() -> Vec<OddAnswer> {
    let again = |headers: &[(&str, &str)]| Act::First(1, closing("429 Too Many Requests", headers, ""));
    vec![
        harmless("names in capital letters", Act::Form(wire_form::shouting)),
        harmless("called a web page", Act::Form(wire_form::as_web_page)),
        harmless("without a content type", Act::Form(wire_form::bare)),
        harmless("after a byte order mark", Act::Form(wire_form::with_byte_order_mark)),
        harmless("duplicate keys, the last ones true", Act::Form(wire_form::with_duplicate_keys)),
        harmless("gzip", Act::Form(wire_form::gzipped)),
        harmless("chunks of one byte", Act::Form(wire_form::chunked)),
        harmless("after interim answers", Act::Form(wire_form::announced)),
        harmless("HTTP/1.0 until the connection's end", Act::Form(wire_form::by_the_old_protocol)),
        harmless("200 whatever was due", Act::Form(wire_form::with_a_plain_200)),
        harmless("an empty object where nothing was due", Act::Form(wire_form::with_an_empty_object)),
        failing("no body", Act::Form(wire_form::without_a_body), |kind| {
            (!kind.is_patch() && !kind.is_delete()).then_some("the body is empty")
        }),
        failing("a redirect to the same place, once", Act::First(1, redirect("")), |kind| {
            kind.is_write().then_some("302 Found, which names no address to go on at")
        }),
        harmless("429 once, with seconds", again(&[("Retry-After", "7")])),
        harmless("429 once, with a date", again(&[("Retry-After", "Thu, 05 Feb 2026 10:00:09 GMT")])),
        harmless("429 five times", Act::First(5, closing("429 Too Many Requests", &[], "slow down"))),
    ]
}

/// Connections that break, and those over which no HTTP comes.
fn broken_connections() -> Vec<OddAnswer> {
    let broken: fn(RequestKind) -> Option<&'static str> =
        |_| Some("the connection broke before the answer was complete");
    let late: fn(RequestKind) -> Option<&'static str> = |_| Some("no answer within 97 s");
    let raw = |bytes: &[u8]| Act::Raw(bytes.to_vec());
    let headers = "X-Header: x\r\n".repeat(150);
    vec![
        failing("reset", Act::Reset, broken),
        failing("closed without a word", raw(b""), broken),
        failing("closed within the head", raw(b"HTTP/1.1 200 OK\r\nContent-Le"), broken),
        failing("closed within the body", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":"), broken),
        failing(
            "closed within a chunk",
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"id"),
            broken,
        ),
        failing(
            "a chunk without a length",
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{}"),
            broken,
        ),
        failing("no HTTP", raw(b"SSH-2.0-OpenSSH_9.9\r\n"), broken),
        failing("two lengths", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"), broken),
        failing("a negative length", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"), broken),
        failing("too many headers", Act::Raw(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{{}}").into_bytes()), broken),
        failing("no answer", Act::Silence, late),
        failing("an answer that does not end", Act::Drip, late),
    ]
}

/// Bodies that are not what they should be, under a good status.
fn bodies() -> Vec<OddAnswer> {
    let encoded = |coding: &str, body: &[u8]| Act::Raw(closing("200 OK", &[("Content-Encoding", coding)], body));
    let good = |body: &[u8]| Act::Raw(json("200 OK", body));
    let deep = [b"{\"id\":".as_slice(), "[".repeat(100_000).as_bytes()].concat();
    let huge: fn(RequestKind) -> Option<&'static str> = |_| Some("the answer is longer than 10 MiB");
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    let error = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "500", "detail": "no"});
    vec![
        failing("a web page", Act::Raw(closing("200 OK", &[("Content-Type", "text/html")], page)), |_| {
            Some("the body is no JSON but HTML or XML")
        }),
        failing("plain text", good(b"OK"), |_| Some("the body is no JSON (`OK`)")),
        failing("JSON that breaks off", good(b"{\"schemas\":[\"urn:ietf"), |_| {
            Some("the body is JSON that breaks off")
        }),
        failing("no UTF-8", good(b"{\"id\":\"\xff\xfe\"}"), |_| Some("the body is not UTF-8")),
        failing("UTF-16", good(b"\xff\xfe{\0}\0"), |_| Some("the body is not UTF-8")),
        failing("nested deeply", good(&deep), |_| Some("the body is nested too deeply")),
        failing("an array", good(b"[]"), |_| Some("the body is JSON, but no object")),
        failing("a number", good(b"7"), |_| Some("the body is JSON, but no object")),
        failing("null", good(b"null"), |_| Some("the body is JSON, but no object")),
        failing("10 MiB and a byte", good(&vec![b' '; 10 * 1024 * 1024 + 1]), huge),
        failing("a gzip bomb", encoded("gzip", &gzip(&vec![b' '; 11 * 1024 * 1024])), huge),
        failing("damaged gzip", encoded("gzip", b"\x1f\x8bno"), |_| Some("its gzip coding is damaged")),
        failing("brotli", encoded("br", b"\x0b\x02\x80{}\x03"), |_| Some("encoded as `br`, which was not asked for")),
        failing("deflate", encoded("deflate", b"x\x9c\xabV*\x05\0"), |_| Some("encoded as `deflate`")),
        failing("gzip twice", encoded("gzip, gzip", &gzip(b"{}")), |_| Some("encoded as `gzip, gzip`")),
        failing("an error under a good status", ok(&error), |kind| {
            Some(match kind {
                kind if kind.is_query() => "a list must name",
                kind if kind.is_read() => "a resource must have an `id`",
                kind if kind.is_create() => "the answer to a create must carry an `id`",
                _ => "it is a message",
            })
        }),
    ]
}

/// Statuses that are no success.
fn statuses() -> Vec<OddAnswer> {
    let moved = |to: &str| Act::Raw(redirect(to));
    let echo = json!({"detail": format!("`Bearer {TOKEN}` may not"), "scimType": TOKEN});
    let echoed = closing("400 Bad Request", &[("X-Echo", TOKEN), ("Set-Cookie", TOKEN)], echo.to_string());
    vec![
        failing("400", status("400 Bad Request"), |_| Some("400 Bad Request: told to")),
        failing("400 that says the token back", Act::Raw(echoed), |_| {
            Some("400 Bad Request, [hidden]: `Bearer [hidden]` may not")
        }),
        failing("401", status("401 Unauthorized"), |_| Some("401 Unauthorized: told to")),
        failing("403", status("403 Forbidden"), |_| Some("403 Forbidden: told to")),
        failing("404", status("404 Not Found"), |kind| {
            let means_gone = kind.is_delete() || matches!(kind, RequestKind::ReadLeaver | RequestKind::DisableUser);
            (!means_gone).then_some("404 Not Found: told to")
        }),
        failing("405", status("405 Method Not Allowed"), |_| Some("405 Method Not Allowed")),
        failing("408", status("408 Request Timeout"), |_| Some("408 Request Timeout")),
        failing("409", status("409 Conflict"), |_| Some("409 Conflict: told to")),
        failing("418", status("418 I'm a teapot"), |_| Some("418 I'm a teapot")),
        failing("422", status("422 Unprocessable Entity"), |_| Some("422 Unprocessable Entity")),
        failing("429 for ever", status("429 Too Many Requests"), |_| Some("429 Too Many Requests: told to")),
        failing("500", status("500 Internal Server Error"), |_| Some("500 Internal Server Error: told to")),
        failing("501", status("501 Not Implemented"), |_| Some("501 Not Implemented")),
        failing("502 with a web page", Act::Raw(closing("502 Bad Gateway", &[], "<html>bad gateway</html>")), |_| {
            Some("502 Bad Gateway")
        }),
        failing("503 without a word", Act::Raw(closing("503 Service Unavailable", &[], "")), |_| {
            Some("503 Service Unavailable")
        }),
        failing("no status of HTTP", status("999 Nine"), |_| Some("999 Unknown")),
        failing("304", Act::Raw(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec()), |_| {
            Some("304 Not Modified, which is no answer that SCIM has to this request")
        }),
        failing("202", Act::Raw(closing("202 Accepted", &[], "")), |_| {
            Some("202 Accepted, which is no answer that SCIM has to this request")
        }),
        failing("206", status("206 Partial Content"), |_| {
            Some("206 Partial Content, which is no answer that SCIM has to this request")
        }),
        failing("a redirect to another host", moved("https://login.example/"), |_| {
            Some("302 Found to `https://login.example/`, which is not followed")
        }),
        failing("a redirect to another port", moved("http://127.0.0.1:1/"), |_| Some("which is not followed")),
        failing("a redirect to nowhere within the host", moved("/scim/nowhere"), |kind| match kind {
            kind if kind.is_write() => Some("302 Found to `/scim/nowhere`, which is not followed"),
            RequestKind::ReadLeaver => None,
            _ => Some("404 Not Found"),
        }),
        failing("a circle of redirects", moved(""), |_| Some("302 Found, which names no address to go on at")),
    ]
}

/// Answers to queries.
fn lists() -> Vec<OddAnswer> {
    fn query(kind: RequestKind, said: &'static str, probed: &'static str) -> Option<&'static str> {
        match kind {
            RequestKind::Probe => Some(probed),
            kind if kind.is_query() => Some(said),
            _ => None,
        }
    }
    let entry = |id: Value| json!([{"schemas": [USER], "id": id}]);
    let nobody = |resources: &Value| ok(&json!({"schemas": [LIST], "totalResults": 1, "Resources": resources}));
    vec![
        failing("more in all than on the page", list(5, entry("x".into())), |kind| {
            query(kind, "5 objects at the target have", "a filter that nothing passes found 5: filters are ignored")
        }),
        failing("fewer in all than on the page", list(0, json!([{"id": "x"}, {"id": "y"}])), |kind| {
            query(kind, "2 objects at the target have", "a filter that nothing passes found 2: filters are ignored")
        }),
        failing("some, and none of them", list(3, json!([])), |kind| {
            query(kind, "`totalResults` is 3, and `Resources` is empty", "found 3: filters are ignored")
        }),
        failing("a total that is a text", list("one", json!([])), |kind| {
            query(kind, "`totalResults` is no number", "`totalResults` is no number")
        }),
        failing("a total below nothing", list(-1, json!([])), |kind| {
            query(kind, "`totalResults` is no number", "`totalResults` is no number")
        }),
        failing("no resources", nobody(&Value::Null), |kind| {
            query(kind, "a list must have `Resources`", "a list must have `Resources`")
        }),
        failing("resources that are no list", nobody(&json!({"id": "x"})), |kind| {
            query(kind, "`Resources` is no array", "`Resources` is no array")
        }),
        failing("a resource that is null", list(1, json!([null])), |kind| {
            query(kind, "entry 1 of `Resources` has no `id`", "entry 1 of `Resources` has no `id`")
        }),
        failing("an id that is a number, in a list", list(1, entry(7.into())), |kind| {
            query(kind, "entry 1 of `Resources` has no `id`", "entry 1 of `Resources` has no `id`")
        }),
        failing("an empty id, in a list", list(1, entry("".into())), |kind| {
            query(kind, "entry 1 of `Resources` has no `id`", "entry 1 of `Resources` has no `id`")
        }),
        failing("a resource where a list is due", ok(&json!({"schemas": [USER], "id": "x"})), |kind| {
            query(kind, "a list must name", "a list must name")
        }),
        failing("a list without its schema", ok(&json!({"totalResults": 0, "Resources": []})), |kind| {
            query(kind, "a list must name", "a list must name")
        }),
        failing("everybody whatever is asked for", list(1, entry("x".into())), |kind| {
            (kind == RequestKind::Probe).then_some("filters are ignored")
        }),
    ]
}

/// Answers in which one resource is due.
fn resources() -> Vec<OddAnswer> {
    fn resource(kind: RequestKind, read: &'static str, create: &'static str) -> Option<&'static str> {
        match kind {
            kind if kind.is_read() => Some(read),
            kind if kind.is_create() => Some(create),
            _ => None,
        }
    }
    let user = |id: Value| created(&json!({"schemas": [USER], "id": id, "userName": "x"}));
    vec![
        failing("an id that is a number", user(7.into()), |kind| {
            resource(kind, "a resource must have an `id` that is a text", "must carry an `id` that is a text")
        }),
        failing("an id that is null", user(Value::Null), |kind| {
            resource(kind, "a resource must have an `id` that is a text", "must carry an `id` that is a text")
        }),
        failing("an empty id", user("".into()), |kind| {
            resource(kind, "a resource must have an `id` that is a text", "must carry an `id` that is a text")
        }),
        failing("no id", created(&json!({"schemas": [USER], "userName": "x"})), |kind| {
            resource(kind, "a resource must have an `id` that is a text", "must carry an `id` that is a text")
        }),
        failing("somebody else", ok(&json!({"schemas": [USER], "id": "x/y"})), |kind| {
            let elsewhere = kind.is_read() || kind.is_patch();
            elsewhere.then_some("was asked for, and the answer is about `x/y`")
        }),
        failing("no schemas", ok(&json!({"id": "x"})), |kind| {
            kind.is_read().then_some("a resource must have `schemas`")
        }),
        failing("a list where a resource is due", list(0, json!([])), |kind| {
            Some(match kind {
                kind if kind.is_read() => "it is a list, where the object itself was asked for",
                kind if kind.is_create() => "the answer to a create must carry an `id`",
                kind if kind.is_write() => "it is a message",
                _ => return None,
            })
        }),
        failing("several where one is due", list(2, json!([{"id": "x"}, {"id": "y"}])), |kind| {
            kind.is_read().then_some("several objects where one was asked for")
        }),
    ]
}
