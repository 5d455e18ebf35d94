//! Character classes: `[a-z]`, `[^\d_]`, `[a-z-[aeiou]]`, `\w`, `\p{Lu}`.

use super::error::PatternErrorKind;
use crate::expression::characters::{
    casing::Culture,
    categories::{self, CharacterSet},
};

/// A class of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    items: Vec<Item>,
    subtracted: Option<Box<Class>>,
    negated: bool,
    ignore_case: bool,
    /// The ASCII characters of the finished class, a bit each.
    ascii: u128,
}

/// A part of a class.
#[derive(Clone, Debug)]
enum Item {
    Range(char, char),
    Category { category: Category, negated: bool },
}

/// A category of characters.
#[derive(Clone, Debug)]
pub(super) enum Category {
    Digit,
    Word,
    Space,
    Unicode(Box<CharacterSet>),
    Block(char, char),
}

impl Category {
    /// The category of `\p{name}`: a general category, or one of the commoner blocks.
    pub(super) fn named(name: &str) -> Result<Self, PatternErrorKind> {
        if let Some(block) = name.strip_prefix("Is") {
            let found = BLOCKS.iter().find(|(known, _, _)| *known == block);
            return match found {
                Some(&(_, first, last)) => Ok(Self::Block(first, last)),
                None => Err(PatternErrorKind::UnknownCategory(name.to_owned())),
            };
        }
        let set = CharacterSet::category(name).map(Box::new).map(Self::Unicode);
        set.ok_or_else(|| PatternErrorKind::UnknownCategory(name.to_owned()))
    }

    fn contains(&self, character: char) -> bool {
        match self {
            Self::Digit => categories::is_digit(character),
            Self::Word => categories::is_word_character(character),
            Self::Space => categories::is_space(character),
            Self::Unicode(set) => set.contains(character),
            Self::Block(first, last) => (*first..=*last).contains(&character),
        }
    }
}

/// Unicode blocks by their .NET names.
const BLOCKS: [(&str, char, char); 19] = [
    ("BasicLatin", '\0', '\u{7F}'),
    ("Latin-1Supplement", '\u{80}', '\u{FF}'),
    ("LatinExtended-A", '\u{100}', '\u{17F}'),
    ("LatinExtended-B", '\u{180}', '\u{24F}'),
    ("CombiningDiacriticalMarks", '\u{300}', '\u{36F}'),
    ("Greek", '\u{370}', '\u{3FF}'),
    ("GreekandCoptic", '\u{370}', '\u{3FF}'),
    ("Cyrillic", '\u{400}', '\u{4FF}'),
    ("Armenian", '\u{530}', '\u{58F}'),
    ("Hebrew", '\u{590}', '\u{5FF}'),
    ("Arabic", '\u{600}', '\u{6FF}'),
    ("Devanagari", '\u{900}', '\u{97F}'),
    ("Thai", '\u{E00}', '\u{E7F}'),
    ("LatinExtendedAdditional", '\u{1E00}', '\u{1EFF}'),
    ("GeneralPunctuation", '\u{2000}', '\u{206F}'),
    ("Hiragana", '\u{3040}', '\u{309F}'),
    ("Katakana", '\u{30A0}', '\u{30FF}'),
    ("CJKUnifiedIdeographs", '\u{4E00}', '\u{9FFF}'),
    ("HangulSyllables", '\u{AC00}', '\u{D7AF}'),
];

impl Class {
    /// An empty class.
    pub(super) fn new(negated: bool, ignore_case: bool) -> Self {
        Self { negated, ignore_case, ..Self::default() }
    }

    /// A class of one category, or of everything else.
    pub(super) fn of(category: Category, negated: bool) -> Self {
        let mut class = Self::new(false, false);
        class.add_category(category, negated);
        class.finished()
    }

    pub(super) fn add_range(&mut self, first: char, last: char) {
        self.items.push(Item::Range(first, last));
    }

    pub(super) fn add_category(&mut self, category: Category, negated: bool) {
        self.items.push(Item::Category { category, negated });
    }

    pub(super) fn subtract(&mut self, class: Self) {
        self.subtracted = Some(Box::new(class));
    }

    /// The class with everything added, ready for use.
    pub(super) fn finished(mut self) -> Self {
        let members = (0..128_u8).filter(|&byte| self.decide(char::from(byte)));
        self.ascii = members.fold(0, |ascii, byte| ascii | 1 << byte);
        self
    }

    pub(super) fn contains(&self, character: char) -> bool {
        if character.is_ascii() { self.ascii >> u32::from(character) & 1 == 1 } else { self.decide(character) }
    }

    fn decide(&self, character: char) -> bool {
        let listed = self.lists(character)
            || self.ignore_case
                && (self.lists(Culture::Invariant.lower(character)) || self.lists(Culture::Invariant.upper(character)));
        listed != self.negated && !self.subtracted.as_ref().is_some_and(|class| class.contains(character))
    }

    fn lists(&self, character: char) -> bool {
        self.items.iter().any(|item| match item {
            Item::Range(first, last) => (*first..=*last).contains(&character),
            Item::Category { category, negated } => category.contains(character) != *negated,
        })
    }
}
