//! Replaying a trace: what was sent once is sent again, to the same target or to another one, and the answers are held
//! against those of the first time. It is the regression test of somebody who builds an endpoint.
//!
//! 1. A trace file is read ([`recording`]), and what must not be sent again is left out of it.
//! 2. Each request is made ready: the ids that the recorded target gave become those that the live one gives
//!    ([`identities`]), in paths, filters, members, managers, and in JSON inside of a text. All else, the random values
//!    of probes among it, goes as it went.
//! 3. The answer teaches which id became which, and is compared with the recorded one ([`comparison`]): the status, and
//!    the shape of what came. What differs from run to run (ids, `meta`, moments, the words of an error) says nothing.
//!
//! Nothing here sends or reads anything but the trace file; who drives the replay does.
//!
//! Limits: requests go one after another, in the order in which they left, so that what raced in the first run does not
//! race now. A request that had no answer, that was answered with 429 or with a redirect, is not sent again: whether and as
//! what it counted is not in the trace, and the repeat that followed is. The whole file is held in memory.
//!
//! Source: the product's design ("The command line").

pub mod comparison;
pub mod identities;
pub mod recording;

use super::{answer::resource_id, path::member, trace::TraceEntry, transport::Method};
use comparison::Difference;
use identities::Identities;
use recording::Place;
use serde_json::Value;

/// A replay under way: what is known of ids so far.
#[derive(Debug, Default)]
pub struct Replay {
    identities: Identities,
}

/// A recorded request, as it is to be sent to the live target.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The method.
    pub method: Method,
    /// The path below the base URL, percent-encoded.
    pub path: String,
    /// The query string, without what was the recorded target's own.
    pub query: String,
    /// The body.
    pub body: Option<Value>,
    /// An id of the recorded target in the path, of which no answer has told what it is now.
    pub unknown_id: Option<String>,
}

impl Replay {
    /// The request with the live target's ids.
    pub fn prepare(&self, entry: &TraceEntry, place: &Place) -> Prepared {
        let unknown_id = place.id.clone().filter(|id| self.identities.of(id).is_none());
        Prepared {
            method: place.method,
            path: place.path_with(|id| self.identities.of(id)),
            query: self.identities.in_query(&place.query),
            body: (!entry.request_body.is_null()).then(|| self.identities.in_body(&entry.request_body)),
            unknown_id,
        }
    }

    /// What differs in the live answer; learns ids from it.
    pub fn judge(&mut self, entry: &TraceEntry, status: u16, body: &Value) -> Vec<Difference> {
        let recorded = entry.status.unwrap_or_default();
        if recorded < 400 && status < 400 {
            self.learn(&entry.response_body, body);
        }
        comparison::differences((recorded, &self.identities.in_body(&entry.response_body)), (status, body))
    }

