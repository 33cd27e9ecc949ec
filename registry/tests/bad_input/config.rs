//! A configuration that cannot be read, and a root that is not there.

use registry::{ErrorKind, LoadOptions, Registry, Workspace};

use super::Tree;

#[test]
fn a_bad_configuration_is_an_error_with_its_place() {
    for (text, place, message, help) in [
        (
            "rot = \"x\"\n",
            "1:1",
            "unknown field `rot`",
            "did you mean `root`?",
        ),
        (
            "root = \".\"\n[compatibility]\nmod = \"full\"\n",
            "3:1",
            "unknown field `mod`",
            "did you mean `mode`?",
        ),
        (
            "root = \".\"\n[compatibility]\nmode = \"ful\"\n",
            "3:8",
            "unknown variant `ful`",
            "did you mean `full`?",
        ),
        (
            "root = \".\"\nlayout = \"{evnt}.json\"\n",
            "2:10",
            "unknown placeholder {evnt}",
            "default",
        ),
        ("root = \"missing\"\n", "1:8", "not a folder", "create"),
        ("root = \"..\"\n", "1:8", "outside", "below"),
        (
            "root = \".\"\n[rules]\ninvalid-jsn = \"off\"\n",
            "3:1",
            "no rule `invalid-jsn`",
            "did you mean `invalid-json`?",
        ),
        (
            "root = \".\"\n[rules]\ninvalid-json = \"loud\"\n",
            "3:16",
            "unknown severity",
            "",
        ),
        (
            "root = \".\"\n[rules]\ninvalid-json = { sverity = \"off\" }\n",
            "3:",
            "unknown field `sverity`",
            "did you mean `severity`?",
        ),
        ("root = \n", "1:", "", ""),
        (
            "root = \".\"\n[generate.rust]\nout = \"g\"\nevents = { pth = \"x\" }\n",
            "4:",
            "unknown field `pth`",
            "did you mean `path`?",
        ),
        (
            "root = \".\"\n[generate.rust]\nout = \"g\"\nevents = { path = \"x\", git = \"y\" }\n",
            "4:",
            "`events` names exactly one of `path`, `version` and `git`",
            "",
        ),
        (
            "root = \".\"\n[generate.rust]\nout = \"g\"\nevents = { version = \"1\", tag = \"y\" }\n",
            "4:",
            "`rev`, `tag` and `branch` of `events` go with `git`",
            "",
        ),
        (
            "root = \".\"\n[generate.rust]\nout = \"g\"\nevents = { git = \"x\", rev = \"y\", tag = \"z\" }\n",
            "4:",
            "`events` names one of `rev`, `tag` and `branch` at most",
            "",
        ),
    ] {
        let tree = Tree::new().with("contracts.toml", text);
        let error = Workspace::discover(tree.path())
            .and_then(|workspace| Registry::load(workspace, &LoadOptions::default()))
            .expect_err(text);
        let shown = error.to_string();
        assert!(
            shown.starts_with(&format!("contracts.toml:{place}")),
            "{text:?}: {shown}"
        );
        assert!(shown.contains(message), "{text:?}: {shown}");
        assert!(
            error.help().unwrap_or_default().contains(help),
            "{text:?}: {:?}",
            error.help()
        );
        assert!(error.diagnostic().is_some());
    }
}

#[test]
fn an_absent_root_is_an_error() {
    let tree = Tree::new().with("file.json", "{}");
    for (path, kind) in [("missing", ErrorKind::NoRoot), ("file.json", ErrorKind::NoRoot)] {
        let error = Workspace::open(&tree.path().join(path), None).expect_err(path);
        assert_eq!(error.kind(), kind);
        assert!(error.help().is_some());
    }
    let error = Workspace::discover(tree.path()).expect_err("no configuration anywhere");
    assert_eq!(error.kind(), ErrorKind::NoWorkspace);
}
