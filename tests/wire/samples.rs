//! The requests that Microsoft's pages show, brought about by a story and compared as JSON: the order of keys in an object is
//! the pages' own, that of operations and values counts.
//!
//! Sources, in `MicrosoftDocs/entra-docs`: `use-scim-to-provision-users-and-groups.md` (tutorial),
//! `application-provisioning-config-problem-scim-compatibility.md` (compatibility), `customize-application-attributes.md`
//! (roles). Where a page differs from what is observed, `spec/WIRE.md` §3 and §4 decide, and the test says so.

use super::{
    golden::Recorded,
    mapping::{self, Line},
    stage::{JobText, Stage},
};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const FLAG: &str = "?aadOptscim062020";

const NAME: Line = ("userName", "{ filterable = true }", "{ direct = \"userPrincipalName\", matching = 1 }");
/// Matched by, where a sample changes the name itself.
const NUMBER: Line = ("nickName", "{ filterable = true }", "{ direct = \"extensionAttribute9\", matching = 1 }");
const RENAMED: Line = ("userName", "{}", "{ direct = \"userPrincipalName\" }");
const ACTIVE: Line = (
    "active",
    "{ type = \"Boolean\" }",
    "{ expression = 'Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")' }",
);
const DISPLAY_NAME: Line = ("displayName", "{}", "{ direct = \"displayName\" }");
const EMAIL: Line = ("emails[type eq \"work\"].value", "{}", "{ direct = \"mail\" }");
const FORMATTED: Line = ("name.formatted", "{}", "{ expression = 'Join(\" \", [givenName], [surname])' }");
const GIVEN_NAME: Line = ("name.givenName", "{}", "{ direct = \"givenName\" }");
const FAMILY_NAME: Line = ("name.familyName", "{}", "{ direct = \"surname\" }");
const EXTERNAL_ID: Line = ("externalId", "{}", "{ direct = \"mailNickname\" }");
const EMPLOYEE_NUMBER: Line =
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "{}", "{ direct = \"employeeId\" }");

/// A stage for these attributes of users.
async fn stage(lines: &[Line], settings: &str, flag: &'static str) -> Stage {
    let job = JobText { mapping: mapping::of(lines), settings: settings.to_owned(), base: "/scim".to_owned() };
    Stage::open(job, flag).await
}

/// The last request of a cycle: its line, and its body.
async fn last(stage: &mut Stage) -> (String, Value) {
    let requests = stage.cycle().await;
    let last: &Recorded = requests.last().expect("there is the probe at least");
    let (method, target) = last.line();
    (format!("{method} {target}"), serde_json::from_str(&last.body).unwrap_or_default())
}

/// Ann is there under this id with `attributes`, changes, and gets the request that is expected.
async fn is_changed(lines: &[Line], flag: &'static str, attributes: &Value, change: &Value, id: &str, expected: Value) {
    let mut stage = stage(lines, "", flag).await;
    let user_name = attributes["userPrincipalName"].as_str().unwrap_or("ann@contoso.example");
    stage.application.choose_id(user_name, id);
    stage.user("ann", attributes);
    stage.cycle().await;
    stage.change("ann", change);
    assert_eq!(last(&mut stage).await, (format!("PATCH /scim/Users/{id}"), expected));
}

