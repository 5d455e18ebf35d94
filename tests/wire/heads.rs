//! The heads of requests: what stands before the body, and what does not. Source: `spec/WIRE.md` §1.

use super::{
    application::{Instead, bytes},
    mapping,
    stage::Stage,
    story::{story, story_of},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::Write as _;

/// Only the random value of the probe is shown by name; all else is as it stands on the wire.
#[tokio::test]
async fn no_user_agent_and_no_accept_encoding_are_sent_and_names_are_in_title_case() {
    story()
        .when(|stage| stage.users(&["ann"]))
        .sends_whole_in_both(
            r#"
            GET /scim/Users?filter=userName+eq+%22{random}%22 HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22 HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            POST /scim/Users HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Content-Type: application/scim+json; charset=utf-8
            Accept: */*
            Content-Length: 156
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example",
               "active":true,"displayName":"Ann","meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}

#[tokio::test]
async fn a_change_has_the_media_type_of_scim_and_a_delete_has_none() {
    story()
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| {
            stage.group("Team", &["ann"]);
            stage.remove("ann");
        })
        .given(|_| {})
        .given(|stage| stage.later(29 * 24))
        .when(|stage| {
            stage.later(2 * 24);
            stage.change_group("Team", &json!({"displayName": "Team"}));
        })
        .sends_whole_in_both(
            r"
            GET /scim/Users?filter=userName+eq+%22{random}%22 HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            DELETE /scim/Users/t-ann HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            ",
        )
        .holds()
        .await;
    let changed = |op: &str, length: usize| {
        format!(
            r#"
            GET /scim/Users?filter=userName+eq+%22{{random}}%22 HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            GET /scim/Users/t-ann HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            PATCH /scim/Users/t-ann HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Content-Type: application/scim+json; charset=utf-8
            Accept: */*
            Content-Length: {length}
              {{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
                {{"op":"{op}","path":"title","value":"Chéf"}}]}}
            "#
        )
    };
    story()
        .given(|stage| stage.users(&["ann"]))
        .when(|stage| stage.change("ann", &json!({"jobTitle": "Chéf"})))
        .sends_whole(&changed("Add", 120), &changed("add", 120))
        .holds()
        .await;
}

#[tokio::test]
async fn a_job_may_set_a_user_agent() {
    story()
        .with("user_agent = \"probe/1\"")
        .sends_whole_in_both(
            r"
            GET /scim/Users?filter=userName+eq+%22{random}%22 HTTP/1.1
            Host: HOST
            Authorization: Bearer sesame
            Accept: */*
            User-Agent: probe/1
            ",
        )
        .holds()
        .await;
}

#[tokio::test]
async fn an_anonymous_job_sends_no_authorization() {
    story()
        .with("anonymous = true")
        .sends_whole_in_both(
            r"
            GET /scim/Users?filter=userName+eq+%22{random}%22 HTTP/1.1
            Host: HOST
            Accept: */*
            ",
        )
        .holds()
        .await;
}

#[tokio::test]
async fn an_answer_in_gzip_that_nobody_asked_for_is_understood() {
    let ann = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"t-ann","title":"Clerk","active":true,
                  "userName":"ann@contoso.example","displayName":"Ann"}"#;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(ann.as_bytes()).unwrap();
    let answer = bytes(200, "Content-Encoding: gzip\r\n", encoder.finish().unwrap());
    story()
        .given(|stage| stage.user("ann", &json!({"jobTitle": "Clerk"})))
        .when(move |stage: &mut Stage| {
            stage.change("ann", &json!({"displayName": "Annie"}));
            stage.application.instead("GET /scim/Users/t-ann", 1, Instead::Answer(answer.clone()));
        })
        .sends(
            r#"
            GET /scim/Users/t-ann
            PATCH /scim/Users/t-ann
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
                {"op":"Replace","path":"displayName","value":"Annie"}]}
            "#,
            r#"
            GET /scim/Users/t-ann
            PATCH /scim/Users/t-ann
              {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
                {"op":"replace","path":"displayName","value":"Annie"}]}
            "#,
        )
        .holds()
        .await;
}

/// What is never sent is not sent in a story in which everything happens that a cycle does.
#[tokio::test]
async fn neither_put_nor_bulk_nor_an_endpoint_of_discovery_is_ever_sent() {
    let requests = |requests: &[(String, String)]| {
        for (method, target) in requests {
            assert!(["GET", "POST", "PATCH", "DELETE"].contains(&method.as_str()), "{method} {target}");
            let path = target.strip_prefix("/scim").unwrap();
            let end = path[1..].find(['/', '?']).map_or(path.len(), |at| at + 1);
            assert!(["/Users", "/Groups"].contains(&&path[..end]), "{method} {target}");
        }
        assert!(requests.len() > 10, "{requests:?}");
    };
    story_of(&mapping::embedded())
        .given(|stage| {
            stage.user("ann", &json!({"jobTitle": "Clerk", "manager": "id-bob"}));
            stage.users(&["bob", "cid"]);
            stage.group("Team", &["ann", "bob", "cid"]);
        })
        .given(|stage| {
            stage.change("ann", &json!({"manager": null, "jobTitle": "Manager"}));
            stage.members("Team", &["bob"]);
            stage.remove("cid");
        })
        .given(|stage| {
            stage.later(31 * 24);
            stage.remove_group("Team");
        })
        .looked_at(requests)
        .holds()
        .await;
}
