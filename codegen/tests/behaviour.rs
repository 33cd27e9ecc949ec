//! Generates the crate of `fixtures/shop`, compiles it with its own tests and those of `fixtures/behaviour.rs`, runs
//! all of them; and checks digests.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use codegen::{DomainInput, Formats, Freshness, freshness, generate};
use support::{lock_file, options, shop, write};

#[test]
fn a_generated_crate_behaves() {
    let generated = generate(&shop(), &options(Formats::Assert));
    assert!(generated.problems.is_empty(), "{:?}", generated.problems);
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("shop");
    let _ = std::fs::remove_dir_all(dir.join("src"));
    for (path, text) in &generated.files {
        write(&dir.join(path), text);
    }
    let manifest = &generated.files["Cargo.toml"];
    write(
        &dir.join("Cargo.toml"),
        &format!(
            "{manifest}\n[dev-dependencies]\nserde_json = \"1\"\n\n[workspace]\n\n[lints.rust]\nmissing_docs = \"warn\"\nunsafe_code = \"forbid\"\n"
        ),
    );
    let behaviour = include_str!("fixtures/behaviour.rs");
    write(&dir.join("tests/behaviour.rs"), behaviour);
    lock_file(&dir);
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--offline", "--features", "fixtures"])
        .current_dir(&dir)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
        )
        .env("RUSTFLAGS", "-D warnings")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn digests_tell_fresh_from_stale_and_edited() {
    let (domain, options) = (shop(), options(Formats::Assert));
    let files = generate(&domain, &options).files;
    assert_eq!(freshness(&files, &domain, &options), Freshness::Fresh);

    let stale =
        |files: &BTreeMap<String, String>, domain: &DomainInput| match freshness(files, domain, &options) {
            Freshness::Fresh => panic!("stale"),
            Freshness::Stale { files, reason } => (files, reason),
        };
    assert_eq!(stale(&BTreeMap::new(), &domain).1, "never generated");

    let mut edited = files.clone();
    edited.get_mut("src/types.rs").unwrap().push_str("// mine\n");
    assert_eq!(
        stale(&edited, &domain),
        (vec!["src/types.rs".to_owned()], "edited by hand".to_owned())
    );

    let mut missing = files.clone();
    missing.remove("src/event.rs");
    assert_eq!(stale(&missing, &domain).1, "files added or missing");

    let mut changed = domain.clone();
    changed.contracts[0].schema["description"] = "another text".into();
    let (outdated, reason) = stale(&files, &changed);
    assert_eq!(reason, "contracts changed");
    assert_eq!(outdated.len(), files.len());

    let mut reordered = domain.clone();
    reordered.contracts.reverse();
    assert_eq!(freshness(&files, &reordered, &options), Freshness::Fresh);
}
