//! Imports go one way (ARCHITECTURE.md): reads `cargo metadata` and refuses every edge that is not allowed.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The layers of the workspace. A crate may import what [`Layer::may_import`] allows of another, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Diagnostics,
    Registry,
    Compat,
    Codegen,
    Gate,
    Cli,
    Events,
    Generated,
    Messaging,
    Service,
    Demo,
}

use Layer::{Cli, Codegen, Compat, Demo, Diagnostics, Events, Gate, Generated, Messaging, Registry, Service};

impl Layer {
    /// By the package's folder, relative to the workspace.
    fn of(folder: &str) -> Option<Self> {
        Some(match folder {
            "diagnostics" => Diagnostics,
            "registry" => Registry,
            "compat" => Compat,
            "codegen" => Codegen,
            "gate" => Gate,
            "registry-cli" => Cli,
            "events" => Events,
            "messaging" => Messaging,
            "demo" => Demo,
            _ if folder.starts_with("generated/") => Generated,
            _ if folder.starts_with("services/") => Service,
            _ => return None,
        })
    }

    fn may_import(self) -> &'static [Self] {
        match self {
            Diagnostics | Events => &[],
            Registry | Compat | Codegen => &[Diagnostics],
            Gate => &[Registry, Compat, Codegen, Diagnostics],
            Cli => &[Gate, Registry, Compat, Codegen, Diagnostics],
            Generated | Messaging => &[Events],
            Service => &[Generated, Messaging, Events],
            Demo => &[Service, Generated, Messaging, Events],
        }
    }
}

fn workspace() -> (Vec<Package>, BTreeMap<String, String>) {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo metadata reads this workspace");
    let root = metadata.workspace_root.clone();
    let folders = metadata
        .packages
        .iter()
        .map(|package| {
            let folder = package
                .manifest_path
                .parent()
                .expect("a manifest lies in a folder");
            let folder = folder
                .strip_prefix(&root)
                .expect("a member lies below the workspace");
            (package.name.to_string(), folder.as_str().replace('\\', "/"))
        })
        .collect();
    (metadata.packages, folders)
}

#[test]
fn every_member_has_a_layer() {
    let (_, folders) = workspace();
    let homeless: Vec<_> = folders
        .values()
        .filter(|folder| Layer::of(folder).is_none())
        .collect();
    assert!(
        homeless.is_empty(),
        "a new folder at the top needs a reason that the layout does not cover: {homeless:?}"
    );
    assert!(
        folders.len() >= 7,
        "cargo metadata lists the workspace's crates, got {folders:?}"
    );
}

#[test]
fn no_import_goes_against_the_arrows() {
    let (packages, folders) = workspace();
    let mut refused = Vec::new();
    for package in &packages {
        let Some(from) = Layer::of(&folders[package.name.as_str()]) else {
            continue;
        };
        for dependency in &package.dependencies {
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            let Some(to) = folders.get(&dependency.name).and_then(|folder| Layer::of(folder)) else {
                continue;
            };
            if !from.may_import().contains(&to) {
                refused.push(format!(
                    "{} ({from:?}) imports {} ({to:?})",
                    package.name, dependency.name
                ));
            }
        }
    }
    assert!(
        refused.is_empty(),
        "imports against ARCHITECTURE.md:\n{}",
        refused.join("\n")
    );
}

#[test]
fn only_messaging_is_built_on_rdkafka() {
    let (packages, folders) = workspace();
    let named: Vec<_> = packages
        .iter()
        .filter(|package| {
            package
                .dependencies
                .iter()
                // What measures the library reads the topics around it.
                .any(|dependency| {
                    dependency.name == "rdkafka" && dependency.kind != DependencyKind::Development
                })
        })
        .map(|package| folders[package.name.as_str()].as_str())
        .filter(|folder| *folder != "messaging")
        .collect();
    assert!(
        named.is_empty(),
        "only messaging/ is built on rdkafka, but so are {named:?}"
    );
}
