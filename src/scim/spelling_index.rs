//! Many spellings, looked for all at once.
//!
//! A mask may know thousands of them: all that a long answer holds at a path that is redacted, and it is asked about every text
//! of that answer. So what a text takes must not grow with their number. They stand in alphabetical order: at each place of
//! the text, one search by halves finds the last that does not come after what stands there, and no other can occur there
//! but those that this one begins with. Where none begins with the two bytes at hand, nothing is compared.
//!
//! An automaton would do without the halves, but it keeps several words for each byte of each spelling, and one value may be as
//! long as a whole answer.
//!
//! Known limit: very long ones ([`COMPARED`]) are looked for one after the other, each once along the text. To compare
//! them at each place would take the square of their length where a text repeats itself.

use super::spelling::{Form, Spelling};
use std::{borrow::Cow, cmp::Ordering};

/// Up to which length, in bytes, a spelling is compared at each place. Certificates are shorter, pictures are not.
const COMPARED: usize = 4096;

/// Spellings in the order in which a search needs them.
#[derive(Default)]
pub(super) struct SpellingIndex {
    /// Those for a text in lower case.
    any_case: Alphabet,
    /// Those for a text as it is.
    as_is: Alphabet,
    /// Those that are too long to be compared at each place; the longest first.
    long: Vec<Spelling>,
}

/// Spellings in alphabetical order.
#[derive(Default)]
struct Alphabet {
    spellings: Vec<Spelling>,
    /// For each of them the next shorter one that it begins with.
    within: Vec<Option<usize>>,
    /// A bit for each two bytes, which is set if a spelling begins with them; empty without any spelling.
    begins: Vec<u64>,
}

/// A search along one text.
pub(super) struct Search<'a> {
    index: &'a SpellingIndex,
    text: &'a str,
    folded: Cow<'a, str>,
    /// Where each of the long ones occurs next.
    long: Vec<Option<usize>>,
}

impl SpellingIndex {
    /// An index of these; of two that are the same the first is taken.
    pub(super) fn of(mut spellings: Vec<Spelling>) -> Self {
        spellings.retain(|spelling| !spelling.text().is_empty());
        spellings.sort_by(|one, other| one.text().cmp(other.text()).then_with(|| other.form.cmp(&one.form)));
        spellings.dedup_by(|next, kept| next.form == kept.form && next.text() == kept.text());
        let (mut long, compared): (Vec<_>, Vec<_>) =
            spellings.into_iter().partition(|spelling| spelling.text().len() > COMPARED);
        long.sort_by(precedence);
        let (any_case, as_is) = compared.into_iter().partition(|spelling| spelling.form == Form::AnyCase);
        Self { any_case: Alphabet::of(any_case), as_is: Alphabet::of(as_is), long }
    }

    /// All of them, in no order that means something.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Spelling> {
        self.any_case.spellings.iter().chain(&self.as_is.spellings).chain(&self.long)
    }

    /// A search for all of them in `text`.
    pub(super) fn search<'a>(&'a self, text: &'a str) -> Search<'a> {
        let is_folded = |spelling: &Spelling| spelling.form == Form::AnyCase;
        let any_case = !self.any_case.spellings.is_empty() || self.long.iter().any(is_folded);
        let folded = if any_case { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
        let mut search = Search { index: self, text, folded, long: Vec::new() };
        search.long = self.long.iter().map(|spelling| search.find(spelling, 0)).collect();
        search
    }
}

impl Alphabet {
    /// Of spellings that are in alphabetical order.
    fn of(spellings: Vec<Spelling>) -> Self {
        let mut within = Vec::with_capacity(spellings.len());
        let mut begins = if spellings.is_empty() { Vec::new() } else { vec![0; (1 << 16) / 64] };
        let mut open: Vec<usize> = Vec::new();
        for (index, spelling) in spellings.iter().enumerate() {
            while open.pop_if(|last| !spelling.text().starts_with(spellings[*last].text())).is_some() {}
            within.push(open.last().copied());
            open.push(index);
            let bytes = spelling.text().as_bytes();
            let seconds = bytes.get(1).map_or(0..=u8::MAX, |&second| second..=second);
            for pair in seconds.map(|second| pair(bytes[0], second)) {
                begins[pair / 64] |= 1 << (pair % 64);
            }
        }
        Self { spellings, within, begins }
    }

    /// The longest that occurs and counts at byte `at` of `text`; `searched` is the text as they are compared with it.
    fn at(&self, text: &str, searched: &str, at: usize) -> Option<&Spelling> {
        let rest = &searched.as_bytes()[at..];
        let pair = pair(*rest.first()?, rest.get(1).copied().unwrap_or_default());
        if self.begins.get(pair / 64)? & (1 << (pair % 64)) == 0 {
            return None;
        }
        let mut last = self.spellings.partition_point(|spelling| spelling.text().as_bytes() <= rest).checked_sub(1);
        while let Some(index) = last {
            let spelling = &self.spellings[index];
            if rest.starts_with(spelling.text().as_bytes()) && spelling.counts(text, at) {
                return Some(spelling);
            }
            last = self.within[index];
        }
        None
    }
}

