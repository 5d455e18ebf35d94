//! What reads texts beside expressions: paths, conditions in brackets, filters, mapping files, and what hides values in
//! answers.

use crate::report::{Report, Sizes, median};
use scimulator::{
    mapping::read,
    scim::{
        filter::Filter,
        mask::Mask,
        path::{Path, Selector},
    },
};
use serde_json::{Value, json};
use std::hint::black_box;

/// The bytes of the paths. Nobody writes such, but reading one must not take for ever either.
const PATHS: Sizes = Sizes { unit: "bytes", all: &[250_000, 1_000_000, 4_000_000], are_moved: true };

/// The resources of the answers.
const RESOURCES: Sizes = Sizes { unit: "resources", all: &[500, 2_000, 8_000], are_moved: false };

/// The lines of the mapping files.
const LINES: Sizes = Sizes { unit: "lines", all: &[500, 2_000, 8_000], are_moved: false };

pub(crate) fn measure(report: &mut Report) {
    Report::heading("Paths and filters of 250 kB, and of 1 MB");
    for (head, part, tail) in [
        ("", "a", ""),
        ("urn", ":a", ""),
        ("a", ".a", ""),
        ("a[b eq \"", "\\\"]", "\"].value"),
        ("a[", "\"\"", ""),
        ("a[b eq c", " and b eq c", "]"),
        ("a eq \"b\"", " and a eq \"b\"", ""),
        ("a eq \"", "\\\\", "\""),
        ("a[", "[", "] eq b"),
    ] {
        let name = format!("{head}{part}…{tail}");
        if report.wants(&name) {
            let time = |bytes: usize| {
                let text = format!("{head}{}{tail}", part.repeat(bytes / part.len()));
                Some(median(|| {
                    drop(black_box(text.parse::<Path>()));
                    drop(black_box(text.parse::<Filter>()));
                    drop(black_box(Selector::parse(&text)));
                }))
            };
            report.line(&name, PATHS, time);
        }
    }
    Report::heading("Answers with 500 resources, and with 2,000, of which each shows a value to hide");
    let name = "an answer with values to hide";
    if report.wants(name) {
        let time = |resources: usize| {
            let names: Vec<String> = (0..resources).map(|number| format!("Ada Lovelace {number}")).collect();
            let answer = names.iter().map(|name| json!({"displayName": name, "title": "Engines"})).collect::<Value>();
            let hidden: Vec<_> = names.iter().map(|name| name.as_str().into()).collect();
            Some(median(|| Mask::redacting(&hidden).json(&mut black_box(answer.clone()))))
        };
        report.line(name, RESOURCES, time);
    }
    Report::heading("Mapping files of 500 lines, and of 2,000");
    for (name, attribute, mapping) in [
        ("a mapping file", "'a#' = {}\n", "'a#' = { expression = 'Join(\" \", [givenName], [surname])' }\n"),
        ("a mapping file with required attributes", "'a#' = { required = true }\n", "'a#' = { direct = \"mail\" }\n"),
        ("a mapping file with unknown attributes", "", "'a#' = { direct = \"mail\" }\n"),
        // Each of the unknown names could be any of the known ones.
        (
            "a mapping file with unknown attributes among many",
            "'attribute#' = {}\n",
            "'atribute#' = { direct = \"mail\" }\n",
        ),
        (
            "a mapping file with mistakes",
            "'a#' = { typ = \"Strng\" }\n",
            "'a#' = { expression = 'Jion([mail])', apply = \"x\" }\n",
        ),
    ] {
        if report.wants(name) {
            let time = |lines: usize| {
                let lines_of = |line: &str| {
                    (0..lines / 2).map(|number| line.replace('#', &number.to_string())).collect::<String>()
                };
                let text = format!(
                    "application = \"app\"\n[users.attributes]\nuserName = {{ filterable = true }}\n{}[users.mappings]\n\
                     userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{}",
                    lines_of(attribute),
                    lines_of(mapping)
                );
                Some(median(|| drop(black_box(read::parse_all("mapping.toml", &text)))))
            };
            report.line(name, LINES, time);
        }
    }
}
