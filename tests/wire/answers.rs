//! What follows on the wire from what the application answers. Source: `spec/WIRE.md` §7.

use super::{
    application::{Instead, bytes, refusal},
    stage::Stage,
    story::{Story, story},
};
use scimulator::engine::Reset;
use serde_json::json;

const FIND: &str = "GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22\n";
const POST: &str = "POST /scim/Users\n  {\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\
    \"userName\":\"ann@contoso.example\",\"active\":true,\"displayName\":\"Ann\",\"meta\":{\"resourceType\":\"User\"}}\n";
const READ: &str = "GET /scim/Users/t-ann\n";

/// A change of ann, without a read before it.
fn patch(operation: &str) -> String {
    format!(
        "PATCH /scim/Users/t-ann\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operation}]}}\n"
    )
}

/// Ann becomes Annie, in either dialect.
fn annie() -> [String; 2] {
    ["Replace", "replace"].map(|op| patch(&format!(r#"{{"op":"{op}","path":"displayName","value":"Annie"}}"#)))
}

/// A story in which ann is new, and the next requests that begin with `start` are answered like this.
fn new_ann(start: &'static str, times: usize, instead: Instead) -> Story {
    story().when(move |stage| {
        stage.users(&["ann"]);
        stage.application.instead(start, times, instead.clone());
    })
}

/// A story in which ann is there, becomes Annie, and the next requests that begin with `start` are answered like this.
fn known_ann(start: &'static str, times: usize, instead: Instead) -> Story {
    story().given(|stage| stage.users(&["ann"])).when(move |stage| {
        stage.change("ann", &json!({"displayName": "Annie"}));
        stage.application.instead(start, times, instead.clone());
    })
}

/// Reads ann, and changes her.
fn changes_ann(story: Story) -> Story {
    let [legacy, compliant] = annie();
    story.sends(&format!("{READ}{legacy}"), &format!("{READ}{compliant}"))
}

#[tokio::test]
async fn a_conflict_on_a_create_is_not_matched_again_in_the_same_cycle() {
    for conflict in [refusal(409, None, "taken"), refusal(400, Some("uniqueness"), "taken")] {
        new_ann("POST", 1, conflict)
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both("")
            .holds()
            .await;
    }
}

#[tokio::test]
async fn a_refused_change_is_tried_once_a_cycle_and_again_in_the_next_one() {
    let mut told = story().given(|stage| stage.users(&["ann"]));
    for status in [400, 403, 405, 409, 422, 500, 501, 503] {
        told = told.when(move |stage| {
            stage.change("ann", &json!({"displayName": format!("Ann {status}")}));
            stage.application.instead("PATCH", 1, refusal(status, None, "not today"));
        });
        let [legacy, compliant] = ["Replace", "replace"].map(|op| {
            let changed = patch(&format!(r#"{{"op":"{op}","path":"displayName","value":"Ann {status}"}}"#));
            format!("{READ}{changed}")
        });
        told = told.sends(&legacy, &compliant).sends(&legacy, &compliant).sends_in_both("");
    }
    told.holds().await;
}

#[tokio::test]
async fn bad_credentials_stop_the_cycle_at_once() {
    story()
        .when(|stage| {
            stage.users(&["ann", "bob"]);
            stage.application.instead("POST", 1, refusal(401, None, "no"));
        })
        .sends_in_both(&format!("{FIND}{POST}"))
        .holds()
        .await;
}

#[tokio::test]
async fn an_object_that_is_gone_needs_no_deleting() {
    story()
        .given(|stage| stage.users(&["ann"]))
        .given(|stage| stage.remove("ann"))
        .when(|stage| {
            stage.later(31 * 24);
            stage.application.instead("DELETE", 1, refusal(404, None, "gone"));
        })
        .sends_in_both("DELETE /scim/Users/t-ann")
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_is_gone_while_being_disabled_is_left_alone_and_matched_anew_when_back() {
    story()
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| {
            stage.unassign("ann");
            stage.application.ask("DELETE", "/Users/t-ann", &json!(null));
        })
        .sends_in_both(READ)
        .sends_in_both("")
        .when(|stage| stage.assign("ann"))
        .sends_in_both(&format!("{FIND}{POST}"))
        .holds()
        .await;
}

/// A story in which ann is there, vanishes from the application, and becomes Annie.
fn vanished(settings: &str) -> Story {
    story().with(settings).given(|stage| stage.users(&["ann"])).when(|stage| {
        stage.application.ask("DELETE", "/Users/t-ann", &json!(null));
        stage.change("ann", &json!({"jobTitle": "Clerk"}));
    })
}

#[tokio::test]
async fn an_object_that_vanished_is_not_created_again_until_a_restart() {
    let create = format!("{FIND}{}", POST.replace("\"Ann\",", "\"Ann\",\"title\":\"Clerk\","));
    for resets in [&[Reset::Full], &[Reset::ConnectorDataStore]] {
        vanished("")
            .sends_in_both(READ)
            .sends_in_both(READ)
            .restarted(&Reset::DEFAULT)
            .sends_in_both(READ)
            .restarted(resets)
            .sends_in_both(&create)
            .holds()
            .await;
    }
}

#[tokio::test]
async fn an_object_that_vanished_is_created_again_where_the_job_says_so() {
    let create = format!("{READ}{FIND}{}", POST.replace("\"Ann\",", "\"Ann\",\"title\":\"Clerk\","));
    vanished("recreate_missing = true").sends_in_both(&create).sends_in_both("").holds().await;
}

/// The story's clock went on by so many seconds since the last look.
pub(crate) fn waited(seconds: f64) -> impl Fn(&mut Stage) + 'static {
    move |stage| {
        let passed = stage.seconds_passed();
        assert!((passed - seconds).abs() < 0.5, "{passed} seconds went by, not {seconds}");
    }
}

#[tokio::test]
async fn too_many_requests_are_repeated_after_the_time_that_the_application_names() {
    let busy = |retry_after: &str| {
        let header = if retry_after.is_empty() { String::new() } else { format!("Retry-After: {retry_after}\r\n") };
        Instead::Answer(bytes(429, &header, ""))
    };
    for (retry_after, seconds) in
        [("7", 7.0), ("Mon, 05 Jan 2026 08:00:30 GMT", 30.0), ("999", 300.0), ("", 1.0), ("soon", 1.0)]
    {
        new_ann("GET /scim/Users?filter=userName+eq+%22ann", 1, busy(retry_after))
            .sends_in_both(&format!("{FIND}{FIND}{POST}"))
            .when(waited(seconds))
            .holds()
            .await;
    }
    new_ann("POST", 2, busy("")).sends_in_both(&format!("{FIND}{POST}{POST}{POST}")).when(waited(3.0)).holds().await;
}

#[tokio::test]
async fn too_many_requests_for_the_sixth_time_are_a_failure_and_tried_in_the_next_cycle() {
    new_ann("POST", 6, Instead::Answer(bytes(429, "", "")))
        .sends_in_both(&format!("{FIND}{}", POST.repeat(6)))
        .when(waited(1.0 + 2.0 + 4.0 + 8.0 + 16.0))
        .sends_in_both(&format!("{FIND}{POST}"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_matched_anew_before_a_second_one() {
    let set = |legacy: &str| format!("{FIND}{legacy}");
    new_ann("POST", 1, Instead::Nothing)
        .sends_in_both(&format!("{FIND}{POST}"))
        .sends_in_both(FIND)
        .sends_in_both("")
        .holds()
        .await;
    for status in [500, 503] {
        new_ann("POST", 1, refusal(status, None, "oops"))
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both(&set(POST))
            .holds()
            .await;
    }
    let html = Instead::Answer(bytes(201, "Content-Type: text/html\r\n", "<html>"));
    new_ann("POST", 1, html).sends_in_both(&format!("{FIND}{POST}")).sends_in_both(&set(POST)).holds().await;
}

#[tokio::test]
async fn a_read_that_fails_or_is_no_scim_or_is_too_long_is_not_written_upon() {
    let too_long = format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"t-ann","nickName":"{}"}}"#,
        "x".repeat(10 * 1024 * 1024)
    );
    for answer in [
        bytes(500, "", ""),
        bytes(200, "Content-Type: text/html\r\n", "<html>"),
        bytes(200, "", "{\"id\":\"t-ann\""),
        bytes(200, "", too_long),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}".to_vec(),
    ] {
        let story = known_ann("GET /scim/Users/t-ann", 1, Instead::Answer(answer)).sends_in_both(READ);
        changes_ann(story).holds().await;
    }
}

const ANN: &str =
    r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"t-ann","userName":"ann@contoso.example"}"#;

#[tokio::test]
async fn a_write_is_done_with_200_201_or_204_with_and_without_a_body() {
    for answer in [bytes(201, "", ANN), bytes(200, "", ANN)] {
        new_ann("POST", 1, Instead::Answer(answer))
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both("")
            .holds()
            .await;
    }
    for answer in [bytes(204, "", ""), bytes(200, "", ""), bytes(200, "", ANN)] {
        let story = known_ann("PATCH", 1, Instead::Answer(answer.clone()));
        changes_ann(story).sends_in_both("").holds().await;
        story_of_leaver(Instead::Answer(answer)).sends_in_both("").holds().await;
    }
}

/// Ann is deleted for good, and the request is answered like this.
fn story_of_leaver(instead: Instead) -> Story {
    story()
        .given(|stage| stage.users(&["ann"]))
        .given(|stage| stage.remove("ann"))
        .when(move |stage| {
            stage.later(31 * 24);
            stage.application.instead("DELETE", 1, instead.clone());
        })
        .sends_in_both("DELETE /scim/Users/t-ann")
}

/// 202 leaves open whether it was done, 206 is half an answer, and 304 answers a question that nobody put. A create is
/// matched anew, a change read anew, and a deletion sent again.
#[tokio::test]
async fn any_other_status_of_success_and_304_are_failures_and_what_came_of_it_is_looked_up() {
    for status in [202, 206, 304] {
        let odd = || Instead::Answer(bytes(status, "", ""));
        new_ann("POST", 1, odd())
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both(&format!("{FIND}{POST}"))
            .sends_in_both("")
            .holds()
            .await;
        let read = known_ann("GET /scim/Users/t-ann", 1, odd()).sends_in_both(READ);
        changes_ann(read).sends_in_both("").holds().await;
        changes_ann(changes_ann(known_ann("PATCH", 1, odd()))).sends_in_both("").holds().await;
        story_of_leaver(odd()).sends_in_both("DELETE /scim/Users/t-ann").sends_in_both("").holds().await;
    }
}
