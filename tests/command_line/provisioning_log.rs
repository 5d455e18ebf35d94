//! The provisioning log: the command, Graph's shape and the SQL views tell the same story.

use crate::world::{Application, World, keys};
use scimulator::sandbox::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// A day with a create, a refused create, a disable, and somebody who is skipped.
fn eventful() -> (World, Arc<Application>) {
    let mut world = World::new();
    let application = world.job("scim");
    world.user("alan", |_| {}).assign("alan", "scim");
    world.sync();
    world
        .user("alan", |user| {
            user.set("accountEnabled", false);
        })
        .user("ada", |user| {
            user.set("jobTitle", "Analyst");
        })
        .user("linus", |_| {})
        .user("bob", |user| {
            user.set("accountEnabled", false);
        })
        .assign("ada", "scim")
        .assign("linus", "scim")
        .assign("bob", "scim");
    application.interfere(|request| {
        let refused = request.method == "POST" && String::from_utf8_lossy(&request.body).contains("linus");
        refused.then(|| Response::error(400, Some("invalidValue"), "externalId is too short"))
    });
    world.run(["sync", "now"]).exits_with(1);
    application.behave();
    (world, application)
}

/// The request and its answer in a line, as the log has it before Entra's text.
const REFUSED_REQUEST: &str = "POST /scim/Users: 400 Bad Request, invalidValue: externalId is too short";
/// Entra's text (`spec/GRAPH.md` §2.6).
const REFUSAL: &str = "StatusCode: Bad Request\r\nMessage: Processing of the HTTP request resulted in an exception. \
    Please see the HTTP response returned by the 'Response' property of this exception for details.\r\nWeb Response: \
    \r\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":\"400\",\
    \"scimType\":\"invalidValue\",\"detail\":\"externalId is too short\"}. This operation was retried 0 times. \
    It will be retried again after this date: {time}";

#[test]
fn the_log_is_a_line_a_record_in_the_order_of_time() {
    let (world, _) = eventful();
    let log = world.run(["logs"]).exits_with(0).complains([]);
    let cells: Vec<Vec<_>> = log.stdout.lines().map(|line| line.split('\t').collect()).collect();
    let row = |action, status, object, what| ["{time}", "scim", action, status, object, what, "{uuid}"];
    let written = "userName, active, displayName, emails[type eq \"work\"].value, externalId";
    let with_title = "userName, active, displayName, title, emails[type eq \"work\"].value, externalId";
    let refused = format!("BadRequest: {REFUSED_REQUEST}");
    assert_eq!(
        cells,
        [
            ["time", "job", "action", "status", "object", "what", "id"],
            row("create", "success", "alan@contoso.example", written),
            row("other", "skipped", "bob@contoso.example", "EntrySynchronizationSkipped"),
            row("disable", "success", "alan@contoso.example", "active"),
            row("create", "success", "ada@contoso.example", with_title),
            row("create", "failure", "linus@contoso.example", &refused),
        ]
    );
}

#[test]
fn failures_read_the_same_in_the_command_in_graphs_shape_and_in_sql() {
    let (world, _) = eventful();
    let shown = world.run(["logs", "--status", "failure"]).exits_with(0);
    assert_eq!(shown.stdout.lines().count(), 2, "{}", shown.stdout);
    let records = world.run(["logs", "--status", "failure", "--json"]).exits_with(0).json_lines();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    let error = &record["provisioningStatusInfo"]["errorInformation"];
    assert_eq!(
        world.query(
            "SELECT job, action, status, source_name, target_id, error_code, error_category, reason \
             FROM provisioning_logs WHERE status = 'failure'"
        ),
        [[
            "scim",
            "create",
            "failure",
            "linus@contoso.example",
            "",
            "BadRequest",
            "nonServiceFailure",
            &format!("{REFUSED_REQUEST}\r\n{REFUSAL}")
        ]]
    );
    assert_eq!(record["provisioningAction"], "create");
    assert_eq!(record["provisioningStatusInfo"]["status"], "failure");
    assert_eq!(record["sourceIdentity"]["details"]["UserPrincipalName"], "linus@contoso.example");
    assert_eq!(
        *error,
        json!({
            "errorCode": "BadRequest",
            "reason": REFUSAL,
            "additionalDetails": REFUSED_REQUEST,
            "errorCategory": "nonServiceFailure",
            "recommendedAction": null,
        })
    );

    let steps: Vec<Vec<String>> = record["provisioningSteps"]
        .as_array()
        .unwrap()
        .iter()
        .zip(1..)
        .map(|(step, number): (&Value, u32)| {
            let text = |key: &str| step[key].as_str().unwrap().to_owned();
            vec![number.to_string(), text("name"), text("provisioningStepType"), text("status"), text("description")]
        })
        .collect();
    let from_sql = world.query(
        "SELECT step, name, type, steps.status, description FROM provisioning_steps AS steps \
         JOIN provisioning_logs AS logs ON logs.id = record_id WHERE logs.status = 'failure' ORDER BY step",
    );
    assert_eq!(from_sql, steps);

    let modified: Vec<Vec<String>> = record["modifiedProperties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|property| {
            ["displayName", "oldValue", "newValue"].map(|key| property[key].as_str().unwrap_or("-").to_owned()).to_vec()
        })
        .collect();
    assert_eq!(
        world.query("SELECT property, old_value, new_value FROM modified_properties WHERE status = 'failure'"),
        modified
    );
}

