//! Reading the text of a TOML file, with the line of everything in it.
//!
//! Mistakes do not end the reading: all of them are told, of each line the first, for one mistake often makes several.

use super::{
    document::{Node, NodeValue},
    problem::{Place, Problems},
    written_text::later_lines,
};
use std::{ops::Range, sync::Arc};
use toml::{
    Spanned,
    de::{DeTable, DeValue, Error},
};

/// Reads TOML. Syntax errors go to `problems`; what could be read is returned.
pub fn parse_toml(origin: &str, text: &str, problems: &Problems) -> Node {
    let file = File::of(origin, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let (message, help) = explained(&error, text);
        let place = file.place(error.span().map_or(0, |span| span.start));
        problems.broken(&place, message, Some(help.to_owned()));
    }
    let span = table.span();
    file.node(&DeValue::Table(table.into_inner()), file.place(span.start), span)
}

/// The text of a file, with the positions of its lines.
struct File<'t> {
    origin: Arc<str>,
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> File<'t> {
    fn of(origin: &str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { origin: origin.into(), text, starts }
    }

    fn line(&self, position: usize) -> usize {
        self.starts.partition_point(|start| *start <= position)
    }

    fn place(&self, position: usize) -> Place {
        Place { origin: self.origin.clone(), line: Some(self.line(position)) }
    }

    /// The node of a value that stands at `span`.
    fn node(&self, value: &DeValue<'_>, place: Place, span: Range<usize>) -> Node {
        let value = match value {
            DeValue::String(text) => {
                let line = self.line(span.start);
                let written = self.text.get(span).unwrap_or_default();
                let later_lines = later_lines(written, text, line);
                return Node { value: NodeValue::Text(text.to_string()), place, later_lines };
            }
            DeValue::Boolean(flag) => NodeValue::Boolean(*flag),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(NodeValue::Other("a number that is too large"), NodeValue::Integer),
            DeValue::Float(number) => {
                number.as_str().parse().map_or(NodeValue::Other("an unreadable number"), NodeValue::Float)
            }
            DeValue::Datetime(_) => NodeValue::Other("a date"),
            DeValue::Array(items) => {
                let node =
                    |item: &Spanned<DeValue<'_>>| self.node(item.get_ref(), self.place(item.span().start), item.span());
                NodeValue::List(items.iter().map(node).collect())
            }
            DeValue::Table(table) => {
                let entries = table.iter().map(|(key, item)| {
                    let place = self.place(key.span().start);
                    (key.get_ref().to_string(), self.node(item.get_ref(), place, item.span()))
                });
                NodeValue::Table(entries.collect())
            }
        };
        Node::new(value, place)
    }
}

/// What is wrong, and what to do about it.
fn explained(error: &Error, text: &str) -> (String, &'static str) {
    let message = error.message();
    if message.starts_with("duplicate key") {
        let key = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        return (format!("`{key}` stands twice in one table"), "keep one of them");
    }
    let help = if message.starts_with("missing comma") {
        "a text with double quotes in it stands in single ones: 'Join(\" \", [givenName], [surname])'"
    } else if message.starts_with("missing escaped value") {
        "in double quotes a backslash is written twice; in single quotes it stands for itself"
    } else if message.starts_with("key with no value") {
        "write `key = value`; a key with brackets or blanks in it stands in quotation marks"
    } else if message.starts_with("string values must be quoted") || message.starts_with("invalid boolean") {
        "write texts in quotation marks, and true, false and numbers without"
    } else if message.starts_with("unclosed") {
        "close it, or take the opening bracket away"
    } else if message.contains(" string, expected") {
        "close the text with the quotation mark that it begins with"
    } else {
        "write `key = value` lines under `[table]` headings, as TOML has them"
    };
    (message.to_owned(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        let problems = Problems::default();
        parse_toml("a.toml", text, &problems);
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_mistake_is_told_once_with_its_line_and_what_to_do() {
        for (text, told) in [
            ("a = 1\nb = 2\na = 3\n", "error: a.toml:3: `a` stands twice in one table\n  help: keep one of them"),
            (
                "a = { expression = \"Join(\"x\", [a])\" }\n",
                "error: a.toml:1: missing comma between key-value pairs, expected `,`\n  help: a text with double quotes in \
                 it stands in single ones: 'Join(\" \", [givenName], [surname])'",
            ),
            (
                "a = \"\\d\"\n",
                "error: a.toml:1: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\\`, `\"`, `x`, `u`, `U`\n  \
                 help: in double quotes a backslash is written twice; in single quotes it stands for itself",
            ),
            (
                "emails[type eq \"work\"].value = {}\n",
                "error: a.toml:1: key with no value, expected `=`\n  help: write `key = value`; a key with brackets or \
                 blanks in it stands in quotation marks",
            ),
            (
                "\na = yes\n",
                "error: a.toml:2: string values must be quoted, expected literal string\n  help: write texts in quotation \
                 marks, and true, false and numbers without",
            ),
            (
                "[a\n",
                "error: a.toml:1: unclosed table, expected `]`\n  help: close it, or take the opening bracket away",
            ),
            (
                "a = 'x\n",
                "error: a.toml:1: invalid literal string, expected `'`\n  help: close the text with the quotation mark that \
                 it begins with",
            ),
        ] {
            assert_eq!(problems_of(text), [told], "{text}");
        }
    }

    #[test]
    fn mistakes_in_several_lines_are_all_told() {
        let lines: Vec<_> = problems_of("a = \nb = 1\nc = [1,\n")
            .iter()
            .map(|problem| problem.split(": ").nth(1).map(str::to_owned))
            .collect();
        assert_eq!(lines, [Some("a.toml:1".to_owned()), Some("a.toml:3".to_owned())]);
    }
}
