//! The steps of a record, in the order that Entra's log has. Source: `spec/GRAPH.md` §2.5, "Step order".

use super::{
    lines::probe,
    world::{JOB, World, refusal},
};
use scimulator::{
    log::Step,
    store::{LogQuery, ObjectKind::User},
};
use serde_json::json;

/// The steps of the newest record: `EntryImportAdd (import)`, with the status unless it is success.
async fn steps(world: &World) -> Vec<String> {
    let query = LogQuery { job: Some(JOB.to_owned()), limit: Some(1), ..LogQuery::default() };
    let rows = world.read(move |tables| tables.records(&query)).await;
    let steps: Vec<Step> = serde_json::from_str(&rows[0].steps).unwrap();
    let shown = |step: &Step| {
        let written = serde_json::to_value(step).unwrap();
        let text = |name: &str| written[name].as_str().unwrap().to_owned();
        let status = if text("status") == "success" { String::new() } else { format!(": {}", text("status")) };
        format!("{} ({}){status}", text("name"), text("provisioningStepType"))
    };
    steps.iter().map(shown).collect()
}

async fn with_ann() -> World {
    let mut world = World::new();
    world.assigned_users(&["ann"]);
    world.sync().await;
    world
}

#[tokio::test]
async fn a_create_is_scoped_and_then_not_found() {
    let world = with_ann().await;
    assert_eq!(
        steps(&world).await,
        [
            "EntryImportAdd (import)",
            "EntrySynchronizationScoping (scoping)",
            "EntrySynchronizationAdd (matching)",
            "EntryExportAdd (export)",
        ]
    );
}

#[tokio::test]
async fn what_is_found_at_the_target_stands_before_scope() {
    let mut world = with_ann().await;
    world.change("ann", &json!({"givenName": "Ann"}));
    world.sync().await;
    let found = ["EntryImportUpdate (import)", "EntryImport (matching)", "EntrySynchronizationScoping (scoping)"];
    assert_eq!(steps(&world).await, [&found[..], &["EntrySynchronizationSkip (export): skipped"]].concat());
    world.change("ann", &json!({"displayName": "Annie"}));
    world.sync().await;
    assert_eq!(steps(&world).await, [&found[..], &["EntryExportUpdate (export)"]].concat());
    world.unassign("ann");
    world.sync().await;
    let unassigned = [found[0], found[1], "EntrySynchronizationScoping (scoping): skipped"];
    assert_eq!(steps(&world).await, [&unassigned[..], &["EntryExportUpdateSoftDelete (export)"]].concat());
}

#[tokio::test]
async fn on_demand_it_is_the_same_order() {
    let mut world = with_ann().await;
    let (_, requests) = world.demand(User, "ann", &[]).await;
    assert_eq!((requests.len(), &requests[0]), (2, &probe()));
    assert_eq!(
        steps(&world).await,
        [
            "EntryImport (import)",
            "EntryImport (matching)",
            "EntrySynchronizationScoping (scoping)",
            "EntrySynchronizationSkip (export): skipped",
        ]
    );
}

#[tokio::test]
async fn a_retry_comes_first_and_a_failure_last() {
    let mut world = with_ann().await;
    world.change("ann", &json!({"displayName": "Annie"}));
    world.once(&["GET /Users/{ann}"], refusal(400, "not today"));
    world.sync().await;
    assert_eq!(
        steps(&world).await,
        ["EntryImportUpdate (import)", "EntrySynchronizationScoping (scoping)", "EntryImport (matching): failure",]
    );
    world.sync().await;
    assert_eq!(
        steps(&world).await,
        [
            "EntryEscrowRetry (import)",
            "EntryImportUpdate (import)",
            "EntryImport (matching)",
            "EntrySynchronizationScoping (scoping)",
            "EntryExportUpdate (export)",
        ]
    );
}
