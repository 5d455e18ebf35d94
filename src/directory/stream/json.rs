//! JSON: the elements of a list, of a Graph page's `value`, or one object.
//!
//! Only the outermost level is understood: brackets, texts and commas. What stands within an element is copied, with
//! its brackets counted so that its end is found; whether it is good JSON the parser of the record says, which then
//! spoils that record alone. A file whose elements cannot be told apart is refused as a whole: cut off, a comma
//! missing, a bracket closed by the wrong one, a text that runs into the next line, something left after the end.
//!
//! An outermost object is a page if its member `value` is a list (the other members may stand before and after it), and
//! otherwise a record.

use super::{
    RawRecord, ReadError, ReadErrorKind, Wanted,
    input::{Input, Position, empty_file, is_blank},
    nesting::Nesting,
};
use crate::directory::Format;
use std::io::BufRead;

/// The records of a JSON file.
#[derive(Debug)]
pub(super) struct JsonRecords<R> {
    input: Input<R>,
    state: State,
    number: u64,
    in_page: bool,
    continued: bool,
}

/// What has been read.
#[derive(Debug)]
enum State {
    /// Nothing.
    Start,
    /// The list's opening bracket.
    Opened,
    /// An element of the list.
    Element,
    /// Everything.
    End,
}

impl<R: BufRead> JsonRecords<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self { input, state: State::Start, number: 0, in_page: false, continued: false }
    }

    /// Whether the page named a next one.
    pub(super) fn is_continued(&self) -> bool {
        self.continued
    }

    pub(super) fn next_record(&mut self) -> Result<Option<RawRecord>, ReadError> {
        loop {
            let next = self.input.skip_blanks()?;
            match (&self.state, next) {
                (State::Start, Some(b'[')) => self.open_list()?,
                (State::Start, Some(b'{')) => {
                    if let Some(record) = self.object_or_page()? {
                        return Ok(Some(record));
                    }
                }
                (State::Start, None) => {
                    let expected = empty_file(Format::Json);
                    return Err(self.input.error_at(0, ReadErrorKind::Empty { expected }));
                }
                (State::Start, found) => return Err(self.unexpected(Wanted::ListOrObject, found)),
                (State::Opened | State::Element, Some(b']')) => {
                    self.input.advance()?;
                    self.finish_page()?;
                    self.expect_end(Wanted::End)?;
                }
                (State::Opened, _) => return self.element().map(Some),
                (State::Element, Some(b',')) => {
                    self.input.advance()?;
                    return self.element().map(Some);
                }
                (State::Element, found) => {
                    return Err(self.unexpected(Wanted::CommaAfter { record: self.number }, found));
                }
                (State::End, _) => return Ok(None),
            }
        }
    }

    fn open_list(&mut self) -> Result<(), ReadError> {
        self.state = State::Opened;
        self.input.advance()
    }

    fn element(&mut self) -> Result<RawRecord, ReadError> {
        if let found @ (Some(b',' | b']') | None) = self.input.skip_blanks()? {
            return Err(self.unexpected(Wanted::Record, found));
        }
        let start = self.input.position();
        self.number += 1;
        let mut text = Vec::new();
        self.value(&mut text, start, Wanted::Record)?;
        self.state = State::Element;
        Ok(RawRecord { text, line: start.line, column: start.column, number: self.number })
    }

    /// Reads the outermost object: all of it if it is a record, up to the first element if it is a page.
    fn object_or_page(&mut self) -> Result<Option<RawRecord>, ReadError> {
        let start = self.input.position();
        let mut text = Vec::new();
        self.copy_byte(&mut text)?;
        let mut is_first = true;
        loop {
            self.input.copy_while(&mut text, start, is_blank)?;
            match (self.input.peek()?, is_first) {
                (Some(b'}'), _) => break,
                (Some(b','), false) => {
                    self.copy_byte(&mut text)?;
                    self.input.copy_while(&mut text, start, is_blank)?;
                }
                (found, false) => return Err(self.unexpected(Wanted::CommaOrBrace, found)),
                (_, true) => {}
            }
            is_first = false;
            if self.member(&mut text, start)? == Member::List {
                self.in_page = true;
                self.open_list()?;
                return Ok(None);
            }
        }
        self.copy_byte(&mut text)?;
        self.number = 1;
        self.expect_end(Wanted::EndAfterObject)?;
        Ok(Some(RawRecord { text, line: start.line, column: start.column, number: 1 }))
    }

    /// Reads what follows the list of a page, up to the page's closing brace.
    fn finish_page(&mut self) -> Result<(), ReadError> {
        if !self.in_page {
            return Ok(());
        }
        let mut text = Vec::new();
        loop {
            match self.input.skip_blanks()? {
                Some(b'}') => return self.input.advance(),
                Some(b',') => {
                    self.input.advance()?;
                    self.input.skip_blanks()?;
                    text.clear();
                    let start = self.input.position();
                    if self.member(&mut text, start)? == Member::List {
                        return Err(self.input.error(ReadErrorKind::SecondValue));
                    }
                }
                found => return Err(self.unexpected(Wanted::CommaOrBrace, found)),
            }
        }
    }

    /// Reads one member of the outermost object, or only its name if it is the page's list.
    fn member(&mut self, text: &mut Vec<u8>, start: Position) -> Result<Member, ReadError> {
        let name_start = text.len();
        match self.input.peek()? {
            Some(b'"') => self.value(text, start, Wanted::MemberName)?,
            found => return Err(self.unexpected(Wanted::MemberName, found)),
        }
        let name_end = text.len();
        self.input.copy_while(text, start, is_blank)?;
        match self.input.peek()? {
            Some(b':') => self.copy_byte(text)?,
            found => return Err(self.unexpected(Wanted::Colon, found)),
        }
        self.input.copy_while(text, start, is_blank)?;
        match &text[name_start..name_end] {
            br#""value""# if self.input.peek()? == Some(b'[') => return Ok(Member::List),
            br#""@odata.nextLink""# => self.continued = true,
            _ => {}
        }
        self.value(text, start, Wanted::Value)?;
        Ok(Member::Other)
    }

    /// Copies one value. `start` is where the record began to which it belongs.
    fn value(&mut self, text: &mut Vec<u8>, start: Position, wanted: Wanted) -> Result<(), ReadError> {
        let before = text.len();
        if !matches!(self.input.peek()?, Some(b'{' | b'[' | b'"')) {
            let is_scalar = |byte| !is_blank(byte) && !matches!(byte, b',' | b']' | b'}' | b'[' | b'{' | b'"' | b':');
            self.input.copy_while(text, start, is_scalar)?;
            if text.len() == before {
                let found = self.input.peek()?;
                return Err(self.unexpected(wanted, found));
            }
            return Ok(());
        }
        let mut nesting = Nesting::default();
        let mut fault = None;
        self.input.copy_while(text, start, |byte| {
            if nesting.is_complete() {
                return false;
            }
            fault = nesting.pass(byte).err();
            fault.is_none()
        })?;
        match fault {
            Some(kind) => Err(self.input.error(kind)),
            None if nesting.is_complete() => Ok(()),
            None => {
                let record = (wanted == Wanted::Record).then_some(self.number);
                Err(self.input.error(ReadErrorKind::Unfinished { record }))
            }
        }
    }

    fn copy_byte(&mut self, text: &mut Vec<u8>) -> Result<(), ReadError> {
        text.extend(self.input.peek()?);
        self.input.advance()
    }

    fn expect_end(&mut self, wanted: Wanted) -> Result<(), ReadError> {
        self.state = State::End;
        match self.input.skip_blanks()? {
            None => Ok(()),
            found => Err(self.unexpected(wanted, found)),
        }
    }

    /// The error for a byte that should not stand there, or for the end of the file.
    fn unexpected(&self, wanted: Wanted, found: Option<u8>) -> ReadError {
        self.input.error(match found {
            Some(found) => ReadErrorKind::Unexpected { wanted, found },
            None => ReadErrorKind::Unfinished { record: None },
        })
    }
}

