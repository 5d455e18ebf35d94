//! Request lines: base paths, flags, ids in paths, and the spelling of query strings. Source: `spec/WIRE.md` §1.

use super::{
    mapping,
    story::{Story, story, story_of},
};
use scimulator::scim::{
    dialect::Dialect,
    filter::Filter,
    query::{Query, Resource},
};
use serde_json::json;

const TITLE: &str = r#"
    GET {base}/Users/t-ann{query}
    PATCH {base}/Users/t-ann{query}
      {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
        {"op":"{op}","path":"title","value":"Clerk"}]}
"#;

/// Ann is created and gets a title, at a target with this base; `query` is what the target wants along.
fn at(tenant_url: &str, base: &str, query: &str) -> Story {
    let filled = |op: &str| {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        TITLE.replace("{base}", base).replace("{query}", &query).replace("{op}", op)
    };
    let filter = if query.is_empty() { "filter".to_owned() } else { format!("{query}&filter") };
    let posted = if query.is_empty() { String::new() } else { format!("?{query}") };
    let created = format!(
        r#"
        GET {base}/Users?{filter}=userName+eq+%22ann%40contoso.example%22
        POST {base}/Users{posted}
          {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example","active":true,
            "displayName":"Ann","meta":{{"resourceType":"User"}}}}
        "#
    );
    story()
        .at(tenant_url)
        .when(|stage| stage.users(&["ann"]))
        .sends_in_both(&created)
        .when(|stage| stage.change("ann", &json!({"jobTitle": "Clerk"})))
        .sends(&filled("Add"), &filled("add"))
}

#[tokio::test]
async fn the_base_path_is_whatever_the_tenant_url_says_with_or_without_a_trailing_slash() {
    for (tenant_url, base) in [
        ("/scim", "/scim"),
        ("/scim/", "/scim"),
        ("", ""),
        ("/", ""),
        ("/tenants/7%20a/scim/v2/", "/tenants/7%20a/scim/v2"),
    ] {
        at(tenant_url, base, "").holds().await;
    }
}

#[tokio::test]
async fn a_query_of_the_tenant_urls_own_goes_with_every_request_before_the_filter() {
    at("/scim?tenant=7&region=eu", "/scim", "tenant=7&region=eu").holds().await;
    at("/scim/?tenant=a%20b", "/scim", "tenant=a%20b").holds().await;
}

#[tokio::test]
async fn the_flag_selects_the_dialect_in_all_its_spellings_and_is_not_sent() {
    for flag in ["aadOptscim062020", "aadOptscim062020=true", "AADOPTSCIM062020=True", "AzureAdScimPatch062020"] {
        for (tenant_url, query) in [(format!("/scim?{flag}"), ""), (format!("/scim/?a=1&{flag}&b=2"), "a=1&b=2")] {
            at(&tenant_url, "/scim", query).only_in(Dialect::Compliant).holds().await;
        }
    }
    for flag in ["AzureAdScimPatch2017", "azureadscimpatch2017=true", "aadOptscim062020=false"] {
        at(&format!("/scim?{flag}"), "/scim", "").only_in(Dialect::Legacy).holds().await;
    }
}

#[tokio::test]
async fn ids_in_paths_are_percent_encoded() {
    let ids = [
        ("7@contoso", "7%40contoso"),
        ("a b", "a%20b"),
        ("a/b", "a%2fb"),
        ("50%25", "50%2525"),
        ("Ω+?#&=", "%ce%a9%2b%3f%23%26%3d"),
        ("-_.!*()", "-_.!*()"),
        ("~'$,;:", "%7e%27%24%2c%3b%3a"),
    ];
    let sent = |op: &str| {
        let one = |(_, path): &(&str, &str)| {
            format!(
                "GET /scim/Users/{path}\nPATCH /scim/Users/{path}\n  {{\"schemas\":[\
                 \"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"{op}\",\
                 \"path\":\"title\",\"value\":\"Clerk\"}}]}}\n"
            )
        };
        ids.iter().map(one).collect::<String>()
    };
    let name = |number: usize| format!("u{number}");
    let deleted = ids.iter().fold(String::new(), |text, (_, path)| format!("{text}DELETE /scim/Users/{path}\n"));
    story()
        .given(move |stage| {
            for (number, (id, _)) in ids.iter().enumerate() {
                stage.application.choose_id(&format!("u{number}@contoso.example"), id);
                stage.user(&name(number), &json!({}));
            }
        })
        .when(move |stage| (0..ids.len()).for_each(|number| stage.change(&name(number), &json!({"jobTitle": "Clerk"}))))
        .sends(&sent("Add"), &sent("add"))
        .given(move |stage| (0..ids.len()).for_each(|number| stage.remove(&name(number))))
        .when(|stage| stage.later(31 * 24))
        .sends_in_both(&deleted)
        .holds()
        .await;
}

