//! The script that the GitHub action runs, on real repositories: an upstream, and clones of it as CI makes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Run, Tree, copy, git_in};

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";
const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.github/actions/contracts");

/// An upstream with a released contract and generated code on `main`, and a clone with a branch for a change.
struct Pull {
    tree: Tree,
}

impl Pull {
    fn new() -> Self {
        let tree = Tree::empty();
        let upstream = tree.path("upstream");
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop"),
            &upstream,
        );
        for command in [
            &["gen", "--root", "upstream"][..],
            &["release", "--root", "upstream"],
        ] {
            tree.run(command).ends(0);
        }
        git_in(&upstream, &["init", "--quiet", "--initial-branch=main"]);
        commit(&upstream);
        let pull = Self { tree };
        pull.clone(&[]);
        git_in(&pull.clone_dir(), &["checkout", "--quiet", "-b", "change"]);
        pull
    }

    fn clone(&self, more: &[&str]) {
        let url = format!("file://{}", self.tree.path("upstream").display());
        let mut arguments = vec!["clone", "--quiet"];
        arguments.extend(more);
        arguments.extend([url.as_str(), "clone"]);
        git_in(&self.tree.path(""), &arguments);
    }

    fn clone_dir(&self) -> PathBuf {
        self.tree.path("clone")
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        self.tree.edit(&format!("clone/{path}"), from, to);
    }

    /// The change, with its generated code, on the branch.
    fn regenerate_and_commit(&self) {
        self.tree.run(&["gen", "--root", "clone"]).ends(0);
        commit(&self.clone_dir());
    }

    /// Runs the script as a job for a pull request into `main` does.
    fn gate(&self) -> Run {
        self.gate_with(&[])
    }

    fn gate_with(&self, variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new("bash");
        command
            .arg(format!("{ACTION}/gate.sh"))
            .current_dir(self.clone_dir())
            .stdin(Stdio::null());
        for name in [
            "AGAINST",
            "ROOT",
            "FAIL_ON",
            "RUNNER_TEMP",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        ] {
            command.env_remove(name);
        }
        fs::create_dir_all(self.tree.path("runner")).unwrap();
        for (name, value) in [
            ("CONTRACTS", env!("CARGO_BIN_EXE_contracts").to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_BASE_REF", "main".to_owned()),
            ("GITHUB_REF", "refs/pull/1/head".to_owned()),
            ("GITHUB_OUTPUT", self.file("output")),
            ("GITHUB_STEP_SUMMARY", self.file("summary")),
            ("RUNNER_TEMP", self.file("")),
            ("GIT_CONFIG_GLOBAL", "/dev/null".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
        ] {
            command.env(name, value);
        }
        command.envs(variables.iter().copied());
        let output = command.output().expect("bash is installed");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn file(&self, name: &str) -> String {
        self.tree.path("runner").join(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// The path that the script gave for an output.
    fn output(&self, name: &str) -> Option<String> {
        let text = self.read("output");
        let mut found = text
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name}=")));
        found.next_back().map(str::to_owned)
    }
}

fn commit(dir: &Path) {
    git_in(dir, &["add", "--all"]);
    git_in(dir, &["commit", "--quiet", "--allow-empty", "--message", "more"]);
}

const REQUIRED: &str = r#""required": ["orderId", "placedAt", "lines", "total"]"#;
const NOTE: &str = r#""note": { "type": "string", "description": "Free text.", "maxLength": 99 },
    "total": {"#;

#[test]
fn clean() {
    let pull = Pull::new();
    let run = pull.gate().ends(0);
    assert!(run.stdout.contains("no findings"), "{run}");
    assert_eq!(pull.output("exit-code").as_deref(), Some("0"));
    assert!(pull.read("summary").contains("### Contracts: no findings"));
    let sarif = fs::read_to_string(pull.output("sarif").unwrap()).unwrap();
    assert!(sarif.contains("\"version\": \"2.1.0\""));
}

#[test]
fn compatible_without_its_version() {
    let pull = Pull::new();
    pull.edit(ORDER, r#""total": {"#, NOTE);
    pull.regenerate_and_commit();
    let run = pull.gate().ends(1);
    assert!(
        run.stdout.contains(&format!("::error file={ORDER},line="))
            && run.stdout.contains("title=version-bump::"),
        "{run}"
    );
    assert!(
        pull.read("summary").contains("1.2.0 → 1.3.0 needed, says 1.2.0"),
        "{}",
        pull.read("summary")
    );
    pull.edit(ORDER, r#""version": "1.2.0""#, r#""version": "1.3.0""#);
    pull.regenerate_and_commit();
    pull.gate().ends(0);
}

#[test]
fn breaking() {
    let pull = Pull::new();
    pull.edit(ORDER, REQUIRED, &REQUIRED.replace(']', ", \"email\"]"));
    pull.regenerate_and_commit();
    let run = pull.gate().ends(1);
    assert!(run.stdout.contains("title=required-property-missing::"), "{run}");
    assert_eq!(pull.output("exit-code").as_deref(), Some("1"));
    let comment = fs::read_to_string(pull.output("comment").unwrap()).unwrap();
    assert!(
        comment.contains("**1 breaking**") && comment.contains("contracts waive "),
        "{comment}"
    );
    assert_eq!(pull.read("summary").lines().nth(1), comment.lines().nth(1));
}

#[test]
fn stale_generated_code() {
    let pull = Pull::new();
    pull.edit(ORDER, r#""total": {"#, NOTE);
    pull.edit(ORDER, r#""version": "1.2.0""#, r#""version": "1.3.0""#);
    commit(&pull.clone_dir());
    let run = pull.gate().ends(1);
    assert!(run.stdout.contains("title=stale-generated-code::"), "{run}");
    assert!(run.stdout.contains("run `contracts gen"), "{run}");
}

#[test]
fn waived() {
    let pull = Pull::new();
    pull.edit(ORDER, REQUIRED, &REQUIRED.replace(']', ", \"email\"]"));
    pull.regenerate_and_commit();
    pull.gate().ends(1);
    let log: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(pull.output("sarif").unwrap()).unwrap()).unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let fingerprint = result["partialFingerprints"]["contracts/v1"].as_str().unwrap();
        let accept = [
            "waive",
            fingerprint,
            "--reason",
            "agreed",
            "--owner",
            "team-orders",
            "--until",
            "2099-12-31",
        ];
        let against = ["--root", "clone", "--against", "origin/main"];
        let arguments: Vec<&str> = accept.into_iter().chain(against).collect();
        pull.tree.run(&arguments).ends(0);
    }
    pull.edit(ORDER, r#""version": "1.2.0""#, r#""version": "1.3.0""#);
    pull.regenerate_and_commit();
    let run = pull.gate().ends(0);
    assert!(
        run.stdout.contains("::notice file="),
        "an accepted break stays visible: {run}"
    );
    assert!(pull.read("summary").contains("accepted finding"));
}

#[test]
fn a_shallow_clone_is_deepened() {
    let pull = Pull::new();
    pull.edit(ORDER, REQUIRED, &REQUIRED.replace(']', ", \"email\"]"));
    pull.regenerate_and_commit();
    git_in(&pull.clone_dir(), &["push", "--quiet", "origin", "change"]);
    // The target went on meanwhile: its tip is not the base.
    pull.tree.write("upstream/README.md", "more");
    commit(&pull.tree.path("upstream"));
    fs::remove_dir_all(pull.clone_dir()).unwrap();
    pull.clone(&["--depth=1", "--branch=change"]);
    let run = pull.gate().ends(1);
    assert!(run.stdout.contains("title=required-property-missing::"), "{run}");
    assert_eq!(
        git_in(&pull.clone_dir(), &["rev-parse", "--is-shallow-repository"]),
        "false"
    );
}

#[test]
fn a_shallow_clone_that_cannot_be_deepened_says_what_is_missing() {
    let pull = Pull::new();
    pull.edit(ORDER, REQUIRED, &REQUIRED.replace(']', ", \"email\"]"));
    pull.regenerate_and_commit();
    git_in(&pull.clone_dir(), &["push", "--quiet", "origin", "change"]);
    fs::remove_dir_all(pull.clone_dir()).unwrap();
    pull.clone(&["--depth=1", "--branch=change"]);
    // As without rights: origin cannot be reached any more.
    fs::rename(pull.tree.path("upstream"), pull.tree.path("gone")).unwrap();
    let run = pull.gate().ends(2);
    assert!(run.stderr.contains("could not be fetched"), "{run}");
    assert!(run.stderr.contains("fetch-depth: 0"), "{run}");
    assert!(
        run.stdout.contains("title=required-property-missing::"),
        "what was released is protected all the same: {run}"
    );
}

#[test]
fn a_fork_without_the_base() {
    let pull = Pull::new();
    pull.edit(ORDER, r#""total": {"#, NOTE);
    pull.edit(ORDER, r#""version": "1.2.0""#, r#""version": "1.3.0""#);
    pull.regenerate_and_commit();
    // The fork has the branch of the change only.
    let dir = pull.clone_dir();
    git_in(&dir, &["push", "--quiet", "origin", "change"]);
    let upstream = pull.tree.path("upstream");
    git_in(&upstream, &["checkout", "--quiet", "change"]);
    git_in(&upstream, &["branch", "--quiet", "-D", "main"]);
    fs::remove_dir_all(&dir).unwrap();
    pull.clone(&[]);
    let run = pull.gate().ends(2);
    assert!(run.stderr.contains("main"), "{run}");
    assert!(run.stderr.contains("git fetch"), "the way out is named: {run}");
    // Checked out as GitHub does it, the merge of both knows its base.
    git_in(&dir, &["checkout", "--quiet", "-b", "target", "HEAD~1"]);
    git_in(
        &dir,
        &["merge", "--quiet", "--no-ff", "--message", "merge", "change"],
    );
    pull.gate_with(&[("GITHUB_REF", "refs/pull/1/merge")]).ends(0);
}

#[test]
fn correcting_an_unreleased_change() {
    let pull = Pull::new();
    // A field came in with the last pull request and was not released yet: it may still be another one.
    pull.edit(ORDER, r#""total": {"#, NOTE);
    pull.edit(ORDER, r#""version": "1.2.0""#, r#""version": "1.3.0""#);
    pull.regenerate_and_commit();
    git_in(
        &pull.clone_dir(),
        &["push", "--quiet", "origin", "change:feature"],
    );
    git_in(&pull.tree.path("upstream"), &["merge", "--quiet", "feature"]);
    git_in(&pull.clone_dir(), &["fetch", "--quiet", "origin"]);
    pull.edit(
        ORDER,
        r#""note": { "type": "string""#,
        r#""remark": { "type": "string""#,
    );
    pull.regenerate_and_commit();
    pull.gate().ends(0);
}

#[test]
fn inputs_are_arguments() {
    let pull = Pull::new();
    let config = pull.tree.read("clone/contracts.toml");
    pull.tree.write(
        "clone/contracts.toml",
        format!("{config}\n[rules]\nversion-bump = \"warning\"\n"),
    );
    pull.edit(ORDER, r#""total": {"#, NOTE);
    pull.regenerate_and_commit();
    pull.gate().ends(0);
    pull.gate_with(&[("FAIL_ON", "warning"), ("AGAINST", "origin/main")])
        .ends(1);
    pull.gate_with(&[("AGAINST", "origin/gone")]).ends(2);
    pull.gate_with(&[("ROOT", "../clone"), ("FAIL_ON", "warning")])
        .ends(1);
    pull.gate_with(&[("ROOT", "gone")]).ends(2);
}

#[test]
fn the_action_names_what_is_there() {
    let action = fs::read_to_string(format!("{ACTION}/action.yml")).unwrap();
    for input in ["root", "against", "fail-on", "version"] {
        assert!(action.contains(&format!("\n  {input}:\n")), "{input} is declared");
        assert!(
            action.contains(&format!("${{{{ inputs.{input} }}}}")),
            "{input} is used"
        );
    }
    for (before, _) in action.match_indices("$GITHUB_ACTION_PATH/") {
        let name: String = action[before..]
            .chars()
            .skip("$GITHUB_ACTION_PATH/".len())
            .take_while(|c| *c != '"')
            .collect();
        assert!(Path::new(ACTION).join(&name).is_file(), "{name}");
    }
    // Text of a pull request must not become part of a script.
    for line in action
        .lines()
        .filter(|line| line.trim_start().starts_with("run:"))
    {
        assert!(!line.contains("${{"), "{line}");
    }
}

/// A script of the action with nothing in its environment but `variables` and the usual programs.
fn script(name: &str, argument: &str, variables: &[(&str, &str)]) -> Run {
    let output = Command::new("bash")
        .args([&format!("{ACTION}/{name}"), argument])
        .env_clear()
        // Whoever builds here would not find cargo.
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().copied())
        .output()
        .expect("bash is installed");
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// What the release workflow packs is what the action downloads, and only if it is what its checksum says.
#[test]
fn a_release_is_fetched_and_its_checksum_holds() {
    let version = env!("CARGO_PKG_VERSION");
    let tree = Tree::empty();
    let release = tree.path(&format!("o/r/releases/download/v{version}"));
    let release = release.display().to_string();
    let server = format!("file://{}", tree.path("").display());
    let folder = tree.path("tool").display().to_string();
    let pack = |version: &str| {
        let variables = [
            ("VERSION", version),
            ("OUT", release.as_str()),
            ("BINARY", env!("CARGO_BIN_EXE_contracts")),
        ];
        script("package.sh", "", &variables)
    };
    let install = || {
        let variables = [
            ("VERSION", version),
            ("REPOSITORY", "o/r"),
            ("GITHUB_SERVER_URL", server.as_str()),
            ("FOLDER", folder.as_str()),
        ];
        script("install.sh", "install", &variables)
    };
    let none = install();
    assert!(
        none.stderr.contains("no released binary") && none.code != Some(0),
        "without a release it is built, and here is no cargo: {none}"
    );
    let wrong = pack("99.0.0").ends(2);
    assert!(wrong.stderr.contains("the workspace says"), "{wrong}");
    pack(version).ends(0);
    let asset = script("install.sh", "asset", &[("VERSION", version)]).ends(0);
    let archive = Path::new(&release).join(asset.stdout.trim());
    assert!(archive.is_file(), "{}", archive.display());

    let good = fs::read(&archive).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&archive, bad).unwrap();
    let run = install().ends(2);
    assert!(run.stderr.contains("not what its checksum says"), "{run}");
    fs::write(&archive, good).unwrap();
    let checksum = archive.with_extension("gz.sha256");
    let kept = fs::read(&checksum).unwrap();
    fs::remove_file(&checksum).unwrap();
    let run = install().ends(2);
    assert!(run.stderr.contains("no checksum"), "{run}");
    assert!(!tree.path("tool/bin/contracts").exists());
    fs::write(&checksum, kept).unwrap();

    assert!(install().ends(0).stdout.contains("fetched: "));
    let said = Command::new(tree.path("tool/bin/contracts"))
        .arg("--version")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&said.stdout),
        format!("contracts {version}\n")
    );
    assert!(install().ends(0).stdout.contains("cached: "));
}

#[test]
fn the_binary_is_found_under_a_key_and_not_built_twice() {
    let tree = Tree::empty();
    let install = |argument: &str, variables: &[(&str, &str)]| {
        let output = Command::new("bash")
            .args([&format!("{ACTION}/install.sh"), argument])
            .env_remove("GITHUB_OUTPUT")
            .env("RUNNER_TOOL_CACHE", tree.path("tools"))
            // Whoever builds here would not find cargo.
            .env("PATH", "/usr/bin:/bin")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, key) = install("key", &[]);
    assert_eq!((code, install("key", &[]).1 == key), (Some(0), true));
    assert!(
        install("key", &[("VERSION", "0.1.0")])
            .1
            .starts_with("key=0.1.0\n")
    );
    assert_eq!(install("key", &[("VERSION", "0.1.0; rm -rf /")]).0, Some(2));
    assert_eq!(install("", &[]).0, Some(2));
    let folder = key.lines().find_map(|line| line.strip_prefix("folder=")).unwrap();
    tree.write(Path::new(folder).join("bin/contracts").to_str().unwrap(), "");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = Path::new(folder).join("bin/contracts");
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let (code, said) = install("install", &[("FOLDER", folder)]);
    assert_eq!((code, said.starts_with("cached: ")), (Some(0), true));
}
