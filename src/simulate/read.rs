//! Reading a scenario file: every mistake in it is told at once, with its line and what to do.

use super::{
    MOST_ADDED,
    scenario::{Action, Event, Hand, Kind, Moment, Pool, Portion, Scenario, Selection, When},
};
use crate::{
    config::{
        document::{Node, NodeValue, Section},
        problem::{Problem, Problems},
        read_threshold,
        toml_file::parse_toml,
    },
    directory::attribute,
    sandbox::fault::FaultRule,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value};

/// What an event can be, for messages.
const ACTIONS: &str = "`change`, `add`, `remove`, `disable`, `enable`, `assign`, `unassign`, `fail`, `mend`, `allow_deletes`, \
                       `reject_deletes`, `start`, `pause`, `restart`, `accept_shrink`";

/// The levers, by their names.
const HANDS: [(&str, Hand); 6] = [
    ("allow_deletes", Hand::AllowDeletes),
    ("reject_deletes", Hand::RejectDeletes),
    ("start", Hand::Start),
    ("pause", Hand::Pause),
    ("restart", Hand::Restart),
    ("accept_shrink", Hand::AcceptShrink),
];

/// Reads a scenario. `origin` is what its places are called.
pub fn parse(origin: &str, text: &str) -> Result<Scenario, Vec<Problem>> {
    let problems = Problems::default();
    let root = parse_toml(origin, text, &problems);
    let scenario = Section::of(&root, "a scenario", &problems).map(read);
    match scenario {
        Some(scenario) if !problems.has_errors() => Ok(scenario),
        _ => Err(problems.into_sorted()),
    }
}

/// A day or a moment: `2026-03-02`, `2026-03-02T09:00`, `2026-03-02T09:00:00+01:00`; without an offset it is UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

fn read(section: Section<'_>) -> Scenario {
    let scenario = Scenario {
        title: section.text("title"),
        days: section.count("days").and_then(|days| {
            let fits = u32::try_from(days).ok().filter(|days| (1..=super::MOST_DAYS).contains(days));
            if fits.is_none() {
                let message = format!("`days` is {days}");
                error(&section, "days", message, format!("write a number from 1 to {}", super::MOST_DAYS));
            }
            fits
        }),
        start: section.text("start").and_then(|text| {
            let start = moment(&text);
            if start.is_none() {
                error(&section, "start", format!("`{text}` is no date"), "write one like \"2026-03-02\"");
            }
            start
        }),
        deletion_threshold: read_threshold(&section),
        events: section.sections("events", "an event").into_iter().filter_map(event).collect(),
    };
    section.finish();
    scenario
}

fn error(section: &Section<'_>, key: &str, message: impl Into<String>, help: impl Into<String>) {
    section.problems().error(section.place_of(key), message, Some(help.into()));
}

fn event(section: Section<'_>) -> Option<Event> {
    let when = when(&section);
    let job = section.text("job").map(|name| (name, section.place_of("job").clone()));
    let mut actions: Vec<(&'static str, Option<Action>)> = Vec::new();
    for key in ["change", "add", "remove", "disable", "enable", "assign", "unassign", "fail"] {
        if section.node(key).is_some() {
            actions.push((key, section.section(key, subject(key)).and_then(|table| action(key, table))));
        }
    }
    if section.flag("mend") == Some(true) {
        actions.push(("mend", Some(Action::Mend)));
    }
    for (key, hand) in HANDS {
        if section.flag(key) == Some(true) {
            actions.push((key, Some(Action::Pull(hand))));
        }
    }
    match actions.as_slice() {
        [] => {
            let help = format!("write one of {ACTIONS}");
            section.problems().error(section.place, "the event does not say what happens", Some(help));
        }
        [_] => {}
        [(first, _), (second, _), ..] => {
            let help = "write an event for each of them";
            error(&section, second, format!("`{first}` and `{second}` stand in one event"), help);
        }
    }
    let place = section.place.clone();
    section.finish();
    let action = actions.into_iter().next().and_then(|(_, action)| action)?;
    Some(Event { place, when: when?, job, action })
}

fn subject(key: &str) -> &'static str {
    match key {
        "change" => "a change",
        "add" => "an addition",
        "fail" => "a fault",
        "assign" => "an assignment",
        _ => "a selection",
    }
}

