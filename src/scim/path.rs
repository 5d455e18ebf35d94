//! A SCIM attribute path as a mapping writes it: `name.givenName`, `emails[type eq "work"].value`,
//! `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`.
//!
//! A path has up to four parts: the schema's URN (all up to the last colon), the attribute, a selector in brackets that
//! picks entries of a multi-valued attribute, and a sub-attribute. Names compare ignoring letter case (RFC 7643 §2.1);
//! the text is kept as it was written, for that is what goes into PATCH paths and filters.
//!
//! Source: RFC 7644 §3.5.2, narrowed to what Entra uses (`eq`, `and`): `spec/MAPPINGS.md` §9.

use serde_json::Value;
use std::{fmt, str::FromStr};

/// The enterprise user extension of RFC 7643 §4.3.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What the URNs of the core schemas begin with (RFC 7643 §4).
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";

/// A parsed attribute path; prints as it was written.
#[derive(Clone, Debug)]
pub struct Path {
    /// The URN before the last colon, for an attribute of an extension.
    pub schema: Option<String>,
    /// The attribute itself, without URN, selector or sub-attribute.
    pub attribute: String,
    /// What stands in brackets: which entries of a multi-valued attribute are meant.
    pub selector: Option<Selector>,
    /// The name after the dot.
    pub sub_attribute: Option<String>,
    text: String,
}

/// The condition in a path's brackets: comparisons by `eq`, all of which must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(pub Vec<(String, Value)>);

/// Why a text is no attribute path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing, or only blanks.
    #[error("the path is empty")]
    Empty,
    /// A bracket or a quotation mark is never closed.
    #[error("`{0}` is opened and never closed")]
    Unclosed(char),
    /// A name is missing or holds a character that names do not have.
    #[error("`{0}` is no attribute name")]
    Name(String),
    /// The condition in brackets is something other than `name eq value`, joined by `and`.
    #[error("`[{0}]` must have the form [name eq \"value\"]")]
    Selector(String),
    /// Something follows where the path should have ended.
    #[error("`{0}` is not expected here")]
    Trailing(String),
}

impl Path {
    /// The path of a plain attribute, which has no part but its name.
    pub fn plain(attribute: &str) -> Self {
        let attribute = attribute.to_owned();
        Self { schema: None, text: attribute.clone(), attribute, selector: None, sub_attribute: None }
    }

