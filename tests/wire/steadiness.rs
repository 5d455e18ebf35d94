//! The same bytes twice, at whatever pace. Source: `spec/ENGINE.md` §5, `spec/WIRE.md` §7.

use super::{
    golden::Recorded,
    mapping::{self, MANAGER},
    stage::{JobText, Stage},
};
use serde_json::json;

/// A small company lives through three cycles; all that stood on the wire, and how many seconds it took.
async fn told(settings: &str, flag: &'static str) -> (Vec<Recorded>, f64) {
    let mapping = mapping::small(&[(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")]);
    let job = JobText { mapping, settings: settings.to_owned(), base: "/scim".to_owned() };
    let mut stage = Stage::open(job, flag).await;
    let names = ["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"];
    for (number, name) in names.iter().enumerate() {
        stage.user(name, &json!({"jobTitle": "Clerk", "manager": format!("id-{}", names[number / 2])}));
    }
    stage.group("Team", &names[..6]);
    stage.group("Crew", &names[3..]);
    let mut requests = stage.cycle().await;
    stage.change("bob", &json!({"displayName": "Robert", "jobTitle": "Chief"}));
    stage.unassign("eve");
    stage.members("Team", &names[2..]);
    stage.members("Crew", &["ann"]);
    requests.extend(stage.cycle().await);
    stage.change("fay", &json!({"accountEnabled": false}));
    stage.unassign("Crew");
    requests.extend(stage.cycle().await);
    (requests, stage.seconds_passed())
}

fn bytes(requests: &[Recorded]) -> Vec<String> {
    requests.iter().map(|request| format!("{}{}", request.head, request.body)).collect()
}

#[tokio::test]
async fn with_one_request_in_flight_two_runs_send_the_same_bytes() {
    for flag in ["", "?aadOptscim062020"] {
        let (first, _) = told("max_in_flight = 1", flag).await;
        let (second, _) = told("max_in_flight = 1", flag).await;
        assert!(first.len() > 40, "{} requests", first.len());
        assert_eq!(bytes(&first), bytes(&second));
    }
}

#[tokio::test]
async fn a_pace_changes_the_time_that_requests_take_and_nothing_else() {
    let (unpaced, at_once) = told("", "").await;
    assert!(at_once < 0.001, "{at_once}");
    let (paced, seconds) = told("pace = \"entra\"", "").await;
    assert_eq!(bytes(&paced), bytes(&unpaced));
    // 25 a second; the first one leaves at once, and is not waited for.
    let due = f64::from(u32::try_from(paced.len() - 1).unwrap()) / 25.0;
    assert!((seconds - due).abs() < 0.05, "{} requests in {seconds} s, not in {due}", paced.len());
    let (slow, seconds) = told("requests_per_second = 2", "").await;
    assert_eq!(bytes(&slow), bytes(&unpaced));
    assert!((seconds - due * 12.5).abs() < 0.6, "{} requests in {seconds} s", slow.len());
}