fn when(section: &Section<'_>) -> Option<When> {
    let every = section.duration("every").filter(|every| {
        let fits = *every >= std::time::Duration::from_secs(1);
        if !fits {
            error(section, "every", "`every` is less than a second", "write how long it is from one time to the next");
        }
        fits
    });
    let at = moment_of(section, "at");
    let until = moment_of(section, "until");
    let times = section.count("times");
    for key in ["until", "times"] {
        if section.node("every").is_none() && section.node(key).is_some() {
            let help = "add how often it happens: `every = \"1d\"`";
            error(section, key, format!("`{key}` goes with `every`"), help);
        }
    }
    let first = match (at, every) {
        (Some(first), _) => first,
        (None, Some(every)) if section.node("at").is_none() => Moment::After(every),
        _ => {
            if section.node("at").is_none() && section.node("every").is_none() {
                let help = "write `at = \"2d 9h\"` for so long after the start, `at = \"2026-03-02T09:00\"`, or `every = \"1d\"`";
                section.problems().error(
                    section.place,
                    "the event does not say when it happens",
                    Some(help.to_owned()),
                );
            }
            return None;
        }
    };
    if let Some(until) = until
        && matches!((first, until), (Moment::After(first), Moment::After(until)) if until < first)
            | matches!((first, until), (Moment::At(first), Moment::At(until)) if until < first)
    {
        error(
            section,
            "until",
            "it never happens: `until` lies before the first time",
            "write a later moment, or leave it out",
        );
    }
    Some(When { first, every, until, times })
}

fn moment_of(section: &Section<'_>, key: &'static str) -> Option<Moment> {
    let text = section.text(key)?;
    let found = humantime::parse_duration(text.trim())
        .ok()
        .map(Moment::After)
        .or_else(|| (text.trim() == "0").then_some(Moment::After(std::time::Duration::ZERO)))
        .or_else(|| moment(&text).map(Moment::At));
    if found.is_none() {
        let help = "write how long after the start (\"40m\", \"2d 9h\"), or a date (\"2026-03-02T09:00\")";
        error(section, key, format!("`{key}` is no moment: `{text}`"), help);
    }
    found
}

fn action(key: &str, section: Section<'_>) -> Option<Action> {
    if key == "fail" {
        return FaultRule::read(section).map(Action::Fail);
    }
    if key == "add" {
        return addition(section);
    }
    let who = selection(&section, key == "unassign");
    let action = match key {
        "change" => {
            let set = section.node("set").and_then(|node| object(node, "set", &section)).unwrap_or_default();
            let clear = section.texts("clear").unwrap_or_default();
            if section.node("set").is_none() && section.node("clear").is_none() {
                let help = "write `set = { jobTitle = \"..\" }`, or `clear = [\"jobTitle\"]`";
                section.problems().error(section.place, "the change changes nothing", Some(help.to_owned()));
            }
            known_attributes(&section, set.keys().chain(&clear), who.as_ref());
            if let Some(kind) = who.as_ref().and_then(|who| who.kind) {
                kept_name(&section, &set, &clear, kind);
            }
            who.map(|who| Action::Change { who, set, clear })
        }
        "assign" => {
            let role = section.text("role");
            who.map(|who| Action::Assign { who, role })
        }
        "unassign" => who.map(Action::Unassign),
        "remove" => who.map(Action::Remove),
        "disable" => who.map(Action::Disable),
        _ => who.map(Action::Enable),
    };
    if let ("disable" | "enable", Some(Action::Disable(who) | Action::Enable(who))) = (key, &action)
        && who.kind == Some(Kind::Groups)
    {
        error(&section, "groups", "groups have no accounts", format!("write `{key} = {{ users = [..] }}`"));
    }
    section.finish();
    action
}

/// Refuses what no record can hold, so that it is told here and not by an import in the middle of the simulation.
fn known_attributes<'n>(section: &Section<'_>, names: impl Iterator<Item = &'n String>, who: Option<&Selection>) {
    let naming = who.and_then(|who| who.kind).unwrap_or(Kind::Users).naming_attribute();
    for name in names {
        let key = if section.node("set").is_some() { "set" } else { "clear" };
        if attribute::is_secret(name) {
            error(section, key, format!("`{name}` is never read from a directory"), "leave it out");
        }
        if attribute::canonical(name) == "objectId" {
            let help = format!("leave it out; change `{naming}` to rename somebody");
            error(section, key, format!("`{name}` is what an object is known by"), help);
        }
    }
}

