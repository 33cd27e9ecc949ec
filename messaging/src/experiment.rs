//! What each way of choosing partitions does to one and the same stream: spread, order of keys, hot keys.
//!
//! A model, not a measurement: events arrive evenly, a few keys are much more frequent than others (Zipf), and each
//! partition is worked off one event after the other, with a service time that varies. It has no clock and no broker,
//! so that its table and picture in `docs/` are the same everywhere; `cargo run -p messaging --example partitions`
//! writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::core::Jitter;
use crate::partitioner::{ByKey, Partitioner, RoundRobin, Sticky};

const PARTITIONS: usize = 12;
const EVENTS: usize = 120_000;
const KEYS: usize = 2_000;
const SEED: u64 = 2026;
/// Mean service time of an event in a partition, in arrivals: a little less than what keeps all partitions busy.
const SERVICE: u64 = 10;

/// What one strategy did to the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The strategy.
    pub strategy: &'static str,
    /// Events of each partition.
    pub events: Vec<usize>,
    /// Events that ended after a later event of their key.
    pub violations: usize,
    /// Keys with at least one violation.
    pub disordered_keys: usize,
    /// The longest time that an event waited, in arrivals.
    pub longest_wait: u64,
}

impl Report {
    /// The fullest partition, in percent of an even share.
    pub fn fullest(&self) -> usize {
        self.events.iter().max().copied().unwrap_or(0) * 100 * self.events.len() / EVENTS
    }
}

/// The stream: the key of each event. The share of the most frequent key is the second value, in percent.
fn stream() -> (Vec<usize>, usize) {
    // Weights 1/1, 1/2, 1/3, … in whole numbers.
    let weights: Vec<u64> = (1..=KEYS as u64).map(|rank| 1_000_000 / rank).collect();
    let total: u64 = weights.iter().sum();
    let mut dice = Jitter::new(SEED);
    let mut keys = Vec::with_capacity(EVENTS);
    for _ in 0..EVENTS {
        let mut at = dice.up_to(total - 1);
        let key = weights.iter().position(|weight| {
            let found = at < *weight;
            at = at.saturating_sub(*weight);
            found
        });
        keys.push(key.unwrap_or(0));
    }
    let hottest = keys.iter().filter(|key| **key == 0).count() * 100 / EVENTS;
    (keys, hottest)
}

fn report(strategy: &'static str, partitioner: &dyn Partitioner, keys: &[usize]) -> Report {
    let partitions = i32::try_from(PARTITIONS).expect("few partitions");
    let mut dice = Jitter::new(SEED + 1);
    let mut events = vec![0; PARTITIONS];
    let mut free_at = [0_u64; PARTITIONS];
    let mut last_end: BTreeMap<usize, u64> = BTreeMap::new();
    let mut disordered = std::collections::BTreeSet::new();
    let (mut violations, mut longest_wait) = (0, 0);
    for (arrival, key) in (0_u64..).zip(keys) {
        let text = format!("key-{key}");
        let chosen = usize::try_from(partitioner.partition(Some(text.as_bytes()), partitions)).unwrap_or(0);
        events[chosen] += 1;
        let begin = free_at[chosen].max(arrival);
        longest_wait = longest_wait.max(begin - arrival);
        let end = begin + 1 + dice.up_to(2 * SERVICE - 2);
        free_at[chosen] = end;
        let last = last_end.entry(*key).or_default();
        if end < *last {
            violations += 1;
            disordered.insert(*key);
        }
        *last = end.max(*last);
    }
    Report {
        strategy,
        events,
        violations,
        disordered_keys: disordered.len(),
        longest_wait,
    }
}

/// Runs every strategy on the same stream.
pub fn run() -> Vec<Report> {
    let (keys, _) = stream();
    // One of one's own: the three most frequent keys have a partition each, the rest goes by key to the others.
    let own = |key: Option<&[u8]>, partitions: i32| match key {
        Some(b"key-0") => 0,
        Some(b"key-1") => 1,
        Some(b"key-2") => 2,
        key => 3 + ByKey::default().partition(key, partitions - 3),
    };
    vec![
        report("by key", &ByKey::default(), &keys),
        report("round-robin", &RoundRobin::default(), &keys),
        report("sticky, runs of 100", &Sticky::new(100, SEED), &keys),
        report("custom: hot keys apart", &own, &keys),
    ]
}

