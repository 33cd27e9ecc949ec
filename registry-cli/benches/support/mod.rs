//! What the benchmarks of the binary share besides the tree: their arguments and their statistics.

/// The numbers on the command line, else 1,000 and 10,000. Cargo passes `--bench`; numbers are ours.
pub(crate) fn sizes() -> Vec<usize> {
    let asked: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if asked.is_empty() {
        vec![1_000, 10_000]
    } else {
        asked
    }
}

/// The middle value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
