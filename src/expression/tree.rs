//! An expression as a tree. Every node knows the bytes of the text that it stands for; two trees are equal if they say the
//! same, wherever their parts stand.

use super::{functions::Function, functions::Parameter, pattern::Pattern};
use std::ops::Range;

/// The bytes of an expression's text that something stands in.
pub type Span = Range<usize>;

/// A part of an expression that has a value.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The kinds of nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// `[name]`: the value of a source attribute.
    Attribute(String),
    /// `"text"`: a constant, without its escapes.
    Text(String),
    /// A number, which is a constant like a text (`spec/EXPRESSIONS.md` §1.5).
    Number(Number),
    /// A bare word.
    Word(Word),
    /// `Name(arguments)`.
    Call(Call),
    /// `left operator right`.
    Comparison(Box<Comparison>),
}

/// A number literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// As it was written: `42`, `-1.5`, `&HF`.
    pub written: String,
    /// The constant it stands for: `42`, `-1.5`, `15`.
    pub value: String,
}

/// The bare words of the language (`spec/EXPRESSIONS.md` §1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// `vbBinaryCompare`: compare exactly.
    BinaryCompare,
    /// `vbTextCompare`: compare ignoring letter case.
    TextCompare,
    /// `IgnoreAttributeFlow`: drop the mapping for this object.
    IgnoreAttributeFlow,
    /// `IgnoreObjectFlow`: skip the object.
    IgnoreObjectFlow,
    /// `True`: the text `True`.
    True,
    /// `False`: the text `False`.
    False,
}

impl Word {
    /// All words.
    pub const ALL: [Self; 6] = [
        Self::BinaryCompare,
        Self::TextCompare,
        Self::IgnoreAttributeFlow,
        Self::IgnoreObjectFlow,
        Self::True,
        Self::False,
    ];

    /// The word as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BinaryCompare => "vbBinaryCompare",
            Self::TextCompare => "vbTextCompare",
            Self::IgnoreAttributeFlow => "IgnoreAttributeFlow",
            Self::IgnoreObjectFlow => "IgnoreObjectFlow",
            Self::True => "True",
            Self::False => "False",
        }
    }
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function called.
    pub function: &'static Function,
    /// The slots between the parentheses; none where nothing stands between two commas.
    pub arguments: Vec<Option<Node>>,
    /// Where the function's name stands.
    pub name_span: Span,
    /// The regular expression that the call applies, if it is a constant.
    pub(super) pattern: Option<Box<Pattern>>,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name && self.arguments == other.arguments
    }
}

impl Call {
    /// The argument in slot `position`, counted from 0; none if it was left out.
    pub fn argument(&self, position: usize) -> Option<&Node> {
        self.arguments.get(position)?.as_ref()
    }

    /// The arguments that were given, each with the parameter that it is for.
    pub fn given(&self) -> impl Iterator<Item = (&'static Parameter, &Node)> {
        let signature = self.function.signature_for(self.arguments.len());
        self.arguments
            .iter()
            .enumerate()
            .filter_map(move |(position, argument)| Some((signature.parameter(position)?, argument.as_ref()?)))
    }
}

/// A comparison of two values.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What stands before the operator.
    pub left: Node,
    /// The operator.
    pub operator: Operator,
    /// What stands after the operator.
    pub right: Node,
}

/// The comparison operators (`spec/EXPRESSIONS.md` §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Operator {
    /// All operators, longer ones before those they begin with.
    pub const ALL: [Self; 6] =
        [Self::NotEqual, Self::GreaterOrEqual, Self::LessOrEqual, Self::Equal, Self::Greater, Self::Less];

    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }
}

impl Node {
    /// The nodes right below this one, in the order in which they stand.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::Call(call) => call.arguments.iter().flatten().collect(),
            NodeKind::Comparison(comparison) => vec![&comparison.left, &comparison.right],
            NodeKind::Attribute(_) | NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Word(_) => Vec::new(),
        }
    }

    /// Calls `visit` for this node and every node below it, in the order in which they stand.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            NodeKind::Call(call) => call.arguments.iter().flatten().for_each(|argument| argument.walk(visit)),
            NodeKind::Comparison(comparison) => {
                comparison.left.walk(visit);
                comparison.right.walk(visit);
            }
            NodeKind::Attribute(_) | NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Word(_) => {}
        }
    }

    /// The text of a constant: a quoted text, a number, `True` or `False`.
    pub fn constant(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            NodeKind::Number(number) => Some(&number.value),
            NodeKind::Word(word @ (Word::True | Word::False)) => Some(word.name()),
            NodeKind::Word(_) | NodeKind::Attribute(_) | NodeKind::Call(_) | NodeKind::Comparison(_) => None,
        }
    }
}
