//! CSV: a heading row, then one record a row (RFC 4180).
//!
//! Cells are separated by commas or, as spreadsheets write it in many countries, by semicolons: whichever the heading
//! row has more of. A quoted cell may hold the separator, line ends and doubled quotation marks. An empty cell is an
//! absent attribute; a row of nothing but empty cells is passed over. Each row becomes the text of a JSON object whose
//! values are texts, so that `0755` stays what it is.
//!
//! Rows are split here, and not by a general reader of CSV, because such readers take the end of the file for a closing
//! quotation mark, which hides that a file was cut off, and lose count of lines where these end in CR LF.

use super::{RawRecord, ReadError, ReadErrorKind, input::Input};
use crate::directory::attribute;
use serde_json::{Map, Value};
use std::io::BufRead;

/// The records of a CSV file.
#[derive(Debug)]
pub(super) struct CsvRecords<R> {
    input: Input<R>,
    heading: Option<Heading>,
    number: u64,
}

/// What the heading row says.
#[derive(Debug)]
struct Heading {
    separator: u8,
    names: Vec<String>,
}

impl<R: BufRead> CsvRecords<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self { input, heading: None, number: 0 }
    }

    pub(super) fn next_record(&mut self) -> Result<Option<RawRecord>, ReadError> {
        let heading = match self.heading.take() {
            Some(heading) => heading,
            None => self.heading_row()?,
        };
        let record = self.record(&heading);
        self.heading = Some(heading);
        record
    }

    fn record(&mut self, heading: &Heading) -> Result<Option<RawRecord>, ReadError> {
        while self.input.peek()?.is_some() {
            let line = self.input.position().line;
            let row = self.row(heading.separator)?;
            if row.cells.iter().all(Vec::is_empty) {
                continue;
            }
            self.number += 1;
            let text = object(heading, row).map_err(|kind| self.input.record_error(line, self.number, kind))?;
            return Ok(Some(RawRecord { text, line, column: 1, number: self.number }));
        }
        Ok(None)
    }

    fn row(&mut self, separator: u8) -> Result<Row, ReadError> {
        let start = self.input.position();
        let mut row = Row::new(separator);
        let mut text = Vec::new(); // not needed, but what the limit is measured by
        self.input.copy_while(&mut text, start, |byte| row.pass(byte))?;
        self.input.advance()?;
        match row.state {
            State::Quoted => Err(self.input.error_at(start.line + row.opened_after, ReadErrorKind::UnclosedQuote)),
            _ => Ok(row.ended()),
        }
    }

    fn heading_row(&mut self) -> Result<Heading, ReadError> {
        let start = self.input.position();
        let mut text = Vec::new();
        let mut in_quotes = false;
        self.input.copy_while(&mut text, start, |byte| {
            in_quotes ^= byte == b'"';
            in_quotes || byte != b'\n'
        })?;
        self.input.advance()?;
        let error = |kind| self.input.error_at(start.line, kind);
        if in_quotes {
            return Err(error(ReadErrorKind::UnclosedQuote));
        }
        let separator = separator(&text);
        let mut row = Row::new(separator);
        for byte in text {
            row.pass(byte);
        }
        let names = row.ended().cells.into_iter().enumerate().map(|(index, cell)| {
            let not_utf8 = |error: std::string::FromUtf8Error| ReadErrorKind::NotUtf8 {
                byte: error.as_bytes()[error.utf8_error().valid_up_to()],
                column: index as u64 + 1,
            };
            String::from_utf8(cell).map(|name| heading_name(&name)).map_err(not_utf8)
        });
        let names = names.collect::<Result<Vec<_>, _>>().map_err(error)?;
        check(&names).map_err(error)?;
        Ok(Heading { separator, names })
    }
}

/// The separator of a heading row: the more frequent one outside quotation marks.
fn separator(text: &[u8]) -> u8 {
    let mut in_quotes = false;
    let mut surplus = 0_i64;
    for byte in text {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b';' if !in_quotes => surplus += 1,
            b',' if !in_quotes => surplus -= 1,
            _ => {}
        }
    }
    if surplus > 0 { b';' } else { b',' }
}

/// A column's name. `Object ID` is how some of the portal's downloads spell `objectId`, so blanks do not count in names
/// that are known without them.
fn heading_name(cell: &str) -> String {
    let name = cell.trim();
    let closed_up: String = name.split_whitespace().collect();
    if attribute::find(&closed_up).is_some() { closed_up } else { name.to_owned() }
}

