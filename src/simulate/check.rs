//! Whether a scenario fits what it is played with.

use super::{
    SimulationError,
    company::Company,
    record::NUMBER,
    scenario::{Action, Kind, Moment, Pool, Scenario},
    stage::StagedJob,
};
use crate::config::problem::{Problems, did_you_mean};
use jiff::Timestamp;
use serde_json::Value;

/// Refuses what does not fit the directory, the jobs or the beginning: all of it at once.
pub(super) fn check(
    scenario: &Scenario,
    company: &Company,
    jobs: &[StagedJob],
    start: Timestamp,
) -> Result<(), SimulationError> {
    let problems = Problems::default();
    for event in &scenario.events {
        if let Some((name, place)) = &event.job
            && !jobs.iter().any(|job| job.name.eq_ignore_ascii_case(name))
        {
            let known = || jobs.iter().map(|job| job.name.as_str());
            let help = did_you_mean(name, known())
                .unwrap_or_else(|| format!("there are: {}", known().collect::<Vec<_>>().join(", ")));
            problems.error(place, format!("no job `{name}` is simulated"), Some(help));
        }
        if let Moment::At(moment) = event.when.first
            && moment < start
        {
            let message = format!("{moment} is before the start, {start}");
            let help = "name a later moment, or an earlier `--start`".to_owned();
            problems.error(&event.place, message, Some(help));
        }
        let (Action::Change { who, .. }
        | Action::Assign { who, .. }
        | Action::Remove(who)
        | Action::Disable(who)
        | Action::Enable(who)
        | Action::Unassign(who)) = &event.action
        else {
            continue;
        };
        let (Some(kind), Pool::Named(names)) = (who.kind, &who.pool) else { continue };
        for name in names {
            if !company.knows(kind, name) && !will_be_there(scenario, kind, name) {
                let (what, help) = match kind {
                    Kind::Users => ("user", "write an id or a user principal name"),
                    Kind::Groups => ("group", "write an id or a display name"),
                };
                let message = format!("there is no {what} `{name}`, and no event adds one");
                problems.error(&who.place, message, Some(help.to_owned()));
            }
        }
    }
    let found = problems.into_sorted();
    if found.is_empty() { Ok(()) } else { Err(SimulationError::Scenario(found)) }
}

/// Whether an event adds somebody of this name, or renames somebody to it.
fn will_be_there(scenario: &Scenario, kind: Kind, name: &str) -> bool {
    let fits = |value: &Value| {
        let Some(pattern) = value.as_str() else { return false };
        let (pattern, name) = (pattern.to_lowercase(), name.trim().to_lowercase());
        match pattern.split_once(NUMBER) {
            None => pattern == name,
            Some((before, after)) => name
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())),
        }
    };
    scenario.events.iter().any(|event| match &event.action {
        Action::Add { kind: added, record, .. } => *added == kind && record.values().any(fits),
        Action::Change { who, set, .. } => who.kind == Some(kind) && set.values().any(fits),
        _ => false,
    })
}
