//! The sample company at scim2-server, a strict SCIM server.
//!
//! The server takes creates, plain replacements and added members in both dialects. It refuses a manager as a bare text in
//! both, and the legacy removal of members: such a refusal must end in the log and in a retry, and nothing else may suffer
//! from it.

use crate::{
    COMPLIANT, LEGACY,
    changes::{EMILY, JUERGEN, LAURA, at_the_target_afterwards, change, manager_tried_again, nora},
    company::{CORE_USER, ENTERPRISE_USER},
    project::{Cycle, Project, counts},
    requests::{MANAGER, group, patch, path, set_manager, user, write},
    server::Software::Scim2Server,
};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What the server says of a manager that is a bare text.
const MANAGER_REFUSED: &str = "400 Bad Request, invalidValue: 1 validation error for EnterpriseUser";

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn the_whole_company_arrives_in_the_legacy_dialect() {
    let mut project = Project::of_the_sample_company(Scim2Server, LEGACY);
    let cycle = project.sync();
    assert_company_arrived(&project, &cycle);
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn the_whole_company_arrives_in_the_compliant_dialect() {
    let mut project = Project::of_the_sample_company(Scim2Server, COMPLIANT);
    let cycle = project.sync();
    assert_company_arrived(&project, &cycle);
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn special_users_arrive_as_written_here() {
    let mut project = Project::of_the_sample_company(Scim2Server, LEGACY);
    project.sync();
    let users = project.server.users();
    assert_eq!(
        users["anna.kovacs@fabrikam.example"],
        json!({
            "schemas": [CORE_USER],
            "userName": "anna.kovacs@fabrikam.example",
            "externalId": "anna.kovacs_fabrikam.example#EXT#",
            "active": true,
            "displayName": "Anna Kovács",
            "title": "External Auditor",
            "preferredLanguage": "hu-HU",
            "name": {"givenName": "Anna", "familyName": "Kovács", "formatted": "Anna Kovács"},
            "emails": [{"type": "work", "value": "anna.kovacs@fabrikam.example", "primary": true}],
        })
    );
    assert_eq!(
        users["robert.hale@contoso.example"],
        json!({
            "schemas": [CORE_USER, ENTERPRISE_USER],
            "userName": "robert.hale@contoso.example",
            "externalId": "robert.hale",
            "active": true,
            "displayName": "Robert \"Bob\" Hale",
            "title": "Sales Lead Americas",
            "preferredLanguage": "en-US",
            "name": {"givenName": "Robert", "familyName": "Hale", "formatted": "Robert Hale"},
            "emails": [{"type": "work", "value": "robert.hale@contoso.example", "primary": true}],
            "addresses": [{
                "type": "work",
                "formatted": "Seattle HQ",
                "streetAddress": "1200 Third Avenue, Floor 18",
                "locality": "Seattle",
                "region": "WA",
                "postalCode": "98101",
                "country": "US",
            }],
            "phoneNumbers": [
                {"type": "work", "value": "+1 206 555 0109"},
                {"type": "mobile", "value": "+1 425 555 0109"},
            ],
            ENTERPRISE_USER: {"employeeNumber": "C1063", "department": "Sales"},
        })
    );
    // Neither mail nor mobile phone.
    assert_eq!(users["dorothy.miles@contoso.example"].get("emails"), None);
    assert_eq!(
        users["dorothy.miles@contoso.example"]["phoneNumbers"],
        json!([{"type": "work", "value": "+1 206 555 0141"}])
    );
    // Two business phones, of which the first is the telephone number.
    assert_eq!(
        users["samuel.adeyemi@contoso.example"]["phoneNumbers"],
        json!([{"type": "work", "value": "+44 20 7946 0140"}, {"type": "mobile", "value": "+44 7700 900140"}])
    );
    assert_eq!(
        users["olivia.grant@contoso.example"]["phoneNumbers"][2],
        json!({"type": "fax", "value": "+1 206 555 0199"})
    );
    assert_eq!(users["taro.yamada@contoso.example"]["name"]["formatted"], "太郎 山田");
    assert_eq!(users["claire.o'brien@contoso.example"]["externalId"], "claire.obrien");
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn refused_managers_are_in_the_log_and_in_the_view_of_the_state_file() {
    let mut project = Project::of_the_sample_company(Scim2Server, LEGACY);
    let cycle = project.sync();
    let ids = project.server.ids();
    let failures = project.logs(&["--status", "failure"]);
    let logged: BTreeMap<_, _> = failures.iter().map(|record| (source_name(record).to_owned(), record)).collect();
    let managers = project.company().managers_in_scope();
    assert_eq!(failures.len(), managers.len());
    assert!(logged.keys().eq(managers.keys()), "{:?}", logged.keys());
    for (user, manager) in &managers {
        let record = logged[user];
        let error = &record["provisioningStatusInfo"]["errorInformation"];
        let request = error["additionalDetails"].as_str().unwrap();
        let asked_and_answered = format!("PATCH /v2/Users/{}: {MANAGER_REFUSED}\nmanager\n", ids[user]);
        assert!(request.starts_with(&asked_and_answered), "{request}");
        let reason = error["reason"].as_str().unwrap();
        assert!(reason.starts_with("StatusCode: Bad Request\r\n"), "{reason}");
        assert!(reason.contains(". This operation was retried 0 times. It will be retried again after"), "{reason}");
        assert_eq!(error["errorCode"], "BadRequest");
        assert_eq!(record["cycleId"], cycle.result["cycleId"]);
        assert_eq!(record["provisioningAction"], "update");
        assert_eq!(record["targetIdentity"]["id"], json!(ids[user]));
        assert_eq!(
            record["modifiedProperties"],
            json!([{"displayName": MANAGER, "oldValue": null, "newValue": ids[manager]}])
        );
    }
    let state = Connection::open_with_flags(project.state(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut view = state
        .prepare("SELECT id, source_name, target_id, error_code FROM provisioning_logs WHERE status = 'failure'")
        .unwrap();
    let rows: BTreeSet<[String; 4]> = view
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let printed: BTreeSet<_> = failures
        .iter()
        .map(|record| {
            let error = &record["provisioningStatusInfo"]["errorInformation"];
            let target = &record["targetIdentity"]["id"];
            [text(&record["id"]), source_name(record).to_owned(), text(target), text(&error["errorCode"])]
        })
        .collect();
    assert_eq!(rows, printed);
    let counted: usize = state
        .query_row("SELECT count(*) FROM provisioning_logs WHERE status = 'failure'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, failures.len());
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn an_unchanged_company_costs_each_escrow_one_retry_and_then_a_probe_a_cycle() {
    let mut project = Project::of_the_sample_company(Scim2Server, LEGACY);
    project.sync();
    let retries = project.sync();
    let ids = project.server.ids();
    let managers = project.company().managers_in_scope();
    let mut refused: Vec<_> =
        managers.iter().map(|(user, manager)| set_manager("Add", &ids[user], &ids[manager])).collect();
    refused.sort();
    assert_eq!(retries.writes(), refused);
    // Each is read before it is tried again.
    assert_eq!(
        retries.summary(),
        json!({
            "job": "scim",
            "kind": "incremental",
            "state": "EntryLevelErrors",
            "counts": counts(0, 0, 0, 0, managers.len()),
            "requests": 1 + 2 * managers.len(),
        })
    );
    assert_eq!(retries.exit, Some(1));
    assert_only_a_probe(&project.sync());
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn each_change_is_one_request_in_the_legacy_dialect() {
    let mut project = Project::of_the_sample_company(Scim2Server, LEGACY);
    project.sync();
    project.sync();
    change(project.company());
    let cycle = project.sync();
    let ids = project.server.ids();
    let aurora = group(&ids["Project Aurora"]);
    let removal = patch(&aurora, &json!({"op": "Remove", "path": "members", "value": [{"value": ids[JUERGEN]}]}));
    let mut expected = vec![
        patch(&user(&ids[LAURA]), &json!({"op": "Replace", "path": "active", "value": "False"})),
        patch(&user(&ids[EMILY]), &json!({"op": "Replace", "path": "title", "value": "Senior Account Executive"})),
        write("POST", "/Users", &nora()),
        removal.clone(),
    ];
    expected.push(manager_tried_again("Add", &ids));
    expected.sort();
    assert_eq!(cycle.writes(), expected);
    assert_eq!(
        cycle.summary(),
        json!({
            "job": "scim",
            "kind": "incremental",
            "state": "EntryLevelErrors",
            "counts": counts(1, 1, 1, 1, 2),
            "requests": 10,
        })
    );
    assert_eq!(cycle.exit, Some(1));

    let mut members = project.company().members_in_scope();
    members.get_mut("Project Aurora").unwrap().insert(JUERGEN.to_owned());
    assert_eq!(project.server.members(), members, "the server refuses legacy removals");
    assert_eq!(project.server.users(), at_the_target_afterwards(&project.company()));

    let failures = project.logs(&["--status", "failure", "--cycle", cycle.result["cycleId"].as_str().unwrap()]);
    let refused: Vec<_> =
        failures.iter().filter(|record| record["sourceIdentity"]["displayName"] == "Project Aurora").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        refused[0]["modifiedProperties"],
        json!([{"displayName": "members", "oldValue": ids[JUERGEN], "newValue": null}])
    );
    let request = refused[0]["provisioningStatusInfo"]["errorInformation"]["additionalDetails"].as_str().unwrap();
    let asked_and_answered = format!("PATCH /v2{aurora}: 400 Bad Request, invalidValue: a remove operation");
    assert!(request.starts_with(&asked_and_answered), "{request}");

    assert_eq!(project.sync().writes(), [removal], "the next cycle tries it once more");
    assert_only_a_probe(&project.sync());
}

#[test]
#[ignore = "needs Python and PyPI: run by CI with --ignored"]
fn each_change_arrives_in_the_compliant_dialect() {
    let mut project = Project::of_the_sample_company(Scim2Server, COMPLIANT);
    project.sync();
    project.sync();
    change(project.company());
    let cycle = project.sync();
    let ids = project.server.ids();
    let member = format!("members[value eq \"{}\"]", ids[JUERGEN]);
    let mut expected = vec![
        patch(&user(&ids[LAURA]), &json!({"op": "replace", "path": "active", "value": false})),
        patch(&user(&ids[EMILY]), &json!({"op": "replace", "path": "title", "value": "Senior Account Executive"})),
        write("POST", "/Users", &nora()),
        patch(&group(&ids["Project Aurora"]), &json!({"op": "remove", "path": member})),
    ];
    expected.push(manager_tried_again("add", &ids));
    expected.sort();
    assert_eq!(cycle.writes(), expected);
    assert_eq!(
        cycle.summary(),
        json!({
            "job": "scim",
            "kind": "incremental",
            "state": "EntryLevelErrors",
            "counts": counts(1, 2, 1, 1, 1),
            "requests": 10,
        })
    );
    assert_eq!(cycle.exit, Some(1));
    assert_eq!(project.server.members(), project.company().members_in_scope());
    assert_eq!(project.server.users(), at_the_target_afterwards(&project.company()));
    assert_only_a_probe(&project.sync());
}

/// After the first cycle the server holds the company, apart from the managers, which it refuses.
fn assert_company_arrived(project: &Project, cycle: &Cycle) {
    let company = project.company();
    let expected = company.at_the_target();
    assert_eq!(expected.len(), 41);
    assert_eq!(project.server.users(), expected);
    let members = company.members_in_scope();
    assert_eq!((members.len(), members.values().map(BTreeSet::len).sum::<usize>()), (5, 40));
    assert_eq!(project.server.members(), members);
    let managers = company.managers_in_scope().len();
    assert_eq!(managers, 39);

    let fields: Vec<_> = cycle.result.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["job", "cycleId", "kind", "state", "counts", "requests", "durationMs"]);
    let objects = expected.len() + members.len();
    // Assigned, but disabled: Gregory Stone, Helena Fischer, Mikael Strand.
    let disabled = 3;
    assert_eq!(
        cycle.summary(),
        json!({
            "job": "scim",
            "kind": "initial",
            "state": "EntryLevelErrors",
            "counts": counts(objects, members.len(), 0, disabled, managers),
            "requests": 1 + 2 * objects + members.len() + managers,
        })
    );
    assert_eq!(cycle.requests.len(), 1 + 2 * objects + members.len() + managers);
    assert_eq!(cycle.exit, Some(1));
    assert!(cycle.requests.iter().all(|request| request.request_headers["Authorization"] == "Bearer [hidden]"));
    assert_eq!(project.files_with_the_token(), Vec::<PathBuf>::new());
}

fn assert_only_a_probe(cycle: &Cycle) {
    let [probe] = cycle.requests.as_slice() else { panic!("more than a probe: {:?}", cycle.requests) };
    assert_eq!(probe.method, "GET");
    let id = path(&probe.url).strip_prefix("/Users?filter=userName+eq+%22").and_then(|rest| rest.strip_suffix("%22"));
    assert_eq!(id.map(str::len), Some(36), "{}", probe.url);
    assert_eq!(
        cycle.summary(),
        json!({
            "job": "scim",
            "kind": "incremental",
            "state": "Succeeded",
            "counts": counts(0, 0, 0, 0, 0),
            "requests": 1,
        })
    );
    assert_eq!(cycle.exit, Some(0));
}

fn source_name(record: &Value) -> &str {
    record["sourceIdentity"]["details"]["UserPrincipalName"].as_str().unwrap()
}
