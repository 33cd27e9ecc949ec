//! What a generated crate costs to compile: one hundred events of the size of `order.created`, CPU seconds of `cargo check`
//! and of `cargo build` for that crate alone.
//!
//! `cargo bench -p codegen --bench compile`; a number behind `--` is how many events.

use std::path::{Path, PathBuf};
use std::process::Command;

use codegen::{ContractInput, DomainInput, EventsDependency, ExampleInput, Inherit, Options, generate};
use registry::{LoadOptions, Registry, Workspace};
use wait4::Wait4 as _;

const EVENTS: usize = 100;

fn main() {
    let events = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(EVENTS);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace");
    let domain = DomainInput {
        domain: "bench".to_owned(),
        contracts: contracts(root, events),
        ..DomainInput::default()
    };
    let mut options = Options::new(
        EventsDependency::Path(root.join("events").display().to_string()),
        "bench",
    );
    options.inherit = Inherit::Nothing;
    let generated = generate(&domain, &options);
    assert!(generated.problems.is_empty(), "{:?}", generated.problems);
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-compile");
    let _ = std::fs::remove_dir_all(dir.join("src"));
    for (path, text) in &generated.files {
        write(&dir.join(path), text);
    }
    write(
        &dir.join("Cargo.toml"),
        &format!("{}\n[workspace]\n", generated.files["Cargo.toml"]),
    );
    let _ = std::fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock"));
    let lines: usize = generated.files.values().map(|text| text.lines().count()).sum();
    println!("{events} events, {lines} lines");
    for command in ["check", "build"] {
        // Dependencies first; then the crate alone, three times.
        cargo(&dir, command);
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let file = dir.join("src/lib.rs");
            let text = std::fs::read_to_string(&file).expect("it was written");
            std::fs::write(&file, format!("{text}//\n")).expect("it can be written");
            best = best.min(cargo(&dir, command));
        }
        let count = f64::from(u32::try_from(events).expect("a sensible number"));
        println!(
            "cargo {command}: {best:.1} CPU-s, {:.3} CPU-s per event",
            best / count
        );
    }
}

/// The contracts of this repository that are called `order.created`, under as many names as are asked for.
fn contracts(root: &Path, events: usize) -> Vec<ContractInput> {
    let workspace = Workspace::discover(root).expect("this repository is a registry");
    let registry = Registry::load(workspace, &LoadOptions::default()).expect("it loads");
    let models: Vec<usize> = (0..registry.contracts.len())
        .filter(|index| registry.contracts[*index].event == "order.created")
        .collect();
    (0..events)
        .map(|number| {
            let index = models[number % models.len()];
            let contract = &registry.contracts[index];
            let bundle = registry.bundle(contract.file).expect("it bundles");
            let examples = registry.examples_of(index).iter();
            ContractInput {
                event_type: format!("bench.order.created{number}"),
                aggregate: Some("order".to_owned()),
                event: format!("order.created{number}"),
                major: 1,
                version: semver::Version::new(1, 0, 0),
                draft: false,
                topic: Some("bench.order.created".to_owned()),
                key: None,
                owner: None,
                deprecated: None,
                digest: bundle.digest(),
                schema: bundle.schema,
                examples: examples
                    .filter(|example| example.expectation == registry::Expectation::Valid)
                    .map(|example| ExampleInput {
                        name: example.name().to_owned(),
                        value: example.value(),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
    std::fs::write(path, text).expect("the file can be written");
}

/// Runs cargo and returns its CPU seconds, user and system, with those of the compilers it started.
fn cargo(dir: &Path, command: &str) -> f64 {
    let mut child = Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .current_dir(dir)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-compiled"),
        )
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .spawn()
        .expect("cargo runs");
    let usage = child.wait4().expect("it ends");
    assert!(usage.status.success(), "the generated crate does not compile");
    (usage.rusage.utime + usage.rusage.stime).as_secs_f64()
}
