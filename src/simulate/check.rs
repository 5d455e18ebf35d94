//! Whether a scenario fits what it is played with.

use super::{
    MOST_ADDED, Simulation, SimulationError, YEARS,
    rehearsal::rehearse,
    scenario::{Action, Event, Kind, Moment, Pool, Scenario, later},
    source::Source,
};
use crate::{
    config::{
        Settings,
        problem::{Problems, did_you_mean},
    },
    simulate::record::NUMBER,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// When the simulation is over; refused, if it does not lie where the calendar is.
pub(super) fn end(order: &Simulation) -> Result<Timestamp, SimulationError> {
    let has_room = |moment: &Timestamp| {
        let year = moment.to_zoned(TimeZone::UTC).year();
        (YEARS.0..=YEARS.1).contains(&year)
    };
    let end = order.start.checked_add(SignedDuration::from_hours(24 * i64::from(order.days))).ok();
    end.filter(has_room)
        .filter(|_| has_room(&order.start))
        .ok_or(SimulationError::Calendar { start: order.start, days: order.days })
}

/// Refuses what does not fit the directory, the jobs or the time that is played: all of it at once. `settings` are those that
/// it is played with.
pub(super) fn check(order: &Simulation, source: &Source, settings: &Settings) -> Result<(), SimulationError> {
    let problems = Problems::default();
    let scenario = &order.scenario;
    for event in &scenario.events {
        check_job(event, settings, &problems);
        check_time(event, order, &problems);
        check_names(event, scenario, source, &problems);
        check_role(event, source, settings, &problems);
    }
    check_size(order, &problems);
    // Only what can be played can be rehearsed.
    if !problems.has_errors() {
        let end = later(order.start, DAY * order.days);
        rehearse(scenario, source.clone(), order.start, end, &problems);
    }
    let found = problems.into_sorted();
    if found.is_empty() { Ok(()) } else { Err(SimulationError::Scenario(found)) }
}

fn check_job(event: &Event, settings: &Settings, problems: &Problems) {
    let Some((name, place)) = &event.job else { return };
    let known = || settings.jobs.iter().map(|job| job.name.as_str());
    if !known().any(|job| job.eq_ignore_ascii_case(name)) {
        let help = did_you_mean(name, known())
            .unwrap_or_else(|| format!("there are: {}", known().collect::<Vec<_>>().join(", ")));
        problems.error(place, format!("no job `{name}` is simulated"), Some(help));
    }
}

/// An event must have its time between the start and the end. Who cuts a scenario short with `--days` leaves its later events
/// out on purpose: then the end is that of the file.
fn check_time(event: &Event, order: &Simulation, problems: &Problems) {
    let start = order.start;
    let first = event.when.first.on(start);
    if let Moment::At(moment) = event.when.first
        && moment < start
    {
        let help = "name a later moment, or an earlier `--start`".to_owned();
        problems.error(&event.place, format!("{moment} is before the start, {start}"), Some(help));
    }
    let days = order.days.max(order.scenario.days.unwrap_or_default());
    let end = later(start, DAY * days);
    if first >= end {
        let help = "name an earlier moment, or more days".to_owned();
        problems.error(&event.place, format!("it never happens: {first} is not before the end, {end}"), Some(help));
    }
    if let Some(until) = event.when.until.map(|until| until.on(start))
        && until < first
    {
        let help = "write a later moment for `until`, or leave it out".to_owned();
        let message = format!("it never happens: `until` is {until}, and the first time {first}");
        problems.error(&event.place, message, Some(help));
    }
}

/// What is added is kept in memory, so that there must be an end to it.
fn check_size(order: &Simulation, problems: &Problems) {
    let end = later(order.start, DAY * order.days);
    let mut added = 0_u64;
    for event in &order.scenario.events {
        let Action::Add { count, .. } = event.action else { continue };
        added = added.saturating_add(count.saturating_mul(event.when.times_before(end, order.start)));
        if added > MOST_ADDED {
            let help = format!("a scenario may add {MOST_ADDED} users and groups: lower `count`, `times` or the days");
            problems.error(&event.place, format!("by then {added} are added"), Some(help));
            return;
        }
    }
}

fn check_names(event: &Event, scenario: &Scenario, source: &Source, problems: &Problems) {
    let (Action::Change { who, .. }
    | Action::Assign { who, .. }
    | Action::Remove(who)
    | Action::Disable(who)
    | Action::Enable(who)
    | Action::Unassign(who)) = &event.action
    else {
        return;
    };
    let (Some(kind), Pool::Named(names)) = (who.kind, &who.pool) else { return };
    for name in names {
        if !source.company.knows(kind, name) && !will_be_there(scenario, kind, name) {
            let (what, help) = match kind {
                Kind::Users => ("user", "write an id or a user principal name"),
                Kind::Groups => ("group", "write an id or a display name"),
            };
            let message = format!("there is no {what} `{name}`, and no event adds one");
            problems.error(&who.place, message, Some(help.to_owned()));
        }
    }
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

/// A role must be one of the application's, where that has any.
fn check_role(event: &Event, source: &Source, settings: &Settings, problems: &Problems) {
    let Action::Assign { who, role: Some(role) } = &event.action else { return };
    for job in source.meant(event) {
        let mut known = source.company.roles(&source.names_of(job));
        if known.is_empty() {
            let of_configuration = settings.jobs.get(job).map(|job| job.roles.as_slice()).unwrap_or_default();
            known = of_configuration
                .iter()
                .flat_map(|role| [Some(role.display_name.clone()), Some(role.value.clone()), role.id.clone()])
                .flatten()
                .collect();
        }
        if known.is_empty() || known.iter().any(|name| name.eq_ignore_ascii_case(role.trim())) {
            continue;
        }
        let names = || known.iter().map(String::as_str);
        let help = did_you_mean(role, names())
            .unwrap_or_else(|| format!("write one of: {}", names().collect::<Vec<_>>().join(", ")));
        let name = settings.jobs.get(job).map(|job| job.name.as_str()).unwrap_or_default();
        problems.error(&who.place, format!("the application of job `{name}` has no role `{role}`"), Some(help));
        return;
    }
}
