//! Runs the program of a pattern by backtracking.
//!
//! Where the program could go on in two ways, the second is put on a stack, and so is every value that a step overwrites. When
//! a way leads nowhere, the stack is taken off, values are restored, and the last other way is tried. The stack is a list, not
//! recursion, so long texts are no danger; only looks and atomic groups recurse, as deep as the pattern nests.

use super::{
    Match,
    budget::{Budget, TooCostly},
    program::{Instruction, Program},
    tree::{Anchor, Set, Times},
};
use crate::expression::characters::{casing::Culture, categories::is_word_character};

/// A position that is none.
const UNSET: usize = usize::MAX;

/// How high the stack may grow: an entry has six words.
const MAXIMUM_STACK: usize = 1 << 20;

/// A search in one text.
pub(super) struct Matcher<'p, 't, 'b> {
    program: &'p Program,
    text: &'t str,
    begin: usize,
    budget: &'b mut Budget,
    /// What the groups have matched.
    captures: Vec<Capture>,
    /// For each loop, its rounds so far and where the last one began.
    loops: Vec<(usize, usize)>,
    stack: Vec<Entry>,
}

/// The state of a group.
#[derive(Clone, Copy, Debug, Default)]
struct Capture {
    /// Where it began to match last.
    opened: usize,
    /// What it has matched last.
    span: Option<(usize, usize)>,
}

/// What is to be done, from the last to the first, when a way leads nowhere.
#[derive(Clone, Copy, Debug)]
enum Entry {
    /// Go on here.
    Way { instruction: usize, position: usize },
    /// Give back the last character of a run, unless it ends at `least`; then go on here.
    Shorten { instruction: usize, least: usize, position: usize },
    /// Take another character for the run that is instruction `run`, if it may; then go on behind it.
    Lengthen { run: usize, taken: usize, position: usize },
    /// Set a group back.
    Group { slot: usize, value: Capture },
    /// Set a loop back.
    Rounds { number: usize, value: (usize, usize) },
}

impl<'p, 't, 'b> Matcher<'p, 't, 'b> {
    /// A search in `text` from byte `begin` on.
    pub(super) fn new(program: &'p Program, text: &'t str, begin: usize, budget: &'b mut Budget) -> Self {
        Self {
            program,
            text,
            begin,
            budget,
            captures: vec![Capture::default(); program.groups],
            loops: vec![(0, UNSET); program.loops],
            stack: Vec::new(),
        }
    }

    /// The first match.
    pub(super) fn find(mut self) -> Result<Option<Match>, TooCostly> {
        self.budget.spend(self.captures.len() + self.loops.len())?;
        let first = self.program.first();
        let mut start = self.begin;
        loop {
            if let Some(set) = first {
                let rest = &self.text[start..];
                let skipped = rest.find(|character| set.contains(character)).unwrap_or(rest.len());
                self.budget.spend(skipped * set.cost())?;
                start += skipped;
            }
            self.budget.spend(1)?;
            if let Some(end) = self.run(0, start)? {
                let mut groups: Vec<_> = self.captures.iter().map(|capture| capture.span).collect();
                groups[0] = Some((start, end));
                return Ok(Some(Match { span: (start, end), groups }));
            }
            match self.text[start..].chars().next() {
                Some(character) if !self.program.is_anchored() => start += character.len_utf8(),
                _ => return Ok(None),
            }
        }
    }

