//! How much text one evaluation may work through.
//!
//! Every function takes time in proportion to the texts it is given, but an expression can call hundreds of them on the same
//! megabyte. So each text that a function or a comparison is given counts, and so does each value that is copied out of the source
//! object; what is only handed through counts nothing. Regular expressions have a budget of their own beside this one
//! ([`Budget`](super::pattern::Budget)), for their work does not depend on the length of the text alone.

use super::{evaluation_error::Reason, value::MAXIMUM_TEXT};
use std::cell::Cell;

/// How many bytes of text an evaluation may work through: several times the longest text there can be, and far more than
/// any mapping needs.
pub(super) const MAXIMUM_WORK: usize = 4 * MAXIMUM_TEXT;

/// The bytes of text that may still be worked through.
#[derive(Debug)]
pub(super) struct Allowance(Cell<usize>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Cell::new(MAXIMUM_WORK))
    }
}

impl Allowance {
    /// Takes so many bytes.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Reason> {
        self.0.set(self.0.get().checked_sub(bytes).ok_or(Reason::TooMuchText)?);
        Ok(())
    }
}
