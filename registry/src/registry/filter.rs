//! Restricting findings to some paths.

use std::fs;
use std::path::{Path, PathBuf};

use super::Registry;
use crate::error::{ErrorKind, RegistryError};
use crate::workspace::relative;

/// The paths that findings are restricted to; empty is no restriction.
#[derive(Clone, Debug, Default)]
pub struct PathFilter(Vec<String>);

impl PathFilter {
    /// Whether findings in `file` (relative to the workspace) are wanted.
    pub fn accepts(&self, file: &str) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|path| {
                path.is_empty()
                    || file
                        .strip_prefix(path.as_str())
                        .is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
            })
    }
}

impl Registry {
    /// Takes files and folders as they are written on a command line, relative to `from`. One that does not exist, or is
    /// outside the workspace, is an error.
    pub fn filter(&self, from: &Path, paths: &[PathBuf]) -> Result<PathFilter, RegistryError> {
        let dir = fs::canonicalize(&self.workspace.dir)
            .map_err(|source| RegistryError::io(ErrorKind::Filter, "open", &self.workspace.dir, source))?;
        let mut accepted = Vec::with_capacity(paths.len());
        for path in paths {
            let full = fs::canonicalize(from.join(path))
                .map_err(|source| RegistryError::io(ErrorKind::Filter, "open", path, source))?;
            match relative(&dir, &full) {
                Some(inside) => accepted.push(inside),
                None => {
                    return Err(RegistryError::new(
                        ErrorKind::Filter,
                        format!(
                            "{} is outside the registry at {}",
                            path.display(),
                            self.workspace.dir.display()
                        ),
                    )
                    .with_help("name files or folders of this registry"));
                }
            }
        }
        Ok(PathFilter(accepted))
    }
}
