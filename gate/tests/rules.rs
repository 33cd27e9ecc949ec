//! Every rule of the gate on its fixture: `fixtures/<rule>/base` (absent: nothing to compare with) and
//! `fixtures/<rule>/tree`, which the rule must report; the tree against itself it must not, where it compares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gate::base::Base;
use gate::judge::Gate;
use registry::{LoadOptions, PathFilter, Registry, Workspace};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn found(tree: &Path, base: Option<&Path>) -> BTreeSet<String> {
    let workspace = Workspace::open(tree, None).unwrap();
    let registry = Registry::load(workspace, &LoadOptions::default()).unwrap();
    let base = base.map(|folder| Base::in_folder(folder, &registry.workspace).unwrap());
    let gate = Gate::open(&registry, base.as_ref(), jiff::civil::date(2026, 11, 25)).unwrap();
    let survey = gate.survey();
    let state = registry.check_with(&PathFilter::default(), |contract, bundle| {
        survey.see(contract, bundle);
        Vec::new()
    });
    let state = gate::fingerprint::of_state(&registry, state);
    let judgement = gate.judge(&survey.finish(), state).unwrap();
    let known: BTreeSet<&str> = gate::rules::rules().map(|rule| rule.id).collect();
    judgement
        .findings
        .iter()
        .map(|found| found.diagnostic.rule)
        .filter(|rule| known.contains(rule))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_rule_reports_its_fixture() {
    for rule in gate::rules::rules() {
        let folder = fixtures().join(rule.id);
        let base = folder.join("base");
        let found = found(&folder.join("tree"), base.is_dir().then_some(base.as_path()));
        assert_eq!(found, BTreeSet::from([rule.id.to_owned()]), "{}", rule.id);
    }
}

#[test]
fn a_tree_against_itself_has_nothing_to_compare() {
    for rule in gate::rules::rules().filter(|rule| gate::rules::compares(rule.id)) {
        let tree = fixtures().join(rule.id).join("tree");
        assert!(!found(&tree, Some(&tree)).contains(rule.id), "{}", rule.id);
    }
}

#[test]
fn every_fixture_is_of_a_rule() {
    let known: BTreeSet<String> = gate::rules::rules().map(|rule| rule.id.to_owned()).collect();
    let shown: BTreeSet<String> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(known, shown);
}