fn check(names: &[String]) -> Result<(), ReadErrorKind> {
    if names.first().is_some_and(|name| name.starts_with("version:")) {
        return Err(ReadErrorKind::UploadTemplate);
    }
    if names.iter().any(|name| name.contains('\r')) {
        return Err(ReadErrorKind::LoneCarriageReturn);
    }
    if names.iter().all(String::is_empty) {
        return Err(ReadErrorKind::NoHeadings);
    }
    for (index, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..index].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(ReadErrorKind::DuplicateHeading(name.clone()));
        }
    }
    Ok(())
}

/// The JSON object that a row stands for.
fn object(heading: &Heading, row: Row) -> Result<Vec<u8>, ReadErrorKind> {
    if let Some(column) = row.after_quote {
        return Err(ReadErrorKind::AfterQuote { column });
    }
    let (found, expected) = (row.cells.len(), heading.names.len());
    if found != expected {
        return Err(ReadErrorKind::Columns { found, expected });
    }
    let mut object = Map::new();
    for (index, (name, cell)) in heading.names.iter().zip(row.cells).enumerate() {
        let column = index + 1;
        let cell = String::from_utf8(cell).map_err(|error| ReadErrorKind::NotUtf8 {
            byte: error.as_bytes()[error.utf8_error().valid_up_to()],
            column: column as u64,
        })?;
        match (name.as_str(), cell.as_str()) {
            (_, "") => {}
            ("", _) => return Err(ReadErrorKind::NoHeading { column }),
            _ => drop(object.insert(name.clone(), Value::String(cell))),
        }
    }
    Ok(Value::Object(object).to_string().into_bytes())
}

/// One row while it is read.
#[derive(Debug)]
struct Row {
    separator: u8,
    cells: Vec<Vec<u8>>,
    state: State,
    newlines: u64,
    /// How many line ends of the row stood before the last opening quotation mark.
    opened_after: u64,
    /// The first cell that goes on after its closing quotation mark, counted from 1.
    after_quote: Option<usize>,
}

/// Where in a cell the reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before its first character.
    Start,
    /// Within an unquoted cell, where a quotation mark is a character like others.
    Plain,
    /// After an opening quotation mark.
    Quoted,
    /// After a quotation mark within a quoted cell: it closes the cell, or a second one follows.
    Closed,
}

impl Row {
    fn new(separator: u8) -> Self {
        Self {
            separator,
            cells: vec![Vec::new()],
            state: State::Start,
            newlines: 0,
            opened_after: 0,
            after_quote: None,
        }
    }

