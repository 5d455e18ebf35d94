//! A pattern as a program for the matcher.
//!
//! What stands in a look-behind is compiled backward: its parts in reverse order, each taking the character before the
//! position.

use super::{
    error::{PatternError, PatternErrorKind},
    groups::Groups,
    tree::{Anchor, Condition, Node, Set, Times},
};

/// Instructions, numbered from 0; the first is where a match begins.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// How many groups there are, the whole match included.
    pub(super) groups: usize,
    /// How many loops there are.
    pub(super) loops: usize,
}

/// A step of the matcher. Targets are numbers of instructions; where none is named, the next one follows.
#[derive(Clone, Debug)]
pub(super) enum Instruction {
    /// Takes one character of the set, forward or backward.
    One { set: Set, backward: bool },
    /// Takes several characters of the set, forward, as many as lead to a match.
    Run { set: Set, times: Times },
    /// Goes on if the position is right.
    Anchor(Anchor),
    /// Goes on at `first`; if that leads nowhere, at `second`.
    Split { first: usize, second: usize },
    /// Goes on at the target.
    Jump(usize),
    /// Notes where a group begins to match.
    Open(usize),
    /// Notes what a group has matched: from where it began to here, or the other way round.
    Close { slot: usize, backward: bool },
    /// Begins a loop.
    LoopStart { number: usize },
    /// Decides about another round of a loop, whose body begins behind the next instruction.
    Loop { number: usize, times: Times, exit: usize },
    /// Begins another round.
    LoopRound { number: usize },
    /// Goes on at `exit` if what follows, up to its `Accept`, matches (or does not, if `negated`), taking nothing.
    Look { negated: bool, exit: usize },
    /// Goes on at `exit` with what follows, up to its `Accept`, taken and not to be tried again.
    Atomic { exit: usize },
    /// Takes what the group has matched.
    Back { slot: usize, ignore_case: bool, backward: bool },
    /// Goes on at `otherwise` unless the group has matched.
    IfGroup { slot: usize, otherwise: usize },
    /// Goes on at `then` if what follows, up to its `Accept`, matches, taking nothing; else at `otherwise`.
    IfLook { then: usize, otherwise: usize },
    /// Ends the program, or that of a look or an atomic group, with success.
    Accept,
}

impl Program {
    pub(super) fn compile(node: &Node, groups: &Groups) -> Result<Self, PatternError> {
        let mut compiler = Compiler { instructions: Vec::new(), loops: 0, groups };
        compiler.node(node, false)?;
        compiler.instructions.push(Instruction::Accept);
        Ok(Self { instructions: compiler.instructions, groups: groups.count(), loops: compiler.loops })
    }

    /// The characters that every match begins with, if that is simple to say.
    pub(super) fn first(&self) -> Option<&Set> {
        let begins = self.instructions.iter().find(|instruction| !matches!(instruction, Instruction::Open(_)))?;
        match begins {
            Instruction::One { set, backward: false } => Some(set),
            Instruction::Run { set, times } if times.minimum > 0 => Some(set),
            _ => None,
        }
    }

    /// Whether a match can only begin at the beginning of the text.
    pub(super) fn is_anchored(&self) -> bool {
        let begins = self.instructions.iter().find(|instruction| !matches!(instruction, Instruction::Open(_)));
        matches!(begins, Some(Instruction::Anchor(Anchor::Start)))
    }
}

struct Compiler<'g> {
    instructions: Vec<Instruction>,
    loops: usize,
    groups: &'g Groups,
}

impl Compiler<'_> {
    fn here(&self) -> usize {
        self.instructions.len()
    }

    /// Adds an instruction whose target is not known yet.
    fn reserve(&mut self) -> usize {
        self.instructions.push(Instruction::Accept);
        self.here() - 1
    }

    fn node(&mut self, node: &Node, backward: bool) -> Result<(), PatternError> {
        match node {
            Node::One(set) => self.instructions.push(Instruction::One { set: set.clone(), backward }),
            Node::Anchor(anchor) => self.instructions.push(Instruction::Anchor(*anchor)),
            Node::Sequence(parts) if backward => parts.iter().rev().try_for_each(|part| self.node(part, true))?,
            Node::Sequence(parts) => parts.iter().try_for_each(|part| self.node(part, false))?,
            Node::Choice(alternatives) => self.choice(alternatives, backward)?,
            Node::Repeat { node, times } => self.repeat(node, *times, backward)?,
            Node::Group { key, node } => {
                let slot = self.groups.slot(key);
                self.instructions.push(Instruction::Open(slot));
                self.node(node, backward)?;
                self.instructions.push(Instruction::Close { slot, backward });
            }
            Node::Look { node, behind, negated } => {
                let begin = self.reserve();
                self.node(node, *behind)?;
                self.instructions.push(Instruction::Accept);
                self.instructions[begin] = Instruction::Look { negated: *negated, exit: self.here() };
            }
            Node::Atomic(node) => {
                let begin = self.reserve();
                self.node(node, backward)?;
                self.instructions.push(Instruction::Accept);
                self.instructions[begin] = Instruction::Atomic { exit: self.here() };
            }
            Node::Back { name, ignore_case, position } => {
                let kind = || PatternErrorKind::UndefinedGroup(name.clone());
                let slot = self.groups.find(name).ok_or_else(|| PatternError { kind: kind(), position: *position })?;
                self.instructions.push(Instruction::Back { slot, ignore_case: *ignore_case, backward });
            }
            Node::Conditional { condition, yes, no } => self.conditional(condition, yes, no, backward)?,
        }
        Ok(())
    }

    fn conditional(
        &mut self,
        condition: &Condition,
        yes: &Node,
        no: &Node,
        backward: bool,
    ) -> Result<(), PatternError> {
        let begin = self.reserve();
        let slot = self.groups.find(&condition.name);
        if slot.is_none() {
            self.node(&condition.look, false)?;
            self.instructions.push(Instruction::Accept);
        }
        let then = self.here();
        self.node(yes, backward)?;
        let end = self.reserve();
        let otherwise = self.here();
        self.node(no, backward)?;
        self.instructions[end] = Instruction::Jump(self.here());
        self.instructions[begin] = match slot {
            Some(slot) => Instruction::IfGroup { slot, otherwise },
            None => Instruction::IfLook { then, otherwise },
        };
        Ok(())
    }

    fn choice(&mut self, alternatives: &[Node], backward: bool) -> Result<(), PatternError> {
        let mut ends = Vec::new();
        for (number, alternative) in alternatives.iter().enumerate() {
            if number + 1 == alternatives.len() {
                self.node(alternative, backward)?;
                break;
            }
            let split = self.reserve();
            self.node(alternative, backward)?;
            ends.push(self.reserve());
            self.instructions[split] = Instruction::Split { first: split + 1, second: self.here() };
        }
        for end in ends {
            self.instructions[end] = Instruction::Jump(self.here());
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, times: Times, backward: bool) -> Result<(), PatternError> {
        match node {
            Node::One(set) if !backward => self.instructions.push(Instruction::Run { set: set.clone(), times }),
            _ => {
                let number = self.loops;
                self.loops += 1;
                self.instructions.push(Instruction::LoopStart { number });
                let head = self.reserve();
                self.instructions.push(Instruction::LoopRound { number });
                self.node(node, backward)?;
                self.instructions.push(Instruction::Jump(head));
                self.instructions[head] = Instruction::Loop { number, times, exit: self.here() };
            }
        }
        Ok(())
    }
}
