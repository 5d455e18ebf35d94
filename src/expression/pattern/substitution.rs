//! What matches are replaced by: text with references to groups.
//!
//! | written | gives |
//! | --- | --- |
//! | `$1`, `${1}`, `${name}` | what the group matched, empty if it took no part |
//! | `$&` | the whole match |
//! | `` $` ``, `$'` | the text before and after the match |
//! | `$+` | what the last group matched |
//! | `$_` | the whole text |
//! | `$$` | a dollar sign |
//!
//! A reference to a group that there is not stays as it is written.

use super::{Match, groups::Groups, parser::is_name_character};

/// A replacement, cut into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Substitution<'r>(Vec<Part<'r>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'r> {
    Text(&'r str),
    Group(usize),
    Before,
    After,
    Everything,
}

impl<'r> Substitution<'r> {
    /// Reads a replacement for a pattern with these groups.
    pub(super) fn read(replacement: &'r str, groups: &Groups) -> Self {
        let mut parts = Vec::new();
        let mut rest = replacement;
        while let Some(dollar) = rest.find('$') {
            let (text, reference) = rest.split_at(dollar);
            parts.push(Part::Text(text));
            let (part, length) = part(reference, groups).unwrap_or((Part::Text("$"), 1));
            parts.push(part);
            rest = &reference[length..];
        }
        parts.push(Part::Text(rest));
        Self(parts)
    }

    /// A replacement in which nothing refers to anything.
    pub(super) fn literally(replacement: &'r str) -> Self {
        Self(vec![Part::Text(replacement)])
    }

    /// The texts that a match in `text` is replaced by, one after the other.
    pub(super) fn expand<'a>(&'a self, text: &'a str, found: &'a Match) -> impl Iterator<Item = &'a str> {
        let (start, end) = found.span;
        self.0.iter().map(move |part| match *part {
            Part::Text(part) => part,
            Part::Group(slot) => found.groups[slot].map_or("", |(start, end)| &text[start..end]),
            Part::Before => &text[..start],
            Part::After => &text[end..],
            Part::Everything => text,
        })
    }
}

/// The part that a text beginning with `$` begins with, and its length.
fn part<'r>(text: &'r str, groups: &Groups) -> Option<(Part<'r>, usize)> {
    let behind = &text[1..];
    if let Some(inner) = behind.strip_prefix('{') {
        let length = inner.find(|character| !is_name_character(character))?;
        let (name, rest) = inner.split_at(length);
        let slot = groups.find(name).filter(|_| rest.starts_with('}'))?;
        return Some((Part::Group(slot), length + 3));
    }
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return groups.find(&behind[..digits]).map(|slot| (Part::Group(slot), digits + 1));
    }
    let part = match behind.chars().next()? {
        '$' => Part::Text("$"),
        '&' => Part::Group(0),
        '`' => Part::Before,
        '\'' => Part::After,
        '+' => Part::Group(groups.count() - 1),
        '_' => Part::Everything,
        _ => return None,
    };
    Some((part, 2))
}
