//! `provisioningObjectSummary`: a provisioning record as Graph returns it.

use super::identifiers::Identifiers;
use crate::store::LogRow;
use serde_json::{Map, Value, json};

/// Who initiates everything here.
const INITIATOR: &str = "Azure AD Provisioning Service";
/// What the source directory is called.
const SOURCE: &str = "Microsoft Entra ID";

/// The record in Graph's shape. `title` is what people call the application.
pub fn provisioning_object_summary(row: &LogRow, identifiers: &Identifiers, title: &str) -> Value {
    let list = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::Array(Vec::new()));
    let failed = matches!(row.status.as_str(), "failure" | "warning");
    let (request, reason) = row.reason.as_deref().map_or((None, None), request_and_reason);
    let error = if failed {
        json!({
            "errorCode": row.error_code,
            "reason": reason,
            "additionalDetails": request,
            "errorCategory": row.error_category,
            "recommendedAction": row.recommended_action,
        })
    } else {
        Value::Null
    };
    json!({
        "id": row.id,
        "activityDateTime": row.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "tenantId": identifiers.tenant,
        "jobId": identifiers.job(),
        "cycleId": row.cycle,
        "changeId": row.change,
        "provisioningAction": row.action,
        "durationInMilliseconds": row.duration_ms,
        "initiatedBy": {"id": "", "displayName": INITIATOR, "initiatorType": "system"},
        "servicePrincipal": {"id": identifiers.service_principal, "displayName": title},
        "sourceSystem": {"id": identifiers.source_system, "displayName": SOURCE, "details": {}},
        "targetSystem": {
            "id": identifiers.target_system,
            "displayName": title,
            "details": {
                "ApplicationId": identifiers.application,
                "ServicePrincipalId": identifiers.service_principal,
                "ServicePrincipalDisplayName": title,
            },
        },
        "sourceIdentity": {
            "id": row.source_id,
            "displayName": row.source_display_name,
            "identityType": row.source_type,
            "details": source_details(row),
        },
        "targetIdentity": {"id": row.target_id, "displayName": "", "identityType": row.target_type, "details": {}},
        "modifiedProperties": list(&row.modified),
        "provisioningStatusInfo": {"status": row.status, "errorInformation": error},
        "provisioningSteps": list(&row.steps),
    })
}

/// The line that names request and answer, where there is one, and Entra's own text, which follows it in the log.
fn request_and_reason(reason: &str) -> (Option<&str>, Option<&str>) {
    match reason.find("\r\nStatusCode: ") {
        Some(end) => (Some(&reason[..end]), Some(&reason[end + 2..])),
        None => (None, Some(reason)),
    }
}

fn source_details(row: &LogRow) -> Value {
    let mut details = Map::new();
    details.insert("id".to_owned(), row.source_id.clone().into());
    details.insert("odatatype".to_owned(), row.source_type.clone().into());
    details.insert("DisplayName".to_owned(), row.source_display_name.clone().into());
    if row.source_type == "User" {
        details.insert("UserPrincipalName".to_owned(), row.source_name.clone().into());
    }
    Value::Object(details)
}
