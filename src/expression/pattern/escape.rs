//! What follows a backslash, and what stands in a character class.

use super::{
    class::{Category, Class},
    error::PatternErrorKind,
    parser::{Parsed, Parser, is_name_character},
    tree::{Anchor, Node, Set},
};

/// A member of a class.
enum Member {
    Character(char),
    Category(Category),
}

impl Parser<'_> {
    /// What follows a backslash outside a class.
    pub(super) fn escape(&mut self) -> Parsed<Node> {
        let begin = self.position();
        if let Some(category) = self.category()? {
            return Ok(Node::One(Set::Class(Box::new(Class::of(category)))));
        }
        let anchor = match self.peek() {
            Some('A') => Some(Anchor::Start),
            Some('Z') => Some(Anchor::End),
            Some('z') => Some(Anchor::VeryEnd),
            Some('G') => Some(Anchor::SearchStart),
            Some('b') => Some(Anchor::WordBoundary),
            Some('B') => Some(Anchor::NoWordBoundary),
            _ => None,
        };
        if let Some(anchor) = anchor {
            self.next();
            return Ok(Node::Anchor(anchor));
        }
        match self.peek() {
            Some('k') => {
                self.next();
                let Some(close) = self.next().and_then(|open| match open {
                    '<' => Some(">"),
                    '\'' => Some("'"),
                    _ => None,
                }) else {
                    return self.refuse(begin, PatternErrorKind::Escape('k'));
                };
                let name = self.take_while(is_name_character);
                if name.is_empty() || !self.take(close) {
                    return self.refuse(begin, PatternErrorKind::Escape('k'));
                }
                Ok(self.back_reference(name, begin))
            }
            Some('1'..='9') => {
                let digits = self.take_while(|character| character.is_ascii_digit());
                if digits.len() > 1 && !self.has_group(&digits) {
                    self.go_back(begin);
                    let character = self.character_escape(false)?;
                    return Ok(self.literal(character));
                }
                Ok(self.back_reference(digits, begin))
            }
            _ => {
                let character = self.character_escape(false)?;
                Ok(self.literal(character))
            }
        }
    }

    fn back_reference(&self, name: String, position: usize) -> Node {
        Node::Back { name, ignore_case: self.options.ignore_case, position }
    }

    fn refuse<T>(&mut self, position: usize, kind: PatternErrorKind) -> Parsed<T> {
        self.go_back(position);
        Err(self.error(kind))
    }

    /// `d`, `D`, `w`, `W`, `s`, `S`, `p{name}` or `P{name}`; none, and nothing taken, if something else comes next.
    fn category(&mut self) -> Parsed<Option<Category>> {
        let begin = self.position();
        let Some(letter) = self.peek() else {
            return Ok(None);
        };
        if let Some(category) = Category::of_letter(letter) {
            self.next();
            return Ok(Some(category));
        }
        if !matches!(letter, 'p' | 'P') {
            return Ok(None);
        }
        self.next();
        let name = if self.take("{") { self.take_while(|character| character != '}') } else { String::new() };
        if !self.take("}") {
            return self.refuse(begin, PatternErrorKind::Escape(letter));
        }
        match Category::named(&name, letter == 'P') {
            Ok(category) => Ok(Some(category)),
            Err(kind) => self.refuse(begin, kind),
        }
    }

    /// A single character behind a backslash.
    fn character_escape(&mut self, in_class: bool) -> Parsed<char> {
        let begin = self.position();
        let Some(letter) = self.next() else {
            return Err(self.error(PatternErrorKind::EscapeAtEnd));
        };
        let character = match letter {
            '0'..='7' => {
                self.go_back(begin);
                self.number(8, 1, 3).and_then(|code| char::from_u32(code & 0xFF))
            }
            'a' => Some('\u{7}'),
            'b' if in_class => Some('\u{8}'),
            'e' => Some('\u{1B}'),
            'f' => Some('\u{C}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{B}'),
            'x' => self.number(16, 2, 2).and_then(char::from_u32),
            'u' => self.unicode(),
            'c' => self.next().and_then(|control| match control.to_ascii_uppercase() {
                upper @ '@'..='_' => char::from_u32(u32::from(upper) - 64),
                _ => None,
            }),
            letter if is_name_character(letter) => None,
            other => Some(other),
        };
        match character {
            Some(character) => Ok(character),
            None => self.refuse(begin, PatternErrorKind::Escape(letter)),
        }
    }

    /// Four hexadecimal digits, or twice four for a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let unit = self.number(16, 4, 4)?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit);
        }
        let second = self.take("\\u").then(|| self.number(16, 4, 4))??;
        let units = [u16::try_from(unit).ok()?, u16::try_from(second).ok()?];
        char::decode_utf16(units).next()?.ok()
    }

    fn number(&mut self, radix: u32, minimum: usize, maximum: usize) -> Option<u32> {
        let mut digits = String::new();
        while digits.len() < maximum
            && let Some(digit) = self.peek().filter(|digit| digit.is_digit(radix))
        {
            digits.push(digit);
            self.next();
        }
        if digits.len() < minimum { None } else { u32::from_str_radix(&digits, radix).ok() }
    }

    /// A class, from behind its opening bracket.
    pub(super) fn class(&mut self, depth: usize) -> Parsed<Class> {
        let begin = self.position() - 1;
        if depth > super::parser::MAXIMUM_DEPTH {
            return self.refuse(begin, PatternErrorKind::TooDeep);
        }
        let mut class = Class::new(self.take("^"), self.options.ignore_case);
        let first = self.position();
        loop {
            let position = self.position();
            if position > first && self.take("]") {
                return Ok(class.finished());
            }
            if position > first && self.take("-[") {
                class.subtract(self.class(depth + 1)?);
                if self.peek().is_some_and(|next| next != ']') {
                    return self.refuse(position, PatternErrorKind::SubtractionNotLast);
                }
                continue;
            }
            match self.member(begin)? {
                Member::Category(category) => class.add_category(category),
                Member::Character(character) => {
                    let last = self.range_end(character, begin)?;
                    class.add_range(character, last);
                }
            }
        }
    }

    fn member(&mut self, begin: usize) -> Parsed<Member> {
        match self.next() {
            None => self.refuse(begin, PatternErrorKind::Unclosed('[')),
            Some('\\') => match self.category()? {
                Some(category) => Ok(Member::Category(category)),
                None => self.character_escape(true).map(Member::Character),
            },
            Some(character) => Ok(Member::Character(character)),
        }
    }

    /// The end of the range that `first` begins; `first` itself if it begins none.
    fn range_end(&mut self, first: char, begin: usize) -> Parsed<char> {
        let is_range = self.peek() == Some('-') && !matches!(self.peek_at(1), None | Some(']' | '['));
        if !is_range {
            return Ok(first);
        }
        self.next();
        let position = self.position();
        match self.member(begin)? {
            Member::Character(last) if last >= first => Ok(last),
            Member::Character(_) => self.refuse(position, PatternErrorKind::ReversedRange),
            Member::Category(_) => self.refuse(position, PatternErrorKind::ClassInRange),
        }
    }
}
