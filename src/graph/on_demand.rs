//! What Graph answers to `provisionOnDemand`: a pair of texts that hold JSON, with enumerations in Pascal case.
//!
//! Source: `spec/GRAPH.md` §4.2.

use super::identifiers::Identifiers;
use crate::store::LogRow;
use serde_json::{Map, Value, json};

/// How a run on demand ended.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// `Success`, `Skipped` or `Failure`.
    pub result: &'a str,
    /// Why, unless it succeeded: code and message.
    pub error: Option<(&'a str, &'a str)>,
}

/// The answer. `records` are those of the object and then of its references; the first that ended as the whole run did gives
/// action and status. Without any record the value is an empty object.
pub fn on_demand_answer(
    verdict: Verdict<'_>,
    records: &[LogRow],
    identifiers: &Identifiers,
    title: &str,
) -> Map<String, Value> {
    let details =
        verdict.error.map_or_else(|| json!({}), |(code, text)| json!({"errorCode": code, "errorMessage": text}));
    let key = json!({"result": verdict.result, "details": details});
    let deciding = records.iter().find(|record| capital(&record.status) == verdict.result).or(records.first());
    let value = deciding.map_or_else(|| json!({}), |deciding| value(deciding, records, identifiers, title));
    let mut answer = Map::new();
    answer.insert("key".to_owned(), key.to_string().into());
    answer.insert("value".to_owned(), value.to_string().into());
    answer
}

fn value(deciding: &LogRow, records: &[LogRow], identifiers: &Identifiers, title: &str) -> Value {
    let (first, last) = (records.first().unwrap_or(deciding), records.last().unwrap_or(deciding));
    let life = jiff::SignedDuration::from_millis(i64::try_from(first.duration_ms).unwrap_or(i64::MAX));
    let began = first.time.checked_sub(life).unwrap_or(first.time);
    let time = |time: jiff::Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let array = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap_or_default();
    let steps =
        records.iter().flat_map(|record| array(&record.steps).into_iter().map(|step| shown(&step, &time(record.time))));
    let modified: Vec<_> = records.iter().flat_map(|record| array(&record.modified)).collect();
    json!({
        "action": capital(&deciding.action),
        "changeId": deciding.change,
        "startTime": time(began),
        "endTime": time(last.time),
        "reportableIdentifier": first.source_name,
        "modifiedProperties": modified,
        "provisioningSteps": steps.collect::<Vec<_>>(),
        "statusInfo": {
            "status": capital(&deciding.status),
            "errorCode": deciding.error_code,
            "reason": deciding.reason,
            "additionalDetails": null,
            "errorCategory": deciding.error_category.as_deref().map(capital),
            "recommendedAction": deciding.recommended_action,
        },
        "sourceIdentity": {
            "id": first.source_id,
            "type": first.source_type,
            "displayName": first.source_display_name,
            "details": {},
        },
        "sourceSystem": {"id": identifiers.source_system, "name": "Microsoft Entra ID", "details": {}},
        "targetIdentity": {"id": last.target_id, "type": last.target_type, "displayName": "", "details": {}},
        "targetSystem": {"id": identifiers.target_system, "name": title, "details": {}},
    })
}

fn shown(step: &Value, timestamp: &str) -> Value {
    let text = |name: &str| step[name].as_str().map(capital);
    json!({
        "name": step["name"],
        "type": text("provisioningStepType"),
        "status": text("status"),
        "description": step["description"],
        "timestamp": timestamp,
        "details": step["details"],
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> LogRow {
        LogRow {
            number: 1,
            id: "record".into(),
            time: "2026-01-05T08:00:01Z".parse().unwrap(),
            job: "job".into(),
            cycle: "run".into(),
            change: "change".into(),
            action: "other".into(),
            status: "skipped".into(),
            duration_ms: 250,
            source_id: "7".into(),
            source_type: "User".into(),
            source_name: "ada@contoso.example".into(),
            source_display_name: "Ada".into(),
            target_id: "t7".into(),
            target_type: "urn:user".into(),
            error_code: Some("RedundantExport".into()),
            error_category: Some("nonServiceFailure".into()),
            reason: Some("in step".into()),
            recommended_action: None,
            steps: r#"[{"name":"EntryImport","provisioningStepType":"import","status":"success","description":"d","details":{"a":"b"}}]"#.into(),
            modified: "[]".into(),
        }
    }

    #[test]
    fn both_members_are_texts_that_hold_json() {
        let verdict = Verdict { result: "Skipped", error: Some(("RedundantExport", "in step")) };
        let answer = on_demand_answer(verdict, &[record()], &Identifiers::of(uuid::Uuid::nil(), "job"), "App");
        let read = |name: &str| serde_json::from_str::<Value>(answer[name].as_str().unwrap()).unwrap();
        assert_eq!(
            read("key"),
            json!({"result": "Skipped", "details": {"errorCode": "RedundantExport", "errorMessage": "in step"}})
        );
        let value = read("value");
        assert_eq!(value["action"], "Other");
        assert_eq!(value["startTime"], "2026-01-05T08:00:00.750Z");
        assert_eq!(value["statusInfo"]["errorCategory"], "NonServiceFailure");
        assert_eq!(
            value["provisioningSteps"],
            json!([{
                "name": "EntryImport",
                "type": "Import",
                "status": "Success",
                "description": "d",
                "timestamp": "2026-01-05T08:00:01.000Z",
                "details": {"a": "b"},
            }])
        );
    }

    #[test]
    fn action_and_status_are_those_of_the_record_that_ended_as_the_whole_did() {
        let members = LogRow { action: "update".into(), status: "success".into(), error_code: None, ..record() };
        let verdict = Verdict { result: "Success", error: None };
        let answer = on_demand_answer(verdict, &[record(), members], &Identifiers::of(uuid::Uuid::nil(), "job"), "App");
        let value = serde_json::from_str::<Value>(answer["value"].as_str().unwrap()).unwrap();
        assert_eq!(value["action"], "Update");
        assert_eq!(
            (&value["statusInfo"]["status"], &value["statusInfo"]["errorCode"]),
            (&json!("Success"), &Value::Null)
        );
        assert_eq!(value["provisioningSteps"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn without_a_record_the_value_is_empty() {
        let verdict = Verdict { result: "Failure", error: Some(("InvalidCredentials", "401")) };
        let answer = on_demand_answer(verdict, &[], &Identifiers::of(uuid::Uuid::nil(), "job"), "App");
        assert_eq!(answer["value"], "{}");
    }
}
