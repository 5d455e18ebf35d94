//! Reading rules: from one text, and from tables of TOML.

use super::{
    route::FaultRoute,
    rule::{FaultKind, FaultRule, RetryAfter},
};
use crate::config::{
    document::{Node, NodeValue, Section},
    problem::{Place, Problem, Problems},
};
use indexmap::IndexMap;
use std::time::Duration;

impl FaultRule {
    /// Reads a rule from one text, `key=value` pairs with commas between them. A key alone stands for `key=true`, and hyphens
    /// in a key for underscores. The place of every problem is the text itself.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let place = Place::origin(format!("the fault `{text}`"));
        let mut entries = IndexMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, "true"));
            let key = key.trim().replace('-', "_");
            if entries.insert(key.clone(), Node::new(typed(value.trim()), place.clone())).is_some() {
                problems.error(&place, format!("`{key}` is there twice"), Some("keep one of them".to_owned()));
            }
        }
        let node = Node::new(NodeValue::Table(entries), place);
        let rule = Section::of(&node, "a fault", &problems).and_then(Self::read);
        match rule {
            Some(rule) if !problems.has_errors() => Ok(rule),
            _ => Err(problems.into_sorted()),
        }
    }

    /// Reads a rule from a table and ends its reading. `None` where it cannot be used; the section's problems say why.
    pub fn read(section: Section<'_>) -> Option<Self> {
        let reading = Reading(&section);
        let kind = reading.kind();
        let latency = section.duration("latency");
        let carried_out = section.flag("carried_out");
        let rule = FaultRule {
            carried_out: carried_out.unwrap_or(false),
            latency: latency.unwrap_or_default(),
            route: reading.route(),
            share: reading.share("share").unwrap_or(1.0),
            objects: reading.share("objects"),
            after: section.duration("after").unwrap_or_default(),
            lasts: section.duration("for"),
            ..FaultRule::of(kind.clone().unwrap_or(FaultKind::Latency))
        };
        let has_own_answer = matches!(rule.kind, FaultKind::Latency | FaultKind::Truncate | FaultKind::ContentType(_));
        if carried_out.is_some() && kind.is_some() && has_own_answer {
            let message = "`carried_out` says nothing here: what is answered is the application's own answer";
            let help = "leave it out; it goes with `status`, `timeout`, `reset` and `garbage`";
            section.problems().error(section.place_of("carried_out"), message, Some(help.to_owned()));
        }
        let (problems, place) = (section.problems(), section.place);
        section.finish();
        if !problems.has_errors() && kind.is_none() && latency.is_none() {
            let known = "name one of `status`, `timeout`, `reset`, `truncate`, `garbage`, `content_type` and `latency`";
            problems.error(place, "the fault does not say what is wrong", Some(known.to_owned()));
        }
        (!problems.has_errors()).then_some(rule)
    }
}

/// The value of a key in a text, which has no types.
fn typed(value: &str) -> NodeValue {
    match value {
        "true" => NodeValue::Boolean(true),
        "false" => NodeValue::Boolean(false),
        _ => match (value.parse(), value.parse()) {
            (Ok(number), _) => NodeValue::Integer(number),
            (_, Ok(number)) => NodeValue::Float(number),
            _ => NodeValue::Text(value.to_owned()),
        },
    }
}

/// The parts of a rule that no other setting has.
struct Reading<'s, 'a>(&'s Section<'a>);

impl Reading<'_, '_> {
    fn error(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.0.problems().error(self.0.place_of(key), message, Some(help.into()));
    }

    /// What is wrong, if anything but latency is.
    fn kind(&self) -> Option<FaultKind> {
        let mut kinds: Vec<(&str, FaultKind)> = Vec::new();
        let retry_after = self.retry_after();
        let status = self.0.count("status").and_then(|status| self.status(status));
        kinds.extend(status.map(|status| ("status", FaultKind::Status(status, retry_after))));
        if retry_after.is_some() && self.0.node("status").is_none() {
            let key = if matches!(retry_after, Some(RetryAfter::Date(_))) { "retry_after_date" } else { "retry_after" };
            self.error(key, format!("`{key}` goes with a status"), "add one: `status=429` or `status=503`");
        }
        for (key, kind) in [
            ("timeout", FaultKind::Timeout),
            ("reset", FaultKind::Reset),
            ("truncate", FaultKind::Truncate),
            ("garbage", FaultKind::Garbage),
        ] {
            if self.0.flag(key) == Some(true) {
                kinds.push((key, kind));
            }
        }
        if let Some(name) = self.0.text("content_type") {
            if name.contains('/') && name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
                kinds.push(("content_type", FaultKind::ContentType(name)));
            } else {
                self.error("content_type", format!("`{name}` is no content type"), "write one like `text/html`");
            }
        }
        if let [(first, _), (second, _), ..] = kinds.as_slice() {
            let message = format!("`{first}` and `{second}` cannot both be");
            self.error(second, message, "keep one of them, and write another fault for the other");
        }
        kinds.into_iter().next().map(|(_, kind)| kind)
    }

    fn status(&self, status: u64) -> Option<u16> {
        let fits = u16::try_from(status).ok().filter(|status| (400..=599).contains(status));
        if fits.is_none() {
            self.error("status", format!("`status` is no error: {status}"), "write one from 400 to 599");
        }
        fits
    }

    fn retry_after(&self) -> Option<RetryAfter> {
        let seconds = self.seconds("retry_after").map(RetryAfter::Seconds);
        let date = self.seconds("retry_after_date").map(RetryAfter::Date);
        if seconds.is_some() && date.is_some() {
            let message = "`retry_after` and `retry_after_date` cannot both be";
            self.error("retry_after_date", message, "keep one of them");
        }
        seconds.or(date)
    }

    /// Seconds: a number of them, or a length of time.
    fn seconds(&self, key: &'static str) -> Option<u64> {
        match self.0.node(key)?.value {
            NodeValue::Integer(_) => self.0.count(key),
            _ => self.0.duration(key).as_ref().map(Duration::as_secs),
        }
    }

    fn share(&self, key: &'static str) -> Option<f64> {
        let share = self.0.number(key)?;
        let fits = (0.0..=1.0).contains(&share);
        if !fits {
            self.error(key, format!("`{key}` is no share: {share}"), "write a number from 0 to 1: 0.5 is half of them");
        }
        fits.then_some(share)
    }

    fn route(&self) -> Option<FaultRoute> {
        let text = self.0.text("route")?;
        match text.parse::<FaultRoute>() {
            Ok(route) => Some(route),
            Err(error) => {
                self.error("route", format!("`route` names no requests: {error}"), error.help());
                None
            }
        }
    }
}