    /// Takes the next byte; says no to the line end that ends the row.
    fn pass(&mut self, byte: u8) -> bool {
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Closed,
            (State::Quoted, _) => {
                self.newlines += u64::from(byte == b'\n');
                self.push(byte);
            }
            (_, b'\n') => return false,
            (_, byte) if byte == self.separator => {
                self.cells.push(Vec::new());
                self.state = State::Start;
            }
            (State::Start, b'"') => {
                self.opened_after = self.newlines;
                self.state = State::Quoted;
            }
            (State::Closed, b'"') => {
                self.push(byte);
                self.state = State::Quoted;
            }
            (State::Closed, b'\r') => {}
            (State::Closed, _) => {
                self.after_quote.get_or_insert(self.cells.len());
            }
            (State::Start | State::Plain, _) => {
                self.push(byte);
                self.state = State::Plain;
            }
        }
        true
    }

    fn push(&mut self, byte: u8) {
        if let Some(cell) = self.cells.last_mut() {
            cell.push(byte);
        }
    }

    /// The row without the carriage return of its line end.
    fn ended(mut self) -> Self {
        if let (State::Plain, Some(cell)) = (self.state, self.cells.last_mut()) {
            cell.pop_if(|byte| *byte == b'\r');
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::directory::Format::Csv;
    use crate::directory::stream::tests::{errors, texts};

    #[test]
    fn a_row_becomes_an_object_of_texts() {
        assert_eq!(
            texts(Csv, "userPrincipalName,employeeId\nann@contoso.example,0755\n"),
            [r#"2:1 {"userPrincipalName":"ann@contoso.example","employeeId":"0755"}"#]
        );
    }

    #[test]
    fn empty_cells_are_absent_and_empty_rows_no_records() {
        assert_eq!(texts(Csv, "a,b,c\r\n1,,\r\n\r\n,,\r\n,\"\",3\r\n"), [r#"2:1 {"a":"1"}"#, r#"5:1 {"c":"3"}"#]);
        assert_eq!(texts(Csv, "a,b\n"), [""; 0]);
    }

    #[test]
    fn a_quoted_cell_holds_separators_line_ends_and_quotation_marks() {
        assert_eq!(
            texts(Csv, "a,\"b, or c\"\r\n\"x,\r\ny\",\"say \"\"hi\"\"\"\r\n2,5\" pipe\r\n"),
            [r#"2:1 {"a":"x,\r\ny","b, or c":"say \"hi\""}"#, r#"4:1 {"a":"2","b, or c":"5\" pipe"}"#]
        );
    }

    #[test]
    fn semicolons_separate_where_the_heading_row_has_them() {
        assert_eq!(texts(Csv, "\u{feff}a;b\n1,5;\"2;3\"\n"), [r#"2:1 {"a":"1,5","b":"2;3"}"#]);
        assert_eq!(texts(Csv, "\"a;b\",c\n1,2\n"), [r#"2:1 {"a;b":"1","c":"2"}"#]);
    }

    #[test]
    fn headings_lose_their_blanks_where_a_known_name_remains() {
        assert_eq!(
            texts(Csv, " Object ID , User principal name,Cost centre\n1,2,3"),
            [r#"2:1 {"ObjectID":"1","Userprincipalname":"2","Cost centre":"3"}"#]
        );
    }

    #[test]
    fn the_last_row_needs_no_line_end() {
        assert_eq!(texts(Csv, "a,b\n1,\"2\""), [r#"2:1 {"a":"1","b":"2"}"#]);
        assert_eq!(texts(Csv, "a,b\n1,2\r\n\r\n  3,4"), [r#"2:1 {"a":"1","b":"2"}"#, r#"4:1 {"a":"  3","b":"4"}"#]);
    }

    #[test]
    fn a_bad_row_leaves_the_others_readable() {
        let text = "a,b\n1\n1,2,3\n\"1\"x,2\n1,2\n";
        assert_eq!(
            errors(Csv, text),
            [
                "users.csv:2 (record 1): the row has 1 column, the heading row has 2; a cell that holds the separator \
                 must be quoted",
                "users.csv:3 (record 2): the row has 3 columns, the heading row has 2; a cell that holds the \
                 separator must be quoted",
                "users.csv:4 (record 3): in column 1 there is text after the closing quotation mark; a quotation mark \
                 within a cell is doubled",
            ]
        );
        assert_eq!(errors(Csv, "a,\n1,\n1,2\n"), ["users.csv:3 (record 2): column 2 has a value and no heading"]);
        assert_eq!(
            errors(Csv, b"a,b\n1,\xe9\n"),
            ["users.csv:2 (record 1): the byte 0xE9 in column 2 is not UTF-8; save the file as UTF-8"]
        );
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_refused_with_its_line() {
        let message = "a quotation mark that is opened here is never closed; the file may be incomplete";
        assert_eq!(errors(Csv, "a,b\n1,2\n\"x\ny\",\"2\n3,4\n"), [format!("users.csv:4: {message}")]);
        assert_eq!(errors(Csv, "a,\"b\n1,2\n"), [format!("users.csv:1: {message}")]);
    }

    #[test]
    fn a_bad_heading_row_is_refused() {
        assert_eq!(errors(Csv, "a,b,A\n1,2,3\n"), ["users.csv:1: the column `A` stands twice in the heading row"]);
        assert_eq!(errors(Csv, ",\n1,2\n"), ["users.csv:1: the first row must hold the column names"]);
        assert_eq!(
            errors(Csv, "a,b\r1,2\r"),
            ["users.csv:1: the lines end in a carriage return alone; save the file with line feeds"]
        );
        assert_eq!(
            errors(Csv, "version:v1.0\nName [displayName] Required,User name [userPrincipalName] Required\n"),
            ["users.csv:1: this is the portal's upload template; use the file that `Download users` gives"]
        );
        assert_eq!(
            errors(Csv, b"a,\xe9\n1,2\n"),
            ["users.csv:1: the byte 0xE9 in column 2 is not UTF-8; save the file as UTF-8"]
        );
        assert_eq!(
            errors(Csv, ""),
            ["users.csv: the file is empty, perhaps half-written; without records it must hold its heading row"]
        );
    }
}
