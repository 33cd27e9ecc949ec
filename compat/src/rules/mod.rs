//! The reasons for which a change breaks a reader, one file each. [`crate::rules`] lists them.

pub(crate) mod bound_tightened;
pub(crate) mod document_not_accepted;
pub(crate) mod enum_value_removed;
pub(crate) mod exclusion_added;
pub(crate) mod format_added;
pub(crate) mod item_schema_narrowed;
pub(crate) mod object_closed;
pub(crate) mod pattern_narrowed;
pub(crate) mod property_forbidden;
pub(crate) mod property_names_narrowed;
pub(crate) mod property_removed_from_closed_object;
pub(crate) mod property_type_narrowed;
pub(crate) mod required_property_added;
pub(crate) mod type_narrowed;
pub(crate) mod union_member_removed;

use diagnostics::Rule;

/// Sorted by id.
static RULES: [&Rule; 15] = [
    &bound_tightened::RULE,
    &document_not_accepted::RULE,
    &enum_value_removed::RULE,
    &exclusion_added::RULE,
    &format_added::RULE,
    &item_schema_narrowed::RULE,
    &object_closed::RULE,
    &pattern_narrowed::RULE,
    &property_forbidden::RULE,
    &property_names_narrowed::RULE,
    &property_removed_from_closed_object::RULE,
    &property_type_narrowed::RULE,
    &required_property_added::RULE,
    &type_narrowed::RULE,
    &union_member_removed::RULE,
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
