//! The names of people: for each culture a file with given names and family names, in its own script.
//!
//! A name that is not written in plain Latin letters says after `=` how mail addresses write it; diacritics that only mark a
//! letter (`é`, `ő`, `ễ`) need no such help. A family name may have a form of its own for women after `/`.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The files, each with the culture's name.
const FILES: [(&str, &str); 22] = [
    ("arabic", include_str!("names/arabic.txt")),
    ("bulgarian", include_str!("names/bulgarian.txt")),
    ("chinese", include_str!("names/chinese.txt")),
    ("czech", include_str!("names/czech.txt")),
    ("dutch", include_str!("names/dutch.txt")),
    ("english", include_str!("names/english.txt")),
    ("french", include_str!("names/french.txt")),
    ("german", include_str!("names/german.txt")),
    ("greek", include_str!("names/greek.txt")),
    ("hebrew", include_str!("names/hebrew.txt")),
    ("hindi", include_str!("names/hindi.txt")),
    ("hungarian", include_str!("names/hungarian.txt")),
    ("italian", include_str!("names/italian.txt")),
    ("japanese", include_str!("names/japanese.txt")),
    ("korean", include_str!("names/korean.txt")),
    ("nordic", include_str!("names/nordic.txt")),
    ("polish", include_str!("names/polish.txt")),
    ("portuguese", include_str!("names/portuguese.txt")),
    ("spanish", include_str!("names/spanish.txt")),
    ("turkish", include_str!("names/turkish.txt")),
    ("ukrainian", include_str!("names/ukrainian.txt")),
    ("vietnamese", include_str!("names/vietnamese.txt")),
];

/// The names that people of one language have.
#[derive(Debug)]
pub(super) struct Culture {
    /// What it is called in the table of offices.
    pub(super) name: &'static str,
    /// What stands between the two names, and whether the family's comes first.
    order: &'static str,
    /// Given names of women.
    pub(super) female: Vec<Name>,
    /// Given names of men.
    pub(super) male: Vec<Name>,
    /// Family names, each as men and as women bear it.
    pub(super) family: Vec<[Name; 2]>,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// In its own script.
    pub(super) written: &'static str,
    /// In the letters of mail addresses.
    pub(super) ascii: String,
}

/// All cultures, by name.
pub(super) fn cultures() -> Vec<Culture> {
    FILES.iter().map(|(name, text)| Culture::read(name, text)).collect()
}

impl Culture {
    fn read(name: &'static str, text: &'static str) -> Self {
        let mut culture = Self { name, order: "", female: Vec::new(), male: Vec::new(), family: Vec::new() };
        for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
            match key {
                "order" => culture.order = value.trim(),
                "female" => culture.female = value.split(',').map(Name::read).collect(),
                "male" => culture.male = value.split(',').map(Name::read).collect(),
                _ => culture.family = value.split(',').map(read_family).collect(),
            }
        }
        culture
    }

    /// A whole name as it is displayed.
    pub(super) fn display_name(&self, given: &str, family: &str) -> String {
        match self.order {
            "family given" => format!("{family} {given}"),
            "family+given" => format!("{family}{given}"),
            _ => format!("{given} {family}"),
        }
    }
}

fn read_family(text: &'static str) -> [Name; 2] {
    let (men, women) = text.split_once('/').unwrap_or((text, text));
    [Name::read(men), Name::read(women)]
}

impl Name {
    fn read(text: &'static str) -> Self {
        match text.split_once('=') {
            Some((written, ascii)) => Self { written: written.trim(), ascii: ascii.trim().to_owned() },
            None => Self { written: text.trim(), ascii: plain(text) },
        }
    }
}

/// The letters of a name without their marks; apostrophes and blanks go.
fn plain(name: &str) -> String {
    let letters = name.nfd().filter(|character| !is_combining_mark(*character));
    letters.filter(|character| character.is_alphabetic() || *character == '-').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_stand_in_a_mail_address_and_stands_once() {
        for culture in cultures() {
            let all = culture.female.iter().chain(&culture.male).chain(culture.family.iter().flatten());
            for name in all {
                let is_plain =
                    |ascii: &str| ascii.chars().all(|character| character.is_ascii_lowercase() || character == '-');
                assert!(!name.written.is_empty() && !name.ascii.is_empty(), "{}", culture.name);
                assert!(is_plain(&name.ascii), "{} {name:?}", culture.name);
            }
            for list in [&culture.female, &culture.male] {
                let mut written: Vec<_> = list.iter().map(|name| name.written).collect();
                written.sort_unstable();
                written.dedup();
                assert_eq!((written.len(), list.len()), (20, 20), "{}", culture.name);
            }
            let mut families: Vec<_> = culture.family.iter().map(|[men, _]| men.written).collect();
            families.sort_unstable();
            families.dedup();
            assert!(families.len() == culture.family.len() && families.len() >= 30, "{}", culture.name);
            assert!(["given family", "family given", "family+given"].contains(&culture.order), "{}", culture.name);
        }
    }

    #[test]
    fn marks_go_and_what_is_no_letter_goes() {
        for (written, ascii) in
            [("Siobhán", "siobhan"), ("O'Brien", "obrien"), ("de la Tour", "delatour"), ("Nguyễn", "nguyen")]
        {
            assert_eq!(Name::read(written), Name { written, ascii: ascii.to_owned() });
        }
        let name = Name { written: "Œuvre", ascii: "oeuvre".to_owned() };
        assert_eq!(Name::read(" Œuvre = oeuvre "), name);
        assert_eq!(read_family("Novák / Nováková").map(|name| name.ascii), ["novak", "novakova"]);
    }

    #[test]
    fn a_name_is_displayed_in_the_order_of_its_culture() {
        let shown = |culture: &str, given: &str, family: &str| {
            let all = cultures();
            all.iter().find(|known| known.name == culture).unwrap().display_name(given, family)
        };
        assert_eq!(shown("greek", "Ελένη", "Παππά"), "Ελένη Παππά");
        assert_eq!(shown("japanese", "愛", "佐藤"), "佐藤 愛");
        assert_eq!(shown("chinese", "静", "王"), "王静");
    }
}
