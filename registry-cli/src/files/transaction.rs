//! Writing several files anywhere below one folder: all of them or none.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::apply::Undo;
use super::signals::DeferSignals;

/// Writes each (path, bytes) below `folder`. Everything is written, and brought to the disk, beside its place before
/// anything is renamed into it; what goes wrong on the way is undone, so that a run that fails leaves what was there.
pub(crate) fn write_all(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> anyhow::Result<()> {
    let what = || format!("cannot write below {}", folder.display());
    // From here on an interruption waits: half a release would stay, or the stage.
    let _deferred = DeferSignals::new();
    let stage = tempfile::Builder::new()
        .prefix(".contracts-release-")
        .tempdir_in(folder)
        .with_context(what)?;
    let mut ready = Vec::with_capacity(files.len());
    for (number, (path, bytes)) in files.iter().enumerate() {
        let staged = stage.path().join(format!("new-{number}"));
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&staged)?;
            file.write_all(bytes)?;
            // A disk that is full may say so only now.
            file.sync_all()
        };
        write().with_context(|| format!("cannot write {}; nothing was changed", path.display()))?;
        ready.push((staged, path));
    }
    let mut done = Undo::new(stage.path());
    for (staged, path) in ready {
        if let Err(error) = done.put(&staged, path) {
            done.roll_back();
            return Err(error)
                .with_context(|| format!("cannot write {}; nothing was changed", path.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_on_the_way_leaves_what_was_there() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("a"), "old").unwrap();
        fs::write(temp.path().join("in-the-way"), "a file").unwrap();
        let files = [
            (temp.path().join("a"), b"new".to_vec()),
            (temp.path().join("new/folder/b"), b"new".to_vec()),
            (temp.path().join("in-the-way/c"), b"new".to_vec()),
        ];
        let error = write_all(temp.path(), &files).unwrap_err();
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        assert_eq!(fs::read(temp.path().join("a")).unwrap(), b"old");
        assert!(!temp.path().join("new").exists());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 2, "no stage stays");

        write_all(temp.path(), &files[..2]).unwrap();
        assert_eq!(fs::read(temp.path().join("new/folder/b")).unwrap(), b"new");
        assert_eq!(fs::read(temp.path().join("a")).unwrap(), b"new");
    }
}