/// Users of these names are looked for, spelled like this.
async fn looked_for(names: &[(&'static str, &str)]) {
    let mut told = story();
    for (number, &(name, spelled)) in names.iter().enumerate() {
        told = told
            .when(move |stage| stage.user(&format!("u{number}"), &json!({"userPrincipalName": name})))
            .sends_in_both(&format!(
                r#"
                GET /scim/Users?filter=userName+eq+%22{spelled}%22
                POST /scim/Users
                  {{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":{},"active":true,
                    "displayName":"U{number}","meta":{{"resourceType":"User"}}}}
                "#,
                json!(name)
            ));
    }
    told.holds().await;
}

#[tokio::test]
async fn a_space_is_a_plus_sign_and_letters_digits_and_seven_marks_are_kept() {
    looked_for(&[("Az 09 -_.!*()", "Az+09+-_.!*()")]).await;
}

#[tokio::test]
async fn everything_else_is_escaped_as_utf_8_in_lower_case_hex() {
    looked_for(&[
        ("a+b&c%d#e'f=g;h/i?j:k,l@m", "a%2bb%26c%25d%23e%27f%3dg%3bh%2fi%3fj%3ak%2cl%40m"),
        ("<>{}[]|~^`$", "%3c%3e%7b%7d%5b%5d%7c%7e%5e%60%24"),
        ("José Ω 😀 שלום", "Jos%c3%a9+%ce%a9+%f0%9f%98%80+%d7%a9%d7%9c%d7%95%d7%9d"),
    ])
    .await;
}

#[tokio::test]
async fn quotation_marks_and_backslashes_in_a_value_are_escaped_as_json_has_it() {
    looked_for(&[(r#"O"Neil"#, "O%5c%22Neil"), (r"corp\ann", "corp%5c%5cann"), (r#"\""#, "%5c%5c%5c%22")]).await;
}

#[tokio::test]
async fn parameters_come_as_attributes_excluded_attributes_filter_start_index_count() {
    let query = Query {
        count: Some(10),
        start_index: Some(1),
        filter: Some(r#"id eq "u" and manager eq "m""#.parse::<Filter>().unwrap()),
        excluded_attributes: Some("members".to_owned()),
        attributes: Some("id".to_owned()),
    };
    assert_eq!(
        query.encoded(),
        "attributes=id&excludedAttributes=members&filter=id+eq+%22u%22+and+manager+eq+%22m%22&startIndex=1&count=10"
    );
    assert_eq!(Query::of(Resource::Users).encoded(), "");
    story().given(|stage| stage.users(&["ann"])).discovers("GET /scim/Users?startIndex=1&count=100").holds().await;
}

#[tokio::test]
async fn a_path_with_a_selector_is_escaped_as_a_whole() {
    let users = [
        ("userName", "{ filterable = true }", "{ direct = \"userPrincipalName\" }"),
        ("emails[type eq \"work\"].value", "{ filterable = true }", "{ direct = \"mail\", matching = 1 }"),
    ];
    story_of(&mapping::of(&users))
        .when(|stage| stage.user("ann", &json!({"mail": "ann@mail.example"})))
        .sends_in_both(
            r#"
            GET /scim/Users?filter=emails%5btype+eq+%22work%22%5d.value+eq+%22ann%40mail.example%22
            POST /scim/Users
              {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann@contoso.example",
               "emails":[{"type":"work","primary":true,"value":"ann@mail.example"}],"meta":{"resourceType":"User"}}
            "#,
        )
        .holds()
        .await;
}