fn operations(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// Tutorial, *Create User*. The page's `"roles": []` is left out, as no empty list is ever sent.
#[tokio::test]
async fn the_sample_of_creating_a_user() {
    let lines = [EXTERNAL_ID, NAME, ACTIVE, EMAIL, FORMATTED, FAMILY_NAME, GIVEN_NAME, EMPLOYEE_NUMBER];
    for flag in ["", FLAG] {
        let mut stage = stage(&lines, "", flag).await;
        stage.user(
            "ann",
            &json!({"userPrincipalName": "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee", "surname": "familyName",
                "mailNickname": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "givenName": "givenName",
                "mail": "Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com"}),
        );
        let expected = json!({
            "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee",
            "active": true,
            "emails": [{"primary": true, "type": "work",
                "value": "Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        });
        assert_eq!(last(&mut stage).await, ("POST /scim/Users".to_owned(), expected));
    }
}

/// Tutorial, *Get User by query*, *Get User*, *Delete User*.
#[tokio::test]
async fn the_samples_of_finding_reading_and_deleting_a_user() {
    for flag in ["", FLAG] {
        let mut stage = stage(&[NAME, ACTIVE], "", flag).await;
        let user_name = "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee";
        stage.application.choose_id(user_name, "5171a35d82074e068ce2");
        stage.user("ann", &json!({"userPrincipalName": user_name}));
        let query = format!("/scim/Users?filter=userName+eq+%22{user_name}%22");
        assert_eq!(stage.cycle().await[1].line(), ("GET", query.as_str()));
        stage.change("ann", &json!({"department": "Sales"}));
        assert_eq!(last(&mut stage).await.0, "GET /scim/Users/5171a35d82074e068ce2");
        stage.remove("ann");
        stage.cycle().await;
        stage.later(31 * 24);
        assert_eq!(last(&mut stage).await.0, "DELETE /scim/Users/5171a35d82074e068ce2");
    }
}

/// Tutorial, *Update User [Multi-valued properties]*.
#[tokio::test]
async fn the_sample_of_updating_multi_valued_properties() {
    let before = json!({"mail": "ann@testuser.com", "surname": "familyName"});
    let change = json!({"mail": "updatedEmail@microsoft.com", "surname": "updatedFamilyName"});
    let expected = operations(&json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
    ]));
    is_changed(&[NAME, EMAIL, FAMILY_NAME], "", &before, &change, "6764549bef60420686bc", expected).await;
}

/// Tutorial, *Update User [Single-valued properties]*.
#[tokio::test]
async fn the_sample_of_updating_a_single_valued_property() {
    let before = json!({"extensionAttribute9": "9"});
    let change = json!({"userPrincipalName": "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com"});
    let expected = operations(&json!([
        {"op": "Replace", "path": "userName", "value": "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com"},
    ]));
    is_changed(&[NUMBER, RENAMED], "", &before, &change, "5171a35d82074e068ce2", expected).await;
}

/// Compatibility, *Requests made to disable users*. The tutorial's *Disable User* has `false` beside `Replace`: a sample that
/// the traffic does not bear out.
#[tokio::test]
async fn the_samples_of_disabling_a_user() {
    for (flag, operation) in [
        ("", json!({"op": "Replace", "path": "active", "value": "False"})),
        (FLAG, json!({"op": "replace", "path": "active", "value": false})),
    ] {
        let disabled = json!({"accountEnabled": false});
        let expected = operations(&json!([operation]));
        is_changed(&[NAME, ACTIVE], flag, &json!({}), &disabled, "5171a35d82074e068ce2", expected).await;
    }
}

/// Compatibility, *Requests made to add a single-value string attribute*.
#[tokio::test]
async fn the_samples_of_adding_a_single_value() {
    let nick_name: Line = ("nickName", "{}", "{ direct = \"mailNickname\" }");
    for (flag, op) in [("", "Add"), (FLAG, "add")] {
        let expected = operations(&json!([{"op": op, "path": "nickName", "value": "Babs"}]));
        is_changed(&[NAME, nick_name], flag, &json!({}), &json!({"mailNickname": "Babs"}), "7", expected).await;
    }
}

/// Compatibility, *Requests to replace multiple attributes*.
#[tokio::test]
async fn the_samples_of_replacing_several_attributes() {
    let lines = [NAME, DISPLAY_NAME, EMAIL, GIVEN_NAME, FAMILY_NAME, EXTERNAL_ID, EMPLOYEE_NUMBER];
    let before = json!({"displayName": "a", "mail": "b@test.microsoft.com", "givenName": "c", "surname": "d",
        "mailNickname": "e", "employeeId": "f"});
    let change = json!({"displayName": "Pvlo", "mail": "TestBcwqnm@test.microsoft.com", "givenName": "Gtfd",
        "surname": "Pkqf", "mailNickname": "Eqpj", "employeeId": "Eqpj"});
    let expected = operations(&json!([
        {"op": "Replace", "path": "displayName", "value": "Pvlo"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "TestBcwqnm@test.microsoft.com"},
        {"op": "Replace", "path": "name.givenName", "value": "Gtfd"},
        {"op": "Replace", "path": "name.familyName", "value": "Pkqf"},
        {"op": "Replace", "path": "externalId", "value": "Eqpj"},
        {"op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
            "value": "Eqpj"},
    ]));
    is_changed(&lines, "", &before, &change, "7", expected).await;
    let change = json!({"displayName": "Bjfe", "mail": "TestMhvaes@test.microsoft.com", "givenName": "Kkom",
        "surname": "Unua", "employeeId": "Aklq"});
    let expected = operations(&json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "TestMhvaes@test.microsoft.com"},
        {"op": "replace", "value": {"displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "Aklq"}},
    ]));
    is_changed(&lines, FLAG, &before, &change, "7", expected).await;
}

/// Compatibility, *Requests made to remove a group member*; tutorial, *Update Group [Add Members]* and *[Remove Members]*,
/// whose `"$ref": null` is sent on request.
#[tokio::test]
async fn the_samples_of_adding_and_removing_a_member() {
    let id = "7f4bc1a3-285e-48ae-8202-5accb43efb0e";
    for (flag, settings, added, removed) in [
        (
            "",
            "",
            json!({"op": "Add", "path": "members", "value": [{"value": id}]}),
            json!({"op": "Remove", "path": "members", "value": [{"value": id}]}),
        ),
        (
            "",
            "member_ref_null = true",
            json!({"op": "Add", "path": "members", "value": [{"$ref": null, "value": id}]}),
            json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": id}]}),
        ),
        (
            FLAG,
            "",
            json!({"op": "add", "path": "members", "value": [{"value": id}]}),
            json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")}),
        ),
    ] {
        let mut stage = stage(&[NAME, ACTIVE], settings, flag).await;
        stage.application.choose_id("ann@contoso.example", id);
        stage.application.choose_id("Team", "a99962b9f99d4c4fac67");
        stage.users(&["ann"]);
        stage.group("Team", &["ann"]);
        let patch = "PATCH /scim/Groups/a99962b9f99d4c4fac67".to_owned();
        assert_eq!(last(&mut stage).await, (patch.clone(), operations(&json!([added]))));
        stage.members("Team", &[]);
        assert_eq!(last(&mut stage).await, (patch, operations(&json!([removed]))));
    }
}

/// Tutorial, *Create Group*, *Get Group*, *Get Group by displayName*, *Update Group [Non-member attributes]*, *Delete Group*.
#[tokio::test]
async fn the_samples_of_a_group() {
    let mut stage = stage(&[NAME, ACTIVE], "legacy_group_schema = true", "").await;
    stage.application.choose_id("displayName", "40734ae655284ad3abcc");
    stage.group("displayName", &[]);
    stage.change_group("displayName", &json!({"mailNickname": "group"}));
    let requests = stage.cycle().await;
    assert_eq!(
        requests[1].line(),
        ("GET", "/scim/Groups?excludedAttributes=members&filter=displayName+eq+%22displayName%22")
    );
    assert_eq!(requests[2].line(), ("POST", "/scim/Groups"));
    assert_eq!(
        serde_json::from_str::<Value>(&requests[2].body).unwrap(),
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "id-displayname",
            "displayName": "displayName",
            "meta": {"resourceType": "Group"},
        })
    );
    let updated = "1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName";
    stage.change_group("displayName", &json!({"displayName": updated}));
    let requests = stage.cycle().await;
    assert_eq!(requests[1].line(), ("GET", "/scim/Groups/40734ae655284ad3abcc?excludedAttributes=members"));
    assert_eq!(requests[2].line(), ("PATCH", "/scim/Groups/40734ae655284ad3abcc"));
    assert_eq!(
        serde_json::from_str::<Value>(&requests[2].body).unwrap(),
        operations(&json!([{"op": "Replace", "path": "displayName", "value": updated}]))
    );
    stage.remove_group("displayName");
    assert_eq!(last(&mut stage).await.0, "DELETE /scim/Groups/40734ae655284ad3abcc");
}

