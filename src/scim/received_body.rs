//! An answer's body while it arrives: decoded where it is gzip, and never longer than the limit.
//!
//! Nobody asks for gzip (Entra sends no `Accept-Encoding`), yet some servers send it all the same. It is unpacked piece
//! by piece, so that a small answer that unpacks to gigabytes takes no more memory than any other.
//!
//! Source: `spec/WIRE.md` §1 and §7.

use super::transport::BODY_LIMIT;
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// A body of which parts are still to come.
pub(crate) enum ReceivedBody {
    /// Kept as it comes.
    Plain(Limited),
    /// Unpacked as it comes; whether anything came yet.
    Gzip(Box<MultiGzDecoder<Limited>>, bool),
}

/// Bytes up to [`BODY_LIMIT`]; what comes after is dropped.
#[derive(Default)]
pub(crate) struct Limited {
    bytes: Vec<u8>,
    truncated: bool,
}

impl ReceivedBody {
    /// An empty body with this `Content-Encoding`. A coding other than gzip is left as it is.
    pub(crate) fn new(coding: Option<&str>) -> Self {
        match coding.map(str::to_ascii_lowercase).as_deref().map(str::trim) {
            Some("gzip" | "x-gzip") => Self::Gzip(Box::new(MultiGzDecoder::new(Limited::default())), false),
            _ => Self::Plain(Limited::default()),
        }
    }

    /// Takes the next part; `false` once the limit is passed and no more need come.
    pub(crate) fn push(&mut self, part: &[u8]) -> io::Result<bool> {
        match self {
            Self::Plain(limited) => {
                limited.write_all(part)?;
                Ok(!limited.truncated)
            }
            Self::Gzip(decoder, any) => {
                *any |= !part.is_empty();
                decoder.write_all(part)?;
                decoder.flush()?;
                Ok(!decoder.get_ref().truncated)
            }
        }
    }

    /// The bytes, and whether they were cut off. Gzip that breaks off is an error.
    pub(crate) fn finish(self) -> io::Result<(Vec<u8>, bool)> {
        let limited = match self {
            Self::Plain(limited) => limited,
            Self::Gzip(_, false) => Limited::default(),
            Self::Gzip(mut decoder, true) if decoder.get_ref().truncated => std::mem::take(decoder.get_mut()),
            Self::Gzip(decoder, true) => decoder.finish()?,
        };
        Ok((limited.bytes, limited.truncated))
    }
}

impl Write for Limited {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let room = BODY_LIMIT - self.bytes.len();
        self.truncated |= part.len() > room;
        self.bytes.extend_from_slice(&part[..part.len().min(room)]);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{BODY_LIMIT, ReceivedBody};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn received(coding: Option<&str>, parts: &[&[u8]]) -> std::io::Result<(Vec<u8>, bool)> {
        let mut body = ReceivedBody::new(coding);
        for part in parts {
            if !body.push(part)? {
                break;
            }
        }
        body.finish()
    }

    #[test]
    fn gzip_in_pieces_is_unpacked() {
        let packed = gzip(b"{\"totalResults\":0}");
        let parts: Vec<&[u8]> = packed.chunks(3).collect();
        assert_eq!(received(Some("GZip"), &parts).unwrap(), (b"{\"totalResults\":0}".to_vec(), false));
    }

    #[test]
    fn an_empty_body_is_empty_in_any_coding() {
        assert_eq!(received(Some("gzip"), &[]).unwrap(), (Vec::new(), false));
        assert_eq!(received(None, &[]).unwrap(), (Vec::new(), false));
    }

    #[test]
    fn gzip_that_breaks_off_or_is_none_is_an_error() {
        let packed = gzip(b"some text that is long enough");
        assert!(received(Some("gzip"), &[&packed[..packed.len() - 4]]).is_err());
        assert!(received(Some("gzip"), &[b"{\"totalResults\":0}"]).is_err());
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_whole_and_one_byte_more_is_cut() {
        let full = vec![b'x'; BODY_LIMIT];
        assert_eq!(received(None, &[&full]).unwrap(), (full.clone(), false));
        assert_eq!(received(None, &[&full, b"y"]).unwrap(), (full, true));
    }

    #[test]
    fn gzip_that_unpacks_to_too_much_is_cut() {
        let packed = gzip(&vec![b'x'; BODY_LIMIT + 1]);
        let (bytes, truncated) = received(Some("gzip"), &[&packed]).unwrap();
        assert_eq!((bytes.len(), truncated), (BODY_LIMIT, true));
    }
}
