//! Why a file, or one of its records, cannot be read.

use super::RECORD_LIMIT;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// An error of reading, with its place. Prints as `users.json:12: ...`, or `users.csv:12 (record 11): ...` where only
/// that record is concerned.
#[derive(Debug)]
pub struct ReadError {
    /// The file, relative to the directory's folder.
    pub file: PathBuf,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: u64,
    /// The only record that is concerned; none where the rest of the file is lost with it.
    pub record: Option<u64>,
    /// What is wrong.
    pub kind: ReadErrorKind,
}

/// What is wrong with a file or a record.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// CSV: a quoted cell goes on after its closing quotation mark.
    #[error(
        "in column {column} there is text after the closing quotation mark; a quotation mark within a cell is doubled"
    )]
    AfterQuote {
        /// The cell's number, counted from 1.
        column: usize,
    },
    /// CSV: a row with more or fewer cells than the heading row.
    #[error(
        "the row has {}, the heading row has {expected}; a cell that holds the separator must be quoted",
        columns(*found)
    )]
    Columns {
        /// How many cells the row has.
        found: usize,
        /// How many the heading row has.
        expected: usize,
    },
    /// CSV: two columns of one name.
    #[error("the column `{0}` stands twice in the heading row")]
    DuplicateHeading(String),
    /// Not a single byte.
    #[error("the file is empty, perhaps half-written; without records it must hold {expected}")]
    Empty {
        /// What such a file holds.
        expected: &'static str,
    },
    /// The operating system refuses.
    #[error("the file cannot be read: {0}")]
    Io(io::Error),
    /// CSV: lines that end in a carriage return alone.
    #[error("the lines end in a carriage return alone; save the file with line feeds")]
    LoneCarriageReturn,
    /// JSON: a bracket is closed by the other kind.
    #[error("`{closing}` cannot close `{opening}`")]
    Mismatch {
        /// What was opened.
        opening: char,
        /// What stands where it should be closed.
        closing: char,
    },
    /// CSV: a value in a column without a heading.
    #[error("column {column} has a value and no heading")]
    NoHeading {
        /// The cell's number, counted from 1.
        column: usize,
    },
    /// CSV: a heading row without headings.
    #[error("the first row must hold the column names")]
    NoHeadings,
    /// NDJSON: the first line is not a whole record.
    #[error(
        "the record does not end in its line: mend it, or, if this is a list or a record of several lines, name the file `.json`"
    )]
    NotOneLine,
    /// A byte that is not UTF-8.
    #[error("the byte {byte:#04X} in column {column} is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The byte.
        byte: u8,
        /// Its column in characters, counted from 1; of a row of CSV, the cell's number.
        column: u64,
    },
    /// JSON: a page with a second `value`.
    #[error("the page has a second `value`")]
    SecondValue,
    /// The limit on memory.
    #[error(
        "the record that starts here is longer than {} MiB; a quotation mark or bracket may be open",
        RECORD_LIMIT / (1024 * 1024)
    )]
    TooLong,
    /// JSON: a text that reaches the end of its line.
    #[error("a text is not closed before the end of the line")]
    UnclosedText,
    /// CSV: a quoted cell that reaches the end of the file.
    #[error("a quotation mark that is opened here is never closed; the file may be incomplete")]
    UnclosedQuote,
    /// JSON: something else than what must stand there.
    #[error("expected {wanted}, found {}", character(*found))]
    Unexpected {
        /// What should stand there.
        wanted: Wanted,
        /// The first byte of what does.
        found: u8,
    },
    /// The file ends too early.
    #[error("the file ends {}; it may be incomplete", unfinished(*record))]
    Unfinished {
        /// The number of the record in which it ends; none if it ends between records.
        record: Option<u64>,
    },
    /// CSV: the portal's template for bulk creation.
    #[error("this is the portal's upload template; use the file that `Download users` gives")]
    UploadTemplate,
    /// A byte order mark, or zero bytes, as UTF-16 has them.
    #[error("the file is in UTF-16; save it as UTF-8")]
    Utf16,
}

/// What should stand somewhere in a JSON file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wanted {
    /// Between a member's name and its value.
    #[error("`:`")]
    Colon,
    /// After an element of the list.
    #[error("`,` or `]` after record {record}")]
    CommaAfter {
        /// The number of the element.
        record: u64,
    },
    /// After a member of the outermost object.
    #[error("`,` or `}}`")]
    CommaOrBrace,
    /// After the list.
    #[error("the end of the file after the list")]
    End,
    /// After the only object.
    #[error("the end of the file after the object (one record a line belongs in a `.ndjson` file)")]
    EndAfterObject,
    /// At the start of the file.
    #[error("a list or an object")]
    ListOrObject,
    /// Within the outermost object.
    #[error("a name in quotation marks")]
    MemberName,
    /// After `[` or a comma.
    #[error("a record")]
    Record,
    /// After a colon.
    #[error("a value")]
    Value,
}

impl ReadError {
    pub(super) fn of_file(file: &Path, line: u64, kind: ReadErrorKind) -> Self {
        Self { file: file.to_owned(), line, record: None, kind }
    }

    pub(super) fn of_record(file: &Path, line: u64, record: u64, kind: ReadErrorKind) -> Self {
        Self { file: file.to_owned(), line, record: Some(record), kind }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        if let Some(record) = self.record {
            write!(formatter, " (record {record})")?;
        }
        write!(formatter, ": {}", self.kind)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ReadErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

fn columns(count: usize) -> String {
    crate::counted::counted(count, "column")
}

fn unfinished(record: Option<u64>) -> String {
    record.map_or_else(|| "before its list or object is closed".to_owned(), |record| format!("within record {record}"))
}

fn character(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("the byte {byte:#04X}") }
}
