//! Conditions of `IIF` that ask whether an attribute is null or empty.
//!
//! Entra's reference says that the condition fails where such an attribute is null or empty, and lists these forms as
//! unsupported; other documents show them at work. Here they are evaluated, and worth a warning.
//!
//! Source: `spec/EXPRESSIONS.md` §3.

use super::{
    print,
    tree::{Node, NodeKind, Span},
};

/// The functions that ask whether there is a value.
const QUESTIONS: [&str; 3] = ["IsNull", "IsNullOrEmpty", "IsPresent"];

/// How many characters of such a part are shown. One part may contain another.
const SHOWN: usize = 200;

/// A part of a condition that asks whether an attribute is null or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NullCondition<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// The part in canonical form. Of a long one the beginning, with an ellipsis behind it.
    pub part: String,
    /// Where it stands.
    pub span: &'a Span,
}

/// Every such part of the tree, in the order of the text.
pub(super) fn find(root: &Node) -> Vec<NullCondition<'_>> {
    let mut found = Vec::new();
    collect(root, false, &mut found);
    found
}

/// Adds those of `node` and below it, which stands in a condition or does not.
fn collect<'a>(node: &'a Node, in_condition: bool, found: &mut Vec<NullCondition<'a>>) {
    if in_condition && let Some(attribute) = asked(node) {
        found.push(NullCondition { attribute, part: print::beginning(node, SHOWN), span: &node.span });
    }
    let is_iif = matches!(&node.kind, NodeKind::Call(call) if call.function.name == "IIF");
    for (place, child) in node.children().into_iter().enumerate() {
        collect(child, in_condition || (is_iif && place == 0), found);
    }
}

/// The attribute that a part asks about.
fn asked(part: &Node) -> Option<&str> {
    match &part.kind {
        NodeKind::Call(call) if QUESTIONS.contains(&call.function.name) => attribute_in(call.argument(0)?),
        NodeKind::Comparison(comparison) if comparison.right.constant() == Some("") => attribute_in(&comparison.left),
        NodeKind::Comparison(comparison) if comparison.left.constant() == Some("") => attribute_in(&comparison.right),
        _ => None,
    }
}

fn attribute_in(node: &Node) -> Option<&str> {
    let mut first = None;
    node.walk(&mut |node| {
        if let NodeKind::Attribute(name) = &node.kind {
            first = first.or(Some(name.as_str()));
        }
    });
    first
}

#[cfg(test)]
mod tests {
    use crate::expression::Expression;

    #[test]
    fn conditions_on_null_or_empty_attributes_are_found() {
        for (text, found) in [
            ("IIF([country]=\"\", \"x\", [country])", &[("country", "[country] = \"\"")][..]),
            ("IIF(\"\" <> ToLower([country]), \"x\", \"y\")", &[("country", "\"\" <> ToLower([country])")]),
            ("IIF(IsNullOrEmpty([country]), \"x\", \"y\")", &[("country", "IsNullOrEmpty([country])")]),
            ("IIF(Not(IsPresent([country])), \"x\", \"y\")", &[("country", "IsPresent([country])")]),
            (
                "Join(\"\", IIF(IsNull([a]), \"x\", IIF([b]=\"\", \"y\", \"z\")))",
                &[("a", "IsNull([a])"), ("b", "[b] = \"\"")],
            ),
            ("IIF(IIF([a]=\"\", True, False), \"x\", \"y\")", &[("a", "[a] = \"\"")]),
            ("IIF([country]=\"USA\", \"\", [state])", &[]),
            ("IIF(\"\" = \"\", [a], [b])", &[]),
            ("Switch(IsPresent([jobTitle]), \"DefaultValue\", \"True\", [jobTitle])", &[]),
            ("Not(IsNullOrEmpty([a]))", &[]),
        ] {
            let expression = Expression::parse(text).expect(text);
            let conditions = expression.null_conditions();
            let conditions: Vec<_> =
                conditions.iter().map(|condition| (condition.attribute, condition.part.as_str())).collect();
            assert_eq!(conditions, found, "{text}");
        }
    }
}
