//! The sample company at the application around scimmy.
//!
//! It takes everything of the company in the compliant dialect but managers, which it refuses as a bare text in both. In
//! the legacy dialect it also refuses to disable anybody: a truth value must not be a text.

use crate::{
    COMPLIANT, LEGACY,
    changes::{LAURA, at_the_target_afterwards, change},
    company::scim_user,
    project::{Project, counts},
    scene::in_order,
    server::Software::Scimmy,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[test]
#[ignore = "needs Node and npm: run by CI with --ignored"]
fn the_whole_company_and_its_changes_arrive_in_the_compliant_dialect() {
    let mut project = begun(COMPLIANT);
    change(project.company());
    let cycle = project.sync();
    assert_eq!(cycle.summary()["counts"], counts(1, 2, 1, 1, 1));
    assert_eq!(held(&project), in_the_same_order(at_the_target_afterwards(&project.company())));
    assert_eq!(project.server.members(), project.company().members_in_scope());
}

#[test]
#[ignore = "needs Node and npm: run by CI with --ignored"]
fn nobody_can_be_disabled_in_the_legacy_dialect_and_all_else_arrives() {
    let mut project = begun(LEGACY);
    change(project.company());
    let cycle = project.sync();
    assert_eq!(cycle.summary()["counts"], counts(1, 2, 0, 1, 2));
    let mut expected = at_the_target_afterwards(&project.company());
    expected.insert(LAURA.to_owned(), scim_user(project.company().user(LAURA)));
    assert_eq!(held(&project), in_the_same_order(expected), "Laura is still active");
    assert_eq!(project.server.members(), project.company().members_in_scope());
    let cycle = cycle.result["cycleId"].as_str().unwrap();
    let failures = project.logs(&["--status", "failure", "--cycle", cycle, "--user", LAURA]);
    let [failure] = failures.as_slice() else { panic!("{failures:#?}") };
    assert_eq!(
        failure["modifiedProperties"],
        json!([{"displayName": "active", "oldValue": "True", "newValue": "False"}])
    );
    let details = failure["provisioningStatusInfo"]["errorInformation"]["additionalDetails"].as_str().unwrap();
    let id = &project.server.ids()[LAURA];
    let asked_and_answered =
        format!("PATCH /scim/Users/{id}: 400 Bad Request, invalidValue: Attribute 'active' expected");
    assert!(details.starts_with(&asked_and_answered), "{details}");
}

/// The first cycle and a second one, which tries what was refused once more: the company is there, apart from managers.
fn begun(flag: &str) -> Project {
    let mut project = Project::of_the_sample_company(Scimmy, flag);
    let cycle = project.sync();
    let company = project.company();
    let (users, members, managers) = (company.at_the_target(), company.members_in_scope(), company.managers_in_scope());
    // Assigned, but disabled: Gregory Stone, Helena Fischer, Mikael Strand.
    let disabled = 3;
    let objects = users.len() + members.len();
    assert_eq!(cycle.summary()["counts"], counts(objects, members.len(), 0, disabled, managers.len()));
    assert_eq!(held(&project), in_the_same_order(users));
    assert_eq!(project.server.members(), members);
    let failures = project.logs(&["--status", "failure"]);
    let refused: BTreeSet<_> =
        failures.iter().map(|it| it["sourceIdentity"]["details"]["UserPrincipalName"].as_str().unwrap()).collect();
    assert!(refused.iter().eq(managers.keys()), "{refused:?}");
    for failure in &failures {
        let details = failure["provisioningStatusInfo"]["errorInformation"]["additionalDetails"].as_str().unwrap();
        assert!(details.contains(": 400 Bad Request, invalidValue: Complex attribute 'manager'"), "{details}");
    }
    assert_eq!(project.sync().summary()["counts"], counts(0, 0, 0, 0, managers.len()));
    project
}

fn held(project: &Project) -> BTreeMap<String, Value> {
    in_the_same_order(project.server.users())
}

fn in_the_same_order(users: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    users.into_iter().map(|(name, user)| (name, in_order(user))).collect()
}
