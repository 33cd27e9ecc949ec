//! Reading real repositories, made for each test with the `git` program.

use std::fs;
use std::path::Path;
use std::process::Command;

use gate::git::{BlobId, Repository};

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.invalid",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("these tests need the git program");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Two commits on `main`, then a branch `topic` with one more; the workspace is the folder `ws`.
fn sample(folder: &Path) {
    git(folder, &["init", "-q"]);
    write(folder, "ws/contracts/a.json", "1");
    write(folder, "other/x.json", "x");
    git(folder, &["add", "."]);
    git(folder, &["commit", "-qm", "one"]);
    write(folder, "ws/contracts/b/c.json", "2");
    git(folder, &["add", "."]);
    git(folder, &["commit", "-qm", "two"]);
    git(folder, &["checkout", "-qb", "topic"]);
    write(folder, "ws/contracts/a.json", "3");
    git(folder, &["commit", "-qam", "three"]);
}

#[test]
fn files_of_a_commit_are_relative_to_the_workspace() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let repository = Repository::discover(&folder.path().join("ws")).unwrap().unwrap();
    let base = repository.merge_base("main").unwrap();
    assert_eq!(base, repository.commit("HEAD~1").unwrap());
    let files = repository.files(base, "contracts").unwrap();
    assert_eq!(
        files.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(),
        ["a.json", "b/c.json"]
    );
    assert_eq!(repository.read(files[0].blob).unwrap(), b"1");
    assert_eq!(BlobId::of(b"1"), Some(files[0].blob));
    assert!(repository.files(base, "absent").unwrap().is_empty());
    assert_eq!(repository.files(base, "").unwrap().len(), 2);
}

#[test]
fn a_linked_worktree_in_a_renamed_folder_works() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main");
    fs::create_dir(&main).unwrap();
    sample(&main);
    git(&main, &["worktree", "add", "-q", "../linked", "main"]);
    let repository = Repository::discover(&folder.path().join("linked/ws"))
        .unwrap()
        .unwrap();
    assert_eq!(
        repository
            .files(repository.commit("topic").unwrap(), "contracts")
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main");
    fs::create_dir(&main).unwrap();
    sample(&main);
    git(&main, &["checkout", "-q", "main"]);
    write(&main, "ws/contracts/d.json", "4");
    git(&main, &["add", "."]);
    git(&main, &["commit", "-qm", "four"]);
    let from = format!("file://{}", main.display());
    git(
        folder.path(),
        &["clone", "-q", "--depth=1", "--branch=topic", &from, "clone"],
    );
    let repository = Repository::discover(&folder.path().join("clone/ws"))
        .unwrap()
        .unwrap();
    assert!(repository.is_shallow());
    for error in [
        repository.commit("HEAD~1").unwrap_err(),
        repository.merge_base("origin/main").unwrap_err(),
    ] {
        assert!(
            error.help().contains("fetch-depth: 0"),
            "{error}: {}",
            error.help()
        );
    }
    git(
        &folder.path().join("clone"),
        &["fetch", "-q", "--depth=1", "origin", "main:main"],
    );
    let error = repository.merge_base("main").unwrap_err();
    assert!(error.to_string().contains("no common ancestor"), "{error}");
    assert!(error.help().contains("--unshallow"), "{}", error.help());
}

#[test]
fn what_is_no_repository_or_a_broken_one_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Repository::discover(folder.path()).unwrap().is_none());
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join(".git/HEAD"), "garbage").unwrap();
    let error = Repository::discover(folder.path()).unwrap_err();
    assert!(
        error.to_string().contains("cannot read the git repository"),
        "{error}"
    );
}

#[test]
fn an_unknown_revision_names_itself() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let repository = Repository::discover(folder.path()).unwrap().unwrap();
    let error = repository.commit("origin/nowhere").unwrap_err();
    assert_eq!(error.to_string(), "git does not know \"origin/nowhere\"");
    assert!(error.help().contains("git fetch origin"), "{}", error.help());
    for hostile in [
        "",
        "HEAD~99999999999999999999",
        "@{",
        ":(",
        "^",
        "..",
        "HEAD:ws/contracts/a.json",
    ] {
        assert!(repository.commit(hostile).is_err(), "{hostile:?}");
    }
}

#[test]
fn a_lost_object_is_a_damaged_repository() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path());
    let repository = Repository::discover(folder.path()).unwrap().unwrap();
    let head = repository.commit("HEAD").unwrap();
    let blob = repository.files(head, "ws/contracts").unwrap()[0].blob;
    let objects = folder.path().join(".git/objects");
    fs::remove_dir_all(&objects).unwrap();
    fs::create_dir(&objects).unwrap();
    let repository = Repository::discover(folder.path()).unwrap().unwrap();
    let error = repository.read(blob).unwrap_err();
    assert!(error.help().contains("git fsck"), "{}", error.help());
}