    /// Runs from an instruction at a position to the next `Accept`; gives the position there. Without success everything is
    /// as it was before.
    fn run(&mut self, mut instruction: usize, mut position: usize) -> Result<Option<usize>, TooCostly> {
        let base = self.stack.len();
        let program = self.program;
        loop {
            self.budget.spend(1)?;
            let next = match &program.instructions[instruction] {
                Instruction::Accept => return Ok(Some(position)),
                Instruction::One { set, backward } => {
                    self.budget.spend(set.cost() - 1)?;
                    let character = if *backward { self.before(position) } else { self.after(position) };
                    character.filter(|&character| set.contains(character)).map(|character| {
                        let length = character.len_utf8();
                        (instruction + 1, if *backward { position - length } else { position + length })
                    })
                }
                Instruction::Run { set, times } => {
                    self.take_run(instruction, set, *times, position)?.map(|position| (instruction + 1, position))
                }
                Instruction::Anchor(anchor) => self.holds(*anchor, position).then_some((instruction + 1, position)),
                Instruction::Split { first, second } => {
                    self.push(Entry::Way { instruction: *second, position })?;
                    Some((*first, position))
                }
                Instruction::Jump(target) => Some((*target, position)),
                Instruction::Open(slot) => {
                    self.set_group(*slot, Capture { opened: position, ..self.captures[*slot] })?;
                    Some((instruction + 1, position))
                }
                Instruction::Close { slot, backward } => {
                    let opened = self.captures[*slot].opened;
                    let (start, end) = if *backward { (position, opened) } else { (opened, position) };
                    self.set_group(*slot, Capture { opened, span: Some((start, end)) })?;
                    Some((instruction + 1, position))
                }
                Instruction::LoopStart { number } => {
                    self.set_rounds(*number, (0, UNSET))?;
                    Some((instruction + 1, position))
                }
                Instruction::Loop { number, times, exit } => {
                    Some((self.decide_round(*number, *times, instruction + 1, *exit, position)?, position))
                }
                Instruction::LoopRound { number } => {
                    let (rounds, _) = self.loops[*number];
                    self.set_rounds(*number, (rounds + 1, position))?;
                    Some((instruction + 1, position))
                }
                Instruction::Look { negated, exit } => {
                    self.looks(instruction + 1, *negated, position)?.then_some((*exit, position))
                }
                Instruction::Atomic { exit } => {
                    let base = self.stack.len();
                    let end = self.run(instruction + 1, position)?;
                    self.forget_ways(base)?;
                    end.map(|end| (*exit, end))
                }
                Instruction::Back { slot, ignore_case, backward } => self
                    .take_again(*slot, *ignore_case, *backward, position)?
                    .map(|position| (instruction + 1, position)),
                Instruction::IfGroup { slot, otherwise } => {
                    let matched = self.captures[*slot].span.is_some();
                    Some((if matched { instruction + 1 } else { *otherwise }, position))
                }
                Instruction::IfLook { then, otherwise } => {
                    let matched = self.looks(instruction + 1, false, position)?;
                    Some((if matched { *then } else { *otherwise }, position))
                }
            };
            match next {
                Some(next) => (instruction, position) = next,
                None => match self.backtrack(base)? {
                    Some(next) => (instruction, position) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Takes the stack off down to the last other way, but not below `base`.
    fn backtrack(&mut self, base: usize) -> Result<Option<(usize, usize)>, TooCostly> {
        while self.stack.len() > base {
            self.budget.spend(1)?;
            match self.stack.pop() {
                Some(Entry::Way { instruction, position }) => return Ok(Some((instruction, position))),
                Some(Entry::Group { slot, value }) => self.captures[slot] = value,
                Some(Entry::Rounds { number, value }) => self.loops[number] = value,
                Some(Entry::Shorten { instruction, least, position }) => {
                    let position = position - self.before(position).map_or(0, char::len_utf8);
                    if position > least {
                        self.push(Entry::Shorten { instruction, least, position })?;
                    }
                    return Ok(Some((instruction, position)));
                }
                Some(Entry::Lengthen { run, taken, position }) => {
                    if let Instruction::Run { set, times } = &self.program.instructions[run]
                        && times.maximum.is_none_or(|maximum| taken < maximum as usize)
                        && let Some(character) = self.after(position).filter(|&character| set.contains(character))
                    {
                        let position = position + character.len_utf8();
                        self.push(Entry::Lengthen { run, taken: taken + 1, position })?;
                        return Ok(Some((run + 1, position)));
                    }
                }
                None => break,
            }
        }
        Ok(None)
    }

    fn push(&mut self, entry: Entry) -> Result<(), TooCostly> {
        if self.stack.len() >= MAXIMUM_STACK {
            return Err(TooCostly);
        }
        self.stack.push(entry);
        Ok(())
    }

    fn set_group(&mut self, slot: usize, value: Capture) -> Result<(), TooCostly> {
        self.push(Entry::Group { slot, value: self.captures[slot] })?;
        self.captures[slot] = value;
        Ok(())
    }

    fn set_rounds(&mut self, number: usize, value: (usize, usize)) -> Result<(), TooCostly> {
        self.push(Entry::Rounds { number, value: self.loops[number] })?;
        self.loops[number] = value;
        Ok(())
    }

    /// Takes characters of a set from `position` on: the least number, then more or none, with the other lengths put on the
    /// stack.
    fn take_run(&mut self, run: usize, set: &Set, times: Times, position: usize) -> Result<Option<usize>, TooCostly> {
        let most = if times.lazy { Some(times.minimum) } else { times.maximum };
        let (mut taken, mut end, mut least) = (0, position, None);
        if times.minimum == 0 {
            least = Some(position);
        }
        while most.is_none_or(|most| taken < most as usize)
            && let Some(character) = self.after(end).filter(|&character| set.contains(character))
        {
            end += character.len_utf8();
            taken += 1;
            if taken == times.minimum as usize {
                least = Some(end);
            }
        }
        self.budget.spend(taken * set.cost())?;
        let Some(least) = least else {
            return Ok(None);
        };
        if times.lazy {
            self.push(Entry::Lengthen { run, taken, position: end })?;
        } else if end > least {
            self.push(Entry::Shorten { instruction: run + 1, least, position: end })?;
        }
        Ok(Some(end))
    }

    /// The instruction that a loop goes on at: another round, or behind the loop. A round that took nothing is the last.
    fn decide_round(
        &mut self,
        number: usize,
        times: Times,
        round: usize,
        exit: usize,
        position: usize,
    ) -> Result<usize, TooCostly> {
        let (rounds, last) = self.loops[number];
        if rounds < times.minimum as usize && last != position {
            return Ok(round);
        }
        if last == position || times.maximum.is_some_and(|maximum| rounds >= maximum as usize) {
            return Ok(exit);
        }
        let (first, second) = if times.lazy { (exit, round) } else { (round, exit) };
        self.push(Entry::Way { instruction: second, position })?;
        Ok(first)
    }

    fn looks(&mut self, instruction: usize, negated: bool, position: usize) -> Result<bool, TooCostly> {
        let base = self.stack.len();
        let matched = self.run(instruction, position)?.is_some();
        if negated {
            self.undo(base)?;
        } else {
            self.forget_ways(base)?;
        }
        Ok(matched != negated)
    }

    /// Takes the stack off down to `base`, setting everything back and leaving other ways untried.
    fn undo(&mut self, base: usize) -> Result<(), TooCostly> {
        self.budget.spend(self.stack.len() - base)?;
        while self.stack.len() > base {
            match self.stack.pop() {
                Some(Entry::Group { slot, value }) => self.captures[slot] = value,
                Some(Entry::Rounds { number, value }) => self.loops[number] = value,
                Some(Entry::Way { .. } | Entry::Shorten { .. } | Entry::Lengthen { .. }) | None => {}
            }
        }
        Ok(())
    }

    /// Takes other ways off the stack above `base`, keeping the values to restore.
    fn forget_ways(&mut self, base: usize) -> Result<(), TooCostly> {
        self.budget.spend(self.stack.len() - base)?;
        let mut kept = base;
        for index in base..self.stack.len() {
            if matches!(self.stack[index], Entry::Group { .. } | Entry::Rounds { .. }) {
                self.stack.swap(kept, index);
                kept += 1;
            }
        }
        self.stack.truncate(kept);
        Ok(())
    }

    /// Takes what a group has matched once more; none if it has not matched, or if something else stands here.
    fn take_again(
        &mut self,
        slot: usize,
        ignore_case: bool,
        backward: bool,
        position: usize,
    ) -> Result<Option<usize>, TooCostly> {
        let Some((start, end)) = self.captures[slot].span else {
            return Ok(None);
        };
        let text = self.text;
        let captured = &text[start..end];
        self.budget.spend(captured.len())?;
        let same = |left: char, right: char| {
            left == right || ignore_case && Culture::Invariant.lower(left) == Culture::Invariant.lower(right)
        };
        let mut reached = position;
        if backward {
            for wanted in captured.chars().rev() {
                match self.before(reached) {
                    Some(found) if same(wanted, found) => reached -= found.len_utf8(),
                    _ => return Ok(None),
                }
            }
        } else {
            for wanted in captured.chars() {
                match self.after(reached) {
                    Some(found) if same(wanted, found) => reached += found.len_utf8(),
                    _ => return Ok(None),
                }
            }
        }
        Ok(Some(reached))
    }

    fn holds(&self, anchor: Anchor, position: usize) -> bool {
        let rest = &self.text[position..];
        let is_boundary = || {
            let is_word = |character: Option<char>| {
                character.is_some_and(|character| {
                    is_word_character(character) || matches!(character, '\u{200C}' | '\u{200D}')
                })
            };
            is_word(self.before(position)) != is_word(self.after(position))
        };
        match anchor {
            Anchor::Start => position == 0,
            Anchor::LineStart => position == 0 || self.text[..position].ends_with('\n'),
            Anchor::End => rest.is_empty() || rest == "\n",
            Anchor::LineEnd => rest.is_empty() || rest.starts_with('\n'),
            Anchor::VeryEnd => rest.is_empty(),
            Anchor::SearchStart => position == self.begin,
            Anchor::WordBoundary => is_boundary(),
            Anchor::NoWordBoundary => !is_boundary(),
        }
    }

    fn after(&self, position: usize) -> Option<char> {
        self.text[position..].chars().next()
    }

    fn before(&self, position: usize) -> Option<char> {
        self.text[..position].chars().next_back()
    }
}
