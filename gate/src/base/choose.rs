//! Which base is meant: what was asked for, or what a pull request wants to change.

use std::path::Path;

use registry::Workspace;

use super::Base;
use crate::GateError;
use crate::git::{self, Repository};

/// The base of a run that was not told one: in a pull or merge request the merge base with its target branch, else none.
/// `variable` reads the environment.
pub fn choose(
    workspace: &Workspace,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Base>, GateError> {
    let Some(target) = git::target_branch(&variable) else {
        return Ok(None);
    };
    let Some(repository) = Repository::discover(&workspace.dir)? else {
        return Ok(None);
    };
    let remote = format!("origin/{target}");
    let tried = repository
        .merge_base(&remote)
        .map(|base| (remote.clone(), base))
        .or_else(|error| {
            // A clone of the fork may have it as a branch of its own.
            repository
                .merge_base(&target)
                .map(|base| (target.clone(), base))
                .map_err(|_| error)
        });
    let (spec, commit) = match tried {
        Ok(found) => found,
        Err(error) => {
            // What CI checks out for a pull request is its merge with the target: the first parent is the target.
            let is_merge_of_request = variable("GITHUB_REF")
                .is_some_and(|name| name.starts_with("refs/pull/") && name.ends_with("/merge"));
            let head = repository.commit("HEAD")?;
            match repository.parents(head).as_slice() {
                [base, _, ..] if is_merge_of_request => (target, *base),
                _ => return Err(error.into()),
            }
        }
    };
    let name = format!("the merge base of HEAD and {spec} ({})", short(&commit));
    Base::at_commit(repository, commit, &spec, name, workspace).map(Some)
}

/// The base that `spec` means: a folder, or a git revision. Of a branch that went on it is the point where HEAD left it:
/// what others did since is not part of the change. Where that point is not known, the revision itself.
pub fn of_spec(spec: &str, from: &Path, workspace: &Workspace) -> Result<Base, GateError> {
    if spec.trim().is_empty() {
        return Err(GateError::other(
            "what to compare with is empty",
            "name a git revision or a folder; in a script, look where the value should have come from",
        ));
    }
    let folder = from.join(spec);
    let is_path = spec.starts_with(['.', '/', '\\']) || spec.ends_with(['/', '\\']);
    if is_path && !folder.is_dir() {
        return Err(GateError::other(
            format!("the base {spec:?} is no folder"),
            "name a folder that holds the contracts as they were, or a git revision",
        ));
    }
    let repository = if folder.is_dir() {
        if !is_path && is_revision(spec, workspace) {
            return Err(GateError::other(
                format!("{spec:?} is a folder and a git revision"),
                format!("write `./{spec}` for the folder, `{spec}^0` for the revision"),
            ));
        }
        None
    } else {
        Repository::discover(&workspace.dir)?
    };
    let Some(repository) = repository else {
        if folder.is_dir() {
            return Base::in_folder(&folder, workspace);
        }
        return Err(GateError::other(
            format!("the base {spec:?} is no folder, and there is no git repository here"),
            "name a folder that holds the contracts as they were, or run inside the repository",
        ));
    };
    let commit = repository.commit(spec)?;
    let (commit, name) = match repository.merge_base(spec) {
        Ok(base) if base != commit => {
            let name = format!("the merge base of HEAD and {spec} ({})", short(&base));
            (base, name)
        }
        _ => (commit, format!("{spec} ({})", short(&commit))),
    };
    Base::at_commit(repository, commit, spec, name, workspace)
}

fn is_revision(spec: &str, workspace: &Workspace) -> bool {
    let repository = Repository::discover(&workspace.dir);
    repository.is_ok_and(|found| found.is_some_and(|repository| repository.commit(spec).is_ok()))
}

fn short(commit: &git::Commit) -> String {
    commit.to_string().chars().take(7).collect()
}
