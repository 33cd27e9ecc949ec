//! The documents that show the program at work: each `##` section is run on a fresh copy of `fixtures/store`, so that
//! document and program cannot drift.
//!
//! In a section, in order: a `diff` block is applied, and a `console` block is run line by line in a shell; what it prints
//! must be what the document says. A block whose last command fails is marked `console exit=N`; the last block of a section
//! succeeds, for it is the way out.
//!
//! `CONTRACTS_WRITE_DOCS=1 cargo test -p registry-cli --test cli documents` writes diffs and outputs anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Tree, copy, git_in};

/// Sunday, 1 November 2026: the day on which the documents are read.
const TODAY: &str = "1793491200";

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn text(name: &str) -> String {
    let file = document(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The released tree on `main` that every section starts from.
fn store() -> Tree {
    let tree = Tree::empty();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store"),
        &tree.path(""),
    );
    let output = tree
        .command(&["release"])
        .env("SOURCE_DATE_EPOCH", TODAY)
        .output()
        .expect("the binary starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    tree.into_repository()
}

/// A section's tree.
struct Scene {
    tree: Tree,
}

impl Scene {
    fn new(store: &Tree) -> Self {
        let tree = Tree::empty();
        copy(&store.path(""), &tree.path(""));
        Self { tree }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.tree.path(""), arguments)
    }

    /// Applies a diff and gives it back as git writes it, with two lines of context.
    fn apply(&self, diff: &str) -> String {
        self.git(&["add", "--all"]);
        // One file at a time: with counts made anew git would take the next file's `---` for a line that goes.
        let starts = diff.match_indices("\n--- ").map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(starts).chain([diff.len()]).collect();
        for part in starts.windows(2) {
            // Outside of the tree, so that it is not part of it.
            let patch = tempfile::NamedTempFile::new().expect("a temporary file can be made");
            std::fs::write(patch.path(), &diff[part[0]..part[1]]).expect("writable");
            let patch = patch.path().display().to_string();
            self.git(&["apply", "--recount", "--whitespace=nowarn", &patch]);
        }
        self.git(&["add", "--all", "--intent-to-add"]);
        let shown = self.git(&["diff", "--unified=2", "--no-color", "--no-ext-diff"]);
        self.git(&["reset", "--quiet"]);
        let noise = ["diff --git ", "index ", "new file mode ", "deleted file mode "];
        shown
            .lines()
            .filter(|line| !noise.iter().any(|noise| line.starts_with(noise)))
            .fold(String::new(), |text, line| text + line + "\n")
    }

    /// Runs one command and gives its exit code and all that it prints.
    fn run(&self, command: &str) -> (i32, String) {
        let binary = Path::new(env!("CARGO_BIN_EXE_contracts"));
        let mut path = binary.parent().expect("in a folder").as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let output = self
            .tree
            .command_of("bash")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .env("PATH", path)
            .env("SOURCE_DATE_EPOCH", TODAY)
            .stdout(Stdio::piped())
            .output()
            .expect("bash is installed");
        let real = self.tree.path("").canonicalize().expect("it exists");
        let text = String::from_utf8(output.stdout).expect("output is UTF-8");
        let text = text.replace(&format!("{}/", real.display()), "");
        (output.status.code().unwrap_or(-1), text)
    }

    /// Runs the commands of a block; gives the block as it should be, and the last exit code.
    fn play(&self, block: &str, accept: &mut Option<String>) -> (String, i32) {
        let (mut played, mut code) = (String::new(), 0);
        let block = with_fingerprint(block, accept.as_deref());
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(first) = line.strip_prefix("$ ") else {
                continue;
            };
            let mut command = first.to_owned();
            writeln!(played, "{line}").expect("a string takes all");
            while command.ends_with('\\') {
                let next = lines.next().expect("a continued command goes on");
                writeln!(played, "{next}").expect("a string takes all");
                command = format!("{command}\n{next}");
            }
            let (ended, output) = self.run(&command);
            code = ended;
            let output = output.trim_end();
            if let Some((_, rest)) = output.rsplit_once("to accept it: contracts waive ") {
                *accept = rest.split_whitespace().next().map(str::to_owned);
            }
            if !output.is_empty() {
                writeln!(played, "{output}").expect("a string takes all");
            }
        }
        (played, code)
    }
}

/// The block with the fingerprint that was printed last in each `contracts waive`, as one who pastes has it.
fn with_fingerprint(block: &str, accept: Option<&str>) -> String {
    const WAIVE: &str = "$ contracts waive ";
    let Some(accept) = accept else {
        return block.to_owned();
    };
    block
        .lines()
        .map(|line| match line.strip_prefix(WAIVE) {
            Some(rest) => {
                let (_, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                format!("{WAIVE}{accept} {rest}\n")
            }
            None => format!("{line}\n"),
        })
        .collect()
}

impl Tree {
    /// Another program in the tree, as nobody's configuration would have it.
    fn command_of(&self, program: &str) -> Command {
        let ours = self.command(&[]);
        let mut command = Command::new(program);
        command.current_dir(self.path("")).stdin(Stdio::null());
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "a")
                .env(format!("GIT_{role}_EMAIL"), "a@test.example");
        }
        command
    }
}