/// What a member of the outermost object is.
#[derive(PartialEq, Eq)]
enum Member {
    /// A page's `value`, whose opening bracket comes next.
    List,
    /// Any other, which has been read.
    Other,
}

#[cfg(test)]
mod tests {
    use crate::directory::stream::tests::{errors, texts};
    use crate::directory::{Format, Records};
    use std::path::Path;

    fn records(text: &str) -> Vec<String> {
        texts(Format::Json, text)
    }

    fn error(text: &str) -> String {
        errors(Format::Json, text).pop().unwrap_or_else(|| panic!("{text} was read"))
    }

    #[test]
    fn the_elements_of_a_list_are_the_records() {
        assert_eq!(records("[]"), [""; 0]);
        assert_eq!(records(" [ ] \n"), [""; 0]);
        assert_eq!(
            records("[{\"a\": [1, {}]},\n {\"b\": \"]},\\\"\\\\\"}\n]"),
            ["1:2 {\"a\": [1, {}]}", "2:2 {\"b\": \"]},\\\"\\\\\"}"]
        );
    }

    #[test]
    fn an_element_may_be_any_value() {
        assert_eq!(
            records("[1,null , \"a,]\",[[]],-2.5e3]"),
            ["1:2 1", "1:4 null", "1:11 \"a,]\"", "1:17 [[]]", "1:22 -2.5e3"]
        );
    }

    #[test]
    fn a_page_gives_the_elements_of_its_value() {
        let page =
            "{\"@odata.context\": \"https://x\",\n \"value\": [ {\"id\": \"1\"} ],\"@odata.count\":{\"n\":[1]} }";
        assert_eq!(records(page), ["2:13 {\"id\": \"1\"}"]);
        assert_eq!(records("{\"value\":[]}"), [""; 0]);
        assert_eq!(records("{ \"value\" : [ 1 , 2 ] }"), ["1:15 1", "1:19 2"]);
    }

