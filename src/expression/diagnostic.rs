//! Shows a place in an expression: the line it is on, the place underlined, and what to do.

use super::tree::Span;
use std::fmt::Write as _;

/// How many characters of a long line are shown before and after the place.
const CONTEXT: usize = 60;

/// Renders `message` about the bytes in `span` of `expression`, as plain text.
///
/// ```text
/// error: there is no function `append`
///   |
/// 1 | append([mail], "x")
///   | ^^^^^^
///   = did you mean `Append`?
/// ```
pub fn render(message: &str, expression: &str, span: &Span, help: Option<&str>) -> String {
    let start = floor_boundary(expression, span.start);
    let end = floor_boundary(expression, span.end).max(start);
    let line_start = expression[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = expression[start..].find('\n').map_or(expression.len(), |newline| start + newline);
    let number = expression[..start].matches('\n').count() + 1;

    let before: Vec<char> = expression[line_start..start].chars().collect();
    let marked: Vec<char> = expression[start..end.min(line_end)].chars().collect();
    let after: Vec<char> = expression[end.min(line_end)..line_end].chars().collect();
    let cut_before = before.len().saturating_sub(CONTEXT);
    let underline = marked.len().clamp(1, CONTEXT);

    let mut line = String::new();
    line.push_str(if cut_before > 0 { "…" } else { "" });
    line.extend(&before[cut_before..]);
    let indent = line.chars().count();
    line.extend(marked.iter().take(CONTEXT));
    if marked.len() > CONTEXT {
        line.push('…');
    } else {
        line.extend(after.iter().take(CONTEXT));
        line.push_str(if after.len() > CONTEXT { "…" } else { "" });
    }
    let line: String = line.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();

    let gutter = number.to_string().len();
    let mut text = format!("error: {message}\n");
    let _ = writeln!(text, "{:gutter$} |", "");
    let _ = writeln!(text, "{number} | {}", line.trim_end());
    let _ = write!(text, "{:gutter$} | {:indent$}{}", "", "", "^".repeat(underline));
    if let Some(help) = help {
        let _ = write!(text, "\n{:gutter$} = {help}", "");
    }
    text
}

fn floor_boundary(text: &str, position: usize) -> usize {
    (0..=position.min(text.len())).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::expression::Expression;

    fn diagnostic(expression: &str) -> String {
        Expression::parse(expression).expect_err(expression).diagnostic()
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
        assert_eq!(diagnostic("Join(\"\",\n\t[a],\r\n\t«)"), "error: `«` is not expected here\n  |\n3 |  «)\n  |  ^");
    }

    #[test]
    fn the_end_of_the_expression_is_marked_behind_it() {
        assert_eq!(
            diagnostic("Append([a],"),
            "error: expected a function, an [attribute], a \"text\" or a number, found the end of the expression\n  |\n1 | Append([a],\n  |            ^"
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
}
