//! A body read as JSON text, whoever asks for it: for what it says, for what must be hidden of it, or to be shown.
//!
//! Some servers put a byte order mark before it. RFC 8259 §8.1 lets readers pass over it, and all readers here must do the
//! same: what one reads and another does not would be acted on and not hidden.

use serde_json::Value;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The body as JSON.
pub(super) fn read(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(without_mark(body))
}

/// The body without a byte order mark.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn one_byte_order_mark_is_passed_over_and_only_at_the_beginning() {
        assert_eq!(read("\u{feff} {\"a\":1}".as_bytes()).unwrap(), json!({"a": 1}));
        assert_eq!(read(b"{\"a\":1}").unwrap(), json!({"a": 1}));
        for body in ["", "\u{feff}", "\u{feff}\u{feff}{}", "{}\u{feff}"] {
            assert!(read(body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
