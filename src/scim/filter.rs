//! The filters that Entra sends: `eq` comparisons, joined by `and`.
//!
//! `userName eq "ada@contoso.example"`, `emails[type eq "work"].value eq "x"`, `id eq "u" and manager eq "m"`. Values are
//! quoted as JSON strings, so that a quotation mark or a backslash in a value survives (Entra itself does not escape
//! them and fails there; this is the one place where we choose to be correct: `spec/WIRE.md` §1).

use super::path::{Path, PathError, closing_quote, literal};
use serde_json::Value;
use std::{fmt, str::FromStr};

/// A conjunction of comparisons; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(pub Vec<Comparison>);

/// One comparison by `eq`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub path: Path,
    /// The literal it must equal.
    pub value: Value,
}

/// Why a text is no filter of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The left side of a comparison is no attribute path.
    #[error("{0}")]
    Path(#[from] PathError),
    /// An operator other than `eq`, a missing value, or something other than `and` between comparisons.
    #[error("`{0}` is not a filter of the form: path eq \"value\" [and ..]")]
    Form(String),
}

impl Filter {
    /// `path eq "value"`: the query for one matching attribute.
    pub fn equals(path: &Path, value: &str) -> Self {
        Self(vec![Comparison { path: path.clone(), value: Value::String(value.to_owned()) }])
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Comparison { path, value }) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" and ")?;
            }
            write!(formatter, "{path} eq {value}")?;
        }
        Ok(())
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let malformed = || FilterError::Form(text.to_owned());
        let mut rest = text.trim();
        let mut comparisons = Vec::new();
        loop {
            let path_end = end_of_path(rest).ok_or_else(malformed)?;
            let path = rest[..path_end].parse()?;
            let (operator, after) = rest[path_end..].trim_start().split_once(' ').ok_or_else(malformed)?;
            if !operator.eq_ignore_ascii_case("eq") {
                return Err(malformed());
            }
            let (value, after) = literal(after.trim_start()).ok_or_else(malformed)?;
            comparisons.push(Comparison { path, value });
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
}

/// Where a path at the start of `text` ends: the first blank outside brackets.
fn end_of_path(text: &str) -> Option<usize> {
    let mut in_brackets = false;
    let mut at = 0;
    while let Some(found) = text[at..].find(['"', '[', ']', ' ']) {
        at += found;
        match text.as_bytes()[at] {
            b'"' => at += closing_quote(&text[at..])?,
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            _ if !in_brackets => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_with_quotes_and_backslashes_survives_the_round_trip() {
        let filter = Filter::equals(&"userName".parse().unwrap(), r#"a"b\c"#);
        assert_eq!(filter.to_string(), r#"userName eq "a\"b\\c""#);
        assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter);
    }

    #[test]
    fn a_long_number_is_printed_as_it_is_read() {
        for number in
            ["-99999999999999999999999999999999999999999999999999999999999999999999999990", "0.1e-7", "-0", "1e400"]
        {
            let filter: Filter = format!("a eq {number}").parse().unwrap();
            assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter, "{number}");
        }
    }

    #[test]
    fn a_typed_path_is_one_operand() {
        let filter: Filter = r#"emails[type eq "work"].value eq "x" and active eq true"#.parse().unwrap();
        assert_eq!(filter.0[0].path.as_str(), r#"emails[type eq "work"].value"#);
        assert_eq!(filter.0[1].value, json!(true));
    }

    #[test]
    fn a_quotation_mark_within_a_selector_is_escaped() {
        let text = r#"emails[type eq "a\"] b"].value eq "x""#;
        assert_eq!(text.parse::<Filter>().unwrap().to_string(), text);
    }

    #[test]
    fn other_operators_are_refused() {
        assert!(r#"userName sw "a""#.parse::<Filter>().is_err());
        assert!(r#"userName eq "a" or userName eq "b""#.parse::<Filter>().is_err());
    }
}
