//! Regular expressions as .NET has them, without options set.
//!
//! Mappings and scoping filters are written for .NET: a pattern must match here what it matches there. So patterns are read
//! by a parser of their own, compiled to a small program, and matched by backtracking, as .NET does it. Rewriting them for
//! one of the engines at hand would not do, for three reasons:
//!
//! * *One budget.* A `Replace` is many searches, and an evaluation several of them. Other engines bound the work of each
//!   search at most, if any. Here every step is counted, one [`Budget`] holds for all searches of an evaluation (or of a
//!   scoping filter), and exhausting it is an error, within a fraction of a second and the same on every machine.
//! * *Numbering.* .NET numbers the groups without a name first, then the named ones, and `$1b` is group 1 and a `b`. Others
//!   number by position, and read the group `1b`: another replacement, and no error.
//! * *Empty matches.* .NET finds an empty match right behind another match: `.*` is found twice in `abc`. Others do not.
//!
//! More differs silently elsewhere: class subtraction, `$` before a final line end, literal braces and brackets. The tables of
//! characters come from the regular expression crate, and so does the judge of the tests, for what both understand alike.
//!
//! 1. `parser` reads a pattern into a `tree`, with `escape` and `class` for the details; `groups` numbers the groups.
//! 2. `program` turns the tree into instructions.
//! 3. `matcher` runs them at one position after the other.
//! 4. `replacement` and `substitution` replace matches.
//!
//! Limits: 100,000 characters, groups nested 100 deep, ten million steps.
//!
//! Differences that remain: positions are characters, not halves of surrogate pairs; balancing groups are refused;
//! letter case is ignored by the invariant culture's one-to-one mapping.
//!
//! Source: `spec/EXPRESSIONS.md` §6.

mod blocks;
mod budget;
mod class;
mod error;
mod escape;
mod groups;
mod matcher;
mod parser;
mod program;
mod replacement;
mod substitution;
mod tree;

pub use self::{
    budget::{Budget, TooCostly},
    error::{PatternError, PatternErrorKind},
};

use self::{
    groups::Groups,
    matcher::Matcher,
    program::Program,
    tree::{Anchor, Node},
};

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    program: Program,
    groups: Groups,
}

impl Pattern {
    /// Compiles `pattern`, which may match anywhere in a text.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, |node| node)
    }

    /// Compiles `pattern`, which must match a text as a whole: `\A(?:…)\z`.
    pub fn whole(pattern: &str) -> Result<Self, PatternError> {
        let anchored = |node| Node::Sequence(vec![Node::Anchor(Anchor::Start), node, Node::Anchor(Anchor::VeryEnd)]);
        Self::compile(pattern, anchored)
    }

    fn compile(pattern: &str, frame: impl FnOnce(Node) -> Node) -> Result<Self, PatternError> {
        let (node, groups) = parser::parse(pattern)?;
        let program = Program::compile(&frame(node), &groups)?;
        Ok(Self { program, groups })
    }

    /// Whether the pattern matches somewhere in `text`.
    pub fn is_match(&self, text: &str, budget: &mut Budget) -> Result<bool, TooCostly> {
        Ok(self.find(text, 0, budget)?.is_some())
    }

    /// Whether the pattern has a group of this name or number.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.find(name).is_some()
    }

    /// What the group called `name` matches in the first match: empty if it takes no part in it, none without a match.
    pub fn first_group<'t>(
        &self,
        text: &'t str,
        name: &str,
        budget: &mut Budget,
    ) -> Result<Option<&'t str>, TooCostly> {
        let slot = self.groups.find(name);
        let found = self.find(text, 0, budget)?;
        Ok(found.map(|found| slot.and_then(|slot| found.groups[slot]).map_or("", |(start, end)| &text[start..end])))
    }

    /// The first match that begins at byte `from` or later.
    fn find(&self, text: &str, from: usize, budget: &mut Budget) -> Result<Option<Match>, TooCostly> {
        Matcher::new(&self.program, text, from, budget).find()
    }
}

/// Where a pattern matched, in bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Match {
    /// The whole match.
    span: (usize, usize),
    /// What each group has matched last, slot by slot; none for a group that took no part.
    groups: Vec<Option<(usize, usize)>>,
}

#[cfg(test)]
mod tests;
