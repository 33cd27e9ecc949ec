//! A judgement with one of everything, and hostile where it can be, for the tests of the formats.

use std::collections::BTreeMap;

use diagnostics::{Diagnostic, JsonPointer, Location, Severity};
use gate::bump::{Bump, Direction};
use gate::finding::{
    Acceptance, Affected, Change, ContractChange, ContractSummary, Finding, Fingerprint, Judgement, Standing,
    Witness,
};
use serde_json::json;

use super::{Counts, Report, Sources};

/// Names that try to be something else, in every format at once.
pub(super) const HOSTILE: &str =
    "a\"]]>,b::error file=x::\n::warning::\r%0A</details><script>@octocat `#1` ```|*_\u{202e}\u{0}\u{fffe}é";

/// A folder with the file that findings point into.
pub(super) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\n  \"title\": \"Order\",\n  \"required\": [\"ä\", \"b\"]\n}\n";
    std::fs::write(folder.path().join("order.placed.v1.json"), text).unwrap();
    folder
}

pub(super) fn sources(folder: &tempfile::TempDir, judgement: &Judgement) -> Sources {
    Sources::of_judgement(folder.path(), judgement)
}

pub(super) fn report(judgement: &Judgement) -> Report<'_> {
    Report {
        judgement,
        counts: Counts {
            contracts: 2,
            shared: 1,
            examples: 4,
            consumers: 1,
        },
        contracts: vec![
            ("shop.order.placed@1".to_owned(), "order.placed.v1.json"),
            ("shop.order.sent@1".to_owned(), "order.sent.v1.json"),
        ],
        top: "sub/",
        fails_from: Severity::Error,
    }
}

/// A breaking change with everything that it can carry, a hostile warning without a place, an accepted and an expired
/// finding.
pub(super) fn judgement() -> Judgement {
    let pointer = |text: &str| JsonPointer::parse(text).unwrap();
    let breaking = Finding {
        diagnostic: Diagnostic::new(
            "required-property-missing",
            Severity::Error,
            Location::value("order.placed.v1.json", pointer("/required/0")),
            "the document must have `ä`, which the writer may leave out",
        )
        .with_help("add `ä` as optional, or publish the change as a new major version")
        .with_related(
            Location::value("main:order.placed.v1.json", pointer("/required")),
            "before: 1.2.0",
        ),
        fingerprint: Fingerprint::of(&["breaking"]),
        change: Some(Change {
            contracts: vec![ContractChange {
                event_type: "shop.order.placed".to_owned(),
                major: 1,
                against: "1.2.0".to_owned(),
            }],
            directions: vec![Direction::Backward],
            base: Some(Location::value("main:order.placed.v1.json", pointer("/required"))),
            witness: Some(Witness {
                document: json!({"b": "``` </details> @octocat"}),
                instance: JsonPointer::root(),
                direction: Direction::Backward,
            }),
            bump: Bump::Major,
        }),
        affected: Affected {
            producers: vec!["order-service".to_owned()],
            consumers: vec!["billing-service".to_owned(), HOSTILE.to_owned()],
        },
        standing: Standing::Open,
    };
    let plain = |rule: &'static str, severity, message: &str, standing| Finding {
        diagnostic: Diagnostic::new(rule, severity, Location::file(HOSTILE), message),
        fingerprint: Fingerprint::of(&[rule]),
        change: None,
        affected: Affected::default(),
        standing,
    };
    let acceptance = || Acceptance {
        reason: HOSTILE.to_owned(),
        owner: "team-orders".to_owned(),
        until: "2027-01-31".parse().ok(),
    };
    Judgement {
        findings: vec![
            plain("unbounded-string", Severity::Warning, HOSTILE, Standing::Open),
            breaking,
            plain(
                "unknown-keyword",
                Severity::Error,
                "an accepted one",
                Standing::Waived(acceptance()),
            ),
            plain(
                "dead-ref",
                Severity::Error,
                "an expired one",
                Standing::Expired(acceptance()),
            ),
        ],
        summaries: vec![ContractSummary {
            event_type: "shop.order.placed".to_owned(),
            major: 1,
            file: "order.placed.v1.json".into(),
            base: Some(semver::Version::new(1, 2, 0)),
            current: Some(semver::Version::new(1, 3, 0)),
            required: Some(semver::Version::new(2, 0, 0)),
            bump: Bump::Major,
            breaking: 1,
            compatible: 2,
            undecided: false,
        }],
        base_texts: BTreeMap::from([(
            "main:order.placed.v1.json".into(),
            "{\n  \"required\": [\"b\"]\n}\n".into(),
        )]),
        base: Some("main (1a2b3c4)".to_owned()),
        against: Some("main".to_owned()),
        notes: vec![HOSTILE.to_owned()],
    }
}
