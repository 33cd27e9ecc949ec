//! What `contracts check --against HEAD~1` costs more than `contracts check`: CPU seconds of the release binary, on a
//! generated registry in git with generated code and two snapshots of each contract, ten of them changed.
//!
//! `cargo bench -p registry-cli --bench gate [-- CONTRACTS...]` (default: 1000 and 10000). Limits: 0.10 CPU-seconds for
//! 1,000, ten times that for 10,000 (`docs/benchmarks.md`).

mod support;
mod tree;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{median, sizes};
use wait4::Wait4;

const RUNS: usize = 7;
const CHANGED: usize = 10;

fn git(workspace: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=b", "-c", "user.email=b@bench.example"])
        .args(["-c", "commit.gpgsign=false", "-c", "gc.auto=0"])
        .args(arguments)
        .current_dir(workspace)
        .stdout(Stdio::null())
        .status()
        .expect("this benchmark needs the git program");
    assert!(done.success(), "git {arguments:?}");
}

/// CPU seconds of a run, which may find something where `clean` is not asked for.
fn run(workspace: &Path, arguments: &[&str], clean: bool) -> f64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_contracts"))
        .args(arguments)
        .current_dir(workspace)
        // What it says matters only where it should have been clean.
        .stdout(if clean { Stdio::inherit() } else { Stdio::null() })
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the binary that cargo just built starts");
    let done = child.wait4().expect("the child is ours to wait for");
    assert!(
        !clean || done.status.success(),
        "contracts {} found something: {}",
        arguments.join(" "),
        done.status
    );
    (done.rusage.utime + done.rusage.stime).as_secs_f64()
}

/// Changes the note of the first `many` contracts and raises their versions: (before, after) of both.
fn edit(workspace: &Path, many: usize, note: (&str, &str), version: (&str, &str)) {
    for number in 0..many {
        let (domain, entity) = (format!("domain{}", number / 50), format!("entity{number}"));
        let path = workspace.join(format!(
            "event-contracts/{domain}/{entity}/{entity}.created.v1.json"
        ));
        let text = fs::read_to_string(&path).expect("the tree was just written");
        let edited = text.replacen(note.0, note.1, 1).replacen(
            &format!("\"version\": \"{}\"", version.0),
            &format!("\"version\": \"{}\"", version.1),
            1,
        );
        assert_ne!(text, edited);
        fs::write(&path, edited).expect("files can be written");
    }
}

fn main() {
    println!(
        "{:>10} {:>14} {:>26} {:>12}",
        "contracts", "check", "check --against HEAD~1", "difference"
    );
    for contracts in sizes() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let workspace = folder.path();
        tree::write(workspace, contracts).expect("the tree can be written");
        run(workspace, &["gen"], true);
        run(workspace, &["release"], true);
        edit(
            workspace,
            contracts,
            ("of the clerk", "of a clerk"),
            ("1.0.0", "1.0.1"),
        );
        run(workspace, &["gen"], true);
        run(workspace, &["release"], true);
        git(workspace, &["init", "-q", "-b", "main"]);
        git(workspace, &["add", "."]);
        git(workspace, &["commit", "-qm", "released"]);
        edit(
            workspace,
            CHANGED,
            ("\"maxLength\": 500", "\"maxLength\": 600"),
            ("1.0.1", "1.1.0"),
        );
        run(workspace, &["gen"], true);
        git(workspace, &["add", "."]);
        git(workspace, &["commit", "-qm", "changed"]);
        // One after the other, so that other load on the machine meets both.
        let (mut plain, mut gated) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            plain.push(run(workspace, &["check"], false));
            gated.push(run(workspace, &["check", "--against", "HEAD~1"], false));
        }
        let (plain, gated) = (median(&mut plain), median(&mut gated));
        println!(
            "{contracts:>10} {plain:>12.3} s {gated:>24.3} s {:>10.3} s",
            gated - plain
        );
    }
}
