//! Application roles in their three forms, created, added and taken away. Source: `spec/WIRE.md` §3, §4.

use super::{
    mapping::{self, Line},
    story::{Story, story_of},
};
use serde_json::json;

const SINGLE: Line =
    ("roles[primary eq \"True\"].value", "{}", "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }");
const SINGLE_DISPLAY: Line =
    ("roles[primary eq \"True\"].display", "{}", "{ expression = 'SingleAppRoleAssignment([appRoleAssignments])' }");
const COMPLEX: Line =
    ("roles", "{ multivalued = true }", "{ expression = 'AppRoleAssignmentsComplex([appRoleAssignments])' }");
const ASSERTIVE: Line =
    ("roles", "{ multivalued = true }", "{ expression = 'AssertiveAppRoleAssignmentsComplex([appRoleAssignments])' }");

/// An application with the roles Admin, User and Test, and these mappings of them.
fn with(lines: &[Line]) -> Story {
    story_of(&mapping::small(lines)).when(|stage| {
        stage.role("r1", "Admin", "Administrators");
        stage.role("r2", "User", "Users");
        stage.role("r3", "Test", "Testers");
        stage.user("ann", &json!({}));
    })
}

/// Ann is looked for and created with these roles.
fn created(roles: &str) -> String {
    format!(
        r#"
        GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
        POST /scim/Users
          {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example","active":true,
          "displayName":"Ann",{roles}"meta":{{"resourceType":"User"}}}}
        "#
    )
}

/// Ann is read and changed by this operation.
fn patched(operation: &str) -> String {
    format!(
        "GET /scim/Users/t-ann\nPATCH /scim/Users/t-ann\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operation}]}}"
    )
}

const READ_ONLY: &str = "GET /scim/Users/t-ann";

#[tokio::test]
async fn a_single_role_is_the_primary_entry_of_a_create_and_is_added_as_json_text_or_as_in_the_create() {
    with(&[SINGLE])
        .when(|stage| stage.assign_roles("ann", &["Admin"]))
        .sends_in_both(&created(
            r#""roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}],"#,
        ))
        .when(|stage| stage.assign_roles("ann", &["User"]))
        .sends(
            &patched(
                r#"{"op":"Add","path":"roles","value":[
                {"value":"{\"id\":\"r2\",\"value\":\"User\",\"displayName\":\"Users\"}"}]}"#,
            ),
            &patched(
                r#"{"op":"add","path":"roles","value":[
                {"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"User"}]}"#,
            ),
        )
        .when(|stage| {
            stage.unassign("ann");
            stage.assign("ann");
        })
        .sends_in_both(READ_ONLY)
        .holds()
        .await;
}

#[tokio::test]
async fn several_parts_of_a_single_role_are_one_entry_and_one_operation() {
    with(&[SINGLE, SINGLE_DISPLAY])
        .when(|stage| stage.assign_roles("ann", &["Admin"]))
        .sends_in_both(&created(
            r#""roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Admin","display":"Admin"}],"#,
        ))
        .when(|stage| stage.assign_roles("ann", &["User"]))
        .sends(
            &patched(
                r#"{"op":"Add","path":"roles","value":[
                {"value":"{\"id\":\"r2\",\"value\":\"User\",\"displayName\":\"Users\"}"}]}"#,
            ),
            &patched(
                r#"{"op":"add","path":"roles","value":[
                {"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"User","display":"User"}]}"#,
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn roles_that_are_added_have_a_display_name_and_are_never_taken_away() {
    with(&[COMPLEX])
        .when(|stage| stage.assign_roles("ann", &["Admin", "User"]))
        .sends_in_both(&created(
            r#""roles":[
            {"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Administrators","value":"Admin"},
            {"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Users","value":"User"}],"#,
        ))
        .when(|stage| stage.assign_roles("ann", &["Admin", "User", "Test"]))
        .sends(
            &patched(
                r#"{"op":"Add","path":"roles","value":[
                {"value":"{\"id\":\"r3\",\"value\":\"Test\",\"displayName\":\"Testers\"}"}]}"#,
            ),
            &patched(
                r#"{"op":"add","path":"roles","value":[{"primary":false,
                "type":"WindowsAzureActiveDirectoryRole","displayName":"Testers","value":"Test"}]}"#,
            ),
        )
        .when(|stage| stage.assign_roles("ann", &["Admin"]))
        .sends_in_both(READ_ONLY)
        .holds()
        .await;
}

#[tokio::test]
async fn roles_that_are_asserted_replace_all_others_in_lower_case_in_either_dialect_to_the_last() {
    with(&[ASSERTIVE])
        .when(|stage| stage.assign_roles("ann", &["Admin", "User"]))
        .sends_in_both(&created(
            r#""roles":[
            {"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Administrators","value":"Admin"},
            {"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Users","value":"User"}],"#,
        ))
        .when(|stage| stage.assign_roles("ann", &["User"]))
        .sends_in_both(&patched(
            r#"{"op":"replace","path":"roles","value":[
            {"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Users","value":"User"}]}"#,
        ))
        .when(|stage| {
            stage.unassign("ann");
            stage.assign("ann");
        })
        .sends_in_both(&patched(r#"{"op":"replace","path":"roles","value":[]}"#))
        .holds()
        .await;
}

#[tokio::test]
async fn roles_keep_a_path_of_their_own_beside_other_attributes() {
    with(&[COMPLEX])
        .given(|_| {})
        .when(|stage| {
            stage.assign_roles("ann", &["Admin"]);
            stage.change("ann", &json!({"displayName": "Annie", "jobTitle": "Clerk"}));
        })
        .sends(
            &patched(
                r#"{"op":"Replace","path":"displayName","value":"Annie"},{"op":"Add","path":"title","value":"Clerk"},
                {"op":"Add","path":"roles","value":[
                {"value":"{\"id\":\"r1\",\"value\":\"Admin\",\"displayName\":\"Administrators\"}"}]}"#,
            ),
            &patched(
                r#"{"op":"replace","path":"displayName","value":"Annie"},{"op":"add","path":"title","value":"Clerk"},
                {"op":"add","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole",
                "displayName":"Administrators","value":"Admin"}]}"#,
            ),
        )
        .holds()
        .await;
}