/// One `##` section, played: its text as it should be.
fn section(store: &Tree, text: &str) -> String {
    if !text.contains("\n```diff") && !text.contains("\n```console") {
        return text.to_owned();
    }
    let title = text.lines().next().unwrap_or_default();
    let scene = Scene::new(store);
    let (mut out, mut last, mut accept) = (String::new(), 0, None);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let kind = line.strip_prefix("```").map(|info| {
            let mut words = info.split_whitespace();
            words.next().unwrap_or_default().to_owned()
        });
        let Some(kind) = kind else {
            out = out + line + "\n";
            continue;
        };
        let mut block = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            block = block + line + "\n";
        }
        let shown = match kind.as_str() {
            "diff" => format!("```diff\n{}", scene.apply(&block)),
            "console" => {
                let (played, code) = scene.play(&block, &mut accept);
                last = code;
                let mark = if code == 0 {
                    String::new()
                } else {
                    format!(" exit={code}")
                };
                format!("```console{mark}\n{played}")
            }
            _ => format!("{line}\n{block}"),
        };
        out = out + &shown + "```\n";
    }
    assert_eq!(last, 0, "{title}: the way out does not end well:\n{out}");
    out
}

fn play(name: &str) {
    let written = text(name);
    let store = store();
    let mut starts: Vec<usize> = written.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    starts.push(written.len());
    let sections: Vec<&str> = starts.windows(2).map(|pair| &written[pair[0]..pair[1]]).collect();
    assert!(sections.len() > 2, "{name} has sections");
    let played: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = sections
            .iter()
            .map(|text| scope.spawn(|| section(&store, text)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a section can be played"))
            .collect()
    });
    let played = played.concat();
    if std::env::var_os("CONTRACTS_WRITE_DOCS").is_some() {
        std::fs::write(document(name), played).expect("writable");
        return;
    }
    let difference = similar::TextDiff::from_lines(written.as_str(), played.as_str())
        .unified_diff()
        .header("as written", "as run")
        .to_string();
    assert!(
        difference.is_empty(),
        "run `CONTRACTS_WRITE_DOCS=1 cargo test -p registry-cli --test cli documents`\n{difference}"
    );
}

#[test]
fn changes_are_told_as_they_run() {
    play("changes.md");
}

#[test]
fn governance_is_told_as_it_runs() {
    play("governance.md");
}

/// The rules that a document names by linking to their pages.
fn linked(text: &str) -> BTreeSet<String> {
    text.split("](rules/")
        .skip(1)
        .filter_map(|rest| rest.split_once(".md)"))
        .map(|(id, _)| id.to_owned())
        .collect()
}

/// Rules by what `explain` lists: their ids.
fn catalogue() -> BTreeSet<String> {
    text("rules/README.md")
        .split("\n| [")
        .skip(1)
        .filter_map(|row| row.split_once(']'))
        .map(|(id, _)| id.to_owned())
        .collect()
}

#[test]
fn governance_names_rules_that_exist_and_all_that_are_policy() {
    let governance = text("governance.md");
    let (named, known) = (linked(&governance), catalogue());
    let unknown: Vec<_> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "there are no such rules: {unknown:?}");
    // What the house decides, what breaks, what is released and what is accepted. The rest are defects in any tree.
    let policy: BTreeSet<String> = registry::rules()
        .filter(|rule| rule.scope == diagnostics::Scope::House)
        .chain(gate::rules::rules())
        .chain(compat::rules())
        .map(|rule| rule.id.to_owned())
        .collect();
    let forgotten: Vec<_> = policy.difference(&named).collect();
    assert!(forgotten.is_empty(), "governance.md does not name {forgotten:?}");
}

/// Each statement says who enforces it: a rule, or people.
#[test]
fn every_statement_of_governance_says_who_enforces_it() {
    let governance = text("governance.md");
    let mut statements = Vec::new();
    let mut inside = false;
    for line in governance.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside && line.starts_with("- ") {
            statements.push(line.to_owned());
        } else if let (false, Some(last), true) = (inside, statements.last_mut(), line.starts_with("  ")) {
            last.push_str(line);
        }
    }
    assert!(statements.len() > 30, "{}", statements.len());
    for statement in statements {
        assert!(
            statement.contains("](rules/") || statement.contains("*people*"),
            "who enforces it? {statement}"
        );
    }
}