    #[test]
    fn a_page_that_names_a_next_one_is_continued() {
        let is_continued = |text: &str| {
            let mut records = Records::new(text.as_bytes(), Path::new("users.json"), Format::Json).unwrap();
            assert!(records.by_ref().all(|record| record.is_ok()));
            records.is_continued()
        };
        assert!(is_continued(r#"{"@odata.nextLink":"https://x","value":[{}]}"#));
        assert!(is_continued(r#"{"value":[{}],"@odata.nextLink":"https://x"}"#));
        assert!(!is_continued(r#"{"@odata.context":"https://x","value":[{}]}"#));
        assert!(!is_continued("[{}]"));
    }

    #[test]
    fn an_object_that_is_no_page_is_one_record() {
        assert_eq!(records(" {} "), ["1:2 {}"]);
        let role = "{\n \"app\": \"frankli\" ,\"value\": \"Admin\",\n \"n\": [ {} ] }";
        assert_eq!(records(role), [format!("1:1 {role}")]);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(records("\u{feff}[1]"), ["1:2 1"]);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(records("[\"é\", 2]"), ["1:2 \"é\"", "1:7 2"]);
    }

    #[test]
    fn a_file_that_ends_too_early_is_refused() {
        let lists = "the file ends before its list or object is closed; it may be incomplete";
        assert_eq!(error("["), format!("users.json:1: {lists}"));
        assert_eq!(error("[{},\n{}\n"), format!("users.json:3: {lists}"));
        assert_eq!(error("[{},\n"), format!("users.json:2: {lists}"));
        assert_eq!(error("{\"value\":[{}]"), format!("users.json:1: {lists}"));
        assert_eq!(error("{\"id\""), format!("users.json:1: {lists}"));
        assert_eq!(error("{\"id\":"), format!("users.json:1: {lists}"));
        assert_eq!(error("{\"id\":\"1\","), format!("users.json:1: {lists}"));
        assert_eq!(error("[{},\n{\"a\":\n{"), "users.json:3: the file ends within record 2; it may be incomplete");
        assert_eq!(error("[\"a"), "users.json:1: the file ends within record 1; it may be incomplete");
    }

    #[test]
    fn a_missing_or_spare_comma_is_refused() {
        assert_eq!(error("[{}\n{}]"), "users.json:2: expected `,` or `]` after record 1, found `{`");
        assert_eq!(error("[{},\n]"), "users.json:2: expected a record, found `]`");
        assert_eq!(error("[,{}]"), "users.json:1: expected a record, found `,`");
        assert_eq!(error("{\"a\":1 \"b\":2}"), "users.json:1: expected `,` or `}`, found `\"`");
        assert_eq!(error("{\"a\":1,}"), "users.json:1: expected a name in quotation marks, found `}`");
        assert_eq!(error("{\"value\":[] \"b\":2}"), "users.json:1: expected `,` or `}`, found `\"`");
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        assert_eq!(error("[{}]\n[{}]"), "users.json:2: expected the end of the file after the list, found `[`");
        assert_eq!(error("{\"value\":[{}]}}"), "users.json:1: expected the end of the file after the list, found `}`");
        assert_eq!(
            error("{\"id\":\"1\"}\n{\"id\":\"2\"}"),
            "users.json:2: expected the end of the file after the object (one record a line belongs in a `.ndjson` \
             file), found `{`"
        );
    }

    #[test]
    fn what_is_neither_list_nor_object_is_refused() {
        assert_eq!(error("\"users\""), "users.json:1: expected a list or an object, found `\"`");
        assert_eq!(error("\n<html>"), "users.json:2: expected a list or an object, found `<`");
        assert_eq!(error("é"), "users.json:1: expected a list or an object, found the byte 0xC3");
        assert_eq!(error("{id:1}"), "users.json:1: expected a name in quotation marks, found `i`");
        assert_eq!(error("{\"id\" 1}"), "users.json:1: expected `:`, found `1`");
        assert_eq!(error("{\"id\":}"), "users.json:1: expected a value, found `}`");
    }

    #[test]
    fn brackets_and_texts_must_be_closed() {
        assert_eq!(error("[{\"a\":\n[1}]"), "users.json:2: `}` cannot close `[`");
        assert_eq!(
            error("[{\"a\":\"b},\n{\"a\":\"c\"}]"),
            "users.json:1: a text is not closed before the end of the line"
        );
        assert_eq!(error("{\"value\":[],\"value\":[]}"), "users.json:1: the page has a second `value`");
    }

    #[test]
    fn a_file_without_content_is_refused() {
        let empty = "users.json: the file is empty, perhaps half-written; without records it must hold `[]`";
        for text in ["", "\u{feff}", " \n "] {
            assert_eq!(error(text), empty);
        }
    }
}
