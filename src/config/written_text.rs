//! Where each part of a text stands in its file.
//!
//! A text of TOML may go over several lines, and what is written differs from what is meant: the first line end of a text
//! in triple quotes does not belong to it, a backslash at the end of a line joins it to the next one, and escapes stand
//! for other characters.

use super::problem::Place;

/// The place of a text, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenText {
    /// Where the text begins.
    pub place: Place,
    /// The positions in the text, in bytes, at which another line of the file begins, each with the line's number.
    pub later_lines: Vec<(usize, usize)>,
}

impl WrittenText {
    /// The place of the byte at `position` of the text.
    pub fn at(&self, position: usize) -> Place {
        let later = self.later_lines.iter().rev().find(|(start, _)| *start <= position);
        let line = later.map(|(_, line)| *line).or(self.place.line);
        Place { origin: self.place.origin.clone(), line }
    }
}

/// The positions in `text` at which another line of the file begins, if it is `written` so, quotation marks included, and
/// begins in the line `first`.
pub(super) fn later_lines(written: &str, text: &str, first: usize) -> Vec<(usize, usize)> {
    let (mut rest, escapes) = match (written.strip_prefix("\"\"\""), written.strip_prefix("'''")) {
        (Some(body), _) => (body, true),
        (None, Some(body)) => (body, false),
        (None, None) => return Vec::new(),
    };
    let mut lines = Vec::new();
    let (mut position, mut line) = (0, first);
    if let Some(body) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
        (rest, line) = (body, line + 1);
        lines.push((0, line));
    }
    while let Some(character) = rest.chars().next().filter(|_| position < text.len()) {
        let after = &rest[character.len_utf8()..];
        rest = match character {
            '\n' => {
                (position, line) = (position + 1, line + 1);
                lines.push((position, line));
                after
            }
            // The parser may leave it out before a line end.
            '\r' if text.as_bytes().get(position) != Some(&b'\r') => after,
            '\\' if escapes && after.trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                let joined = after.trim_start();
                line += after[..after.len() - joined.len()].matches('\n').count();
                lines.push((position, line));
                joined
            }
            '\\' if escapes => {
                position += text.get(position..).and_then(|meant| meant.chars().next()).map_or(0, char::len_utf8);
                let digits = match after.chars().next() {
                    Some('x') => 2,
                    Some('u') => 4,
                    Some('U') => 8,
                    _ => 0,
                };
                after.get(1 + digits..).unwrap_or_default()
            }
            other => {
                position += other.len_utf8();
                after
            }
        };
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::config::{document::Section, problem::Problems, toml_file::parse_toml};

    /// The line of each `#` in the text under `key`, which is written so.
    fn lines(written: &str) -> Vec<usize> {
        let problems = Problems::default();
        let root = parse_toml("a.toml", &format!("# a comment\nkey = {written}\n"), &problems);
        assert!(!problems.has_errors(), "{problems:?}");
        let section = Section::of(&root, "the test", &problems).expect("a table");
        let text = section.text("key").expect("a text");
        let places = section.written_text("key");
        text.match_indices('#').filter_map(|(position, _)| places.at(position).line).collect()
    }

    #[test]
    fn every_part_of_a_text_knows_its_line() {
        for (written, expected) in [
            ("\"# #\"", &[2, 2][..]),
            ("'#'", &[2]),
            ("'''# #\n# #\n\n#'''", &[2, 2, 3, 3, 5]),
            ("'''\n#\n#'''", &[3, 4]),
            ("'''\r\n#\r\n#'''", &[3, 4]),
            ("'''\\\n#'''", &[3]),
            ("\"\"\"#\n#\"\"\"", &[2, 3]),
            ("\"\"\"\n#\n#\"\"\"", &[3, 4]),
            ("\"\"\"\r\n#\r\n#\"\"\"", &[3, 4]),
            ("\"\"\"# \\\n\n   # \\  \n# #\"\"\"", &[2, 4, 5, 5]),
            ("\"\"\"\\n# \\\\ \\u00e9 \\U0001F600 \\x41 \\\" é\n#\\n#\n#\"\"\"", &[2, 3, 3, 4]),
        ] {
            assert_eq!(lines(written), expected, "{written}");
        }
    }
}