#[test]
fn the_views_unfold_what_changed_and_how() {
    let (world, _) = eventful();
    assert_eq!(
        world.query(
            "SELECT job, action, source_name, property, old_value, new_value FROM modified_properties \
             WHERE action = 'disable'"
        ),
        [["scim", "disable", "alan@contoso.example", "active", "True", "False"]]
    );
    assert_eq!(
        world.query(
            "SELECT step || ' ' || name || ' (' || type || '): ' || status, description FROM provisioning_steps \
             WHERE source_name LIKE 'ada@%' ORDER BY step"
        ),
        [
            [
                "1 EntryImportAdd (import): success",
                "Received User 'ada@contoso.example' change of type (Add) from Microsoft Entra ID"
            ],
            [
                "2 EntrySynchronizationScoping (scoping): success",
                "Determine if User in scope by evaluating against each scoping filter"
            ],
            [
                "3 EntrySynchronizationAdd (matching): success",
                "User 'ada@contoso.example' will be created in SCIM application (User is active and assigned in \
                 Microsoft Entra ID, but no matching User was found in SCIM application)"
            ],
            ["4 EntryExportAdd (export): success", "User 'ada@contoso.example' was created in SCIM application"],
        ]
    );
}

#[test]
fn a_record_in_json_has_all_keys_of_graphs_example_in_their_order() {
    let (world, _) = eventful();
    let example: Value = serde_json::from_str(GRAPH_EXAMPLE).unwrap();
    for (name, other_record) in [("linus", "failure"), ("ada", "success")] {
        let record = &world.run(["logs", "--user", &format!("{name}@contoso.example"), "--json"]).json_lines()[0];
        assert_eq!(record["provisioningStatusInfo"]["status"], other_record);
        assert_eq!(keys(record), keys(&example));
        for object in [
            "initiatedBy",
            "servicePrincipal",
            "sourceSystem",
            "targetSystem",
            "sourceIdentity",
            "targetIdentity",
            "provisioningStatusInfo",
        ] {
            assert_eq!(keys(&record[object]), keys(&example[object]), "{object}");
        }
        assert_eq!(keys(&record["targetSystem"]["details"]), keys(&example["targetSystem"]["details"]));
        assert_eq!(keys(&record["sourceIdentity"]["details"]), keys(&example["sourceIdentity"]["details"]));
        for step in record["provisioningSteps"].as_array().unwrap() {
            assert_eq!(keys(step), keys(&example["provisioningSteps"][0]));
        }
        for property in record["modifiedProperties"].as_array().unwrap() {
            assert_eq!(keys(property), keys(&example["modifiedProperties"][0]));
        }
    }
    let failure = &world.run(["logs", "--status", "failure", "--json"]).json_lines()[0];
    let error = |record: &Value| record["provisioningStatusInfo"]["errorInformation"].clone();
    assert_eq!(keys(&error(failure)), keys(&error(&example)));
    let success = &world.run(["logs", "--status", "success", "--json"]).json_lines()[0];
    assert_eq!(error(success), Value::Null);
}