/// Refuses a change that leaves objects without a name, as no import takes them then.
fn kept_name(section: &Section<'_>, set: &Map<String, Value>, clear: &[String], kind: Kind) {
    let (naming, what) = (kind.naming_attribute(), kind.one());
    let given = super::record::field(set, naming);
    let is_cleared = clear.iter().any(|name| attribute::canonical(name).eq_ignore_ascii_case(naming));
    match given {
        Some(Value::String(text)) if text.trim().is_empty() => {
            let help = "write another name, or leave it out";
            error(section, "set", format!("a {what} cannot be without `{naming}`"), help);
        }
        None if is_cleared => {
            let help = format!("leave it out; write `set = {{ {naming} = \"..\" }}` to rename somebody");
            error(section, "clear", format!("a {what} cannot be without `{naming}`"), help);
        }
        _ => {}
    }
}

fn addition(section: Section<'_>) -> Option<Action> {
    let read = |key: &'static str| section.node(key).and_then(|node| object(node, key, &section));
    let (user, group) = (read("user"), read("group"));
    let count = section.count("count").unwrap_or(1);
    if count > MOST_ADDED {
        let help = format!("write a number up to {MOST_ADDED}");
        error(&section, "count", format!("{count} at once are too many"), help);
    }
    let assign = section.flag("assign").unwrap_or(false);
    let both = section.node("user").is_some() && section.node("group").is_some();
    if both {
        error(&section, "group", "`user` and `group` stand in one event", "write an event for each of them");
    } else if section.node("user").is_none() && section.node("group").is_none() {
        let help = "write `user = { userPrincipalName = \"..\", displayName = \"..\" }`, or `group = { displayName = \"..\" }`";
        section.problems().error(section.place, "the addition names nobody", Some(help.to_owned()));
    }
    let (kind, record) = match (user, group) {
        (Some(record), _) => (Kind::Users, Some(record)),
        (None, record) => (Kind::Groups, record),
    };
    let (key, name) = (kind.one(), kind.naming_attribute());
    if let Some(record) = &record {
        match super::record::field(record, name)
            .filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
        {
            Some(Value::String(text)) if count <= 1 || text.contains(super::record::NUMBER) => {}
            Some(Value::String(_)) => {
                let message = format!("{count} {key}s cannot all have one `{name}`");
                error(
                    &section,
                    key,
                    message,
                    format!("write `{{number}}` where they differ: `{name} = \"new.{{number}}..\"`"),
                );
            }
            _ => error(&section, key, format!("the {key} has no `{name}`"), format!("add `{name} = \"..\"`")),
        }
    }
    section.finish();
    Some(Action::Add { kind, record: record?, count, assign })
}

fn selection(section: &Section<'_>, of_assignments: bool) -> Option<Selection> {
    let mut chosen = Vec::new();
    for (key, kind) in [("users", Kind::Users), ("groups", Kind::Groups)] {
        let Some(node) = section.node(key) else { continue };
        let pool = match &node.value {
            NodeValue::Text(word) if word == "all" => Some(Pool::All),
            NodeValue::Text(word) if word == "assigned" => Some(Pool::Assigned),
            NodeValue::Text(word) if word == "disabled" && kind == Kind::Users => Some(Pool::Disabled),
            _ => section.texts(key).map(Pool::Named),
        };
        chosen.push((key, kind, pool));
    }
    let share = section.number("share").filter(|share| {
        let fits = (0.0..=1.0).contains(share);
        if !fits {
            let help = "write a number from 0 to 1: 0.5 is half of them";
            error(section, "share", format!("`share` is no share: {share}"), help);
        }
        fits
    });
    let count = section.count("count").map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    if share.is_some() && count.is_some() {
        error(section, "count", "`share` and `count` cannot both be", "keep one of them");
    }
    let portion = match (share, count) {
        (Some(share), _) => Portion::Share(share),
        (None, Some(count)) => Portion::Count(count),
        (None, None) => Portion::Whole,
    };
    let place = section.place.clone();
    match chosen.as_slice() {
        [] if of_assignments => Some(Selection { place, kind: None, pool: Pool::All, portion }),
        [] => {
            let help = "write `users = [\"ada@contoso.example\"]`, `users = \"all\"`, `\"assigned\"` or `\"disabled\"`; or `groups`";
            section.problems().error(section.place, "it does not say who is meant", Some(help.to_owned()));
            None
        }
        [(key, kind, pool)] => {
            let place = section.place_of(key).clone();
            pool.clone().map(|pool| Selection { place, kind: Some(*kind), pool, portion })
        }
        [..] => {
            error(section, "groups", "`users` and `groups` stand in one event", "write an event for each of them");
            None
        }
    }
}

