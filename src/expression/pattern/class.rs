//! Character classes: `[a-z]`, `[^\d_]`, `[a-z-[aeiou]]`, `\w`, `\p{Lu}`.

use super::{blocks, error::PatternErrorKind};
use crate::expression::characters::{
    casing::Culture,
    categories::{self, CharacterSet},
};

/// A class of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    /// In order, without overlaps, once the class is finished.
    ranges: Vec<(char, char)>,
    categories: Vec<Category>,
    subtracted: Option<Box<Class>>,
    negated: bool,
    ignore_case: bool,
    /// The ASCII characters of the finished class, a bit each.
    ascii: u128,
}

/// A category of characters, or all characters outside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Category {
    members: Members,
    negated: bool,
}

#[derive(Clone, Copy, Debug)]
enum Members {
    Digits,
    Words,
    Spaces,
    Unicode(&'static CharacterSet),
    Block(char, char),
}

impl Category {
    /// The category of `\d`, `\w` or `\s`; of everything else for the capital letter.
    pub(super) fn of_letter(letter: char) -> Option<Self> {
        let members = match letter.to_ascii_lowercase() {
            'd' => Members::Digits,
            'w' => Members::Words,
            's' => Members::Spaces,
            _ => return None,
        };
        Some(Self { members, negated: letter.is_ascii_uppercase() })
    }

    /// The category of `\p{name}`: a general category, or a block.
    pub(super) fn named(name: &str, negated: bool) -> Result<Self, PatternErrorKind> {
        let members = match name.strip_prefix("Is") {
            Some(block) => blocks::named(block).map(|(first, last)| Members::Block(first, last)),
            None => categories::category(name).map(Members::Unicode),
        };
        let members = members.ok_or_else(|| PatternErrorKind::UnknownCategory(name.to_owned()))?;
        Ok(Self { members, negated })
    }

    fn contains(self, character: char) -> bool {
        let is_member = match self.members {
            Members::Digits => categories::is_digit(character),
            Members::Words => categories::is_word_character(character),
            Members::Spaces => character.is_whitespace(),
            Members::Unicode(set) => set.contains(character),
            Members::Block(first, last) => (first..=last).contains(&character),
        };
        is_member != self.negated
    }
}

impl Class {
    /// An empty class.
    pub(super) fn new(negated: bool, ignore_case: bool) -> Self {
        Self { negated, ignore_case, ..Self::default() }
    }

    /// A class of one category.
    pub(super) fn of(category: Category) -> Self {
        let mut class = Self::new(false, false);
        class.categories.push(category);
        class.finished()
    }

    pub(super) fn add_range(&mut self, first: char, last: char) {
        self.ranges.push((first, last));
    }

    pub(super) fn add_category(&mut self, category: Category) {
        self.categories.push(category);
    }

    pub(super) fn subtract(&mut self, class: Self) {
        self.subtracted = Some(Box::new(class));
    }

    /// The class with everything added, ready for use.
    pub(super) fn finished(mut self) -> Self {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let overlaps = next.0 <= kept.1;
            if overlaps {
                kept.1 = kept.1.max(next.1);
            }
            overlaps
        });
        let members = (0..128_u8).filter(|&byte| self.decide(char::from(byte)));
        self.ascii = members.fold(0, |ascii, byte| ascii | 1 << byte);
        self
    }

    /// Whether `character` is in the class.
    pub(super) fn contains(&self, character: char) -> bool {
        if character.is_ascii() { self.ascii >> u32::from(character) & 1 == 1 } else { self.decide(character) }
    }

    /// How many tests it takes at most to decide about a character.
    pub(super) fn cost(&self) -> usize {
        1 + self.categories.len() + self.subtracted.as_ref().map_or(0, |class| class.cost())
    }

    fn decide(&self, character: char) -> bool {
        let is_listed = self.lists(character)
            || self.ignore_case
                && (self.lists(Culture::Invariant.lower(character)) || self.lists(Culture::Invariant.upper(character)));
        is_listed != self.negated && !self.subtracted.as_ref().is_some_and(|class| class.contains(character))
    }

    fn lists(&self, character: char) -> bool {
        let behind = self.ranges.partition_point(|&(first, _)| first <= character);
        let is_in_range = behind.checked_sub(1).is_some_and(|before| self.ranges[before].1 >= character);
        is_in_range || self.categories.iter().any(|category| category.contains(character))
    }
}
