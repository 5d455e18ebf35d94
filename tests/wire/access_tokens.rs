//! OAuth 2.0 client credentials in place of the secret token: the request for a token, when it is made, and what it is good
//! for. Source: `spec/WIRE.md` §1.

use super::{
    answers::waited,
    application::{Instead, bytes},
    stage::Stage,
    story::{Story, story},
};
use serde_json::json;

/// `scope` and where the client says who it is may be left out.
const OAUTH: &str = "oauth = { token_url = \"http://HOST/token?tenant=7\", client_id = \"me:7\", \
                     client_secret = \"s&cret/with+signs\"";

/// The request for a token, in the form of Entra's default: `me%3A7:s%26cret%2Fwith%2Bsigns` in base 64.
const ASKS: &str = "
    POST /token?tenant=7 HTTP/1.1
    Host: HOST
    Authorization: Basic bWUlM0E3OnMlMjZjcmV0JTJGd2l0aCUyQnNpZ25z
    Content-Type: application/x-www-form-urlencoded
    Accept: */*
    Content-Length: 29

      grant_type=client_credentials
";

fn probe(token: &str) -> String {
    format!(
        "
    GET /scim/Users?filter=userName+eq+%22{{random}}%22 HTTP/1.1
    Host: HOST
    Authorization: Bearer {token}
    Accept: */*
"
    )
}

fn read(token: &str) -> String {
    format!(
        "
    GET /scim/Users/t-ann HTTP/1.1
    Host: HOST
    Authorization: Bearer {token}
    Accept: */*
"
    )
}

/// A request with a body.
fn write(method_and_target: &str, token: &str, body: &str) -> String {
    format!(
        "
    {method_and_target} HTTP/1.1
    Host: HOST
    Authorization: Bearer {token}
    Content-Type: application/scim+json; charset=utf-8
    Accept: */*
    Content-Length: {}
      {body}
",
        body.len()
    )
}

/// Ann's new title.
fn promotion(token: &str) -> [String; 2] {
    ["Replace", "replace"].map(|op| {
        let body = format!(
            "{{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[\
             {{\"op\":\"{op}\",\"path\":\"title\",\"value\":\"Engineer\"}}]}}"
        );
        write("PATCH /scim/Users/t-ann", token, &body)
    })
}

/// The token endpoint answers the next request with this token.
fn issue(stage: &Stage, token: &str, seconds: u32) {
    let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds});
    stage.application.instead("POST /token", 1, Instead::Answer(bytes(200, "", answer.to_string())));
}

/// A job with client credentials, and ann, whom the application has already; the token is good for so many seconds.
fn with_ann(seconds: u32) -> Story {
    story().with(&format!("{OAUTH} }}")).given(move |stage| {
        stage.user("ann", &json!({"jobTitle": "Clerk"}));
        issue(stage, "one", seconds);
    })
}

#[tokio::test]
async fn a_token_is_asked_for_before_the_cycle_and_goes_with_every_request() {
    let ann = "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"ann@contoso.example\",\
               \"active\":true,\"displayName\":\"Ann\",\"meta\":{\"resourceType\":\"User\"}}";
    let first = |form: &str, basic: &str| {
        format!(
            "
    POST /token?tenant=7 HTTP/1.1
    Host: HOST
    {basic}Content-Type: application/x-www-form-urlencoded
    Accept: */*
    Content-Length: {}
      {form}
    {}
    GET /scim/Users?filter=userName+eq+%22ann%40contoso.example%22 HTTP/1.1
    Host: HOST
    Authorization: Bearer one
    Accept: */*
    {}
",
            form.len(),
            probe("one").trim(),
            write("POST /scim/Users", "one", ann).trim(),
        )
    };
    let basic = "Authorization: Basic bWUlM0E3OnMlMjZjcmV0JTJGd2l0aCUyQnNpZ25z\n    ";
    let in_form = "grant_type=client_credentials&client_id=me%3A7&client_secret=s%26cret%2Fwith%2Bsigns";
    for (more, form, head) in [
        ("", "grant_type=client_credentials".to_owned(), basic),
        (", scope = \"scim write\"", "grant_type=client_credentials&scope=scim+write".to_owned(), basic),
        (", credentials_in = \"body\"", in_form.to_owned(), ""),
        (", credentials_in = \"body\", scope = \"scim write\"", format!("{in_form}&scope=scim+write"), ""),
    ] {
        story()
            .with(&format!("{OAUTH}{more} }}"))
            .when(|stage| {
                stage.user("ann", &json!({}));
                issue(stage, "one", 3600);
            })
            .sends_whole_in_both(&first(&form, head))
            .holds()
            .await;
    }
}

#[tokio::test]
async fn a_token_serves_several_cycles_and_is_renewed_before_it_ends() {
    let [legacy, compliant] =
        promotion("two").map(|promoted| format!("{ASKS}{}{}{promoted}", probe("two"), read("two")));
    // An hour later it would end in five minutes.
    with_ann(3900)
        .sends_whole_in_both(&probe("one"))
        .when(|stage| {
            stage.later(1);
            stage.change("ann", &json!({"jobTitle": "Engineer"}));
            issue(stage, "two", 3600);
        })
        .sends_whole(&legacy, &compliant)
        .sends_whole_in_both(&probe("two"))
        .holds()
        .await;
}

#[tokio::test]
async fn a_token_endpoint_that_asks_to_wait_is_asked_again_after_that_time() {
    for status in [429, 503] {
        story()
            .with(&format!("{OAUTH} }}"))
            .when(move |stage| {
                let answer = Instead::Answer(bytes(status, "Retry-After: 7\r\n", ""));
                stage.application.instead("POST /token", 2, answer);
                issue(stage, "one", 3600);
            })
            .sends_whole_in_both(&format!("{}{}", ASKS.repeat(3), probe("one")))
            .when(waited(14.0))
            .holds()
            .await;
    }
}

/// Ann is promoted, and of the requests that begin like this, so many are refused for their token.
fn refused(start: &'static str, times: usize) -> Story {
    with_ann(36_000).when(move |stage| {
        stage.change("ann", &json!({"jobTitle": "Engineer"}));
        stage.application.instead(start, times, Instead::Answer(bytes(401, "", "")));
        issue(stage, "two", 36_000);
    })
}

#[tokio::test]
async fn a_read_that_is_refused_for_its_token_is_sent_again_with_a_new_one() {
    let [legacy, compliant] =
        promotion("two").map(|promoted| format!("{}{}{ASKS}{}{promoted}", probe("one"), read("one"), read("two")));
    refused("GET /scim/Users/", 1).sends_whole(&legacy, &compliant).sends_whole_in_both(&probe("two")).holds().await;
}

#[tokio::test]
async fn a_write_that_is_refused_for_its_token_is_sent_again_with_a_new_one() {
    let ([legacy, compliant], [legacy_again, compliant_again]) = (promotion("one"), promotion("two"));
    let first = format!("{}{}", probe("one"), read("one"));
    refused("PATCH", 1)
        .sends_whole(
            &format!("{first}{legacy}{ASKS}{legacy_again}"),
            &format!("{first}{compliant}{ASKS}{compliant_again}"),
        )
        .sends_whole_in_both(&probe("two"))
        .holds()
        .await;
}

#[tokio::test]
async fn where_the_new_token_is_refused_too_the_credentials_are_bad_and_the_cycle_stops() {
    refused("GET /scim/Users/", 2)
        .sends_whole_in_both(&format!("{}{}{ASKS}{}", probe("one"), read("one"), read("two")))
        .holds()
        .await;
}
