//! Shows a place in an expression: the line it is on, the place underlined, and what to do.
//!
//! Columns are counted as a terminal draws them, so that the underline stands below what it means: a Chinese character is two
//! wide, a combining mark belongs to the character before it. Tabs and control characters are drawn as blanks, characters that
//! are invisible or would turn the line around as `\u{FFFD}`. Of a long line only the surroundings of the place are shown.

use super::tree::Span;
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns of a long line are shown before the place, for it, and after it.
const CONTEXT: usize = 60;

/// Renders a `headline` about the bytes in `span` of `expression`, as plain text.
///
/// ```text
/// error: there is no function `append`
///   |
/// 1 | append([mail], "x")
///   | ^^^^^^
///   = did you mean `Append`?
/// ```
pub fn render(headline: &str, expression: &str, span: &Span, help: Option<&str>) -> String {
    let line = line_of(expression, span);
    let mut text = format!("{headline}\n{}", underlined(expression, span, line));
    if let Some(help) = help {
        let _ = write!(text, "\n{:gutter$} = {help}", "", gutter = line.to_string().len());
    }
    text
}

/// The line of `expression` that `span` begins in, counted from 1.
pub(super) fn line_of(expression: &str, span: &Span) -> usize {
    expression[..floor_boundary(expression, span.start)].matches('\n').count() + 1
}