impl<'a> Search<'a> {
    /// What occurs first from byte `from` on, and where: of several at one place the longest.
    pub(super) fn next(&mut self, from: usize) -> Option<(usize, &'a Spelling)> {
        let index = self.index;
        for (place, spelling) in index.long.iter().enumerate() {
            if self.long[place].is_some_and(|at| at < from) {
                self.long[place] = self.find(spelling, from);
            }
        }
        let found = index.long.iter().zip(&self.long).filter_map(|(spelling, at)| Some(((*at)?, spelling)));
        let long = found.min_by_key(|&(at, _)| at);
        let end = long.map_or(self.text.len(), |(at, _)| at);
        (from..end).find_map(|at| Some((at, self.at(at)?))).or(long)
    }

    /// The longest at byte `at`, of those that are compared at each place.
    fn at(&self, at: usize) -> Option<&'a Spelling> {
        let any_case = self.index.any_case.at(self.text, &self.folded, at);
        let as_is = self.index.as_is.at(self.text, self.text, at);
        any_case.into_iter().chain(as_is).min_by(|one, other| precedence(one, other))
    }

    /// Where a long one occurs from byte `from` on.
    fn find(&self, spelling: &Spelling, from: usize) -> Option<usize> {
        let searched = if spelling.form == Form::AnyCase { &*self.folded } else { self.text };
        let rest = searched.get(from..).filter(|rest| rest.len() >= spelling.text().len())?;
        rest.find(spelling.text()).map(|at| from + at)
    }
}

/// Which of two that occur at one place is taken.
fn precedence(one: &Spelling, other: &Spelling) -> Ordering {
    let length = other.text().len().cmp(&one.text().len());
    length.then_with(|| one.text().cmp(other.text())).then_with(|| one.form.cmp(&other.form))
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

#[cfg(test)]
mod tests {
    use super::{Form, Spelling, SpellingIndex, precedence};

    fn index(spellings: &[(&str, Form)]) -> SpellingIndex {
        SpellingIndex::of(spellings.iter().map(|&(text, form)| Spelling::new(text.to_owned(), form, "*")).collect())
    }

    /// All that is found, one after the other.
    fn found(index: &SpellingIndex, text: &str) -> Vec<(usize, String, Form)> {
        let mut search = index.search(text);
        let mut from = 0;
        std::iter::from_fn(|| {
            let (at, spelling) = search.next(from)?;
            from = at + spelling.text().len();
            Some((at, spelling.text().to_owned(), spelling.form))
        })
        .collect()
    }

    /// What is found by looking for each of them at each place.
    fn found_singly(index: &SpellingIndex, text: &str) -> Vec<(usize, String, Form)> {
        let (mut at, mut all) = (0, Vec::new());
        while at < text.len() {
            let occurs = |spelling: &&Spelling| {
                let folded = text.to_ascii_lowercase();
                let searched = if spelling.form == Form::AnyCase { folded.as_str() } else { text };
                searched.as_bytes()[at..].starts_with(spelling.text().as_bytes()) && spelling.counts(text, at)
            };
            match index.iter().filter(occurs).min_by(|one, other| precedence(one, other)) {
                Some(spelling) => {
                    all.push((at, spelling.text().to_owned(), spelling.form));
                    at += spelling.text().len();
                }
                None => at += 1,
            }
        }
        all
    }

    #[test]
    fn what_is_found_is_what_a_search_for_each_at_each_place_finds() {
        let index = index(&[
            ("a", Form::Exact),
            ("a-a", Form::Exact),
            ("a-ab", Form::AnyCase),
            ("b", Form::AnyCase),
            ("b--b", Form::Exact),
            ("ba", Form::Base64),
            ("bb", Form::Base64),
            ("bb", Form::Exact),
            ("a-bb-bb-", Form::Exact),
            ("-ä", Form::Exact),
            ("", Form::Exact),
        ]);
        let (parts, mut all) = (["a", "bb", "-", "B", "ä"], 0);
        for number in 0..5_usize.pow(6) {
            let text = (0..6).map(|digit| parts[number / 5_usize.pow(digit) % 5]).collect::<String>();
            let found = found(&index, &text);
            assert_eq!(found, found_singly(&index, &text), "{text}");
            all += found.len();
        }
        assert_eq!(all, 22_515);
    }

    #[test]
    fn a_short_one_that_is_no_word_does_not_hide_that_it_is_one_further_on() {
        assert_eq!(found(&index(&[("a-a", Form::Exact)]), "xa-a-a"), [(3, "a-a".to_owned(), Form::Exact)]);
    }

    #[test]
    fn long_ones_are_found_beside_short_ones_and_before_them() {
        let long = "picture-".repeat(1000);
        let longer = format!("{long}of-ada");
        let spellings = [(long.as_str(), Form::Exact), (&longer, Form::AnyCase), ("picture-", Form::Exact)];
        let index = index(&spellings);
        let places =
            |text: &str| found(&index, text).into_iter().map(|(at, text, _)| (at, text.len())).collect::<Vec<_>>();
        assert_eq!(places(&format!("{long}, {longer}!")), [(0, 8000), (8002, 8006)]);
        assert_eq!(places(&format!("picture- {}", longer.to_uppercase())), [(0, 8), (9, 8006)]);
        assert_eq!(places(&format!("{long}{long}")), [(0, 8000), (8000, 8000)]);
    }

    #[test]
    fn a_long_text_that_repeats_itself_is_gone_along_once() {
        let almost = format!("{}b", "a".repeat(300_000));
        assert_eq!(found(&index(&[(&almost, Form::Exact)]), &"a".repeat(1_000_000)), []);
    }
}
