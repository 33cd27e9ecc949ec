//! Making the changes to a folder of generated files: all of them or none.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

use super::output::{Changes, OutputFolder, entries, is_marked};
use super::signals::DeferSignals;
use crate::failure::failure;

/// Where files are prepared, inside the output folder: renaming works within one file system only.
const STAGE: &str = ".contracts-gen-";

impl OutputFolder {
    /// Makes the changes. Everything is written beside its place first and then renamed into it; what goes wrong on
    /// the way is undone, so that a run that fails leaves what was there.
    pub(crate) fn apply(&self, changes: &Changes) -> anyhow::Result<()> {
        for (path, now, _) in &changes.write {
            self.refuse_ways_out(path)?;
            self.refuse_what_is_not_ours(path, now.as_deref())?;
        }
        for (path, _) in &changes.delete {
            self.refuse_ways_out(path)?;
        }
        let what = || format!("cannot write below {}", self.path.display());
        fs::create_dir_all(&self.path).with_context(what)?;
        let _lock = self.lock();
        self.remove_leftovers();
        // From here on an interruption waits: half a tree would stay, or the stage.
        let _deferred = DeferSignals::new();
        let stage = tempfile::Builder::new()
            .prefix(STAGE)
            .tempdir_in(&self.path)
            .with_context(what)?;
        let mut ready = Vec::with_capacity(changes.write.len());
        for (number, (path, _, text)) in changes.write.iter().enumerate() {
            let staged = stage.path().join(format!("new-{number}"));
            fs::write(&staged, text)
                .with_context(|| format!("cannot write {path} below {}", self.path.display()))?;
            ready.push((staged, self.path.join(path)));
        }
        let mut done = Undo::new(stage.path());
        for (staged, target) in ready {
            if let Err(error) = done.put(&staged, &target) {
                done.roll_back();
                return Err(error).with_context(|| format!("cannot write {}", target.display()));
            }
        }
        for (path, _) in &changes.delete {
            let target = self.path.join(path);
            if let Err(error) = done.remove(&target) {
                done.roll_back();
                return Err(error).with_context(|| format!("cannot delete {}", target.display()));
            }
        }
        for (path, _) in &changes.delete {
            self.remove_empty_parents(path);
        }
        Ok(())
    }

    /// Refuses paths that are not plainly below the folder, lead through a link, or are folders.
    fn refuse_ways_out(&self, path: &str) -> anyhow::Result<()> {
        let plain = !path.is_empty()
            && Path::new(path)
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
            && !path
                .split('/')
                .any(|part| part.is_empty() || part == "." || part == "..");
        if !plain {
            return Err(failure(
                format!("{path:?} is not a path below {}", self.path.display()),
                "rename the domain or event that the path comes from",
            ));
        }
        let mut at = self.path.clone();
        let parts: Vec<&str> = path.split('/').collect();
        for (number, part) in parts.iter().enumerate() {
            at.push(part);
            let Ok(kind) = fs::symlink_metadata(&at) else {
                break;
            };
            let last = number + 1 == parts.len();
            if kind.is_symlink() && !last {
                return Err(failure(
                    format!(
                        "{} is a symbolic link; generated files are not written through links",
                        at.display()
                    ),
                    "remove the link, or choose another folder with --out",
                ));
            }
            if kind.is_dir() == last && !kind.is_symlink() {
                let (is, should) = if last {
                    ("a folder", "a file")
                } else {
                    ("not a folder", "a folder")
                };
                return Err(failure(
                    format!("{} is {is} where {should} has to be written", at.display()),
                    "move it away, or choose another folder with --out",
                ));
            }
        }
        Ok(())
    }

    /// Refuses to replace a file without our mark: somebody wrote it.
    fn refuse_what_is_not_ours(&self, path: &str, now: Option<&str>) -> anyhow::Result<()> {
        let at = self.path.join(path);
        if now.is_some_and(|text| is_marked(text.as_bytes())) || fs::symlink_metadata(&at).is_err() {
            return Ok(());
        }
        Err(failure(
            format!("{} exists and was not written by contracts gen", at.display()),
            "move or delete it, or choose another folder with --out",
        ))
    }

    /// Waits for another run that writes here. Where folders cannot be locked there is no lock.
    fn lock(&self) -> Option<File> {
        let folder = File::open(&self.path).ok()?;
        folder.lock().ok()?;
        Some(folder)
    }

