//! A source of choices: from a seed, or from the bytes that a fuzzer mutates.

/// Choices one after the other. The same seed gives the same ones on every machine.
pub enum Random {
    /// xorshift64*.
    Seed(u64),
    /// One or two bytes a choice; once they are used up, always the first choice.
    Bytes(std::collections::VecDeque<u8>),
}

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self::Seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.next();
        random.next();
        random
    }

    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.iter().copied().collect())
    }

    fn next(&mut self) -> u64 {
        match self {
            Self::Seed(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                state.wrapping_mul(0x2545_f491_4f6c_dd1d)
            }
            Self::Bytes(bytes) => u64::from(bytes.pop_front().unwrap_or(0)) << 33,
        }
    }

    /// Fewer than 256 possibilities take one byte.
    pub fn below(&mut self, limit: usize) -> usize {
        let high = if limit > 255 { self.next() } else { 0 };
        usize::try_from(self.next() >> 33 | (high >> 33) << 8).unwrap_or(0) % limit.max(1)
    }

    /// Once in `of` times.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'s, T>(&mut self, from: &'s [T]) -> &'s T {
        &from[self.below(from.len())]
    }
}
