//! Checks a tree before it is ever evaluated: each call has the parameters it needs and no more, functions with a fixed
//! place stand there, and constant regular expressions are valid. Those are compiled on the way.
//!
//! Source: `spec/EXPRESSIONS.md` §1.8 and the functions' own sections in §4.

use super::{
    functions::{self, Signature},
    syntax_error::SyntaxErrorKind,
    tree::{Call, Node, NodeKind, Span},
};

type Problem = (SyntaxErrorKind, Span);

/// Checks the whole tree.
pub(super) fn check(root: &mut Node) -> Result<(), Problem> {
    if let NodeKind::Call(call) = &mut root.kind
        && call.function.name == functions::SELECT_UNIQUE_VALUE
    {
        check_parameters(call)?;
        return call.arguments.iter_mut().flatten().try_for_each(check_node);
    }
    check_node(root)
}

fn check_node(node: &mut Node) -> Result<(), Problem> {
    match &mut node.kind {
        NodeKind::Call(call) => {
            if call.function.name == functions::SELECT_UNIQUE_VALUE {
                return Err((SyntaxErrorKind::NestedSelectUniqueValue, call.name_span.clone()));
            }
            check_parameters(call)?;
            if let Some(check) = call.function.check {
                check(call)?;
            }
            call.arguments.iter_mut().flatten().try_for_each(check_node)
        }
        NodeKind::Comparison(comparison) => {
            check_node(&mut comparison.left)?;
            check_node(&mut comparison.right)
        }
        NodeKind::Attribute(_) | NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Word(_) => Ok(()),
    }
}

fn check_parameters(call: &Call) -> Result<(), Problem> {
    let found = call.arguments.len();
    let signature = call.function.signature_for(found);
    let function = call.function.name;
    let at_name = || call.name_span.clone();

    if signature.repeated.is_empty() && found > signature.fixed.len() {
        let maximum = signature.fixed.len();
        let surplus = call.argument(maximum).map_or_else(at_name, |argument| argument.span.clone());
        return Err((SyntaxErrorKind::TooManyParameters { function, maximum, found }, surplus));
    }
    for (position, parameter) in signature.needed().enumerate() {
        if parameter.required && call.argument(position).is_none() {
            return Err((missing_or_unpaired(signature, found, function, parameter.name), at_name()));
        }
    }
    match signature.repeated {
        [first, second] if !found.saturating_sub(signature.fixed.len()).is_multiple_of(2) => {
            Err((SyntaxErrorKind::Unpaired { function, first: first.name, second: second.name }, at_name()))
        }
        _ => Ok(()),
    }
}

/// A pair of which only the first half was written is incomplete rather than missing.
fn missing_or_unpaired(
    signature: &Signature,
    found: usize,
    function: &'static str,
    parameter: &'static str,
) -> SyntaxErrorKind {
    match signature.repeated {
        [first, second] if second.name == parameter && found == signature.fixed.len() + 1 => {
            SyntaxErrorKind::Unpaired { function, first: first.name, second: second.name }
        }
        _ => SyntaxErrorKind::MissingParameter { function, parameter },
    }
}
