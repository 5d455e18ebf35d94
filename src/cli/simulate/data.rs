//! The timeline as data: an object a line, with the moment, the job, what happened and what it is about, and the story's words.

use super::story;
use crate::simulate::{Entry, Happening, SourceChange};
use serde_json::{Value, json};

/// The object of an entry.
pub(super) fn of(entry: &Entry) -> Value {
    let (event, details) = match &entry.happening {
        Happening::Cycle { result, before } => {
            ("cycle", json!({"cycle": result, "before": before.as_ref().map(|before| json!({"quarantine": before}))}))
        }
        Happening::Quiet { cycles, until } => ("quietCycles", json!({"cycles": cycles, "until": until})),
        Happening::Alike { cycles, until } => ("sameCycles", json!({"cycles": cycles, "until": until})),
        Happening::Schedule(state) => ("schedule", json!({"schedule": state})),
        Happening::Refused { message, .. } => ("refused", json!({"message": message})),
        Happening::Mail { news, to, subject } => ("mail", json!({"news": news, "to": to, "subject": subject})),
        Happening::MailKept(error) => ("mailKept", json!({"message": error})),
        Happening::Source { change, names } => ("source", source(change, names)),
        Happening::FaultBegan(rule) => ("faultBegan", json!({"fault": rule})),
        Happening::FaultEnded(rule) => ("faultEnded", json!({"fault": rule})),
        Happening::Mended => ("mended", json!({})),
        Happening::Pulled { hand, put_back, refusal, lifted } => {
            let lever = story::lever(*hand);
            ("lever", json!({"lever": lever, "putBack": put_back, "refusal": refusal, "quarantineLifted": lifted}))
        }
        Happening::End(ending) => (
            "end",
            json!({
                "schedule": ending.schedule,
                "quarantine": ending.quarantine,
                "cycles": ending.cycles,
                "requests": ending.requests,
                "users": ending.users,
                "groups": ending.groups,
            }),
        ),
    };
    let mut object = json!({"time": entry.at, "job": entry.job, "event": event, "text": story::text(entry)});
    if let (Some(object), Value::Object(details)) = (object.as_object_mut(), details) {
        object.extend(details.into_iter().filter(|(_, value)| !value.is_null()));
    }
    object
}

fn source(change: &SourceChange, names: &[String]) -> Value {
    let (name, attributes) = match change {
        SourceChange::Attributes(attributes) => ("changed", Some(attributes)),
        SourceChange::Added => ("added", None),
        SourceChange::AddedAndAssigned => ("addedAndAssigned", None),
        SourceChange::Removed => ("removed", None),
        SourceChange::Disabled => ("disabled", None),
        SourceChange::Enabled => ("enabled", None),
        SourceChange::Assigned => ("assigned", None),
        SourceChange::Unassigned => ("unassigned", None),
    };
    json!({"change": name, "attributes": attributes, "objects": names})
}