/// The table, in Markdown.
pub fn table(reports: &[Report]) -> String {
    let (_, hottest) = stream();
    let mut text = format!(
        "{EVENTS} events of {KEYS} keys in {PARTITIONS} partitions; the most frequent key has {hottest} % of the events, \
         {} times an even share of a partition.\n\n| strategy | fullest partition, % of an even share | events that ended after a later one of their key | keys out of order | longest wait, in arrivals |\n|---|---:|---:|---:|---:|\n",
        hottest * PARTITIONS / 100
    );
    for report in reports {
        let Report {
            strategy,
            violations,
            disordered_keys,
            longest_wait,
            events: _,
        } = report;
        let fullest = report.fullest();
        writeln!(
            text,
            "| {strategy} | {fullest} | {violations} | {disordered_keys} | {longest_wait} |"
        )
        .expect("strings take everything");
    }
    text
}

/// The events of each partition as bars, one row for each strategy.
pub fn svg(reports: &[Report]) -> String {
    const WIDTH: usize = 720;
    const ROW: usize = 130;
    const LEFT: usize = 170;
    let bar = (WIDTH - LEFT - 20) / PARTITIONS;
    let most = reports
        .iter()
        .flat_map(|report| &report.events)
        .max()
        .copied()
        .unwrap_or(1);
    let height = ROW * reports.len() + 30;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (row, report) in reports.iter().enumerate() {
        let base = ROW * (row + 1);
        let middle = base - ROW / 2;
        let Report {
            strategy, violations, ..
        } = report;
        writeln!(text, "<text x=\"10\" y=\"{middle}\">{strategy}</text>").expect("strings take everything");
        let order = if *violations == 0 {
            "order kept".to_owned()
        } else {
            format!("{violations} out of order")
        };
        let colour = if *violations == 0 { "#2a7a46" } else { "#b3261e" };
        writeln!(
            text,
            "<text x=\"10\" y=\"{}\" fill=\"{colour}\">{order}</text>",
            middle + 18
        )
        .expect("strings take everything");
        for (partition, events) in report.events.iter().enumerate() {
            let tall = events * (ROW - 30) / most;
            writeln!(
                text,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{tall}\" fill=\"#4c6ef5\"/>",
                LEFT + partition * bar,
                base - tall,
                bar - 4
            )
            .expect("strings take everything");
        }
        let even = base - EVENTS / PARTITIONS * (ROW - 30) / most;
        writeln!(
            text,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{even}\" y2=\"{even}\" stroke=\"#868e96\" stroke-dasharray=\"4 3\"/>",
            WIDTH - 20
        )
        .expect("strings take everything");
    }
    let foot = height - 8;
    writeln!(
        text,
        "<text x=\"{LEFT}\" y=\"{foot}\">events of each partition; dashed: an even share</text>\n</svg>"
    )
    .expect("strings take everything");
    text
}

/// The page in `docs/`.
pub fn page(reports: &[Report]) -> String {
    format!(
        "# Partition strategies on one stream\n\nWritten by `cargo run -p messaging --example partitions` and checked by \
         a test; the model is in `messaging/src/experiment.rs`.\n\n{}\n![events of each partition](partitions.svg)\n\n\
         Only a choice by key keeps the order of keys. Its price is that a hot key fills its partition, and nothing but \
         a finer key helps against that: a partition of its own for a hot key keeps its order and leaves the others \
         alone, and is as full as the key is hot. Round-robin and sticky spread evenly and are for events that do not \
         depend on each other.\n",
        table(reports)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_choice_by_key_keeps_the_order_of_keys() {
        let reports = run();
        let violations: Vec<bool> = reports.iter().map(|report| report.violations > 0).collect();
        assert_eq!(violations, [false, true, true, false]);
        assert!(reports[0].fullest() > 150 && reports[1].fullest() <= 100);
    }

    #[test]
    fn the_page_and_the_picture_in_docs_are_what_the_experiment_gives() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let reports = run();
        for (name, text) in [
            ("partitions.md", page(&reports)),
            ("partitions.svg", svg(&reports)),
        ] {
            let committed = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
            assert!(
                committed == text,
                "{name} is stale: run `cargo run -p messaging --example partitions`"
            );
        }
    }
}
