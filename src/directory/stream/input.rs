//! The bytes of a file, with the place they stand at.

use super::{ReadError, ReadErrorKind};
use crate::directory::Format;
use std::{
    io::{self, BufRead, Chain, Cursor, ErrorKind, Read},
    path::{Path, PathBuf},
};

/// The most bytes that a record may have. It bounds memory where a quotation mark or bracket is never closed; a group
/// of two million members stays below it.
pub const RECORD_LIMIT: usize = 128 * 1024 * 1024;

/// How many bytes tell the encoding.
const PREFIX: usize = 4;

/// A reader that knows its line and column.
#[derive(Debug)]
pub(super) struct Input<R> {
    reader: Chain<Cursor<Vec<u8>>, R>,
    file: PathBuf,
    position: Position,
    record_limit: usize,
}

/// A place in the text, both parts counted from 1; the column in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl<R: BufRead> Input<R> {
    /// Takes a UTF-8 byte order mark off; refuses UTF-16 and a file without a byte.
    pub(super) fn new(mut reader: R, file: &Path, format: Format) -> Result<Self, ReadError> {
        let mut prefix = Vec::with_capacity(PREFIX);
        while prefix.len() < PREFIX {
            let available = fill(&mut reader).map_err(|error| ReadError::of_file(file, 0, ReadErrorKind::Io(error)))?;
            let taken = available.len().min(PREFIX - prefix.len());
            if taken == 0 {
                break;
            }
            prefix.extend_from_slice(&available[..taken]);
            reader.consume(taken);
        }
        let kind = match prefix.as_slice() {
            [] | [0xEF, 0xBB, 0xBF] => Some(ReadErrorKind::Empty { expected: empty_file(format) }),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => Some(ReadErrorKind::Utf16),
            _ => None,
        };
        if let Some(kind) = kind {
            return Err(ReadError::of_file(file, 0, kind));
        }
        if prefix.starts_with(&[0xEF, 0xBB, 0xBF]) {
            prefix.drain(..3);
        }
        let reader = Cursor::new(prefix).chain(reader);
        Ok(Self {
            reader,
            file: file.to_owned(),
            position: Position { line: 1, column: 1 },
            record_limit: RECORD_LIMIT,
        })
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// An error at the present line, after which nothing more can be read.
    pub(super) fn error(&self, kind: ReadErrorKind) -> ReadError {
        self.error_at(self.position.line, kind)
    }

    /// An error at `line`, after which nothing more can be read.
    pub(super) fn error_at(&self, line: u64, kind: ReadErrorKind) -> ReadError {
        ReadError::of_file(&self.file, line, kind)
    }

    /// An error of one record, at its first line, after which the next one can be read.
    pub(super) fn record_error(&self, line: u64, record: u64, kind: ReadErrorKind) -> ReadError {
        ReadError::of_record(&self.file, line, record, kind)
    }

    /// The next byte, which stays; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        let line = self.position.line;
        let available =
            fill(&mut self.reader).map_err(|error| ReadError::of_file(&self.file, line, ReadErrorKind::Io(error)))?;
        Ok(available.first().copied())
    }

    /// Passes over the byte that [`peek`](Self::peek) showed.
    pub(super) fn advance(&mut self) -> Result<(), ReadError> {
        if let Some(byte) = self.peek()? {
            self.position.pass(&[byte]);
            self.reader.consume(1);
        }
        Ok(())
    }

    /// Passes over blanks and line ends, and shows the byte after them.
    pub(super) fn skip_blanks(&mut self) -> Result<Option<u8>, ReadError> {
        while let Some(byte) = self.peek()? {
            if !is_blank(byte) {
                return Ok(Some(byte));
            }
            self.advance()?;
        }
        Ok(None)
    }

    /// Appends to `text` all bytes up to the first that is not `wanted`. More than [`RECORD_LIMIT`] in `text` is an
    /// error at `start`.
    pub(super) fn copy_while(
        &mut self,
        text: &mut Vec<u8>,
        start: Position,
        mut wanted: impl FnMut(u8) -> bool,
    ) -> Result<(), ReadError> {
        loop {
            let line = self.position.line;
            let chunk = fill(&mut self.reader)
                .map_err(|error| ReadError::of_file(&self.file, line, ReadErrorKind::Io(error)))?;
            let end = chunk.iter().position(|byte| !wanted(*byte));
            let taken = end.unwrap_or(chunk.len());
            text.extend_from_slice(&chunk[..taken]);
            self.position.pass(&chunk[..taken]);
            self.reader.consume(taken);
            if text.len() > self.record_limit {
                return Err(self.error_at(start.line, ReadErrorKind::TooLong));
            }
            if end.is_some() || taken == 0 {
                return Ok(());
            }
        }
    }
}

impl Position {
    /// Moves on to what follows `bytes`.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        if let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') {
            self.line += bytes[..=newline].split(|byte| *byte == b'\n').skip(1).count() as u64;
            self.column = 1 + characters(&bytes[newline + 1..]);
        } else {
            self.column += characters(bytes);
        }
    }
}

/// JSON's blanks (RFC 8259 §2).
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// How many characters start in `bytes` of UTF-8.
pub(crate) fn characters(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count() as u64
}

/// What a file of this format holds when it holds no records.
pub(super) fn empty_file(format: Format) -> &'static str {
    match format {
        Format::Json => "`[]`",
        Format::Ndjson => "a blank line",
        Format::Csv => "its heading row",
    }
}

/// What the reader has at hand, waiting for it if need be; nothing at the end.
fn fill(reader: &mut impl BufRead) -> io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    reader.fill_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_has_a_limit_and_the_error_names_the_line_where_it_began() {
        let mut input = Input::new(&b"a\nbcd\nefgh"[..], Path::new("users.csv"), Format::Csv).unwrap();
        input.record_limit = 4;
        let start = input.position();
        let mut text = Vec::new();
        input.copy_while(&mut text, start, |byte| byte != b'd').unwrap();
        assert_eq!(text, b"a\nbc");
        let error = input.copy_while(&mut text, start, |_| true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "users.csv:1: the record that starts here is longer than 128 MiB; a quotation mark or bracket may be open"
        );
    }

    #[test]
    fn the_position_counts_lines_and_characters() {
        let mut input =
            Input::new(&b"\xef\xbb\xbfa\n\xc3\xa9\xe2\x82\xacb"[..], Path::new("users.csv"), Format::Csv).unwrap();
        let start = input.position();
        input.copy_while(&mut Vec::new(), start, |byte| byte != b'b').unwrap();
        assert_eq!((input.position().line, input.position().column), (2, 3));
    }
}