    /// Takes note of the ids that two answers to one request give to the same objects.
    fn learn(&mut self, recorded: &Value, live: &Value) {
        if let (Some(recorded), Some(live)) = (resource_id(recorded), resource_id(live)) {
            self.identities.learn(recorded, live);
        }
        let resources = |body| member(body, "Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (recorded, live) = (resources(recorded), resources(live));
        if let ([recorded], [live]) = (recorded, live) {
            return self.learn(recorded, live);
        }
        for recorded in recorded {
            let label = comparison::label(recorded);
            if let Some(live) = live.iter().find(|live| label.is_some() && comparison::label(live) == label) {
                self.learn(recorded, live);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Difference, Replay, TraceEntry, recording::Place};
    use crate::scim::answer::LIST_RESPONSE;
    use serde_json::{Map, Value, json};

    const BASE: &str = "http://app.example/scim";

    fn entry(method: &str, path: &str, request_body: Value, status: u16, response_body: Value) -> TraceEntry {
        TraceEntry {
            time: "2026-11-20T07:00:00.000Z".into(),
            job: Some("scim".into()),
            cycle: None,
            seq: 1,
            method: method.into(),
            url: format!("{BASE}{path}"),
            request_headers: Map::new(),
            request_body,
            status: Some(status),
            response_headers: Some(Map::new()),
            response_body,
            duration_ms: 1,
            error: None,
        }
    }

    /// Method, path, query and body as they would be sent.
    fn sent(replay: &Replay, entry: &TraceEntry) -> (String, String, Value) {
        let prepared = replay.prepare(entry, &Place::of(entry).unwrap());
        (prepared.path, prepared.query, prepared.body.unwrap_or_default())
    }

    #[test]
    fn an_id_that_a_create_gave_is_the_live_one_from_then_on() {
        let mut replay = Replay::default();
        let create =
            entry("POST", "/Users", json!({"userName": "ada"}), 201, json!({"id": "recorded-1", "userName": "ada"}));
        assert_eq!(replay.judge(&create, 201, &json!({"id": "live 1", "userName": "ada"})), []);
        let operations = json!({"Operations": [
            {"op": "Add", "path": "members", "value": [{"value": "recorded-1"}, {"value": "recorded-2"}]},
            {"op": "remove", "path": "members[value eq \"recorded-1\"]"},
            {"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"recorded-1\",\"value\":\"x\"}"}]},
        ]});
        let change = entry("PATCH", "/Users/recorded-1", operations, 204, Value::Null);
        let expected = json!({"Operations": [
            {"op": "Add", "path": "members", "value": [{"value": "live 1"}, {"value": "recorded-2"}]},
            {"op": "remove", "path": "members[value eq \"live 1\"]"},
            {"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"live 1\",\"value\":\"x\"}"}]},
        ]});
        assert_eq!(sent(&replay, &change), ("/Users/live%201".into(), String::new(), expected));
        let check = entry("GET", "/Users?attributes=id&filter=id+eq+%22recorded-1%22", Value::Null, 200, Value::Null);
        assert_eq!(sent(&replay, &check).1, "attributes=id&filter=id+eq+%22live+1%22");
    }

    #[test]
    fn an_id_that_a_query_gave_is_known_too() {
        let mut replay = Replay::default();
        let list = |ids: [&str; 2]| {
            json!({"schemas": [LIST_RESPONSE], "totalResults": 2, "Resources": [
                {"id": ids[0], "userName": "ada"}, {"id": ids[1], "userName": "bob"},
            ]})
        };
        let mut live = list(["live-a", "live-b"]);
        live["Resources"].as_array_mut().unwrap().reverse();
        let query = entry("GET", "/Users", Value::Null, 200, list(["recorded-a", "recorded-b"]));
        assert_eq!(replay.judge(&query, 200, &live), []);
        let read = entry("GET", "/Users/recorded-b", Value::Null, 200, Value::Null);
        assert_eq!(sent(&replay, &read).0, "/Users/live-b");
    }

    #[test]
    fn an_id_of_which_nothing_is_known_is_sent_as_it_was_and_told_of() {
        let read = entry("GET", "/Users/recorded-9", Value::Null, 200, Value::Null);
        let prepared = Replay::default().prepare(&read, &Place::of(&read).unwrap());
        assert_eq!((prepared.path.as_str(), prepared.unknown_id.as_deref()), ("/Users/recorded-9", Some("recorded-9")));
    }

    #[test]
    fn an_answer_with_another_status_teaches_no_id() {
        let mut replay = Replay::default();
        let create = entry("POST", "/Users", json!({}), 201, json!({"id": "recorded-1"}));
        let differences = replay.judge(&create, 409, &json!({"id": "live-1"}));
        assert_eq!(differences, [Difference::Status { recorded: 201, live: 409 }]);
        let read = entry("GET", "/Users/recorded-1", Value::Null, 200, Value::Null);
        assert_eq!(sent(&replay, &read).0, "/Users/recorded-1");
    }
}
