//! The records of one file, one at a time.
//!
//! A file is split into records without being parsed: [`json`] finds the elements of a list, [`ndjson`] the lines,
//! [`csv`] the rows. What comes out has one shape, the text of a JSON value and the place where it started, so that
//! hashing and parsing need not know the format. Memory is one record and the reader's buffer.
//!
//! After an error that concerns one record (see [`ReadError::record`]) reading goes on with the next one; after any
//! other error the stream has ended.

mod csv;
mod error;
mod input;
mod json;
mod ndjson;
mod nesting;
#[cfg(test)]
mod properties;

pub use error::{ReadError, ReadErrorKind, Wanted};
pub use input::RECORD_LIMIT;
pub(super) use input::characters;

use super::{Format, Place, SourceFile};
use csv::CsvRecords;
use input::{Input, Position};
use json::JsonRecords;
use ndjson::NdjsonRecords;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// One record, not yet parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// The text of a JSON value, as the file has it; of a row of CSV, a JSON object of texts. It is UTF-8.
    pub text: Vec<u8>,
    /// The line in which it starts, counted from 1.
    pub line: u64,
    /// The column in which it starts, in characters, counted from 1; 1 for a row of CSV.
    pub column: u64,
    /// Its number within the file, counted from 1.
    pub number: u64,
}

impl RawRecord {
    /// Where the record stands, given its file's name.
    pub fn place(&self, file: &Path) -> Place {
        Place { file: file.to_owned(), line: self.line, record: self.number }
    }
}

/// The records of a file, in the order of the file.
#[derive(Debug)]
pub struct Records<R = BufReader<Metered>> {
    splitter: Splitter<R>,
    file: PathBuf,
    ended: bool,
}

#[derive(Debug)]
enum Splitter<R> {
    Json(JsonRecords<R>),
    Ndjson(NdjsonRecords<R>),
    Csv(CsvRecords<R>),
}

/// Bytes read from a file at once.
const BUFFER: usize = 64 * 1024;

/// Counts the bytes that are read of files. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// How many there were so far.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A file whose bytes are counted as they are read.
#[derive(Debug)]
pub struct Metered {
    file: File,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.meter.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Opens a file of the source directory.
pub fn open(file: &SourceFile, meter: &Meter) -> Result<Records, ReadError> {
    let opened = File::open(&file.path).map_err(|error| ReadError::of_file(&file.name, 0, ReadErrorKind::Io(error)))?;
    let metered = Metered { file: opened, meter: meter.clone() };
    Records::new(BufReader::with_capacity(BUFFER, metered), &file.name, file.format)
}

impl<R: BufRead> Records<R> {
    /// The records of what `reader` gives. `file` is the name that errors carry.
    pub fn new(reader: R, file: &Path, format: Format) -> Result<Self, ReadError> {
        let input = Input::new(reader, file, format)?;
        let splitter = match format {
            Format::Json => Splitter::Json(JsonRecords::new(input)),
            Format::Ndjson => Splitter::Ndjson(NdjsonRecords::new(input)),
            Format::Csv => Splitter::Csv(CsvRecords::new(input)),
        };
        Ok(Self { splitter, file: file.to_owned(), ended: false })
    }

    /// Whether the file is a Graph page that names a next page (`@odata.nextLink`). Known once the last record was
    /// read. If it holds for every file of a kind, the last page is missing.
    pub fn is_continued(&self) -> bool {
        matches!(&self.splitter, Splitter::Json(records) if records.is_continued())
    }

    fn checked(&self, record: RawRecord) -> Result<RawRecord, ReadError> {
        let Err(error) = std::str::from_utf8(&record.text) else { return Ok(record) };
        let valid = &record.text[..error.valid_up_to()];
        let mut position = Position { line: record.line, column: record.column };
        position.pass(valid);
        let kind = ReadErrorKind::NotUtf8 { byte: record.text[valid.len()], column: position.column };
        Err(ReadError::of_record(&self.file, position.line, record.number, kind))
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<RawRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match &mut self.splitter {
            Splitter::Json(records) => records.next_record(),
            Splitter::Ndjson(records) => records.next_record(),
            Splitter::Csv(records) => records.next_record(),
        };
        let item = next.transpose().map(|item| item.and_then(|record| self.checked(record)));
        self.ended = match &item {
            Some(Err(error)) => error.record.is_none(),
            Some(Ok(_)) => false,
            None => true,
        };
        item
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::{self, Read};

    /// All that comes of a file.
    pub(super) fn items(format: Format, bytes: impl BufRead) -> Vec<Result<RawRecord, ReadError>> {
        match Records::new(bytes, Path::new(file_name(format)), format) {
            Ok(records) => records.collect(),
            Err(error) => vec![Err(error)],
        }
    }

    /// The name that messages of these tests have.
    pub(super) fn file_name(format: Format) -> &'static str {
        match format {
            Format::Json => "users.json",
            Format::Ndjson => "users.ndjson",
            Format::Csv => "users.csv",
        }
    }