/// A table as JSON.
fn object(node: &Node, key: &str, section: &Section<'_>) -> Option<Map<String, Value>> {
    match json(node, section) {
        Some(Value::Object(object)) => Some(object),
        Some(_) => {
            let help = format!("write it like `{key} = {{ name = \"..\" }}`");
            section.problems().error(&node.place, format!("`{key}` must be a table"), Some(help));
            None
        }
        None => None,
    }
}

fn json(node: &Node, section: &Section<'_>) -> Option<Value> {
    Some(match &node.value {
        NodeValue::Text(text) => text.as_str().into(),
        NodeValue::Boolean(flag) => (*flag).into(),
        NodeValue::Integer(number) => (*number).into(),
        NodeValue::Float(number) => (*number).into(),
        NodeValue::List(items) => Value::Array(items.iter().map(|item| json(item, section)).collect::<Option<_>>()?),
        NodeValue::Table(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| Some((key.clone(), json(value, section)?)))
                .collect::<Option<Map<_, _>>>()?,
        ),
        NodeValue::Other(kind) => {
            let help = "write it in quotation marks".to_owned();
            section.problems().error(&node.place, format!("a record holds no {kind}"), Some(help));
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn mistakes(text: &str) -> Vec<String> {
        let problems = parse("week.toml", text).expect_err("it is wrong");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_scenario_is_read_with_its_moments() {
        let text = "title = \"A week\"\ndays = 7\nstart = \"2026-03-02\"\n\n[[events]]\nat = \"2d 9h\"\nmend = true\n\n\
                    [[events]]\nevery = \"1d\"\ntimes = 3\nchange = { users = \"all\", share = 0.5, set = { city = \"Oslo\" } }\n";
        let scenario = parse("week.toml", text).unwrap();
        assert_eq!(scenario.title.as_deref(), Some("A week"));
        assert_eq!((scenario.days, scenario.start), (Some(7), moment("2026-03-02T00:00:00Z")));
        let [first, second] = scenario.events.as_slice() else { panic!("{:?}", scenario.events) };
        assert_eq!(first.when.first, Moment::After(Duration::from_secs(57 * 3600)));
        assert!(matches!(first.action, Action::Mend));
        assert_eq!(second.when.first, Moment::After(Duration::from_secs(24 * 3600)));
        let Action::Change { who, set, .. } = &second.action else { panic!("{:?}", second.action) };
        assert_eq!((&who.pool, who.portion), (&Pool::All, Portion::Share(0.5)));
        assert_eq!(set["city"], "Oslo");
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line_and_what_to_do() {
        let text = "days = 0\n[[events]]\nat = \"soon\"\ndisable = { groups = \"all\" }\n[[events]]\nat = \"1h\"\n\
                    [[events]]\nat = \"1h\"\nfail = { status = 200 }\n[[events]]\nmend = true\n[[events]]\nat = \"1h\"\n\
                    remove = { users = [\"ada\"], share = 2 }\nmend = true\n";
        let expected = [
            "error: week.toml:1: `days` is 0\n  help: write a number from 1 to 3650",
            "error: week.toml:3: `at` is no moment: `soon`\n  help: write how long after the start (\"40m\", \"2d 9h\"), or a date \
             (\"2026-03-02T09:00\")",
            "error: week.toml:4: groups have no accounts\n  help: write `disable = { users = [..] }`",
        ];
        let found = mistakes(text);
        assert_eq!(found[..3], expected);
        assert!(found[3].starts_with("error: week.toml:5: the event does not say what happens"), "{}", found[3]);
        assert!(found[4].starts_with("error: week.toml:9: `status` is no error: 200"), "{}", found[4]);
        assert!(found[5].starts_with("error: week.toml:10: the event does not say when it happens"), "{}", found[5]);
        assert!(found[6].starts_with("error: week.toml:14: `share` is no share: 2"), "{}", found[6]);
        assert!(found[7].starts_with("error: week.toml:15: `remove` and `mend` stand in one event"), "{}", found[7]);
        assert_eq!(found.len(), 8);
    }

    #[test]
    fn an_unknown_key_is_told_with_the_nearest_known_one() {
        let found = mistakes("[[events]]\nat = \"1h\"\nallow_delete = true\n");
        assert!(found.iter().any(|line| line.ends_with("help: did you mean `allow_deletes`?")), "{found:?}");
    }

    #[test]
    fn several_objects_need_names_of_their_own() {
        let found =
            mistakes("[[events]]\nat = \"1h\"\nadd = { user = { userPrincipalName = \"a@b.example\" }, count = 2 }\n");
        assert!(found[0].contains("2 users cannot all have one `userPrincipalName`"), "{found:?}");
    }
}
