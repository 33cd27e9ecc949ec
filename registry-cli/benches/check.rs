//! What `contracts check` costs on a generated registry: CPU seconds and peak memory of the release binary.
//!
//! `cargo bench -p registry-cli --bench check [-- CONTRACTS...]` (default: 1000 and 10000). The tree holds contracts of
//! about 60 lines with references into shared files, one valid example each, and their generated code. Limits: 0.60
//! CPU-seconds for 1,000; ten times that and 300 MiB for 10,000 (`docs/benchmarks.md`).

mod support;
mod tree;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{median, sizes};
use wait4::Wait4;

const RUNS: usize = 5;

struct Cost {
    cpu: Duration,
    peak_bytes: u64,
}

fn run(workspace: &Path, arguments: &[&str]) -> Cost {
    let mut child = Command::new(env!("CARGO_BIN_EXE_contracts"))
        .args(arguments)
        .current_dir(workspace)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the binary that cargo just built starts");
    let done = child.wait4().expect("the child is ours to wait for");
    assert!(
        done.status.success(),
        "contracts {} found something: {}",
        arguments.join(" "),
        done.status
    );
    Cost {
        cpu: done.rusage.utime + done.rusage.stime,
        peak_bytes: done.rusage.maxrss,
    }
}

fn main() {
    println!(
        "{:>10} {:>12} {:>12} {:>12} {:>10}",
        "contracts", "cpu median", "cpu min", "peak MiB", "ms each"
    );
    for contracts in sizes() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        tree::write(folder.path(), contracts).expect("the tree can be written");
        run(folder.path(), &["gen"]);
        let costs: Vec<Cost> = (0..RUNS).map(|_| run(folder.path(), &["check"])).collect();
        let mut cpu: Vec<f64> = costs.iter().map(|cost| cost.cpu.as_secs_f64()).collect();
        let peak = costs.iter().map(|cost| cost.peak_bytes).max().unwrap_or(0);
        let middle = median(&mut cpu);
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^52")]
        let (peak, each) = (
            peak as f64 / (1024.0 * 1024.0),
            middle * 1000.0 / contracts as f64,
        );
        println!(
            "{contracts:>10} {middle:>10.3} s {:>10.3} s {peak:>12.1} {each:>10.3}",
            cpu[0]
        );
    }
}
