//! Reads a pattern into a tree.
//!
//! A brace that begins no quantifier is a literal, and so is a closing bracket outside a class. Options in parentheses
//! (`i`, `m`, `n`, `s`, `x`) hold until the end of the group they stand in.

use super::{
    error::{PatternError, PatternErrorKind},
    groups::{Groups, is_number},
    tree::{Anchor, Condition, GroupKey, Node, Set, Times},
};
use crate::expression::characters::casing::Culture;

/// How deep groups may nest.
pub(super) const MAXIMUM_DEPTH: usize = 100;

/// How many characters a pattern may have. Nothing is documented; lists of alternatives stay far below.
pub(super) const MAXIMUM_LENGTH: usize = 100_000;

/// Reads `pattern`; gives the tree and the groups. It is read twice, for what `\10` means depends on the groups, those behind
/// it included.
pub(super) fn parse(pattern: &str) -> Result<(Node, Groups), PatternError> {
    let characters: Vec<char> = pattern.chars().collect();
    if characters.len() > MAXIMUM_LENGTH {
        return Err(PatternError { kind: PatternErrorKind::TooLong, position: MAXIMUM_LENGTH });
    }
    let mut first = Parser::new(&characters, None);
    first.whole()?;
    let groups = Groups::number(first.groups);
    let node = Parser::new(&characters, Some(&groups)).whole()?;
    Ok((node, groups))
}

/// The options in force.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Options {
    /// `i`
    pub(super) ignore_case: bool,
    /// `m`: `^` and `$` are about lines.
    multiline: bool,
    /// `s`: `.` matches line feeds too.
    single_line: bool,
    /// `n`: groups without a name keep nothing.
    explicit: bool,
    /// `x`: blanks and comments mean nothing.
    extended: bool,
}

pub(super) struct Parser<'p> {
    characters: &'p [char],
    position: usize,
    pub(super) options: Options,
    /// The groups so far, in the order in which they open.
    groups: Vec<GroupKey>,
    unnamed: usize,
    /// All groups of the pattern, once it was read before.
    known: Option<&'p Groups>,
}

pub(super) type Parsed<T> = Result<T, PatternError>;

impl<'p> Parser<'p> {
    fn new(characters: &'p [char], known: Option<&'p Groups>) -> Self {
        Self { characters, position: 0, options: Options::default(), groups: Vec::new(), unnamed: 0, known }
    }

    fn whole(&mut self) -> Parsed<Node> {
        let node = self.choice(0)?;
        if self.peek().is_some() { Err(self.error(PatternErrorKind::Unopened)) } else { Ok(node) }
    }

    pub(super) fn error(&self, kind: PatternErrorKind) -> PatternError {
        PatternError { kind, position: self.position.min(self.characters.len()) }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn go_back(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.position + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += 1;
        Some(character)
    }

    /// Takes `text` if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let comes_next = text.chars().enumerate().all(|(ahead, character)| self.peek_at(ahead) == Some(character));
        if comes_next {
            self.position += text.chars().count();
        }
        comes_next
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(character) = self.peek().filter(|&character| belongs(character)) {
            taken.push(character);
            self.position += 1;
        }
        taken
    }

