//! Paths by their text alone: nothing here looks at a disk.

use std::path::{Component, Path, PathBuf};

/// `path` without `.` and `..`.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The way from the folder `from` to `to`, both absolute and normal, with `/`; `.` when they are the same.
pub(crate) fn relative(from: &Path, to: &Path) -> String {
    let from: Vec<_> = from.components().collect();
    let to: Vec<_> = to.components().collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(left, right)| left == right)
        .count();
    let mut parts: Vec<String> = vec!["..".to_owned(); from.len() - common];
    parts.extend(
        to[common..]
            .iter()
            .map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/w/generated/a-domain", "/w/events"), "../../events");
        assert_eq!(way("/w/services/a", "/w/generated/shop"), "../../generated/shop");
        assert_eq!(way("/w", "/w/generated"), "generated");
        assert_eq!(way("/w", "/w"), ".");
        assert_eq!(normal(Path::new("/w/a/../b/./c")), Path::new("/w/b/c"));
    }
}
