//! What the application says of itself: its features, its resource types and its schemas (RFC 7644 §4, RFC 7643 §5-§7).

use super::{
    error::Refusal,
    exchange::Response,
    resource_requests::LIST_SCHEMA,
    route::Route,
    schema_document::{extensions, schemas},
    settings::Settings,
    vocabulary::Vocabulary,
};
use serde_json::{Value, json};

/// What the URNs of the discovery schemas begin with (RFC 7643 §8.7).
pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0";

/// Answers a GET on a route other than resources.
pub(crate) fn answer(
    route: &Route,
    settings: &Settings,
    vocabularies: &[&Vocabulary],
    base_url: &str,
) -> Result<Response, Refusal> {
    let vocabularies = vocabularies.iter().copied().filter(|vocabulary| vocabulary.is_served());
    match route {
        Route::ResourceTypes(name) => {
            let types = vocabularies.map(|vocabulary| resource_type(vocabulary, base_url)).collect();
            one_or_all(types, name.as_deref(), "resource type")
        }
        Route::Schemas(urn) => {
            let schemas = vocabularies.flat_map(|vocabulary| schemas(vocabulary, base_url)).collect();
            one_or_all(schemas, urn.as_deref(), "schema")
        }
        _ => Ok(Response::scim(200, &service_provider_config(settings, base_url))),
    }
}

fn one_or_all(all: Vec<Value>, id: Option<&str>, what: &str) -> Result<Response, Refusal> {
    let Some(id) = id else {
        return Ok(Response::scim(
            200,
            &json!({
                "schemas": [LIST_SCHEMA],
                "totalResults": all.len(),
                "startIndex": 1,
                "itemsPerPage": all.len(),
                "Resources": all,
            }),
        ));
    };
    let found = all.into_iter().find(|one| one["id"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(id)));
    let found = found.ok_or_else(|| Refusal::NotFound(format!("there is no {what} `{id}`")))?;
    Ok(Response::scim(200, &found))
}

fn service_provider_config(settings: &Settings, base_url: &str) -> Value {
    let schemes: Vec<Value> = settings
        .token
        .iter()
        .map(|_| {
            json!({
                "type": "oauthbearertoken",
                "name": "Secret token",
                "description": "The application's secret token in the Authorization header",
                "primary": true,
            })
        })
        .collect();
    json!({
        "schemas": [format!("{CORE}:ServiceProviderConfig")],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": settings.page_limit},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": schemes,
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base_url}/ServiceProviderConfig")},
    })
}

fn resource_type(vocabulary: &Vocabulary, base_url: &str) -> Value {
    let kind = vocabulary.kind;
    let extensions: Vec<Value> =
        extensions(vocabulary).into_iter().map(|urn| json!({"schema": urn, "required": false})).collect();
    json!({
        "schemas": [format!("{CORE}:ResourceType")],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": format!("/{}", kind.endpoint()),
        "schema": kind.core_schema(),
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": format!("{base_url}/ResourceTypes/{}", kind.name())},
    })
}
