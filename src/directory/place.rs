//! Where a record stands: file, line and number.

use std::{fmt, path::PathBuf};

/// The place of one record, for messages. Prints as `users.json:12 (record 3)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the directory's folder.
    pub file: PathBuf,
    /// The line in which the record starts, counted from 1.
    pub line: u64,
    /// The record's number within the file, counted from 1.
    pub record: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{} (record {})", self.file.display(), self.line, self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_prints_file_line_and_record() {
        let place = Place { file: "users/sales.json".into(), line: 12, record: 3 };
        assert_eq!(place.to_string(), "users/sales.json:12 (record 3)");
    }
}
