//! The rules of the gate, one file each: identity and documentation. What they report is found in `judge`.

pub mod broken_history;
pub mod classification_lowered;
pub mod contract_removed;
pub mod empty_writer;
pub mod invalid_waivers;
pub mod key_changed;
pub mod snapshot_deleted;
pub mod snapshot_edited;
pub mod topic_changed;
pub mod undecided_compatibility;
pub mod undeclared_consumer;
pub mod version_bump;
pub mod waiver_expired;
pub mod waiver_unused;

use diagnostics::Rule;

/// Sorted by id.
static RULES: &[&Rule] = &[
    &broken_history::RULE,
    &classification_lowered::RULE,
    &contract_removed::RULE,
    &empty_writer::RULE,
    &invalid_waivers::RULE,
    &key_changed::RULE,
    &snapshot_deleted::RULE,
    &snapshot_edited::RULE,
    &topic_changed::RULE,
    &undecided_compatibility::RULE,
    &undeclared_consumer::RULE,
    &version_bump::RULE,
    &waiver_expired::RULE,
    &waiver_unused::RULE,
];

/// Every rule of this crate, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// Whether a rule compares two states: what it finds may show only against a base.
pub fn compares(id: &str) -> bool {
    let own = [
        &version_bump::RULE,
        &undecided_compatibility::RULE,
        &topic_changed::RULE,
        &key_changed::RULE,
        &classification_lowered::RULE,
        &contract_removed::RULE,
        &snapshot_edited::RULE,
        &snapshot_deleted::RULE,
    ];
    compat::rules().any(|rule| rule.id == id) || own.iter().any(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn rules_are_sorted_and_each_in_its_file() {
        let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
        let files = std::fs::read_dir(&folder)
            .expect("the rules have a folder")
            .flatten();
        assert_eq!(
            files.filter(|file| file.file_name() != "mod.rs").count(),
            ids.len()
        );
        for id in ids {
            assert!(
                folder.join(format!("{}.rs", id.replace('-', "_"))).is_file(),
                "{id}"
            );
        }
    }
}