/// The line that `span` begins in, with its number `line` before it and the place underlined; three lines of text.
pub fn underlined(expression: &str, span: &Span, line: usize) -> String {
    let mut start = floor_boundary(expression, span.start);
    let line_start = expression[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = expression[start..].find('\n').map_or(expression.len(), |newline| start + newline);
    let end = floor_boundary(expression, span.end).clamp(start, line_end);
    if start < end && visible(&expression[start..end]).width() == 0 {
        let base = expression[line_start..start].char_indices().rfind(|(_, character)| character.width() > Some(0));
        start = base.map_or(start, |(position, _)| line_start + position);
    }

    let before = visible(&expression[line_start..start]);
    let marked = visible(&expression[start..end]);
    let after = visible(&expression[end..line_end]);
    let mut drawn = String::new();
    let shown_before = last_columns(&before);
    drawn.push_str(if shown_before.len() < before.len() { "…" } else { "" });
    drawn.push_str(shown_before);
    let indent = drawn.width();
    let shown_marked = first_columns(&marked);
    drawn.push_str(shown_marked);
    let shown_after = if shown_marked.len() < marked.len() { "" } else { first_columns(&after) };
    drawn.push_str(shown_after);
    let is_cut = shown_marked.len() + shown_after.len() < marked.len() + after.trim_end().len();
    drawn.push_str(if is_cut { "…" } else { "" });

    let gutter = line.to_string().len();
    let underline = "^".repeat(shown_marked.width().max(1));
    let drawn = drawn.trim_end();
    format!("{:gutter$} |\n{line} | {drawn}\n{:gutter$} | {:indent$}{underline}", "", "", "")
}

/// Whether a character cannot be seen, or cannot be told from a blank; the blank itself, tab and line ends aside.
pub(super) fn is_invisible(character: char) -> bool {
    let is_plain = matches!(character, ' ' | '\t' | '\r' | '\n');
    !is_plain && (character.is_whitespace() || character.is_control() || character.width().unwrap_or(0) == 0)
}

/// The text with a character that can be seen for each that would spoil the line.
fn visible(text: &str) -> String {
    let draw = |character: char| match character {
        control if control.is_control() => ' ',
        '\u{AD}'
        | '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' => '\u{FFFD}',
        other => other,
    };
    text.chars().map(draw).collect()
}

/// The end of `text`, as much as fits into the context. It does not begin with a mark that belongs to what was cut off.
fn last_columns(text: &str) -> &str {
    let mut columns = 0;
    let fits = |&(_, character): &(usize, char)| {
        columns += character.width().unwrap_or(0);
        columns <= CONTEXT
    };
    let start = text.char_indices().rev().take_while(fits).last().map_or(text.len(), |(position, _)| position);
    let is_cut = start > 0;
    let end = &text[start..];
    if is_cut { end.trim_start_matches(|character: char| character.width() == Some(0)) } else { end }
}

/// The beginning of `text`, as much as fits into the context.
fn first_columns(text: &str) -> &str {
    let mut columns = 0;
    let surplus = text.char_indices().find(|&(_, character)| {
        columns += character.width().unwrap_or(0);
        columns > CONTEXT
    });
    surplus.map_or(text, |(position, _)| &text[..position])
}

fn floor_boundary(text: &str, position: usize) -> usize {
    (0..=position.min(text.len())).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Expression;

    fn diagnostic(expression: &str) -> String {
        Expression::parse(expression).expect_err(expression).diagnostic()
    }

    /// The line and what stands under it, for the first place of `part` in `text`.
    fn drawn(text: &str, part: &str) -> (String, String) {
        let start = text.find(part).expect("the part is there");
        let shown = underlined(text, &(start..start + part.len()), 7);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, "  |"));
        let cut = |line: &str, gutter: &str| line.strip_prefix(gutter).expect(gutter).to_owned();
        (cut(lines[1], "7 | "), cut(lines[2], "  | "))
    }

    #[test]
    fn the_place_is_underlined_and_the_nearest_name_offered() {
        assert_eq!(
            diagnostic("ToUpper(append([mail], \"x\"))"),
            "error: there is no function `append`\n  |\n1 | ToUpper(append([mail], \"x\"))\n  |         ^^^^^^\n  = did you \
             mean `Append`?"
        );
    }

    #[test]
    fn the_line_of_the_place_is_shown() {
        assert_eq!(
            diagnostic("Join(\"\",\n\t[a],\r\n\t«)"),
            "error: `«` is not expected here\n  |\n3 |  «)\n  |  ^\n  = delete it; texts stand in double quotes, attributes in \
             brackets"
        );
    }

    #[test]
    fn the_end_of_the_expression_is_marked_behind_it() {
        assert_eq!(
            diagnostic("Append([a],"),
            "error: expected a function, an [attribute], a \"text\" or a number, found the end of the expression\n  |\n1 | \
             Append([a],\n  |            ^\n  = complete the expression, or take the last `,`, `(` or operator away"
        );
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let expression = format!("Join(\"{}\", mail, \"{}\")", "a".repeat(100), "b".repeat(100));
        assert_eq!(
            diagnostic(&expression),
            format!(
                "error: `mail` means nothing by itself\n  |\n1 | …{}\", mail, \"{}…\n  | {}^^^^\n  = an attribute is written \
                 `[mail]`, a text `\"mail\"`",
                "a".repeat(57),
                "b".repeat(57),
                " ".repeat(61)
            )
        );
    }

    #[test]
    fn a_place_in_the_longest_expression_is_shown_by_its_surroundings() {
        let text = format!("Join({}, nope, {})", ["[a]"; 1000].join(", "), ["[b]"; 950].join(", "));
        assert!(text.len() < crate::expression::MAXIMUM_LENGTH);
        let shown = diagnostic(&text);
        let (line, marks) = (shown.lines().nth(2).unwrap(), shown.lines().nth(3).unwrap());
        assert_eq!(line.width(), 4 + 1 + 60 + 4 + 60 + 1);
        assert_eq!(line.find("nope").map(|position| line[..position].width()), marks.find('^'));
    }

    #[test]
    fn a_long_place_is_underlined_as_far_as_it_is_shown() {
        let (line, marks) = drawn(&format!("Append(\"{}", "x".repeat(200)), &format!("\"{}", "x".repeat(200)));
        assert_eq!(line, format!("Append(\"{}…", "x".repeat(59)));
        assert_eq!(marks, format!("{}{}", " ".repeat(7), "^".repeat(60)));
    }

    #[test]
    fn wide_characters_count_twice_and_combining_marks_not_at_all() {
        for (text, part, line, marks) in [
            ("Join(\"東京\", nope)", "nope", "Join(\"東京\", nope)", "             ^^^^"),
            ("Join(\"e\u{301}\", nope)", "nope", "Join(\"e\u{301}\", nope)", "          ^^^^"),
            ("Append(\"東京\")", "\"東京\"", "Append(\"東京\")", "       ^^^^^^"),
            ("Join(\"👩\u{200D}💻\", nope)", "nope", "Join(\"👩\u{200D}💻\", nope)", "           ^^^^"),
            ("nope\u{301}(1)", "\u{301}", "nope\u{301}(1)", "   ^"),
            ("\tnope", "nope", " nope", " ^^^^"),
            ("\"a\tb\", nope", "nope", "\"a b\", nope", "       ^^^^"),
            ("a\u{200B}b", "\u{200B}", "a\u{FFFD}b", " ^"),
            ("\u{202E}[a], nope", "nope", "\u{FFFD}[a], nope", "      ^^^^"),
        ] {
            assert_eq!(drawn(text, part), (line.to_owned(), marks.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn a_cut_line_neither_begins_with_a_lone_mark_nor_splits_a_wide_character() {
        let text = format!("{}e\u{301}{}nope", "東".repeat(50), "x".repeat(59));
        let (line, marks) = drawn(&text, "nope");
        assert_eq!(line, format!("…e\u{301}{}nope", "x".repeat(59)));
        assert_eq!(marks, format!("{}^^^^", " ".repeat(61)));
        let text = format!("{}{}nope", "東".repeat(50), "x".repeat(59));
        assert_eq!(drawn(&text, "nope").0, format!("…{}nope", "x".repeat(59)));
    }
}
