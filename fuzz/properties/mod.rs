//! What must hold of any input whatsoever, a file for each reader of input.
//!
//! `hold` takes an input and panics if something does not hold. The fuzz targets call it with what the fuzzer makes up, and
//! `tests/fuzz_corpus.rs` with every file of the corpus. An input is text; what is not UTF-8 is passed over.

pub mod answer;
pub mod expression;
pub mod mapping;
pub mod path;
pub mod pattern;

/// The texts that an input consists of, between bytes of zero. The last one takes what is left; those that are missing are
/// empty.
fn parts<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let mut parts = std::str::from_utf8(input).ok()?.splitn(N, '\0');
    Some(std::array::from_fn(|_| parts.next().unwrap_or_default()))
}
