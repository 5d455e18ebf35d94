//! Where a JSON value ends.

use super::ReadErrorKind;

/// The brackets and the text that are open within a value that starts with a bracket or a quotation mark.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    open: Vec<u8>,
    in_text: bool,
    is_escaped: bool,
    is_started: bool,
}

impl Nesting {
    /// Whether the value's last byte has passed.
    pub(super) fn is_complete(&self) -> bool {
        self.is_started && self.open.is_empty() && !self.in_text
    }

    /// Takes the value's next byte.
    pub(super) fn pass(&mut self, byte: u8) -> Result<(), ReadErrorKind> {
        self.is_started = true;
        if self.in_text {
            match byte {
                b'\n' => return Err(ReadErrorKind::UnclosedText),
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => {
                let opening = self.open.pop().unwrap_or_default();
                if (opening == b'{') != (byte == b'}') {
                    return Err(ReadErrorKind::Mismatch { opening: opening.into(), closing: byte.into() });
                }
            }
            _ => {}
        }
        Ok(())
    }
}
