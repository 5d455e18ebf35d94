//! A settings document read key by key, each value knowing where it was written.
//!
//! The configuration and the mapping files are read through the same [`Section`]: whoever reads asks for the keys it
//! knows; a value of the wrong type, and at the end every key that nobody asked for, becomes a problem with its line and
//! the nearest known name.

use super::{
    problem::{Place, Problems, did_you_mean},
    written_text::WrittenText,
};
use indexmap::IndexMap;
use std::{cell::RefCell, fmt::Write as _, time::Duration};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Its place; of the value of a key, the key's.
    pub place: Place,
    /// Of a text of several lines, where its parts stand: see [`WrittenText`].
    pub later_lines: Vec<(usize, usize)>,
}

/// The kinds of value that settings have.
#[derive(Clone, Debug)]
pub enum NodeValue {
    /// A string.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// An array.
    List(Vec<Node>),
    /// A table, in the order it was written.
    Table(IndexMap<String, Node>),
    /// Anything else (a date, say), by what it is called.
    Other(&'static str),
}

impl Node {
    /// An empty table at `place`.
    pub fn empty(place: Place) -> Self {
        Self::new(NodeValue::Table(IndexMap::new()), place)
    }

    /// A value that stands in one line.
    pub fn new(value: NodeValue, place: Place) -> Self {
        Self { value, place, later_lines: Vec::new() }
    }

    /// The value without its places and without the order of tables: what makes two documents say the same.
    pub fn canonical(&self) -> String {
        match &self.value {
            NodeValue::Text(text) => format!("{text:?}"),
            NodeValue::Boolean(flag) => flag.to_string(),
            NodeValue::Integer(number) => number.to_string(),
            NodeValue::Float(number) => number.to_string(),
            NodeValue::List(items) => {
                format!("[{}]", items.iter().map(Self::canonical).collect::<Vec<_>>().join(","))
            }
            NodeValue::Table(table) => {
                let mut entries: Vec<_> =
                    table.iter().map(|(key, node)| format!("{key:?}={}", node.canonical())).collect();
                entries.sort_unstable();
                format!("{{{}}}", entries.join(","))
            }
            NodeValue::Other(kind) => (*kind).to_owned(),
        }
    }

    fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Text(_) => "a text",
            NodeValue::Boolean(_) => "true or false",
            NodeValue::Integer(_) => "a whole number",
            NodeValue::Float(_) => "a number",
            NodeValue::List(_) => "a list",
            NodeValue::Table(_) => "a table",
            NodeValue::Other(kind) => kind,
        }
    }
}