    /// Each record as `line:column text`; panics at an error.
    pub(super) fn texts(format: Format, text: &str) -> Vec<String> {
        let show = |record: RawRecord| {
            format!("{}:{} {}", record.line, record.column, String::from_utf8(record.text).unwrap())
        };
        items(format, text.as_bytes())
            .into_iter()
            .map(|item| show(item.unwrap_or_else(|error| panic!("{error}"))))
            .collect()
    }

    /// The errors in the order in which they come.
    pub(super) fn errors(format: Format, text: impl AsRef<[u8]>) -> Vec<String> {
        items(format, text.as_ref()).into_iter().filter_map(|item| item.err().map(|error| error.to_string())).collect()
    }

    #[test]
    fn utf_16_is_refused() {
        for bytes in [&b"\xff\xfe[\0]\0"[..], b"\xfe\xff\0[\0]", b"[\0]\0", b"\0[\0]"] {
            assert_eq!(errors(Format::Json, bytes), ["users.json: the file is in UTF-16; save it as UTF-8"]);
            assert_eq!(errors(Format::Csv, bytes), ["users.csv: the file is in UTF-16; save it as UTF-8"]);
        }
    }

    #[test]
    fn a_record_that_is_not_utf_8_leaves_the_others_readable() {
        let bytes = b"[{\"a\":\"b\"},\n{\"c\":\"d\",\n \"\xc3\xa9\": \"\xe9\"}, {}]";
        let items = items(Format::Json, &bytes[..]);
        let message = "users.json:3 (record 2): the byte 0xE9 in column 8 is not UTF-8; save the file as UTF-8";
        assert_eq!(items[1].as_ref().unwrap_err().to_string(), message);
        assert_eq!(items[2].as_ref().unwrap().text, b"{}");
        assert_eq!(items.len(), 3);
        let message = "users.ndjson:1 (record 1): the byte 0xE9 in column 4 is not UTF-8; save the file as UTF-8";
        assert_eq!(errors(Format::Ndjson, b"  \"\xe9\"\n"), [message]);
    }

    #[test]
    fn nothing_comes_after_an_error_that_concerns_the_file() {
        let items = items(Format::Json, &b"[{} {} {}]"[..]);
        assert!(items[0].is_ok());
        assert!(items[1].as_ref().is_err_and(|error| error.record.is_none()));
        assert_eq!(items.len(), 2);
    }

    /// Gives `[{},`, is interrupted once, then fails.
    struct FailingDisk(u8);

    impl Read for FailingDisk {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 | 3 => Err(io::ErrorKind::Interrupted.into()),
                2 => {
                    buffer[..4].copy_from_slice(b"[{},");
                    Ok(4)
                }
                _ => Err(io::Error::other("the disk is on fire")),
            }
        }
    }

    #[test]
    fn an_interruption_is_nothing_and_a_failing_disk_ends_the_file() {
        let reader = BufReader::new(FailingDisk(0));
        let mut records = Records::new(reader, Path::new("users.json"), Format::Json).unwrap();
        assert!(records.next().unwrap().is_ok());
        let message = "users.json:1: the file cannot be read: the disk is on fire";
        assert_eq!(records.next().unwrap().unwrap_err().to_string(), message);
        assert!(records.next().is_none());
    }

    #[test]
    fn a_file_that_is_gone_is_an_error_with_its_name() {
        let file = SourceFile {
            path: "no-such-folder/users.json".into(),
            name: "users.json".into(),
            kind: crate::directory::FileKind::Users,
            format: Format::Json,
            size: 0,
            modified: None,
        };
        let message = open(&file, &Meter::default()).unwrap_err().to_string();
        assert!(message.starts_with("users.json: the file cannot be read: "), "{message}");
    }
}
