//! What a file says about itself against what its path says.

use diagnostics::{JsonPointer, Rule, Scope, Severity};
use serde_json::Value;

use super::{Check, FileContext, Findings, LintRule};
use crate::metadata::KEYWORD;
use crate::{Contract, Metadata};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "identity-mismatch",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "the `$id`, the version or the topic of a file disagrees with its path",
        docs: r#"## What it does
Compares what a file says about itself with where it is:
- the path of its `$id` (`http`, `https` or relative) ends with the file's path below the root, with or without `.json`;
- the major of `version` in `x-contract` is the `v<N>` of the path;
- the name of the topic, where it ends in `.v<N>`, ends in that same `v<N>`.

## Why
Such a file was copied, or moved, and half of it still says what it was before. References by `$id` then lead elsewhere, and events of two majors meet in one topic.

## Example
`ecommerce/order/order.created.v2.json` with
```json
{
  "$id": "https://contracts.example/ecommerce/order/order.created.v1.json",
  "x-contract": { "version": "1.3.0", "topic": { "name": "ecommerce.order.created.v1" } }
}
```

## How to fix
```json
{
  "$id": "https://contracts.example/ecommerce/order/order.created.v2.json",
  "x-contract": { "version": "2.0.0", "topic": { "name": "ecommerce.order.created.v2" } }
}
```

## Configuration
`exceptions` lists values of `$id` and names of topics.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    judge_id(ctx, findings);
    if let Some(contract) = ctx.contract()
        && let Some(metadata) = &contract.metadata
    {
        judge_metadata(ctx, contract, metadata, findings);
    }
}

fn judge_id(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let keyword = ctx.file.draft.id_keyword();
    let Some(id) = ctx.file.value.get(keyword).and_then(Value::as_str) else {
        return;
    };
    let prefix = ctx.registry.workspace.root_prefix();
    let path = ctx
        .file
        .path
        .strip_prefix(prefix.as_str())
        .map_or(&*ctx.file.path, |tail| tail.trim_start_matches('/'));
    if names(id, path) || findings.is_exception(id) {
        return;
    }
    findings
        .report(
            ctx.value(JsonPointer::root().child(keyword)),
            format!("the `{keyword}` {id:?} does not end with the path of the file, {path}"),
        )
        .help(match rebased(id, path) {
            Some(better) => format!("write {better:?}"),
            None => format!("end it with `/{path}`"),
        });
}

/// Whether an identifier names the file at `path`. What cannot be compared (a URN, escapes) does.
fn names(id: &str, path: &str) -> bool {
    let id = id.split('#').next().unwrap_or(id);
    let stem = path.strip_suffix(".json").unwrap_or(path);
    let ends_with = |text: &str, end: &str| {
        text.strip_suffix(end)
            .is_some_and(|head| head.is_empty() || head.ends_with('/'))
    };
    if id.is_empty() || id.contains('%') {
        return true;
    }
    match id.split_once(':') {
        Some(("http" | "https", rest)) => ends_with(rest, path) || ends_with(rest, stem),
        Some(_) => true,
        // Relative to the file itself, or to the root.
        None => {
            let relative = id.trim_start_matches('/');
            ends_with(path, relative) || ends_with(stem, relative)
        }
    }
}

/// The identifier with the path of the file, where it is clear which part stays: the host.
fn rebased(id: &str, path: &str) -> Option<String> {
    let (scheme, rest) = id.split_once("://")?;
    let host = rest.split('/').next().filter(|host| !host.is_empty())?;
    // A base path in front of the file's own folders stays as well.
    let folder = path.split('/').next()?;
    let base = rest.find(&format!("/{folder}/")).map_or(host, |at| &rest[..at]);
    Some(format!("{scheme}://{base}/{path}"))
}

fn judge_metadata(
    ctx: &FileContext<'_>,
    contract: &Contract,
    metadata: &Metadata,
    findings: &mut Findings<'_>,
) {
    let place = JsonPointer::root().child(KEYWORD);
    let major = contract.major;
    if metadata.version.major != major {
        let version = &metadata.version;
        findings
            .report(
                ctx.value(place.child("version")),
                format!(
                    "the version {version} is of major {}, and the path says v{major}",
                    version.major
                ),
            )
            .help(format!(
                "write a version `{major}.…`, or rename the file to `v{}`",
                version.major
            ));
    }
    let Some(topic) = metadata
        .topic
        .as_ref()
        .filter(|topic| !findings.is_exception(&topic.name))
    else {
        return;
    };
    if let Some((head, of_topic)) = topic.name.rsplit_once(".v")
        && of_topic.parse::<u64>().is_ok_and(|of_topic| of_topic != major)
    {
        findings
            .report(
                ctx.value(place.child("topic").child("name")),
                format!("the topic is of v{of_topic}, and the contract of v{major}: their events would meet"),
            )
            .help(format!("name the topic `{head}.v{major}`"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_name_files() {
        let path = "ecommerce/order/order.created.v1.json";
        for id in [
            "https://contracts.example/ecommerce/order/order.created.v1.json",
            "https://contracts.example/base/ecommerce/order/order.created.v1.json#",
            "https://contracts.example/ecommerce/order/order.created.v1",
            "order.created.v1.json",
            "/ecommerce/order/order.created.v1.json",
            "urn:example:order-created",
            "#anchor",
        ] {
            assert!(names(id, path), "{id}");
        }
        for id in [
            "https://contracts.example/ecommerce/order/order.created.v2.json",
            "https://contracts.example/xecommerce/order/order.created.v1.json",
            "https://contracts.example/order.created.v1.json",
            "created.v1.json",
        ] {
            assert!(!names(id, path), "{id}");
        }
        assert_eq!(
            rebased("https://contracts.example/base/ecommerce/order/x.json", path).as_deref(),
            Some("https://contracts.example/base/ecommerce/order/order.created.v1.json")
        );
    }
}
