//! Groups and their members. Source: `spec/WIRE.md` §4, §6.

use super::{
    application::{Instead, bytes, refusal},
    mapping::{self, MANAGER},
    stage::Stage,
    story::{Story, story, story_of},
};
use scimulator::engine::Reset;
use serde_json::{Value, json};

/// A change of the group Team.
fn patch(operations: &str) -> String {
    format!(
        "PATCH /scim/Groups/t-Team\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operations}]}}\n"
    )
}

fn values(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("{{\"value\":\"t-{id}\"}}")).collect::<Vec<_>>().join(",")
}

/// Members that come, in one request of either dialect.
fn added(ids: &[&str]) -> [String; 2] {
    ["Add", "add"].map(|op| patch(&format!(r#"{{"op":"{op}","path":"members","value":[{}]}}"#, values(ids))))
}

/// Members that go, in one request of either dialect: a list, or an operation each.
fn removed(ids: &[&str]) -> [String; 2] {
    let each = |id: &&str| format!(r#"{{"op":"remove","path":"members[value eq \"t-{id}\"]"}}"#);
    [
        patch(&format!(r#"{{"op":"Remove","path":"members","value":[{}]}}"#, values(ids))),
        patch(&ids.iter().map(each).collect::<Vec<_>>().join(",")),
    ]
}

/// Reads, and then these changes.
fn after(reads: &[&str], changes: &[[String; 2]]) -> [String; 2] {
    [0, 1].map(|dialect| {
        let reads = reads.iter().fold(String::new(), |text, name| format!("{text}GET /scim/Users/t-{name}\n"));
        reads + &changes.iter().map(|change| change[dialect].as_str()).collect::<String>()
    })
}

trait Sends {
    fn sends_these(self, requests: &[String; 2]) -> Self;
}

impl Sends for Story {
    fn sends_these(self, [legacy, compliant]: &[String; 2]) -> Self {
        self.sends(legacy, compliant)
    }
}

/// Users who are all assigned, and a group of the first of them.
fn team(users: &'static [&'static str], members: usize) -> Story {
    story().given(move |stage| {
        stage.users(users);
        stage.group("Team", &users[..members]);
    })
}

#[tokio::test]
async fn members_come_in_one_operation_and_go_in_one_with_a_list_or_in_one_each() {
    team(&["ann", "bob", "cid"], 0)
        .when(|stage| stage.members("Team", &["ann", "bob", "cid"]))
        .sends_these(&after(&["ann", "bob", "cid"], &[added(&["ann", "bob", "cid"])]))
        .when(|stage| stage.members("Team", &["bob"]))
        .sends_these(&after(&["ann", "cid"], &[removed(&["ann", "cid"])]))
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_goes_goes_before_those_who_come() {
    team(&["ann", "bob"], 1)
        .when(|stage| stage.members("Team", &["bob"]))
        .sends_these(&after(&["ann", "bob"], &[removed(&["ann"]), added(&["bob"])]))
        .holds()
        .await;
}

#[tokio::test]
async fn a_null_reference_stands_beside_each_member_where_the_job_says_so() {
    let add =
        |op: &str| patch(&format!(r#"{{"op":"{op}","path":"members","value":[{{"$ref":null,"value":"t-ann"}}]}}"#));
    let remove = patch(r#"{"op":"Remove","path":"members","value":[{"$ref":null,"value":"t-ann"}]}"#);
    let [_, removed_compliant] = removed(&["ann"]);
    team(&["ann"], 0)
        .with("member_ref_null = true")
        .when(|stage| stage.members("Team", &["ann"]))
        .sends_these(&after(&["ann"], &[[add("Add"), add("add")]]))
        .when(|stage| stage.members("Team", &[]))
        .sends_these(&after(&["ann"], &[[remove, removed_compliant]]))
        .holds()
        .await;
}

#[tokio::test]
async fn the_id_of_a_member_stands_in_a_path_as_json_has_it() {
    let quoted = r#"{"value":"a\"b\\c é@x/y"}"#;
    let changed = |operation: &str| patch(operation).replace("t-Team", "50%25%20of%20all");
    story()
        .given(|stage| {
            stage.application.choose_id("ann@contoso.example", r#"a"b\c é@x/y"#);
            stage.application.choose_id("Team", "50% of all");
            stage.users(&["ann"]);
            stage.group("Team", &["ann"]);
        })
        .when(|stage| stage.members("Team", &[]))
        .sends(
            &format!(
                "GET /scim/Users/a%22b%5cc%20%c3%a9%40x%2fy\n{}",
                changed(&format!(r#"{{"op":"Remove","path":"members","value":[{quoted}]}}"#))
            ),
            &format!(
                "GET /scim/Users/a%22b%5cc%20%c3%a9%40x%2fy\n{}",
                changed(r#"{"op":"remove","path":"members[value eq \"a\\\"b\\\\c é@x/y\"]"}"#)
            ),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn members_go_in_batches_of_the_size_that_the_job_says() {
    team(&["ann", "bob", "cid", "dan", "eve"], 0)
        .with("member_batch = 2")
        .when(|stage| stage.members("Team", &["ann", "bob", "cid", "dan", "eve"]))
        .sends_these(&after(
            &["ann", "bob", "cid", "dan", "eve"],
            &[added(&["ann", "bob"]), added(&["cid", "dan"]), added(&["eve"])],
        ))
        .when(|stage| stage.members("Team", &["eve"]))
        .sends_these(&after(&["ann", "bob", "cid", "dan"], &[removed(&["ann", "bob"]), removed(&["cid", "dan"])]))
        .holds()
        .await;
}

#[tokio::test]
async fn a_batch_has_a_hundred_members_unless_the_job_says_otherwise() {
    let names: Vec<String> = (0..201).map(|number| format!("u{number:03}")).collect();
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    let all = names.clone();
    let [first, second, third] = [&names[..100], &names[100..200], &names[200..]];
    let reads: Vec<&str> = names.clone();
    story()
        .given(move |stage| {
            stage.users(&all);
            stage.group("Team", &[]);
        })
        .when({
            let names = names.clone();
            move |stage| stage.members("Team", &names)
        })
        .sends_these(&after(&reads, &[added(first), added(second), added(third)]))
        .when(|stage| stage.members("Team", &[]))
        .sends_these(&after(&reads, &[removed(first), removed(second), removed(third)]))
        .holds()
        .await;
}

#[tokio::test]
async fn leavers_go_first_then_users_groups_memberships_and_references() {
    let expected = |replace: &str, add: &str, active: &str, removal: &str| {
        format!(
            r#"
            GET /scim/Users/t-bob
            PATCH /scim/Users/t-bob
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{replace}","path":"active","value":{active}}}]}}
            DELETE /scim/Groups/t-Crew
            GET /scim/Users/t-ann
            PATCH /scim/Users/t-ann
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{replace}","path":"displayName","value":"Annie"}}]}}
            GET /scim/Users?filter=userName+eq+%22dan%40contoso.example%22
            POST /scim/Users
              {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
              "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"dan@contoso.example",
              "active":true,"displayName":"Dan","meta":{{"resourceType":"User"}}}}
            GET /scim/Groups/t-Team?excludedAttributes=members
            PATCH /scim/Groups/t-Team
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{replace}","path":"displayName","value":"Team 2"}}]}}
            PATCH /scim/Groups/t-Team
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{removal}]}}
            PATCH /scim/Groups/t-Team
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{add}","path":"members","value":[{{"value":"t-dan"}}]}}]}}
            PATCH /scim/Users/t-ann
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
              {{"op":"{add}","path":"{MANAGER}","value":"t-dan"}}]}}
            "#
        )
    };
    story_of(&mapping::small(&[(MANAGER, "{ type = \"Reference\" }", "{ direct = \"manager\" }")]))
        .given(|stage| {
            stage.users(&["ann", "bob"]);
            stage.group("Team", &["ann"]);
            stage.group("Crew", &[]);
        })
        .when(|stage| {
            stage.unassign("bob");
            stage.unassign("Crew");
            stage.change("ann", &json!({"displayName": "Annie", "manager": "id-dan"}));
            stage.users(&["dan"]);
            stage.change_group("Team", &json!({"displayName": "Team 2"}));
            stage.members("Team", &["dan"]);
        })
        .sends(
            &expected("Replace", "Add", "\"False\"", r#"{"op":"Remove","path":"members","value":[{"value":"t-ann"}]}"#),
            &expected("replace", "add", "false", r#"{"op":"remove","path":"members[value eq \"t-ann\"]"}"#),
        )
        .holds()
        .await;
}

/// The create of a user.
fn create(name: &str, display_name: &str) -> String {
    format!(
        "GET /scim/Users?filter=userName+eq+%22{name}%40contoso.example%22\nPOST /scim/Users\n  \
         {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"{name}@contoso.example\",\
         \"active\":true,\"displayName\":\"{display_name}\",\"meta\":{{\"resourceType\":\"User\"}}}}\n"
    )
}

/// A filter that lets in those of Sales.
fn only_sales() -> String {
    format!(
        "{}\n[[users.scoping_filters]]\ntitle = \"Sales\"\n\
         clauses = [{{ attribute = \"department\", operator = \"EQUALS\", value = \"Sales\" }}]\n",
        mapping::small(&[])
    )
}

#[tokio::test]
async fn a_member_out_of_scope_is_left_out_and_when_in_scope_later_is_noticed_at_a_restart_only() {
    let restarted = |[legacy, compliant]: [String; 2]| {
        let reads =
            "GET /scim/Users/t-ann\nGET /scim/Users/t-bob\nGET /scim/Groups/t-Team?excludedAttributes=members\n";
        [format!("{reads}{legacy}"), format!("{reads}{compliant}")]
    };
    story_of(&only_sales())
        .given(|stage| {
            stage.user("ann", &json!({"department": "Sales"}));
            stage.user("bob", &json!({"department": "Legal"}));
            stage.group("Team", &["ann"]);
        })
        .when(|stage| stage.members("Team", &["ann", "bob"]))
        .sends_in_both("")
        .when(|stage| stage.change("bob", &json!({"department": "Sales"})))
        .sends_in_both(&create("bob", "Bob"))
        .restarted(&Reset::DEFAULT)
        .sends_these(&restarted(added(&["bob"])))
        .holds()
        .await;
}

#[tokio::test]
async fn a_member_whose_own_create_failed_follows_once_it_is_there() {
    let [legacy, compliant] = added(&["ann"]);
    let first = |patch: &str| {
        format!(
            "{}{}GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Team%22\nPOST /scim/Groups\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Team\",\
             \"externalId\":\"id-team\",\"meta\":{{\"resourceType\":\"Group\"}}}}\n{patch}",
            create("ann", "Ann"),
            create("bob", "Bob"),
        )
    };
    let second = added(&["bob"]).map(|patch| format!("{}{patch}", create("bob", "Bob")));
    story()
        .when(|stage| {
            stage.users(&["ann", "bob"]);
            stage.group("Team", &["ann", "bob"]);
            // The second of the two creates.
            stage.application.instead_after(1, "POST /scim/Users", refusal(400, None, "not today"));
        })
        .sends(&first(&legacy), &first(&compliant))
        .sends_these(&second)
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_is_out_of_scope_and_leaves_the_group_is_removed_from_it() {
    story_of(&only_sales())
        .given(|stage| {
            stage.user("ann", &json!({"department": "Sales"}));
            stage.group("Team", &["ann"]);
        })
        .given(|stage| stage.change("ann", &json!({"department": "Legal"})))
        .when(|stage| stage.members("Team", &[]))
        .sends_these(&removed(&["ann"]))
        .holds()
        .await;
}

#[tokio::test]
async fn a_soft_deleted_member_stays_in_the_group_and_a_deleted_one_goes_without_a_request() {
    team(&["ann", "bob"], 2)
        .given(|stage| stage.remove("ann"))
        .given(|stage| stage.later(29 * 24))
        .when(|stage| stage.later(2 * 24))
        .sends_in_both("DELETE /scim/Users/t-ann")
        .when(|stage| stage.members("Team", &["bob"]))
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn a_deleted_group_takes_its_memberships_with_it() {
    let again = added(&["ann"]).map(|patch| {
        format!(
            "GET /scim/Users/t-ann\nGET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Team%22\n\
             POST /scim/Groups\n  {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\
             \"displayName\":\"Team\",\"externalId\":\"id-team\",\"meta\":{{\"resourceType\":\"Group\"}}}}\n{patch}"
        )
    });
    team(&["ann"], 1)
        .when(|stage| stage.unassign("Team"))
        .sends_in_both("DELETE /scim/Groups/t-Team\nGET /scim/Users/t-ann")
        .when(|stage| stage.assign("Team"))
        .sends_these(&again)
        .holds()
        .await;
}

#[tokio::test]
async fn the_memberships_of_whoever_was_disabled_are_sent_again_by_an_initial_cycle_only() {
    let restarted = added(&["ann"])
        .map(|patch| format!("GET /scim/Users/t-ann\nGET /scim/Groups/t-Team?excludedAttributes=members\n{patch}"));
    team(&["ann"], 1)
        .given(|stage| stage.change("ann", &json!({"accountEnabled": false})))
        .given(|stage| stage.change("ann", &json!({"accountEnabled": true})))
        .sends_in_both("")
        .restarted(&Reset::DEFAULT)
        .sends_these(&restarted)
        .restarted(&Reset::DEFAULT)
        .sends_in_both("GET /scim/Users/t-ann\nGET /scim/Groups/t-Team?excludedAttributes=members")
        .holds()
        .await;
}

#[tokio::test]
async fn a_nested_group_is_a_member_where_it_is_provisioned_itself_and_is_not_expanded() {
    let patch_of = |op: &str| {
        format!(
            "GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Inner%22\nPOST /scim/Groups\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Inner\",\
             \"externalId\":\"id-inner\",\"meta\":{{\"resourceType\":\"Group\"}}}}\n\
             GET /scim/Groups?excludedAttributes=members&filter=displayName+eq+%22Outer%22\nPOST /scim/Groups\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"displayName\":\"Outer\",\
             \"externalId\":\"id-outer\",\"meta\":{{\"resourceType\":\"Group\"}}}}\n\
             PATCH /scim/Groups/t-Inner\n  {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\
             \"Operations\":[{{\"op\":\"{op}\",\"path\":\"members\",\"value\":[{{\"value\":\"t-ann\"}}]}}]}}\n\
             PATCH /scim/Groups/t-Outer\n  {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\
             \"Operations\":[{{\"op\":\"{op}\",\"path\":\"members\",\"value\":[{{\"value\":\"t-Inner\"}}]}}]}}\n"
        )
    };
    let requests = |op: &str| format!("{}{}", create("ann", "Ann"), patch_of(op));
    story()
        .when(|stage| {
            stage.users(&["ann"]);
            stage.group("Inner", &["ann"]);
            stage.group("Outer", &["Inner", "Unassigned"]);
            stage.group("Unassigned", &["ann"]);
            stage.unassign("Unassigned");
        })
        .sends(&requests("Add"), &requests("add"))
        .holds()
        .await;
}

/// The next change of Team is answered like this.
fn answers(status: u16, body: &Value) -> impl Fn(&mut Stage) + 'static {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    move |stage| {
        stage.members("Team", &["ann"]);
        let answer = Instead::Answer(bytes(status, "", body.clone()));
        stage.application.instead("PATCH /scim/Groups", 1, answer);
    }
}

#[tokio::test]
async fn a_change_of_a_group_may_be_answered_with_200_or_204_and_with_or_without_a_body() {
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "t-Team",
        "displayName": "Team", "members": [{"value": "t-ann"}]});
    for (status, body) in [(204, Value::Null), (200, Value::Null), (200, group)] {
        team(&["ann"], 0)
            .when(answers(status, &body))
            .sends_these(&after(&["ann"], &[added(&["ann"])]))
            .sends_in_both("")
            .holds()
            .await;
    }
}

#[tokio::test]
async fn members_that_come_though_they_were_excluded_are_ignored() {
    let shown = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "t-Team", "displayName": "Team",
        "externalId": "id-team", "members": [{"value": "somebody else"}]});
    team(&["ann"], 1)
        .when(move |stage| {
            stage.change_group("Team", &json!({"description": "changed"}));
            let answer = Instead::Answer(bytes(200, "", shown.to_string()));
            stage.application.instead("GET /scim/Groups/t-Team", 1, answer);
        })
        .sends_in_both("GET /scim/Groups/t-Team?excludedAttributes=members")
        .holds()
        .await;
}
