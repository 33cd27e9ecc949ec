//! Writing files so that nothing is ever half-written, and finding what an earlier run wrote.
//!
//! It never writes outside the folder that it is given, never through a symbolic link inside it, and replaces or deletes
//! only what carries our mark.

mod apply;
mod output;
mod paths;
mod signals;
mod transaction;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

pub(crate) use output::{Changes, OutputFolder};
pub(crate) use paths::{normal, relative};
pub(crate) use transaction::write_all;

/// Writes `bytes` to `path`, whole or not at all. Missing folders are made.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = builder().prefix(".contracts-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.flush()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The way from the top of the git repository around `dir` to `dir`: empty, or with `/` between components and at the
/// end. Empty as well where there is no repository.
pub(crate) fn below_repository(dir: &Path) -> String {
    let above = dir.ancestors().find(|folder| folder.join(".git").exists());
    let inside = above.and_then(|above| dir.strip_prefix(above).ok());
    match inside.map(|inside| inside.to_string_lossy().replace('\\', "/")) {
        Some(inside) if !inside.is_empty() => format!("{inside}/"),
        _ => String::new(),
    }
}

fn builder() -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "changed on Unix only"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Like any new file: what the umask leaves of rw-rw-rw-.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_written_whole() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b.json");
        write_whole(&path, b"one").unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(temp.path().join("a")).unwrap().count(), 1);
    }
}