    /// What a killed run left behind; with the lock held, no run is using it.
    fn remove_leftovers(&self) {
        for (name, kind) in entries(&self.path).unwrap_or_default() {
            if kind.is_dir() && name.starts_with(STAGE) {
                let _ = fs::remove_dir_all(self.path.join(name));
            }
        }
    }

    fn remove_empty_parents(&self, path: &str) {
        let mut below = Path::new(path).parent();
        while let Some(folder) = below.filter(|folder| !folder.as_os_str().is_empty()) {
            // Fails, as it should, on folders that still hold something.
            if fs::remove_dir(self.path.join(folder)).is_err() {
                break;
            }
            below = folder.parent();
        }
    }
}

/// The steps taken so far, and where the old files are kept meanwhile.
pub(super) struct Undo<'s> {
    stage: &'s Path,
    steps: Vec<Step>,
}

enum Step {
    Folder(PathBuf),
    New(PathBuf),
    Replaced { target: PathBuf, kept: PathBuf },
}

impl<'s> Undo<'s> {
    /// Nothing done yet; old files are kept in `stage`.
    pub(super) fn new(stage: &'s Path) -> Self {
        Self {
            stage,
            steps: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, staged: &Path, target: &Path) -> io::Result<()> {
        if let Some(parent) = target.parent() {
            self.make_folders(parent)?;
        }
        match fs::symlink_metadata(target) {
            Ok(_) => {
                let kept = self.kept();
                // A second name, not a move: the old file stays in place until the new one takes it over.
                if fs::hard_link(target, &kept).is_err() {
                    fs::copy(target, &kept)?;
                }
                fs::rename(staged, target)?;
                self.steps.push(Step::Replaced {
                    target: target.to_owned(),
                    kept,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::rename(staged, target)?;
                self.steps.push(Step::New(target.to_owned()));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn remove(&mut self, target: &Path) -> io::Result<()> {
        let kept = self.kept();
        fs::rename(target, &kept)?;
        self.steps.push(Step::Replaced {
            target: target.to_owned(),
            kept,
        });
        Ok(())
    }

    fn kept(&self) -> PathBuf {
        self.stage.join(format!("old-{}", self.steps.len()))
    }

    fn make_folders(&mut self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make_folders(parent)?;
        }
        fs::create_dir(folder)?;
        self.steps.push(Step::Folder(folder.to_owned()));
        Ok(())
    }

    /// Best effort: the error that led here is the one to report.
    pub(super) fn roll_back(self) {
        for step in self.steps.into_iter().rev() {
            let _ = match step {
                Step::Folder(folder) => fs::remove_dir(folder),
                Step::New(target) => fs::remove_file(target),
                Step::Replaced { target, kept } => fs::rename(kept, target),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const OURS: &str = "// @generated by contracts gen; input sha256:0; output sha256:0\n";

    fn folder() -> (tempfile::TempDir, OutputFolder) {
        let temp = tempfile::tempdir().unwrap();
        let output = OutputFolder::new(temp.path().join("out"));
        (temp, output)
    }

    fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), format!("{OURS}{text}")))
            .collect()
    }

    fn write(output: &OutputFolder, crate_folder: &str, files: &[(&str, &str)]) -> anyhow::Result<Changes> {
        let mut changes = Changes::default();
        output.changes(crate_folder, tree(files), &mut changes)?;
        output.apply(&changes)?;
        Ok(changes)
    }

    #[test]
    fn writes_once_and_deletes_only_what_is_ours() {
        let (_temp, output) = folder();
        write(&output, "chat", &[("src/lib.rs", "a"), ("src/old/gone.rs", "b")]).unwrap();
        fs::write(output.path.join("chat/README.md"), "by hand").unwrap();
        fs::write(output.path.join("chat/src/hand.rs"), "by hand").unwrap();

        let again = write(&output, "chat", &[("src/lib.rs", "a"), ("src/new.rs", "c")]).unwrap();
        assert_eq!(
            (again.write.len(), again.delete.len(), again.unchanged),
            (1, 1, 1)
        );
        assert!(
            !output.path.join("chat/src/old").exists(),
            "an emptied folder goes"
        );
        assert!(output.path.join("chat/README.md").exists());
        assert!(output.path.join("chat/src/hand.rs").exists());
        assert_eq!(
            output.folders().unwrap(),
            ["chat"],
            "nothing of the staging stays"
        );
    }

    #[test]
    fn a_failure_leaves_the_old_tree() {
        let (_temp, output) = folder();
        write(&output, "chat", &[("a.rs", "1"), ("b.rs", "1")]).unwrap();
        let mut changes = Changes::default();
        output
            .changes(
                "chat",
                tree(&[("a.rs", "2"), ("n/new.rs", "2"), ("z.rs", "2")]),
                &mut changes,
            )
            .unwrap();
        // What stands in the way appears after the checks: the second path is taken by a folder's parent.
        changes
            .write
            .push(("chat/a.rs/below.rs".to_owned(), None, String::new()));
        let mut late = Changes {
            write: Vec::new(),
            delete: changes.delete,
            unchanged: 0,
        };
        std::mem::swap(&mut late.write, &mut changes.write);
        let stage = tempfile::tempdir_in(&output.path).unwrap();
        let mut undo = Undo {
            stage: stage.path(),
            steps: Vec::new(),
        };
        let mut failed = false;
        for (path, _, text) in &late.write {
            let staged = stage.path().join("new");
            fs::write(&staged, text).unwrap();
            failed |= undo.put(&staged, &output.path.join(path)).is_err();
        }
        assert!(failed);
        undo.roll_back();
        drop(stage);
        let now = output.generated("chat", |_| false).unwrap();
        assert_eq!(now, tree(&[("a.rs", "1"), ("b.rs", "1")]));
        assert!(!output.path.join("chat/n").exists());
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let (_temp, output) = folder();
        for path in ["../x.rs", "/etc/x", "a/../../x", "a//b", ""] {
            let changes = Changes {
                write: vec![(path.to_owned(), None, String::new())],
                ..Changes::default()
            };
            assert!(output.apply(&changes).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (temp, output) = folder();
        let outside = temp.path().join("outside");
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(&output.path).unwrap();
        fs::write(outside.join("lib.rs"), format!("{OURS}mine")).unwrap();
        std::os::unix::fs::symlink(&outside, output.path.join("chat")).unwrap();
        let error = write(&output, "chat", &[("lib.rs", "x")]).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        assert_eq!(
            fs::read_to_string(outside.join("lib.rs")).unwrap(),
            format!("{OURS}mine")
        );

        // Nor is a link in the place of a file: it is not ours.
        fs::remove_file(output.path.join("chat")).unwrap();
        fs::create_dir_all(output.path.join("chat")).unwrap();
        std::os::unix::fs::symlink(outside.join("lib.rs"), output.path.join("chat/lib.rs")).unwrap();
        write(&output, "chat", &[("lib.rs", "x")]).unwrap_err();
        assert_eq!(
            fs::read_to_string(outside.join("lib.rs")).unwrap(),
            format!("{OURS}mine")
        );
    }

    #[test]
    fn what_somebody_wrote_is_not_replaced_and_a_merge_is() {
        let (_temp, output) = folder();
        write(&output, "chat", &[("a.rs", "1"), ("b.rs", "1")]).unwrap();
        fs::write(
            output.path.join("chat/a.rs"),
            format!("<<<<<<< ours\n{OURS}2\n=======\n{OURS}3\n>>>>>>> theirs\n"),
        )
        .unwrap();
        write(&output, "chat", &[("a.rs", "4"), ("b.rs", "1")]).unwrap();
        for foreign in [&b"fn by_hand() {}"[..], b"\xff\xfe"] {
            fs::write(output.path.join("chat/a.rs"), foreign).unwrap();
            let error = write(&output, "chat", &[("a.rs", "5"), ("b.rs", "5")]).unwrap_err();
            assert!(error.to_string().contains("not written by"), "{error}");
            assert_eq!(fs::read(output.path.join("chat/a.rs")).unwrap(), foreign);
            assert!(
                fs::read_to_string(output.path.join("chat/b.rs"))
                    .unwrap()
                    .ends_with('1')
            );
        }
    }

    #[test]
    fn leftovers_of_a_killed_run_go() {
        let (_temp, output) = folder();
        fs::create_dir_all(output.path.join(".contracts-gen-dead")).unwrap();
        write(&output, "chat", &[("lib.rs", "x")]).unwrap();
        assert!(!output.path.join(".contracts-gen-dead").exists());
    }
}
