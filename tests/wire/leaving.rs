//! Leaving and coming back. Source: `spec/WIRE.md` §5.

use super::{
    mapping::{self, Line},
    stage::Stage,
    story::{Story, story, story_of},
};
use serde_json::json;

/// How long the recycle bin keeps a user, and a day more, in hours.
const AFTER_THE_RECYCLE_BIN: u64 = 31 * 24;

/// Ann is read, and her `active` replaced.
fn active(op: &str, value: &str) -> String {
    format!(
        "GET /scim/Users/t-ann\nPATCH /scim/Users/t-ann\n  {{\"schemas\":[\
         \"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"{op}\",\"path\":\"active\",\
         \"value\":{value}}}]}}"
    )
}

/// A story in which ann is provisioned already.
fn with_ann(story: Story) -> Story {
    story.given(|stage| stage.user("ann", &json!({"department": "Sales"})))
}

fn is_disabled(story: Story) -> Story {
    story.sends(&active("Replace", "\"False\""), &active("replace", "false"))
}

fn is_enabled(story: Story) -> Story {
    story.sends(&active("Replace", "\"True\""), &active("replace", "true"))
}

/// How somebody leaves: the reason, and what happens at the source.
type Leaving = (&'static str, fn(&mut Stage));

/// What somebody does who leaves: whatever it is, the next line of the table follows from it.
fn leavings() -> [Leaving; 4] {
    [
        ("unassigned", |stage| stage.unassign("ann")),
        ("filtered out", |stage| stage.change("ann", &json!({"department": "Legal"}))),
        ("disabled", |stage| stage.change("ann", &json!({"accountEnabled": false}))),
        ("soft-deleted", |stage| stage.remove("ann")),
    ]
}

/// Only those in Sales are in scope.
fn only_sales(mapping: &str) -> String {
    format!(
        "{mapping}\n[[users.scoping_filters]]\ntitle = \"Sales\"\n\
         clauses = [{{ attribute = \"department\", operator = \"EQUALS\", value = \"Sales\" }}]\n"
    )
}

#[tokio::test]
async fn whoever_leaves_is_disabled_whatever_the_reason_and_only_once() {
    for (reason, leaves) in leavings() {
        println!("{reason}");
        let story = with_ann(story_of(&only_sales(&mapping::small(&[])))).when(leaves);
        is_disabled(story).sends_in_both("").holds().await;
    }
}

#[tokio::test]
async fn whoever_comes_back_is_enabled() {
    for (reason, leaves) in leavings() {
        println!("{reason}");
        let story = with_ann(story_of(&only_sales(&mapping::small(&[])))).when(leaves);
        let story = is_disabled(story).when(move |stage| match reason {
            "unassigned" => stage.assign("ann"),
            "soft-deleted" => stage.unassigned("ann", &json!({"department": "Sales"})),
            _ => stage.change("ann", &json!({"department": "Sales", "accountEnabled": true})),
        });
        is_enabled(story).holds().await;
    }
}

#[tokio::test]
async fn what_changed_meanwhile_goes_with_the_enabling() {
    let back = |operations: &str| {
        format!(
            "GET /scim/Users/t-ann\nPATCH /scim/Users/t-ann\n  \
             {{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{operations}]}}"
        )
    };
    with_ann(story())
        .given(|stage| stage.unassign("ann"))
        .when(|stage| {
            stage.assign("ann");
            stage.change("ann", &json!({"displayName": "Annie"}));
        })
        .sends(
            &back(
                r#"{"op":"Replace","path":"active","value":"True"},
                {"op":"Replace","path":"displayName","value":"Annie"}"#,
            ),
            &back(r#"{"op":"replace","value":{"active":true,"displayName":"Annie"}}"#),
        )
        .holds()
        .await;
}

#[tokio::test]
async fn the_memberships_of_whoever_comes_back_are_not_sent_again() {
    let story = story()
        .given(|stage| {
            stage.users(&["ann"]);
            stage.group("Team", &["ann"]);
        })
        .given(|stage| stage.change("ann", &json!({"accountEnabled": false})))
        .when(|stage| stage.change("ann", &json!({"accountEnabled": true})));
    is_enabled(story).holds().await;
}

#[tokio::test]
async fn without_a_mapping_that_disables_nothing_is_sent_unless_the_application_deletes_leavers() {
    let lines: [Line; 2] = [
        ("userName", "{ filterable = true }", "{ direct = \"userPrincipalName\", matching = 1 }"),
        ("displayName", "{}", "{ direct = \"displayName\" }"),
    ];
    let mapping = only_sales(&mapping::of(&lines));
    for (reason, leaves) in leavings() {
        println!("{reason}");
        with_ann(story_of(&mapping)).when(leaves).sends_in_both("").holds().await;
        with_ann(story_of(&format!("soft_delete = \"unsupported\"\n{mapping}")))
            .when(leaves)
            .sends_in_both("DELETE /scim/Users/t-ann")
            .holds()
            .await;
    }
}

#[tokio::test]
async fn whoever_is_deleted_for_good_while_managed_is_deleted() {
    with_ann(story())
        .given(|stage| stage.remove("ann"))
        .when(|stage| stage.later(29 * 24))
        .sends_in_both("")
        .when(|stage| stage.later(2 * 24))
        .sends_in_both("DELETE /scim/Users/t-ann")
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn whoever_is_deleted_for_good_after_having_been_unassigned_is_left_alone() {
    with_ann(story())
        .given(|stage| stage.unassign("ann"))
        .given(|stage| stage.remove("ann"))
        .when(|stage| stage.later(AFTER_THE_RECYCLE_BIN))
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn where_deletions_out_of_scope_are_skipped_nothing_is_sent_for_those_out_of_scope() {
    let skipping = || with_ann(story_of(&only_sales(&mapping::small(&[]))).with("skip_out_of_scope_deletions = true"));
    for (reason, leaves) in leavings() {
        println!("{reason}");
        let story = skipping().when(leaves);
        match reason {
            "unassigned" | "filtered out" => story.sends_in_both("").holds().await,
            _ => is_disabled(story).holds().await,
        }
    }
}

#[tokio::test]
async fn whoever_is_disabled_at_the_source_and_unknown_to_the_application_is_not_created() {
    story().when(|stage| stage.user("ann", &json!({"accountEnabled": false}))).sends_in_both("").holds().await;
}

/// Only groups whose name begins with T are in scope.
fn only_with_t() -> String {
    format!(
        "{}\n[[groups.scoping_filters]]\ntitle = \"T\"\n\
         clauses = [{{ attribute = \"displayName\", operator = \"REGEX MATCH\", value = \"T.*\" }}]\n",
        mapping::small(&[])
    )
}

#[tokio::test]
async fn a_group_that_is_unassigned_or_deleted_or_filtered_out_is_deleted() {
    let leavings: [fn(&mut Stage); 3] = [
        |stage| stage.unassign("Team"),
        |stage| stage.remove_group("Team"),
        |stage| stage.change_group("Team", &json!({"displayName": "Crew"})),
    ];
    for leaves in leavings {
        story_of(&only_with_t())
            .given(|stage| stage.group("Team", &[]))
            .when(leaves)
            .sends_in_both("DELETE /scim/Groups/t-Team")
            .sends_in_both("")
            .holds()
            .await;
    }
}

/// Users and groups of a mapping with these target actions.
fn with_actions(actions: &str) -> Story {
    let mapping = mapping::small(&[])
        .replacen("[users.attributes]", &format!("[users]\nactions = [{actions}]\n[users.attributes]"), 1)
        .replacen("[groups.attributes]", &format!("[groups]\nactions = [{actions}]\n[groups.attributes]"), 1);
    story_of(&mapping).given(|stage| {
        stage.user("ann", &json!({"jobTitle": "Clerk"}));
        stage.group("Team", &[]);
    })
}

#[tokio::test]
async fn nothing_is_created_where_creation_is_switched_off() {
    with_actions("\"update\", \"delete\"")
        .when(|stage| stage.users(&["bob"]))
        .sends_in_both("GET /scim/Users?filter=userName+eq+%22bob%40contoso.example%22")
        .holds()
        .await;
}

#[tokio::test]
async fn nothing_is_changed_or_disabled_where_updates_are_switched_off() {
    with_actions("\"create\", \"delete\"")
        .when(|stage| {
            stage.change("ann", &json!({"jobTitle": "Manager"}));
            stage.members("Team", &["ann"]);
        })
        .sends_in_both("GET /scim/Users/t-ann")
        .when(|stage| stage.change("ann", &json!({"accountEnabled": false})))
        .sends_in_both("")
        .holds()
        .await;
}

#[tokio::test]
async fn nothing_is_deleted_where_deletions_are_switched_off() {
    with_actions("\"create\", \"update\"")
        .given(|stage| stage.remove("ann"))
        .when(|stage| {
            stage.later(AFTER_THE_RECYCLE_BIN);
            stage.unassign("Team");
        })
        .sends_in_both("")
        .holds()
        .await;
}