    /// The path's text up to and including the selector: what all parts of one complex entry share.
    pub fn stem(&self) -> &str {
        match &self.sub_attribute {
            Some(sub) => &self.text[..self.text.len() - sub.len() - 1],
            None => &self.text,
        }
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The attribute as a whole, without selector and sub-attribute.
    #[must_use]
    pub fn whole(&self) -> Self {
        let text = match &self.schema {
            Some(urn) => format!("{urn}:{}", self.attribute),
            None => self.attribute.clone(),
        };
        Self { selector: None, sub_attribute: None, text, ..self.clone() }
    }

    /// The object or entry as a whole, without the sub-attribute.
    #[must_use]
    pub fn entry(&self) -> Self {
        Self { sub_attribute: None, text: self.stem().to_owned(), ..self.clone() }
    }

    /// The sub-attribute `name` of the same object or entry.
    #[must_use]
    pub fn sibling(&self, name: &str) -> Self {
        let text = format!("{}.{name}", self.stem());
        Self { sub_attribute: Some(name.to_owned()), text, ..self.clone() }
    }

    /// Whether both name the same value, however they are written: in any letter case, with the core schema's URN or
    /// without it.
    pub fn means(&self, other: &Self) -> bool {
        let same = |left: &Option<String>, right: &Option<String>| match (left, right) {
            (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
            (left, right) => left.is_none() && right.is_none(),
        };
        let extension = |path: &Self| path.schema.clone().filter(|urn| !is_core(urn));
        self.attribute.eq_ignore_ascii_case(&other.attribute)
            && same(&self.sub_attribute, &other.sub_attribute)
            && same(&extension(self), &extension(other))
            && match (&self.selector, &other.selector) {
                (Some(left), Some(right)) => left.means(right),
                (left, right) => left.is_none() && right.is_none(),
            }
    }

    /// The first value in the brackets that is a text without quotation marks. Whoever reads paths less kindly than this one
    /// is read refuses it (RFC 7644 §3.4.2.2).
    pub fn unquoted(&self) -> Option<&str> {
        let inner = self.text.split_once('[')?.1;
        let mut rest = inner[..closing_bracket(inner).ok()?].trim();
        loop {
            // The name, and `eq`.
            let after = rest.split_once(' ')?.1.trim_start().split_once(' ')?.1.trim_start();
            let (value, following) = literal(after)?;
            let written = &after[..after.len() - following.len()];
            if value.is_string() && !written.starts_with('"') {
                return Some(written);
            }
            // `and`.
            rest = following.trim_start().split_once(' ')?.1.trim_start();
        }
    }

    /// Whether the path is the core attribute `name`, ignoring letter case and without selector or sub-attribute.
    pub fn is(&self, name: &str) -> bool {
        self.schema.as_deref().is_none_or(is_core)
            && self.selector.is_none()
            && self.sub_attribute.is_none()
            && self.attribute.eq_ignore_ascii_case(name)
    }

    /// Whether this is the `manager` of the enterprise extension.
    pub fn is_manager(&self) -> bool {
        self.attribute.eq_ignore_ascii_case("manager")
            && self.schema.as_deref().is_some_and(|urn| urn.eq_ignore_ascii_case(ENTERPRISE_USER))
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for Path {}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        let head_end = text.find('[').unwrap_or(text.len());
        let (head, rest) = text.split_at(head_end);
        let (schema, name) = match head.rfind(':') {
            Some(colon) => (Some(head[..colon].to_owned()), &head[colon + 1..]),
            None => (None, head),
        };
        let (selector, tail) = match rest.strip_prefix('[') {
            Some(inner) => {
                let close = closing_bracket(inner)?;
                (Some(Selector::parse(&inner[..close])?), &inner[close + 1..])
            }
            None => (None, ""),
        };
        let (attribute, sub_attribute) = match (selector.is_some(), name.split_once('.')) {
            (false, Some((attribute, sub))) => (attribute, Some(sub)),
            (true, Some(_)) => return Err(PathError::Name(name.to_owned())),
            (_, None) => match tail.strip_prefix('.') {
                Some(sub) => (name, Some(sub)),
                None if tail.is_empty() => (name, None),
                None => return Err(PathError::Trailing(tail.to_owned())),
            },
        };
        for part in [Some(attribute), sub_attribute].into_iter().flatten() {
            if !is_name(part) {
                return Err(PathError::Name(part.to_owned()));
            }
        }
        Ok(Self {
            schema,
            attribute: attribute.to_owned(),
            selector,
            sub_attribute: sub_attribute.map(str::to_owned),
            text: text.to_owned(),
        })
    }
}

impl Selector {
    /// Reads `type eq "work" and primary eq true`. A bare word other than `true` and `false` counts as text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let malformed = || PathError::Selector(text.to_owned());
        let mut rest = text.trim();
        let mut comparisons = Vec::new();
        loop {
            let (name, after) = rest.split_once(' ').ok_or_else(malformed)?;
            let (operator, after) = after.trim_start().split_once(' ').ok_or_else(malformed)?;
            if !is_name(name) || !operator.eq_ignore_ascii_case("eq") {
                return Err(malformed());
            }
            let (value, after) = literal(after.trim_start()).ok_or_else(malformed)?;
            comparisons.push((name.to_owned(), value));
            rest = after.trim_start();
            if rest.is_empty() {
                return Ok(Self(comparisons));
            }
            rest = match rest.split_once(' ') {
                Some((and, after)) if and.eq_ignore_ascii_case("and") => after.trim_start(),
                _ => return Err(malformed()),
            };
        }
    }

    /// Whether both pick the same entries, in whatever order the comparisons stand.
    pub fn means(&self, other: &Self) -> bool {
        let within = |left: &Self, right: &Self| {
            let named = |(name, value): &(String, Value), (other, wanted): &(String, Value)| {
                name.eq_ignore_ascii_case(other) && scalar_eq(value, wanted)
            };
            left.0.iter().all(|comparison| right.0.iter().any(|other| named(comparison, other)))
        };
        within(self, other) && within(other, self)
    }

    /// Whether an entry of a multi-valued attribute is one that is meant. `primary eq "True"` fits a boolean `true`,
    /// as Entra's own mappings quote it.
    pub fn matches(&self, entry: &Value) -> bool {
        self.0.iter().all(|(name, wanted)| member(entry, name).is_some_and(|found| scalar_eq(found, wanted)))
    }
}

/// Whether a schema is one of the core ones, whose attributes stand at the top of a resource.
pub fn is_core(urn: &str) -> bool {
    urn.get(..CORE.len()).is_some_and(|start| start.eq_ignore_ascii_case(CORE))
}

/// The member `name` of a JSON object, ignoring letter case.
pub fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let object = object.as_object()?;
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Whether two JSON scalars are the same value: texts ignoring letter case, and `"True"` is `true`.
pub fn scalar_eq(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.to_lowercase() == right.to_lowercase(),
        (Value::Bool(boolean), Value::String(text)) | (Value::String(text), Value::Bool(boolean)) => {
            text.eq_ignore_ascii_case(if *boolean { "true" } else { "false" })
        }
        _ => left == right,
    }
}

