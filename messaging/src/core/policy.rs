//! When a failed record is tried again and when it is given up. The numbers and their reasons are ADR-006.

use std::time::Duration;

use super::work::Millis;

/// What becomes of a key whose record went to the dead-letter topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDeadLetter {
    /// Later records of the key go on.
    #[default]
    Continue,
    /// Later records of the key wait until the dead letter has been redriven.
    HoldKey,
}

/// Retries of one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Upper bound of the first delay.
    pub base: Duration,
    /// Upper bound of every delay.
    pub cap: Duration,
    /// Attempts after which a record is dead-lettered; at least 1.
    pub attempts: u32,
    /// What a dead letter does to its key.
    pub on_dead_letter: OnDeadLetter,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(200),
            cap: Duration::from_secs(30),
            attempts: 8,
            on_dead_letter: OnDeadLetter::Continue,
        }
    }
}

impl Policy {
    /// The upper bound of the delay after attempt number `attempt` (from 1): `base · 2^(attempt−1)`, at most `cap`.
    pub fn bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The delay after attempt number `attempt`: full jitter, so uniform between nothing and [`Policy::bound`].
    pub fn delay(&self, attempt: u32, jitter: &mut Jitter) -> Millis {
        let bound = Millis::try_from(self.bound(attempt).as_millis()).unwrap_or(Millis::MAX);
        jitter.up_to(bound)
    }
}

/// A small seeded generator (SplitMix64): retries need spread, not secrecy, and the simulation needs the seed.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// A generator that gives the same numbers for the same seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..=bound`.
    pub fn up_to(&mut self, bound: u64) -> u64 {
        match bound.checked_add(1) {
            // The bias of the remainder is below 2^-40 for delays of minutes.
            Some(values) => self.bits() % values,
            None => self.bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_cap() {
        let policy = Policy::default();
        let bounds: Vec<u128> = (1..=10)
            .map(|attempt| policy.bound(attempt).as_millis())
            .collect();
        assert_eq!(
            bounds,
            [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]
        );
        assert_eq!(policy.bound(u32::MAX), policy.cap);
    }

    #[test]
    fn jitter_covers_the_whole_range_and_repeats_with_its_seed() {
        let policy = Policy::default();
        let draw = |seed| {
            let mut jitter = Jitter::new(seed);
            (0..2000)
                .map(|_| policy.delay(3, &mut jitter))
                .collect::<Vec<_>>()
        };
        let delays = draw(7);
        assert_eq!(delays, draw(7));
        assert!(delays.iter().all(|delay| *delay <= 800));
        assert!(delays.iter().any(|delay| *delay < 80) && delays.iter().any(|delay| *delay > 720));
    }
}
