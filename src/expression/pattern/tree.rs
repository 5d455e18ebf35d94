//! A regular expression as a tree.

use super::class::Class;
use crate::expression::characters::casing::Culture;

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// One character.
    One(Set),
    /// A condition on the position.
    Anchor(Anchor),
    /// One part after the other.
    Sequence(Vec<Node>),
    /// The first part that leads to a match.
    Choice(Vec<Node>),
    /// A part several times.
    Repeat { node: Box<Node>, times: Times },
    /// A part whose match is kept.
    Group { key: GroupKey, node: Box<Node> },
    /// A part that must (or must not) match here, and takes nothing.
    Look { node: Box<Node>, behind: bool, negated: bool },
    /// A part that is not tried again once it has matched.
    Atomic(Box<Node>),
    /// What a group has matched.
    Back { name: String, ignore_case: bool, position: usize },
    /// One part if a condition holds, else another.
    Conditional { condition: Box<Condition>, yes: Box<Node>, no: Box<Node> },
}

impl Node {
    /// What matches nothing at all, always.
    pub(super) fn empty() -> Self {
        Self::Sequence(Vec::new())
    }
}

/// The condition of a conditional group.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// The condition as written, which may be the name or number of a group.
    pub(super) name: String,
    /// The condition as a pattern to look ahead for, if it is no group.
    pub(super) look: Node,
}

/// How often a part is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) minimum: u32,
    pub(super) maximum: Option<u32>,
    pub(super) lazy: bool,
}

/// How a group is called before all groups have their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupKey {
    /// The so-many-th group without a name, counted from 1.
    Unnamed(usize),
    /// `(?<7>…)`
    Number(usize),
    /// `(?<name>…)`
    Name(String),
}

/// Conditions on a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The beginning of the text.
    Start,
    /// The beginning of a line.
    LineStart,
    /// The end of the text, or before its last line end.
    End,
    /// The end of a line.
    LineEnd,
    /// The very end of the text.
    VeryEnd,
    /// Where the search began.
    SearchStart,
    /// Between a word and what is none.
    WordBoundary,
    /// Anywhere else.
    NoWordBoundary,
}

/// The characters that one place can match.
#[derive(Clone, Debug)]
pub(super) enum Set {
    /// Any character.
    Any,
    /// Any character but a line feed.
    NoLineFeed,
    /// This character.
    Exactly(char),
    /// The characters whose lower case this is.
    Lower(char),
    /// The characters of a class.
    Class(Box<Class>),
}

impl Set {
    pub(super) fn contains(&self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::NoLineFeed => character != '\n',
            Self::Exactly(wanted) => character == *wanted,
            Self::Lower(lower) => Culture::Invariant.lower(character) == *lower,
            Self::Class(class) => class.contains(character),
        }
    }
    /// How many tests it takes at most to decide about a character.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Class(class) => class.cost(),
            Self::Any | Self::NoLineFeed | Self::Exactly(_) | Self::Lower(_) => 1,
        }
    }
}