#[test]
fn one_record_is_shown_step_by_step_and_found_by_the_beginning_of_its_id() {
    let (world, _) = eventful();
    let id = world.id_of_record("action = 'disable'");
    world.run(["logs", "show", &id[..8]]).exits_with(0).complains([]).prints([
        "disable success: User alan@contoso.example",
        "  record     {uuid}",
        "  job        scim, cycle {uuid}",
        "  time       {time}, {duration}",
        "  source     {uuid} (alan of Contoso)",
        "  target     {alan}",
        "steps",
        "  1. EntryImportUpdate (success)",
        "     Received User 'alan@contoso.example' change of type (Update) from Microsoft Entra ID",
        "       objectId = {uuid}",
        "       accountEnabled = False",
        "       userPrincipalName = alan@contoso.example",
        "       displayName = alan of Contoso",
        "       mailNickname = alan",
        "       mail = alan@contoso.example",
        "       IsSoftDeleted = True",
        "  2. EntryImport (success)",
        "     Retrieved  'alan@contoso.example' from SCIM application",
        "       id = {alan}",
        "       userName = alan@contoso.example",
        "       displayName = alan of Contoso",
        "       externalId = alan",
        "       active = True",
        "  3. EntrySynchronizationScoping (skipped)",
        "     Determine if User in scope by evaluating against each scoping filter",
        "       Active in the source system = False",
        "       Assigned to the application = True",
        "       User has the required role = True",
        "       Scoping filter evaluation passed = True",
        "       ScopeEvaluationResult = {}",
        "  4. EntryExportUpdateSoftDelete (success)",
        "     User 'alan@contoso.example' was disabled in SCIM application",
        "       active = False",
        "       ReportableIdentifier = alan@contoso.example",
        "modified properties",
        "  active: True -> False",
    ]);
    let whole = world.run(["logs", "show", &id, "--json"]).exits_with(0);
    let record: Value = serde_json::from_str(&whole.stdout.replace(": {duration}", ": 0")).unwrap();
    assert_eq!(record["provisioningAction"], "disable");
    world
        .run(["logs", "show", "nothing"])
        .exits_with(2)
        .prints([])
        .complains(["error: no record has the id `nothing`, or several begin with it"]);
}

#[test]
fn records_are_found_by_job_action_user_age_cycle_and_number() {
    let (world, _) = eventful();
    let objects = |arguments: [&str; 4]| -> Vec<String> {
        let [a, b, c, d] = arguments;
        let lines = world.run(["logs", "--json", a, b, c, d]).exits_with(0).json_lines();
        lines
            .iter()
            .map(|record| {
                format!(
                    "{} {}",
                    record["provisioningAction"].as_str().unwrap(),
                    record["sourceIdentity"]["displayName"].as_str().unwrap()
                )
            })
            .collect()
    };
    assert_eq!(objects(["--action", "disable", "--job", "scim"]), ["disable alan of Contoso"]);
    assert_eq!(
        objects(["--user", "ALAN@contoso.example", "--status", "success"]),
        ["create alan of Contoso", "disable alan of Contoso"]
    );
    assert_eq!(objects(["--limit", "1", "--since", "1h"]), ["create linus of Contoso"]);
    world
        .run(["logs", "--job", "skim"])
        .exits_with(2)
        .prints([])
        .complains(["error: there is no job `skim`, and there was none"]);
    let cycle = &world.ids("SELECT id FROM cycle ORDER BY began")[0];
    assert_eq!(objects(["--cycle", cycle, "--limit", "9"]), ["create alan of Contoso"]);
    world
        .run(["logs", "--status", "failed"])
        .exits_with(2)
        .prints([])
        .complains(["error: `--status` must be one of success, failure, skipped, warning, not `failed`"]);
    world
        .run(["logs", "--since", "yesterday"])
        .exits_with(2)
        .prints([])
        .complains(["error: `--since` must be a time ({time}), a day or an age (2h), not `yesterday`"]);
}

#[test]
fn without_a_state_file_the_log_says_where_one_comes_from() {
    let mut world = World::new();
    world.job("scim");
    world
        .run(["logs"])
        .exits_with(0)
        .prints([])
        .complains(["there is no state file `state/scimulator.db` yet; it is made by the first `scimulator \
         sync now` or `scimulator run`"]);
}

/// The keys of `provisioningObjectSummary` (`spec/GRAPH.md` §2.9), without the values.
const GRAPH_EXAMPLE: &str = r#"{
    "id": 0, "activityDateTime": 0, "tenantId": 0, "jobId": 0, "cycleId": 0, "changeId": 0, "provisioningAction": 0,
    "durationInMilliseconds": 0,
    "initiatedBy": {"id": 0, "displayName": 0, "initiatorType": 0},
    "servicePrincipal": {"id": 0, "displayName": 0},
    "sourceSystem": {"id": 0, "displayName": 0, "details": {}},
    "targetSystem": {"id": 0, "displayName": 0,
        "details": {"ApplicationId": 0, "ServicePrincipalId": 0, "ServicePrincipalDisplayName": 0}},
    "sourceIdentity": {"id": 0, "displayName": 0, "identityType": 0,
        "details": {"id": 0, "odatatype": 0, "DisplayName": 0, "UserPrincipalName": 0}},
    "targetIdentity": {"id": 0, "displayName": 0, "identityType": 0, "details": {}},
    "modifiedProperties": [{"displayName": 0, "oldValue": 0, "newValue": 0}],
    "provisioningStatusInfo": {"status": 0, "errorInformation": {"errorCode": 0, "reason": 0, "additionalDetails": 0,
        "errorCategory": 0, "recommendedAction": 0}},
    "provisioningSteps": [{"name": 0, "provisioningStepType": 0, "status": 0, "description": 0, "details": {}}]
}"#;
