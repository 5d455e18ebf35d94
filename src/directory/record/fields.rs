//! The fields of one record, by their canonical names.
//!
//! Reading the JSON object settles what all records share: `null` is absence, OData annotations go, names in Graph's
//! spelling or another letter case become the canonical one, `manager@odata.bind` is `manager`, and two names of one
//! attribute must agree. After that, an object's parser takes the fields it knows one by one; each taking notes what is
//! wrong and goes on, so that all problems come together.

use super::problem::{Expected, ProblemKind, RecordProblem, shortened};
use super::reference::{reference, references};
use crate::{
    config::problem::nearest,
    directory::{
        RawRecord,
        attribute::{self, Attribute, EXTENSION_ATTRIBUTES, Kind},
        stream::characters,
    },
};
use indexmap::IndexMap;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The fields that are not yet taken, and the problems so far.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: IndexMap<String, Field>,
    problems: Vec<RecordProblem>,
}

/// A value and the name by which the record gives it.
#[derive(Debug)]
struct Field {
    written: String,
    attribute: Option<&'static Attribute>,
    /// Whether a name that has a meaning was written.
    known: bool,
    value: Value,
}

/// By what names a record's fields go. Letter case does not matter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Names {
    /// Those of source attributes, Graph's spellings among them, and any others.
    Attributes,
    /// These; others have no meaning.
    Listed(&'static [&'static str]),
}

impl Names {
    /// The canonical form of a name, the attribute that it means, and whether it means anything.
    fn canonical(self, name: &str) -> (&str, Option<&'static Attribute>, bool) {
        match self {
            Self::Attributes => {
                let attribute = attribute::find(name);
                (attribute.map_or(name, |attribute| attribute.name), attribute, attribute::is_known(name))
            }
            Self::Listed(names) => {
                let listed = names.iter().find(|listed| listed.eq_ignore_ascii_case(name)).copied();
                (listed.unwrap_or(name), None, listed.is_some())
            }
        }
    }
}

impl Fields {
    /// Reads a record's text.
    pub(super) fn read(record: &RawRecord, names: Names) -> Result<Self, Vec<RecordProblem>> {
        let wrong = |kind| vec![RecordProblem::of_record(kind)];
        if record.text.trim_ascii_start().starts_with(b"{") {
            let parsed = serde_json::from_slice(&record.text);
            return parsed
                .map(|Members(members)| Self::of_members(members, names))
                .map_err(|error| wrong(syntax(record, &error)));
        }
        Err(wrong(match serde_json::from_slice(&record.text) {
            Ok(value) => ProblemKind::NotAnObject { found: shortened(&value) },
            Err(error) => syntax(record, &error),
        }))
    }

    /// Reads an object that stands within a record.
    pub(super) fn of_object(object: Map<String, Value>, names: Names) -> Self {
        Self::of_members(object.into_iter().collect(), names)
    }

    fn of_members(members: Vec<(String, Value)>, names: Names) -> Self {
        let mut fields = Self::default();
        for (written, value) in members {
            match value {
                Value::Null => {}
                Value::Object(object) if written.eq_ignore_ascii_case(EXTENSION_ATTRIBUTES) => {
                    for (member, value) in object.into_iter().filter(|(_, value)| !value.is_null()) {
                        fields.add(names, format!("{written}.{member}"), value);
                    }
                }
                value => fields.add(names, written, value),
            }
        }
        fields
    }

    fn add(&mut self, names: Names, written: String, value: Value) {
        let bound = written.strip_suffix("@odata.bind");
        if bound.is_none() && written.contains('@') {
            let kind = match written.split_once('@') {
                Some((_, "removed" | "delta")) => ProblemKind::NotAState,
                Some((_, "odata.nextLink")) => ProblemKind::Partial,
                _ => return,
            };
            self.problems.push(RecordProblem::of_field(&written, kind));
            return;
        }
        let Some(value) = without_list(&written, value) else { return };
        let (name, attribute, known) = names.canonical(bound.unwrap_or(&written));
        match self.fields.get(name) {
            Some(field) if field.value != value => {
                let kind = ProblemKind::Conflict { first: field.written.clone() };
                self.problems.push(RecordProblem::of_field(&written, kind));
            }
            Some(_) => {}
            None => drop(self.fields.insert(name.to_owned(), Field { written, attribute, known, value })),
        }
    }

