//! The reasons for which a change breaks a reader, one file each. [`crate::rules`] lists them.

pub(crate) mod bound_exceeded;
pub(crate) mod document_not_accepted;
pub(crate) mod enum_value_not_listed;
pub(crate) mod format_not_met;
pub(crate) mod items_not_accepted;
pub(crate) mod object_closed;
pub(crate) mod pattern_not_matched;
pub(crate) mod property_constrained;
pub(crate) mod property_forbidden;
pub(crate) mod property_name_not_accepted;
pub(crate) mod property_not_listed;
pub(crate) mod required_property_missing;
pub(crate) mod type_not_accepted;
pub(crate) mod union_member_not_listed;
pub(crate) mod value_excluded;

use diagnostics::Rule;

/// Sorted by id.
static RULES: [&Rule; 15] = [
    &bound_exceeded::RULE,
    &document_not_accepted::RULE,
    &enum_value_not_listed::RULE,
    &format_not_met::RULE,
    &items_not_accepted::RULE,
    &object_closed::RULE,
    &pattern_not_matched::RULE,
    &property_constrained::RULE,
    &property_forbidden::RULE,
    &property_name_not_accepted::RULE,
    &property_not_listed::RULE,
    &required_property_missing::RULE,
    &type_not_accepted::RULE,
    &union_member_not_listed::RULE,
    &value_excluded::RULE,
];

/// Every rule of this crate, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn rules_are_sorted_documented_and_each_in_its_file() {
        let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
        assert!(ids.is_sorted());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
        let files = std::fs::read_dir(&folder)
            .expect("the rules have a folder")
            .flatten();
        let files = files.filter(|file| file.file_name() != "mod.rs").count();
        assert_eq!(
            files,
            ids.len(),
            "a rule file that is not listed, or a rule without file"
        );
        for rule in rules() {
            let file = folder.join(format!("{}.rs", rule.id.replace('-', "_")));
            assert!(file.exists(), "{} has no file of its name", rule.id);
            for heading in ["## What it does", "## Why", "## Example", "## How to fix"] {
                assert!(rule.docs.contains(heading), "{} lacks {heading}", rule.id);
            }
        }
    }
}
