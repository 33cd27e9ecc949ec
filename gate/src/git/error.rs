//! Why git could not answer, and what to do about it.

use std::path::PathBuf;

/// Git could not answer. [`help`](GitError::help) says what mends it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct GitError(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(super) enum Kind {
    #[error("cannot read the git repository at {}", path.display())]
    Open { path: PathBuf, source: BoxError },
    #[error("{} is outside of the git repository's work tree", path.display())]
    OutsideWorkTree { path: PathBuf },
    #[error("git does not know {spec:?}")]
    UnknownRevision { spec: String, shallow: bool },
    #[error("{one:?} and {two:?} have no common ancestor in the history that is here")]
    NoMergeBase { one: String, two: String, shallow: bool },
    #[error("cannot read {what} from git")]
    Object {
        what: String,
        shallow: bool,
        source: BoxError,
    },
}

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

const FETCH_MORE: &str = "this clone is shallow: fetch the history (`git fetch --unshallow origin`, or \
                          `fetch-depth: 0` for actions/checkout)";

/// ` main`, as the server calls `main` and `origin/main`; nothing for what is no plain name.
fn on_server(spec: &str) -> String {
    let name = spec.strip_prefix("origin/").unwrap_or(spec);
    let is_plain = !name.is_empty()
        && !name.starts_with(['/', '.', '-'])
        && name != "HEAD"
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
    if is_plain {
        format!(" {name}")
    } else {
        String::new()
    }
}

impl GitError {
    /// What to do, one line.
    pub fn help(&self) -> String {
        match &self.0 {
            Kind::Open { .. } => {
                "check the repository with `git status` and `git fsck`; without git, compare with a directory: \
                 `--against DIR`"
                    .to_owned()
            }
            Kind::OutsideWorkTree { .. } => "run inside the repository that holds the contracts".to_owned(),
            Kind::UnknownRevision { shallow: true, spec, .. } => {
                format!(
                    "{FETCH_MORE}, or only what is compared with: `git fetch --depth=1 origin{}`",
                    on_server(spec)
                )
            }
            Kind::UnknownRevision { shallow: false, spec, .. } => {
                format!(
                    "fetch it (`git fetch origin{}`), or name a branch, a tag, a commit or a folder that is there",
                    on_server(spec)
                )
            }
            Kind::NoMergeBase { shallow: true, .. } | Kind::Object { shallow: true, .. } => FETCH_MORE.to_owned(),
            Kind::NoMergeBase { shallow: false, .. } => {
                "the branches are unrelated: name the commit to compare with, `--against COMMIT`".to_owned()
            }
            Kind::Object { shallow: false, .. } => {
                "the repository is damaged or a partial clone: check it with `git fsck`, or fetch again".to_owned()
            }
        }
    }
}
