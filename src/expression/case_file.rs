//! A file of test cases: a JSON array, read case by case, so that one that cannot be read hides no other.
//!
//! Source: `spec/EXPRESSIONS.md` §11, `spec/SCOPING.md` §8.

use crate::config::problem::nearest;
use serde::{
    Deserializer as _,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json, value::RawValue};
use std::fmt;

/// A case as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenCase<'t> {
    /// The line of the file that it begins in, counted from 1.
    pub line: usize,
    /// Its text.
    pub text: &'t str,
}

/// Why a case cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MalformedCase {
    /// What it is called, if it says so.
    pub id: Option<String>,
    /// The line of the file.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The cases of a file's text, in their order. Where the text is no JSON array, those that stand before the mistake, and
/// the mistake.
pub fn split(text: &str) -> (Vec<WrittenCase<'_>>, Option<serde_json::Error>) {
    let mut elements = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer.deserialize_seq(Elements(&mut elements)).and_then(|()| deserializer.end());
    let mut line = 1;
    let mut counted = 0;
    let cases = elements.into_iter().map(|element| {
        let element = element.get();
        let start = element.as_ptr() as usize - text.as_ptr() as usize;
        line += text[counted..start].matches('\n').count();
        counted = start;
        WrittenCase { line, text: element }
    });
    (cases.collect(), read.err())
}

/// Collects the elements of an array as they stand, and keeps them if a later one is broken.
struct Elements<'e, 't>(&'e mut Vec<&'t RawValue>);

impl<'t> Visitor<'t> for Elements<'_, 't> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            self.0.push(element);
        }
        Ok(())
    }
}

impl WrittenCase<'_> {
    /// Whether the case has a field of this name.
    pub fn has(&self, field: &str) -> bool {
        self.fields().is_some_and(|fields| fields.contains_key(field))
    }

    /// Reads the case. Fields that are not `known` may stand in it, unless they are rather misspelt.
    pub fn read<T: DeserializeOwned>(&self, known: &[&str]) -> Result<T, MalformedCase> {
        let fields = self.fields();
        let id = fields.as_ref().and_then(|fields| fields.get("id")).and_then(|id| match id {
            Json::String(id) => Some(id.clone()),
            Json::Number(id) => Some(id.to_string()),
            _ => None,
        });
        let malformed = |line: usize, message: String| MalformedCase { id: id.clone(), line, message };
        for name in fields.iter().flat_map(Map::keys).filter(|name| !known.contains(&name.as_str())) {
            let missing = known.iter().copied().filter(|known| !self.has(known));
            if let Some(meant) = nearest(name, missing) {
                return Err(malformed(self.line, format!("there is no field `{name}`; did you mean `{meant}`?")));
            }
        }
        serde_json::from_str(self.text).map_err(|error| {
            let text = error.to_string();
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
            // What a case lacks is noticed at its end, and is told where it begins.
            let lacks = known.iter().any(|field| message == format!("missing field `{field}`"));
            let line = if lacks { self.line } else { self.line + error.line().saturating_sub(1) };
            malformed(line, message)
        })
    }

    fn fields(&self) -> Option<Map<String, Json>> {
        serde_json::from_str(self.text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::cases::Case;

    #[test]
    fn cases_are_found_with_their_lines_also_before_a_mistake() {
        let lines = |text: &str| {
            let (cases, error) = split(text);
            let lines: Vec<_> = cases.iter().map(|case| (case.line, case.text.lines().count())).collect();
            (lines, error.map(|error| error.to_string()))
        };
        assert_eq!(lines("[]"), (vec![], None));
        assert_eq!(lines("\n[{},\n  {\n\"a\": 1}, 7\n]\n"), (vec![(2, 1), (3, 2), (4, 1)], None));
        let error = "expected `,` or `]` at line 2 column 1";
        assert_eq!(lines("[{}\n{}]"), (vec![(1, 1)], Some(error.to_owned())));
        assert_eq!(lines("[{}"), (vec![(1, 1)], Some("EOF while parsing a list at line 1 column 3".to_owned())));
        assert_eq!(lines("[{}] x"), (vec![(1, 1)], Some("trailing characters at line 1 column 6".to_owned())));
        assert_eq!(lines("{}"), (vec![], Some("invalid type: map, expected an array at line 1 column 0".to_owned())));
    }

    #[test]
    fn a_case_that_cannot_be_read_says_which_where_and_why() {
        let malformed = |text: &str| {
            let case = WrittenCase { line: 7, text };
            let MalformedCase { id, line, message } = case.read::<Case>(Case::FIELDS).expect_err(text);
            (id, line, message)
        };
        let id = |id: &str| Some(id.to_owned());
        assert_eq!(malformed("{\"id\": \"a\"\n}"), (id("a"), 7, "missing field `expression`".to_owned()));
        assert_eq!(
            malformed("{\"id\": \"a\",\n\"expression\":\n1, \"expected\": \"\"}"),
            (id("a"), 9, "invalid type: integer `1`, expected a string".to_owned())
        );
        assert_eq!(
            malformed("{\"id\": 5, \"expression\": \"[a]\", \"source_atributes\": {}, \"expected\": null}"),
            (id("5"), 7, "there is no field `source_atributes`; did you mean `source_attributes`?".to_owned())
        );
        assert_eq!(malformed("7"), (None, 7, "invalid type: integer `7`, expected struct Case".to_owned()));
        let more = "{\"id\": \"a\", \"expression\": \"[a]\", \"expected\": null, \"since\": \"2026\"}";
        assert!(WrittenCase { line: 1, text: more }.read::<Case>(Case::FIELDS).is_ok());
    }
}
