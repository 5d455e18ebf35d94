//! The canonical text of an expression: one blank after every comma and around operators, empty slots kept, only the
//! escapes that are needed. Reading the text gives the same tree again.
//!
//! Source: `spec/EXPRESSIONS.md` §1.4 and §1.11.

use super::tree::{Node, NodeKind};
use std::fmt::{self, Write};

/// The canonical text of `node`, cut, with an ellipsis, behind so many characters. What comes behind is not even made: the
/// parts of a deeply nested expression contain one another, and all of them together would be far longer than it.
pub(super) fn beginning(node: &Node, characters: usize) -> String {
    let mut beginning = Beginning { text: String::new(), left: characters };
    if write!(beginning, "{node}").is_err() {
        beginning.text.push('…');
    }
    beginning.text
}

/// Takes so many characters, and refuses the next one.
struct Beginning {
    text: String,
    left: usize,
}

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.left) {
            Some((end, _)) => {
                self.text.push_str(&text[..end]);
                self.left = 0;
                Err(fmt::Error)
            }
            None => {
                self.text.push_str(text);
                self.left -= text.chars().count();
                Ok(())
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::super::{
        functions, parser,
        tree::{Call, Comparison, Node, NodeKind, Number, Operator, Word},
    };
    use crate::expression::Expression;
    use proptest::{collection::vec, option, prelude::*, sample::select};

    fn node(kind: NodeKind) -> Node {
        Node { kind, span: 0..0 }
    }

    fn leaf() -> impl Strategy<Value = Node> {
        let number = |written: String| NodeKind::Number(Number { value: written.clone(), written });
        prop_oneof![
            "[A-Za-z_:.]{1,8}(\\[[a-z]{1,4} eq \"[^\"\\\\]{0,4}\"\\])?".prop_map(NodeKind::Attribute),
            any::<String>().prop_map(NodeKind::Text),
            "[\\\\\"a ]{0,6}".prop_map(NodeKind::Text),
            "-?[0-9]{1,9}(\\.[0-9]{1,3})?".prop_map(number),
            any::<u32>()
                .prop_map(|bits| NodeKind::Number(Number { written: format!("&H{bits:X}"), value: bits.to_string() })),
            select(&Word::ALL[..]).prop_map(NodeKind::Word),
        ]
        .prop_map(node)
    }

    fn tree() -> impl Strategy<Value = Node> {
        leaf().prop_recursive(4, 40, 5, |inner| {
            let function = select(functions::all().collect::<Vec<_>>());
            let call =
                (function, vec(option::weighted(0.8, inner.clone()), 0..5)).prop_map(|(function, mut arguments)| {
                    if arguments == [None] {
                        arguments.clear();
                    }
                    node(NodeKind::Call(Call { function, arguments, name_span: 0..0, pattern: None }))
                });
            let operand = call.clone();
            let comparison = (leaf(), select(&Operator::ALL[..]), operand).prop_map(|(left, operator, right)| {
                node(NodeKind::Comparison(Box::new(Comparison { left, operator, right })))
            });
            prop_oneof![3 => call, 1 => comparison]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reading_what_was_printed_gives_the_same_tree(tree in tree()) {
            let text = tree.to_string();
            let read = parser::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
            prop_assert_eq!(read, tree, "{}", text);
        }

        #[test]
        fn no_text_is_too_strange_to_be_refused(text in any::<String>()) {
            if let Err(error) = Expression::parse(&text) {
                prop_assert!(error.diagnostic().starts_with("error: "));
            }
        }

        #[test]
        fn no_jumble_of_tokens_is_too_strange_to_be_refused(
            tokens in vec(select(&["Join(", "IIF(", "Replace(", "[a]", "[", "\"x\"", "\"", "1", "-", "&H", ",", ")", "=", "é", "\n", "\\"][..]), 0..20)
        ) {
            let text = tokens.concat();
            match Expression::parse(&text) {
                Ok(expression) => prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression)),
                Err(error) => prop_assert!(error.diagnostic().starts_with("error: ")),
            }
        }
    }

    #[test]
    fn the_canonical_form_keeps_empty_slots_and_little_else() {
        for (text, canonical) in [
            ("Replace([preferredLanguage],\"-\",,,\"_\",,)", "Replace([preferredLanguage], \"-\", , , \"_\", , )"),
            (" ToLower (\n[x],\t) ", "ToLower([x], )"),
            ("Guid( )", "Guid()"),
            ("IIF([a]=\"x\\+\",1,&Hf)", "IIF([a] = \"x\\\\+\", 1, &Hf)"),
            ("[emails[type eq \"]\"].value]", "[emails[type eq \"]\"].value]"),
        ] {
            assert_eq!(Expression::parse(text).expect(text).to_string(), canonical);
        }
    }
}
