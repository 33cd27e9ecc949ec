//! Measures operations in turns, so that whatever else the machine does falls on all of them alike, and compares each
//! with its baseline of the same turn.

use std::time::{Duration, Instant};

/// What an operation is compared with: the first of its kind in the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    /// Parsing into plain structs.
    Parse,
    /// Writing plain structs.
    Write,
}

/// One thing to measure.
pub(crate) struct Operation {
    name: &'static str,
    baseline: Baseline,
    /// The most that it may take, in units of its baseline.
    limit: Option<f64>,
    run: Box<dyn Fn() -> bool>,
}

impl Operation {
    pub(crate) fn new(
        name: &'static str,
        baseline: Baseline,
        limit: Option<f64>,
        run: impl Fn() -> bool + 'static,
    ) -> Self {
        let run = Box::new(run);
        Self {
            name,
            baseline,
            limit,
            run,
        }
    }

    fn time(&self) -> Duration {
        let start = Instant::now();
        for _ in 0..CALLS {
            assert!((self.run)(), "{} failed", self.name);
        }
        start.elapsed()
    }
}

/// Calls in one turn: short enough to fall between two interruptions, long enough for the clock.
const CALLS: u32 = 100;
const TURNS: usize = 3_000;

/// Prints a table of times and ratios; `false` when a limit is broken.
pub(crate) fn run(operations: &[Operation]) -> bool {
    let mut turns: Vec<Vec<Duration>> = operations.iter().map(|_| Vec::with_capacity(TURNS)).collect();
    for turn in 0..TURNS + TURNS / 10 {
        for (operation, times) in operations.iter().zip(&mut turns) {
            let time = operation.time();
            // The first tenth warms caches and clocks.
            if turn >= TURNS / 10 {
                times.push(time);
            }
        }
    }
    println!("| operation | median | ratio | limit |\n|---|---|---|---|");
    let mut held = true;
    for (operation, times) in operations.iter().zip(&turns) {
        let base = operations
            .iter()
            .position(|base| base.baseline == operation.baseline)
            .expect("each operation is at least its own baseline");
        let ratio = median(
            times
                .iter()
                .zip(&turns[base])
                .map(|(time, base)| time.as_secs_f64() / base.as_secs_f64()),
        );
        let time = median(times.iter().map(Duration::as_secs_f64)) * 1e9 / f64::from(CALLS);
        let broken = operation.limit.is_some_and(|limit| ratio > limit);
        held &= !broken;
        let limit = operation
            .limit
            .map_or_else(|| "–".to_owned(), |limit| limit.to_string());
        let mark = if broken { " **broken**" } else { "" };
        println!(
            "| {} | {time:.0} ns | {ratio:.2} | {limit}{mark} |",
            operation.name
        );
    }
    held
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