/// A table being read: remembers which keys were asked for.
#[derive(Debug)]
pub struct Section<'a> {
    /// What kind of thing the table describes, for messages: "a job".
    subject: &'static str,
    /// Where the table begins.
    pub place: &'a Place,
    entries: &'a IndexMap<String, Node>,
    problems: &'a Problems,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// Reads `node` as a table; anything else is a problem and reads as nothing.
    pub fn of(node: &'a Node, subject: &'static str, problems: &'a Problems) -> Option<Self> {
        match &node.value {
            NodeValue::Table(entries) => {
                Some(Self { subject, place: &node.place, entries, problems, asked: RefCell::default() })
            }
            _ => {
                let help = "write it like { key = \"..\" }, or as a table under its name in brackets".to_owned();
                problems.error(&node.place, format!("{subject} must be a table, not {}", node.kind()), Some(help));
                None
            }
        }
    }

    /// The problems that this section reports to.
    pub fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// The value of `key`, whatever its type.
    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key)
    }

    /// Where `key` is written; the section's own place if it is not.
    pub fn place_of(&self, key: &str) -> &'a Place {
        self.entries.get(key).map_or(self.place, |node| &node.place)
    }

    /// Where the parts of the text under `key` are written.
    pub fn written_text(&self, key: &str) -> WrittenText {
        let later_lines = self.entries.get(key).map(|node| node.later_lines.clone()).unwrap_or_default();
        WrittenText { place: self.place_of(key).clone(), later_lines }
    }

    /// A text. Numbers are taken as their text, for environment variables have no types.
    pub fn text(&self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Text(text) => Some(text.clone()),
            NodeValue::Integer(number) => Some(number.to_string()),
            _ => self.mistyped(key, node, "a text"),
        }
    }

    /// A text that must be there and not be empty.
    pub fn required_text(&self, key: &'static str) -> Option<String> {
        let missing = !self.entries.contains_key(key);
        let text = self.text(key);
        if missing || text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            let state = if missing { "missing" } else { "empty" };
            let help = format!("write `{key} = \"..\"`");
            self.problems.error(self.place_of(key), format!("`{key}` of {} is {state}", self.subject), Some(help));
            return None;
        }
        text
    }

    /// One word out of a list; anything else is a problem that names them all.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let written = self.text(key)?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&written));
        if found.is_none() {
            let mut names = String::new();
            for (index, (name, _)) in choices.iter().enumerate() {
                let _ = write!(names, "{}`{name}`", if index == 0 { "" } else { ", " });
            }
            self.problems.error(
                self.place_of(key),
                format!("`{key}` must be one of {names}, not `{written}`"),
                did_you_mean(&written, choices.iter().map(|(name, _)| *name))
                    .or_else(|| choices.first().map(|(name, _)| format!("write it like `{key} = \"{name}\"`"))),
            );
        }
        found.map(|(_, value)| *value)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Boolean(flag) => Some(*flag),
            NodeValue::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            NodeValue::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => self.mistyped(key, node, "true or false"),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&self, key: &'static str) -> Option<u64> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Integer(number) => {
                let count = u64::try_from(*number).ok();
                if count.is_none() {
                    let help = "write 0 or more, or leave it out".to_owned();
                    self.problems.error(&node.place, format!("`{key}` must not be negative: {number}"), Some(help));
                }
                count
            }
            _ => self.mistyped(key, node, "a whole number"),
        }
    }

    /// A number, with or without a fraction.
    pub fn number(&self, key: &'static str) -> Option<f64> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Float(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "rates and shares are small numbers")]
            NodeValue::Integer(number) => Some(*number as f64),
            _ => self.mistyped(key, node, "a number"),
        }
    }

    /// A length of time, as in `40m` or `1h 30m`.
    pub fn duration(&self, key: &'static str) -> Option<Duration> {
        self.length_of_time(key, &self.text(key)?)
    }

    /// A list of lengths of time.
    pub fn durations(&self, key: &'static str) -> Option<Vec<Duration>> {
        let texts = self.texts(key)?;
        texts.iter().map(|text| self.length_of_time(key, text)).collect()
    }

    fn length_of_time(&self, key: &'static str, text: &str) -> Option<Duration> {
        match humantime::parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                let help = "write a length of time with its unit, as in \"40m\", \"90s\" or \"1h 30m\"";
                let message = format!("`{key}` is no length of time: {error}");
                self.problems.error(self.place_of(key), message, Some(help.to_owned()));
                None
            }
        }
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Text(text) => Some(vec![text.clone()]),
            NodeValue::List(items) => {
                let texts = items.iter().map(|item| match &item.value {
                    NodeValue::Text(text) => Some(text.clone()),
                    NodeValue::Integer(number) => Some(number.to_string()),
                    _ => self.mistyped(key, item, "a text"),
                });
                Some(texts.flatten().collect())
            }
            _ => self.mistyped(key, node, "a list of texts"),
        }
    }

    /// A table below this one.
    pub fn section(&self, key: &'static str, subject: &'static str) -> Option<Section<'a>> {
        Section::of(self.node(key)?, subject, self.problems)
    }

    /// A list of tables below this one (`[[key]]`).
    pub fn sections(&self, key: &'static str, subject: &'static str) -> Vec<Section<'a>> {
        match self.node(key) {
            None => Vec::new(),
            Some(Node { value: NodeValue::List(items), .. }) => {
                items.iter().filter_map(|item| Section::of(item, subject, self.problems)).collect()
            }
            Some(node) => {
                self.mistyped::<()>(key, node, "a list of tables");
                Vec::new()
            }
        }
    }

    /// All entries, for a table whose keys are names that people choose. Every key counts as asked for.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        self.entries.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// Ends the reading: every key that was never asked for is a problem.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, node) in self.entries {
            if !asked.contains(&key.as_str()) {
                let help = did_you_mean(key, asked.iter().copied())
                    .unwrap_or_else(|| format!("known are: {}", known_names(&asked)));
                let message = format!("`{key}` is not a setting of {}", self.subject);
                self.problems.error(&node.place, message, Some(help));
            }
        }
    }

    fn mistyped<T>(&self, key: &str, node: &Node, wanted: &str) -> Option<T> {
        let help = match wanted {
            "a text" => "write it in quotation marks",
            "true or false" => "write true or false, without quotation marks",
            "a list of texts" => "write it like [\"one\", \"another\"]",
            "a list of tables" => {
                "write it like [{ .. }, { .. }], or each as a table under its name in double brackets"
            }
            _ => "write the number in digits, without quotation marks",
        };
        let message = format!("`{key}` must be {wanted}, not {}", node.kind());
        self.problems.error(&node.place, message, Some(help.to_owned()));
        None
    }
}

fn known_names(asked: &[&'static str]) -> String {
    let mut names = asked.to_vec();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::toml_file::parse_toml;

    fn problems_of(text: &str, read: impl Fn(&Section<'_>)) -> Vec<String> {
        let problems = Problems::default();
        let node = parse_toml("a.toml", text, &problems);
        if let Some(section) = Section::of(&node, "the test", &problems) {
            read(&section);
            section.finish();
        }
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_found_at_once_with_its_line() {
        let found = problems_of("name = 1.5\nflga = true\n\nevery = \"soon\"\n", |section| {
            section.text("name");
            section.flag("flag");
            section.duration("every");
        });
        assert_eq!(
            found[0],
            "error: a.toml:1: `name` must be a text, not a number\n  help: write it in quotation marks"
        );
        assert_eq!(found[1], "error: a.toml:2: `flga` is not a setting of the test\n  help: did you mean `flag`?");
        assert!(found[2].starts_with("error: a.toml:4: `every` is no length of time"), "{}", found[2]);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_negative_count_is_shown() {
        let found = problems_of("workers = -1", |section| assert_eq!(section.count("workers"), None));
        assert_eq!(
            found,
            ["error: a.toml:1: `workers` must not be negative: -1\n  help: write 0 or more, or leave it out"]
        );
    }

    #[test]
    fn a_wrong_choice_names_the_choices() {
        let found = problems_of("scope = \"assinged\"", |section| {
            section.choice("scope", &[("assigned", 1), ("all", 2)]);
        });
        assert_eq!(
            found,
            [
                "error: a.toml:1: `scope` must be one of `assigned`, `all`, not `assinged`\n  help: did you mean `assigned`?"
            ]
        );
    }
}
