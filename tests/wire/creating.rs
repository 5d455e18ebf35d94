//! What a create sends, and what it does not. Source: `spec/WIRE.md` §3.

use super::{
    application::{Instead, bytes},
    mapping::{self, Line, MANAGER},
    story::{story, story_of},
};
use serde_json::{Value, json};

/// A user with a value for everything that the embedded mapping reads.
fn everything() -> Value {
    json!({
        "displayName": "Ann Lee", "jobTitle": "Clerk", "mail": "ann@mail.example", "preferredLanguage": "en-GB",
        "givenName": "Ann", "surname": "Lee", "officeLocation": "C 1", "streetAddress": "1 Main St", "city": "New York",
        "state": "NY", "postalCode": "00501", "country": "US", "businessPhones": ["+1 2"], "mobilePhone": "+1 3",
        "faxNumber": "+1 4", "mailNickname": "ann", "employeeId": "755", "department": "Sales",
    })
}

#[tokio::test]
async fn a_full_user_has_every_attribute_in_its_place_in_either_dialect() {
    story_of(&mapping::embedded())
        .when(|stage| stage.user("ann", &everything()))
        .sends_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
              "userName":"ann@contoso.example","active":true,"displayName":"Ann Lee","title":"Clerk",
              "emails":[{"type":"work","primary":true,"value":"ann@mail.example"}],"preferredLanguage":"en-GB",
              "name":{"givenName":"Ann","familyName":"Lee","formatted":"Ann Lee"},
              "addresses":[{"type":"work","formatted":"C 1","streetAddress":"1 Main St","locality":"New York",
              "region":"NY","postalCode":"00501","country":"US"}],
              "phoneNumbers":[{"type":"work","value":"+1 2"},{"type":"mobile","value":"+1 3"},
              {"type":"fax","value":"+1 4"}],"externalId":"ann",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"755","department":"Sales"},
              "meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn the_enterprise_schema_is_declared_where_one_of_its_attributes_is_mapped_though_it_has_no_value() {
    story_of(&mapping::embedded())
        .when(|stage| stage.users(&["ann"]))
        .sends_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
              "userName":"ann@contoso.example","active":true,"displayName":"Ann","meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn neither_nulls_nor_empty_texts_nor_empty_lists_are_sent() {
    story_of(&mapping::embedded())
        .when(|stage| {
            let empty = json!({"jobTitle": null, "mail": "", "businessPhones": [], "employeeId": null, "city": ""});
            stage.user("ann", &empty);
        })
        .sends_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
              "userName":"ann@contoso.example","active":true,"displayName":"Ann","meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn only_the_work_email_is_primary() {
    let lines: [Line; 3] = [
        ("emails[type eq \"other\"].value", "{}", "{ direct = \"mail\" }"),
        ("emails[type eq \"work\"].value", "{}", "{ direct = \"userPrincipalName\" }"),
        ("emails[type eq \"work\"].display", "{}", "{ direct = \"displayName\" }"),
    ];
    story_of(&mapping::small(&lines))
        .when(|stage| stage.user("ann", &json!({"mail": "ann@mail.example"})))
        .sends_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example","active":true,
              "displayName":"Ann","emails":[{"type":"other","value":"ann@mail.example"},
              {"type":"work","primary":true,"value":"ann@contoso.example","display":"Ann"}],
              "meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_custom_extension_is_declared_only_where_the_job_says_so() {
    let tag: Line = (
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:tag",
        "{}",
        "{ direct = \"extensionAttribute1\" }",
    );
    let created = |declared: &str| {
        format!(
            r#"
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22
            POST /scim/Users
              {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"{declared}],"userName":"ann@contoso.example",
              "active":true,"displayName":"Ann",
              "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User":{{"tag":"701984"}},
              "meta":{{"resourceType":"User"}}}}
            "#
        )
    };
    let ann =
        || story_of(&mapping::small(&[tag])).when(|stage| stage.user("ann", &json!({"extensionAttribute1": "701984"})));
    ann().sends_in_both(&created("")).holds().await;
    ann()
        .with("declare_extensions = true")
        .sends_in_both(&created(",\"urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User\""))
        .holds()
        .await;
}

#[tokio::test]
async fn the_manager_is_not_in_the_create_and_follows_in_a_change_when_both_exist() {
    let create = |name: &str, display_name: &str| {
        format!(
            r#"
            GET /scim/Users?filter=userName+eq+%22{name}%40contoso.example%22
            POST /scim/Users
              {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
              "userName":"{name}@contoso.example","active":true,"displayName":"{display_name}",
              "meta":{{"resourceType":"User"}}}}"#
        )
    };
    let link = |op: &str| {
        format!(
            r#"{}{}
            PATCH /scim/Users/t-ann
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{op}","path":"{MANAGER}","value":"t-bob"}}]}}"#,
            create("ann", "Ann"),
            create("bob", "Bob"),
        )
    };
    story_of(&mapping::small(&[(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")]))
        .when(|stage| {
            stage.user("ann", &json!({"manager": "id-bob"}));
            stage.users(&["bob"]);
        })
        .sends(&link("Add"), &link("add"))
        .holds()
        .await;
}

/// The group Team is looked for and created, and its member follows, who is looked at because her assignments changed.
fn team(schemas: &str, op: &str) -> String {
    format!(
        r#"
        GET /scim/Users/t-ann
        GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Team%22
        POST /scim/Groups
          {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"{schemas}],"displayName":"Team",
          "externalId":"id-team","meta":{{"resourceType":"Group"}}}}
        PATCH /scim/Groups/t-Team
          {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
          {{"op":"{op}","path":"members","value":[{{"value":"t-ann"}}]}}]}}
        "#
    )
}

#[tokio::test]
async fn a_group_is_created_without_members_and_they_follow_in_a_change() {
    story()
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| stage.group("Team", &["ann"]))
        .sends(&team("", "Add"), &team("", "add"))
        .holds()
        .await;
}

#[tokio::test]
async fn the_second_schema_of_groups_is_sent_where_the_job_says_so_and_only_in_the_legacy_dialect() {
    let second = ",\"http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group\"";
    story()
        .with("legacy_group_schema = true")
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| stage.group("Team", &["ann"]))
        .sends(&team(second, "Add"), &team("", "add"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_create_whose_answer_carries_no_id_is_matched_anew_before_anything_else() {
    let find = "GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22";
    let post = r#"
    POST /scim/Users
      {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example","active":true,
      "displayName":"Ann","meta":{"resourceType":"User"}}"#;
    story()
        .when(|stage| {
            stage.users(&["ann"]);
            let without_id = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}).to_string();
            stage.application.instead("POST", 1, Instead::Answer(bytes(201, "", without_id)));
        })
        .sends_in_both(&format!("    {find}{post}"))
        .sends_in_both(&format!("    {find}{post}"))
        .sends_in_both("")
        .holds()
        .await;
}