    fn choice(&mut self, depth: usize) -> Parsed<Node> {
        if depth > MAXIMUM_DEPTH {
            return Err(self.error(PatternErrorKind::TooDeep));
        }
        let mut alternatives = self.alternatives(depth)?;
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Node::Choice(alternatives) })
    }

    fn alternatives(&mut self, depth: usize) -> Parsed<Vec<Node>> {
        let mut alternatives = vec![self.sequence(depth)?];
        while self.take("|") {
            alternatives.push(self.sequence(depth)?);
        }
        Ok(alternatives)
    }

    fn sequence(&mut self, depth: usize) -> Parsed<Node> {
        let mut parts = Vec::new();
        loop {
            self.skip_meaningless()?;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => {}
            }
            if let Some(node) = self.atom(depth)? {
                parts.push(self.quantified(node)?);
            }
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Sequence(parts) })
    }

    /// Skips comments, and blanks where they mean nothing.
    fn skip_meaningless(&mut self) -> Parsed<()> {
        loop {
            if self.options.extended {
                self.take_while(char::is_whitespace);
                if self.take("#") {
                    self.take_while(|character| character != '\n');
                    continue;
                }
            }
            let begin = self.position;
            if !self.take("(?#") {
                return Ok(());
            }
            self.take_while(|character| character != ')');
            if !self.take(")") {
                self.position = begin;
                return Err(self.error(PatternErrorKind::Unclosed('(')));
            }
        }
    }

    /// A part without its quantifier; none for options that are set for what follows.
    fn atom(&mut self, depth: usize) -> Parsed<Option<Node>> {
        let begin = self.position;
        let Some(character) = self.next() else {
            return Ok(None);
        };
        let options = self.options;
        Ok(Some(match character {
            '(' => return self.group(depth, begin),
            '[' => Node::One(Set::Class(Box::new(self.class(depth)?))),
            '\\' => self.escape()?,
            '.' if options.single_line => Node::One(Set::Any),
            '.' => Node::One(Set::NoLineFeed),
            '^' => Node::Anchor(if options.multiline { Anchor::LineStart } else { Anchor::Start }),
            '$' => Node::Anchor(if options.multiline { Anchor::LineEnd } else { Anchor::End }),
            '*' | '+' | '?' => {
                self.position = begin;
                return Err(self.error(PatternErrorKind::NothingToRepeat));
            }
            '{' => {
                self.position = begin;
                if self.quantifier()?.is_some() {
                    self.position = begin;
                    return Err(self.error(PatternErrorKind::NothingToRepeat));
                }
                self.position = begin + 1;
                self.literal('{')
            }
            other => self.literal(other),
        }))
    }

    /// One character as it is, or in either case.
    pub(super) fn literal(&self, character: char) -> Node {
        let lower = Culture::Invariant.lower(character);
        let has_cases = lower != character || Culture::Invariant.upper(character) != character;
        Node::One(if self.options.ignore_case && has_cases { Set::Lower(lower) } else { Set::Exactly(character) })
    }

    fn quantified(&mut self, node: Node) -> Parsed<Node> {
        self.skip_meaningless()?;
        let Some(times) = self.quantifier()? else {
            return Ok(node);
        };
        let lazy = self.take("?");
        self.skip_meaningless()?;
        let after = self.position;
        if self.quantifier()?.is_some() {
            self.position = after;
            return Err(self.error(PatternErrorKind::NestedQuantifier));
        }
        Ok(Node::Repeat { node: Box::new(node), times: Times { lazy, ..times } })
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}`; none, and nothing taken, if something else comes next.
    fn quantifier(&mut self) -> Parsed<Option<Times>> {
        let begin = self.position;
        let times = |minimum, maximum| Ok(Some(Times { minimum, maximum, lazy: false }));
        match self.next() {
            Some('*') => return times(0, None),
            Some('+') => return times(1, None),
            Some('?') => return times(0, Some(1)),
            Some('{') => {}
            _ => {
                self.position = begin;
                return Ok(None);
            }
        }
        let minimum = self.take_while(|character| character.is_ascii_digit());
        let comma = self.take(",");
        let maximum = if comma { self.take_while(|character| character.is_ascii_digit()) } else { minimum.clone() };
        if minimum.is_empty() || !self.take("}") {
            self.position = begin;
            return Ok(None);
        }
        let number = |digits: &str| {
            let number = digits.parse::<u32>().ok().filter(|&number| i32::try_from(number).is_ok());
            number.ok_or(PatternError { kind: PatternErrorKind::TooLarge, position: begin })
        };
        let least = number(&minimum)?;
        let most = if maximum.is_empty() { None } else { Some(number(&maximum)?) };
        if most.is_some_and(|most| most < least) {
            self.position = begin;
            return Err(self.error(PatternErrorKind::ReversedRange));
        }
        times(least, most)
    }

    fn group(&mut self, depth: usize, begin: usize) -> Parsed<Option<Node>> {
        let outer = self.options;
        if !self.take("?") {
            if self.options.explicit {
                return self.inside(depth, begin, outer).map(Some);
            }
            self.unnamed += 1;
            return self.keeping(GroupKey::Unnamed(self.unnamed), depth, begin).map(Some);
        }
        let look = |behind, negated| move |node| Node::Look { node: Box::new(node), behind, negated };
        let node = if self.take(":") {
            self.inside(depth, begin, outer)?
        } else if self.take(">") {
            Node::Atomic(Box::new(self.inside(depth, begin, outer)?))
        } else if self.take("=") {
            self.inside(depth, begin, outer).map(look(false, false))?
        } else if self.take("!") {
            self.inside(depth, begin, outer).map(look(false, true))?
        } else if self.take("<=") {
            self.inside(depth, begin, outer).map(look(true, false))?
        } else if self.take("<!") {
            self.inside(depth, begin, outer).map(look(true, true))?
        } else if self.take("<") {
            let key = self.group_key('>')?;
            self.keeping(key, depth, begin)?
        } else if self.take("'") {
            let key = self.group_key('\'')?;
            self.keeping(key, depth, begin)?
        } else if self.take("(") {
            self.conditional(depth, begin)?
        } else {
            return self.with_options(depth, begin);
        };
        Ok(Some(node))
    }

    /// The rest of a group up to its closing parenthesis.
    fn inside(&mut self, depth: usize, begin: usize, outer: Options) -> Parsed<Node> {
        let node = self.choice(depth + 1)?;
        if !self.take(")") {
            self.position = begin;
            return Err(self.error(PatternErrorKind::Unclosed('(')));
        }
        self.options = outer;
        Ok(node)
    }

    fn keeping(&mut self, key: GroupKey, depth: usize, begin: usize) -> Parsed<Node> {
        self.groups.push(key.clone());
        let node = self.inside(depth, begin, self.options)?;
        Ok(Node::Group { key, node: Box::new(node) })
    }

    fn group_key(&mut self, close: char) -> Parsed<GroupKey> {
        let begin = self.position;
        let name = self.take_while(is_name_character);
        let kind = match self.next() {
            Some('-') => PatternErrorKind::BalancingGroup,
            Some(next) if next == close && !name.is_empty() => {
                if !name.starts_with(|first: char| first.is_ascii_digit()) {
                    return Ok(GroupKey::Name(name));
                }
                match name.parse() {
                    Ok(number @ 1..=0x7FFF_FFFF) => return Ok(GroupKey::Number(number)),
                    _ => PatternErrorKind::GroupName,
                }
            }
            _ => PatternErrorKind::GroupName,
        };
        self.position = begin;
        Err(self.error(kind))
    }

    /// `(?imnsx-imnsx)` or `(?imnsx-imnsx:…)`.
    fn with_options(&mut self, depth: usize, begin: usize) -> Parsed<Option<Node>> {
        let outer = self.options;
        let mut on = true;
        loop {
            let options = &mut self.options;
            let character = self.characters.get(self.position).copied();
            self.position += 1;
            match character {
                Some('i') => options.ignore_case = on,
                Some('m') => options.multiline = on,
                Some('n') => options.explicit = on,
                Some('s') => options.single_line = on,
                Some('x') => options.extended = on,
                Some('-') => on = false,
                Some('+') => on = true,
                Some(')') => return Ok(None),
                Some(':') => return self.inside(depth, begin, outer).map(Some),
                _ => {
                    self.position = begin;
                    return Err(self.error(PatternErrorKind::GroupKind));
                }
            }
        }
    }

    /// `(?(condition)yes|no)`, the condition being a group or a pattern to look ahead for.
    fn conditional(&mut self, depth: usize, begin: usize) -> Parsed<Node> {
        if depth > MAXIMUM_DEPTH {
            return Err(self.error(PatternErrorKind::TooDeep));
        }
        let outer = self.options;
        let inner = self.position;
        let name = self.take_while(is_name_character);
        let name = if self.peek() == Some(')') { name } else { String::new() };
        self.position = inner;
        if is_number(&name) && !self.has_group(&name) {
            return Err(self.error(PatternErrorKind::UndefinedGroup(name)));
        }
        let look = if self.peek() == Some('?') {
            self.group(depth + 1, inner - 1)?.unwrap_or_else(Node::empty)
        } else {
            self.inside(depth, inner - 1, outer)?
        };
        let mut branches = self.alternatives(depth + 1)?.into_iter();
        let (yes, no) = (branches.next(), branches.next());
        let kind =
            if branches.next().is_some() { PatternErrorKind::Conditional } else { PatternErrorKind::Unclosed('(') };
        if matches!(kind, PatternErrorKind::Conditional) || !self.take(")") {
            self.position = begin;
            return Err(self.error(kind));
        }
        self.options = outer;
        Ok(Node::Conditional {
            condition: Box::new(Condition { name, look }),
            yes: Box::new(yes.unwrap_or_else(Node::empty)),
            no: Box::new(no.unwrap_or_else(Node::empty)),
        })
    }

    /// Whether the pattern has a group with this number, as far as that is known.
    pub(super) fn has_group(&self, number: &str) -> bool {
        self.known.is_none_or(|groups| groups.find(number).is_some())
    }
}

/// Whether a character can stand in the name of a group.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
