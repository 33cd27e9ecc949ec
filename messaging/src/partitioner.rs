//! Ways to choose a partition. The default is by key, as Java's client does it; the others give up the order of keys
//! and are here for streams whose events do not depend on each other.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::core::Jitter;

/// Chooses the partition of a record.
pub trait Partitioner: Send + Sync + 'static {
    /// A number below `partitions`, which is at least 1.
    fn partition(&self, key: Option<&[u8]>, partitions: i32) -> i32;
}

impl<F: Fn(Option<&[u8]>, i32) -> i32 + Send + Sync + 'static> Partitioner for F {
    fn partition(&self, key: Option<&[u8]>, partitions: i32) -> i32 {
        self(key, partitions)
    }
}

/// By the key's murmur2, as Java's client does; records without a key go round.
#[derive(Debug, Default)]
pub struct ByKey(RoundRobin);

impl Partitioner for ByKey {
    fn partition(&self, key: Option<&[u8]>, partitions: i32) -> i32 {
        let Some(key) = key else {
            return self.0.partition(None, partitions);
        };
        let positive = i32::try_from(murmur2(key) & 0x7fff_ffff).expect("31 bits");
        positive % partitions
    }
}

/// One after the other.
#[derive(Debug, Default)]
pub struct RoundRobin(AtomicU32);

impl Partitioner for RoundRobin {
    fn partition(&self, _: Option<&[u8]>, partitions: i32) -> i32 {
        let count = u32::try_from(partitions.max(1)).expect("positive");
        let next = self.0.fetch_add(1, Ordering::Relaxed) % count;
        i32::try_from(next).expect("below the number of partitions")
    }
}

/// A random partition for a run of records, then another: fuller batches at the broker.
#[derive(Debug)]
pub struct Sticky {
    run: u64,
    count: AtomicU64,
    seed: u64,
}

impl Sticky {
    /// Runs of `run` records; the seed makes the choice repeatable.
    pub fn new(run: u64, seed: u64) -> Self {
        Self {
            run: run.max(1),
            count: AtomicU64::new(0),
            seed,
        }
    }
}

impl Partitioner for Sticky {
    fn partition(&self, _: Option<&[u8]>, partitions: i32) -> i32 {
        let run = self.count.fetch_add(1, Ordering::Relaxed) / self.run;
        let bound = u64::try_from(partitions.max(1)).expect("positive") - 1;
        let chosen = Jitter::new(self.seed ^ run.wrapping_mul(0x9E37_79B9_7F4A_7C15)).up_to(bound);
        i32::try_from(chosen).expect("below the number of partitions")
    }
}

/// The hash of Java's client (`org.apache.kafka.common.utils.Utils.murmur2`).
pub fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash: u32 = 0x9747_b28c ^ length;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("four bytes"));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    for (at, byte) in rest.iter().enumerate().rev() {
        hash ^= u32::from(*byte) << (8 * at);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_is_java_s() {
        // The values of Kafka's own UtilsTest.testMurmur2.
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }

    #[test]
    fn every_strategy_stays_within_the_partitions() {
        let strategies: [Box<dyn Partitioner>; 3] = [
            Box::new(ByKey::default()),
            Box::new(RoundRobin::default()),
            Box::new(Sticky::new(3, 1)),
        ];
        for strategy in &strategies {
            for number in 0..200_u32 {
                let key = number.to_string();
                let chosen = strategy.partition((number % 3 > 0).then_some(key.as_bytes()), 7);
                assert!((0..7).contains(&chosen));
            }
        }
        assert_eq!(
            ByKey::default().partition(Some(b"a"), 12),
            ByKey::default().partition(Some(b"a"), 12)
        );
    }
}
