//! The canonical text of an expression: one blank after every comma and around operators, empty slots kept, only the
//! escapes that are needed. Reading the text gives the same tree again.
//!
//! Source: `spec/EXPRESSIONS.md` §1.4 and §1.11.

use super::tree::{Node, NodeKind};
use std::fmt::{self, Write as _};

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Attribute(name) => write!(formatter, "[{name}]"),
            NodeKind::Text(text) => print_text(text, formatter),
            NodeKind::Number(number) => formatter.write_str(&number.written),
            NodeKind::Word(word) => formatter.write_str(word.name()),
            NodeKind::Call(call) => {
                write!(formatter, "{}(", call.function.name)?;
                for (position, argument) in call.arguments.iter().enumerate() {
                    if position > 0 {
                        formatter.write_str(", ")?;
                    }
                    if let Some(argument) = argument {
                        argument.fmt(formatter)?;
                    }
                }
                formatter.write_char(')')
            }
            NodeKind::Comparison(comparison) => {
                write!(formatter, "{} {} {}", comparison.left, comparison.operator.symbol(), comparison.right)
            }
        }
    }
}

fn print_text(text: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            formatter.write_char('\\')?;
        }
        formatter.write_char(character)?;
    }
    formatter.write_char('"')
}
