//! NDJSON: one record a line.
//!
//! Blank lines are passed over. The last line may lack its line end if it is a whole JSON value; if it ends within one,
//! the file was cut off and is refused. So is a file whose first line breaks off where JSON of several lines does, for that is a
//! `.json` file under another name. Every other line that is no JSON is that record's own problem, which its parser
//! reports.

use super::{
    RawRecord, ReadError, ReadErrorKind,
    input::{Input, characters, is_blank},
};
use serde::de::IgnoredAny;
use std::io::BufRead;

/// The records of an NDJSON file.
#[derive(Debug)]
pub(super) struct NdjsonRecords<R> {
    input: Input<R>,
    number: u64,
}

impl<R: BufRead> NdjsonRecords<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self { input, number: 0 }
    }

    pub(super) fn next_record(&mut self) -> Result<Option<RawRecord>, ReadError> {
        loop {
            let start = self.input.position();
            let mut text = Vec::new();
            self.input.copy_while(&mut text, start, |byte| byte != b'\n')?;
            let is_last = self.input.peek()?.is_none();
            self.input.advance()?;
            let Some(first) = text.iter().position(|byte| !is_blank(*byte)) else {
                if is_last {
                    return Ok(None);
                }
                continue;
            };
            let column = start.column + characters(&text[..first]);
            text.drain(..first);
            text.truncate(text.len() - text.iter().rev().take_while(|byte| is_blank(**byte)).count());
            self.number += 1;
            if (is_last || (self.number == 1 && goes_on(&text))) && is_cut_off(&text) {
                let kind = if is_last {
                    ReadErrorKind::Unfinished { record: Some(self.number) }
                } else {
                    ReadErrorKind::NotOneLine
                };
                return Err(self.input.error_at(start.line, kind));
            }
            return Ok(Some(RawRecord { text, line: start.line, column, number: self.number }));
        }
    }
}

/// Whether a JSON value begins in `text` and does not end.
fn is_cut_off(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

/// Whether a line ends where JSON is broken into lines, or begins a list. A record that was spoilt ends anywhere else.
fn goes_on(line: &[u8]) -> bool {
    line.starts_with(b"[") || matches!(line.last(), Some(b'[' | b'{' | b',' | b':'))
}

#[cfg(test)]
mod tests {
    use crate::directory::Format::Ndjson;
    use crate::directory::stream::tests::{errors, texts};

    #[test]
    fn each_line_is_a_record_and_blank_lines_are_none() {
        assert_eq!(texts(Ndjson, "{\"a\":1}\n\n  {\"b\":2} \r\n\t\n"), ["1:1 {\"a\":1}", "3:3 {\"b\":2}"]);
        assert_eq!(texts(Ndjson, "\n"), [""; 0]);
    }

    #[test]
    fn the_last_line_needs_no_line_end() {
        assert_eq!(texts(Ndjson, "{\"a\":1}\n{\"b\":2}"), ["1:1 {\"a\":1}", "2:1 {\"b\":2}"]);
        assert_eq!(texts(Ndjson, "\u{feff}{\"a\":1}"), ["1:1 {\"a\":1}"]);
    }

    #[test]
    fn a_last_line_that_is_cut_off_is_refused() {
        let message = "users.ndjson:3: the file ends within record 2; it may be incomplete";
        assert_eq!(errors(Ndjson, "{\"a\":1}\n\n{\"b\":"), [message]);
    }

    #[test]
    fn a_list_under_the_wrong_name_is_refused_at_once() {
        let message = "the record does not end in its line: mend it, or, if this is a list or a record of several lines, name the \
             file `.json`";
        assert_eq!(errors(Ndjson, "[\n{\"a\":1}\n]\n"), [format!("users.ndjson:1: {message}")]);
        assert_eq!(errors(Ndjson, "\n{\n\"a\":1\n}\n"), [format!("users.ndjson:2: {message}")]);
    }

    #[test]
    fn a_page_or_a_record_of_several_lines_under_the_wrong_name_is_refused_at_once() {
        for file in ["{\"value\": [\n{\"a\":1}\n]}\n", "{\"a\":1,\n\"b\":2}\n", "[{\"a\":1}\n]\n"] {
            assert_eq!(errors(Ndjson, file).len(), 1, "{file}");
        }
    }

    #[test]
    fn a_first_line_that_is_spoilt_is_left_to_its_parser_like_any_other() {
        assert_eq!(texts(Ndjson, "{\"id\":\"a\",\"us\n{\"b\":2}\n"), ["1:1 {\"id\":\"a\",\"us", "2:1 {\"b\":2}"]);
    }

    #[test]
    fn a_line_that_is_no_json_is_left_to_its_parser() {
        assert_eq!(texts(Ndjson, "{\"a\":1}\n{\"b\":\nnonsense\n"), ["1:1 {\"a\":1}", "2:1 {\"b\":", "3:1 nonsense"]);
    }

    #[test]
    fn an_empty_file_is_refused() {
        let message =
            "users.ndjson: the file is empty, perhaps half-written; without records it must hold a blank line";
        assert_eq!(errors(Ndjson, ""), [message]);
    }
}
