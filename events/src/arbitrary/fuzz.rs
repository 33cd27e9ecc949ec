//! Events from a fuzzer's bytes, for the `arbitrary` crate.

use arbitrary::{Error, Result, Unstructured};

use super::{Choices, Documents, Generator};
use crate::event::Event;

/// An event that satisfies its contract, decided by the fuzzer's bytes.
///
/// # Errors
///
/// [`Error::IncorrectFormat`] when these bytes lead to no such event.
pub fn from_bytes<T: Event>(
    generator: &Generator,
    documents: Documents,
    bytes: &mut Unstructured<'_>,
) -> Result<T> {
    generator
        .event(documents, &mut Bytes(bytes))
        .ok_or(Error::IncorrectFormat)
}

struct Bytes<'b, 'u>(&'b mut Unstructured<'u>);

impl Choices for Bytes<'_, '_> {
    fn below(&mut self, limit: u64) -> u64 {
        // Simplest once the bytes are spent.
        self.0.int_in_range(0..=limit.max(1) - 1).unwrap_or(0)
    }
}
