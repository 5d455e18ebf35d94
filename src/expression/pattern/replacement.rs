//! Replacing all matches of a pattern, as .NET's `Regex.Replace` does it.
//!
//! After a match the search goes on where it ended, and may find an empty match right there; after an empty match it goes on a
//! character further. So `.*` is found twice in `abc`: once in front, once, empty, at the end.

use super::{
    Match, Pattern,
    budget::{Budget, TooCostly},
    substitution::Substitution,
};

impl Pattern {
    /// `text` with every match replaced by `replacement`, in which `$` refers to groups.
    pub fn replace(&self, text: &str, replacement: &str, budget: &mut Budget) -> Result<String, TooCostly> {
        let substitution = Substitution::read(replacement, &self.groups);
        self.replace_spans(text, &substitution, budget, |found| Some(found.span))
    }

    /// `text` with what the group called `name` matches replaced by `replacement`, taken literally. Matches in which the
    /// group takes no part stay as they are.
    pub fn replace_group(
        &self,
        text: &str,
        name: &str,
        replacement: &str,
        budget: &mut Budget,
    ) -> Result<String, TooCostly> {
        let slot = self.groups.find(name);
        self.replace_spans(text, &Substitution::literally(replacement), budget, |found| found.groups[slot?])
    }

    fn replace_spans(
        &self,
        text: &str,
        substitution: &Substitution<'_>,
        budget: &mut Budget,
        span: impl Fn(&Match) -> Option<(usize, usize)>,
    ) -> Result<String, TooCostly> {
        let mut replaced = String::with_capacity(text.len());
        let (mut from, mut copied) = (0, 0);
        while let Some(found) = self.find(text, from, budget)? {
            if let Some((start, end)) = span(&found).filter(|&(start, _)| start >= copied) {
                replaced.push_str(&text[copied..start]);
                for part in substitution.expand(text, &found) {
                    budget.spend(1 + part.len())?;
                    replaced.push_str(part);
                }
                copied = end;
            }
            let (start, end) = found.span;
            from = match text[end..].chars().next() {
                _ if end > start => end,
                Some(character) => end + character.len_utf8(),
                None => break,
            };
        }
        replaced.push_str(&text[copied..]);
        Ok(replaced)
    }
}
