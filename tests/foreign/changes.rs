//! What changes in the company between two cycles, and which requests that leads to in either dialect.

use crate::{
    company::{CORE_USER, Company, ENTERPRISE_USER, is_called, scim_user},
    requests::set_manager,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gets another title.
pub(crate) const EMILY: &str = "emily.carter@contoso.example";
/// Leaves Project Aurora, and stays entitled as a member of Engineering.
pub(crate) const JUERGEN: &str = "juergen.gross@contoso.example";
/// Loses her assignment, the only ground that she was in scope for.
pub(crate) const LAURA: &str = "laura.jimenez@contoso.example";
/// Is new.
pub(crate) const NORA: &str = "nora.quist@contoso.example";

/// Four changes: a title, a new user with nothing but an assignment, an assignment that goes, a member who leaves a group.
pub(crate) fn change(mut company: Company) {
    let emily = company.users.iter_mut().find(|user| is_called(user, EMILY)).unwrap();
    emily["jobTitle"] = "Senior Account Executive".into();
    company.users.push(json!({
        "id": "5d0c4d0e-3c52-4f5e-9d5a-0e6f5b7f2a11",
        "userPrincipalName": NORA,
        "displayName": "Nora Quist",
        "givenName": "Nora",
        "surname": "Quist",
        "mail": NORA,
        "mailNickname": "nora.quist",
        "jobTitle": "Archivist",
        "accountEnabled": true,
    }));
    company.assignments.push(json!({"app": "scim", "principal": NORA}));
    let direct = company.assignments.len();
    company.assignments.retain(|assignment| *assignment != json!({"app": "scim", "principal": LAURA}));
    assert_eq!(company.assignments.len(), direct - 1);
    let juergen = company.user(JUERGEN).clone();
    let aurora = company.groups.iter_mut().find(|group| is_called(group, "Project Aurora")).unwrap();
    let members = aurora["members"].as_array_mut().unwrap();
    let everybody = members.len();
    members.retain(|member| !is_called(&juergen, member.as_str().unwrap()));
    assert_eq!(members.len(), everybody - 1);
    company.write();
}

/// The create of the new user, in the order of the mappings.
pub(crate) fn nora() -> Value {
    json!({
        "schemas": [CORE_USER, ENTERPRISE_USER],
        "userName": NORA,
        "active": true,
        "displayName": "Nora Quist",
        "title": "Archivist",
        "emails": [{"type": "work", "primary": true, "value": NORA}],
        "name": {"givenName": "Nora", "familyName": "Quist", "formatted": "Nora Quist"},
        "externalId": "nora.quist",
        "meta": {"resourceType": "User"},
    })
}

/// Emily has changed, and her manager was refused before: a change tries at once what failed. Jürgen's was refused too, but
/// only his membership has changed, so that his manager waits for its time.
pub(crate) fn manager_tried_again(op: &str, ids: &BTreeMap<String, String>) -> String {
    set_manager(op, &ids[EMILY], &ids["robert.hale@contoso.example"])
}

/// What the target is to hold after the changes: Laura is no longer in scope, but her account stays, disabled.
pub(crate) fn at_the_target_afterwards(company: &Company) -> BTreeMap<String, Value> {
    let mut expected = company.at_the_target();
    let mut laura = scim_user(company.user(LAURA));
    laura["active"] = false.into();
    assert_eq!(expected.insert(LAURA.to_owned(), laura), None);
    expected
}
