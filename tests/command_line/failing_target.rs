//! Targets that cannot be worked with: quarantine or a failed cycle, a clear message, and nobody deprovisioned by it.

use crate::world::{Application, World, look_up, new_user, patch, post, probe};
use scimulator::sandbox::Response;
use serde_json::json;
use std::sync::Arc;

/// Ada, who is provisioned and has a new title, and Linus, who is new.
fn with_changes_to_come() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("ada", |_| {}).assign("ada", "scim");
    world.sync();
    application.requests();
    world
        .user("ada", |user| {
            user.set("jobTitle", "Director");
        })
        .user("linus", |_| {})
        .assign("linus", "scim");
    (world, application)
}

/// Expects that the changes go out now, and that the job is well.
#[track_caller]
fn recovers(world: &World, application: &Application) {
    world.sync().prints(["scim: incremental cycle Succeeded: 1 created, 1 updated; 5 requests in {duration}"]);
    application.received_writes([
        patch("/Users/{ada}", json!([{"op": "Add", "path": "title", "value": "Director"}])),
        post("/Users", new_user("linus")),
    ]);
    assert_eq!(application.roster(), ["ada", "linus"]);
    world.run(["jobs"]).exits_with(0);
}

#[test]
fn an_unreachable_target_puts_the_job_into_quarantine() {
    let (world, application) = with_changes_to_come();
    application.go_away();
    world.run(["sync", "now"]).exits_with(3).complains([]).prints([
        "scim: incremental cycle Quarantine; 2 requests in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: no connection to `{target}`: Connection \
         refused (os error 111); check that the application runs and can be reached",
        "  in quarantine (EncounteredQuarantineException); tried again at {time}, or with `scimulator \
         sync now scim`",
    ]);
    world.run(["jobs"]).exits_with(3);
    application.come_back();
    recovers(&world, &application);
}

#[test]
fn a_wrong_token_puts_the_job_into_quarantine() {
    let (mut world, application) = with_changes_to_come();
    world.variable("WORLD_TOKEN", Some("another-one"));
    world.run(["sync", "now"]).exits_with(3).complains([]).prints([
        "scim: incremental cycle Quarantine; 1 request in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 401 Unauthorized: the request needs the \
         application's secret token as `Authorization: Bearer`",
        "  help: check the secret token: it may be wrong, expired or revoked",
        "  in quarantine (EncounteredQuarantineException); tried again at {time}, or with `scimulator \
         sync now scim`",
    ]);
    application.received([probe()]);
    world.variable("WORLD_TOKEN", Some(crate::world::TOKEN));
    recovers(&world, &application);
}

#[test]
fn a_target_that_answers_with_a_web_page_puts_the_job_into_quarantine() {
    let (world, application) = with_changes_to_come();
    application.interfere(|_| {
        let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
        Some(Response { status: 200, headers, body: b"<!DOCTYPE html><title>Sign in</title>".to_vec() })
    });
    world.run(["sync", "now"]).exits_with(3).complains([]).prints([
        "scim: incremental cycle Quarantine; 1 request in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 200 OK, but the answer is not SCIM: the body \
         is no JSON but HTML or XML (`<!DOCTYPE html><title>Sign in</title>`)",
        "  help: check that `tenant_url` is the SCIM base URL of the application",
        "  in quarantine (EncounteredQuarantineException); tried again at {time}, or with `scimulator \
         sync now scim`",
    ]);
    application.received([probe()]);
    application.behave();
    recovers(&world, &application);
}

#[test]
fn a_target_that_fails_the_probe_fails_the_cycle_and_nothing_more() {
    let (world, application) = with_changes_to_come();
    application.interfere(|_| Some(Response::error(503, None, "down for maintenance")));
    world.run(["sync", "now"]).exits_with(1).complains([]).prints([
        "scim: incremental cycle Failed; 1 request in {duration}",
        "  GET /scim/Users?filter=userName+eq+%22{uuid}%22: 503 Service Unavailable: down for maintenance",
    ]);
    application.received([probe()]);
    application.behave();
    recovers(&world, &application);
}

#[test]
fn an_object_that_the_target_refuses_fails_alone_and_is_tried_again() {
    let (world, application) = with_changes_to_come();
    application.interfere(|request| {
        (request.method == "POST").then(|| Response::error(400, Some("invalidValue"), "externalId is too short"))
    });
    world.run(["sync", "now"]).exits_with(1).prints([
        "scim: incremental cycle EntryLevelErrors: 1 updated, 1 failed; 5 requests in {duration}",
        "  see what failed: scimulator logs --status failure --job scim",
    ]);
    application.requests();
    application.behave();
    world.sync().prints(["scim: incremental cycle Succeeded: 1 created; 3 requests in {duration}"]);
    application.received([probe(), look_up("linus%40contoso.example"), post("/Users", new_user("linus"))]);
}

#[test]
fn quarantine_is_told_in_json_too() {
    let (world, application) = with_changes_to_come();
    application.interfere(|_| Some(Response::error(403, None, "no")));
    let lines = world.run(["sync", "now", "--json"]).exits_with(3).complains([]).json_lines();
    assert_eq!(lines[0]["state"], "Quarantine");
    assert_eq!(lines[0]["quarantine"]["reason"], "EncounteredQuarantineException");
    assert_eq!(lines[0]["quarantine"]["seriesCount"], 1);
    application.behave();
    application.requests();
    recovers(&world, &application);
}