/// Reads one literal (a JSON string, number or boolean, or a bare word) and returns what follows it.
pub(crate) fn literal(text: &str) -> Option<(Value, &str)> {
    if text.starts_with('"') {
        let end = closing_quote(text)?;
        let value = serde_json::from_str(&text[..=end]).ok()?;
        return Some((value, &text[end + 1..]));
    }
    let end = text.find(' ').unwrap_or(text.len());
    let word = &text[..end];
    if word.is_empty() {
        return None;
    }
    let value = match serde_json::from_str(word) {
        Ok(value @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => value,
        _ => Value::String(word.to_owned()),
    };
    Some((value, &text[end..]))
}

/// The byte position of the quotation mark that closes the one `text` begins with.
pub(super) fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, character)| match character {
        _ if escaped => {
            escaped = false;
            None
        }
        '\\' => {
            escaped = true;
            None
        }
        '"' => Some(at),
        _ => None,
    })
}

/// The byte position of the bracket that closes a selector, brackets within quotation marks aside.
fn closing_bracket(inner: &str) -> Result<usize, PathError> {
    let mut at = 0;
    while let Some(found) = inner[at..].find(['"', ']']) {
        at += found;
        if inner[at..].starts_with(']') {
            return Ok(at);
        }
        at += closing_quote(&inner[at..]).ok_or(PathError::Unclosed('"'))? + 1;
    }
    Err(PathError::Unclosed('['))
}

/// RFC 7643 §2.1: a letter (or `$`, for `$ref`), then letters, digits, `-` and `_`.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '$')
        && characters.all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(text: &str) -> Path {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_typed_path_has_all_its_parts() {
        let path = path(r#"emails[type eq "work"].value"#);
        assert_eq!(path.attribute, "emails");
        assert_eq!(path.selector, Some(Selector(vec![("type".into(), json!("work"))])));
        assert_eq!(path.sub_attribute.as_deref(), Some("value"));
        assert_eq!(path.stem(), r#"emails[type eq "work"]"#);
    }

    #[test]
    fn the_dot_of_a_schema_version_is_no_sub_attribute() {
        let path = path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager");
        assert_eq!(path.schema.as_deref(), Some(ENTERPRISE_USER));
        assert_eq!((path.attribute.as_str(), path.sub_attribute.as_deref()), ("manager", None));
        assert!(path.is_manager());
    }

    #[test]
    fn paths_mean_the_same_however_they_are_written() {
        for (left, right, same) in [
            ("userName", "urn:ietf:params:scim:schemas:core:2.0:User:USERNAME", true),
            (r#"roles[primary eq "True"].value"#, "Roles[Primary eq true].Value", true),
            (r#"emails[type eq "work"].value"#, r#"emails[type eq "home"].value"#, false),
            (r#"a[b eq "1" and c eq "2"]"#, r#"a[c eq "2" and b eq "1"]"#, true),
            (r#"a[b eq "1" and c eq "2"]"#, r#"a[b eq "1"]"#, false),
            ("name", "name.givenName", false),
            ("urn:a:1.0:User:x", "urn:b:1.0:User:x", false),
            ("urn:a:1.0:User:x", "x", false),
        ] {
            assert_eq!(path(left).means(&path(right)), same, "{left} {right}");
            assert_eq!(path(right).means(&path(left)), same, "{right} {left}");
        }
    }

    #[test]
    fn a_path_leads_to_its_attribute_and_to_other_parts_of_its_entry() {
        let value = path(r#"urn:a:1.0:User:roles[primary eq "True"].value"#);
        assert_eq!(value.whole(), path("urn:a:1.0:User:roles"));
        assert_eq!(value.sibling("type"), path(r#"urn:a:1.0:User:roles[primary eq "True"].type"#));
        assert_eq!(value.entry(), path(r#"urn:a:1.0:User:roles[primary eq "True"]"#));
        assert_eq!(value.sibling("type").sub_attribute.as_deref(), Some("type"));
    }

    #[test]
    fn a_quoted_true_selects_a_boolean() {
        let path = path(r#"roles[primary eq "True"].value"#);
        assert!(path.selector.unwrap().matches(&json!({"primary": true})));
    }

    #[test]
    fn a_bracket_in_quotation_marks_closes_nothing() {
        assert_eq!(path(r#"emails[type eq "a]b"].value"#).selector.unwrap().0[0].1, json!("a]b"));
    }

    #[test]
    fn what_is_no_path_says_why() {
        let error = |text: &str| text.parse::<Path>().unwrap_err().to_string();
        assert_eq!(error(" "), "the path is empty");
        assert_eq!(error("emails[type eq \"work\""), "`[` is opened and never closed");
        assert_eq!(error("emails[type ne \"work\"]"), "`[type ne \"work\"]` must have the form [name eq \"value\"]");
        assert_eq!(error("emails[type eq \"work\"]value"), "`value` is not expected here");
        assert_eq!(error("given name"), "`given name` is no attribute name");
    }
}
