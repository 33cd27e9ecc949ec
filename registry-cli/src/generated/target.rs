//! Where generated crates go and with which settings.

use std::path::Path;

use codegen::{EventsDependency, Inherit, Options};
use registry::Registry;
use registry::config::{EventsSource, GitReference};

use crate::files::{OutputFolder, normal, relative};

/// Where generated Rust goes and how it is generated.
pub(crate) struct Target {
    /// The folder of the crates.
    pub(crate) folder: OutputFolder,
    /// The folder relative to the workspace, with `/`, as findings name it.
    pub(crate) name: String,
    /// The settings.
    pub(crate) options: Options,
}

/// The target that the configuration names, or that `out` names in its place; `None` when neither does.
pub(crate) fn target(registry: &Registry, out: Option<&Path>) -> Option<Target> {
    let workspace = &registry.workspace.dir;
    let configured = registry.config.generate.rust.as_ref();
    let path = match (out, configured) {
        (Some(out), _) => std::path::absolute(out).unwrap_or_else(|_| out.to_owned()),
        (None, Some(rust)) => normal(&workspace.join(&rust.out)),
        (None, None) => return None,
    };
    let events = match configured.map(|rust| &rust.events) {
        // Any crate lies in a folder of its own directly below.
        Some(EventsSource::Path(events)) => {
            EventsDependency::Path(relative(&path.join("a-domain"), &normal(&workspace.join(events))))
        }
        Some(EventsSource::Version(version)) => EventsDependency::Version(version.clone()),
        Some(EventsSource::Git { url, reference }) => EventsDependency::Git {
            url: url.clone(),
            reference: reference.as_ref().map(|reference| match reference {
                GitReference::Rev(rev) => ("rev", rev.clone()),
                GitReference::Tag(tag) => ("tag", tag.clone()),
                GitReference::Branch(branch) => ("branch", branch.clone()),
            }),
        },
        None => EventsDependency::Version(env!("CARGO_PKG_VERSION").to_owned()),
    };
    let inherit = if inherits(workspace, &path) {
        Inherit::Workspace
    } else {
        Inherit::Nothing
    };
    let options = Options {
        events,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        inherit,
        formats: match registry.config.compatibility.formats {
            registry::config::Formats::Assert => codegen::Formats::Assert,
            registry::config::Formats::Annotate => codegen::Formats::Annotate,
        },
    };
    Some(Target {
        name: relative(workspace, &path),
        folder: OutputFolder::new(path),
        options,
    })
}

/// Whether crates in `out` are members of the workspace around them: the `Cargo.toml` beside `contracts.toml` has what
/// generated manifests inherit. Looks no higher, so that the answer does not depend on where the tree lies.
fn inherits(workspace: &Path, out: &Path) -> bool {
    if !out.starts_with(workspace) {
        return false;
    }
    let manifest = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let table = |name: &str| manifest.get("workspace")?.get(name)?.as_table();
    let package =
        |key: &&str| table("package").is_some_and(|package: &toml::Table| package.contains_key(*key));
    table("lints").is_some()
        && ["edition", "rust-version", "license", "publish"]
            .iter()
            .all(package)
}
