//! Reading the paths of a mapping file.

use crate::{
    config::{
        document::{Node, NodeValue},
        problem::Problems,
    },
    scim::path::{Path, PathError},
};

/// A table where a line was expected is mostly a path with a dot that lacks its quotation marks.
pub(super) fn read_path(name: &str, node: &Node, problems: &Problems) -> Option<Path> {
    if let NodeValue::Table(entries) = &node.value
        && let Some((sub, Node { value: NodeValue::Table(_), .. })) = entries.first()
    {
        let help = format!("write the path in quotation marks: \"{name}.{sub}\"");
        problems.error(&node.place, format!("`{name}` is a table of tables"), Some(help));
        return None;
    }
    match name.parse::<Path>() {
        Ok(path) => {
            if let Some(word) = path.unquoted() {
                let (lacks, help) = if word.starts_with('\'') {
                    let mended = name.replacen(word, &format!("\"{}\"", word.trim_matches('\'')), 1);
                    (
                        "stands in single quotation marks",
                        format!("write '{mended}': texts in a SCIM path stand in double quotation marks"),
                    )
                } else {
                    (
                        "lacks its quotation marks",
                        format!("write \"{word}\": texts in brackets stand in quotation marks"),
                    )
                };
                problems.error(&node.place, format!("`{name}` is no SCIM path: `{word}` {lacks}"), Some(help));
            }
            Some(path)
        }
        Err(error) => {
            let help = match &error {
                PathError::Empty => "name an attribute such as `userName`",
                PathError::Selector(text) if text.contains("eq '") => {
                    "write it like 'emails[type eq \"work\"].value': texts in a SCIM path stand in double quotation marks"
                }
                PathError::Selector(_) => "only `eq` and `and` are understood: 'emails[type eq \"work\"].value'",
                PathError::Unclosed(_) => "close it: 'emails[type eq \"work\"].value'",
                PathError::Name(_) | PathError::Trailing(_) => {
                    "write it like `name.givenName`, 'emails[type eq \"work\"].value' or \
                     `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`"
                }
            };
            problems.error(&node.place, format!("`{name}` is no SCIM path: {error}"), Some(help.to_owned()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::sample::{problems, with};

    #[test]
    fn a_path_that_is_none_says_why_and_shows_one() {
        let path = |path: &str| {
            let found = problems(&with("").replace("[users.mappings]", &format!("{path} = {{}}\n[users.mappings]")));
            found.into_iter().map(|problem| problem.replacen("error: m.toml:4: ", "", 1)).collect::<Vec<_>>()
        };
        let any = "write it like `name.givenName`, 'emails[type eq \"work\"].value' or \
                   `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`";
        for (written, why, help) in [
            ("\"\"", "`` is no SCIM path: the path is empty", "name an attribute such as `userName`"),
            ("\"given name\"", "`given name` is no SCIM path: `given name` is no attribute name", any),
            (
                "'emails[type eq \"work\"]value'",
                "`emails[type eq \"work\"]value` is no SCIM path: `value` is not expected here",
                any,
            ),
            (
                "'emails[type eq \"work\".value'",
                "`emails[type eq \"work\".value` is no SCIM path: `[` is opened and never closed",
                "close it: 'emails[type eq \"work\"].value'",
            ),
            (
                "'emails[type co \"work\"].value'",
                "`emails[type co \"work\"].value` is no SCIM path: `[type co \"work\"]` must have the form [name eq \"value\"]",
                "only `eq` and `and` are understood: 'emails[type eq \"work\"].value'",
            ),
        ] {
            assert_eq!(path(written), [format!("{why}\n  help: {help}")], "{written}");
        }
        assert_eq!(
            problems(&with("name.givenName = { direct = \"givenName\" }\n")),
            [
                "error: m.toml:6: `name` is a table of tables\n  help: write the path in quotation marks: \"name.givenName\""
            ]
        );
    }

    #[test]
    fn a_text_in_brackets_stands_in_quotation_marks() {
        let path =
            |path: &str| problems(&with("").replace("[users.mappings]", &format!("'{path}' = {{}}\n[users.mappings]")));
        let in_double_quotes = |path: &str| {
            problems(&with("").replace("[users.mappings]", &format!("\"{path}\" = {{}}\n[users.mappings]")))
        };
        for (written, word) in [
            ("emails[type eq work].value", "work"),
            ("emails[primary eq true and type eq work].value", "work"),
            ("emails[type eq \"a ] b\" and display eq home].value", "home"),
        ] {
            assert_eq!(
                path(written),
                [format!(
                    "error: m.toml:4: `{written}` is no SCIM path: `{word}` lacks its quotation marks\n  help: write \"{word}\": \
                     texts in brackets stand in quotation marks"
                )]
            );
        }
        let double = "texts in a SCIM path stand in double quotation marks";
        for (written, word, mended) in [
            ("emails[type eq 'work'].value", "'work'", "emails[type eq \"work\"].value"),
            (
                "emails[primary eq true and type eq 'work'].value",
                "'work'",
                "emails[primary eq true and type eq \"work\"].value",
            ),
        ] {
            assert_eq!(
                in_double_quotes(written),
                [format!(
                    "error: m.toml:4: `{written}` is no SCIM path: `{word}` stands in single quotation marks\n  help: write \
                     '{mended}': {double}"
                )]
            );
        }
        assert_eq!(
            in_double_quotes("emails[type eq 'my work'].value"),
            [format!(
                "error: m.toml:4: `emails[type eq 'my work'].value` is no SCIM path: `[type eq 'my work']` must have the form \
                 [name eq \"value\"]\n  help: write it like 'emails[type eq \"work\"].value': {double}"
            )]
        );
        for written in ["emails[type eq \"work\"].value", "roles[primary eq true].value", "a[b eq 5].c", "emails"] {
            assert_eq!(path(written), [""; 0], "{written}");
        }
    }
}
