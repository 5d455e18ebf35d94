//! Reading the scoping filters of a mapping file.

use super::{
    scoping::{FilterGroup, ScopingFilter},
    scoping_clause::{Clause, RegexAnchoring},
};
use crate::config::document::{NodeValue, Section};

/// Reads the filters of one kind of object; none if there are none.
pub(super) fn read_filter(section: &Section<'_>) -> Option<ScopingFilter> {
    let groups = section.sections("scoping_filters", "a scoping filter");
    let groups: Vec<_> = groups.into_iter().filter_map(read_group).collect();
    (!groups.is_empty()).then(|| ScopingFilter::new(groups))
}

fn read_group(section: Section<'_>) -> Option<FilterGroup> {
    let title = section.text("title").unwrap_or_default();
    let anchoring = section
        .choice("matching", &[("whole", RegexAnchoring::Whole), ("partial", RegexAnchoring::Partial)])
        .unwrap_or_default();
    let written = section.sections("clauses", "a clause");
    let none_written = written.is_empty();
    let clauses: Vec<_> = written.into_iter().filter_map(|clause| read_clause(clause, anchoring)).collect();
    let (place, problems) = (section.place_of("clauses"), section.problems());
    section.finish();
    match FilterGroup::new(title, clauses) {
        Ok(group) => Some(group),
        Err(error) => {
            // Where clauses were written, all of them are refused already.
            if none_written {
                problems.error(place, error.to_string(), Some(error.suggestion()));
            }
            None
        }
    }
}

fn read_clause(section: Section<'_>, anchoring: RegexAnchoring) -> Option<Clause> {
    let attribute = section.required_text("attribute");
    let operator = section.required_text("operator");
    let values = read_value(&section);
    let (place, problems) = (section.place, section.problems());
    section.finish();
    let (attribute, operator, values) = (attribute?, operator?, values?);
    let clause = Clause::new(&attribute, &operator, &values, None, anchoring);
    match clause.and_then(|clause| clause.check_meaning().map(|()| clause)) {
        Ok(clause) => Some(clause.written_at(place.clone())),
        Err(error) => {
            problems.error(place, format!("the clause on `{attribute}`: {error}"), Some(error.suggestion()));
            None
        }
    }
}

/// What to compare with; none if it is no text, which is said.
fn read_value(section: &Section<'_>) -> Option<Vec<String>> {
    let written = match section.node("value").map(|node| &node.value) {
        Some(NodeValue::Integer(number)) => number.to_string(),
        Some(NodeValue::Boolean(truth)) => truth.to_string(),
        _ => return Some(section.texts("value").unwrap_or_default()),
    };
    let help = format!("write `value = \"{written}\"`; IS TRUE and IS FALSE need none");
    section.problems().error(section.place_of("value"), format!("`value` must be a text: \"{written}\""), Some(help));
    None
}

#[cfg(test)]
mod tests {
    use crate::mapping::sample::{problems, with};

    #[test]
    fn a_clause_compares_with_something() {
        let told = |operator: &str| {
            let clause = format!("{{ attribute = \"city\", operator = \"{operator}\", value = \"\" }}");
            problems(&with(&format!("[[users.scoping_filters]]\nclauses = [{clause}]\n")))
        };
        for operator in ["NOT EQUALS", "INCLUDES", "ENDS_WITH", "!&"] {
            assert_eq!(told(operator), [""; 0], "{operator}: whoever has a value passes");
        }
        for operator in ["EQUALS", "REGEX MATCH", "&"] {
            assert_eq!(
                told(operator),
                [format!(
                    "error: m.toml:7: the clause on `city`: {operator} with an empty value says nothing: without a value in the \
                     attribute only IS NULL is true\n  help: write what to compare with, or use IS NULL or IS NOT NULL"
                )]
            );
        }
    }

    #[test]
    fn what_a_clause_compares_with_is_a_text() {
        for (value, text) in [("5", "5"), ("true", "true")] {
            let clause = format!("{{ attribute = \"level\", operator = \"EQUALS\", value = {value} }}");
            assert_eq!(
                problems(&with(&format!("[[users.scoping_filters]]\nclauses = [{clause}]\n"))),
                [format!(
                    "error: m.toml:7: `value` must be a text: \"{text}\"\n  help: write `value = \"{text}\"`; IS TRUE and IS \
                     FALSE need none"
                )]
            );
        }
    }

    #[test]
    fn a_filter_without_clauses_is_refused_however_it_is_written() {
        for (written, line) in [
            ("[[users.scoping_filters]]\ntitle = \"Nobody\"\n", 6),
            ("[[users.scoping_filters]]\ntitle = \"Nobody\"\nclauses = []\n", 8),
            ("[users]\nscoping_filters = [{ title = \"Nobody\", clauses = [] }]\n", 7),
        ] {
            assert_eq!(
                problems(&with(written)),
                [format!(
                    "error: m.toml:{line}: the scoping filter `Nobody` has no clauses: everybody would pass\n  help: add a clause, \
                     or remove the filter"
                )],
                "{written}"
            );
        }
        let found =
            problems(&with("[[users.scoping_filters]]\nclauses = [{ attribute = \"city\", operator = \"LIKE\" }]\n"));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
