//! Names of definitions: readable, unique, the same each time.

use std::collections::BTreeSet;

use diagnostics::JsonPointer;

/// Names for the nodes at (path relative to the root, pointer), in this order, none of them in `taken`.
///
/// `common/money.v1.json` becomes `common.money`, its `#/$defs/Amount` `common.money.Amount`. When the name is taken the
/// version is kept (`common.money.v1`), and if that is taken too a number is added.
pub(super) fn names<'n>(
    nodes: impl IntoIterator<Item = (&'n str, &'n JsonPointer)>,
    mut taken: BTreeSet<String>,
) -> Vec<String> {
    nodes
        .into_iter()
        .map(|(path, pointer)| {
            let versioned = stem(path);
            let short = with_tail(without_version(&versioned), pointer);
            let name = if taken.contains(&short) {
                with_tail(&versioned, pointer)
            } else {
                short
            };
            let mut unique = name.clone();
            let mut number = 2_u64;
            while taken.contains(&unique) {
                unique = format!("{name}_{number}");
                number += 1;
            }
            taken.insert(unique.clone());
            unique
        })
        .collect()
}

fn stem(path: &str) -> String {
    let path = path.strip_suffix(".json").unwrap_or(path);
    let path = path.strip_suffix(".schema").unwrap_or(path);
    path.replace('/', ".")
}

fn without_version(stem: &str) -> &str {
    match stem.rsplit_once(".v") {
        Some((name, version)) if !name.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) => {
            name
        }
        _ => stem,
    }
}

/// Only the names in the pointer: keywords say nothing that a reader needs.
fn with_tail(stem: &str, pointer: &JsonPointer) -> String {
    let mut name = stem.to_owned();
    for token in pointer.tokens() {
        if !matches!(&*token, "$defs" | "definitions" | "properties" | "") {
            name.push('.');
            name.push_str(&token);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_unique() {
        let root = JsonPointer::root();
        let amount = JsonPointer::parse("/$defs/Amount").unwrap();
        let nodes = [
            ("common/money.v1.json", &root),
            ("common/money.v1.json", &amount),
            ("common/money.v2.json", &root),
            ("common/money.v2.schema.json", &root),
            ("x.json", &root),
        ];
        let taken = BTreeSet::from(["x".to_owned()]);
        assert_eq!(
            names(nodes, taken),
            [
                "common.money",
                "common.money.Amount",
                "common.money.v2",
                "common.money.v2_2",
                "x_2"
            ]
        );
    }
}
