//! The offices, departments and words of which a company is made, each a line of a small table.

/// Where people work.
#[derive(Debug)]
pub(super) struct Office {
    /// The culture of most people there.
    pub(super) culture: &'static str,
    pub(super) name: &'static str,
    pub(super) street: &'static str,
    pub(super) city: &'static str,
    /// Empty where addresses have none.
    pub(super) state: &'static str,
    /// Empty where addresses have none.
    pub(super) postal_code: &'static str,
    /// The country's two letters.
    pub(super) country: &'static str,
    pub(super) language: &'static str,
    /// A telephone number with `#` for any digit.
    pub(super) phone: &'static str,
    /// The same of a mobile telephone.
    pub(super) mobile: &'static str,
    pub(super) region: &'static str,
    /// How much of the staff works there, compared with the others.
    pub(super) share: usize,
}

/// What people work at.
#[derive(Debug)]
pub(super) struct Department {
    pub(super) name: &'static str,
    /// The first of its cost centres.
    pub(super) code: usize,
    /// How much of the staff belongs to it, compared with the others.
    pub(super) share: usize,
    /// The titles of the head, vice presidents, directors and managers.
    pub(super) leaders: [&'static str; 4],
    /// The titles of everybody else.
    pub(super) staff: Vec<&'static str>,
}

/// Lists of words.
#[derive(Debug)]
pub(super) struct Words {
    /// The first words of projects' names.
    pub(super) first: Vec<&'static str>,
    /// The second ones.
    pub(super) second: Vec<&'static str>,
    /// Clubs.
    pub(super) clubs: Vec<&'static str>,
    /// The domains that guests come from.
    pub(super) partners: Vec<&'static str>,
}

/// The offices, those of a small company first.
pub(super) fn offices() -> Vec<Office> {
    let rows = rows::<12>(include_str!("offices.txt"));
    rows.map(|[culture, name, street, city, state, postal_code, country, language, phone, mobile, region, share]| {
        let share = share.parse().unwrap_or_default();
        Office { culture, name, street, city, state, postal_code, country, language, phone, mobile, region, share }
    })
    .collect()
}

/// The departments, those of a small company first.
pub(super) fn departments() -> Vec<Department> {
    rows::<8>(include_str!("departments.txt"))
        .map(|[name, code, share, head, vice_president, director, manager, staff]| Department {
            name,
            code: code.parse().unwrap_or_default(),
            share: share.parse().unwrap_or_default(),
            leaders: [head, vice_president, director, manager],
            staff: staff.split(',').map(str::trim).collect(),
        })
        .collect()
}

/// The words.
pub(super) fn words() -> Words {
    let text = include_str!("projects.txt");
    let list = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_default().split(',').map(str::trim).collect()
    };
    Words { first: list("first"), second: list("second"), clubs: list("clubs"), partners: list("partners") }
}

/// The cells of each line that is no comment.
fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        cells.try_into().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::names::cultures, *};

    fn lines(text: &str) -> usize {
        text.lines().filter(|line| !line.starts_with('#')).count()
    }

    #[test]
    fn every_office_can_be_read_and_has_a_culture_that_there_is() {
        let (cultures, offices) = (cultures(), offices());
        assert_eq!(offices.len(), lines(include_str!("offices.txt")));
        for Office { culture, name, country, language, phone, mobile, share, .. } in offices {
            assert!(cultures.iter().any(|known| known.name == culture), "{name}: {culture}");
            assert!(country.len() == 2 && language.len() == 5 && share > 0, "{name}");
            assert!([phone, mobile].iter().all(|number| number.starts_with('+') && number.contains('#')), "{name}");
        }
    }

    #[test]
    fn every_department_can_be_read_and_only_the_executives_are_no_choice() {
        let departments = departments();
        assert_eq!(departments.len(), lines(include_str!("departments.txt")));
        for (index, Department { name, code, share, leaders, staff }) in departments.iter().enumerate() {
            assert!(*code > 0 && (*share > 0) == (index > 0), "{name}");
            assert!(leaders.iter().chain(staff).all(|title| !title.is_empty()), "{name}");
        }
    }

    #[test]
    fn there_are_words_of_each_sort() {
        let Words { first, second, clubs, partners } = words();
        assert_eq!([first.len(), second.len(), clubs.len(), partners.len()], [40, 40, 8, 6]);
    }
}