    /// A text without the blanks around it, or a whole number as text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let field = self.take(name)?;
        self.note(field.text()).map(|text| text.trim().to_owned())
    }

    /// An id, in lower case.
    pub(super) fn id(&mut self, name: &str) -> Option<String> {
        self.text(name).map(|id| id.to_lowercase())
    }

    /// A text that must be there; empty if it is not.
    pub(super) fn required_text(&mut self, name: &str) -> String {
        let text = match self.fields.shift_remove(name) {
            None => Err(RecordProblem::of_field(name, ProblemKind::Missing { misspelt: self.misspelt(name) })),
            Some(field) if field.is_blank() => {
                Err(RecordProblem::of_field(&field.written, ProblemKind::Missing { misspelt: None }))
            }
            Some(field) => field.text(),
        };
        self.note(text).map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    /// The field that probably is `name`, misspelt: one without a meaning of its own whose name is like it, or begins so.
    fn misspelt(&self, name: &str) -> Option<String> {
        let unknown = || self.fields.values().filter(|field| !field.known).map(|field| field.written.as_str());
        let begins = |written: &&str| written.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
        nearest(name, unknown()).or_else(|| unknown().find(begins)).map(str::to_owned)
    }

    /// A truth value, or `default` where there is none.
    pub(super) fn boolean(&mut self, name: &str, default: bool) -> bool {
        self.take(name).and_then(|field| self.note(field.boolean())).unwrap_or(default)
    }

    /// A moment: RFC 3339, or a date with or without a time, which then is UTC.
    pub(super) fn moment(&mut self, name: &str) -> Option<Timestamp> {
        let field = self.take(name)?;
        let text = field.value.as_str().unwrap_or_default();
        let in_utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        let moment = text.parse().ok().or_else(|| text.parse().ok().and_then(in_utc));
        self.note(moment.ok_or_else(|| field.unfit(Expected::Moment)))
    }

    /// The object that a field refers to.
    pub(super) fn reference(&mut self, name: &str) -> Option<String> {
        let field = self.take(name)?;
        self.note(reference(&field.written, &field.value))
    }

    /// The objects that a field refers to.
    pub(super) fn references(&mut self, name: &str) -> Vec<String> {
        let Some(field) = self.take(name) else { return Vec::new() };
        references(&field.written, field.value).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Vec::new()
        })
    }

    /// A field with the name by which the record gives it, for a parser that looks into the value itself.
    pub(super) fn value(&mut self, name: &str) -> Option<(String, Value)> {
        self.take(name).map(|field| (field.written, field.value))
    }

    /// Moves all attributes that were not taken to `attributes`, each as its kind demands. What is not read from files
    /// is left out, and so is an empty list.
    pub(super) fn attributes(&mut self, attributes: &mut Map<String, Value>) {
        for (name, field) in std::mem::take(&mut self.fields) {
            if let Some(Some(value)) = self.note(field.attribute(&name)) {
                attributes.insert(name, value);
            }
        }
    }

    /// Adds a problem that the caller found.
    pub(super) fn problem(&mut self, problem: RecordProblem) {
        self.problems.push(problem);
    }

    /// `object`, unless there are problems.
    pub(super) fn finish<T>(self, object: T) -> Result<T, Vec<RecordProblem>> {
        if self.problems.is_empty() { Ok(object) } else { Err(self.problems) }
    }

    /// Takes a field out. A blank text is the same as no field.
    fn take(&mut self, name: &str) -> Option<Field> {
        self.fields.shift_remove(name).filter(|field| !field.is_blank())
    }

    fn note<T>(&mut self, found: Result<T, RecordProblem>) -> Option<T> {
        found.map_err(|problem| self.problems.push(problem)).ok()
    }
}

impl Field {
    fn text(self) -> Result<String, RecordProblem> {
        text(&self.value).ok_or_else(|| self.unfit(Expected::Text))
    }

    fn boolean(&self) -> Result<bool, RecordProblem> {
        let found = match &self.value {
            Value::Bool(boolean) => Some(*boolean),
            value => text(value).and_then(|text| match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            }),
        };
        found.ok_or_else(|| self.unfit(Expected::Boolean))
    }

    fn is_blank(&self) -> bool {
        self.value.as_str().is_some_and(|text| text.trim().is_empty())
    }

    /// The value as the attribute `name` has it. None where files have no say, for an empty list, and where a text is
    /// blank that should be something else.
    fn attribute(self, name: &str) -> Result<Option<Value>, RecordProblem> {
        let Some(attribute) = self.attribute else { return Ok((!attribute::is_secret(name)).then_some(self.value)) };
        let value = match attribute.kind {
            Kind::Computed | Kind::Secret => return Ok(None),
            Kind::Boolean | Kind::Integer if self.is_blank() => return Ok(None),
            Kind::Text | Kind::DateTime if attribute.is_multi_valued => {
                let texts = texts(&self.value).ok_or_else(|| self.unfit(Expected::Texts))?;
                return Ok((!texts.is_empty()).then(|| texts.into()));
            }
            Kind::Text | Kind::DateTime => self.text()?.into(),
            Kind::Boolean => self.boolean()?.into(),
            Kind::Integer => {
                let number = text(&self.value).and_then(|text| text.trim().parse::<i64>().ok());
                number.ok_or_else(|| self.unfit(Expected::Integer))?.into()
            }
            Kind::Reference | Kind::Structured => self.value,
        };
        Ok(Some(value))
    }

    fn unfit(&self, expected: Expected) -> RecordProblem {
        RecordProblem::unfit(&self.written, expected, &self.value)
    }
}

/// A text, or a whole number as it was written. Other numbers do not keep what was written.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The texts of a list; or of a text that holds a list as JSON or separates its elements by `;`, as a cell of CSV does.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(elements) => elements.iter().filter(|element| !element.is_null()).map(text).collect(),
        Value::String(list) if list.trim_start().starts_with('[') => {
            serde_json::from_str(list).ok().and_then(|list: Vec<Value>| texts(&list.into()))
        }
        Value::String(list) => {
            Some(list.split(';').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
        }
        _ => None,
    }
}

/// The value itself, but of Graph's `businessPhones`, a list of at most one number, that number.
fn without_list(written: &str, value: Value) -> Option<Value> {
    if !written.eq_ignore_ascii_case(attribute::BUSINESS_PHONES) {
        return Some(value);
    }
    match texts(&value) {
        Some(phones) => phones.into_iter().next().map(Value::String),
        None => Some(value),
    }
}

/// A syntax error with its place in the file.
fn syntax(record: &RawRecord, error: &serde_json::Error) -> ProblemKind {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
    let lines_before = error.line().saturating_sub(1);
    let line = record.text.split(|byte| *byte == b'\n').nth(lines_before).unwrap_or_default();
    let column = characters(&line[..error.column().min(line.len())]).max(1);
    let column = if lines_before == 0 { column + record.column - 1 } else { column };
    ProblemKind::Syntax { line: record.line + lines_before as u64, column, message }
}

/// The members of a JSON object in their order, all kept even if two have one name.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllMembers;

        impl<'de> Visitor<'de> for AllMembers {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(AllMembers)
    }
}