/// Roles, the three *Example Request (POST)* and *Example output (PATCH)*, and what the page says of the flag: that with it
/// both have one form.
#[tokio::test]
async fn the_samples_of_roles() {
    let kind = "WindowsAzureActiveDirectoryRole";
    let text = |id: &str, value: &str, name: &str| json!({"value": format!(r#"{{"id":"{id}","value":"{value}","displayName":"{name}"}}"#)});
    let (first, second) = ("06b07648-ecfe-589f-9d2f-6325724a46ee", "06b07648-ecfe-599f-9d2f-6325724a46ee");
    let added = |name: &str| json!({"primary": false, "type": kind, "displayName": name, "value": name});
    let asserted = |name: &str| json!({"primary": false, "type": kind, "display": name, "value": name});
    let multivalued = "{ multivalued = true }";
    let single: Line =
        ("roles[primary eq \"True\"].value", "{}", "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }");
    let complex: Line = ("roles", multivalued, "{ expression = 'AppRoleAssignmentsComplex([appRoleAssignments])' }");
    let assertive: Line =
        ("roles", multivalued, "{ expression = 'AssertiveAppRoleAssignmentsComplex([appRoleAssignments])' }");
    for (line, roles, created, legacy, compliant) in [
        (
            single,
            vec![(first, "25", "Role1234")],
            json!([{"primary": true, "type": kind, "value": "25"}]),
            json!({"op": "Add", "path": "roles", "value": [text(first, "25", "Role1234")]}),
            json!({"op": "add", "path": "roles", "value": [{"primary": true, "type": kind, "value": "25"}]}),
        ),
        (
            complex,
            vec![(first, "Admin", "Admin"), (second, "User", "User")],
            json!([added("Admin"), added("User")]),
            json!({"op": "Add", "path": "roles", "value": [text(first, "Admin", "Admin"), text(second, "User", "User")]}),
            json!({"op": "add", "path": "roles", "value": [added("Admin"), added("User")]}),
        ),
        (
            assertive,
            vec![(first, "User", "User"), (second, "Test", "Test")],
            json!([asserted("User"), asserted("Test")]),
            json!({"op": "replace", "path": "roles", "value": [asserted("User"), asserted("Test")]}),
            json!({"op": "replace", "path": "roles", "value": [asserted("User"), asserted("Test")]}),
        ),
    ] {
        for (flag, operation) in [("", legacy), (FLAG, compliant)] {
            let mut stage = stage(&[NAME, line], "", flag).await;
            for (id, value, name) in &roles {
                stage.role(id, value, name);
            }
            let values: Vec<_> = roles.iter().map(|(_, value, _)| *value).collect();
            stage.unassigned("ann", &json!({}));
            stage.assign_roles("ann", &values);
            stage.users(&["bob"]);
            let requests = stage.cycle().await;
            let body: Value = serde_json::from_str(&requests[2].body).unwrap();
            assert_eq!((requests[2].line().0, &body["roles"]), ("POST", &created), "{flag}");
            stage.assign_roles("bob", &values);
            let (line, body) = last(&mut stage).await;
            assert_eq!((line.as_str(), body), ("PATCH /scim/Users/t-bob", operations(&json!([operation]))), "{flag}");
        }
    }
}
